"""Fixtures: a project of both protocols whose stages take no time, untouched, and run once by DVC alone."""

import shutil

import pytest

from tests.project import make_pretend_project, run

FOUR = {"chair": "03001627", "mug": "03797390", "sofa": "04256520", "bed": "02818832"}


@pytest.fixture(scope="session")
def pretended(tmp_path_factory):
    """Nothing has run in it; not to be changed by a test."""
    return make_pretend_project(tmp_path_factory.mktemp("pretended") / "a b \u00fc", FOUR)


@pytest.fixture(scope="session")
def serial(pretended, tmp_path_factory):
    """The same after `dvc repro`; not to be changed by a test."""
    root = tmp_path_factory.mktemp("pretended") / "serial"
    shutil.copytree(pretended, root, symlinks=True)
    run(root, "dvc", "repro")
    (root / "pretend" / "ran").unlink()
    return root


def ran(root):
    """Stages that have run since it was asked last."""
    path = root / "pretend" / "ran"
    names = path.read_text(encoding="utf-8").split() if path.exists() else []
    path.unlink(missing_ok=True)
    return names


def outputs(root, *names):
    """Path -> bytes of everything that stages wrote, or of these folders."""
    folders = [root / name for name in names or ("data", "models", "reports")]
    assert all(folder.is_dir() for folder in folders)
    return {
        path.relative_to(root): path.read_bytes()
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".lock" and path.name != ".gitignore"  # in the order of the stages too
    }
