"""Parametric shapes of the category helmet."""

import numpy as np
from numpy.typing import NDArray

from img2vox.sample.outlines import arc, arc_path, circle, curve, ellipse, rounded_rectangle
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.shapes.parts import peak
from img2vox.sample.solids import (
    Solid,
    bar,
    box,
    cone,
    cylinder,
    dome,
    ellipsoid,
    extrude,
    lathe,
    loft,
    pair,
    stack,
    sweep,
    torus,
    tube,
)


def _shell(a: float, height: float, c: float, low_front: float, low_back: float) -> Solid:
    """Hollow helmet: three quarters of an ellipsoid, cut off at low_front before and low_back behind."""
    angles = np.linspace(-0.75, np.pi / 2, 12)

    def ring(t: float, shrink: float) -> NDArray[np.float64]:
        flat = ellipse(max(a - shrink, 0.0) * np.cos(t), max(c - shrink, 0.0) * np.cos(t), 28)
        return np.column_stack([flat[:, 0], np.full(28, (height - shrink) * np.sin(t)), flat[:, 1]])

    rings = [ring(t, 0.07) for t in angles[::-1]]
    rings[0] = rings[0] * (0, 1, 0)
    outer = [ring(t, 0.0) for t in angles]
    outer[-1] = outer[-1] * (0, 1, 0)

    def cut(vertices: NDArray[np.float64]) -> NDArray[np.float64]:
        share = (vertices[:, 2] / c + 1) / 2
        floor = low_back + (low_front - low_back) * np.clip(share, 0, 1) ** 2
        vertices[:, 1] = np.maximum(vertices[:, 1], floor)
        return vertices

    return loft([*rings, *outer]).warped(cut)


def helmet(draw: Draw) -> Shape:
    """Helmet: motorcycle, bicycle, soldier's, hard hat, knight's, viking's, Spartan, football, and more."""
    kinds = (
        "full face",
        "bicycle",
        "hard hat",
        "viking",
        "football",
        "knight",
        "spartan",
        "astronaut",
        "soldier",
        "fire",
        "open face",
    )
    kind = draw.cycle(kinds)
    shell, dark, metal = draw.gray(150, 225), draw.gray(50, 80), draw.gray(190, 225)
    if kind in ("full face", "open face"):
        return _full_face(kind, shell, dark, metal)
    if kind == "bicycle":
        return _bicycle(shell, dark)
    if kind == "hard hat":
        return _hard_hat(shell, dark)
    if kind == "viking":
        return _viking(dark, metal)
    if kind == "football":
        return _football(shell, dark)
    if kind == "knight":
        return _knight(dark, metal)
    if kind == "spartan":
        return _spartan(dark, metal)
    if kind == "astronaut":
        return _astronaut(dark)
    if kind == "soldier":
        return _soldier(shell, dark)
    return _fire(shell, dark, metal)


def _full_face(kind: str, shell: int, dark: int, metal: int) -> Shape:
    shape = Shape()
    shape.add(shell, _shell(0.62, 0.72, 0.75, -0.3 if kind == "full face" else 0.05, -0.45))
    if kind == "full face":
        jaw = arc_path("xz", (0, -0.42, 0.0), 0.56, 0.82, -10, 190, 16)
        shape.add(shell, sweep(jaw, rounded_rectangle(0.14, 0.44, 0.05, 2), np.ones(17)))
        shape.add(dark, *(box(0.03, 0.16, 0.06).at(x, -0.42, 0.87) for x in (-0.12, 0, 0.12)))
    visor = [
        np.column_stack([arc(r, r * 1.18, 15, 165, 14), np.full(15, y)])[:, [0, 2, 1]]
        for r, y in ((0.63, -0.2), (0.655, 0.05), (0.6, 0.28), (0.57, 0.28), (0.6, 0.05), (0.58, -0.2))
    ]
    shape.add(dark, loft(np.swapaxes(np.array(visor), 0, 1)))
    shape.add(metal, *pair(cylinder(0.08, 0.06, "x", 12).at(0.63, 0.05, 0.1)))
    if kind == "open face":
        shape.add(
            dark,
            tube(
                curve([(0.57, -0.1, 0.15), (0.4, -0.6, 0.3), (0, -0.75, 0.35), (-0.4, -0.6, 0.3), (-0.57, -0.1, 0.15)]),
                0.035,
                7,
            ),
            peak(0.25, 0.55, 0.04, 0.1).at(0, 0.3, 0.15),
        )
    return shape


def _bicycle(shell: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(shell, _shell(0.55, 0.5, 0.8, 0.08, -0.02))
    for x in (-0.36, -0.12, 0.12, 0.36):
        height = 0.5 * np.sqrt(1 - (x / 0.58) ** 2)
        shape.add(
            dark,
            tube(arc_path("zy", (x, 0, -0.02), 0.8 * height / 0.5, height + 0.012, 25, 75, 6), 0.055, 6),
            tube(arc_path("zy", (x, 0, -0.02), 0.8 * height / 0.5, height + 0.012, 105, 160, 6), 0.055, 6),
        )
    shape.add(
        dark + 40,
        *pair(tube(curve([(0.5, 0.05, 0.2), (0.4, -0.3, 0.1), (0.1, -0.62, 0.15), (0, -0.63, 0.15)]), 0.025, 6)),
        *pair(bar((0.5, 0.05, -0.3), (0.4, -0.3, 0.1), 0.025, 6)),
    )
    shape.add(dark, peak(0.16, 0.5, 0.04, 0.1).at(0, 0.1, 0.36))
    return shape


def _hard_hat(shell: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(
        shell,
        dome(0.62, 0.6, 0.72, 0.05, 28),
        peak(0.28, 0.6, 0.05, 0.1).at(0, 0.02, 0.12),
        stack(circle(1, 28), [(-0.02, 0.68, 0.78), (0.05, 0.66, 0.76)]),
    )
    shape.add(
        shell - 30,
        *(
            tube(arc_path("zy", (x, 0.0, 0), 0.72, h, 12, 168, 12), 0.05, 7)
            for x, h in ((0, 0.62), (-0.2, 0.58), (0.2, 0.58))
        ),
    )
    shape.add(dark, ellipsoid(0.13, 0.1, 0.05, 10).at(0, 0.28, 0.66))
    return shape


def _viking(dark: int, metal: int) -> Shape:
    shape = Shape()
    shape.add(metal - 20, dome(0.6, 0.72, 0.65, 0.05, 28), lathe([(0, 0), (0.1, 0), (0, 0.2)], sides=10).at(0, 0.7, 0))
    shape.add(
        dark,
        stack(circle(1, 28), [(0, 0.64, 0.69), (0.16, 0.63, 0.68)]),
        box(0.12, 0.45, 0.06).at(0, -0.12, 0.68),
        sweep(arc_path("zy", (0, 0, 0), 0.66, 0.73, 0, 180, 14), rounded_rectangle(0.1, 0.04, 0.01, 1), np.ones(15)),
    )
    horn = curve([(0.52, 0.3, 0), (0.85, 0.4, 0), (1.05, 0.7, 0.03), (1.0, 1.1, 0.08)], 5)
    shape.add(235, *pair(tube(horn, np.linspace(0.17, 0.015, len(horn)).tolist(), 12)))
    return shape


def _football(shell: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(shell, _shell(0.62, 0.7, 0.76, 0.0, -0.45))
    shape.add(
        dark,
        *(
            tube(arc_path("xz", (0, y, 0.1), 0.6, z, 5, 175, 14), 0.035, 7)
            for y, z in ((-0.05, 0.78), (-0.25, 0.84), (-0.45, 0.82))
        ),
        *(bar((x, -0.05, 0.86), (x, -0.45, 0.9), 0.035) for x in (-0.12, 0.12)),
        *pair(box(0.05, 0.5, 0.14).at(0.6, -0.25, 0.15)),
    )
    shape.add(
        dark + 50,
        sweep(arc_path("zy", (0, 0, 0), 0.77, 0.71, 10, 185, 16), rounded_rectangle(0.16, 0.03, 0.01, 1), np.ones(17)),
        *pair(cylinder(0.1, 0.05, "x", 14).at(0.63, -0.05, -0.05)),
    )
    return shape


def _knight(dark: int, metal: int) -> Shape:
    shape = Shape()
    shape.add(metal - 20, lathe([(0, -0.75), (0.6, -0.75), (0.6, 0.3), (0.55, 0.5), (0.35, 0.66), (0, 0.7)], sides=24))
    shape.add(
        35,
        *pair(box(0.38, 0.07, 0.1).at(0.25, 0.1, 0.53)),
        *(cylinder(0.035, 0.06, "z", 8).at(x, y, 0.54) for x in (-0.2, 0.2, -0.32, 0.32) for y in (-0.2, -0.35, -0.5)),
    )
    shape.add(
        dark + 60,
        box(0.1, 1.1, 0.08).at(0, -0.2, 0.6),
        box(0.95, 0.09, 0.14).at(0, 0.19, 0.52),
        torus(0.6, 0.045).at(0, -0.74, 0),
    )
    return shape


def _spartan(dark: int, metal: int) -> Shape:
    shape = Shape()
    shape.add(metal - 30, _shell(0.55, 0.7, 0.68, 0.1, -0.45))
    cheek = [
        (-0.5, 0.1),
        (0.42, 0.1),
        (0.36, -0.15),
        (0.5, -0.3),
        (0.42, -0.8),
        (0.2, -0.75),
        (-0.1, -0.45),
        (-0.5, -0.45),
    ]
    shape.add(
        metal - 30,
        *pair(extrude(cheek, 0.08, "x").turned("y", -28).at(0.5, 0, 0.24)),
        extrude([(-0.08, 0.25), (0.08, 0.25), (0.05, -0.35), (-0.05, -0.35)], 0.08).at(0, 0, 0.66),
        *pair(box(0.4, 0.1, 0.08).turned("y", 20).at(0.25, 0.12, 0.62)),
    )
    outer, inner = arc(1.05, 1.1, -25, 150, 14), arc(0.7, 0.7, -25, 150, 14)
    shape.add(dark + 30, extrude(np.concatenate([outer, inner[::-1]]) * (-1, 1), 0.12, "x").at(0, 0.02, 0))
    return shape


def _astronaut(dark: int) -> Shape:
    shape = Shape()
    shape.add(
        240,
        ellipsoid(0.75, 0.75, 0.75, 24),
        torus(0.55, 0.12).at(0, -0.62, 0),
        *pair(cylinder(0.22, 0.14, "x").at(0.72, 0, 0)),
    )
    shape.add(dark, ellipsoid(0.58, 0.42, 0.5, 20).at(0, 0.05, 0.34))
    shape.add(
        150,
        tube(
            np.column_stack([ellipse(0.58, 0.42, 28), np.full(28, 0.44)]) + np.array((0, 0.05, 0)), 0.05, 7, closed=True
        ),
        *pair(bar((0.76, 0.1, 0), (0.82, 0.75, 0), 0.03)),
    )
    return shape


def _soldier(shell: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(
        shell - 50,
        lathe(
            [
                (0, 0.72),
                (0.3, 0.68),
                (0.55, 0.45),
                (0.64, 0.12),
                (0.76, -0.02),
                (0.76, -0.06),
                (0.6, 0.08),
                (0.5, 0.4),
                (0.28, 0.62),
                (0, 0.66),
            ][::-1]
        ).stretched(0.95, 1, 1.1),
    )
    shape.add(
        dark,
        *pair(tube(curve([(0.58, 0.05, 0.05), (0.5, -0.35, 0.12), (0.2, -0.72, 0.2), (0, -0.75, 0.2)]), 0.03, 7)),
        stack(circle(1, 28), [(0.12, 0.625, 0.72), (0.18, 0.6, 0.69)]),
        ellipsoid(0.07, 0.03, 0.05, 8).at(0, -0.75, 0.2),
    )
    return shape


def _fire(shell: int, dark: int, metal: int) -> Shape:
    shape = Shape()
    brim = np.array(
        curve(
            [
                (0, 0.85),
                (0.6, 0.65),
                (0.7, 0.1),
                (0.65, -0.6),
                (0.3, -1.1),
                (0, -1.2),
                (-0.3, -1.1),
                (-0.65, -0.6),
                (-0.7, 0.1),
                (-0.6, 0.65),
            ],
            3,
            closed=True,
        )
    )
    shape.add(shell - 40, extrude(brim, 0.05, "y"), dome(0.55, 0.72, 0.65, 0.05, 24))
    shape.add(
        metal,
        *(
            tube(arc_path("zy", (0, 0, 0), 0.66, 0.73, 0, 180, 14), 0.05, 6).turned("y", angle)
            for angle in (0, 60, 120)
        ),
        extrude([(-0.22, 0.1), (0.22, 0.1), (0.26, 0.5), (0, 0.85), (-0.26, 0.5)], 0.05)
        .turned("x", -12)
        .at(0, 0.0, 0.68),
    )
    shape.add(dark, cone(0.05, 0.08, 0.12).at(0, 0.76, 0))
    return shape
