"""Which object is trained on, which stops the training, and which is reported."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from img2vox.errors import BundleError
from img2vox.seeds import derive_seed


@dataclass(frozen=True)
class SplitObject:
    """What the split needs to know of an object.

    Attributes:
        model_id: its name, unique in its category.
        group: near duplicates share it; a group stays in one split.
        is_real: whether somebody modelled it, or a generator of ours.
    """

    model_id: str
    group: str
    is_real: bool


def split_sizes(objects: int, val: float, test: float) -> tuple[int, int, int]:
    """Number of (train, val, test) objects as the paper counts them.

    Validation is ceil(val) of all, drawn first; test is ceil(test) of the rest: 8,436 tables become
    5,609 / 422 / 2,405 (its Fig. 13).
    """
    val_size = math.ceil(round(objects * val, 9))
    test_size = math.ceil(round((objects - val_size) * test, 9))
    return objects - val_size - test_size, val_size, test_size


def draw_split(objects: Sequence[SplitObject], val: float, test: float, seed: int, category: str) -> dict[str, str]:
    """Draw train, val and test over objects, groups of near duplicates whole.

    The order of `objects` does not matter. Each object's rank is drawn from its name alone and a group has the lowest
    of its objects', so that objects added or removed leave nearly all others where they were. Validation is drawn from
    all; test takes real objects before parametric ones, since parametric test objects share a generator with their
    training set. Groups are taken until a split has its size, passing over a group that would overshoot it as long as
    a smaller one is left.

    Args:
        objects: all of a category.
        val: share of all objects, rounded up.
        test: share of the rest, rounded up.
        seed: draws the ranks.
        category: for the message.

    Returns:
        model_id -> "train", "val" or "test".

    Raises:
        BundleError: fewer objects, or fewer groups of near duplicates, than three splits need.
    """
    groups: dict[str, list[SplitObject]] = {}
    for item in sorted(objects, key=lambda item: item.model_id):
        groups.setdefault(item.group, []).append(item)
    if len(groups) < 3:
        raise BundleError(
            f"{category}: {len(objects)} usable objects in {len(groups)} groups of near duplicates; train, val and "
            "test need at least three groups; add objects, or leave the category out of params.yaml"
        )
    ranks = {name: min(derive_seed(seed, item.model_id) for item in items) for name, items in groups.items()}
    order = sorted(groups, key=lambda name: (ranks[name], name))
    _, val_size, test_size = split_sizes(len(objects), val, test)
    val_groups = _take(order, groups, val_size)
    rest = [name for name in order if name not in val_groups]
    rest.sort(key=lambda name: not any(item.is_real for item in groups[name]))  # stable: real ones first
    test_groups = _take(rest, groups, test_size)
    if len(val_groups) + len(test_groups) == len(groups):
        test_groups.discard(next(name for name in reversed(rest) if name in test_groups))
    chosen = dict.fromkeys(val_groups, "val") | dict.fromkeys(test_groups, "test")
    return {item.model_id: chosen.get(item.group, "train") for item in objects}


def assign_roles(splits: Mapping[str, str], roles: str) -> dict[str, str]:
    """What becomes of the objects that draw_split drew, by split.roles.

    The paper's training is stopped by the larger part and reported on the smaller one, its 5 % of "unseen data".

    Args:
        splits: model_id -> train, val or test.
        roles: "standard" keeps them, "paper" exchanges val and test.

    Returns:
        model_id -> train, val or test.
    """
    if roles == "standard":
        return dict(splits)
    exchanged = {"train": "train", "val": "test", "test": "val"}
    return {model_id: exchanged[split] for model_id, split in splits.items()}


def _take(order: Sequence[str], groups: dict[str, list[SplitObject]], size: int) -> set[str]:
    """Groups in this order until they hold `size` objects; the smallest one where all would overshoot."""
    taken: set[str] = set()
    left = size
    for name in order:
        if len(groups[name]) <= left:
            taken.add(name)
            left -= len(groups[name])
    return taken or {min(order, key=lambda name: len(groups[name]))}


def near_duplicate_groups(
    measures: Sequence[tuple[NDArray[np.uint8], float]], model_ids: Sequence[str], chunk: int = 256
) -> dict[str, str]:
    """Group objects whose grids overlap almost wholly, directly or through others.

    Args:
        measures: one or more (bits, min_iou). bits is (M, R**3 / 8) uint8, a grid of each object as np.packbits gives
            it; two objects are near duplicates from an IoU of min_iou on, by any of the measures.
        model_ids: (M,) names.
        chunk: grids compared at once; a bound on memory.

    Returns:
        model_id -> the first model_id, in sorted order, of its group.
    """
    parent = list(range(len(model_ids)))
    for bits, min_iou in measures:
        _join_alike(parent, bits, min_iou, chunk)
    names: dict[int, str] = {}
    for row, model_id in enumerate(model_ids):
        root = _find(parent, row)
        names[root] = min(names.get(root, model_id), model_id)
    return {model_id: names[_find(parent, row)] for row, model_id in enumerate(model_ids)}


def _join_alike(parent: list[int], bits: NDArray[np.uint8], min_iou: float, chunk: int) -> None:
    """Join the sets of all rows whose IoU is min_iou or more."""
    filled = np.bitwise_count(bits).sum(axis=1, dtype=np.int64)
    order = np.argsort(filled, kind="stable")
    sizes = filled[order]
    for first in range(len(order)):
        # IoU <= smaller / larger, so only grids of like size can be that much alike.
        last = np.searchsorted(sizes, sizes[first] / min_iou, side="right")
        for start in range(first + 1, last, chunk):
            others = order[start : min(start + chunk, last)]
            both = np.bitwise_count(bits[others] & bits[order[first]]).sum(axis=1, dtype=np.int64)
            either = filled[others] + sizes[first] - both
            for other in others[both >= min_iou * either]:
                _union(parent, int(order[first]), int(other))


def _find(parent: list[int], row: int) -> int:
    while parent[row] != row:
        parent[row] = parent[parent[row]]
        row = parent[row]
    return row


def _union(parent: list[int], a: int, b: int) -> None:
    parent[_find(parent, a)] = _find(parent, b)
