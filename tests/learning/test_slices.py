"""3-D convolutions by slices: the same network, computed otherwise."""

import keras
import numpy as np
import pytest
from keras import layers

from img2vox.learning.networks import build_network
from img2vox.learning.slices import sliced

RNG = np.random.default_rng(3)


@pytest.mark.parametrize(("channels", "features"), [(1, 4), (3, 3), (5, 2), (4, 1)])
def test_a_convolution_and_its_gradients_are_those_of_keras(channels, features):
    grid = layers.Input((5, 6, 7, channels))
    plain = keras.Sequential([grid, layers.Conv3D(features, 3, padding="same", activation="relu")])
    kernel = RNG.normal(size=(3, 3, 3, channels, features)).astype(np.float32)
    plain.set_weights([kernel, RNG.normal(size=features).astype(np.float32)])
    start = plain.get_weights()
    grids = RNG.normal(size=(2, 5, 6, 7, channels)).astype(np.float32)
    wanted = RNG.normal(size=(2, 5, 6, 7, features)).astype(np.float32)
    trained = []
    for network in (plain, sliced(plain)):
        plain.set_weights(start)
        answers = network.predict(grids, verbose=0)
        network.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
        network.train_on_batch(grids, wanted)
        trained.append((answers, *plain.get_weights()))
    for found, expected in zip(trained[1], trained[0], strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert any(np.abs(after - before).max() > 1e-3 for after, before in zip(trained[0][1:], start, strict=True))


def test_the_papers_network_keeps_its_weights_and_penalties():
    network = build_network("low", 16, 16, seed=1)
    twin = sliced(network)
    assert [id(each) for each in twin.trainable_variables] == [id(each) for each in network.trainable_variables]
    assert len(twin.losses) == len(network.losses) == 6
    pictures = RNG.integers(0, 256, (3, 16, 16, 1), dtype=np.uint8)
    np.testing.assert_allclose(twin.predict(pictures, verbose=0), network.predict(pictures, verbose=0), atol=1e-6)


def test_another_convolution_is_refused_not_computed_wrong():
    network = keras.Sequential([layers.Input((4, 4, 4, 1)), layers.Conv3D(2, 5, padding="same", name="wide")])
    with pytest.raises(ValueError, match=r"layer 'wide' .* 3 x 3 x 3"):
        sliced(network)
