"""The stage `evaluate` on files: what does not fit together is one line, and what stood there before still stands."""

import json
from dataclasses import replace

import numpy as np
import pytest

from img2vox.config import load_params
from img2vox.data.bundle import format_index
from img2vox.errors import BundleError
from img2vox.evaluation import stage
from img2vox.evaluation.metrics import THRESHOLDS
from img2vox.evaluation.predictions import HISTORY_METRICS
from img2vox.evaluation.trained_on import write_trained_on
from img2vox.paths import Paths
from tests.project import REPOSITORY

SYNSET = "02773838"


@pytest.fixture
def params():
    params = load_params(REPOSITORY / "params.yaml")
    return replace(params, categories={"bag": SYNSET}, evaluate=replace(params.evaluate, bootstrap_samples=20))


@pytest.fixture
def paths(tmp_path, bundle, predict, fit):
    """All that `evaluate` reads of one category."""
    paths = Paths(tmp_path)
    paths.voxels(SYNSET).parent.mkdir(parents=True)
    paths.category("bag").mkdir(parents=True)
    np.save(paths.voxels(SYNSET), bundle.voxels)
    np.save(paths.images(SYNSET), bundle.images)
    paths.index(SYNSET).write_text(format_index(bundle.index))
    write_predictions(paths, predict("val"), predict("test"))
    splits = {name: dict(vars(split)) for name, split in fit.splits.items()}
    head = {
        "network": "residual",
        "start": "scratch",
        "seen": [],
        "parameters": 5,
        "epochs": 1,
        "network_md5": "x",
        "thresholds": list(THRESHOLDS),
    }
    paths.fit("bag").write_text(json.dumps(head | splits))
    columns = ["epoch", *HISTORY_METRICS, *(f"val_{name}" for name in HISTORY_METRICS)]
    paths.history("bag").write_text(",".join(columns) + "\n1" + ",0.5" * 8 + "\n")
    return paths


def write_predictions(paths, *splits):
    arrays = {}
    for one in splits:
        arrays |= {f"{one.split}_model_ids": np.array(one.model_ids), f"{one.split}_views": one.views}
        arrays[f"{one.split}_occupancy"] = one.occupancy
    np.savez(paths.predictions("bag"), **arrays)


def outputs(paths):
    files = [paths.metrics("bag"), paths.instances("bag"), *sorted(paths.figures("bag").iterdir())]
    return {file: file.read_bytes() for file in files}


def with_nan(occupancy):
    changed = occupancy.copy()
    changed[0, 0, 1, 2, 3] = np.nan
    return changed


def damage_predictions(change):
    return lambda paths, predict, bundle: write_predictions(paths, predict("val"), change(predict("test")))


def cut_history(paths, predict, bundle):
    paths.history("bag").write_text("epoch\n1\n")


def name_no_grid(paths, predict, bundle):
    rows = [*bundle.index, replace(bundle.index[-1], voxel_row=len(bundle.index), model_id="stranger")]
    paths.index(SYNSET).write_text(format_index(rows))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (damage_predictions(lambda p: replace(p, occupancy=with_nan(p.occupancy))), r"predictions\.npz: .*from nan"),
        (damage_predictions(lambda p: replace(p, occupancy=p.occupancy[..., 0])), r"predictions\.npz: .*has shape"),
        (
            damage_predictions(lambda p: replace(p, model_ids=p.model_ids[1:], occupancy=p.occupancy[1:])),
            r"predictions\.npz: 1 of 3 test objects are missing",
        ),
        (name_no_grid, r"_index\.csv: 9 objects, but 02773838_voxels\.npy holds 8 grids"),
        (cut_history, r"history\.csv: line 2 has no loss"),
    ],
)
def test_what_does_not_fit_is_one_line_and_overwrites_nothing(paths, params, bundle, predict, damage, message):
    stage.run("bag", params, paths)
    before = outputs(paths)
    assert json.loads(before[paths.metrics("bag")])["test"]["iou"] == 1  # the oracle's predictions
    damage(paths, predict, bundle)
    with pytest.raises(BundleError, match=message) as caught:
        stage.run("bag", params, paths)
    assert "\n" not in str(caught.value)
    assert outputs(paths) == before


def test_a_network_that_starts_from_the_joint_one_has_its_objects_in_the_oracle(paths, params, bundle):
    stage.run("bag", params, paths)
    own = json.loads(paths.metrics("bag").read_text())["baselines"]["oracle_nearest"]
    fit = json.loads(paths.fit("bag").read_text())
    paths.fit("bag").write_text(json.dumps(fit | {"start": "joint"}))
    with pytest.raises(BundleError, match=r"trained_on\.npz: cannot be read"):
        stage.run("bag", params, paths)
    # A jar that the joint network saw is like every bag that is tested; the bag's own objects are in the file too.
    test_rows = bundle.rows("test")
    write_trained_on(paths.trained_on, {"bag": bundle, "jar": bundle}, {"bag": bundle.rows("train"), "jar": test_rows})
    stage.run("bag", params, paths)
    metrics = json.loads(paths.metrics("bag").read_text())
    assert (metrics["start"], metrics["baselines"]["oracle_nearest"]) == ("joint", 1)
    assert own < 1
