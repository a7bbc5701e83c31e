"""Parametric shapes of the category flowerpot."""

import numpy as np

from img2vox.sample.outlines import circle, curve, rounded_rectangle
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.solids import Solid, bar, box, cylinder, ellipsoid, lathe, sweep, tube, vessel


def _leaves(draw: Draw, count: int, length: float, base: float) -> list[Solid]:
    """Long bent leaves around the axis, rooted at height base."""
    blade = np.array([(0.06, 0.0), (0.03, 0.02), (-0.03, 0.02), (-0.06, 0.0), (-0.03, -0.02), (0.03, -0.02)])
    leaves = []
    for number in range(count):
        reach, rise = draw.between(0.3, 0.65) * length, draw.between(0.6, 1.0) * length
        path = curve(
            [
                (0, base, 0),
                (0.35 * reach, base + 0.6 * rise, 0),
                (reach, base + rise, 0),
                (1.4 * reach, base + 0.8 * rise, 0),
            ],
            4,
        )
        scales = np.interp(np.arange(len(path)), (0, 4, len(path) - 1), (0.6, 1.4, 0.1))
        leaves.append(sweep(path, blade, scales).turned("y", 360 * number / count + draw.between(-15, 15)))
    return leaves


def flowerpot(draw: Draw) -> Shape:
    """Pot with a plant: terracotta, box, bowl on a foot, tall planter, amphora, window box."""
    kind = draw.cycle(("terracotta", "window box", "footed bowl", "planter", "cactus", "tree"))
    clay, soil, green = draw.gray(170, 235), 70, draw.gray(110, 160)
    shape = Shape()
    if kind in ("terracotta", "cactus"):
        shape.add(clay, vessel(circle(1, 24), [(0, 0.34), (0.55, 0.48), (0.551, 0.55), (0.75, 0.57)], 0.07, 0.08))
        shape.add(clay - 25, vessel(circle(1, 24), [(-0.08, 0.45), (0.04, 0.55)], 0.04, 0.09))
        shape.add(soil, cylinder(0.48, 0.05).at(0, 0.65, 0))
    elif kind == "footed bowl":
        shape.add(
            clay,
            lathe(
                [
                    (0, 0),
                    (0.4, 0),
                    (0.4, 0.08),
                    (0.14, 0.2),
                    (0.12, 0.4),
                    (0.4, 0.5),
                    (0.62, 0.75),
                    (0.7, 1.0),
                    (0.62, 1.0),
                    (0.55, 0.85),
                    (0.0, 0.85),
                ]
            ),
        )
        shape.add(
            green,
            *(ellipsoid(0.2, 0.2, 0.2, 10).at(0.36 * np.cos(t), 1.0, 0.36 * np.sin(t)) for t in np.arange(6)),
            ellipsoid(0.3, 0.3, 0.3, 10).at(0, 1.1, 0),
        )
    elif kind == "planter":
        shape.add(clay, vessel(rounded_rectangle(2, 2, 0.12), [(0, 0.28), (1.3, 0.4)], 0.06, 0.08))
        shape.add(soil, box(0.68, 0.05, 0.68).at(0, 1.22, 0))
    elif kind == "tree":
        shape.add(
            clay, vessel(circle(1, 24), [(0, 0.28), (0.1, 0.38), (0.35, 0.44), (0.6, 0.36), (0.7, 0.4)], 0.05, 0.08)
        )
        shape.add(soil, cylinder(0.33, 0.05).at(0, 0.6, 0))
    else:
        shape.add(clay, vessel(rounded_rectangle(2, 0.5, 0.06), [(0, 0.8), (0.45, 0.95)], 0.05, 0.06))
        shape.add(soil, box(1.75, 0.05, 0.36).at(0, 0.38, 0))
    if kind == "terracotta":
        return _terracotta(shape, draw, green)
    if kind == "planter":
        return _planter(shape, draw, green)
    if kind == "cactus":
        return _cactus(shape, green)
    if kind == "tree":
        return _tree(shape, green)
    if kind == "window box":
        return _window_box(shape, draw, green)
    return shape


def _terracotta(shape: Shape, draw: Draw, green: int) -> Shape:
    shape.add(green, *_leaves(draw, 9, 0.9, 0.6))
    return shape


def _planter(shape: Shape, draw: Draw, green: int) -> Shape:
    shape.add(green, *_leaves(draw, 8, 1.2, 1.2))
    return shape


def _cactus(shape: Shape, green: int) -> Shape:
    shape.add(
        green, lathe([(0, 0), (0.2, 0.02), (0.23, 0.3), (0.23, 0.7), (0.15, 0.92), (0, 1.0)], sides=16).at(0, 0.62, 0)
    )
    shape.add(
        green,
        tube(curve([(0, 0.95, 0), (0.35, 0.95, 0), (0.42, 1.05, 0), (0.42, 1.4, 0)]), 0.1),
        tube(curve([(0, 1.1, 0), (-0.3, 1.1, 0), (-0.37, 1.2, 0), (-0.37, 1.4, 0)]), 0.09),
    )
    return shape


def _tree(shape: Shape, green: int) -> Shape:
    shape.add(80, bar((0, 0.55, 0), (0, 1.4, 0), 0.05))
    shape.add(green, ellipsoid(0.42, 0.45, 0.42, 14).at(0, 1.6, 0))
    return shape


def _window_box(shape: Shape, draw: Draw, green: int) -> Shape:
    for x in np.linspace(-0.75, 0.75, 6):
        shape.add(green, bar((x, 0.35, 0), (x + draw.between(-0.05, 0.05), 0.62, 0), 0.03, 6))
        shape.add(draw.gray(190, 240), ellipsoid(0.13, 0.1, 0.13, 10).at(x, 0.68, draw.between(-0.05, 0.05)))
        shape.add(green, ellipsoid(0.14, 0.06, 0.14, 8).at(x + 0.1, 0.45, 0.02))
    return shape
