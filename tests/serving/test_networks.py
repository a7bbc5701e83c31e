"""Networks in memory: loaded once, within a budget."""

import threading

import numpy as np
import pytest

from img2vox.errors import NetworkError
from img2vox.learning.network_file import save_network
from img2vox.serving.networks import Networks
from tests.serving.oracle import IMAGE_SIZE, corner_occupancy, oracle_network

PIXELS = np.zeros((IMAGE_SIZE, IMAGE_SIZE), np.uint8)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Three networks of equal size; the last one says its azimuth."""
    directory = tmp_path_factory.mktemp("networks")
    networks = [oracle_network(), oracle_network(1 - corner_occupancy()), oracle_network(azimuth_deg=72.0)]
    for number, network in enumerate(networks):
        save_network(network, directory / f"{number}.keras")
    return [directory / f"{number}.keras" for number in range(3)], networks[0].count_params() * 4


class Counting:
    def __init__(self, files):
        self.files, self.loads = files, []

    def get(self, networks, number):
        def locate():
            self.loads.append(number)
            return self.files[number]

        return networks.get(str(number), locate)


def test_a_network_is_loaded_once_also_by_many_at_once(files):
    networks, counting = Networks(1 << 30), Counting(files[0])
    threads = [threading.Thread(target=counting.get, args=(networks, 0)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counting.loads == [0]
    assert (len(networks), networks.size_bytes) == (1, files[1])


def test_the_one_used_longest_ago_goes_when_the_budget_is_spent(files):
    # Two fit, and a third one's file does not beside them.
    networks, counting = Networks(files[0][2].stat().st_size + int(files[1] * 1.6)), Counting(files[0])
    for number in (0, 1, 0, 2, 0, 1):
        counting.get(networks, number)
        assert networks.size_bytes <= networks.budget_bytes
    assert counting.loads == [0, 1, 2, 1]


def test_a_network_larger_than_the_budget_is_one_sentence(files):
    with pytest.raises(NetworkError, match=r"0\.keras: needs .* GB of memory, more than app\.memory_gb, 0\.0; raise"):
        Counting(files[0]).get(Networks(1000), 0)


def test_the_answer_is_the_networks_own(files):
    occupancy, azimuth = Counting(files[0]).get(Networks(1 << 30), 0).answer(PIXELS)
    assert (occupancy.shape, occupancy.dtype, azimuth) == ((16, 16, 16), np.float32, None)
    np.testing.assert_allclose(occupancy, corner_occupancy(), atol=1e-6)


def test_a_network_that_tells_directions_says_the_azimuth(files):
    _, azimuth = Counting(files[0]).get(Networks(1 << 30), 2).answer(PIXELS)
    assert azimuth == pytest.approx(72.0, abs=0.1)


@pytest.mark.parametrize("direction", [0, 7, 19])
def test_the_residual_network_has_the_layer_that_is_asked_for(tmp_path, direction):
    from img2vox.learning.networks import build_network

    network = build_network("residual", 32, 16, seed=0)
    look = network.get_layer("look")
    bias = np.where(np.arange(20) == direction, 50.0, 0.0)
    kernel, _ = look.get_layer("direction").get_weights()
    look.get_layer("direction").set_weights([0 * kernel, bias])
    save_network(network, tmp_path / "n.keras")
    _, azimuth = Networks(1 << 30).get("n", lambda: tmp_path / "n.keras").answer(np.zeros((32, 32), np.uint8))
    # The look into the mirror says the opposite direction, here as sure as the other: either, or the mean of both.
    expected = {0: [0.0], 7: [126.0, 234.0], 19: [342.0, 18.0]}[direction]
    assert min(abs((azimuth - value + 180) % 360 - 180) for value in expected) < 18.1
