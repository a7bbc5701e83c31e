"""Parametric shapes of the category display."""

import numpy as np

from img2vox.sample.outlines import arc_path, rounded_rectangle
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.shapes.parts import plate
from img2vox.sample.solids import bar, box, cylinder, ellipsoid, extrude, pair, rounded_box, stack, sweep, tube


def display(draw: Draw) -> Shape:
    """Tube monitor, curved screen, portrait screen, all-in-one, television on two feet, two screens on an arm."""
    kind = draw.cycle(("tube", "curved", "portrait", "all-in-one", "television", "dual"))
    case, dark, stand = draw.gray(170, 220), draw.gray(45, 70), draw.gray(120, 160)
    if kind == "tube":
        return _tube(case, dark, stand)
    if kind == "curved":
        return _curved(case, dark, stand)
    if kind == "portrait":
        return _portrait(case, dark, stand)
    if kind == "all-in-one":
        return _all_in_one(case, dark, stand)
    if kind == "television":
        return _television(case, dark, stand)
    return _dual(case, dark, stand)


def _tube(case: int, dark: int, stand: int) -> Shape:
    shape = Shape()
    shape.add(
        case,
        rounded_box(1.2, 1.0, 0.5, 0.06, "z").at(0, 0.75, 0.2),
        stack(rounded_rectangle(1.1, 0.9, 0.08), [(-0.6, 0.55), (-0.05, 1.0)], "z").at(0, 0.75, 0),
    )
    shape.add(dark, ellipsoid(0.5, 0.4, 0.06, 20).at(0, 0.78, 0.43), plate(1.0, 0.76, 0.04, 0.1).at(0, 0.78, 0.44))
    shape.add(
        stand,
        cylinder(0.2, 0.25).on(0.05),
        rounded_box(0.8, 0.08, 0.65, 0.03).on(0),
        cylinder(0.03, 0.03, "z", 8).at(0.5, 0.32, 0.46),
    )
    return shape


def _curved(case: int, dark: int, stand: int) -> Shape:
    shape = Shape()
    path = arc_path("xz", (0, 0.85, 1.6), 1.75, 1.75, -125, -55, 14)
    shape.add(case - 60, sweep(path, rounded_rectangle(0.09, 0.75, 0.02, 1), np.ones(15)))
    inner = arc_path("xz", (0, 0.85, 1.6), 1.70, 1.70, -124, -56, 14)
    shape.add(dark, sweep(inner, rounded_rectangle(0.03, 0.69, 0.01, 1), np.ones(15)))
    shape.add(
        stand,
        box(0.18, 0.8, 0.1).on(0.02).at(0, 0, -0.22),
        extrude([(-0.6, 0.25), (0, -0.35), (0.6, 0.25), (0.5, 0.28), (0, -0.2), (-0.5, 0.28)], 0.05, "y"),
    )
    return shape


def _portrait(case: int, dark: int, stand: int) -> Shape:
    shape = Shape()
    shape.add(case - 40, rounded_box(0.85, 1.4, 0.09, 0.03, "z").at(0, 1.05, 0))
    shape.add(dark, plate(0.77, 1.3, 0.03, 0.01).at(0, 1.06, 0.045))
    shape.add(stand, box(0.14, 0.9, 0.06).on(0.03).at(0, 0, -0.07), cylinder(0.38, 0.04).on(0).at(0, 0, -0.05))
    return shape


def _all_in_one(case: int, dark: int, stand: int) -> Shape:
    shape = Shape()
    shape.add(case, rounded_box(1.6, 1.15, 0.07, 0.03, "z").at(0, 0.95, 0))
    shape.add(dark, plate(1.5, 0.82, 0.03, 0.01).at(0, 1.07, 0.035))
    shape.add(
        stand,
        extrude([(-0.2, 0.0), (0.25, 0.0), (0.25, 0.03), (-0.13, 0.04), (-0.02, 0.7), (-0.07, 0.7)], 0.5, "x"),
        ellipsoid(0.05, 0.05, 0.01, 8).at(0, 0.5, 0.04),
    )
    return shape


def _television(case: int, dark: int, stand: int) -> Shape:
    shape = Shape()
    shape.add(case - 90, rounded_box(2.0, 1.15, 0.08, 0.02, "z").at(0, 0.75, 0), box(1.1, 0.5, 0.08).at(0, 0.55, -0.07))
    shape.add(dark, plate(1.93, 1.06, 0.03, 0.01).at(0, 0.77, 0.035))
    shape.add(
        stand,
        *pair(
            extrude([(-0.28, 0), (0.3, 0), (0.3, 0.03), (0.03, 0.2), (-0.03, 0.2), (-0.28, 0.03)], 0.06, "x").at(
                0.7, 0, 0
            )
        ),
    )
    return shape


def _dual(case: int, dark: int, stand: int) -> Shape:
    shape = Shape()
    for x, angle in ((-0.62, 22), (0.62, -22)):
        shape.add(case - 50, rounded_box(1.15, 0.72, 0.07, 0.02, "z").turned("y", angle).at(x, 1.1, 0))
        shape.add(dark, plate(1.06, 0.63, 0.03, 0.01).turned("y", angle).at(x, 1.1, 0.037))
    shape.add(
        stand,
        bar((0, 0, -0.3), (0, 1.2, -0.3), 0.05),
        rounded_box(0.8, 0.05, 0.6, 0.02).on(0).at(0, 0, -0.2),
        *pair(tube([(0, 1.1, -0.3), (0.3, 1.1, -0.15), (0.62, 1.1, -0.05)], 0.04)),
    )
    return shape
