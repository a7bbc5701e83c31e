"""Parametric shapes of the category pillow."""

import numpy as np
from numpy.typing import NDArray

from img2vox.sample.outlines import arc_path, superellipse
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.solids import Solid, box, cylinder, ellipsoid, extrude, lathe, loft, pair, stack, tube


def _cushion(a: float, b: float, height: float, power: float, pinch: float) -> Solid:
    """Cushion on the XZ plane: thick in the middle, drawn out into its corners."""
    outline = superellipse(1.0, 1.0, power, 32)
    levels = [(t, np.cos(np.arcsin(t)) ** pinch) for t in np.linspace(-0.98, 0.98, 11)]
    rings = []
    for t, s in [(-1.0, 0.0), *levels, (1.0, 0.0)]:
        rings.append(np.column_stack([outline[:, 0] * s, np.full(32, t), outline[:, 1] * s]))

    def draw_corners(vertices: NDArray[np.float64]) -> NDArray[np.float64]:
        radius = np.maximum(np.abs(vertices[:, 0]), np.abs(vertices[:, 2]))
        middle = np.minimum(np.abs(vertices[:, 0]), np.abs(vertices[:, 2]))
        vertices[:, [0, 2]] *= (1 - 0.13 * radius**2 * (1 - middle**2))[:, None]
        return vertices

    return loft(rings).warped(draw_corners).stretched(a, height / 2, b)


def _puffed(outline: NDArray[np.float64], height: float) -> Solid:
    """Cushion of any star-like outline (x, y), facing +Z."""
    return stack(
        outline,
        [(height / 2 * np.sin(t), max(np.cos(t), 0.0) ** 0.5) for t in np.linspace(-np.pi / 2, np.pi / 2, 11)],
        "z",
    )


def pillow(draw: Draw) -> Shape:
    """Pillow: square leaning, bed pillow, bolster, round with a button, neck pillow, stack, wedge, heart, and more."""
    kind = draw.cycle(("square", "bolster", "round", "neck", "bed", "heart", "stack", "wedge", "tassels", "star"))
    cloth, trim = draw.gray(190, 240), draw.gray(110, 150)
    if kind == "square":
        return _square(cloth)
    if kind == "bed":
        return _bed(cloth)
    if kind == "bolster":
        return _bolster(cloth, trim)
    if kind == "round":
        return _round(cloth, trim)
    if kind == "neck":
        return _neck(cloth)
    if kind == "heart":
        return _heart(cloth)
    if kind == "star":
        return _star(cloth)
    if kind == "stack":
        return _stack(cloth)
    if kind == "wedge":
        return _wedge(cloth, trim)
    return _tassels(cloth, trim)


def _square(cloth: int) -> Shape:
    shape = Shape()
    shape.add(cloth, _cushion(0.6, 0.6, 0.5, 8, 0.75))
    return shape.turned("x", 65)


def _bed(cloth: int) -> Shape:
    shape = Shape()
    shape.add(cloth, _cushion(0.95, 0.55, 0.42, 7, 0.7))
    return shape


def _bolster(cloth: int, trim: int) -> Shape:
    shape = Shape()
    shape.add(
        cloth,
        lathe(
            [(0, -0.85), (0.1, -0.86), (0.27, -0.8), (0.3, -0.7), (0.3, 0.7), (0.27, 0.8), (0.1, 0.86), (0, 0.85)], "x"
        ),
    )
    shape.add(
        trim,
        *pair(cylinder(0.08, 0.06, "x", 12).at(0.86, 0, 0)),
        *(cylinder(0.305, 0.05, "x").at(x, 0, 0) for x in (-0.62, 0.62)),
    )
    return shape


def _round(cloth: int, trim: int) -> Shape:
    shape = Shape()
    profile = [
        (0, 0.08),
        (0.1, 0.16),
        (0.35, 0.22),
        (0.62, 0.2),
        (0.75, 0.1),
        (0.78, 0.0),
        (0.75, -0.1),
        (0.62, -0.2),
        (0.35, -0.22),
        (0, -0.2),
    ]
    shape.add(cloth, lathe(profile, sides=28))
    pleats = [
        tube([(0.1, 0.17, 0), (0.35, 0.225, 0), (0.62, 0.205, 0), (0.76, 0.1, 0)], 0.018, 5).turned("y", angle)
        for angle in range(0, 360, 30)
    ]
    shape.add(trim, cylinder(0.1, 0.08, sides=14).at(0, 0.16, 0), *pleats)
    return shape


def _neck(cloth: int) -> Shape:
    shape = Shape()
    path = arc_path("xz", (0, 0, 0), 0.5, 0.55, -235, 55, 20)
    t = np.linspace(0, 1, len(path))
    shape.add(cloth, tube(path, (0.13 + 0.12 * np.sin(np.pi * t) ** 0.5).tolist(), 14))
    shape.add(cloth, *(ellipsoid(0.16, 0.16, 0.16, 12).at(*path[k]) for k in (0, -1)))
    return shape


def _heart(cloth: int) -> Shape:
    shape = Shape()
    t = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    outline = (
        np.column_stack([16 * np.sin(t) ** 3, 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)])
        / 20
    )
    shape.add(cloth, _puffed(outline, 0.45).turned("x", -15))
    return shape


def _star(cloth: int) -> Shape:
    shape = Shape()
    t = np.arange(30) * 2 * np.pi / 30
    radius = 0.62 + 0.27 * np.cos(5 * t)
    shape.add(cloth, _puffed(np.column_stack([radius * np.sin(t), radius * np.cos(t)]), 0.42).turned("x", -15))
    return shape


def _stack(cloth: int) -> Shape:
    shape = Shape()
    for k, (size, angle) in enumerate(((0.8, 8), (0.68, -14), (0.56, 12))):
        shape.add(cloth - 35 * k, _cushion(size, size * 0.8, 0.4, 8, 0.7).turned("y", angle).at(0, 0.36 * k, 0))
    return shape


def _wedge(cloth: int, trim: int) -> Shape:
    shape = Shape()
    outline = [(-0.7, 0), (0.7, 0), (0.7, 0.08), (-0.55, 0.72), (-0.7, 0.72)]
    shape.add(cloth, extrude(outline, 1.1, "x"))
    shape.add(trim, *pair(tube([(0.55, y, z) for z, y in outline], 0.025, 6, closed=True)))
    return shape


def _tassels(cloth: int, trim: int) -> Shape:
    shape = Shape()
    shape.add(cloth, _cushion(0.75, 0.5, 0.42, 9, 0.7))
    for x in (-1, 1):
        for z in (-1, 1):
            shape.add(
                trim,
                lathe([(0, 0.06), (0.05, 0.05), (0.035, 0.0), (0.07, -0.16), (0, -0.16)], sides=10)
                .turned("z", 70 * x)
                .turned("y", -35 * x * z)
                .at(x * 0.76, 0, z * 0.51),
            )
    shape.add(trim, *(box(0.06, 0.008, 0.7).at(x, 0.19, 0) for x in (-0.15, 0.15)))
    return shape
