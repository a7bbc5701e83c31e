"""Two evaluated categories, in memory and as files."""

import json
from dataclasses import replace

import pytest

from img2vox.data.bundle import format_index
from img2vox.evaluation.evaluate import evaluate
from img2vox.evaluation.instances import format_instances
from img2vox.paths import Paths
from img2vox.reporting.charts import draw_all
from img2vox.reporting.compare import Result, compare
from tests.reporting.example import HOW


@pytest.fixture
def results(bundle, predict, fit):
    """Two categories: an oracle's with three test objects, two real; and one parametric test object, half right."""
    how = {"convention": "standard", "fraction": 1.0, "seed": 1, "bootstrap_samples": 20, "threshold_tolerance": 0.0}
    first = evaluate(bundle, predict("val"), predict("test"), fit, category="table", **how)
    index = tuple(
        replace(row, split="train" if row.model_id in ("object-2", "object-7") else row.split) for row in bundle.index
    )
    single = replace(bundle, index=index)
    test = predict("test")
    half = test.occupancy[1:2].copy()
    half[:, 1] = 0  # one of two views is answered with the empty grid
    test = replace(test, model_ids=test.model_ids[1:2], occupancy=half)
    second = evaluate(single, predict("val"), test, fit, category="bag", **how)
    return [
        Result("table", "04379243", first.metrics, first.instances, bundle.index),
        Result("bag", "02773838", second.metrics, second.instances, single.index),
    ]


@pytest.fixture
def tree(tmp_path, results):
    """The files that the stages before leave, for both categories."""
    paths = Paths(tmp_path)
    for result in results:
        directory = paths.figures(result.slug)
        directory.mkdir(parents=True)
        png = draw_all(compare([result], **HOW))["categories.png"]
        for name in ("curves.png", "instances.png", "gallery.png"):
            (directory / name).write_bytes(png)
        paths.metrics(result.slug).write_text(json.dumps(result.metrics))
        paths.instances(result.slug).write_text(format_instances(result.instances))
        paths.index(result.synset).parent.mkdir(parents=True, exist_ok=True)
        paths.index(result.synset).write_text(format_index(result.index))
    return paths
