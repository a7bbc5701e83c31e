"""Parametric shapes of the category pistol."""

import numpy as np

from img2vox.sample.outlines import arc_path, curve
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.solids import bar, box, cylinder, extrude, lathe, torus, tube


def pistol(draw: Draw) -> Shape:
    """Revolver or flintlock."""
    kind = draw.cycle(("revolver", "flintlock"))
    metal, wood, dark = draw.gray(130, 170), draw.gray(90, 120), draw.gray(60, 80)
    shape = Shape()
    if kind == "revolver":
        shape.add(
            metal,
            cylinder(0.07, 0.8, "x", 14).at(0.62, 0.2, 0),
            box(0.75, 0.05, 0.05).at(0.6, 0.29, 0),
            box(0.05, 0.08, 0.03).at(0.96, 0.33, 0),
            extrude([(-0.28, 0.3), (0.25, 0.3), (0.25, -0.02), (0.05, -0.08), (-0.3, -0.02)], 0.12),
        )
        shape.add(
            dark + 30,
            cylinder(0.15, 0.32, "x", 12).at(0.05, 0.15, 0),
            *(
                cylinder(0.03, 0.34, "x", 6).at(0.05, 0.15 + 0.13 * np.cos(t), 0.13 * np.sin(t))
                for t in np.arange(6) * 1.047
            ),
        )
        grip = curve(
            [
                (-0.28, 0.22),
                (-0.2, -0.05),
                (-0.22, -0.35),
                (-0.3, -0.62),
                (-0.5, -0.58),
                (-0.46, -0.3),
                (-0.44, 0.0),
                (-0.4, 0.2),
            ],
            3,
            closed=True,
        )
        shape.add(wood, extrude(grip, 0.16))
        shape.add(
            dark,
            tube(arc_path("xy", (0.02, -0.08, 0), 0.17, 0.17, 180, 360, 10), 0.022, 6),
            extrude([(0.0, -0.05), (0.05, -0.05), (0.02, -0.2), (-0.03, -0.2)], 0.04),
            extrude([(-0.3, 0.25), (-0.22, 0.27), (-0.34, 0.45), (-0.46, 0.42)], 0.05),
        )
    else:
        stock = curve(
            [
                (0.75, 0.12),
                (0.0, 0.1),
                (-0.3, 0.16),
                (-0.55, 0.05),
                (-0.75, -0.3),
                (-0.9, -0.4),
                (-1.0, -0.25),
                (-0.8, 0.0),
                (-0.62, 0.25),
                (-0.35, 0.3),
                (0.75, 0.22),
            ],
            4,
            closed=True,
        )
        shape.add(wood, extrude(stock, 0.13))
        shape.add(
            metal,
            lathe([(0, 0), (0.085, 0), (0.06, 1.25), (0.075, 1.3), (0, 1.3)], "x", 14).at(-0.32, 0.3, 0),
            extrude([(-0.45, 0.12), (-0.05, 0.12), (-0.05, 0.3), (-0.45, 0.3)], 0.16),
        )
        shape.add(
            dark,
            extrude([(-0.42, 0.2), (-0.34, 0.2), (-0.3, 0.5), (-0.4, 0.55), (-0.38, 0.45)], 0.05).at(0, 0, 0.07),
            box(0.1, 0.18, 0.05).at(-0.12, 0.38, 0.07),
            tube(arc_path("xy", (-0.2, 0.08, 0), 0.15, 0.16, 180, 360, 10), 0.02, 6),
            bar((-0.2, 0.1, 0), (-0.22, -0.03, 0), 0.018, 6),
            bar((0.1, 0.1, 0), (0.95, 0.17, 0), 0.018, 6),
            torus(0.1, 0.03, "x", 14).at(-0.93, -0.33, 0),
        )
    return shape.turned("y", -90)
