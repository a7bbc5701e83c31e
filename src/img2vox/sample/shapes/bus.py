"""Parametric shapes of the category bus."""

import numpy as np

from img2vox.sample.outlines import arc_path, rounded_rectangle
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.shapes.parts import side_windows, wheel
from img2vox.sample.solids import bar, box, cylinder, ellipsoid, extrude, pair, rounded_box, stack, tube


def bus(draw: Draw) -> Shape:
    """Bus: city, double-decker, school, articulated, minibus, open-top, coach, trolley, vintage, shuttle."""
    kinds = ("double", "school", "articulated", "mini", "coach", "open-top", "trolley", "vintage", "city", "airport")
    kind = draw.cycle(kinds)
    body, glass, trim = draw.gray(160, 230), 60, draw.gray(100, 140)
    wide = {"airport": 0.95, "vintage": 0.56, "coach": 0.66}.get(kind, 0.62)
    long = {
        "mini": 1.35,
        "articulated": 1.25,
        "double": 1.6,
        "open-top": 2.1,
        "school": 1.9,
        "coach": 2.6,
        "vintage": 1.15,
        "airport": 2.5,
    }.get(kind, draw.between(2.0, 2.2))
    tall = {"double": 1.15, "open-top": 0.75, "mini": 0.68, "coach": 0.9, "airport": 0.68, "vintage": 0.62}.get(
        kind, 0.68
    )
    shape, base, front, side = Shape(), 0.14, long / 2, wide / 2
    if kind == "vintage":
        shape.add(
            body,
            stack(
                rounded_rectangle(wide, tall, 0.12, 3),
                [(-front, 0.8), (-front + 0.12, 1.0), (front - 0.1, 1.0), (front, 0.93)],
                "z",
            ).at(0, base + tall / 2, 0),
        )
    elif kind == "mini":
        profile = [
            (-front, 0),
            (front, 0),
            (front, 0.28),
            (front - 0.16, 0.36),
            (front - 0.36, tall),
            (-front + 0.04, tall),
            (-front, 0.4),
        ]
        shape.add(body, extrude(profile, wide, "x").at(0, base, 0))
    else:
        shape.add(body, rounded_box(wide, tall, long, 0.05, "z").at(0, base + tall / 2, 0))
    axles = [-0.3 * long, 0.33 * long]
    low = base + 0.42
    windows = {"mini": 4, "school": 7, "coach": 8, "articulated": 4, "vintage": 5}.get(kind, 6)
    side_windows(shape, side, low, 0.2, -front + 0.08, front - (0.42 if kind == "mini" else 0.12), windows, glass)
    if kind == "mini":
        shape.add(
            glass,
            box(wide - 0.1, 0.36, 0.02).turned("x", -30).at(0, base + 0.53, front - 0.25),
            *pair(
                extrude([(front - 0.36, 0.34), (front - 0.2, 0.38), (front - 0.36, 0.56)], 0.02, "x").at(side, base, 0)
            ),
        )
    elif kind != "school":
        shape.add(glass, box(wide - 0.08, 0.26, 0.02).at(0, low, front))
    if kind in ("double", "open-top"):
        side_windows(shape, side, base + 0.88 if kind == "double" else low, 0.18, -front + 0.08, front - 0.08, 6, glass)
        if kind == "double":
            shape.add(glass, box(wide - 0.08, 0.2, 0.02).at(0, base + 0.88, front))
            shape.add(trim, *pair(box(0.015, 0.06, long - 0.06).at(side, base + 0.65, 0)))
        else:
            shape.add(glass + 40, box(wide - 0.06, 0.04, long - 0.06).at(0, base + tall, 0))
            shape.add(
                body - 30,
                *pair(box(0.03, 0.16, long - 0.04).at(side - 0.02, base + tall + 0.06, 0)),
                *(
                    box(wide - 0.02, h, 0.03).at(0, base + tall + h / 2, z)
                    for z, h in ((-front + 0.03, 0.16), (front - 0.03, 0.28))
                ),
            )
            shape.add(
                trim,
                *(
                    part
                    for z in np.arange(-front + 0.25, front - 0.15, 0.24)
                    for x in (-0.15, 0.15)
                    for part in (
                        box(0.2, 0.1, 0.12).at(x, base + tall + 0.05, z),
                        box(0.2, 0.22, 0.03).at(x, base + tall + 0.12, z - 0.06),
                    )
                ),
            )
    elif kind == "school":
        shape.add(body, rounded_box(0.5, 0.36, 0.42, 0.06, "z").at(0, base + 0.18, front + 0.2))
        shape.add(
            glass,
            box(wide - 0.08, 0.24, 0.02).at(0, base + 0.5, front),
            box(0.36, 0.2, 0.02).at(0, base + 0.18, front + 0.41),
        )
        shape.add(
            trim,
            box(wide + 0.02, 0.05, 0.06).at(0, base + 0.02, front + 0.4),
            *pair(box(0.015, 0.035, long - 0.05).at(side, base + 0.2, 0)),
            extrude([(0.09 * np.cos(t), 0.09 * np.sin(t)) for t in np.arange(8) * np.pi / 4 + 0.39], 0.02, "x").at(
                side + 0.03, base + 0.28, 0.3
            ),
        )
        axles = [-0.3 * long, front + 0.2]
    elif kind == "articulated":
        shape = shape.moved(0, 0, front + 0.14)
        rear = Shape()
        rear.add(body, rounded_box(wide, tall, 0.95, 0.05, "z").at(0, base + tall / 2, 0))
        side_windows(rear, side, low, 0.2, -0.42, 0.42, 3, glass)
        angle = 22.0
        for x in (-side + 0.1, side - 0.1):
            rear.extend(wheel(0.15, 0.1).moved(x, 0.15, -0.15))
        shape.extend(rear.moved(0, 0, -0.48).turned("y", angle).moved(0, 0, -0.1))
        folds = [(-0.2 + 0.05 * k, 0.97 if k % 2 else 0.88) for k in range(9)]
        shape.add(
            glass + 20, stack(rounded_rectangle(wide, tall - 0.04, 0.04, 1), folds, "z").at(0, base + tall / 2, 0.0)
        )
        axles = [front + 0.14 - 0.25 * long, front + 0.14 + 0.32 * long]
        front = long + 0.14
    elif kind == "coach":
        shape.add(
            trim,
            *pair(extrude([(-1.1, 0.0), (1.0, 0.0), (0.7, 0.12), (-1.1, 0.2)], 0.015, "x").at(side, base + 0.08, 0)),
            rounded_box(0.4, 0.07, 0.6, 0.03).at(0, base + tall + 0.03, -0.3),
        )
        shape.add(glass, box(wide - 0.06, 0.42, 0.02).at(0, base + 0.5, front))
        for x in (-1, 1):
            shape.add(
                trim,
                tube(
                    [
                        (x * side, base + 0.72, front - 0.03),
                        (x * (side + 0.1), base + 0.7, front + 0.08),
                        (x * (side + 0.1), base + 0.52, front + 0.08),
                    ],
                    0.025,
                    6,
                ),
            )
        axles = [-0.36 * long, -0.26 * long, 0.33 * long]
    elif kind == "trolley":
        shape.add(
            trim,
            box(0.3, 0.1, 0.8).at(0, base + tall + 0.04, -0.1),
            *pair(bar((0.08, base + tall + 0.08, 0.3), (0.16, base + tall + 0.6, -1.25), 0.022, 6)),
        )
    elif kind == "vintage":
        shape.add(body - 40, rounded_box(0.36, 0.36, 0.5, 0.1, "z").at(0, base + 0.18, front + 0.18))
        for z in (-0.3 * long, front + 0.1):
            fender = arc_path("zy", (side - 0.04, 0.15, z), 0.2, 0.2, 0, 180, 10)
            shape.add(body - 60, *pair(tube(fender, 0.06, 6)))
        shape.add(225, *pair(ellipsoid(0.06, 0.06, 0.05, 10).at(0.22, base + 0.24, front + 0.34)))
        shape.add(glass, box(0.24, 0.26, 0.02).at(0, base + 0.18, front + 0.43))
        axles = [-0.3 * long, front + 0.1]
    elif kind == "airport":
        shape.add(
            trim,
            *pair(box(0.025, 0.5, 0.28).at(side, base + 0.3, 0.0)),
            rounded_box(wide - 0.1, 0.08, long - 0.4, 0.03).at(0, base + tall + 0.03, 0),
        )
    elif kind == "city":
        shape.add(
            trim,
            *(box(0.02, 0.52, 0.22).at(-side, base + 0.3, z) for z in (0.8, -0.1)),
            rounded_box(0.4, 0.1, 0.5, 0.03).at(0, base + tall + 0.04, -0.5),
        )
    lights = front if kind not in ("school", "vintage") else front + 0.4
    if kind != "vintage":
        shape.add(
            235,
            *pair(cylinder(0.045, 0.03, "z", 10).at(side - 0.09 if kind != "school" else 0.19, base + 0.12, lights)),
        )
    if kind in ("city", "double", "trolley", "airport"):
        shape.add(235, box(0.4, 0.08, 0.02).at(0, base + tall - 0.08, front))
    for z in axles:
        for x in (-side + 0.06, side - 0.06):
            shape.extend(wheel(0.15, 0.13).moved(x, 0.15, z))
    return shape
