"""The numbers of benchmarks/sharing.py, from made-up measurements."""

import pytest

from sharing import chosen, numbers_of


def entry(pair, way, seconds, recorded="same", part="jobs", **more):
    made_up = {"load_before": 0.25 * pair, "recorded": {"train": recorded}}
    return {"part": part, "pair": pair, "way": way, "seconds": seconds, **made_up, **more}


def test_the_ratio_is_the_median_of_the_pairs_and_half_a_pair_does_not_count():
    measured = [
        *(entry(0, "serial", 100), entry(0, "jobs2", 80)),
        *(entry(1, "jobs2", 50), entry(1, "serial", 100, "other")),
        *(entry(2, "serial", 90), entry(2, "jobs2", 60)),
        entry(3, "serial", 1000),
        *(entry(0, "serial", 7, part="ray"), entry(0, "ray2", 1, part="ray", clone_s=0.1)),
    ]
    numbers = numbers_of(measured, "jobs", 2)
    assert numbers["jobs2_speedup"] == pytest.approx(1.5)
    assert (numbers["jobs2_speedup_min"], numbers["jobs2_speedup_max"]) == (pytest.approx(1.25), pytest.approx(2))
    assert (numbers["jobs2_serial_s"], numbers["jobs2_s"]) == (100, 60)
    assert (numbers["jobs2_pairs"], numbers["jobs2_locks_equal"], numbers["jobs2_categories"]) == (3, 2, 2)
    assert numbers["jobs2_load_before_max"] == 0.5


def test_each_of_two_nodes_clones_for_half_of_the_categories():
    measured = [entry(0, "serial", 120, part="ray"), entry(0, "ray2", 110, part="ray", clone_s=2)]
    numbers = numbers_of(measured, "ray", 10)
    assert numbers["ray2_speedup"] == pytest.approx(1.2)
    assert numbers["ray2_speedup_with_cloning"] == pytest.approx(120 / 110)
    assert (numbers["ray2_clone_s"], numbers["ray2_locks_equal"]) == (2, 1)


def test_categories_are_spread_over_the_list():
    assert chosen(2) == ["airplane", "jar"]
    assert len(set(chosen(10))) == 10
    assert len(chosen(50)) == 50
