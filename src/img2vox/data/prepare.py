"""One pass over the objects of a category: each is read once, for its grid and all its views."""

import contextlib
import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray

from img2vox.config import Params
from img2vox.data.archive import MeshEntry, list_meshes, open_archive, read_entry, read_materials
from img2vox.data.bundle import IndexRow, format_index, origin_of
from img2vox.data.image import composite, encode_png
from img2vox.data.npy import write_npy
from img2vox.data.split import SplitObject, draw_split, near_duplicate_groups
from img2vox.errors import BundleError, MeshError
from img2vox.files import write_archive, write_text
from img2vox.geometry.frames import View
from img2vox.geometry.mesh import Mesh, normalize, read_mesh
from img2vox.geometry.voxel import voxelize
from img2vox.paths import Paths
from img2vox.rendering import camera_distance, make_views, render
from img2vox.seeds import derive_rng


@dataclass(frozen=True)
class PreparedObject:
    """What is kept of one object.

    Attributes:
        model_id: its name.
        grid: (R, R, R) bool.
        pictures: (views, H, W, 2) uint8, gray and straight alpha.
        views: (views,) cameras.
    """

    model_id: str
    grid: NDArray[np.bool_]
    pictures: NDArray[np.uint8]
    views: list[View]


@dataclass(frozen=True)
class Summary:
    """Counts of one pass, for the stage's last line."""

    read: int
    prepared: int
    rejected: int


def prepare_object(archive: ZipFile, entry: MeshEntry, synset: str, params: Params) -> PreparedObject:
    """Read one object and make its grid and its views.

    Raises:
        MeshError: it cannot be read, has no triangle, or no size.
    """
    data = read_entry(archive, entry.name, params.prepare.max_mesh_mb * 2**20)
    mesh = normalize(read_mesh(entry.name, data, read_materials(archive, entry)), entry.name)
    settings = params.render
    views = cameras(mesh, synset, entry.model_id, params)
    pictures = render(
        mesh, views, params.bundle.image_size, settings.fov_deg, settings.engine, settings.blender_samples
    )
    return PreparedObject(entry.model_id, grid_of(mesh, params), pictures, views)


def grid_of(mesh: Mesh, params: Params) -> NDArray[np.bool_]:
    """(R, R, R) bool grid of a normalized mesh, by params.yaml."""
    settings = params.voxelize
    return voxelize(mesh, settings.resolution, settings.convention, settings.solid, settings.engine)


def cameras(mesh: Mesh, synset: str, model_id: str, params: Params) -> list[View]:
    """The views of a normalized mesh, by params.yaml; what is drawn depends on seed, synset and model_id alone."""
    settings = params.render
    return make_views(
        settings.views,
        settings.elevation_deg,
        camera_distance(mesh, settings.distance),
        settings.randomize,
        settings.elevation_range_deg,
        derive_rng(params.seed, "views", synset, model_id),
    )


def prepare_category(slug: str, params: Params, paths: Paths, workers: int) -> Summary:
    """Grids, views, bundle, index and rejects of one category; nothing but rejects.csv when too many are unusable.

    The result does not depend on the number of workers. Objects are handed on in order and as they are done, so
    that memory is bounded by a few objects, not by the category.

    Args:
        slug: the category.
        params: all of params.yaml.
        paths: where to read and write.
        workers: threads; the voxelizer, the rasterizer and zlib run without Python's lock.

    Raises:
        SourceError: no archive, or it is damaged.
        BundleError: no usable object, more rejects than prepare.max_rejects, or too few for a split.
    """
    synset = params.synset(slug)
    resolution, size = params.voxelize.resolution, params.bundle.image_size
    rejects: list[tuple[str, str]] = []
    model_ids: list[str] = []
    with (
        open_archive(paths.raw_archive(synset)) as archive,
        contextlib.ExitStack() as outputs,
    ):
        entries, refused = list_meshes(archive, synset)
        rejects += refused
        renders = outputs.enter_context(write_archive(paths.renders(synset)))
        voxels = outputs.enter_context(write_npy(paths.voxels(synset), (resolution,) * 3 + (1,), bool))
        images = outputs.enter_context(write_npy(paths.images(synset), (size, size), np.uint8))
        bits: list[NDArray[np.uint8]] = []
        view_rows: list[tuple[str, int, View]] = []
        for entry, result in _in_order(archive, entries, synset, params, workers):
            if isinstance(result, MeshError):
                rejects.append((entry.name, str(result)))
                continue
            for number, picture in enumerate(result.pictures):
                renders.add(f"{entry.model_id}/{number:03d}.png", encode_png(picture))
            voxels.append(result.grid[None, ..., None])
            images.append(composite(result.pictures, params.bundle.background))
            model_ids.append(entry.model_id)
            bits.append(np.packbits(result.grid))
            view_rows += [(entry.model_id, number, view) for number, view in enumerate(result.views)]
        renders.add("views.csv", format_views(view_rows).encode())
        found = len(entries) + len(refused)
        write_text(paths.rejects(synset), _format_rejects(rejects))
        _check_rejects(slug, paths.rejects(synset), rejects, found, params.prepare.max_rejects)
        groups = near_duplicate_groups(np.stack(bits), model_ids, params.prepare.near_duplicate_iou)
        objects = [SplitObject(name, groups[name], origin_of(name) == "real") for name in model_ids]
        rng = derive_rng(params.seed, "split", synset)
        splits = draw_split(objects, params.split.val, params.split.test, rng, slug)
        index = [
            IndexRow(row, item.model_id, splits[item.model_id], origin_of(item.model_id), item.group)
            for row, item in enumerate(objects)
        ]
        write_text(paths.index(synset), format_index(index))
    return Summary(found, len(model_ids), len(rejects))


def _in_order(
    archive: ZipFile, entries: Iterable[MeshEntry], synset: str, params: Params, workers: int
) -> Iterator[tuple[MeshEntry, PreparedObject | MeshError]]:
    """Prepare objects on several threads, hand them on in their order, keep no more than a few at a time."""

    def prepare(entry: MeshEntry) -> PreparedObject | MeshError:
        try:
            return prepare_object(archive, entry, synset, params)
        except MeshError as error:
            return error

    waiting: deque[tuple[MeshEntry, Future[PreparedObject | MeshError]]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for entry in entries:
            waiting.append((entry, pool.submit(prepare, entry)))
            if len(waiting) > 2 * workers:
                done, future = waiting.popleft()
                yield done, future.result()
        for done, future in waiting:
            yield done, future.result()


def _check_rejects(slug: str, path: Path, rejects: list[tuple[str, str]], found: int, max_rejects: float) -> None:
    if not found:
        raise BundleError(f"{slug}: its archive holds no mesh; add objects, or take the category out of params.yaml")
    if len(rejects) > max_rejects * found:
        raise BundleError(
            f"{slug}: {len(rejects)} of {found} meshes are unusable, more than prepare.max_rejects, {max_rejects:.0%}; "
            f"the first: {rejects[0][1]} (all of them in {path})"
        )


def _format_rejects(rejects: list[tuple[str, str]]) -> str:
    return _format_csv(("file", "reason"), rejects)


def format_views(rows: list[tuple[str, int, View]]) -> str:
    """The text of views.csv."""
    cells = [(name, n, round(v.azimuth_deg, 6), round(v.elevation_deg, 6), round(v.distance, 9)) for name, n, v in rows]
    return _format_csv(("model_id", "view", "azimuth_deg", "elevation_deg", "distance"), cells)


def _format_csv(header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return stream.getvalue()
