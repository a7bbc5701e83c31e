"""One fresh store a session; MLflow takes seconds to create its tables."""

import os
import shutil

import pytest

from tests.tracking.fakes import entries_of, fake_project, gate_of, pipeline_of

# Set before anybody imports mlflow: a test speaks to nobody.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
SLUGS = ("chair", "mug", "trash_bin")


@pytest.fixture(autouse=True)
def _no_server_of_somebody_else(monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture(scope="session")
def empty_tables(tmp_path_factory):
    """A database with MLflow's tables and nothing of ours."""
    from mlflow.tracking import MlflowClient

    path = tmp_path_factory.mktemp("tables") / "mlflow.db"
    uri = f"sqlite:///{path.as_posix()}"
    MlflowClient(uri, uri).search_experiments()
    return path


@pytest.fixture
def root(tmp_path, empty_tables):
    """An empty project on a path with a space and an umlaut, its tables created."""
    directory = tmp_path / "a b \u00fc"
    directory.mkdir()
    shutil.copy(empty_tables, directory / "mlflow.db")
    return directory


class Project:
    """Three made-up categories and how to deliver them."""

    def __init__(self, root, slugs=SLUGS, **options):
        self.root, self.slugs = root, slugs
        self.paths = fake_project(root, slugs, **options)

    def open(self):
        from img2vox.tracking.store import open_store

        return open_store(self.root, "img2vox")

    def entries(self, **options):
        return entries_of(self.paths, self.slugs, **options)

    def deliver(self, store=None, params=None, gate=None, **options):
        from img2vox.tracking.delivery import register_all

        entries = self.entries(**options)
        return register_all(store or self.open(), entries, pipeline_of(self.paths, entries, params), gate or gate_of())

    def aliases(self, slug):
        return dict(self.open().client.get_registered_model(f"img2vox-{slug}").aliases)

    def tags(self, slug, version):
        return dict(self.open().client.get_model_version(f"img2vox-{slug}", str(version)).tags)


@pytest.fixture
def project(root):
    return Project(root)
