"""Metrics inside a training step: one value for each instance, averaged over instances by Keras."""

from typing import Any

import keras
from keras import ops

from img2vox.learning.losses import binary_crossentropy

# The paper's threshold; the one that is chosen on validation belongs to the evaluation.
THRESHOLD = 0.5
METRIC_NAMES = ("accuracy", "binary_crossentropy", "iou")

_CELLS = (1, 2, 3, 4)


def iou(truth: Any, occupancy: Any, threshold: float = THRESHOLD) -> Any:
    """Intersection over union of each instance, cells of occupancy above the threshold being filled.

    Args:
        truth: (N, R, R, R, 1), filled cells 1 or True.
        occupancy: (N, R, R, R, 1) in [0, 1].
        threshold: a cell is filled above it, not at it.

    Returns:
        (N,) float32; two empty grids agree and give 1.
    """
    truth = ops.cast(truth, "bool")
    filled = ops.greater(occupancy, threshold)
    both = ops.sum(ops.cast(ops.logical_and(truth, filled), "float32"), axis=_CELLS)
    either = ops.sum(ops.cast(ops.logical_or(truth, filled), "float32"), axis=_CELLS)
    return ops.where(either > 0, both / ops.maximum(either, 1.0), 1.0)


def accuracy(truth: Any, occupancy: Any) -> Any:
    """Share of the cells that are right at the paper's threshold, of each instance: (N,) float32.

    An empty answer scores high here, since most cells are empty; that is why IoU leads.
    """
    truth = ops.cast(truth, "bool")
    right = ops.equal(truth, ops.greater(occupancy, THRESHOLD))
    return ops.mean(ops.cast(right, "float32"), axis=_CELLS)


FUNCTIONS = {"accuracy": accuracy, "binary_crossentropy": binary_crossentropy, "iou": iou}


def training_metrics() -> list[keras.metrics.Metric]:
    """Fresh Keras metrics named as METRIC_NAMES, each the mean over instances."""
    return [keras.metrics.MeanMetricWrapper(FUNCTIONS[name], name=name) for name in METRIC_NAMES]
