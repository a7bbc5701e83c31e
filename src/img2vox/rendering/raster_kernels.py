"""The rasterizer's compiled half: a depth buffer over samples, then light and the way from samples to pixels.

Image coordinates are in samples: u to the right, v downward, the sample in row r and column c at (u, v) = (c, r), so
that the picture covers [-0.5, samples - 0.5]. Depth is kept as nearness, 1 / distance from the camera's plane, since
that is linear in image coordinates; 0 is infinitely far. Camera coordinates are frames.camera_axes'.

All kernels of the rasterizer stand in this one file: Numba's cache does not notice a change in an imported one.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

# A face hides another when it is nearer by this share. Of faces that lie on each other the first one then shows as a
# whole, where rounding would mix them sample by sample.
_DEPTH_TIE = np.float32(1.00001)
_NOT_LIT = -1


@njit(cache=True, nogil=True, error_model="numpy")
def draw_views(
    vertices: NDArray[np.float64],
    faces: NDArray[np.int64],
    grays: NDArray[np.uint8],
    axes: NDArray[np.float64],
    distances: NDArray[np.float64],
    focal: float,
    near_share: float,
    image_size: int,
    offsets: tuple[int, ...],
    lights: NDArray[np.float64],
) -> NDArray[np.uint8]:
    """Draw every view, one after the other.

    Args:
        vertices: (V, 3) float64, world frame, finite.
        faces: (F, 3) int64 in [0, V); not checked here.
        grays: (F,) uint8.
        axes: (views, 3, 3) float64, rows right, up, backward; frames.camera_axes.
        distances: (views,) float64, camera from origin.
        focal: distance of the image plane from the camera, in half pictures.
        near_share: the near plane, as a share of the camera's distance; what lies before it is cut off.
        image_size: pixels per side, H = W.
        offsets: 0, 1, .. up to the number of samples per pixel along each side. A tuple, since its length is then part
            of its type and the loops over a pixel's samples are compiled for it: 2.5 times faster.
        lights: (6,) float64: ambient, headlight, key; the key light's direction in camera coordinates.

    Returns:
        (views, H, W, 2) uint8, gray and straight alpha.
    """
    samples = image_size * len(offsets)
    pictures = np.zeros((len(axes), image_size, image_size, 2), dtype=np.uint8)
    nearness = np.empty((samples, samples), dtype=np.float32)
    owners = np.empty((samples, samples), dtype=np.int32)  # the face that a sample shows, where nearness > 0
    shades = np.empty(len(faces), dtype=np.int16)  # gray of a face in this view, or _NOT_LIT
    projected = np.empty((len(vertices), 3), dtype=np.float64)  # u, v, nearness; nearness 0: before the near plane
    scale = focal * samples / 2.0
    for view in range(len(axes)):
        near = near_share * distances[view]
        nearness[:] = 0.0
        shades[:] = _NOT_LIT
        _project(vertices, axes[view], distances[view], scale, near, samples, projected)
        _draw_faces(vertices, faces, axes[view], distances[view], scale, near, projected, nearness, owners)
        _light_and_reduce(
            vertices,
            faces,
            grays,
            axes[view],
            distances[view],
            lights,
            nearness,
            owners,
            shades,
            offsets,
            _find_box(projected, samples, len(offsets)),
            pictures[view],
        )
    return pictures


@njit(cache=True, nogil=True, error_model="numpy")
def _to_camera(
    vertices: NDArray[np.float64], index: int, axes: NDArray[np.float64], distance: float
) -> tuple[float, float, float]:
    """One vertex in camera coordinates: right, up, and its distance from the camera's plane."""
    x, y, z = vertices[index, 0], vertices[index, 1], vertices[index, 2]
    return (
        axes[0, 0] * x + axes[0, 1] * y + axes[0, 2] * z,
        axes[1, 0] * x + axes[1, 1] * y + axes[1, 2] * z,
        distance - (axes[2, 0] * x + axes[2, 1] * y + axes[2, 2] * z),
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _to_image(x: float, y: float, depth: float, scale: float, samples: int) -> tuple[float, float, float]:
    """A point in camera coordinates, depth > 0, as u, v, nearness."""
    nearness = 1.0 / depth
    middle = (samples - 1) / 2.0
    return middle + scale * x * nearness, middle - scale * y * nearness, nearness


@njit(cache=True, nogil=True, error_model="numpy")
def _project(
    vertices: NDArray[np.float64],
    axes: NDArray[np.float64],
    distance: float,
    scale: float,
    near: float,
    samples: int,
    projected: NDArray[np.float64],
) -> None:
    """Fill projected (V, 3): u, v, nearness of every vertex, nearness 0 before the near plane."""
    for index in range(len(vertices)):
        x, y, depth = _to_camera(vertices, index, axes, distance)
        if depth >= near:
            projected[index, 0], projected[index, 1], projected[index, 2] = _to_image(x, y, depth, scale, samples)
        else:
            projected[index, 2] = 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def _find_box(projected: NDArray[np.float64], samples: int, side: int) -> tuple[int, int, int, int]:
    """Rows and columns of pixels that the mesh can reach, as first, end, first, end; all of them if it is clipped."""
    left = top = math.inf
    right = bottom = -math.inf
    for index in range(len(projected)):
        u, v = projected[index, 0], projected[index, 1]
        if not projected[index, 2] > 0.0:
            return 0, samples // side, 0, samples // side
        left, right, top, bottom = min(left, u), max(right, u), min(top, v), max(bottom, v)
    last = samples - 1
    return (
        _first_sample(top, last) // side,
        _last_sample(bottom, last) // side + 1,
        _first_sample(left, last) // side,
        _last_sample(right, last) // side + 1,
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _draw_faces(
    vertices: NDArray[np.float64],
    faces: NDArray[np.int64],
    axes: NDArray[np.float64],
    distance: float,
    scale: float,
    near: float,
    projected: NDArray[np.float64],
    nearness: NDArray[np.float32],
    owners: NDArray[np.int32],
) -> None:
    """Draw all faces, whichever side they show, in their order."""
    for face in range(len(faces)):
        i, j, k = faces[face, 0], faces[face, 1], faces[face, 2]
        a = (projected[i, 0], projected[i, 1], projected[i, 2])
        b = (projected[j, 0], projected[j, 1], projected[j, 2])
        c = (projected[k, 0], projected[k, 1], projected[k, 2])
        if a[2] > 0.0 and b[2] > 0.0 and c[2] > 0.0:
            _fill(a, b, c, face, nearness, owners)
        elif a[2] > 0.0 or b[2] > 0.0 or c[2] > 0.0:
            _clip_and_fill(vertices, faces, face, axes, distance, scale, near, nearness, owners)


@njit(cache=True, nogil=True, error_model="numpy")
def _clip_and_fill(
    vertices: NDArray[np.float64],
    faces: NDArray[np.int64],
    face: int,
    axes: NDArray[np.float64],
    distance: float,
    scale: float,
    near: float,
    nearness: NDArray[np.float32],
    owners: NDArray[np.int32],
) -> None:
    """Draw what lies behind the near plane of a face that crosses it (Sutherland & Hodgman 1974): 3 or 4 corners."""
    samples = len(nearness)
    corners = np.empty((4, 3), dtype=np.float64)
    count = 0
    for side in range(3):
        x0, y0, depth0 = _to_camera(vertices, faces[face, side], axes, distance)
        x1, y1, depth1 = _to_camera(vertices, faces[face, (side + 1) % 3], axes, distance)
        if depth0 >= near:
            corners[count, 0], corners[count, 1], corners[count, 2] = _to_image(x0, y0, depth0, scale, samples)
            count += 1
        if (depth0 >= near) != (depth1 >= near):
            t = (near - depth0) / (depth1 - depth0)
            x, y = x0 + t * (x1 - x0), y0 + t * (y1 - y0)
            corners[count, 0], corners[count, 1], corners[count, 2] = _to_image(x, y, near, scale, samples)
            count += 1
    first = (corners[0, 0], corners[0, 1], corners[0, 2])
    for second in range(1, count - 1):
        b = (corners[second, 0], corners[second, 1], corners[second, 2])
        c = (corners[second + 1, 0], corners[second + 1, 1], corners[second + 1, 2])
        _fill(first, b, c, face, nearness, owners)


@njit(cache=True, nogil=True, error_model="numpy")
def _first_sample(position: float, last: int) -> int:
    """The first sample at or after a position, 0 to last + 1; 0 for NaN."""
    if not position > 0.0:
        return 0
    return math.ceil(position) if position <= last else last + 1


@njit(cache=True, nogil=True, error_model="numpy")
def _last_sample(position: float, last: int) -> int:
    """The last sample at or before a position, -1 to last; last for NaN."""
    if not position < last:
        return last
    return math.floor(position) if position >= 0.0 else -1


@njit(cache=True, nogil=True, error_model="numpy")
def _fill(
    a: tuple[float, float, float],
    b: tuple[float, float, float],
    c: tuple[float, float, float],
    face: int,
    nearness: NDArray[np.float32],
    owners: NDArray[np.int32],
) -> None:
    """Draw one triangle of the image, corners (u, v, nearness), row by row from side to side.

    A sample on a side belongs to the triangles on both of its sides, and in either the side is walked from its upper
    end: no gap opens between neighbours. Whatever the corners are, NaN included, only samples of the picture change.
    """
    last = len(nearness) - 1
    left, right = _first_sample(min(a[0], b[0], c[0]), last), _last_sample(max(a[0], b[0], c[0]), last)
    top, bottom = _first_sample(min(a[1], b[1], c[1]), last), _last_sample(max(a[1], b[1], c[1]), last)
    if left > right or top > bottom:
        return
    if b[1] < a[1]:
        a, b = b, a
    if c[1] < b[1]:
        b, c = c, b
        if b[1] < a[1]:
            a, b = b, a
    du_b, dv_b, du_c, dv_c = b[0] - a[0], b[1] - a[1], c[0] - a[0], c[1] - a[1]
    area = du_b * dv_c - du_c * dv_b  # doubled
    if not 0.0 < abs(area) < math.inf:
        return  # seen from its edge
    per_u = ((b[2] - a[2]) * dv_c - (c[2] - a[2]) * dv_b) / area
    per_v = ((c[2] - a[2]) * du_b - (b[2] - a[2]) * du_c) / area
    # A sliver's slopes are mostly rounding; its samples still lie between its corners.
    farthest, nearest = np.float32(min(a[2], b[2], c[2])), np.float32(max(a[2], b[2], c[2]))
    long_slope = du_c / dv_c  # dv_c > 0, since the area is not 0
    upper_slope = du_b / dv_b if dv_b > 0.0 else 0.0
    lower_slope = (c[0] - b[0]) / (c[1] - b[1]) if c[1] > b[1] else 0.0
    for row in range(top, bottom + 1):
        u0 = a[0] + (row - a[1]) * long_slope
        u1 = a[0] + (row - a[1]) * upper_slope if row < b[1] else b[0] + (row - b[1]) * lower_slope
        if u1 < u0:
            u0, u1 = u1, u0
        first = max(_first_sample(u0, last), left)
        end = min(_last_sample(u1, last), right) + 1
        span, owner_span = nearness[row, first:end], owners[row, first:end]
        start = a[2] + (row - a[1]) * per_v + (first - a[0]) * per_u
        for offset in range(len(span)):
            value = min(max(np.float32(start + offset * per_u), farthest), nearest)
            if value > span[offset] * _DEPTH_TIE:
                span[offset] = value
                owner_span[offset] = face


@njit(cache=True, nogil=True, error_model="numpy")
def _light(
    vertices: NDArray[np.float64],
    faces: NDArray[np.int64],
    face: int,
    gray: int,
    axes: NDArray[np.float64],
    distance: float,
    lights: NDArray[np.float64],
) -> int:
    """Gray of one face in one view, 0 to 255; the formula is shading.py's."""
    x0, y0, depth0 = _to_camera(vertices, faces[face, 0], axes, distance)
    x1, y1, depth1 = _to_camera(vertices, faces[face, 1], axes, distance)
    x2, y2, depth2 = _to_camera(vertices, faces[face, 2], axes, distance)
    ax, ay, az = x1 - x0, y1 - y0, depth0 - depth1
    bx, by, bz = x2 - x0, y2 - y0, depth0 - depth2
    nx, ny, nz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
    length = math.sqrt(nx * nx + ny * ny + nz * nz)
    # The camera is the origin here, so that (-x0, -y0, depth0) points to it.
    if nz * depth0 - nx * x0 - ny * y0 < 0.0:
        length = -length  # n / length is the normal of the side that is seen
    headlight = abs(nz / length)
    key = max((nx * lights[3] + ny * lights[4] + nz * lights[5]) / length, 0.0)
    light = lights[0] + lights[1] * headlight + lights[2] * key
    if not light < 1.0:  # NaN too: coordinates whose squares overflow
        light = 1.0
    return int(gray * light + 0.5)


@njit(cache=True, nogil=True, error_model="numpy")
def _light_and_reduce(
    vertices: NDArray[np.float64],
    faces: NDArray[np.int64],
    grays: NDArray[np.uint8],
    axes: NDArray[np.float64],
    distance: float,
    lights: NDArray[np.float64],
    nearness: NDArray[np.float32],
    owners: NDArray[np.int32],
    shades: NDArray[np.int16],
    offsets: tuple[int, ...],
    box: tuple[int, int, int, int],
    picture: NDArray[np.uint8],
) -> None:
    """Fill picture (H, W, 2): the mean gray of a pixel's covered samples, and their share; box: see _find_box.

    Only faces that are seen are lit.
    """
    side = len(offsets)
    top, bottom, left, right = box
    per_sample = 255.0 / (side * side)
    for row in range(top, bottom):
        for column in range(left, right):
            covered, gray = 0, 0
            for down in offsets:
                for along in offsets:
                    r, c = row * side + down, column * side + along
                    if nearness[r, c] > 0.0:
                        face = owners[r, c]
                        if shades[face] == _NOT_LIT:
                            shades[face] = _light(vertices, faces, face, grays[face], axes, distance, lights)
                        covered += 1
                        gray += shades[face]
            if covered:
                picture[row, column, 0] = int(gray / covered + 0.5)
                picture[row, column, 1] = int(covered * per_sample + 0.5)
