"""ShapeNetCore's directories: both layouts, folders and archives, and what can be wrong with them."""

import errno
import os
import re
import zipfile
from pathlib import Path

import pytest

from img2vox.data.archive import list_meshes, open_archive
from img2vox.errors import SourceError
from img2vox.files import write_archive
from img2vox.sources.shapenet import ShapeNet
from img2vox.sources.source import reading
from tests.sources.trees import LAYOUTS, boxes, files_of, names_in, write_tree, write_zip

CHAIR, MUG = "03001627", "03797390"


def written(tmp_path, shapenet, synset=CHAIR):
    """The archive of a category, and the notes."""
    shapenet.stamps({"chair": synset})
    with write_archive(tmp_path / "raw" / f"{synset}.zip") as archive:
        notes = shapenet.write("chair", synset, archive)
    return tmp_path / "raw" / f"{synset}.zip", notes


def digest(root, textures=False):
    return ShapeNet(root, textures).stamps({"chair": CHAIR})[CHAIR].digest


def write_files(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def write_archive_of(root, files):
    """The same in the archive of the category, beside what is there."""
    with zipfile.ZipFile(root / f"{CHAIR}.zip", "a") as archive:
        for name, text in files.items():
            archive.writestr(name, text)


@pytest.mark.parametrize("layout", ["v1", "v2"])
@pytest.mark.parametrize("write", [write_tree, write_zip])
def test_both_layouts_as_folders_and_as_zips_give_obj_and_mtl_under_their_own_paths(tmp_path, layout, write):
    write(tmp_path / "net", CHAIR, layout)
    path, notes = written(tmp_path, ShapeNet(tmp_path / "net"))
    expected = {name for name in files_of(CHAIR, layout) if name.endswith(LAYOUTS[layout])}
    assert names_in(path) == sorted(expected)
    assert notes == []
    with open_archive(path) as archive:
        assert archive.read(f"{CHAIR}/{min(boxes(CHAIR))}/{LAYOUTS[layout][0]}").endswith(b"f 2 6 8 4\n")
        entries, refused = list_meshes(archive, CHAIR)
    assert [entry.model_id for entry in entries] == sorted(boxes(CHAIR))
    assert all(len(entry.materials) == 1 for entry in entries)
    assert refused == []


def test_a_folder_and_an_archive_of_the_same_objects_give_the_same_bytes(tmp_path):
    write_tree(tmp_path / "folders", CHAIR, "v2")
    write_zip(tmp_path / "zips", CHAIR, "v2")
    first, _ = written(tmp_path / "a", ShapeNet(tmp_path / "folders"))
    second, _ = written(tmp_path / "b", ShapeNet(tmp_path / "zips"))
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("write", [write_tree, write_zip])
def test_textures_come_along_only_when_asked_for(tmp_path, write):
    write(tmp_path / "net", CHAIR, "v1")
    path, _ = written(tmp_path, ShapeNet(tmp_path / "net", textures=True))
    assert sum(name.endswith("/images/texture0.jpg") for name in names_in(path)) == 8
    with open_archive(path) as archive:
        assert len(list_meshes(archive, CHAIR)[0]) == 8
    assert digest(tmp_path / "net") != digest(tmp_path / "net", textures=True)


def test_nothing_is_written_to_the_source(tmp_path):
    root = tmp_path / "net"
    write_tree(root, CHAIR, "v2")
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    folders = [path for path in (root, *root.rglob("*")) if path.is_dir()]
    for folder in folders:
        folder.chmod(0o555)
    written(tmp_path, ShapeNet(root))
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before
    for folder in folders:
        folder.chmod(0o755)


def test_a_changed_a_new_and_a_lost_file_each_give_another_digest(tmp_path):
    root = tmp_path / "net"
    write_tree(root, CHAIR, "v2")
    first = digest(root)
    assert digest(root) == first
    (root / CHAIR / min(boxes(CHAIR)) / "models" / "model_normalized.json").write_text("{ }")  # nobody takes it
    assert digest(root) == first
    mesh = root / CHAIR / min(boxes(CHAIR)) / "models" / "model_normalized.obj"
    text, status = mesh.read_text(), mesh.stat()
    mesh.write_text(text.replace("1", "2"))  # as long as before
    os.utime(mesh, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert digest(root) != first
    mesh.write_text(text)
    os.utime(mesh, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert digest(root) == first
    mesh.unlink()
    assert digest(root) != first


def test_an_archives_digest_follows_its_contents_not_its_time(tmp_path):
    path = write_zip(tmp_path, CHAIR)
    first = digest(tmp_path)
    os.utime(path, (1, 1))
    assert digest(tmp_path) == first
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"{CHAIR}/new/model.obj", "v 0 0 0\n")
    assert digest(tmp_path) != first


def test_all_missing_categories_are_named_at_once(tmp_path):
    root = tmp_path / "Core" / "v2"
    write_tree(root, CHAIR, "v2", count=1)
    categories = {"chair": CHAIR, "mug": MUG, "car": "02958343"}
    message = r"no folder and no zip archive of 2 categories .* \(02958343, 03797390\): add them, or take car, mug out"
    with pytest.raises(SourceError, match=message):
        ShapeNet(root).stamps(categories)
    with pytest.raises(SourceError, match=rf": set data\.shapenet_dir to {re.escape(str(root))}$"):
        ShapeNet(root.parent).stamps({"chair": CHAIR})
    with pytest.raises(SourceError, match=r"nowhere: no such directory; set data\.shapenet_dir"):
        ShapeNet(tmp_path / "nowhere").stamps(categories)


def test_a_half_downloaded_archive_and_a_damaged_entry_are_one_clear_line_each(tmp_path):
    path = write_zip(tmp_path / "half", CHAIR)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SourceError, match=r"03001627\.zip: not a whole zip archive \(.*\); fetch it again"):
        digest(tmp_path / "half")
    damaged = bytearray(whole)
    damaged[whole.index(b"model_normalized.obj") + 60] ^= 0xFF
    path.write_bytes(damaged)
    with pytest.raises(SourceError, match=r"03001627\.zip: 03001627/.*obj cannot be unpacked \(.*\); get the archive"):
        written(tmp_path, ShapeNet(tmp_path / "half"))
    assert not (tmp_path / "raw" / f"{CHAIR}.zip").exists()


def test_a_category_that_goes_away_between_a_look_and_its_copy_is_one_clear_line(tmp_path):
    path = write_zip(tmp_path / "net", CHAIR)
    source = ShapeNet(tmp_path / "net")
    source.stamps({"chair": CHAIR})
    path.unlink()
    message = r"net: 03001627 was there a moment ago and is not any more; fetch again"
    with pytest.raises(SourceError, match=message), write_archive(tmp_path / "raw.zip") as archive:
        source.write("chair", CHAIR, archive)
    assert not (tmp_path / "raw.zip").exists()


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.EACCES, "permission denied; let this user read it"),
        (errno.EPERM, "permission denied; let this user read it"),
        (errno.ELOOP, "a symbolic link that leads back to itself; remove it"),
        (errno.ENOSPC, "could not be copied, the disk of data/raw is full; make room and fetch again"),
        (errno.ENOENT, r"not found, though it was listed; is it a broken link\?"),
        (errno.EIO, r"cannot be read \(Input/output error\)"),
    ],
)
def test_what_the_operating_system_refuses_is_one_clear_line(number, message):
    with pytest.raises(SourceError, match=rf"^net/a\.obj: {message}$"), reading("net/a.obj"):
        raise OSError(number, os.strerror(number))


def test_denied_permission_is_explained_whoever_runs_this(tmp_path, monkeypatch):
    write_tree(tmp_path / "net", CHAIR, "v2")

    def refuse(path):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "is_file", refuse)
        with pytest.raises(SourceError, match=r"net: permission denied; let this user read it"):
            ShapeNet(tmp_path / "net").stamps({"mug": MUG})
    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(SourceError, match=rf"{CHAIR}: permission denied; let this user read it"):
        digest(tmp_path / "net")


def test_links_are_followed_and_loops_end(tmp_path):
    root = tmp_path / "net"
    write_tree(root, CHAIR, "v2", count=3)
    write_tree(tmp_path / "elsewhere", CHAIR, "v2", count=4)
    last = max(boxes(CHAIR, 4))
    (root / CHAIR / last).symlink_to(tmp_path / "elsewhere" / CHAIR / last)
    (root / CHAIR / "itself").symlink_to("itself")
    (root / CHAIR / "upward").symlink_to("..")
    path, notes = written(tmp_path, ShapeNet(root))
    assert {name.split("/")[1] for name in names_in(path)} == set(boxes(CHAIR, 4))
    assert notes == [
        f"{CHAIR}: 1 files are no objects (itself); left out",
        f"{CHAIR}: 1 of 5 objects have no models/model_normalized.obj and no model.obj (upward)",
    ]
    mesh = root / CHAIR / min(boxes(CHAIR)) / "models" / "model_normalized.obj"
    mesh.unlink()
    mesh.symlink_to(mesh.name)
    with pytest.raises(SourceError, match=r"model_normalized\.obj: a symbolic link that leads back to itself; remove"):
        written(tmp_path, ShapeNet(root))


@pytest.mark.parametrize("write", [write_files, write_archive_of])
def test_ten_thousand_files_that_are_no_meshes_are_one_line(tmp_path, write):
    write(tmp_path, {f"{CHAIR}/{number:05d}.txt": "" for number in range(10_000)})
    with pytest.raises(
        SourceError, match=r"no object of chair in it \(10000 files looked at\); expected 03001627/<mod"
    ):
        digest(tmp_path)
    write(tmp_path, {f"{CHAIR}/a/model.obj": "v 0 0 0\n", f"{CHAIR}/b/readme.txt": ""})
    _, notes = written(tmp_path, ShapeNet(tmp_path))
    assert notes == [
        f"{CHAIR}: 10000 files are no objects (00000.txt, 00001.txt, 00002.txt, ...); left out",
        f"{CHAIR}: 1 of 2 objects have no models/model_normalized.obj and no model.obj (b)",
    ]


def test_ten_thousand_files_of_an_object_that_are_no_meshes_are_left_out(tmp_path):
    write_tree(tmp_path, CHAIR, "v1", count=2)
    write_files(tmp_path, {f"{CHAIR}/{min(boxes(CHAIR))}/{number:05d}.log": "" for number in range(10_000)})
    path, _ = written(tmp_path, ShapeNet(tmp_path))
    assert len(names_in(path)) == 4


@pytest.mark.parametrize("write", [write_files, write_archive_of])
def test_of_two_ids_that_differ_in_case_only_one_is_kept_and_a_line_says_so(tmp_path, write):
    write(tmp_path, {f"{CHAIR}/{name}/model.obj": "v 0 0 0\n" for name in ("abc", "aBc", "other")})
    if write is write_files and len(list((tmp_path / CHAIR).iterdir())) < 3:
        pytest.skip("this file system takes the two for one")
    path, notes = written(tmp_path, ShapeNet(tmp_path))
    assert names_in(path) == [f"{CHAIR}/aBc/model.obj", f"{CHAIR}/other/model.obj"]
    assert notes == [f"{CHAIR}: abc and aBc differ in case only; aBc is kept, rename the others"]


def test_names_that_climb_out_and_other_categories_are_passed_over(tmp_path):
    with zipfile.ZipFile(tmp_path / f"{CHAIR}.zip", "w") as archive:
        for name in (f"{CHAIR}/../x/model.obj", f"/{CHAIR}/y/model.obj", f"{MUG}/z/model.obj", f"{CHAIR}/a/model.obj"):
            archive.writestr(name, "v 0 0 0\n")
    path, _ = written(tmp_path, ShapeNet(tmp_path))
    assert names_in(path) == [f"{CHAIR}/a/model.obj"]
