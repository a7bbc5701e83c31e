"""The embedded meshes reach data/raw whole, and only when they changed."""

import zipfile

import pytest

from img2vox.errors import SourceError
from img2vox.paths import Paths
from img2vox.sources.sample import fetch_sample


@pytest.fixture
def paths(tmp_path):
    paths = Paths(tmp_path)
    paths.sample.mkdir(parents=True)
    for synset in ("03001627", "03085013"):
        with zipfile.ZipFile(paths.sample / f"{synset}.zip", "w") as archive:
            archive.writestr(f"{synset}/a/models/model_normalized.obj", b"v 0 0 0\n")
    return paths


def test_all_archives_are_copied_the_ones_not_listed_too(paths):
    assert fetch_sample({"chair": "03001627"}, paths) == {"03001627": 1, "03085013": 1}
    assert paths.raw_archive("03001627").read_bytes() == (paths.sample / "03001627.zip").read_bytes()


def test_an_unchanged_archive_is_not_written_again_and_a_stray_one_goes(paths):
    fetch_sample({"chair": "03001627"}, paths)
    before = paths.raw_archive("03001627").stat().st_mtime_ns
    (paths.raw / "00000001.zip").touch()
    fetch_sample({"chair": "03001627"}, paths)
    assert paths.raw_archive("03001627").stat().st_mtime_ns == before
    assert sorted(path.name for path in paths.raw.iterdir()) == ["03001627.zip", "03085013.zip"]


def test_a_category_without_an_archive_is_one_clear_line(paths):
    with pytest.raises(
        SourceError, match=r"02958343\.zip: not found, but params\.yaml lists car; add it or take car out"
    ):
        fetch_sample({"car": "02958343"}, paths)


def test_an_archive_without_a_mesh_is_one_clear_line(paths):
    with zipfile.ZipFile(paths.sample / "03001627.zip", "w") as archive:
        archive.writestr("readme.txt", b"")
    with pytest.raises(SourceError, match=r"03001627\.zip: holds no mesh under 03001627/; add objects"):
        fetch_sample({"chair": "03001627"}, paths)
    assert not paths.raw_archive("03001627").exists()


def test_half_an_archive_is_never_taken_for_a_whole_one(paths):
    source = paths.sample / "03001627.zip"
    source.write_bytes(source.read_bytes()[:-10])
    with pytest.raises(SourceError, match=r"03001627\.zip: not a whole zip archive"):
        fetch_sample({"chair": "03001627"}, paths)
    assert not paths.raw_archive("03001627").exists()
