"""What the joint network trains on: pictures of objects, and the grid of each as it stands before the camera.

Made from the training objects' meshes, for bundles hold few objects and each in one frame only. From a mesh come

    its views as the bundle has them
    copies, stretched along its three axes at random, each seen from random azimuths

and every picture has the grid of the mesh turned by minus its azimuth, voxelized anew: turning the grid itself costs a
tenth of its IoU. Mirrored pairs, other backgrounds and other brightness are drawn batch by batch (batches.py).

    pictures.npy   (P, H, W, 2) uint8, gray and straight alpha
    seen.npy       (P, R * W * W / 8) uint8, bits of the grid before the camera [y, x', z'], y from the top
    azimuths.npy   (P,) float32, degrees
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2vox.config import Params
from img2vox.data.archive import MeshEntry, list_meshes, open_archive, read_entry, read_materials
from img2vox.data.npy import write_npy
from img2vox.data.workers import in_order
from img2vox.errors import BundleError
from img2vox.files import write_text
from img2vox.geometry.frames import View
from img2vox.geometry.mesh import Mesh, normalize, read_mesh, turn
from img2vox.geometry.voxel import stretched, voxelize
from img2vox.learning.residual import seen_side
from img2vox.paths import Paths
from img2vox.rendering import camera_distance, render
from img2vox.seeds import derive_rng

_PICTURES, _SEEN, _AZIMUTHS, _WHOLE = "pictures.npy", "seen.npy", "azimuths.npy", "whole"


@dataclass(frozen=True)
class Pool:
    """Arrays on disk, mapped into memory, and what of them is used.

    Attributes:
        pictures: (P, H, W, 2) uint8, gray and straight alpha.
        seen: (P, W * W * R / 8) uint8, bits.
        azimuths: (P,) float32, degrees.
        resolution: R.
        rows: (K,) in [0, P), which of them are trained on.
        shown: (K,) in [0, P), the picture that stands for each: `rows`, but for a control that shuffles them.
    """

    pictures: NDArray[np.uint8]
    seen: NDArray[np.uint8]
    azimuths: NDArray[np.float32]
    resolution: int
    rows: NDArray[np.int64]
    shown: NDArray[np.int64]

    def __len__(self) -> int:
        """Number of pictures that are trained on, K."""
        return len(self.rows)


@dataclass(frozen=True)
class Shown:
    """Everything that one object adds to the pool."""

    pictures: NDArray[np.uint8]
    seen: NDArray[np.uint8]
    azimuths: NDArray[np.float32]


def make_pool(
    directory: Path, trained: Mapping[str, frozenset[str]], params: Params, paths: Paths, workers: int
) -> int:
    """Draw the pool, unless a whole one is there; the directory's name must tell what it was made from.

    Args:
        directory: for the three arrays.
        trained: slug -> the model_ids that training may see.
        params: all of params.yaml.
        paths: where the meshes are.
        workers: threads; the result does not depend on them.

    Returns:
        Number of pictures.

    Raises:
        SourceError, MeshError: an archive or a mesh that `prepare` could read can no longer be read.
    """
    if not (directory / _WHOLE).is_file():
        size, resolution = params.bundle.image_size, params.voxelize.resolution
        bits = seen_side(resolution) ** 2 * resolution // 8
        with (
            write_npy(directory / _PICTURES, (size, size, 2), np.uint8) as pictures,
            write_npy(directory / _SEEN, (bits,), np.uint8) as seen,
            write_npy(directory / _AZIMUTHS, (), np.float32) as azimuths,
        ):
            jobs = _jobs(trained, params, paths)
            for _, shown in in_order(lambda job: _show(*job, params), jobs, workers):
                pictures.append(shown.pictures)
                seen.append(shown.seen)
                azimuths.append(shown.azimuths)
        write_text(directory / _WHOLE, "")
    return len(open_pool(directory, params.voxelize.resolution))


def open_pool(directory: Path, resolution: int) -> Pool:
    """Map a pool that make_pool wrote."""
    arrays: list[NDArray[Any]] = [np.load(directory / name, mmap_mode="r") for name in (_PICTURES, _SEEN, _AZIMUTHS)]
    if len({len(array) for array in arrays}) != 1 or not len(arrays[0]):
        raise BundleError(f"{directory}: its arrays hold {[len(array) for array in arrays]} rows; remove it")
    rows = np.arange(len(arrays[0]), dtype=np.int64)
    return Pool(arrays[0], arrays[1], arrays[2], resolution, rows, rows)


def seen_grid(mesh: Mesh, azimuth_deg: float, params: Params) -> NDArray[np.bool_]:
    """A mesh as it stands before a camera: turned by minus the azimuth, cells as large as those of its own grid.

    Args:
        mesh: normalized.
        azimuth_deg: of the camera.
        params: for convention, resolution and filling.

    Returns:
        (R, W, W) bool, [y, x', z'], y from the top; W = seen_side(R), the axis that the camera goes around is in the
        middle.
    """
    settings = params.voxelize
    side, rows = seen_side(settings.resolution), settings.resolution
    vertices = stretched(mesh.vertices) if settings.convention == "paper" else mesh.vertices
    standing = turn(Mesh(vertices * (rows / side), mesh.faces, mesh.grays), -azimuth_deg)
    grid = voxelize(standing, side, "standard", settings.solid, "img2vox")
    below = (side - rows) // 2
    return grid[:, below : below + rows].transpose(1, 0, 2)[::-1]


def _jobs(trained: Mapping[str, frozenset[str]], params: Params, paths: Paths) -> Iterator[tuple[str, MeshEntry, Mesh]]:
    for slug in sorted(trained):
        synset = params.synset(slug)
        with open_archive(paths.raw_archive(synset)) as archive:
            entries, _ = list_meshes(archive, synset)
            if not entries:
                raise BundleError(
                    f"{paths.raw_archive(synset)}: holds no meshes, which the joint network is trained on; with "
                    "data.source r2n2 set train.start to scratch"
                )
            for entry in entries:
                if entry.model_id in trained[slug]:
                    data = read_entry(archive, entry.name, params.prepare.max_mesh_mb * 2**20)
                    mesh = read_mesh(entry.name, data, read_materials(archive, entry))
                    yield synset, entry, normalize(mesh, entry.name)


def _show(synset: str, entry: MeshEntry, mesh: Mesh, params: Params) -> Shown:
    """The object's own views, then its copies, each drawn from a generator of its own."""
    views = params.render.views
    standard = [(number * 360.0 / views, params.render.elevation_deg) for number in range(views)]
    parts = [_pictures_of(mesh, standard, params)]
    settings = params.pretrain
    for copy in range(settings.copies):
        rng = derive_rng(params.seed, "pool", synset, entry.model_id, str(copy))
        stretch = np.exp(rng.normal(0.0, settings.stretch, 3))
        other = normalize(Mesh(mesh.vertices * stretch, mesh.faces, mesh.grays), entry.name)
        azimuths = rng.uniform(0.0, 360.0, settings.views_per_copy)
        elevations = params.render.elevation_deg + rng.uniform(-1.0, 1.0, len(azimuths)) * settings.elevation_jitter_deg
        parts.append(_pictures_of(other, list(zip(azimuths.tolist(), elevations.tolist(), strict=True)), params))
    return Shown(
        np.concatenate([part.pictures for part in parts]),
        np.concatenate([part.seen for part in parts]),
        np.concatenate([part.azimuths for part in parts]),
    )


def _pictures_of(mesh: Mesh, cameras: list[tuple[float, float]], params: Params) -> Shown:
    distance = camera_distance(mesh, params.render.distance)
    views = [View(azimuth, elevation, distance) for azimuth, elevation in cameras]
    pictures = render(mesh, views, params.bundle.image_size, params.render.fov_deg, "raster")
    seen = [np.packbits(seen_grid(mesh, view.azimuth_deg, params)) for view in views]
    return Shown(pictures, np.stack(seen), np.array([view.azimuth_deg for view in views], dtype=np.float32))
