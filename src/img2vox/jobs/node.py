"""What a machine of a cluster does: the chain of one category, in a clone that is removed again.

Ray's worker calls `run_chain`, which makes the clone and starts `main` in it: DVC with the chain's stages, then the
push. `main` is a process of its own that ends with the worker: else the training of a killed one would go on beside its
second try. Ray then kills what is left, so that the clone stays; the next chain on the machine removes it.
"""

import ctypes
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

from img2vox.config import load_params
from img2vox.errors import Img2VoxError
from img2vox.jobs import sharing
from img2vox.jobs.chains import chains_of
from img2vox.jobs.runner import Runner, StoppedError
from img2vox.paths import Paths
from img2vox.tracking.live import NO_WRITER

_PACKAGE = Path(__file__).parents[1]
_CLONE = "img2vox-chain-{}-"
_POLL_S = 0.5
_LINES_OF_A_FAILURE = 60
_PR_SET_PDEATHSIG = 1  # of Linux; elsewhere what a killed worker began goes on, for nothing

log = logging.getLogger(__name__)


def run_chain(repository: bytes, prefix: str, locks: Mapping[str, bytes], slug: str) -> tuple[int, list[str]]:
    """Run one category's chain, with what the remote has of it, and push what it wrote.

    Args:
        repository: a git bundle.
        prefix: where params.yaml is, seen from the top of the repository.
        locks: the dvc.lock of whoever asks: path, seen from `prefix` -> content.
        slug: the category.

    Returns:
        Exit code, and the last lines that were said.

    Raises:
        OSError, subprocess.CalledProcessError: there can be no clone here.
    """
    with tempfile.TemporaryDirectory(prefix=_CLONE.format(os.getpid())) as directory:
        bundle, clone, said = (Path(directory) / name for name in ("bundle", "clone", "said"))
        bundle.write_bytes(repository)
        subprocess.run(["git", "-c", "advice.detachedHead=false", "clone", "--quiet", bundle, clone], check=True)
        for name, data in locks.items():
            (clone / prefix / name).write_bytes(data)
        with said.open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", __name__, slug, str(os.getpid())],
                cwd=clone / prefix,
                env=_environment(clone),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            while process.poll() is None:
                time.sleep(_POLL_S)  # and no wait(), which ray.cancel would not get through
        finally:
            process.terminate()
            process.wait()
            _remove_clones_of_killed_workers()
        return process.returncode, said.read_text("utf-8", "replace").splitlines()[-_LINES_OF_A_FAILURE:]


def _remove_clones_of_killed_workers() -> None:
    for path in Path(tempfile.gettempdir()).glob(_CLONE.format("*") + "*"):
        worker = path.name.split("-")[2]
        if worker.isdecimal() and not psutil.pid_exists(int(worker)):
            shutil.rmtree(path, ignore_errors=True)


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


def main() -> None:
    """`python -m img2vox.jobs.node CATEGORY PARENT`, called in a clone; ends with that process."""
    slug, parent = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() == int(parent):  # it has not gone before that
        sys.exit(_run(slug))


def _run(slug: str) -> int:
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    paths = Paths(raw_directory=Path(load_params().data.raw))
    chains = chains_of([slug])
    runner = Runner(paths.root, pulled=True)
    try:
        with runner.hearing_signals():
            runner.repro("--single-item", *chains[0].targets)
            sharing.push(runner, chains, paths)
    except StoppedError as stopped:
        return stopped.exit_code
    except Img2VoxError as error:
        log.error("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    main()
