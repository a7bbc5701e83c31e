"""Stage `compare`: every category's numbers -> reports/."""

import logging
from collections.abc import Sequence

from img2vox.config import Params
from img2vox.data.bundle import open_bundle
from img2vox.evaluation.leaks import Leak, find_leaks
from img2vox.paths import Paths
from img2vox.reporting.compare import Result, Row, compare, format_table, read_joint, read_results
from img2vox.reporting.report import write_reports
from img2vox.seeds import derive_seed

log = logging.getLogger(__name__)


def run(params: Params, paths: Paths) -> None:
    """Write the comparison, the charts and the report over all categories."""
    results = read_results(paths, params.categories)
    rows = _rows(results, params)
    joint = read_joint(paths) if params.register.protocol == "paper" else None  # its last experiment
    write_reports(paths, results, rows, _leaks(params, paths), params.data.source, joint)
    log.info("compare: %d categories, %s", len(results), paths.reports / "report.html")


def table(params: Params, paths: Paths) -> str:
    """The results as text, and where to look next."""
    results = read_results(paths, params.categories)
    return (
        f"{format_table(_rows(results, params))}\n"
        f"next: open {(paths.reports / 'report.html').resolve()}\n"
        "      make ui, then http://127.0.0.1:5000: every run and every registered network\n"
    )


def _leaks(params: Params, paths: Paths) -> list[Leak]:
    bundles = {
        slug: open_bundle(paths.voxels(synset), paths.images(synset), paths.index(synset))
        for slug, synset in params.categories.items()
    }
    return find_leaks(bundles, params.prepare.near_duplicate_iou)


def _rows(results: Sequence[Result], params: Params) -> list[Row]:
    return compare(
        results,
        high_capacity_min_objects=params.train.high_capacity_min_objects,
        seed=derive_seed(params.seed, "compare"),
        bootstrap_samples=params.evaluate.bootstrap_samples,
    )
