import dataclasses
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2vox.config import load_params
from img2vox.data.bundle import Bundle, IndexRow
from img2vox.errors import BundleError
from img2vox.learning.dataset import Samples, mirror, ordered_batches, training_batches
from img2vox.learning.stage import split_samples

ROOT = Path(__file__).parents[2]


def numbered(objects=5, views=3, rows=(4, 1, 2), used=(0, 2), size=2, resolution=2):
    """Picture k is filled with k, grid m with the bits of m."""
    images = np.repeat(np.arange(objects * views, dtype=np.uint8), size * size).reshape(-1, size, size)
    bits = (np.arange(objects)[:, None] >> np.arange(resolution**3)) & 1
    voxels = bits.astype(bool).reshape(objects, resolution, resolution, resolution, 1)
    return Samples(voxels, images, np.array(rows), np.array(used))


def object_of(grid):
    return int((grid.ravel() << np.arange(grid.size)).sum())


def test_read_pairs_each_picture_with_the_grid_of_its_object():
    images, voxels = numbered().read(np.arange(6))
    assert images.shape == (6, 2, 2, 1)
    assert images.dtype == np.uint8
    assert voxels.dtype == bool
    assert images[:, 0, 0, 0].tolist() == [12, 14, 3, 5, 6, 8]
    assert [object_of(grid) for grid in voxels] == [4, 4, 1, 1, 2, 2]


def test_ordered_batches_keep_the_order_and_end_with_the_rest():
    batches = list(ordered_batches(numbered(), 4))
    assert [len(images) for images, _ in batches] == [4, 2]
    assert np.concatenate([images for images, _ in batches])[:, 0, 0, 0].tolist() == [12, 14, 3, 5, 6, 8]


@given(batch_size=st.integers(1, 9), seed=st.integers(0, 2**32), epoch=st.integers(1, 99))
def test_training_batches_hold_every_pair_in_batches_of_one_size(batch_size, seed, epoch):
    batches = list(training_batches(numbered(), batch_size, seed, epoch, mirrored=False))
    assert {len(images) for images, _ in batches} == {min(batch_size, 6)}
    seen = np.concatenate([images[:, 0, 0, 0] for images, _ in batches])
    assert sorted(seen[:6].tolist()) == [3, 5, 6, 8, 12, 14]
    for images, voxels in batches:
        assert [object_of(grid) for grid in voxels] == (images[:, 0, 0, 0] // 3).tolist()


def test_training_batches_depend_on_seed_and_epoch_alone():
    def order(seed, epoch):
        return [i for images, _ in training_batches(numbered(), 2, seed, epoch, mirrored=True) for i in images.ravel()]

    assert order(1, 3) == order(1, 3)
    assert order(1, 3) != order(1, 4)
    assert order(1, 3) != order(2, 3)


def test_mirror_flips_pictures_left_right_and_grids_along_x():
    images = np.array([[1, 2], [3, 4]], np.uint8).reshape(1, 2, 2, 1)
    voxels = np.zeros((1, 2, 2, 2, 1), bool)
    voxels[0, 0, 1, 0] = True
    images, voxels = mirror(images, voxels)
    assert images[0, :, :, 0].tolist() == [[2, 1], [4, 3]]
    assert np.argwhere(voxels).tolist() == [[0, 1, 1, 0, 0]]


def test_mirrored_training_flips_about_half_and_always_both():
    images = np.tile(np.array([[0, 200]], np.uint8), (100, 2, 1))
    voxels = np.zeros((100, 2, 2, 2, 1), bool)
    voxels[:, 1] = True
    samples = Samples(voxels, images, np.arange(100), np.array([0]))
    batches = list(training_batches(samples, 10, 0, 1, mirrored=True))
    pictures = np.concatenate([images[:, 0, 1, 0] == 200 for images, _ in batches])
    grids = np.concatenate([voxels[:, 1, 0, 0, 0] for _, voxels in batches])
    assert pictures.tolist() == grids.tolist()
    assert 30 < pictures.sum() < 70
    assert images[:, 0, 1].min() == 200  # the bundle itself stays as it is


def test_a_split_that_no_object_is_in_is_one_line(bundle):
    params = load_params(ROOT / "params.yaml")
    trained = replace(bundle, index=tuple(replace(row, split="train") for row in bundle.index))
    with pytest.raises(
        BundleError, match=r"mug: no object in the split val; add objects, or change split\.val and spl"
    ):
        split_samples("mug", trained, "val", params)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rows": np.array([], int)}, "no rows are used of 5 objects"),
        ({"rows": np.array([5])}, "rows reach from 5 to 5, but there are 5 objects"),
        ({"views": np.array([0, 3])}, "views reach from 0 to 3, but there are 3 views an object"),
        ({"images": np.zeros((14, 2, 2), np.uint8)}, "14 pictures are no whole number of views of 5 grids"),
    ],
)
def test_samples_reject_rows_and_views_that_the_bundle_lacks(change, message):
    with pytest.raises(BundleError, match=message):
        dataclasses.replace(numbered(), **change)


@given(
    st.lists(st.tuples(st.sampled_from(["train", "val", "test"]), st.integers(0, 3)), min_size=1, max_size=30),
    st.floats(0.001, 1.0),
    st.integers(1, 4),
)
def test_no_object_is_in_two_splits_whatever_share_of_objects_and_views_is_used(objects, fraction, images_per_object):
    """Copies follow their object into training, and no view of one that is held out is ever trained on."""
    index = []
    for number, (split, _) in enumerate(objects):
        index.append(IndexRow(number, f"m{number}", split, "real", f"m{number}"))
    for number, (split, copies) in enumerate(objects):
        for copy in range(copies if split == "train" else 0):
            name = f"m{number}"
            index.append(IndexRow(len(index), f"{name}--{copy}", "train", "real", name, name, 10.0 * copy))
    count = len(index)
    bundle = Bundle(np.zeros((count, 4, 4, 4, 1), bool), np.zeros((count * 4, 8, 8), np.uint8), tuple(index), 4)
    params = load_params(ROOT / "params.yaml")
    data = replace(params.data, fraction=fraction, images_per_object=images_per_object)
    used = {}
    for split in {split for split, _ in objects}:
        samples = split_samples("mug", bundle, split, replace(params, data=data))
        used[split] = {index[row].turned_from or index[row].model_id for row in samples.rows}
        assert len(samples) == len(samples.rows) * images_per_object
    names = [name for objects_of in used.values() for name in objects_of]
    assert len(names) == len(set(names))
    assert all(index[int(name[1:])].split == split for split, objects_of in used.items() for name in objects_of)
