"""Meshes to measure on: the embedded ones, and copies of them in as many triangles as ShapeNet's have."""

import io

import numpy as np
import trimesh

from common import ROOT
from img2vox.data.archive import list_meshes, open_archive, read_entry, read_materials
from img2vox.geometry.mesh import DEFAULT_GRAY, Mesh, normalize, read_mesh


def embedded_meshes(limit=0):
    """(name, OBJ bytes, materials) of the real embedded meshes; about `limit` of them, equally spaced, if not 0."""
    found = []
    for path in sorted((ROOT / "data" / "sample").glob("*.zip")):
        with open_archive(path) as archive:
            for entry in list_meshes(archive, path.stem)[0]:
                if "parametric--" not in entry.model_id:
                    found.append((entry.name, read_entry(archive, entry.name, 2**30), read_materials(archive, entry)))
    return found[:: max(1, len(found) // limit)] if limit else found


def normalized(item):
    name, data, materials = item
    return normalize(read_mesh(name, data, materials), name)


def subdivided(mesh: Mesh, faces: int) -> Mesh:
    """The same shape in `faces` triangles, or up to two more: the largest ones are split into four, and again."""
    vertices, triangles = mesh.vertices, mesh.faces
    while len(triangles) < faces:
        sides = vertices[triangles[:, 1:]] - vertices[triangles[:, :1]]
        areas = np.linalg.norm(np.cross(sides[:, 0], sides[:, 1]), axis=1)
        count = min(len(triangles), -(-(faces - len(triangles)) // 3))
        largest = np.argsort(-areas, kind="stable")[:count]
        vertices, triangles = trimesh.remesh.subdivide(vertices, triangles, np.sort(largest))
    return Mesh(vertices, triangles.astype(np.int64), np.full(len(triangles), DEFAULT_GRAY, np.uint8))


def obj_bytes(mesh: Mesh) -> bytes:
    """OBJ text of a mesh as ShapeNet's files have it: normals and texture coordinates too, six decimals."""
    stream = io.StringIO()
    np.savetxt(stream, mesh.vertices, "v %.6f %.6f %.6f")
    np.savetxt(stream, mesh.vertices, "vn %.6f %.6f %.6f")
    np.savetxt(stream, mesh.vertices[:, :2], "vt %.6f %.6f")
    np.savetxt(stream, np.repeat(mesh.faces + 1, 3, axis=1), "f %d/%d/%d %d/%d/%d %d/%d/%d")
    return stream.getvalue().encode()
