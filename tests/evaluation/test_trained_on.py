"""What a joint network has seen: by name, or by a grid like one that it trained on."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2vox.errors import BundleError
from img2vox.evaluation.trained_on import TrainedOn


def trained_on(categories, model_ids, grids):
    bits = np.stack([np.packbits(grid) for grid in grids])
    return TrainedOn(Path("trained_on.npz"), np.array(categories), np.array(model_ids), bits)


@given(st.integers(1, 12), st.integers(1, 12), st.floats(0.05, 1.0), st.integers(0, 2**32 - 1))
def test_seen_agrees_with_comparing_every_grid(known, asked, min_iou, seed):
    random = np.random.default_rng(seed)
    bases = random.random((3, 8, 8, 8)) < random.random((3, 1, 1, 1))

    def draw(count):
        return bases[random.integers(0, 3, count)] ^ (random.random((count, 8, 8, 8)) < 0.05)

    grids, others = draw(known), draw(asked)
    categories = random.choice(["jar", "mug"], known).tolist()
    file = trained_on(categories, [f"m{row}" for row in range(known)], grids)
    names = [f"m{row}" for row in range(asked)]
    by_name = {name for name, category in zip(file.model_ids.tolist(), categories, strict=True) if category == "jar"}
    expected = set()
    for name, other in zip(names, others, strict=True):
        both, either = (grids & other).sum(axis=(1, 2, 3)), (grids | other).sum(axis=(1, 2, 3))
        if name in by_name or (both / np.maximum(either, 1) >= min_iou).any():
            expected.add(name)
    assert file.seen("jar", names, others, min_iou) == expected


def test_a_grid_of_another_resolution_is_refused():
    file = trained_on(["jar"], ["a"], np.ones((1, 8, 8, 8), dtype=bool))
    with pytest.raises(BundleError, match=r"trained_on\.npz: grids of 512 cells, but the data has 16\*\*3; train the"):
        file.seen("jar", ["b"], [np.ones((16, 16, 16), dtype=bool)], 0.9)
