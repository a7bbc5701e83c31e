"""What `img2vox repro --ray` asks of a cluster, and what it says before it asks anything; needs no Ray."""

import subprocess
import sys
import types
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from img2vox import cli
from img2vox.config import load_params
from img2vox.errors import PipelineError
from img2vox.jobs import cluster
from img2vox.paths import Paths
from tests.project import REPOSITORY

PARAMS = load_params(REPOSITORY / "params.yaml")


def with_compute(**changes):
    return replace(PARAMS, compute=replace(PARAMS.compute, **changes))


@pytest.fixture
def clone(tmp_path):
    """A git clone with a commit, of two directories deep."""
    root = tmp_path / "paper"
    (root / "models").mkdir(parents=True)
    (root / "params.yaml").touch()
    (root / "models" / "metrics.json").touch()
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    commit_all(tmp_path)
    return root


def commit_all(directory):
    for command in (["add", "--all"], ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "-m", "all"]):
        subprocess.run(["git", *command], cwd=directory, check=True)


@pytest.mark.parametrize(
    ("compute", "nodes", "asked"),
    [
        ({}, [(8, 0, 16)], (2, 0, 2)),
        ({}, [(1, 0, 4), (1, 0, 4)], (1, 0, 2)),
        ({}, [(2, 0, 8), (16, 4, 64)], (2, 0.5, 2)),
        ({"training_gb": 3.5, "training_gpus": 0.25}, [(16, 1, 64)], (2, 0.25, 3.5)),
        ({"training_gb": 19}, [(16, 0, 4), (1, 0, 64)], (1, 0, 19)),
        ({"training_gb": 19}, [(8, 4, 8), (8, 0, 64)], (2, 0, 19)),
        ({}, [(0, 0, 64), (1, 0, 4)], (1, 0, 2)),
    ],
)
def test_a_chain_asks_for_what_params_yaml_says_and_some_node_can_hold(compute, nodes, asked):
    resources = [{"CPU": cores, "GPU": gpus, "memory": memory * 1e9} for cores, gpus, memory in nodes]
    for found in resources:
        if not found["GPU"]:
            del found["GPU"]  # Ray names what there is
    cores, gpus, memory_gb = asked
    expected = {"num_cpus": cores, "num_gpus": gpus, "memory": memory_gb * 1e9}
    assert cluster._resources(with_compute(**compute), resources) == expected


def test_a_cluster_without_a_node_that_is_large_enough_is_said_at_once():
    nodes = [{"CPU": 4.0, "memory": 1.2e9}, {"CPU": 8.0, "memory": 1e9}]
    message = r"asks for a core and 2 GB, but no node has both, none over 1\.2 GB; add .* or set compute\.training_gb"
    with pytest.raises(PipelineError, match=message):
        cluster._resources(PARAMS, nodes)


def test_what_is_not_committed_is_named_but_for_what_stages_write(clone):
    (clone / "models" / "metrics.json").write_text("{}")
    (clone / "untracked").touch()
    bundle = clone.parent / "bundle"
    bundle.write_bytes(cluster.bundle(clone))
    subprocess.run(["git", "clone", "--quiet", bundle, clone.parent / "there"], check=True)
    assert (clone.parent / "there" / "paper" / "params.yaml").is_file()
    (clone / "params.yaml").write_text("seed: 2")
    with pytest.raises(PipelineError, match=r"^paper/params.yaml: changed since the last commit, .*; commit it first$"):
        cluster.committed(clone)


def test_what_nodes_did_is_not_written_into_another_commit(clone):
    commit = cluster.committed(clone)
    cluster.require_commit(clone, commit)
    (clone / "params.yaml").write_text("seed: 2")
    commit_all(clone)
    with pytest.raises(PipelineError, match=rf"^HEAD is not {commit[:12]} any more, .*; the remote has what they did"):
        cluster.require_commit(clone, commit)


def test_no_git_clone_is_one_clear_line(tmp_path):
    with pytest.raises(PipelineError, match=r"(?s)`git status .*` failed: .*; --ray needs a git clone with a commit$"):
        cluster.committed(tmp_path)


@pytest.fixture(autouse=True)
def own_environment(monkeypatch):
    """Connecting sets some of Ray's variables."""
    for name in ("RAY_USAGE_STATS_ENABLED", "RAY_task_oom_retries"):
        monkeypatch.setenv(name, "0")


def test_no_ray_is_one_clear_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(PipelineError, match=r'--ray needs Ray; run `pip install "img2vox\[ray\]"` here and on every'):
        cluster._connect("auto", 2)


def test_a_system_without_ray_is_one_clear_line(monkeypatch):
    monkeypatch.setattr(cluster, "os", types.SimpleNamespace(name="nt"))
    with pytest.raises(PipelineError, match=r"^--ray needs Linux or macOS, here and on every node; use --jobs$"):
        cluster._connect("auto", 2)


def test_a_joint_network_that_is_trained_anew_is_no_work_for_a_cluster(tmp_path):
    (tmp_path / "dvc.yaml").write_text("stages: {pretrain: {cmd: 'true'}}\n", encoding="utf-8")
    with pytest.raises(PipelineError, match=r"pretrain is not frozen .*; run `dvc repro pretrain` first, and then"):
        cluster.run("local", [], PARAMS, Paths(tmp_path))


def test_an_address_that_is_empty_is_none_and_no_run_without_a_cluster(clone, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", types.ModuleType("ray"))
    with pytest.raises(PipelineError, match=r"^--ray is '', and no Ray cluster answers there"):
        cluster._connect("", 2)
    monkeypatch.setattr(cluster, "run", lambda address, *rest: called.append(address))
    called = []
    CliRunner().invoke(cli.app, ["repro", "--ray", ""], catch_exceptions=False)
    assert called == [""]


@pytest.mark.parametrize("option", ["--jobs=2", "--shard=1/2", "--pull", "--push"])
def test_options_that_a_cluster_decides_are_wrong_usage(option):
    done = CliRunner().invoke(cli.app, ["repro", "--ray", "auto", option])
    assert done.exit_code == 2
    assert "--ray places, pulls and pushes by itself" in " ".join(done.output.split())
