"""Closed solids from a handful of sweeps: everything parametric is put together from these.

Frame: right-handed, +X right, +Y up, +Z front. Solids are centered on the origin unless said otherwise, and face
outward. NumPy alone, so that the shapes do not depend on the version of a mesh library.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from img2vox.sample.outlines import Outline, Path3, circle, rectangle, rounded_rectangle

# Where an outline's u and v and the direction of the sweep go, as indices into (u, v, sweep).
_AXES = {"x": (2, 1, 0), "y": (0, 2, 1), "z": (0, 1, 2)}


@dataclass(frozen=True)
class Solid:
    """A closed surface.

    Attributes:
        vertices: (V, 3) float64.
        faces: (F, 3) int64 in [0, V), counter-clockwise seen from outside.
    """

    vertices: NDArray[np.float64]
    faces: NDArray[np.int64]

    def at(self, x: float, y: float, z: float) -> "Solid":
        """Moved by (x, y, z)."""
        return Solid(self.vertices + np.array((x, y, z)), self.faces)

    def on(self, y: float) -> "Solid":
        """Moved up or down until its lowest point is at height y."""
        return self.at(0.0, y - float(self.vertices[:, 1].min()), 0.0)

    def turned(self, axis: str, angle_deg: float) -> "Solid":
        """Turned about an axis through the origin, counter-clockwise seen from that axis' positive end."""
        sin, cos = np.sin(np.radians(angle_deg)), np.cos(np.radians(angle_deg))
        first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
        vertices = self.vertices.copy()
        vertices[:, first] = cos * self.vertices[:, first] - sin * self.vertices[:, second]
        vertices[:, second] = sin * self.vertices[:, first] + cos * self.vertices[:, second]
        return Solid(vertices, self.faces)

    def stretched(self, x: float, y: float, z: float) -> "Solid":
        """Scaled along each axis; factors are positive."""
        return Solid(self.vertices * (x, y, z), self.faces)

    def warped(self, move: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> "Solid":
        """Every vertex moved by a function (V, 3) -> (V, 3)."""
        return Solid(move(self.vertices.copy()), self.faces)

    def flipped(self) -> "Solid":
        """Mirrored in x."""
        return Solid(self.vertices * (-1.0, 1.0, 1.0), self.faces[:, ::-1])


def _facing_outward(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> Solid:
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    volume = float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum())
    return Solid(vertices, faces if volume >= 0 else faces[:, ::-1])


def loft(rings: ArrayLike, closed: bool = False) -> Solid:
    """Surface through rings of equally many points.

    Args:
        rings: (N, K, 3), one after the other along the sweep; a ring may shrink to a point.
        closed: join the last ring to the first; otherwise both ends are covered by fans, which fits outlines that
            can be seen whole from their mean.
    """
    points = np.asarray(rings, dtype=np.float64)
    count, sides, _ = points.shape
    vertices = [points.reshape(-1, 3)]
    ring = np.arange(count if closed else count - 1)[:, None] * sides
    here, beside = np.arange(sides)[None, :], (np.arange(sides) + 1)[None, :] % sides
    a, b = ring + here, ring + beside
    c, d = (ring + sides + beside) % (count * sides), (ring + sides + here) % (count * sides)
    faces = [np.stack([a, b, c], axis=-1).reshape(-1, 3), np.stack([a, c, d], axis=-1).reshape(-1, 3)]
    if not closed:
        vertices.append(points[[0, -1]].mean(axis=1))
        first = np.arange(sides)
        second, last = (first + 1) % sides, (count - 1) * sides
        faces.append(np.column_stack([second, first, np.full(sides, count * sides)]))
        faces.append(np.column_stack([first + last, second + last, np.full(sides, count * sides + 1)]))
    return _facing_outward(np.concatenate(vertices), np.concatenate(faces))


def stack(outline: Outline, levels: Sequence[tuple[float, ...]], along: str = "y") -> Solid:
    """One outline swept straight and scaled on the way.

    Levels that lead up the outside and back down the inside make a vessel.

    Args:
        outline: (K, 2); its axes become x and z along "y", x and y along "z", z and y along "x".
        levels: (position, scale) or (position, scale of u, scale of v), with (.., offset of u, offset of v) behind.
        along: the axis of the sweep.
    """
    rings = []
    for position, *scales in levels:
        scale = scales[:2] if len(scales) > 1 else scales * 2
        offset = scales[2:] or (0.0, 0.0)
        flat = outline * scale + offset
        sweep = np.column_stack([flat, np.full(len(flat), position)])
        rings.append(sweep[:, _AXES[along]])
    return loft(rings)


def lathe(profile: Sequence[tuple[float, float]], along: str = "y", sides: int = 20) -> Solid:
    """Solid of revolution from (radius, position along the axis)."""
    return stack(circle(1.0, sides), [(position, radius) for radius, position in profile], along)


def cylinder(radius: float, length: float, along: str = "y", sides: int = 20) -> Solid:
    """Round bar."""
    return lathe([(radius, -length / 2), (radius, length / 2)], along, sides)


def cone(bottom: float, top: float, length: float, along: str = "y", sides: int = 20) -> Solid:
    """Truncated cone; a radius may be zero."""
    return lathe([(bottom, -length / 2), (top, length / 2)], along, sides)


def ellipsoid(a: float, b: float, c: float, sides: int = 20) -> Solid:
    """Half axes a, b, c along x, y, z."""
    angles = np.linspace(-np.pi / 2, np.pi / 2, sides // 2 + 1)
    profile = [(float(np.cos(t)) if abs(t) < 1.57 else 0.0, float(np.sin(t))) for t in angles]
    return lathe(profile, sides=sides).stretched(a, b, c)


def dome(a: float, height: float, c: float, wall: float, sides: int = 20) -> Solid:
    """Upper half of an ellipsoid with half axes a, height, c, on the XZ plane, open below, its wall `wall` thick."""

    def levels(shrink: float) -> list[tuple[float, float, float]]:
        angles = np.linspace(0, np.pi / 2, 8)[:-1]
        arc = [((height - shrink) * np.sin(t), (a - shrink) * np.cos(t), (c - shrink) * np.cos(t)) for t in angles]
        return [*arc, (height - shrink, 0.0, 0.0)]

    return stack(circle(1.0, sides), [*levels(wall)[::-1], *levels(0.0)])


def box(width: float, height: float, depth: float) -> Solid:
    """Box along x, y, z."""
    return stack(rectangle(width, depth), [(-height / 2, 1.0), (height / 2, 1.0)])


def rounded_box(width: float, height: float, depth: float, radius: float, along: str = "y") -> Solid:
    """Box with round edges; the axis named by `along` is the one it is swept along (the finer rounding is about it)."""
    sizes = {"x": (depth, height, width), "y": (width, depth, height), "z": (width, height, depth)}[along]
    radius = min(radius, *(0.499 * size for size in sizes))
    rings = []
    for side in (-1, 1):
        for t in np.linspace(np.pi / 2, 0, 4)[::-side]:
            inset = radius * (1 - np.cos(t))
            # The corner's radius must not vanish, or its points would fall together.
            flat = rounded_rectangle(sizes[0] - 2 * inset, sizes[1] - 2 * inset, radius - 0.999 * inset, 3)
            position = side * (sizes[2] / 2 - radius + radius * np.sin(t))
            rings.append(np.column_stack([flat, np.full(len(flat), position)])[:, _AXES[along]])
    return loft(rings)


def vessel(outline: Outline, levels: Sequence[tuple[float, float]], wall: float, floor: float) -> Solid:
    """Open container along +Y.

    Args:
        outline: (K, 2) in x and z.
        levels: (height, scale) of the outside, from the bottom up.
        wall: thickness of the wall.
        floor: thickness of the bottom.
    """
    half = np.abs(outline).max(axis=0)
    bottom, top = levels[0][0] + floor, levels[-1][0]
    heights, scales = np.array(levels, dtype=np.float64).T
    # The inside follows the outside from just above the bottom; levels below that are left out.
    inner = [bottom, *(y for y in heights if bottom < y <= top)]
    inside = []
    for y in reversed(inner):
        scale = float(np.interp(y, heights, scales))
        inside.append((float(y), *(max(scale - wall / float(size), 0.01) for size in half)))
    return stack(outline, [*((float(y), float(s), float(s)) for y, s in levels), *inside])


def tube(path: ArrayLike, radius: float | Sequence[float], sides: int = 8, closed: bool = False) -> Solid:
    """Round bar along a path.

    Args:
        path: (N, 3) points, N >= 2.
        radius: of the bar, one number or one a point.
        sides: points around the bar.
        closed: join the end to the start, for rings.
    """
    radii = np.broadcast_to(np.asarray(radius, dtype=np.float64), len(np.asarray(path)))
    return sweep(path, circle(1.0, sides), radii, closed)


def sweep(path: ArrayLike, outline: Outline, scales: ArrayLike, closed: bool = False) -> Solid:
    """An outline carried along a path without twisting; u starts as horizontal as it can be, v as upright."""
    points: Path3 = np.asarray(path, dtype=np.float64)
    factors = np.asarray(scales, dtype=np.float64)
    around = np.roll(points, -1, axis=0) - np.roll(points, 1, axis=0)
    tangents = around if closed else np.gradient(points, axis=0)
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    up = np.array([0.0, 1.0, 0.0]) if abs(tangents[0, 1]) < 0.9 else np.array([0.0, 0.0, 1.0])
    rings = []
    for point, tangent, factor in zip(points, tangents, factors, strict=True):
        up = up - tangent * float(up @ tangent)
        up /= np.linalg.norm(up)
        side = np.cross(up, tangent)
        rings.append(point + factor * (outline[:, :1] * side + outline[:, 1:] * up))
    return loft(rings, closed)


def bar(start: Sequence[float], end: Sequence[float], radius: float, sides: int = 8) -> Solid:
    """Straight round bar between two points."""
    return tube([start, end], radius, sides)


def torus(major: float, minor: float, along: str = "y", sides: int = 20) -> Solid:
    """Ring about an axis: `major` to the middle of the bar, `minor` the bar's own radius."""
    flat = circle(major, sides)
    sweep_axis = np.column_stack([flat, np.zeros(sides)])
    return tube(sweep_axis[:, _AXES[along]], minor, 8, closed=True)


def extrude(outline: ArrayLike, depth: float, along: str = "z") -> Solid:
    """Plate with any outline that does not cross itself.

    Args:
        outline: (K, 2); its axes go where `stack` puts them.
        depth: thickness, half of it to each side.
        along: the axis of the thickness.
    """
    flat = np.asarray(outline, dtype=np.float64)
    count = len(flat)
    cap = _triangulate(flat)
    side = np.arange(count)
    beside = (side + 1) % count
    faces = [
        cap[:, ::-1],
        cap + count,
        np.column_stack([side, beside, beside + count]),
        np.column_stack([side, beside + count, side + count]),
    ]
    if _area(flat) < 0:
        faces[2], faces[3] = faces[2][:, ::-1], faces[3][:, ::-1]
    both = [np.column_stack([flat, np.full(count, z)])[:, _AXES[along]] for z in (-depth / 2, depth / 2)]
    return _facing_outward(np.concatenate(both), np.concatenate(faces))


def _area(flat: Outline) -> float:
    after = np.roll(flat, -1, axis=0)
    return float((flat[:, 0] * after[:, 1] - after[:, 0] * flat[:, 1]).sum() / 2)


def _triangulate(flat: Outline) -> NDArray[np.int64]:
    """Triangles of an outline, counter-clockwise, by cutting off ears."""
    left = list(range(len(flat)))
    if _area(flat) < 0:
        left.reverse()
    triangles = []
    while len(left) > 3:
        ears = (k for k in range(len(left)) if _is_ear(flat, left, k))
        k = next(ears, 0)  # 0 only where rounding leaves a sliver
        triangles.append((left[k - 1], left[k], left[(k + 1) % len(left)]))
        del left[k]
    return np.array([*triangles, left], dtype=np.int64)


def _is_ear(flat: Outline, left: list[int], k: int) -> bool:
    a, b, c = flat[left[k - 1]], flat[left[k]], flat[left[(k + 1) % len(left)]]

    def turns(p: Outline, q: Outline, r: Outline) -> NDArray[np.float64]:
        return np.asarray((q[0] - p[0]) * (r[..., 1] - p[1]) - (q[1] - p[1]) * (r[..., 0] - p[0]))

    if turns(a, b, c) <= 1e-12:
        return False
    corners = (left[k - 1], left[k], left[(k + 1) % len(left)])
    others = flat[[i for i in left if i not in corners]]
    inside = (turns(a, b, others) > -1e-12) & (turns(b, c, others) > -1e-12) & (turns(c, a, others) > -1e-12)
    return not inside.any()


def pair(solid: Solid) -> tuple[Solid, Solid]:
    """A solid and its mirror image in x."""
    return solid, solid.flipped()


def four(solid: Solid, x: float, z: float) -> list[Solid]:
    """Copies at (x, z), (-x, z), (x, -z) and (-x, -z)."""
    return [solid.at(sign_x * x, 0.0, sign_z * z) for sign_x in (1, -1) for sign_z in (1, -1)]
