"""Parametric shapes of the category piano."""

import numpy as np

from img2vox.sample.outlines import Outline, curve
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.solids import bar, box, cylinder, extrude, four, lathe, pair, rounded_box, tube


def _piano_keys(width: float, depth: float) -> Shape:
    """White and black keys, the front edge toward +Z, on y = 0."""
    keys, count = Shape(), int(width / 0.075)
    step = width / count
    xs = (np.arange(count) - (count - 1) / 2) * step
    keys.add(245, *(box(0.88 * step, 0.04, depth).at(x, 0, 0) for x in xs))
    keys.add(
        45,
        *(
            box(0.5 * step, 0.05, 0.6 * depth).at(x + step / 2, 0.03, -0.2 * depth)
            for k, x in enumerate(xs[:-1])
            if k % 7 not in (2, 6)
        ),
    )
    return keys


def _grand_outline() -> Outline:
    """A grand piano from above, the keyboard at +z = 0.75, the straight side at -x."""
    bent = curve(
        [(0.75, 0.35), (0.72, 0.0), (0.45, -0.3), (0.3, -0.6), (0.12, -0.95), (-0.25, -1.12), (-0.6, -1.05)], 4
    )
    return np.concatenate([np.array([(-0.75, 0.75), (0.75, 0.75)]), bent, np.array([(-0.75, -0.9)])])


def piano(draw: Draw) -> Shape:
    """Piano: upright, grand with its lid open or closed, spinet, stage piano, baby grand, toy, and more."""
    kinds = (
        "upright",
        "grand",
        "stage",
        "spinet",
        "grand closed",
        "organ",
        "console",
        "toy",
        "square",
        "upright stool",
        "white grand",
    )
    kind = draw.cycle(kinds)
    wood, dark, brass = draw.gray(90, 150), draw.gray(55, 75), draw.gray(200, 225)
    if kind in ("upright", "spinet", "upright stool", "organ", "console"):
        return _upright(draw, kind, wood, dark, brass)
    if kind in ("grand", "grand closed", "white grand"):
        return _grand(draw, kind, wood, dark, brass)
    if kind == "stage":
        return _stage(dark)
    if kind == "toy":
        return _toy(wood)
    return _square(wood, dark)


def _upright(draw: Draw, kind: str, wood: int, dark: int, brass: int) -> Shape:
    shape = Shape()
    tall = {"spinet": 1.0, "organ": 1.5, "console": 0.85}.get(kind, draw.between(1.3, 1.45))
    wide, shelf = 1.5, 0.62
    shape.add(wood, box(wide, tall, 0.38).on(0).at(0, 0, -0.2), box(wide + 0.06, 0.05, 0.46).on(tall).at(0, 0, -0.2))
    shape.add(
        wood,
        box(wide, 0.1, 0.45).at(0, shelf - 0.07, 0.2),
        *pair(box(0.1, 0.2, 0.46).at(wide / 2 - 0.05, shelf + 0.02, 0.2)),
    )
    shape.extend(_piano_keys(wide - 0.22, 0.24).moved(0, shelf, 0.28))
    leg = lathe([(0, 0), (0.06, 0), (0.04, 0.1), (0.07, 0.4), (0.05, shelf - 0.1), (0, shelf - 0.1)], sides=10)
    shape.add(
        wood, *pair(leg.at(wide / 2 - 0.08, 0, 0.35)), *pair(box(0.12, 0.06, 0.6).on(0).at(wide / 2 - 0.08, 0, 0.1))
    )
    shape.add(brass, *(box(0.05, 0.03, 0.14).at(x, 0.06, 0.05) for x in (-0.1, 0, 0.1)))
    if kind != "console":
        shape.add(dark + 30, box(wide * 0.62, 0.3, 0.03).turned("x", -12).at(0, shelf + 0.32, 0.06))
    if kind in ("upright", "upright stool"):
        shape.add(
            245,
            box(0.26, 0.22, 0.02).turned("x", -12).at(-0.14, shelf + 0.32, 0.09),
            box(0.26, 0.22, 0.02).turned("x", -12).at(0.13, shelf + 0.32, 0.09),
        )
    if kind == "organ":
        shape.add(
            brass,
            *(
                cylinder(0.045, 0.55 + 0.35 * abs(x), sides=10).on(tall).at(x, 0, -0.2)
                for x in np.linspace(-0.65, 0.65, 11)
            ),
        )
        shape.extend(_piano_keys(wide - 0.3, 0.2).moved(0, shelf + 0.12, 0.12))
    if kind == "upright stool":
        shape.add(
            wood,
            cylinder(0.22, 0.1).at(0, 0.5, 0.95),
            cylinder(0.05, 0.4).at(0, 0.28, 0.95),
            *(bar((0, 0.25, 0.95), (0.2 * np.cos(t), 0, 0.95 + 0.2 * np.sin(t)), 0.03) for t in (0.8, 2.4, 3.9, 5.5)),
        )
        shape.add(
            brass,
            *pair(
                tube(
                    [
                        (wide / 2 - 0.25, tall - 0.2, 0),
                        (wide / 2 - 0.25, tall - 0.2, 0.14),
                        (wide / 2 - 0.25, tall - 0.05, 0.14),
                    ],
                    0.02,
                    6,
                )
            ),
        )
    if kind == "console":
        shape.add(
            wood, box(0.6, 0.08, 0.32).at(0, 0.42, 0.85), *four(box(0.06, 0.4, 0.06).on(0).at(0, 0, 0.85), 0.24, 0.11)
        )
    return shape


def _grand(draw: Draw, kind: str, wood: int, dark: int, brass: int) -> Shape:
    shape = Shape()
    if kind == "white grand":
        wood = 235
    outline = _grand_outline() * (1.0, draw.between(0.9, 1.2))
    front = float(outline[:, 1].max())
    cut = outline.copy()
    shape.add(wood, extrude(cut, 0.1, "y").at(0, 0.68, 0))
    rear = outline.copy()
    rear[:, 1] = np.minimum(rear[:, 1], front - 0.33)
    rear[2] = (0.75, min(float(rear[2, 1]), front - 0.34))
    shape.add(wood, extrude(rear, 0.24, "y").at(0, 0.8, 0), *pair(box(0.1, 0.2, 0.36).at(0.7, 0.78, front - 0.18)))
    shape.add(brass, extrude(rear * 0.93 - (0, 0.02), 0.02, "y").at(0, 0.92, 0))
    shape.extend(_piano_keys(1.3, 0.26).moved(0, 0.75, front - 0.16))
    leg = lathe([(0, 0), (0.05, 0), (0.05, 0.08), (0.07, 0.12), (0.1, 0.66), (0, 0.66)], sides=12)
    shape.add(
        wood,
        *pair(leg.at(0.62, 0, front - 0.25)),
        leg.at(-0.15, 0, float(outline[:, 1].min()) + 0.25),
        box(0.05, 0.55, 0.05).at(0.08, 0.4, front - 0.4),
        box(0.05, 0.55, 0.05).at(-0.08, 0.4, front - 0.4),
    )
    shape.add(brass, *(box(0.04, 0.03, 0.16).at(x, 0.12, front - 0.32) for x in (-0.07, 0, 0.07)))
    lid = extrude(rear + np.array((0.75, 0)), 0.035, "y")
    angle = 0 if kind == "grand closed" else 38
    shape.add(wood - 20 if wood < 200 else 215, lid.turned("z", angle).at(-0.76, 0.95, 0))
    if angle:
        shape.add(dark, bar((0.6, 0.9, front - 0.5), (0.42, 1.85, front - 0.5), 0.02, 6))
    shape.add(dark + 20, box(0.7, 0.3, 0.025).turned("x", -15).at(0, 1.08, front - 0.42))
    return shape


def _stage(dark: int) -> Shape:
    shape = Shape()
    shape.add(
        dark + 40, rounded_box(1.9, 0.14, 0.45, 0.04, "x").at(0, 0.85, 0), box(1.85, 0.06, 0.14).at(0, 0.93, -0.13)
    )
    shape.extend(_piano_keys(1.7, 0.24).moved(0, 0.92, 0.09))
    for z in (-0.12, 0.12):
        shape.add(dark, bar((-0.6, 0, z), (0.6, 0.8, z), 0.035), bar((0.6, 0, z), (-0.6, 0.8, z), 0.035))
    shape.add(
        dark,
        *(bar((x, y, -0.3), (x, y, 0.3), 0.035) for x in (-0.6, 0.6) for y in (0.03, 0.78)),
        box(0.6, 0.3, 0.02).turned("x", -15).at(0, 1.08, -0.2),
    )
    return shape


def _toy(wood: int) -> Shape:
    shape = Shape()
    outline = _grand_outline() * (0.8, 0.6)
    shape.add(
        wood + 60,
        extrude(outline, 0.3, "y").at(0, 0.65, 0),
        *(
            lathe([(0, 0), (0.04, 0), (0.08, 0.5), (0, 0.5)], sides=10).at(x, 0, z)
            for x, z in ((0.45, 0.3), (-0.45, 0.3), (-0.15, -0.45))
        ),
    )
    keys = Shape()
    keys.add(245, *(box(0.12, 0.06, 0.3).at(x, 0, 0) for x in np.linspace(-0.47, 0.47, 8)))
    keys.add(
        45,
        *(
            box(0.07, 0.07, 0.18).at(x + 0.067, 0.03, -0.05)
            for k, x in enumerate(np.linspace(-0.47, 0.47, 8)[:-1])
            if k not in (2, 6)
        ),
    )
    shape.extend(keys.moved(0, 0.65, 0.5))
    shape.add(
        wood + 20, box(1.2, 0.08, 0.34).at(0, 0.57, 0.52), box(0.55, 0.26, 0.03).turned("x", -15).at(0, 0.92, 0.2)
    )
    return shape


def _square(wood: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(wood, box(1.9, 0.35, 0.85).at(0, 0.78, 0), box(1.96, 0.05, 0.9).turned("x", 0).at(0, 0.97, -0.02))
    turned = lathe([(0, 0), (0.06, 0), (0.05, 0.15), (0.13, 0.35), (0.09, 0.5), (0.14, 0.6), (0, 0.6)], sides=12)
    shape.add(wood, *four(turned, 0.82, 0.32))
    shape.add(wood - 20, box(1.3, 0.08, 0.3).at(-0.1, 0.68, 0.52))
    shape.extend(_piano_keys(1.15, 0.24).moved(-0.1, 0.74, 0.53))
    shape.add(wood - 25, box(1.9, 0.75, 0.05).turned("x", -15).at(0, 1.33, -0.52))
    shape.add(dark + 20, box(0.6, 0.28, 0.03).turned("x", -15).at(-0.1, 1.12, 0.1))
    return shape
