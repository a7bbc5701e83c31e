"""Real Ray nodes on this machine for tests and benchmarks, and `img2vox repro --ray` on them."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.install_tools import REMOTES

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
    """Two nodes of one core each; their address."""
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
            yield address
            process.stdin.close()
            process.wait(60)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def repro(root, env, address, *categories, **options):
    """`img2vox repro --ray` in a clone, begun."""
    return subprocess.Popen(
        [PYTHON, "-c", _COMMAND, "repro", "--ray", address, *categories], cwd=root, env=env, **options
    )
