"""The k-fold benchmark: folds, pooled numbers, the shuffled control, and a tiny run of the whole."""

import csv
import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import learning as benchmark
from img2vox.config import load_params
from img2vox.data.bundle import Bundle, IndexRow
from img2vox.evaluation.baselines import mean_shape
from img2vox.evaluation.metrics import iou, paired_bootstrap_ci95
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
    if len({row.group for row in index}) >= folds + 2:
        assert sorted(tested) == real
    for fold in dealt:
        parts = [{index[row].group for row in rows} for rows in (fold.train, fold.val, fold.test)]
        assert all(parts)
        assert sum(map(len, parts)) == len(set.union(*parts))


def test_numbers_are_pooled_over_objects_and_paired_by_name():
    scores = {
        "bag": {"residual": {"b": 0.5, "a": 0.9}, "nearest_image": {"a": 0.7, "b": 0.4}},
        "bus": {"residual": {"a": 0.1}, "nearest_image": {"a": 0.3}},
    }
    numbers = benchmark.summarize(scores, 3, 200)
    assert numbers["tested_real_objects"] == 3
    assert numbers["residual_iou"] == pytest.approx(0.5)
    assert numbers["residual_minus_nearest_image"] == pytest.approx((0.2 + 0.1 - 0.2) / 3)
    expected = paired_bootstrap_ci95(np.array([0.9, 0.5, 0.1]), np.array([0.7, 0.4, 0.3]), 3, 200)
    assert numbers["gain_over_nearest_ci_low"] == pytest.approx(expected[0])
    assert numbers["residual_minus_nearest_image_ci_high"] == pytest.approx(expected[1])


def test_small_categories_have_no_line_of_their_own():
    many = {f"m{number}": 0.5 for number in range(8)}
    lines = benchmark.category_lines({"bus": {"oracle": many}, "bag": {"oracle": {"m": 0.1}}})
    assert lines == [["category", "real_objects", "oracle"], ["bus", 8, "0.5000"]]


def two_shapes(count=24, side=16, size=32):
    """Two shapes, each shown from the front: a picture tells all, the mean shape half of it."""
    grids = np.zeros((count, side, side, side, 1), dtype=bool)
    grids[0::2, 1:15, 2:6, 3:14] = True
    grids[1::2, 2:5, 1:15, 2:6] = True
    silhouettes = grids[..., 0].any(axis=3).repeat(size // side, axis=1).repeat(size // side, axis=2)
    noise = np.random.default_rng(5).integers(0, 20, (count, size, size), dtype=np.uint8)
    images = np.where(silhouettes, 80 + noise, 255 - noise).astype(np.uint8)
    return Bundle(grids, images, tuple(index_of(range(count), [True] * count)), 1)


@pytest.mark.slow
def test_a_network_fed_with_shuffled_pictures_falls_to_the_mean_shape():
    bundle, views = two_shapes(), np.array([0])
    fold = benchmark.Fold(np.arange(0, 14), np.arange(14, 18), np.arange(18, 24))
    params = load_params(REPOSITORY / "params.yaml").train
    settings = replace(params, epochs=20, batch_size=7)
    mean = mean_shape(bundle.voxels[fold.train, ..., 0], bundle.voxels[fold.val, ..., 0], 0.02).grid
    level = iou(mean, bundle.voxels[fold.test, ..., 0]).mean()
    straight = benchmark.network_ious("residual", bundle, views, fold, settings, 0.02, 1, False)
    shuffled = benchmark.network_ious("residual", bundle, views, fold, settings, 0.02, 1, True)
    assert straight.mean() > 0.9
    assert shuffled.mean() < level + 0.15
    assert level < 0.7


SMALL = {"  views: 10": "  views: 2", "images_per_object: 10": "images_per_object: 2",
         "resolution: 32": "resolution: 16", "image_size: 128": "image_size: 32",
         "bootstrap_samples: 2000": "bootstrap_samples: 50"}  # fmt: skip


def start(tmp_path, *arguments):
    text = (REPOSITORY / "params.yaml").read_text(encoding="utf-8")
    for old, new in SMALL.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (tmp_path / "params.yaml").write_text(text, encoding="utf-8")
    command = [sys.executable, str(REPOSITORY / "benchmarks" / "learning.py"), *arguments]
    command += ["--params", str(tmp_path / "params.yaml"), "--output", str(tmp_path / "numbers.json")]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "numbers_categories.csv").open(encoding="utf-8", newline="") as stream:
        return json.loads((tmp_path / "numbers.json").read_text(encoding="utf-8")), list(csv.DictReader(stream))


def test_baselines_alone_need_no_network(tmp_path):
    numbers, lines = start(tmp_path, "--categories", "bench", "rifle", "--folds", "2", "--networks")
    assert numbers["tested_real_objects"] == sum(int(line["real_objects"]) for line in lines)
    assert 0 < numbers["mean_shape_iou"] < numbers["oracle_iou"] < 1
    assert numbers["nearest_image_minus_oracle_ci_high"] <= 0
    assert numbers["pipeline_images_per_s"] > 0
    assert "residual_iou" not in numbers


@pytest.mark.slow
def test_a_small_run_writes_every_number(tmp_path):
    numbers, lines = start(tmp_path, "--categories", "chair", "--folds", "2", "--epochs", "1", "--seeds", "2")
    for method in ("residual", "low", "shuffled", "mean_shape", "nearest_image", "oracle"):
        assert 0 <= numbers[f"{method}_iou"] <= 1
    assert numbers["gain_over_nearest_ci_low"] == numbers["residual_minus_nearest_image_ci_low"]
    assert lines[0]["category"] == "chair"
