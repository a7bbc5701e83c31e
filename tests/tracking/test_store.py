"""The store itself: made once, found again, upgraded, and shared by processes that start at one moment."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock
from mlflow.exceptions import MlflowException

from img2vox.errors import RegistryError
from img2vox.tracking.store import open_store
from img2vox.tracking.where import store_uri
from tests.tracking.conftest import SLUGS, Project

ROOT = Path(__file__).parents[2]
DELIVER_ONE = """
import sys
from pathlib import Path
from tests.tracking.conftest import Project
project = Project.__new__(Project)
project.root, project.slugs = Path(sys.argv[1]), sys.argv[2].split(",")
from img2vox.paths import Paths
project.paths = Paths(project.root)
print("ready", flush=True)
import img2vox.tracking.delivery
sys.stdin.read()
project.deliver()
"""


def test_the_experiment_is_made_once_and_its_artifacts_lie_under_the_root(root):
    first, second = open_store(root, "img2vox"), open_store(root, "img2vox")
    assert first.experiment_id == second.experiment_id != "0"
    location = first.client.get_experiment(first.experiment_id).artifact_location
    assert location == (root / "mlartifacts").resolve().as_uri()


def test_an_environment_variable_names_another_store(root, tmp_path, monkeypatch, empty_tables):
    other = f"sqlite:///{(tmp_path / 'other.db').as_posix()}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", other)
    assert store_uri(root) == other


def test_a_deleted_experiment_is_one_line_that_says_how_to_restore_it(root):
    store = open_store(root, "img2vox")
    store.client.delete_experiment(store.experiment_id)
    command = rf"mlflow experiments restore --experiment-id {store.experiment_id}"
    with pytest.raises(RegistryError, match=f"experiment 'img2vox' was deleted; restore it with `{command}`"):
        open_store(root, "img2vox")


def test_a_file_that_is_no_database_is_one_line(root):
    (root / "mlflow.db").write_text("no database " * 100)
    with pytest.raises(RegistryError, match=r"mlflow\.db: MLflow's store cannot be opened") as caught:
        open_store(root, "img2vox")
    assert "\n" not in str(caught.value)


def test_a_store_that_another_process_holds_is_one_line(root, monkeypatch):
    monkeypatch.setattr("img2vox.tracking.store._LOCK_TIMEOUT_S", 0.1)
    with (
        FileLock(root / ".mlflow.lock"),
        pytest.raises(RegistryError, match=r"\.mlflow\.lock: another process has held it"),
    ):
        open_store(root, "img2vox")


def test_a_store_that_cannot_be_upgraded_is_one_line(root, monkeypatch):
    def older(**_):
        raise MlflowException("Detected out-of-date database schema (found version 1, but expected 2)")

    monkeypatch.setattr("img2vox.tracking.store.MlflowClient", older)
    monkeypatch.setattr("img2vox.tracking.store.sys.executable", shutil.which("false"))
    with pytest.raises(RegistryError, match=r"mlflow\.db: `mlflow db upgrade` failed: \?"):
        open_store(root, "img2vox")


@pytest.mark.slow
def test_a_store_of_an_older_mlflow_is_upgraded(root):
    from alembic import command
    from alembic.script import ScriptDirectory
    from mlflow.store.db.utils import InitialBase, _get_alembic_config
    from sqlalchemy import create_engine

    uri = store_uri(root)
    config = _get_alembic_config(uri)
    (root / "mlflow.db").unlink()
    InitialBase.metadata.create_all(create_engine(uri))
    head = ScriptDirectory.from_config(config).get_current_head()
    command.upgrade(config, f"{head}-1")
    open_store(root, "img2vox")
    with sqlite3.connect(root / "mlflow.db") as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchall() == [(head,)]


def deliver_at_once(root, groups):
    """One process a group of categories; all wait, their imports done, for one signal."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", DELIVER_ONE, str(root), ",".join(slugs)],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for slugs in groups
    ]
    for process in processes:
        process.stdout.readline()
    for process in processes:
        process.stdin.close()
        process.stdin = None
    for process in processes:
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors


@pytest.mark.slow
def test_six_processes_at_once_on_a_fresh_clone_lose_nothing(tmp_path):
    slugs = [f"c{number}" for number in range(12)]
    project = Project(tmp_path / "a b \u00fc", slugs)
    deliver_at_once(project.root, [slugs[n::6] for n in range(6)])
    store = project.open()
    runs = store.runs("tags.slug != ''")
    assert sorted(run.data.tags["slug"] for run in runs) == sorted(slugs)
    for run in runs:
        assert run.info.status == "FINISHED"
        assert len(store.client.get_metric_history(run.info.run_id, "val_loss")) == 3
    assert len(store.client.search_model_versions()) == len(slugs)
    assert store.client.search_runs(["0"]) == []


@pytest.mark.slow
def test_four_processes_that_deliver_the_same_make_it_once(tmp_path):
    project = Project(tmp_path / "same")
    deliver_at_once(project.root, [SLUGS] * 4)
    store = project.open()
    assert len(store.runs("")) == len(SLUGS) + 1
    assert len(store.client.search_model_versions()) == len(SLUGS)
