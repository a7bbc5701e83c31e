"""The compiled half of blocks: exposed faces of cells, merged into rectangles, cut into triangles.

A grid point is a corner of cells, (R + 1)**3 of them. The rectangles of all three directions are found first, then
their corners are marked; each rectangle takes up every marked point on its rim before it is cut. So two rectangles that
meet always share the same stretches of their common line, whatever their sizes, and no T-junction is left.

All kernels stand in this one file: Numba's cache does not notice a change in an imported one.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True, error_model="numpy")
def block_triangles(grid: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Merged surface of a grid.

    Args:
        grid: (R, R, R) bool.

    Returns:
        (V, 3) int64 grid points in [0, R] in ascending order, each used and none twice; (F, 3) int64 triangles,
        counterclockwise seen from the empty side, none without area.
    """
    rectangles = _rectangles(grid)
    side = grid.shape[0] + 1
    number = np.full((side, side, side), -1, dtype=np.int32)
    corner = np.empty(3, dtype=np.int64)
    for r in range(len(rectangles)):
        axis, _, level, u0, v0, u1, v1 = rectangles[r]
        for cu, cv in ((u0, v0), (u1, v0), (u1, v1), (u0, v1)):
            corner[axis], corner[(axis + 1) % 3], corner[(axis + 2) % 3] = level, cu, cv
            number[corner[0], corner[1], corner[2]] = 0
    count = 0
    for i in range(side):
        for j in range(side):
            for k in range(side):
                if number[i, j, k] == 0:
                    number[i, j, k] = count
                    count += 1
    points = np.empty((count, 3), dtype=np.int64)
    for i in range(side):
        for j in range(side):
            for k in range(side):
                if number[i, j, k] >= 0:
                    row = number[i, j, k]
                    points[row, 0], points[row, 1], points[row, 2] = i, j, k

    rim = np.empty(4 * side, dtype=np.int64)
    room = 0
    for r in range(len(rectangles)):
        room += _walk(rectangles[r], number, rim)[0] - 2
    faces = np.empty((room, 3), dtype=np.int64)
    at = 0
    for r in range(len(rectangles)):
        length, second, fourth = _walk(rectangles[r], number, rim)
        at = _cut(rim, length, second, fourth, rectangles[r, 1] == 1, faces, at)
    return points, faces


@njit(cache=True, nogil=True, error_model="numpy")
def _rectangles(grid: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(N, 7) int64: axis, whether the empty side lies upward, level along the axis, least and most u and v.

    u and v follow the axis cyclically. Greedy: from each face that is left, as far along v as it goes, then along u.
    """
    side = grid.shape[0]
    cells = grid.reshape(-1)
    strides = (side * side, side, 1)
    found = np.empty((64, 7), dtype=np.int64)
    count = 0
    exposed = np.empty((side, side), dtype=np.bool_)
    for axis in range(3):
        stride, u_stride, v_stride = strides[axis], strides[(axis + 1) % 3], strides[(axis + 2) % 3]
        for layer in range(side):
            for upward in range(2):
                beyond = stride if upward else -stride
                on_border = layer == (side - 1 if upward else 0)
                for u in range(side):
                    for v in range(side):
                        cell = layer * stride + u * u_stride + v * v_stride
                        exposed[u, v] = cells[cell] and (on_border or not cells[cell + beyond])
                for u0 in range(side):
                    for v0 in range(side):
                        if not exposed[u0, v0]:
                            continue
                        v1 = v0 + 1
                        while v1 < side and exposed[u0, v1]:
                            v1 += 1
                        u1 = u0 + 1
                        while u1 < side and _all(exposed, u1, v0, v1):
                            u1 += 1
                        for u in range(u0, u1):
                            for v in range(v0, v1):
                                exposed[u, v] = False
                        if count == len(found):
                            longer = np.empty((2 * count, 7), dtype=np.int64)
                            longer[:count] = found
                            found = longer
                        found[count, 0], found[count, 1], found[count, 2] = axis, upward, layer + upward
                        found[count, 3], found[count, 4] = u0, v0
                        found[count, 5], found[count, 6] = u1, v1
                        count += 1
    return found[:count]


@njit(cache=True, nogil=True, error_model="numpy")
def _all(exposed: NDArray[np.bool_], u: int, v0: int, v1: int) -> bool:
    for v in range(v0, v1):  # noqa: SIM110 - Numba compiles no generator
        if not exposed[u, v]:
            return False
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _walk(rectangle: NDArray[np.int64], number: NDArray[np.int32], rim: NDArray[np.int64]) -> tuple[int, int, int]:
    """Write the marked points around a rectangle into rim, counterclockwise seen from above the axis.

    Returns:
        How many they are, and the places in rim of the second and the fourth corner; the first is at 0.
    """
    axis, _, level, u0, v0, u1, v1 = rectangle
    u_axis, v_axis = (axis + 1) % 3, (axis + 2) % 3
    point = np.empty(3, dtype=np.int64)
    point[axis], point[u_axis], point[v_axis] = level, u0, v0
    length, second, fourth = 0, 0, 0
    for leg in range(4):
        if leg == 1:
            second = length
        elif leg == 3:
            fourth = length
        along = u_axis if leg % 2 == 0 else v_axis
        direction = 1 if leg < 2 else -1
        steps = u1 - u0 if leg % 2 == 0 else v1 - v0
        for _ in range(steps):
            marked = number[point[0], point[1], point[2]]
            if marked >= 0:
                rim[length] = marked
                length += 1
            point[along] += direction
    return length, second, fourth


@njit(cache=True, nogil=True, error_model="numpy")
def _cut(
    rim: NDArray[np.int64], length: int, second: int, fourth: int, upward: bool, faces: NDArray[np.int64], at: int
) -> int:
    """Cut a rectangle with further points on its sides into triangles with area; returns the next free row of faces.

    A fan from the first corner covers it, to the points of the two sides that do not end there. The points of the side
    that leaves the first corner go to the fan's first triangle, from its far end, and those of the side that comes
    back to its last.
    """
    for i in range(length):
        if i < second:
            apex, p = second + 1, i
        elif i < second + 1:
            continue  # the fan's first triangle is cut from its far end, above
        elif i < fourth - 1:
            apex, p = 0, i
        elif i < fourth:
            continue  # and its last one below
        else:
            apex, p = fourth - 1, i
        q = (p + 1) % length
        faces[at, 0] = rim[apex]
        faces[at, 1], faces[at, 2] = (rim[p], rim[q]) if upward else (rim[q], rim[p])
        at += 1
    return at
