"""`img2vox repro --ray` on two real Ray nodes of one core each, most of it with stages that take no time."""

import collections
import contextlib
import queue
import signal
import threading
import time

import psutil
import pytest

from tests.pretended import FOUR, outputs
from tests.project import commit
from tests.sharing import clusters
from tests.sharing.clusters import cluster, no_clone_is_left_in, recorded, start, succeed, with_remote

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not clusters.HAVE_RAY, reason="no Ray; python tests/install_tools.py"),
]
STAGES = ("prepare", "train", "evaluate")
ONCE_MORE = ["prepare-mug", "train-mug"]  # when mug's chain is begun a second time


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


def lines_of(stream):
    """A queue of what a process says, to wait for with an end."""
    lines = queue.SimpleQueue()

    def read():
        for line in stream:
            lines.put(line)

    threading.Thread(target=read, daemon=True).start()
    return lines


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
    for each in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):  # it ended meanwhile
            if each.cmdline()[:1] and each.cmdline()[0].startswith(f"ray::{slug}"):
                return each
    return pytest.fail(f"no worker runs {slug}")


def test_a_killed_worker_costs_its_chain_once_and_nothing_else(head, notes, env, serial):
    (notes / "wait-train-mug").touch()
    with cluster(env) as (address, _), start(head, env, address, "mug", "sofa") as process:
        stage = stage_that_waits(notes / "waits-train-mug", process)
        (notes / "wait-train-mug").unlink()
        worker_of("mug").kill()
        _, said = process.communicate(timeout=600)
        assert process.returncode == 0, said
        assert said.strip().splitlines()[-1] == "done: mug, sofa"
        psutil.wait_procs([stage], 60)
        assert not stage.is_running()
    stages = [f"{stage}-{slug}" for stage in STAGES for slug in ("mug", "sofa")]
    assert ran(notes) == collections.Counter(["fetch", *stages, *ONCE_MORE])
    assert outputs(head, "models/mug", "models/sofa") == outputs(serial, "models/mug", "models/sofa")


def test_a_head_that_is_started_again_repeats_only_what_had_not_ended(head, notes, env, serial):
    (notes / "wait-train-mug").touch()
    with cluster(env) as (address, _), start(head, env, address) as process:
        stage = stage_that_waits(notes / "waits-train-mug", process)
        lines, done = lines_of(process.stderr), set()
        while len(done) < len(FOUR) - 1:
            line = lines.get(timeout=300)
            done |= {line.split(":")[0]} if ": done" in line else set()
        process.kill()
        psutil.wait_procs([stage], 60)
        assert not stage.is_running()
    (notes / "wait-train-mug").unlink()
    with cluster(env) as (address, _):
        succeed(head, env, address)
    stages = [f"{stage}-{slug}" for stage in STAGES for slug in FOUR]
    assert ran(notes) == collections.Counter(["fetch", *stages, "compare", "register", *ONCE_MORE])
    assert outputs(head) == outputs(serial)
    assert recorded(head) == recorded(serial)


def test_a_failure_names_its_category_and_an_interrupt_ends_what_runs_on_nodes(head, notes, env):
    (notes / "fail-train-mug").touch()
    with cluster(env) as (address, _):
        with start(head, env, address, "mug", "sofa") as process:
            _, said = process.communicate(timeout=600)
        assert process.returncode == 1
        assert said.strip().splitlines()[-1].startswith("img2vox: 1 of 2 categories failed: mug at train@mug; why")
        assert "pretend: train-mug has failed, as asked" in said
        assert (head / "models" / "sofa" / "metrics.json").is_file()
        (notes / "fail-train-mug").unlink()
        (notes / "wait-train-mug").touch()
        with start(head, env, address, "mug") as process:
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
    with cluster(env) as (address, _):
        said = succeed(head, env, address, "mug", "chair")
    assert ran(notes) == collections.Counter(["source", "fetch", "evaluate-mug", "evaluate-chair"])
    assert "chair: done, " in said


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
