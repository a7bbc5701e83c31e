"""Parametric shapes of the category bag."""

import numpy as np
from numpy.typing import NDArray

from img2vox.sample.outlines import arc_path, circle, curve, rounded_rectangle, superellipse
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.solids import (
    Solid,
    box,
    cylinder,
    ellipsoid,
    extrude,
    four,
    lathe,
    pair,
    rounded_box,
    stack,
    sweep,
    torus,
    tube,
    vessel,
)


def _strap(points: list[tuple[float, float, float]], width: float) -> Solid:
    path = curve(points, 5)
    return sweep(path, rounded_rectangle(width, 0.04, 0.015, 1), np.ones(len(path)))


def _dent(vertices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Folds around the Y axis."""
    angle = np.arctan2(vertices[:, 2], vertices[:, 0])
    factor = 1 + 0.05 * np.sin(6 * angle)
    vertices[:, 0] *= factor
    vertices[:, 2] *= factor
    return vertices


def bag(draw: Draw) -> Shape:
    """Bag: handbag, backpack, tote, suitcase, duffel, briefcase, sack, bucket, shoulder bag with a flap, and more."""
    kinds = (
        "handbag",
        "backpack",
        "tote",
        "suitcase",
        "duffel",
        "briefcase",
        "sack",
        "bucket",
        "messenger",
        "clasp",
        "trolley",
    )
    kind = draw.cycle(kinds)
    cloth, dark, metal = draw.gray(130, 215), draw.gray(75, 110), draw.gray(205, 235)
    if kind == "handbag":
        return _handbag(cloth, dark, metal)
    if kind == "backpack":
        return _backpack(cloth, dark, metal)
    if kind == "tote":
        return _tote(cloth, dark, metal)
    if kind in ("suitcase", "trolley"):
        return _suitcase(kind, cloth, dark, metal)
    if kind == "duffel":
        return _duffel(cloth, dark, metal)
    if kind == "briefcase":
        return _briefcase(cloth, dark, metal)
    if kind == "sack":
        return _sack(cloth, dark)
    if kind == "bucket":
        return _bucket(cloth, dark)
    if kind == "messenger":
        return _messenger(cloth, dark, metal)
    return _clasp(cloth, metal)


def _handbag(cloth: int, dark: int, metal: int) -> Shape:
    shape = Shape()
    shape.add(cloth, stack(rounded_rectangle(2, 0.9, 0.3), [(0, 0.6), (0.05, 0.65), (0.7, 0.5, 0.22)]))
    for z in (-0.1, 0.1):
        shape.add(dark, tube(arc_path("xy", (0, 0.65, z), 0.27, 0.5, 0, 180), 0.035, 8))
    shape.add(
        metal,
        *(cylinder(0.05, 0.04, "z", 10).at(x, 0.62, 0.14) for x in (-0.27, 0.27)),
        box(0.16, 0.12, 0.04).at(0, 0.55, 0.18),
    )
    shape.add(dark, box(1.1, 0.05, 0.14).at(0, 0.7, 0))
    return shape


def _backpack(cloth: int, dark: int, metal: int) -> Shape:
    shape = Shape()
    shape.add(
        cloth, rounded_box(0.9, 1.25, 0.5, 0.22).at(0, 0.63, 0), rounded_box(0.7, 0.5, 0.25, 0.1).at(0, 0.35, 0.3)
    )
    shape.add(
        dark,
        *pair(_strap([(0.25, 1.1, -0.22), (0.3, 1.1, -0.42), (0.32, 0.7, -0.5), (0.3, 0.25, -0.28)], 0.14)),
        tube(arc_path("xy", (0, 1.22, -0.15), 0.14, 0.14, 0, 180), 0.03, 8),
    )
    shape.add(
        dark,
        tube(arc_path("xy", (0, 0.75, 0.25), 0.36, 0.4, 0, 180), 0.015, 6),
        box(0.6, 0.03, 0.03).at(0, 0.52, 0.43),
        *pair(rounded_box(0.16, 0.42, 0.3, 0.06).at(0.47, 0.3, 0.02)),
    )
    shape.add(metal, box(0.05, 0.12, 0.03).at(0.2, 0.5, 0.44))
    return shape


def _tote(cloth: int, dark: int, metal: int) -> Shape:
    shape = Shape()
    shape.add(cloth, vessel(rounded_rectangle(2, 0.55, 0.1), [(0, 0.45), (0.9, 0.58)], 0.04, 0.04))
    shape.add(
        dark,
        *(
            _strap(
                [(-0.25, 0.75, z), (-0.24, 1.2, z * 0.9), (0, 1.4, z * 0.8), (0.24, 1.2, z * 0.9), (0.25, 0.75, z)], 0.1
            )
            for z in (-0.15, 0.16)
        ),
    )
    shape.add(metal - 20, box(0.4, 0.3, 0.03).at(0, 0.4, 0.145))
    return shape


def _suitcase(kind: str, cloth: int, dark: int, metal: int) -> Shape:
    shape = Shape()
    tall = kind == "trolley"
    wide, high = (0.8, 1.25) if tall else (1.3, 0.95)
    shape.add(cloth, rounded_box(wide, high, 0.42, 0.1, "z").at(0, high / 2 + 0.08, 0))
    if tall:
        shape.add(
            cloth - 30,
            *(box(0.05, high - 0.25, 0.03).at(x, high / 2 + 0.08, 0.21) for x in np.linspace(-0.28, 0.28, 5)),
        )
        shape.add(
            dark,
            *four(cylinder(0.07, 0.06, "x", 12).on(0), 0.3, 0.14),
            tube(
                [(-0.2, high, -0.12), (-0.2, high + 0.55, -0.12), (0.2, high + 0.55, -0.12), (0.2, high, -0.12)], 0.03
            ),
        )
    else:
        shape.add(
            dark,
            *pair(rounded_box(0.14, high + 0.03, 0.46, 0.02, "z").at(0.4, high / 2 + 0.08, 0)),
            tube(
                [(-0.18, high + 0.06, 0), (-0.16, high + 0.22, 0), (0.16, high + 0.22, 0), (0.18, high + 0.06, 0)], 0.04
            ),
            *four(box(0.08, 0.08, 0.06).on(0), 0.5, 0.12),
        )
        shape.add(metal, *pair(box(0.1, 0.12, 0.05).at(0.4, high - 0.1, 0.22)))
    return shape


def _duffel(cloth: int, dark: int, metal: int) -> Shape:
    shape = Shape()
    shape.add(
        cloth,
        lathe([(0, -0.9), (0.3, -0.9), (0.42, -0.82), (0.42, 0.82), (0.3, 0.9), (0, 0.9)], "x")
        .stretched(1, 0.9, 0.95)
        .at(0, 0.38, 0),
    )
    shape.add(
        dark,
        *(tube(arc_path("xy", (0, 0.72, z), 0.35, 0.38, 0, 180), 0.04, 8) for z in (-0.12, 0.14)),
        *pair(
            sweep(
                arc_path("zy", (0.4, 0.38, 0), 0.41, 0.39, 0, 360, 24)[:-1],
                rounded_rectangle(0.1, 0.04, 0.01, 1),
                np.ones(24),
                closed=True,
            )
        ),
    )
    shape.add(metal, box(1.3, 0.03, 0.05).at(0, 0.76, 0))
    return shape


def _briefcase(cloth: int, dark: int, metal: int) -> Shape:
    shape = Shape()
    shape.add(cloth - 20, rounded_box(1.4, 0.95, 0.3, 0.05, "z").at(0, 0.48, 0))
    shape.add(
        dark,
        box(1.42, 0.03, 0.32).at(0, 0.62, 0),
        tube([(-0.2, 0.95, 0), (-0.18, 1.12, 0), (0.18, 1.12, 0), (0.2, 0.95, 0)], 0.045),
        *four(box(0.12, 0.12, 0.02), 0.62, 0.16),
        *(part.at(0, 0.88, 0) for part in four(box(0.12, 0.12, 0.02), 0.62, 0.16)),
    )
    shape.add(metal, *pair(box(0.16, 0.1, 0.04).at(0.4, 0.68, 0.16)))
    return shape


def _sack(cloth: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(
        cloth,
        lathe(
            [
                (0, 0),
                (0.4, 0.0),
                (0.6, 0.2),
                (0.62, 0.5),
                (0.45, 0.85),
                (0.16, 1.05),
                (0.14, 1.12),
                (0.32, 1.32),
                (0.28, 1.34),
                (0.1, 1.18),
                (0, 1.18),
            ]
        ).warped(_dent),
    )
    shape.add(
        dark,
        torus(0.16, 0.045).at(0, 1.08, 0),
        tube(curve([(0.1, 1.08, 0.12), (0.2, 0.95, 0.42), (0.12, 0.7, 0.58)]), 0.03, 7),
    )
    return shape


def _bucket(cloth: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(cloth, vessel(circle(1, 28), [(0, 0.4), (0.06, 0.46), (0.8, 0.54), (0.9, 0.52)], 0.04, 0.06))
    shape.add(
        dark,
        torus(0.46, 0.03).at(0, 0.08, 0),
        torus(0.53, 0.03).at(0, 0.84, 0),
        _strap([(-0.54, 0.75, 0), (-0.5, 1.35, 0), (0, 1.7, 0), (0.5, 1.35, 0), (0.54, 0.75, 0)], 0.12),
        *(ellipsoid(0.05, 0.05, 0.05, 8).at(0.54 * np.sin(t), 0.7, 0.54 * np.cos(t)) for t in np.arange(8) * 0.785),
    )
    return shape


def _messenger(cloth: int, dark: int, metal: int) -> Shape:
    shape = Shape()
    shape.add(cloth - 20, rounded_box(1.25, 0.85, 0.32, 0.08, "z").at(0, 0.43, 0))
    shape.add(
        cloth,
        extrude([(-0.62, 0.9), (0.62, 0.9), (0.62, 0.42), (0.5, 0.3), (-0.5, 0.3), (-0.62, 0.42)], 0.05).at(0, 0, 0.18),
        box(1.24, 0.05, 0.36).at(0, 0.88, 0.02),
    )
    shape.add(
        dark,
        _strap([(-0.62, 0.7, 0), (-0.5, 1.3, 0), (0, 1.65, -0.05), (0.5, 1.3, 0), (0.62, 0.7, 0)], 0.13),
        *pair(box(0.09, 0.45, 0.03).at(0.32, 0.45, 0.215)),
    )
    shape.add(metal, *pair(box(0.14, 0.08, 0.04).at(0.32, 0.3, 0.22)))
    return shape


def _clasp(cloth: int, metal: int) -> Shape:
    shape = Shape()
    body = stack(
        superellipse(0.75, 0.3, 2.2, 32), [(0, 0.55), (0.12, 0.9), (0.35, 1.0), (0.6, 0.8, 0.6), (0.72, 0.7, 0.25)]
    )
    shape.add(cloth, body.warped(_dent))
    shape.add(
        metal,
        box(1.05, 0.06, 0.1).at(0, 0.74, 0),
        *pair(ellipsoid(0.06, 0.06, 0.06, 10).at(0.05, 0.82, 0)),
        *pair(torus(0.05, 0.015, "x", 10).at(0.52, 0.78, 0)),
    )
    links = arc_path("xy", (0, 0.8, 0), 0.52, 0.65, 0, 180, 22)
    shape.add(metal - 30, *(torus(0.045, 0.016, "z" if k % 2 else "y", 8).at(*point) for k, point in enumerate(links)))
    return shape
