"""Parametric shapes of the category printer."""

import numpy as np

from img2vox.sample.outlines import curve, rounded_rectangle
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.shapes.parts import plate
from img2vox.sample.solids import box, cylinder, extrude, four, pair, rounded_box, sweep, tube


def _tray(width: float, length: float, tilt: float) -> Shape:
    """Paper tray with sheets, rising backward from the origin by tilt degrees from the level."""
    tray = Shape()
    tray.add(150, box(width, 0.04, length).at(0, 0, -length / 2))
    tray.add(245, box(width - 0.12, 0.035, length * 0.95).at(0, 0.035, -length / 2))
    return tray.turned("x", tilt)


def printer(draw: Draw) -> Shape:
    """Printer: inkjet with a rear tray, laser, multi-function, office copier, receipt, plotter, and more."""
    kinds = (
        "inkjet",
        "laser",
        "multi",
        "copier",
        "receipt",
        "plotter",
        "needle",
        "photo",
        "open scanner",
        "tower",
        "label",
        "cube",
    )
    kind = draw.cycle(kinds)
    case, dark, trim = draw.gray(190, 240), draw.gray(65, 95), draw.gray(130, 165)
    wide = draw.between(1.2, 1.45)
    if kind == "inkjet":
        return _inkjet(case, dark, trim, wide)
    if kind == "laser":
        return _laser(case, dark, trim)
    if kind in ("multi", "open scanner"):
        return _multi(kind, case, dark, trim, wide)
    if kind == "copier":
        return _copier(case, dark, trim)
    if kind == "receipt":
        return _receipt(case, dark, trim)
    if kind == "plotter":
        return _plotter(case, dark)
    if kind == "needle":
        return _needle(case, dark, trim)
    if kind == "photo":
        return _photo(case, dark, trim)
    if kind == "tower":
        return _tower(case, dark)
    if kind == "label":
        return _label(case, dark)
    return _cube(case, dark, trim)


def _inkjet(case: int, dark: int, trim: int, wide: float) -> Shape:
    shape = Shape()
    shape.add(case, extrude([(-0.4, 0), (0.45, 0), (0.45, 0.22), (0.25, 0.48), (-0.2, 0.55), (-0.4, 0.5)], wide, "x"))
    shape.add(dark, box(wide - 0.35, 0.12, 0.1).at(0, 0.15, 0.43))
    shape.extend(_tray(wide - 0.4, 0.55, 62).moved(0, 0.5, -0.22))
    shape.add(trim, box(wide - 0.4, 0.03, 0.5).at(0, 0.08, 0.66))
    shape.add(245, box(wide - 0.5, 0.02, 0.42).at(0, 0.11, 0.6))
    shape.add(
        trim,
        *(cylinder(0.035, 0.04, sides=8).turned("x", 50).at(wide / 2 - 0.12 - 0.1 * k, 0.36, 0.36) for k in range(3)),
    )
    return shape


def _laser(case: int, dark: int, trim: int) -> Shape:
    shape = Shape()
    shape.add(case, rounded_box(1.1, 0.75, 1.0, 0.05).on(0), box(1.1, 0.14, 0.3).on(0.72).at(0, 0, -0.33))
    shape.add(
        dark,
        extrude([(-0.2, 0.72), (0.36, 0.72), (0.36, 0.765), (-0.2, 0.77)], 0.75, "x"),
        box(0.9, 0.03, 0.03).at(0, 0.24, 0.5),
    )
    shape.add(245, box(0.6, 0.03, 0.62).turned("x", 10).at(0, 0.84, 0.08))
    shape.add(trim, box(0.95, 0.17, 0.04).at(0, 0.12, 0.5), box(0.2, 0.03, 0.2).at(0.43, 0.76, 0.35))
    return shape


def _multi(kind: str, case: int, dark: int, trim: int, wide: float) -> Shape:
    shape = Shape()
    shape.add(case, rounded_box(wide, 0.42, 1.0, 0.04).on(0))
    shape.add(dark, box(wide * 0.65, 0.16, 0.08).at(-0.1, 0.16, 0.48))
    shape.add(245, box(wide * 0.5, 0.02, 0.5).at(-0.1, 0.1, 0.7))
    shape.add(trim, box(wide * 0.55, 0.03, 0.55).at(-0.1, 0.07, 0.72), box(wide - 0.04, 0.05, 0.02).at(0, 0.32, 0.5))
    panel = Shape()
    panel.add(trim, box(wide, 0.06, 0.26))
    panel.add(dark, box(0.26, 0.02, 0.16).at(0, 0.04, 0))
    panel.add(245, *(cylinder(0.03, 0.03, sides=8).at(x, 0.04, 0) for x in (-0.45, -0.35, -0.25, 0.25, 0.35, 0.45)))
    shape.extend(panel.turned("x", 25).moved(0, 0.45, 0.56))
    lid = Shape()
    lid.add(case - 25, rounded_box(wide, 0.12, 0.85, 0.04).at(0, 0.06, 0.425))
    if kind == "multi":
        lid.add(case, box(wide * 0.8, 0.14, 0.5).on(0.11).at(-0.05, 0, 0.3))
        lid.extend(_tray(0.75, 0.5, 20).turned("y", 90).moved(-0.45, 0.28, 0.3))
    else:
        shape.add(dark, box(wide - 0.2, 0.02, 0.7).at(0, 0.43, -0.08))
        lid.add(245, box(wide - 0.15, 0.02, 0.75).at(0, -0.01, 0.43))
    shape.extend(lid.turned("x", -60 if kind == "open scanner" else 0).moved(0, 0.44, -0.46))
    return shape


def _copier(case: int, dark: int, trim: int) -> Shape:
    shape = Shape()
    shape.add(
        case,
        box(1.0, 1.0, 0.95).on(0.08),
        box(1.0, 0.2, 0.95).on(1.3),
        box(0.3, 0.3, 0.95).on(1.05).at(-0.35, 0, 0),
        box(1.0, 0.26, 0.2).on(1.05).at(0, 0, -0.37),
    )
    shape.add(
        trim,
        *(box(0.9, 0.2, 0.04).at(0, y, 0.48) for y in (0.24, 0.48)),
        box(0.85, 0.12, 0.7).on(1.5).at(0, 0, -0.05),
        box(0.5, 0.05, 0.2).turned("x", 25).at(0.2, 1.42, 0.58),
    )
    shape.add(
        dark,
        *(box(0.3, 0.04, 0.06).at(0, y, 0.5) for y in (0.3, 0.54)),
        box(0.22, 0.02, 0.12).turned("x", 25).at(0.15, 1.46, 0.59),
        *four(cylinder(0.05, 0.08, "x", 8).on(0), 0.42, 0.4),
    )
    shape.extend(_tray(0.7, 0.6, 15).turned("y", -90).moved(0.5, 0.75, 0))
    shape.add(245, box(0.5, 0.02, 0.6).at(0.1, 1.1, 0))
    return shape


def _receipt(case: int, dark: int, trim: int) -> Shape:
    shape = Shape()
    shape.add(case - 60, extrude([(-0.5, 0), (0.5, 0), (0.5, 0.35), (0.3, 0.62), (-0.3, 0.72), (-0.5, 0.6)], 0.75, "x"))
    shape.add(dark, box(0.6, 0.03, 0.08).turned("x", 10).at(0, 0.68, 0.05), box(0.5, 0.04, 0.04).at(0, 0.2, 0.5))
    path = curve([(0, 0.62, 0.05), (0, 0.95, 0.08), (0, 1.15, 0.2), (0, 1.1, 0.42)])
    shape.add(245, sweep(path, rounded_rectangle(0.55, 0.015, 0.005, 1), np.ones(len(path))))
    shape.add(trim, *(cylinder(0.035, 0.04, sides=8).at(0.28, 0.6 - 0.1 * k, 0.33 + 0.08 * k) for k in range(3)))
    return shape


def _plotter(case: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(case, rounded_box(2.1, 0.34, 0.5, 0.06, "x").on(0.85), box(0.3, 0.38, 0.55).on(0.83).at(0.95, 0, 0))
    shape.add(
        dark,
        box(1.6, 0.08, 0.06).at(-0.12, 0.95, 0.24),
        *pair(box(0.08, 0.85, 0.1).on(0).at(0.75, 0, 0)),
        *pair(box(0.08, 0.06, 0.8).on(0).at(0.75, 0, 0)),
        box(1.5, 0.05, 0.05).at(0, 0.3, 0),
        box(0.2, 0.02, 0.2).at(0.95, 1.22, 0.1),
    )
    path = curve([(-0.12, 0.95, 0.25), (-0.12, 0.85, 0.4), (-0.12, 0.5, 0.42), (-0.12, 0.3, 0.5)])
    shape.add(
        245,
        sweep(path, rounded_rectangle(1.4, 0.02, 0.005, 1), np.ones(len(path))),
        cylinder(0.09, 1.55, "x", 16).at(-0.12, 0.8, -0.3),
    )
    return shape


def _needle(case: int, dark: int, trim: int) -> Shape:
    shape = Shape()
    shape.add(case, rounded_box(1.5, 0.36, 0.75, 0.05, "x").on(0))
    shape.add(trim, extrude([(-0.3, 0.34), (0.2, 0.34), (0.1, 0.46), (-0.25, 0.46)], 1.3, "x"))
    shape.add(
        dark,
        cylinder(0.08, 0.16, "x", 14).at(0.8, 0.26, -0.1),
        *(box(0.1, 0.03, 0.05).at(0.3 + 0.13 * k, 0.36, 0.3) for k in range(3)),
    )
    path = curve(
        [(0, 0.4, -0.05), (0, 0.8, -0.15), (0, 1.0, -0.35), (0, 0.85, -0.6), (0, 0.3, -0.62), (0, 0.02, -0.7)], 4
    )
    shape.add(245, sweep(path, rounded_rectangle(1.0, 0.02, 0.005, 1), np.ones(21)))
    shape.add(
        dark,
        *(box(0.02, 0.025, 0.025).at(x, 0.5 + 0.09 * k, -0.055 - 0.022 * k) for x in (-0.46, 0.46) for k in range(4)),
    )
    return shape


def _photo(case: int, dark: int, trim: int) -> Shape:
    shape = Shape()
    shape.add(case, rounded_box(0.95, 0.5, 0.7, 0.1, "z").on(0))
    shape.add(
        dark, box(0.55, 0.12, 0.05).at(0, 0.13, 0.35), plate(0.4, 0.28, 0.03, 0.02).turned("x", -35).at(-0.1, 0.56, 0.1)
    )
    shape.add(
        trim,
        box(0.5, 0.04, 0.65).at(0, 0.1, 0.62),
        cylinder(0.08, 0.05).at(0.3, 0.52, 0.1),
        tube([(-0.4, 0.45, 0), (-0.4, 0.78, -0.1), (0.4, 0.78, -0.1), (0.4, 0.45, 0)], 0.04),
    )
    shape.add(245, box(0.42, 0.02, 0.5).at(0, 0.14, 0.55))
    return shape


def _tower(case: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(case, box(1.0, 0.5, 0.95).on(1.15), box(1.0, 0.14, 0.3).on(1.63).at(0, 0, -0.32))
    for k in range(3):
        shape.add(case - 30 if k % 2 else case - 10, box(1.04, 0.36, 1.0).on(0.04 + 0.37 * k))
        shape.add(dark, box(0.35, 0.06, 0.04).at(0, 0.26 + 0.37 * k, 0.5))
    shape.add(
        dark,
        box(0.7, 0.02, 0.55).at(0, 1.655, 0.15),
        box(0.25, 0.12, 0.03).at(0.3, 1.5, 0.48),
        box(0.85, 0.02, 0.02).at(0, 1.35, 0.48),
    )
    shape.add(245, box(0.55, 0.03, 0.55).turned("x", 12).at(0, 1.72, 0.1))
    return shape


def _label(case: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(case - 30, rounded_box(0.62, 0.42, 0.95, 0.12, "z").on(0), cylinder(0.45, 0.5, "x", 28).at(0, 0.5, -0.2))
    shape.add(245, cylinder(0.36, 0.54, "x", 28).at(0, 0.5, -0.2))
    shape.add(
        dark,
        cylinder(0.1, 0.58, "x", 14).at(0, 0.5, -0.2),
        box(0.46, 0.04, 0.06).at(0, 0.3, 0.46),
        *(cylinder(0.04, 0.03, sides=8).at(0.18 - 0.12 * k, 0.43, 0.34) for k in range(3)),
    )
    shape.add(245, box(0.4, 0.015, 0.3).turned("x", 15).at(0, 0.26, 0.6))
    return shape


def _cube(case: int, dark: int, trim: int) -> Shape:
    shape = Shape()
    shape.add(case, rounded_box(1.05, 0.95, 0.95, 0.08).on(0))
    shape.add(dark, box(0.85, 0.42, 0.04).at(0, 0.3, 0.47), plate(0.3, 0.2, 0.03, 0.02).at(-0.3, 0.76, 0.475))
    shape.add(trim, box(0.75, 0.04, 0.6).at(0, 0.14, 0.72), box(0.8, 0.03, 0.4).at(0, 0.95, -0.1))
    shape.add(
        245,
        box(0.6, 0.02, 0.5).at(0, 0.18, 0.68),
        *(cylinder(0.035, 0.03, "z", 8).at(0.12 + 0.12 * k, 0.76, 0.48) for k in range(3)),
    )
    return shape
