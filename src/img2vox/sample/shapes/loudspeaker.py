"""Parametric shapes of the category loudspeaker."""

import numpy as np

from img2vox.sample.outlines import rectangle
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.solids import bar, box, cylinder, ellipsoid, extrude, lathe, pair, rounded_box, stack, torus, tube


def driver(radius: float) -> Shape:
    """Loudspeaker cone with its rim, facing +Z, on z = 0."""
    cone = Shape()
    cone.add(150, torus(radius, 0.12 * radius, "z", 28))
    cone.add(70, lathe([(0, 0.0), (0.3 * radius, 0.005), (radius, 0.03), (radius, -0.02), (0, -0.02)], "z", 28))
    cone.add(180, ellipsoid(0.32 * radius, 0.32 * radius, 0.15 * radius, 14))
    return cone


def loudspeaker(draw: Draw) -> Shape:
    """Loudspeaker: floor-standing, shelf, ball, sound bar, stage box on a stand, horn, cylinder, and more."""
    kind = draw.cycle(("tower", "stage", "ball", "sound bar", "horn", "cylinder", "wedge", "boombox", "panel"))
    case, dark = draw.gray(120, 200), draw.gray(60, 90)
    if kind == "tower":
        return _tower(case)
    if kind == "stage":
        return _stage(case, dark)
    if kind == "ball":
        return _ball(case, dark)
    if kind == "sound bar":
        return _sound_bar(case, dark)
    if kind == "horn":
        return _horn(case, dark)
    if kind == "cylinder":
        return _cylinder(case, dark)
    if kind == "wedge":
        return _wedge(case, dark)
    if kind == "boombox":
        return _boombox(case, dark)
    return _panel(case)


def _tower(case: int) -> Shape:
    shape = Shape()
    shape.add(case, box(0.55, 1.9, 0.6).on(0.06), box(0.75, 0.06, 0.8).on(0))
    for y, radius in ((0.45, 0.2), (0.92, 0.2), (1.36, 0.17), (1.7, 0.09)):
        shape.extend(driver(radius).moved(0, y, 0.3))
    return shape


def _stage(case: int, dark: int) -> Shape:
    shape = Shape()
    front = [(-0.35, 0.42), (0.35, 0.42), (0.22, -0.3), (-0.22, -0.3)]
    shape.add(case - 40, extrude(front, 1.2, "y").at(0, 1.9, 0))
    shape.add(dark, *pair(box(0.06, 0.25, 0.2).at(0.3, 1.95, 0)))
    shape.extend(driver(0.27).moved(0, 1.65, 0.42))
    shape.add(170, stack(rectangle(0.5, 0.3), [(0.43, 1.0), (0.36, 0.5)], "z").at(0, 2.22, 0.0))
    shape.add(
        dark,
        cylinder(0.05, 1.1).at(0, 0.8, 0),
        *(bar((0, 0.6, 0), (0.55 * np.sin(t), 0, 0.55 * np.cos(t)), 0.035) for t in np.radians((0, 120, 240))),
    )
    return shape


def _ball(case: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(case + 30, ellipsoid(0.7, 0.7, 0.7, 28))
    shape.extend(driver(0.4).moved(0, 0, 0.6))
    shape.add(
        dark,
        torus(0.42, 0.05, "z", 28).at(0, 0, 0.57),
        lathe([(0.35, -0.8), (0.45, -0.8), (0.35, -0.55), (0, -0.55), (0, -0.8)]),
    )
    return shape


def _sound_bar(case: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(case - 30, rounded_box(2.2, 0.26, 0.3, 0.08, "x").at(0, 0.2, 0))
    shape.add(
        dark,
        *(box(0.9, 0.2, 0.02).at(x, 0.2, 0.15) for x in (-0.55, 0.55)),
        *pair(box(0.2, 0.08, 0.25).at(0.8, 0.05, 0)),
    )
    for x in (-0.85, -0.4, 0.4, 0.85):
        shape.extend(driver(0.085).moved(x, 0.2, 0.16))
    shape.add(220, box(0.14, 0.05, 0.02).at(0, 0.2, 0.155))
    return shape


def _horn(case: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(
        case + 30,
        lathe(
            [
                (0, 0),
                (0.14, 0),
                (0.2, 0.35),
                (0.38, 0.75),
                (0.75, 1.0),
                (0.72, 1.03),
                (0.34, 0.8),
                (0.14, 0.4),
                (0, 0.4),
            ],
            "z",
            32,
        ),
    )
    shape.add(
        dark,
        cylinder(0.2, 0.35, "z").at(0, 0, -0.1),
        tube([(-0.3, 0.0, 0.4), (-0.3, -0.6, 0.3), (0.3, -0.6, 0.3), (0.3, 0.0, 0.4)], 0.045),
        cylinder(0.25, 0.06).at(0, -0.66, 0.3),
        cylinder(0.09, 0.25, "z").at(0, 0, 0.45),
    )
    return shape


def _cylinder(case: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(case, lathe([(0, 0), (0.36, 0), (0.38, 0.05), (0.38, 1.05), (0.34, 1.1), (0, 1.1)]))
    shape.add(
        dark, *(torus(0.38, 0.02).at(0, y, 0) for y in np.linspace(0.15, 0.85, 8)), cylinder(0.25, 0.02).at(0, 1.11, 0)
    )
    shape.add(235, box(0.14, 0.02, 0.035).at(0, 1.125, 0.1), box(0.035, 0.02, 0.14).at(0, 1.125, -0.1))
    return shape


def _wedge(case: int, dark: int) -> Shape:
    shape = Shape()
    profile = [(-0.5, 0), (0.62, 0), (0.62, 0.2), (0.15, 0.85), (-0.5, 0.6)]
    shape.add(case - 30, extrude(profile, 1.3, "x"))
    for x, radius in ((-0.28, 0.28), (0.36, 0.16)):
        shape.extend(driver(radius).turned("x", -35.9).moved(x, 0.53, 0.39))
    shape.add(dark, *pair(box(0.04, 0.12, 0.4).at(0.65, 0.35, 0)))
    return shape


def _boombox(case: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(case, rounded_box(1.8, 0.85, 0.42, 0.08, "z").at(0, 0.43, 0))
    for x in (-0.58, 0.58):
        shape.extend(driver(0.28).moved(x, 0.4, 0.21))
    shape.add(
        dark,
        box(0.5, 0.3, 0.03).at(0, 0.3, 0.21),
        box(0.5, 0.12, 0.03).at(0, 0.6, 0.21),
        tube([(-0.7, 0.8, 0), (-0.7, 1.08, 0), (0.7, 1.08, 0), (0.7, 0.8, 0)], 0.045),
    )
    shape.add(
        235,
        *(box(0.09, 0.05, 0.05).at(x, 0.87, 0.1) for x in np.linspace(-0.3, 0.3, 6)),
        *(torus(0.06, 0.02, "z", 12).at(x, 0.3, 0.23) for x in (-0.11, 0.11)),
    )
    return shape


def _panel(case: int) -> Shape:
    shape = Shape()
    outline = [(-0.5, 0.0), (0.5, 0.0), (0.36, 1.3), (0.22, 1.42), (-0.22, 1.42), (-0.36, 1.3)]
    shape.add(
        case,
        extrude(outline, 0.3).at(0, 0.15, 0),
        box(1.1, 0.05, 0.55).on(0),
        extrude([(-0.25, 0), (0.1, 0), (-0.12, 0.9)], 0.08, "x"),
    )
    shape.extend(driver(0.3).moved(0, 0.6, 0.15))
    shape.extend(driver(0.14).moved(0, 1.18, 0.15))
    return shape
