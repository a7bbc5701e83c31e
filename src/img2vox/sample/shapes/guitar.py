"""Parametric shapes of the category guitar."""

import numpy as np

from img2vox.sample.outlines import Outline, circle, curve, rounded_rectangle
from img2vox.sample.shape import Draw, Shape
from img2vox.sample.solids import Solid, bar, box, cylinder, ellipsoid, extrude, pair, sweep, torus, tube


def _guitar_body(waist: float, upper: float, lower: float) -> Outline:
    """Figure eight of an acoustic guitar, from y = -0.55 to 0.5."""
    half = [
        (0.0, 0.5),
        (0.55 * upper, 0.48),
        (upper, 0.3),
        (waist, 0.06),
        (lower, -0.25),
        (0.62 * lower, -0.52),
        (0.0, -0.55),
    ]
    return curve([*half, *((-x, y) for x, y in half[-2:0:-1])], 3, closed=True)


def _shoulder_strap(top: float) -> Solid:
    """Band from the lower end of the body around to the neck."""
    path = curve(
        [
            (0, -0.5, -0.02),
            (-0.45, -0.35, -0.25),
            (-0.75, 0.2, -0.3),
            (-0.45, 0.6 * top, -0.25),
            (-0.05, 0.7 * top, 0.0),
        ],
        5,
    )
    return sweep(path, rounded_rectangle(0.1, 0.03, 0.01, 1), np.ones(len(path)))


def guitar(draw: Draw) -> Shape:
    """Guitar: acoustic, electric with horns, flying V, single-cut, ukulele, bass, cutaway, arch-top, and more."""
    kinds = (
        "acoustic",
        "horns",
        "flying v",
        "single cut",
        "ukulele",
        "bass",
        "arch-top",
        "explorer",
        "resonator",
        "round",
        "travel",
    )
    kind = draw.cycle(kinds)
    wood, dark, pale = draw.gray(150, 220), draw.gray(60, 85), draw.gray(215, 240)
    deep = {"acoustic": 0.28, "ukulele": 0.26, "arch-top": 0.24, "resonator": 0.26, "round": 0.24}.get(kind, 0.13)
    neck = {"ukulele": 0.5, "bass": 1.15, "travel": 0.8, "resonator": 1.05, "arch-top": 0.75}.get(
        kind, draw.between(0.72, 0.9)
    )
    outlines: dict[str, list[tuple[float, float]]] = {
        "horns": [
            (0.08, 0.28),
            (0.2, 0.42),
            (0.36, 0.52),
            (0.34, 0.3),
            (0.27, 0.05),
            (0.38, -0.28),
            (0.25, -0.52),
            (0, -0.56),
            (-0.28, -0.5),
            (-0.38, -0.22),
            (-0.28, 0.08),
            (-0.38, 0.4),
            (-0.36, 0.66),
            (-0.2, 0.5),
            (-0.08, 0.3),
        ],
        "bass": [
            (0.08, 0.32),
            (0.22, 0.42),
            (0.34, 0.48),
            (0.3, 0.2),
            (0.26, 0.0),
            (0.4, -0.32),
            (0.22, -0.55),
            (0, -0.56),
            (-0.3, -0.45),
            (-0.36, -0.1),
            (-0.26, 0.15),
            (-0.38, 0.5),
            (-0.34, 0.8),
            (-0.2, 0.6),
            (-0.08, 0.36),
        ],
        "single cut": [
            (0.08, 0.28),
            (0.18, 0.3),
            (0.32, 0.45),
            (0.36, 0.3),
            (0.26, 0.06),
            (0.4, -0.25),
            (0.26, -0.5),
            (0, -0.56),
            (-0.26, -0.5),
            (-0.4, -0.25),
            (-0.26, 0.08),
            (-0.34, 0.36),
            (-0.2, 0.48),
            (-0.08, 0.45),
        ],
    }
    angular = {
        "flying v": [
            (0.0, 0.25),
            (0.1, 0.42),
            (0.18, 0.3),
            (0.5, -0.75),
            (0.26, -0.8),
            (0, -0.15),
            (-0.26, -0.8),
            (-0.5, -0.75),
            (-0.18, 0.3),
            (-0.1, 0.42),
        ],
        "explorer": [
            (0.08, 0.35),
            (0.55, 0.62),
            (0.62, 0.5),
            (0.25, 0.05),
            (0.65, -0.55),
            (0.5, -0.68),
            (-0.1, -0.4),
            (-0.6, -0.45),
            (-0.66, -0.3),
            (-0.28, 0.15),
            (-0.2, 0.35),
        ],
        "travel": [
            (0.12, 0.35),
            (0.2, 0.1),
            (0.17, -0.4),
            (0.1, -0.5),
            (-0.1, -0.5),
            (-0.17, -0.4),
            (-0.2, 0.1),
            (-0.12, 0.35),
        ],
    }
    body: Outline
    if kind in outlines:
        body = curve(outlines[kind], 3, closed=True) * (1.2, 1.05)
    elif kind in angular:
        body = np.array(angular[kind])
    elif kind == "round":
        body = circle(0.48, 28)
    else:
        scale = {"ukulele": 0.85, "arch-top": 1.4, "resonator": 0.9}.get(kind, 1.15)
        body = _guitar_body(draw.between(0.22, 0.28), draw.between(0.31, 0.36), draw.between(0.4, 0.47)) * scale
    shape, front = Shape(), deep / 2
    shape.add(wood - 35, extrude(body, deep))
    shape.add(wood, extrude(body * 0.95, 0.02).at(0, 0, front + 0.008))
    fret_top = 0.45 + neck
    shape.add(dark + 20, box(0.11, fret_top - 0.1, 0.06).at(0, 0.1 + (fret_top - 0.1) / 2, front + 0.03))
    shape.add(
        pale,
        *(
            box(0.115, 0.012, 0.012).at(0, 0.25 + (fret_top - 0.25) * (1 - 0.86**k) / (1 - 0.86**13), front + 0.065)
            for k in range(1, 13)
        ),
    )
    head = [(-0.07, 0), (0.07, 0), (0.11, 0.07), (0.1, 0.3), (-0.1, 0.3), (-0.11, 0.07)]
    if kind in ("horns", "bass", "explorer"):
        head = [(-0.07, 0), (0.07, 0), (0.07, 0.08), (0.12, 0.28), (0.03, 0.33), (-0.11, 0.08)]
    if kind == "flying v":
        head = [(-0.07, 0), (0.07, 0), (0.13, 0.1), (0.0, 0.36), (-0.13, 0.1)]
    shape.add(dark, extrude(head, 0.07).turned("x", -8).at(0, fret_top - 0.02, front + 0.01))
    pegs = (-1, 1) if kind not in ("horns", "bass", "explorer") else (-1,)
    shape.add(
        pale,
        *(
            ellipsoid(0.04, 0.025, 0.025, 8).at(x * (0.14 if len(pegs) > 1 else 0.13 - 0.25 * y), fret_top + y, front)
            for x in pegs
            for y in (0.09, 0.17, 0.25)
        ),
    )
    strings = np.linspace(-0.045, 0.045, 4)
    bridge = {"ukulele": -0.2, "flying v": -0.05, "travel": -0.3}.get(kind, -0.28)
    shape.add(pale, *(bar((x, bridge, front + 0.06), (x, fret_top + 0.05, front + 0.07), 0.006, 4) for x in strings))
    shape.add(dark, box(0.26, 0.06, 0.06).at(0, bridge, front + 0.03))
    if kind in ("acoustic", "ukulele"):
        hole = 0.05 if kind == "acoustic" else 0.1
        shape.add(35, cylinder(0.115, 0.03, "z", 24).at(0, hole, front + 0.005))
        shape.add(pale, torus(0.13, 0.015, "z", 24).at(0, hole, front + 0.015))
    elif kind == "arch-top":
        slit = curve([(0.2, 0.1), (0.16, 0.02), (0.2, -0.08), (0.18, -0.18)], 3)
        shape.add(35, *pair(tube(np.column_stack([slit, np.full(len(slit), front + 0.015)]), 0.022, 6)))
        shape.add(
            dark,
            box(0.2, 0.3, 0.02).at(0, -0.4, front + 0.03),
            extrude([(0.08, 0.1), (0.2, 0.05), (0.12, -0.15), (0.08, -0.12)], 0.02).at(0.02, 0.1, front + 0.04),
        )
    elif kind in ("resonator", "round"):
        shape.add(
            pale,
            torus(0.3, 0.03, "z", 28).at(0, -0.12 if kind == "resonator" else 0, front + 0.02),
            cylinder(0.29, 0.03, "z", 28).at(0, -0.12 if kind == "resonator" else 0, front + 0.01),
        )
        shape.add(
            dark,
            *(
                cylinder(0.035, 0.04, "z", 10).at(
                    0.19 * np.cos(t), (-0.12 if kind == "resonator" else 0) + 0.19 * np.sin(t), front + 0.02
                )
                for t in np.arange(9) * 2 * np.pi / 9
            ),
            box(0.26, 0.05, 0.08).at(0, -0.14, front + 0.03),
        )
    else:
        shape.add(dark, *(box(0.22, 0.07, 0.03).at(0, y, front + 0.03) for y in (-0.12, 0.08)))
        if kind not in ("flying v", "travel"):
            arm = tube(
                [(0, bridge, front + 0.06), (0.1, bridge + 0.02, front + 0.1), (0.16, bridge + 0.2, front + 0.12)],
                0.012,
                5,
            )
            shape.add(
                pale,
                *(cylinder(0.03, 0.04, "z", 10).at(*place, front + 0.02) for place in ((0.2, -0.3), (0.25, -0.2))),
                arm,
            )
    if kind in ("resonator", "explorer"):
        # On its stand: two legs before, one behind.
        shape = shape.turned("x", -12)
        shape.add(
            dark,
            *pair(bar((0.1, -0.3, -0.2), (0.45, -0.95, 0.35), 0.03)),
            bar((0, -0.3, -0.2), (0, -0.95, -0.6), 0.03),
            bar((0, -0.4, -0.22), (0, 0.55, -0.38), 0.03),
            *pair(bar((0.2, -0.62, -0.1), (0.2, -0.62, 0.25), 0.03)),
            bar((-0.26, -0.62, 0.0), (0.26, -0.62, 0.0), 0.03),
        )
    elif kind == "round":
        shape.add(dark, _shoulder_strap(fret_top))
    return shape
