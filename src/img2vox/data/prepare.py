"""One pass over the objects of a category: each is read once, for its grid and all its views."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray

from img2vox.config import Params
from img2vox.data.archive import MeshEntry, list_meshes, open_archive, read_entry, read_materials
from img2vox.data.augment import TurnedCopy, plan_turns
from img2vox.data.bundle import IndexRow, format_index, origin_of
from img2vox.data.outputs import PreparedObject, Summary, check_rejects, format_rejects, open_outputs
from img2vox.data.split import SplitObject, assign_roles, draw_split, near_duplicate_groups
from img2vox.data.workers import in_order, progress_bar
from img2vox.errors import MeshError
from img2vox.files import write_text
from img2vox.geometry.frames import View
from img2vox.geometry.mesh import Mesh, normalize, read_mesh, turn
from img2vox.geometry.voxel import voxelize
from img2vox.paths import Paths
from img2vox.rendering import camera_distance, make_views, render
from img2vox.seeds import derive_rng, derive_seed

# Cells per side of the grids of surfaces that near duplicates are told by: coarse, so that a thin board that moved by a
# hair fills the same cells.
_SURFACE_RESOLUTION = 24


@dataclass(frozen=True)
class Job:
    """One object to prepare, as it is or as a turned copy.

    Attributes:
        entry: its mesh in the archive.
        model_id: name of what comes out.
        turn_deg: the mesh is turned so far about +Y first, before it is voxelized and rendered.
    """

    entry: MeshEntry
    model_id: str
    turn_deg: float = 0.0

    @classmethod
    def as_it_is(cls, entry: MeshEntry) -> "Job":
        """The object itself."""
        return cls(entry, entry.model_id)


Outcome = tuple[Job, PreparedObject | MeshError]


def prepare_object(archive: ZipFile, job: Job, synset: str, params: Params) -> PreparedObject:
    """Read one object and make its grid and its views.

    Raises:
        MeshError: it cannot be read, has no triangle, or no size.
    """
    entry = job.entry
    data = read_entry(archive, entry.name, params.prepare.max_mesh_mb * 2**20)
    mesh = normalize(read_mesh(entry.name, data, read_materials(archive, entry)), entry.name)
    if job.turn_deg:
        mesh = normalize(turn(mesh, job.turn_deg), entry.name)
    settings = params.render
    views = cameras(mesh, synset, job.model_id, params)
    pictures = render(
        mesh, views, params.bundle.image_size, settings.fov_deg, settings.engine, settings.blender_samples
    )
    grid = grid_of(mesh, params)
    return PreparedObject(job.model_id, grid, solid_of(mesh, grid, params), surface_of(mesh), pictures, views)


def grid_of(mesh: Mesh, params: Params) -> NDArray[np.bool_]:
    """(R, R, R) bool grid of a normalized mesh, by params.yaml."""
    settings = params.voxelize
    return voxelize(mesh, settings.resolution, settings.convention, settings.solid, settings.engine)


def solid_of(mesh: Mesh, grid: NDArray[np.bool_], params: Params) -> NDArray[np.bool_]:
    """The grid that tells near duplicates: of the standard convention whatever params.yaml says, (R, R, R) bool.

    Stretched to fill the box, all boxes are one cube; and both protocols are to draw one split.

    Args:
        mesh: normalized.
        grid: of grid_of().
        params: all of params.yaml.
    """
    if params.voxelize.convention == "standard":
        return grid
    return voxelize(mesh, params.voxelize.resolution, "standard", "flood", "img2vox")


def surface_of(mesh: Mesh) -> NDArray[np.bool_]:
    """Cells that the surface of a normalized mesh enters when its box stands in a corner: (24, 24, 24) bool.

    Solid, centered grids hide two kinds of near duplicates: a sign on the roof moves a taxi down by half its height,
    and a container with coal in it fills what an empty one leaves free.
    """
    standing = Mesh(mesh.vertices - mesh.vertices.min(axis=0) - 0.5, mesh.faces, mesh.grays)
    return voxelize(standing, _SURFACE_RESOLUTION, "standard", "surface", "img2vox")


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


def prepare_category(slug: str, params: Params, paths: Paths, workers: int, progress: bool = False) -> Summary:
    """Grids, views, bundle, index and rejects of one category; nothing but rejects.csv when too many are unusable.

    The result does not depend on the number of workers. Objects are handed on in order and as they are done, so
    that memory is bounded by a few objects, not by the category. Turned copies (augment.turns) come after all objects,
    since the split decides whose copies there are; their meshes are read once more.

    Args:
        slug: the category.
        params: all of params.yaml.
        paths: where to read and write.
        workers: threads; the voxelizer, the rasterizer and zlib run without Python's lock.
        progress: rate and time left on stderr.

    Raises:
        SourceError: no archive, or it is damaged.
        BundleError: no usable object, more rejects than prepare.max_rejects, or too few for a split.
    """
    synset = params.synset(slug)
    with open_archive(paths.raw_archive(synset)) as archive, open_outputs(synset, params, paths) as outputs:
        entries, refused = list_meshes(archive, synset)
        rejects = list(refused)
        by_id = {entry.model_id: entry for entry in entries}
        # A bit a cell, made once: lists of arrays, stacked at the end, would be there twice.
        solids = np.empty((len(entries), params.voxelize.resolution**3 // 8), dtype=np.uint8)
        surfaces = np.empty((len(entries), _SURFACE_RESOLUTION**3 // 8), dtype=np.uint8)
        model_ids: list[str] = []
        bar = progress_bar(f"prepare {slug}", len(entries), progress)
        for job, result in bar(_in_order(archive, map(Job.as_it_is, entries), synset, params, workers)):
            if isinstance(result, MeshError):
                rejects.append((job.entry.name, str(result)))
            else:
                outputs.add(result)
                solids[len(model_ids)] = np.packbits(result.solid)
                surfaces[len(model_ids)] = np.packbits(result.surface)
                model_ids.append(job.model_id)
        found = len(entries) + len(refused)
        write_text(paths.rejects(synset), format_rejects(rejects))
        check_rejects(slug, paths.rejects(synset), rejects, found, params.prepare.max_rejects)
        index = _index_objects(slug, model_ids, solids[: len(model_ids)], surfaces[: len(model_ids)], params)
        trained = [row.model_id for row in index if row.split == "train"]
        copies = plan_turns(trained, params.augment.turns, params.augment.fill_to, params.seed, synset)
        jobs = (Job(by_id[copy.source], copy.model_id, copy.turn_deg) for copy in copies)
        bar = progress_bar(f"prepare {slug}, turned copies", len(copies), progress)
        for _, result in bar(_in_order(archive, jobs, synset, params, workers)):
            if isinstance(result, MeshError):  # it was read a moment ago
                raise result
            outputs.add(result)
        write_text(paths.index(synset), format_index([*index, *_index_copies(index, copies)]))
    return Summary(found, len(index), len(rejects), len(copies))


def _index_objects(
    slug: str, model_ids: Sequence[str], solids: NDArray[np.uint8], surfaces: NDArray[np.uint8], params: Params
) -> list[IndexRow]:
    """Rows of all objects in their order; solids are (M, R**3 / 8), surfaces (M, 24**3 / 8), a bit a cell."""
    limits = params.prepare
    measures = [(solids, limits.near_duplicate_iou), (surfaces, limits.near_duplicate_surface_iou)]
    groups = near_duplicate_groups(measures, model_ids)
    objects = [SplitObject(name, groups[name], origin_of(name) == "real") for name in model_ids]
    seed = derive_seed(params.seed, "split", params.synset(slug))
    drawn = draw_split(objects, params.split.val, params.split.test, seed, slug)
    splits = assign_roles(drawn, params.split.roles)
    return [
        IndexRow(row, item.model_id, splits[item.model_id], origin_of(item.model_id), item.group)
        for row, item in enumerate(objects)
    ]


def _index_copies(index: Sequence[IndexRow], copies: Sequence[TurnedCopy]) -> list[IndexRow]:
    """Rows of turned copies, after those of the objects."""
    by_id = {row.model_id: row for row in index}
    return [
        replace(
            by_id[copy.source],
            voxel_row=row,
            model_id=copy.model_id,
            turned_from=copy.source,
            turn_deg=copy.turn_deg,
        )
        for row, copy in enumerate(copies, start=len(index))
    ]


def _in_order(archive: ZipFile, jobs: Iterable[Job], synset: str, params: Params, workers: int) -> Iterator[Outcome]:
    """Prepare objects on several threads; a mesh that is unusable comes as its error."""

    def prepare(job: Job) -> PreparedObject | MeshError:
        try:
            return prepare_object(archive, job, synset, params)
        except MeshError as error:
            return error

    return in_order(prepare, jobs, workers)
