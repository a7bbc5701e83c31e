"""Parametric shapes of the category dishwasher."""

import numpy as np

from img2vox.sample.shape import Draw, Shape
from img2vox.sample.shapes.parts import bar_handle, cabinet_shell, knobs, wire_rack
from img2vox.sample.solids import bar, box, cylinder, four, pair, rounded_box


def dishwasher(draw: Draw) -> Shape:
    """Dishwasher: closed, open with racks, two drawers, slim, on the counter, with a worktop, hooded."""
    kinds = (
        "panel",
        "open",
        "drawers",
        "slim",
        "counter",
        "half open",
        "worktop",
        "hood",
        "counter open",
        "rack out",
        "raised",
    )
    kind = draw.cycle(kinds)
    body, dark, trim = draw.gray(190, 240), draw.gray(70, 110), draw.gray(130, 170)
    width, height, depth = {
        "slim": (0.62, 1.2, 0.8),
        "counter": (1.1, 0.85, 0.9),
        "counter open": (1.0, 0.8, 0.7),
        "hood": (0.9, 0.75, 0.9),
    }.get(kind, (draw.between(0.82, 0.95), draw.between(1.1, 1.25), draw.between(0.75, 0.9)))
    shape, front = Shape(), depth / 2
    kick = 0.0 if kind.startswith("counter") else 0.13
    if kick:
        shape.add(dark, box(width - 0.06, kick, depth - 0.12).on(0).at(0, 0, -0.04))
    if kind in ("open", "half open", "counter open", "rack out", "raised"):
        shape.add(body, cabinet_shell(width, height - kick, depth, 0.06).at(0, kick + (height - kick) / 2, 0))
        angle = {"half open": 50, "raised": 65}.get(kind, 90)
        door_tall = height - kick - 0.02
        door = [
            (body, box(width, door_tall, 0.07).on(0)),
            (dark, box(width - 0.12, door_tall - 0.15, 0.03).on(0.06).at(0, 0, -0.04)),
            (trim, box(width, 0.13, 0.08).on(door_tall - 0.13)),
        ]
        for gray, solid in door:
            shape.add(gray, solid.turned("x", angle).at(0, kick + 0.03, front + 0.03))
        out = {"rack out": 0.5 * depth, "open": 0.25 * depth}.get(kind, 0.0)
        shape.add(trim + 50, *(part.at(0, kick + 0.2, out) for part in wire_rack(width - 0.18, depth - 0.2, 0.16)))
        if not kind.startswith("counter"):
            shape.add(
                trim + 50, *(part.at(0, kick + 0.6, out / 2) for part in wire_rack(width - 0.18, depth - 0.2, 0.14))
            )
        if kind in ("rack out", "open"):
            plates = [cylinder(0.16, 0.02, "x", 16).at(x, kick + 0.36, out) for x in np.linspace(-0.22, 0.22, 5)]
            shape.add(235, *plates)
        if kind == "raised":
            # On a drawer, at a height that spares the back.
            shape = shape.moved(0, 0.6, 0)
            shape.add(body - 20, box(width, 0.58, depth).on(0.1), box(width - 0.04, 0.44, 0.05).at(0, 0.38, front))
            shape.add(
                dark,
                box(width - 0.06, 0.1, depth - 0.12).on(0),
                *(part.at(0, 0.5, front + 0.02) for part in bar_handle(0.5, 0.06)),
            )
    else:
        shape.add(body - 30, box(width, height - kick, depth).on(kick))
        if kind == "drawers":
            half = (height - kick) / 2
            shape.add(
                body,
                *(
                    box(width - 0.04, half - 0.05, 0.08 if k else 0.5)
                    .on(kick + 0.025 + k * half)
                    .at(0, 0, front - (0.0 if k else -0.2))
                    for k in (0, 1)
                ),
            )
            shape.add(
                dark,
                *(
                    part.at(0, kick + half * (k + 0.8), front + (0.04 if k else 0.45))
                    for k in (0, 1)
                    for part in bar_handle(0.7 * width, 0.07)
                ),
            )
        elif kind == "hood":
            shape.add(
                dark, *four(cylinder(0.04, 0.35, sides=10).on(0), 0.38, 0.38), box(width, 0.04, depth).at(0, 0.12, 0)
            )
            shape.add(body, rounded_box(width - 0.02, 0.55, depth - 0.02, 0.05).on(height + 0.12))
            shape.add(
                trim,
                *four(bar((0, height, 0), (0, height + 0.2, 0), 0.03), 0.4, 0.4),
                *(part.at(0, height + 0.25, front) for part in bar_handle(0.8, 0.1)),
            )
            shape.add(
                dark,
                box(width - 0.1, 0.16, 0.03).at(0, height - 0.12, front),
                *(part.at(0.0, height - 0.12, front) for part in knobs(4, 0.5, 0.04)),
            )
            shape.add(
                body - 20,
                box(0.5, 0.06, depth).at(width / 2 + 0.25, height - 0.03, 0),
                bar((width / 2 + 0.45, 0, 0.3), (width / 2 + 0.45, height, 0.3), 0.03),
                bar((width / 2 + 0.45, 0, -0.3), (width / 2 + 0.45, height, -0.3), 0.03),
            )
        else:
            panel = 0.16
            shape.add(
                body,
                rounded_box(width - 0.03, height - kick - panel - 0.03, 0.07, 0.02, "z")
                .on(kick + 0.01)
                .at(0, 0, front + 0.02),
            )
            shape.add(trim, box(width - 0.03, panel, 0.09).at(0, height - panel / 2 - 0.01, front + 0.02))
            shape.add(
                dark,
                box(0.22, 0.07, 0.02).at(0, height - panel / 2, front + 0.07),
                *(
                    cylinder(0.025, 0.03, "z", 8).at(x, height - panel / 2, front + 0.07)
                    for x in np.linspace(0.18, 0.38, 3) * width / 0.9
                ),
            )
            if kind == "counter":
                shape.add(
                    dark,
                    box(0.75, 0.45, 0.03).at(-0.05, 0.36, front + 0.05),
                    *four(cylinder(0.05, 0.06, sides=8).on(-0.06), 0.45, 0.35),
                )
            else:
                shape.add(
                    dark, *(part.at(0, height - panel - 0.12, front + 0.04) for part in bar_handle(0.75 * width, 0.08))
                )
            if kind == "worktop":
                shape.add(
                    trim,
                    box(width + 0.5, 0.07, depth + 0.16).at(0, height + 0.035, 0.02),
                    *pair(box(0.2, height, depth).on(0).at(width / 2 + 0.12, 0, 0)),
                )
    return shape
