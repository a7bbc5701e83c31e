"""The literature's data (3D-R2N2 and after) as it was published: pictures, grids and split.

    <synset>/<model_id>/model.binvox                        32 cells a side
    <synset>/<model_id>/rendering/00.png ... 23.png         137 x 137, transparent background
    <synset>/<model_id>/rendering/rendering_metadata.txt    a line a picture: azimuth, elevation, roll, distance, ...
    split.json                                              {"train": [model_id, ...], "val": [...], "test": [...]}

is what the archive of a category in data/raw holds; published_bundle.py makes a bundle of it. Grids stand in ShapeNet's
frame, right-handed with +Y up as ours, and nothing is turned; azimuths are counted as they were published.
"""

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from img2vox.data.archive import open_archive
from img2vox.data.image import to_gray_alpha
from img2vox.errors import SourceError

# The thirteen categories.
SYNSETS = (
    *("02691156", "02828884", "02933112", "02958343", "03001627", "03211117", "03636649"),
    *("03691459", "04090263", "04256520", "04379243", "04401088", "04530566"),
)
RESOLUTION = 32
VIEWS = 24
SPLIT_NAME = "split.json"
GRID_NAME = "model.binvox"
VIEWS_NAME = "rendering/rendering_metadata.txt"
_TRAIN_PORTION = 0.8


def picture_name(view: int) -> str:
    """Path of a picture below its object."""
    return f"rendering/{view:02d}.png"


def last_fifth(names: Iterable[str]) -> list[str]:
    """The objects of a category that 3D-R2N2's own code tests on: the last fifth of the sorted names."""
    ordered = sorted(names)
    return ordered[int(len(ordered) * _TRAIN_PORTION) :]


def read_split(path: Path) -> dict[str, dict[str, list[str]]]:
    """A split as Pix2Vox and those after it publish theirs.

    Args:
        path: a list of {"taxonomy_id": synset, "train": [model_id, ...], "val": [...], "test": [...]}.

    Returns:
        synset -> part -> model_ids; parts that the file does not have are missing.

    Raises:
        SourceError: missing, or something else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {
            str(item["taxonomy_id"]): {
                part: [str(name) for name in item[part]] for part in ("train", "val", "test") if part in item
            }
            for item in content
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        expected = 'a list of {"taxonomy_id": synset, "train": [...], "val": [...], "test": [model_id, ...]}'
        raise SourceError(f"{path}: cannot be read ({error!r}); expected {expected}") from error


def format_split(parts: Mapping[str, Sequence[str]]) -> bytes:
    """The bytes of split.json."""
    return json.dumps({part: sorted(parts[part]) for part in sorted(parts)}).encode()


def read_grid(data: bytes, name: str) -> NDArray[np.bool_]:
    """A binvox file's grid.

    Args:
        data: the file.
        name: for the message.

    Returns:
        (32, 32, 32) bool, [x, y, z].

    Raises:
        SourceError: damaged, or of another size.
    """
    import trimesh

    load: Any = trimesh.exchange.binvox.load_binvox
    try:
        # binvox stores y fastest, then z, then x; trimesh turns that into [x, y, z].
        grid: NDArray[np.bool_] = np.asarray(load(io.BytesIO(data)).matrix, dtype=np.bool_)
    except (OSError, ValueError, IndexError, KeyError) as error:
        raise SourceError(f"{name}: no binvox grid ({error}); unpack ShapeNetVox32.tgz again") from error
    if grid.shape != (RESOLUTION,) * 3:
        raise SourceError(f"{name}: a grid of {grid.shape}; expected {(RESOLUTION,) * 3}")
    return grid


def read_picture(data: bytes, name: str, image_size: int) -> NDArray[np.uint8]:
    """A published picture as (image_size, image_size, 2) uint8, gray and straight alpha.

    Raises:
        SourceError: no picture.
    """
    try:
        with Image.open(io.BytesIO(data)) as picture:
            return to_gray_alpha(picture, image_size)
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError) as error:
        raise SourceError(f"{name}: no picture ({error}); unpack ShapeNetRendering.tgz again") from error


def is_published(path: Path) -> bool:
    """Whether an archive of data/raw holds the literature's pictures and grids, not meshes.

    Raises:
        SourceError: no whole archive.
    """
    with open_archive(path) as archive:
        return SPLIT_NAME in archive.NameToInfo
