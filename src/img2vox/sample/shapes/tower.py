"""Parametric shapes of the category tower."""

from itertools import pairwise

import numpy as np

from img2vox.sample.outlines import arc_path, rectangle
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.shapes.parts import arch_outline, dial
from img2vox.sample.solids import bar, box, cone, cylinder, extrude, four, lathe, stack, torus, tube


def _lattice(shape: Shape, levels: list[tuple[float, float]], radius: float, gray: int) -> None:
    """Four-legged truss through (height, half width)."""
    for (y0, w0), (y1, w1) in pairwise(levels):
        for k in range(4):
            angle = 90.0 * k
            beams = [
                bar((w0, y0, w0), (w1, y1, w1), radius, 6),
                bar((w0, y0, w0), (w1, y1, -w1), radius * 0.6, 5),
                bar((w0, y0, -w0), (w1, y1, w1), radius * 0.6, 5),
                bar((w1, y1, -w1), (w1, y1, w1), radius * 0.7, 5),
            ]
            shape.add(gray, *(beam.turned("y", angle) for beam in beams))


def tower(draw: Draw) -> Shape:
    """Tower: iron lattice, castle, lighthouse, pagoda, bell tower, television, skyscraper."""
    kind = draw.cycle(("lattice", "castle", "lighthouse", "pagoda", "bell", "television", "skyscraper"))
    stone, dark, roof = draw.gray(180, 220), draw.gray(55, 85), draw.gray(95, 135)
    if kind == "lattice":
        return _lattice_tower(stone, roof)
    if kind == "castle":
        return _castle(stone, dark, roof)
    if kind == "lighthouse":
        return _lighthouse(stone, dark, roof)
    if kind == "pagoda":
        return _pagoda(stone, dark, roof)
    if kind == "bell":
        return _bell(stone, dark, roof)
    if kind == "television":
        return _television(stone, dark, roof)
    return _skyscraper(stone, dark, roof)


def _lattice_tower(stone: int, roof: int) -> Shape:
    shape = Shape()
    _lattice(shape, [(0, 0.55), (0.35, 0.4), (0.65, 0.3)], 0.045, stone - 50)
    _lattice(shape, [(0.72, 0.24), (1.0, 0.17), (1.25, 0.13)], 0.03, stone - 50)
    _lattice(shape, [(1.3, 0.1), (1.6, 0.07), (1.9, 0.05), (2.2, 0.03)], 0.02, stone - 50)
    shape.add(
        roof,
        box(0.74, 0.08, 0.74).at(0, 0.68, 0),
        box(0.34, 0.06, 0.34).at(0, 1.28, 0),
        box(0.14, 0.1, 0.14).at(0, 2.22, 0),
        bar((0, 2.2, 0), (0, 2.55, 0), 0.015, 6),
    )
    shape.add(
        stone - 50,
        *(
            tube(arc_path("xy", (0, 0.2, 0.5), 0.4, 0.38, 10, 170, 10), 0.025, 6).turned("y", angle)
            for angle in (0, 90, 180, 270)
        ),
    )
    return shape


def _castle(stone: int, dark: int, roof: int) -> Shape:
    shape = Shape()
    shape.add(
        stone,
        lathe(
            [(0, 0), (0.5, 0), (0.42, 0.25), (0.4, 1.45), (0.52, 1.6), (0.52, 1.8), (0.4, 1.8), (0.4, 1.62), (0, 1.62)],
            sides=28,
        ),
    )
    shape.add(stone - 30, *(box(0.14, 0.16, 0.1).at(0, 1.87, 0.46).turned("y", angle) for angle in range(0, 360, 36)))
    shape.add(
        dark,
        extrude(arch_outline(0.26, 0.45), 0.1).at(0, 0.0, 0.46),
        *(
            box(0.06, 0.22, 0.06).at(0, y, 0.4).turned("y", angle)
            for y, angle in ((0.75, 25), (1.15, -30), (0.8, 130), (1.2, 60))
        ),
    )
    shape.add(roof, bar((0, 1.6, 0), (0, 2.5, 0), 0.02, 6), extrude([(0, 2.48), (0.42, 2.38), (0, 2.26)], 0.02))
    return shape


def _lighthouse(stone: int, dark: int, roof: int) -> Shape:
    shape = Shape()
    for k in range(5):
        r0, r1 = 0.4 - 0.036 * k, 0.4 - 0.036 * (k + 1)
        shape.add(stone + 30 if k % 2 else roof, cone(r0, r1, 0.34).at(0, 0.17 + 0.34 * k, 0))
    shape.add(
        dark,
        cylinder(0.32, 0.05).at(0, 1.72, 0),
        torus(0.31, 0.015).at(0, 1.84, 0),
        *(bar((0.31, 1.72, 0), (0.31, 1.84, 0), 0.012, 4).turned("y", angle) for angle in range(0, 360, 36)),
        *(bar((0.16, 1.74, 0), (0.16, 2.0, 0), 0.015, 5).turned("y", angle) for angle in range(0, 360, 60)),
    )
    shape.add(245, cylinder(0.12, 0.24).at(0, 1.87, 0))
    shape.add(roof, cone(0.24, 0.0, 0.2).at(0, 2.1, 0), cylinder(0.6, 0.06).at(0, 0.0, 0))
    shape.add(
        dark,
        box(0.14, 0.26, 0.05).at(0, 0.17, 0.39),
        *(box(0.07, 0.1, 0.05).at(0, y, 0.42 - 0.106 * y) for y in (0.7, 1.3)),
    )
    return shape


def _pagoda(stone: int, dark: int, roof: int) -> Shape:
    shape = Shape()
    for k in range(5):
        size, y = 0.72 - 0.1 * k, 0.42 * k
        shape.add(stone, box(size, 0.36, size).on(y))
        shape.add(
            dark,
            *(box(size * 0.28, 0.2, 0.02).at(0, y + 0.14, size / 2).turned("y", angle) for angle in (0, 90, 180, 270)),
        )
        flare = stack(
            rectangle(1, 1), [(0.0, size + 0.36), (0.05, size + 0.38), (0.09, size + 0.16), (0.17, size * 0.8)]
        )
        shape.add(roof, flare.at(0, y + 0.32, 0))
    shape.add(
        roof,
        lathe([(0, 0), (0.1, 0), (0.03, 0.15), (0.05, 0.2), (0.02, 0.5), (0, 0.55)]).at(0, 2.12, 0),
        box(1.15, 0.08, 1.15).at(0, -0.04, 0),
    )
    return shape


def _bell(stone: int, dark: int, roof: int) -> Shape:
    shape = Shape()
    shape.add(
        stone,
        box(0.55, 1.6, 0.55).on(0),
        *four(box(0.1, 0.5, 0.1).on(1.6), 0.22, 0.22),
        box(0.66, 0.07, 0.66).at(0, 1.62, 0),
        box(0.66, 0.08, 0.66).at(0, 2.12, 0),
        box(0.65, 0.1, 0.65).on(0),
    )
    shape.add(
        roof,
        stack(rectangle(0.62, 0.62), [(2.15, 1.0), (2.85, 0.02)]),
        lathe([(0, 0.25), (0.05, 0.24), (0.09, 0.1), (0.14, 0), (0, 0)]).at(0, 1.78, 0),
        box(0.03, 0.22, 0.03).at(0, 2.93, 0),
        box(0.12, 0.03, 0.03).at(0, 2.95, 0),
    )
    for angle in (0, 90, 180, 270):
        shape.extend(dial(0.2, 12).moved(0, 1.35, 0.275).turned("y", angle))
    shape.add(
        dark,
        extrude(arch_outline(0.2, 0.4), 0.03).at(0, 0, 0.275),
        *(extrude(arch_outline(0.09, 0.2), 0.03).at(0, y, 0.275) for y in (0.6, 0.9)),
    )
    return shape


def _television(stone: int, dark: int, roof: int) -> Shape:
    shape = Shape()
    shape.add(stone, lathe([(0, 0), (0.26, 0), (0.13, 0.3), (0.09, 1.0), (0.08, 1.7), (0, 1.7)]))
    shape.add(roof + 40, lathe([(0, 1.5), (0.15, 1.52), (0.3, 1.66), (0.3, 1.74), (0.18, 1.86), (0, 1.9)], sides=28))
    shape.add(dark, cylinder(0.302, 0.05, sides=28).at(0, 1.7, 0), cylinder(0.035, 0.35).at(0, 2.05, 0))
    shape.add(
        stone - 40,
        cone(0.03, 0.008, 0.6, sides=10).at(0, 2.5, 0),
        cylinder(0.11, 0.08).at(0, 2.0, 0),
        cylinder(0.5, 0.08).at(0, 0.02, 0),
        *(
            bar((0.45 * np.cos(t), 0, 0.45 * np.sin(t)), (0.08 * np.cos(t), 0.5, 0.08 * np.sin(t)), 0.035)
            for t in (0.5, 2.6, 4.7)
        ),
    )
    return shape


def _skyscraper(stone: int, dark: int, roof: int) -> Shape:
    shape = Shape()
    for size, y, tall in ((0.8, 0.0, 0.55), (0.62, 0.55, 0.8), (0.44, 1.35, 0.6), (0.26, 1.95, 0.25)):
        shape.add(stone, box(size, tall, size).on(y))
        count = max(int(size / 0.13), 2)
        for angle in (0, 90, 180, 270):
            columns = (np.arange(count) - (count - 1) / 2) * size / count
            shape.add(
                dark, *(box(0.055, tall - 0.1, 0.02).at(x, y + tall / 2, size / 2).turned("y", angle) for x in columns)
            )
    shape.add(roof, stack(rectangle(0.2, 0.2), [(2.2, 1.0), (2.4, 0.3)]), bar((0, 2.35, 0), (0, 2.85, 0), 0.02, 6))
    return shape
