"""The k-fold benchmark: folds, pooled numbers, the shuffled control, and a tiny run of the whole."""

import csv
import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kfold as benchmark
import learning
from common import side_by_side
from img2vox.config import load_params
from img2vox.data.bundle import Bundle, IndexRow
from img2vox.evaluation.metrics import paired_bootstrap_ci95
from tests.project import REPOSITORY, environment


def index_of(groups, real):
    return [
        IndexRow(row, f"m{row}", "train", "real" if is_real else "parametric", f"g{group}")
        for row, (group, is_real) in enumerate(zip(groups, real, strict=True))
    ]


@given(
    st.lists(st.tuples(st.integers(0, 15), st.booleans()), min_size=1, max_size=40),
    st.integers(2, 6),
    st.integers(0, 2**32 - 1),
)
def test_each_real_object_is_tested_once_and_near_duplicates_stay_together(objects, folds, seed):
    index = index_of(*zip(*objects, strict=True))
    dealt = benchmark.deal(index, folds, 0.05, np.random.default_rng(seed))
    tested = [int(row) for fold in dealt for row in fold.test]
    real = [row.voxel_row for row in index if row.origin == "real"]
    assert len(tested) == len(set(tested))
    assert set(tested) <= set(real)
    # A fold that would leave one group to train on, and none to choose the threshold, tests nothing.
    untested = {row.group for row in index if row.voxel_row in set(real) - set(tested)}
    assert not untested or len({row.group for row in index} - untested) < 2
    for fold in dealt:
        parts = [{index[row].group for row in rows} for rows in (fold.train, fold.val, fold.test)]
        assert all(parts)
        assert sum(map(len, parts)) == len(set.union(*parts))


def test_numbers_are_pooled_over_objects_and_paired_by_name():
    scores = {
        "bag": {"residual": {"b": 0.5, "a": 0.9}, "nearest_image": {"a": 0.7, "b": 0.4}},
        "bus": {"residual": {"a": 0.1}, "nearest_image": {"a": 0.3, "c": 0.9}},
    }
    numbers = benchmark.summarize(scores, 3, 200)
    assert numbers["tested_real_objects"] == 4
    assert numbers["residual_iou"] == pytest.approx(0.5)
    assert (numbers["residual_objects"], numbers["nearest_image_objects"]) == (3, 4)
    # The object that one method has not answered for is in no pair.
    pair = {"residual": [0.9, 0.5, 0.1], "nearest_image": [0.7, 0.4, 0.3]}
    values = benchmark.pooled(scores, ["residual", "nearest_image"])
    assert {name: found.tolist() for name, found in values.items()} == pair
    low, high = paired_bootstrap_ci95(values["residual"], values["nearest_image"], 3, 200)
    assert {name: value for name, value in numbers.items() if "minus" in name} == {
        "residual_minus_nearest_image": pytest.approx(1 / 30),
        "residual_minus_nearest_image_ci_low": low,
        "residual_minus_nearest_image_ci_high": high,
    }
    assert numbers["gain_over_nearest_ci_low"] == low


def test_a_table_keeps_what_was_measured_and_only_the_newest_recipe(tmp_path):
    path = tmp_path / "t.csv"
    table = benchmark.Table(path)
    table.add("standard", "r1", "low", 0, 2, "bag", {"a": 0.5, "b": 0.25})
    table.add("standard", "r1", "low", 1, 2, "bag", {"a": 0.7, "b": 0.35})
    table.add("paper", "r1", "low", 0, 2, "bag", {"a": 0.1, "b": 0.1})
    again = benchmark.Table(path)
    assert (again.seeds("standard"), again.seeds("paper")) == ({"low_seeds": 2}, {"low_seeds": 1})
    assert again.has("standard", "r1", "low", 1, 2, "bag")
    assert not again.has("standard", "r2", "low", 1, 2, "bag")
    assert again.scores("standard")["bag"]["low"] == pytest.approx({"a": 0.6, "b": 0.3})
    again.add("standard", "r2", "low", 1, 2, "bag", {"a": 0.9, "b": 0.35})
    assert not again.has("standard", "r1", "low", 1, 2, "bag")
    assert benchmark.Table(path).scores("standard")["bag"]["low"]["a"] == pytest.approx(0.7)


def test_a_joint_network_trains_on_nothing_that_is_held_out_or_looks_like_it():
    rng = np.random.default_rng(2)

    def bundle_of(seed):
        grids = np.random.default_rng(seed).random((6, 8, 8, 8, 1)) < 0.3
        return Bundle(grids, rng.integers(0, 256, (6, 4, 4), dtype=np.uint8), tuple(index_of(range(6), [True] * 6)), 1)

    bundles = {"jar": bundle_of(1), "mug": bundle_of(2)}
    bundles["jar"].voxels[3] = bundles["mug"].voxels[0]  # a jar like a mug that is tested
    fold = benchmark.Fold(np.array([2, 3, 4, 5]), np.array([1]), np.array([0]))
    dealt = {"jar": [], "mug": [fold]}
    rows = benchmark.joint_rows(bundles, dealt, 0, 0.9)
    assert {slug: kept.tolist() for slug, kept in rows.items()} == {"jar": [0, 1, 2, 4, 5], "mug": [2, 3, 4, 5]}
    # In a fold that the category takes no part in, all of it is trained on.
    assert benchmark.joint_rows(bundles, dealt, 1, 0.9)["mug"].tolist() == [0, 1, 2, 3, 4, 5]


def test_small_categories_have_no_line_of_their_own():
    many = {f"m{number}": 0.5 for number in range(8)}
    lines = benchmark.category_lines({"bus": {"oracle": many}, "bag": {"oracle": {"m": 0.1}}})
    assert lines == [["category", "real_objects", "oracle"], ["bus", 8, "0.5000"]]


def test_a_category_has_no_mean_of_who_answered_for_some_of_its_objects_alone():
    many = {f"m{number}": 0.5 for number in range(8)}
    lines = benchmark.category_lines({"bus": {"oracle": many, "residual": {"m0": 0.9}}})
    assert lines[1:] == [["bus", 8, "0.5000", ""]]


def test_the_papers_convention_has_one_picture_of_an_object_before_black_and_trains_ours_as_ever():
    ours = load_params(REPOSITORY / "params.yaml")
    theirs = learning.as_in_the_paper(ours)
    assert (theirs.data.images_per_object, theirs.bundle.background) == (1, 0)
    grids = theirs.voxelize
    assert (grids.engine, grids.convention, grids.solid) == ("trimesh", "paper", "surface")
    assert (theirs.train, theirs.pretrain, theirs.split) == (ours.train, ours.pretrain, ours.split)


SMALL = {"  views: 10": "  views: 2", "images_per_object: 10": "images_per_object: 2",
         "resolution: 32": "resolution: 16", "image_size: 128": "image_size: 32",
         "bootstrap_samples: 2000": "bootstrap_samples: 50", "copies: 12": "copies: 1",
         "  epochs: 4 ": "  epochs: 1 "}  # fmt: skip


def small_params(directory):
    text = (REPOSITORY / "params.yaml").read_text(encoding="utf-8")
    for old, new in SMALL.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (directory / "params.yaml").write_text(text, encoding="utf-8")
    return directory / "params.yaml"


def start(tmp_path, *arguments):
    command = [sys.executable, str(REPOSITORY / "benchmarks" / "learning.py"), *arguments]
    command += ["--params", str(small_params(tmp_path)), "--output", str(tmp_path / "numbers.json")]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "numbers_categories.csv").open(encoding="utf-8", newline="") as stream:
        return json.loads((tmp_path / "numbers.json").read_text(encoding="utf-8")), list(csv.DictReader(stream)), done


def test_baselines_alone_need_no_network(tmp_path):
    numbers, lines, _ = start(tmp_path, "--categories", "bench", "rifle", "--folds", "2", "--methods")
    assert numbers["tested_real_objects"] == sum(int(line["real_objects"]) for line in lines)
    assert 0 < numbers["mean_shape_iou"] < numbers["oracle_iou"] < 1
    assert numbers["nearest_image_minus_oracle_ci_high"] <= 0
    assert "residual_iou" not in numbers


def test_commands_run_side_by_side_on_shares_of_the_cores_and_say_how_each_ended(tmp_path):
    meet = "import os, pathlib, sys, time; here = pathlib.Path(sys.argv[1]); (here / sys.argv[2]).touch()\n"
    meet += "until = time.monotonic() + 30\n"
    meet += "while len(list(here.iterdir())) < 2 and time.monotonic() < until: time.sleep(0.01)\n"
    meet += "sys.exit(int(sys.argv[2]) if len(list(here.iterdir())) == 2 else 9)"
    commands = [[sys.executable, "-c", meet, str(tmp_path), code] for code in ("0", "3")]
    assert side_by_side(commands, 2) == [0, 3]
    if hasattr(os, "sched_setaffinity"):
        first = "import os, sys, time; time.sleep(0.5); sys.exit(min(os.sched_getaffinity(0)))"
        cores = sorted(os.sched_getaffinity(0))
        assert set(side_by_side([[sys.executable, "-c", first]] * len(cores), len(cores))) == set(cores)


@pytest.fixture
def small_bench(tmp_path, monkeypatch):
    """One category with a pool of a few pictures, and trainings that only leave a file."""

    def fit_joint(*_, checkpoint_dir, **__):
        checkpoint_dir.mkdir(exist_ok=True)
        (checkpoint_dir / "epoch").touch()

    monkeypatch.setattr("img2vox.joint.training.fit_joint", fit_joint)
    params = load_params(small_params(tmp_path))
    params = replace(params, categories={"rifle": params.categories["rifle"]})
    return learning.Bench(params, tmp_path / "data", 2, benchmark.Table(tmp_path / "t.csv"))


def test_a_joint_network_is_kept_until_all_that_starts_from_it_is_measured(small_bench):
    state = small_bench.pool() / "joint-0-1"
    with pytest.raises(KeyboardInterrupt), small_bench.pretrained("joint", 0, 1):
        raise KeyboardInterrupt
    assert (state / "epoch").exists()
    with small_bench.pretrained("joint", 0, 1) as network:
        assert (state / "epoch").exists()
    assert network.name == "residual"
    assert not state.exists()


@pytest.mark.slow
def test_a_small_run_measures_every_method_once(tmp_path):
    methods = ["joint", "residual", "low", "shuffled"]
    command = ["--categories", "chair", "bench", "--folds", "2", "--joint-epochs", "1", "--methods"]
    together = ["--processes", "2", "--data", str(tmp_path / "data")]
    numbers, lines, done = start(tmp_path, *command, *methods, *together)
    for method in (*methods, "mean_shape", "nearest_image", "oracle"):
        assert 0 <= numbers[f"{method}_iou"] <= 1
        assert numbers[f"{method}_objects"] == numbers["tested_real_objects"]
    assert numbers["gain_over_nearest_ci_low"] == numbers["residual_minus_nearest_image_ci_low"]
    assert {line["category"] for line in lines} == {"bench", "chair"}
    assert "joint on" in done.stdout
    assert not [path for path in (tmp_path / "data").glob("*/pool-*/*") if path.is_dir()]
    again, _, done = start(tmp_path, *command, *methods)
    assert "joint on" not in done.stdout
    assert again == numbers
