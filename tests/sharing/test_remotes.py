"""Data go from one clone to another through each kind of remote, and nothing is lost when that goes wrong."""

import contextlib
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from img2vox.jobs.chains import FILES
from tests.install_tools import REMOTES, find_program
from tests.pretended import FOUR, outputs, ran
from tests.project import commit, holders, run, write_category
from tests.sharing import remotes
from tests.sharing.remotes import dvc, img2vox

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not REMOTES.is_dir(), reason="no DVC for remotes; python tests/install_tools.py"),
]
KINDS = ("directory", "s3", "ssh")
# Of what DVC says of each fault.
SAID = {
    ("directory", "stops"): "failed to transfer",
    ("directory", "refuses"): "Not a directory",
    ("directory", "is_full"): "No space left on device",
    ("s3", "stops"): "Connection was closed",
    ("s3", "refuses"): "Forbidden",
    ("s3", "is_full"): "Internal Server Error",
    ("ssh", "stops"): "Connection",
    ("ssh", "refuses"): "Permission denied",
    ("ssh", "is_full"): "Failure",
}


@contextlib.contextmanager
def remote_of(kind, tmp_path):
    if kind == "ssh" and find_program("sshd") is None:
        pytest.skip("no sshd; python tests/install_tools.py")
    with getattr(remotes, kind)(tmp_path) as remote:
        yield remote


@pytest.fixture
def here(serial, tmp_path):
    """A clone in which everything has run and stands in git."""
    root = tmp_path / "here"
    shutil.copytree(serial, root, symlinks=True)
    return root


def set_up(remote, root):
    remote.add_to(root)
    commit(root)


def clone(root, tmp_path, name="there"):
    run(tmp_path, "git", "clone", "--quiet", str(root), name)
    return tmp_path / name


def succeed(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def fail(done, text):
    """It failed with a line that says why, and without a traceback."""
    assert done.returncode != 0, done.stdout
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
    assert errors, done.stderr
    assert text in done.stderr, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_what_one_clone_pushes_another_pulls_and_runs_nothing(here, tmp_path, kind):
    with remote_of(kind, tmp_path) as remote:
        set_up(remote, here)
        succeed(dvc(here, "push", "--run-cache"))
        there = clone(here, tmp_path)
        succeed(dvc(there, "pull", *FILES))
        assert outputs(there) == outputs(here)
        assert "Data and pipelines are up to date" in succeed(dvc(there, "status", *FILES))
        assert f"remote '{'shared'}' are in sync" in succeed(dvc(there, "status", "--cloud", *FILES))
        succeed(dvc(there, "repro"))
        assert ran(there) == []
        assert run(there, "git", "status", "--porcelain") == ""

        alone = clone(here, tmp_path, "alone")
        succeed(dvc(alone, "pull", "train@mug", "data/dvc.yaml:prepare@mug"))
        pulled = {path for path in outputs(alone) if path.suffix in (".npy", ".keras", ".npz")} - {
            path for path in outputs(alone) if path.parts[:2] == ("models", "joint")
        }
        mug = FOUR["mug"]
        assert {str(path) for path in pulled} == {
            *("models/mug/network.keras", "models/mug/predictions.npz"),
            *(f"data/bundles/{mug}_voxels.npy", f"data/bundles/{mug}_images.npy"),
        }

        elsewhere = tmp_path / "another project"
        elsewhere.mkdir()
        succeed(dvc(elsewhere, "get", str(here), f"data/bundles/{mug}_voxels.npy", "--out", "grids.npy"))
        assert (elsewhere / "grids.npy").read_bytes() == (here / f"data/bundles/{mug}_voxels.npy").read_bytes()
        code = f"import dvc.api; print(dvc.api.read('models/mug/network.keras', repo={str(here)!r}, mode='r'), end='')"
        env = {**os.environ, "AWS_ACCESS_KEY_ID": remotes.KEY_ID, "AWS_SECRET_ACCESS_KEY": remotes.SECRET}
        read = subprocess.run(
            [REMOTES / "bin" / "python", "-c", code], capture_output=True, text=True, check=True, env=env
        )
        assert read.stdout == (here / "models/mug/network.keras").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["s3"])  # through a directory they do in test_templates.py
def test_shards_come_together_through_the_remote(pretended, serial, tmp_path, kind):
    with remote_of(kind, tmp_path) as remote:
        head = tmp_path / "head"
        shutil.copytree(pretended, head, symlinks=True)
        remote.add_to(head)
        run(head, "dvc", "repro", "--single-item", "data/dvc.yaml:fetch")
        succeed(dvc(head, "push"))
        commit(head)
        ran(head)
        first, second, third = (clone(head, tmp_path, f"worker {number}") for number in (1, 2, 3))
        shard = ("repro", "--jobs", "1", "--pull", "--push", "--shard")
        succeed(img2vox(first, *shard, "1/2"))
        assert len(ran(first)) == 6
        assert len(list((first / "data" / "raw").glob("*.zip"))) == 2
        (second / "pretend").mkdir()
        (second / "pretend" / "fail-train-sofa").touch()
        done = img2vox(second, *shard, "2/2")
        assert "img2vox: 1 of 2 categories failed: sofa at train@sofa" in done.stderr
        # What the failed one has done is not lost to the next.
        succeed(img2vox(third, *shard, "2/2"))
        assert ran(third) == ["prepare-sofa", "train-sofa", "evaluate-sofa"]
        write_category(first, FOUR["sofa"], last_height=1.2)
        succeed(img2vox(first, "repro", "sofa", "--pull"))
        assert ran(first) == ["fetch", "prepare-sofa", "train-sofa", "evaluate-sofa"]
        succeed(dvc(head, "repro", "--pull"))
        assert ran(head) == ["compare", "register"]
        assert outputs(head) == outputs(serial)
        assert holders(tmp_path, [remotes.SECRET]) == set()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", ["stops", "refuses", "is_full"])
def test_a_push_or_a_pull_that_fails_loses_nothing_and_the_next_completes(here, tmp_path, kind, fault):
    with remote_of(kind, tmp_path) as remote:
        set_up(remote, here)
        before = outputs(here)
        with getattr(remote, fault)():
            fail(dvc(here, "push"), SAID[kind, fault])
            assert outputs(here) == before
        succeed(dvc(here, "push"))
        there = clone(here, tmp_path)
        if fault != "is_full":
            with getattr(remote, fault)():
                fail(dvc(there, "pull", *FILES), SAID[kind, fault])
        succeed(dvc(there, "pull", *FILES))
        assert outputs(there) == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_spoiled_object_is_noticed_and_once_removed_replaced_by_the_next_push(here, tmp_path, kind):
    with remote_of(kind, tmp_path) as remote:
        set_up(remote, here)
        succeed(dvc(here, "push"))
        path = Path("models/mug/predictions.npz")
        md5 = hashlib.md5((here / path).read_bytes(), usedforsecurity=False).hexdigest()
        name = f"files/md5/{md5[:2]}/{md5[2:]}"
        remote.spoil(name)
        there = clone(here, tmp_path)
        fail(dvc(there, "pull", *FILES), str(path))
        assert outputs(there) == {other: data for other, data in outputs(here).items() if other != path}
        if kind != "directory":  # there DVC has removed it itself
            remote.remove(name)
        succeed(dvc(here, "push"))
        succeed(dvc(there, "pull", *FILES))
        assert outputs(there) == outputs(here)
