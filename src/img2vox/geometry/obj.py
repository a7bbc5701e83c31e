"""OBJ bytes to a mesh; obj_kernels.py does the counting and the parsing."""

import logging
import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from img2vox.errors import MeshError
from img2vox.geometry.mesh import DEFAULT_GRAY, Mesh, checked_mesh
from img2vox.geometry.obj_kernels import LIBRARY, MATERIAL, count_statements, parse_statements
from img2vox.geometry.obj_materials import decode_name, find_materials, read_grays, to_utf8

logger = logging.getLogger(__name__)

_WORD = re.compile(rb"[^\x00-\x20\\]+")
# Text has no zero bytes; binary files, and UTF-16 without its mark, show one early.
_LOOKED_AT = 1024


def read_obj(data: bytes, materials: Mapping[str, bytes], name: str) -> Mesh:
    """Read a Wavefront OBJ file.

    Vertices are the nearest float64 to what is written; w, vertex colours, texture coordinates and normals are passed
    over, objects and groups are joined. Polygons become fans around their first corner. A face that cannot be, with
    fewer than three corners or a corner that names no vertex, is left out with a warning in the log. A file cut short
    gives what is there; its last line counts even without a line end, since many whole files have none. Vertices that
    no face uses are dropped, so it does not matter what they hold.

    Args:
        data: the file; UTF-8, Latin-1 or UTF-16 with a byte order mark, any line ends.
        materials: MTL files by base name. Names inside of data are looked up here and nowhere else; a material that is
            not found, or none at all, gives DEFAULT_GRAY. See read_grays for how a colour becomes a gray.
        name: of the file, for messages.

    Returns:
        The mesh in the file's own frame and unit.

    Raises:
        MeshError: not a text file, no vertices, no faces, no face that can be, or a face with a vertex that is not a
            finite number of a sensible size.
    """
    text = to_utf8(data) + b"\n\n"  # where the kernels stop
    if b"\0" in text[:_LOOKED_AT]:
        raise MeshError(f"{name}: is no OBJ text (it has zero bytes); save it as OBJ in UTF-8, or UTF-16 with its mark")
    codes = np.frombuffer(text, dtype=np.uint8)
    vertex_count, room, name_count = count_statements(codes)
    vertices = np.empty((vertex_count, 3), dtype=np.float64)
    unrounded = np.zeros((vertex_count, 3), dtype=np.bool_)
    faces = np.empty((room, 3), dtype=np.int64)
    face_names = np.empty(room, dtype=np.int64)
    names = np.empty((name_count, 3), dtype=np.int64)
    count, left_out, marked = parse_statements(codes, vertices, unrounded, faces, face_names, names)
    if count == 0:
        raise MeshError(_why_empty(name, vertex_count, left_out))
    if left_out:
        logger.warning("%s: %d faces left out; they lack corners or name vertices that are not there", name, left_out)
    if marked:
        _round_in_python(text, vertices, unrounded)
    grays = _name_grays(text, names, materials)[face_names[:count]]
    return checked_mesh(vertices, faces[:count], grays, name)


def _why_empty(name: str, vertex_count: int, left_out: int) -> str:
    if left_out:
        found = f"none of its {left_out} faces has three corners that name vertices ({vertex_count} vertices)"
    elif vertex_count:
        found = f"no faces ({vertex_count} vertices, points or lines only)"
    else:
        found = "no vertices and no faces"
    return f"{name}: {found}; expected a mesh of triangles or polygons, export it again or remove it"


def _round_in_python(text: bytes, vertices: NDArray[np.float64], unrounded: NDArray[np.bool_]) -> None:
    """Replace the places that the kernel left in vertices by the numbers that stand there."""
    values = vertices.reshape(-1)
    for index in np.flatnonzero(unrounded):
        word = _WORD.match(text, int(values[index]))
        assert word is not None  # the kernel has read a number there
        values[index] = float(word.group())


def _name_grays(text: bytes, names: NDArray[np.int64], materials: Mapping[str, bytes]) -> NDArray[np.uint8]:
    """Gray of each row of names, and DEFAULT_GRAY once more at the end: row -1, before the first of them."""
    grays = np.full(len(names) + 1, DEFAULT_GRAY, dtype=np.uint8)
    if not materials:
        return grays
    libraries: dict[str, None] = {}  # each once, in the order of their first naming
    for _, start, end in names[names[:, 0] == LIBRARY].tolist():
        libraries.update(dict.fromkeys(find_materials(decode_name(text[start:end]), materials)))
    known: dict[str, int] = {}
    for library in libraries:
        known.update(read_grays(materials[library]))
    for row in np.flatnonzero(names[:, 0] == MATERIAL).tolist():
        grays[row] = known.get(decode_name(text[names[row, 1] : names[row, 2]]), DEFAULT_GRAY)
    return grays
