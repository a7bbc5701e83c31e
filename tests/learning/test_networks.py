import re

import keras
import numpy as np
import pytest

from img2vox.errors import NetworkError
from img2vox.geometry.frames import turn_matrix
from img2vox.learning.networks import build_network, require_sizes, sizes_of
from img2vox.learning.residual import (
    DIRECTIONS,
    _fold,
    _turn,
    _unfold,
    _upright,
    fold_seen,
    one_look,
    seen_network,
    seen_side,
    turned_cells,
)

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
        assert network.count_params() < 3_000_000  # the README says 2.1 million


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
    layers = network.layers if name == "low" else seen_network(network).layers
    assert next(layer for layer in layers if layer.name == "rescaling").scale == pytest.approx(1 / 255)


@pytest.mark.parametrize("name", ["low", "residual"])
def test_equal_seeds_give_equal_weights(name):
    first, second, other = (build_network(name, 16, 16, seed).get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def turn_by(resolution, chances):
    """The network's own turn of a grid before the camera, with given chances of the azimuth."""
    side = seen_side(resolution)
    seen, direction = keras.layers.Input((resolution, side, side)), keras.layers.Input((DIRECTIONS,))
    model = keras.Model([seen, direction], _turn(seen, direction, resolution))
    row = np.asarray(chances, np.float32)[None]
    return lambda grid: model.predict_on_batch([grid[None].astype(np.float32), row])[0, ..., 0]


def corner(resolution):
    """Arms of different lengths along x, y and z, [x, y, z]: no mirror and no turn maps it onto itself."""
    grid = np.zeros((resolution,) * 3, bool)
    grid[2:14, 2:5, 2:5] = grid[2:5, 2:11, 2:5] = grid[2:5, 2:5, 2:8] = True
    return grid


@pytest.mark.parametrize("quarter", range(4))
def test_a_grid_before_the_camera_is_turned_back_by_its_azimuth(quarter):
    resolution = 16
    grid, margin = corner(resolution), (seen_side(16) - 16) // 2
    # By 90 degrees at a time: turned by minus the azimuth, +X comes to where +Z points.
    standing = np.rot90(grid, quarter, axes=(0, 2))
    seen = np.pad(standing.transpose(1, 0, 2)[::-1], [(0, 0), (margin, margin), (margin, margin)])
    chances = np.eye(DIRECTIONS)[quarter * DIRECTIONS // 4]
    assert np.array_equal(turn_by(resolution, chances)(seen), grid)


def test_an_azimuth_in_doubt_gives_the_mean_of_what_it_may_be():
    grid, margin = corner(16), (seen_side(16) - 16) // 2
    seen = np.pad(grid.transpose(1, 0, 2)[::-1], [(0, 0), (margin, margin), (margin, margin)])
    chances = np.zeros(DIRECTIONS)
    chances[0], chances[DIRECTIONS // 4] = 0.75, 0.25
    expected = 0.75 * grid + 0.25 * np.rot90(grid, -1, axes=(0, 2))
    np.testing.assert_allclose(turn_by(16, chances)(seen), expected, atol=1e-6)


@pytest.mark.parametrize("resolution", [16, 24, 32])
def test_turned_cells_lie_where_the_turn_of_frames_takes_their_centers(resolution):
    side = seen_side(resolution)
    cells = turned_cells(resolution).reshape(DIRECTIONS, resolution, resolution)
    assert cells.min() >= 0
    assert cells.max() < side**2
    x, z = np.meshgrid(*[np.arange(resolution)] * 2, indexing="ij")
    points = np.stack([x, np.zeros_like(x), z], axis=-1) + 0.5 - resolution / 2
    for direction in range(DIRECTIONS):
        turned = points @ turn_matrix(-direction * 360 / DIRECTIONS).T + side / 2
        found = np.stack(np.divmod(cells[direction], side), axis=-1) + 0.5
        assert np.abs(turned[..., [0, 2]] - found).max() <= 0.5 + 1e-6


def random_residual(image_size=16, resolution=16):
    """Weights that answer differently to every picture; an untrained network's last layers are zero."""
    network, rng = build_network("residual", image_size, resolution, seed=1), np.random.default_rng(5)
    network.set_weights([w + rng.normal(0, 0.05, w.shape).astype(w.dtype) for w in network.get_weights()])
    return network


def test_residual_answers_a_mirrored_picture_with_the_mirrored_grid():
    network = random_residual()
    pictures = np.random.default_rng(1).integers(0, 256, (3, 16, 16, 1), dtype=np.uint8)
    straight = network.predict_on_batch(pictures)
    np.testing.assert_allclose(network.predict_on_batch(pictures[:, :, ::-1]), straight[:, ::-1], atol=1e-6)
    assert np.abs(straight - straight[:, ::-1]).max() > 1e-3
    assert np.abs(straight[0] - straight[1]).max() > 1e-3


def test_what_trains_and_what_is_kept_share_their_weights():
    network = random_residual()
    pictures = np.random.default_rng(1).integers(0, 256, (2, 16, 16, 1), dtype=np.uint8)
    look, seen = one_look(network), seen_network(network)
    assert {id(w) for w in look.weights} == {id(w) for w in seen.weights} == {id(w) for w in network.weights}
    assert look.predict_on_batch(pictures).shape == network.predict_on_batch(pictures).shape
    logits, chances = seen.predict_on_batch(pictures)
    assert logits.shape == (2, 16, 16, seen_side(16) // 16 * seen_side(16))
    np.testing.assert_allclose(chances.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("resolution", [16, 24])
def test_folded_cells_come_back_upright(resolution):
    side = seen_side(resolution)
    grids = np.random.default_rng(0).random((2, resolution, side, side)) < 0.5
    folded = fold_seen(grids)
    inputs = keras.layers.Input(folded.shape[1:])
    upright = keras.Model(inputs, _upright(inputs, resolution, "seen"))
    logits = np.where(folded, 50.0, -50.0).astype(np.float32)
    assert np.array_equal(upright.predict_on_batch(logits) > 0.5, grids)


def test_an_untrained_residual_calls_every_cell_nearly_empty():
    network = build_network("residual", 16, 16, seed=1)
    occupancy = network.predict_on_batch(np.zeros((1, 16, 16, 1), np.uint8))
    np.testing.assert_allclose(occupancy, 1 / (1 + np.exp(3)), atol=1e-3)


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


@pytest.mark.parametrize(
    ("taken", "given"), [((4,), (2,)), ((4, 4, 1), (2, 2, 4, 1)), ((4, 6, 1), (2, 2, 2, 1)), ((4, 4, 3), (2, 2, 2, 1))]
)
def test_sizes_of_rejects_what_is_no_picture_to_grid(taken, given):
    inputs = keras.layers.Input(taken)
    outputs = keras.layers.Dense(int(np.prod(given)))(keras.layers.Flatten()(inputs))
    network = keras.Model(inputs, keras.layers.Reshape(given)(outputs), name="other")
    found = re.escape(f"'other' maps {(None, *taken)} to {(None, *given)}")
    with pytest.raises(NetworkError, match=rf"{found}; expected \(N, H, H, 1\) to \(N, R, R, R, 1\)"):
        sizes_of(network)


def test_unfold_puts_the_channels_of_a_place_at_its_own_rows_and_columns():
    inputs = keras.layers.Input((2, 2, 6))
    unfold = keras.Model(inputs, _unfold(inputs, 2, 3, "up"))
    places = np.zeros((1, 2, 2, 6), np.float32)
    places[0, 1, 0, 1] = 1  # the second column of the first row of the lower left place
    places[0, 0, 1, 3] = 2  # the first column of the second row of the upper right place
    cells = unfold.predict_on_batch(places)
    assert cells.shape == (1, 4, 6, 1)
    assert np.argwhere(cells == 1).tolist() == [[0, 2, 1, 0]]
    assert np.argwhere(cells == 2).tolist() == [[0, 1, 3, 0]]


def test_fold_makes_channels_of_neighbouring_pixels():
    inputs = keras.layers.Input((4, 4, 1))
    fold = keras.Model(inputs, _fold(inputs, 2, "stem"))
    pixels = np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)
    assert fold.predict_on_batch(pixels)[0, 1, 0].tolist() == [8, 9, 12, 13]
