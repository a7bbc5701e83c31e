"""What needs no network: the answers that a trained one has to beat, for the same objects and the same pictures.

Tatarchenko et al. 2019 found that retrieval does as well as many trained networks. So each result stands beside
the empty grid, the mean shape, the nearest training picture, and the best training shape there is: the ceiling
of retrieval, which no picture tells.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from img2vox.evaluation.metrics import THRESHOLDS, best_threshold, fill, iou

_CHUNK_BYTES = 2**26  # of floats that are made at once from stored bytes


@dataclass(frozen=True)
class MeanShape:
    """The average of the training grids, cut at its best threshold.

    Attributes:
        grid: (R, R, R) bool.
        threshold: chosen on validation objects, by the rule that networks have.
    """

    grid: NDArray[np.bool_]
    threshold: float


def mean_shape(train: NDArray[np.bool_], val: NDArray[np.bool_], tolerance: float) -> MeanShape:
    """The category's mean shape.

    Args:
        train: (N, R, R, R) bool.
        val: (K, R, R, R) bool; chooses the threshold.
        tolerance: see best_threshold.
    """
    mean = np.zeros(train.shape[1:])
    for grid in train:  # one by one: the training grids may be a mapped file larger than memory
        mean += grid
    mean /= len(train)
    stacked = np.broadcast_to(mean, (len(val), 1, *mean.shape))
    threshold = best_threshold(stacked, val, THRESHOLDS, tolerance)
    return MeanShape(fill(mean, threshold), threshold)


def empty_iou(truth: NDArray[np.bool_]) -> NDArray[np.float64]:
    """IoU of the empty grid with (K, R, R, R) bool grids: (K,), 0 but for an empty truth."""
    return iou(np.zeros(truth.shape[1:], dtype=bool), truth)


def iou_matrix(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> NDArray[np.float64]:
    """IoU of each grid of `a` with each of `b`, as products of matrices.

    Args:
        a: (K, R, R, R) bool.
        b: (N, R, R, R) bool.

    Returns:
        (K, N) float64, equal to iou() to the last digit: counts up to 2**24 are exact in float32.
    """
    cells = int(np.prod(a.shape[1:]))
    step = max(1, _CHUNK_BYTES // (4 * cells))
    filled_a = np.count_nonzero(a, axis=(1, 2, 3))
    filled_b = np.count_nonzero(b, axis=(1, 2, 3))
    both = np.empty((len(a), len(b)))
    for row in range(0, len(a), step):
        left = a[row : row + step].reshape(-1, cells).astype(np.float32)
        for column in range(0, len(b), step):
            right = b[column : column + step].reshape(-1, cells).astype(np.float32)
            both[row : row + step, column : column + step] = left @ right.T
    either = filled_a[:, None] + filled_b[None, :] - both
    return np.where(either > 0, both / np.maximum(either, 1), 1.0)


def nearest_images(
    images: NDArray[np.uint8], rows: NDArray[np.int64], reference_rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    """For each picture the reference with the smallest sum of squared pixel differences.

    Args:
        images: (P, H, W) uint8, all pictures; may be a mapped file.
        rows: (K,) which of them to answer for.
        reference_rows: (N,) which of them to choose from, N >= 1.

    Returns:
        (K,) int64, members of `reference_rows`; the first of equally near ones. Distances are exact integers, so
        that no rounding of some matrix library chooses.
    """
    pixels = int(np.prod(images.shape[1:]))
    step = max(1, _CHUNK_BYTES // (8 * pixels))
    nearest = np.empty(len(rows), dtype=np.int64)
    for start in range(0, len(rows), step):
        left = _as_rows(images[rows[start : start + step]], pixels)
        best = np.full(len(left), np.inf)
        for first in range(0, len(reference_rows), step):
            references = reference_rows[first : first + step]
            distances = _squared_distances(left, _as_rows(images[references], pixels))
            found = distances.argmin(axis=1)
            found_distances = distances[np.arange(len(left)), found]
            closer = found_distances < best
            best[closer] = found_distances[closer]
            nearest[start : start + step][closer] = references[found[closer]]
    return nearest


def _as_rows(pictures: NDArray[np.uint8], pixels: int) -> NDArray[np.float64]:
    return pictures.reshape(-1, pixels).astype(np.float64)


def _squared_distances(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """(K, N) |l|^2 + |r|^2 - 2 l.r; whole numbers far below 2**53, so exact. float32 would round from 2**24 on."""
    squares = np.einsum("ij,ij->i", left, left)[:, None] + np.einsum("ij,ij->i", right, right)[None, :]
    return np.asarray(squares - 2.0 * (left @ right.T))
