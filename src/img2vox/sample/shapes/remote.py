"""Parametric shapes of the category remote."""

import numpy as np
from numpy.typing import NDArray

from img2vox.sample.outlines import curve, ellipse, rounded_rectangle
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.shapes.parts import button_grid, plate
from img2vox.sample.solids import box, cylinder, ellipsoid, extrude, lathe, pair, rounded_box, sweep, torus, tube


def remote(draw: Draw) -> Shape:
    """Remote control, lying with its keys up: slab, waisted, with a wheel, wide, wand, round, game pad, and more."""
    kinds = (
        "slab",
        "bone",
        "minimal",
        "gyro",
        "wide",
        "screen",
        "curved",
        "key fob",
        "air conditioner",
        "puck",
        "garage",
        "dial",
    )
    kind = draw.cycle(kinds)
    case, key, dark = draw.gray(90, 150), draw.gray(215, 245), draw.gray(50, 70)
    if draw.chance(0.35):
        case, key = draw.gray(190, 230), draw.gray(80, 110)
    long, wide, thick = draw.between(1.6, 2.0), draw.between(0.42, 0.52), draw.between(0.12, 0.2)
    shape = Shape()
    # Built upright, keys toward +Z, and laid down at the end.
    front = thick / 2
    if kind == "slab":
        shape.add(case, rounded_box(wide, long, thick, 0.05, "z"))
        shape.add(
            key,
            *(
                part.at(0, -0.15 * long, front)
                for part in button_grid(3, 4, wide * 0.29, 0.16, (wide * 0.2, 0.09, 0.06))
            ),
            *(part.at(0, 0.3 * long, front) for part in button_grid(2, 2, wide * 0.4, 0.2, (0.14, 0.1, 0.06))),
            cylinder(0.06, 0.06, "z").at(-0.12, 0.44 * long, front),
        )
    elif kind == "bone":
        half = [
            (0.0, 0.95),
            (0.22, 0.9),
            (0.27, 0.6),
            (0.16, 0.1),
            (0.18, -0.3),
            (0.27, -0.7),
            (0.2, -0.95),
            (0.0, -1.0),
        ]
        outline = curve([*half, *((-x, y) for x, y in half[-2:0:-1])], 3, closed=True)
        shape.add(case, extrude(outline, 0.2))
        shape.add(
            key,
            torus(0.14, 0.04, "z").at(0, 0.35, 0.1),
            cylinder(0.06, 0.06, "z").at(0, 0.35, 0.1),
            *(
                ellipsoid(0.05, 0.04, 0.04, 8).at(x, y, 0.1)
                for x in (-0.13, 0, 0.13)
                for y in (-0.45, -0.58, -0.71, -0.84)
            ),
            *(ellipsoid(0.05, 0.05, 0.04, 8).at(x, 0.7, 0.1) for x in (-0.13, 0.13)),
        )
    elif kind == "minimal":
        shape.add(key, rounded_box(0.36, 1.4, 0.09, 0.03, "z"))
        shape.add(
            dark,
            cylinder(0.16, 0.03, "z", 28).at(0, 0.45, 0.04),
            *(cylinder(0.055, 0.03, "z", 12).at(x, y, 0.045) for x in (-0.085, 0.085) for y in (0.15, 0.0)),
        )
        shape.add(key, cylinder(0.08, 0.05, "z", 20).at(0, 0.45, 0.045))
    elif kind == "gyro":
        shape.add(240, rounded_box(0.4, 1.7, 0.34, 0.06, "z"))
        cross = [(0.05, 0.14), (0.05, 0.05), (0.14, 0.05), (0.14, -0.05), (0.05, -0.05), (0.05, -0.14)]
        plus = [*cross, *((-x, y) for x, y in cross[::-1])]
        shape.add(
            dark,
            extrude(plus, 0.06).at(0, 0.62, 0.17),
            *(cylinder(0.04, 0.04, "z", 10).at(0, y, 0.17) for y in (-0.35, -0.5)),
            tube(curve([(0, -0.85, 0), (0.1, -1.05, 0), (0.0, -1.25, 0), (-0.1, -1.05, 0), (0, -0.86, 0)]), 0.025, 6),
        )
        shape.add(
            150,
            cylinder(0.1, 0.06, "z", 16).at(0, 0.3, 0.17),
            *(cylinder(0.035, 0.05, "z", 8).at(x, 0.05, 0.17) for x in (-0.11, 0, 0.11)),
        )
    elif kind == "wide":
        shape.add(case, rounded_box(0.85, 1.6, 0.14, 0.06, "z"))
        shape.add(key, *(part.at(0, -0.38, 0.07) for part in button_grid(5, 5, 0.15, 0.15, (0.1, 0.08, 0.05))))
        shape.add(
            dark,
            plate(0.66, 0.36, 0.03, 0.02).at(0, 0.5, 0.07),
            cylinder(0.13, 0.06, "z").at(0, 0.17, 0.07),
            *pair(box(0.14, 0.06, 0.05).at(0.3, 0.17, 0.07)),
        )
    elif kind == "screen":
        shape.add(
            case,
            extrude(
                curve(
                    [
                        (0.36, 0.9),
                        (0.38, 0.2),
                        (0.24, -0.2),
                        (0.24, -0.9),
                        (-0.24, -0.9),
                        (-0.24, -0.2),
                        (-0.38, 0.2),
                        (-0.36, 0.9),
                    ],
                    3,
                    closed=True,
                ),
                0.18,
            ),
        )
        shape.add(dark, plate(0.56, 0.52, 0.04, 0.03).at(0, 0.55, 0.085))
        shape.add(
            key,
            *(part.at(0, -0.55, 0.09) for part in button_grid(3, 4, 0.14, 0.13, (0.09, 0.08, 0.05))),
            torus(0.12, 0.035, "z").at(0, 0.02, 0.09),
        )
    elif kind == "curved":

        def bow(vertices: NDArray[np.float64]) -> NDArray[np.float64]:
            vertices[:, 2] += 0.16 * vertices[:, 1] ** 2
            return vertices

        path = np.column_stack([np.zeros(15), np.linspace(-1, 1, 15), np.zeros(15)])
        shape.add(
            case, sweep(path, rounded_rectangle(0.5, 0.16, 0.07, 2), [0.6, 0.85, *([1.0] * 11), 0.85, 0.6]).warped(bow)
        )
        keys = [
            *button_grid(3, 5, 0.14, 0.16, (0.1, 0.09, 0.05)),
            *(part.at(0, 0.95, 0) for part in button_grid(2, 2, 0.2, 0.16, (0.13, 0.09, 0.05))),
        ]
        shape.add(key, *(part.at(0, -0.4, 0.09).warped(bow) for part in keys), torus(0.11, 0.03, "z").at(0, 0.25, 0.1))
    elif kind == "key fob":
        shape.add(case, extrude(ellipse(0.36, 0.55, 28), 0.2), torus(0.12, 0.03, "z").at(0, 0.62, 0))
        shape.add(key, *(rounded_box(0.3, 0.14, 0.07, 0.03, "z").at(0, y, 0.1) for y in (0.22, 0.0, -0.22)))
        shape.add(
            dark + 60,
            box(0.12, 0.7, 0.05).at(0, -0.85, 0),
            *(box(0.07, 0.06, 0.05).at(0.07, y, 0) for y in (-0.8, -0.95, -1.1)),
            torus(0.2, 0.025, "z").at(0, 0.9, 0),
        )
    elif kind == "air conditioner":
        shape.add(240, rounded_box(0.6, 1.3, 0.2, 0.09, "z"))
        shape.add(dark + 40, plate(0.46, 0.46, 0.04, 0.03).at(0, 0.32, 0.1))
        shape.add(
            150,
            rounded_box(0.36, 0.14, 0.07, 0.03, "z").at(0, -0.08, 0.1),
            *(rounded_box(0.14, 0.1, 0.06, 0.03, "z").at(x, y, 0.1) for x in (-0.13, 0.13) for y in (-0.28, -0.46)),
        )
    elif kind == "puck":
        shape.add(case, lathe([(0, -0.1), (0.6, -0.1), (0.68, 0.0), (0.6, 0.12), (0, 0.14)], "z", 32))
        shape.add(
            key,
            torus(0.36, 0.06, "z", 28).at(0, 0, 0.12),
            cylinder(0.17, 0.06, "z").at(0, 0, 0.14),
            *(
                ellipsoid(0.06, 0.06, 0.04, 8).at(0.52 * np.cos(t), 0.52 * np.sin(t), 0.12)
                for t in np.radians((45, 135, 225, 315))
            ),
        )
    elif kind == "garage":
        shape.add(case, rounded_box(0.7, 0.95, 0.28, 0.1, "z"))
        shape.add(
            key,
            rounded_box(0.5, 0.28, 0.1, 0.04, "z").at(0, 0.22, 0.13),
            *pair(rounded_box(0.22, 0.22, 0.1, 0.04, "z").at(0.14, -0.12, 0.13)),
        )
        shape.add(
            dark + 60,
            extrude([(-0.42, 0.0), (-0.42, 0.4), (-0.36, 0.5), (-0.32, 0.5), (-0.36, 0.36), (-0.36, 0.0)], 0.3, "x").at(
                0, 0, 0.2
            ),
            cylinder(0.04, 0.04, "z", 8).at(0.24, 0.42, 0.14),
        )
    else:
        shape.add(case, rounded_box(0.46, 1.7, 0.16, 0.08, "z"))
        shape.add(dark, cylinder(0.2, 0.16, "z", 24).at(0, 0.45, 0.1))
        shape.add(
            key,
            cylinder(0.1, 0.2, "z", 16).at(0, 0.45, 0.1),
            *(box(0.3, 0.06, 0.06).at(0, y, 0.08) for y in np.linspace(-0.7, 0.05, 7)),
        )
    return shape.turned("x", -90)
