import keras
import numpy as np
import pytest

from img2vox.learning.optimizer import FusedAdam


def train(optimizer, steps=20):
    keras.utils.set_random_seed(1)
    layers = keras.layers
    network = keras.Sequential([layers.Input((5,)), layers.Dense(7, activation="tanh"), layers.Dense(3)])
    network.compile(optimizer=optimizer, loss="mse")
    rng = np.random.default_rng(0)
    for _ in range(steps):
        network.train_on_batch(rng.normal(size=(8, 5)), rng.normal(size=(8, 3)))
    return [keras.ops.convert_to_numpy(variable) for variable in (*network.weights, *optimizer.variables)]


@pytest.mark.parametrize(
    "options",
    [
        {"learning_rate": 0.01},
        {"learning_rate": 0.01, "beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3},
        {"learning_rate": 0.01, "amsgrad": True},
        {"learning_rate": 0.01, "global_clipnorm": 0.1},
    ],
)
def test_one_operation_does_what_keras_does_in_a_dozen(options):
    for ours, theirs in zip(train(FusedAdam(**options)), train(keras.optimizers.Adam(**options)), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_a_rate_that_falls_is_followed_step_by_step():
    def rate():
        return keras.optimizers.schedules.CosineDecay(0.05, 15)

    for ours, theirs in zip(train(FusedAdam(rate())), train(keras.optimizers.Adam(rate())), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    # Past its end nothing moves.
    for weights, later in zip(train(FusedAdam(rate()), 16)[:4], train(FusedAdam(rate()), 20)[:4], strict=True):
        assert np.array_equal(weights, later)
