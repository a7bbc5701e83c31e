"""Parametric shapes of the category microphone."""

import numpy as np

from img2vox.sample.outlines import curve
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.solids import bar, box, cylinder, ellipsoid, extrude, lathe, pair, rounded_box, torus, tube


def _ball_grille(radius: float, y: float) -> Shape:
    """Wire ball of a stage microphone at height y."""
    ball = Shape()
    ball.add(150, ellipsoid(radius, radius * 1.05, radius, 20).at(0, y, 0))
    ball.add(200, torus(radius * 1.01, 0.035).at(0, y - 0.03, 0))
    return ball


def _hand_held(body: int, metal: int, tail: float) -> Shape:
    """Stage microphone, upright."""
    one = Shape()
    one.extend(_ball_grille(0.27, 0.95))
    one.add(body, lathe([(0, -tail), (0.11, -tail), (0.14, 0.3), (0.21, 0.7), (0.22, 0.78), (0, 0.78)]))
    one.add(metal, torus(0.22, 0.03).at(0, 0.76, 0), box(0.06, 0.16, 0.05).at(0, 0.3, 0.14))
    return one


def microphone(draw: Draw) -> Shape:
    """Microphone: hand-held, vintage, studio with a pop filter, gooseneck, shotgun, boom arm, on a stand, and more."""
    kinds = (
        "hand",
        "vintage",
        "studio",
        "gooseneck",
        "floor stand",
        "usb",
        "shotgun",
        "boom arm",
        "lavalier",
        "wireless",
        "broadcast",
        "toy",
    )
    kind = draw.cycle(kinds)
    body, metal, dark = draw.gray(95, 150), draw.gray(180, 225), draw.gray(65, 90)
    if kind in ("hand", "wireless", "toy"):
        return _hand(kind, body, metal, dark)
    if kind == "vintage":
        return _vintage(metal, dark)
    if kind == "studio":
        return _studio(body, metal, dark)
    if kind == "gooseneck":
        return _gooseneck(metal, dark)
    if kind == "floor stand":
        return _floor_stand(body, metal, dark)
    if kind == "usb":
        return _usb(body, metal, dark)
    if kind == "shotgun":
        return _shotgun(body, metal, dark)
    if kind == "boom arm":
        return _boom_arm(body, metal, dark)
    if kind == "lavalier":
        return _lavalier(body, metal, dark)
    return _broadcast(body, metal, dark)


def _hand(kind: str, body: int, metal: int, dark: int) -> Shape:
    shape = Shape()
    one = _hand_held(body, metal, 0.7)
    if kind == "wireless":
        one.add(
            dark,
            cylinder(0.12, 0.3).at(0, -0.8, 0),
            cylinder(0.03, 0.3, sides=8).at(0, -1.05, 0),
            box(0.12, 0.26, 0.04).at(0, 0.1, 0.13),
        )
    if kind == "toy":
        one.add(metal, *(torus(0.14 + 0.01 * k, 0.035).at(0, -0.5 + 0.3 * k, 0) for k in range(4)))
        one.add(
            dark,
            tube(curve([(0, -0.7, 0), (0.1, -1.0, 0), (-0.25, -1.2, 0.1), (0.15, -1.4, 0.2)]), 0.035, 8),
            ellipsoid(0.36, 0.38, 0.36, 16).at(0, 0.97, 0),
        )
    shape.extend(one.turned("z", {"hand": -35, "wireless": 25, "toy": 0}[kind]))
    return shape


def _vintage(metal: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(
        metal,
        rounded_box(0.62, 0.9, 0.42, 0.2, "x").at(0, 1.25, 0),
        *(box(0.07, 0.75, 0.47).at(x, 1.25, 0) for x in (-0.2, 0, 0.2)),
    )
    shape.add(
        dark, box(0.64, 0.16, 0.44).at(0, 1.22, 0), *(box(0.06, 0.5, 0.04).at(x, 1.25, 0.215) for x in (-0.1, 0.1))
    )
    shape.add(
        metal,
        cylinder(0.06, 0.75).at(0, 0.5, 0),
        lathe([(0, 0), (0.42, 0), (0.4, 0.08), (0.12, 0.16), (0, 0.16)]),
        ellipsoid(0.12, 0.12, 0.12, 10).at(0, 0.82, 0),
    )
    return shape


def _studio(body: int, metal: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(metal, lathe([(0, 0.75), (0.2, 0.75), (0.22, 0.8), (0.22, 1.2), (0, 1.2)]))
    shape.add(body + 40, lathe([(0, 1.2), (0.22, 1.2), (0.22, 1.5), (0.16, 1.62), (0, 1.65)]))
    shape.add(
        dark,
        *(torus(0.4, 0.035).at(0, y, 0) for y in (0.85, 1.15)),
        *(
            bar((0.22 * np.cos(t), y, 0.22 * np.sin(t)), (0.4 * np.cos(t), 1.0, 0.4 * np.sin(t)), 0.015, 5)
            for t in np.arange(6) * 1.047
            for y in (0.85, 1.15)
        ),
    )
    shape.add(
        dark,
        *(
            bar((0.4 * np.cos(t), 0.85, 0.4 * np.sin(t)), (0.4 * np.cos(t), 1.15, 0.4 * np.sin(t)), 0.025, 6)
            for t in np.arange(4) * 1.571
        ),
    )
    shape.add(
        dark, cylinder(0.04, 0.85).at(0.42, 0.45, 0), lathe([(0, 0), (0.4, 0), (0.38, 0.05), (0, 0.08)]).at(0.3, 0, 0)
    )
    shape.add(
        120,
        torus(0.32, 0.025, "z", 28).at(0, 1.4, 0.5),
        cylinder(0.31, 0.012, "z", 28).at(0, 1.4, 0.5),
        tube(curve([(0.42, 0.7, 0), (0.55, 0.8, 0.3), (0.45, 1.1, 0.5), (0.3, 1.3, 0.5)]), 0.025, 6),
    )
    return shape


def _gooseneck(metal: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(dark + 20, extrude([(-0.4, 0), (0.45, 0), (0.45, 0.1), (-0.4, 0.25)], 0.7, "x"))
    neck = curve([(0, 0.2, -0.25), (0, 0.8, -0.3), (0, 1.25, -0.1), (0, 1.45, 0.25)])
    shape.add(metal, tube(neck, 0.05, 8))
    shape.add(dark, ellipsoid(0.13, 0.13, 0.24, 14).turned("x", -25).at(0, 1.5, 0.38))
    shape.add(235, box(0.2, 0.04, 0.12).at(0, 0.16, 0.25), cylinder(0.04, 0.03, sides=8).at(0.22, 0.16, 0.25))
    return shape


def _floor_stand(body: int, metal: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(dark, lathe([(0, 0), (0.5, 0), (0.48, 0.05), (0.1, 0.1), (0, 0.1)]), cylinder(0.05, 1.9).at(0, 1.0, 0))
    shape.add(metal, cylinder(0.075, 0.2).at(0, 1.15, 0))
    shape.extend(
        Shape([(g, s.stretched(0.75, 0.75, 0.75)) for g, s in _hand_held(body, metal, 0.4).parts])
        .turned("x", 50)
        .moved(0, 2.1, 0.1)
    )
    return shape


def _usb(body: int, metal: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(metal, lathe([(0, 0.5), (0.24, 0.5), (0.25, 0.55), (0.25, 1.0), (0, 1.0)]))
    shape.add(
        body,
        lathe([(0, 1.0), (0.25, 1.0), (0.25, 1.25), (0.2, 1.42), (0.1, 1.5), (0, 1.52)]),
        torus(0.25, 0.02).at(0, 1.0, 0),
    )
    shape.add(
        dark,
        cylinder(0.08, 0.05, "z", 14).at(0, 0.75, 0.25),
        tube([(-0.32, 0.75, 0), (-0.36, 0.3, 0), (-0.2, 0.1, 0), (0.2, 0.1, 0), (0.36, 0.3, 0), (0.32, 0.75, 0)], 0.05),
        lathe([(0, 0), (0.45, 0), (0.43, 0.07), (0, 0.12)]),
        *pair(cylinder(0.07, 0.12, "x", 12).at(0.3, 0.75, 0)),
    )
    return shape


def _shotgun(body: int, metal: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(body, cylinder(0.09, 1.9, "z", 16).at(0, 0.6, 0.1))
    shape.add(
        metal,
        *(torus(0.095, 0.018, "z", 14).at(0, 0.6, z) for z in np.arange(0.1, 1.0, 0.16)),
        cylinder(0.1, 0.12, "z", 14).at(0, 0.6, -0.85),
    )
    shape.add(
        dark,
        *(torus(0.22, 0.03, "z", 20).at(0, 0.6, z) for z in (-0.45, -0.1)),
        bar((0, 0.38, -0.45), (0, 0.38, -0.1), 0.04),
        bar((0, 0.38, -0.28), (0, -0.3, -0.28), 0.06),
        *(
            bar((0.09 * np.cos(t), 0.6 + 0.09 * np.sin(t), z), (0.22 * np.cos(t), 0.6 + 0.22 * np.sin(t), z), 0.012, 5)
            for t in (0.8, 2.4, 3.9, 5.5)
            for z in (-0.45, -0.1)
        ),
    )
    return shape.turned("y", 60)


def _boom_arm(body: int, metal: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(
        dark,
        box(0.3, 0.3, 0.3).at(-1.0, 0.1, 0),
        cylinder(0.06, 0.3).at(-1.0, 0.35, 0),
        *(bar((-1.0, 0.45, z), (-0.35, 1.55, z), 0.03) for z in (-0.06, 0.06)),
        *(bar((-0.35, 1.55, z), (0.6, 1.15, z), 0.03) for z in (-0.06, 0.06)),
    )
    shape.add(
        metal,
        cylinder(0.1, 0.2, "z", 12).at(-0.35, 1.55, 0),
        bar((-0.85, 0.6, 0), (-0.45, 1.3, 0), 0.045),
        cylinder(0.07, 0.2, "z", 12).at(0.6, 1.15, 0),
    )
    shape.add(
        body, lathe([(0, 0), (0.16, 0.02), (0.17, 0.35), (0.12, 0.4), (0, 0.4)]).turned("z", 160).at(0.68, 1.05, 0)
    )
    shape.add(
        140, lathe([(0, 0.0), (0.16, 0.0), (0.17, 0.15), (0.1, 0.27), (0, 0.28)]).turned("z", 160).at(0.81, 0.68, 0)
    )
    return shape


def _lavalier(body: int, metal: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(
        dark + 20,
        lathe([(0, -0.2), (0.1, -0.2), (0.11, 0.0), (0, 0.0)]).at(0, 0.9, 0),
        ellipsoid(0.19, 0.22, 0.19, 14).at(0, 1.0, 0),
    )
    shape.add(
        metal,
        torus(0.12, 0.03).at(0, 0.75, 0),
        box(0.1, 0.5, 0.04).turned("x", 8).at(0, 0.6, 0.12),
        box(0.1, 0.5, 0.04).at(0, 0.58, -0.02).turned("x", -4),
    )
    shape.add(
        dark,
        tube(
            curve(
                [(0, 0.72, 0), (0.02, 0.3, 0), (0.25, 0.0, 0.05), (0.0, -0.3, 0.05), (-0.2, -0.55, 0.0), (0, -0.75, 0)]
            ),
            0.03,
            7,
        ),
    )
    shape.add(body, rounded_box(0.5, 0.75, 0.2, 0.05, "z").at(0, -1.1, 0))
    shape.add(235, box(0.26, 0.16, 0.03).at(0, -0.95, 0.1))
    return shape


def _broadcast(body: int, metal: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(dark, lathe([(0, -0.62), (0.14, -0.62), (0.2, -0.5), (0.2, 0.1), (0, 0.1)], "z").at(0, 1.2, 0))
    shape.add(
        body + 30,
        lathe([(0, 0.0), (0.23, 0.0), (0.25, 0.15), (0.22, 0.48), (0.12, 0.56), (0, 0.56)], "z").at(0, 1.2, 0.1),
    )
    shape.add(
        metal,
        torus(0.22, 0.03, "z").at(0, 1.2, 0.1),
        tube([(-0.27, 1.2, -0.1), (-0.27, 0.85, -0.1), (0.27, 0.85, -0.1), (0.27, 1.2, -0.1)], 0.04),
        *pair(cylinder(0.07, 0.08, "x", 12).at(0.25, 1.2, -0.1)),
    )
    shape.add(metal, cylinder(0.06, 0.8).at(0, 0.45, -0.1), rounded_box(0.7, 0.1, 0.7, 0.04).on(0).at(0, 0, -0.1))
    return shape
