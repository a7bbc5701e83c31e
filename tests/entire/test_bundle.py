"""The bundles of all categories as one: who is in it, under which name, with which pictures."""

from dataclasses import replace

import numpy as np
import pytest

from img2vox.config import load_params
from img2vox.data.bundle import IndexRow, chosen_views, format_index
from img2vox.entire import train
from img2vox.entire.bundle import of_all, open_entire
from img2vox.errors import BundleError, NetworkError
from img2vox.paths import Paths
from tests.project import REPOSITORY

CATEGORIES = {"chair": "03001627", "mug": "03797390"}
VIEWS = 4
SPLITS = ("train", "test", "val", "train", "train", "test")


def params_of(fraction=1.0, images=2):
    params = load_params(REPOSITORY / "paper" / "params.yaml")
    return replace(
        params, categories=CATEGORIES, data=replace(params.data, fraction=fraction, images_per_object=images)
    )


def write_bundle(paths, synset, grids, side=8, copies=()):
    rows = [IndexRow(n, f"o{n}", split, "real", f"o{n}") for n, split in enumerate(SPLITS[: len(grids) - len(copies)])]
    rows += [
        IndexRow(len(rows) + n, f"{name}-turned", "train", "real", name, name, 90.0) for n, name in enumerate(copies)
    ]
    paths.index(synset).parent.mkdir(parents=True, exist_ok=True)
    np.save(paths.voxels(synset), grids[..., None])
    # Every picture says which object of which category it shows, and from where.
    pictures = np.arange(len(grids) * VIEWS, dtype=np.uint8)[:, None, None] + np.uint8(int(synset) % 100)
    np.save(paths.images(synset), np.broadcast_to(pictures, (len(pictures), side, side)))
    paths.index(synset).write_text(format_index(rows), encoding="utf-8")


@pytest.fixture
def grids():
    return np.random.default_rng(3).random((12, 8, 8, 8)) < 0.3


@pytest.fixture
def paths(tmp_path, grids):
    paths = Paths(tmp_path)
    for number, synset in enumerate(CATEGORIES.values()):
        write_bundle(paths, synset, grids[number * 6 : number * 6 + 6])
    return paths


def test_all_objects_of_all_categories_are_there_with_the_views_that_training_uses(paths, grids):
    bundle = open_entire(params_of(), paths)
    assert [row.model_id for row in bundle.index] == [f"{slug}/o{n}" for slug in CATEGORIES for n in range(6)]
    assert [row.split for row in bundle.index] == [*SPLITS, *SPLITS]
    assert [row.voxel_row for row in bundle.index] == list(range(12))
    assert np.array_equal(bundle.voxels[..., 0], grids)
    assert bundle.views == 2
    expected = [27 + 4 * n + view for n in range(6) for view in chosen_views(VIEWS, 2)]
    expected += [90 + 4 * n + view for n in range(6) for view in chosen_views(VIEWS, 2)]
    assert bundle.images[:, 3, 5].tolist() == expected


def test_training_objects_that_look_like_a_held_out_one_of_any_category_are_left_out_with_their_copies(paths, grids):
    alike = grids.copy()
    alike[9] = grids[1]  # a mug that is trained on is a chair that is tested
    write_bundle(paths, CATEGORIES["mug"], np.concatenate([alike[6:12], ~grids[:2]]), copies=("o3", "o4"))
    names = [row.model_id for row in open_entire(params_of(), paths).index if row.model_id.startswith("mug")]
    assert names == ["mug/o0", "mug/o1", "mug/o2", "mug/o4", "mug/o5", "mug/o4-turned"]


def test_a_fraction_is_taken_of_each_category_once(paths):
    params = params_of(fraction=0.5)
    bundle = open_entire(params, paths)
    kept = [row.model_id for row in bundle.index]
    assert kept == [f"{slug}/o{n}" for slug in CATEGORIES for n in (0, 1, 2, 3)]
    assert len(bundle.rows("train", of_all(params).data.fraction)) == 4


def test_bundles_of_different_sizes_are_refused_by_name(paths, grids):
    write_bundle(paths, CATEGORIES["mug"], grids[:6], side=16)
    with pytest.raises(
        BundleError, match=r"different resolutions and image sizes, \{'chair': \(8, 8\), 'mug': \(8, 16\)"
    ):
        open_entire(params_of(), paths)


def test_the_joint_network_of_pretrain_is_not_overwritten(paths):
    paths.trained_on.parent.mkdir(parents=True)
    paths.trained_on.touch()
    with pytest.raises(NetworkError, match=r"network\.keras: the network of `img2vox pretrain`.*in paper/"):
        train.run(params_of(), paths)
