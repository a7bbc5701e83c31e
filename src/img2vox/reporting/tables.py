"""The paper's Tables 1 to 4 for the data at hand, the paper's own numbers beside them."""

from collections.abc import Sequence
from dataclasses import dataclass

from img2vox.catalog import BY_SYNSET, CATEGORIES, PAPER_OBJECTS
from img2vox.evaluation.instances import Instance
from img2vox.reporting.compare import Result, Row

_PAPER_HIGH = {"table", "chair", "airplane", "sofa", "rifle", "lamp"}  # its Table 3


@dataclass(frozen=True)
class Table:
    """A small table of text.

    Attributes:
        title: what it shows.
        header: (C,) names of the columns.
        lines: each (C,) cells.
    """

    title: str
    header: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]


def paper_tables(results: Sequence[Result], rows: Sequence[Row], source: str) -> list[Table]:
    """Tables 1 to 4 of the paper.

    Args:
        results: all categories.
        rows: of compare().
        source: where the meshes come from, `data.source`.
    """
    categories = [row for row in rows if not row.is_mean]
    objects = sum(len(result.index) for result in results)
    real = sum(row.origin == "real" for result in results for row in result.index)
    views = sorted({int(result.metrics["views"]) for result in results})
    pictures = sum(len(result.index) * int(result.metrics["views"]) for result in results)
    side = ", ".join(sorted({str(result.metrics["resolution"]) for result in results}))
    convention = str(results[0].metrics["convention"])
    count = str(len(categories))
    header = ("Field", "Paper", "Here")
    paper_pictures = f"{10 * PAPER_OBJECTS:,}"
    described = Table(
        "Table 1: the data set",
        header,
        (
            ("3D models", f"{PAPER_OBJECTS:,}", f"{objects:,} ({real:,} real, {objects - real:,} parametric)"),
            ("Format", "OBJ", "OBJ"),
            ("Categories", f"50 named, {len(CATEGORIES) - 1} found", count),
            ("Source", "ShapeNetCore", source),
        ),
    )
    processed = Table(
        "Table 2: results of preparing it",
        header,
        (
            ("Pictures used", paper_pictures, f"{pictures:,} ({', '.join(map(str, views))} of each object)"),
            ("Meshes converted into voxel grids", f"{PAPER_OBJECTS:,}", f"{objects:,}"),
            ("Files of voxel grids, one a category", "50", count),
            ("Files of pictures, one a category", "50", count),
            ("Grids", "32 cells a side, stretched, surface", f"{side} cells a side, {convention} convention"),
        ),
    )
    capacities = [
        Table(
            f"Table {number}: categories of {capacity} capacity",
            ("Category", "Objects in the paper", "Objects here", "Real", "Parametric"),
            tuple(_capacity_line(row) for row in _by_size(categories) if row.capacity == capacity)
            or (("none here", "", "", "", ""),),
        )
        for number, capacity in ((3, "high"), (4, "low"))
    ]
    return [described, processed, *capacities]


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


def format_markdown(tables: Sequence[Table]) -> str:
    """Tables as Markdown."""
    parts = []
    for table in tables:
        lines = [table.header, tuple("---" for _ in table.header), *table.lines]
        body = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
        parts.append(f"**{table.title}**\n\n{body}\n")
    return "\n".join(parts)


def _by_size(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (-row.counts["objects"], row.name))


def _capacity_line(row: Row) -> tuple[str, ...]:
    """The paper's count comes from the catalogue, which its tables agree with; a folder's category has none."""
    category = BY_SYNSET.get(row.synset)
    paper = "-" if category is None else f"{category.objects:,}"
    if category is not None and (category.slug in _PAPER_HIGH) != (row.capacity == "high"):
        paper += f" ({'high' if category.slug in _PAPER_HIGH else 'low'} there)"
    counts = row.counts
    return (row.name, paper, f"{counts['objects']:,}", f"{counts['real']:,}", f"{counts['parametric']:,}")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _interval(row: Row, name: str) -> str:
    low, high = row.measures[f"{name}_low"], row.measures[f"{name}_high"]
    return "-" if low is None or high is None else f"{low:.3f} to {high:.3f}"
