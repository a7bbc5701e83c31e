"""Parametric shapes of the category can."""

from img2vox.sample.outlines import arc_path, ellipse
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.solids import box, cylinder, extrude, lathe, pair, rounded_box, torus, tube


def can(draw: Draw) -> Shape:
    """Metal can: for drinks, tuna, paint, spray, oil."""
    kind = draw.cycle(("drink", "tuna", "paint", "spray", "oil"))
    metal, label = draw.gray(210, 240), draw.gray(90, 160)
    if kind == "drink":
        return _drink(draw, metal, label)
    if kind == "tuna":
        return _tuna(metal, label)
    if kind == "paint":
        return _paint(metal, label)
    if kind == "spray":
        return _spray(metal, label)
    return _oil(metal, label)


def _drink(draw: Draw, metal: int, label: int) -> Shape:
    shape = Shape()
    tall = draw.between(1.7, 2.1)
    shape.add(
        metal,
        lathe(
            [
                (0.0, 0.05),
                (0.36, 0.0),
                (0.5, 0.1),
                (0.5, tall - 0.22),
                (0.4, tall),
                (0.37, tall),
                (0.35, tall - 0.04),
                (0.0, tall - 0.04),
            ]
        ),
    )
    shape.add(label, cylinder(0.506, tall - 0.5).at(0, tall / 2 - 0.05, 0))
    shape.add(90, extrude(ellipse(0.07, 0.15, 12), 0.03, "y").at(0, tall - 0.02, 0.06))
    return shape


def _tuna(metal: int, label: int) -> Shape:
    shape = Shape()
    shape.add(
        metal,
        lathe(
            [
                (0.0, 0.03),
                (0.9, 0.03),
                (0.92, 0.0),
                (0.96, 0.04),
                (0.92, 0.08),
                (0.92, 0.5),
                (0.96, 0.54),
                (0.93, 0.58),
                (0.88, 0.53),
                (0.0, 0.53),
            ],
            sides=32,
        ),
    )
    shape.add(label, cylinder(0.93, 0.3, sides=32).at(0, 0.29, 0))
    shape.add(110, torus(0.16, 0.03).at(0, 0.56, 0.55))
    return shape


def _paint(metal: int, label: int) -> Shape:
    shape = Shape()
    shape.add(metal, lathe([(0.0, 0.0), (0.6, 0.0), (0.6, 1.3), (0.63, 1.34), (0.57, 1.38), (0.5, 1.32), (0.0, 1.32)]))
    shape.add(label, cylinder(0.607, 0.9).at(0, 0.62, 0))
    shape.add(
        60,
        tube(arc_path("xy", (0, 1.15, 0), 0.66, 0.85, 0, 180), 0.025, 6),
        *pair(cylinder(0.08, 0.1, "x").at(0.62, 1.15, 0)),
    )
    return shape


def _spray(metal: int, label: int) -> Shape:
    shape = Shape()
    shape.add(label, lathe([(0.0, 0.0), (0.3, 0.0), (0.32, 0.03), (0.32, 1.5), (0.3, 1.55), (0.2, 1.68), (0.0, 1.68)]))
    shape.add(
        metal, torus(0.31, 0.025).at(0, 1.52, 0), torus(0.31, 0.025).at(0, 0.02, 0), cylinder(0.21, 0.1).at(0, 1.7, 0)
    )
    shape.add(225, cylinder(0.1, 0.22).at(0, 1.84, 0), box(0.06, 0.06, 0.06).at(0, 1.9, 0.1))
    return shape


def _oil(metal: int, label: int) -> Shape:
    shape = Shape()
    shape.add(label, rounded_box(1.0, 1.35, 0.5, 0.08).on(0))
    shape.add(
        metal,
        rounded_box(0.7, 0.7, 0.06, 0.02, "z").at(0, 0.65, 0.24),
        lathe([(0.14, 0), (0.14, 0.2), (0.06, 0.25), (0.03, 0.6), (0.0, 0.6)]).at(-0.3, 1.34, 0),
    )
    shape.add(70, tube([(0.0, 1.33, 0), (0.02, 1.55, 0), (0.38, 1.55, 0), (0.4, 1.33, 0)], 0.045))
    return shape
