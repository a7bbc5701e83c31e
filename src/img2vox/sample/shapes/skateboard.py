"""Parametric shapes of the category skateboard."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from img2vox.sample.outlines import Outline, curve, superellipse
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.solids import Solid, box, cone, cylinder, four, lathe, loft, pair, rounded_box


def skateboard(draw: Draw) -> Shape:
    """Skateboard: popsicle, longboard, penny, pintail, old school, upside down, on its tail, and more."""
    kinds = (
        "popsicle",
        "pintail",
        "penny",
        "upside down",
        "old school",
        "downhill",
        "leaning",
        "electric",
        "fish",
        "drop",
        "rail",
    )
    kind = draw.cycle(kinds)
    deck, grip, rim = draw.gray(150, 215), draw.gray(80, 110), draw.gray(205, 240)
    long = {"pintail": 1.15, "penny": 0.62, "downhill": 1.05, "drop": 1.1, "electric": 1.0, "old school": 0.8}.get(
        kind, draw.between(0.78, 0.9)
    )
    wide = {"old school": 0.3, "penny": 0.17, "electric": 0.28, "fish": 0.29}.get(kind, draw.between(0.2, 0.24))
    tail, nose = {
        "pintail": (0, 0),
        "penny": (0.14, 0.0),
        "downhill": (0.02, 0.02),
        "drop": (0, 0),
        "electric": (0.03, 0.03),
        "old school": (0.15, 0.03),
        "fish": (0.15, 0),
    }.get(kind, (0.15, 0.15))
    halves = {
        "pintail": [(0.0, 1.0), (0.35, 0.85), (0.85, 0.5), (1.0, 0.1), (0.8, -0.4), (0.35, -0.85), (0.0, -1.0)],
        "old school": [
            (0.0, 1.0),
            (0.5, 0.93),
            (0.8, 0.65),
            (1.0, 0.2),
            (0.95, -0.4),
            (0.75, -0.8),
            (0.65, -0.97),
            (0.0, -1.0),
        ],
        "fish": [(0.0, 1.0), (0.4, 0.9), (0.85, 0.5), (1.0, 0.1), (0.8, -0.5), (0.7, -0.8), (0.75, -1.0), (0.0, -0.85)],
        "drop": [
            (0.0, 1.0),
            (0.5, 0.97),
            (0.55, 0.75),
            (1.0, 0.55),
            (1.0, -0.55),
            (0.55, -0.75),
            (0.5, -0.97),
            (0.0, -1.0),
        ],
    }
    half = halves.get(kind)
    flat: Outline
    if half:
        smooth = curve(half, 4) if kind != "drop" else np.array(half)
        flat = np.concatenate([smooth, (smooth * (-1, 1))[::-1][1:-1]]) * (wide, long)
    else:
        flat = superellipse(wide, long, {"penny": 3.0, "electric": 5.0}.get(kind, 3.6), 40)

    def kick(vertices: NDArray[np.float64]) -> NDArray[np.float64]:
        t = vertices[:, 2] / long
        vertices[:, 1] += (
            nose * np.clip((t - 0.66) / 0.34, 0, 1) ** 1.4 + tail * np.clip((-t - 0.66) / 0.34, 0, 1) ** 1.4
        )
        vertices[:, 1] += 0.03 * (vertices[:, 0] / wide) ** 2
        if kind == "drop":
            vertices[:, 1] += 0.12 * np.clip((np.abs(t) - 0.55) / 0.2, 0, 1)
        return vertices

    def slab(scale: float, low: float, high: float, steps: int = 12) -> Solid:
        # Cut into strips along the board, so that the kick can bend it.
        zs = np.linspace(-0.999, 0.999, 2 * steps + 1) * long
        rings = []
        closed = np.concatenate([flat, flat[:1]])
        for z in zs:
            crossings = []
            for p, q in pairwise(closed):
                if (p[1] - z) * (q[1] - z) <= 0 and p[1] != q[1]:
                    crossings.append(p[0] + (q[0] - p[0]) * (z - p[1]) / (q[1] - p[1]))
            reach = max(np.max(np.abs(crossings)), 0.02) * scale if crossings else 0.02
            rings.append(
                [
                    (reach, low, z * scale),
                    (reach, high, z * scale),
                    (0, high, z * scale),
                    (-reach, high, z * scale),
                    (-reach, low, z * scale),
                    (0, low, z * scale),
                ]
            )
        return loft(rings).warped(kick)

    shape = Shape()
    top = 0.24
    shape.add(deck, slab(1.0, top - 0.035, top))
    shape.add(grip, slab(0.97, top, top + 0.012))
    lift = 0.12 if kind == "drop" else 0.0
    wheels = {"pintail": 0.1, "downhill": 0.11, "electric": 0.13, "penny": 0.08, "old school": 0.09, "drop": 0.11}.get(
        kind, 0.075
    )
    spread = {"drop": 0.82, "downhill": 0.8, "pintail": 0.68}.get(kind, 0.6) * long
    for z in (-spread, spread):
        sign = 1 if z > 0 else -1
        shape.add(
            90,
            box(0.13, 0.03, 0.2).at(0, top - 0.05 + lift, z),
            cone(0.07, 0.03, 0.12).at(0, top - 0.1 + lift, z - 0.03 * sign),
            cylinder(0.026, 2 * wide * 0.85, "x", 10).at(0, wheels, z),
            box(0.16, 0.07, 0.07).at(0, wheels + 0.02, z),
        )
        for x in (-0.8 * wide, 0.8 * wide):
            shape.add(
                rim,
                lathe(
                    [
                        (0, -0.05),
                        (wheels * 0.8, -0.05),
                        (wheels, -0.025),
                        (wheels, 0.025),
                        (wheels * 0.8, 0.05),
                        (0, 0.05),
                    ],
                    "x",
                    18,
                ).at(x, wheels, z),
            )
            shape.add(70, cylinder(0.45 * wheels, 0.104, "x", 10).at(x, wheels, z))
    if kind == "electric":
        shape.add(grip - 30, rounded_box(0.34, 0.1, 0.9, 0.04, "z").at(0, top - 0.07, 0))
    if kind == "rail":
        shape.add(
            rim,
            *pair(cylinder(0.018, 1.0, "z", 8).at(0.6 * wide, top - 0.04, 0)),
            *four(box(0.1, 0.015, 0.1).at(0, top + 0.016, 0), 0.08, spread),
        )
    if kind in ("penny", "fish", "electric"):
        shape.add(rim - 40, *(box(0.03, 0.014, 0.5 * long).at(x, top + 0.014, 0) for x in (-0.06, 0.06)))
    if kind in ("upside down",):
        shape = shape.turned("z", 180)
    elif kind == "leaning":
        shape = shape.turned("x", -68)
    elif kind == "rail":
        shape = shape.turned("z", 75)
    return shape
