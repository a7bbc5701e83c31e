"""Parametric shapes of the category clock."""

import numpy as np

from img2vox.sample.outlines import arc_path, curve, rounded_rectangle
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.shapes.parts import dial, gable_roof
from img2vox.sample.solids import bar, box, cylinder, ellipsoid, extrude, lathe, pair, rounded_box, sweep, torus, tube


def clock(draw: Draw) -> Shape:
    """Clock: alarm with two bells, grandfather, mantel, cuckoo, wall, digital, street clock on a post, sun-burst."""
    kind = draw.cycle(("alarm", "grandfather", "cuckoo", "mantel", "street", "sunburst", "digital", "wristwatch"))
    case, dark, metal = draw.gray(120, 180), draw.gray(65, 95), draw.gray(200, 230)
    if kind == "alarm":
        return _alarm(case, metal)
    if kind == "grandfather":
        return _grandfather(case, dark, metal)
    if kind == "cuckoo":
        return _cuckoo(case, dark, metal)
    if kind == "mantel":
        return _mantel(case, metal)
    if kind == "street":
        return _street(dark)
    if kind == "sunburst":
        return _sunburst(dark, metal)
    if kind == "digital":
        return _digital(case, dark)
    return _wristwatch(dark, metal)


def _alarm(case: int, metal: int) -> Shape:
    shape = Shape()
    shape.add(
        case,
        cylinder(0.6, 0.4, "z", 32),
        *pair(cylinder(0.06, 0.3, sides=8).at(0, -0.75, 0).turned("z", 30)),
        torus(0.6, 0.05, "z", 32).at(0, 0, 0.2),
    )
    shape.extend(dial(0.54, 12).moved(0, 0, 0.19))
    shape.add(
        metal,
        *pair(
            lathe([(0, 0.18), (0.14, 0.15), (0.24, 0.03), (0.25, -0.03), (0, -0.03)]).at(0, 0.72, 0).turned("z", -32)
        ),
        tube(arc_path("xy", (0, 0.82, 0), 0.2, 0.22, 0, 180), 0.03, 8),
    )
    return shape


def _grandfather(case: int, dark: int, metal: int) -> Shape:
    shape = Shape()
    shape.add(
        case - 20,
        box(0.7, 0.55, 0.45).on(0),
        box(0.52, 1.1, 0.36).on(0.5),
        box(0.7, 0.65, 0.45).on(1.55),
        extrude([(-0.38, 2.2), (0.38, 2.2), (0.3, 2.32), (0.1, 2.36), (0, 2.48), (-0.1, 2.36), (-0.3, 2.32)], 0.46),
        box(0.78, 0.06, 0.5).on(0.5),
        box(0.78, 0.06, 0.5).on(1.52),
        box(0.78, 0.1, 0.52).on(0),
    )
    shape.extend(dial(0.27, 12).moved(0, 1.88, 0.22))
    shape.add(dark, box(0.34, 0.85, 0.02).at(0, 1.05, 0.18))
    shape.add(metal, bar((0, 1.45, 0.2), (0, 0.9, 0.2), 0.018, 6), cylinder(0.11, 0.04, "z", 20).at(0, 0.82, 0.2))
    return shape


def _cuckoo(case: int, dark: int, metal: int) -> Shape:
    shape = Shape()
    shape.add(case, extrude([(-0.4, 0), (0.4, 0), (0.4, 0.6), (0, 1.0), (-0.4, 0.6)], 0.4))
    shape.add(
        dark,
        *(part.at(0, 0.6, 0.04) for part in gable_roof(0.8, 0.6, 0.4, 0.16, 0.07)),
        box(0.9, 0.07, 0.5).at(0, -0.02, 0.02),
        box(0.18, 0.2, 0.03).at(0, 0.72, 0.2),
    )
    shape.extend(dial(0.26, 12).moved(0, 0.33, 0.2))
    shape.add(
        metal,
        *(bar((x, 0, 0.05), (x, y, 0.05), 0.015, 5) for x, y in ((-0.2, -0.6), (0.2, -0.8))),
        *(
            lathe([(0, 0.1), (0.06, 0.05), (0.07, -0.15), (0, -0.2)], sides=10).at(x, y, 0.05)
            for x, y in ((-0.2, -0.65), (0.2, -0.85))
        ),
        bar((0, 0, -0.05), (0, -0.45, -0.05), 0.015, 5),
        cylinder(0.09, 0.03, "z", 14).at(0, -0.48, -0.05),
        ellipsoid(0.06, 0.06, 0.1, 10).at(0, 0.7, 0.27),
    )
    return shape


def _mantel(case: int, metal: int) -> Shape:
    shape = Shape()
    outline = curve([(0, 0.8), (0.3, 0.72), (0.45, 0.45), (0.6, 0.25), (0.95, 0.12)], 4)
    profile = np.concatenate([outline, [(0.95, 0.0), (-0.95, 0.0)], (outline * (-1, 1))[::-1][:-1]])
    shape.add(case - 10, extrude(profile, 0.4), box(2.05, 0.08, 0.5).at(0, -0.04, 0))
    shape.extend(dial(0.29, 12).moved(0, 0.42, 0.19))
    shape.add(metal, torus(0.31, 0.03, "z", 28).at(0, 0.42, 0.2))
    return shape


def _street(dark: int) -> Shape:
    shape = Shape()
    shape.add(
        dark + 20,
        lathe(
            [(0, 0), (0.3, 0), (0.3, 0.1), (0.2, 0.15), (0.14, 0.4), (0.07, 0.5), (0.07, 1.6), (0.12, 1.65), (0, 1.65)]
        ),
        cylinder(0.42, 0.24, "z", 32).at(0, 2.0, 0),
        torus(0.42, 0.05, "z", 32).at(0, 2.0, 0.12),
        torus(0.42, 0.05, "z", 32).at(0, 2.0, -0.12),
        lathe([(0, 0), (0.12, 0), (0.03, 0.12), (0.05, 0.18), (0, 0.25)]).at(0, 2.44, 0),
        *pair(tube(curve([(0.08, 1.3, 0), (0.3, 1.4, 0), (0.32, 1.62, 0)]), 0.03, 6)),
    )
    shape.extend(dial(0.38, 12).moved(0, 2.0, 0.12))
    shape.extend(dial(0.38, 12).moved(0, 2.0, 0.12).turned("y", 180))
    return shape


def _sunburst(dark: int, metal: int) -> Shape:
    shape = Shape()
    rays = [
        extrude([(-0.05, 0.35), (0.05, 0.35), (0.0, 1.0 if k % 2 else 0.75)], 0.05).turned("z", 360 * k / 16)
        for k in range(16)
    ]
    shape.add(metal - 40, *rays)
    shape.add(dark, cylinder(0.42, 0.1, "z", 32).at(0, 0, 0.02))
    shape.extend(dial(0.36, 12).moved(0, 0, 0.06))
    return shape


def _digital(case: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(case + 30, rounded_box(1.5, 0.65, 0.55, 0.12, "x").at(0, 0.35, 0))
    shape.add(40, box(1.3, 0.46, 0.03).at(0, 0.36, 0.27))
    for x, segments in ((-0.45, "bc"), (-0.17, "abcdef"), (0.17, "acdfg"), (0.45, "abcdefg")):
        places = {
            "a": (0, 0.14),
            "g": (0, 0),
            "d": (0, -0.14),
            "b": (0.075, 0.07),
            "c": (0.075, -0.07),
            "f": (-0.075, 0.07),
            "e": (-0.075, -0.07),
        }
        shape.add(
            240,
            *(
                box(*((0.13, 0.03) if s in "agd" else (0.03, 0.13)), 0.03).at(
                    x + places[s][0], 0.36 + places[s][1], 0.28
                )
                for s in segments
            ),
        )
    shape.add(240, *(box(0.03, 0.03, 0.03).at(0, y, 0.28) for y in (0.3, 0.42)))
    shape.add(
        dark,
        rounded_box(0.5, 0.06, 0.2, 0.02).at(0, 0.7, 0),
        *(cylinder(0.04, 0.06, sides=8).at(x, 0.69, 0) for x in (-0.5, 0.5)),
        *pair(box(0.12, 0.06, 0.4).at(0.5, 0.02, 0)),
    )
    return shape


def _wristwatch(dark: int, metal: int) -> Shape:
    shape = Shape()
    band = arc_path("zy", (0, 0, -0.55), 0.55, 0.62, 0, 360, 28)[:-1]
    shape.add(dark, sweep(band, rounded_rectangle(0.34, 0.06, 0.02, 1), np.ones(28), closed=True))
    shape.add(
        metal,
        cylinder(0.42, 0.18, "z", 32).at(0, 0, 0.02),
        torus(0.41, 0.04, "z", 32).at(0, 0, 0.12),
        cylinder(0.06, 0.1, "x", 10).at(0.47, 0, 0.02),
    )
    shape.extend(dial(0.37, 12).moved(0, 0, 0.1))
    return shape.turned("x", -35)
