"""Parametric shapes of the category cap."""

import numpy as np
from numpy.typing import NDArray

from img2vox.sample.outlines import arc_path, circle, curve
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.shapes.parts import peak
from img2vox.sample.solids import bar, box, dome, ellipsoid, extrude, lathe, loft, stack, torus, tube, vessel


def cap(draw: Draw) -> Shape:
    """Headgear: baseball cap, flat cap, top hat, beanie with a bobble, bucket hat, cowboy hat, fedora, and more."""
    kinds = (
        "baseball",
        "flat",
        "top hat",
        "beanie",
        "cowboy",
        "officer",
        "graduate",
        "visor",
        "bucket",
        "snapback",
        "fedora",
        "jockey",
    )
    kind = draw.cycle(kinds)
    cloth, band = draw.gray(140, 215), draw.gray(75, 110)
    if kind in ("baseball", "snapback", "jockey"):
        return _baseball(kind, cloth, band)
    if kind == "flat":
        return _flat(cloth, band)
    if kind == "top hat":
        return _top_hat(cloth, band)
    if kind == "beanie":
        return _beanie(cloth, band)
    if kind in ("cowboy", "fedora"):
        return _cowboy(kind, cloth, band)
    if kind == "officer":
        return _officer(cloth, band)
    if kind == "graduate":
        return _graduate(cloth, band)
    if kind == "visor":
        return _visor(cloth, band)
    return _bucket(cloth, band)


def _baseball(kind: str, cloth: int, band: int) -> Shape:
    shape = Shape()
    tall = {"baseball": 0.62, "snapback": 0.72, "jockey": 0.6}[kind]
    shape.add(cloth, dome(0.6, tall, 0.66, 0.04, 28))
    reach, drop = {"baseball": (0.5, 0.2), "snapback": (0.55, 0.02), "jockey": (0.32, 0.12)}[kind]
    shape.add(band if kind != "jockey" else cloth - 20, peak(reach, 0.58, 0.05, drop).at(0, 0.06, 0.06))
    shape.add(band, ellipsoid(0.06, 0.04, 0.06, 10).at(0, tall, 0))
    for angle in range(0, 180, 60):
        seam = arc_path("xy", (0, 0, 0), 0.605, tall + 0.005, 0, 180, 14)
        shape.add(cloth - 40, tube(seam * (1, 1, 1), 0.014, 5).turned("y", angle).stretched(1, 1, 1.1))
    if kind == "snapback":
        shape.add(235, ellipsoid(0.2, 0.18, 0.06, 14).turned("x", -20).at(0, 0.33, 0.6))
    if kind == "jockey":
        shape.add(
            band,
            tube(
                curve(
                    [(0.56, 0.02, 0.1), (0.45, -0.45, 0.2), (0, -0.65, 0.25), (-0.45, -0.45, 0.2), (-0.56, 0.02, 0.1)]
                ),
                0.03,
                7,
            ),
        )
    return shape


def _flat(cloth: int, band: int) -> Shape:
    shape = Shape()
    rings = [
        (0.0, 0.55, 0.62, 0, 0),
        (0.16, 0.72, 0.78, 0, 0.06),
        (0.28, 0.62, 0.68, 0, 0.06),
        (0.34, 0.3, 0.3, 0, 0.02),
        (0.35, 0.02, 0.02, 0, 0),
    ]
    shape.add(cloth, stack(circle(1, 28), rings))
    shape.add(cloth - 30, peak(0.2, 0.55, 0.06, 0.12).at(0, 0.05, 0.12))
    shape.add(band, ellipsoid(0.06, 0.04, 0.06, 10).at(0, 0.35, 0.0))
    return shape


def _top_hat(cloth: int, band: int) -> Shape:
    shape = Shape()
    shape.add(
        band,
        lathe(
            [(0, 0.0), (0.85, 0.02), (0.88, 0.06), (0.52, 0.05), (0.5, 0.5), (0.56, 0.95), (0.54, 1.0), (0, 1.0)],
            sides=32,
        ),
    )
    shape.add(cloth + 20, lathe([(0.53, 0.05), (0.53, 0.25), (0.0, 0.25), (0.0, 0.05)], sides=32))
    return shape


def _beanie(cloth: int, band: int) -> Shape:
    shape = Shape()
    shape.add(cloth, dome(0.6, 0.78, 0.62, 0.05, 28).at(0, 0.15, 0), ellipsoid(0.2, 0.2, 0.2, 14).at(0, 1.02, 0))
    shape.add(
        band + 30,
        stack(circle(1, 28), [(0, 0.6), (0.02, 0.66), (0.24, 0.66), (0.26, 0.6)]),
        *(bar((0.655, 0.03, 0), (0.655, 0.23, 0), 0.025, 5).turned("y", angle) for angle in range(0, 360, 15)),
    )
    return shape


def _cowboy(kind: str, cloth: int, band: int) -> Shape:
    shape = Shape()
    western = kind == "cowboy"
    brim = 1.05 if western else 0.88

    def curl(vertices: NDArray[np.float64]) -> NDArray[np.float64]:
        side = np.clip(np.abs(vertices[:, 0]) - 0.5, 0, None)
        vertices[:, 1] += (1.1 if western else 0.35) * side**1.4
        top = (
            np.clip((vertices[:, 1] - 0.4) / 0.3, 0, 1)
            * (np.abs(vertices[:, 0]) < 0.2)
            * (np.hypot(vertices[:, 0], vertices[:, 2]) < 0.42)
        )
        vertices[:, 1] -= 0.16 * top
        return vertices

    profile = [
        (0, 0),
        (0.5, 0),
        (brim, 0.0),
        (brim, 0.04),
        (0.52, 0.06),
        (0.46, 0.3),
        (0.42, 0.56),
        (0.36, 0.62),
        (0.2, 0.64),
        (0.1, 0.64),
        (0, 0.64),
    ]
    shape.add(cloth, lathe(profile, sides=36).warped(curl).stretched(0.9, 1, 1.1))
    shape.add(band, stack(circle(1, 32), [(0.06, 0.54), (0.18, 0.5)]).stretched(0.9, 1, 1.1))
    if not western:
        shape.add(
            235,
            extrude([(0, 0), (0.1, 0.25), (0.06, 0.55), (-0.05, 0.3)], 0.02, "x").turned("x", -25).at(0.47, 0.12, 0.0),
        )
    return shape


def _officer(cloth: int, band: int) -> Shape:
    shape = Shape()
    shape.add(band, stack(circle(1, 28), [(0, 0.55), (0.25, 0.57)]))
    shape.add(
        cloth,
        stack(
            circle(1, 28),
            [(0.25, 0.57), (0.42, 0.82, 0.8, 0, 0.05), (0.5, 0.82, 0.8, 0, 0.05), (0.56, 0.5, 0.5, 0, 0.02)],
        ).turned("x", -6),
    )
    shape.add(50, peak(0.26, 0.55, 0.04, 0.18).at(0, 0.04, 0.02).turned("x", 12))
    shape.add(
        240,
        ellipsoid(0.12, 0.13, 0.05, 12).at(0, 0.3, 0.6),
        tube(arc_path("xz", (0, 0.08, 0), 0.57, 0.57, 20, 160, 12), 0.03, 6),
    )
    return shape


def _graduate(cloth: int, band: int) -> Shape:
    shape = Shape()
    shape.add(
        band,
        vessel(circle(1, 28), [(0, 0.55), (0.3, 0.55)], 0.05, 0.25).turned("z", 180).at(0, 0.3, 0),
        box(1.5, 0.05, 1.5).turned("y", 45).at(0, 0.33, 0),
    )
    shape.add(
        cloth,
        ellipsoid(0.06, 0.04, 0.06, 8).at(0, 0.37, 0),
        tube([(0, 0.37, 0), (0.45, 0.38, 0.45), (0.54, 0.33, 0.54), (0.55, -0.05, 0.55)], 0.025, 6),
        lathe([(0, 0), (0.03, 0), (0.07, -0.22), (0, -0.22)], sides=8).at(0.55, -0.02, 0.55),
    )
    return shape


def _visor(cloth: int, band: int) -> Shape:
    shape = Shape()
    shape.add(
        cloth,
        loft(
            [
                np.column_stack([np.asarray(circle(r, 28))[:, 0], np.full(28, y), np.asarray(circle(r, 28))[:, 1]])
                for r, y in ((0.6, 0), (0.6, 0.2), (0.55, 0.2), (0.55, 0))
            ],
            closed=True,
        ),
    )
    shape.add(band, peak(0.55, 0.59, 0.05, 0.16).at(0, 0.04, 0.05))
    return shape


def _bucket(cloth: int, band: int) -> Shape:
    shape = Shape()
    shape.add(
        cloth,
        lathe(
            [
                (0, 0.58),
                (0.4, 0.58),
                (0.48, 0.52),
                (0.55, 0.2),
                (0.9, -0.12),
                (0.92, -0.08),
                (0.6, 0.25),
                (0.54, 0.58),
                (0.45, 0.64),
                (0, 0.64),
            ],
            sides=32,
        ),
    )
    shape.add(
        band,
        stack(circle(1, 32), [(0.24, 0.61), (0.36, 0.595)]),
        *(torus(r, 0.012, sides=32).at(0, y, 0) for r, y in ((0.72, 0.12), (0.82, 0.02))),
    )
    return shape
