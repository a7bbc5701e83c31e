import keras
import numpy as np
import pytest

from img2vox.errors import NetworkError
from img2vox.learning.networks import build_network, require_sizes, sizes_of
from img2vox.learning.residual import _fold, _unfold, set_prior

# The paper's Figs. 12 and 32, row by row.
FIG_12 = [
    ("conv2d", (128, 128, 32), 320),
    ("conv2d_1", (128, 128, 64), 18496),
    ("conv2d_2", (128, 128, 128), 73856),
    ("conv2d_3", (64, 64, 128), 147584),
    ("flatten", (524288,), 0),
    ("dense", (1024,), 536871936),
    ("dense_1", (32768,), 33587200),
    ("reshape", (32, 32, 32, 1), 0),
    ("conv3d", (32, 32, 32, 32), 896),
    ("conv3d_1", (32, 32, 32, 16), 13840),
    ("conv3d_2", (32, 32, 32, 1), 433),
]
FIG_32 = [
    ("conv2d", (128, 128, 16), 160),
    ("dropout", (128, 128, 16), 0),
    ("conv2d_1", (128, 128, 32), 4640),
    ("dropout_1", (128, 128, 32), 0),
    ("conv2d_2", (64, 64, 32), 9248),
    ("global_average_pooling2d", (32,), 0),
    ("dense", (32768,), 1081344),
    ("dropout_2", (32768,), 0),
    ("reshape", (32, 32, 32, 1), 0),
    ("conv3d", (32, 32, 32, 8), 224),
    ("conv3d_1", (32, 32, 32, 1), 217),
]


def build_unallocated(name, image_size=128, resolution=32):
    """Shapes and counts alone: `high` would take 2.3 GB."""
    with keras.StatelessScope(initialize_variables=False):
        return build_network(name, image_size, resolution, seed=1)


@pytest.mark.parametrize(("name", "figure", "total"), [("high", FIG_12, 570_714_561), ("low", FIG_32, 1_095_833)])
def test_the_papers_networks_are_exact(name, figure, total):
    network = build_unallocated(name)
    rows = [(layer.name, layer.output.shape[1:], layer.count_params()) for layer in network.layers]
    assert rows[0] == ("rescaling", (128, 128, 1), 0)
    assert rows[1:] == figure
    assert network.count_params() == total


def test_low_has_the_papers_dropout_and_some_l2():
    network = build_unallocated("low")
    assert [layer.rate for layer in network.layers if "dropout" in layer.name] == [0.2, 0.2, 0.3]
    assert all(
        layer.kernel_regularizer is not None
        for layer in network.layers
        if layer.name.startswith(("conv", "d")) and "dropout" not in layer.name
    )


@pytest.mark.parametrize(("image_size", "resolution"), [(128, 32), (16, 16), (48, 24), (256, 64), (64, 128)])
def test_residual_is_built_for_any_size_and_stays_small(image_size, resolution):
    network = build_unallocated("residual", image_size, resolution)
    assert sizes_of(network) == (image_size, resolution)
    assert network.count_params() < 12_000_000
    if (image_size, resolution) == (128, 32):
        assert network.count_params() < 3_000_000


@pytest.mark.parametrize("name", ["low", "residual"])
def test_networks_take_gray_pictures_and_return_probabilities(name):
    network = build_network(name, 16, 16, seed=1)
    pictures = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 1), dtype=np.uint8)
    occupancy = network.predict_on_batch(pictures)
    assert occupancy.shape == (3, 16, 16, 16, 1)
    assert occupancy.dtype == np.float32
    assert occupancy.min() >= 0
    assert occupancy.max() <= 1
    # The network scales by itself: black and white differ by 1 to the next layer, not by 255.
    assert network.get_layer("rescaling").scale == pytest.approx(1 / 255)


@pytest.mark.parametrize("name", ["low", "residual"])
def test_equal_seeds_give_equal_weights(name):
    first, second, other = (build_network(name, 16, 16, seed).get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


EXAMPLES = np.random.default_rng(3).random((5, 16, 16, 16, 1)) < 0.3


def test_principal_shapes_rebuild_every_example_from_as_many_numbers():
    network = build_network("residual", 16, 16, seed=1)
    set_prior(network, EXAMPLES.mean(axis=0), EXAMPLES)
    prior = network.get_layer("prior")
    shapes, mean = np.array(prior.kernel), np.array(prior.bias)
    logits = np.where(EXAMPLES.reshape(5, -1), 1, -1) * np.log(0.98 / 0.02)
    codes, *_ = np.linalg.lstsq(shapes.T, (logits - mean).T, rcond=None)
    np.testing.assert_allclose(codes.T @ shapes + mean, logits, atol=1e-2)
    # One standard deviation each, and none beyond the examples' rank.
    np.testing.assert_allclose(np.sqrt((codes[:5] ** 2).mean(axis=1)), 1, atol=1e-3)
    assert np.abs(shapes[5:]).max() == 0


def test_untrained_residual_answers_with_the_mean_shape_in_the_grids_order():
    network = build_network("residual", 16, 16, seed=1)
    mean = np.random.default_rng(0).uniform(0.02, 0.98, (16, 16, 16, 1))
    set_prior(network, mean, EXAMPLES)
    pictures = np.random.default_rng(1).integers(0, 256, (4, 16, 16, 1), dtype=np.uint8)
    np.testing.assert_allclose(network.predict_on_batch(pictures), np.broadcast_to(mean, (4, *mean.shape)), atol=0.02)


def test_prior_keeps_a_chance_for_cells_that_are_always_or_never_filled():
    network = build_network("residual", 16, 16, seed=1)
    set_prior(network, np.broadcast_to(np.array([0.0, 1.0]), (16, 16, 8, 2)).reshape(16, 16, 16, 1), EXAMPLES)
    occupancy = network.predict_on_batch(np.zeros((1, 16, 16, 1), np.uint8))
    assert occupancy.min() == pytest.approx(0.02, abs=0.01)
    assert occupancy.max() == pytest.approx(0.98, abs=0.01)


def test_prior_rejects_other_networks_and_resolutions():
    with pytest.raises(NetworkError, match="'low' has no prior"):
        set_prior(build_network("low", 16, 16, seed=1), np.zeros((16, 16, 16, 1)), EXAMPLES)
    with pytest.raises(NetworkError, match=r"shape \(24, 24, 24, 1\)"):
        set_prior(build_network("residual", 16, 16, seed=1), np.zeros((24, 24, 24, 1)), EXAMPLES)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("resnet", 128, 32), "'resnet' is unknown; use one of high, low, residual"),
        (("low", 100, 32), "image size is 100; use a multiple of 16"),
        (("low", 128, 20), "resolution is 20; use a multiple of 8"),
    ],
)
def test_build_network_rejects_unknown_names_and_sizes(arguments, message):
    with pytest.raises(NetworkError, match=message):
        build_network(*arguments, seed=1)


def test_a_network_of_another_resolution_is_named_in_one_line():
    network = build_network("residual", 16, 16, seed=1)
    require_sizes(network, 16, 16, "joint.keras")
    with pytest.raises(
        NetworkError, match=r"^joint\.keras: made for pictures of 16 pixels and grids of 16 cells.* 16 and 24"
    ):
        require_sizes(network, 16, 24, "joint.keras")


def test_sizes_of_rejects_what_is_no_picture_to_grid():
    inputs = keras.layers.Input((4,))
    with pytest.raises(NetworkError, match=r"expected \(N, H, H, 1\) to \(N, R, R, R, 1\)"):
        sizes_of(keras.Model(inputs, keras.layers.Dense(2)(inputs)))


def test_unfold_puts_the_channels_of_a_block_at_its_own_cells():
    inputs = keras.layers.Input((2, 2, 2, 8))
    unfold = keras.Model(inputs, _unfold(inputs, 2, "up"))
    blocks = np.zeros((1, 2, 2, 2, 8), np.float32)
    blocks[0, 1, 0, 0, 0b001] = 1  # the second cell along z of the second block along x
    blocks[0, 0, 1, 0, 0b100] = 2  # the second cell along x of the second block along y
    cells = unfold.predict_on_batch(blocks)
    assert cells.shape == (1, 4, 4, 4, 1)
    assert np.argwhere(cells == 1).tolist() == [[0, 2, 0, 1, 0]]
    assert np.argwhere(cells == 2).tolist() == [[0, 1, 2, 0, 0]]


def test_fold_makes_channels_of_neighbouring_pixels():
    inputs = keras.layers.Input((4, 4, 1))
    fold = keras.Model(inputs, _fold(inputs, 2, "stem"))
    pixels = np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)
    assert fold.predict_on_batch(pixels)[0, 1, 0].tolist() == [8, 9, 12, 13]
