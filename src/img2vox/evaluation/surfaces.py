"""How near the surface of one voxel grid is to that of another: F-score and Chamfer distance."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from img2vox.evaluation.surface_kernels import nearest_squared

# Tatarchenko et al. 2019, "What do single-view 3D reconstruction networks learn?", section 5.2: 1 % of the side.
F_SCORE_TOLERANCE = 0.01


@dataclass(frozen=True)
class Surface:
    """The exposed cell faces of one grid: each face between a filled cell and an empty one or the outside.

    Attributes:
        faces: (3, R + 1, R, R) bool. faces[d, i, j, k] is the face across axis d between the cells i - 1 and i
            along d, at (j, k) of the other two axes in ascending order.
    """

    faces: NDArray[np.bool_]

    @classmethod
    def of(cls, grid: NDArray[np.bool_]) -> "Surface":
        """Surface of a (R, R, R) bool grid."""
        across = [np.diff(np.moveaxis(grid, axis, 0), axis=0, prepend=False, append=False) for axis in range(3)]
        return cls(np.stack(across))

    @cached_property
    def size(self) -> int:
        """Number of exposed faces."""
        return int(np.count_nonzero(self.faces))

    @cached_property
    def points(self) -> NDArray[np.int64]:
        """(P, 3) centers of the faces in half cells from the grid's corner, 0 to 2 R."""
        return _half_cells(self.faces)


def surface_points(grid: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Centers of the exposed cell faces of a grid.

    Every exposed face has the same area, so these points sample the surface of the blocks evenly, without chance.

    Args:
        grid: (R, R, R) bool, [x, y, z].

    Returns:
        (P, 3) float64 in [-0.5, 0.5], world frame, side of the grid 1.
    """
    return np.asarray(Surface.of(grid).points / (2 * len(grid)) - 0.5)


def surface_scores(a: Surface, b: Surface, tolerance: float) -> tuple[float, float]:
    """F-score and Chamfer distance of two surfaces; see f_score and chamfer_l1."""
    if not a.size or not b.size:
        # A mean must survive one empty answer: the longest distance inside the cube stands for "nowhere near".
        return (1.0, 0.0) if a.size == b.size else (0.0, float(np.sqrt(3.0)))
    from_a, from_b = _distances(a, b), _distances(b, a)
    precision = 1.0 - np.count_nonzero(from_a > tolerance) / a.size
    recall = 1.0 - np.count_nonzero(from_b > tolerance) / b.size
    f_score = 2.0 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0
    return f_score, float(from_a.sum() / a.size + from_b.sum() / b.size) / 2.0


def f_score(a: NDArray[np.bool_], b: NDArray[np.bool_], tolerance: float) -> float:
    """Harmonic mean of precision and recall of the surface points.

    Precision is the share of the surface points of `a` that have one of `b` within `tolerance`, recall the share of
    those of `b` that have one of `a`. Two different face centers are at least 0.7 / R apart: below that tolerance,
    as 1 % at R = 32 is, a face counts when the other grid has the very same face.

    Args:
        a: (R, R, R) bool.
        b: (R, R, R) bool.
        tolerance: in sides of the grid, inclusive.

    Returns:
        In [0, 1]; 1 when both grids are empty, 0 when one is.
    """
    return surface_scores(Surface.of(a), Surface.of(b), tolerance)[0]


def chamfer_l1(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    """Mean of the two mean distances from the surface points of one grid to the nearest of the other.

    Distances are Euclidean, not squared: "Chamfer-L1" of Mescheder et al. 2019 (Occupancy Networks), section 4.

    Args:
        a: (R, R, R) bool.
        b: (R, R, R) bool.

    Returns:
        In sides of the grid; 0 when both grids are empty, sqrt(3), the cube's diagonal, when one is.
    """
    return surface_scores(Surface.of(a), Surface.of(b), 0.0)[1]


def _half_cells(faces: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(3, R + 1, R, R) faces -> (P, 3) centers in half cells, so that all of them are whole numbers."""
    points: list[NDArray[np.int64]] = []
    for axis in range(3):
        across, first, second = np.nonzero(faces[axis])
        columns = [2 * first + 1, 2 * second + 1]
        columns.insert(axis, 2 * across)
        points.append(np.stack(columns, axis=1))
    return np.concatenate(points)


def _distances(a: Surface, b: Surface) -> NDArray[np.float64]:
    """Distance to the nearest center of `b`, for those faces of `a` that `b` does not have; all others' is 0."""
    side = 2 * a.faces.shape[2]
    squared = nearest_squared(_half_cells(a.faces & ~b.faces), b.points, side + 1)
    return np.asarray(np.sqrt(squared) / side)
