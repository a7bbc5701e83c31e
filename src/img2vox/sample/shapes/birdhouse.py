"""Parametric shapes of the category birdhouse."""

import numpy as np

from img2vox.sample.outlines import curve, rectangle
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.shapes.parts import gable_roof
from img2vox.sample.solids import bar, box, cylinder, ellipsoid, extrude, four, lathe, pair, stack, torus, tube


def _entrance(shape: Shape, dark: int, roof: int, x: float, y: float, z: float, radius: float) -> None:
    """Round hole and a perch below it, facing +Z."""
    shape.add(dark, cylinder(radius, 0.03, "z", 16).at(x, y, z))
    shape.add(roof, bar((x, y - 1.7 * radius, z - 0.02), (x, y - 1.7 * radius, z + 0.16), 0.025, 8))


def birdhouse(draw: Draw) -> Shape:
    """Birdhouse: gabled on a post, hanging, A-frame, log, slanted roof, apartment house, feeder, church, and more."""
    kinds = (
        "post",
        "a-frame",
        "hanging",
        "slanted",
        "apartments",
        "feeder",
        "church",
        "log",
        "round",
        "gourd",
        "cottage",
    )
    kind = draw.cycle(kinds)
    wall, roof, dark = draw.gray(180, 235), draw.gray(90, 130), 35
    if kind in ("post", "hanging", "cottage"):
        return _post(draw, kind, wall, roof, dark)
    if kind == "a-frame":
        return _a_frame(wall, roof, dark)
    if kind == "slanted":
        return _slanted(wall, roof, dark)
    if kind == "apartments":
        return _apartments(wall, roof, dark)
    if kind == "feeder":
        return _feeder(wall, roof)
    if kind == "church":
        return _church(wall, roof, dark)
    if kind == "log":
        return _log(wall, roof, dark)
    if kind == "round":
        return _round(wall, roof, dark)
    return _gourd(wall, roof, dark)


def _post(draw: Draw, kind: str, wall: int, roof: int, dark: int) -> Shape:
    shape = Shape()
    wide, tall, deep = draw.between(0.55, 0.7), draw.between(0.55, 0.75), draw.between(0.5, 0.7)
    if kind == "cottage":
        wide, tall, deep = 0.95, 0.5, 0.7
    rise = draw.between(0.25, 0.4)
    outline = [(-wide / 2, 0), (wide / 2, 0), (wide / 2, tall), (0, tall + rise), (-wide / 2, tall)]
    shape.add(wall, extrude(outline, deep))
    shape.add(
        roof,
        *(part.at(0, tall, 0) for part in gable_roof(wide, deep + 0.2, rise, 0.14, 0.05)),
        box(wide + 0.14, 0.05, deep + 0.14).at(0, -0.02, 0),
    )
    _entrance(shape, dark, roof, 0, tall * 0.72, deep / 2, 0.1)
    if kind == "post":
        shape.add(roof + 20, box(0.1, 1.1, 0.1).at(0, -0.58, 0), *pair(bar((0.04, -0.5, 0), (0.25, -0.05, 0), 0.03)))
    elif kind == "hanging":
        shape.add(
            roof + 60,
            *(bar((0, tall + rise, z), (0, tall + rise + 0.45, 0), 0.015, 6) for z in (-deep / 3, deep / 3)),
            torus(0.07, 0.02, "z", 14).at(0, tall + rise + 0.5, 0),
        )
    else:
        shape.add(
            roof,
            box(0.14, 0.3, 0.14).at(0.28, tall + rise - 0.05, -0.1),
            *(box(0.06, 0.22, 0.03).at(x, 0.08, deep / 2 + 0.2) for x in np.linspace(-0.5, 0.5, 8)),
            box(1.15, 0.04, 0.03).at(0, 0.1, deep / 2 + 0.2),
            box(1.2, 0.05, 1.15).at(0, -0.04, 0.05),
        )
        shape.add(dark, *pair(box(0.16, 0.16, 0.03).at(0.3, 0.26, deep / 2)))
    return shape


def _a_frame(wall: int, roof: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(wall, extrude([(-0.48, 0), (0.48, 0), (0, 0.95)], 0.6))
    shape.add(
        roof,
        *pair(box(1.15, 0.06, 0.8).at(-0.5, 0, 0).turned("z", 63).turned("y", 180).at(0.02, 0.98, 0)),
        box(1.1, 0.05, 0.85).at(0, -0.02, 0),
    )
    _entrance(shape, dark, roof, 0, 0.42, 0.3, 0.11)
    shape.add(roof + 60, torus(0.08, 0.02, "z", 14).at(0, 1.1, 0))
    return shape


def _slanted(wall: int, roof: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(
        wall,
        extrude([(-0.3, 0), (0.3, 0), (0.3, 0.75), (-0.3, 1.05)], 0.55, "x"),
        box(0.4, 1.5, 0.05).at(0, 0.5, -0.33),
    )
    shape.add(roof, box(0.7, 0.05, 0.88).turned("x", 26.6).at(0, 0.93, 0.03))
    _entrance(shape, dark, roof, 0, 0.5, 0.3, 0.09)
    return shape


def _apartments(wall: int, roof: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(wall, box(1.1, 1.0, 0.6).on(0))
    shape.add(
        roof,
        *(box(1.25, 0.05, 0.85).at(0, y, 0.05) for y in (0, 0.5, 1.0)),
        *(part.at(0, 1.02, 0) for part in gable_roof(1.1, 0.8, 0.35, 0.12, 0.06)),
        box(0.1, 1.0, 0.1).at(0, -0.5, 0),
    )
    shape.add(wall - 20, extrude([(-0.55, 1.0), (0.55, 1.0), (0, 1.36)], 0.58))
    shape.add(dark, *(cylinder(0.09, 0.03, "z", 14).at(x, y, 0.3) for x in (-0.35, 0, 0.35) for y in (0.27, 0.77)))
    return shape


def _feeder(wall: int, roof: int) -> Shape:
    shape = Shape()
    shape.add(
        roof,
        box(1.0, 0.06, 0.8).at(0, 0, 0),
        *(part.at(0, 0.62, 0) for part in gable_roof(0.9, 0.95, 0.32, 0.14, 0.05)),
        *pair(box(0.04, 0.1, 0.8).at(0.48, 0.05, 0)),
        *(box(1.0, 0.1, 0.04).at(0, 0.05, z) for z in (-0.38, 0.38)),
    )
    shape.add(
        wall,
        *four(box(0.06, 0.62, 0.06).on(0), 0.4, 0.32),
        *(extrude([(-0.42, 0.62), (0.42, 0.62), (0, 0.92)], 0.04).at(0, 0, z) for z in (-0.33, 0.33)),
    )
    shape.add(120, ellipsoid(0.32, 0.1, 0.25, 14).at(0, 0.04, 0))
    shape.add(
        roof + 20,
        cylinder(0.06, 1.0).at(0, -0.5, 0),
        *(bar((0, -0.5, 0), (0.35 * x, -0.02, 0), 0.025) for x in (-1, 1)),
    )
    return shape


def _church(wall: int, roof: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(
        wall,
        extrude([(-0.32, 0), (0.32, 0), (0.32, 0.5), (0, 0.8), (-0.32, 0.5)], 0.9),
        box(0.32, 1.05, 0.32).on(0).at(0, 0, 0.52),
    )
    shape.add(
        roof,
        *(part.at(0, 0.5, -0.05) for part in gable_roof(0.64, 0.95, 0.3, 0.1, 0.05)),
        stack(rectangle(0.4, 0.4), [(1.05, 1.0), (1.65, 0.02)]).at(0, 0, 0.52),
        box(0.9, 0.05, 1.4).at(0, -0.02, 0.1),
        box(0.03, 0.2, 0.03).at(0, 1.72, 0.52),
        box(0.12, 0.03, 0.03).at(0, 1.74, 0.52),
    )
    _entrance(shape, dark, roof, 0, 0.55, 0.68, 0.08)
    shape.add(
        dark,
        cylinder(0.07, 0.03, "z", 14).at(0, 0.88, 0.68),
        *(part for z in (-0.25, 0.1) for part in pair(box(0.03, 0.22, 0.12).at(0.32, 0.3, z))),
    )
    return shape


def _log(wall: int, roof: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(
        wall - 40,
        cylinder(0.36, 1.0, sides=20).at(0, 0.5, 0),
        *(
            bar((0.37 * np.cos(t), 0.02, 0.37 * np.sin(t)), (0.36 * np.cos(t), 0.98, 0.36 * np.sin(t)), 0.03, 5)
            for t in np.arange(14) * 0.449
        ),
    )
    shape.add(
        roof,
        lathe([(0, 0.98), (0.58, 0.98), (0.56, 1.03), (0, 1.5)], sides=20),
        torus(0.06, 0.02, "z", 12).at(0, 1.53, 0),
        cylinder(0.46, 0.06).on(-0.04),
    )
    _entrance(shape, dark, roof, 0, 0.66, 0.38, 0.1)
    return shape


def _round(wall: int, roof: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(wall, lathe([(0, 0), (0.42, 0), (0.42, 0.75), (0, 0.75)], sides=8))
    shape.add(
        roof,
        lathe([(0, 0.75), (0.62, 0.72), (0.6, 0.8), (0.2, 1.2), (0.05, 1.35), (0, 1.45)], sides=8),
        cylinder(0.55, 0.06, sides=8).on(-0.05),
        cylinder(0.06, 0.9).at(0, -0.5, 0),
        cylinder(0.3, 0.05).at(0, -0.95, 0),
    )
    shape.add(
        dark, *(cylinder(0.09, 0.03, "z", 14).at(0, 0.45, 0.39).turned("y", angle) for angle in range(0, 360, 90))
    )
    shape.add(
        roof, *(bar((0, 0.27, 0.36), (0, 0.27, 0.55), 0.025, 6).turned("y", angle) for angle in range(0, 360, 90))
    )
    return shape


def _gourd(wall: int, roof: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(
        wall - 30,
        lathe([(0, -0.45), (0.3, -0.4), (0.46, -0.1), (0.42, 0.2), (0.2, 0.5), (0.12, 0.75), (0.06, 0.95), (0, 1.0)]),
    )
    shape.add(dark, cylinder(0.11, 0.05, "z", 16).turned("x", 0).at(0, 0.0, 0.44))
    shape.add(
        roof + 40,
        tube(curve([(0, 0.95, 0), (0.05, 1.15, 0), (-0.03, 1.35, 0), (0.05, 1.45, 0)]), 0.025, 6),
        bar((0, -0.22, 0.4), (0, -0.22, 0.6), 0.025, 6),
        bar((-0.6, 1.45, 0), (0.6, 1.42, 0.05), 0.06, 8),
    )
    return shape
