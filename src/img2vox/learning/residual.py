"""The residual network: the shape as the camera sees it, then turned into the object's frame. Keras 3 alone.

    picture (H, W, 1) uint8
      | blocks of pixels become channels              no convolution at full size: that is where the time goes
      | 16 x 16, 8 x 8, 4 x 4 places                  residual blocks, layout kept
      +--> direction: how likely each of 20 azimuths of the camera is
      | dense bridge, and back to 16 x 16 places      every place may depend on every other; skips keep the detail
    grid of the object as it stands before the camera, read off the places: what a place saw belongs to the cells
      |    behind it, and their depth is a channel; no 3-D convolution, which at 32^3 would take most of the time
    mean of that grid turned by every azimuth, weighted by direction -> occupancy (R, R, R, 1) float32

A picture's axes are the camera's, a grid's are the object's. A network that maps one to the other by a dense layer has
to learn every shape once for each azimuth; this one learns a shape once and the azimuth beside it, and where the
azimuth is in doubt (a round table) its answer is the mean over the possible ones. The grid before the camera stands
upright, only turned about +Y by minus the camera's azimuth, so that rows of the picture stay rows of cells.

Blocks: K. He et al., Identity mappings in deep residual networks, 2016 (pre-activation), with the bottleneck of their
Deep residual learning, 2016: on a CPU the gradient of a full-width convolution costs three times its forward pass,
that of a 1 x 1 convolution is a matrix product. No layer normalizes: a block begins as the identity, its last weights
zero (H. Zhang et al., Fixup initialization, 2019); with group normalization a step took a third longer and 29,000
pictures led to an IoU of .40 on real test objects instead of .44. Skips: O. Ronneberger et al., U-Net, 2015.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

# Azimuths of the direction head, 18 degrees apart; those of ten equally spaced views are among them.
DIRECTIONS = 20
_LOOK = "look"
_ENCODER = ("stem", "down", "encode")  # how the names of its layers begin

# Channels at 16, 8 and 4 places a side; a bottleneck is half as wide.
_WIDTHS = (64, 128, 256)
_BLOCKS = (1, 2, 2)  # at each of these, on the way down and on the way up
_BRIDGE = 256
_BRIDGE_CHANNELS = 64
_DROPOUT = 0.2
_HE = "he_normal"
# Logit of a cell before anything is learned: about one cell in twenty of the grid before the camera is filled.
_PRIOR_LOGIT = -3.0


def seen_side(resolution: int) -> int:
    """Cells a side of the square that holds a grid of this resolution turned by any angle about +Y."""
    step = _places(resolution)
    return step * math.ceil(math.sqrt(2) * resolution / step)


def turned_cells(resolution: int) -> NDArray[np.int32]:
    """Where each cell of a grid stands before the camera, for every direction.

    Returns:
        (DIRECTIONS, R * R) int32: for cell x * R + z of a layer, the index x' * W + z' of the cell of the seen grid
        whose center is nearest to it when the object is turned by minus the azimuth; W = seen_side(R).
    """
    side = seen_side(resolution)
    centers = np.arange(resolution) + 0.5 - resolution / 2
    x, z = np.meshgrid(centers, centers, indexing="ij")
    azimuths = np.radians(np.arange(DIRECTIONS) * 360 / DIRECTIONS)[:, None, None]
    # frames.turn_matrix of minus the azimuth.
    seen_x, seen_z = np.cos(azimuths) * x - np.sin(azimuths) * z, np.sin(azimuths) * x + np.cos(azimuths) * z
    # Rounded first: a center on the border between two cells must not fall to either side by its last bit.
    cells = [np.floor(np.round(place + side / 2, 6)).astype(np.int32) for place in (seen_x, seen_z)]
    return np.asarray(cells[0] * side + cells[1], dtype=np.int32).reshape(DIRECTIONS, -1)


def residual(image_size: int, resolution: int) -> keras.Model:
    """The untrained network; image_size a multiple of 16, resolution of 8 (networks.build_network checks).

    It looks at a picture and at the picture in a mirror, and answers with the mean of both, as the mirrored object's
    mirrored grid is the object's: about one hundredth of IoU, for the time of a second look.
    """
    look = _look(image_size, resolution)
    picture = layers.Input((image_size, image_size, 1), dtype="uint8", name="picture")
    seen, direction = look(picture)
    mirrored_seen, mirrored_direction = look(ops.flip(picture, axis=2))
    # A camera at azimuth a sees in a mirror what one at -a sees of the mirrored object, left and right exchanged.
    back = [
        ops.flip(_upright(mirrored_seen, resolution, "mirrored_seen"), axis=2),
        ops.take(mirrored_direction, -np.arange(DIRECTIONS) % DIRECTIONS, axis=1),
    ]
    seen = layers.Average(dtype="float32", name="mean_seen")([_upright(seen, resolution, "seen"), back[0]])
    direction = layers.Average(dtype="float32", name="mean_direction")([direction, back[1]])
    return keras.Model(picture, _turn(seen, direction, resolution), name="residual")


def seen_network(network: keras.Model) -> keras.Model:
    """The layers up to what the camera sees, shared with a residual network: joint training needs no object's frame.

    Returns:
        (N, H, H, 1) uint8 -> logits (N, P, P, C) of the grid before the camera, as fold_seen orders its cells, and
        (N, DIRECTIONS) chances of its azimuth.
    """
    look = network.get_layer(_LOOK)
    return keras.Model(look.inputs, look.outputs, name="seen_network")


def one_look(network: keras.Model) -> keras.Model:
    """A residual network without the look into the mirror, its weights shared: what training goes through."""
    look = seen_network(network)
    seen, direction = look.outputs
    resolution = int(network.output_shape[1])
    return keras.Model(look.inputs, _turn(_upright(seen, resolution, "seen"), direction, resolution), name="residual")


@contextmanager
def frozen_encoder(network: keras.Model) -> Iterator[None]:
    """While this lasts, training leaves the layers as they are that lead from the picture to 4 x 4 places."""
    encoder = [layer for layer in seen_network(network).layers if layer.name.startswith(_ENCODER)]
    for layer in encoder:
        layer.trainable = False
    try:
        yield
    finally:
        for layer in encoder:
            layer.trainable = True


def _look(image_size: int, resolution: int) -> keras.Model:
    picture = layers.Input((image_size, image_size, 1), dtype="uint8", name="picture")
    levels = _encode(picture)
    direction, bridge = _look_over(levels[-1])
    seen = _seen_grid(_decode(levels, bridge, _places(resolution)), resolution)
    return keras.Model(picture, [seen, direction], name=_LOOK)


def fold_seen(grids: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Grids before the camera in the order in which the network gives their cells.

    Args:
        grids: (N, R, W, W), layers from the top, then x' and z'.

    Returns:
        (N, P, P, R / P * W / P * W): the cells behind each place of the picture, rows, columns, depth. A loss that sums
        over cells needs no other order, and a step is spared to move them.
    """
    count, resolution, side, _ = grids.shape
    places = _places(resolution)
    blocks = grids.reshape(count, places, resolution // places, places, side // places, side)
    return blocks.transpose(0, 1, 3, 2, 4, 5).reshape(count, places, places, -1)


def _places(resolution: int) -> int:
    """Places a side that the decoder ends with; each becomes the same number of cells."""
    return 16 if resolution % 16 == 0 else 8


def _pointwise(x: keras.KerasTensor, channels: int, name: str, kernel: str = _HE) -> keras.KerasTensor:
    return layers.Conv2D(channels, 1, kernel_initializer=kernel, name=name)(x)


def _relu(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    return layers.Activation("relu", name=name)(x)


def _residual_block(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    """Starts as the identity: the last layer's weights are zero."""
    channels = x.shape[-1]
    y = _pointwise(_relu(x, f"{name}_relu"), channels // 2, f"{name}_in")
    y = layers.Conv2D(channels // 2, 3, padding="same", kernel_initializer=_HE, name=f"{name}_conv")(
        _relu(y, f"{name}_in_relu")
    )
    y = _pointwise(_relu(y, f"{name}_conv_relu"), channels, f"{name}_out", kernel="zeros")
    return layers.Add(name=f"{name}_add")([x, y])


def _blocks(x: keras.KerasTensor, count: int, name: str) -> keras.KerasTensor:
    for number in range(count):
        x = _residual_block(x, f"{name}_{number}")
    return x


def _fold(x: keras.KerasTensor, block: int, name: str) -> keras.KerasTensor:
    """(N, H, H, C) -> (N, H / block, H / block, block * block * C)."""
    side, channels = x.shape[1] // block, x.shape[-1]
    x = layers.Reshape((side, block, side, block, channels), name=f"{name}_split")(x)
    x = layers.Permute((1, 3, 2, 4, 5), name=f"{name}_permute")(x)
    return layers.Reshape((side, side, block * block * channels), name=f"{name}_join")(x)


def _unfold(x: keras.KerasTensor, rows: int, columns: int, name: str) -> keras.KerasTensor:
    """(N, P, P, rows * columns * C) -> (N, P * rows, P * columns, C): pixel shuffle (Shi et al. 2016)."""
    side, channels = x.shape[1], x.shape[-1] // (rows * columns)
    x = layers.Reshape((side, side, rows, columns, channels), name=f"{name}_split")(x)
    x = layers.Permute((1, 3, 2, 4, 5), name=f"{name}_permute")(x)
    return layers.Reshape((side * rows, side * columns, channels), name=f"{name}_join")(x)


def _encode(picture: keras.KerasTensor) -> list[keras.KerasTensor]:
    """(N, H, H, 1) uint8 -> features at 16, 8 and 4 places a side."""
    x = layers.Rescaling(1 / 255, name="rescaling")(picture)
    pixels = picture.shape[1] // 16  # a side of a place
    half = 2 if pixels % 2 == 0 else 1
    x = _fold(x, pixels // half, "stem")  # (N, 32, 32, 16) at 128 pixels
    x = layers.Conv2D(32, 3, padding="same", kernel_initializer=_HE, name="stem_conv")(x)
    x = _fold(_relu(x, "stem_relu"), half, "down_0")  # (N, 16, 16, 128)
    levels = []
    for level, (width, count) in enumerate(zip(_WIDTHS, _BLOCKS, strict=True)):
        if level:
            x = _fold(x, 2, f"down_{level}")
        x = _blocks(_pointwise(x, width, f"down_{level}"), count, f"encode_{level}")
        levels.append(x)
    return levels


def _look_over(deepest: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Features at 4 x 4 places -> (N, DIRECTIONS) chances, (N, 4, 4, C) of what the picture as a whole says."""
    x = _pointwise(_relu(deepest, "bridge_in_relu"), _BRIDGE_CHANNELS, "bridge_in")
    x = layers.Flatten(name="bridge_flatten")(x)
    x = layers.Dropout(_DROPOUT, name="bridge_dropout")(x)
    x = layers.Dense(_BRIDGE, activation="relu", kernel_initializer=_HE, name="bridge")(x)
    direction = layers.Dense(DIRECTIONS, activation="softmax", dtype="float32", name="direction")(x)
    x = layers.Dense(16 * _BRIDGE_CHANNELS, activation="relu", kernel_initializer=_HE, name="bridge_out")(x)
    return direction, layers.Reshape((4, 4, _BRIDGE_CHANNELS), name="bridge_places")(x)


def _decode(levels: list[keras.KerasTensor], bridge: keras.KerasTensor, places: int) -> keras.KerasTensor:
    """Features at 4, 8 and 16 places a side -> (N, P, P, C)."""
    x = layers.Concatenate(name="bridge_join")([levels[-1], bridge])
    x = _blocks(_pointwise(x, _WIDTHS[-1], "decode_2"), _BLOCKS[-1], "decode_2")
    for level in (1, 0):
        if x.shape[1] == places:
            break
        x = _unfold(_pointwise(x, 4 * _WIDTHS[level], f"up_{level}"), 2, 2, f"up_{level}")
        x = layers.Add(name=f"skip_{level}")([x, levels[level]])
        x = _blocks(x, _BLOCKS[level], f"decode_{level}")
    return x


def _seen_grid(x: keras.KerasTensor, resolution: int) -> keras.KerasTensor:
    """(N, P, P, C) -> (N, P, P, cells of a place) logits; see fold_seen."""
    side, places = seen_side(resolution), x.shape[1]
    rows, columns = resolution // places, side // places
    prior = keras.initializers.Constant(_PRIOR_LOGIT)
    x = layers.Conv2D(rows * columns * side, 1, bias_initializer=prior, name="cells")(_relu(x, "cells_relu"))
    return layers.Activation("linear", dtype="float32", name="seen")(x)


def _upright(seen: keras.KerasTensor, resolution: int, name: str) -> keras.KerasTensor:
    """Logits by place -> (N, R, W, W) chances that a cell before the camera is filled, layers from the top."""
    chance = layers.Activation("sigmoid", dtype="float32", name=f"{name}_chance")(seen)
    places = seen.shape[1]
    return _unfold(chance, resolution // places, seen_side(resolution) // places, f"{name}_upright")


def _turn(chance: keras.KerasTensor, direction: keras.KerasTensor, resolution: int) -> keras.KerasTensor:
    """(N, R, W, W) chances of the cells before the camera, and of its azimuth -> (N, R, R, R, 1) expected occupancy."""
    r, side = resolution, seen_side(resolution)
    # y last, and rising: the cells above one another move together.
    upright = layers.Permute((2, 3, 1), name="upright")(ops.flip(chance, axis=1))
    chance = layers.Reshape((side * side, r), name="columns")(upright)
    turned = ops.take(chance, turned_cells(r).ravel(), axis=1)  # (N, DIRECTIONS * R * R, R)
    turned = layers.Reshape((DIRECTIONS, r**3), name="turned")(turned)
    weights = layers.Reshape((1, DIRECTIONS), name="direction_row")(direction)
    mean = layers.Reshape((r, r, r), name="mean_over_directions")(ops.matmul(weights, turned))  # [x, z, y]
    grid = layers.Reshape((r, r, r, 1), name="grid")(layers.Permute((1, 3, 2), name="x_y_z")(mean))
    # Chances sum to 1 up to rounding, and a cell may not be filled more than wholly.
    return layers.ReLU(max_value=1.0, dtype="float32", name="occupancy")(grid)
