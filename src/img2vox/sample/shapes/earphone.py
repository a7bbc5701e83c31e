"""Parametric shapes of the category earphone."""

import numpy as np

from img2vox.sample.outlines import arc_path, curve, rounded_rectangle
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.solids import bar, box, cylinder, ellipsoid, lathe, pair, rounded_box, sweep, torus, tube


def _ear_cups(distance: float, radius: float, shell: int) -> Shape:
    """Two padded cups that face each other along X."""
    cups = Shape()
    cups.add(
        shell,
        *pair(
            lathe([(0, 0.2), (0.6 * radius, 0.18), (radius, 0.05), (radius, -0.03), (0, -0.03)], "x").at(distance, 0, 0)
        ),
    )
    cups.add(65, *pair(torus(0.78 * radius, 0.24 * radius, "x").at(distance - 0.07, 0, 0)))
    return cups


def _bud(shell: int, dark: int, side: float) -> Shape:
    """Ear bud; the soft part points to the middle."""
    one = Shape()
    one.add(
        shell,
        ellipsoid(0.13, 0.15, 0.15, 14),
        lathe([(0, 0), (0.08, 0), (0.06, 0.13), (0, 0.13)], "x", 12).at(0.08, 0.02, 0)
        if side < 0
        else lathe([(0, 0), (0.08, 0), (0.06, -0.13), (0, -0.13)], "x", 12).at(-0.08, 0.02, 0),
    )
    one.add(dark, ellipsoid(0.08, 0.11, 0.11, 12).at(-side * 0.2, 0.02, 0))
    return one


def earphone(draw: Draw) -> Shape:
    """Earphone: over the ear, with a boom, buds on a cord, buds in their case, behind the neck, studio, and more."""
    kinds = (
        "over ear",
        "buds",
        "headset",
        "stems",
        "neckband",
        "studio",
        "hook",
        "neck cord",
        "sport",
        "on stand",
        "in case",
        "single",
    )
    kind = draw.cycle(kinds)
    shell, dark, metal = draw.gray(150, 215), draw.gray(70, 100), draw.gray(190, 225)
    if kind in ("over ear", "headset", "studio", "on stand"):
        return _over_ear(draw, kind, shell, dark, metal)
    if kind == "buds":
        return _buds(shell, dark, metal)
    if kind == "stems":
        return _stems(shell, dark)
    if kind == "neckband":
        return _neckband(shell, dark, metal)
    if kind in ("hook", "sport", "single"):
        return _hook(kind, shell, dark)
    if kind == "neck cord":
        return _neck_cord(shell, dark)
    return _in_case(shell, dark)


def _over_ear(draw: Draw, kind: str, shell: int, dark: int, metal: int) -> Shape:
    shape = Shape()
    radius = {"studio": 0.42, "headset": 0.28}.get(kind, draw.between(0.32, 0.38))
    band = arc_path("xy", (0, 0.1, 0), 0.68, 0.85, 5, 175, 20)
    shape.add(
        dark if kind == "studio" else shell - 30,
        sweep(band, rounded_rectangle(0.24 if kind != "headset" else 0.12, 0.06, 0.02, 1), np.ones(21)),
    )
    if kind != "headset":
        shape.add(dark, sweep(band[6:15] * (0.93, 0.97, 1), rounded_rectangle(0.26, 0.09, 0.04, 2), np.ones(9)))
    cups = _ear_cups(0.62, radius, shell)
    shape.extend(Shape([(gray, solid.stretched(1, 1.2, 1)) for gray, solid in cups.parts]).moved(0, -0.05, 0))
    shape.add(metal, *pair(bar((0.68, 0.1, 0), (0.68, 0.5, 0), 0.03)))
    if kind == "headset":
        shape.add(
            dark,
            tube(curve([(0.72, -0.1, 0.05), (0.72, -0.3, 0.3), (0.55, -0.5, 0.6), (0.25, -0.52, 0.78)]), 0.03, 8),
            ellipsoid(0.12, 0.08, 0.08, 12).at(0.2, -0.52, 0.8),
        )
    elif kind == "studio":
        shape.add(
            dark,
            tube(
                curve([(-0.7, -0.45, 0), (-0.7, -0.8, 0.05), (-0.4, -0.95, 0.3), (0.2, -0.9, 0.2), (0.5, -1.0, 0.45)]),
                0.03,
                7,
            ),
            cylinder(0.05, 0.16, "x", 10).at(0.56, -1.0, 0.46),
        )
    elif kind == "on stand":
        shape.add(
            metal,
            cylinder(0.05, 1.75).at(0, 0.0, 0),
            cylinder(0.45, 0.06).at(0, -0.9, 0),
            ellipsoid(0.3, 0.08, 0.14, 14).at(0, 0.82, 0),
        )
    return shape


def _buds(shell: int, dark: int, metal: int) -> Shape:
    shape = Shape()
    for side in (-1, 1):
        shape.extend(_bud(shell, dark, side).moved(side * 0.4, 0.9, 0))
        shape.add(
            shell,
            tube(
                curve([(side * 0.42, 0.85, 0.05), (side * 0.44, 0.5, 0.06), (side * 0.2, 0.1, 0.05), (0, -0.2, 0.05)]),
                0.035,
                8,
            ),
        )
    shape.add(
        shell,
        tube(curve([(0, -0.18, 0.05), (0.1, -0.5, 0.1), (-0.1, -0.8, 0.0), (0.05, -1.1, 0.0)]), 0.04, 8),
        cylinder(0.06, 0.12, sides=10).at(0, -0.2, 0.05),
    )
    shape.add(
        metal,
        cylinder(0.06, 0.14, sides=10).at(0.05, -1.15, 0),
        cylinder(0.03, 0.2, sides=8).at(0.05, -1.3, 0),
        rounded_box(0.1, 0.25, 0.08, 0.03).at(0.43, 0.4, 0.06),
    )
    return shape


def _stems(shell: int, dark: int) -> Shape:
    shape = Shape()
    for side in (-1, 1):
        one = _bud(shell, dark, side)
        one.add(240, lathe([(0, -0.6), (0.065, -0.58), (0.075, 0.0), (0, 0.05)], sides=12).at(side * 0.04, 0, 0.06))
        one.add(
            dark,
            cylinder(0.07, 0.03, sides=10).at(side * 0.04, -0.58, 0.06),
            cylinder(0.05, 0.03, "x", 8).at(side * 0.13, 0.05, 0.03),
        )
        shape.extend(one.turned("z", side * 10).moved(side * 0.32, 0, 0))
    return shape


def _neckband(shell: int, dark: int, metal: int) -> Shape:
    shape = Shape()
    loop = curve(
        [
            (-0.6, 0, 0.75),
            (-0.72, 0, 0.2),
            (-0.5, 0.05, -0.5),
            (0, 0.08, -0.72),
            (0.5, 0.05, -0.5),
            (0.72, 0, 0.2),
            (0.6, 0, 0.75),
        ]
    )
    shape.add(
        shell,
        tube(
            loop,
            np.interp(np.linspace(-1, 1, len(loop)), (-1, -0.6, 0, 0.6, 1), (0.1, 0.09, 0.045, 0.09, 0.1)).tolist(),
        ),
    )
    for side in (-1, 1):
        shape.add(
            dark,
            tube(
                curve(
                    [(side * 0.6, 0, 0.8), (side * 0.5, -0.2, 1.0), (side * 0.35, 0.1, 1.05), (side * 0.3, 0.35, 0.8)]
                ),
                0.028,
                7,
            ),
        )
        shape.extend(_bud(shell, dark, side).moved(side * 0.3, 0.4, 0.75))
    shape.add(metal, *(box(0.1, 0.06, 0.12).at(0.68, 0.08, z) for z in (0.3, 0.5)))
    return shape


def _hook(kind: str, shell: int, dark: int) -> Shape:
    shape = Shape()
    for side in (-1, 1) if kind != "single" else (1,):
        one = Shape()
        one.extend(_bud(shell, dark, side))
        one.add(shell - 30, rounded_box(0.14, 0.28, 0.32, 0.05, "x").at(side * 0.08, 0, 0.05))
        one.add(
            dark,
            tube(
                curve(
                    [
                        (side * 0.06, 0.05, 0.15),
                        (side * 0.05, 0.42, 0.1),
                        (side * 0.04, 0.45, -0.25),
                        (side * 0.03, 0.1, -0.42),
                        (side * 0.02, -0.3, -0.35),
                    ]
                ),
                0.05,
                8,
            ),
        )
        if kind == "single":
            one.add(shell, rounded_box(0.14, 0.2, 0.85, 0.06, "x").turned("x", 12).at(0.1, -0.05, 0.45))
            one.add(235, box(0.03, 0.08, 0.2).at(0.18, -0.08, 0.3))
        shape.extend(
            one.turned("y", side * (20 if kind == "hook" else 0)).moved(side * 0.5 if kind != "single" else 0, 0, 0)
        )
    if kind == "sport":
        shape.add(
            dark,
            tube(
                curve(
                    [
                        (-0.52, -0.3, -0.35),
                        (-0.45, -0.38, -0.7),
                        (0, -0.4, -0.95),
                        (0.45, -0.38, -0.7),
                        (0.52, -0.3, -0.35),
                    ]
                ),
                0.05,
                8,
            ),
        )
    return shape


def _neck_cord(shell: int, dark: int) -> Shape:
    shape = Shape()
    path = curve(
        [
            (0.75, 0.25, 0.35),
            (0.7, 0.45, -0.1),
            (0.35, 0.0, -0.62),
            (0, -0.05, -0.68),
            (-0.35, 0.0, -0.62),
            (-0.7, 0.45, -0.1),
            (-0.75, 0.25, 0.35),
        ]
    )
    shape.add(dark, tube(path, 0.045, 8))
    shape.extend(_ear_cups(0.72, 0.26, shell).moved(0, 0.18, 0.35))
    return shape


def _in_case(shell: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(shell, rounded_box(1.1, 0.42, 0.75, 0.16))
    shape.add(shell - 25, rounded_box(1.1, 0.2, 0.75, 0.09).turned("x", -100).at(0, 0.48, -0.46))
    for side in (-1, 1):
        shape.add(dark, cylinder(0.17, 0.02).at(side * 0.27, 0.215, 0))
        shape.extend(_bud(shell, dark, side).turned("z", 20 * side).moved(side * 0.27, 0.33, 0))
    shape.add(235, ellipsoid(0.035, 0.035, 0.02, 8).at(0, 0.0, 0.375))
    return shape
