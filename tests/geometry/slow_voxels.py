"""The voxelizer once more, slow and obvious: every cell against every triangle, in whole numbers."""

import itertools
from fractions import Fraction

import numpy as np

from img2vox.geometry.mesh import Mesh

LATTICE = 2**20
AXES = np.eye(3, dtype=np.int64)


def step_of(resolution):
    return LATTICE // resolution // 2 * 2


def mesh_of(points, resolution, faces=None):
    """The mesh whose corners are these lattice points, from 0 to R * step along each axis."""
    points = np.asarray(points, dtype=np.int64).reshape(-1, 3)
    side = resolution * step_of(resolution)
    faces = np.arange(len(points)) if faces is None else faces
    faces = np.asarray(faces, dtype=np.int64).reshape(-1, 3)
    return Mesh(points / side - 0.5, faces, np.full(len(faces), 200, dtype=np.uint8))


def mesh_in_cells(points, resolution, faces=None):
    """The mesh whose corners lie at these places, counted in cells from the grid's lower corner; multiples of 1/8."""
    return mesh_of(np.rint(np.asarray(points) * step_of(resolution)), resolution, faces)


def triangles_of(mesh, resolution):
    """(F, 3, 3) int64 lattice points."""
    side = resolution * step_of(resolution)
    return (np.rint(mesh.vertices * side).astype(np.int64) + side // 2)[mesh.faces]


def entered(triangle, low, high):
    """Which of (N, 3) open boxes a triangle enters: no one of the 13 axes separates them (Akenine-Moller 2001)."""
    a, b, c = triangle
    edges = np.array([b - a, c - b, a - c])
    axes = [*AXES, np.cross(edges[0], edges[1]), *(np.cross(edge, axis) for edge in edges for axis in AXES)]
    result = np.ones(len(low), dtype=bool)
    for axis in axes:
        if axis.any():
            ends = triangle @ axis
            positive, negative = np.maximum(axis, 0), np.minimum(axis, 0)
            least, most = low @ positive + high @ negative, high @ positive + low @ negative
            result &= (ends.max() > least) & (ends.min() < most)
    return result


def entered_by_clipping(triangle, low, high):
    """The same for one box, by cutting the triangle to the box with fractions.

    What is left is convex: it has a point inside exactly when for no side of the box all of its corners lie on it, and
    then their mean is one.
    """
    polygon = [[Fraction(int(value)) for value in corner] for corner in triangle]
    for axis in range(3):
        for sign, border in ((1, int(low[axis])), (-1, -int(high[axis]))):
            kept = []
            for p, q in itertools.pairwise([*polygon, *polygon[:1]]):
                dp, dq = sign * p[axis] - border, sign * q[axis] - border
                if dp >= 0:
                    kept.append(p)
                if dp * dq < 0:
                    kept.append([x + (y - x) * dp / (dp - dq) for x, y in zip(p, q, strict=True)])
            polygon = kept
            if not polygon:
                return False
    mean = [sum(corner[axis] for corner in polygon) / len(polygon) for axis in range(3)]
    return all(int(low[axis]) < mean[axis] < int(high[axis]) for axis in range(3))


def reached_from_outside(entered_cells, walls):
    """Cells that a flood reaches, a step to all six neighbours at a time; walls are (lower cell, upper cell) pairs."""
    free = ~np.pad(entered_cells, 1)
    closed = np.zeros((3, *free.shape), dtype=bool)  # [axis, cell]: a wall stands on the cell's lower side
    for lower, upper in walls:
        axis = next(axis for axis in range(3) if lower[axis] != upper[axis])
        closed[axis][tuple(index + 1 for index in upper)] = True
    seen = np.zeros_like(free)
    seen[0, 0, 0] = True
    reached = 0
    while reached < (reached := np.count_nonzero(seen)):
        for axis in range(3):
            lower = [slice(None)] * 3
            upper = [slice(None)] * 3
            lower[axis], upper[axis] = slice(None, -1), slice(1, None)
            lower, upper = tuple(lower), tuple(upper)
            open_sides = ~closed[axis][upper]
            seen[upper] |= seen[lower] & open_sides & free[upper]
            seen[lower] |= seen[upper] & open_sides & free[lower]
    return seen[1:-1, 1:-1, 1:-1]


def slow_voxelize(mesh, resolution, solid):
    """The standard convention's grid, surface or flood."""
    step = step_of(resolution)
    cells = np.stack(np.meshgrid(*[np.arange(resolution)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    grid = np.zeros((resolution,) * 3, dtype=bool)
    groups = set()
    for triangle in triangles_of(mesh, resolution):
        flat = [len(set(values)) == 1 and values[0] % step == 0 for values in triangle.T.tolist()]
        if not any(flat):
            grid |= entered(triangle, cells * step, (cells + 1) * step).reshape(grid.shape)
            continue
        # Boxes of two cells across each axis in which the triangle lies in a border.
        spans = [
            [(b // step - 1, b // step + 1)] if is_flat else [(i, i + 1) for i in range(resolution)]
            for is_flat, b in zip(flat, triangle[0].tolist(), strict=True)
        ]
        boxes = np.array(list(itertools.product(*spans)))  # (N, 3, 2)
        for box in boxes[entered(triangle, boxes[..., 0] * step, boxes[..., 1] * step)]:
            members = itertools.product(*[[i for i in range(*span) if 0 <= i < resolution] for span in box.tolist()])
            groups.add(tuple(members))
    for group in groups:
        if len(group) == 1:
            grid[group[0]] = True
    inside = ~grid & ~reached_from_outside(grid, {group for group in groups if len(group) == 2})
    filled = grid | (inside if solid == "flood" else False)
    for group in groups:
        alone = not any(grid[cell] or inside[cell] for cell in group)
        for cell in group:
            filled[cell] |= alone or inside[cell]
    return filled
