"""Archives: what counts as an object, what is refused, and that equal contents give equal bytes."""

import io
import time
import tracemalloc
import zipfile
import zlib

import pytest

from img2vox.data.archive import list_meshes, open_archive, read_entry, read_materials
from img2vox.errors import MeshError, SourceError
from img2vox.files import write_archive


@pytest.fixture
def make_archive(tmp_path):
    def make(entries, **options):
        path = tmp_path / "03001627.zip"
        with zipfile.ZipFile(path, "w", **options) as archive:
            for name, data in entries:
                archive.writestr(name, data)
        return path

    return make


def test_both_shapenet_layouts_are_objects_in_order_of_their_ids(make_archive):
    path = make_archive(
        [
            ("03001627/b/models/model_normalized.obj", b"b"),
            ("03001627/b/models/model_normalized.mtl", b"newmtl"),
            ("03001627/b/models/model_normalized.json", b"{}"),
            ("03001627/a/model.obj", b"a"),
            ("03001627/\u00fcber/MODEL.STL", b"u"),
        ]
    )
    with open_archive(path) as archive:
        entries, refused = list_meshes(archive, "03001627")
        assert [entry.model_id for entry in entries] == ["a", "b", "\u00fcber"]
        assert read_materials(archive, entries[1]) == {"model_normalized.mtl": b"newmtl"}
    assert refused == []


@pytest.mark.parametrize(
    "name", ["../../x.obj", "03001627/../x/model.obj", "/etc/x.obj", "02958343/a/model.obj", "x.obj", "03001627/x.obj"]
)
def test_a_mesh_anywhere_else_is_refused_by_name(make_archive, name):
    with open_archive(make_archive([(name, b"v 0 0 0")])) as archive:
        entries, refused = list_meshes(archive, "03001627")
    assert entries == []
    assert refused[0][1] == "expected 03001627/<model_id>/models/<mesh> inside the archive"


def test_a_second_mesh_of_an_object_is_refused_not_mixed_in(make_archive):
    path = make_archive([("03001627/a/models/one.obj", b""), ("03001627/a/models/two.obj", b"")])
    with open_archive(path) as archive:
        entries, refused = list_meshes(archive, "03001627")
    assert [entry.name for entry in entries] == ["03001627/a/models/one.obj"]
    assert refused == [("03001627/a/models/two.obj", "a has a mesh already, 03001627/a/models/one.obj")]


def test_a_bomb_is_never_unpacked(make_archive):
    path = make_archive([("03001627/a/model.obj", b"\0" * 50_000_000)], compression=zipfile.ZIP_DEFLATED)
    with open_archive(path) as archive, pytest.raises(MeshError, match=r"a/model\.obj: larger than 1 MB when unpacked"):
        read_entry(archive, "03001627/a/model.obj", 2**20)


def test_a_bomb_that_lies_about_its_size_is_cut_off(make_archive):
    data = b"\0" * 5_000_000
    path = make_archive([("03001627/a/model.obj", data)], compression=zipfile.ZIP_DEFLATED)
    true_size, lie = len(data).to_bytes(4, "little"), (100).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(true_size, lie))
    with open_archive(path) as archive, pytest.raises(MeshError, match=r"a/model\.obj"):
        read_entry(archive, "03001627/a/model.obj", 2**20)


def test_damaged_data_is_one_clear_line(make_archive):
    path = make_archive([("03001627/a/model.obj", b"v 1 2 3\n" * 100)])
    path.write_bytes(path.read_bytes().replace(b"v 1 2 3", b"v 1 2 4", 1))
    with open_archive(path) as archive, pytest.raises(MeshError, match=r"a/model\.obj: cannot be unpacked \(Bad CRC"):
        read_entry(archive, "03001627/a/model.obj", 2**20)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut", b"no archive at all"])
def test_a_file_that_is_no_whole_archive_is_one_clear_line(tmp_path, content):
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"a\.zip: not a whole zip archive"):
        open_archive(path)


def test_a_missing_archive_says_how_to_get_it(tmp_path):
    with pytest.raises(SourceError, match=r"a\.zip: not found; run `dvc repro data/dvc\.yaml:fetch`, or `dvc pull`"):
        open_archive(tmp_path / "a.zip")


def test_an_archive_that_may_not_be_read_says_so(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(zipfile, "ZipFile", refuse)
    with pytest.raises(SourceError, match=r"a\.zip: permission denied; let this user read it"):
        open_archive(tmp_path / "a.zip")


def test_equal_contents_give_equal_bytes_at_any_time(tmp_path, monkeypatch):
    blobs = []
    for name, now in (("a.zip", 1e9), ("b.zip", 1.5e9)):
        monkeypatch.setattr(time, "time", lambda now=now: now)
        with write_archive(tmp_path / name) as writer:
            writer.add("x/000.png", b"1")
            writer.add("views.csv", b"2")
        blobs.append((tmp_path / name).read_bytes())
    assert blobs[0] == blobs[1]
    assert zipfile.ZipFile(io.BytesIO(blobs[0])).testzip() is None


def test_an_archive_that_is_not_finished_leaves_nothing(tmp_path):
    def fail():
        with write_archive(tmp_path / "a.zip") as writer:
            writer.add("x", b"1")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []


GIGABYTES_10 = 10 * 2**30


@pytest.fixture(scope="module")
def bomb(tmp_path_factory):
    """bomb(claimed): an archive with an entry of 10 GB that claims to have so many bytes."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    # A flushed chunk stands by itself, so that repeating it repeats what it unpacks to.
    chunk = squeeze.compress(b"\0" * 2**26) + squeeze.flush(zlib.Z_FULL_FLUSH)
    data = chunk * (GIGABYTES_10 // 2**26) + zlib.compress(b"", 9, -15)

    def make(claimed):
        path = tmp_path_factory.mktemp("bomb") / f"{claimed}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("03001627/a/model.obj", data)
            info = archive.infolist()[0]
            info.compress_type, info.file_size = zipfile.ZIP_DEFLATED, claimed  # written into the directory at the end
        return path

    return make


@pytest.mark.parametrize("claimed", [GIGABYTES_10, 2**20, 100])
def test_an_entry_of_10_gb_takes_a_few_times_the_memory_that_a_mesh_may_have(bomb, claimed):
    with open_archive(bomb(claimed)) as archive:
        assert [entry.model_id for entry in list_meshes(archive, "03001627")[0]] == ["a"]
        tracemalloc.start()
        try:
            with pytest.raises(MeshError, match=r"a/model\.obj: (larger than 4 MB when unpacked|cannot be unpacked)"):
                read_entry(archive, "03001627/a/model.obj", 4 * 2**20)
            assert tracemalloc.get_traced_memory()[1] < 8 * 4 * 2**20
        finally:
            tracemalloc.stop()
