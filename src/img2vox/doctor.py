"""What is installed and in reach, a line each."""

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

from img2vox.errors import Img2VoxError
from img2vox.masking import without_password
from img2vox.paths import Paths

_LIBRARIES = ("dvc", "mlflow", "keras", "numpy", "numba", "trimesh", "pillow", "pyvista", "vtk", "gradio")
_TENSORFLOW = ("tensorflow", "tensorflow-cpu")
_DVC = (sys.executable, "-P", "-m", "dvc")
_REMOTE = re.compile(r"remote\.(.+)\.url")
_TIMEOUT_S = 30


def report(paths: Paths) -> str:
    """A line for each thing that the project uses; one that is missing says what to do."""
    checks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("Python", lambda: f"{platform.python_version()} on {platform.platform()}"),
        ("libraries", _libraries),
        ("TensorFlow", _devices),
        ("OpenGL", _opengl),
        ("Blender", lambda: shutil.which("blender") or "none on PATH; only render.engine blender needs it"),
        ("params.yaml", lambda: _params(paths)),
        ("MLflow", lambda: _mlflow(paths)),
        ("DVC remote", lambda: _remote(paths)),
    )
    return "".join(f"{name + ':':14}{check()}\n" for name, check in checks)


def _libraries() -> str:
    return ", ".join(f"{name} {_version(name) or 'MISSING, install requirements.lock'}" for name in _LIBRARIES)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _devices() -> str:
    found = [f"{name} {_version(name)}" for name in _TENSORFLOW if _version(name)]
    if not found:
        return "MISSING, install requirements.lock"
    code = "import tensorflow as tf; print(len(tf.config.list_physical_devices('GPU')))"
    gpus = _run([sys.executable, "-c", code], {"TF_CPP_MIN_LOG_LEVEL": "3"})
    return (
        f"{', '.join(found)}, {gpus or 'no'} GPU" if gpus != "0" else f"{', '.join(found)}, no GPU: trains on the CPU"
    )


def _opengl() -> str:
    code = "import pyvista; print(pyvista.GPUInfo().renderer)"
    found = _run([sys.executable, "-c", code], {"PYVISTA_OFF_SCREEN": "true"})
    return found or "none that VTK can use; render.engine raster, the default, needs none"


def _params(paths: Paths) -> str:
    from img2vox.config import load_params
    from img2vox.params_file import PARAMS_FILE

    try:
        return f"{len(load_params(paths.root / PARAMS_FILE).categories)} categories"
    except Img2VoxError as error:
        return str(error)


def _mlflow(paths: Paths) -> str:
    from img2vox.tracking.where import store_uri

    uri = store_uri(paths.root)
    if not uri.startswith("sqlite:"):
        return f"{without_password(uri)} (MLFLOW_TRACKING_URI)"
    return (
        uri if os.path.exists(uri.removeprefix("sqlite:///")) else f"{uri}, not there yet: `img2vox register` makes it"
    )


def _remote(paths: Paths) -> str:
    listed = _run([*_DVC, "config", "--list"], {}, str(paths.root))
    if listed is None:
        return "DVC cannot be asked here; run this in the project's directory"
    settings = dict(line.split("=", 1) for line in listed.splitlines() if "=" in line)
    default = settings.get("core.remote")
    shown = []
    for key, address in settings.items():
        if match := _REMOTE.fullmatch(key):
            name = match[1]
            title = f"{name} (default)" if name == default else name
            shown.append(f"{title}, {without_password(address)}: {_answer(name, paths)}")
    return "; ".join(shown) or "none; `dvc remote add -d NAME URL` sets one, see docs/sharing.md"


def _answer(name: str, paths: Paths) -> str:
    """Whether a remote of DVC can be listed, as whoever pulls from it would."""
    done = _ask([*_DVC, "ls-url", f"remote://{name}"], {}, str(paths.root))
    if done is None:
        return f"has not answered for {_TIMEOUT_S} s"
    if done.returncode == 0:
        return "answers"
    said = next((line for line in done.stderr.splitlines() if line.startswith("ERROR: ")), "ERROR: ?")
    said = without_password(said.removeprefix("ERROR: ").removeprefix("unexpected error - "))
    return f"answers, but nothing is there yet: {said}" if "does not exist" in said else f"DOES NOT ANSWER: {said}"


def _run(command: list[str], env: dict[str, str], cwd: str | None = None) -> str | None:
    """Output of a command, None where it fails."""
    done = _ask(command, env, cwd)
    return done.stdout.strip() if done is not None and done.returncode == 0 else None


def _ask(command: list[str], env: dict[str, str], cwd: str | None) -> subprocess.CompletedProcess[str] | None:
    """What a command said, None where it cannot be started or takes too long."""
    try:
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            env={**os.environ, **env},
            cwd=cwd,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
