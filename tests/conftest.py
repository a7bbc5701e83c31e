"""Fixtures and settings that more than one test file needs."""

import hypothesis
import pytest

from tests.project import SECRETS, make_project, start

pytest_plugins = ["tests.pretended", "tests.tiny_category"]

# The machine is shared: how long one example takes says nothing about the code.
hypothesis.settings.register_profile("img2vox", deadline=None)
hypothesis.settings.load_profile("img2vox")


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A small project whose whole pipeline has run once, with secrets in reach; not to be changed by a test."""
    root = make_project(tmp_path_factory.mktemp("pipeline") / "a b \u00fc")
    text = (
        f"['remote \"other\"']\n    url = ssh://me@127.0.0.1:9/x\n    password = {SECRETS['AWS_SECRET_ACCESS_KEY']}\n"
    )
    (root / ".dvc" / "config.local").write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SECRETS.items():
            patch.setenv(name, value)
        done = start(root, "dvc", "repro")
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    (root.parent / "said.txt").write_text(said, encoding="utf-8")
    return root
