"""Parametric shapes of the category mailbox."""

import numpy as np

from img2vox.sample.outlines import rectangle
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.shapes.parts import arch_outline
from img2vox.sample.solids import bar, box, cylinder, extrude, four, lathe, pair, rounded_box, stack, torus, tube


def _rural(body: int, dark: int, wide: float, tall: float, deep: float, is_open: bool) -> Shape:
    """Box with a round top, its door toward +Z, a flag at its side."""
    one = Shape()
    one.add(body, extrude(arch_outline(wide, tall), deep))
    door = Shape()
    door.add(body - 35, extrude(arch_outline(wide + 0.02, tall + 0.01), 0.03))
    door.add(dark, box(0.05, 0.09, 0.05).at(0, tall - 0.1, 0.03))
    if is_open:
        one.add(dark, extrude(arch_outline(wide - 0.06, tall - 0.04), 0.02).at(0, 0.02, deep / 2))
        one.extend(door.turned("x", 80).moved(0, 0.02, deep / 2 + 0.02))
        one.add(
            245,
            box(wide * 0.6, 0.02, 0.5).turned("y", 10).at(0, 0.16, deep / 2),
            box(wide * 0.5, 0.02, 0.4).turned("y", -12).at(0, 0.2, deep / 2 - 0.02),
        )
    else:
        one.extend(door.moved(0, 0, deep / 2))
    one.add(
        80,
        box(0.025, 0.36, 0.04).at(wide / 2 + 0.02, tall * 0.62 + 0.1, 0.1),
        box(0.025, 0.12, 0.2).at(wide / 2 + 0.02, tall * 0.62 + 0.24, 0.2),
    )
    return one


def mailbox(draw: Draw) -> Shape:
    """Mailbox: rural on a post with a flag, pillar box, collection box, wall box, house-shaped, modern, and more."""
    kinds = (
        "rural",
        "pillar",
        "collection",
        "wall",
        "brick",
        "modern",
        "cluster",
        "open",
        "barn",
        "tube",
        "parcel",
        "double",
    )
    kind = draw.cycle(kinds)
    body, dark, post = draw.gray(150, 225), draw.gray(50, 80), draw.gray(100, 140)
    if kind in ("rural", "open", "double"):
        return _rural_mailbox(draw, kind, body, dark, post)
    if kind == "pillar":
        return _pillar(body, dark)
    if kind == "collection":
        return _collection(body, dark)
    if kind == "wall":
        return _wall(body, dark)
    if kind == "brick":
        return _brick(body, dark, post)
    if kind == "modern":
        return _modern(body, dark, post)
    if kind == "cluster":
        return _cluster(body, dark, post)
    if kind == "barn":
        return _barn(body, dark, post)
    if kind == "tube":
        return _tube(body, dark, post)
    return _parcel(body, dark)


def _rural_mailbox(draw: Draw, kind: str, body: int, dark: int, post: int) -> Shape:
    shape = Shape()
    top = draw.between(0.8, 1.05)
    if kind == "double":
        for x in (-0.3, 0.3):
            shape.extend(_rural(body, dark, 0.42, 0.46, 0.8, False).moved(x, top, 0))
        shape.add(
            post,
            box(1.2, 0.06, 0.6).at(0, top - 0.03, 0),
            *pair(box(0.1, top, 0.1).on(0).at(0.35, 0, 0)),
            *pair(bar((0.35, top - 0.3, 0), (0.05, top - 0.03, 0), 0.035)),
        )
    else:
        shape.extend(
            _rural(
                body, dark, draw.between(0.42, 0.55), draw.between(0.5, 0.6), draw.between(0.85, 1.1), kind == "open"
            ).moved(0, top, 0.1)
        )
        shape.add(
            post,
            box(0.13, top, 0.13).on(0),
            box(0.34, 0.05, 0.8).at(0, top - 0.02, 0.1),
            bar((0, top - 0.4, 0.05), (0, top - 0.03, 0.38), 0.045),
        )
    return shape


def _pillar(body: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(
        body - 30,
        lathe(
            [
                (0, 0),
                (0.42, 0),
                (0.42, 0.12),
                (0.36, 0.16),
                (0.36, 1.35),
                (0.43, 1.4),
                (0.43, 1.48),
                (0.3, 1.58),
                (0, 1.64),
            ],
            sides=28,
        ),
    )
    shape.add(
        dark, box(0.34, 0.05, 0.1).at(0, 1.2, 0.33), lathe([(0, 0), (0.425, 0), (0.425, 0.12), (0, 0.12)], sides=28)
    )
    shape.add(
        245,
        rounded_box(0.22, 0.28, 0.06, 0.02, "z").at(0, 0.95, 0.345),
        *(box(0.03, 0.9, 0.06).at(x, 0.72, 0.33) for x in (-0.17, 0.17)),
    )
    return shape


def _collection(body: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(
        body - 40,
        extrude(
            [
                (-0.34, 0.22),
                (0.34, 0.22),
                (0.34, 1.0),
                *((0.34 * np.cos(t), 1.0 + 0.34 * np.sin(t)) for t in np.linspace(0.3, 2.84, 8)),
                (-0.34, 1.0),
            ],
            0.75,
            "x",
        ),
        *four(extrude(rectangle(0.1, 0.24), 0.08).at(0, 0.12, 0), 0.32, 0.28),
    )
    shape.add(
        body,
        rounded_box(0.55, 0.16, 0.06, 0.02, "z").turned("x", -35).at(0, 1.12, 0.32),
        box(0.6, 0.45, 0.03).at(0, 0.5, 0.34),
    )
    shape.add(
        dark, box(0.5, 0.03, 0.05).turned("x", -35).at(0, 1.05, 0.36), cylinder(0.03, 0.04, "z", 8).at(0.22, 0.5, 0.36)
    )
    shape.add(245, box(0.3, 0.16, 0.035).at(0, 0.78, 0.34))
    return shape


def _wall(body: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(body, box(0.75, 0.95, 0.3).at(0, 0.5, 0))
    shape.add(
        body - 40,
        extrude([(-0.17, 0.95), (0.26, 0.93), (0.26, 0.98), (-0.17, 1.1)], 0.82, "x"),
        box(0.66, 0.62, 0.03).at(0, 0.4, 0.15),
    )
    shape.add(dark, box(0.5, 0.05, 0.04).at(0, 0.83, 0.15), cylinder(0.04, 0.05, "z", 10).at(0.24, 0.4, 0.17))
    shape.add(
        245,
        cylinder(0.07, 0.42, "x", 14).at(0, -0.12, 0.1),
        *pair(tube([(0.26, 0.03, -0.05), (0.26, -0.2, 0.0), (0.26, -0.2, 0.18)], 0.02, 6)),
    )
    return shape


def _brick(body: int, dark: int, post: int) -> Shape:
    shape = Shape()
    for k in range(8):
        size = 0.72 if k % 2 else 0.69
        shape.add(post if k % 2 else post + 30, box(size, 0.17, size).on(0.17 * k))
    shape.add(
        body,
        box(0.85, 0.08, 0.85).on(1.36),
        stack(rectangle(0.8, 0.8), [(1.44, 1.0), (1.66, 0.1)]),
        extrude(arch_outline(0.36, 0.36), 0.3).at(0, 0.78, 0.25),
    )
    shape.add(dark, extrude(arch_outline(0.3, 0.3), 0.03).at(0, 0.8, 0.4))
    shape.add(245, box(0.05, 0.05, 0.04).at(0, 1.02, 0.42))
    return shape


def _modern(body: int, dark: int, post: int) -> Shape:
    shape = Shape()
    shape.add(
        body,
        box(0.6, 0.42, 0.5).at(0, 1.3, 0),
        box(0.14, 1.1, 0.08).on(0).at(-0.16, 0, -0.1),
        box(0.5, 0.04, 0.4).on(0),
    )
    shape.add(
        dark,
        box(0.5, 0.05, 0.03).at(0, 1.43, 0.25),
        cylinder(0.025, 0.03, "z", 8).at(0.2, 1.24, 0.26),
        box(0.18, 0.16, 0.02).at(0.0, 1.26, 0.25),
    )
    shape.add(post, box(0.6, 0.2, 0.5).at(0, 0.98, 0), cylinder(0.07, 0.5, "z", 16).at(0.12, 0.98, 0.01))
    return shape


def _cluster(body: int, dark: int, post: int) -> Shape:
    shape = Shape()
    shape.add(body, box(1.25, 1.0, 0.5).on(0.75), box(1.32, 0.07, 0.58).on(1.75))
    shape.add(post, box(0.4, 0.7, 0.3).on(0.05), box(0.75, 0.06, 0.5).on(0))
    for x in np.linspace(-0.46, 0.46, 4):
        for y in np.linspace(0.88, 1.62, 4):
            shape.add(body - 45, box(0.28, 0.21, 0.03).at(x, y, 0.25))
            shape.add(
                dark,
                box(0.12, 0.03, 0.02).at(x, y + 0.05, 0.27),
                cylinder(0.02, 0.02, "z", 6).at(x + 0.08, y - 0.04, 0.27),
            )
    return shape


def _barn(body: int, dark: int, post: int) -> Shape:
    shape = Shape()
    half = [(0.0, 0.85), (0.24, 0.74), (0.36, 0.5), (0.34, 0.0)]
    outline = np.array([*((-x, y) for x, y in half[:0:-1]), *half])
    shape.add(body, extrude(outline, 0.85).at(0, 0.95, 0))
    roof = [(0.26, 0.79), (0.42, 0.46), (0.38, 0.44), (0.22, 0.73)]
    shape.add(
        dark + 30,
        *pair(extrude(roof, 1.0).at(0, 0.97, 0)),
        *pair(extrude([(0.0, 0.92), (0.27, 0.8), (0.24, 0.74), (0.0, 0.85)], 1.0).at(0, 0.97, 0)),
    )
    shape.add(
        245,
        box(0.34, 0.34, 0.03).at(0, 1.18, 0.43),
        *(box(0.46, 0.03, 0.02).turned("z", angle).at(0, 1.18, 0.45) for angle in (45, -45)),
    )
    shape.add(
        post,
        box(0.14, 0.95, 0.14).on(0),
        box(0.6, 0.05, 0.7).at(0, 0.93, 0),
        box(0.025, 0.3, 0.04).at(0.38, 1.3, 0.1),
        box(0.025, 0.1, 0.16).at(0.38, 1.42, 0.18),
    )
    return shape


def _tube(body: int, dark: int, post: int) -> Shape:
    shape = Shape()
    shape.add(body, cylinder(0.28, 1.0, "z").at(0, 1.15, 0.1), cylinder(0.3, 0.06, "z").at(0, 1.15, 0.58))
    shape.add(dark, cylinder(0.24, 0.03, "z").at(0, 1.15, 0.61))
    shape.add(245, *(cylinder(0.07, 0.3, "z", 10).at(x, y, 0.62) for x, y in ((-0.05, 1.1),)))
    shape.add(
        post,
        *pair(bar((0.12, 0, 0.05), (0.12, 0.95, 0.05), 0.04)),
        *(torus(0.285, 0.03, "z").at(0, 1.15, z) for z in (-0.2, 0.3)),
        box(0.5, 0.05, 0.4).on(0),
    )
    return shape


def _parcel(body: int, dark: int) -> Shape:
    shape = Shape()
    shape.add(
        body,
        extrude([(-0.35, 0.1), (0.35, 0.1), (0.35, 1.3), (-0.35, 1.5)], 0.85, "x"),
        box(0.95, 0.05, 0.85).turned("x", 16).at(0, 1.44, 0.02),
        box(0.8, 0.1, 0.65).on(0),
    )
    shape.add(body - 45, box(0.7, 0.72, 0.04).at(0, 0.52, 0.35), box(0.7, 0.2, 0.04).at(0, 1.07, 0.36))
    shape.add(
        dark,
        bar((-0.2, 1.02, 0.43), (0.2, 1.02, 0.43), 0.025),
        cylinder(0.04, 0.05, "z", 10).at(0.26, 0.55, 0.37),
        box(0.3, 0.08, 0.02).at(0, 0.75, 0.375),
    )
    return shape
