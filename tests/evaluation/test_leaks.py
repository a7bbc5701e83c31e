import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from img2vox.data.bundle import Bundle, IndexRow
from img2vox.evaluation import leaks
from img2vox.evaluation.leaks import find_leaks, to_leave_out
from img2vox.evaluation.metrics import iou

SPLITS = ("train", "val", "test")


def bundle_of(grids, splits):
    """(M, R, R, R) bool and a split a grid -> a bundle whose objects are a0, a1 ..."""
    index = tuple(IndexRow(row, f"a{row}", split, "real", f"a{row}") for row, split in enumerate(splits))
    return Bundle(grids[..., None], np.zeros((len(grids), 4, 4), dtype=np.uint8), index, 1)


def distinct_grids(count, seed):
    """Boxes in a corner of a grid of 9, of which no two overlap by half."""
    sizes = [(2, 2, 2), (9, 2, 2), (2, 9, 2), (2, 2, 9), (9, 9, 2), (9, 2, 9), (2, 9, 9), (9, 9, 9), (5, 5, 3)]
    grids = np.zeros((count, 9, 9, 9), dtype=bool)
    for row, (x, y, z) in enumerate(np.random.default_rng(seed).permutation(sizes)[:count]):
        grids[row, :x, :y, :z] = True
    return grids


def test_a_planted_duplicate_is_found_within_a_category_and_across_categories():
    chairs, stools = distinct_grids(6, 1), distinct_grids(6, 2)
    stools[:] = stools[:, ::-1, ::-1, ::-1]  # in the other corner: unlike every chair
    splits = ("train", "train", "train", "train", "val", "test")
    clean = {"chair": bundle_of(chairs, splits), "stool": bundle_of(stools, splits)}
    assert find_leaks(clean, 0.9) == []
    assert to_leave_out([]) == {}

    chairs[1] = chairs[5]  # trained on and tested, in one category
    stools[2] = chairs[4]  # trained on as a stool, validated as a chair
    stools[2, 8, 8, 8] ^= True  # but for one cell
    found = find_leaks({"chair": bundle_of(chairs, splits), "stool": bundle_of(stools, splits)}, 0.9)
    assert [(leak.train_category, leak.train_model_id, leak.model_id, leak.split) for leak in found] == [
        ("stool", "a2", "a4", "val"),
        ("chair", "a1", "a5", "test"),
    ]
    assert [leak.is_across for leak in found] == [True, False]
    assert found[0].iou < 1 == found[1].iou
    assert to_leave_out(found) == {"chair": {"a1"}, "stool": {"a2"}}


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 1.0), st.sampled_from([2, 5, 8]), st.sampled_from([1, 3, 256]))
def test_leaks_agree_with_comparing_every_pair(seed, min_iou, side, chunk):
    random = np.random.default_rng(seed)
    bases = random.random((3, side, side, side)) < random.random((3, 1, 1, 1))
    bundles = {}
    for slug in ("bag", "bus", "cap"):
        count = random.integers(1, 6)
        grids = bases[random.integers(0, 3, count)] ^ (random.random((count, side, side, side)) < 0.05)
        bundles[slug] = bundle_of(grids, random.choice(SPLITS, count).tolist())
    original = leaks._CHUNK
    try:
        leaks._CHUNK = chunk
        found = find_leaks(bundles, min_iou)
    finally:
        leaks._CHUNK = original
    expected = set()
    for train_slug, train in bundles.items():
        for slug, held in bundles.items():
            for a in train.index:
                for b in held.index:
                    value = float(iou(train.voxels[a.voxel_row, ..., 0], held.voxels[b.voxel_row, ..., 0]))
                    if a.split == "train" and b.split != "train" and value >= min_iou:
                        expected.add((train_slug, a.model_id, slug, b.model_id, b.split, value))
    assert {tuple(vars(leak).values()) for leak in found} == expected
    assert len(found) == len(expected)
