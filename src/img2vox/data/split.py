"""Which object is trained on, which stops the training, and which is reported."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from img2vox.data.alike import Shortlist, part_counts
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
    groups = np.arange(len(model_ids), dtype=np.int64)
    for bits, min_iou in measures:
        _join_alike(groups, bits, min_iou, chunk)
    names: dict[int, str] = {}
    for group, model_id in zip(groups.tolist(), model_ids, strict=True):
        names[group] = min(names.get(group, model_id), model_id)
    return {model_id: names[group] for group, model_id in zip(groups.tolist(), model_ids, strict=True)}


def _join_alike(groups: NDArray[np.int64], bits: NDArray[np.uint8], min_iou: float, chunk: int) -> None:
    """Give all rows whose IoU is min_iou or more one number in `groups`, and those that had one of theirs."""
    counts = part_counts(bits)
    filled = counts.sum(axis=1, dtype=np.int64)
    shortlist = Shortlist(counts)
    for row in range(len(bits)):
        possible = shortlist.of(counts[row], min_iou)
        possible = possible[groups[possible] != groups[row]]
        for start in range(0, len(possible), chunk):
            others = possible[start : start + chunk]
            both = np.bitwise_count(bits[others] & bits[row]).sum(axis=1, dtype=np.int64)
            alike = others[both >= min_iou * (filled[others] + filled[row] - both)]
            if len(alike):
                groups[np.isin(groups, groups[alike])] = groups[row]
