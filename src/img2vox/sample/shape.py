"""A parametric shape: painted solids, the numbers they are drawn from, and their OBJ and MTL bytes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from img2vox.sample.solids import Solid

T = TypeVar("T")

# Shapes are about one unit large; sines and cosines differ between platforms in the sixteenth decimal.
DECIMALS = 4
# Measures are round numbers, so that halves of the last decimal are common; this takes them off the fence.
_OFF_THE_FENCE = 1e-9
MATERIALS_NAME = "model_normalized.mtl"


class Draw:
    """The random numbers of one shape.

    Everything comes from Generator.random(), the most stable draw that NumPy has, so that the shapes stay the same
    from version to version.

    Attributes:
        index: number of the shape within its category, from 0.
    """

    def __init__(self, rng: np.random.Generator, index: int) -> None:
        self._rng = rng
        self.index = index

    def between(self, low: float, high: float) -> float:
        """Uniform in [low, high)."""
        return low + (high - low) * float(self._rng.random())

    def gray(self, low: int, high: int) -> int:
        """Uniform integer gray in [low, high]."""
        return int(self.between(low, high + 1))

    def chance(self, share: float) -> bool:
        """True in that share of the draws."""
        return float(self._rng.random()) < share

    def pick(self, options: Sequence[T]) -> T:
        """One of the options, by chance."""
        return options[int(self.between(0, len(options)))]

    def cycle(self, options: Sequence[T]) -> T:
        """One of the options by the shape's number, so that a category shows them all."""
        return options[self.index % len(options)]


@dataclass
class Shape:
    """Painted solids, in the order in which they were added."""

    parts: list[tuple[int, Solid]] = field(default_factory=list)

    def add(self, gray: int, *solids: Solid) -> None:
        """Add solids of one gray, 0 (black) to 255 (white)."""
        self.parts += [(gray, solid) for solid in solids]

    def moved(self, x: float, y: float, z: float) -> "Shape":
        """All of it moved."""
        return Shape([(gray, solid.at(x, y, z)) for gray, solid in self.parts])

    def turned(self, axis: str, angle_deg: float) -> "Shape":
        """All of it turned about an axis through the origin."""
        return Shape([(gray, solid.turned(axis, angle_deg)) for gray, solid in self.parts])

    def extend(self, other: "Shape") -> None:
        """Add another shape's parts."""
        self.parts += other.parts


def to_obj(shape: Shape) -> bytes:
    """OBJ file of a shape, materials named after their gray; coordinates rounded, so that platforms agree."""
    lines = [f"mtllib {MATERIALS_NAME}"]
    offset, painted = 1, -1
    for gray, solid in shape.parts:
        vertices, faces = _weld(solid)
        lines += ["v " + " ".join(f"{value:.{DECIMALS}f}" for value in vertex) for vertex in vertices.tolist()]
        if gray != painted:
            lines.append(f"usemtl gray{gray}")
            painted = gray
        lines += [f"f {a} {b} {c}" for a, b, c in (faces + offset).tolist()]
        offset += len(vertices)
    return ("\n".join(lines) + "\n").encode("ascii")


def to_mtl(shape: Shape) -> bytes:
    """MTL file of a shape: one diffuse gray a material."""
    lines = []
    for gray in sorted({gray for gray, _ in shape.parts}):
        value = f"{gray / 255:.4f}"
        lines += [f"newmtl gray{gray}", f"Kd {value} {value} {value}"]
    return ("\n".join(lines) + "\n").encode("ascii")


def _weld(solid: Solid) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Rounded vertices, equal ones merged; triangles that lost an edge by that are dropped."""
    rounded = np.round(solid.vertices + _OFF_THE_FENCE, DECIMALS) + 0.0  # no -0.0
    _, first, index = np.unique(rounded, axis=0, return_index=True, return_inverse=True)
    # In the order of the sweep, not sorted: neighbours stay together and the archive compresses better.
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    vertices, faces = rounded[first[order]], rank[index.reshape(-1)][solid.faces]
    a, b, c = faces.T
    return vertices, faces[(a != b) & (b != c) & (c != a)]
