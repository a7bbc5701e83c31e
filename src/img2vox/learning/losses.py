"""What training minimizes: one value for each instance, of occupancy against the true grid.

Functions of Keras tensors (N, R, R, R, 1), so that a training step and the exact evaluation afterwards share them.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from img2vox.errors import NetworkError

# A keras tensor or an array; Keras has no type of its own for the two.
Tensor = Any
Loss = Callable[[Tensor, Tensor], Tensor]

_CELLS = (1, 2, 3, 4)


def binary_crossentropy(truth: Tensor, occupancy: Tensor) -> Tensor:
    """Binary cross-entropy of each instance, mean over its cells: the paper's loss.

    Args:
        truth: (N, R, R, R, 1), filled cells 1 or True.
        occupancy: (N, R, R, R, 1) float32 in [0, 1]; Keras clips it to [1e-7, 1 - 1e-7].

    Returns:
        (N,) float32.
    """
    truth = ops.cast(truth, occupancy.dtype)
    return ops.mean(keras.losses.binary_crossentropy(truth, occupancy), axis=(1, 2, 3))


def dice(truth: Tensor, occupancy: Tensor) -> Tensor:
    """Soft Dice loss of each instance (Milletari et al. 2016, with sums in place of squares).

    Most cells are empty, and cross-entropy alone is content with an empty answer; Dice is not, since it weighs the
    overlap by what is filled. One is added above and below, so that two empty grids give 0.

    Returns:
        (N,) float32 in [0, 1).
    """
    truth = ops.cast(truth, occupancy.dtype)
    both = ops.sum(truth * occupancy, axis=_CELLS)
    return 1.0 - (2.0 * both + 1.0) / (ops.sum(truth, axis=_CELLS) + ops.sum(occupancy, axis=_CELLS) + 1.0)


def binary_crossentropy_and_dice(truth: Tensor, occupancy: Tensor) -> Tensor:
    """Cross-entropy plus the Dice loss, (N,) float32: the residual network's.

    A heavier Dice part moves the best threshold toward one half and costs cross-entropy on unseen objects.
    """
    return binary_crossentropy(truth, occupancy) + dice(truth, occupancy)


_LOSSES: dict[str, Loss] = {
    "high": binary_crossentropy,
    "low": binary_crossentropy,
    "residual": binary_crossentropy_and_dice,
}


def loss_of(network: keras.Model) -> Loss:
    """The loss that belongs to a network, by its name.

    Raises:
        NetworkError: the network has another name than build_network gives.
    """
    if network.name not in _LOSSES:
        raise NetworkError(f"network {network.name!r}: no loss is known for it; expected {', '.join(_LOSSES)}")
    return _LOSSES[network.name]
