"""Parametric shapes of the category microwaves."""

import numpy as np

from img2vox.sample.outlines import rectangle
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.shapes.parts import cabinet_shell
from img2vox.sample.solids import bar, box, cylinder, four, loft, rounded_box, torus


def microwaves(draw: Draw) -> Shape:
    """Microwave oven: window and keypad, open door, dials, retro, built in with vents, drawer, tall, and more."""
    kind = draw.cycle(("keypad", "open", "dials", "retro", "vents", "wide", "left", "frame", "legs", "drop door"))
    body, dark, trim = draw.gray(190, 240), draw.gray(60, 90), draw.gray(130, 170)
    width, height, depth = {
        "wide": (1.7, 0.75, 0.8),
        "retro": (1.2, 0.85, 0.8),
        "frame": (1.5, 1.05, 0.7),
        "vents": (1.6, 0.95, 0.75),
        "dials": (1.2, 0.8, 1.0),
    }.get(kind, (draw.between(1.15, 1.5), draw.between(0.68, 0.85), draw.between(0.75, 1.0)))
    shape, front, panel = Shape(), depth / 2, 0.25 * width
    middle = -panel / 2
    if kind in ("open", "drop door"):
        inner = width - panel
        shape.add(
            body,
            cabinet_shell(inner, height, depth, 0.07).at(middle, height / 2, 0),
            box(panel, height, depth).at(width / 2 - panel / 2, height / 2, 0),
        )
        shape.add(trim, cylinder(0.27, 0.03).at(middle, 0.1, 0.02))
        door = Shape()
        door.add(body - 20, box(inner, height, 0.09))
        door.add(dark, box(inner - 0.2, height - 0.22, 0.11))
        placed = (
            door.moved(inner / 2, 0, 0).turned("y", -105).moved(-width / 2 + 0.03, height / 2, front + 0.02)
            if kind == "open"
            else door.moved(0, height / 2, 0).turned("x", 85).moved(middle, 0.05, front + 0.03)
        )
        shape.extend(placed)
    elif kind == "retro":
        shape.add(body, rounded_box(width, height, depth, 0.18, "z").at(0, height / 2 + 0.08, 0))
        shape.add(trim, *four(cylinder(0.05, 0.1, sides=8).on(0), width * 0.38, depth * 0.35))
        shape.add(
            dark,
            rounded_box(0.68, 0.52, 0.05, 0.02, "z").at(-0.18, height / 2 + 0.08, front),
            rounded_box(0.22, 0.14, 0.04, 0.02, "z").at(0.4, 0.75, front),
        )
        shape.add(
            trim,
            torus(0.1, 0.03, "z").at(0.4, 0.42, front),
            cylinder(0.07, 0.1, "z").at(0.4, 0.42, front),
            bar((0.2, 0.3, front + 0.06), (0.2, 0.75, front + 0.06), 0.03),
        )
    else:
        side = -1 if kind == "left" else 1
        shape.add(body, rounded_box(width, height, depth, 0.03).at(0, height / 2, 0))
        glass = (side * middle, height / 2, front)
        shape.add(dark, rounded_box(width - panel - 0.16, height - 0.22, 0.04, 0.015, "z").at(*glass))
        shape.add(trim, box(0.02, height - 0.04, 0.03).at(side * (width / 2 - panel), height / 2, front))
        x = side * (width / 2 - panel / 2)
        if kind == "dials":
            shape.add(
                dark, *(cylinder(0.1, 0.1, "z", 16).at(x, y, front + 0.04) for y in (0.26 * height, 0.7 * height))
            )
            shape.add(trim, *(box(0.025, 0.18, 0.04).at(x, y, front + 0.09) for y in (0.26 * height, 0.7 * height)))
        else:
            shape.add(dark, box(0.7 * panel, 0.14 * height, 0.03).at(x, 0.84 * height, front))
            shape.add(
                trim,
                *(
                    box(0.055, 0.045, 0.04).at(x + dx, y * height, front)
                    for dx in (-0.09, 0, 0.09)
                    for y in np.linspace(0.25, 0.68, 5)
                ),
            )
        if kind in ("keypad", "wide", "left", "vents"):
            hx = side * (width / 2 - panel - 0.06)
            shape.add(
                body - 40,
                bar((hx, 0.15, front + 0.08), (hx, height - 0.15, front + 0.08), 0.03),
                *(bar((hx, y, front - 0.02), (hx, y, front + 0.08), 0.025, 6) for y in (0.2, height - 0.2)),
            )
        if kind == "vents":
            shape.add(
                dark,
                *(box(width - 0.1, 0.025, 0.06).at(0, height - 0.04 + 0.05 * k, front - 0.05) for k in range(1, 4)),
            )
            shape.add(body - 20, box(width, 0.22, depth).at(0, height + 0.1, -0.04))
        elif kind == "frame":
            outer, hole = rectangle(width + 0.36, height + 0.36), rectangle(width + 0.02, height + 0.02)
            rings = [(outer, -0.03), (outer, 0.03), (hole, 0.03), (hole, -0.03)]
            frame = loft([np.column_stack([flat, np.full(4, z)]) for flat, z in rings], closed=True)
            shape.add(trim, frame.at(0, height / 2, front))
        elif kind == "legs":
            shape.add(
                trim,
                box(width + 0.1, 0.05, depth + 0.1).at(0, -0.03, 0),
                *four(bar((0, -0.6, 0), (0, 0, 0), 0.035), width / 2, depth / 2),
                box(width, 0.04, depth).at(0, -0.45, 0),
            )
    return shape
