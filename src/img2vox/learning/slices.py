"""3-D convolutions as 2-D ones, for training: the paper's networks on a CPU.

TensorFlow's 3-D convolutions to and from one channel, and their gradients, take two thirds of a step of `low` on a CPU,
though they are a tenth of its multiplications. A convolution of 3 x 3 x 3 is the sum of three of 3 x 3, one for each
slice of its kernel, over the slices of a grid, and 2-D ones are fast: a slice's neighbours become channels of it where
there are fewer channels before than after, else the three sums are channels of one convolution and added afterwards.
"""

from typing import Any

import keras
from keras import layers, ops


def sliced(network: keras.Model) -> keras.Model:
    """A chain of layers whose 3-D convolutions are computed by slices, its weights shared: what training goes through.

    Args:
        network: a chain of layers.

    Raises:
        ValueError: a 3-D convolution is not of 3 x 3 x 3, stride 1 and "same".
    """
    answer = network.inputs[0]
    for layer in network.layers:
        answer = (_BySlices(layer) if isinstance(layer, layers.Conv3D) else layer)(answer)
    return keras.Model(network.inputs, answer, name=network.name)


class _BySlices(layers.Layer):  # type: ignore[misc]  # Keras has no types
    """A Conv3D layer, its variables and all, computed otherwise."""

    def __init__(self, layer: layers.Conv3D) -> None:
        super().__init__(name=f"{layer.name}_by_slices", dtype=layer.dtype_policy)
        if (layer.kernel_size, layer.strides, layer.padding) != ((3, 3, 3), (1, 1, 1), "same"):
            raise ValueError(
                f"layer {layer.name!r} has a kernel of {layer.kernel_size}, strides of {layer.strides} and padding "
                f"{layer.padding!r}; only 3 x 3 x 3, 1 and 'same' are computed by slices"
            )
        self._layer = layer

    def call(self, grid: Any) -> Any:
        """(N, R, R, R, C) -> (N, R, R, R, F)."""
        kernel, bias = (ops.cast(each, self.compute_dtype) for each in (self._layer.kernel, self._layer.bias))
        _, depth, height, width, channels = grid.shape
        features = kernel.shape[-1]
        edges = [[0, 0], [1, 1], [0, 0], [0, 0], [0, 0]]
        if channels <= features:
            padded = ops.pad(grid, edges)
            near = ops.concatenate([padded[:, i : i + depth] for i in range(3)], axis=-1)
            flat = ops.reshape(near, (-1, height, width, 3 * channels))
            weights = ops.reshape(ops.transpose(kernel, (1, 2, 0, 3, 4)), (3, 3, 3 * channels, features))
            total = ops.reshape(ops.conv(flat, weights, padding="same"), (-1, depth, height, width, features))
        else:
            flat = ops.reshape(grid, (-1, height, width, channels))
            weights = ops.reshape(ops.transpose(kernel, (1, 2, 3, 0, 4)), (3, 3, channels, 3 * features))
            parts = ops.reshape(ops.conv(flat, weights, padding="same"), (-1, depth, height, width, 3, features))
            padded = ops.pad(parts, [*edges, [0, 0]])
            total = sum(padded[:, i : i + depth, ..., i, :] for i in range(3))
        return self._layer.activation(total + bias)
