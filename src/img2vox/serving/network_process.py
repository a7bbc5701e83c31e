"""The loaded networks in a process of their own.

Importing TensorFlow and importing Gradio are seconds of pure Python each, and a prediction's Python holds the same lock
as the page's: in two processes both go on at once. One that the system ends for its memory leaves the page alive, and
the next picture starts another.
"""

import contextlib
import logging
import multiprocessing
import os
import secrets
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.managers import BaseManager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2vox.errors import NetworkError
from img2vox.imports import do_without, no_garbage_collected
from img2vox.serving.networks import Networks


@dataclass(frozen=True)
class Remote:
    """A network that answers in the other process; see networks.Loaded."""

    image_size: int
    resolution: int
    answer: Callable[[NDArray[np.uint8]], tuple[NDArray[np.float32], float | None]]


class NetworkProcess:
    """Networks (networks.py) in a process that ends with this one."""

    def __init__(self, budget_bytes: int) -> None:
        """Start nothing yet.

        Args:
            budget_bytes: of all weights in memory.
        """
        self._budget_bytes = budget_bytes
        self._starting = threading.Lock()
        self._manager: _Manager | None = None
        self._held: Any = None

    def start(self) -> None:
        """Start the process, which imports Keras from then on, unless it runs; the first network does it too."""
        self._started()

    def get(self, network_md5: str, locate: Callable[[], Path]) -> Remote:
        """A network, loaded if it is not.

        Args:
            network_md5: names it.
            locate: its file.

        Raises:
            NetworkError: the file is damaged, or larger than the whole budget, or the process has ended.
        """
        path = locate()
        image_size, resolution = self._call("sizes", network_md5, path)
        return Remote(image_size, resolution, lambda pixels: self._call("answer", network_md5, path, pixels))

    @property
    def size_bytes(self) -> int:
        """Weights in memory."""
        return self._count("size_bytes")

    def __len__(self) -> int:
        return self._count("count")

    def close(self) -> None:
        """End the process, which the end of this one does too."""
        with self._starting:
            if self._manager is not None:
                self._manager.shutdown()
            self._manager = self._held = None

    def _count(self, method: str) -> int:
        """0 where there is no process, or none any more; starts none."""
        with contextlib.suppress(NetworkError):
            return int(self._call(method)) if self._held else 0
        return 0

    def _started(self) -> Any:
        with self._starting:
            if self._held is None:
                self._manager = _Manager(address=_address(), ctx=multiprocessing.get_context("spawn"))
                self._manager.start(_begin)
                self._held = self._manager.Held(self._budget_bytes)  # type: ignore[attr-defined]  # registered below
            return self._held

    def _call(self, method: str, *arguments: Any) -> Any:
        held = self._started()
        try:
            return held._callmethod(method, arguments)
        except (EOFError, ConnectionError) as error:
            with self._starting:
                if self._held is held:
                    self._manager = self._held = None
            raise NetworkError(
                "the process that holds the networks has ended, perhaps for want of memory; the next picture starts "
                "another: try again, and lower app.memory_gb in params.yaml if that does not help"
            ) from error


class Held:
    """Stands in the other process; each thread that calls it has one there that answers."""

    def __init__(self, budget_bytes: int) -> None:
        self._networks = Networks(budget_bytes)

    def sizes(self, network_md5: str, path: Path) -> tuple[int, int]:
        """H = W of a network's pictures and R of its grids."""
        loaded = self._networks.get(network_md5, lambda: path)
        return loaded.image_size, loaded.resolution

    def answer(
        self, network_md5: str, path: Path, pixels: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float32], float | None]:
        """See networks.Loaded.answer."""
        return self._networks.get(network_md5, lambda: path).answer(pixels)

    def size_bytes(self) -> int:
        """Weights in memory."""
        return self._networks.size_bytes

    def count(self) -> int:
        """Networks in memory."""
        return len(self._networks)


class _Manager(BaseManager):
    pass


_Manager.register("Held", Held)


def _address() -> str | None:
    """Where the process listens, for holders of the key that both processes share.

    Linux's sockets without a file: a socket's path must stay under 108 bytes, which a long TMPDIR leaves no room for.
    None lets multiprocessing choose.
    """
    return f"\0img2vox-{secrets.token_hex(16)}" if sys.platform == "linux" else None


def _begin() -> None:
    """Before the process answers: what it must not say, import or outlive."""
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    do_without("sklearn", "matplotlib", "pandas")
    threading.Thread(target=_import_keras).start()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _import_keras() -> None:
    with no_garbage_collected():
        import img2vox.learning.network_file  # noqa: F401


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(0)
