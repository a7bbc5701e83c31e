"""Mesh to the bytes of a file."""

from typing import cast

import numpy as np
from numpy.typing import NDArray

from img2vox.errors import MeshError
from img2vox.geometry.mesh import Mesh

FORMATS = ("obj", "glb", "stl", "ply")


def write_mesh(mesh: Mesh, format: str, colors: NDArray[np.uint8] | None = None) -> bytes:
    """A mesh as a file.

    Args:
        mesh: any frame; it is written as it is.
        format: "obj", "glb", "stl" or "ply", the latter three binary.
        colors: (V, 3) uint8 sRGB of the vertices, or None. OBJ has them after the coordinates, from 0 to 1, as many
            tools read it; STL has no place for them and leaves them out.

    Returns:
        The same bytes for the same mesh. OBJ holds the coordinates to the last bit, the others as float32.

    Raises:
        MeshError: an unknown format.
    """
    if format == "obj":
        return _obj_bytes(mesh, colors)
    if format not in FORMATS:
        raise MeshError(f"mesh: cannot be written as {format!r}; use one of {', '.join(FORMATS)}")
    import trimesh

    written = trimesh.Trimesh(mesh.vertices, mesh.faces, vertex_colors=colors, process=False)
    return cast("bytes", written.export(file_type=format))


def _obj_bytes(mesh: Mesh, colors: NDArray[np.uint8] | None) -> bytes:
    vertices = mesh.vertices if colors is None else np.hstack([mesh.vertices, colors / 255])
    line = "v %r %r %r\n" if colors is None else "v %r %r %r %.4f %.4f %.4f\n"
    # One format for all lines: a third less time than one for each.
    text = line * len(vertices) % tuple(vertices.ravel().tolist())
    text += "f %d %d %d\n" * len(mesh.faces) % tuple((mesh.faces + 1).ravel().tolist())
    return text.encode()
