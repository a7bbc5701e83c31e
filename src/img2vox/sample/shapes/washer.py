"""Parametric shapes of the category washer."""

import numpy as np

from img2vox.sample.outlines import arc_path, circle, rounded_rectangle
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.solids import bar, box, cylinder, extrude, lathe, loft, pair, rounded_box, torus, tube


def _porthole(radius: float) -> Shape:
    """Round door with its glass, facing +Z, on z = 0."""
    door = Shape()
    door.add(170, torus(radius, 0.055, "z"))
    door.add(70, lathe([(0, 0.07), (0.5 * radius, 0.06), (radius, 0.0), (0, -0.01)], "z"))
    return door


def _front_loader(body: int, dark: int, trim: int, width: float, height: float, depth: float, radius: float) -> Shape:
    """Machine with a round door in its front, standing on y = 0."""
    one = Shape()
    one.add(body, rounded_box(width, height, depth, 0.04).on(0))
    one.add(body - 45, box(width - 0.02, 0.16, 0.03).at(0, height - 0.12, depth / 2))
    one.add(
        dark,
        box(0.24, 0.08, 0.03).at(0.2 * width, height - 0.12, depth / 2 + 0.02),
        cylinder(0.055, 0.08, "z", 12).at(0, height - 0.12, depth / 2 + 0.03),
    )
    one.add(trim, box(0.26, 0.1, 0.03).at(-0.32 * width, height - 0.12, depth / 2 + 0.015))
    one.extend(_porthole(radius).moved(0, 0.46 * height, depth / 2))
    return one


def washer(draw: Draw) -> Shape:
    """Washing machine: front loader, top loader, twin tub, stacked, on a drawer, open door, wringer, portable."""
    kinds = (
        "front",
        "top",
        "twin",
        "stacked",
        "open",
        "drawer",
        "lid open",
        "wringer",
        "pair",
        "portable",
        "commercial",
        "wall",
    )
    kind = draw.cycle(kinds)
    body, dark, trim = draw.gray(205, 245), draw.gray(70, 100), draw.gray(140, 170)
    width, height, depth = draw.between(0.85, 1.0), draw.between(1.1, 1.3), draw.between(0.75, 0.95)
    front, shape = depth / 2, Shape()

    if kind in ("front", "stacked", "drawer", "pair"):
        if kind == "drawer":
            shape.add(body - 20, box(width, 0.42, depth).on(0), box(width - 0.06, 0.32, 0.04).at(0, 0.21, front))
            shape.add(dark, bar((-0.2, 0.3, front + 0.06), (0.2, 0.3, front + 0.06), 0.025))
        base = 0.42 if kind == "drawer" else 0.0
        shape.extend(_front_loader(body, dark, trim, width, height, depth, draw.between(0.27, 0.34)).moved(0, base, 0))
        if kind == "stacked":
            shape.extend(_front_loader(body, dark, trim, width, height, depth, 0.3).moved(0, height + 0.01, 0))
        if kind == "pair":
            shape = shape.moved(-width / 2 - 0.02, 0, 0)
            shape.extend(_front_loader(body, dark, trim, width, height, depth, 0.24).moved(width / 2 + 0.02, 0, 0))
    elif kind == "open":
        hole = circle(0.3, 28)
        wall = rounded_rectangle(width, height, 0.03, 6)
        rings = [(wall, -front), (wall, front), (hole * 1.05, front), (hole, front - 0.05), (hole, -front + 0.15)]
        shape.add(body, loft([np.column_stack([flat, np.full(28, z)]) for flat, z in rings]).at(0, height / 2, 0))
        shape.add(body - 45, box(width - 0.02, 0.14, 0.03).at(0, height - 0.09, front))
        shape.add(
            dark,
            cylinder(0.29, 0.03, "z").at(0, height / 2, -front + 0.18),
            cylinder(0.05, 0.08, "z", 12).at(0.1, height - 0.09, front + 0.03),
        )
        shape.extend(_porthole(0.3).moved(0.32, 0, 0).turned("y", -110).moved(-0.34, height / 2, front + 0.04))
    elif kind in ("top", "lid open", "portable"):
        if kind == "portable":
            width, height, depth, front = 0.75, 1.1, 0.75, 0.375
        shape.add(body, rounded_box(width, height, depth, 0.12 if kind == "portable" else 0.04).on(0))
        shape.add(
            body - 30,
            extrude(
                [
                    (-front, height - 0.03),
                    (-front + 0.2, height - 0.03),
                    (-front + 0.08, height + 0.22),
                    (-front, height + 0.22),
                ],
                width,
                "x",
            ),
        )
        shape.add(
            dark,
            *(
                cylinder(0.05, 0.06, "z", 10).turned("x", -25).at(x, height + 0.1, -front + 0.16)
                for x in (-0.28, -0.1, 0.28)
            ),
        )
        if kind == "lid open":
            shape.add(dark, cylinder(0.33, 0.02, sides=28).at(0, height, 0.1))
            shape.add(
                trim,
                torus(0.33, 0.03, sides=28).at(0, height + 0.01, 0.1),
                cylinder(0.09, 0.18, sides=12).at(0, height + 0.03, 0.1),
            )
            shape.add(body - 20, box(width - 0.12, 0.62, 0.04).on(height).turned("x", 0).at(0, 0, -front + 0.26))
        elif kind == "top":
            shape.add(
                trim,
                rounded_box(width - 0.16, 0.04, depth - 0.32, 0.015).at(0, height + 0.01, 0.1),
                box(0.2, 0.03, 0.05).at(0, height + 0.04, 0.33),
            )
        else:
            shape.add(trim, cylinder(0.28, 0.05).at(0, height + 0.02, 0.1))
            shape.add(
                dark,
                cylinder(0.2, 0.06).at(0, height + 0.03, 0.1),
                *pair(box(0.04, 0.08, 0.2).at(width / 2, 0.8, 0)),
                tube(arc_path("xy", (0.25, 0.75, front), 0.12, 0.3, 180, 360, 8), 0.03, 8),
            )
    elif kind == "twin":
        shape.add(body, rounded_box(1.5, 1.0, 0.8, 0.05).on(0), box(1.5, 0.28, 0.16).on(1.0).at(0, 0, -0.32))
        shape.add(dark, *(cylinder(0.06, 0.08, "z", 10).at(x, 1.14, -0.22) for x in (-0.5, -0.2, 0.35)))
        shape.add(
            trim,
            rounded_box(0.75, 0.05, 0.5, 0.02).at(-0.3, 1.01, 0.08),
            cylinder(0.25, 0.06).at(0.45, 1.02, 0.08),
            box(0.02, 0.9, 0.03).at(0.14, 0.5, 0.4),
        )
    elif kind == "wringer":
        shape.add(
            body,
            lathe([(0, 0.4), (0.42, 0.4), (0.5, 0.5), (0.5, 1.15), (0.53, 1.2), (0.46, 1.2), (0.45, 0.55), (0, 0.55)]),
        )
        shape.add(
            trim,
            *(
                bar((0.36 * np.cos(t), 0.45, 0.36 * np.sin(t)), (0.45 * np.cos(t), 0.0, 0.45 * np.sin(t)), 0.045)
                for t in (0.8, 2.36, 3.93, 5.5)
            ),
        )
        shape.add(
            dark,
            box(0.12, 0.75, 0.12).at(0.0, 1.2, -0.5),
            *(cylinder(0.06, 0.7, "x", 12).at(0.1, y, -0.4) for y in (1.48, 1.62)),
            *(box(0.06, 0.36, 0.16).at(x, 1.55, -0.4) for x in (-0.27, 0.47)),
        )
        shape.add(
            trim,
            cylinder(0.07, 0.62).at(0, 0.82, 0),
            bar((0.5, 1.55, -0.4), (0.7, 1.55, -0.4), 0.03),
            bar((0.7, 1.55, -0.4), (0.7, 1.8, -0.4), 0.03),
        )
    elif kind == "commercial":
        # A wide machine of a laundry, its drum bulging out of the front, coins taken at the side.
        shape.add(
            trim + 20,
            box(1.5, 1.35, 0.75).on(0.25),
            box(1.6, 0.25, 1.0).on(0),
            cylinder(0.62, 0.25, "z", 28).at(-0.1, 0.92, 0.45),
        )
        shape.extend(_porthole(0.44).moved(-0.1, 0.92, 0.57))
        shape.add(body, box(0.4, 0.95, 0.45).on(0.5).at(0.92, 0, 0.0), box(1.5, 0.2, 0.5).on(1.6).at(0, 0, -0.1))
        shape.add(
            dark,
            box(0.9, 0.12, 0.03).at(-0.1, 1.7, 0.15),
            box(0.25, 0.14, 0.03).at(0.92, 1.25, 0.23),
            *(box(0.16, 0.02, 0.03).at(0.92, y, 0.23) for y in (0.95, 0.85, 0.75)),
        )
        shape.add(240, *(box(0.09, 0.07, 0.03).at(x, 1.7, 0.17) for x in np.linspace(-0.4, 0.2, 4)))
    else:
        shape.add(body, rounded_box(1.0, 1.0, 0.5, 0.16, "z").at(0, 0.5, 0))
        shape.extend(_porthole(0.3).moved(0, 0.44, 0.25))
        shape.add(dark, *(cylinder(0.045, 0.05, "z", 10).at(x, 0.88, 0.26) for x in (-0.15, 0.0, 0.15)))
        shape.add(
            trim,
            tube([(0.3, 0.05, -0.1), (0.3, -0.25, -0.1), (0.1, -0.4, -0.1)], 0.04, 8),
            box(1.2, 1.2, 0.06).at(0, 0.5, -0.28),
        )
    return shape
