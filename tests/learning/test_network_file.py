import json
import zipfile

import keras
import numpy as np
import pytest

from img2vox.errors import NetworkError
from img2vox.learning.network_file import load_network, network_md5, round_to_half, save_network
from img2vox.learning.networks import build_network
from tests.learning.toy import toy_samples


@pytest.mark.parametrize("name", ["low", "residual"])
def test_a_network_comes_back_as_it_was_saved(tmp_path, name):
    network = build_network(name, 16, 16, seed=1)
    path = tmp_path / "a b" / "network.keras"
    save_network(network, path)
    loaded = load_network(path)
    pictures, _ = toy_samples().read(np.arange(4))
    assert np.array_equal(loaded.predict_on_batch(pictures), network.predict_on_batch(pictures))
    assert network_md5(loaded) == network_md5(network)
    assert loaded.name == name
    assert not loaded.compiled
    assert [p.name for p in path.parent.iterdir()] == ["network.keras"]


@pytest.mark.parametrize("name", ["low", "residual"])
def test_equal_weights_give_equal_bytes_whatever_happened_before(tmp_path, name):
    network = build_network(name, 16, 16, seed=1)
    save_network(network, tmp_path / "first.keras")
    again = build_network(name, 16, 16, seed=2)
    again.compile("adam", "mse")
    again.train_on_batch(*toy_samples().read(np.arange(4)))  # uses dropout's generators, makes an optimizer
    again.set_weights(network.get_weights())
    save_network(again, tmp_path / "second.keras")
    save_network(load_network(tmp_path / "first.keras"), tmp_path / "third.keras")
    first = (tmp_path / "first.keras").read_bytes()
    assert (tmp_path / "second.keras").read_bytes() == first
    assert (tmp_path / "third.keras").read_bytes() == first


def test_a_file_holds_no_date_no_optimizer_and_no_code(tmp_path):
    network = build_network("residual", 16, 16, seed=1)
    network.compile("adam", "mse")
    save_network(network, tmp_path / "network.keras")
    with zipfile.ZipFile(tmp_path / "network.keras") as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        config = archive.read("config.json").decode()
        size = archive.getinfo("model.weights.h5").file_size
    assert "shared_object_id" not in config
    assert "adam" not in config.lower()
    assert '"registered_name": "img2vox' not in config
    assert {json.loads(config)["class_name"]} == {"Functional"}
    assert size < 1.3 * 4 * network.count_params()


def test_a_network_of_mixed_precision_is_written_as_float32(tmp_path):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        network = build_network("residual", 16, 16, seed=1)
    finally:
        keras.config.set_dtype_policy("float32")
    assert network.get_layer("look").get_layer("bridge").compute_dtype == "bfloat16"
    save_network(network, tmp_path / "mixed.keras")
    save_network(build_network("residual", 16, 16, seed=1), tmp_path / "plain.keras")
    assert load_network(tmp_path / "mixed.keras").get_layer("look").get_layer("bridge").compute_dtype == "float32"
    assert (tmp_path / "mixed.keras").read_bytes() == (tmp_path / "plain.keras").read_bytes()


def test_half_a_file_holds_exactly_the_rounded_weights(tmp_path):
    network = build_network("residual", 16, 16, seed=1)
    save_network(network, tmp_path / "whole.keras")
    round_to_half(network)
    save_network(network, tmp_path / "half.keras", half=True)
    assert (tmp_path / "half.keras").stat().st_size < 0.55 * (tmp_path / "whole.keras").stat().st_size
    loaded = load_network(tmp_path / "half.keras")
    assert network_md5(loaded) == network_md5(network)
    assert {weight.dtype for weight in loaded.weights if "seed" not in weight.path} == {"float32"}


def test_md5_sees_one_changed_bit_of_one_weight():
    network = build_network("low", 16, 16, seed=1)
    before = network_md5(network)
    weights = network.get_weights()
    weights[-1][0] = np.nextafter(weights[-1][0], np.float32(1))
    network.set_weights(weights)
    assert network_md5(network) != before


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "network.keras"
    path.write_bytes(b"old")
    monkeypatch.setattr("img2vox.learning.network_file._clear_seeds", lambda weights: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        save_network(build_network("low", 16, 16, seed=1), path)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["network.keras"]


def broken_files(good):
    """Name -> bytes of files that are no network."""
    flipped = bytearray(good)
    flipped[len(good) // 2] ^= 0xFF
    return {"empty": b"", "text": b"not a network", "cut": good[: len(good) // 2], "flipped": bytes(flipped)}


@pytest.mark.parametrize("kind", ["empty", "text", "cut", "flipped"])
def test_a_damaged_file_is_one_line_that_names_it(tmp_path, kind):
    path = tmp_path / "network.keras"
    save_network(build_network("low", 16, 16, seed=1), path)
    path.write_bytes(broken_files(path.read_bytes())[kind])
    with pytest.raises(NetworkError, match=r"network\.keras: ") as caught:
        load_network(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_one_line_that_names_it(tmp_path):
    with pytest.raises(NetworkError, match=r"gone\.keras: cannot be loaded"):
        load_network(tmp_path / "gone.keras")


def test_a_file_that_wants_to_run_code_is_refused(tmp_path):
    ran = tmp_path / "ran"
    inputs = keras.layers.Input((16, 16, 1))
    touch = keras.layers.Lambda(lambda x, path=str(ran): (open(path, "w").close(), x)[1])
    keras.Model(inputs, touch(inputs)).save(tmp_path / "hostile.keras")
    ran.unlink()
    with pytest.raises(NetworkError, match=r"hostile\.keras: cannot be loaded"):
        load_network(tmp_path / "hostile.keras")
    assert not ran.exists()


def test_a_network_of_another_kind_is_refused(tmp_path):
    inputs = keras.layers.Input((4,))
    keras.Model(inputs, keras.layers.Dense(2)(inputs)).save(tmp_path / "other.keras")
    with pytest.raises(NetworkError, match=r"other\.keras: .*expected \(N, H, H, 1\)"):
        load_network(tmp_path / "other.keras")
