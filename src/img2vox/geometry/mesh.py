"""Meshes in memory, how they are read, and how they are normalized."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from img2vox.errors import MeshError
from img2vox.geometry.frames import turn_matrix

FloatOrArray = TypeVar("FloatOrArray", float, NDArray[np.float64])


@dataclass(frozen=True)
class Mesh:
    """Vertices, triangles and the gray of each triangle.

    Attributes:
        vertices: (V, 3) float64, finite.
        faces: (F, 3) int64 in [0, V), F >= 1.
        grays: (F,) uint8, luminance of each triangle's diffuse colour before any light falls on it.
    """

    vertices: NDArray[np.float64]
    faces: NDArray[np.int64]
    grays: NDArray[np.uint8]


# What a triangle without a material looks like: Blender's default surface, 0.8 of white.
DEFAULT_GRAY = 204
# Far beyond any unit (a light year in millimeters is 1e19, a mesh that large is a broken one): what lies further out
# is a number that went wrong, and would shrink all the rest to a point.
MAX_COORDINATE = 1e15
_TRIMESH_SUFFIXES = (".stl", ".ply", ".glb")


def read_mesh(name: str, data: bytes, materials: Mapping[str, bytes], max_bytes: int | None = None) -> Mesh:
    """Read a mesh file of any format that is known.

    Args:
        name: of the file, with its suffix: .obj, .stl, .ply or .glb in any case. It is never opened.
        data: the file's contents.
        materials: MTL files by base name; OBJ only.
        max_bytes: most bytes that data may have; None where the caller has seen to it.

    Returns:
        The mesh in the file's own frame and unit, without unused vertices.

    Raises:
        MeshError: too large, of another format, or not a mesh; see read_obj and read_with_trimesh.
    """
    if max_bytes is not None and len(data) > max_bytes:
        raise MeshError(f"{name}: has {len(data)} bytes, expected at most {max_bytes}; simplify it or raise the limit")
    suffix = PurePosixPath(name).suffix.lower()
    # Imported here: Numba and trimesh take half a second each, and no run needs both.
    if suffix == ".obj":
        from img2vox.geometry.obj import read_obj

        return read_obj(data, materials, name)
    if suffix in _TRIMESH_SUFFIXES:
        from img2vox.geometry.foreign import read_with_trimesh

        return read_with_trimesh(data, name)
    known = ", ".join((".obj", *_TRIMESH_SUFFIXES))
    raise MeshError(f"{name}: is of no known format ({suffix or 'no suffix'}); expected one of {known}")


def checked_mesh(vertices: NDArray[np.float64], faces: NDArray[np.int64], grays: NDArray[np.uint8], name: str) -> Mesh:
    """A mesh of arrays that a reader has filled, without the vertices that no face uses.

    Args:
        vertices: (V, 3) float64; those that faces use must be finite and within MAX_COORDINATE, others may be anything.
        faces: (F, 3) int64 in [0, V), F >= 1.
        grays: (F,) uint8.
        name: of the file, for messages.

    Raises:
        MeshError: a face uses a vertex that is not finite or too far out; the first one is named, counted from 1.
    """
    if not np.abs(vertices).max() <= MAX_COORDINATE:  # of all at once: fast; NaN is not <= anything
        _check_used(vertices, faces, name)
    vertices, faces = _without_unused(vertices, faces)
    return Mesh(vertices, faces, grays)


def normalize(mesh: Mesh, name: str) -> Mesh:
    """Move and scale a mesh into the world frame's box; see frames.py.

    The bounding box is centered at the origin and its longest side becomes 1; proportions are kept and nothing is
    turned. Unused vertices are dropped first. A mesh mirrored in an axis gives exactly the mirrored result. Planes and
    needles, which have no extent along one or two axes, are as good as any.

    Args:
        mesh: any frame and unit; finite coordinates of any size.
        name: of the file, for messages.

    Returns:
        A new mesh, vertices in [-0.5, 0.5].

    Raises:
        MeshError: a vertex is not finite, or all vertices lie at one point.
    """
    vertices, faces = _without_unused(mesh.vertices, mesh.faces)
    if not np.isfinite(vertices).all():
        raise MeshError(f"{name}: has vertices that are not finite numbers; repair the file or export it again")
    # The second time takes away what rounding left of a center that lies far off.
    for _ in range(2):
        center = vertices.min(axis=0) / 2 + vertices.max(axis=0) / 2  # halves first: their sum cannot overflow
        vertices = vertices - center
    longest = np.abs(vertices).max()
    if longest == 0:
        raise MeshError(f"{name}: all of its {len(vertices)} vertices lie at one point; it has no size, remove it")
    return Mesh(vertices / longest / 2, faces, mesh.grays)


def turn(mesh: Mesh, angle_deg: float) -> Mesh:
    """The mesh turned about +Y by frames.turn_matrix; normalize it again, since its box is another one."""
    return Mesh(mesh.vertices @ turn_matrix(angle_deg).T, mesh.faces, mesh.grays)


def luminance(red: FloatOrArray, green: FloatOrArray, blue: FloatOrArray) -> FloatOrArray:
    """Rec. 709 luminance of linear colours, in the unit of their parts (ITU-R BT.709-6, item 3.2)."""
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _check_used(vertices: NDArray[np.float64], faces: NDArray[np.int64], name: str) -> None:
    sound = np.all(np.abs(vertices) <= MAX_COORDINATE, axis=1)  # (V,), False for NaN
    bad = faces[~sound[faces]]
    if len(bad):
        first = bad.min()
        place = " ".join(f"{value:g}" for value in vertices[first])
        raise MeshError(
            f"{name}: vertex {first + 1} of {len(vertices)} lies at ({place}), and faces use it; expected finite "
            f"numbers up to {MAX_COORDINATE:g}, repair the file or export it again"
        )


def _without_unused(
    vertices: NDArray[np.float64], faces: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    used = np.zeros(len(vertices), dtype=np.bool_)
    used[faces.reshape(-1)] = True
    if used.all():
        return vertices, faces
    return vertices[used], (np.cumsum(used) - 1)[faces]
