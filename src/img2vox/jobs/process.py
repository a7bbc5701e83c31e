"""One DVC process: its lines as they come, and how the command that it runs is ended."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil


class DvcProcess:
    """A running `dvc`, in a session of its own, so that a terminal's Ctrl-C reaches us alone."""

    def __init__(
        self,
        arguments: Sequence[str],
        root: Path,
        env: Mapping[str, str],
        on_line: Callable[[str], object],
        on_end: Callable[[int], object],
    ) -> None:
        """Start it.

        Args:
            arguments: of `dvc`.
            root: where it runs.
            env: variables for its stages, besides ours.
            on_line: called in another thread with each line that it or its stages write.
            on_end: called there with its exit code, after the last line.
        """
        # Stages call `img2vox`, which stands beside the interpreter, whether or not its environment is activated.
        search_path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "dvc", *arguments],
            cwd=root,
            env={**os.environ, "PATH": search_path, "PYTHONUNBUFFERED": "1", **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._interrupted: set[int] = set()
        self._thread = threading.Thread(target=self._read, args=(on_line, on_end), daemon=True)
        self._thread.start()

    def _read(self, on_line: Callable[[str], object], on_end: Callable[[int], object]) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            on_line(line.decode("utf-8", "replace").rstrip())
        on_end(self._process.wait())

    def interrupt_commands(self) -> None:
        """Do to the commands that DVC runs what Ctrl-C does, once to each: they clean up, and DVC notes the failure."""
        for child in self._commands():
            if child.pid not in self._interrupted:
                self._interrupted.add(child.pid)
                with suppress(psutil.NoSuchProcess):
                    child.send_signal(signal.SIGINT)

    def kill_commands(self) -> None:
        """End them without asking; DVC notes that as well."""
        for child in self._commands():
            with suppress(psutil.NoSuchProcess):
                child.kill()

    def terminate(self) -> None:
        """End DVC itself: only while it has begun no stage, since it writes dvc.lock in place."""
        self._process.terminate()

    def kill(self) -> None:
        """The last resort: DVC and its commands, whatever they do."""
        self.kill_commands()
        self._process.kill()

    def _commands(self) -> list[psutil.Process]:
        """All below DVC but what a stage put into a session of its own.

        As a training does with the process that carries its epochs to MLflow; it goes on and ends by itself.
        """
        try:
            below = psutil.Process(self._process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        return [child for child in below if _session(child.pid) == _session(self._process.pid)]


def _session(pid: int) -> int:
    if not hasattr(os, "getsid"):
        return 0
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return -1
