"""Parametric shapes of the category camera."""

import numpy as np

from img2vox.sample.outlines import arc_path, rounded_rectangle
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.solids import bar, box, cylinder, ellipsoid, extrude, lathe, pair, rounded_box, stack, torus, tube


def _lens(dark: int, trim: int, radius: float, length: float) -> Shape:
    """Lens toward +Z, its mount on z = 0."""
    one = Shape()
    one.add(dark + 25, cylinder(radius, length, "z").at(0, 0, length / 2))
    one.add(trim, torus(radius, 0.025, "z").at(0, 0, length))
    one.add(dark, cylinder(radius + 0.025, 0.35 * length, "z").at(0, 0, 0.55 * length))
    one.add(45, cylinder(radius - 0.06, 0.04, "z").at(0, 0, length))
    return one


def camera(draw: Draw) -> Shape:
    """Camera: reflex, compact, folding with bellows, camcorder, box, twin lens, instant, on a tripod, and more."""
    kinds = (
        "reflex",
        "compact",
        "camcorder",
        "bellows",
        "tripod",
        "twin lens",
        "instant",
        "security",
        "tele",
        "cinema",
        "rangefinder",
    )
    kind = draw.cycle(kinds)
    body, dark, trim = draw.gray(110, 160), draw.gray(60, 85), draw.gray(180, 220)
    if kind in ("reflex", "tripod", "tele"):
        return _reflex(draw, kind, body, dark, trim)
    if kind in ("compact", "rangefinder"):
        return _compact(kind, dark, trim)
    if kind == "camcorder":
        return _camcorder(body, dark, trim)
    if kind == "bellows":
        return _bellows(body, dark, trim)
    if kind == "twin lens":
        return _twin_lens(body, dark, trim)
    if kind == "instant":
        return _instant(dark, trim)
    if kind == "security":
        return _security(body, dark, trim)
    return _cinema(body, dark, trim)


def _reflex(draw: Draw, kind: str, body: int, dark: int, trim: int) -> Shape:
    shape = Shape()
    camera_only = Shape()
    camera_only.add(body, rounded_box(1.3, 0.78, 0.42, 0.08, "z"), rounded_box(0.32, 0.78, 0.35, 0.1).at(-0.5, 0, 0.2))
    camera_only.add(body - 20, extrude([(-0.33, 0), (0.33, 0), (0.18, 0.27), (-0.18, 0.27)], 0.5).at(0, 0.36, 0.03))
    camera_only.add(
        dark,
        cylinder(0.13, 0.12).at(0.45, 0.42, 0),
        cylinder(0.07, 0.1).at(-0.5, 0.42, 0.25),
        box(0.25, 0.05, 0.2).at(0, 0.65, -0.05),
    )
    camera_only.extend(
        _lens(dark, trim, 0.33, 1.3 if kind == "tele" else draw.between(0.4, 0.6)).moved(0.05, -0.02, 0.18)
    )
    if kind == "tele":
        camera_only.add(
            trim,
            lathe([(0.33, 0), (0.43, 0.15), (0.43, 0.4), (0.36, 0.4)], "z").at(0.05, -0.02, 1.35),
            box(0.15, 0.35, 0.25).at(0.05, -0.45, 0.8),
        )
    if kind == "tripod":
        shape.extend(camera_only.moved(0, 2.0, 0))
        shape.add(
            dark,
            cylinder(0.07, 0.7).at(0, 1.3, 0),
            rounded_box(0.4, 0.08, 0.35, 0.02).at(0, 1.58, 0),
            bar((0, 1.5, -0.1), (0.15, 1.3, -0.6), 0.03),
        )
        shape.add(
            trim,
            *(
                bar((0.06 * np.sin(t), 1.25, 0.06 * np.cos(t)), (0.75 * np.sin(t), 0, 0.75 * np.cos(t)), 0.05)
                for t in np.radians((0, 120, 240))
            ),
        )
    else:
        shape.extend(camera_only)
    return shape


def _compact(kind: str, dark: int, trim: int) -> Shape:
    shape = Shape()
    shape.add(trim if kind == "compact" else dark + 30, rounded_box(1.25, 0.72, 0.3, 0.1, "z"))
    if kind == "rangefinder":
        shape.add(
            trim,
            box(1.2, 0.16, 0.32).at(0, 0.34, 0),
            cylinder(0.12, 0.1).at(0.4, 0.46, 0),
            cylinder(0.09, 0.1).at(-0.42, 0.46, 0),
            cylinder(0.05, 0.14).at(-0.2, 0.46, 0),
            box(0.2, 0.06, 0.2).at(0, 0.45, 0),
        )
        shape.add(45, *(box(w, 0.09, 0.03).at(x, 0.34, 0.16) for x, w in ((0.45, 0.18), (0.05, 0.1), (-0.35, 0.08))))
        shape.extend(_lens(dark, trim, 0.24, 0.28).moved(0, -0.08, 0.14))
    else:
        shape.extend(_lens(dark, trim, 0.3, 0.24).moved(0.12, -0.03, 0.14))
        shape.add(245, box(0.26, 0.1, 0.03).at(-0.32, 0.25, 0.15))
        shape.add(
            dark,
            cylinder(0.09, 0.06).at(-0.35, 0.37, 0),
            cylinder(0.05, 0.05, "z").at(0.45, 0.26, 0.14),
            box(0.16, 0.5, 0.05).at(-0.5, -0.05, 0.15),
        )
    return shape


def _camcorder(body: int, dark: int, trim: int) -> Shape:
    shape = Shape()
    shape.add(body, rounded_box(0.5, 0.62, 1.2, 0.12, "z"), rounded_box(0.32, 0.14, 0.8, 0.05, "z").at(0, 0.38, 0.1))
    shape.extend(_lens(dark, trim, 0.25, 0.3).moved(0, 0.05, 0.58))
    shape.add(
        dark,
        rounded_box(0.7, 0.5, 0.06, 0.02, "z").turned("y", 20).at(0.62, 0.08, 0.2),
        cylinder(0.14, 0.35, "z").at(0, 0.25, -0.7),
    )
    shape.add(225, box(0.58, 0.38, 0.03).turned("y", 20).at(0.635, 0.08, 0.235))
    shape.add(dark, tube(arc_path("zy", (-0.3, 0.0, 0), 0.5, 0.3, 20, 160, 8), 0.05))
    return shape


def _bellows(body: int, dark: int, trim: int) -> Shape:
    shape = Shape()
    shape.add(dark + 20, rounded_box(1.0, 0.75, 0.22, 0.06, "z"), box(0.9, 0.05, 0.75).at(0, -0.38, 0.42))
    folds = [(0.1 + 0.07 * k, 0.62 - 0.035 * k - (0.06 if k % 2 else 0.0)) for k in range(9)]
    shape.add(body, stack(rounded_rectangle(1.0, 0.9, 0.05, 1), folds, "z"))
    shape.add(trim, box(0.42, 0.62, 0.06).at(0, -0.07, 0.67), *pair(bar((0.4, -0.36, 0.1), (0.4, -0.36, 0.78), 0.02)))
    shape.extend(_lens(dark, trim, 0.15, 0.12).moved(0, 0, 0.69))
    shape.add(trim, box(0.22, 0.16, 0.2).at(0.1, 0.45, 0.0))
    return shape


def _twin_lens(body: int, dark: int, trim: int) -> Shape:
    shape = Shape()
    shape.add(
        body,
        box(0.75, 1.05, 0.65),
        box(0.75, 0.3, 0.05).on(0.52).at(0, 0, -0.3),
        *pair(box(0.03, 0.28, 0.55).on(0.52).at(0.36, 0, 0)),
        box(0.7, 0.22, 0.04).on(0.52).at(0, 0, 0.3),
    )
    shape.add(trim, box(0.6, 0.98, 0.08).at(0, 0, 0.35))
    shape.extend(_lens(dark, trim, 0.2, 0.16).moved(0, 0.24, 0.37))
    shape.extend(_lens(dark, trim, 0.2, 0.16).moved(0, -0.22, 0.37))
    shape.add(
        dark,
        *(cylinder(0.1, 0.1, "x", 14).at(-0.42, y, 0) for y in (-0.25, 0.25)),
        tube([(0.38, 0.2, 0), (0.5, 0.2, 0), (0.5, 0.05, 0)], 0.04),
    )
    return shape


def _instant(dark: int, trim: int) -> Shape:
    shape = Shape()
    profile = [(-0.5, -0.4), (0.55, -0.4), (0.55, -0.12), (0.3, 0.0), (0.3, 0.42), (-0.1, 0.5), (-0.5, 0.2)]
    shape.add(trim + 20, extrude(profile, 1.15, "x"))
    shape.add(dark, box(0.95, 0.05, 0.03).at(0, -0.28, 0.55), box(0.5, 0.36, 0.05).at(0, 0.2, 0.3))
    shape.extend(_lens(dark, trim, 0.17, 0.14).moved(0.0, 0.18, 0.3))
    shape.add(245, box(0.3, 0.22, 0.04).at(0.38, 0.24, 0.31), box(0.8, 0.02, 0.6).at(0, -0.28, 0.8))
    shape.add(dark, cylinder(0.07, 0.04, "z").at(-0.42, 0.05, 0.3))
    return shape


def _security(body: int, dark: int, trim: int) -> Shape:
    shape = Shape()
    camera_only = Shape()
    camera_only.add(trim, cylinder(0.26, 1.0, "z", 24), cylinder(0.3, 0.12, "z", 24).at(0, 0, 0.5))
    camera_only.add(dark, cylinder(0.24, 0.06, "z").at(0, 0, 0.55), cylinder(0.27, 0.08, "z").at(0, 0, -0.35))
    camera_only.add(
        200,
        torus(0.13, 0.025, "z", 18).at(0, 0, 0.58),
        *(cylinder(0.02, 0.03, "z", 6).at(0.19 * np.cos(t), 0.19 * np.sin(t), 0.58) for t in np.arange(8) * 0.785),
    )
    shape.extend(camera_only.turned("x", 8).turned("y", 18).moved(0, 0.2, 0.35))
    shape.add(
        body,
        cylinder(0.42, 0.08, "z").at(0, -0.35, -0.75),
        tube([(0, -0.35, -0.75), (0, -0.35, -0.1), (0, 0.1, 0.2)], 0.08),
        ellipsoid(0.13, 0.13, 0.13, 12).at(0, -0.35, -0.1),
    )
    return shape


def _cinema(body: int, dark: int, trim: int) -> Shape:
    shape = Shape()
    shape.add(
        body,
        box(0.5, 0.75, 1.0),
        *(cylinder(0.42, 0.2, "x").at(0, 0.72, z) for z in (-0.42, 0.42)),
        box(0.12, 0.5, 0.5).at(0, 0.5, 0),
    )
    shape.add(trim, *(cylinder(0.12, 0.24, "x", 12).at(0, 0.72, z) for z in (-0.42, 0.42)))
    shape.extend(_lens(dark, trim, 0.2, 0.35).moved(0, 0.05, 0.5))
    shape.add(
        dark,
        box(0.6, 0.5, 0.03).at(0, 0.05, 0.92),
        box(0.4, 0.3, 0.12).at(0, -0.45, 0),
        cylinder(0.08, 0.35, "z").at(0.3, 0.15, -0.45),
    )
    shape.add(
        dark + 20,
        *(bar((0, -0.55, 0), (0.6 * np.sin(t), -1.5, 0.6 * np.cos(t)), 0.05) for t in np.radians((0, 120, 240))),
    )
    return shape
