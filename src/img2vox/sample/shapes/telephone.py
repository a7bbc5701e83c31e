"""Parametric shapes of the category telephone."""

import numpy as np

from img2vox.sample.outlines import curve, ellipse
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.shapes.parts import button_grid, plate
from img2vox.sample.solids import (
    bar,
    box,
    cone,
    cylinder,
    ellipsoid,
    extrude,
    four,
    lathe,
    pair,
    rounded_box,
    stack,
    torus,
    tube,
)


def _handset(length: float) -> Shape:
    """Handset along X, its two cups downward, the middle of the grip at the origin."""
    half = Shape()
    grip = curve(
        [(-length / 2, -0.02, 0), (-length / 3, 0.1, 0), (0, 0.14, 0), (length / 3, 0.1, 0), (length / 2, -0.02, 0)]
    )
    half.add(
        70,
        tube(
            grip,
            np.interp(np.linspace(-1, 1, len(grip)), (-1, -0.6, 0, 0.6, 1), (0.1, 0.085, 0.075, 0.085, 0.1)).tolist(),
        ),
    )
    half.add(80, *pair(lathe([(0, -0.1), (0.17, -0.1), (0.17, -0.02), (0.1, 0.08), (0, 0.1)]).at(length / 2, -0.03, 0)))
    return half


def telephone(draw: Draw) -> Shape:
    """Telephone: rotary dial, keypad, candlestick, on the wall, cordless in its base, with a screen, and more."""
    kind = draw.cycle(
        ("rotary", "office", "candlestick", "cordless", "wall", "pay", "crank", "conference", "princess", "walkie")
    )
    case, dark, key = draw.gray(130, 200), draw.gray(55, 80), draw.gray(220, 245)
    if kind in ("rotary", "princess"):
        return _rotary(kind, case, dark, key)
    if kind == "office":
        return _office(case, dark, key)
    if kind == "candlestick":
        return _candlestick(dark, key)
    if kind == "cordless":
        return _cordless(case, dark, key)
    if kind == "wall":
        return _wall(case, dark, key)
    if kind == "pay":
        return _pay(dark, key)
    if kind == "crank":
        return _crank(case, dark, key)
    if kind == "conference":
        return _conference(case, dark, key)
    return _walkie(dark, key)


def _rotary(kind: str, case: int, dark: int, key: int) -> Shape:
    shape = Shape()
    profile = [(-0.45, 0.0), (0.55, 0.0), (0.55, 0.1), (0.1, 0.5), (-0.35, 0.5), (-0.45, 0.3)]
    if kind == "rotary":
        shape.add(case, extrude(profile, 0.95, "x"))
        face = Shape()
        face.add(key, cylinder(0.33, 0.06, "z", 28))
        face.add(
            dark,
            *(
                cylinder(0.05, 0.05, "z", 10).at(0.24 * np.cos(t), 0.24 * np.sin(t), 0.03)
                for t in np.radians(np.arange(-30, 300, 33))
            ),
        )
        face.add(dark + 60, cylinder(0.11, 0.1, "z", 16))
        shape.extend(face.turned("x", -48).moved(0, 0.3, 0.36))
        shape.add(dark, *four(box(0.08, 0.16, 0.06).on(0.48), 0.28, 0.1))
        shape.extend(_handset(1.05).moved(0, 0.66, -0.12))
    else:
        shape.add(case, stack(ellipse(0.75, 0.5, 28), [(0, 1.0), (0.1, 1.0), (0.3, 0.72)]))
        shape.add(
            key,
            *(
                cylinder(0.05, 0.06, sides=10).at(x, 0.32, z)
                for x in (-0.15, 0, 0.15)
                for z in (-0.12, 0.0, 0.12, 0.24)
            ),
        )
        shape.extend(_handset(1.1).moved(0, 0.52, -0.22))
        shape.add(dark, *pair(box(0.1, 0.2, 0.14).at(0.4, 0.34, -0.2)))
    cord = [
        (0.45 + 0.05 * np.cos(t * 2.2), 0.06 + 0.05 * np.sin(t * 2.2), 0.15 - 0.06 * t) for t in np.arange(0, 10, 0.4)
    ]
    shape.add(dark, tube([(x + 0.1, y, z) for x, y, z in cord], 0.022, 5))
    return shape


def _office(case: int, dark: int, key: int) -> Shape:
    shape = Shape()
    body = Shape()
    body.add(case, rounded_box(1.3, 0.14, 1.1, 0.04))
    body.add(
        key,
        *(box(0.11, 0.05, 0.09).at(x, 0.08, z) for x in (0.05, 0.2, 0.35) for z in (0.0, 0.13, 0.26, 0.39)),
        *(box(0.08, 0.05, 0.05).at(0.53, 0.08, z) for z in np.linspace(-0.1, 0.4, 6)),
    )
    body.add(dark, box(0.6, 0.05, 0.26).at(0.25, 0.08, -0.32))
    body.extend(_handset(0.85).turned("y", 90).moved(-0.42, 0.22, 0))
    shape.extend(body.turned("x", 18).moved(0, 0.25, 0))
    shape.add(case - 30, extrude([(-0.5, 0), (0.5, 0), (0.5, 0.03), (-0.5, 0.34)], 1.1, "x"))
    return shape


def _candlestick(dark: int, key: int) -> Shape:
    shape = Shape()
    shape.add(
        dark + 30,
        lathe([(0, 0), (0.36, 0), (0.36, 0.06), (0.1, 0.14), (0.07, 0.3), (0.07, 1.0), (0.12, 1.1), (0, 1.16)]),
    )
    shape.add(
        dark,
        lathe([(0, 0), (0.08, 0.0), (0.09, 0.14), (0.22, 0.32), (0.18, 0.32), (0, 0.14)], "z")
        .turned("x", -12)
        .at(0, 1.12, 0.06),
        bar((-0.07, 0.85, 0), (-0.3, 0.9, 0), 0.03),
    )
    shape.add(
        dark,
        lathe([(0, -0.35), (0.05, -0.35), (0.06, 0.1), (0.17, 0.3), (0.13, 0.32), (0, 0.2)]).at(-0.32, 0.75, 0),
        tube(
            curve([(-0.32, 0.4, 0), (-0.36, 0.1, 0.1), (-0.5, 0.03, 0.3), (0.1, 0.03, 0.45), (0.25, 0.04, 0.25)]),
            0.02,
            6,
        ),
    )
    shape.add(key, cylinder(0.17, 0.04, "z", 20).turned("x", -40).at(0, 0.16, 0.26))
    return shape


def _cordless(case: int, dark: int, key: int) -> Shape:
    shape = Shape()
    shape.add(
        case - 40,
        rounded_box(0.75, 0.22, 0.85, 0.08).on(0),
        extrude([(-0.4, 0.1), (0.05, 0.1), (0.0, 0.36), (-0.35, 0.55)], 0.62, "x"),
    )
    hand = Shape()
    hand.add(case, rounded_box(0.42, 1.5, 0.22, 0.09, "z").at(0, 0.75, 0))
    hand.add(dark, plate(0.3, 0.26, 0.04, 0.02).at(0, 1.12, 0.11), box(0.2, 0.03, 0.03).at(0, 1.36, 0.11))
    hand.add(
        key,
        *(part.at(0, 0.58, 0.11) for part in button_grid(3, 4, 0.11, 0.12, (0.08, 0.08, 0.04))),
        torus(0.08, 0.025, "z").at(0, 0.9, 0.11),
    )
    hand.add(dark, bar((0.13, 1.45, -0.05), (0.13, 1.75, -0.05), 0.04))
    shape.extend(hand.turned("x", -18).moved(0, 0.14, 0.0))
    return shape


def _wall(case: int, dark: int, key: int) -> Shape:
    shape = Shape()
    shape.add(case, rounded_box(0.75, 1.2, 0.3, 0.06, "z"), box(0.5, 0.8, 0.1).at(0, 0, -0.18))
    shape.add(key, *(part.at(0.12, -0.2, 0.16) for part in button_grid(3, 4, 0.14, 0.14, (0.1, 0.1, 0.04))))
    shape.extend(_handset(1.0).turned("x", 90).turned("z", 90).moved(-0.32, 0.05, 0.32))
    cord = [
        (-0.3 + 0.05 * np.cos(t * 2.4), -0.5 - 0.035 * t + 0.02 * t * (t > 12) * (t - 12), 0.3 + 0.05 * np.sin(t * 2.4))
        for t in np.arange(0, 16, 0.4)
    ]
    shape.add(dark, tube(cord, 0.025, 5))
    return shape


def _pay(dark: int, key: int) -> Shape:
    shape = Shape()
    shape.add(dark + 40, box(0.8, 1.5, 0.4))
    shape.add(key - 60, box(0.7, 0.9, 0.03).at(0.02, 0.2, 0.21), box(0.25, 0.2, 0.08).at(0.2, -0.55, 0.2))
    shape.add(
        key,
        *(part.at(0.15, 0.1, 0.23) for part in button_grid(3, 4, 0.12, 0.12, (0.09, 0.09, 0.04))),
        box(0.12, 0.03, 0.04).at(0.22, 0.62, 0.23),
    )
    shape.extend(_handset(0.9).turned("x", 90).turned("z", 90).moved(-0.28, 0.25, 0.38))
    shape.add(
        dark,
        tube(curve([(-0.28, -0.25, 0.35), (-0.3, -0.6, 0.4), (-0.1, -0.75, 0.35), (0.0, -0.5, 0.22)]), 0.03, 8),
        box(0.1, 0.25, 0.12).at(-0.28, 0.5, 0.24),
    )
    return shape


def _crank(case: int, dark: int, key: int) -> Shape:
    shape = Shape()
    shape.add(
        case - 30,
        box(0.75, 1.3, 0.35),
        extrude([(-0.17, -0.65), (0.4, -0.5), (0.4, -0.45), (-0.17, -0.45)], 0.8, "x").at(0, 0, 0),
    )
    shape.add(key, *(ellipsoid(0.14, 0.14, 0.1, 12).at(x, 0.48, 0.2) for x in (-0.17, 0.17)))
    shape.add(
        dark,
        lathe([(0, 0), (0.09, 0), (0.09, 0.2), (0.2, 0.42), (0, 0.3)], "z").at(0, 0.05, 0.16),
        bar((0.38, 0.1, 0), (0.55, 0.1, 0), 0.03),
        bar((0.55, 0.1, 0), (0.55, -0.1, 0.1), 0.03),
        cylinder(0.05, 0.16, "x", 10).at(0.6, -0.1, 0.1),
    )
    shape.add(
        dark,
        lathe([(0, -0.35), (0.06, -0.35), (0.06, 0.1), (0.16, 0.28), (0, 0.25)]).at(-0.52, 0.1, 0),
        bar((-0.38, 0.2, 0), (-0.52, 0.2, 0), 0.03),
        tube(curve([(-0.52, -0.25, 0), (-0.55, -0.6, 0.05), (-0.3, -0.6, 0.15)]), 0.02, 6),
    )
    return shape


def _conference(case: int, dark: int, key: int) -> Shape:
    shape = Shape()
    # A star with three arms: loudspeaker in the middle, keys on the front arm.
    t = 2 * np.pi * np.arange(36) / 36
    radius = 0.62 + 0.26 * np.cos(3 * t)
    star = np.column_stack([radius * np.sin(t), radius * np.cos(t)])
    shape.add(case, stack(star, [(0, 0.95), (0.05, 1.0), (0.14, 0.97), (0.24, 0.62)]))
    shape.add(
        dark,
        *(torus(r, 0.025, sides=28).at(0, 0.25, 0) for r in (0.12, 0.2, 0.28)),
        cylinder(0.06, 0.06, sides=14).at(0, 0.24, 0),
    )
    panel = Shape()
    panel.add(dark, box(0.34, 0.04, 0.14).at(0, 0, -0.2))
    panel.add(key, *(box(0.08, 0.04, 0.06).at(x, 0, z) for x in (-0.11, 0, 0.11) for z in (-0.05, 0.04, 0.13, 0.22)))
    shape.extend(panel.turned("x", 17).moved(0, 0.2, 0.58))
    return shape


def _walkie(dark: int, key: int) -> Shape:
    shape = Shape()
    shape.add(dark + 40, rounded_box(0.55, 1.2, 0.35, 0.06, "z"))
    shape.add(
        dark,
        cylinder(0.055, 0.9).at(0.17, 1.0, 0),
        cylinder(0.08, 0.12, sides=12).at(-0.14, 0.66, 0),
        *(box(0.36, 0.025, 0.03).at(0, 0.42 - 0.06 * k, 0.18) for k in range(5)),
    )
    shape.add(
        key,
        *(part.at(0, -0.32, 0.18) for part in button_grid(3, 3, 0.13, 0.13, (0.09, 0.08, 0.04))),
        plate(0.36, 0.16, 0.03, 0.01).at(0, 0.0, 0.18),
    )
    shape.add(dark, cone(0.045, 0.03, 0.3).at(0.17, 1.5, 0), box(0.06, 0.35, 0.12).at(-0.29, 0.15, 0))
    return shape
