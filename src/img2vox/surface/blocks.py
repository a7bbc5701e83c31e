"""Voxel grid to a mesh of blocks."""

import numpy as np
from numpy.typing import NDArray

from img2vox.errors import MeshError
from img2vox.geometry.mesh import DEFAULT_GRAY, Mesh
from img2vox.surface.block_kernels import block_triangles


def blocks(grid: NDArray[np.bool_]) -> Mesh:
    """The surface of the filled cells, flat faces merged.

    Only faces between a filled and an empty cell appear, merged into rectangles. Rectangles that meet share all points
    of their common line, so the mesh is closed and each edge belongs to two triangles. The one exception lies in the
    grid: where two filled cells touch along an edge only, four triangles share it, and tools that want two (trimesh's
    is_watertight, some printers') call the mesh open there; volume, orientation and the way back to the grid are right
    all the same.

    Args:
        grid: (R, R, R) bool, [x, y, z].

    Returns:
        World frame, vertices in [-0.5, 0.5] and on cell corners, no point twice; triangles counterclockwise seen from
        outside. Voxelized at the same R under "standard", it gives the grid, with hollows filled unless solid is
        "parity" or "winding".

    Raises:
        MeshError: no cell is filled.
    """
    if not grid.any():
        raise MeshError("grid: no cell is filled, and a mesh needs a face; lower the threshold")
    resolution = grid.shape[0]
    points, faces = block_triangles(np.require(grid, np.bool_, ("C", "W")))
    return Mesh(points / resolution - 0.5, faces, np.full(len(faces), DEFAULT_GRAY, dtype=np.uint8))
