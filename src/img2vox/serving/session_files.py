"""Files that a person gets to download: in a directory of their own, and gone when they are."""

import contextlib
import hashlib
import os
import secrets
import shutil
import threading
import time
from collections import deque
from pathlib import Path

# Sets of files of one session that stay: the browser may still be fetching the last but one.
_KEPT_SETS = 6


class SessionFiles:
    """Below one root, a directory a session, in it a directory a result. Safe from many threads."""

    def __init__(self, root: Path) -> None:
        """Hold no files yet.

        Args:
            root: exists; what others leave there is swept with ours, but for what is there now.
        """
        self.root = root
        self._lock = threading.Lock()
        self._sets: dict[str, deque[Path]] = {}
        self._keep: frozenset[str] = frozenset()

    def protect(self) -> None:
        """Never sweep what lies in the root now, such as the page's own pictures."""
        self._keep = frozenset(path.name for path in self.root.iterdir())

    def new_set(self, session: str) -> Path:
        """An empty directory for the files of one result; the session's oldest one goes when there are many.

        Args:
            session: whatever the browser calls itself; never part of a path.
        """
        name = _name(session)
        directory = self.root / name / secrets.token_hex(8)
        directory.mkdir(parents=True)
        with self._lock:
            sets = self._sets.setdefault(name, deque())
            sets.append(directory)
            old = [sets.popleft() for _ in range(len(sets) - _KEPT_SETS)]
        for path in old:
            shutil.rmtree(path, ignore_errors=True)
        return directory

    def forget(self, session: str) -> None:
        """Remove all files of a session."""
        name = _name(session)
        with self._lock:
            self._sets.pop(name, None)
        shutil.rmtree(self.root / name, ignore_errors=True)

    def sweep(self, max_age_s: float) -> int:
        """Remove what nobody has written to for so long; returns how many directories went."""
        removed = 0
        now = time.time()
        for path in list(self.root.iterdir()):
            if path.name in self._keep:
                continue
            with contextlib.suppress(FileNotFoundError):  # its session may have ended just now
                if now - _last_change(path) > max_age_s:
                    with self._lock:
                        self._sets.pop(path.name, None)
                    shutil.rmtree(path, ignore_errors=True)
                    removed += 1
        return removed


def _name(session: str) -> str:
    return "s" + hashlib.sha256(session.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _last_change(path: Path) -> float:
    times = [path.stat().st_mtime]
    for directory, _, names in os.walk(path):
        times += [os.stat(os.path.join(directory, name)).st_mtime for name in names]
    return max(times)
