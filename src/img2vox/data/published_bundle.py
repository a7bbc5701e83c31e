"""A category's bundle from the literature's pictures and grids; see published.py for what they are."""

import json
from collections.abc import Mapping, Sequence
from zipfile import ZipFile

import numpy as np

from img2vox.config import Params
from img2vox.data.archive import open_archive, read_entry
from img2vox.data.bundle import IndexRow, format_index
from img2vox.data.outputs import PreparedObject, Summary, check_rejects, format_rejects, open_outputs
from img2vox.data.published import (
    GRID_NAME,
    RESOLUTION,
    SPLIT_NAME,
    VIEWS,
    VIEWS_NAME,
    picture_name,
    read_grid,
    read_picture,
)
from img2vox.data.split import split_sizes
from img2vox.data.workers import in_order, progress_bar
from img2vox.errors import BundleError, MeshError, SourceError
from img2vox.files import write_text
from img2vox.geometry.frames import View
from img2vox.paths import Paths
from img2vox.seeds import derive_seed

_MAX_BYTES = 16 * 2**20  # of one file; a picture has 10 kB, a grid less
_MAX_SPLIT_BYTES = 64 * 2**20


def prepare_published(slug: str, params: Params, paths: Paths, workers: int, progress: bool = False) -> Summary:
    """Bundle, index and rejects of one category from what was published; nothing is voxelized or rendered.

    The first render.views pictures of each object are taken. The split is the published one, so that near duplicates
    may stand on both sides of it: every object is a group of its own. Where it has no validation part, split.val of all
    objects are taken from training, by ranks that are drawn from their names.

    Raises:
        SourceError: no archive, or it is damaged.
        BundleError: another resolution or more views than there are, turned copies, or too many unusable objects.
    """
    _check_params(params)
    synset = params.synset(slug)
    size, views = params.bundle.image_size, params.render.views
    with open_archive(paths.raw_archive(synset)) as archive, open_outputs(synset, params, paths) as outputs:
        parts = json.loads(read_entry(archive, SPLIT_NAME, _MAX_SPLIT_BYTES))
        splits = split_of(parts, params.split.val, derive_seed(params.seed, "split", synset))

        def prepare(model_id: str) -> PreparedObject | SourceError:
            try:
                return read_object(archive, f"{synset}/{model_id}", model_id, views, size)
            except SourceError as error:
                return error

        prepared, rejects = [], []
        bar = progress_bar(f"prepare {slug}", len(splits), progress)
        for model_id, result in bar(in_order(prepare, sorted(splits), workers)):
            if isinstance(result, SourceError):
                rejects.append((f"{synset}/{model_id}", str(result)))
            else:
                outputs.add(result)
                prepared.append(model_id)
        write_text(paths.rejects(synset), format_rejects(rejects))
        check_rejects(slug, paths.rejects(synset), rejects, len(splits), params.prepare.max_rejects)
        rows = [IndexRow(row, name, splits[name], "real", name) for row, name in enumerate(prepared)]
        write_text(paths.index(synset), format_index(rows))
    return Summary(len(splits), len(rows), len(rejects), 0)


def _check_params(params: Params) -> None:
    for key, value, needed in (
        ("voxelize.resolution", params.voxelize.resolution, RESOLUTION),
        ("voxelize.convention", params.voxelize.convention, "standard"),
        ("augment.turns", params.augment.turns, 0),
    ):
        if value != needed:
            raise BundleError(f"params.yaml: {key} is {value}; the published data needs {needed}")
    if params.render.views > VIEWS:
        raise BundleError(f"params.yaml: render.views is {params.render.views}; there are {VIEWS} of each object")


def split_of(parts: Mapping[str, Sequence[str]], val: float, seed: int) -> dict[str, str]:
    """model_id -> split, of a published split.

    Args:
        parts: "train", "test" and perhaps "val" -> model_ids.
        val: share of all objects for validation, where there is no such part.
        seed: draws them.
    """
    splits = {name: part for part, names in parts.items() for name in names}
    if not parts.get("val"):
        _, count, _ = split_sizes(len(splits), val, 0.0)
        trained = sorted(parts["train"], key=lambda name: (derive_seed(seed, name), name))
        splits |= dict.fromkeys(trained[:count], "val")
    return splits


def read_object(archive: ZipFile, base: str, model_id: str, views: int, image_size: int) -> PreparedObject:
    """One object of an archive.

    Args:
        archive: of its category.
        base: <synset>/<model_id>.
        model_id: its name.
        views: how many pictures are read.
        image_size: they are brought to so many pixels a side.

    Raises:
        SourceError: a file is missing or damaged.
    """
    try:
        grid = read_grid(read_entry(archive, f"{base}/{GRID_NAME}", _MAX_BYTES), f"{base}/{GRID_NAME}")
        names = [f"{base}/{picture_name(view)}" for view in range(views)]
        pictures = [read_picture(read_entry(archive, name, _MAX_BYTES), name, image_size) for name in names]
        cameras = _read_cameras(read_entry(archive, f"{base}/{VIEWS_NAME}", _MAX_BYTES), f"{base}/{VIEWS_NAME}")
    except KeyError as error:
        raise SourceError(f"{base}: incomplete ({error.args[0]}); unpack the published archives again") from error
    except MeshError as error:
        raise SourceError(str(error)) from error
    if len(cameras) < views:
        raise SourceError(f"{base}/{VIEWS_NAME}: {len(cameras)} lines, expected {views}; unpack it again")
    return PreparedObject(model_id, grid, grid, grid, np.stack(pictures), cameras[:views])


def _read_cameras(data: bytes, name: str) -> list[View]:
    try:
        lines = [[float(word) for word in line.split()] for line in data.decode("ascii").splitlines() if line.strip()]
        return [View(azimuth, elevation, distance) for azimuth, elevation, _, distance, *_ in lines]
    except ValueError as error:
        raise SourceError(f"{name}: no five numbers a line ({error}); unpack ShapeNetRendering.tgz again") from error
