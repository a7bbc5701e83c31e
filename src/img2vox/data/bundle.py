"""The bundle of a category: grids, pictures and the index that joins them by key.

    <synset>_voxels.npy   (M, R, R, R, 1) bool
    <synset>_images.npy   (M * views, H, W) uint8, the views of row m at m * views ...
    <synset>_index.csv    voxel_row, model_id, split, origin, group, turned_from, turn_deg

Rows of objects come first, those of turned copies of training objects after them. A copy is a row, never an object:
whatever counts or scores objects leaves copies out.

Names and shapes of the arrays are the paper's (its Figs. 5 and 10), so that its files can be dropped in.
"""

import csv
import io
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from img2vox.errors import BundleError
from img2vox.files import format_csv

SPLITS = ("train", "val", "test")
ORIGINS = ("real", "parametric")
# Begins the model_id of every shape that img2vox.sample generates; nobody else's does.
PARAMETRIC_PREFIX = "parametric--"


@dataclass(frozen=True)
class IndexRow:
    """One line of an index.

    Attributes:
        voxel_row: row of the voxels.
        model_id: name of the object.
        split: train, val or test.
        origin: real (somebody modelled it) or parametric (a generator of ours made it).
        group: near duplicates share it; a copy has that of its object.
        turned_from: model_id of the object that this row is a turned copy of; empty for an object.
        turn_deg: angle about +Y of a copy, from +Z toward +X.
    """

    voxel_row: int
    model_id: str
    split: str
    origin: str
    group: str
    turned_from: str = ""
    turn_deg: float = 0.0

    @property
    def is_object(self) -> bool:
        """Whether this is no copy."""
        return not self.turned_from


@dataclass(frozen=True)
class Bundle:
    """Arrays on disk, mapped into memory, and their index.

    Attributes:
        voxels: (M, R, R, R, 1) bool.
        images: (M * views, H, W) uint8.
        index: (M,) rows in order of voxel_row.
        views: pictures of each object.
    """

    voxels: NDArray[np.bool_]
    images: NDArray[np.uint8]
    index: tuple[IndexRow, ...]
    views: int

    @property
    def resolution(self) -> int:
        """Cells per side, R."""
        return int(self.voxels.shape[1])

    @property
    def image_size(self) -> int:
        """Pixels per side, H = W."""
        return int(self.images.shape[1])

    @property
    def objects(self) -> int:
        """Number of objects, copies not counted."""
        return sum(row.is_object for row in self.index)

    def rows(self, split: str, fraction: float = 1.0, with_copies: bool = False) -> NDArray[np.int64]:
        """Voxel rows of a split in the index's order.

        Args:
            split: train, val or test.
            fraction: share of the split's objects that is used, rounded up; a smaller share is a part of a larger one.
            with_copies: the turned copies of these objects too, which only training may see.

        Returns:
            (K,) int64.
        """
        objects = [row for row in self.index if row.split == split and row.is_object]
        used = objects[: math.ceil(round(len(objects) * fraction, 9))]
        if with_copies:
            names = {row.model_id for row in used}
            used += [row for row in self.index if row.turned_from in names]
        return np.asarray([row.voxel_row for row in used], dtype=np.int64)


def origin_of(model_id: str) -> str:
    """Whether somebody modelled an object ("real") or a generator of ours made it ("parametric")."""
    return "parametric" if model_id.startswith(PARAMETRIC_PREFIX) else "real"


def chosen_views(views: int, images_per_object: int) -> NDArray[np.int64]:
    """Which views of an object are used: equally spaced among those rendered, as in the paper.

    Args:
        views: rendered ones.
        images_per_object: at most views.

    Returns:
        (images_per_object,) int64 in [0, views), ascending, without repeats.
    """
    return np.floor(np.arange(images_per_object) * views / images_per_object).astype(np.int64)


def format_index(rows: Sequence[IndexRow]) -> str:
    """The text of an index file."""
    return format_csv((field.name for field in fields(IndexRow)), map(astuple, rows))


def read_index(path: Path) -> tuple[IndexRow, ...]:
    """Read and check an index.

    Raises:
        BundleError: missing, without the columns above, rows that are not 0, 1, 2 ..., a repeated model_id, a split
            or origin that is none, or a copy of something else than a training object.
    """
    try:
        lines = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BundleError(f"{path}: cannot be read ({error}); run `dvc repro`") from error
    names = [field.name for field in fields(IndexRow)]
    rows = []
    for number, line in enumerate(lines):
        missing = [name for name in names if line.get(name) is None or not (line[name] or name == "turned_from")]
        if missing:
            raise BundleError(f"{path}: line {number + 2} has no {missing[0]}; expected columns {', '.join(names)}")
        if line["voxel_row"] != str(number):
            raise BundleError(f"{path}: line {number + 2} has voxel_row {line['voxel_row']}, expected {number}")
        if line["split"] not in SPLITS:
            raise BundleError(f"{path}: line {number + 2} has split {line['split']!r}; use one of {', '.join(SPLITS)}")
        if line["origin"] not in ORIGINS:
            raise BundleError(f"{path}: line {number + 2} has origin {line['origin']!r}; use {' or '.join(ORIGINS)}")
        try:
            turn_deg = float(line["turn_deg"])
        except ValueError:
            raise BundleError(
                f"{path}: line {number + 2} has turn_deg {line['turn_deg']!r}; use an angle in degrees"
            ) from None
        model_id, split, origin, group, source = (line[name] for name in names[1:-1])
        rows.append(IndexRow(number, model_id, split, origin, group, source, turn_deg))
    repeated = [model_id for model_id, count in Counter(row.model_id for row in rows).items() if count > 1]
    if repeated:
        raise BundleError(f"{path}: model_id {repeated[0]} stands in more than one row; keep one")
    _check_copies(path, rows)
    return tuple(rows)


def _check_copies(path: Path, rows: Sequence[IndexRow]) -> None:
    """A copy of a val or test object in training would make any network look good."""
    trained = {row.model_id: row.group for row in rows if row.is_object and row.split == "train"}
    for row in rows:
        if not row.is_object and (row.split != "train" or trained.get(row.turned_from) != row.group):
            raise BundleError(
                f"{path}: {row.model_id}, in split {row.split}, is a copy of {row.turned_from}; expected a copy in "
                "train of an object in train, in its group; run `dvc repro` for this category again"
            )


def open_bundle(voxels_path: Path, images_path: Path, index_path: Path) -> Bundle:
    """Map a bundle into memory and check that its three files belong together.

    Raises:
        BundleError: a file is missing, cut short, of another dtype or shape than its name promises, or the three
            do not count the same objects.
    """
    voxels = _map_array(voxels_path, np.dtype(bool), 5, "(M, R, R, R, 1) bool")
    images = _map_array(images_path, np.dtype(np.uint8), 3, "(M * views, H, W) uint8")
    index = read_index(index_path)
    if len(set(voxels.shape[1:4])) != 1 or voxels.shape[4] != 1:
        raise BundleError(f"{voxels_path}: shape {voxels.shape}; expected (M, R, R, R, 1)")
    if images.shape[1] != images.shape[2]:
        raise BundleError(f"{images_path}: shape {images.shape}; expected square pictures, (M * views, H, H)")
    if len(index) != len(voxels):
        raise BundleError(f"{index_path}: {len(index)} objects, but {voxels_path.name} holds {len(voxels)} grids")
    if not len(voxels) or not len(images) or len(images) % len(voxels):
        raise BundleError(f"{images_path}: {len(images)} pictures are no whole number of views of {len(voxels)} grids")
    return Bundle(voxels, images, index, len(images) // len(voxels))


def _map_array(path: Path, dtype: np.dtype[Any], ndim: int, expected: str) -> NDArray[Any]:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise BundleError(f"{path}: no whole NPY file ({error}); expected {expected}; run `dvc repro`") from error
    if array.dtype != dtype or array.ndim != ndim:
        raise BundleError(f"{path}: {array.dtype} of shape {array.shape}; expected {expected}; run `dvc repro`")
    return cast("NDArray[Any]", array)
