"""MLflow goes away in the middle of a training: a server that stops, a disk that is full. Nothing is lost."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys

import pytest
import requests

from img2vox.tracking import live
from img2vox.tracking.live import live_directory
from img2vox.tracking.store import open_store
from tests.tracking.test_live import EPOCHS, ROOT, logged, wait_for

# An epoch for each line of its input; its own output is the history, as the stage writes it.
TRAINING = """
import sys
from pathlib import Path
from img2vox.config import load_params
from img2vox.files import write_text
from img2vox.tracking.live import live_run
root = Path(sys.argv[1])
history = "epoch,val_loss\\n"
with live_run(root, load_params(Path("params.yaml")).register, "mug", "f1") as run:
    for epoch, _ in enumerate(sys.stdin, 1):
        history += f"{epoch},{1 / epoch}\\n"
        write_text(root / "history.csv", history)
        run.on_epoch({"epoch": epoch, "val_loss": 1 / epoch})
        print(epoch, flush=True)
"""
HISTORY = "epoch,val_loss\n" + "".join(f"{epoch},{value}\n" for epoch, value in EPOCHS)


class Training:
    """A real one in a process of its own, an epoch at a time."""

    def __init__(self, root, uri):
        env = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "MLFLOW_TRACKING_URI": uri}
        command = [sys.executable, "-c", TRAINING, str(root)]
        self.process = subprocess.Popen(
            command, env=env, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def epoch(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def end(self):
        _, errors = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, errors
        return errors


def only_run(store):
    runs = store.runs("")
    assert len(runs) <= 1
    return runs[0] if runs else None


def is_whole(store):
    run = only_run(store)
    return run is not None and run.info.status == "FINISHED" and logged(store, run) == EPOCHS


class Server:
    """`mlflow server`, which can be stopped and started again on the same store and port."""

    def __init__(self, directory):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.uri = f"http://127.0.0.1:{self.port}"
        self.directory = directory

    def start(self):
        command = [sys.executable, "-m", "mlflow", "server", "--port", str(self.port), "--workers", "1"]
        command += ["--backend-store-uri", f"sqlite:///{self.directory / 'server.db'}"]
        command += ["--artifacts-destination", str(self.directory / "server-artifacts")]
        with (self.directory / "server.log").open("ab") as output:
            self.process = subprocess.Popen(
                command, stdout=output, stderr=output, cwd=self.directory, start_new_session=True
            )
        wait_for(self.answers, 120)

    def answers(self):
        try:
            return requests.get(self.uri + "/health", timeout=5).ok
        except requests.RequestException:
            return False

    def stop(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def server(tmp_path):
    found = Server(tmp_path)
    found.start()
    yield found
    found.stop()


@pytest.mark.slow
def test_a_server_that_stops_in_the_middle_and_comes_back_has_every_epoch(server, tmp_path, monkeypatch):
    root = tmp_path / "project"
    root.mkdir()
    training = Training(root, server.uri)
    training.epoch()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.uri)
    store = open_store(root, "img2vox")
    wait_for(lambda: (run := only_run(store)) and logged(store, run) == EPOCHS[:1], 120)
    server.stop()
    training.epoch()
    wait_for((live_directory(root) / live.TROUBLE).exists, 120)
    server.start()  # while it trains: nobody waits for a server longer than half a minute after that
    training.epoch()
    training.end()
    assert (root / "history.csv").read_text() == HISTORY
    wait_for(lambda: is_whole(store), 120)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 4 MB."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], capture_output=True)
    if mounted.returncode:
        pytest.skip("mounting a small file system needs root")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)  # whoever has the database open is still there


def fill(path):
    """As much as the disk takes."""
    with path.open("wb", buffering=0) as stream, contextlib.suppress(OSError):
        while stream.write(b"\0" * 1024):
            pass


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("mount"), reason="no mount here")
def test_a_store_on_a_full_disk_leaves_the_training_whole_and_gets_every_epoch_later(
    small_disk, tmp_path, empty_tables, monkeypatch
):
    root = tmp_path / "project"
    root.mkdir()
    uri = f"sqlite:///{small_disk / 'mlflow.db'}"
    shutil.copy(empty_tables, small_disk / "mlflow.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    store = open_store(root, "img2vox")
    training = Training(root, uri)
    training.epoch()
    wait_for(lambda: (run := only_run(store)) and logged(store, run) == EPOCHS[:1])
    filler = small_disk / "filler"
    fill(filler)
    training.epoch()
    wait_for((live_directory(root) / live.TROUBLE).exists)
    training.epoch()
    assert re.search(r"live logging waits \(.*(disk is full|disk I/O error)", training.end())
    assert (root / "history.csv").read_text() == HISTORY
    filler.unlink()
    wait_for(lambda: is_whole(store))
