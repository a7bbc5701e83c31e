"""The literature's pictures and grids: which of them come along, under which split, and what can be wrong."""

import json
import os
import shutil
import zipfile

import pytest

from img2vox.errors import SourceError
from img2vox.files import write_archive
from img2vox.sources.findings import examine
from img2vox.sources.r2n2 import R2N2
from tests.sources.trees import binvox_bytes, grid_of, names_in, picture_of, write_published

CHAIR = "03001627"


@pytest.fixture
def root(tmp_path):
    write_published(tmp_path / "r2n2", CHAIR, count=10)
    return tmp_path / "r2n2"


def fetched(root, tmp_path, split=None):
    """The archive, its split.json, and the notes."""
    source = R2N2(root, split)
    source.stamps({"chair": CHAIR})
    path = tmp_path / f"{CHAIR}.zip"
    with write_archive(path) as archive:
        notes = source.write("chair", CHAIR, archive)
    with zipfile.ZipFile(path) as archive:
        return path, json.loads(archive.read("split.json")), notes


def digest(root, split=None):
    return R2N2(root, split).stamps({"chair": CHAIR})[CHAIR].digest


def published(tmp_path, **parts):
    path = tmp_path / "split.json"
    path.write_text(json.dumps([{"taxonomy_id": CHAIR, **parts}]))
    return path


def test_pictures_grids_cameras_and_the_last_fifth_for_testing_come_along(root, tmp_path):
    path, parts, notes = fetched(root, tmp_path)
    assert (parts, notes) == ({"train": [f"{n:04x}" for n in range(8)], "test": ["0008", "0009"]}, [])
    assert len(names_in(path)) == 10 * 26 + 1
    with zipfile.ZipFile(path) as archive:
        assert archive.read(f"{CHAIR}/0003/rendering/23.png") == picture_of(3, 23)
        assert archive.read(f"{CHAIR}/0003/model.binvox") == binvox_bytes(grid_of(CHAIR, 3))
        assert archive.read(f"{CHAIR}/0003/rendering/rendering_metadata.txt").startswith(b"0.5 25.0 0 0.7 25\n")


def test_a_published_split_is_followed_and_what_it_leaves_out_is_a_line(root, tmp_path):
    split = published(tmp_path, train=["0000", "0004", "ffff"], val=["0002"], test=["0001"])
    path, parts, notes = fetched(root, tmp_path, split)
    assert parts == {"train": ["0000", "0004", "ffff"], "val": ["0002"], "test": ["0001"]}
    assert notes == [
        f"{CHAIR}: 6 objects are in no part of the split (0003, 0005, 0006, ...)",
        f"{CHAIR}: 1 objects of the split are not here (ffff)",
    ]
    assert len(names_in(path)) == 4 * 26 + 1


def test_another_split_a_lost_picture_and_a_new_grid_are_noticed(root, tmp_path):
    first = digest(root)
    assert digest(root) == first
    assert digest(root, published(tmp_path, train=["0000"], test=["0001"])) != first
    pictures = root / "ShapeNetRendering" / CHAIR / "0003" / "rendering"
    os.utime(pictures, ns=(0, 0))
    second = digest(root)
    (pictures / "23.png").unlink()
    assert len({first, second, digest(root)}) == 3
    before = digest(root)
    os.utime(root / "ShapeNetVox32" / CHAIR / "0003" / "model.binvox", ns=(0, 0))
    assert digest(root) != before


def test_what_is_missing_or_wrong_is_one_clear_line_each(root, tmp_path):
    with pytest.raises(SourceError, match=r"mug of categories is not among the thirteen of data\.source r2n2 \(0269"):
        R2N2(root).stamps({"chair": CHAIR, "mug": "03797390"})
    with pytest.raises(SourceError, match=r"02958343: no train and no test objects of car \(02958343\); expected both"):
        R2N2(root).stamps({"car": "02958343"})
    with pytest.raises(SourceError, match=r"split\.json: no test objects of chair \(03001627\); expected both"):
        digest(root, published(tmp_path, train=["0000"]))
    with pytest.raises(SourceError, match=r"split\.json: an object of chair \(03001627\) stands in two parts"):
        digest(root, published(tmp_path, train=["0000"], test=["0000"]))


def test_the_report_counts_objects_and_equal_grids_and_knows_that_there_are_no_triangles(root, tmp_path):
    shutil.copy(root / "ShapeNetVox32" / CHAIR / "0001" / "model.binvox", root / "ShapeNetVox32" / CHAIR / "0002")
    path, _, _ = fetched(root, tmp_path)
    found = examine(path, CHAIR, 2**20, workers=1)
    assert [item.model_id for item in found] == [f"{n:04x}" for n in range(10)]
    assert {item.triangles for item in found} == {0}
    assert len({item.geometry for item in found}) == 9
    assert found[1].geometry == found[2].geometry
