"""Parametric shapes of the category bathtub."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from img2vox.sample.outlines import Outline, curve, ellipse, rounded_rectangle, superellipse
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.solids import Solid, bar, box, cone, cylinder, loft, rounded_box, stack, tube, vessel


def _tap(height: float) -> list[Solid]:
    """A bent spout with two handles, standing at the origin, its mouth toward +X."""
    spout = tube(
        curve([(0, 0, 0), (0, 0.8 * height, 0), (0.25 * height, height, 0), (0.6 * height, 0.8 * height, 0)]), 0.03, 8
    )
    return [spout, *(cylinder(0.05, 0.08, sides=10).at(0, 0.05, z) for z in (-0.13, 0.13))]


def _raised_ends(slope: float, both: bool, half: float) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Lifts the rim toward one end or both, in proportion to the height: a slipper bath."""

    def move(vertices: NDArray[np.float64]) -> NDArray[np.float64]:
        t = vertices[:, 0] / half
        t = np.abs(t) if both else np.clip(t, 0, None)
        vertices[:, 1] *= 1 + slope * t**2
        return vertices

    return move


def loft_levels(rings: list[tuple[Outline, float]]) -> Solid:
    """Outlines of equally many points at their heights."""
    return loft([np.column_stack([outline[:, 0], np.full(len(outline), y), outline[:, 1]]) for outline, y in rings])


def bathtub(draw: Draw) -> Shape:
    """Bathtub: built in, free-standing oval, claw-foot, slipper, corner, round wooden, with panels, on a plinth."""
    kinds = (
        "built in",
        "claw foot",
        "oval",
        "corner",
        "slipper",
        "wooden",
        "apron",
        "square tub",
        "double slipper",
        "round",
        "stepped",
        "boat",
    )
    kind = draw.cycle(kinds)
    white, metal = draw.gray(205, 245), draw.gray(110, 150)
    long, wide, tall = draw.between(1.5, 1.8), draw.between(0.72, 0.9), draw.between(0.5, 0.62)
    if kind in ("built in", "apron", "stepped"):
        return _built_in(draw, kind, white, metal, long, wide, tall)
    if kind in ("claw foot", "oval", "slipper", "double slipper", "boat"):
        return _claw_foot(kind, white, metal, long, wide, tall)
    if kind == "corner":
        return _corner(white, metal)
    if kind == "wooden":
        return _wooden(white)
    if kind == "square tub":
        return _square_tub(white, metal)
    return _round(white)


def _built_in(draw: Draw, kind: str, white: int, metal: int, long: float, wide: float, tall: float) -> Shape:
    shape = Shape()
    if kind == "stepped":
        long, wide = 2.0, 1.5
    inside = rounded_rectangle(long - 0.2, wide - 0.2, draw.between(0.12, 0.3), 5)
    if kind == "stepped":
        inside = superellipse(0.75, 0.5, 2.5, 24)
    outside = rounded_rectangle(long, wide, 0.04, 5)
    rings = [
        (outside, 0.0),
        (outside, tall - 0.05),
        (outside * 1.02, tall - 0.05),
        (outside * 1.02, tall),
        (inside, tall),
        (inside * (0.9, 0.85), 0.12),
        (inside * 0.01, 0.1),
    ]
    shape.add(white, loft_levels(rings))
    if kind == "apron":
        # A shower over the tub, behind a sheet of glass, and tiles on the wall.
        shape.add(
            white - 70,
            box(0.03, 1.1, wide).on(tall).at(-long / 2 + 0.02, 0, 0),
            box(long, 1.1, 0.03).on(tall).at(0, 0, -wide / 2 + 0.02),
        )
        shape.add(white - 15, box(0.75 * long, 0.9, 0.025).on(tall).at(-0.1 * long, 0, wide / 2 - 0.03))
        shape.add(
            metal,
            tube(
                [
                    (-long / 2 + 0.05, tall + 0.2, -0.1),
                    (-long / 2 + 0.05, tall + 1.0, -0.1),
                    (-long / 2 + 0.3, tall + 1.05, -0.1),
                ],
                0.025,
                7,
            ),
            cone(0.13, 0.04, 0.08).at(-long / 2 + 0.32, tall + 0.98, -0.1),
        )
        shape.add(
            white - 50,
            *(
                rounded_box(long / 4.4, tall * 0.6, 0.04, 0.015, "z").at(x * long / 4, 0.5 * tall - 0.03, wide / 2)
                for x in (-1.4, -0.45, 0.45, 1.4)
            ),
        )
    if kind == "stepped":
        shape.add(white - 40, box(1.2, 0.17, 0.36).on(0).at(0, 0, 0.92), box(1.0, 0.34, 0.2).on(0).at(0, 0, 0.84))
    shape.add(metal, *(solid.at(-long / 2 + 0.06, tall, 0) for solid in _tap(0.28)))
    shape.add(60, cylinder(0.05, 0.02).at(-0.25 * long, 0.12, 0))
    return shape


def _claw_foot(kind: str, white: int, metal: int, long: float, wide: float, tall: float) -> Shape:
    shape = Shape()
    a, c = long / 2, wide / 2
    lift = 0.16 if kind == "claw foot" else 0.0
    low = {"oval": 0.85, "boat": 0.55}.get(kind, 0.66)
    power = {"oval": 3.0, "boat": 2.0}.get(kind, 2.4)
    outline = superellipse(1.0, c / a, power, 36)
    tub = vessel(outline, [(0, low * a), (0.25 * tall, 0.5 * (1 + low) * a), (tall, a)], 0.05, 0.07)
    rim = tube(np.column_stack([outline[:, 0] * a, np.full(36, tall), outline[:, 1] * a]), 0.035, 8, closed=True)
    slope = {"slipper": 0.55, "double slipper": 0.4, "boat": 0.5}.get(kind, 0.0)
    lifted = [part.warped(_raised_ends(slope, kind != "slipper", a)).at(0, lift, 0) for part in (tub, rim)]
    shape.add(white, lifted[0])
    shape.add(white - 25, lifted[1])
    if kind == "claw foot":
        foot = tube(
            curve([(0, 0.27, 0), (0.07, 0.2, 0.04), (0.02, 0.1, 0.01), (0.1, 0.03, 0.05)]),
            [
                0.06,
                0.06,
                0.06,
                0.055,
                0.05,
                0.05,
                0.045,
                0.04,
                0.04,
                0.04,
                0.04,
                0.04,
                0.04,
                0.04,
                0.04,
                0.05,
                0.05,
                0.055,
                0.06,
            ],
        )
        shape.add(
            metal,
            *(
                foot.turned("y", angle).at(x * 0.5 * a, 0, z * 0.55 * c)
                for x, z, angle in ((1, 1, -40), (-1, 1, -130), (1, -1, 40), (-1, -1, 130))
            ),
        )
        shape.add(metal, *(part.at(-a, tall + lift, 0) for part in _tap(0.3)))
    elif kind == "oval":
        shape.add(
            metal,
            bar((0, 0, -c - 0.15), (0, 1.0, -c - 0.15), 0.03),
            tube([(0, 1.0, -c - 0.15), (0, 1.05, -c - 0.05), (0, 0.98, -c + 0.15)], 0.03),
            bar((-0.12, 0.85, -c - 0.15), (0.12, 0.85, -c - 0.15), 0.03),
        )
    else:
        shape.add(metal - 20, stack(outline, [(-0.08, low * a * 0.8), (0.02, low * a * 0.9)]))
    return shape


def _corner(white: int, metal: int) -> Shape:
    shape = Shape()
    quarter = np.array(
        [(-0.7, -0.7), *((-0.7 + 1.5 * np.cos(t), -0.7 + 1.5 * np.sin(t)) for t in np.linspace(0, np.pi / 2, 15))]
    )
    basin = superellipse(0.58, 0.42, 2.3, 16) @ np.array(
        [(np.sqrt(0.5), -np.sqrt(0.5)), (np.sqrt(0.5), np.sqrt(0.5))]
    ) - (0.12, 0.12)
    basin = basin[np.argsort(np.arctan2(basin[:, 1] + 0.12, basin[:, 0] + 0.12))]
    start = int(np.argmin(np.abs(np.arctan2(basin[:, 1] + 0.12, basin[:, 0] + 0.12) + 2.356)))
    basin = np.roll(basin, -start, axis=0)
    rings = [
        (quarter, 0.0),
        (quarter, 0.5),
        (quarter * 1.02, 0.5),
        (quarter * 1.02, 0.56),
        (basin, 0.56),
        (basin * 0.85 - 0.02, 0.14),
        (basin * 0.01 - 0.1, 0.12),
    ]
    shape.add(white, loft_levels(rings))
    shape.add(metal, *(part.turned("y", -45).at(-0.6, 0.56, -0.6) for part in _tap(0.26)))
    return shape


def _wooden(white: int) -> Shape:
    shape = Shape()
    shape.add(white - 40, vessel(ellipse(1, 0.62, 32), [(0, 0.72), (0.62, 0.8)], 0.06, 0.08))
    shape.add(
        white - 100,
        *(stack(ellipse(1, 0.62, 32), [(y, s), (y + 0.06, s + 0.007)]).at(0, 0, 0) for y, s in ((0.08, 0.745),)),
    )
    staves = [
        bar((0.73 * np.cos(t), 0.0, 0.45 * np.sin(t)), (0.81 * np.cos(t), 0.62, 0.5 * np.sin(t)), 0.025, 6)
        for t in np.linspace(0, 2 * np.pi, 24, endpoint=False)
    ]
    shape.add(white - 80, *staves)
    shape.add(white - 60, box(0.1, 0.5, 0.5).at(-0.86, 0.25, 0), box(0.25, 0.25, 0.5).on(0).at(-0.95, 0, 0))
    return shape


def _square_tub(white: int, metal: int) -> Shape:
    shape = Shape()
    outline = rounded_rectangle(2, 1.1, 0.08)
    shape.add(white, vessel(outline, [(0, 0.74), (0.55, 0.8)], 0.09, 0.1))
    shape.add(
        metal,
        box(0.12, 0.35, 0.12).on(0.5).at(-0.95, -0.5, 0),
        box(0.12, 0.85, 0.12).on(0).at(-0.95, 0, 0),
        box(0.45, 0.05, 0.14).at(-0.78, 0.85, 0),
    )
    return shape


def _round(white: int) -> Shape:
    shape = Shape()
    shape.add(white, vessel(ellipse(1, 1, 36), [(0, 0.72), (0.5, 0.82), (0.501, 0.92), (0.62, 0.92)], 0.16, 0.12))
    shape.add(
        white - 90, *(bar((0.75, 0.03, 0), (0.83, 0.48, 0), 0.05, 6).turned("y", angle) for angle in range(0, 360, 15))
    )
    shape.add(
        white - 60,
        *(cylinder(0.045, 0.03, sides=10).at(0.5, 0.125, 0).turned("y", angle) for angle in range(0, 360, 60)),
    )
    return shape
