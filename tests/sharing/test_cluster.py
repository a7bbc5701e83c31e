"""`img2vox repro --ray` on two real Ray nodes of one core each, most of it with stages that take no time."""

import collections
import contextlib
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest
import yaml
from mlflow.tracking import MlflowClient

from img2vox.jobs.chains import FILES
from tests.pretended import FOUR, outputs
from tests.project import CATEGORIES, commit, make_project, run
from tests.sharing import clusters
from tests.sharing.clusters import cluster
from tests.tracking.test_away import Server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not clusters.HAVE_RAY, reason="no Ray; python tests/install_tools.py"),
]
CHAINS = [f"{stage}-{slug}" for stage in ("prepare", "train", "evaluate") for slug in FOUR]
# What runs when mug's chain is begun a second time.
ONCE_MORE = collections.Counter(["fetch", *CHAINS, "compare", "register", "prepare-mug", "train-mug"])


def with_remote(source, root):
    shutil.copytree(source, root, symlinks=True)
    run(root, "dvc", "remote", "add", "--quiet", "--default", "shared", str(root.parent / "store"))
    commit(root)
    for name in ("notes", "clones"):
        (root.parent / name).mkdir()
    return root


@pytest.fixture
def head(pretended, tmp_path):
    """A clone with a remote; beside it a place where stages on all nodes say what they do."""
    return with_remote(pretended, tmp_path / "head")


@pytest.fixture
def notes(head):
    return head.parent / "notes"


@pytest.fixture
def env(head, notes):
    yield clusters.environment(PRETEND_NOTES=str(notes), TMPDIR=str(head.parent / "clones"))
    no_clone_is_left_in(head.parent / "clones")


def no_clone_is_left_in(directory):
    for _ in range(600):  # what ends with its worker does so after it
        if not (left := list(directory.glob("img2vox-*"))):
            return
        time.sleep(0.1)
    pytest.fail(f"{left} stays")


@contextlib.contextmanager
def start(root, env, address, *categories):
    pipes = {"stderr": subprocess.PIPE, "stdout": subprocess.DEVNULL, "text": True}
    with clusters.repro(root, env, address, *categories, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def succeed(root, env, address, *categories):
    with start(root, env, address, *categories) as process:
        _, said = process.communicate(timeout=600)
        assert process.returncode == 0, said
    return said


def ran(notes):
    return collections.Counter((notes / "ran").read_text(encoding="utf-8").split())


def stage_that_waits(path, process):
    for _ in range(3000):
        if path.exists() and path.read_text(encoding="ascii"):
            return psutil.Process(int(path.read_text(encoding="ascii")))
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    return pytest.fail(f"{path} has not come")


def worker_of(slug):
    """Ray's process that runs a category's chain."""
    below = psutil.Process().children(recursive=True)
    return next(each for each in below if each.cmdline()[:1] and each.cmdline()[0].startswith(f"ray::{slug}"))


def recorded(root):
    """All of the three dvc.lock; the order of their entries is that in which stages ended."""
    return [yaml.safe_load((root / name.replace(".yaml", ".lock")).read_text(encoding="utf-8")) for name in FILES]


def test_a_killed_worker_costs_its_chain_once_and_nothing_else(head, notes, env, serial):
    (notes / "wait-train-mug").touch()
    with cluster(env) as address, start(head, env, address) as process:
        stage = stage_that_waits(notes / "waits-train-mug", process)
        (notes / "wait-train-mug").unlink()
        worker_of("mug").kill()
        _, said = process.communicate(timeout=600)
        assert process.returncode == 0, said
        psutil.wait_procs([stage], 60)
        assert not stage.is_running()
    assert ran(notes) == ONCE_MORE
    assert outputs(head) == outputs(serial)
    assert recorded(head) == recorded(serial)


def test_a_head_that_is_started_again_repeats_only_what_had_not_ended(head, notes, env, serial):
    (notes / "wait-train-mug").touch()
    with cluster(env) as address, start(head, env, address) as process:
        stage = stage_that_waits(notes / "waits-train-mug", process)
        done = set()
        while len(done) < len(FOUR) - 1:
            line = process.stderr.readline()
            assert line, "it has ended"
            done |= {line.split(":")[0]} if ": done" in line else set()
        process.kill()
        psutil.wait_procs([stage], 60)
        assert not stage.is_running()
    (notes / "wait-train-mug").unlink()
    with cluster(env) as address:
        succeed(head, env, address)
    assert ran(notes) == ONCE_MORE
    assert outputs(head) == outputs(serial)
    assert recorded(head) == recorded(serial)


def test_a_failure_names_its_category_and_an_interrupt_ends_what_runs_on_nodes(head, notes, env):
    (notes / "fail-train-mug").touch()
    with cluster(env) as address:
        with start(head, env, address, "mug", "sofa") as process:
            _, said = process.communicate(timeout=600)
        assert process.returncode == 1
        assert said.strip().splitlines()[-1].startswith("img2vox: 1 of 2 categories failed: mug at a node; why")
        assert "pretend: train-mug has failed, as asked" in said
        assert (head / "models" / "sofa" / "metrics.json").is_file()
        (notes / "fail-train-mug").unlink()
        (notes / "wait-train-mug").touch()
        with start(head, env, address, "mug", "sofa") as process:
            stage = stage_that_waits(notes / "waits-train-mug", process)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=200)
        assert process.returncode == 128 + signal.SIGINT
        assert not stage.is_running()
    assert ran(notes)["train-sofa"] == 1


def test_the_head_alone_looks_at_a_source_and_nodes_begin_where_something_changed(serial, tmp_path):
    head = with_remote(serial, tmp_path / "head")
    notes, clones = tmp_path / "notes", tmp_path / "clones"
    env = clusters.environment(PRETEND_NOTES=str(notes), TMPDIR=str(clones))
    params = head / "params.yaml"
    text = params.read_text(encoding="utf-8").replace("watch: []", "watch: [sample]")
    params.write_text(text, encoding="utf-8")
    (head / "src" / "img2vox" / "surface" / "files.py").write_text("# changed\n", encoding="utf-8")
    commit(head)
    with cluster(env) as address:
        said = succeed(head, env, address, "mug", "chair")
    assert ran(notes) == collections.Counter(["source", "fetch", "evaluate-mug", "evaluate-chair"])
    assert "chair: done, " in said
    network = Path("models/mug/network.keras")
    assert (head / network).read_bytes() == (serial / network).read_bytes()


def test_what_nodes_could_not_have_is_said_before_anything_runs(head, notes, env):
    for change, message in (
        (lambda: None, "no Ray cluster answers there"),
        (
            lambda: (head / "params.yaml").write_text("# changed\n" + (head / "params.yaml").read_text()),
            "commit it first",
        ),
    ):
        change()
        with start(head, env, "127.0.0.1:1") as process:
            _, said = process.communicate(timeout=300)
        assert process.returncode == 1
        assert message in said
        assert "Traceback" not in said
    assert not (notes / "ran").exists()


def test_real_trainings_on_nodes_are_the_serial_ones_and_are_seen_on_a_server(finished, tmp_path):
    make_project(tmp_path / "source")
    head = with_remote(tmp_path / "source", tmp_path / "head")
    server = Server(tmp_path)
    server.start()
    try:
        env = clusters.environment(MLFLOW_TRACKING_URI=server.uri, TMPDIR=str(tmp_path / "clones"))
        with cluster(env) as address:
            succeed(head, env, address)
        client = MlflowClient(server.uri, server.uri)
        experiment = client.get_experiment_by_name("img2vox")
        runs = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
        for slug in CATEGORIES:
            assert runs[slug].info.status == "FINISHED"
            # Of a training while it ran; `register` knows no such number.
            assert "system/cpu_utilization_percentage" in runs[slug].data.metrics
    finally:
        server.stop()
    assert recorded(head) == recorded(finished)
    assert not (head / "mlflow.db").exists()
    no_clone_is_left_in(tmp_path / "clones")
