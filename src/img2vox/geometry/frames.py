"""The world frame, the grid's index order and the cameras: stated here once.

Right-handed world frame, +X right, +Y up, +Z toward the camera of azimuth 0. A normalized mesh fits
[-0.5, 0.5] cubed. A voxel grid is indexed [x, y, z] and cell i has its center at (i + 0.5) / R - 0.5.
Azimuth turns from +Z toward +X, elevation rises toward +Y, both in degrees. Image row 0 is the top.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class View:
    """One camera that looks at the world's origin, +Y up in the picture.

    Attributes:
        azimuth_deg: from +Z toward +X.
        elevation_deg: above the XZ plane, in (-90, 90).
        distance: of the camera from the origin, world units.
    """

    azimuth_deg: float
    elevation_deg: float
    distance: float


def cell_to_point(index: ArrayLike, resolution: int) -> NDArray[np.float64]:
    """Center of a grid cell in the world frame.

    Args:
        index: (..., 3) integers in [0, resolution), order x, y, z.
        resolution: cells per side, R.

    Returns:
        (..., 3) float64 in (-0.5, 0.5), world units. Inverse of point_to_cell on cell centers.
    """
    return (np.asarray(index, dtype=np.float64) + 0.5) / resolution - 0.5


def point_to_cell(point: ArrayLike, resolution: int) -> NDArray[np.int64]:
    """Index of the grid cell that holds a point of the world frame.

    Args:
        point: (..., 3) in [-0.5, 0.5], world units.
        resolution: cells per side, R.

    Returns:
        (..., 3) int64 in [0, resolution); a point on a border between two cells belongs to the upper one,
        one on the cube's upper faces to the last cell.
    """
    index = np.floor((np.asarray(point, dtype=np.float64) + 0.5) * resolution).astype(np.int64)
    return np.clip(index, 0, resolution - 1)


def camera_axes(azimuth_deg: float, elevation_deg: float) -> NDArray[np.float64]:
    """Right, up and backward of a camera, in world coordinates.

    Args:
        azimuth_deg: from +Z toward +X.
        elevation_deg: above the XZ plane, in (-90, 90).

    Returns:
        (3, 3) float64, rows right, up, backward (from the origin toward the camera); orthonormal, right-handed.
        `points @ camera_axes(a, e).T` are camera coordinates, x right, y up, z toward the camera.
    """
    azimuth, elevation = np.radians(azimuth_deg), np.radians(elevation_deg)
    sin_a, cos_a, sin_e, cos_e = np.sin(azimuth), np.cos(azimuth), np.sin(elevation), np.cos(elevation)
    return np.array(
        [
            [cos_a, 0.0, -sin_a],
            [-sin_e * sin_a, cos_e, -sin_e * cos_a],
            [cos_e * sin_a, sin_e, cos_e * cos_a],
        ]
    )


def turn_matrix(angle_deg: float) -> NDArray[np.float64]:
    """Rotation about +Y from +Z toward +X, the sense in which azimuth turns.

    Returns:
        (3, 3) float64 M; `points @ M.T` turns them. A mesh turned by t and seen from azimuth a looks like the
        unturned one seen from a - t.
    """
    angle = np.radians(angle_deg)
    sin, cos = np.sin(angle), np.cos(angle)
    return np.array([[cos, 0.0, sin], [0.0, 1.0, 0.0], [-sin, 0.0, cos]])
