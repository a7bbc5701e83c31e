"""How well one voxel grid matches another, and how sure a mean over objects is. NumPy only.

A cell is filled where its occupancy is strictly above the threshold. Most cells are empty, so an all-empty
answer scores a high accuracy; that is why IoU leads.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

# 0.02, 0.04 ... 0.98: fine enough that the next one changes no IoU by a hundredth, and 0.5 is among them.
THRESHOLDS = tuple(round(0.02 * step, 2) for step in range(1, 50))

_GRID_AXES = (-3, -2, -1)
_HALF_PATTERNS = np.arange(2**16, dtype=np.uint16).view(np.float16).astype(np.float64)  # every float16
_BOOTSTRAP_CHUNK = 2**22  # indices drawn at once: a bound on memory


def iou(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Cells filled in both / cells filled in either.

    Args:
        a: (..., R, R, R) bool.
        b: the same shape, or one that broadcasts with it.

    Returns:
        (...) float64 in [0, 1]; 1 where both grids are empty, by definition.
    """
    both = np.count_nonzero(a & b, axis=_GRID_AXES)
    either = np.count_nonzero(a | b, axis=_GRID_AXES)
    return _ratio(both, either)


def iou_by_threshold(
    occupancy: NDArray[np.floating], truth: NDArray[np.bool_], thresholds: Sequence[float]
) -> NDArray[np.float64]:
    """IoU of each grid at each threshold, in one pass over the cells.

    Args:
        occupancy: (..., R, R, R) float in [0, 1].
        truth: bool, broadcasts to the shape of `occupancy`.
        thresholds: (T,) ascending.

    Returns:
        (..., T) float64.
    """
    truth = np.broadcast_to(truth, occupancy.shape)
    result = np.empty((*occupancy.shape[:-3], len(thresholds)))
    for index in np.ndindex(occupancy.shape[:-3]):
        passed = _thresholds_passed(occupancy[index], tuple(thresholds)).ravel()
        filled = _cells_above(np.bincount(passed, minlength=len(thresholds) + 1))
        both = _cells_above(np.bincount(passed[truth[index].ravel()], minlength=len(thresholds) + 1))
        either = filled + np.count_nonzero(truth[index]) - both
        result[index] = _ratio(both, either)
    return result


def best_threshold(
    occupancy: NDArray[np.floating], truth: NDArray[np.bool_], thresholds: Sequence[float], tolerance: float
) -> float:
    """The threshold with the highest mean IoU, or one as good that is nearer to 0.5; for validation objects only.

    One or two objects choose it in a small category: the very best for them may be 0.02 or 0.98 by chance, and costs
    the others dearly.

    Args:
        occupancy: (K, n, R, R, R) float, n views of K objects.
        truth: (K, R, R, R) bool.
        thresholds: (T,) ascending.
        tolerance: IoU that counts as equally good.

    Returns:
        One of `thresholds`. IoU averages an object's views, then objects. Among equally good ones the nearest to
        0.5, then the lower: an untrained network decides by this rule and not by rounding.
    """
    means = iou_by_threshold(occupancy, truth[:, None], thresholds).mean(axis=1).mean(axis=0)  # (T,)
    return choose_threshold(means, thresholds, tolerance)


def choose_threshold(means: NDArray[np.floating], thresholds: Sequence[float], tolerance: float) -> float:
    """The choice of best_threshold by the (T,) mean IoUs of validation objects."""
    best = np.flatnonzero(means >= means.max() - tolerance - 1e-12)
    off_center = np.round(np.abs(np.asarray(thresholds)[best] - 0.5), 9)
    return float(thresholds[best[np.argmin(off_center)]])


def fill(occupancy: NDArray[np.floating], threshold: float) -> NDArray[np.bool_]:
    """The voxel grid of an occupancy: filled strictly above the threshold.

    Compares in float32: NumPy would round the threshold to float16 beside a float16 array.
    """
    return occupancy.astype(np.float32) > np.float32(threshold)


def bootstrap_ci95(values: NDArray[np.floating], seed: int, samples: int) -> tuple[float, float]:
    """95 % interval of a mean over objects: percentile bootstrap (Efron 1979).

    Args:
        values: (K,) one number an object, K >= 1.
        seed: of the resampling.
        samples: how often K objects are drawn with replacement.

    Returns:
        The 2.5th and 97.5th percentile of the resampled means.
    """
    rng = np.random.default_rng(seed)
    count = len(values)
    rows = max(1, _BOOTSTRAP_CHUNK // count)
    means = np.empty(samples)
    for start in range(0, samples, rows):
        size = min(rows, samples - start)
        means[start : start + size] = values[rng.integers(count, size=(size, count))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def paired_bootstrap_ci95(
    a: NDArray[np.floating], b: NDArray[np.floating], seed: int, samples: int
) -> tuple[float, float]:
    """95 % interval of mean(a) - mean(b) where a[i] and b[i] belong to the same object; see bootstrap_ci95."""
    return bootstrap_ci95(np.subtract(a, b), seed, samples)


def _ratio(both: NDArray[np.integer], either: NDArray[np.integer]) -> NDArray[np.float64]:
    both, either = np.asarray(both), np.asarray(either)
    return np.where(either > 0, both / np.maximum(either, 1), 1.0)


def _thresholds_passed(occupancy: NDArray[np.floating], thresholds: tuple[float, ...]) -> NDArray[np.intp]:
    """How many of the thresholds each cell is strictly above."""
    if occupancy.dtype == np.float16:
        return _half_table(thresholds)[np.ascontiguousarray(occupancy).view(np.uint16)]
    return np.searchsorted(thresholds, occupancy, side="left")


@lru_cache(maxsize=4)
def _half_table(thresholds: tuple[float, ...]) -> NDArray[np.intp]:
    """(65536,) thresholds passed by each float16, by its bit pattern: a look-up is ten times a search's speed."""
    return np.searchsorted(thresholds, _HALF_PATTERNS, side="left")


def _cells_above(cells_by_passed: NDArray[np.intp]) -> NDArray[np.intp]:
    """(T + 1,) cells that passed exactly 0, 1 ... T thresholds -> (T,) cells above threshold 0 ... T - 1."""
    return np.cumsum(cells_by_passed[::-1])[::-1][1:]
