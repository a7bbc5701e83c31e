"""reports/: comparison.csv, tables.md, the charts, and report.html, one page that needs nothing else."""

import base64
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from img2vox.errors import BundleError
from img2vox.evaluation.leaks import Leak, to_leave_out
from img2vox.evaluation.plotting import CURVES, GALLERY, INSTANCES
from img2vox.files import write_bytes, write_text
from img2vox.paths import Paths
from img2vox.reporting.charts import draw_all
from img2vox.reporting.compare import Result, Row, format_comparison
from img2vox.reporting.paper import CATEGORY_FIGURES, paper_figures, paper_tables
from img2vox.reporting.tables import Table, category_table, format_markdown, joint_table, leaks_table, results_table

# Chart -> what it shows, and the paper's figure that it answers.
_CHARTS = {
    "baselines.png": "IoU of each category's network beside what needs no network (not in the paper).",
    "comparison_high.png": "The categories of the paper's Table 3 on their test objects (its Fig. 31).",
    "comparison_low.png": "All other categories on their test objects (the paper's Fig. 55).",
    "categories_top10.png": "The ten largest categories (the paper's Fig. 2).",
    "categories.png": "Objects of all categories (the paper's Fig. 3).",
    "capacities.png": "Categories by capacity (the paper's Fig. 11).",
}
_FIGURES = (CURVES, INSTANCES, GALLERY)

_PAPER_ROLES = (
    "Everything as the paper did it, the roles of the splits too: 30 % of the objects stop the training and choose the "
    "threshold, and its 5 % of unseen data are what is reported here as test objects. The other protocol reports on "
    "the 30 %; the training objects are the same. An IoU of one says nothing about the other."
)

# No script and no request: the policy forbids what the page does not need anyway.
_HEAD = """<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<link rel="icon" href="data:,">
<style>
:root { color-scheme: light dark; --text: #1c2430; --soft: #5b6675; --page: #ffffff; --card: #f4f6f9; --line: #d9dee6; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6eaf0; --soft: #9aa6b5; --page: #14181f; --card: #1d232c; --line: #333c49; }
}
body { margin: 0 auto; max-width: 68rem; padding: 1.5rem 1rem 4rem; font: 16px/1.55 system-ui, sans-serif;
       color: var(--text); background: var(--page); }
h1 { font-size: 1.7rem; margin: 0 0 .3rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .6rem; padding-top: .6rem; border-top: 1px solid var(--line); }
p, figcaption, caption { max-width: 46rem; }
a { color: inherit; }
nav { font-size: .9rem; color: var(--soft); line-height: 1.9; }
.scroll { overflow-x: auto; margin: .8rem 0 1.4rem; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding-bottom: .3rem; }
th, td { padding: .22rem .7rem .22rem 0; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; position: sticky; left: 0; background: var(--page); }
details th:first-child, details td:first-child { background: var(--card); }
.text th, .text td { text-align: left; }
.text td { white-space: normal; min-width: 7rem; }
thead th { color: var(--soft); font-weight: 500; vertical-align: bottom; white-space: normal; max-width: 5.5rem; }
tr.mean td { font-weight: 600; }
figure { margin: .8rem 0 1.4rem; overflow-x: auto; }
figure img { max-width: 100%; min-width: 38rem; height: auto; background: #fff; border-radius: 6px; }
figcaption { position: sticky; left: 0; }
figcaption { font-size: .85rem; color: var(--soft); }
details { background: var(--card); border-radius: 8px; margin: .5rem 0; padding: .4rem .9rem; }
summary { cursor: pointer; font-weight: 600; }
details p { scroll-margin-top: 3.5rem; }
summary span { font-weight: 400; color: var(--soft); font-size: .88rem; }
</style></head><body>
"""


def write_reports(
    paths: Paths,
    results: Sequence[Result],
    rows: Sequence[Row],
    leaks: Sequence[Leak],
    source: str,
    joint: Result | None = None,
) -> None:
    """Write everything that compares categories under reports/.

    Args:
        paths: of the project; each category's figures are read from its models/<slug>/figures.
        results: of read_results().
        rows: of compare().
        leaks: of find_leaks() over all categories.
        source: `data.source`, named in what is written.
        joint: of read_joint(), in the paper's protocol.

    Raises:
        BundleError: a category's figure is missing.
    """
    charts = draw_all(rows)
    shown = [*results, joint] if joint else results
    figures = {result.slug: _read_figures(paths.figures(result.slug)) for result in shown}
    tables = [*paper_tables(results, rows, source), paper_figures(results, rows, joint)]
    on_all = [joint_table(rows, joint.instances)] if joint else []
    write_text(paths.reports / "comparison.csv", format_comparison(rows))
    write_text(paths.reports / "tables.md", format_markdown([*tables, *on_all, leaks_table(leaks)]))
    for name, png in charts.items():
        write_bytes(paths.reports / "figures" / name, png)
    text = format_report(results, rows, tables, leaks, charts, figures, source, joint)
    write_text(paths.reports / "report.html", text)


def format_report(
    results: Sequence[Result],
    rows: Sequence[Row],
    tables: Sequence[Table],
    leaks: Sequence[Leak],
    charts: Mapping[str, bytes],
    figures: Mapping[str, Mapping[str, bytes]],
    source: str,
    joint: Result | None = None,
) -> str:
    """The text of report.html: pictures inside, no script, nothing loaded from anywhere.

    Args:
        results: all categories.
        rows: of compare().
        tables: the paper's beside ours; of paper_tables() and paper_figures().
        leaks: of find_leaks().
        charts: file name -> PNG, of draw_all().
        figures: slug -> file name -> PNG.
        source: `data.source`.
        joint: of read_joint(), in the paper's protocol.
    """
    measured = _measured_on(results, rows, source)
    title = "img2vox: the paper's protocol" if joint else "img2vox: results"
    begin = f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
    parts = [
        begin,
        _HEAD,
        "<main>",
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(measured)}</p>",
        _navigation(rows, joint),
    ]
    parts += [f"<p>{escape(_PAPER_ROLES)}</p>"] if joint else []
    parts += ['<h2 id="results">Results</h2>', f"<p>{escape(_reading_help())}</p>", _html_table(results_table(rows))]
    parts += ['<h2 id="leaks">Leaks</h2>', f"<p>{escape(_leaks(results, leaks))}</p>"]
    parts += [_html_table(leaks_table(leaks))] if leaks else []
    parts += ['<h2 id="charts">Charts</h2>']
    parts += [_html_figure(charts[name], f"{text} {measured}") for name, text in _CHARTS.items() if name in charts]
    parts += [
        '<h2 id="data">The paper\'s tables and figures beside ours</h2>',
        *(_html_table(table) for table in tables),
    ]
    if joint:
        parts += ['<h2 id="joint">One network for the entire data set</h2>', _joint(joint, rows, figures[joint.slug])]
    parts += ['<h2 id="categories">Categories</h2>']
    row_of = {row.name: row for row in rows}
    parts += [_category(result, row_of[result.slug], figures[result.slug]) for result in results]
    parts += ["</main></body></html>\n"]
    return "\n".join(parts)


def _measured_on(results: Sequence[Result], rows: Sequence[Row], source: str) -> str:
    counts = rows[-1].counts
    metrics = results[0].metrics
    return (
        f"Measured on {counts['test']} test objects ({counts['test_real']} real) of {len(results)} categories; data "
        f"source {source}, {counts['objects']} objects ({counts['real']} real, {counts['parametric']} parametric), "
        f"{metrics['convention']} grids with {metrics['resolution']} cells a side."
    )


def _reading_help() -> str:
    return (
        "IoU averages an object's views, then objects. The threshold is chosen on validation objects. Mean shape, "
        "nearest image and oracle nearest need no network: they answer for the same objects from the same pictures, "
        "and the oracle knows the truth and chooses among all objects that the network was trained on, with a joint "
        "start those of all categories: the ceiling of retrieval. Parametric test objects share a generator with "
        "their training set and prove little; read the columns of the real ones."
    )


def _leaks(results: Sequence[Result], leaks: Sequence[Leak]) -> str:
    """Near duplicates: groups as the index has them (read_results refuses torn ones), pairs as the grids show them."""
    sizes: dict[tuple[str, str], int] = {}
    for result in results:
        for row in result.index:
            sizes[result.slug, row.group] = sizes.get((result.slug, row.group), 0) + 1
    groups = [size for size in sizes.values() if size > 1]
    within = sum(not leak.is_across for leak in leaks)
    across = [leak for leak in leaks if leak.is_across]
    left_out = sum(result.metrics["objects"]["left_out"] for result in results)
    held = len({(leak.category, leak.model_id) for leak in across})
    trained = sum(len(names) for names in to_leave_out(across).values())
    known = ""
    if left_out:
        known = f" Held-out objects that it knows nevertheless, {left_out}, are neither validated nor tested on."
    return (
        f"Near duplicates: {len(groups)} groups with {sum(groups)} objects were found within categories by the overlap "
        "of their grids and surfaces; each group lies in one split. Comparing the grids of every training object with "
        f"those of every validation and test object leaves {within} pairs within a category and {len(across)} across "
        f"categories ({held} objects held out, {trained} trained on). A network that is trained on its own category "
        "alone never sees the latter; a joint network, which others may start from, was trained without them."
        f"{known}"
    )


def _navigation(rows: Sequence[Row], joint: Result | None) -> str:
    names = ("results", "leaks", "charts", "data", *(("joint",) if joint else ()), "categories")
    sections = [f'<a href="#{name}">{name}</a>' for name in names]
    categories = [f'<a href="#c-{escape(row.name)}">{escape(row.name)}</a>' for row in rows if not row.is_mean]
    return f"<nav>{' · '.join(sections)}<br>{' '.join(categories)}</nav>"


def _category(result: Result, row: Row, figures: Mapping[str, bytes]) -> str:
    metrics = result.metrics
    iou, nearest = row.measures["iou"] or 0.0, row.measures["nearest_image"] or 0.0
    objects = f"{row.counts['real']} real + {row.counts['parametric']} parametric objects"
    summary = escape(f"IoU {iou:.3f}, nearest image {nearest:.3f}; {objects}")
    slug = escape(result.slug)
    about = (
        f"{result.synset}; {row.network} network, {int(metrics['parameters']):,} parameters, {metrics['epochs']} "
        f"epochs, threshold {metrics['threshold']}; {row.counts['train']} training, {row.counts['val']} validation and "
        f"{row.counts['test']} test objects."
    )
    parts = [
        f"<details><summary>{slug} <span>{summary}</span></summary>",
        f'<p id="c-{slug}">{escape(about)}</p>',  # inside: following a link to it opens the closed block
        _html_table(category_table(row, result.instances)),
        *_category_figures(result.slug, figures),
        "</details>",
    ]
    return "\n".join(parts)


def _category_figures(slug: str, figures: Mapping[str, bytes]) -> list[str]:
    """Curves, IoU of each object and gallery, with the paper's figures of this category, else of the table."""
    curves, instances = (
        f"the paper's Fig. {number}" for number in CATEGORY_FIGURES.get(slug, CATEGORY_FIGURES["table"])
    )
    captions = {
        CURVES: f"Training curves ({curves})",
        INSTANCES: f"IoU of each test object ({instances})",
        GALLERY: "Best, median and worst test object, original beside predicted (the paper's Figs. 18 to 20)",
    }
    return [_html_figure(figures[name], f"{caption}: {slug}.") for name, caption in captions.items()]


def _joint(joint: Result, rows: Sequence[Row], figures: Mapping[str, bytes]) -> str:
    metrics, objects = joint.metrics, joint.metrics["objects"]
    about = (
        "The paper's final experiment trains a complex network on the entire data set; it shows no figure or number of "
        f"it. Here: {metrics['network']} network, {int(metrics['parameters']):,} parameters, {metrics['epochs']} "
        f"epochs on {objects['train']:,} objects of all categories, stopped by {objects['val']:,}; training objects "
        "that look like a held-out one of any category are left out."
    )
    table = _html_table(joint_table(rows, joint.instances))
    return "\n".join([f"<p>{escape(about)}</p>", table, *_category_figures(joint.slug, figures)])


def _html_table(table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in table.header)
    body = []
    for line in table.lines:
        kind = ' class="mean"' if line[0].startswith("mean over") else ""
        body.append(f"<tr{kind}>" + "".join(f"<td>{escape(cell)}</td>" for cell in line) + "</tr>")
    content = f"<caption>{escape(table.title)}</caption><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody>"
    kind = ' class="text"' if table.is_text else ""
    return f'<div class="scroll" tabindex="0"><table{kind}>{content}</table></div>'


def _html_figure(png: bytes, caption: str) -> str:
    width, height = int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")  # of the IHDR chunk
    data = base64.b64encode(png).decode("ascii")
    image = f'<img alt="{escape(caption)}" width="{width}" height="{height}" src="data:image/png;base64,{data}">'
    return f"<figure>{image}<figcaption>{escape(caption)}</figcaption></figure>"


def _read_figures(directory: Path) -> dict[str, bytes]:
    figures = {}
    for name in _FIGURES:
        try:
            figures[name] = (directory / name).read_bytes()
        except OSError as error:
            raise BundleError(f"{directory / name}: cannot be read ({error}); run `dvc repro` again") from error
    return figures
