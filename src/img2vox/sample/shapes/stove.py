"""Parametric shapes of the category stove."""

import numpy as np

from img2vox.sample.shape import Draw, Shape
from img2vox.sample.shapes.parts import bar_handle, cabinet_shell, knobs, wire_rack
from img2vox.sample.solids import Solid, bar, box, cylinder, extrude, four, lathe, pair, rounded_box, torus


def _burners(width: float, depth: float, y: float, radius: float) -> list[Solid]:
    places = [(x * width / 4, z * depth / 4) for x in (-1, 1) for z in (-1, 1)]
    return [part.at(x, y, z) for x, z in places for part in (torus(radius, 0.025), cylinder(radius * 0.5, 0.04))]


def _grates(width: float, depth: float, y: float) -> list[Solid]:
    bars = [
        box(0.035, 0.05, 0.42 * depth).at(x * width / 4 + dx, y, z * depth / 4)
        for x in (-1, 1)
        for z in (-1, 1)
        for dx in (-0.1, 0.1)
    ]
    cross = [box(0.42 * width, 0.05, 0.035).at(x * width / 4, y, z * depth / 4) for x in (-1, 1) for z in (-1, 1)]
    return [*bars, *cross]


def stove(draw: Draw) -> Shape:
    """Stove: range with a backsplash, hob, wood stove, two ovens, camping stove, range cooker, pot-bellied stove."""
    kind = draw.cycle(("range", "wood", "hob", "wide", "potbelly", "camping", "hood", "open", "old", "glass top"))
    body, dark, trim = draw.gray(190, 240), draw.gray(65, 95), draw.gray(130, 170)
    if kind in ("range", "wide", "hood", "open", "glass top"):
        return _range(draw, kind, body, dark, trim)
    if kind == "wood":
        return _wood(dark, trim)
    if kind == "hob":
        return _hob(body, dark, trim)
    if kind == "potbelly":
        return _potbelly(dark, trim)
    if kind == "camping":
        return _camping(body, dark, trim)
    return _old(body, dark, trim)


def _range(draw: Draw, kind: str, body: int, dark: int, trim: int) -> Shape:
    shape = Shape()
    width, height, depth = (
        (1.7 if kind == "wide" else draw.between(0.95, 1.1)),
        draw.between(1.0, 1.15),
        draw.between(0.85, 0.95),
    )
    front = depth / 2
    shape.add(dark, box(width - 0.06, 0.1, depth - 0.1).on(0))
    if kind == "open":
        shape.add(
            body,
            box(width, 0.3, depth).on(height - 0.3),
            cabinet_shell(width, height - 0.4, depth, 0.07).at(0, 0.1 + (height - 0.4) / 2, 0),
        )
        shape.add(trim, *(part.at(0, 0.4, 0.1) for part in wire_rack(width - 0.16, depth - 0.2, 0.04)))
        shape.add(body - 20, box(width, 0.07, 0.6).at(0, 0.14, front + 0.3))
        shape.add(dark, box(width - 0.3, 0.02, 0.35).at(0, 0.18, front + 0.3))
    else:
        shape.add(body, box(width, height - 0.1, depth).on(0.1))
        ovens = ((-0.43, 0.72), (0.43, 0.72)) if kind == "wide" else ((0.0, width - 0.1),)
        for x, size in ovens:
            shape.add(body - 25, rounded_box(size, 0.55, 0.06, 0.02, "z").at(x, 0.5, front))
            shape.add(dark, box(size - 0.25, 0.27, 0.05).at(x, 0.48, front + 0.02))
            shape.add(trim, *(part.at(x, 0.72, front + 0.02) for part in bar_handle(size - 0.12, 0.07)))
    shape.add(
        dark, *(part.at(0, height - 0.12, front) for part in knobs(7 if kind == "wide" else 5, width * 0.75, 0.045))
    )
    if kind == "glass top":
        shape.add(dark, box(width - 0.02, 0.03, depth - 0.02).at(0, height + 0.015, 0))
        shape.add(
            trim,
            *(
                cylinder(r, 0.02).at(x * width / 4, height + 0.03, z * depth / 4)
                for x, z, r in ((1, 1, 0.19), (-1, 1, 0.13), (1, -1, 0.13), (-1, -1, 0.17))
            ),
        )
    elif kind == "wide":
        for x in (-0.43, 0.43):
            shape.add(dark, *(part.at(x, 0, 0) for part in _grates(0.8, depth, height + 0.04)))
    else:
        shape.add(dark, *_burners(width, depth, height + 0.02, 0.15))
    if kind in ("range", "open", "wide"):
        shape.add(body - 10, box(width, 0.3, 0.08).on(height).at(0, 0, -front + 0.04))
        shape.add(dark, box(0.35, 0.12, 0.02).at(0, height + 0.16, -front + 0.09))
    if kind == "hood":
        shape.add(
            trim,
            extrude([(-0.42, 1.75), (0.42, 1.75), (0.42, 1.82), (0.02, 2.05), (-0.42, 2.05)], width, "x"),
            box(0.35, 0.5, 0.35).on(2.0).at(0, 0, -0.24),
            box(width, 1.0, 0.04).on(height).at(0, 0, -front + 0.02),
        )
    return shape


def _wood(dark: int, trim: int) -> Shape:
    shape = Shape()
    shape.add(
        dark + 30,
        rounded_box(1.0, 0.9, 0.7, 0.05).on(0.25),
        box(1.1, 0.06, 0.8).at(0, 1.17, 0),
        *four(extrude([(0, 0.27), (0.1, 0.27), (0.06, 0), (0.01, 0)], 0.1), 0.36, 0.28),
    )
    shape.add(dark, cylinder(0.12, 1.0).on(1.18).at(0, 0, -0.12), cylinder(0.14, 0.08).at(0, 1.25, -0.12))
    shape.add(trim, rounded_box(0.72, 0.6, 0.05, 0.02, "z").at(0, 0.72, 0.36))
    shape.add(225, box(0.52, 0.38, 0.05).at(0, 0.74, 0.38), bar((0.42, 0.65, 0.45), (0.42, 0.85, 0.45), 0.03))
    return shape


def _hob(body: int, dark: int, trim: int) -> Shape:
    shape = Shape()
    shape.add(trim, rounded_box(1.6, 0.12, 1.1, 0.04).on(0))
    shape.add(dark, *_grates(1.45, 0.95, 0.17), *_burners(1.45, 0.95, 0.13, 0.12))
    shape.add(body, *(cylinder(0.05, 0.1, sides=12).at(x, 0.14, 0.48) for x in np.linspace(-0.5, 0.5, 5)))
    return shape


def _potbelly(dark: int, trim: int) -> Shape:
    shape = Shape()
    shape.add(
        dark + 40,
        lathe(
            [
                (0, 0.3),
                (0.4, 0.3),
                (0.45, 0.38),
                (0.36, 0.42),
                (0.5, 0.7),
                (0.5, 0.85),
                (0.3, 1.2),
                (0.36, 1.24),
                (0.36, 1.3),
                (0.1, 1.36),
                (0, 1.36),
            ]
        ),
    )
    shape.add(
        dark,
        cylinder(0.11, 0.9).on(1.3),
        *(
            bar((0.42 * np.cos(t), 0, 0.42 * np.sin(t)), (0.3 * np.cos(t), 0.35, 0.3 * np.sin(t)), 0.05)
            for t in (0.8, 2.4, 3.9, 5.5)
        ),
    )
    shape.add(
        trim + 40,
        rounded_box(0.36, 0.3, 0.08, 0.03, "z").at(0, 0.72, 0.48),
        rounded_box(0.3, 0.1, 0.08, 0.03, "z").at(0, 0.45, 0.4),
    )
    return shape


def _camping(body: int, dark: int, trim: int) -> Shape:
    shape = Shape()
    shape.add(
        trim, rounded_box(1.4, 0.2, 0.8, 0.04).on(0), box(1.4, 0.75, 0.05).on(0).turned("x", -15).at(0, 0.18, -0.4)
    )
    shape.add(
        dark,
        *(
            part.at(x, 0.22, 0)
            for x in (-0.38, 0.38)
            for part in (
                torus(0.2, 0.03),
                cylinder(0.08, 0.08),
                bar((-0.28, 0.05, 0), (0.28, 0.05, 0), 0.025),
                bar((0, 0.05, -0.28), (0, 0.05, 0.28), 0.025),
            )
        ),
    )
    shape.add(
        body,
        *(part.at(0, 0.1, 0.4) for part in knobs(2, 0.76, 0.06)),
        *pair(extrude([(-0.38, 0.2), (0.3, 0.2), (-0.5, 0.75)], 0.03, "x").at(0.68, 0, 0)),
    )
    return shape


def _old(body: int, dark: int, trim: int) -> Shape:
    shape = Shape()
    shape.add(
        body,
        box(1.5, 0.75, 0.85).on(0.35),
        box(1.6, 0.06, 0.95).at(0, 1.12, 0),
        box(1.5, 0.5, 0.06).on(1.15).at(0, 0, -0.4),
        box(1.5, 0.06, 0.28).at(0, 1.62, -0.3),
    )
    shape.add(
        dark,
        *four(lathe([(0, 0), (0.05, 0), (0.04, 0.2), (0.08, 0.36), (0, 0.36)], sides=12), 0.66, 0.35),
        *_burners(1.4, 0.85, 1.16, 0.14),
    )
    shape.add(
        dark,
        *(
            rounded_box(w, h, 0.05, 0.02, "z").at(x, y, 0.43)
            for w, h, x, y in ((0.6, 0.5, 0.3, 0.7), (0.5, 0.22, -0.4, 0.9), (0.5, 0.25, -0.4, 0.56))
        ),
    )
    shape.add(
        trim + 40,
        *(bar((x - 0.12, y, 0.5), (x + 0.12, y, 0.5), 0.025) for x, y in ((0.3, 0.88), (-0.4, 0.95), (-0.4, 0.62))),
    )
    return shape
