"""What a network answers, and how good the answer is, batch by batch in inference mode."""

from collections.abc import Callable, Sequence

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from img2vox.errors import NetworkError
from img2vox.evaluation.metrics import iou_by_threshold
from img2vox.learning.dataset import Samples, ordered_batches
from img2vox.learning.losses import loss_of
from img2vox.learning.metrics import FUNCTIONS

LOSS_NAMES = ("loss", "accuracy", "binary_crossentropy")


def predict(network: keras.Model, images: NDArray[np.uint8], *, batch_size: int) -> NDArray[np.float16]:
    """Occupancy of each picture.

    Args:
        network: picture -> grid.
        images: (N, H, W) or (N, H, W, 1) uint8, may be mapped from disk.
        batch_size: pictures at once; bounds the memory.

    Returns:
        (N, R, R, R, 1) float16 in [0, 1].

    Raises:
        NetworkError: the pictures are not what the network takes.
    """
    expected = tuple(network.input_shape[1:3])
    found = images.shape[1:3]
    if images.dtype != np.uint8 or tuple(found) != expected or images.shape[3:] not in ((), (1,)):
        raise NetworkError(
            f"pictures are {images.dtype} of shape {images.shape}; expected uint8 (N, {expected[0]}, {expected[1]})"
        )
    occupancy = np.empty((len(images), *network.output_shape[1:]), dtype=np.float16)
    for start in range(0, len(images), batch_size):
        batch = np.asarray(images[start : start + batch_size]).reshape(-1, *expected, 1)
        occupancy[start : start + len(batch)] = _run(network, batch, batch_size)
    return occupancy


def exact_losses(
    network: keras.Model,
    samples: Samples,
    *,
    thresholds: Sequence[float],
    batch_size: int,
    keep: Callable[[NDArray[np.float32]], object] | None = None,
) -> tuple[dict[str, float], NDArray[np.float32]]:
    """Losses and IoU of all pairs, from float32 occupancy.

    Args:
        network: named as build_network names it.
        samples: a split.
        thresholds: (T,) at which IoU is taken.
        batch_size: pairs at once; bounds the memory.
        keep: gets the occupancy of each batch, (N, R, R, R, 1), in the order of ordered_batches; nobody else keeps it.

    Returns:
        Means over the pairs, "loss" (with the network's own penalties such as L2, as Keras reports it), "accuracy",
        "binary_crossentropy"; and (N, T) float32 IoU of each pair at each threshold, in the order of ordered_batches.
    """
    loss = loss_of(network)
    functions = {
        "loss": loss,
        "accuracy": FUNCTIONS["accuracy"],
        "binary_crossentropy": FUNCTIONS["binary_crossentropy"],
    }
    totals = dict.fromkeys(LOSS_NAMES, 0.0)
    ious = np.empty((len(samples), len(thresholds)), dtype=np.float32)
    start = 0
    for images, voxels in ordered_batches(samples, batch_size):
        answers = _run(network, images, batch_size)
        occupancy, truth = ops.convert_to_tensor(answers), ops.convert_to_tensor(voxels)
        for name, function in functions.items():
            totals[name] += float(ops.sum(function(truth, occupancy)))
        # In NumPy: one pass for all thresholds, where the metric of Keras would take one each.
        ious[start : start + len(images)] = iou_by_threshold(answers[..., 0], voxels[..., 0], thresholds)
        start += len(images)
        if keep is not None:
            keep(answers)
    means = {name: total / len(samples) for name, total in totals.items()}
    means["loss"] += sum(float(penalty) for penalty in network.losses)
    return means, ious


def _run(network: keras.Model, images: NDArray[np.uint8], batch_size: int) -> NDArray[np.float32]:
    """Batches of one size only: another would be traced anew, and its sums may differ in their last bits."""
    filled = np.resize(images, (batch_size, *images.shape[1:]))
    return np.asarray(network.predict_on_batch(filled), dtype=np.float32)[: len(images)]
