"""`img2vox repro --ray` on two real Ray nodes of one core each, with stages that take no time."""

import collections
import contextlib
import os
import shutil
import signal
import subprocess
import time

import psutil
import pytest
import yaml

from img2vox.jobs.chains import FILES
from tests.install_tools import REMOTES
from tests.pretended import FOUR, outputs
from tests.project import REPOSITORY, commit, environment, run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (REMOTES / "bin" / "ray").is_file(), reason="no Ray; python tests/install_tools.py"),
]
PYTHON = REMOTES / "bin" / "python"
CHAINS = [f"{stage}-{slug}" for stage in ("prepare", "train", "evaluate") for slug in FOUR]
# What runs when mug's chain is begun a second time.
ONCE_MORE = collections.Counter(["fetch", *CHAINS, "compare", "register", "prepare-mug", "train-mug"])


@pytest.fixture
def head(pretended, tmp_path):
    """A clone with a remote, and a place where stages on all nodes say what they do."""
    root = tmp_path / "head"
    shutil.copytree(pretended, root, symlinks=True)
    run(root, "dvc", "remote", "add", "--quiet", "--default", "shared", str(tmp_path / "store"))
    commit(root)
    (tmp_path / "notes").mkdir()
    return root


@pytest.fixture
def notes(head):
    return head.parent / "notes"


def env_of(notes):
    env = {**environment(), "PRETEND_NOTES": str(notes), "RAY_USAGE_STATS_ENABLED": "0", "DVC_NO_ANALYTICS": "1"}
    return env | {"PYTHONPATH": os.pathsep.join([str(REPOSITORY / "src"), str(REPOSITORY)])}


@contextlib.contextmanager
def cluster(notes):
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    command = [PYTHON, "-m", "tests.sharing.nodes"]
    with subprocess.Popen(command, cwd=REPOSITORY, env=env_of(notes), **pipes) as process:
        yield next(line.split()[1] for line in process.stdout if line.startswith("address "))
        process.stdin.close()
        process.wait(60)


@contextlib.contextmanager
def start(root, notes, address, *categories):
    command = [PYTHON, "-c", "from img2vox.cli import main; main()", "repro", "--ray", address, *categories]
    pipes = {"stderr": subprocess.PIPE, "stdout": subprocess.DEVNULL, "text": True}
    with subprocess.Popen(command, cwd=root, env=env_of(notes), **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def ran(notes):
    return collections.Counter((notes / "ran").read_text(encoding="utf-8").split())


def stage_that_waits(path, process):
    for _ in range(3000):
        if path.exists() and path.read_text(encoding="ascii"):
            return psutil.Process(int(path.read_text(encoding="ascii")))
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    return pytest.fail(f"{path} has not come")


def recorded(root):
    """All of the three dvc.lock; the order of their entries is that in which stages ended."""
    return [yaml.safe_load((root / name.replace(".yaml", ".lock")).read_text(encoding="utf-8")) for name in FILES]


def test_a_killed_worker_costs_its_chain_once_and_nothing_else(head, notes, serial):
    (notes / "wait-train-mug").touch()
    with cluster(notes) as address, start(head, notes, address) as process:
        stage = stage_that_waits(notes / "waits-train-mug", process)
        (notes / "wait-train-mug").unlink()
        next(parent for parent in stage.parents() if parent.cmdline()[0].startswith("ray::")).kill()
        _, said = process.communicate(timeout=600)
        assert process.returncode == 0, said
        assert not stage.is_running()
    assert ran(notes) == ONCE_MORE
    assert outputs(head) == outputs(serial)
    assert recorded(head) == recorded(serial)


def test_a_head_that_is_started_again_repeats_only_what_had_not_ended(head, notes, serial):
    (notes / "wait-train-mug").touch()
    with cluster(notes) as address, start(head, notes, address) as process:
        stage_that_waits(notes / "waits-train-mug", process)
        done = set()
        while len(done) < len(FOUR) - 1:
            line = process.stderr.readline()
            assert line, "it has ended"
            done |= {line.split(":")[0]} if ": done" in line else set()
        process.kill()
    (notes / "wait-train-mug").unlink()
    with cluster(notes) as address, start(head, notes, address) as process:
        _, said = process.communicate(timeout=600)
        assert process.returncode == 0, said
    assert ran(notes) == ONCE_MORE
    assert outputs(head) == outputs(serial)
    assert recorded(head) == recorded(serial)


def test_a_failure_names_its_category_and_an_interrupt_ends_what_runs_on_nodes(head, notes):
    (notes / "fail-train-mug").touch()
    with cluster(notes) as address:
        with start(head, notes, address, "mug", "sofa") as process:
            _, said = process.communicate(timeout=600)
        assert process.returncode == 1
        assert said.strip().splitlines()[-1].startswith("img2vox: 1 of 2 categories failed: mug at a node; why")
        assert "pretend: train-mug has failed, as asked" in said
        assert (head / "models" / "sofa" / "metrics.json").is_file()
        (notes / "fail-train-mug").unlink()
        (notes / "wait-train-mug").touch()
        with start(head, notes, address, "mug", "sofa") as process:
            stage = stage_that_waits(notes / "waits-train-mug", process)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=200)
        assert process.returncode == 128 + signal.SIGINT
        assert not stage.is_running()
    assert ran(notes)["train-sofa"] == 1


def test_what_nodes_could_not_have_is_said_before_anything_runs(head, notes):
    for change, message in (
        (lambda: None, "no Ray cluster answers there"),
        (
            lambda: (head / "params.yaml").write_text("# changed\n" + (head / "params.yaml").read_text()),
            "commit it first",
        ),
    ):
        change()
        with start(head, notes, "127.0.0.1:1") as process:
            _, said = process.communicate(timeout=300)
        assert process.returncode == 1
        assert message in said
        assert "Traceback" not in said
    assert not (notes / "ran").exists()
