"""What `prepare` leaves of a category: pictures, grids, and the meshes that were of no use."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from img2vox.config import Params
from img2vox.data.image import composite, encode_png
from img2vox.data.npy import NpyWriter, write_npy
from img2vox.errors import BundleError
from img2vox.files import ArchiveWriter, format_csv, write_archive
from img2vox.geometry.frames import View
from img2vox.paths import Paths


@dataclass(frozen=True)
class PreparedObject:
    """What is kept of one object.

    Attributes:
        model_id: its name.
        grid: (R, R, R) bool.
        solid: (R, R, R) bool; see solid_of.
        surface: (24, 24, 24) bool; see surface_of.
        pictures: (views, H, W, 2) uint8, gray and straight alpha.
        views: (views,) cameras.
    """

    model_id: str
    grid: NDArray[np.bool_]
    solid: NDArray[np.bool_]
    surface: NDArray[np.bool_]
    pictures: NDArray[np.uint8]
    views: list[View]


@dataclass(frozen=True)
class Summary:
    """Counts of one pass, for the stage's last line."""

    read: int
    prepared: int
    rejected: int
    copies: int


class Outputs:
    """Where the prepared objects of a category go, one after the other."""

    def __init__(self, renders: ArchiveWriter, voxels: NpyWriter, images: NpyWriter, background: int) -> None:
        self._renders, self._voxels, self._images = renders, voxels, images
        self._background = background
        self._views: list[tuple[str, int, View]] = []

    def add(self, prepared: PreparedObject) -> None:
        """Append an object's grid and pictures."""
        for number, picture in enumerate(prepared.pictures):
            self._renders.add(f"{prepared.model_id}/{number:03d}.png", encode_png(picture))
        self._voxels.append(prepared.grid[None, ..., None])
        self._images.append(composite(prepared.pictures, self._background))
        self._views += [(prepared.model_id, number, view) for number, view in enumerate(prepared.views)]

    def finish(self) -> None:
        """Append what is known at the end only."""
        self._renders.add("views.csv", format_views(self._views).encode())


@contextlib.contextmanager
def open_outputs(synset: str, params: Params, paths: Paths) -> Iterator[Outputs]:
    """Archive and arrays of a category, whole when the block ends well, not there otherwise."""
    resolution, size = params.voxelize.resolution, params.bundle.image_size
    with (
        write_archive(paths.renders(synset)) as renders,
        write_npy(paths.voxels(synset), (resolution,) * 3 + (1,), bool) as voxels,
        write_npy(paths.images(synset), (size, size), np.uint8) as images,
    ):
        outputs = Outputs(renders, voxels, images, params.bundle.background)
        yield outputs
        outputs.finish()


def check_rejects(slug: str, path: Path, rejects: list[tuple[str, str]], found: int, max_rejects: float) -> None:
    """Stop where a category has no object, or more unusable ones than are allowed.

    Args:
        slug: the category.
        path: where all of the rejects are written, for the message.
        rejects: (file, reason).
        found: objects, the unusable ones too.
        max_rejects: a share.

    Raises:
        BundleError: it is so.
    """
    if not found:
        raise BundleError(f"{slug}: its archive holds no mesh; add objects, or take the category out of params.yaml")
    if len(rejects) > max_rejects * found:
        raise BundleError(
            f"{slug}: {len(rejects)} of {found} meshes are unusable, more than prepare.max_rejects, {max_rejects:.0%}; "
            f"the first: {rejects[0][1]} (all of them in {path})"
        )


def format_rejects(rejects: list[tuple[str, str]]) -> str:
    """The text of rejects.csv."""
    return format_csv(("file", "reason"), rejects)


def format_views(rows: list[tuple[str, int, View]]) -> str:
    """The text of views.csv."""
    cells = [(name, n, round(v.azimuth_deg, 6), round(v.elevation_deg, 6), round(v.distance, 9)) for name, n, v in rows]
    return format_csv(("model_id", "view", "azimuth_deg", "elevation_deg", "distance"), cells)
