"""Training objects that look like validation or test objects, within a category and across categories.

The split moves near duplicates of one category as a whole (data/split.py). It is drawn for each category alone, so a
jar may be trained on and a bottle of the same shape be tested: harmless for a network that sees one category, a leak
for one that sees several.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from img2vox.data.bundle import Bundle
from img2vox.evaluation.metrics import iou

_BLOCKS = 4  # a side: the filled cells of 64 blocks bound an IoU from above well enough to leave few pairs to compare
_CHUNK = 256  # grids counted at once: a bound on memory


@dataclass(frozen=True)
class Leak:
    """A training object that is a near duplicate of one that is held out.

    Attributes:
        train_category: slug of the training object's category.
        train_model_id: the training object.
        category: slug of the other's category; the same or another.
        model_id: the object that is held out.
        split: val or test.
        iou: of the two grids.
    """

    train_category: str
    train_model_id: str
    category: str
    model_id: str
    split: str
    iou: float

    @property
    def is_across(self) -> bool:
        """Whether two categories share it."""
        return self.train_category != self.category


def find_leaks(bundles: Mapping[str, Bundle], min_iou: float) -> list[Leak]:
    """All pairs of a training object and a held-out one whose grids overlap almost wholly.

    Memory is 128 bytes an object and a few grids, whatever the categories hold: grids are read from the mapped files
    once to count their blocks, and again for the few pairs whose counts allow such an overlap.

    Args:
        bundles: slug -> bundle, all of one resolution and convention.
        min_iou: near duplicates from here on, above 0.

    Returns:
        Sorted by the held-out object's category and name, then by the training object's.
    """
    places = [(slug, row) for slug, bundle in bundles.items() for row in range(len(bundle.index))]
    counts = np.concatenate([_block_counts(bundle.voxels) for bundle in bundles.values()])  # (M, blocks)
    filled = counts.sum(axis=1, dtype=np.int64)
    trained_on = np.array([bundles[slug].index[row].split == "train" for slug, row in places])
    train = np.flatnonzero(trained_on)
    train = train[np.argsort(filled[train], kind="stable")]
    train_filled, train_counts = filled[train], counts[train]
    leaks = []
    for number in np.flatnonzero(~trained_on):
        slug, row = places[number]
        # IoU <= smaller / larger, so only grids of like size can be that much alike; a hair more, for rounding.
        first = np.searchsorted(train_filled, filled[number] * min_iou * (1 - 1e-9), side="left")
        last = np.searchsorted(train_filled, filled[number] / min_iou * (1 + 1e-9), side="right")
        shared = np.minimum(train_counts[first:last], counts[number]).sum(axis=1, dtype=np.int64)
        either = train_filled[first:last] + filled[number] - shared
        possible = train[first:last][shared >= min_iou * either * (1 - 1e-9)]
        held, grid = bundles[slug].index[row], bundles[slug].voxels[row, ..., 0]
        for other_slug, other_row in (places[other] for other in possible):
            value = float(iou(bundles[other_slug].voxels[other_row, ..., 0], grid))
            if value >= min_iou:
                name = bundles[other_slug].index[other_row].model_id
                leaks.append(Leak(other_slug, name, slug, held.model_id, held.split, value))
    return sorted(leaks, key=lambda leak: (leak.category, leak.model_id, leak.train_category, leak.train_model_id))


def to_leave_out(leaks: Sequence[Leak]) -> dict[str, frozenset[str]]:
    """The training objects that a network which trains on all these categories may not see.

    Args:
        leaks: of find_leaks().

    Returns:
        Slug -> model_ids; categories without any are missing.
    """
    found: dict[str, set[str]] = {}
    for leak in leaks:
        found.setdefault(leak.train_category, set()).add(leak.train_model_id)
    return {slug: frozenset(names) for slug, names in sorted(found.items())}


def _block_counts(voxels: NDArray[np.bool_]) -> NDArray[np.uint32]:
    """(M, R, R, R, 1) bool -> (M, blocks) filled cells of each block, a chunk of grids at a time."""
    side = voxels.shape[1]
    blocks = min(_BLOCKS, side)
    starts = np.arange(blocks) * side // blocks
    counts = np.empty((len(voxels), blocks**3), dtype=np.uint32)
    for first in range(0, len(voxels), _CHUNK):
        part = voxels[first : first + _CHUNK, ..., 0]
        for axis in (1, 2, 3):
            part = np.add.reduceat(part, starts, axis=axis, dtype=np.uint32)
        counts[first : first + _CHUNK] = part.reshape(len(part), -1)
    return counts
