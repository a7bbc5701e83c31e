import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from img2vox.learning.dropout import ByteDropout, with_byte_dropout
from img2vox.learning.networks import build_network


def drop(values, rate=0.2, seed=3, calls=1):
    """Answer of the last of so many calls, and the factor of its way back."""
    layer = ByteDropout(layers.Dropout(rate, seed=seed))
    values = tf.constant(values)
    for _ in range(calls):
        with tf.GradientTape() as tape:
            tape.watch(values)
            answer = layer(values, training=True)
        gradient = tape.gradient(answer, values)
    return answer.numpy(), gradient.numpy()


@settings(max_examples=25, deadline=None)
@given(
    shape=st.lists(st.integers(1, 7), min_size=1, max_size=4),
    rate=st.floats(0.01, 0.9),
    seed=st.integers(0, 2**31 - 1),
)
def test_each_value_is_dropped_or_scaled_and_so_is_its_gradient(shape, rate, seed):
    values = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    answer, factor = drop(values, rate, seed)
    scale = np.float32(256 / (256 - round(rate * 256)))
    assert np.isin(factor, [0, scale]).all()
    assert np.array_equal(answer, values * factor)


@pytest.mark.parametrize("rate", [0.2, 0.3, 0.5])
def test_values_are_dropped_one_by_one_at_the_rate_and_the_mean_stays(rate):
    answer, _ = drop(np.ones((40, 50, 100), np.float32), rate)
    kept = answer > 0
    # Two hundred thousand draws, and a byte's share is off the rate by 1/512 at most.
    assert kept.mean() == pytest.approx(1 - rate, abs=0.006)
    assert answer.mean() == pytest.approx(1, abs=0.01)
    for axis in range(3):
        neighbors = np.take(kept, range(1, kept.shape[axis]), axis), np.take(kept, range(kept.shape[axis] - 1), axis)
        assert np.corrcoef(neighbors[0].ravel(), neighbors[1].ravel())[0, 1] == pytest.approx(0, abs=0.01)


def test_each_call_drops_others_the_same_ones_for_the_same_seed():
    ones = np.ones((4, 9, 5), np.float32)
    first, second = drop(ones)[0], drop(ones, calls=2)[0]
    assert not np.array_equal(first, second)
    assert np.array_equal(second, drop(ones, calls=2)[0])
    assert not np.array_equal(first, drop(ones, seed=4)[0])


def test_half_precision_stays_half_precision():
    answer = ByteDropout(layers.Dropout(0.2, seed=1, dtype="mixed_bfloat16"))(
        tf.ones((6, 7), tf.bfloat16), training=True
    )
    assert answer.dtype == tf.bfloat16


def test_the_paper_s_small_network_drops_so_in_training_only_and_shares_everything():
    network = build_network("low", 16, 16, seed=1)
    trained = with_byte_dropout(network)
    assert trained.name == "low"
    assert [type(layer).__name__ for layer in trained.layers].count("ByteDropout") == 3
    assert {id(v) for v in trained.variables} == {id(v) for v in network.variables}
    assert len(trained.losses) == len(network.losses) == 6
    pictures = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 1), dtype=np.uint8)
    answers = [keras.ops.convert_to_numpy(model(pictures)) for model in (network, trained)]
    assert np.array_equal(*answers)
    assert not np.array_equal(answers[0], keras.ops.convert_to_numpy(trained(pictures, training=True)))


def test_a_network_keeps_its_paths():
    taken = layers.Input((6,))
    left = layers.Dropout(0.5, seed=1, name="left")(layers.Dense(4)(taken))
    network = keras.Model(taken, layers.Add()([left, layers.Dense(4)(taken)]), name="skipping")
    trained = with_byte_dropout(network)
    values = np.random.default_rng(0).normal(size=(3, 6)).astype(np.float32)
    assert type(trained.get_layer("left")) is ByteDropout
    assert type(network.get_layer("left")) is layers.Dropout
    assert np.array_equal(*(keras.ops.convert_to_numpy(model(values)) for model in (network, trained)))
    assert trained.name == "skipping"


@pytest.mark.parametrize(
    "layer",
    [
        layers.Dense(3),
        layers.Dropout(0.0),
        layers.Dropout(0.001),
        layers.Dropout(0.999),
        layers.Dropout(0.5, noise_shape=(None, 1)),
        layers.SpatialDropout1D(0.5),
    ],
    ids=["none", "at 0", "at 0.001", "at 0.999", "by rows", "by channels"],
)
def test_a_network_without_dropout_that_a_byte_can_tell_is_left_as_it_is(layer):
    network = keras.Sequential([layers.Input((5, 2)), layer])
    assert with_byte_dropout(network) is network
