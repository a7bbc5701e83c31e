"""Dropout from one random byte a value.

Keras draws 32 random bits for each value, scales all values, selects, and does the same on the way back: a quarter of
a step of the paper's small network, whose dropout works on whole pictures of 16 and 32 channels. A byte tells a chance
of one in five to one in 256, and one factor, either zero or the scale, serves both ways.
"""

from typing import Any

import keras
from keras import layers

_BYTES = 256


class ByteDropout(layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Keras's Dropout by another generator (N. Srivastava et al. 2014, inverted: scaled in training). TensorFlow alone.

    A value is dropped with the chance nearest to the rate that a byte can tell, 51 of 256 for a rate of 0.2, and the
    others are scaled by just what keeps the mean.
    """

    def __init__(self, dropout: layers.Dropout) -> None:
        """Take the place of a Dropout: its rate, and its generator, whose state stays among the variables."""
        super().__init__(name=dropout.name, dtype=dropout.dtype_policy)
        self._dropped = round(dropout.rate * _BYTES)
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


def with_byte_dropout(network: keras.Sequential) -> keras.Model:
    """A network that draws its dropout so, layers and weights shared: what training goes through.

    Returns:
        The network itself where it has no dropout or TensorFlow is not the backend.
    """
    drops = any(isinstance(layer, layers.Dropout) for layer in network.layers)
    if not drops or keras.backend.backend() != "tensorflow":
        return network
    (picture,) = network.inputs
    values = picture
    for layer in network.layers:
        values = (ByteDropout(layer) if isinstance(layer, layers.Dropout) else layer)(values)
    return keras.Model(picture, values, name=network.name)
