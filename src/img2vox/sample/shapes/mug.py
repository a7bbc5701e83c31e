"""Parametric shapes of the category mug."""

import numpy as np

from img2vox.sample.outlines import circle, curve, rounded_rectangle
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.solids import lathe, stack, torus, tube, vessel


def mug(draw: Draw) -> Shape:
    """Cup with a handle: straight, tapered, bellied, waisted, square, or a stein with a lid."""
    kind = draw.cycle(("straight", "tapered", "belly", "waist", "square", "stein", "espresso", "bowl"))
    tall = {"stein": 1.5, "espresso": 0.75, "bowl": 0.62}.get(kind, draw.between(0.95, 1.25))
    wall, body = draw.between(0.05, 0.08), draw.gray(160, 240)
    ends = {
        "tapered": ((0, 0.36), (1, 0.52)),
        "belly": ((0, 0.36), (0.25, 0.52), (0.5, 0.56), (0.75, 0.5), (1, 0.42)),
        "waist": ((0, 0.52), (0.3, 0.44), (0.6, 0.4), (1, 0.54)),
        "espresso": ((0, 0.3), (0.3, 0.38), (1, 0.42)),
        "bowl": ((0, 0.28), (0.15, 0.42), (0.5, 0.56), (1, 0.62)),
        "stein": ((0, 0.5), (0.06, 0.5), (0.1, 0.45), (1, 0.4)),
    }.get(kind, ((0, 0.46), (1, 0.46)))
    outline = rounded_rectangle(2, 2, 0.5) if kind == "square" else circle(1, 28)
    shape = Shape()
    shape.add(body, vessel(outline, [(y * tall, radius) for y, radius in ends], wall, 0.08))

    def radius_at(share: float) -> float:
        return float(np.interp(share, [y for y, _ in ends], [radius for _, radius in ends]))

    if kind in ("espresso", "bowl"):
        saucer = [(0.0, -0.06), (0.45, -0.06), (0.8, 0.04), (0.78, 0.07), (0.4, 0.0), (0.0, 0.0)]
        shape.add(draw.gray(170, 230), lathe(saucer))
    reach, low, high = draw.between(0.25, 0.42), 0.18 * tall, 0.84 * tall
    first, out, last = (radius_at(0.18) - 0.03, low), radius_at(0.5), (radius_at(0.84) - 0.03, high)
    around = draw.cycle(
        (
            [(out + 0.8 * reach, low + 0.02), (out + reach, tall / 2), (out + 0.8 * reach, high - 0.02)],
            [(out + 0.35 * reach, low + 0.06), (out + reach, 0.66 * tall), (out + 0.7 * reach, 0.92 * tall)],
            [(out + reach, low + 0.12), (out + reach, tall / 2), (out + reach, high)],
        )
    )
    path = curve([(x, y, 0.0) for x, y in (first, *around, last)])
    shape.add(body - 25, tube(path, draw.between(0.05, 0.075)))
    if kind == "stein":
        shape.add(
            90, lathe([(0.0, 0.2), (0.08, 0.19), (0.1, 0.12), (0.42, 0.04), (0.42, 0.0), (0.0, 0.0)]).at(0, tall, 0)
        )
    elif kind in ("straight", "waist", "square"):
        top = draw.between(0.53, 0.65)
        band = stack(outline, [(share * tall, radius_at(share) + 0.012) for share in (0.45, top)])
        shape.add(draw.gray(50, 100), torus(0.42, 0.04).at(0, 0.6 * tall, 0) if kind == "waist" else band)
    return shape
