"""A project whose stages take no time, run once by DVC alone."""

import shutil

import pytest

from tests.project import make_pretend_project, run

FOUR = {"chair": "03001627", "mug": "03797390", "sofa": "04256520", "bed": "02818832"}


@pytest.fixture(scope="session")
def untouched(tmp_path_factory):
    """Nothing has run in it; not to be changed by a test."""
    return make_pretend_project(tmp_path_factory.mktemp("jobs") / "a b \u00fc", FOUR)


@pytest.fixture(scope="session")
def serial(untouched, tmp_path_factory):
    """The same after `dvc repro`; not to be changed by a test."""
    root = tmp_path_factory.mktemp("jobs") / "serial"
    shutil.copytree(untouched, root, symlinks=True)
    run(root, "dvc", "repro")
    return root


@pytest.fixture
def project(untouched, tmp_path):
    """A copy that a test may run in."""
    root = tmp_path / "a b \u00fc"
    shutil.copytree(untouched, root, symlinks=True)
    return root
