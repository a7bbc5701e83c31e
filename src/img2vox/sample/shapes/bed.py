"""Parametric shapes of the category bed."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from img2vox.sample.outlines import curve, rounded_rectangle
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.solids import box, ellipsoid, extrude, four, lathe, pair, rounded_box, sweep


def _bedding(shape: Shape, width: float, length: float, y: float, pillows: int) -> None:
    """Mattress on height y, blanket and pillows; the head is toward -Z."""
    shape.add(235, rounded_box(width, 0.2, length, 0.06).on(y))
    shape.add(150, rounded_box(width + 0.05, 0.16, 0.62 * length, 0.05).on(y + 0.08).at(0, 0, 0.2 * length))
    places = np.linspace(-width / 4, width / 4, pillows) if pillows > 1 else (0.0,)
    for x in places:
        shape.add(245, ellipsoid(0.42 * width / pillows, 0.1, 0.18, 14).at(float(x), y + 0.24, -0.38 * length))


def _shift_z(distance: float) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    return lambda vertices: vertices + np.array((0.0, 0.0, distance))


def bed(draw: Draw) -> Shape:
    """Bunk bed, four-poster, platform bed with a slatted head, cot, sleigh bed."""
    kind = draw.cycle(("bunk", "four-poster", "platform", "cot", "sleigh"))
    wood, long = draw.gray(140, 190), draw.between(1.9, 2.1)
    if kind == "bunk":
        return _bunk(wood, long)
    if kind == "four-poster":
        return _four_poster(wood, long)
    if kind == "platform":
        return _platform(wood, long)
    if kind == "cot":
        return _cot(wood)
    return _sleigh(wood, long)


def _bunk(wood: int, long: float) -> Shape:
    shape = Shape()
    width = 0.95
    shape.add(wood, *four(box(0.09, 1.75, 0.09).on(0), width / 2 + 0.02, long / 2))
    for y in (0.3, 1.15):
        shape.add(
            wood,
            *pair(box(0.05, 0.14, long).on(y).at(width / 2 + 0.02, 0, 0)),
            *(box(width, 0.14, 0.05).on(y).at(0, 0, z * long / 2) for z in (-1, 1)),
            box(width, 0.05, long).on(y),
        )
        _bedding(shape, width - 0.06, long - 0.08, y + 0.05, 1)
    shape.add(
        wood,
        *pair(box(0.04, 0.07, long).at(width / 2 + 0.02, 1.6, 0)),
        *(box(width, 0.07, 0.04).at(0, y, z * long / 2) for z in (-1, 1) for y in (0.7, 1.6)),
    )
    shape.add(
        wood - 40,
        *(box(0.05, 0.05, 0.4).at(width / 2 + 0.12, y, 0.55) for y in (0.2, 0.5, 0.8, 1.1)),
        *(box(0.05, 1.5, 0.05).on(0).at(width / 2 + 0.12, 0, z) for z in (0.35, 0.75)),
    )
    return shape


def _four_poster(wood: int, long: float) -> Shape:
    shape = Shape()
    width = 1.55
    post = lathe(
        [(0, 0), (0.07, 0), (0.07, 0.4), (0.04, 0.5), (0.06, 0.8), (0.035, 1.6), (0.06, 1.75), (0, 1.8)], sides=12
    )
    shape.add(
        wood,
        *four(post, width / 2, long / 2),
        *pair(box(0.06, 0.2, long).at(width / 2, 0.35, 0)),
        *(box(width, 0.2, 0.06).at(0, 0.35, z * long / 2) for z in (-1, 1)),
    )
    shape.add(
        wood,
        *pair(box(0.07, 0.07, long).at(width / 2, 1.75, 0)),
        *(box(width, 0.07, 0.07).at(0, 1.75, z * long / 2) for z in (-1, 1)),
        box(width, 0.7, 0.06).on(0.4).at(0, 0, -long / 2),
    )
    shape.add(
        215,
        *pair(
            sweep(
                [(width / 2 - 0.03, 1.72, -long / 2 + 0.15), (width / 2 - 0.03, 0.4, -long / 2 + 0.12)],
                rounded_rectangle(0.3, 0.06, 0.02, 1),
                [1, 1],
            )
        ),
    )
    _bedding(shape, width - 0.08, long - 0.1, 0.4, 2)
    return shape


def _platform(wood: int, long: float) -> Shape:
    shape = Shape()
    width = 1.5
    shape.add(wood, box(width + 0.35, 0.1, long + 0.2).on(0.2), box(width - 0.3, 0.2, long - 0.4).on(0))
    shape.add(
        wood - 30,
        *(box(width + 0.35, 0.14, 0.06).at(0, y, -long / 2 - 0.06) for y in (0.45, 0.65, 0.85)),
        *(box(0.08, 0.9, 0.05).on(0.1).at(x, 0, -long / 2 - 0.1) for x in (-0.6, 0, 0.6)),
    )
    _bedding(shape, width, long, 0.3, 2)
    return shape


def _cot(wood: int) -> Shape:
    shape = Shape()
    width, long = 0.8, 1.4
    shape.add(wood, *four(box(0.07, 1.05, 0.07).on(0), width / 2, long / 2))
    shape.add(
        wood,
        *pair(box(0.05, 0.06, long).at(width / 2, 0.98, 0)),
        *pair(box(0.05, 0.06, long).at(width / 2, 0.35, 0)),
        *(box(width, 0.06, 0.05).at(0, y, z * long / 2) for y in (0.35, 0.98) for z in (-1, 1)),
    )
    shape.add(
        wood + 30,
        *(
            box(0.03, 0.6, 0.03).at(x, 0.66, z)
            for z in np.linspace(-long / 2, long / 2, 12)[1:-1]
            for x in (-width / 2, width / 2)
        ),
    )
    shape.add(
        wood + 30,
        *(
            box(0.03, 0.6, 0.03).at(x, 0.66, z * long / 2)
            for x in np.linspace(-width / 2, width / 2, 7)[1:-1]
            for z in (-1, 1)
        ),
    )
    shape.add(wood, box(width, 0.04, long).at(0, 0.36, 0))
    shape.add(235, rounded_box(width - 0.06, 0.14, long - 0.06, 0.04).on(0.38))
    shape.add(245, ellipsoid(0.26, 0.08, 0.16, 12).at(0, 0.54, -0.45))
    return shape


def _sleigh(wood: int, long: float) -> Shape:
    shape = Shape()
    width = 1.45
    head = curve([(-0.25, 0.0), (0.05, 0.3), (0.02, 0.7), (-0.18, 1.1), (-0.32, 1.12)], 5)
    thick = np.concatenate([head, head[::-1] + np.array((0.1, 0.02))])
    shape.add(wood, extrude(thick, width + 0.15, "x").at(0, 0, 0).warped(_shift_z(-long / 2)))
    foot = thick * (-1.0, 0.72)
    shape.add(wood, extrude(foot, width + 0.15, "x").warped(_shift_z(long / 2)))
    shape.add(wood - 30, *pair(box(0.08, 0.26, long).on(0.15).at(width / 2 + 0.03, 0, 0)))
    _bedding(shape, width - 0.04, long - 0.1, 0.36, 2)
    return shape
