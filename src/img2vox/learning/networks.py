"""The networks: one gray picture in, the occupancy of a grid out. Keras 3 and its built-in layers only.

| name | what it is | parameters at 128 / 32 |
| --- | --- | --- |
| high | the paper's high-capacity network, its Fig. 12 | 570,714,561 |
| low | the paper's low-capacity network, its Fig. 32 | 1,095,833 |
| residual | ours, see residual.py | 2.1 million |

Every network takes (N, H, W, 1) uint8, gray 0-255, and scales it itself, so that nobody can scale it differently, and
returns (N, R, R, R, 1) float32 occupancy in [0, 1], a grid indexed [x, y, z] in its object's frame (geometry/frames).
A layer that only built-in classes describe can be loaded anywhere without this package and without custom code.
"""

from collections.abc import Callable

import keras
from keras import layers

from img2vox.errors import NetworkError
from img2vox.learning.residual import residual

# The paper names L2 for `low` but not its strength, and its published code does not hold the network.
LOW_L2 = 1e-4


def _check_sizes(image_size: int, resolution: int) -> None:
    if image_size < 16 or image_size % 16:
        raise NetworkError(f"image size is {image_size}; use a multiple of 16 (bundle.image_size)")
    if resolution < 16 or resolution % 8:
        raise NetworkError(f"resolution is {resolution}; use a multiple of 8, at least 16 (voxelize.resolution)")


def _high(image_size: int, resolution: int) -> keras.Model:
    r = resolution
    return keras.Sequential(
        [
            layers.Input((image_size, image_size, 1), dtype="uint8", name="picture"),
            layers.Rescaling(1 / 255, name="rescaling"),
            layers.Conv2D(32, 3, padding="same", activation="relu", name="conv2d"),  # (N, 128, 128, 32)
            layers.Conv2D(64, 3, padding="same", activation="relu", name="conv2d_1"),
            layers.Conv2D(128, 3, padding="same", activation="relu", name="conv2d_2"),
            layers.Conv2D(128, 3, strides=2, padding="same", activation="relu", name="conv2d_3"),  # (N, 64, 64, 128)
            layers.Flatten(name="flatten"),  # (N, 524288)
            layers.Dense(1024, activation="relu", name="dense"),
            layers.Dense(r**3, activation="relu", name="dense_1"),
            layers.Reshape((r, r, r, 1), name="reshape"),
            layers.Conv3D(32, 3, padding="same", activation="relu", name="conv3d"),
            layers.Conv3D(16, 3, padding="same", activation="relu", name="conv3d_1"),
            layers.Conv3D(1, 3, padding="same", activation="sigmoid", dtype="float32", name="conv3d_2"),
        ],
        name="high",
    )


def _low(image_size: int, resolution: int) -> keras.Model:
    r = resolution

    def l2() -> keras.regularizers.Regularizer:
        return keras.regularizers.L2(LOW_L2)

    return keras.Sequential(
        [
            layers.Input((image_size, image_size, 1), dtype="uint8", name="picture"),
            layers.Rescaling(1 / 255, name="rescaling"),
            layers.Conv2D(16, 3, padding="same", activation="relu", kernel_regularizer=l2(), name="conv2d"),
            layers.Dropout(0.2, name="dropout"),
            layers.Conv2D(32, 3, padding="same", activation="relu", kernel_regularizer=l2(), name="conv2d_1"),
            layers.Dropout(0.2, name="dropout_1"),
            layers.Conv2D(
                32, 3, strides=2, padding="same", activation="relu", kernel_regularizer=l2(), name="conv2d_2"
            ),  # (N, 64, 64, 32)
            layers.GlobalAveragePooling2D(name="global_average_pooling2d"),  # (N, 32)
            layers.Dense(r**3, activation="relu", kernel_regularizer=l2(), name="dense"),
            layers.Dropout(0.3, name="dropout_2"),
            layers.Reshape((r, r, r, 1), name="reshape"),
            layers.Conv3D(8, 3, padding="same", activation="relu", kernel_regularizer=l2(), name="conv3d"),
            layers.Conv3D(
                1, 3, padding="same", activation="sigmoid", kernel_regularizer=l2(), dtype="float32", name="conv3d_1"
            ),
        ],
        name="low",
    )


_BUILDERS: dict[str, Callable[[int, int], keras.Model]] = {"high": _high, "low": _low, "residual": residual}


def build_network(name: str, image_size: int, resolution: int, seed: int) -> keras.Model:
    """An untrained network, the same for the same seed.

    Seeds Python's, NumPy's and Keras's global generators, since Keras draws its initial weights from them; nothing
    else of this package draws from a global generator.

    Args:
        name: high, low or residual.
        image_size: H = W of the pictures, a multiple of 16.
        resolution: R, cells per side, a multiple of 8, at least 16.
        seed: of the initial weights and of dropout.

    Returns:
        Uncompiled Keras model named `name`: (N, H, W, 1) uint8 -> (N, R, R, R, 1) float32 in [0, 1].

    Raises:
        NetworkError: an unknown name, or a size that is no such multiple.
    """
    if name not in _BUILDERS:
        raise NetworkError(f"network {name!r} is unknown; use one of {', '.join(_BUILDERS)} (train.network)")
    _check_sizes(image_size, resolution)
    keras.utils.set_random_seed(seed)
    return _BUILDERS[name](image_size, resolution)


def sizes_of(network: keras.Model) -> tuple[int, int]:
    """Image size H = W and resolution R of a network.

    Raises:
        NetworkError: it does not turn one gray picture into one grid.
    """
    taken, given = network.input_shape, network.output_shape
    one_of_each = isinstance(taken, tuple) and isinstance(given, tuple)
    if not one_of_each or len(taken) != 4 or len(given) != 5 or taken[3] != 1 or given[4] != 1:
        raise NetworkError(
            f"network {network.name!r} maps {taken} to {given}; expected (N, H, H, 1) to (N, R, R, R, 1)"
        )
    if taken[1] != taken[2] or len(set(given[1:4])) != 1 or None in (taken[1], given[1]):
        raise NetworkError(
            f"network {network.name!r} maps {taken} to {given}; expected (N, H, H, 1) to (N, R, R, R, 1)"
        )
    return int(taken[1]), int(given[1])


def require_sizes(network: keras.Model, image_size: int, resolution: int, where: str) -> None:
    """Check that a network fits the data.

    Args:
        network: such as the joint one.
        image_size: of the data's pictures.
        resolution: of the data's grids.
        where: the network's file, for the message.

    Raises:
        NetworkError: it was made for another image size or resolution.
    """
    found = sizes_of(network)
    if found != (image_size, resolution):
        raise NetworkError(
            f"{where}: made for pictures of {found[0]} pixels and grids of {found[1]} cells, but the data has "
            f"{image_size} and {resolution}; train it anew (`dvc unfreeze pretrain`) or set train.start to scratch"
        )
