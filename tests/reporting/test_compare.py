import csv
import html.parser
import io
import shutil
from dataclasses import replace

import numpy as np
import pytest

from img2vox.data.bundle import format_index
from img2vox.errors import BundleError
from img2vox.evaluation.figures import choose_examples, draw_curves, draw_gallery, draw_instances
from img2vox.evaluation.metrics import bootstrap_ci95
from img2vox.evaluation.plotting import CURVES, GALLERY, INSTANCES
from img2vox.evaluation.predictions import HISTORY_METRICS
from img2vox.reporting.charts import draw_all
from img2vox.reporting.compare import (
    MEAN_OVER_CATEGORIES,
    MEAN_OVER_INSTANCES,
    Result,
    capacity_of,
    compare,
    format_comparison,
    format_table,
    read_results,
)
from img2vox.reporting.paper import by_paper_table, paper_figures, paper_tables
from img2vox.reporting.report import format_report, write_reports
from img2vox.reporting.tables import format_markdown, joint_table, leaks_table
from tests.reporting.example import CATEGORIES, HOW, LEAKS


def test_the_two_means_weigh_categories_and_instances(results):
    rows = compare(results, **HOW)
    assert [row.name for row in rows] == ["table", "bag", MEAN_OVER_CATEGORIES, MEAN_OVER_INSTANCES]
    assert [row.measures["iou"] for row in rows] == pytest.approx([1, 0.5, 0.75, (3 * 1 + 0.5) / 4])
    assert rows[2].counts == rows[3].counts
    assert rows[3].counts["test"] == 4


def test_real_means_leave_out_categories_without_real_test_objects(results):
    rows = compare(results, **HOW)
    assert [row.measures["real_iou"] for row in rows] == [1, None, 1, 1]
    assert [row.counts["test_real"] for row in rows] == [2, 0, 2, 2]


def test_the_mean_over_instances_is_that_of_all_instances(results):
    rows = compare(results, **HOW)
    by_object = {}
    for result in results:
        for instance in result.instances:
            if instance.split == "test":
                by_object.setdefault((result.slug, instance.model_id), []).append(instance.nearest_image_iou)
    expected = np.mean([np.mean(values) for values in by_object.values()])
    assert rows[-1].measures["nearest_image"] == pytest.approx(expected, abs=1e-6)


def test_intervals_pool_objects_that_share_a_name(results):
    rows = compare(results, **HOW)
    found = (rows[-1].measures["iou_ci95_low"], rows[-1].measures["iou_ci95_high"])
    assert found == bootstrap_ci95(np.array([1, 1, 1, 0.5]), 3, 100)  # "object-5" of both categories stays two objects
    assert rows[2].measures["iou_ci95_low"] is None


def test_comparison_csv_reads_back(results):
    lines = list(csv.DictReader(io.StringIO(format_comparison(compare(results, **HOW)))))
    assert [line["category"] for line in lines][-2:] == [MEAN_OVER_CATEGORIES, MEAN_OVER_INSTANCES]
    assert lines[1]["synset"] == "02773838"
    assert lines[1]["iou"] == "0.500000"
    assert lines[1]["real_iou"] == ""
    assert lines[0]["capacity"] == "low"


@pytest.mark.parametrize(
    ("network", "objects", "expected"),
    [("residual", 1999, "low"), ("residual", 2000, "high"), ("low", 8000, "low"), ("high", 12, "high")],
)
def test_capacity_follows_the_papers_networks_and_else_the_size(network, objects, expected):
    assert capacity_of(network, objects, 2000) == expected


def test_the_terminal_table_is_narrow_and_lines_up(results):
    lines = format_table(compare(results, **HOW)).splitlines()
    assert len(lines) == 1 + 1 + 2 + 1 + 2
    assert max(map(len, lines)) <= 80
    assert len({len(line) for line in lines}) == 1
    assert lines[3].split() == ["bag", "5", "+", "3", "0.500", "-", *lines[3].split()[6:]]


def test_conventions_do_not_mix(results):
    other = replace(results[1], metrics={**results[1].metrics, "convention": "paper"})
    with pytest.raises(BundleError, match="paper and standard cannot stand in one table"):
        compare([results[0], other], **HOW)
    with pytest.raises(BundleError, match="no category at all"):
        compare([], **HOW)


def test_metrics_without_a_key_are_refused_by_name(results):
    metrics = {**results[1].metrics, "baselines": {}}
    with pytest.raises(BundleError, match=r"metrics.json of bag: KeyError\('empty'\)"):
        compare([results[0], replace(results[1], metrics=metrics)], **HOW)


def test_charts_cover_each_of_the_papers_tables_that_has_a_category_here(results):
    charts = draw_all(compare(results, **HOW))
    expected = {"categories_top10.png", "categories.png", "capacities.png", "baselines.png"}
    assert set(charts) == expected | {"comparison_high.png", "comparison_low.png"}
    assert set(draw_all(compare(results[1:], **HOW))) == expected | {"comparison_low.png"}
    assert charts == draw_all(compare(results, **HOW))


def test_categories_stand_in_the_order_of_the_papers_tables_and_others_after_them_by_size(results):
    names = ("bag", "clock", "lamp", "mug", "table", "watercraft")
    rows = compare([replace(results[0], slug=name) for name in names], **HOW)
    sizes = dict(zip(names, (9, 1, 1, 10, 1, 1), strict=True))
    rows = [replace(row, counts={**row.counts, "objects": sizes[row.name]}) for row in rows if not row.is_mean]
    high, low = by_paper_table(rows)
    assert [row.name for row in high] == ["table", "lamp"]
    assert [row.name for row in low] == ["watercraft", "clock", "mug", "bag"]


def test_paper_tables_count_the_data_at_hand(results):
    text = format_markdown(paper_tables(results, compare(results, **HOW), "sample"))
    assert "| 3D models | 48,958 | 16 (10 real, 6 parametric) |" in text
    assert "| Pictures | 489,580 rendered, one of each object used | 32 used (2 of each object) |" in text
    table_3, table_4 = text.partition("Table 4")[::2]
    assert "| table | 8,436 | 8 | 5 | 3 | residual |" in table_3
    assert "| bag | 83 | 8 | 5 | 3 | residual |" in table_4
    assert "none here" not in text
    assert "none here" in format_markdown(paper_tables(results, compare(results[1:], **HOW), "sample"))


def test_the_papers_figures_stand_beside_ours_by_number(results):
    table = paper_figures(results, compare(results, **HOW))
    here = {number: there_and_here for number, *there_and_here in table.lines}
    assert here["13"] == [
        "table: 5,609 trained on, 2,405 to stop by, 422 unseen and reported",
        "4 trained on, 1 to stop or choose by, 3 reported",
    ]
    assert here["16"][1] == "loss 0.7000, accuracy 0.9000, reported objects"
    assert here["12, 32"][1] == "residual 12,345"
    assert here["4, 5"][1] == "category not here"
    assert here["31"][1] == "table has the highest accuracy, the lowest IoU at 0.5 is 1.000: table"
    assert here["55"][1] == "1 of 1 over IoU 0.2 at threshold 0.5"
    assert here["none"][1] == "the joint network, models/joint"


@pytest.fixture
def joint(results):
    """What the paper's last experiment would leave for both categories: the empty grid for all of the second one's."""
    instances = [
        replace(one, model_id=f"{result.slug}/{one.model_id}", iou=one.iou * share, iou_at_half=one.iou_at_half * share)
        for result, share in zip(results, (1, 0), strict=True)
        for one in result.instances
    ]
    return Result("joint", "joint", {**results[0].metrics, "network": "high"}, instances, ())


def test_the_joint_network_stands_beside_each_categorys_own_on_the_same_objects(results, joint):
    table = joint_table(compare(results, **HOW), joint.instances)
    assert [line[:4] for line in table.lines] == [
        ("table", "3", "1.000", "1.000"),
        ("bag", "1", "0.500", "0.000"),
        (MEAN_OVER_CATEGORIES, "4", "0.750", "0.500"),
        (MEAN_OVER_INSTANCES, "4", "0.875", "0.750"),
    ]


def test_the_papers_report_shows_its_last_experiment_and_names_its_figures(tree, joint):
    found = read_results(tree, CATEGORIES)
    rows = compare(found, **HOW)
    shutil.copytree(tree.figures("bag"), tree.figures("joint"))
    write_reports(tree, found, rows, LEAKS, "sample", joint)
    text = (tree.reports / "report.html").read_text()
    Page(text)
    assert text.count("img2vox: the paper&#x27;s protocol</") == 2  # title and heading
    assert "high network on 4 objects: loss 0.7000, accuracy 0.9000, IoU 1.000 at threshold 0.5" in text
    assert "Training curves (the paper&#x27;s Fig. 15): table." in text
    assert "IoU of each test object (the paper&#x27;s Fig. 17): joint." in text
    assert "| bag | 1 | 0.500 | 0.000 |" in (tree.reports / "tables.md").read_text()
    write_reports(tree, found, rows, LEAKS, "sample")
    assert "One network for" not in (tree.reports / "report.html").read_text()


def test_leaks_are_named_one_by_one():
    assert "| table object-2 | test | bag object-4 | 0.910 |" in format_markdown([leaks_table(LEAKS)])
    assert "| none |" in format_markdown([leaks_table([])])


class Page(html.parser.HTMLParser):
    """Collects what a browser would act on, and checks that what opens closes."""

    VOID = frozenset({"meta", "link", "img", "br"})

    def __init__(self, text):
        super().__init__()
        self.open, self.links, self.ids, self.alts = [], [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.links += [given[name] for name in ("src", "href", "srcset", "action") if name in given]
        self.ids += [given["id"]] if "id" in given else []
        self.alts += [given.get("alt")] if tag == "img" else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_report_needs_nothing_from_anywhere(results):
    rows = compare(results, **HOW)
    charts = draw_all(rows)
    figures = {result.slug: dict.fromkeys(("curves.png", "instances.png", "gallery.png"), charts["categories.png"])
               for result in results}  # fmt: skip
    text = format_report(results, rows, paper_tables(results, rows, "<sample>"), LEAKS, charts, figures, "<sample>")
    page = Page(text)
    assert all(link.startswith(("data:", "#")) for link in page.links)
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    assert all(page.alts)
    assert len(page.alts) == len(charts) + 2 * 3
    assert "<script" not in text
    assert "url(" not in text
    assert "<sample>" not in text


def test_reports_are_written_from_files_and_the_same_each_time(tree):
    found = read_results(tree, CATEGORIES)
    contents = []
    for _ in range(2):
        write_reports(tree, found, compare(found, **HOW), LEAKS, "sample")
        files = sorted(path for path in tree.reports.rglob("*") if path.is_file())
        contents.append({path.name: path.read_bytes() for path in files})
    assert contents[0] == contents[1]
    assert {"comparison.csv", "tables.md", "report.html", "baselines.png"} <= set(contents[0])


def test_the_report_of_fifty_categories_stays_under_ten_megabytes(bundle, predict, fit, results):
    history = {name: [0.5, 0.4, 0.3] for name in ("epoch", *HISTORY_METRICS)}
    history |= {f"val_{name}": history[name] for name in HISTORY_METRICS}
    test = predict("test")
    instances = results[0].instances
    examples = choose_examples(bundle, test, [one for one in instances if one.split == "test"], 0.5)
    noise = np.random.default_rng(1).random((3, 32, 32, 32)) < 0.1  # harder to compress than any object's pictures
    loud = [replace(example, truth=grid, predicted=grid) for example, grid in zip(examples, noise, strict=True)]
    pictures = {CURVES: draw_curves(history, 0.3), INSTANCES: draw_instances(instances), GALLERY: draw_gallery(loud)}
    fifty = [replace(results[0], slug=f"c{number}", synset=f"{number:08d}") for number in range(50)]
    rows = compare(fifty, **HOW)
    figures = {result.slug: pictures for result in fifty}
    text = format_report(fifty, rows, paper_tables(fifty, rows, "sample"), LEAKS, draw_all(rows), figures, "sample")
    assert len(text.encode()) < 10e6


def test_a_missing_figure_is_named_and_nothing_is_written(tree):
    found = read_results(tree, CATEGORIES)
    (tree.figures("bag") / "gallery.png").unlink()
    with pytest.raises(BundleError, match=r"bag.figures.gallery\.png: cannot be read"):
        write_reports(tree, found, compare(found, **HOW), LEAKS, "sample")
    assert not tree.reports.exists()


def test_near_duplicates_in_two_splits_are_refused(tree, bundle):
    index = [replace(row, group="twins") if row.model_id in ("object-0", "object-2") else row for row in bundle.index]
    tree.index("04379243").write_text(format_index(index))
    with pytest.raises(BundleError, match=r"04379243_index.csv: 1 groups .* twins in test, train"):
        read_results(tree, CATEGORIES)


def test_damaged_instances_are_refused_by_line(tree):
    path = tree.instances("bag")
    path.write_text(path.read_text().replace("0.000000", "nothing", 1))
    with pytest.raises(BundleError, match=r"instances.csv: line \d+: .*nothing"):
        read_results(tree, CATEGORIES)


def test_metrics_that_are_no_json_are_refused_by_name(tree):
    tree.metrics("bag").write_text("{")
    with pytest.raises(BundleError, match=r"metrics.json: cannot be read"):
        read_results(tree, CATEGORIES)
    tree.metrics("bag").write_text("[]")
    with pytest.raises(BundleError, match=r"metrics.json: holds a list"):
        read_results(tree, CATEGORIES)
