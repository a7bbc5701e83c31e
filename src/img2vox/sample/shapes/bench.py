"""Parametric shapes of the category bench."""

import numpy as np

from img2vox.sample.outlines import arc_path, rounded_rectangle
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.solids import bar, box, extrude, pair, rounded_box, sweep


def bench(draw: Draw) -> Shape:
    """Park bench with cast sides, picnic table, stone bench with scrolls, curved bench around nothing."""
    kind = draw.cycle(("picnic", "swing", "curved", "stone"))
    wood, dark = draw.gray(170, 210), draw.gray(80, 120)
    if kind == "picnic":
        return _picnic(wood, dark)
    if kind == "swing":
        return _swing(wood, dark)
    if kind == "curved":
        return _curved(wood, dark)
    return _stone(wood)


def _picnic(wood: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(
        wood,
        *(box(1.8, 0.05, 0.13).at(0, 0.75, z) for z in np.linspace(-0.3, 0.3, 5)),
        *(box(1.8, 0.05, 0.13).at(0, 0.43, z) for z in (-0.75, -0.61, 0.61, 0.75)),
    )
    for x in (-0.6, 0.6):
        shape.add(
            dark,
            box(0.06, 0.08, 1.6).at(x, 0.38, 0),
            box(0.06, 0.08, 0.7).at(x, 0.69, 0),
            *(bar((x, 0, 0.6 * s), (x, 0.72, 0.2 * s), 0.045, 6) for s in (-1, 1)),
        )
    return shape


def _swing(wood: int, dark: int) -> Shape:
    shape = Shape()
    for x in (-0.95, 0.95):
        shape.add(
            dark,
            bar((x, 0, -0.5), (x, 1.5, 0), 0.045),
            bar((x, 0, 0.5), (x, 1.5, 0), 0.045),
            bar((x, 0.3, -0.4), (x, 0.3, 0.4), 0.035),
        )
    shape.add(
        dark,
        bar((-1.05, 1.5, 0), (1.05, 1.5, 0), 0.05),
        *(bar((x, 1.5, 0), (x, 0.5, z), 0.018, 6) for x in (-0.7, 0.7) for z in (-0.22, 0.25)),
    )
    shape.add(
        wood,
        *(box(1.5, 0.04, 0.11).at(0, 0.48, z) for z in np.linspace(-0.2, 0.24, 4)),
        *(box(1.5, 0.11, 0.04).at(0, y, -0.27 - 0.1 * (y - 0.5)) for y in (0.62, 0.78, 0.94)),
    )
    shape.add(wood - 40, *pair(box(0.05, 0.5, 0.05).at(0.6, 0.75, -0.3)), *pair(box(0.05, 0.05, 0.5).at(0.72, 0.68, 0)))
    return shape


def _curved(wood: int, dark: int) -> Shape:
    shape = Shape()
    angles = np.linspace(-65, 65, 15)
    arcs = [arc_path("xz", (0, y, -1.0), r, r, 25, 155, 14) for r, y in ((0.95, 0.45), (1.1, 0.45), (1.25, 0.45))]
    shape.add(wood, *(sweep(path, rounded_rectangle(0.12, 0.06, 0.02, 1), np.ones(len(path))) for path in arcs))
    back = [arc_path("xz", (0, y, -1.0), 0.83, 0.83, 25, 155, 14) for y in (0.62, 0.76, 0.9)]
    shape.add(wood, *(sweep(path, rounded_rectangle(0.04, 0.09, 0.02, 1), np.ones(len(path))) for path in back))
    for angle in angles[1::4]:
        leg = [
            bar((0, 0, 0.92), (0, 0.42, 0.92), 0.035),
            bar((0, 0, 1.2), (0, 0.42, 1.2), 0.035),
            bar((0, 0.42, 0.92), (0, 0.95, 0.8), 0.03),
            bar((0, 0.4, 0.85), (0, 0.4, 1.28), 0.03),
        ]
        shape.add(dark, *(part.turned("y", float(angle)).at(0, 0, -1.0) for part in leg))
    return shape


def _stone(wood: int) -> Shape:
    shape = Shape()
    shape.add(wood + 20, rounded_box(1.7, 0.16, 0.55, 0.05).on(0.5))
    side = np.array(
        [
            (0.24, 0),
            (0.24, 0.1),
            (0.12, 0.2),
            (0.16, 0.4),
            (0.26, 0.5),
            (-0.26, 0.5),
            (-0.16, 0.4),
            (-0.12, 0.2),
            (-0.24, 0.1),
            (-0.24, 0),
        ]
    )
    shape.add(wood - 20, *pair(extrude(side, 0.2, "x").at(0.58, 0, 0)), box(0.98, 0.08, 0.1).at(0, 0.18, 0))
    return shape
