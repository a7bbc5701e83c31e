"""Published pictures and grids become a bundle as they are, in the published split."""

import csv
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from img2vox.config import load_params
from img2vox.data.bundle import open_bundle
from img2vox.data.image import decode_pixels
from img2vox.data.published_bundle import prepare_published, split_of
from img2vox.data.single import bundle_images
from img2vox.errors import BundleError
from img2vox.files import write_archive
from img2vox.paths import Paths
from img2vox.sources.r2n2 import R2N2
from tests.project import REPOSITORY
from tests.sources.trees import binvox_bytes, grid_of, picture_of, write_published

CHAIR = "03001627"


@pytest.fixture
def params():
    params = load_params(REPOSITORY / "params.yaml")
    return replace(
        params,
        render=replace(params.render, views=3),
        data=replace(params.data, images_per_object=3),
        bundle=replace(params.bundle, image_size=64),
    )


def prepared(tmp_path, params, count=10, spoil=lambda root: None):
    paths = Paths(tmp_path)
    write_published(tmp_path / "r2n2", CHAIR, count)
    source = R2N2(tmp_path / "r2n2")
    source.stamps({"chair": CHAIR})
    spoil(tmp_path / "r2n2")
    with write_archive(paths.raw_archive(CHAIR)) as archive:
        source.write("chair", CHAIR, archive)
    return paths, prepare_published("chair", params, paths, workers=2)


def opened(paths):
    return open_bundle(paths.voxels(CHAIR), paths.images(CHAIR), paths.index(CHAIR))


def test_grids_pictures_and_split_are_the_published_ones(tmp_path, params):
    paths, summary = prepared(tmp_path, params)
    assert (summary.read, summary.prepared, summary.rejected, summary.copies) == (10, 10, 0, 0)
    bundle = opened(paths)
    assert (bundle.views, bundle.image_size, bundle.resolution) == (3, 64, 32)
    for row in (0, 7):
        np.testing.assert_array_equal(bundle.voxels[row, ..., 0], grid_of(CHAIR, row))
        for view in range(3):
            expected = decode_pixels(picture_of(row, view), 64, 255)
            np.testing.assert_array_equal(bundle.images[3 * row + view], expected)
    assert [row.model_id for row in bundle.index] == [f"{n:04x}" for n in range(10)]
    assert [row.split for row in bundle.index[8:]] == ["test", "test"]
    assert [row.split for row in bundle.index[:8]].count("val") == 1  # ceil(5 % of 10)
    assert all(row.group == row.model_id and row.origin == "real" for row in bundle.index)
    with zipfile.ZipFile(paths.renders(CHAIR)) as archive:
        assert archive.read("views.csv").decode().splitlines()[1:4] == [
            "0000,0,0.5,25.0,0.7",
            "0000,1,10.5,25.1,0.7",
            "0000,2,20.5,25.2,0.7",
        ]


def test_the_pictures_can_be_made_again_from_the_renders(tmp_path, params):
    paths, _ = prepared(tmp_path, params)
    before = paths.images(CHAIR).read_bytes()
    paths.images(CHAIR).unlink()
    assert bundle_images("chair", params, paths) == 30
    assert paths.images(CHAIR).read_bytes() == before


def test_an_incomplete_and_a_damaged_object_are_a_line_each_in_rejects(tmp_path, params):
    def spoil(root):
        (root / "ShapeNetRendering" / CHAIR / "0001" / "rendering" / "02.png").unlink()
        (root / "ShapeNetVox32" / CHAIR / "0003" / "model.binvox").write_bytes(b"#binvox 1\ndim 32 32")
        (root / "ShapeNetRendering" / CHAIR / "0005" / "rendering" / "00.png").write_bytes(b"no picture")
        (root / "ShapeNetVox32" / CHAIR / "0004" / "model.binvox").write_bytes(
            binvox_bytes(np.ones((16, 16, 16), bool))
        )
        (root / "ShapeNetRendering" / CHAIR / "0007" / "rendering" / "rendering_metadata.txt").write_text("1 2\n")
        cameras = root / "ShapeNetRendering" / CHAIR / "0009" / "rendering" / "rendering_metadata.txt"
        cameras.write_text("".join(cameras.read_text().splitlines(keepends=True)[:2]))

    params = replace(params, prepare=replace(params.prepare, max_rejects=0.6))
    paths, summary = prepared(tmp_path, params, spoil=spoil)
    assert (summary.prepared, summary.rejected) == (4, 6)
    with paths.rejects(CHAIR).open(encoding="utf-8", newline="") as stream:
        reasons = {row["file"]: row["reason"] for row in csv.DictReader(stream)}
    for name, reason in {
        "0001": "incomplete (There is no item named '03001627/0001/rendering/02.png' in the archive)",
        "0003": "0003/model.binvox: no binvox grid",
        "0004": "0004/model.binvox: a grid of (16, 16, 16); expected (32, 32, 32)",
        "0005": "0005/rendering/00.png: no picture",
        "0007": "0007/rendering/rendering_metadata.txt: no five numbers a line",
        "0009": "0009/rendering/rendering_metadata.txt: 2 lines, expected 3; unpack it again",
    }.items():
        assert reason in reasons[f"{CHAIR}/{name}"]
    assert [row.model_id for row in opened(paths).index] == ["0000", "0002", "0006", "0008"]


@pytest.mark.parametrize(
    ("section", "change", "message"),
    [
        ("voxelize", {"resolution": 64}, r"voxelize\.resolution is 64; the published data needs 32"),
        (
            "voxelize",
            {"convention": "paper", "solid": "surface"},
            r"convention is paper; the published data needs stan",
        ),
        ("augment", {"turns": 1}, r"augment\.turns is 1; the published data needs 0"),
        ("render", {"views": 25}, r"render\.views is 25; there are 24 of each object"),
    ],
)
def test_what_the_published_data_cannot_give_is_one_clear_line(tmp_path, params, section, change, message):
    params = replace(params, **{section: replace(getattr(params, section), **change)})
    with pytest.raises(BundleError, match=message):
        prepared(tmp_path, params, count=3)


def test_validation_is_drawn_from_training_by_name_and_only_where_the_split_has_none():
    names = [f"{n:03d}" for n in range(80)]
    parts = {"train": names[:64], "test": names[64:]}
    drawn = split_of(parts, 0.05, seed=5)
    val = {name for name, split in drawn.items() if split == "val"}
    assert len(val) == 4
    assert val <= set(names[:64])
    assert val != {name for name, split in split_of(parts, 0.05, seed=6).items() if split == "val"}
    fewer = {"train": names[1:64], "test": names[64:]}
    assert val - {"000"} <= {name for name, split in split_of(fewer, 0.05, seed=5).items() if split == "val"}
    whole = {"train": names[:50], "val": names[50:64], "test": names[64:]}
    assert [name for name, split in split_of(whole, 0.05, seed=5).items() if split == "val"] == names[50:64]


def test_a_picture_that_the_renders_lack_says_what_makes_it(tmp_path, params):
    paths, _ = prepared(tmp_path, params)
    more = replace(params, render=replace(params.render, views=4))
    message = r"03001627\.zip: no 0000/003\.png; run `dvc repro data/dvc\.yaml:prepare@chair`"
    with pytest.raises(BundleError, match=message):
        bundle_images("chair", more, paths)
    assert opened(paths).views == 3
