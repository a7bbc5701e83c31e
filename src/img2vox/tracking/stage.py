"""Stage `register`: runs and networks -> MLflow, and a receipt that says nothing but what was registered."""

import json
import logging

from img2vox.config import Params, flatten
from img2vox.errors import RegistryError
from img2vox.files import write_text
from img2vox.paths import JOINT, Paths
from img2vox.tracking.delivery import register_all
from img2vox.tracking.entry import read_entry, read_rows
from img2vox.tracking.gate import Gate
from img2vox.tracking.live import live_directory
from img2vox.tracking.promotions import promotions_path, read_promotions
from img2vox.tracking.provenance import git_tags, hash_of, recorded_inputs
from img2vox.tracking.runs import Pipeline
from img2vox.tracking.spool import Spool
from img2vox.tracking.store import open_store

log = logging.getLogger(__name__)


def run(params: Params, paths: Paths) -> None:
    """Deliver the run and the network of every category, and the joint one's; what is there already is left alone."""
    settings = params.register
    comparison = _read_comparison(paths)
    inputs = recorded_inputs(paths.root, [*params.categories, JOINT])
    missing = [slug for slug in params.categories if slug not in comparison]
    if missing:
        raise RegistryError(
            f"{paths.reports / 'comparison.csv'}: no row for {missing[0]}; run `dvc repro reports/dvc.yaml:compare`"
        )
    entries = [
        read_entry(slug, synset, settings.protocol, comparison[slug]["capacity"], inputs[slug], paths)
        for slug, synset in params.categories.items()
    ]
    if paths.joint.is_file():
        entries.append(read_entry(JOINT, "", settings.protocol, JOINT, inputs[JOINT], paths))
    values = flatten(params)
    pipeline = Pipeline(
        key=hash_of({**values, **{f"categories.{entry.slug}": entry.key for entry in entries}}),
        protocol=settings.protocol,
        params=values,
        tags=git_tags(paths.root),
        numbers=_means(comparison),
        files=[path for path in (paths.reports / "comparison.csv", paths.reports / "report.html") if path.is_file()],
        figures=paths.reports / "figures",
    )
    gate = Gate(
        min_gain=settings.min_gain,
        min_test_objects=settings.min_test_objects,
        bootstrap_samples=params.evaluate.bootstrap_samples,
        seed=params.seed,
        by_hand=read_promotions(promotions_path(paths.root)),
    )
    store = open_store(paths.root, settings.experiment)
    Spool(live_directory(paths.root)).carry_over()
    receipt = {"experiment": settings.experiment, **register_all(store, entries, pipeline, gate)}
    write_text(paths.receipt, json.dumps(receipt, indent=2) + "\n")
    log.info("register: %d runs and networks are in %s", len(entries), store.uri)


def _read_comparison(paths: Paths) -> dict[str, dict[str, str]]:
    path = paths.reports / "comparison.csv"
    try:
        return {row["category"]: row for row in read_rows(path, "category")}
    except (OSError, ValueError) as error:
        raise RegistryError(f"{path}: cannot be read ({error}); run `dvc repro reports/dvc.yaml:compare`") from error


def _means(comparison: dict[str, dict[str, str]]) -> dict[str, float]:
    """The two mean rows, each number under <row>.<column>; the columns of text are empty there."""
    return {
        f"{name.replace(' ', '_')}.{column}": float(value)
        for name, row in comparison.items()
        if name.startswith("mean over")
        for column, value in row.items()
        if column != "category" and value
    }
