"""Parametric shapes of the category airplane."""

import numpy as np

from img2vox.sample.outlines import circle, curve, rounded_rectangle
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.shapes.parts import wheel
from img2vox.sample.solids import (
    Solid,
    bar,
    box,
    cone,
    cylinder,
    ellipsoid,
    extrude,
    lathe,
    loft,
    pair,
    rounded_box,
    stack,
)


def _fuselage(levels: list[tuple[float, ...]], radius: float) -> Solid:
    """Body along Z from (position, scale) and (position, scale x, scale y, offset x, offset y)."""
    return stack(circle(radius, 20), levels, "z")


def _wing(root: float, tip: float, span: float, sweep: float, rise: float, thickness: float) -> Solid:
    """Right wing: from the origin to x = span, chords root and tip, the tip moved back by sweep and up by rise."""
    profile = np.array([(0.5, 0.0), (0.2, 0.5), (-0.5, 0.08), (-0.5, -0.08), (0.2, -0.3)])
    rings = []
    for x, chord, z, y in ((0.0, root, 0.0, 0.0), (span, tip, -sweep, rise)):
        rings.append(
            np.column_stack([np.full(5, x), y + profile[:, 1] * thickness * chord / root, z + profile[:, 0] * chord])
        )
    return loft(rings)


def airplane(draw: Draw) -> Shape:
    """Airplane: jumbo, biplane, delta fighter, glider, high-wing propeller plane, flying boat, and more."""
    kind = draw.cycle(("jumbo", "biplane", "delta", "glider", "high wing", "flying boat", "tail engines"))
    body, wing, dark = draw.gray(200, 240), draw.gray(150, 190), draw.gray(60, 90)
    if kind in ("jumbo", "tail engines"):
        return _jumbo(kind, body, wing, dark)
    if kind == "biplane":
        return _biplane(body, wing, dark)
    if kind == "delta":
        return _delta(body, wing, dark)
    if kind == "glider":
        return _glider(body, wing, dark)
    if kind == "high wing":
        return _high_wing(body, wing, dark)
    return _flying_boat(body, wing, dark)


def _jumbo(kind: str, body: int, wing: int, dark: int) -> Shape:
    shape = Shape()
    long = 1.2
    shape.add(
        body,
        _fuselage(
            [
                (-long, 0.15, 0.15, 0, 0.08),
                (-0.7 * long, 0.75, 0.75, 0, 0.03),
                (-0.4 * long, 1.0),
                (0.7 * long, 1.0),
                (0.88 * long, 0.8),
                (0.97 * long, 0.4, 0.4, 0, -0.03),
                (long, 0.05, 0.05, 0, -0.04),
            ],
            0.16,
        ),
    )
    shape.add(wing, *pair(_wing(0.5, 0.16, 1.15, 0.55, 0.12, 0.07).at(0.1, -0.08, 0.1)))
    high = kind == "tail engines"
    shape.add(
        wing, *pair(_wing(0.28, 0.12, 0.42, 0.18, 0.03, 0.04).at(0.0, 0.52 if high else 0.06, -1.12 if high else -1.0))
    )
    shape.add(body - 50, extrude([(-1.2, 0.08), (-0.8, 0.1), (-1.1, 0.55), (-1.32, 0.55)], 0.04, "x"))
    engines = [(0.24, 0.08, -0.72)] if high else [(0.4, -0.16, 0.18), (0.72, -0.12, -0.05)]
    for x, y, z in engines:
        shape.add(
            dark + 60,
            *pair(
                lathe([(0, -0.18), (0.05, -0.18), (0.08, 0.0), (0.085, 0.15), (0.06, 0.15), (0, 0.08)], "z", 16).at(
                    x, y, z
                )
            ),
        )
    shape.add(
        dark, *pair(box(0.01, 0.035, 1.5).at(0.159, 0.03, 0.05)), box(0.2, 0.05, 0.06).turned("x", 40).at(0, 0.08, 1.07)
    )
    return shape


def _biplane(body: int, wing: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(body, _fuselage([(-0.9, 0.25), (0.2, 0.9), (0.55, 1.0), (0.62, 0.75)], 0.15))
    shape.add(
        wing,
        *(
            part.at(0, y, z)
            for y, z in ((-0.14, 0.2), (0.34, 0.28))
            for part in pair(_wing(0.3, 0.28, 0.95, 0.0, 0.03, 0.05))
        ),
    )
    shape.add(
        dark,
        *(
            part
            for x in (0.3, 0.75)
            for z in (0.12, 0.34)
            for part in pair(bar((x, -0.13, z), (x, 0.36, z + 0.06), 0.014, 6))
        ),
    )
    shape.add(
        wing,
        *pair(_wing(0.25, 0.18, 0.35, 0.05, 0.0, 0.03).at(0, 0.05, -0.8)),
        extrude([(-0.98, 0.0), (-0.7, 0.05), (-0.8, 0.3), (-1.0, 0.32)], 0.03, "x"),
    )
    shape.add(
        dark,
        box(0.85, 0.08, 0.02).turned("z", 30).at(0, 0, 0.68),
        cone(0.06, 0.02, 0.1, "z").at(0, 0, 0.7),
        cylinder(0.08, 0.05).at(0, 0.13, -0.05),
    )
    for x in (-0.22, 0.22):
        shape.extend(wheel(0.11, 0.05).moved(x, -0.4, 0.38))
        shape.add(dark, bar((x, -0.4, 0.38), (x * 0.4, -0.12, 0.32), 0.015, 6))
    return shape


def _delta(body: int, wing: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(body, _fuselage([(-0.95, 0.75), (-0.3, 1.0), (0.3, 0.9), (0.8, 0.45), (1.2, 0.03)], 0.14))
    shape.add(
        wing,
        extrude(
            [(0.0, 0.55), (0.75, -0.75), (0.75, -0.9), (0.1, -0.9), (-0.1, -0.9), (-0.75, -0.9), (-0.75, -0.75)],
            0.04,
            "y",
        ).at(0, -0.04, 0),
    )
    shape.add(
        body - 40,
        *pair(
            extrude([(-0.95, 0.0), (-0.5, 0.0), (-0.85, 0.38), (-1.0, 0.38)], 0.03, "x")
            .turned("z", -12)
            .at(0.24, 0.0, 0)
        ),
    )
    shape.add(
        dark,
        ellipsoid(0.08, 0.1, 0.25, 14).at(0, 0.1, 0.5),
        cylinder(0.1, 0.1, "z").at(0, 0, -0.98),
        *pair(rounded_box(0.1, 0.13, 0.5, 0.03, "z").at(0.15, -0.03, 0.2)),
    )
    shape.add(dark + 70, *pair(lathe([(0, -0.3), (0.03, -0.3), (0.03, 0.2), (0, 0.3)], "z", 10).at(0.5, -0.1, -0.55)))
    return shape


def _glider(body: int, wing: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(
        body,
        _fuselage([(-1.0, 0.2, 0.2, 0, 0.03), (-0.3, 0.45), (0.2, 1.0), (0.5, 0.95), (0.75, 0.1, 0.1, 0, -0.02)], 0.12),
    )
    shape.add(
        wing,
        *pair(_wing(0.22, 0.08, 1.7, 0.06, 0.14, 0.04).at(0, 0.07, 0.25)),
        *pair(_wing(0.14, 0.08, 0.32, 0.04, 0.0, 0.03).at(0, 0.4, -0.98)),
    )
    shape.add(body - 40, extrude([(-1.1, 0.02), (-0.85, 0.03), (-0.92, 0.42), (-1.1, 0.42)], 0.03, "x"))
    shape.add(dark, ellipsoid(0.085, 0.09, 0.22, 14).at(0, 0.07, 0.45))
    return shape


def _high_wing(body: int, wing: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(
        body,
        stack(
            rounded_rectangle(0.3, 0.3, 0.06, 2),
            [
                (-0.95, 0.2, 0.3, 0, 0.03),
                (-0.2, 0.85),
                (0.3, 1.0),
                (0.4, 0.85, 0.7, 0, -0.04),
                (0.7, 0.65, 0.6, 0, -0.03),
            ],
            "z",
        ),
        box(0.27, 0.16, 0.45).at(0, 0.18, 0.1),
    )
    shape.add(
        wing,
        *pair(_wing(0.34, 0.26, 1.1, 0.02, 0.05, 0.05).at(0, 0.28, 0.15)),
        *pair(_wing(0.24, 0.16, 0.4, 0.04, 0.0, 0.03).at(0, 0.08, -0.85)),
        extrude([(-0.98, 0.05), (-0.65, 0.1), (-0.85, 0.42), (-1.02, 0.42)], 0.03, "x"),
    )
    shape.add(
        dark,
        *pair(bar((0.13, -0.12, 0.18), (0.6, 0.29, 0.15), 0.016, 6)),
        box(0.72, 0.07, 0.02).turned("z", 60).at(0, -0.03, 0.76),
        cone(0.06, 0.0, 0.1, "z").at(0, -0.03, 0.77),
        *pair(box(0.02, 0.13, 0.3).at(0.135, 0.18, 0.1)),
        box(0.23, 0.15, 0.04).turned("x", -35).at(0, 0.17, 0.36),
    )
    for x, z in ((-0.28, 0.05), (0.28, 0.05), (0.0, 0.6)):
        shape.extend(wheel(0.09, 0.05).moved(x, -0.34, z))
        shape.add(dark, bar((x, -0.34, z), (x * 0.4, -0.1, z), 0.018, 6))
    return shape


def _flying_boat(body: int, wing: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(
        body,
        stack(
            curve([(0.15, 0.15), (0.17, 0.0), (0.0, -0.2), (-0.17, 0.0), (-0.15, 0.15)], 4, closed=True),
            [
                (-1.0, 0.25, 0.3, 0, 0.12),
                (-0.3, 0.8, 0.8, 0, 0.03),
                (0.3, 1.05),
                (0.75, 0.8, 0.8, 0, 0.02),
                (0.95, 0.1, 0.1, 0, 0.05),
            ],
            "z",
        ),
    )
    shape.add(
        wing,
        *pair(_wing(0.36, 0.22, 1.2, 0.05, 0.04, 0.06).at(0, 0.36, 0.2)),
        box(0.12, 0.25, 0.25).at(0, 0.25, 0.2),
        *pair(_wing(0.26, 0.15, 0.45, 0.06, 0.04, 0.04).at(0, 0.3, -0.9)),
        extrude([(-1.05, 0.12), (-0.7, 0.14), (-0.9, 0.55), (-1.08, 0.55)], 0.04, "x"),
    )
    for x in (-0.42, 0.42):
        shape.add(
            dark + 60, lathe([(0, -0.3), (0.05, -0.25), (0.09, 0.1), (0.07, 0.2), (0, 0.22)], "z", 14).at(x, 0.4, 0.25)
        )
        shape.add(dark, box(0.5, 0.05, 0.02).turned("z", 25).at(x, 0.4, 0.48))
    shape.add(
        body - 40,
        *pair(ellipsoid(0.07, 0.06, 0.22, 12).at(0.85, -0.04, 0.2)),
        *pair(box(0.03, 0.42, 0.08).at(0.85, 0.17, 0.2)),
    )
    shape.add(dark, box(0.22, 0.07, 0.12).at(0, 0.17, 0.58))
    return shape
