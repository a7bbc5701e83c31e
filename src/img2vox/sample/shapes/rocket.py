"""Parametric shapes of the category rocket."""

import numpy as np

from img2vox.sample.outlines import superellipse
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.solids import Solid, bar, box, cylinder, extrude, lathe, pair, stack, torus


def _fins(count: int, outline: list[tuple[float, float]], thickness: float, turn: float) -> list[Solid]:
    """Fins around the Y axis, their outline in (distance from the axis, height)."""
    return [extrude(outline, thickness).turned("y", 360 * k / count + turn) for k in range(count)]


def _nozzle(radius: float) -> Solid:
    """Engine bell below the origin."""
    return lathe(
        [(0, 0), (0.5 * radius, 0), (radius, -1.2 * radius), (0.85 * radius, -1.2 * radius), (0, -0.2 * radius)],
        sides=14,
    )


def rocket(draw: Draw) -> Shape:
    """Rocket: moon rocket, V-2, with boosters, space shuttle, toy, missile, with its tower, three cores, and more."""
    kinds = ("moon", "toy", "boosters", "shuttle", "v2", "missile", "tower", "cores", "lander", "model")
    kind = draw.cycle(kinds)
    body, dark, trim = draw.gray(205, 240), draw.gray(70, 100), draw.gray(130, 170)
    if kind in ("moon", "tower"):
        return _moon(kind, body, dark, trim)
    if kind == "toy":
        return _toy(body, dark, trim)
    if kind == "boosters":
        return _boosters(body, dark, trim)
    if kind == "shuttle":
        return _shuttle(body, dark, trim)
    if kind in ("v2", "model"):
        return _v2(kind, body, dark, trim)
    if kind == "missile":
        return _missile(body, dark, trim)
    if kind == "cores":
        return _cores(body, dark, trim)
    return _lander(body, dark, trim)


def _moon(kind: str, body: int, dark: int, trim: int) -> Shape:
    shape = Shape()
    shape.add(
        body,
        lathe(
            [
                (0, 0),
                (0.26, 0),
                (0.26, 0.8),
                (0.26, 1.4),
                (0.19, 1.55),
                (0.19, 2.0),
                (0.12, 2.12),
                (0.12, 2.25),
                (0.03, 2.5),
                (0.03, 2.5),
                (0, 2.5),
            ]
        ),
    )
    shape.add(
        dark,
        *(cylinder(r, 0.08).at(0, y, 0) for r, y in ((0.265, 0.75), (0.265, 1.3), (0.195, 1.9))),
        cylinder(0.02, 0.3, sides=8).at(0, 2.62, 0),
        *(box(0.1, 0.35, 0.02).at(0, 0.35, 0.255).turned("y", angle) for angle in (0, 90, 180, 270)),
    )
    shape.add(
        trim,
        *_fins(4, [(0.2, 0.0), (0.42, -0.05), (0.42, 0.1), (0.25, 0.3)], 0.03, 45),
        *(_nozzle(0.1).at(0.15 * np.cos(t), 0, 0.15 * np.sin(t)) for t in np.arange(4) * 1.571),
    )
    if kind == "tower":
        for x, z in ((-0.55, -0.14), (-0.83, -0.14), (-0.55, 0.14), (-0.83, 0.14)):
            shape.add(trim, box(0.04, 2.4, 0.04).at(x, 1.05, z))
        for k in range(8):
            y = -0.1 + 0.32 * k
            shape.add(
                trim,
                *(box(0.32, 0.03, 0.03).at(-0.69, y, z) for z in (-0.14, 0.14)),
                *(box(0.03, 0.03, 0.32).at(x, y, 0) for x in (-0.55, -0.83)),
                bar((-0.55, y, 0.14), (-0.83, y + 0.3, 0.14), 0.015, 4),
            )
        shape.add(
            dark,
            *(box(0.4, 0.05, 0.06).at(-0.38, y, 0) for y in (0.9, 1.7, 2.1)),
            box(1.7, 0.12, 1.1).at(-0.2, -0.2, 0),
        )
    return shape


def _toy(body: int, dark: int, trim: int) -> Shape:
    shape = Shape()
    shape.add(body, lathe([(0, 0), (0.28, 0), (0.46, 0.4), (0.5, 0.8), (0.42, 1.25), (0.24, 1.6), (0, 1.85)]))
    shape.add(dark, lathe([(0.31, 1.48), (0.24, 1.61), (0, 1.87), (0, 1.48)]), torus(0.49, 0.035).at(0, 0.7, 0))
    shape.add(trim, torus(0.17, 0.045, "z").at(0, 1.02, 0.47))
    shape.add(60, cylinder(0.15, 0.06, "z").at(0, 1.02, 0.46))
    shape.add(
        dark + 30,
        *_fins(3, [(0.35, 0.55), (0.72, 0.15), (0.78, -0.3), (0.55, -0.05), (0.3, 0.1)], 0.07, 30),
        _nozzle(0.22),
    )
    return shape


def _boosters(body: int, dark: int, trim: int) -> Shape:
    shape = Shape()
    shape.add(trim, lathe([(0, 0), (0.22, 0), (0.22, 1.6), (0.26, 1.7), (0.26, 2.0), (0.2, 2.2), (0, 2.4)]))
    for t in np.arange(4) * np.pi / 2 + 0.785:
        shape.add(
            body,
            lathe([(0, 0), (0.18, 0), (0.15, 0.6), (0.1, 1.1), (0, 1.3)], sides=16).at(
                0.36 * np.cos(t), -0.05, 0.36 * np.sin(t)
            ),
        )
        shape.add(dark, _nozzle(0.12).at(0.36 * np.cos(t), -0.05, 0.36 * np.sin(t)))
    shape.add(dark, cylinder(0.225, 0.08).at(0, 1.45, 0), _nozzle(0.15))
    return shape


def _shuttle(body: int, dark: int, trim: int) -> Shape:
    shape = Shape()
    shape.add(trim, lathe([(0, 0.1), (0.28, 0.1), (0.28, 1.7), (0.16, 1.98), (0, 2.1)]))
    for x in (-0.42, 0.42):
        shape.add(body, lathe([(0, -0.05), (0.16, -0.05), (0.12, 0.08), (0.12, 1.6), (0, 1.85)], sides=16).at(x, 0, 0))
        shape.add(dark, cylinder(0.125, 0.06).at(x, 1.2, 0))
    shape.add(
        245,
        stack(
            superellipse(0.17, 0.16, 2.6, 16),
            [(0.0, 1.0), (1.0, 1.0), (1.2, 0.75, 0.7, 0, -0.03), (1.33, 0.15, 0.15, 0, -0.05)],
        ).at(0, 0, 0.45),
        *pair(extrude([(0.1, 0.9), (0.18, 0.55), (0.55, 0.1), (0.55, 0.0), (0.1, 0.0)], 0.04).at(0, 0, 0.4)),
        extrude([(0.6, 0.3), (0.9, 0.02), (0.95, -0.1), (0.6, 0.0)], 0.04, "x"),
    )
    shape.add(
        dark,
        *(_nozzle(0.08).at(x, 0.02, z) for x, z in ((-0.08, 0.45), (0.08, 0.45), (0, 0.56))),
        box(0.16, 0.07, 0.04).turned("x", 30).at(0, 1.14, 0.54),
        *pair(box(0.02, 0.5, 0.1).at(0.165, 0.6, 0.5)),
    )
    return shape


def _v2(kind: str, body: int, dark: int, trim: int) -> Shape:
    shape = Shape()
    profile = (
        [(0, 0), (0.16, 0), (0.25, 0.3), (0.28, 0.8), (0.23, 1.3), (0.12, 1.75), (0, 2.1)]
        if kind == "v2"
        else [(0, 0), (0.13, 0), (0.13, 1.7), (0.1, 1.9), (0, 2.15)]
    )
    shape.add(body, lathe(profile))
    outline = (
        [(0.1, 0.5), (0.45, 0.1), (0.45, -0.15), (0.15, 0.0)]
        if kind == "v2"
        else [(0.1, 0.5), (0.5, 0.1), (0.5, -0.2), (0.12, 0.02)]
    )
    shape.add(dark, *_fins(4 if kind == "v2" else 3, outline, 0.04, 45 if kind == "v2" else 30), _nozzle(0.12))
    shape.add(dark, cylinder(0.268, 0.3).at(0, 0.5, 0) if kind == "v2" else cylinder(0.134, 0.12).at(0, 1.2, 0))
    if kind == "model":
        shape.add(
            trim,
            cylinder(0.4, 0.04).at(0, -0.35, 0),
            cylinder(0.02, 2.0, sides=6).at(0.17, 0.65, 0),
            *(box(0.02, 0.22, 0.09).at(0.125, 0.7 + 0.3 * k, 0) for k in range(2)),
        )
    return shape


def _missile(body: int, dark: int, trim: int) -> Shape:
    shape = Shape()
    shape.add(body - 60, lathe([(0, -1.2), (0.13, -1.2), (0.13, 0.8), (0.11, 1.0), (0, 1.25)], "z").at(0, 0.7, 0))
    shape.add(
        dark,
        *(
            part.turned("x", 90).at(0, 0.7, -1.2)
            for part in _fins(4, [(0.1, 0.0), (0.38, 0.0), (0.38, 0.2), (0.1, 0.5)], 0.03, 45)
        ),
        *(part.turned("x", 90).at(0, 0.7, 0.2) for part in _fins(4, [(0.1, 0.0), (0.3, 0.0), (0.1, 0.35)], 0.03, 45)),
    )
    shape.add(
        trim,
        box(0.12, 0.08, 2.0).at(0, 0.54, -0.1),
        *(bar((0, 0.52, z), (x, 0, z), 0.035) for z in (-0.8, 0.6) for x in (-0.3, 0.3)),
        *pair(box(0.06, 0.06, 1.8).at(0.3, 0.0, -0.1)),
    )
    return shape.turned("x", -32)


def _cores(body: int, dark: int, trim: int) -> Shape:
    shape = Shape()
    for x in (-0.3, 0.0, 0.3):
        tall = 1.7 if x else 2.1
        shape.add(
            body,
            lathe(
                [(0, 0), (0.14, 0), (0.14, tall - 0.2), (0.1, tall), (0, tall + 0.12)]
                if x
                else [(0, 0), (0.14, 0), (0.14, 1.85), (0.2, 1.92), (0.2, 2.25), (0.12, 2.45), (0, 2.55)],
                sides=18,
            ).at(x, 0, 0),
        )
        shape.add(
            dark,
            cylinder(0.145, 0.12, sides=18).at(x, 1.55, 0),
            *(_nozzle(0.05).at(x + 0.07 * np.cos(t), 0, 0.07 * np.sin(t)) for t in np.arange(3) * 2.094),
            cylinder(0.145, 0.06, sides=18).at(x, 0.15, 0),
        )
        shape.add(trim, *(box(0.05, 0.5, 0.04).at(x, 0.32, z) for z in (-0.14, 0.14)))
    return shape


def _lander(body: int, dark: int, trim: int) -> Shape:
    shape = Shape()
    shape.add(body, lathe([(0, 0.4), (0.3, 0.4), (0.32, 0.6), (0.32, 1.9), (0.2, 2.2), (0, 2.35)]))
    shape.add(
        dark,
        _nozzle(0.2).at(0, 0.4, 0),
        *(box(0.03, 0.28, 0.22).at(0.36, 1.85, 0).turned("y", angle) for angle in (0, 90, 180, 270)),
        cylinder(0.326, 0.08).at(0, 1.5, 0),
    )
    for angle in (45, 135, 225, 315):
        leg = [
            bar((0.3, 0.85, 0), (0.75, 0, 0), 0.045),
            bar((0.3, 0.45, 0), (0.65, 0.15, 0), 0.03),
            cylinder(0.13, 0.04, sides=12).at(0.75, 0, 0),
        ]
        shape.add(trim, *(part.turned("y", angle) for part in leg))
    return shape
