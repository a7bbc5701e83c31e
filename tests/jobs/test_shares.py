"""How much each process, each shard and each machine gets."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2vox.catalog import CATEGORIES
from img2vox.config import load_params
from img2vox.errors import PipelineError
from img2vox.jobs import shares
from img2vox.jobs.chains import Chain, chains_of, fetch_target, only_changed, watch_targets
from img2vox.paths import Paths
from tests.project import REPOSITORY

PARAMS = load_params(REPOSITORY / "params.yaml")
PAPER = load_params(REPOSITORY / "paper" / "params.yaml")


@pytest.mark.parametrize(
    ("cores", "memory_gb", "gpus", "jobs"),
    [(1, 64, 0, 1), (2, 64, 0, 2), (8, 64, 0, 5), (8, 7, 0, 3), (8, 1, 0, 1), (64, 256, 1, 2), (512, 2000, 0, 50)],
)
def test_jobs_follow_from_cores_memory_and_gpus(cores, memory_gb, gpus, jobs):
    assert PARAMS.train.threads == 2
    assert shares.default_jobs(PARAMS, cores, memory_gb, gpus) == jobs


def test_the_papers_large_network_needs_more_memory():
    large = replace(PAPER, train=replace(PAPER.train, network="paper"))
    assert (shares.default_jobs(PAPER, 16, 40, 0), shares.default_jobs(large, 16, 40, 0)) == (9, 2)


def test_what_a_training_takes_can_be_said():
    compute = replace(PARAMS.compute, training_gb=5.0, training_gpus=0.25)
    params = replace(PARAMS, compute=compute)
    assert (shares.default_jobs(params, 64, 21, 0), shares.default_jobs(params, 64, 256, 2)) == (4, 8)


def test_gpus_are_those_that_a_person_lets_through(monkeypatch):
    monkeypatch.setattr(shares, "version", lambda name: "2.21.0")
    for value, expected in {"1,3": ["1", "3"], "": [], "-1": [], "0,-1,2": ["0"], "GPU-a": ["GPU-a"]}.items():
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value)
        assert shares.gpus() == expected


@given(
    costs=st.dictionaries(st.text("abcdefgh", min_size=1), st.integers(1, 5000), max_size=60),
    count=st.integers(1, 12),
)
def test_shards_are_disjoint_whole_and_balanced(costs, count):
    parts = [shares.shard_of(list(costs), f"{number}/{count}", costs) for number in range(1, count + 1)]
    assert sorted(slug for part in parts for slug in part) == sorted(costs)
    loads = [sum(costs[slug] for slug in part) for part in parts]
    assert max(loads) - min(loads) <= max(costs.values(), default=0)


def test_a_shard_does_not_depend_on_the_order_of_the_list():
    slugs = list(PARAMS.categories)
    costs = shares.costs_of(slugs, "shapenet")
    assert sorted(shares.shard_of(slugs[::-1], "2/4", costs)) == sorted(shares.shard_of(slugs, "2/4", costs))


def test_shapenets_large_categories_are_spread():
    costs = shares.costs_of(PARAMS.categories, "shapenet")
    large = {category.slug for category in CATEGORIES if category.objects > 3000}
    parts = [shares.shard_of(list(costs), f"{number}/5", costs) for number in range(1, 6)]
    assert sorted(len(large & set(part)) for part in parts) == [1, 1, 1, 1, 1]


@pytest.mark.parametrize("shard", ["0/4", "5/4", "1", "1/0", "a/b", "-1/4", "1/4/2"])
def test_a_shard_that_is_none_is_one_clear_line(shard):
    with pytest.raises(PipelineError, match=r"--shard is '.*'; expected I/N with I from 1 to N, such as 2/4"):
        shares.shard_of(["chair"], shard, {"chair": 1.0})


def test_a_process_gets_fewer_chains_towards_the_end():
    pool = shares.Pool(chains_of(map(str, range(30))), 2)
    sizes = []
    while taken := pool.take():
        sizes.append(len(taken))
    assert sizes == [6, 6, 5, 4, 3, 2, 1, 1, 1, 1]


def test_what_a_process_did_not_come_to_is_next():
    pool = shares.Pool(chains_of("abc"), 1)
    first, second = pool.take()
    pool.give_back([second])
    assert [chain.slug for chain in pool.take()] == [second.slug]
    assert first.slug == "a"


def test_the_largest_archive_comes_first(tmp_path):
    paths = Paths(tmp_path)
    paths.raw.mkdir(parents=True)
    for slug, size in {"mug": 3, "chair": 9}.items():
        paths.raw_archive(PARAMS.synset(slug)).write_bytes(bytes(size))
    chains = shares.dearest_first(chains_of(["bed", "mug", "chair"]), PARAMS, paths)
    assert [chain.slug for chain in chains] == ["chair", "mug", "bed"]


def test_a_chain_is_cut_to_what_changed():
    chair, mug = chains_of(["chair", "mug"])
    assert chair.targets == ("data/dvc.yaml:prepare@chair", "train@chair", "reports/dvc.yaml:evaluate@chair")
    assert only_changed([chair, mug], {"train@chair", "reports/dvc.yaml:compare"}) == [
        Chain("chair", chair.targets[1:])
    ]


def test_both_protocols_have_one_fetch():
    assert (fetch_target(PARAMS), fetch_target(PAPER)) == ("data/dvc.yaml:fetch", "../data/dvc.yaml:fetch")


def test_both_protocols_look_at_one_source():
    assert watch_targets(PARAMS) == []
    watched = replace(PAPER, data=replace(PAPER.data, source="folder", watch=("folder",)))
    assert watch_targets(watched) == ["../data/dvc.yaml:source@folder"]
