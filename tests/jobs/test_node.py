"""A category's chain as a machine of a cluster runs it, with real DVC and stages that take no time; needs no Ray."""

import os
import shutil
import subprocess
import sys
import time

import psutil
import pytest

from img2vox.jobs.chains import chains_of
from img2vox.jobs.cluster import bundle
from img2vox.jobs.node import run_chain
from img2vox.jobs.one_category import OneCategory
from tests.pretended import outputs
from tests.project import REPOSITORY, commit, environment, run

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="nodes are POSIX machines")]
FETCH = "data/dvc.yaml:fetch"
# As Ray's worker does, which blocks SIGINT; here SIGTERM is what ray.cancel is there.
WORKER = """
import signal
import sys
from pathlib import Path
from img2vox.jobs.node import run_chain
from img2vox.jobs.one_category import OneCategory
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
signal.signal(signal.SIGTERM, signal.default_int_handler)
files = OneCategory(Path.cwd(), "data/dvc.yaml:fetch").files("mug")
run_chain(Path(sys.argv[1]).read_bytes(), "", files, "mug")
"""


@pytest.fixture
def head(pretended, tmp_path):
    """A clone whose remote has the meshes."""
    root = tmp_path / "head"
    shutil.copytree(pretended, root, symlinks=True)
    run(root, "dvc", "remote", "add", "--quiet", "--default", "shared", str(tmp_path / "store"))
    commit(root)
    run(root, "dvc", "repro", "--single-item", FETCH)
    run(root, "dvc", "push", FETCH)
    (root / "pretend" / "ran").unlink()
    return root


@pytest.fixture
def node(tmp_path, monkeypatch):
    """Where a node's clones are, and what its stages note."""
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    for name in ("clones", "notes"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "clones"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "clones"))
    monkeypatch.setenv("PRETEND_NOTES", str(tmp_path / "notes"))
    return tmp_path


def ran(node):
    return (node / "notes" / "ran").read_text(encoding="utf-8").split()


def test_a_chain_takes_its_own_meshes_leaves_its_results_in_the_remote_and_nothing_here(head, node, serial):
    repository = bundle(head)
    code, lines = run_chain(repository, "", OneCategory(head, FETCH).files("mug"), "mug")
    assert code == 0, lines
    chain = ["prepare-mug", "train-mug", "evaluate-mug"]
    assert lines == []
    assert ran(node) == chain
    # A second try, as after a machine has gone with the answer.
    code, lines = run_chain(repository, "", OneCategory(head, FETCH).files("mug"), "mug")
    assert code == 0, lines
    assert ran(node) == chain
    assert list((node / "clones").iterdir()) == []
    run(head, "dvc", "repro", "--pull", "--single-item", *chains_of(["mug"])[0].targets)
    assert not (head / "pretend" / "ran").exists()
    assert outputs(head, "models/mug") == outputs(serial, "models/mug")


def test_what_failed_is_said_in_its_last_lines(head, node):
    (node / "notes" / "fail-train-mug").touch()
    code, lines = run_chain(bundle(head), "", OneCategory(head, FETCH).files("mug"), "mug")
    assert code == 1
    assert "pretend: train-mug has failed, as asked" in lines
    assert lines[-1].startswith("`dvc --wait-for-lock repro --pull --single-item data/dvc.yaml:prepare@mug train@mug")
    assert list((node / "clones").iterdir()) == []


@pytest.fixture
def waiting(head, node):
    """A worker in whose chain a training waits, and the process of that stage."""
    (node / "notes" / "wait-train-mug").touch()
    sent = node / "bundle"
    sent.write_bytes(bundle(head))
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY / "src")}
    with subprocess.Popen([sys.executable, "-c", WORKER, str(sent)], cwd=head, env=env) as worker:
        said = node / "notes" / "waits-train-mug"
        end = time.monotonic() + 300
        while not (said.exists() and said.read_text(encoding="ascii")):
            assert worker.poll() is None
            assert time.monotonic() < end, f"{said} has not come"
            time.sleep(0.1)
        try:
            yield worker, psutil.Process(int(said.read_text(encoding="ascii")))
        finally:
            worker.kill()


def test_with_a_killed_worker_go_its_stage_and_its_clone(waiting, node):
    worker, stage = waiting
    assert psutil.Process(worker.pid).children() == []  # which Ray would kill, and so nobody would clean up
    above = stage.parents()
    assert [path.name.startswith("img2vox-chain-") for path in (node / "clones").iterdir()] == [True]
    worker.kill()
    _, alive = psutil.wait_procs([stage, *(each for each in above if "img2vox.jobs.node" in each.cmdline())], 60)
    assert alive == []
    assert not (node / "notes" / "waits-train-mug").exists()  # the stage was asked, and cleaned up
    assert list((node / "clones").iterdir()) == []


def test_a_cancelled_worker_ends_after_its_stage_and_its_clone_have_gone(waiting, node):
    worker, stage = waiting
    worker.terminate()
    worker.wait(60)
    assert not stage.is_running()
    assert not (node / "notes" / "waits-train-mug").exists()
    assert list((node / "clones").iterdir()) == []


def test_without_git_a_chain_says_so(head, node, monkeypatch):
    repository = bundle(head)
    monkeypatch.setenv("PATH", str(node))
    code, lines = run_chain(repository, "", OneCategory(head, FETCH).files("mug"), "mug")
    assert code == 1
    assert "No such file or directory: 'git'" in lines[-1]
    assert "a node needs git, and room in" in lines[-1]
    assert not any("Traceback" in line for line in lines)
    assert list((node / "clones").iterdir()) == []
