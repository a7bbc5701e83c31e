"""Tables of results, and tables as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from img2vox.evaluation.instances import Instance, object_means
from img2vox.evaluation.leaks import Leak
from img2vox.reporting.compare import MEAN_OVER_CATEGORIES, MEAN_OVER_INSTANCES, Row


@dataclass(frozen=True)
class Table:
    """A small table of text.

    Attributes:
        title: what it shows.
        header: (C,) names of the columns.
        lines: each (C,) cells.
        is_text: whether its cells are words rather than numbers.
    """

    title: str
    header: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    is_text: bool = False


def results_table(rows: Sequence[Row]) -> Table:
    """The results of every category, all test objects and real ones alone, baselines beside them."""
    columns = {
        "Test IoU": "iou",
        "at 0.5": "iou_at_0.5",
        "mean shape": "mean_shape",
        "nearest image": "nearest_image",
        "oracle nearest": "oracle_nearest",
        "F-score 1 %": "f_score_1pct",
        "Real IoU": "real_iou",
        "real mean shape": "real_mean_shape",
        "real nearest image": "real_nearest_image",
    }
    lines = []
    for row in rows:
        counts = f"{row.counts['test']} ({row.counts['test_real']})"
        interval = _interval(row, "iou_ci95")
        cells = [_number(row.measures[name]) for name in columns.values()]
        lines.append((row.name, counts, cells[0], interval, *cells[1:]))
    first, *others = columns
    return Table("Results", ("Category", "Test objects (real)", first, "95 %", *others), tuple(lines))


def category_table(row: Row, instances: Sequence[Instance]) -> Table:
    """One category's numbers: network and baselines, over all test objects and over the real ones."""
    names = {
        "Network": "iou",
        "Network, threshold 0.5": "iou_at_0.5",
        "Mean shape": "mean_shape",
        "Nearest image": "nearest_image",
        "Oracle nearest": "oracle_nearest",
    }
    lines = [
        (label, _number(row.measures[name]), _number(row.measures[f"real_{name}"])) for label, name in names.items()
    ]
    lines.insert(1, ("Network, 95 %", _interval(row, "iou_ci95"), _interval(row, "real_iou_ci95")))
    gain = "gain_over_nearest_image_ci95"
    lines.insert(2, ("Gain over nearest image, 95 %", _interval(row, gain), _interval(row, f"real_{gain}")))
    pictures = sum(instance.split == "test" for instance in instances)
    header = (f"IoU, {pictures} pictures", f"{row.counts['test']} test objects", f"{row.counts['test_real']} real ones")
    return Table(row.name, header, tuple(lines))


def joint_table(rows: Sequence[Row], instances: Sequence[Instance]) -> Table:
    """One network for all categories beside each category's own, on the same test objects.

    Args:
        rows: of compare(), with its two mean rows last.
        instances: the joint network's, objects named <slug>/<model_id>.
    """
    of_category: dict[str, list[Instance]] = {}
    for instance in instances:
        if instance.split == "test":
            of_category.setdefault(instance.model_id.partition("/")[0], []).append(instance)
    fields = ("iou", "iou_at_half")
    joint = {
        slug: tuple(float(object_means(found, field).mean()) for field in fields) for slug, found in of_category.items()
    }
    joint[MEAN_OVER_CATEGORIES] = tuple(np.mean(list(joint.values()), axis=0).tolist())
    pooled = [instance for found in of_category.values() for instance in found]
    joint[MEAN_OVER_INSTANCES] = tuple(float(object_means(pooled, field).mean()) for field in fields)
    lines = []
    for row in rows:
        own = (_number(row.measures["iou"]), _number(row.measures["iou_at_0.5"]))
        lines.append((row.name, str(row.counts["test"]), own[0], _number(joint[row.name][0]), own[1],
                      _number(joint[row.name][1])))  # fmt: skip
    header = ("Category", "Test objects", "IoU, own network", "IoU, one for all", "own, at 0.5", "one for all, at 0.5")
    return Table("One network for the entire data set", header, tuple(lines))


def leaks_table(leaks: Sequence[Leak]) -> Table:
    """Every pair of near duplicates of which one is trained on and one held out."""
    lines = tuple(
        (
            f"{leak.category} {leak.model_id}",
            leak.split,
            f"{leak.train_category} {leak.train_model_id}",
            f"{leak.iou:.3f}",
        )
        for leak in leaks
    )
    header = ("Held out", "Split", "Near duplicate in training", "IoU of the grids")
    return Table("Near duplicates across splits", header, lines or (("none", "", "", ""),), is_text=True)


def format_markdown(tables: Sequence[Table]) -> str:
    """Tables as Markdown."""
    parts = []
    for table in tables:
        lines = [table.header, tuple("---" for _ in table.header), *table.lines]
        body = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
        parts.append(f"**{table.title}**\n\n{body}\n")
    return "\n".join(parts)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _interval(row: Row, name: str) -> str:
    low, high = row.measures[f"{name}_low"], row.measures[f"{name}_high"]
    return "-" if low is None or high is None else f"{low:.3f} to {high:.3f}"
