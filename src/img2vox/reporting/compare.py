"""All categories beside each other: comparison.csv, the two means, and the table that a terminal shows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from img2vox.data.bundle import IndexRow, read_index
from img2vox.errors import BundleError
from img2vox.evaluation.instances import Instance, object_means, read_instances
from img2vox.evaluation.metrics import bootstrap_ci95, paired_bootstrap_ci95
from img2vox.evaluation.predictions import read_json
from img2vox.files import format_csv
from img2vox.paths import JOINT, Paths

MEAN_OVER_CATEGORIES = "mean over categories"
MEAN_OVER_INSTANCES = "mean over instances"

# Column of comparison.csv -> where metrics.json has it, and which count of objects its mean over instances weighs by.
_MEASURES = {
    "train_iou": (("train", "iou"), "train"),
    "train_mean_shape": (("train", "mean_shape_iou"), "train"),
    "loss": (("test", "loss"), "test"),
    "accuracy": (("test", "accuracy"), "test"),
    "binary_crossentropy": (("test", "binary_crossentropy"), "test"),
    "iou": (("test", "iou"), "test"),
    "iou_at_0.5": (("test", "iou_at_0.5"), "test"),
    "f_score_1pct": (("test", "f_score_1pct"), "test"),
    "chamfer_l1": (("test", "chamfer_l1"), "test"),
    "occupancy_ratio": (("test", "occupancy_ratio"), "test"),
    "empty": (("baselines", "empty"), "test"),
    "mean_shape": (("baselines", "mean_shape"), "test"),
    "nearest_image": (("baselines", "nearest_image"), "test"),
    "oracle_nearest": (("baselines", "oracle_nearest"), "test"),
    "real_iou": (("test", "real", "iou"), "test_real"),
    "real_iou_at_0.5": (("test", "real", "iou_at_0.5"), "test_real"),
    "real_f_score_1pct": (("test", "real", "f_score_1pct"), "test_real"),
    "real_chamfer_l1": (("test", "real", "chamfer_l1"), "test_real"),
    "real_mean_shape": (("baselines_real", "mean_shape"), "test_real"),
    "real_nearest_image": (("baselines_real", "nearest_image"), "test_real"),
    "real_oracle_nearest": (("baselines_real", "oracle_nearest"), "test_real"),
}
# Intervals: of the network's IoU, and of what it gains over the nearest training image on the same objects.
_INTERVALS = ("iou_ci95", "gain_over_nearest_image_ci95", "real_iou_ci95", "real_gain_over_nearest_image_ci95")
_COUNTS = ("objects", "real", "parametric", "train", "val", "test", "test_real")


@dataclass(frozen=True)
class Result:
    """One category as the stages before left it.

    Attributes:
        slug: its name.
        synset: WordNet offset.
        metrics: the content of metrics.json.
        instances: the content of instances.csv.
        index: the objects of the bundle's index, without turned copies.
    """

    slug: str
    synset: str
    metrics: Mapping[str, Any]
    instances: Sequence[Instance]
    index: Sequence[IndexRow]


@dataclass(frozen=True)
class Row:
    """One line of comparison.csv.

    Attributes:
        name: a category's slug, or MEAN_OVER_CATEGORIES or MEAN_OVER_INSTANCES.
        synset: empty for a mean, as are network and capacity.
        network: residual, low or high.
        capacity: low or high; see capacity_of.
        counts: objects that were used, by _COUNTS.
        measures: numbers by column; None where there is no real test object to measure.
    """

    name: str
    synset: str
    network: str
    capacity: str
    counts: Mapping[str, int]
    measures: Mapping[str, float | None]

    @property
    def is_mean(self) -> bool:
        """Whether this is one of the two mean rows."""
        return not self.synset


def read_results(paths: Paths, categories: Mapping[str, str]) -> list[Result]:
    """Read what evaluating each category left.

    Args:
        paths: of the project.
        categories: slug -> synset.

    Raises:
        BundleError: a file is missing or damaged, or near duplicates stand in two splits.
    """
    results = []
    for slug, synset in categories.items():
        index = read_index(paths.index(synset))
        _require_whole_groups(str(paths.index(synset)), index)
        metrics, instances = read_json(paths.metrics(slug)), read_instances(paths.instances(slug))
        objects = [row for row in index if row.is_object]
        results.append(Result(slug, synset, metrics, instances, objects))
    return results


def read_joint(paths: Paths) -> Result:
    """Read what evaluating the paper's joint network left; its bundle is in no file, so that the index is empty.

    Raises:
        BundleError: a file is missing or damaged.
    """
    return Result(JOINT, JOINT, read_json(paths.metrics(JOINT)), read_instances(paths.instances(JOINT)), ())


def capacity_of(network: str, objects: int, high_capacity_min_objects: int) -> str:
    """The paper's grouping (its Tables 3 and 4): by the network where it is one of the paper's, else by size."""
    if network in ("low", "high"):
        return network
    return "high" if objects >= high_capacity_min_objects else "low"


def compare(
    results: Sequence[Result], *, high_capacity_min_objects: int, seed: int, bootstrap_samples: int
) -> list[Row]:
    """One row a category, in the order of `results`, then the two means.

    "mean over categories" weighs categories alike, "mean over instances" objects: both are in use in the
    literature, and differ by some hundredths. Only the second has intervals, over all test objects pooled.

    Args:
        results: one or more.
        high_capacity_min_objects: see capacity_of.
        seed: of the bootstrap.
        bootstrap_samples: of the bootstrap.

    Raises:
        BundleError: a metrics.json without one of the keys, or grids of different conventions.
    """
    conventions = sorted({str(result.metrics.get("convention")) for result in results})
    if len(conventions) != 1:
        found = " and ".join(conventions) or "no category at all"
        raise BundleError(
            f"metrics.json of {found} cannot stand in one table; evaluate all with one voxelize.convention"
        )
    rows = [_category_row(result, high_capacity_min_objects, seed, bootstrap_samples) for result in results]
    counts = {name: sum(row.counts[name] for row in rows) for name in _COUNTS}
    no_intervals = dict.fromkeys(f"{name}_{end}" for name in _INTERVALS for end in ("low", "high"))
    over_categories = {name: _mean([(row.measures[name], 1) for row in rows]) for name in _MEASURES}
    over_instances = {
        name: _mean([(row.measures[name], row.counts[weight]) for row in rows])
        for name, (_, weight) in _MEASURES.items()
    }
    pooled = [
        # A model_id may stand in two categories: ShapeNet has such objects.
        [_renamed(instance, result.slug) for instance in result.instances]
        for result in results
    ]
    intervals = _intervals([instance for instances in pooled for instance in instances], seed, bootstrap_samples)
    return [
        *rows,
        Row(MEAN_OVER_CATEGORIES, "", "", "", counts, over_categories | no_intervals),
        Row(MEAN_OVER_INSTANCES, "", "", "", counts, over_instances | intervals),
    ]


def format_comparison(rows: Sequence[Row]) -> str:
    """The text of comparison.csv; six digits, empty where nothing was measured."""
    measures = list(rows[0].measures)

    def cells(row: Row) -> list[object]:
        values = (row.measures[name] for name in measures)
        written = ["" if value is None else f"{value:.6f}" for value in values]
        return [row.name, row.synset, row.network, row.capacity, *(row.counts[name] for name in _COUNTS), *written]

    return format_csv(["category", "synset", "network", "capacity", *_COUNTS, *measures], map(cells, rows))


def format_table(rows: Sequence[Row]) -> str:
    """The results as plain text for a terminal, one line a category and the two means, within 80 columns.

    IoU of all test objects, of the real ones alone, and of two answers that need no network.
    """
    header = ["category", "real + parametric", "IoU", "real", "mean shape", "nearest image"]
    names = ("iou", "real_iou", "mean_shape", "nearest_image")
    lines = [header]
    for row in rows:
        objects = f"{row.counts['real']} + {row.counts['parametric']}"
        lines.append([row.name, objects, *(_three_digits(row.measures[name]) for name in names)])
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    texts = []
    for line in lines:
        cells = [
            line[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)),
        ]
        texts.append("  ".join(cells).rstrip())
    rule = "-" * max(len(text) for text in texts)
    means = sum(row.is_mean for row in rows)
    return "\n".join([texts[0], rule, *texts[1 : len(texts) - means], rule, *texts[len(texts) - means :]]) + "\n"


def _three_digits(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _category_row(result: Result, high_capacity_min_objects: int, seed: int, samples: int) -> Row:
    metrics = result.metrics
    try:
        objects = metrics["objects"]
        real = (metrics["test"]["real"] or {}).get("objects", 0)
        counts = {name: int(objects[name]) for name in ("real", "parametric", "train", "val", "test")}
        counts = {"objects": counts["real"] + counts["parametric"], **counts, "test_real": int(real)}
        measures = {name: _look_up(metrics, keys) for name, (keys, _) in _MEASURES.items()}
        network = str(metrics["network"])
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(
            f"metrics.json of {result.slug}: {error!r}; run `dvc repro reports/dvc.yaml:evaluate@{result.slug}`"
        ) from error
    capacity = capacity_of(network, counts["objects"], high_capacity_min_objects)
    intervals = _intervals(result.instances, seed, samples)
    return Row(result.slug, result.synset, network, capacity, counts, measures | intervals)


def _look_up(metrics: Mapping[str, Any], keys: Sequence[str]) -> float | None:
    """A nested number; None where an object on the way is null."""
    value: Any = metrics
    for key in keys:
        value = value[key]
        if value is None:
            return None
    return float(value)


def _intervals(instances: Sequence[Instance], seed: int, samples: int) -> dict[str, float | None]:
    on_test = [instance for instance in instances if instance.split == "test"]
    real = [instance for instance in on_test if instance.origin == "real"]
    found: dict[str, float | None] = {}
    for prefix, chosen in (("", on_test), ("real_", real)):
        iou_ci: tuple[float | None, float | None] = (None, None)
        gain_ci: tuple[float | None, float | None] = (None, None)
        if chosen:
            ious, nearest = object_means(chosen, "iou"), object_means(chosen, "nearest_image_iou")
            iou_ci = bootstrap_ci95(ious, seed, samples)
            gain_ci = paired_bootstrap_ci95(ious, nearest, seed, samples)
        found |= {f"{prefix}iou_ci95_low": iou_ci[0], f"{prefix}iou_ci95_high": iou_ci[1]}
        gain = f"{prefix}gain_over_nearest_image_ci95"
        found |= {f"{gain}_low": gain_ci[0], f"{gain}_high": gain_ci[1]}
    return found


def _mean(weighted: Sequence[tuple[float | None, int]]) -> float | None:
    present = [(value, weight) for value, weight in weighted if value is not None and weight]
    if not present:
        return None
    values, weights = zip(*present, strict=True)
    return float(np.average(values, weights=weights))


def _renamed(instance: Instance, slug: str) -> Instance:
    return Instance(**{**vars(instance), "model_id": f"{slug}/{instance.model_id}"})


def _require_whole_groups(source: str, index: Sequence[IndexRow]) -> None:
    """Near duplicates in training and test would make any network look good."""
    splits: dict[str, Counter[str]] = {}
    for row in index:
        splits.setdefault(row.group, Counter())[row.split] += 1
    torn = sorted(group for group, counter in splits.items() if len(counter) > 1)
    if torn:
        found = ", ".join(sorted(splits[torn[0]]))
        raise BundleError(
            f"{source}: {len(torn)} groups of near duplicates stand in several splits, such as {torn[0]} in {found}; "
            "run `dvc repro` for this category again"
        )
