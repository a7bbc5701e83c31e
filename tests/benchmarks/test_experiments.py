"""benchmarks/experiments.py: which commands it gives DVC, and the numbers of what they leave."""

import subprocess
from dataclasses import replace

import numpy as np
import pytest

import experiments
from img2vox.config import load_params
from img2vox.evaluation.instances import Instance, format_instances
from img2vox.paths import Paths

LINE = Instance("test", "a", "real", 0, 0.5, 0.4, 0.1, 0.1, 1.0, 0.3, 0.2, 0.6)


@pytest.fixture
def params():
    return load_params(experiments.ROOT / "paper" / "params.yaml")


def test_the_small_categories_are_those_of_which_shapenet_has_the_fewest(params):
    assert experiments.smallest(params, 3) == ["cap", "keyboard", "remote"]


def test_an_experiment_starts_from_the_committed_params_and_names_all_that_differs(monkeypatch, tmp_path):
    said = []
    monkeypatch.setattr(subprocess, "run", lambda command, **_: said.append(" ".join(command)))
    experiments.experiment(tmp_path, "cells-16", {"voxelize.resolution": 16}, ["chair", "mug"])
    assert said[0].endswith("checkout --quiet params.yaml")
    assert "--set-param split.roles=standard --set-param voxelize.resolution=16" in said[1]
    assert said[1].endswith("reports/dvc.yaml:evaluate@chair reports/dvc.yaml:evaluate@mug")


def test_only_tested_objects_count_each_once(tmp_path):
    path = Paths(tmp_path).instances("mug")
    path.parent.mkdir(parents=True)
    views = [replace(LINE, view=view, iou=iou) for view, iou in ((0, 0.25), (1, 0.75))]
    others = [replace(LINE, split="val", model_id="b"), replace(LINE, model_id="c", iou=0.125)]
    path.write_text(format_instances([*views, *others]), encoding="utf-8")
    assert experiments.means_of_tested(tmp_path, ["mug"])["mug"].tolist() == [0.5, 0.125]
    assert experiments.means_of_tested(tmp_path, ["mug"], "mean_shape_iou")["mug"].tolist() == [0.2, 0.2]


def test_the_gain_is_of_pairs(params):
    plain = np.array([0.1, 0.5, 0.9])
    numbers = experiments.gain(plain, plain + 0.125, params)
    assert numbers["turned_objects"] == 3
    for key in ("turned_gain", "turned_gain_ci_low", "turned_gain_ci_high"):
        assert numbers[key] == pytest.approx(0.125)
