"""The parts of `prepare` alone, for one mesh file or for one category's pictures."""

from pathlib import Path

import numpy as np

from img2vox.config import Params
from img2vox.data.archive import open_archive
from img2vox.data.bundle import read_index
from img2vox.data.image import decode_pixels, encode_png
from img2vox.data.npy import write_npy
from img2vox.data.outputs import format_views
from img2vox.data.prepare import cameras, grid_of
from img2vox.errors import BundleError, MeshError
from img2vox.files import write_archive, written_whole
from img2vox.geometry.mesh import Mesh, normalize, read_mesh
from img2vox.paths import Paths
from img2vox.rendering import render


def voxelize_file(mesh_path: Path, output: Path, params: Params) -> int:
    """Write the grid of a mesh file as (R, R, R) bool; the number of its filled cells.

    Raises:
        MeshError: the file cannot be read as a mesh.
    """
    grid = grid_of(read_mesh_file(mesh_path), params)
    with written_whole(output) as aside, aside.open("wb") as stream:
        np.save(stream, grid, allow_pickle=False)
    return int(grid.sum())


def render_file(mesh_path: Path, output: Path, params: Params) -> int:
    """Write the views of a mesh file as an archive like those of data/renders; their number.

    Raises:
        MeshError: the file cannot be read as a mesh.
    """
    mesh, name, settings = read_mesh_file(mesh_path), mesh_path.stem, params.render
    views = cameras(mesh, "file", name, params)
    pictures = render(
        mesh, views, params.bundle.image_size, settings.fov_deg, settings.engine, settings.blender_samples
    )
    with write_archive(output) as archive:
        for number, picture in enumerate(pictures):
            archive.add(f"{name}/{number:03d}.png", encode_png(picture))
        archive.add("views.csv", format_views([(name, number, view) for number, view in enumerate(views)]).encode())
    return len(views)


def bundle_images(slug: str, params: Params, paths: Paths) -> int:
    """Write a category's <synset>_images.npy anew from its archive of renders; the number of pictures.

    Raises:
        SourceError: no archive of renders.
        BundleError: it lacks a picture of an object of the index.
    """
    synset, size = params.synset(slug), params.bundle.image_size
    index = read_index(paths.index(synset))
    with (
        open_archive(paths.renders(synset)) as archive,
        write_npy(paths.images(synset), (size, size), np.uint8) as images,
    ):
        for row in index:
            for view in range(params.render.views):
                name = f"{row.model_id}/{view:03d}.png"
                if name not in archive.NameToInfo:
                    raise BundleError(
                        f"{paths.renders(synset)}: no {name}; run `dvc repro data/dvc.yaml:prepare@{slug}`"
                    )
                images.append(decode_pixels(archive.read(name), size, params.bundle.background)[None])
    return len(index) * params.render.views


def read_mesh_file(path: Path) -> Mesh:
    """The normalized mesh of a file; materials are taken from the MTL files beside it.

    Raises:
        MeshError: the file cannot be read as a mesh.
    """
    try:
        materials = {item.name: item.read_bytes() for item in path.parent.glob("*.mtl")}
        return normalize(read_mesh(path.name, path.read_bytes(), materials), path.name)
    except OSError as error:
        raise MeshError(f"{path}: cannot be read ({error.strerror}); name a mesh file") from error
