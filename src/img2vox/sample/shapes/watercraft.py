"""Parametric shapes of the category watercraft."""

import numpy as np

from img2vox.sample.outlines import mirrored
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.shapes.parts import side_windows
from img2vox.sample.solids import Solid, bar, box, cone, cylinder, ellipsoid, extrude, pair, rounded_box, stack


def _hull(half: list[tuple[float, float]], depth: float, keel: float, top: float) -> Solid:
    """Ship's hull: deck outline (half, from stern to bow as (x, z)), narrower and shorter at the keel."""
    flat = mirrored(half)
    center = flat.mean(axis=0) * (0, 1)
    levels = [(top - depth, keel, 0.8), (top - 0.5 * depth, 0.5 + keel / 2, 0.92), (top, 1.0, 1.0)]
    return stack(flat - center, levels).at(0, 0, float(center[1]))


def watercraft(draw: Draw) -> Shape:
    """Watercraft: sailing boat, container ship, rowing boat, aircraft carrier."""
    kind = draw.cycle(("sail", "rowing", "container", "ferry"))
    hull, deck, dark = draw.gray(110, 170), draw.gray(190, 225), draw.gray(60, 90)
    if kind == "sail":
        return _sail(hull, deck, dark)
    if kind == "rowing":
        return _rowing(hull, deck, dark)
    if kind == "container":
        return _container(hull, deck, dark)
    return _ferry(hull, deck, dark)


def _sail(hull: int, deck: int, dark: int) -> Shape:
    shape = Shape()
    half = [(0.0, -0.8), (0.22, -0.78), (0.3, -0.2), (0.26, 0.3), (0.12, 0.75), (0.0, 1.0)]
    shape.add(hull, _hull(half, 0.28, 0.25, 0.3))
    shape.add(
        deck,
        _hull([(x * 0.9, z * 0.95) for x, z in half], 0.03, 0.95, 0.325),
        rounded_box(0.28, 0.14, 0.6, 0.05, "z").at(0, 0.38, 0.0),
        extrude([(-0.2, 0.02), (0.2, 0.02), (0.12, -0.3), (-0.12, -0.3)], 0.04, "x"),
    )
    shape.add(dark, bar((0, 0.3, 0.15), (0, 2.1, 0.15), 0.025), bar((0, 0.55, 0.15), (0, 0.55, -0.75), 0.02))
    shape.add(
        245,
        extrude([(0.12, 0.6), (-0.72, 0.6), (-0.35, 1.2), (0.1, 2.05)], 0.025, "x"),
        extrude([(0.2, 1.75), (0.2, 0.6), (0.92, 0.42)], 0.025, "x"),
    )
    shape.add(dark, bar((0, 0.3, -0.85), (0, -0.1, -0.85), 0.03))
    return shape


def _rowing(hull: int, deck: int, dark: int) -> Shape:
    shape = Shape()
    flat = mirrored([(0.0, -0.85), (0.26, -0.8), (0.38, -0.2), (0.34, 0.3), (0.18, 0.75), (0.0, 1.0)])
    shape.add(
        hull,
        stack(
            flat,
            [(0, 0.45, 0.8), (0.15, 0.8, 0.92), (0.34, 1.0), (0.34, 0.9, 0.94), (0.15, 0.68, 0.86), (0.06, 0.35, 0.75)],
        ),
    )
    shape.add(deck, *(box(w, 0.03, 0.18).at(0, 0.24, z) for w, z in ((0.6, -0.45), (0.64, 0.05), (0.4, 0.55))))
    for x in (-1, 1):
        shape.add(
            dark + 60,
            bar((x * 0.2, 0.48, -0.1), (x * 1.1, 0.22, 0.25), 0.022, 6),
            box(0.34, 0.02, 0.12).turned("z", -x * 14).turned("y", -x * 22).at(x * 1.2, 0.2, 0.29),
        )
    return shape


def _container(hull: int, deck: int, dark: int) -> Shape:
    shape = Shape()
    half = [(0.0, -1.3), (0.26, -1.28), (0.28, -1.0), (0.28, 0.9), (0.18, 1.2), (0.0, 1.4)]
    shape.add(hull, _hull(half, 0.34, 0.75, 0.34))
    shape.add(
        deck,
        _hull([(x * 0.97, z * 0.98) for x, z in half], 0.02, 0.97, 0.35),
        box(0.5, 0.62, 0.2).on(0.34).at(0, 0, -1.02),
        box(0.6, 0.08, 0.14).at(0, 0.86, -0.98),
    )
    shape.add(dark, cylinder(0.07, 0.25).at(0, 0.95, -1.1), box(0.44, 0.06, 0.02).at(0, 0.85, -0.9))
    for row, z in enumerate(np.linspace(-0.68, 0.85, 5)):
        for column, x in enumerate((-0.17, 0.0, 0.17)):
            for level in range(1 + (row * 2 + column) % 3):
                shape.add(
                    (110, 200, 150, 230)[(row + 2 * column + level) % 4],
                    box(0.155, 0.14, 0.34).at(x, 0.42 + 0.15 * level, z),
                )
    return shape


def _ferry(hull: int, deck: int, dark: int) -> Shape:
    shape = Shape()
    half = [(0.0, -1.0), (0.34, -0.98), (0.36, -0.5), (0.36, 0.6), (0.2, 1.0), (0.0, 1.15)]
    shape.add(hull, _hull(half, 0.32, 0.7, 0.32))
    for k, (long, wide) in enumerate(((1.6, 0.66), (1.4, 0.6), (1.0, 0.5))):
        y = 0.32 + 0.2 * k
        shape.add(
            deck,
            rounded_box(wide, 0.17, long, 0.05).on(y).at(0, 0, -0.1),
            box(wide + 0.08, 0.03, long + 0.08).on(y + 0.17).at(0, 0, -0.1),
        )
        side_windows(shape, wide / 2, y + 0.09, 0.07, -0.1 - long / 2 + 0.1, -0.1 + long / 2 - 0.1, int(long * 7), dark)
    for z in (-0.35, 0.05):
        shape.add(dark + 60, cone(0.11, 0.09, 0.36).turned("x", -10).at(0, 1.1, z))
        shape.add(dark, cone(0.1, 0.09, 0.08).turned("x", -10).at(0, 1.25, z - 0.03))
    shape.add(dark, box(0.46, 0.07, 0.03).at(0, 0.83, 0.4), bar((0, 0.9, 0.34), (0, 1.3, 0.3), 0.02, 5))
    shape.add(
        235, *(part for z in (-0.6, -0.2, 0.2) for part in pair(ellipsoid(0.05, 0.05, 0.13, 10).at(0.37, 0.72, z)))
    )
    return shape
