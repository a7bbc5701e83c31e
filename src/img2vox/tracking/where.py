"""Where MLflow's store is, and whether it changed. Knows no MLflow: importing that takes seconds."""

import os
from pathlib import Path

from img2vox.tracking.provenance import project_root

_SQLITE = "sqlite:///"


def store_uri(root: Path) -> str:
    """Where the runs are: MLFLOW_TRACKING_URI, or SQLite under the project's root, one for both protocols."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"{_SQLITE}{(project_root(root) / 'mlflow.db').as_posix()}"


def store_state(root: Path) -> object:
    """A value that changes when the store may have changed; None where there is none, and none is made.

    Of a server it is the address alone: ask it again from time to time.
    """
    uri = store_uri(root)
    if not uri.startswith(_SQLITE):
        return uri
    path = Path(uri.removeprefix(_SQLITE))
    # Beside it SQLite may keep what is not in the file itself yet.
    files = [path, path.with_name(f"{path.name}-wal")]
    found = tuple((file.stat().st_mtime_ns, file.stat().st_size) for file in files if file.is_file())
    return found or None
