"""A fetch goes on where it stopped, notices a changed source, and leaves the rest alone."""

import errno
import os

import pytest

from img2vox.errors import SourceError
from img2vox.paths import Paths
from img2vox.sources.archives import bring
from img2vox.sources.listing import write_listing
from img2vox.sources.shapenet import ShapeNet
from tests.sources.trees import boxes, names_in, write_tree, write_zip

CATEGORIES = {"chair": "03001627", "mug": "03797390", "car": "02958343"}


@pytest.fixture
def net(tmp_path):
    for synset in CATEGORIES.values():
        write_tree(tmp_path / "net", synset, "v2", count=3)
    return tmp_path / "net"


def fetch(net, paths, categories=CATEGORIES):
    """Slugs whose archives were made."""
    source = ShapeNet(net)
    made = bring(source, source.stamps(categories), categories, paths)
    return [slug for slug, synset in categories.items() if made[synset]]


def test_a_second_fetch_makes_nothing_and_a_changed_category_alone_is_made_again(net, tmp_path):
    paths = Paths(tmp_path)
    assert fetch(net, paths) == ["chair", "mug", "car"]
    before = {path: path.stat().st_mtime_ns for path in paths.raw.iterdir()}
    assert fetch(net, paths) == []
    assert {path: path.stat().st_mtime_ns for path in paths.raw.iterdir()} == before
    write_tree(net, CATEGORIES["mug"], "v2", count=4)
    assert fetch(net, paths) == ["mug"]
    assert len(names_in(paths.raw_archive(CATEGORIES["mug"]))) == 8


def test_an_interrupted_fetch_goes_on_with_the_category_that_it_was_at(net, tmp_path):
    paths = Paths(tmp_path)
    mesh = net / CATEGORIES["mug"] / max(boxes("03797390", 3)) / "models" / "model_normalized.obj"
    hidden = mesh.rename(mesh.with_name("hidden"))
    mesh.symlink_to(mesh.name)
    with pytest.raises(SourceError, match=r"model_normalized\.obj: a symbolic link"):
        fetch(net, paths)
    assert [path.name for path in paths.raw.iterdir()] == ["03001627.zip"]
    mesh.unlink()
    hidden.rename(mesh)
    assert fetch(net, paths) == ["mug", "car"]


def test_what_a_killed_fetch_left_half_written_goes(net, tmp_path):
    paths = Paths(tmp_path)
    paths.raw.mkdir(parents=True)
    (paths.raw / ".03797390.zip.abcd.part").write_bytes(b"half")
    fetch(net, paths)
    assert sorted(path.name for path in paths.raw.iterdir()) == ["02958343.zip", "03001627.zip", "03797390.zip"]


def test_a_full_disk_is_told_apart_from_a_bad_source(net, tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", full)
    with pytest.raises(SourceError, match=r"could not be copied, the disk of data/raw is full; make room and fetch"):
        fetch(net, Paths(tmp_path))
    assert not list(Paths(tmp_path).raw.iterdir())


def test_an_archive_that_is_not_the_one_that_was_made_is_made_again(net, tmp_path):
    paths = Paths(tmp_path)
    fetch(net, paths)
    whole = paths.raw_archive(CATEGORIES["chair"]).read_bytes()
    paths.raw_archive(CATEGORIES["chair"]).write_bytes(whole[:-7])
    write_zip(tmp_path / "other", CATEGORIES["mug"], count=2).replace(paths.raw_archive(CATEGORIES["mug"]))
    (paths.checkpoints("fetch") / f"{CATEGORIES['car']}.json").write_text('{"source": ')
    assert fetch(net, paths) == ["chair", "mug", "car"]
    assert paths.raw_archive(CATEGORIES["chair"]).read_bytes() == whole


def test_archives_of_categories_that_are_not_asked_for_any_more_go(net, tmp_path):
    paths = Paths(tmp_path)
    fetch(net, paths)
    assert fetch(net, paths, {"car": CATEGORIES["car"]}) == []
    assert [path.name for path in paths.raw.iterdir()] == ["02958343.zip"]


def test_the_listing_names_what_changed_and_is_written_only_then(net, tmp_path):
    paths = Paths(tmp_path)
    assert write_listing("shapenet", ShapeNet(net).stamps(CATEGORIES), paths) == sorted(CATEGORIES.values())
    os.utime(paths.listing, ns=(0, 0))
    assert write_listing("shapenet", ShapeNet(net).stamps(CATEGORIES), paths) == []
    assert paths.listing.stat().st_mtime_ns == 0
    write_tree(net, CATEGORIES["mug"], "v2", count=4)
    assert write_listing("shapenet", ShapeNet(net).stamps(CATEGORIES), paths) == [CATEGORIES["mug"]]
    lines = paths.listing.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "source,synset,files,size_bytes,digest"
    assert [line.split(",")[:3] for line in lines[1:]] == [
        ["shapenet", "02958343", "6"],
        ["shapenet", "03001627", "6"],
        ["shapenet", "03797390", "8"],
    ]
