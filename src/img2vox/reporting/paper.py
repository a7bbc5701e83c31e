"""The paper's Tables 1 to 4 and what its figures say in numbers, for the data at hand, the paper's own beside them."""

from collections.abc import Sequence

from img2vox.catalog import BY_SYNSET, CATEGORIES, PAPER_HIGH, PAPER_LOW, PAPER_OBJECTS
from img2vox.reporting.compare import Result, Row
from img2vox.reporting.tables import Table

# The paper's figures of each category: its training curves, and the IoU of each of its objects.
CATEGORY_FIGURES = {
    "table": (15, 17),
    "chair": (21, 22),
    "airplane": (23, 24),
    "sofa": (25, 26),
    "rifle": (27, 28),
    "lamp": (29, 30),
    "watercraft": (33, 34),
    "bench": (35, 36),
    "loudspeaker": (37, 38),
    "cabinet": (39, 40),
    "display": (41, 42),
    "bus": (43, 44),
    "bathtub": (45, 46),
    "phone": (47, 48),
    "guitar": (49, 50),
    "faucet": (51, 52),
    "clock": (53, 54),
}


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
    used = ", ".join(map(str, sorted({int(result.metrics["views"]) for result in results})))
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
        is_text=True,
    )
    processed = Table(
        "Table 2: results of preparing it",
        header,
        (
            (
                "Pictures",
                f"{paper_pictures} rendered, one of each object used",
                f"{pictures:,} used ({used} of each object)",
            ),
            ("Meshes converted into voxel grids", f"{PAPER_OBJECTS:,}", f"{objects:,}"),
            ("Files of voxel grids, one a category", "50", count),
            ("Files of pictures, one a category", "50", count),
            ("Grids", "32 cells a side, stretched, surface", f"{side} cells a side, {convention} convention"),
        ),
        is_text=True,
    )
    columns = ("Category", "Objects in the paper", "Objects here", "Real", "Parametric", "Network here")
    high, low = by_paper_table(categories)
    capacities = [
        Table(title, columns, tuple(map(_capacity_line, group)) or (("none here", "", "", "", "", ""),))
        for title, group in (
            ("Table 3: categories of high capacity in the paper", high),
            ("Table 4: categories of low capacity in the paper, which names the twelve from watercraft to clock", low),
        )
    ]
    return [described, processed, *capacities]


def by_paper_table(categories: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """The categories of the paper's Table 3, and all others, those of its Table 4 first; each in the paper's order."""
    places = {slug: place for place, slug in enumerate((*PAPER_HIGH, *PAPER_LOW))}
    ordered = sorted(categories, key=lambda row: (places.get(row.name, len(places)), -row.counts["objects"], row.name))
    return [row for row in ordered if row.name in PAPER_HIGH], [row for row in ordered if row.name not in PAPER_HIGH]


def paper_figures(results: Sequence[Result], rows: Sequence[Row], joint: Result | None = None) -> Table:
    """The paper's figures by number: what they show there, and the same here or where to find it.

    Args:
        results: all categories.
        rows: of compare().
        joint: the network of the paper's last experiment; None where the protocol has none.
    """
    found = {result.slug: result for result in results}
    table, airplane = found.get("table"), found.get("airplane")
    measures = {row.name: row.measures for row in rows}
    none = "category not here"

    split, epochs, unseen, grids, pictures = none, none, none, none, none
    if table is not None:
        objects = table.metrics["objects"]
        split = (
            f"{objects['train']:,} trained on, {objects['val']:,} to stop or choose by, {objects['test']:,} reported"
        )
        epochs = f"{table.metrics['epochs']} epochs"
        unseen = f"loss {measures['table']['loss']:.4f}, accuracy {measures['table']['accuracy']:.4f}, reported objects"
    if airplane is not None:
        side, count = airplane.metrics["resolution"], len(airplane.index)
        grids = f"({count:,}, {side}, {side}, {side}, 1) bool"
        pictures = f"{count * int(airplane.metrics['views']):,} pictures used"
    networks = sorted({(row.network, int(found[row.name].metrics["parameters"])) for row in rows if not row.is_mean})
    parameters = "; ".join(f"{network} {count:,}" for network, count in networks)
    high, low = by_paper_table([row for row in rows if not row.is_mean])
    extremes = "the charts"
    if high:
        accurate = max(high, key=lambda row: row.measures["accuracy"] or 0.0).name
        lowest = min(row.measures["iou_at_0.5"] or 0.0 for row in high)
        names = [row.name for row in high if (row.measures["iou_at_0.5"] or 0.0) == lowest]
        extremes = f"{accurate} has the highest accuracy, the lowest IoU at 0.5 is {lowest:.3f}: {', '.join(names)}"
    over = (
        f"{sum((row.measures['iou_at_0.5'] or 0.0) > 0.2 for row in low)} of {len(low)} over IoU 0.2 at threshold 0.5"
    )
    lines = (
        ("1, 6, 8", "objects and rendered pictures", "`img2vox contact-sheet data/renders/<synset>.zip`"),
        ("2, 3", "categories by number of objects", "the charts"),
        ("4, 5", "airplane's grids: (4,045, 32, 32, 32, 1) bool", grids),
        ("7, 9, 10", "airplane's pictures: 40,450 of 128 x 128", pictures),
        ("11", "6 categories of high, the others of low capacity", "the charts"),
        ("12, 32", "high 570,714,561 and low 1,095,833 parameters", parameters),
        ("13", "table: 5,609 trained on, 2,405 to stop by, 422 unseen and reported", split),
        ("14", "table: 20 epochs, weights of epoch 15", epochs),
        ("15, 21 ... 53", "training curves of each category", "categories, below"),
        ("16", "table: loss 0.3871, accuracy 0.8512, unseen 5 %", unseen),
        ("17, 22 ... 54", "IoU of each object", "categories, below"),
        ("18 to 20", "original beside predicted, three samples", "categories, below: best, median, worst"),
        ("31", "high-capacity categories: airplane has the highest accuracy and the lowest IoU", extremes),
        ("55", "low-capacity categories across all metrics; 5 over IoU 0.2", over),
        ("56 to 65", "the web application", "`make app`"),
        ("none", "final experiment: the entire data set in one complex network", _joint_line(joint)),
    )
    return Table("The paper's figures", ("Figure", "In the paper", "Here"), lines, is_text=True)


def _joint_line(joint: Result | None) -> str:
    if joint is None:
        return "the joint network, models/joint"
    metrics, test = joint.metrics, joint.metrics["test"]
    return (
        f"{metrics['network']} network on {metrics['objects']['train']:,} objects: loss {test['loss']:.4f}, accuracy "
        f"{test['accuracy']:.4f}, IoU {test['iou_at_0.5']:.3f} at threshold 0.5; section below"
    )


def _capacity_line(row: Row) -> tuple[str, ...]:
    """The paper's count comes from the catalogue, which its tables agree with; a folder's category has none."""
    category = BY_SYNSET.get(row.synset)
    paper = "-" if category is None else f"{category.objects:,}"
    counts = row.counts
    return (row.name, paper, f"{counts['objects']:,}", f"{counts['real']:,}", f"{counts['parametric']:,}", row.network)
