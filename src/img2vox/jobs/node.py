"""What a machine of a cluster does: the chain of one category, in a clone that is removed again.

Ray's worker calls `run_chain`, which asks `_make_clone` for it and waits. That is a process of its own, which then
becomes `_run`, with the commit's code: DVC with the chain's stages, then the push. When a worker ends, be it with its
head or its cluster, Ray kills whatever has it for a parent, and at once: DVC, one further down, would go on. Hence the
process that has the clone is nobody's child. A socket tells it that its worker has gone; then it ends DVC as an
interrupt would, removes the clone and ends. What goes through that socket is pickled, by two processes of one program.
"""

import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

from img2vox.config import load_params
from img2vox.errors import Img2VoxError
from img2vox.jobs import sharing
from img2vox.jobs.chains import chains_of
from img2vox.jobs.runner import Runner, StoppedError
from img2vox.paths import Paths
from img2vox.tracking.live import NO_WRITER, live_directory

_PACKAGE = Path(__file__).parents[1]
_COMMAND = (sys.executable, "-P", "-m", "img2vox.jobs.node")
_POLL_S = 0.5
_LINES_OF_A_FAILURE = 60
_WRITER_PATIENCE_S = 15.0

log = logging.getLogger(__name__)


def run_chain(repository: bytes, prefix: str, files: Mapping[str, bytes], slug: str) -> tuple[int, list[str]]:
    """Run one category's chain, with what the remote has of it, and push what it wrote.

    Args:
        repository: a git bundle.
        prefix: where params.yaml is, seen from the top of the repository.
        files: what else stands there than in the commit, see one_category.py: path, seen from `prefix` -> content.
        slug: the category.

    Returns:
        Exit code, and the last lines that a failure said.

    Raises:
        KeyboardInterrupt: cancelled; the chain has ended.
    """
    ours, theirs = Pipe()
    with ours, tempfile.TemporaryFile() as said:  # a file without a name, which no kill leaves behind
        env = {**os.environ, "PYTHONPATH": str(_PACKAGE.parent)}
        with theirs:
            subprocess.run(
                _COMMAND, stdin=theirs.fileno(), stdout=said, stderr=said, env=env, start_new_session=True, check=False
            )
        with suppress(ConnectionError):  # it could not start, and said why
            ours.send((repository, prefix, dict(files), slug))
        try:
            code = _code_of(ours)
        except KeyboardInterrupt:  # of ray.cancel
            with suppress(ConnectionError):
                ours.send("stop")
            _code_of(ours)
            raise
        said.seek(0)
        lines = said.read().decode("utf-8", "replace").splitlines()[-_LINES_OF_A_FAILURE:]
        return code, lines if code else []


def _code_of(chain: Connection) -> int:
    """Wait until it has ended; 1 when it did not come to say how."""
    code = 1
    with suppress(EOFError, ConnectionError):
        while True:
            if chain.poll(_POLL_S):  # recv() alone would not let ray.cancel through
                code = chain.recv()
    return code


def main() -> None:
    """Without arguments, become nobody's child and do what standard input, a socket, asks; with them, go on in a clone.

    `python -m img2vox.jobs.node [CATEGORY DIRECTORY]`
    """
    if sys.argv[1:]:
        slug, directory = sys.argv[1:]
        worker = Connection(sys.stdin.fileno())
        code = 1
        try:
            code = _run(slug, worker)
            _let_live_runs_end(live_directory(Path.cwd()))
        finally:
            shutil.rmtree(directory, ignore_errors=True)
            with suppress(ConnectionError):
                worker.send(code)
    elif os.fork() == 0:
        _make_clone(Connection(sys.stdin.fileno()))


def _make_clone(worker: Connection) -> None:
    """Make it as asked, and become the process that works in it."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])  # Ray's processes block it, and stages end by it
    repository, prefix, files, slug = worker.recv()
    directory = Path(tempfile.mkdtemp(prefix="img2vox-chain-"))
    try:
        bundle, clone = directory / "bundle", directory / "clone"
        bundle.write_bytes(repository)
        command = ["git", "-c", "advice.detachedHead=false", "clone", "--quiet"]
        subprocess.run([*command, bundle, clone], stdin=subprocess.DEVNULL, check=True)
        bundle.unlink()
        for name, data in files.items():
            (clone / prefix / name).write_bytes(data)
        os.chdir(clone / prefix)
        os.execve(sys.executable, [*_COMMAND, slug, str(directory)], _environment(clone))
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"{socket.gethostname()}: no clone ({error}); a node needs git, and room in {tempfile.gettempdir()}")
    finally:  # execve does not come back
        shutil.rmtree(directory, ignore_errors=True)


def _environment(clone: Path) -> dict[str, str]:
    """Ours, with the commit's code: the installed one where it is the same, whose compiled kernels Numba has kept."""
    env = dict(os.environ)
    env.pop("OMP_NUM_THREADS", None)  # of Ray: another number of threads gives other last bits
    code = clone / "src" / _PACKAGE.name
    env["PYTHONPATH"] = str((_PACKAGE if _files(_PACKAGE) == _files(code) else code).parent)
    env["DVC_SITE_CACHE_DIR"] = str(clone / ".dvc" / "tmp")  # goes with the clone, unlike the one in /var/tmp
    if "MLFLOW_TRACKING_URI" not in env:
        env[NO_WRITER] = "1"
    return env


def _files(package: Path) -> dict[Path, bytes]:
    found = (path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(package): path.read_bytes() for path in found}


def _run(slug: str, worker: Connection) -> int:
    """The chain, as long as its worker is there and does not say otherwise; its exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        paths = Paths(raw_directory=Path(load_params().data.raw))
        chains = chains_of([slug])
        runner = Runner(paths.root, pulled=True)
        threading.Thread(target=_stop_with, args=(worker, runner), daemon=True).start()
        with runner.hearing_signals():
            runner.repro("--single-item", *chains[0].targets)
            sharing.push(runner, chains, paths)
    except StoppedError as stopped:
        return stopped.exit_code
    except Img2VoxError as error:
        log.error("%s", error)
        return 1
    return 0


def _stop_with(worker: Connection, runner: Runner) -> None:
    with suppress(EOFError, OSError):
        worker.recv()
    runner.stop(signal.SIGTERM)


def _let_live_runs_end(directory: Path) -> None:
    """Give the process that carries epochs over to MLflow's server a while, since the clone goes with what it reads."""
    end = time.monotonic() + _WRITER_PATIENCE_S
    while NO_WRITER not in os.environ and any(directory.glob("*.jsonl")) and time.monotonic() < end:
        time.sleep(_POLL_S)


if __name__ == "__main__":
    main()
