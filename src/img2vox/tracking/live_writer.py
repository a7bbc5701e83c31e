"""The process behind live.py: carries what trainings spool into MLflow until no training has been there for a while.

One at a time in a project. It outlives a training by half a minute, so that the fifty trainings of one `dvc repro`
share its start; MLflow is imported after the lock is taken, so that one too many costs nothing.
"""

import os
import sys
import time
from pathlib import Path

from filelock import FileLock, Timeout

from img2vox.tracking.live import WRITER_LOCK

_POLL_S = 1.0
_LINGER_S = 30.0


def main(directory: Path) -> None:
    """Carry lines over until no training has lived for _LINGER_S, or the directory is gone."""
    if hasattr(os, "nice"):
        os.nice(10)
    # A server that is away is asked again with the next poll; waiting inside one request would hold up the others.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
    try:
        while _carry(directory):
            pass
    except Timeout:  # another writer is at it
        return


def _carry(directory: Path) -> bool:
    """Carry lines over for as long as trainings come; whether one came in the moment of giving up."""
    with FileLock(directory / WRITER_LOCK, timeout=0):
        from img2vox.tracking.spool import Spool

        spool = Spool(directory)
        last = time.monotonic()
        while time.monotonic() - last < _LINGER_S and directory.is_dir():
            if spool.carry_over():
                last = time.monotonic()
            time.sleep(_POLL_S)
    # A training that began just now has seen the lock taken and started no writer.
    return spool.someone_trains()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
