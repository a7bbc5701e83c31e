"""Epochs of a running training, seen in MLflow as they happen. Best effort: what is missing, `register` delivers.

A process of its own speaks to MLflow (live_writer.py): a training neither waits for it, nor imports MLflow, nor ends
because of it; and when a training is killed, its writer sees the pipe close and ends the run as KILLED.
"""

import json
import logging
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

log = logging.getLogger(__name__)

# A writer that waits for a server which is gone must not keep a finished training.
_LAST_WORDS_S = 20.0


class LiveRun:
    """Hands epochs over to the writer; nothing here raises because of MLflow."""

    def __init__(self) -> None:
        self._messages: queue.SimpleQueue[Mapping[str, object] | None] = queue.SimpleQueue()

    def on_epoch(self, row: Mapping[str, float]) -> None:
        """Log one row of the history: epoch, and a number for each name. One that is there already is left alone."""
        self._messages.put({"row": dict(row)})

    def trained(self, network_md5: str) -> None:
        """Say which weights came out, so that `register` finds this run again."""
        self._messages.put({"tags": {"network_md5": network_md5}})

    def _end(self, status: str) -> None:
        self._messages.put({"status": status})
        self._messages.put(None)

    def _pump(self, pipe: IO[bytes]) -> None:
        """In a thread of its own: a pipe that nobody reads blocks once it is full."""
        try:
            with pipe:
                while (message := self._messages.get()) is not None:
                    pipe.write(json.dumps(message).encode() + b"\n")
                    pipe.flush()
        except (OSError, ValueError):  # the writer is gone, and has said why; ValueError: closed under our hands
            return


@contextmanager
def live_run(root: Path, experiment: str, slug: str, fit_key: str, tags: Mapping[str, str]) -> Iterator[LiveRun]:
    """A run in MLflow for as long as a training lasts; it ends as FINISHED, or as FAILED when the block raises.

    Args:
        root: of the project.
        experiment: MLflow's name for it.
        slug: the category; the run's name.
        fit_key: names this training by its inputs; killed and begun again, it goes on in the same run.
        tags: more tags of the run.

    Yields:
        What takes the epochs.
    """
    first = {
        "root": str(root.resolve()),
        "experiment": experiment,
        "slug": slug,
        "fit_key": fit_key,
        "tags": dict(tags),
    }
    live = LiveRun()
    live._messages.put(first)
    writer, pump = _start(live)
    status = "FAILED"
    try:
        yield live
        status = "FINISHED"
    finally:
        live._end(status)
        if writer is not None:
            pump.join(_LAST_WORDS_S)
            _wait(writer)


def _start(live: LiveRun) -> tuple[subprocess.Popen[bytes] | None, threading.Thread]:
    command = [sys.executable, "-m", "img2vox.tracking.live_writer"]
    try:
        # Its warnings go to our stderr; a Ctrl-C reaches it too, and it waits for the end of the pipe.
        writer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    except OSError as error:
        log.warning("MLflow: no live logging (%s); `img2vox register` delivers the run", error)
        return None, threading.Thread()
    assert writer.stdin is not None  # PIPE
    pump = threading.Thread(target=live._pump, args=(writer.stdin,), daemon=True)
    pump.start()
    return writer, pump


def _wait(writer: subprocess.Popen[bytes]) -> None:
    try:
        writer.wait(_LAST_WORDS_S)
    except subprocess.TimeoutExpired:
        writer.kill()
        writer.wait()
        log.warning("MLflow: the live run did not end within %.0f s; `img2vox register` completes it", _LAST_WORDS_S)
