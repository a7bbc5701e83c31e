"""Charts over all categories: the paper's Figs. 2, 3, 11, 31 and 55 for the data at hand, and the baselines."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from img2vox.evaluation.plotting import BLUE, GRAY, GREEN, LIGHT, ORANGE, PURPLE, new_figure, tidy, to_png
from img2vox.reporting.compare import MEAN_OVER_CATEGORIES, MEAN_OVER_INSTANCES, Row
from img2vox.reporting.paper import by_paper_table

_LINE = 0.19  # inches of height for one category
_HEAD = 0.85  # inches for titles and axis labels
# The paper's measures; its IoU is at a threshold of 0.5.
_PANELS = (
    ("loss", "Loss"),
    ("accuracy", "Accuracy"),
    ("binary_crossentropy", "Binary cross-entropy"),
    ("iou_at_0.5", "IoU at 0.5"),
)


def draw_all(rows: Sequence[Row]) -> dict[str, bytes]:
    """Every chart as PNG bytes by file name.

    Args:
        rows: of compare(), with its two mean rows.

    Returns:
        categories_top10.png, categories.png, capacities.png, baselines.png, and comparison_high.png for the
        categories of the paper's Table 3, comparison_low.png for the others, where there are any.
    """
    categories = [row for row in rows if not row.is_mean]
    by_size = sorted(categories, key=lambda row: (-row.counts["objects"], row.name))
    charts = {
        "categories_top10.png": _draw_objects(by_size[:10], "origin"),
        "categories.png": _draw_objects(by_size, "origin"),
        "capacities.png": _draw_objects(by_size, "capacity"),
        "baselines.png": _draw_baselines(categories, [row for row in rows if row.is_mean]),
    }
    for capacity, group in zip(("high", "low"), by_paper_table(categories), strict=True):
        if group:
            charts[f"comparison_{capacity}.png"] = _draw_comparison(group)
    return charts


def _draw_objects(rows: Sequence[Row], by: str) -> bytes:
    """Number of objects of each category, coloured by "origin" or by the paper's "capacity"."""
    figure, axes = _lines([row.name for row in rows])
    places = np.arange(len(rows))
    if by == "origin":
        real = np.array([row.counts["real"] for row in rows])
        parametric = np.array([row.counts["parametric"] for row in rows])
        axes.barh(places, real, color=BLUE, height=0.7, label=f"real ({real.sum()})")
        if parametric.any():
            label = f"parametric ({parametric.sum()})"
            axes.barh(places, parametric, left=real, color=LIGHT, height=0.7, label=label)
    else:
        for capacity, group, color in zip(("high", "low"), by_paper_table(rows), (ORANGE, BLUE), strict=True):
            chosen = [place for place, row in enumerate(rows) if row in group]
            if chosen:
                label = f"{capacity} capacity in the paper ({len(chosen)} categories)"
                sizes = [rows[place].counts["objects"] for place in chosen]
                axes.barh(chosen, sizes, color=color, height=0.7, label=label)
    for place, row in zip(places, rows, strict=True):
        _note(axes, str(row.counts["objects"]), row.counts["objects"], float(place))
    axes.set_xlabel("objects", fontsize=8)
    _legend_above(axes)
    return to_png(figure)


def _draw_comparison(rows: Sequence[Row]) -> bytes:
    """Loss, accuracy, binary cross-entropy and IoU on the test split, best IoU first."""
    ordered = sorted(rows, key=lambda row: (-(row.measures["iou_at_0.5"] or 0.0), row.name))
    height = _HEAD + _LINE * len(ordered)
    figure = new_figure(9.0, height)
    bottom, top = 0.25 / height, 1 - 0.35 / height
    panels = figure.subplots(1, 4, sharey=True, gridspec_kw={
        "left": 0.13, "right": 0.985, "bottom": bottom, "top": top, "wspace": 0.12,
    })  # fmt: skip
    places = np.arange(len(ordered))
    for axes, (name, title), color in zip(panels, _PANELS, (GRAY, GREEN, PURPLE, BLUE), strict=True):
        tidy(axes, "x")
        values = np.array([row.measures[name] for row in ordered], dtype=float)
        axes.barh(places, values, color=color, height=0.7)
        axes.set_xlim(0, 1.22 * max(values.max(), 0.1))  # all may be 0: an axis of millionths would read as one
        for place, value in zip(places, values, strict=True):
            _note(axes, f"{value:.3f}", float(value), float(place))
        axes.locator_params(axis="x", nbins=4)
        axes.set_title(title, fontsize=9, loc="left")
    _name_lines(panels[0], [row.name for row in ordered])
    return to_png(figure)


def _draw_baselines(categories: Sequence[Row], means: Sequence[Row]) -> bytes:
    """IoU of the network beside mean shape, nearest image and oracle, best first, the two means below."""
    ordered = sorted(categories, key=lambda row: (-(row.measures["iou"] or 0.0), row.name))
    rows = [*ordered, *means]
    named = {MEAN_OVER_CATEGORIES: "mean, categories", MEAN_OVER_INSTANCES: "mean, instances"}
    figure, axes = _lines([named.get(row.name, row.name) for row in rows])
    places = np.arange(len(rows))
    values = {
        name: np.array([row.measures[name] for row in rows], dtype=float)
        for name in ("iou", "mean_shape", "nearest_image", "oracle_nearest")
    }
    axes.hlines(places, values["mean_shape"], values["oracle_nearest"], color=LIGHT, linewidth=3)
    axes.plot(values["mean_shape"], places, "|", color=GRAY, markersize=8, markeredgewidth=2, label="mean shape")
    axes.plot(values["nearest_image"], places, "D", color=ORANGE, markersize=4, label="nearest image")
    axes.plot(
        values["oracle_nearest"], places, "|", color=GREEN, markersize=8, markeredgewidth=2, label="oracle nearest"
    )
    axes.plot(values["iou"], places, "o", color=BLUE, markersize=5.5, clip_on=False, label="network")
    axes.axhline(len(ordered) - 0.5, color=GRAY, linewidth=0.8)
    axes.set_xlim(0, 1)
    axes.set_xlabel("IoU on test objects", fontsize=8)
    _legend_above(axes)
    return to_png(figure)


def _lines(names: Sequence[str]) -> tuple[Figure, Axes]:
    """A figure with one line a name, the first on top, as tall as they need."""
    height = _HEAD + _LINE * len(names)
    figure = new_figure(9.0, height)
    axes = figure.add_axes((0.13, 0.45 / height, 0.83, 1 - 0.8 / height))
    tidy(axes, "x")
    _name_lines(axes, names)
    return figure, axes


def _name_lines(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(np.arange(len(names)), labels=list(names), fontsize=8)
    axes.set_ylim(len(names) - 0.4, -0.6)


def _note(axes: Axes, text: str, value: float, place: float) -> None:
    """A small number behind the end of a bar."""
    axes.annotate(text, (value, place), (3, 0), textcoords="offset points", va="center", fontsize=6.5, color=GRAY)


def _legend_above(axes: Axes) -> None:
    axes.legend(fontsize=8, frameon=False, loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncols=5, borderaxespad=0.1)
