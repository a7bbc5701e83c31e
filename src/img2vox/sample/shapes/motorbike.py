"""Parametric shapes of the category motorbike."""

import numpy as np

from img2vox.sample.outlines import arc_path, superellipse
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.shapes.parts import wheel
from img2vox.sample.solids import bar, box, cylinder, ellipsoid, extrude, pair, rounded_box, stack, torus, tube


def _spoked_wheel(shape: Shape, z: float, radius: float, tyre: float, spokes: int, gray: int) -> None:
    """Motorbike wheel in the YZ plane, standing on y = 0."""
    center = (0.0, radius, z)
    shape.add(60, torus(radius - tyre, tyre, "x", 24).at(*center))
    shape.add(gray, cylinder(0.07, 0.12, "x", 12).at(*center))
    for t in np.arange(spokes) * 2 * np.pi / spokes:
        end = (0.0, radius + (radius - 1.6 * tyre) * np.cos(t), z + (radius - 1.6 * tyre) * np.sin(t))
        shape.add(gray, bar(center, end, 0.018 if spokes > 6 else 0.035, 5))


def motorbike(draw: Draw) -> Shape:
    """Motorbike: racer with fairing, cruiser, scooter, dirt bike, chopper, with sidecar, naked, and more."""
    kinds = (
        "sport",
        "cruiser",
        "scooter",
        "dirt",
        "chopper",
        "sidecar",
        "naked",
        "tourer",
        "vintage",
        "trike",
        "moped",
        "electric",
    )
    kind = draw.cycle(kinds)
    paint, dark, metal = draw.gray(150, 225), draw.gray(60, 85), draw.gray(170, 205)
    shape = Shape()
    radius = {"scooter": 0.24, "dirt": 0.4, "moped": 0.32}.get(kind, draw.between(0.34, 0.38))
    tyre = {"cruiser": 0.1, "chopper": 0.07, "dirt": 0.075, "moped": 0.05, "vintage": 0.06, "scooter": 0.07}.get(
        kind, 0.085
    )
    half = {"chopper": 0.98, "scooter": 0.62, "cruiser": 0.85, "tourer": 0.85, "moped": 0.65}.get(
        kind, draw.between(0.7, 0.78)
    )
    spokes = {"sport": 5, "electric": 3, "naked": 5, "scooter": 5, "tourer": 6}.get(kind, 12)
    rear = -0.6 if kind == "chopper" else -half
    _spoked_wheel(shape, half, radius, tyre, spokes, metal)
    if kind != "trike":
        _spoked_wheel(shape, rear, radius, tyre * (1.4 if kind in ("chopper", "sport") else 1), spokes, metal)
    else:
        shape.add(dark, cylinder(0.05, 0.9, "x").at(0, radius, rear))
        for x in (-0.42, 0.42):
            shape.extend(wheel(radius, 0.24).moved(x, radius, rear))
    head = {
        "chopper": (0.42, 1.12),
        "cruiser": (0.46, 1.0),
        "scooter": (0.42, 0.95),
        "moped": (0.4, 0.95),
        "dirt": (0.38, 1.12),
    }.get(kind, (0.38, 0.98))
    shape.add(metal, *pair(bar((0.11, radius, half), (0.08, head[1], head[0]), 0.03)))
    # Handlebars
    grip = {
        "sport": (0.34, -0.1, -0.05),
        "chopper": (0.38, 0.5, -0.25),
        "cruiser": (0.46, 0.14, -0.25),
        "electric": (0.34, -0.02, -0.02),
    }.get(kind, (0.4, 0.12, -0.12))
    x, dy, dz = grip
    shape.add(
        dark,
        tube(
            [
                (-x, head[1] + dy, head[0] + dz),
                (-0.6 * x, head[1] + dy, head[0]),
                (-0.1, head[1], head[0]),
                (0.1, head[1], head[0]),
                (0.6 * x, head[1] + dy, head[0]),
                (x, head[1] + dy, head[0] + dz),
            ],
            0.03,
            8,
        ),
    )
    engine_y = radius + 0.05
    if kind == "scooter":
        shape.add(
            paint,
            extrude(
                [
                    (head[0] + 0.04, head[1] + 0.02),
                    (head[0] + 0.1, 0.25),
                    (0.2, 0.16),
                    (-0.6, 0.22),
                    (-0.6, 0.34),
                    (-0.15, 0.24),
                    (0.18, 0.22),
                    (head[0] - 0.02, 0.35),
                    (head[0] - 0.04, head[1]),
                ],
                0.42,
                "x",
            ),
        )
        shape.add(
            paint,
            rounded_box(0.4, 0.42, 0.75, 0.14, "z").at(0, 0.48, -0.5),
            ellipsoid(0.13, 0.14, 0.26, 12).at(0, 0.42, half),
        )
        shape.add(dark, rounded_box(0.32, 0.1, 0.7, 0.05, "z").at(0, 0.74, -0.45))
        shape.add(235, ellipsoid(0.09, 0.09, 0.06, 12).at(0, head[1] + 0.02, head[0] + 0.1))
        return shape
    shape.add(
        dark,
        tube(
            [
                (0, head[1] - 0.05, head[0]),
                (0, 0.28, 0.28),
                (0, 0.24, -0.25),
                (0, 0.72, -0.35),
                (0, head[1] - 0.08, head[0]),
            ],
            0.035,
            8,
        ),
        *pair(bar((0.1, 0.3, -0.25), (0.1, radius, rear), 0.035)),
        bar((0.08, 0.72, -0.35), (0.1, radius, rear), 0.025),
        bar((-0.08, 0.72, -0.35), (-0.1, radius, rear), 0.025),
    )
    if kind in ("electric",):
        shape.add(dark + 30, rounded_box(0.26, 0.42, 0.5, 0.05, "z").at(0, 0.5, 0.0))
        shape.add(235, *pair(box(0.015, 0.04, 0.34).at(0.13, 0.55, 0)))
    elif kind != "moped":
        shape.add(metal, rounded_box(0.26, 0.24, 0.38, 0.06, "z").at(0, engine_y - 0.06, -0.02))
        for angle in (-28, 28) if kind in ("cruiser", "chopper", "trike", "vintage") else (10,):
            shape.add(
                dark + 50,
                *(
                    part.at(0, engine_y + 0.02, 0)
                    for part in [
                        cylinder(0.1, 0.03, sides=10).at(0, 0.12 + 0.05 * k, 0).turned("x", angle) for k in range(4)
                    ]
                ),
            )
    else:
        shape.add(metal, cylinder(0.12, 0.2, "x").at(0, 0.3, -0.1), *pair(box(0.1, 0.03, 0.04).at(0.18, 0.26, 0.0)))
    tank = {
        "sport": (0.18, 0.16, 0.3, 0.86, 0.08),
        "dirt": (0.12, 0.13, 0.28, 0.86, 0.1),
        "vintage": (0.14, 0.12, 0.33, 0.8, 0.05),
        "moped": (0.1, 0.09, 0.25, 0.68, 0.12),
    }.get(kind, (0.17, 0.14, 0.3, 0.82, 0.1))
    shape.add(paint, ellipsoid(*tank[:3], 14).at(0, tank[3], tank[4]))
    seat_y = {"cruiser": 0.66, "chopper": 0.6, "dirt": 0.9, "trike": 0.68}.get(kind, 0.76)
    seat = {"dirt": 0.8, "moped": 0.35, "vintage": 0.35}.get(kind, 0.6)
    shape.add(dark, rounded_box(0.24, 0.1, seat, 0.05, "z").at(0, seat_y, -0.28 - 0.1 * (seat > 0.5)))
    lamp = (head[1] - 0.12, head[0] + 0.14)
    if kind not in ("sport", "dirt"):
        shape.add(235, cylinder(0.1, 0.12, "z", 16).at(0, *lamp))
    if kind in ("cruiser", "tourer", "chopper", "vintage", "sidecar", "moped", "naked"):
        fender = arc_path("zy", (0, radius, half), radius + 0.05, radius + 0.05, 20, 150, 10)
        back = arc_path("zy", (0, radius, rear), radius + 0.06, radius + 0.06, 20, 170, 12)
        shape.add(paint, tube(fender, 0.07, 6), tube(back, 0.09, 6))
    if kind != "moped" and kind != "electric":
        shape.add(
            metal,
            tube(
                [
                    (0.12, 0.34, 0.16),
                    (0.18, 0.2, 0.05),
                    (0.2, 0.2, -0.35),
                    (0.2, 0.26 if kind != "dirt" else 0.6, rear - 0.15),
                ],
                [0.03, 0.03, 0.05, 0.06],
                8,
            ),
        )
    if kind == "sport":
        shape.add(
            paint,
            stack(
                superellipse(0.21, 0.26, 2.4, 16),
                [(0.25, 1.0), (0.5, 1.0, 0.95), (0.72, 0.6, 0.6, 0, 0.0), (0.84, 0.1, 0.15, 0, -0.06)],
                "z",
            ).at(0, 0.82, 0),
        )
        shape.add(
            paint - 40,
            *pair(
                extrude(
                    [(0.52, 0.85), (0.5, 0.45), (0.2, 0.25), (-0.3, 0.28), (-0.1, 0.55), (0.2, 0.85)], 0.04, "x"
                ).at(0.17, 0, 0)
            ),
            extrude([(-0.3, 0.75), (-0.95, 0.95), (-0.95, 1.02), (-0.5, 0.95), (-0.3, 0.85)], 0.2, "x"),
        )
        shape.add(
            dark,
            box(0.24, 0.2, 0.02).turned("x", -55).at(0, 1.06, 0.46),
            *pair(ellipsoid(0.06, 0.04, 0.05, 8).at(0.1, 0.86, 0.7)),
        )
    elif kind == "dirt":
        shape.add(
            paint,
            extrude([(half - 0.35, 0.85), (half + 0.3, 0.82), (half + 0.28, 0.88), (half - 0.3, 0.92)], 0.16, "x"),
            extrude([(-0.5, 0.85), (-1.1, 1.02), (-1.1, 1.06), (-0.5, 0.94)], 0.18, "x"),
            extrude([(-0.14, -0.16), (0.14, -0.16), (0.18, 0.16), (-0.18, 0.16)], 0.04)
            .turned("x", -20)
            .at(0, 1.05, head[0] + 0.14),
        )
    elif kind == "sidecar":
        shape.add(
            paint,
            stack(
                superellipse(0.26, 0.22, 2.5, 16), [(-0.55, 0.6), (-0.3, 1.0), (0.2, 1.0), (0.55, 0.7), (0.8, 0.1)], "z"
            ).at(-0.72, 0.48, 0),
        )
        shape.add(
            dark,
            rounded_box(0.36, 0.1, 0.4, 0.04).at(-0.72, 0.7, -0.1),
            box(0.36, 0.2, 0.02).turned("x", -30).at(-0.72, 0.78, 0.22),
            bar((0, 0.35, 0.1), (-0.7, 0.35, 0.1), 0.035),
            bar((0, 0.35, -0.3), (-0.7, 0.35, -0.3), 0.035),
        )
        shape.extend(wheel(0.3, 0.1).moved(-1.05, 0.3, -0.1))
    elif kind == "tourer":
        shape.add(
            paint - 30,
            *pair(rounded_box(0.2, 0.36, 0.5, 0.07, "z").at(0.26, 0.6, rear + 0.05)),
            rounded_box(0.5, 0.28, 0.34, 0.07, "z").at(0, 0.98, rear + 0.05),
            extrude([(-0.28, -0.25), (0.28, -0.25), (0.34, 0.1), (-0.34, 0.1)], 0.16).at(
                0, head[1] + 0.0, head[0] + 0.1
            ),
        )
        shape.add(200, box(0.5, 0.36, 0.02).turned("x", -25).at(0, head[1] + 0.24, head[0] + 0.05))
    elif kind == "vintage":
        shape.add(
            dark, rounded_box(0.22, 0.08, 0.28, 0.03).at(0, 0.82, -0.65), *pair(box(0.1, 0.2, 0.3).at(0.18, 0.6, -0.68))
        )
    elif kind == "trike":
        shape.add(
            paint,
            rounded_box(0.7, 0.3, 0.5, 0.12, "z").at(0, 0.6, rear),
            rounded_box(0.4, 0.45, 0.14, 0.06, "x").at(0, 0.95, rear + 0.12),
        )
    elif kind == "moped":
        shape.add(dark, box(0.3, 0.03, 0.35).at(0, 0.78, rear + 0.05), box(0.3, 0.2, 0.22).at(0, 0.86, half - 0.05))
    elif kind == "naked":
        shape.add(paint, extrude([(-0.45, 0.72), (-0.95, 0.86), (-0.9, 0.95), (-0.45, 0.85)], 0.16, "x"))
    return shape
