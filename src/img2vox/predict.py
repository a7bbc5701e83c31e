"""One picture to an occupancy, a voxel grid and a mesh. No Gradio, no MLflow."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from img2vox.config import Params
from img2vox.data.image import to_pixels
from img2vox.errors import ImageError, NetworkError
from img2vox.files import write_bytes, written_whole
from img2vox.paths import JOINT, Paths

if TYPE_CHECKING:
    import keras

# Checked before decoding: a few bytes can claim gigapixels.
MAX_PIXELS = 64_000_000


def read_picture(path: Path, image_size: int, background: int) -> NDArray[np.uint8]:
    """A picture file as the networks get it.

    Args:
        path: PNG, JPG or any other format that Pillow reads.
        image_size: pixels per side of the result.
        background: gray behind transparent parts.

    Returns:
        (image_size, image_size) uint8.

    Raises:
        ImageError: missing, no picture, cut short, or of too many pixels.
    """
    try:
        with Image.open(path) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                size = f"{picture.width} x {picture.height}"
                raise ImageError(f"{path}: {size} pixels, more than {MAX_PIXELS:,} in all; scale it down")
            return to_pixels(picture, image_size, background)
    except FileNotFoundError as error:
        raise ImageError(f"{path}: not found; name a PNG or JPG file") from error
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise ImageError(f"{path}: not a picture that can be read; use PNG or JPG") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise ImageError(f"{path}: the picture is cut short or damaged ({error}); save it again") from error


def predict_grid(network: "keras.Model", pixels: NDArray[np.uint8], threshold: float) -> NDArray[np.bool_]:
    """The voxel grid that a network sees in one picture.

    Args:
        network: from load_network.
        pixels: (H, W) uint8 of the network's size.
        threshold: a cell is filled above it.

    Returns:
        (R, R, R) bool.

    Raises:
        NetworkError: the pixels are not of the network's size.
    """
    from img2vox.learning.inference import predict

    occupancy = predict(network, pixels[None], batch_size=1)
    return np.asarray(occupancy[0, ..., 0] > threshold)


def predict_file(image: Path, slug: str, output: Path, params: Params, paths: Paths) -> int:
    """Write the shape that a network sees in a picture.

    Args:
        image: the picture.
        slug: the category, or "joint" for the network of all categories.
        output: .obj, .glb, .stl or .ply for a mesh of blocks, .npy for the (R, R, R) bool grid.
        params: all of params.yaml.
        paths: where the network and its threshold are.

    Returns:
        Number of filled cells.

    Raises:
        ImageError: the picture cannot be read, or the network sees nothing in it.
        NetworkError: the network is not trained, or the output's suffix is none of the above.
    """
    from img2vox.surface import FORMATS, blocks, write_mesh

    suffix = output.suffix.lower().lstrip(".")
    if suffix not in (*FORMATS, "npy"):
        raise NetworkError(f"{output}: cannot be written; use the suffix .{', .'.join(FORMATS)} or .npy")
    if slug != JOINT:
        params.synset(slug)
    pixels = read_picture(image, params.bundle.image_size, params.bundle.background)
    try:
        threshold = float(json.loads(paths.metrics(slug).read_text(encoding="utf-8"))["threshold"])
    except (OSError, ValueError, KeyError) as error:
        remedy = "`git restore models/joint`" if slug == JOINT else f"run `dvc repro reports/dvc.yaml:evaluate@{slug}`"
        raise NetworkError(f"{paths.metrics(slug)}: no threshold ({error!r}); {remedy}") from error

    from img2vox.learning.network_file import load_network

    grid = predict_grid(load_network(paths.network(slug)), pixels, threshold)
    if suffix == "npy":
        with written_whole(output) as aside, aside.open("wb") as stream:
            np.save(stream, grid, allow_pickle=False)
    elif grid.any():
        write_bytes(output, write_mesh(blocks(grid), suffix))
    else:
        raise ImageError(f"{image}: the network of {slug} sees nothing in it; try another picture or category")
    return int(grid.sum())
