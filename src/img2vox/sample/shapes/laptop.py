"""Parametric shapes of the category laptop."""

from img2vox.sample.shape import Draw, Shape
from img2vox.sample.shapes.parts import key_rows
from img2vox.sample.solids import box, ellipsoid, extrude, four, pair, rounded_box, tube


def _tent(base: Shape, lid: Shape, deep: float) -> Shape:
    """A laptop folded over, standing on the edges of lid and base like an A, the screen toward +Z."""
    shape = Shape()
    # Both lie along +Z from the hinge first: the lid's screen below, the base's keys above.
    shape.extend(lid.turned("z", 180).turned("x", 62))
    shape.extend(base.moved(0, 0, deep / 2).turned("z", 180).turned("x", 118))
    return shape


def laptop(draw: Draw) -> Shape:
    """Laptop at many angles of its lid; wide, square, thick old, tent, tablet with a keyboard cover, and more."""
    kinds = ("usual", "tent", "old", "wide", "nearly closed", "flat", "tablet", "small", "stand", "rugged", "dual")
    kind = draw.cycle(kinds)
    case, dark, key = draw.gray(180, 230), draw.gray(45, 70), draw.gray(80, 110)
    wide, deep = {
        "wide": (1.7, 0.95),
        "small": (1.0, 0.8),
        "old": (1.3, 1.1),
        "rugged": (1.3, 1.05),
        "tablet": (1.25, 0.85),
    }.get(kind, (draw.between(1.35, 1.5), draw.between(0.9, 1.0)))
    thick = {"old": 0.2, "rugged": 0.22, "tablet": 0.03}.get(kind, draw.between(0.05, 0.08))
    angle = {
        "usual": 105,
        "tent": 300,
        "old": 95,
        "wide": 115,
        "nearly closed": 35,
        "flat": 170,
        "tablet": 110,
        "small": 100,
        "stand": 125,
        "rugged": 100,
        "dual": 105,
    }[kind]
    base, lid = Shape(), Shape()
    base.add(case, rounded_box(wide, thick, deep, 0.03).on(0))
    base.add(
        key, *(k.stretched(1, 0.4, 1).at(0, thick, -0.14 * deep) for k in key_rows(0.88 * wide, 0.5 * deep, 5, 0.1))
    )
    base.add(case - 60, box(0.3 * wide, 0.012, 0.24 * deep).at(0, thick, 0.32 * deep))
    if kind in ("old", "rugged"):
        base.add(case - 60, *pair(box(0.05, 0.1, 0.5).at(wide / 2, thick / 2, 0)))
    if kind == "rugged":
        base.add(
            key,
            tube(
                [
                    (-0.3, 0.1, deep / 2),
                    (-0.3, 0.1, deep / 2 + 0.18),
                    (0.3, 0.1, deep / 2 + 0.18),
                    (0.3, 0.1, deep / 2),
                ],
                0.045,
            ),
            *four(rounded_box(0.2, thick + 0.04, 0.2, 0.04).on(-0.02), wide / 2 - 0.06, deep / 2 - 0.06),
        )
    lid_thick = {"old": 0.12, "rugged": 0.14, "tablet": 0.06}.get(kind, 0.04)
    # The lid lies closed first, its hinge along X at the origin, and opens from there.
    lid.add(case, rounded_box(wide, lid_thick, deep, 0.03).at(0, lid_thick / 2, deep / 2))
    lid.add(dark, box(0.9 * wide, 0.02, 0.82 * deep).at(0, 0.0, 0.53 * deep))
    lid.add(235, ellipsoid(0.07, 0.015, 0.08, 10).at(0, lid_thick, deep / 2))
    shape = Shape()
    shape.extend(base)
    shape.extend(lid.turned("x", -angle).moved(0, thick + 0.01, -deep / 2 + 0.01))
    if kind == "dual":
        # Two more screens, folded out from behind the lid.
        for side in (-1, 1):
            wing = Shape()
            wing.add(case, box(wide * 0.8, deep * 0.9, 0.05).at(side * wide * 0.4, 0, 0))
            wing.add(dark, box(wide * 0.72, deep * 0.78, 0.02).at(side * wide * 0.4, 0, 0.025))
            shape.extend(
                wing.turned("y", -side * 25).turned("x", -15).moved(side * wide / 2, thick + 0.5 * deep, -0.64 * deep)
            )
    if kind == "tent":
        shape = _tent(base, lid, deep)
    if kind == "tablet":
        shape.add(
            key,
            extrude(
                [(-deep / 2 - 0.22, 0.55), (-deep / 2 - 0.27, 0.53), (-deep / 2 - 0.62, 0.0), (-deep / 2 - 0.57, 0.0)],
                wide * 0.9,
                "x",
            ),
        )
    if kind == "stand":
        shape = shape.turned("x", 15).moved(0, 0.45, 0)
        shape.add(
            key,
            *pair(
                extrude(
                    [
                        (-0.5, 0.0),
                        (0.5, 0.0),
                        (0.5, 0.05),
                        (-0.4, 0.05),
                        (-0.35, 0.52),
                        (0.5, 0.3),
                        (0.5, 0.34),
                        (-0.42, 0.57),
                    ],
                    0.08,
                    "x",
                ).at(0.4, 0, 0)
            ),
        )
    return shape
