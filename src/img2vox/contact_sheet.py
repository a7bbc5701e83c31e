"""Many small pictures on one sheet, for the eye."""

import math
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from img2vox.config import Params
from img2vox.data.archive import list_meshes, open_archive
from img2vox.data.bundle import read_index
from img2vox.data.image import composite, to_pixels
from img2vox.data.prepare import Job, prepare_object
from img2vox.errors import BundleError, MeshError
from img2vox.rendering import render
from img2vox.surface import blocks
from img2vox.viewer import CAMERA, FOV_DEG

LABEL_HEIGHT = 14
MAX_PICTURES = 400  # of a sheet; the first ones of a larger file
_COLUMNS = 6  # of a sheet with one picture an object
_TILE = 128  # pixels of a drawn grid


def contact_sheet(
    pictures: NDArray[np.uint8], labels: Sequence[str], columns: int, max_pictures: int = MAX_PICTURES
) -> Image.Image:
    """Lay pictures out in rows, a label under each.

    Args:
        pictures: (N, H, W) uint8.
        labels: (N,) one a picture; cut to its width.
        columns: pictures a row.
        max_pictures: no more than these are drawn.

    Returns:
        Gray image.
    """
    count = min(len(pictures), max_pictures)
    height, width = pictures.shape[1] + LABEL_HEIGHT, pictures.shape[2]
    sheet = Image.new("L", (columns * width, math.ceil(count / columns) * height), 255)
    draw = ImageDraw.Draw(sheet)
    for number in range(count):
        left, top = number % columns * width, number // columns * height
        sheet.paste(Image.fromarray(pictures[number]), (left, top))
        draw.text((left + 2, top + height - LABEL_HEIGHT), labels[number][: width // 6], fill=0)
    return sheet


def sheet_of(path: Path, view: int | None, params: Params) -> Image.Image:
    """A sheet of anything that holds a category's objects.

    Args:
        path: an archive of renders or of meshes (which are rendered), <synset>_images.npy or <synset>_voxels.npy
            (which is drawn as blocks). The names of a bundle's objects are taken from the index beside it.
        view: only this one of each object; None: all of them, an object a row. Blocks have one view.
        params: how meshes are rendered and how large pictures are.

    Raises:
        SourceError, BundleError: the file is missing, damaged or none of these, or has no such view.
    """
    if path.suffix.lower() == ".npy":
        drawn = _of_grids(path) if path.stem.endswith("_voxels") else _of_pictures(path, view)
    else:
        with open_archive(path) as archive:
            is_rendered = any(name.endswith(".png") for name in archive.namelist())
            drawn = _of_renders(path, archive, view, params) if is_rendered else _of_meshes(path, archive, view, params)
    return contact_sheet(*drawn)


_Drawn = tuple[NDArray[np.uint8], Sequence[str], int]  # (N, H, W) pictures, N labels, columns


def _of_renders(path: Path, archive: zipfile.ZipFile, view: int | None, params: Params) -> _Drawn:
    names = sorted(name for name in archive.namelist() if name.endswith(".png"))
    objects = {PurePosixPath(name).parts[0] for name in names}
    if view is not None:
        names = [name for name in names if PurePosixPath(name).stem == f"{view:03d}"]
    if not names:
        raise BundleError(f"{path}: holds no <model_id>/<view>.png of view {view}; name one of its views")
    columns = len(names) // len(objects) if view is None else _COLUMNS
    names = names[:MAX_PICTURES]
    size, background = params.bundle.image_size, params.bundle.background
    pictures = np.stack([_read(archive, name, size, background) for name in names])
    return pictures, [_label(PurePosixPath(name).parts[0]) for name in names], columns


def _of_meshes(path: Path, archive: zipfile.ZipFile, view: int | None, params: Params) -> _Drawn:
    """Renders each mesh; one that cannot be read is an empty picture with its name."""
    synset = path.stem
    entries, _ = list_meshes(archive, synset)
    if not entries:
        raise BundleError(f"{path}: holds neither pictures nor {synset}/<model_id>/models/<mesh>; name another archive")
    views = range(params.render.views) if view is None else [view]
    if views[-1] >= params.render.views:
        raise BundleError(f"{path}: render.views is {params.render.views} in params.yaml, so there is no view {view}")
    size = params.bundle.image_size
    pictures, labels = [], []
    for entry in entries[: math.ceil(MAX_PICTURES / len(views))]:
        try:
            found = prepare_object(archive, Job.as_it_is(entry), synset, params).pictures[views]
            pictures.append(composite(found, params.bundle.background))
        except MeshError:
            pictures.append(np.full((len(views), size, size), params.bundle.background, dtype=np.uint8))
        labels += [_label(entry.model_id)] * len(views)
    return np.concatenate(pictures), labels, _COLUMNS if view is not None else len(views)


def _of_pictures(path: Path, view: int | None) -> _Drawn:
    images = _map(path, 3, np.uint8, "(M * views, H, W) uint8")
    names = _names_beside(path, "_images")
    views = len(images) // len(names) if names else 1
    if not names or len(images) % len(names):
        raise BundleError(f"{path}: {len(images)} pictures for {len(names)} objects of the index beside it")
    if view is None:
        return np.array(images[:MAX_PICTURES]), [name for name in names for _ in range(views)][:MAX_PICTURES], views
    if not 0 <= view < views:
        raise BundleError(f"{path}: has {views} views of each object, so there is no view {view}")
    return np.array(images[view::views][:MAX_PICTURES]), names[:MAX_PICTURES], _COLUMNS


def _of_grids(path: Path) -> _Drawn:
    voxels = _map(path, 5, np.bool_, "(M, R, R, R, 1) bool")
    tiles = []
    for grid in voxels[:MAX_PICTURES, ..., 0]:
        drawn = render(blocks(grid), [CAMERA], _TILE, FOV_DEG, "raster") if grid.any() else None
        tiles.append(np.full((_TILE, _TILE), 255, np.uint8) if drawn is None else composite(drawn, background=255)[0])
    names = _names_beside(path, "_voxels") or [f"row {row}" for row in range(len(voxels))]
    return np.stack(tiles), names[: len(tiles)], _COLUMNS


def _map(path: Path, ndim: int, dtype: type, expected: str) -> NDArray[Any]:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise BundleError(f"{path}: no whole NPY file ({error}); expected {expected}") from error
    if array.ndim != ndim or array.dtype != dtype or not len(array):
        raise BundleError(f"{path}: {array.dtype} of shape {array.shape}; expected {expected}")
    return cast("NDArray[Any]", array)


def _names_beside(path: Path, ending: str) -> list[str]:
    """Labels of a bundle's rows, from its index; none where there is no index."""
    index = path.with_name(path.stem.removesuffix(ending) + "_index.csv")
    return [_label(row.model_id) for row in read_index(index)] if index.exists() else []


def _label(model_id: str) -> str:
    """The name without the collection that it comes from, which is the same for many."""
    return model_id.split("--")[-1]


def _read(archive: zipfile.ZipFile, name: str, image_size: int, background: int) -> NDArray[np.uint8]:
    with archive.open(name) as stream, Image.open(stream) as picture:
        return to_pixels(picture, image_size, background)
