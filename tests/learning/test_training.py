import functools
import io
import os
import signal
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from img2vox.config import load_params
from img2vox.errors import NetworkError
from img2vox.evaluation.metrics import iou
from img2vox.learning.dropout import ByteDropout
from img2vox.learning.inference import exact_losses, predict
from img2vox.learning.losses import loss_of
from img2vox.learning.metrics import training_metrics
from img2vox.learning.network_file import network_md5
from img2vox.learning.networks import build_network
from img2vox.learning.residual import seen_network
from img2vox.learning.training import best_epoch, fit
from tests.learning.toy import toy_samples

ROOT = Path(__file__).parents[2]
TRAIN, VAL = toy_samples(objects=6, seed=1), toy_samples(objects=2, seed=2)
NUMBERS = ("loss", "accuracy", "binary_crossentropy", "iou")


SETTINGS = replace(
    load_params(ROOT / "params.yaml").train,
    start="scratch",
    epochs=4,
    batch_size=5,
    learning_rate=1e-3,
    patience=4,
    mirror=True,
    early_stopping=True,
)


def train(network, train=TRAIN, val=VAL, checkpoint_dir=None, on_epoch=None, **changes):
    settings = replace(SETTINGS, **changes)
    return fit(network, train, val, settings=settings, seed=3, checkpoint_dir=checkpoint_dir, on_epoch=on_epoch)


class KilledError(Exception):
    pass


def kill_after(epoch):
    def on_epoch(row):
        if row["epoch"] == epoch:
            raise KilledError

    return on_epoch


def test_residual_fits_a_few_objects_far_beyond_their_mean_shape():
    network = build_network("residual", 16, 16, seed=1)
    mean = TRAIN.voxels[TRAIN.rows, ..., 0].mean(axis=0) > 0.5
    mean_iou = iou(mean, TRAIN.voxels[TRAIN.rows, ..., 0]).mean()
    before, ordered = exact_losses(network, TRAIN, thresholds=(0.5,), batch_size=8)[0], []
    history = train(network, epochs=60, learning_rate=3e-3, early_stopping=False, on_epoch=ordered.append)
    after, ious = exact_losses(network, TRAIN, thresholds=(0.5,), batch_size=8)
    assert ious.mean() > 0.9 > mean_iou + 0.1
    assert after["binary_crossentropy"] < 0.2 * before["binary_crossentropy"]
    assert ordered == history
    assert [row["epoch"] for row in history] == list(range(1, 61))
    assert set(history[0]) == {"epoch", *NUMBERS, *(f"val_{name}" for name in NUMBERS)}


def test_fit_leaves_the_weights_of_the_best_epoch_and_stops_after_patience():
    network = build_network("residual", 16, 16, seed=1)
    history = train(network, epochs=30, patience=2, learning_rate=3e-2, val=toy_samples(objects=3, seed=9))
    assert len(history) < 30
    assert len(history) == best_epoch(history) + 2
    val, _ = exact_losses(network, toy_samples(objects=3, seed=9), thresholds=(0.5,), batch_size=5)
    assert val["loss"] == min(row["val_loss"] for row in history)


def test_without_early_stopping_every_epoch_is_trained_and_the_last_one_kept():
    network = build_network("residual", 16, 16, seed=1)
    val = toy_samples(objects=3, seed=9)
    history = train(network, epochs=8, patience=1, learning_rate=1e-1, val=val, early_stopping=False)
    assert len(history) == 8
    losses, _ = exact_losses(network, val, thresholds=(0.5,), batch_size=5)
    assert losses["loss"] == history[-1]["val_loss"] != min(row["val_loss"] for row in history)


def test_a_frozen_encoder_keeps_its_weights_while_the_rest_learns_and_is_free_again_afterwards():
    network = build_network("residual", 16, 16, seed=1)

    def moved(**changes):
        before = [layer.get_weights() for layer in seen_network(network).layers]
        train(network, epochs=1, **changes)
        pairs = zip(seen_network(network).layers, before, strict=True)
        return {
            layer.name
            for layer, old in pairs
            if not all(np.array_equal(a, b) for a, b in zip(layer.get_weights(), old, strict=True))
        }

    everything = {layer.name for layer in seen_network(network).layers if layer.weights}
    encoder = {name for name in everything if name.startswith(("stem", "down", "encode"))}
    assert len(encoder) == 19
    # A block's last weights begin at zero, and what stands before them learns from the second step on.
    assert moved(start="joint", freeze_encoder=True) == everything - encoder
    assert len(network.trainable_weights) == len(network.weights)
    assert moved(start="scratch", freeze_encoder=True) >= encoder


@functools.cache
def unbroken(name):
    network = build_network(name, 16, 16, seed=1)
    return train(network, checkpoint_dir=None), network_md5(network)


def test_the_paper_s_small_network_trains_through_bytes_of_dropout_and_keeps_its_own(monkeypatch):
    trained = []
    original = ByteDropout.call

    def recorded(self, inputs, training=False):
        trained.append(training)
        return original(self, inputs, training)

    monkeypatch.setattr(ByteDropout, "call", recorded)
    network = build_network("low", 16, 16, seed=1)
    train(network, epochs=1)
    assert any(trained)
    assert [type(layer) for layer in network.layers].count(keras.layers.Dropout) == 3


# low has dropout, whose generators must be restored too; 4 is the last epoch.
@pytest.mark.parametrize(("name", "killed"), [("residual", 2), ("low", 1), ("low", 3), ("low", 4)])
def test_a_killed_training_goes_on_to_the_same_weights(tmp_path, name, killed):
    expected, md5 = unbroken(name)
    with pytest.raises(KilledError):
        train(build_network(name, 16, 16, seed=1), checkpoint_dir=tmp_path / "c", on_epoch=kill_after(killed))
    resumed, rows = build_network(name, 16, 16, seed=1), []
    history = train(resumed, checkpoint_dir=tmp_path / "c", on_epoch=rows.append)
    assert network_md5(resumed) == md5
    assert history == expected == rows


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Checkpoints of a finished training of `low`, and its history; not to be changed by a test."""
    directory = tmp_path_factory.mktemp("finished")
    return directory, train(build_network("low", 16, 16, seed=1), checkpoint_dir=directory)


def test_a_resume_trains_no_complete_epoch_again(finished, monkeypatch):
    monkeypatch.setattr("img2vox.learning.training._train_epoch", lambda *_: pytest.fail("trained again"))
    assert train(build_network("low", 16, 16, seed=1), checkpoint_dir=finished[0]) == finished[1]


def test_checkpoints_hold_the_last_and_the_best_epoch_and_nothing_else(finished):
    directory, history = finished
    assert {p.name for p in directory.iterdir()} == {"epoch-0004.npz", f"best-{best_epoch(history):04d}.npz"}


def test_a_checkpoint_of_another_training_is_refused(finished):
    with pytest.raises(NetworkError, match=r"epoch-0004\.npz: of a training with .*; remove "):
        train(build_network("low", 16, 16, seed=1), checkpoint_dir=finished[0], learning_rate=1e-4)


def test_a_checkpoint_of_another_network_is_refused(finished):
    with pytest.raises(NetworkError, match=r"epoch-0004\.npz: does not hold the variables of network 'low'"):
        train(build_network("low", 16, 24, seed=1), checkpoint_dir=finished[0])


@pytest.mark.parametrize(
    ("kept", "message"),
    [
        (None, "no whole checkpoint"),
        (("0000.npy",), "no whole checkpoint"),
        (("state.json",), "does not hold the variables of network 'low'"),
    ],
)
def test_a_damaged_checkpoint_is_one_line_that_names_it(finished, tmp_path, kept, message):
    whole = (finished[0] / "epoch-0004.npz").read_bytes()
    path = tmp_path / "epoch-0004.npz"
    path.write_bytes(whole[:-100])
    if kept:
        with zipfile.ZipFile(io.BytesIO(whole)) as archive, zipfile.ZipFile(path, "w") as changed:
            for name in kept:
                changed.writestr(name, archive.read(name))
    with pytest.raises(NetworkError, match=rf"epoch-0004\.npz: {message} \(.*\); remove .* to train anew"):
        train(build_network("low", 16, 16, seed=1), checkpoint_dir=tmp_path)


def test_a_loss_that_is_no_number_stops_the_training_and_keeps_the_last_checkpoint(tmp_path):
    network = build_network("low", 16, 16, seed=1)
    after_first = {}

    def spoil(row):
        after_first.update({p.name: p.read_bytes() for p in tmp_path.iterdir()})
        network.set_weights([weight * np.nan for weight in network.get_weights()])

    with pytest.raises(NetworkError, match=r"'low': the loss is nan in epoch 2, step 1; lower train.learning_rate"):
        train(network, checkpoint_dir=tmp_path, on_epoch=spoil)
    assert set(after_first) == {"epoch-0001.npz", "best-0001.npz"}
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == after_first


def test_a_loss_that_is_no_number_in_validation_alone_stops_the_training_too():
    """The last step of an epoch may leave weights that no later step looks at."""
    network = build_network("low", 16, 16, seed=1)
    message = r"'low': the loss is (nan|inf) in epoch 1, validation; lower train\.learning_rate"
    with pytest.raises(NetworkError, match=message):
        train(network, batch_size=len(TRAIN), learning_rate=1e30)


def test_exact_losses_are_those_that_keras_evaluates():
    network = build_network("low", 16, 16, seed=1)
    train(network, epochs=1)
    network.compile(loss=loss_of(network), metrics=training_metrics())
    images, voxels = TRAIN.read(np.arange(len(TRAIN)))
    expected = network.test_on_batch(images, voxels, return_dict=True)
    losses, ious = exact_losses(network, TRAIN, thresholds=(0.3, 0.5), batch_size=5)
    assert losses["loss"] > losses["binary_crossentropy"]  # the L2 penalty
    for name in ("loss", "accuracy", "binary_crossentropy"):
        assert losses[name] == pytest.approx(float(expected[name]), rel=1e-5), name
    assert ious.shape == (12, 2)
    assert ious[:, 1].mean() == pytest.approx(float(expected["iou"]), rel=1e-5)


def test_predict_does_not_depend_on_the_size_of_its_batches():
    network = build_network("residual", 16, 16, seed=1)
    images, _ = TRAIN.read(np.arange(7))
    one = predict(network, images, batch_size=7)
    assert one.dtype == np.float16
    assert one.shape == (7, 16, 16, 16, 1)
    np.testing.assert_allclose(predict(network, images[..., 0], batch_size=3), one, atol=1e-3)


def test_predict_rejects_pictures_that_are_scaled_already():
    network = build_network("residual", 16, 16, seed=1)
    with pytest.raises(NetworkError, match=r"pictures are float32 of shape \(1, 16, 16, 1\); expected uint8"):
        predict(network, np.zeros((1, 16, 16, 1), np.float32), batch_size=1)


PROCESS = """
import sys, time
from pathlib import Path
from img2vox.learning.onednn import train_by_onednn
train_by_onednn()
from img2vox.learning.backend import prepare_backend
prepare_backend(threads=2, seed=1)
from tests.learning.test_training import train
from img2vox.learning.network_file import network_md5
from img2vox.learning.networks import build_network
network = build_network("residual", 16, 16, seed=1)
def on_epoch(row):
    print("epoch", flush=True)
    time.sleep(float(sys.argv[2]))
train(network, epochs=4, checkpoint_dir=Path(sys.argv[1]), on_epoch=on_epoch)
print(network_md5(network), flush=True)
"""


def start(directory, pause):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    return subprocess.Popen(
        [sys.executable, "-c", PROCESS, str(directory), str(pause)], stdout=subprocess.PIPE, env=environment, text=True
    )


@pytest.mark.slow
def test_two_processes_and_a_killed_one_end_with_the_same_bits(tmp_path):
    hashes = []
    for directory in ("a", "b"):
        process = start(tmp_path / directory, 0)
        hashes.append(process.communicate(timeout=120)[0].splitlines()[-1])
        assert process.returncode == 0
    killed = start(tmp_path / "c", 60)
    assert killed.stdout.readline() == "epoch\n"
    killed.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    killed.communicate(timeout=60)
    assert [p.name for p in (tmp_path / "c").glob("epoch-*")] == ["epoch-0001.npz"]
    process = start(tmp_path / "c", 0)
    hashes.append(process.communicate(timeout=120)[0].splitlines()[-1])
    assert len(hashes[0]) == 32
    assert len(set(hashes)) == 1
