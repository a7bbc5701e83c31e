"""Networks in a process of their own: the same answers, and no network that takes the page down with it."""

import os
import signal
import subprocess
import sys

import numpy as np
import psutil
import pytest

from img2vox.errors import NetworkError
from img2vox.learning.network_file import save_network
from img2vox.serving.network_process import NetworkProcess
from img2vox.serving.networks import Networks
from tests.project import environment
from tests.serving.oracle import IMAGE_SIZE, oracle_network

PIXELS = np.zeros((IMAGE_SIZE, IMAGE_SIZE), np.uint8)
BUDGET = 1 << 30
HOLDER = """
import sys, time
from pathlib import Path
from img2vox.serving.network_process import NetworkProcess

networks = NetworkProcess(1 << 30)
networks.get("n", lambda: Path(sys.argv[1]))
print("ready", flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("network") / "n.keras"
    save_network(oracle_network(azimuth_deg=72.0), path)
    return path


def children():
    """Processes that were started from this one, but for the tracker that multiprocessing starts beside them."""
    found = psutil.Process().children(recursive=True)
    return {process.pid for process in found if "spawn_main" in " ".join(process.cmdline())}


def test_it_answers_as_networks_in_this_process_do_and_again_after_it_was_killed(file):
    before, networks = children(), NetworkProcess(BUDGET)
    assert (len(networks), networks.size_bytes) == (0, 0)
    assert children() == before
    here = Networks(BUDGET).get("n", lambda: file)
    there = networks.get("n", lambda: file)
    assert (there.image_size, there.resolution) == (here.image_size, here.resolution)
    for found, expected in zip(there.answer(PIXELS), here.answer(PIXELS), strict=True):
        np.testing.assert_array_equal(found, expected)
    assert (len(networks), networks.size_bytes) == (1, here.size_bytes)

    for pid in children() - before:
        os.kill(pid, signal.SIGKILL)
    assert (len(networks), networks.size_bytes) == (0, 0)  # what /health asks
    assert children() == before
    there = networks.get("n", lambda: file)
    for pid in children() - before:
        os.kill(pid, signal.SIGKILL)
    with pytest.raises(NetworkError, match=r"has ended, perhaps for want of memory; the next picture starts another"):
        there.answer(PIXELS)
    assert len(networks) == 0
    np.testing.assert_array_equal(networks.get("n", lambda: file).answer(PIXELS)[0], here.answer(PIXELS)[0])
    networks.close()
    assert len(networks) == 0


def test_what_goes_wrong_there_is_one_sentence_here(file, tmp_path):
    networks = NetworkProcess(1000)
    with pytest.raises(NetworkError, match=r"n\.keras: needs .* GB of memory, more than app\.memory_gb, 0\.0; raise"):
        networks.get("n", lambda: file)
    networks.close()


@pytest.mark.slow
def test_it_ends_with_the_process_that_started_it_however_that_ended(file, tmp_path):
    temporary = tmp_path / ("a folder deeper than the path of a socket may be " * 3)
    temporary.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(file)],
        env=environment() | {"TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"ready\n"
    started = psutil.Process(process.pid).children(recursive=True)
    assert started
    process.kill()
    process.wait()
    process.stdout.close()
    _, alive = psutil.wait_procs(started, timeout=20)
    assert not alive
