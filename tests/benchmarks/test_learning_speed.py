"""The arithmetic behind the hours of a GPU."""

from dataclasses import replace

import pytest

import learning_speed as benchmark
from img2vox.config import load_params
from tests.project import REPOSITORY

PARAMS = load_params(REPOSITORY / "params.yaml")


def test_an_epoch_shows_every_view_and_copy_of_the_thirteen_categories_training_objects():
    pretrain = replace(PARAMS.pretrain, copies=3, views_per_copy=2)
    pictures = benchmark.thirteen_pictures(replace(PARAMS, pretrain=pretrain))
    # 39,739 objects; of 8,436 tables 5,609 are trained on, of 6,778 chairs 4,507, and so on.
    assert pictures == 26_416 * (PARAMS.render.views + 3 * 2)


def test_a_gpu_waits_for_its_kernels_or_for_its_numbers_whichever_takes_longer():
    params = replace(PARAMS, pretrain=replace(PARAMS.pretrain, epochs=10, batch_size=32))
    pictures = benchmark.thirteen_pictures(params)
    small = benchmark.thirteen(params, 0.1, None, 1000.0)
    assert small["thirteen_gpu_images_per_s"] == pytest.approx(32 / 0.028)
    assert small["thirteen_gpu_hours"] == pytest.approx(10 * pictures / (32 / 0.028) / 3600)
    assert (small["thirteen_readers"], small["thirteen_gpu_is_measured"]) == (2, 0)
    assert benchmark.thirteen(params, 15.6, None, 1000.0)["thirteen_gpu_images_per_s"] == pytest.approx(1000)
    measured = benchmark.thirteen(params, 0.1, 500.0, 1000.0)
    assert measured["thirteen_gpu_hours"] == pytest.approx(10 * pictures / 500 / 3600)
    assert (measured["thirteen_readers"], measured["thirteen_gpu_is_measured"]) == (1, 1)


def test_operations_are_counted_at_every_place_of_the_output():
    import keras

    picture = keras.layers.Input((8, 8, 2))
    x = keras.layers.Conv2D(3, 3, padding="same")(picture)
    x = keras.layers.Conv2D(5, 1)(keras.layers.Activation("relu")(x))
    network = keras.Model(picture, keras.layers.Dense(7)(keras.layers.Flatten()(x)))
    assert benchmark.forward_flop(network) == 2 * (64 * 3 * 3 * 2 * 3 + 64 * 3 * 5 + 64 * 5 * 7)
