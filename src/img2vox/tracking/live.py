"""Epochs of a running training, seen in MLflow as they happen. Best effort: what is missing, `register` delivers.

A training appends a line an epoch to a spool file under .live/ and does nothing else: it imports no MLflow, waits for
nobody, and does not end because of a store that is away. One process for all trainings (live_writer.py) carries the
lines over; importing MLflow costs 4 s of a core, which is as much as some trainings take.

    .live/<slug>-<fit key>-<process id>.jsonl   who trains what, then {"row": ...} an epoch, and at last {"status": ...}
    .live/trouble.txt                           why the last attempt to carry lines over failed; gone when one succeeds
    .live/writer.lock, .live/writer.log         held by the writer; what it says
"""

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psutil
from filelock import FileLock, Timeout

from img2vox.config import RegisterParams
from img2vox.tracking.provenance import project_root, this_process, training_stage

# Set, nobody carries lines over: where the store would be thrown away, as on a node of a cluster without a server.
NO_WRITER = "IMG2VOX_NO_LIVE_WRITER"
WRITER_LOCK = "writer.lock"
TROUBLE = "trouble.txt"

log = logging.getLogger(__name__)


class LiveRun:
    """Takes epochs down; nothing here raises because of MLflow or a full disk."""

    def __init__(self, path: Path, first: Mapping[str, object]) -> None:
        self._stream: IO[bytes] | None = None
        try:
            path.parent.mkdir(exist_ok=True)
            self._stream = path.open("wb", buffering=0)
        except OSError as error:
            self._stop(error)
        psutil.cpu_percent()  # the first call starts its clock
        self._write(first)

    def on_epoch(self, row: Mapping[str, float]) -> None:
        """Log one row of the history: epoch, and a number for each name. One that is there already is left alone."""
        self._write({"row": dict(row), "system": _system_metrics(), "time_ms": _now_ms()})

    def _end(self, status: str) -> None:
        self._write({"status": status, "time_ms": _now_ms()})
        if self._stream is not None:
            self._stream.close()

    def _write(self, message: Mapping[str, object]) -> None:
        if self._stream is None:
            return
        line = json.dumps(message).encode() + b"\n"
        try:
            if self._stream.write(line) != len(line):  # the disk is full; whoever reads passes over half a line
                raise OSError("no room for a whole line")
        except OSError as error:
            self._stop(error)

    def _stop(self, error: OSError) -> None:
        log.warning("MLflow: no live logging (%s); `img2vox register` delivers the run", error)
        if self._stream is not None:
            self._stream.close()
        self._stream = None


def live_directory(root: Path) -> Path:
    """Where the spool files of a project lie, both protocols' in one place."""
    return project_root(root) / ".live"


@contextmanager
def live_run(root: Path, settings: RegisterParams, slug: str, fit_key: str) -> Iterator[LiveRun]:
    """A run in MLflow for as long as a training lasts; it ends as FINISHED, or as FAILED when the block raises.

    Killed, its process is gone, and the run ends as KILLED.

    Args:
        root: of the protocol; holds params.yaml.
        settings: the experiment and the protocol.
        slug: the category; the run's name.
        fit_key: names this training by its inputs; killed and begun again, it goes on in the same run.

    Yields:
        What takes the epochs.
    """
    directory = live_directory(root)
    first = {
        "root": str(directory.parent),
        "experiment": settings.experiment,
        "slug": slug,
        "fit_key": fit_key,
        "process": this_process(),
        "time_ms": _now_ms(),
        "tags": {"protocol": settings.protocol, "category": slug.replace("_", " "), "dvc_stage": training_stage(slug)},
    }
    live = LiveRun(directory / f"{slug}-{fit_key}-{os.getpid()}.jsonl", first)
    _start_writer(directory)
    status = "FAILED"
    try:
        yield live
        status = "FINISHED"
    finally:
        live._end(status)
        _say_trouble(directory)


def _start_writer(directory: Path) -> None:
    """Start the process that carries lines over, unless one is at it."""
    if NO_WRITER in os.environ:
        return
    try:
        with FileLock(directory / WRITER_LOCK, timeout=0):
            pass
        with (directory / "writer.log").open("wb") as output:
            # A session of its own: Ctrl-C is for the training. Nothing of ours stays open in it: whoever reads the
            # output of `dvc repro` to its end must not wait for it.
            subprocess.Popen(
                [sys.executable, "-m", "img2vox.tracking.live_writer", str(directory)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
    except Timeout:
        return
    except OSError as error:
        log.warning("MLflow: no live logging (%s); `img2vox register` delivers the run", error)


def _say_trouble(directory: Path) -> None:
    try:
        trouble = (directory / TROUBLE).read_text(encoding="utf-8").strip()
    except OSError:
        return
    if trouble:
        log.warning("MLflow: live logging waits (%s); `img2vox register` delivers the run", trouble)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _system_metrics() -> dict[str, float]:
    """The machine and this process since the last epoch, under MLflow's names where it has one."""
    memory = psutil.virtual_memory()
    return {
        "system/cpu_utilization_percentage": psutil.cpu_percent(),
        "system/system_memory_usage_megabytes": memory.used / 1e6,
        "system/system_memory_usage_percentage": memory.percent,
        "system/process_memory_usage_megabytes": psutil.Process().memory_info().rss / 1e6,
    }
