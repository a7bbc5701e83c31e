"""Parametric shapes of the category keyboard."""

import numpy as np
from numpy.typing import NDArray

from img2vox.sample.outlines import curve, rounded_rectangle
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.shapes.parts import key_rows
from img2vox.sample.solids import Solid, box, cylinder, extrude, rounded_box, sweep, tube


def _slab(width: float, depth: float, thick: float) -> Solid:
    """Case of a keyboard."""
    return rounded_box(width, thick, depth, 0.04)


def keyboard(draw: Draw) -> Shape:
    """Computer keyboard: full, compact, split, curved, with a palm rest, number pad, thick terminal, and more."""
    kinds = (
        "full",
        "split",
        "compact",
        "palm rest",
        "number pad",
        "terminal",
        "curved",
        "knob",
        "thin",
        "typewriter",
        "tented",
    )
    kind = draw.cycle(kinds)
    case, key, dark = draw.gray(120, 180), draw.gray(210, 245), draw.gray(70, 100)
    if draw.chance(0.4):
        case, key = key, dark
    shape = Shape()

    if kind == "full":
        shape.add(case, _slab(2.3, 0.8, 0.12))
        shape.add(
            key,
            *(k.at(-0.4, 0.07, 0.03) for k in key_rows(1.4, 0.62, 5, 0.12)),
            *(k.at(0.92, 0.07, 0.03) for k in key_rows(0.36, 0.5, 4, 0.12)),
            *(k.at(0.53, 0.07, z) for k in key_rows(0.3, 0.2, 2, 0.1) for z in (-0.1, 0.25)),
        )
    elif kind == "split":
        for side in (-1, 1):
            half = Shape()
            half.add(case, _slab(0.95, 0.8, 0.12))
            half.add(
                key,
                *(k.at(0, 0.07, -0.06) for k in key_rows(0.8, 0.55, 4, 0.13)),
                *(box(0.16, 0.06, 0.13).at(-side * x, 0.09, 0.3) for x in (0.35, 0.15)),
            )
            shape.extend(half.turned("z", -side * 10).turned("y", side * 12).moved(side * 0.62, 0.1, 0))
        shape.add(
            dark, tube(curve([(-0.2, 0.1, -0.3), (-0.1, 0.08, -0.55), (0.1, 0.08, -0.55), (0.2, 0.1, -0.3)]), 0.025, 6)
        )
    elif kind == "compact":
        shape.add(case, _slab(1.5, 0.62, 0.16))
        shape.add(key, *(k.at(0, 0.09, 0) for k in key_rows(1.4, 0.54, 5, 0.11)))
    elif kind == "palm rest":
        shape.add(case, _slab(1.9, 0.62, 0.14))
        shape.add(dark, rounded_box(1.9, 0.12, 0.36, 0.05).at(0, -0.01, 0.5))
        shape.add(
            key,
            *(k.at(-0.2, 0.08, 0) for k in key_rows(1.35, 0.52, 5, 0.11)),
            *(k.at(0.7, 0.08, 0) for k in key_rows(0.36, 0.52, 5, 0.12)),
        )
    elif kind == "number pad":
        shape.add(case, _slab(0.8, 1.05, 0.16))
        shape.add(
            key,
            *(box(0.15, 0.08, 0.15).at(x, 0.1, z) for x in (-0.27, -0.09, 0.09, 0.27) for z in (-0.2, 0.0, 0.2, 0.4)),
        )
        shape.add(dark, box(0.66, 0.03, 0.18).at(0, 0.08, -0.4))
    elif kind == "terminal":
        wedge = [(-0.55, 0.0), (0.5, 0.0), (0.55, 0.08), (0.3, 0.13), (-0.3, 0.35), (-0.55, 0.4)]
        shape.add(case, extrude(wedge, 1.9, "x"))
        rows = [k.turned("x", 20.5).at(0, 0.24, 0) for k in key_rows(1.6, 0.56, 5, 0.13)]
        shape.add(key, *rows)
        shape.add(
            dark,
            box(1.6, 0.02, 0.12).turned("x", 20).at(0, 0.39, -0.42),
            tube(curve([(0.6, 0.2, -0.5), (0.65, 0.2, -0.75), (0.9, 0.15, -0.8)]), 0.035, 6),
        )
    elif kind == "curved":

        def bend(vertices: NDArray[np.float64]) -> NDArray[np.float64]:
            vertices[:, 2] -= 0.18 * (1 - vertices[:, 0] ** 2)
            vertices[:, 1] += 0.14 * (1 - np.abs(vertices[:, 0]))
            return vertices

        path = np.column_stack([np.linspace(-1, 1, 17), np.zeros(17), np.zeros(17)])
        shape.add(case, sweep(path, rounded_rectangle(0.85, 0.12, 0.04, 1), np.ones(17)).warped(bend))
        shape.add(key, *(k.at(0, 0.07, -0.05).warped(bend) for k in key_rows(1.85, 0.55, 5, 0.14)))
    elif kind == "knob":
        shape.add(case, _slab(1.35, 0.75, 0.2))
        shape.add(key, *(k.at(0, 0.1, 0.1) for k in key_rows(1.22, 0.46, 4, 0.13)))
        shape.add(
            dark,
            cylinder(0.1, 0.14).at(0.52, 0.15, -0.26),
            box(0.5, 0.03, 0.13).at(-0.2, 0.1, -0.26),
            cylinder(0.06, 0.1).at(0.28, 0.13, -0.26),
        )
    elif kind == "thin":
        shape.add(case, box(2.0, 0.03, 0.5).turned("x", 6), cylinder(0.05, 2.0, "x").at(0, 0.0, -0.24))
        shape.add(key, *(k.stretched(1, 0.5, 1).at(0, 0.03, 0.03).turned("x", 6) for k in key_rows(1.92, 0.4, 5, 0.14)))
    elif kind == "typewriter":
        shape.add(case, _slab(1.7, 0.85, 0.16))
        places = [
            (x + 0.06 * (row % 2), 0.12 + 0.05 * (3 - row), -0.27 + 0.17 * row)
            for row in range(4)
            for x in np.linspace(-0.72, 0.68, 10)
        ]
        shape.add(
            key,
            *(cylinder(0.065, 0.05, sides=12).at(*place) for place in places),
            box(0.8, 0.06, 0.09).at(0, 0.1, 0.37),
        )
        shape.add(
            dark,
            *(cylinder(0.02, y, sides=5).at(x, y / 2, z) for x, y, z in places),
            box(1.7, 0.3, 0.07).at(0, 0.12, -0.42),
        )
    else:
        for side in (-1, 1):
            half = Shape()
            half.add(case, _slab(0.9, 0.75, 0.1))
            half.add(key, *(k.at(0, 0.06, 0) for k in key_rows(0.8, 0.62, 5, 0.13)))
            shape.extend(half.turned("z", -side * 28).moved(side * 0.43, 0.12, 0))
        shape.add(
            dark, box(1.2, 0.05, 0.6).at(0, -0.1, 0), extrude([(-0.25, -0.1), (0.25, -0.1), (0, 0.26)], 0.6).at(0, 0, 0)
        )
    return shape
