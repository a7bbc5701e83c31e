"""Parametric shapes of the category faucet."""

import numpy as np

from img2vox.sample.outlines import arc_path, curve, ellipse
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.solids import (
    Solid,
    bar,
    box,
    cylinder,
    ellipsoid,
    extrude,
    four,
    lathe,
    pair,
    rounded_box,
    torus,
    tube,
)


def _cross_handle(radius: float) -> list[Solid]:
    """Four-armed handle on a short stem, at the origin."""
    arms = [
        bar(start, end, 0.045)
        for start, end in (((-radius, 0.16, 0), (radius, 0.16, 0)), ((0, 0.16, -radius), (0, 0.16, radius)))
    ]
    return [cylinder(0.06, 0.2, sides=12).on(0), *arms, ellipsoid(0.07, 0.06, 0.07, 10).at(0, 0.18, 0)]


def faucet(draw: Draw) -> Shape:
    """Faucet: gooseneck, bridge with two cross handles, low lever, square, wall tap, garden tap, pull-out, and more."""
    kind = draw.cycle(("gooseneck", "bridge", "lever", "square", "garden", "three hole", "spring", "wall", "pillar"))
    metal, dark = draw.gray(190, 235), draw.gray(90, 130)
    tall, reach = draw.between(1.0, 1.4), draw.between(0.6, 0.85)
    if kind == "gooseneck":
        return _gooseneck(metal, dark, tall, reach)
    if kind == "bridge":
        return _bridge(metal, dark)
    if kind == "lever":
        return _lever(metal, dark)
    if kind == "square":
        return _square(metal, dark, tall, reach)
    if kind == "garden":
        return _garden(metal, dark)
    if kind == "three hole":
        return _three_hole(metal, dark)
    if kind == "spring":
        return _spring(metal, dark)
    if kind == "wall":
        return _wall(metal, dark)
    return _pillar(metal, dark)


def _gooseneck(metal: int, dark: int, tall: float, reach: float) -> Shape:
    shape = Shape()
    shape.add(metal, lathe([(0, 0), (0.2, 0), (0.2, 0.05), (0.11, 0.12), (0.11, 0.4), (0, 0.4)]))
    bend = arc_path("zy", (0, tall, reach / 2), reach / 2, reach / 2, 180, 0, 14)
    shape.add(
        metal,
        tube([(0, 0.3, 0), *bend, (0, tall - 0.3, reach)], 0.075),
        cylinder(0.09, 0.12, sides=14).at(0, tall - 0.32, reach),
    )
    shape.add(dark, bar((0.05, 0.3, 0), (0.42, 0.42, 0), 0.04))
    return shape


def _bridge(metal: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(
        metal, tube([(-0.5, 0, 0), (-0.5, 0.35, 0), (-0.4, 0.45, 0), (0.4, 0.45, 0), (0.5, 0.35, 0), (0.5, 0, 0)], 0.07)
    )
    shape.add(
        metal,
        *pair(cylinder(0.14, 0.06).at(0.5, 0.03, 0)),
        tube([(0, 0.45, 0), *arc_path("zy", (0, 0.95, 0.3), 0.3, 0.3, 180, 20, 12)], 0.065),
    )
    for x in (-0.5, 0.5):
        shape.add(dark, *(part.at(x, 0.42, 0) for part in _cross_handle(0.17)))
    return shape


def _lever(metal: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(
        metal,
        rounded_box(0.55, 0.06, 0.36, 0.03).on(0),
        lathe([(0, 0), (0.2, 0), (0.19, 0.5), (0.12, 0.58), (0, 0.58)]),
    )
    shape.add(
        metal,
        rounded_box(0.2, 0.13, 0.8, 0.05, "z").turned("x", -8).at(0, 0.33, 0.45),
        cylinder(0.07, 0.1, sides=12).at(0, 0.32, 0.78),
    )
    shape.add(dark, rounded_box(0.16, 0.07, 0.65, 0.03, "z").turned("x", -25).at(0, 0.7, 0.2))
    return shape


def _square(metal: int, dark: int, tall: float, reach: float) -> Shape:
    shape = Shape()
    shape.add(
        metal,
        box(0.3, 0.05, 0.3).on(0),
        box(0.18, tall, 0.18).on(0),
        box(0.3, 0.09, reach + 0.2).at(0, tall - 0.045, reach / 2),
    )
    shape.add(
        dark,
        box(0.12, 0.04, 0.35).at(0, tall + 0.06, -0.05),
        box(0.08, 0.1, 0.08).at(0, tall + 0.02, 0),
        box(0.22, 0.02, 0.1).at(0, tall - 0.1, reach),
    )
    return shape


def _garden(metal: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(
        metal,
        cylinder(0.22, 0.06, "z").at(0, 0.5, -0.6),
        cylinder(0.1, 0.7, "z").at(0, 0.5, -0.28),
        ellipsoid(0.17, 0.2, 0.2, 14).at(0, 0.5, 0.05),
    )
    shape.add(
        metal,
        tube(curve([(0, 0.5, 0.1), (0, 0.48, 0.35), (0, 0.3, 0.48), (0, 0.05, 0.48)]), 0.1),
        torus(0.11, 0.03).at(0, 0.08, 0.48),
    )
    shape.add(
        dark,
        cylinder(0.05, 0.35).at(0, 0.8, 0.05),
        torus(0.2, 0.04).at(0, 0.97, 0.05),
        bar((-0.2, 0.97, 0.05), (0.2, 0.97, 0.05), 0.035),
        bar((0, 0.97, -0.15), (0, 0.97, 0.25), 0.035),
    )
    return shape


def _three_hole(metal: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(
        metal,
        cylinder(0.15, 0.06).on(0),
        tube(
            curve([(0, 0, 0), (0, 0.45, 0.0), (0, 0.72, 0.28), (0, 0.55, 0.66)]), np.linspace(0.11, 0.07, 19).tolist()
        ),
    )
    for x, sign in ((-0.6, -1), (0.6, 1)):
        shape.add(metal, lathe([(0, 0), (0.15, 0), (0.15, 0.05), (0.08, 0.1), (0.1, 0.25), (0, 0.28)]).at(x, 0, 0))
        shape.add(dark, bar((x, 0.25, 0), (x + sign * 0.34, 0.34, 0.05), 0.045))
    return shape


def _spring(metal: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(metal, cylinder(0.2, 0.06).on(0), cylinder(0.11, 0.55).on(0), cylinder(0.05, 1.1).on(0.3))
    bend = [(0, 0.5, 0), *arc_path("zy", (0, 1.5, 0.35), 0.35, 0.35, 180, 0, 12), (0, 1.1, 0.7)]
    shape.add(metal, tube(bend, 0.06))
    rings = [torus(0.085, 0.025, sides=14).at(0, y, 0) for y in np.arange(0.75, 1.5, 0.1)]
    shape.add(
        dark,
        *rings,
        cylinder(0.1, 0.35).at(0, 0.95, 0.7),
        bar((0, 0.85, 0), (0, 0.95, 0.7), 0.03),
        bar((0.05, 0.4, 0), (0.42, 0.5, 0), 0.04),
    )
    return shape


def _wall(metal: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(
        metal,
        rounded_box(1.3, 0.4, 0.08, 0.03, "z").at(0, 0.6, -0.04),
        tube(curve([(0, 0.6, 0), (0, 0.62, 0.45), (0, 0.52, 0.75), (0, 0.4, 0.8)]), 0.08),
    )
    for x in (-0.45, 0.45):
        shape.add(dark, *(part.turned("x", 90).at(x, 0.6, 0) for part in _cross_handle(0.18)))
    return shape


def _pillar(metal: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(
        metal, lathe([(0, 0), (0.26, 0), (0.26, 0.05), (0.13, 0.12), (0.15, 0.3), (0.11, 0.42), (0.13, 0.75), (0, 0.8)])
    )
    shape.add(metal, tube(curve([(0, 0.55, 0), (0, 0.62, 0.3), (0, 0.55, 0.52), (0, 0.36, 0.58)]), 0.075))
    shape.add(dark, *(part.at(0, 0.75, 0) for part in _cross_handle(0.26)))
    shape.add(
        metal,
        *four(cylinder(0.02, 0.02, sides=6).at(0, 0.05, 0), 0.14, 0.14),
        extrude(ellipse(0.06, 0.06, 10), 0.03, "y").at(0, 0.97, 0),
    )
    return shape
