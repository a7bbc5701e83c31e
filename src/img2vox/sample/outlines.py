"""Outlines in a plane and paths in space, which solids.py sweeps into solids.

An outline is (K, 2) float64, closed without repeating its first point. A path is (N, 3) float64.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Outline = NDArray[np.float64]
Path3 = NDArray[np.float64]
Point2 = tuple[float, float]
Point3 = tuple[float, float, float]


def ellipse(a: float, b: float, sides: int) -> Outline:
    """Ellipse with half axes a and b, (sides, 2)."""
    angles = 2 * np.pi * (np.arange(sides) + 0.5) / sides
    return np.column_stack([a * np.cos(angles), b * np.sin(angles)])


def circle(radius: float, sides: int) -> Outline:
    """Regular polygon whose corners lie on a circle, a flat side at the right, (sides, 2)."""
    return ellipse(radius, radius, sides)


def rectangle(width: float, height: float) -> Outline:
    """Rectangle around the origin, (4, 2)."""
    return np.array([(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)]) * (width / 2, height / 2)


def rounded_rectangle(width: float, height: float, radius: float, steps: int = 4) -> Outline:
    """Rectangle around the origin with round corners of `steps` segments each, (4 * (steps + 1), 2)."""
    radius = min(radius, width / 2, height / 2)
    angles = np.linspace(0, np.pi / 2, steps + 1)
    corners = []
    for turn, (side_x, side_y) in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1))):
        center = (side_x * (width / 2 - radius), side_y * (height / 2 - radius))
        corners.append(
            center + radius * np.column_stack([np.cos(angles + turn * np.pi / 2), np.sin(angles + turn * np.pi / 2)])
        )
    return np.concatenate(corners)


def superellipse(a: float, b: float, power: float, sides: int) -> Outline:
    """|x/a|^power + |y/b|^power = 1: 2 is an ellipse, 4 nearly a rectangle, (sides, 2)."""
    unit = circle(1.0, sides)
    return np.sign(unit) * np.abs(unit) ** (2 / power) * (a, b)


def arc(a: float, b: float, start_deg: float, stop_deg: float, steps: int) -> Outline:
    """Points of an ellipse's arc, both ends included, (steps + 1, 2); 0 degrees is +x, 90 is +y. Not closed."""
    angles = np.radians(np.linspace(start_deg, stop_deg, steps + 1))
    return np.column_stack([a * np.cos(angles), b * np.sin(angles)])


def arc_path(
    plane: str, center: Point3, a: float, b: float, start_deg: float, stop_deg: float, steps: int = 12
) -> Path3:
    """An ellipse's arc in space, (steps + 1, 3).

    Args:
        plane: "xy", "zy" or "xz": the world axes that half axes a and b lie along.
        center: of the ellipse.
        a: half axis along the plane's first letter.
        b: half axis along its second letter.
        start_deg: 0 is along the first letter, 90 along the second.
        stop_deg: of the last point.
        steps: segments.
    """
    flat = arc(a, b, start_deg, stop_deg, steps)
    path = np.tile(np.array(center, dtype=np.float64), (len(flat), 1))
    path[:, "xyz".index(plane[0])] += flat[:, 0]
    path[:, "xyz".index(plane[1])] += flat[:, 1]
    return path


def curve(points: Sequence[Sequence[float]], steps: int = 6, closed: bool = False) -> NDArray[np.float64]:
    """Catmull-Rom curve through the given points, in the plane or in space, `steps` segments between two of them."""
    knots = np.asarray(points, dtype=np.float64)
    before = knots[-1:] if closed else 2 * knots[:1] - knots[1:2]
    after = knots[:2] if closed else 2 * knots[-1:] - knots[-2:-1]
    padded = np.concatenate([before, knots, after])
    t = (np.arange(steps) / steps)[:, None]
    pieces = []
    for p0, p1, p2, p3 in zip(padded[:-3], padded[1:-2], padded[2:-1], padded[3:], strict=True):
        cubic = 2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3
        pieces.append(cubic / 2)
    return np.concatenate(pieces if closed else [*pieces, knots[-1:]])


def mirrored(half: Sequence[Point2]) -> Outline:
    """Outline symmetric in x from its right half, listed from one end of the axis to the other."""
    right = np.asarray(half, dtype=np.float64)
    left = right[::-1] * (-1.0, 1.0)
    points = np.concatenate([right, left])
    keep = [k for k in range(len(points)) if np.abs(points[k] - points[k - 1]).max() > 1e-9]
    return points[keep]
