"""The shortlist loses no pair that is alike, and leaves few that are not."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from img2vox.data.alike import Shortlist, part_counts


def shortlisted(bits, min_iou):
    """The pairs (row, other) that the shortlist of all leaves for each."""
    counts = part_counts(bits)
    shortlist = Shortlist(counts)
    return {(row, int(other)) for row in range(len(bits)) for other in shortlist.of(counts[row], min_iou)}


def alike(grids, min_iou):
    either = np.count_nonzero(grids[:, None] | grids[None], axis=-1)
    both = np.count_nonzero(grids[:, None] & grids[None], axis=-1)
    return set(zip(*map(np.ndarray.tolist, np.nonzero(both >= min_iou * either)), strict=True))


def test_parts_are_counted_in_order_and_hold_every_cell():
    grids = np.zeros((2, 8, 8, 8), dtype=bool)
    grids[0, 0, :5, 0] = grids[1, 7, 7, 2:] = True
    counts = part_counts(np.packbits(grids.reshape(2, -1), axis=1))
    assert counts.shape == (2, 64)
    assert counts[0].nonzero()[0].tolist() == [0, 1, 2, 3, 4]
    assert counts[1].nonzero()[0].tolist() == [63]
    assert counts.sum(axis=1).tolist() == [5, 6]


@given(st.integers(1, 30), st.floats(0.05, 1.0), st.sampled_from([16, 64, 1000]), st.integers(0, 2**32 - 1))
def test_no_pair_that_is_alike_is_left_out(number, min_iou, cells, seed):
    random = np.random.default_rng(seed)
    bases = random.random((4, cells)) < random.random((4, 1))
    grids = bases[random.integers(0, 4, number)] ^ (random.random((number, cells)) < 0.05)
    bits = np.packbits(grids, axis=1)
    assert alike(grids, min_iou) <= shortlisted(bits, min_iou)


def test_of_boxes_of_like_size_few_pairs_are_left_that_are_not_alike():
    random = np.random.default_rng(3)
    grids = np.zeros((300, 16, 16, 16), dtype=bool)
    for grid in grids:
        x, y = random.integers(4, 17, 2)
        z = max(1, min(16, round(600 / (x * y))))  # about 600 cells each
        grid[(16 - x) // 2 :, (16 - y) // 2 :, (16 - z) // 2 :][:x, :y, :z] = True
    bits = np.packbits(grids.reshape(len(grids), -1), axis=1)
    found = len(shortlisted(bits, 0.9))
    assert len(alike(grids.reshape(len(grids), -1), 0.9)) <= found < 0.1 * len(grids) ** 2
