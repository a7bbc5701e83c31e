"""Parametric shapes of the category trash bin."""

from img2vox.sample.outlines import arc_path, circle, rounded_rectangle
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.solids import bar, box, cylinder, extrude, lathe, pair, rounded_box, stack, torus, tube, vessel


def trash_bin(draw: Draw) -> Shape:
    """Pedal bin, wheelie bin, waste basket, swing-top bin, bin on a post, dustbin with ribs."""
    kind = draw.cycle(("pedal", "wheelie", "waste basket", "swing", "post", "dustbin"))
    body, dark = draw.gray(180, 235), draw.gray(80, 120)
    if kind == "pedal":
        return _pedal(body, dark)
    if kind == "wheelie":
        return _wheelie(body, dark)
    if kind == "waste basket":
        return _waste_basket(body, dark)
    if kind == "swing":
        return _swing(body, dark)
    if kind == "post":
        return _post(body, dark)
    return _dustbin(body, dark)


def _pedal(body: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(body, cylinder(0.42, 1.2).on(0.08))
    shape.add(
        dark,
        cylinder(0.44, 0.1).on(0),
        cylinder(0.44, 0.08).at(0, 1.3, 0),
        rounded_box(0.24, 0.05, 0.25, 0.02).at(0, 0.05, 0.5),
    )
    shape.add(body - 30, lathe([(0.43, 0), (0.38, 0.12), (0.2, 0.2), (0, 0.22)]).at(0, 1.33, 0))
    return shape


def _wheelie(body: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(body - 50, stack(rounded_rectangle(1, 1.2, 0.1), [(0.1, 0.62, 0.62, 0, 0.05), (1.35, 0.85)]))
    shape.add(
        dark, extrude([(0.58, 1.35), (-0.62, 1.35), (-0.62, 1.48), (-0.4, 1.55), (0.2, 1.5), (0.6, 1.4)], 0.9, "x")
    )
    shape.add(
        dark,
        *pair(cylinder(0.18, 0.12, "x").at(0.38, 0.18, -0.42)),
        bar((-0.4, 1.42, -0.68), (0.4, 1.42, -0.68), 0.035),
        *pair(box(0.05, 0.05, 0.2).at(0.38, 1.42, -0.6)),
    )
    return shape


def _waste_basket(body: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(body, vessel(circle(1, 24), [(0, 0.36), (1.0, 0.52)], 0.035, 0.06))
    shape.add(dark, torus(0.52, 0.035).at(0, 1.0, 0), torus(0.37, 0.03).at(0, 0.02, 0))
    shape.add(dark, *(bar((0.385, 0.12, 0), (0.5, 0.9, 0), 0.025, 6).turned("y", angle) for angle in range(0, 360, 20)))
    return shape


def _swing(body: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(body, stack(rounded_rectangle(1, 0.75, 0.08), [(0, 0.7), (1.15, 0.85)]))
    shape.add(body - 40, extrude([(0.33, 1.15), (-0.33, 1.15), (-0.2, 1.5), (0.2, 1.5)], 0.88, "x"))
    shape.add(dark, extrude([(0.31, 1.22), (0.2, 1.52), (0.16, 1.5), (0.26, 1.2)], 0.6, "x").at(0, 0, 0.03))
    return shape


def _post(body: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(dark, cylinder(0.05, 1.7).on(0), cylinder(0.25, 0.05).on(0))
    shape.add(body, vessel(circle(1, 24), [(0.65, 0.28), (1.4, 0.32)], 0.04, 0.06).at(0, 0, 0.37))
    shape.add(
        dark,
        torus(0.32, 0.03).at(0, 1.4, 0.37),
        torus(0.3, 0.03).at(0, 0.8, 0.37),
        lathe([(0.38, 0), (0.3, 0.1), (0, 0.18)]).at(0, 1.62, 0.3),
        *pair(bar((0.28, 1.4, 0.37), (0.28, 1.65, 0.37), 0.025)),
    )
    return shape


def _dustbin(body: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(body, vessel(circle(1, 24), [(0, 0.42), (1.15, 0.5)], 0.04, 0.06))
    shape.add(
        body - 45, *(bar((0.43, 0.05, 0), (0.505, 1.1, 0), 0.03, 6).turned("y", angle) for angle in range(0, 360, 24))
    )
    shape.add(
        dark,
        lathe([(0.54, 0), (0.54, 0.06), (0.3, 0.17), (0, 0.2)]).at(0, 1.13, 0),
        tube(arc_path("xy", (0, 1.3, 0), 0.14, 0.15, 0, 180), 0.03, 8),
    )
    shape.add(dark, *pair(tube(arc_path("zy", (0.5, 0.85, 0), 0.13, 0.14, 180, 360), 0.03, 8).at(0.02, 0, 0)))
    return shape
