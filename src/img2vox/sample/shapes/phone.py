"""Parametric shapes of the category phone."""

from img2vox.sample.outlines import curve, ellipse
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.shapes.parts import button_grid, plate
from img2vox.sample.solids import bar, box, cylinder, ellipsoid, extrude, pair, rounded_box, torus


def phone(draw: Draw) -> Shape:
    """Mobile phone: slab, flip phone, bar with keys, slider, brick with an antenna, folding, and more."""
    kinds = (
        "slab",
        "flip",
        "bar",
        "brick",
        "keyboard",
        "slider",
        "back",
        "fold",
        "half flip",
        "docked",
        "round",
        "swivel",
    )
    kind = draw.cycle(kinds)
    case, dark, key = draw.gray(130, 210), draw.gray(45, 70), draw.gray(215, 245)
    wide, tall, thick = draw.between(0.75, 0.9), draw.between(1.55, 1.8), draw.between(0.08, 0.12)
    if kind in ("slab", "docked"):
        shape = _slab_phone(kind, case, dark, key, wide, tall, thick)
    elif kind == "back":
        shape = _back(case, dark, key, wide, tall, thick)
    elif kind in ("flip", "half flip"):
        shape = _flip(kind, case, dark, key, wide)
    elif kind in ("bar", "brick"):
        shape = _bar(kind, case, dark, key)
    elif kind == "keyboard":
        shape = _keyboard(case, dark, key)
    elif kind == "slider":
        shape = _slider(case, dark, key)
    elif kind == "fold":
        shape = _fold(case, dark)
    elif kind == "round":
        shape = _round(case, dark, key)
    else:
        shape = _swivel(case, dark, key)
    lean = draw.pick((0.0, 0.0, -12.0)) if kind not in ("docked", "half flip") else 0.0
    return shape.turned("x", lean)


def _slab_phone(kind: str, case: int, dark: int, key: int, wide: float, tall: float, thick: float) -> Shape:
    shape = Shape()
    shape.add(case, rounded_box(wide, tall, thick, 0.05, "z"))
    shape.add(dark, plate(wide - 0.08, tall * 0.78, 0.02, 0.02).at(0, 0.02, thick / 2))
    shape.add(
        key,
        cylinder(0.07, 0.02, "z", 16).at(0, -0.44 * tall, thick / 2),
        box(0.2, 0.02, 0.02).at(0, 0.44 * tall, thick / 2),
    )
    shape.add(key, *(box(0.03, 0.16, 0.04).at(wide / 2, y, 0) for y in (0.3, 0.5)))
    if kind == "docked":
        shape = shape.turned("x", -18).moved(0, 0.85, 0)
        shape.add(
            case - 40,
            rounded_box(1.1, 0.12, 0.8, 0.05).on(-0.05),
            extrude([(-0.35, 0.0), (-0.3, 0.0), (-0.33, 0.9), (-0.4, 0.9)], 0.35, "x"),
            box(0.7, 0.12, 0.06).at(0, 0.1, 0.22),
        )
    return shape


def _back(case: int, dark: int, key: int, wide: float, tall: float, thick: float) -> Shape:
    shape = Shape()
    shape.add(case, rounded_box(wide, tall, thick, 0.05, "z"))
    shape.add(case - 40, rounded_box(0.42, 0.42, 0.1, 0.04, "z").at(-0.15, 0.5, thick / 2 + 0.02))
    shape.add(
        dark,
        *(
            cylinder(0.08, 0.1, "z", 16).at(x, y, thick / 2 + 0.06)
            for x, y in ((-0.24, 0.6), (-0.24, 0.4), (-0.06, 0.5))
        ),
    )
    shape.add(
        key,
        ellipsoid(0.13, 0.13, 0.01, 16).at(0, -0.1, thick / 2),
        cylinder(0.03, 0.08, "z", 8).at(-0.06, 0.64, thick / 2 + 0.05),
    )
    return shape


def _flip(kind: str, case: int, dark: int, key: int, wide: float) -> Shape:
    shape = Shape()
    thick = 0.16
    shape.add(case, rounded_box(wide, 0.9, thick, 0.05, "z").at(0, -0.5, 0))
    shape.add(
        key,
        *(part.at(0, -0.68, thick / 2) for part in button_grid(3, 4, 0.2, 0.12, (0.14, 0.07, 0.04))),
        torus(0.12, 0.03, "z").at(0, -0.25, thick / 2),
    )
    lid = Shape()
    lid.add(case - 25, rounded_box(wide, 0.9, 0.1, 0.04, "z").at(0, 0.45, 0))
    lid.add(dark, plate(0.6, 0.58, 0.03, 0.02).at(0, 0.5, 0.05))
    lid.add(key, box(0.2, 0.03, 0.03).at(0, 0.84, 0.05))
    shape.extend(lid.turned("x", 20 if kind == "flip" else 95).moved(0, 0.0, -0.02))
    shape.add(
        case - 40, cylinder(0.1, wide, "x", 14).at(0, -0.02, 0), bar((0.33, -0.1, -0.08), (0.33, 0.35, -0.1), 0.04)
    )
    if kind == "half flip":
        shape = shape.turned("x", -75)
    return shape


def _bar(kind: str, case: int, dark: int, key: int) -> Shape:
    shape = Shape()
    brick = kind == "brick"
    thick = 0.45 if brick else 0.2
    shape.add(case, rounded_box(0.7, 1.6, thick, 0.08, "z"))
    shape.add(dark, plate(0.52, 0.22 if brick else 0.42, 0.03, 0.02).at(0, 0.3 if brick else 0.4, thick / 2))
    shape.add(key, *(part.at(0, -0.32, thick / 2) for part in button_grid(3, 5, 0.18, 0.16, (0.13, 0.1, 0.05))))
    shape.add(dark, *(box(0.3, 0.02, 0.03).at(0, 0.62 + 0.05 * k, thick / 2) for k in range(3)))
    shape.add(dark + 20, bar((0.24, 0.7, -0.05), (0.24, 1.75 if brick else 1.1, -0.05), 0.07 if brick else 0.05))
    return shape


def _keyboard(case: int, dark: int, key: int) -> Shape:
    shape = Shape()
    shape.add(case - 20, rounded_box(1.0, 1.5, 0.16, 0.1, "z"))
    shape.add(dark, plate(0.8, 0.6, 0.03, 0.02).at(0, 0.32, 0.08))
    shape.add(
        key,
        *(part.at(0, -0.48, 0.08) for part in button_grid(8, 4, 0.105, 0.12, (0.08, 0.085, 0.04))),
        cylinder(0.07, 0.05, "z").at(0, -0.1, 0.08),
        *pair(box(0.25, 0.08, 0.04).at(0.28, -0.1, 0.08)),
    )
    return shape


def _slider(case: int, dark: int, key: int) -> Shape:
    shape = Shape()
    shape.add(case - 30, rounded_box(0.8, 1.15, 0.12, 0.05, "z").at(0, -0.35, -0.06))
    shape.add(case, rounded_box(0.8, 1.15, 0.1, 0.05, "z").at(0, 0.3, 0.06))
    shape.add(dark, plate(0.66, 0.75, 0.03, 0.02).at(0, 0.42, 0.11))
    shape.add(
        key,
        *(part.at(0, -0.6, 0.0) for part in button_grid(3, 4, 0.22, 0.14, (0.17, 0.09, 0.05))),
        rounded_box(0.3, 0.13, 0.04, 0.02, "z").at(0, -0.12, 0.11),
    )
    return shape


def _fold(case: int, dark: int) -> Shape:
    shape = Shape()
    for side in (-1, 1):
        half = Shape()
        half.add(case, rounded_box(0.8, 1.5, 0.08, 0.03, "z").at(side * 0.4, 0, 0))
        half.add(dark, plate(0.76, 1.4, 0.02, 0.02).at(side * 0.38, 0, 0.04))
        shape.extend(half.turned("y", side * -28))
    shape.add(case - 50, cylinder(0.06, 1.5, sides=12).at(0, 0, -0.02))
    return shape


def _round(case: int, dark: int, key: int) -> Shape:
    shape = Shape()
    outline = curve(
        [
            (0, 0.85),
            (0.32, 0.72),
            (0.34, 0.3),
            (0.26, 0.0),
            (0.34, -0.35),
            (0.34, -0.72),
            (0, -0.85),
            (-0.34, -0.72),
            (-0.34, -0.35),
            (-0.26, 0.0),
            (-0.34, 0.3),
            (-0.32, 0.72),
        ],
        3,
        closed=True,
    )
    shape.add(case, extrude(outline, 0.26))
    shape.add(dark, extrude(ellipse(0.25, 0.28, 20), 0.04).at(0, 0.42, 0.13))
    shape.add(
        key,
        *(
            ellipsoid(0.06, 0.045, 0.03, 8).at(x, y, 0.13)
            for x in (-0.18, 0, 0.18)
            for y in (-0.3, -0.43, -0.56, -0.69)
        ),
        torus(0.1, 0.03, "z").at(0, -0.08, 0.13),
    )
    return shape


def _swivel(case: int, dark: int, key: int) -> Shape:
    shape = Shape()
    shape.add(case, rounded_box(0.72, 1.0, 0.12, 0.05, "z").at(0, -0.4, -0.05))
    shape.add(key, *(part.at(0, -0.6, 0.02) for part in button_grid(3, 4, 0.2, 0.13, (0.15, 0.08, 0.04))))
    shape.add(case - 30, rounded_box(1.3, 0.72, 0.1, 0.05, "z").at(0, 0.3, 0.07))
    shape.add(dark, plate(1.1, 0.58, 0.03, 0.02).at(0, 0.3, 0.12))
    return shape
