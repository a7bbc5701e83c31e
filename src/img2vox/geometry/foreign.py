"""STL, PLY and GLB to a mesh, through trimesh."""

import io
import json
import struct
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2vox.errors import MeshError
from img2vox.geometry.mesh import DEFAULT_GRAY, Mesh, checked_mesh, luminance

# What trimesh's readers were seen to raise on damaged files, or state in their sources.
_TRIMESH_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    RecursionError,
    TypeError,
    UnboundLocalError,
    ValueError,
    struct.error,
)

# A GLB can ask for more than it holds: one buffer read a thousand times, one part placed a million times.
_MAX_EXPANSION = 64
_FREE_BYTES = 64 * 2**20
_BYTES_PER_ITEM = 64  # the largest item of an accessor, a 4 x 4 matrix of float32
_GLB_HEADER = struct.Struct("<4sIIII")


def read_with_trimesh(data: bytes, name: str) -> Mesh:
    """Read an STL, PLY or GLB file.

    All parts of a scene are joined, each where its node puts it. The gray of a triangle comes from a material's base
    colour or from the colours of its corners or its own, whichever is there; textures are passed over. Files that a
    GLB refers to are not read.

    Args:
        data: the file.
        name: of the file; its suffix tells the format.

    Returns:
        The mesh in the file's own frame and unit, without unused vertices.

    Raises:
        MeshError: damaged, without triangles, or a GLB that would unfold to far more than it holds.
    """
    import trimesh

    suffix = PurePosixPath(name).suffix.lower().removeprefix(".")
    try:
        if suffix == "glb":
            _check_expansion(data, name)
        with np.errstate(all="ignore"):
            scene = trimesh.load_scene(io.BytesIO(data), file_type=suffix, process=False)
            parts = [part for part in scene.dump() if isinstance(part, trimesh.Trimesh) and len(part.faces)]
            grays = [_grays(part) for part in parts]
    except _TRIMESH_ERRORS as error:
        reason = f"{type(error).__name__}: {error}"
        raise MeshError(f"{name}: cannot be read as {suffix.upper()} ({reason}); export it again") from error
    if not parts:
        raise MeshError(f"{name}: no triangles (points or lines only, or cut short); export it again or remove it")
    offsets = np.cumsum([0] + [len(part.vertices) for part in parts])
    vertices = np.concatenate([np.asarray(part.vertices, dtype=np.float64) for part in parts])
    faces = [np.asarray(part.faces, dtype=np.int64) for part in parts]
    for part_faces, part in zip(faces, parts, strict=True):
        if part_faces.min() < 0 or part_faces.max() >= len(part.vertices):
            count = len(part.vertices)
            raise MeshError(f"{name}: has faces that name none of a part's {count} vertices; export it again")
    moved = np.concatenate([part_faces + offset for part_faces, offset in zip(faces, offsets[:-1], strict=True)])
    return checked_mesh(vertices, moved, np.concatenate(grays), name)


def _grays(part: Any) -> NDArray[np.uint8]:
    """(F,) uint8 gray of each triangle of a trimesh.Trimesh."""
    visual = part.visual
    if visual.kind in ("face", "vertex"):
        colors = visual.face_colors  # (F, 4) uint8
    elif visual.kind == "texture" and _base_color(visual.material) is not None:
        colors = np.asarray(visual.material.main_color)[None]  # (1, 4) uint8
    else:
        return np.full(len(part.faces), DEFAULT_GRAY, dtype=np.uint8)
    gray = np.rint(luminance(*colors[:, :3].T.astype(np.float64)))
    return np.broadcast_to(gray.astype(np.uint8), (len(part.faces),))


def _base_color(material: Any) -> object:
    return material.baseColorFactor if hasattr(material, "baseColorFactor") else material.main_color


def _check_expansion(data: bytes, name: str) -> None:
    """Refuse a GLB whose header asks for far more than the file holds, before anything of it is unfolded."""
    *_, length, _ = _GLB_HEADER.unpack_from(data)
    header = json.loads(data[_GLB_HEADER.size : _GLB_HEADER.size + length])
    counts = [abs(accessor["count"]) for accessor in header.get("accessors", [])]
    sizes = [
        sum(counts[index] for part in mesh["primitives"] for index in _accessors_of(part))
        for mesh in header.get("meshes", [])
    ]
    wanted = sum(abs(view["byteLength"]) for view in header.get("bufferViews", []))
    wanted += _BYTES_PER_ITEM * sum(counts)
    wanted += _BYTES_PER_ITEM * sum(sizes[node["mesh"]] for node in header.get("nodes", []) if "mesh" in node)
    allowed = _MAX_EXPANSION * len(data) + _FREE_BYTES
    if not wanted <= allowed:  # NaN is neither
        raise MeshError(
            f"{name}: its {len(data)} bytes would unfold to {wanted}, expected at most {allowed}; remove it"
        )


def _accessors_of(part: dict[str, Any]) -> list[int]:
    return [*part.get("attributes", {}).values(), *([part["indices"]] if "indices" in part else [])]
