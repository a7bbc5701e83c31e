"""The demo as people start it: `python -m app` in a process of its own, in a small project that answers one shape."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import numpy as np

from img2vox.files import write_archive
from img2vox.paths import JOINT, Paths
from tests.project import REPOSITORY
from tests.serving.oracle import IMAGE_SIZE, RESOLUTION, oracle_network, write_network


def make_app_project(root):
    """params.yaml of small sizes, the joint network and its training shapes, and the embedded meshes."""
    root.mkdir(parents=True)
    text = (REPOSITORY / "params.yaml").read_text(encoding="utf-8")
    for old, new in {
        "resolution: 32": f"resolution: {RESOLUTION}",
        "image_size: 128": f"image_size: {IMAGE_SIZE}",
    }.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    (root / "params.yaml").write_text(text, encoding="utf-8")
    paths = Paths(root)
    write_network(paths, JOINT, oracle_network())
    paths.sample.parent.mkdir()
    paths.sample.symlink_to(REPOSITORY / "data" / "sample", target_is_directory=True)
    arrays = {
        "categories": np.array(["mug", "chair"]),
        "model_ids": np.array(["one", "two"]),
        "grids": np.packbits(np.random.default_rng(0).random((2, RESOLUTION**3)) < [[0.1], [0.4]], axis=1),
    }
    with write_archive(paths.trained_on) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy") as stream:
                np.lib.format.write_array(stream, array, allow_pickle=False)
    return root


@contextlib.contextmanager
def serve(root, *arguments, log=None, notes=None):
    """A running demo; yields its address and its process, which writes what it does to the system into `notes`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(REPOSITORY / "src"), str(REPOSITORY)])}
    environment |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TMPDIR": str(root / "tmp")}
    if notes is not None:
        environment["PYTHONPATH"] = os.pathsep.join(
            [str(Path(__file__).with_name("watched")), environment["PYTHONPATH"]]
        )
        environment |= {"WATCHED": str(notes), "PYTHONDONTWRITEBYTECODE": "1"}
    for name in ("MLFLOW_TRACKING_URI", "GRADIO_TEMP_DIR"):
        environment.pop(name, None)
    (root / "tmp").mkdir(exist_ok=True)
    log = log or root / "app.log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "app", "--port", str(port), *arguments]
        process = subprocess.Popen(command, cwd=root, env=environment, stdout=output, stderr=output)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_up(address, process, log)
        yield address, process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_up(address, process, log, timeout_s=240):
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text(encoding="utf-8")
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{address}/health", timeout=5).json()["status"] == "ok":
                return
        time.sleep(0.3)
    raise AssertionError(f"no answer after {timeout_s} s: {log.read_text(encoding='utf-8')}")
