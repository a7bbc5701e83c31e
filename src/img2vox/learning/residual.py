"""The residual network: what a picture says beyond the mean shape. Keras 3 and its built-in layers only.

    picture (H, W, 1) uint8
      | blocks of 8 x 8 pixels become channels          no convolution at full size: that is where the time goes
      | stride 2 and residual blocks down to 4 x 4      layout kept, no global pooling
      | dense bridge                                    the picture's axes are the camera's, the grid's are the
      |                                                 object's: every cell may depend on every place
      +--> code of the shape, one linear layer          logits like "mean + a few principal shapes"
      +--> 4^3, 8^3 cells, then the 4^3 cells of each   detail; no convolution at 32^3 (FACTS: it dominates)
      |    block as channels, unfolded
    sum -> sigmoid -> occupancy (R, R, R, 1) float32

Both heads start at (nearly) zero, and the linear one's bias is the prior (set_prior): untrained, the network answers
with the mean shape, and training learns what differs from it (prior bias initialization, Lin et al. 2017, section 3.3).
The linear one's weights start as the principal shapes of the training grids (principal component analysis, as the
eigenfaces of Turk and Pentland 1991), so that a few dozen steps are enough to learn how much of each a picture shows.
"""

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from img2vox.errors import NetworkError

PRIOR_LAYER = "prior"
# A cell that all or none of the training objects fill keeps a chance of 2 %, a logit of 3.9 that training can undo.
PRIOR_CLIP = 0.02

_WIDTHS = (32, 64, 128)  # channels at 16, 8 and 4 pixels a side; deeper levels keep the last
_LATENT = 256
_CODE = 16
_HE = "he_normal"


def _conv(x: keras.KerasTensor, channels: int, stride: int, name: str) -> keras.KerasTensor:
    x = layers.Conv2D(channels, 3, strides=stride, padding="same", use_bias=False, kernel_initializer=_HE, name=name)(x)
    return layers.GroupNormalization(8, name=f"{name}_norm")(x)


def _residual_block(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    channels = x.shape[-1]
    y = layers.Activation("relu", name=f"{name}_relu_1")(_conv(x, channels, 1, f"{name}_conv_1"))
    y = _conv(y, channels, 1, f"{name}_conv_2")
    return layers.Activation("relu", name=f"{name}_relu_2")(layers.Add(name=f"{name}_add")([x, y]))


def _fold(x: keras.KerasTensor, block: int, name: str) -> keras.KerasTensor:
    """(N, H, H, C) -> (N, H / block, H / block, block * block * C)."""
    side, channels = x.shape[1] // block, x.shape[-1]
    x = layers.Reshape((side, block, side, block, channels), name=f"{name}_split")(x)
    x = layers.Permute((1, 3, 2, 4, 5), name=f"{name}_permute")(x)
    return layers.Reshape((side, side, block * block * channels), name=f"{name}_join")(x)


def _unfold(x: keras.KerasTensor, block: int, name: str) -> keras.KerasTensor:
    """(N, B, B, B, block^3 * C) -> (N, B * block, B * block, B * block, C): 3-D pixel shuffle."""
    side, channels = x.shape[1], x.shape[-1] // block**3
    x = layers.Reshape((side, side, side, block, block, block, channels), name=f"{name}_split")(x)
    x = layers.Permute((1, 4, 2, 5, 3, 6, 7), name=f"{name}_permute")(x)
    return layers.Reshape((side * block,) * 3 + (channels,), name=f"{name}_join")(x)


def _encode(picture: keras.KerasTensor) -> keras.KerasTensor:
    """(N, H, H, 1) uint8 -> (N, 256)."""
    x = layers.Rescaling(1 / 255, name="rescaling")(picture)
    x = _fold(x, 8, "stem")  # (N, 16, 16, 64)
    # No residual block at this level: it took a third of a step and gained nothing.
    x = layers.Activation("relu", name="stem_relu")(_conv(x, _WIDTHS[0], 1, "stem_conv"))
    level = 0
    while x.shape[1] > 4:
        level += 1
        width = _WIDTHS[min(level, len(_WIDTHS) - 1)]
        x = layers.Activation("relu", name=f"down_{level}_relu")(_conv(x, width, 2, f"down_{level}"))
        x = _residual_block(x, f"level_{level}")
    x = layers.Flatten(name="flatten")(x)  # (N, 2048)
    return layers.Dense(_LATENT, activation="relu", kernel_initializer=_HE, name="bridge")(x)


def _detail(latent: keras.KerasTensor, resolution: int) -> keras.KerasTensor:
    """(N, 256) -> (N, R, R, R, 1) logits."""
    side, doublings = resolution // 8, 1
    while side > 4 and side % 2 == 0:
        side, doublings = side // 2, doublings + 1
    x = layers.Dense(side**3 * 64, activation="relu", kernel_initializer=_HE, name="bridge_3d")(latent)
    x = layers.Reshape((side, side, side, 64), name="grid")(x)  # (N, 4, 4, 4, 64)
    for level in range(doublings):
        x = layers.Conv3D(8 * 32, 1, activation="relu", kernel_initializer=_HE, name=f"up_{level}")(x)
        x = _unfold(x, 2, f"up_{level}")  # (N, 8, 8, 8, 32)
        y = layers.Conv3D(32, 3, padding="same", activation="relu", kernel_initializer=_HE, name=f"refine_{level}")(x)
        x = layers.Add(name=f"refine_{level}_add")([x, y])
    # Small but not zero, so that the layers below learn from the first step on.
    near_zero = keras.initializers.RandomNormal(stddev=0.001)
    x = layers.Conv3D(4**3, 1, kernel_initializer=near_zero, name="cells")(x)
    return _unfold(x, 4, "cells")


def residual(image_size: int, resolution: int) -> keras.Model:
    """The untrained network; image_size a multiple of 16, resolution of 8 (networks.build_network checks)."""
    shape = (resolution,) * 3 + (1,)
    picture = layers.Input((image_size, image_size, 1), dtype="uint8", name="picture")
    latent = _encode(picture)
    # A finer grid gets a shorter code, so that this layer does not grow with R^3 times its length.
    code_length = max(1, int(_CODE * min(1.0, (32 / resolution) ** 3)))
    # Small, so that an untrained network answers with the mean shape.
    code = layers.Dense(code_length, kernel_initializer=keras.initializers.RandomNormal(stddev=1e-4), name="code")(
        latent
    )
    principal = layers.Dense(resolution**3, kernel_initializer="zeros", name=PRIOR_LAYER)(code)
    principal = layers.Reshape(shape, name="prior_grid")(principal)
    logits = layers.Add(name="logits")([principal, _detail(latent, resolution)])
    occupancy = layers.Activation("sigmoid", dtype="float32", name="occupancy")(logits)
    return keras.Model(picture, occupancy, name="residual")


def set_prior(network: keras.Model, mean_occupancy: NDArray[np.floating], examples: NDArray[np.bool_]) -> None:
    """Let an untrained residual network answer with the mean shape, and give it the principal shapes to start from.

    Not for a network that is trained: it has its own.

    Args:
        network: residual.
        mean_occupancy: (R, R, R, 1) in [0, 1], share of the training objects that fill each cell.
        examples: (K, R, R, R, 1) bool, some hundred training grids at most; memory is K * R^3 floats.

    Raises:
        NetworkError: the network has no prior, or the grids are of another resolution.
    """
    if network.name != "residual":
        raise NetworkError(f"network {network.name!r} has no prior; only residual has")
    for grid_shape in (mean_occupancy.shape, examples.shape[1:]):
        if tuple(grid_shape) != tuple(network.output_shape[1:]):
            raise NetworkError(f"a training grid of shape {grid_shape}; the network gives {network.output_shape[1:]}")
    layer = network.get_layer(PRIOR_LAYER)
    prior = _logit(np.asarray(mean_occupancy, dtype=np.float64).ravel())
    differences = _logit(examples.reshape(len(examples), -1).astype(np.float32)) - prior.astype(np.float32)
    layer.bias.assign(prior)
    layer.kernel.assign(_principal_shapes(differences, layer.kernel.shape[0]))


def _logit(chance: NDArray[np.floating]) -> NDArray[np.floating]:
    clipped = np.clip(chance, PRIOR_CLIP, 1 - PRIOR_CLIP)
    return np.asarray(np.log(clipped / (1 - clipped)))


def _principal_shapes(differences: NDArray[np.floating], count: int) -> NDArray[np.float32]:
    """(K, C) -> (count, C): the directions in which examples differ most, as long as one standard deviation.

    By the eigenvectors of the K x K matrix of products, which is far smaller than C x C. Rows beyond the rank are zero.
    """
    products = (differences @ differences.T).astype(np.float64)
    values, vectors = np.linalg.eigh(products)
    kept = np.flatnonzero(values > 1e-6 * max(values.max(), 1.0))[::-1][:count]
    # A sign is arbitrary and may differ between libraries: the largest entry is made positive.
    signs = np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(len(values))])
    directions = (vectors * signs)[:, kept].T.astype(np.float32) @ differences
    shapes = np.zeros((count, differences.shape[1]), dtype=np.float32)
    shapes[: len(kept)] = directions / np.sqrt(len(differences))
    return shapes
