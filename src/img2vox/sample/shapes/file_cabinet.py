"""Parametric shapes of the category file cabinet."""

from img2vox.sample.shape import Draw, Shape
from img2vox.sample.solids import box, cylinder, four, rounded_box


def file_cabinet(draw: Draw) -> Shape:
    """Filing cabinet: two to five drawers, side by side, one pulled out, on wheels, lateral, with a rolling door."""
    kind = draw.cycle(("four", "open", "pedestal", "lateral", "two", "double", "five", "card", "top open"))
    body, front_gray, trim = draw.gray(150, 200), draw.gray(205, 240), draw.gray(70, 110)
    rows, columns = {
        "four": (4, 1),
        "open": (3, 1),
        "pedestal": (3, 1),
        "lateral": (3, 1),
        "two": (2, 1),
        "double": (4, 2),
        "five": (5, 1),
        "card": (5, 4),
        "top open": (4, 1),
    }[kind]
    width = {"lateral": 1.4, "double": 1.25, "card": 1.2, "two": 0.8}.get(kind, draw.between(0.6, 0.72))
    each = {"lateral": 0.42, "card": 0.2, "pedestal": 0.27, "two": 0.36}.get(kind, draw.between(0.32, 0.36))
    depth, wheels = draw.between(0.65, 0.95), kind == "pedestal"
    base = 0.14 if wheels else 0.06
    height = base + rows * each + 0.05
    shape, front = Shape(), depth / 2
    if wheels:
        shape.add(
            trim,
            *four(cylinder(0.06, 0.05, "x", 12).on(0), width / 2 - 0.08, depth / 2 - 0.1),
            *four(box(0.04, 0.1, 0.04).on(0.06), width / 2 - 0.08, depth / 2 - 0.1),
        )
    else:
        shape.add(trim, box(width - 0.04, base, depth - 0.08).on(0))
    shape.add(body, box(width, height - base, depth).on(base))
    wide = (width - 0.04) / columns
    for row in range(rows):
        for column in range(columns):
            out = {
                ("open", 1): 0.5,
                ("top open", 3): 0.55,
                ("card", 2): 0.3 if column == 1 else 0.0,
                ("lateral", 0): 0.3,
            }.get((kind, row), 0.0)
            x, y = (column - (columns - 1) / 2) * wide, base + 0.02 + (row + 0.5) * each
            if out:
                shape.add(
                    trim,
                    box(wide - 0.06, 0.03, out).at(x, y - each / 2 + 0.05, front + out / 2),
                    *(
                        box(0.025, 0.6 * each, out).at(x + s * (wide / 2 - 0.04), y - 0.1 * each, front + out / 2)
                        for s in (-1, 1)
                    ),
                )
                shape.add(
                    235, *(box(wide - 0.14, 0.62 * each, 0.02).at(x, y, front + t * out) for t in (0.25, 0.5, 0.75))
                )
            shape.add(front_gray, box(wide - 0.035, each - 0.035, 0.05).at(x, y, front + out + 0.015))
            small = min(wide * 0.4, 0.26)
            shape.add(trim, box(small, 0.035, 0.05).at(x, y - 0.06 * (each / 0.34), front + out + 0.06))
            if each > 0.25:
                shape.add(trim, box(small * 0.9, 0.08, 0.012).at(x, y + 0.08, front + out + 0.043))
                shape.add(245, box(small * 0.78, 0.055, 0.014).at(x, y + 0.08, front + out + 0.045))
    if kind == "two":
        shape.add(body - 40, box(width + 0.1, 0.05, depth + 0.1).on(height))
    if kind in ("four", "five"):
        shape.add(trim, cylinder(0.025, 0.03, "z", 8).at(width / 2 - 0.08, height - 0.04, front + 0.01))
    if kind == "pedestal":
        shape.add(trim + 40, rounded_box(width, 0.12, depth, 0.05).on(height))
    return shape
