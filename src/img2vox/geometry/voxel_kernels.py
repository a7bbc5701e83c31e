"""The voxelizer's compiled half: triangles to marks, what lies inside, and marks to cells. Integers throughout.

Coordinates are lattice steps counted from the grid's lower corner: cell i spans [i * step, (i + 1) * step] along each
axis and a mesh in the box has coordinates from 0 to R * step. As that is at most 2**20 and nothing here multiplies more
than three lengths, no value leaves int64 and no comparison depends on rounding.

A triangle marks the cells whose interior it enters. One that lies in the plane between two layers of cells enters
neither; it claims the pairs of cells on both sides of it instead, and so do a triangle without area that lies on an
edge between four cells, or on a corner between eight. Each of these is a group of cells, and its kind is the set of
axes across which its cells lie: a mask with bit 0 for x, 1 for y, 2 for z. The uint16 mark of a cell has bit `mask` set
when it is the upper cell of a claimed group of that kind; the group without axes, mask 0, is the cell itself: entered.

All kernels of the voxelizer stand in this one file: Numba's cache does not notice a change in an imported one.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

_ENTERED = np.uint16(1)
_KINDS = 8


@njit(cache=True, nogil=True, error_model="numpy")
def to_lattice(vertices: NDArray[np.float64], resolution: int, step: int) -> NDArray[np.int64]:
    """(V, 3) int64 lattice coordinates in [0, R * step] of (V, 3) float64 ones in [-0.5, 0.5]; step is even.

    Rounding to the nearest treats a number and its negative alike, so that a mirrored mesh stays one.
    """
    side = resolution * step
    points = np.empty(vertices.shape, dtype=np.int64)
    for vertex in range(len(vertices)):
        for axis in range(3):
            points[vertex, axis] = np.int64(np.rint(vertices[vertex, axis] * side)) + side // 2
    return points


@njit(cache=True, nogil=True, error_model="numpy")
def mark_triangles(
    points: NDArray[np.int64], faces: NDArray[np.int64], resolution: int, step: int
) -> NDArray[np.uint16]:
    """Mark every cell that a triangle enters and every group of cells that it claims; see the top of this file.

    Separating axes (T. Akenine-Moller, Fast 3D triangle-box overlap testing, 2001) in the form of M. Schwarz and H.-P.
    Seidel (Fast parallel surface and solid voxelization on GPUs, 2010): three projections, and one interval of the
    plane for each column of cells. Against an open box an axis separates when the projections merely touch. A group of
    cells is tested as the one box that they form.

    Args:
        points: (V, 3) int64 in [0, R * step].
        faces: (F, 3) int64 in [0, V); any, also without area. Not checked here.
        resolution: cells per side, R.
        step: lattice steps per cell, even; R * step <= 2**20.

    Returns:
        (R, R, R) uint16 marks, [x, y, z].
    """
    marks = np.zeros(resolution**3, dtype=np.uint16)
    strides = (resolution * resolution, resolution, 1)
    first = np.empty(3, dtype=np.int64)  # of the boxes that the triangle may enter: where their row in marks starts,
    count = np.empty(3, dtype=np.int64)  # how many they are,
    low = np.empty(3, dtype=np.int64)  # where the first begins,
    size = np.empty(3, dtype=np.int64)  # how long each is
    forms = np.empty((3, 3, 4), dtype=np.int64)  # by projection and edge; see _edge_forms
    for face in range(len(faces)):
        a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
        mask, in_border = 0, False
        for axis in range(3):
            p, q, r = points[a, axis], points[b, axis], points[c, axis]
            least, most = min(p, q, r), max(p, q, r)
            cell = least // step
            if least == most and cell * step == least:
                in_border = True
                low[axis], size[axis], count[axis] = least - step, 2 * step, 1
                # On the grid's own border there is a cell on one side only.
                first[axis] = min(cell, resolution - 1)
                if 0 < cell < resolution:
                    mask |= 1 << axis
            else:
                low[axis], size[axis] = cell * step, step
                first[axis], count[axis] = cell, max((most - 1) // step - cell, 0) + 1
        bit = np.uint16(1 << mask)
        if count[0] * count[1] * count[2] == 1 and not in_border:  # inside one cell: nearly all of a fine mesh
            marks[first[0] * strides[0] + first[1] * strides[1] + first[2]] |= bit
            continue

        ax, ay, az = points[a, 0], points[a, 1], points[a, 2]
        bx, by, bz = points[b, 0] - ax, points[b, 1] - ay, points[b, 2] - az
        cx, cy, cz = points[c, 0] - ax, points[c, 1] - ay, points[c, 2] - az
        normal = (by * cz - bz * cy, bz * cx - bx * cz, bx * cy - by * cx)
        _edge_forms(points, a, b, c, size, forms)
        # Columns run along w, the axis closest to the normal, so that the plane leaves few cells of each; a triangle
        # without area has no plane and leaves few columns when they run along its shortest side.
        has_plane = normal[0] != 0 or normal[1] != 0 or normal[2] != 0
        w = 0
        for axis in range(1, 3):
            better = abs(normal[axis]) > abs(normal[w]) if has_plane else count[axis] < count[w]
            w = axis if better else w
        u, v = (w + 1) % 3, (w + 2) % 3
        sliced = has_plane and not in_border
        sign = 1 if normal[w] > 0 else -1
        nu, nv, nw = sign * normal[u], sign * normal[v], sign * normal[w]
        offset = nu * points[a, u] + nv * points[a, v] + nw * points[a, w]
        lower = min(0, -nu * step) + min(0, -nv * step)
        upper = max(0, -nu * step) + max(0, -nv * step)
        for i in range(count[u]):
            pu = low[u] + i * size[u]
            for j in range(count[v]):
                pv = low[v] + j * size[v]
                if not _meets(forms[w], pu, pv):
                    continue
                start, stop = 0, count[w]
                if sliced:
                    # The plane's height over the lower corner, times nw; over the cell it reaches from lower to upper.
                    height = offset - nu * pu - nv * pv - nw * low[w]
                    start = max(start, (height + lower) // (nw * step))
                    stop = min(stop, -(-(height + upper) // (nw * step)))
                row = (first[u] + i) * strides[u] + (first[v] + j) * strides[v]
                for k in range(start, stop):
                    pw = low[w] + k * size[w]
                    place = row + (first[w] + k) * strides[w]
                    if not marks[place] & bit and _meets(forms[u], pv, pw) and _meets(forms[v], pw, pu):
                        marks[place] |= bit
    return marks.reshape((resolution, resolution, resolution))


@njit(cache=True, nogil=True, error_model="numpy")
def _edge_forms(
    points: NDArray[np.int64], a: int, b: int, c: int, size: NDArray[np.int64], forms: NDArray[np.int64]
) -> None:
    """Fill forms[axis, edge] for the projection along each axis, onto the two that follow it cyclically.

    (mu, mv, least, most): the projections of triangle and open box overlap across this edge when the box's lower
    corner (pu, pv) has least < mu * pu + mv * pv < most.
    """
    corners = (a, b, c)
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        for edge in range(3):
            p, q, third = corners[edge], corners[(edge + 1) % 3], corners[(edge + 2) % 3]
            mu, mv = points[p, v] - points[q, v], points[q, u] - points[p, u]
            if mu == 0 and mv == 0:  # seen from its end: no axis to test
                least, most = -1, 1
            else:
                on_edge = mu * points[p, u] + mv * points[p, v]
                opposite = mu * points[third, u] + mv * points[third, v]
                reach_u, reach_v = mu * size[u], mv * size[v]
                least = min(on_edge, opposite) - max(0, reach_u) - max(0, reach_v)
                most = max(on_edge, opposite) - min(0, reach_u) - min(0, reach_v)
            forms[axis, edge, 0], forms[axis, edge, 1] = mu, mv
            forms[axis, edge, 2], forms[axis, edge, 3] = least, most


@njit(cache=True, nogil=True, error_model="numpy")
def _meets(forms: NDArray[np.int64], pu: int, pv: int) -> bool:
    for edge in range(3):
        value = forms[edge, 0] * pu + forms[edge, 1] * pv
        if value <= forms[edge, 2] or value >= forms[edge, 3]:
            return False
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def enclosed_cells(marks: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """(R, R, R) bool: cells that no triangle enters and that cannot be reached from outside the grid.

    A way leads from cell to cell through common faces that no triangle lies in. It meets no point of the mesh, so that
    what is reached is outside in the strict sense.
    """
    side = marks.shape[0]
    strides = (side * side, side, 1)
    flat = marks.reshape(-1)
    closed = np.empty(flat.size, dtype=np.bool_)
    for cell in range(flat.size):
        closed[cell] = not flat[cell] & _ENTERED
    stack = np.empty(flat.size, dtype=np.int32)
    depth = 0
    for i in range(side):
        for j in range(side):
            for k in (0, side - 1):
                for axis in range(3):
                    cell = k * strides[axis] + i * strides[(axis + 1) % 3] + j * strides[(axis + 2) % 3]
                    if closed[cell]:
                        closed[cell] = False
                        stack[depth] = cell
                        depth += 1
    while depth > 0:
        depth -= 1
        cell = int(stack[depth])
        mark = flat[cell]
        place = cell
        for axis in range(3):
            stride = strides[axis]
            wall = np.uint16(1 << (1 << axis))
            index = place // stride
            place -= index * stride
            if index > 0 and not mark & wall and closed[cell - stride]:
                closed[cell - stride] = False
                stack[depth] = cell - stride
                depth += 1
            if index < side - 1 and closed[cell + stride] and not flat[cell + stride] & wall:
                closed[cell + stride] = False
                stack[depth] = cell + stride
                depth += 1
    return closed.reshape(marks.shape)


@njit(cache=True, nogil=True, error_model="numpy")
def parity_cells(points: NDArray[np.int64], faces: NDArray[np.int64], resolution: int, step: int) -> NDArray[np.bool_]:
    """(R, R, R) bool: centers before which a ray meets an odd number of triangles, for two of three rays or more.

    One ray along each axis, from the lower side. A ray through an edge or a corner passes it on the side that a shift
    by (epsilon, epsilon**2) would put it, so that a closed mesh is met an even number of times.
    """
    votes = np.zeros(resolution**3, dtype=np.uint8)
    flips = np.empty(resolution**3, dtype=np.bool_)
    strides = (resolution * resolution, resolution, 1)
    half = step // 2
    for w in range(3):
        u, v = (w + 1) % 3, (w + 2) % 3
        flips[:] = False
        for face in range(len(faces)):
            a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
            nw = _doubled_area(points, a, b, c, u, v)
            if nw == 0:
                continue
            if nw < 0:
                b, c, nw = c, b, -nw
            nu, nv = _doubled_area(points, a, b, c, v, w), _doubled_area(points, a, b, c, w, u)
            offset = nu * points[a, u] + nv * points[a, v] + nw * points[a, w]
            first_u = -((half - min(points[a, u], points[b, u], points[c, u])) // step)
            first_v = -((half - min(points[a, v], points[b, v], points[c, v])) // step)
            last_u = (max(points[a, u], points[b, u], points[c, u]) - half) // step
            last_v = (max(points[a, v], points[b, v], points[c, v]) - half) // step
            for i in range(first_u, last_u + 1):
                pu = i * step + half
                for j in range(first_v, last_v + 1):
                    pv = j * step + half
                    if (
                        _left_of(points, a, b, u, v, pu, pv)
                        and _left_of(points, b, c, u, v, pu, pv)
                        and _left_of(points, c, a, u, v, pu, pv)
                    ):
                        height = offset - nu * pu - nv * pv  # of the crossing, times nw
                        k = max((height - nw * half) // (nw * step) + 1, 0)  # first center beyond it
                        if k < resolution:
                            cell = i * strides[u] + j * strides[v] + k * strides[w]
                            flips[cell] = not flips[cell]
        for i in range(resolution):
            for j in range(resolution):
                odd = False
                for k in range(resolution):
                    cell = i * strides[u] + j * strides[v] + k * strides[w]
                    odd ^= flips[cell]
                    votes[cell] += odd
    return (votes >= 2).reshape((resolution, resolution, resolution))


@njit(cache=True, nogil=True, error_model="numpy")
def _doubled_area(points: NDArray[np.int64], a: int, b: int, c: int, u: int, v: int) -> int:
    doubled: int = (points[b, u] - points[a, u]) * (points[c, v] - points[a, v]) - (points[b, v] - points[a, v]) * (
        points[c, u] - points[a, u]
    )
    return doubled


@njit(cache=True, nogil=True, error_model="numpy")
def _left_of(points: NDArray[np.int64], a: int, b: int, u: int, v: int, pu: int, pv: int) -> bool:
    mu, mv = points[a, v] - points[b, v], points[b, u] - points[a, u]
    value = mu * (pu - points[a, u]) + mv * (pv - points[a, v])
    return bool(value > 0 or (value == 0 and (mu > 0 or (mu == 0 and mv > 0))))


@njit(cache=True, nogil=True, error_model="numpy")
def wound_cells(
    points: NDArray[np.int64], faces: NDArray[np.int64], marks: NDArray[np.uint16], step: int
) -> NDArray[np.bool_]:
    """(R, R, R) bool: centers of cells that no triangle enters with a winding number beyond 1/2 in either sense.

    A. Jacobson et al., Robust inside-outside segmentation using generalized winding numbers, 2013; a triangle's solid
    angle after A. van Oosterom and J. Strackee, The solid angle of a plane triangle, 1983.
    """
    side = marks.shape[0]
    inside = np.zeros(marks.shape, dtype=np.bool_)
    for i in range(side):
        for j in range(side):
            for k in range(side):
                if marks[i, j, k] & _ENTERED:
                    continue
                x, y, z = (i + 0.5) * step, (j + 0.5) * step, (k + 0.5) * step
                angle = 0.0
                for face in range(len(faces)):
                    a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
                    ax, ay, az = points[a, 0] - x, points[a, 1] - y, points[a, 2] - z
                    bx, by, bz = points[b, 0] - x, points[b, 1] - y, points[b, 2] - z
                    cx, cy, cz = points[c, 0] - x, points[c, 1] - y, points[c, 2] - z
                    la = math.sqrt(ax * ax + ay * ay + az * az)
                    lb = math.sqrt(bx * bx + by * by + bz * bz)
                    lc = math.sqrt(cx * cx + cy * cy + cz * cz)
                    volume = ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx)
                    ab, bc, ca = ax * bx + ay * by + az * bz, bx * cx + by * cy + bz * cz, cx * ax + cy * ay + cz * az
                    angle += math.atan2(volume, la * lb * lc + ab * lc + bc * la + ca * lb)
                # Each term is half a solid angle, and the whole sphere's is 4 pi.
                inside[i, j, k] = abs(angle) > math.pi
    return inside


@njit(cache=True, nogil=True, error_model="numpy")
def fill_cells(marks: NDArray[np.uint16], inside: NDArray[np.bool_], solid: bool) -> NDArray[np.bool_]:
    """Filled cells of a grid: those that a triangle enters, those inside if solid, and what claimed groups add.

    A claimed group fills those of its cells that lie inside. Where none does and none is entered, it fills all of them:
    the mesh is a sheet or a line there and has no inner side.

    Args:
        marks: (R, R, R) uint16, from mark_triangles.
        inside: (R, R, R) bool; what it says about entered cells does not matter.
        solid: whether cells inside are filled.

    Returns:
        (R, R, R) bool.
    """
    side = marks.shape[0]
    filled = np.empty(marks.shape, dtype=np.bool_)
    for i in range(side):
        for j in range(side):
            for k in range(side):
                filled[i, j, k] = bool(marks[i, j, k] & _ENTERED) or (solid and inside[i, j, k])
    for i in range(side):
        for j in range(side):
            for k in range(side):
                if marks[i, j, k] <= _ENTERED:
                    continue
                for mask in range(1, _KINDS):
                    if not marks[i, j, k] & np.uint16(1 << mask):
                        continue
                    alone = True
                    for member in range(_KINDS):
                        if member & ~mask == 0:
                            x, y, z = i - (member & 1), j - (member >> 1 & 1), k - (member >> 2)
                            alone &= not (inside[x, y, z] or marks[x, y, z] & _ENTERED)
                    for member in range(_KINDS):
                        if member & ~mask == 0:
                            x, y, z = i - (member & 1), j - (member >> 1 & 1), k - (member >> 2)
                            filled[x, y, z] |= alone or inside[x, y, z]
    return filled
