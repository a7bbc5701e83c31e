"""The MLflow store: created once, whoever comes first; everybody else waits.

Without MLFLOW_TRACKING_URI it is `mlflow.db` (SQLite) and `mlartifacts/` under the project's root. Several processes
that open a fresh database at once destroy it, and `set_experiment` from several at once puts runs into Default: hence
the lock, and an experiment id that is passed on explicitly ever after.
"""

import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from filelock import FileLock, Timeout
from mlflow.entities import Run, ViewType
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
from sqlalchemy.exc import SQLAlchemyError

from img2vox.errors import RegistryError
from img2vox.masking import without_password
from img2vox.tracking.provenance import project_root
from img2vox.tracking.where import store_uri

# Without the kind MLflow's UI opens with pages for language models, and hides the runs.
_EXPERIMENT_TAGS = {
    "mlflow.experimentKind": "custom_model_development",
    "mlflow.experiment.primaryMetric.name": "test.iou",
    "mlflow.note.content": (
        "A parent run a pipeline, a child a category; `tags.current = 'true'`: the networks of the present revision."
    ),
}
_LOCK_TIMEOUT_S = 300.0
_PAGE = 1000

# What MLflow lets through when its store is damaged, full, locked or out of reach.
STORE_ERRORS = (MlflowException, SQLAlchemyError, requests.RequestException, OSError)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Store:
    """An open store.

    Attributes:
        client: speaks to it.
        uri: of runs and registry alike, for messages: without a password.
        experiment_id: where all our runs go.
        lock_path: held by whoever looks for something and creates it when it is missing.
    """

    client: MlflowClient
    uri: str
    experiment_id: str
    lock_path: Path

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else of this checkout finds or creates anything meanwhile; the same process may lock again."""
        with _lock(self.lock_path):
            yield

    def runs(self, condition: str) -> list[Run]:
        """Our runs, the oldest first.

        Args:
            condition: in MLflow's search language, such as "tags.slug = 'chair'".
        """
        found: list[Run] = []
        token = None
        while True:
            page = self.client.search_runs(
                [self.experiment_id], condition, ViewType.ACTIVE_ONLY, _PAGE, ["attributes.start_time ASC"], token
            )
            found += page
            token = page.token
            if not token:
                return found


def open_store(root: Path, experiment: str) -> Store:
    """Open the store; make it and its experiment when they are not there.

    Args:
        root: of the project; its absolute path goes into the store, as MLflow wants it, so that a store does not
            survive moving the project. `img2vox register` fills a new one from what DVC holds.
        experiment: name of the experiment.

    Raises:
        RegistryError: the store cannot be opened, or the experiment was deleted in the UI.
    """
    address = store_uri(root)
    uri = without_password(address)
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.WARNING)  # one line a migration
    logging.getLogger("alembic").setLevel(logging.WARNING)
    root = project_root(root)
    lock_path = root / ".mlflow.lock"
    with _lock(lock_path):
        try:
            client = _connect(address)
            found = client.get_experiment_by_name(experiment)
            if found is None:
                location = (root / "mlartifacts").as_uri() if uri.startswith("sqlite:") else None
                made = client.create_experiment(experiment, location, dict(_EXPERIMENT_TAGS))
                return Store(client, uri, str(made), lock_path)
        except STORE_ERRORS as error:
            raise RegistryError(
                f"{uri}: MLflow's store cannot be opened ({first_line(error)}); check MLFLOW_TRACKING_URI, or move the "
                "store away and let `img2vox register` fill a new one"
            ) from error
    if found.lifecycle_stage != "active":
        raise RegistryError(
            f"{uri}: experiment {experiment!r} was deleted; restore it with "
            f"`mlflow experiments restore --experiment-id {found.experiment_id}`, or rename register.experiment"
        )
    return Store(client, uri, str(found.experiment_id), lock_path)


def first_line(error: Exception) -> str:
    """The part of an MLflow message that fits into one of ours."""
    # SQLAlchemy may put a line about its own doings before the reason.
    lines = [line for line in str(error).strip().splitlines() if not line.startswith("(raised as a result of")]
    return without_password(lines[0]) if lines else type(error).__name__


def _connect(uri: str) -> MlflowClient:
    """A client; MLflow creates the tables of a fresh SQLite file here, and an older file is upgraded."""
    try:
        return MlflowClient(tracking_uri=uri, registry_uri=uri)
    except MlflowException as error:
        if not uri.startswith("sqlite:") or "out-of-date database schema" not in str(error):
            raise
    log.info("%s: written by an older MLflow; upgrading it", uri)  # SQLite has no password
    command = [sys.executable, "-m", "mlflow", "db", "upgrade", uri]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False)
    if done.returncode:
        raise RegistryError(f"{uri}: `mlflow db upgrade` failed: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
    return MlflowClient(tracking_uri=uri, registry_uri=uri)


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    try:
        # A singleton, so that whoever holds the lock may call what takes it again.
        with FileLock(path, timeout=_LOCK_TIMEOUT_S, is_singleton=True):
            yield
    except Timeout as error:
        raise RegistryError(f"{path}: another process has held it for {_LOCK_TIMEOUT_S:.0f} s; end it first") from error
