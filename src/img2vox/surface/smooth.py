"""Occupancy to a smooth mesh."""

import numpy as np
from numpy.typing import NDArray

from img2vox.errors import MeshError
from img2vox.geometry.mesh import DEFAULT_GRAY, Mesh

# An occupancy this close to the threshold is taken for just above it: else the surface would pass through a cell's
# center, and triangles there shrink to points.
_LEAST_DISTANCE = 1e-4


def smooth(occupancy: NDArray[np.float32], threshold: float) -> Mesh:
    """The surface on which the occupancy, interpolated between the cells' centers, equals the threshold.

    Flying edges (W. Schroeder, R. Maynard, B. Geveci, 2015), VTK's marching cubes. Outside the grid the occupancy is 0,
    so that the mesh is closed; what would lie beyond the grid's border, by up to half a cell, is put onto it.

    Args:
        occupancy: (R, R, R) floating, [x, y, z], in [0, 1].
        threshold: in (0, 1); cells from it on are inside.

    Returns:
        World frame, vertices in [-0.5, 0.5]; triangles counterclockwise seen from outside.

    Raises:
        MeshError: no cell reaches the threshold.
    """
    import pyvista

    values = np.pad(np.asarray(occupancy, dtype=np.float64), 1)
    if not (values >= threshold).any():
        raise MeshError(
            f"occupancy: no cell reaches the threshold of {threshold:g}, the highest has {values.max():g}; lower it"
        )
    values[np.abs(values - threshold) < _LEAST_DISTANCE] = threshold + _LEAST_DISTANCE
    pitch = 1 / len(occupancy)
    volume = pyvista.ImageData(dimensions=values.shape, spacing=(pitch,) * 3, origin=(-0.5 - pitch / 2,) * 3)
    # VTK runs through x fastest.
    surface = volume.contour([threshold], scalars=values.ravel(order="F"), method="flying_edges", compute_normals=False)
    vertices = np.clip(np.asarray(surface.points, dtype=np.float64), -0.5, 0.5)
    faces = np.array(surface.regular_faces, dtype=np.int64)
    return Mesh(vertices, faces, np.full(len(faces), DEFAULT_GRAY, dtype=np.uint8))
