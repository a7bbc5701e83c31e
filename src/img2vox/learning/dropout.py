"""Dropout from one random byte a value.

Keras draws 32 random bits for each value, scales and selects, and scales and selects again on the way back: a quarter
of a step of the paper's small network, whose dropout works on whole pictures of 16 and 32 channels. A byte holds a rate
to 1/512, and one factor, either zero or the scale, serves both ways.
"""

from typing import Any

import keras
from keras import layers

_BYTES = 256


class ByteDropout(layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Keras's Dropout by another generator (N. Srivastava et al. 2014, inverted: scaled in training). TensorFlow alone.

    A value is dropped with the chance nearest to the rate that a byte can tell, 51 of 256 for a rate of 0.2, and the
    others are scaled by what keeps the mean, as near as their type can say it.
    """

    def __init__(self, dropout: layers.Dropout) -> None:
        """Take the place of a Dropout: its rate, and its generator, whose state stays among the variables."""
        super().__init__(name=dropout.name, dtype=dropout.dtype_policy)
        self._dropped = _bytes_dropped(dropout)
        self._generator = dropout.seed_generator

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Values of any shape and float type; as they are when not training."""
        if not training:
            return inputs
        import tensorflow as tf

        size = tf.size(inputs)
        seed = tf.cast(self._generator.next(), tf.int32)
        four_each = tf.random.stateless_uniform([(size + 3) // 4], seed, None, None, tf.int32)
        drawn = tf.reshape(tf.bitcast(four_each, tf.uint8), [-1])[:size]
        scale = tf.constant(_BYTES / (_BYTES - self._dropped), inputs.dtype)
        factor = tf.where(drawn >= tf.constant(self._dropped, tf.uint8), scale, tf.zeros_like(scale))
        return inputs * tf.reshape(factor, tf.shape(inputs))


def with_byte_dropout(network: keras.Model) -> keras.Model:
    """A network that draws its dropout so, layers and weights shared: what training goes through.

    Args:
        network: of any inputs and outputs; it keeps its own dropout.

    Returns:
        The network itself where it has no dropout that a byte can tell, or TensorFlow is not the backend.
    """
    if keras.backend.backend() != "tensorflow" or not any(map(_is_replaced, network.layers)):
        return network
    return keras.models.clone_model(
        network, clone_function=lambda layer: ByteDropout(layer) if _is_replaced(layer) else layer
    )


def _is_replaced(layer: layers.Layer) -> bool:
    """Whether it drops value by value, at a rate that is neither none nor all of the bytes; Keras does the others."""
    return type(layer) is layers.Dropout and layer.noise_shape is None and 0 < _bytes_dropped(layer) < _BYTES


def _bytes_dropped(dropout: layers.Dropout) -> int:
    dropped: int = round(dropout.rate * _BYTES)
    return dropped
