"""Fixtures and settings that more than one test file needs."""

import hypothesis
import pytest

from tests.project import make_project, run

pytest_plugins = ["tests.pretended", "tests.tiny_category"]

# The machine is shared: how long one example takes says nothing about the code.
hypothesis.settings.register_profile("img2vox", deadline=None)
hypothesis.settings.load_profile("img2vox")


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A small project whose whole pipeline has run once; not to be changed by a test."""
    root = make_project(tmp_path_factory.mktemp("pipeline") / "a b \u00fc")
    run(root, "dvc", "repro")
    return root
