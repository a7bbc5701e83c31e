"""Training objects that look like validation or test objects, within a category and across categories.

The split moves near duplicates of one category as a whole (data/split.py). It is drawn for each category alone, so a
jar may be trained on and a bottle of the same shape be tested: harmless for a network that sees one category, a leak
for one that sees several.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from img2vox.data.alike import Shortlist, part_counts
from img2vox.data.bundle import Bundle
from img2vox.evaluation.metrics import iou

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

    Memory is 512 bytes an object and a few grids, whatever the categories hold: grids are read from the mapped files
    once to count the cells of their parts, and again for the few pairs whose counts allow such an overlap.

    Args:
        bundles: slug -> bundle, all of one resolution and convention.
        min_iou: near duplicates from here on, above 0.

    Returns:
        Sorted by the held-out object's category and name, then by the training object's.
    """
    places = [(slug, row) for slug, bundle in bundles.items() for row in range(len(bundle.index))]
    counts = np.concatenate([_counts(bundle.voxels) for bundle in bundles.values()])
    trained_on = np.array([bundles[slug].index[row].split == "train" for slug, row in places])
    train = np.flatnonzero(trained_on)
    shortlist = Shortlist(counts[train])
    leaks = []
    for number in np.flatnonzero(~trained_on):
        slug, row = places[number]
        held, grid = bundles[slug].index[row], bundles[slug].voxels[row, ..., 0]
        for other_slug, other_row in (places[other] for other in train[shortlist.of(counts[number], min_iou)]):
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


def _counts(voxels: NDArray[np.bool_]) -> NDArray[np.uint32]:
    """part_counts of (M, R, R, R, 1) bool grids, a chunk at a time."""
    chunks = (voxels[first : first + _CHUNK] for first in range(0, len(voxels), _CHUNK))
    return np.concatenate([part_counts(np.packbits(chunk.reshape(len(chunk), -1), axis=1)) for chunk in chunks])
