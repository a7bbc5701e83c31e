"""An answer at a threshold as meshes, files and numbers. The same bytes in the app, its endpoints and `predict`."""

import io
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from img2vox.errors import MeshError
from img2vox.geometry.frames import camera_axes
from img2vox.geometry.mesh import Mesh
from img2vox.serving.answer import Answer
from img2vox.surface import blocks, smooth, write_mesh

STYLES = ("blocks", "smooth")
COLORINGS = ("plain", "confidence")
FORMATS = ("obj", "glb", "stl", "ply", "npy")
_PLAIN = (168, 190, 228)  # blue-gray: stands out from a light page and from a dark one, shaded too
# Viewers light a shape from all around, so that walls that meet look alike, or from one side, so that the other is
# dark. The light is in the colours instead, and the material asks viewers to add none. With n the unit normal of a face
# and l the direction of the light,
#
#     shade = min(1, _MIDDLE + _CONTRAST * n.l)      of sRGB values as they are stored
#
# which, unlike Lambert's cosine, tells faces that are turned away from each other too. From over the left shoulder of
# whoever took the picture, the six sides of a cell get six shades at equal steps: up 1, toward the camera .9, left .8,
# right .7, away .6, down .5.
_MIDDLE, _CONTRAST = 0.75, 0.05 * np.sqrt(35.0)
_LIGHT = np.array([-1.0, 5.0, 3.0]) / np.sqrt(35.0)  # x right, y up, z toward the camera
_UNLIT = "KHR_materials_unlit"
# For viewers that do not know it. glTF's default is bare metal, which is black without a room to mirror.
_MATERIAL = {
    "name": "img2vox",
    "pbrMetallicRoughness": {"metallicFactor": 0.0, "roughnessFactor": 1.0},
    "extensions": {_UNLIT: {}},
    "doubleSided": True,
}


@dataclass(frozen=True)
class Look:
    """How an answer is shown.

    Attributes:
        threshold: cells above it are filled, in (0, 1).
        style: blocks or smooth.
        coloring: plain or confidence, by the occupancy just inside the surface.
    """

    threshold: float
    style: str
    coloring: str

    def __post_init__(self) -> None:
        if not 0 < self.threshold < 1:
            raise MeshError(f"threshold: is {self.threshold:g}; use a number between 0 and 1")
        for name, value, known in (("style", self.style, STYLES), ("coloring", self.coloring, COLORINGS)):
            if value not in known:
                raise MeshError(f"{name}: is {value!r}; use one of {', '.join(known)}")


def result_file(answer: Answer, look: Look, format: str) -> bytes:
    """A file of an answer.

    Args:
        answer: what the network saw.
        look: threshold and style; colours are in GLB alone.
        format: obj, glb, stl or ply for a mesh; npy for the (R, R, R) bool grid.

    Returns:
        Its bytes, in the object's frame; equal ones for equal answers.

    Raises:
        MeshError: no cell is filled at this threshold (but a grid can be empty), or an unknown format.
    """
    if format not in FORMATS:
        raise MeshError(f"format: is {format!r}; use one of {', '.join(FORMATS)}")
    if format == "npy":
        stream = io.BytesIO()
        np.save(stream, answer.grid(look.threshold), allow_pickle=False)
        return stream.getvalue()
    return _glb(answer, look) if format == "glb" else write_mesh(shape(answer, look), format)


def shape(answer: Answer, look: Look) -> Mesh:
    """The surface of an answer in the object's frame.

    Raises:
        MeshError: no cell is filled at this threshold.
    """
    if not answer.grid(look.threshold).any():
        raise MeshError(
            f"The network sees nothing at a threshold of {look.threshold:.2f}: its highest occupancy is "
            f"{answer.occupancy.max():.2f}; lower the threshold, or try another network or picture"
        )
    return blocks(answer.grid(look.threshold)) if look.style == "blocks" else smooth(answer.occupancy, look.threshold)


def file_name(answer: Answer, look: Look, format: str) -> str:
    """Such as chair_t0.42_blocks.obj; a name says which category and which threshold."""
    style = "" if format == "npy" else f"_{look.style}"
    return f"{answer.offer.slug}_t{look.threshold:.2f}{style}.{format}"


def facts(answer: Answer, look: Look) -> dict[str, Any]:
    """Numbers of an answer: cells filled, extents along x, y and z in sides of the grid, azimuth, expected IoU."""
    grid = answer.grid(look.threshold)
    places = np.nonzero(grid)
    extents = [int(np.ptp(axis)) + 1 if len(axis) else 0 for axis in places]
    return {
        "network": answer.offer.key,
        "threshold": round(look.threshold, 4),
        "cells": int(grid.sum()),
        "extents": [round(extent / len(grid), 4) for extent in extents],
        "azimuth_deg": round(answer.azimuth_deg, 1),
        "expected_iou": round(answer.expected_iou, 3),
    }


def _glb(answer: Answer, look: Look) -> bytes:
    """Binary glTF with normals and colours, which viewers light without guessing.

    Blocks get corners of their own on every face, since a viewer would round the edges of shared ones off.
    """
    if look.style == "smooth":
        mesh = shape(answer, look)
        vertices, faces, normals = mesh.vertices, mesh.faces, _vertex_normals(mesh)
    elif look.coloring == "plain":
        mesh = shape(answer, look)
        corners = mesh.vertices[mesh.faces]  # (F, 3, 3)
        flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        flat /= np.linalg.norm(flat, axis=1, keepdims=True)
        vertices, normals = corners.reshape(-1, 3), np.repeat(flat, 3, axis=0)
        faces = np.arange(len(vertices)).reshape(-1, 3)
    else:
        shape(answer, look)  # the sentence for an empty grid
        vertices, faces, normals = _single_faces(answer.grid(look.threshold))
    colors = np.broadcast_to(np.array(_PLAIN, dtype=np.uint8), vertices.shape)
    if look.coloring == "confidence":
        inside = _sample(answer.occupancy, vertices, normals, faces if look.style == "blocks" else None)
        colors = _confidence_colors(inside, look.threshold)
    # From the quarter turn nearest to the picture's: the sides of cells look along the axes, wherever it was taken.
    light = _LIGHT @ camera_axes(90.0 * round(answer.azimuth_deg / 90.0), 0.0)
    shade = np.minimum(_MIDDLE + _CONTRAST * (normals @ light), 1.0)
    return _write_glb(vertices, faces, normals, _linear()[np.rint(colors * shade[:, None]).astype(np.int64)])


def _write_glb(
    vertices: NDArray[np.float64],
    faces: NDArray[np.int64],
    normals: NDArray[np.float64],
    linear: NDArray[np.float64],
) -> bytes:
    """Colours are linear light, 0 to 255, as glTF has them."""
    import trimesh

    colors = np.rint(linear).astype(np.uint8)
    mesh = trimesh.Trimesh(vertices, faces, vertex_normals=normals, vertex_colors=colors, process=False)

    def add_material(tree: dict[str, Any]) -> None:
        tree["materials"], tree["extensionsUsed"] = [_MATERIAL], [_UNLIT]
        for part in tree["meshes"]:
            for primitive in part["primitives"]:
                primitive["material"] = 0

    scene = trimesh.Scene(mesh)
    export_glb: Any = trimesh.exchange.gltf.export_glb
    return cast("bytes", export_glb(scene, include_normals=True, tree_postprocessor=add_material))


@cache
def _linear() -> NDArray[np.float64]:
    """(256,): sRGB's value -> linear light, both 0 to 255."""
    value = np.arange(256) / 255
    return 255 * np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def _vertex_normals(mesh: Mesh) -> NDArray[np.float64]:
    """(V, 3) unit: mean of the faces around a vertex, weighted by area."""
    corners = mesh.vertices[mesh.faces]
    areas = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(mesh.vertices)
    for corner in range(3):
        for axis in range(3):
            normals[:, axis] += np.bincount(mesh.faces[:, corner], areas[:, axis], len(normals))
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.where(lengths > 0, normals / np.maximum(lengths, 1e-12), (0.0, 1.0, 0.0))


def _single_faces(
    grid: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Every exposed face of every cell by itself, so that each can have a colour.

    Returns:
        (4 N, 3) vertices, (2 N, 3) triangles counterclockwise seen from outside, (4 N, 3) normals; N faces.
    """
    side = len(grid)
    padded = np.pad(grid, 1)
    vertices, normals = [], []
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        for upward in (True, False):
            beyond = np.roll(padded, -1 if upward else 1, axis=axis)[1:-1, 1:-1, 1:-1]
            cells = np.argwhere(grid & ~beyond).astype(np.float64)  # (n, 3)
            corners = np.repeat(cells[:, None], 4, axis=1)
            corners[..., axis] += upward
            steps = ((0, 0), (1, 0), (1, 1), (0, 1)) if upward else ((0, 0), (0, 1), (1, 1), (1, 0))
            for corner, (along_u, along_v) in enumerate(steps):
                corners[:, corner, u] += along_u
                corners[:, corner, v] += along_v
            vertices.append(corners.reshape(-1, 3))
            normal = np.zeros(3)
            normal[axis] = 1.0 if upward else -1.0
            normals.append(np.broadcast_to(normal, (4 * len(cells), 3)))
    points = np.concatenate(vertices) / side - 0.5
    halves = np.array([[0, 1, 2], [0, 2, 3]], dtype=np.int64)
    faces = (4 * np.arange(len(points) // 4)[:, None, None] + halves).reshape(-1, 3)
    return points, faces, np.concatenate(normals)


def _sample(
    occupancy: NDArray[np.float32],
    vertices: NDArray[np.float64],
    normals: NDArray[np.float64],
    faces: NDArray[np.int64] | None,
) -> NDArray[np.float32]:
    """(V,) occupancy of the cell under each vertex; all corners of a single face have that of the face's own cell."""
    side = len(occupancy)
    points = vertices
    if faces is not None:
        points = np.repeat(vertices.reshape(-1, 4, 3).mean(axis=1), 4, axis=0)
    cells = np.floor((points - normals * 0.5 / side + 0.5) * side).astype(np.int64)
    cells = np.clip(cells, 0, side - 1)
    inside: NDArray[np.float32] = occupancy[cells[:, 0], cells[:, 1], cells[:, 2]]
    return inside


def _confidence_colors(inside: NDArray[np.float32], threshold: float) -> NDArray[np.uint8]:
    """(V, 3) uint8: viridis from the threshold (dark: a close call) to 1 (bright: certain)."""
    share = np.clip((inside - threshold) / (1 - threshold), 0, 1)
    colors: NDArray[np.uint8] = _viridis()[np.rint(share * 255).astype(np.int64)]
    return colors


@cache
def _viridis() -> NDArray[np.uint8]:
    import matplotlib

    colors = matplotlib.colormaps["viridis"](np.arange(256), bytes=True)
    return np.asarray(colors)[:, :3].astype(np.uint8)
