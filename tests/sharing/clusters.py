"""Real Ray nodes on this machine for tests and benchmarks, and `img2vox repro --ray` on them."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from img2vox.jobs.chains import FILES
from tests.install_tools import REMOTES
from tests.project import commit, run

REPOSITORY = Path(__file__).parents[2]
PYTHON = REMOTES / "bin" / "python"  # Ray's; stages run in the environment of whoever calls
HAVE_RAY = (REMOTES / "bin" / "ray").is_file()
_COMMAND = "from img2vox.cli import main; main()"


def environment(**changes):
    """For a head and its nodes: the commands of this interpreter's environment, this repository's code."""
    env = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    env |= {"PYTHONPATH": os.pathsep.join([str(REPOSITORY / "src"), str(REPOSITORY)]), "PYTHONUTF8": "1"}
    env |= {"RAY_USAGE_STATS_ENABLED": "0", "DVC_NO_ANALYTICS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    env["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"  # Ray's word for: nobody beyond this machine
    env.pop("MLFLOW_TRACKING_URI", None)
    return env | changes


@contextlib.contextmanager
def cluster(env):
    """Two nodes of one core each: their address, and where Ray keeps its logs."""
    directory = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))  # short, since the paths of sockets are
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    env = env | {"RAY_TMPDIR": str(directory), "RAY_raylet_start_wait_time_s": "300"}
    try:
        with (
            (directory / "said").open("w") as said,
            subprocess.Popen(
                [PYTHON, "-m", "tests.sharing.nodes"], cwd=REPOSITORY, env=env, stderr=said, **pipes
            ) as process,
        ):
            address = next((line.split()[1] for line in process.stdout if line.startswith("address ")), None)
            if address is None:
                raise RuntimeError((directory / "said").read_text(encoding="utf-8"))
            yield address, directory
            process.stdin.close()
            process.wait(60)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def repro(root, env, address, *categories, **options):
    """`img2vox repro --ray` in a clone, begun."""
    return subprocess.Popen(
        [PYTHON, "-c", _COMMAND, "repro", "--ray", address, *categories], cwd=root, env=env, **options
    )


def with_remote(source, root):
    """A copy of a project whose remote stands beside it, with places for its nodes' clones and notes."""
    shutil.copytree(source, root, symlinks=True)
    run(root, "dvc", "remote", "add", "--quiet", "--default", "shared", str(root.parent / "store"))
    commit(root)
    for name in ("notes", "clones"):
        (root.parent / name).mkdir()
    return root


@contextlib.contextmanager
def start(root, env, address, *categories):
    """`repro`, whose standard error is read by whoever calls; it ends with the block."""
    pipes = {"stderr": subprocess.PIPE, "stdout": subprocess.DEVNULL, "text": True}
    with repro(root, env, address, *categories, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def succeed(root, env, address, *categories):
    """What it says when all goes well."""
    with start(root, env, address, *categories) as process:
        _, said = process.communicate(timeout=600)
        assert process.returncode == 0, said
    return said


def no_clone_is_left_in(directory):
    """Wait until it is so: what ends with its worker does so after it."""
    end = time.monotonic() + 60
    while left := list(directory.glob("img2vox-*")):
        assert time.monotonic() < end, f"{left} stays"
        time.sleep(0.1)


def recorded(root):
    """All of the three dvc.lock; the order of their entries is that in which stages ended."""
    return [yaml.safe_load((root / name.replace(".yaml", ".lock")).read_text(encoding="utf-8")) for name in FILES]
