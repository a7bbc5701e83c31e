"""Parametric shapes of the category basket."""

import numpy as np

from img2vox.sample.outlines import arc_path, circle, ellipse, rounded_rectangle
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.solids import Solid, bar, box, pair, stack, tube, vessel


def _hoop(a: float, c: float, y: float, radius: float) -> Solid:
    path = np.column_stack([ellipse(a, c, 28)[:, 0], np.full(28, y), ellipse(a, c, 28)[:, 1]])
    return tube(path, radius, 8, closed=True)


def basket(draw: Draw) -> Shape:
    """Basket of hoops and staves, a wire shopping basket, a laundry basket, a picnic basket with lids."""
    kind = draw.cycle(("egg", "laundry", "shopping", "picnic"))
    straw, dark = draw.gray(190, 225), draw.gray(110, 140)
    if kind == "egg":
        return _egg(straw, dark)
    if kind == "laundry":
        return _laundry(straw, dark)
    if kind == "shopping":
        return _shopping(straw, dark)
    return _picnic(straw, dark)


def _egg(straw: int, dark: int) -> Shape:
    shape = Shape()
    tall, a, c = 0.55, 0.75, 0.55
    shape.add(straw, vessel(ellipse(1, c / a, 28), [(0, 0.5 * a), (0.2, 0.85 * a), (tall, a)], 0.06, 0.06))
    shape.add(
        dark, *(_hoop(a * s + 0.02, c * s + 0.02, y, 0.03) for y, s in ((0.12, 0.72), (0.28, 0.88), (0.42, 0.95)))
    )
    shape.add(dark, _hoop(a, c, tall, 0.05), tube(arc_path("xy", (0, tall, 0), a, 0.75, 0, 180), 0.05))
    return shape


def _laundry(straw: int, dark: int) -> Shape:
    shape = Shape()
    tall, a = 1.3, 0.62
    shape.add(straw, vessel(circle(1, 28), [(0, 0.8 * a), (tall, a)], 0.06, 0.08))
    shape.add(dark, *(_hoop(a * s, a * s, y, 0.035) for y, s in ((0.05, 0.81), (0.45, 0.88), (0.9, 0.95), (tall, 1.0))))
    staves = [
        bar((0.83 * a, 0.05, 0), (a + 0.02, tall, 0), 0.03, 6).turned("y", angle) for angle in np.arange(0, 360, 22.5)
    ]
    shape.add(
        dark,
        *staves,
        *pair(tube(arc_path("zy", (a + 0.05, tall - 0.15, 0), 0.16, 0.12, 0, 360, 12)[:-1], 0.035, 8, closed=True)),
    )
    return shape


def _shopping(straw: int, dark: int) -> Shape:
    shape = Shape()
    for level in range(5):
        y, s = 0.12 * level, 0.82 + 0.045 * level
        shape.add(
            dark,
            *pair(box(0.05, 0.05, 0.9 * s).at(0.7 * s, y, 0)),
            *(box(1.4 * s, 0.05, 0.05).at(0, y, z * s) for z in (-0.45, 0.45)),
        )
    for t in np.linspace(-1, 1, 9):
        shape.add(dark, *(bar((0.57 * t, 0, z * 0.37), (0.7 * t, 0.5, z * 0.45), 0.025, 6) for z in (-1, 1)))
    for t in np.linspace(-1, 1, 6):
        shape.add(dark, *pair(bar((0.57, 0, 0.37 * t), (0.7, 0.5, 0.45 * t), 0.025, 6)))
    shape.add(
        straw,
        box(1.2, 0.05, 0.78),
        *(tube([(-0.68, 0.5, z), (-0.5, 0.95, z), (0.5, 0.95, z), (0.68, 0.5, z)], 0.035) for z in (-0.12, 0.12)),
    )
    return shape


def _picnic(straw: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(straw, vessel(rounded_rectangle(2, 1.25, 0.2), [(0, 0.6), (0.6, 0.72)], 0.06, 0.06))
    shape.add(
        dark,
        *(
            stack(rounded_rectangle(2, 1.25, 0.2), [(y, s), (y + 0.06, s)])
            for y, s in ((0.05, 0.63), (0.27, 0.67), (0.48, 0.71))
        ),
    )
    shape.add(
        straw - 20,
        box(0.72, 0.05, 0.95).at(-0.37, 0.63, 0),
        box(0.72, 0.05, 0.95).at(-0.36, 0, 0).turned("z", -50).at(0.25, 0.9, 0),
    )
    shape.add(dark, tube(arc_path("zy", (0, 0.5, 0), 0.46, 0.65, 0, 180), 0.05))
    return shape
