"""The paper's own protocol: a second pipeline over the same code and meshes."""

import csv
import json
import re

import numpy as np
import pytest

from img2vox.catalog import BY_SLUG, CATEGORIES, PAPER_HIGH, PAPER_LOW, PAPER_OBJECTS
from img2vox.config import load_params
from img2vox.paths import JOINT
from tests.project import CATEGORIES as SMALL_CATEGORIES
from tests.project import PAPER_SMALL, REPOSITORY, commit, make_paper_project, run, small_params

PARAMS = REPOSITORY / "paper" / "params.yaml"


def test_it_lists_the_papers_54_categories_with_48958_objects():
    categories = load_params(PARAMS).categories
    assert set(categories) == {category.slug for category in CATEGORIES} - {"car"}
    assert all(synset == BY_SLUG[slug].synset for slug, synset in categories.items())
    assert (len(categories), sum(BY_SLUG[slug].objects for slug in categories)) == (54, 48_958)
    assert PAPER_OBJECTS == 48_958


def test_it_does_what_the_paper_did():
    params = load_params(PARAMS)
    assert (params.voxelize.engine, params.voxelize.convention, params.voxelize.resolution) == ("trimesh", "paper", 32)
    assert (params.render.views, params.data.images_per_object) == (10, 1)
    assert (params.bundle.image_size, params.bundle.background) == (128, 0)
    assert (params.split.val, params.split.test, params.split.roles) == (0.05, 0.3, "paper")
    train = params.train
    assert (train.network, train.start, train.epochs, train.batch_size) == ("low", "scratch", 20, 32)
    assert (train.early_stopping, train.patience, train.learning_rate, train.mirror) == (True, 5, 0.001, False)
    assert (params.register.experiment, params.register.protocol) == ("img2vox", "paper")


def test_it_draws_the_split_that_the_other_protocol_draws():
    ours, theirs = load_params(REPOSITORY / "params.yaml"), load_params(PARAMS)
    assert (ours.seed, ours.prepare, ours.render) == (theirs.seed, theirs.prepare, theirs.render)
    assert (ours.split.val, ours.split.test) == (theirs.split.val, theirs.split.test)


def test_low_is_for_all_and_high_for_the_six_and_the_joint_one_when_asked(tmp_path):
    text = PARAMS.read_text(encoding="utf-8")
    path = tmp_path / "params.yaml"
    path.write_text(text.replace("network: low ", "network: paper ", 1), encoding="utf-8")
    unasked, asked = load_params(PARAMS), load_params(path)
    assert {unasked.train.network_for(slug, 9000) for slug in (*unasked.categories, JOINT)} == {"low"}
    high = {slug for slug in (*asked.categories, JOINT) if asked.train.network_for(slug, 12) == "high"}
    assert high == {"table", "chair", "airplane", "sofa", "rifle", "lamp", JOINT}


def test_the_papers_two_tables_are_a_matter_of_size():
    by_size = sorted((c for c in CATEGORIES if c.slug != "car"), key=lambda category: -category.objects)
    assert tuple(category.slug for category in by_size[:18]) == (*PAPER_HIGH, *PAPER_LOW)
    assert [category.objects >= 2000 for category in by_size[5:7]] == [True, False]


def splits(root, synset):
    with (root / "data" / "bundles" / f"{synset}_index.csv").open(encoding="utf-8", newline="") as stream:
        return {row["model_id"]: row["split"] for row in csv.DictReader(stream)}


@pytest.mark.slow
def test_both_protocols_run_side_by_side_on_one_set_of_meshes(tmp_path):
    root = make_paper_project(tmp_path / "a b \u00fc")
    paper = root / "paper"
    run(root, "dvc", "repro", "paper/dvc.yaml")
    for slug, synset in SMALL_CATEGORIES.items():
        voxels = np.load(paper / "data" / "bundles" / f"{synset}_voxels.npy", allow_pickle=False)
        assert (voxels.shape, voxels.dtype) == ((8, 16, 16, 16, 1), bool)
        metrics = json.loads((paper / "models" / slug / "metrics.json").read_text(encoding="utf-8"))
        assert (metrics["network"], metrics["convention"], metrics["views"]) == ("low", "paper", 1)
        assert metrics["objects"] == {"train": 4, "val": 3, "test": 1, "real": 8, "parametric": 0, "left_out": 0}
    joint = json.loads((paper / "models" / "joint" / "metrics.json").read_text(encoding="utf-8"))
    assert joint["objects"] == {"train": 8, "val": 6, "test": 2, "real": 16, "parametric": 0, "left_out": 0}
    receipt = json.loads((paper / "reports" / "registered.json").read_text(encoding="utf-8"))
    assert (receipt["protocol"], set(receipt["categories"])) == ("paper", {*SMALL_CATEGORIES, JOINT})
    report = (paper / "reports" / "report.html").read_text(encoding="utf-8")
    assert "One network for the entire data set" in report
    assert not (root / "data" / "bundles").exists()
    assert not (root / "models").exists()
    assert sorted(path.name for path in root.iterdir() if path.name.startswith("mlflow")) == ["mlflow.db"]
    assert not list(paper.glob("mlflow*"))

    run(root, "dvc", "repro", "data/dvc.yaml")
    exchanged = {"train": "train", "val": "test", "test": "val"}
    for synset in SMALL_CATEGORIES.values():
        assert {name: exchanged[split] for name, split in splits(root, synset).items()} == splits(paper, synset)
    assert not re.search("^Running stage", run(paper, "dvc", "repro"), re.MULTILINE)
    commit(root)
    assert f"next: open {paper / 'reports' / 'report.html'}" in run(paper, "img2vox", "results")
    run(paper, "img2vox", "register")
    assert run(root, "git", "status", "--porcelain") == ""


def test_the_small_project_of_these_tests_differs_from_the_real_one_in_size_alone(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text(small_params(PARAMS.read_text(encoding="utf-8"), SMALL_CATEGORIES, PAPER_SMALL), encoding="utf-8")
    small, real = load_params(path), load_params(PARAMS)
    assert (small.train.epochs, small.render.views) == (2, 2)
    assert (small.split, small.register, small.train.network) == (real.split, real.register, real.train.network)
