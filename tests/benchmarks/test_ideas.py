"""The comparison of ideas: each changes the one thing that it names, and what is measured is summed up by name."""

from dataclasses import replace

import numpy as np
import pytest

import ideas as benchmark
from img2vox.config import load_params
from kfold import Table
from tests.project import REPOSITORY


@pytest.fixture
def params():
    return load_params(REPOSITORY / "params.yaml")


def test_numbers_are_means_over_seeds_and_gains_over_the_network_as_it_is(tmp_path, params):
    table = Table(tmp_path / "t.csv")
    for seed, change in enumerate((0.0, 0.1)):
        table.add("standard", "r", "as_it_is", seed, 0, "bag", {"a": 0.4 + change, "b": 0.2 + change})
        table.add("standard", "r", "wide", seed, 0, "bag", {"a": 0.5 + change, "b": 0.3 + change})
    numbers = benchmark.summarize(table, {"as_it_is": (10, 1.0), "wide": (20, 2.0), "queries": (5, 0.5)}, params)
    assert numbers["as_it_is_iou"] == pytest.approx(0.35)
    assert numbers["wide_sd"] == pytest.approx(0.1 / 2**0.5)
    assert numbers["wide_gain"] == pytest.approx(0.1)
    assert numbers["wide_gain_ci_low"] <= numbers["wide_gain"] <= numbers["wide_gain_ci_high"]
    assert (numbers["wide_seeds"], numbers["wide_parameters"], numbers["wide_gflop"]) == (2, 20, 2.0)
    assert not any(name.startswith("queries") or name == "as_it_is_gain" for name in numbers)


@pytest.mark.slow
def test_every_idea_is_a_network_or_a_loss_of_its_own(params):
    small = replace(
        params,
        bundle=replace(params.bundle, image_size=64),
        voxelize=replace(params.voxelize, resolution=16),
    )
    known = benchmark.ideas(small)
    sizes = {name: benchmark.size_of(idea, small) for name, idea in known.items()}
    same = {name for name, size in sizes.items() if size == sizes["as_it_is"]}
    assert same == {"as_it_is", "entropy_alone", "soft_iou", "no_copies", "one_gray"}
    truth, logits = np.ones((2, 3, 3, 4), bool), np.full((2, 3, 3, 4), -3.0, np.float32)
    losses = {name: next(iter(known[name].replaced.values())) for name in ("entropy_alone", "soft_iou")}
    values = [float(np.asarray(loss(truth, logits))[0]) for loss in losses.values()]
    assert values[0] < values[1] < values[0] + 1
    assert known["no_copies"].settings["copies"] == 0
