"""Parametric shapes of the category rifle."""

from img2vox.sample.outlines import arc_path
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.solids import bar, box, cylinder, extrude, lathe, rounded_box, tube


def rifle(draw: Draw) -> Shape:
    """Hunting rifle with a telescopic sight."""
    wood, dark = draw.gray(130, 160), draw.gray(65, 85)
    shape = Shape()
    stock = [
        (-1.2, 0.1),
        (-1.2, -0.25),
        (-1.12, -0.27),
        (-0.55, -0.06),
        (-0.4, -0.12),
        (-0.32, -0.06),
        (0.35, -0.04),
        (0.42, 0.06),
        (-0.3, 0.08),
        (-0.45, 0.06),
        (-0.6, 0.08),
    ]
    shape.add(wood, extrude(stock, 0.1))
    shape.add(
        dark,
        cylinder(0.032, 1.5, "x", 12).at(0.6, 0.1, 0),
        rounded_box(0.55, 0.1, 0.09, 0.03, "x").at(-0.2, 0.1, 0),
        lathe(
            [
                (0, -0.3),
                (0.065, -0.3),
                (0.065, -0.2),
                (0.038, -0.14),
                (0.038, 0.12),
                (0.075, 0.2),
                (0.075, 0.34),
                (0, 0.34),
            ],
            "x",
            14,
        ).at(-0.15, 0.27, 0),
        *(box(0.04, 0.12, 0.05).at(x, 0.19, 0) for x in (-0.25, -0.02)),
    )
    shape.add(
        dark,
        tube(arc_path("xy", (-0.25, -0.08, 0), 0.12, 0.1, 180, 360, 8), 0.014, 6),
        bar((-0.3, 0.1, 0), (-0.33, 0.02, 0.14), 0.018, 6),
        box(0.2, 0.12, 0.07).at(0.0, -0.1, 0),
        box(0.03, 0.06, 0.02).at(1.3, 0.15, 0),
        box(0.03, 0.36, 0.105).at(-1.2, -0.08, 0),
    )
    return shape.turned("y", -90)
