"""Parts that several categories share."""

import numpy as np
from numpy.typing import NDArray

from img2vox.sample.outlines import Outline, rectangle, rounded_rectangle
from img2vox.sample.shape import Shape
from img2vox.sample.solids import Solid, bar, box, cylinder, extrude, lathe, loft, pair


def cabinet_shell(width: float, height: float, depth: float, wall: float) -> Solid:
    """Box that is open toward +Z, its back wall as thick as the others."""
    outer, inner = rectangle(width, height), rectangle(width - 2 * wall, height - 2 * wall)
    rings: list[tuple[Outline, float]] = [
        (outer, -depth / 2),
        (outer, depth / 2),
        (inner, depth / 2),
        (inner, -depth / 2 + wall),
    ]
    return loft([np.column_stack([flat, np.full(4, z)]) for flat, z in rings])


def knobs(count: int, width: float, radius: float) -> list[Solid]:
    """Round knobs in a row along X, centered, pointing to +Z from z = 0."""
    return [cylinder(radius, 0.06, "z", 12).at(x, 0, 0.03) for x in np.linspace(-width / 2, width / 2, count)]


def bar_handle(width: float, stand: float) -> list[Solid]:
    """Bar handle along X, standing off to +Z."""
    return [
        bar((-width / 2, 0, stand), (width / 2, 0, stand), 0.022),
        *pair(bar((width / 2 - 0.05, 0, -0.02), (width / 2 - 0.05, 0, stand), 0.02, 6)),
    ]


def wire_rack(width: float, depth: float, height: float) -> list[Solid]:
    """Wire rack on the XZ plane."""
    wires = [bar((x, 0, -depth / 2), (x, 0, depth / 2), 0.012, 4) for x in np.linspace(-width / 2, width / 2, 6)]
    rims = [bar((-width / 2, y, z), (width / 2, y, z), 0.015, 4) for y in (0, height) for z in (-depth / 2, depth / 2)]
    sides = [bar((x, y, -depth / 2), (x, y, depth / 2), 0.015, 4) for y in (0, height) for x in (-width / 2, width / 2)]
    posts = [bar((x, 0, depth / 2), (x, height, depth / 2), 0.012, 4) for x in np.linspace(-width / 2, width / 2, 6)]
    middle = bar((-width / 2, 0, 0), (width / 2, 0, 0), 0.012, 4)
    return [*wires, *rims, *sides, *posts, middle]


def plate(width: float, height: float, thickness: float, corner: float) -> Solid:
    """Flat plate facing +Z with round corners."""
    return extrude(rounded_rectangle(width, height, corner), thickness)


def button_grid(
    columns: int, rows: int, pitch_x: float, pitch_y: float, size: tuple[float, float, float]
) -> list[Solid]:
    """Buttons facing +Z, centered on the origin."""
    xs = (np.arange(columns) - (columns - 1) / 2) * pitch_x
    ys = (np.arange(rows) - (rows - 1) / 2) * pitch_y
    return [box(*size).at(x, y, 0) for y in ys for x in xs]


def key_rows(width: float, depth: float, rows: int, key: float) -> list[Solid]:
    """Rows of keys on y = 0, the front one with a space bar."""
    pitch_z = depth / rows
    solids = []
    for row in range(rows):
        z = -depth / 2 + (row + 0.5) * pitch_z
        count = max(int(width / key), 1)
        step = width / count
        xs = (np.arange(count) - (count - 1) / 2) * step
        if row == rows - 1:
            bar_wide = 0.42 * width
            solids.append(box(bar_wide, 0.06, 0.78 * pitch_z).at(-0.05 * width, 0.02, z))
            xs = xs[(np.abs(xs + 0.05 * width) > bar_wide / 2 + 0.4 * step)]
        solids += [box(0.8 * step, 0.06, 0.78 * pitch_z).at(x, 0.02, z) for x in xs]
    return solids


def gable_roof(width: float, depth: float, rise: float, overhang: float, thickness: float) -> list[Solid]:
    """Two roof boards over a wall of that width; their ridge lies along Z at height rise, the eaves near 0."""
    half = width / 2
    slope = np.degrees(np.arctan2(rise, half))
    length = float(np.hypot(half, rise)) + overhang
    board = (
        box(length, thickness, depth)
        .at(length / 2, -thickness * 0.2, 0)
        .turned("z", -slope)
        .at(0, rise + thickness / 2, 0)
    )
    return list(pair(board))


def arch_outline(width: float, height: float) -> list[tuple[float, float]]:
    """Upright sides with a round top, from y = 0."""
    half = width / 2
    top = [(half * np.cos(t), height - half + half * np.sin(t)) for t in np.linspace(0, np.pi, 11)]
    return [(half, 0.0), *((float(x), float(y)) for x, y in top), (-half, 0.0)]


def dial(radius: float, ticks: int) -> Shape:
    """Dial facing +Z on z = 0: ten past ten."""
    face = Shape()
    face.add(245, cylinder(radius, 0.04, "z", 32))
    face.add(
        50,
        *(
            box(0.05 * radius, 0.14 * radius, 0.03).at(0, 0.84 * radius, 0.015).turned("z", 360 * k / ticks)
            for k in range(ticks)
        ),
    )
    face.add(
        40,
        box(0.08 * radius, 0.5 * radius, 0.02).at(0, 0.22 * radius, 0.035).turned("z", 57),
        box(0.06 * radius, 0.74 * radius, 0.02).at(0, 0.34 * radius, 0.05).turned("z", -60),
        cylinder(0.07 * radius, 0.08, "z", 10).at(0, 0, 0.03),
    )
    return face


def wheel(radius: float, width: float) -> Shape:
    """Tyre and hub about the X axis, at the origin."""
    shape = Shape()
    shape.add(
        60,
        lathe(
            [
                (0, -width / 2),
                (0.85 * radius, -width / 2),
                (radius, -0.3 * width),
                (radius, 0.3 * width),
                (0.85 * radius, width / 2),
                (0, width / 2),
            ],
            "x",
        ),
    )
    shape.add(190, cylinder(0.5 * radius, width * 1.06, "x", 14))
    return shape


def side_windows(
    shape: Shape, side: float, y: float, height: float, start: float, stop: float, count: int, gray: int
) -> None:
    """Dark panes on both sides x = side, between z = start and stop."""
    pitch = (stop - start) / count
    shape.add(
        gray,
        *(
            part
            for k in range(count)
            for part in pair(box(0.02, height, 0.82 * pitch).at(side, y, start + (k + 0.5) * pitch))
        ),
    )


def peak(reach: float, half_width: float, thickness: float, drop: float) -> Solid:
    """Peak of a cap toward +Z, its inner edge on a circle of radius half_width around the origin."""
    angles = np.radians(np.linspace(0, 180, 17))
    inner = np.column_stack([0.97 * half_width * np.cos(angles), 0.9 * half_width * np.sin(angles)])
    outer = np.column_stack(
        [
            half_width * np.cos(angles),
            (0.9 * half_width + reach * np.sin(angles) ** 0.7 * (angles > 0.01)) * np.sin(angles) ** 0.35,
        ]
    )
    solid = extrude(np.concatenate([outer, inner[::-1][1:-1]]), thickness, "y")

    def bend(vertices: NDArray[np.float64]) -> NDArray[np.float64]:
        # Curved down at its sides, but not where it is sewn to the cap.
        beyond = np.clip(np.hypot(vertices[:, 0], vertices[:, 2]) / half_width - 0.95, 0, None)
        vertices[:, 1] -= drop * beyond * (0.5 + 2 * (vertices[:, 0] / half_width) ** 2)
        return vertices

    return solid.warped(bend)
