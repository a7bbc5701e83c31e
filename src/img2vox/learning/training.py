"""Network and samples -> fitted network and history. Knows no paths but the directory of its checkpoints."""

import logging
import math
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import keras

from img2vox.config import TrainParams
from img2vox.errors import NetworkError
from img2vox.learning.backend import uses_xla
from img2vox.learning.checkpoint import Checkpoints, Progress
from img2vox.learning.dataset import Samples, training_batches
from img2vox.learning.dropout import with_byte_dropout
from img2vox.learning.inference import exact_losses
from img2vox.learning.losses import loss_of
from img2vox.learning.metrics import METRIC_NAMES, THRESHOLD, training_metrics
from img2vox.learning.optimizer import FusedAdam
from img2vox.learning.residual import frozen_encoder, one_look

log = logging.getLogger(__name__)

EpochRow = dict[str, float]

# What a checkpoint must agree in to be gone on with; more epochs may be asked for later.
_DECIDING = ("start", "freeze_encoder", "batch_size", "learning_rate", "mirror", "early_stopping", "patience")


def fit(
    network: keras.Model,
    train: Samples,
    val: Samples,
    *,
    settings: TrainParams,
    seed: int,
    checkpoint_dir: Path | None,
    on_epoch: Callable[[EpochRow], None] | None = None,
) -> list[EpochRow]:
    """Train a network in place.

    Adam, the loss of the network's name (losses.py). With early stopping it ends with the weights of the epoch of the
    lowest val_loss; without, with those of the last epoch, since a validation split of one or two objects cannot
    tell one epoch from another. Killed at any moment and called again
    with the same arguments, it goes on after the last complete epoch to the same weights, bit for bit.

    Args:
        network: from build_network or load_network; its weights are the start.
        train: what to learn from.
        val: what decides on stopping.
        settings: epochs, batch size, learning rate, early stopping and mirror; which network it is is the caller's, and
            with start "joint" a residual one comes trained, so that freeze_encoder may hold.
        seed: of the order and the mirror.
        checkpoint_dir: where to resume from, for these inputs alone (name it by their hash); remove it when the
            network is saved. None keeps nothing on disk.
        on_epoch: gets each row of the history as it is made, after a resume the older ones first.

    Returns:
        One row an epoch: epoch (from 1), loss, accuracy, binary_crossentropy, iou of the training steps (dropout on,
        weights changing, as Keras reports them) and val_ twins of them (inference mode).

    Raises:
        NetworkError: the loss is no number, or the checkpoint belongs to another training.
    """
    trained = one_look(network) if network.name == "residual" else with_byte_dropout(network)
    is_frozen = network.name == "residual" and settings.start == "joint" and settings.freeze_encoder
    with frozen_encoder(network) if is_frozen else nullcontext():
        return _fit(network, trained, train, val, settings, seed, checkpoint_dir, on_epoch)


def _fit(
    network: keras.Model,
    trained: keras.Model,
    train: Samples,
    val: Samples,
    settings: TrainParams,
    seed: int,
    checkpoint_dir: Path | None,
    on_epoch: Callable[[EpochRow], None] | None,
) -> list[EpochRow]:
    _compile(trained, settings.learning_rate)
    same = {name: getattr(settings, name) for name in _DECIDING}
    same |= {"seed": seed, "network": network.name, "train": len(train), "val": len(val)}
    checkpoints = Checkpoints(trained, checkpoint_dir, same)
    progress = checkpoints.restore() or Progress()
    for row in progress.history:
        _report(row, on_epoch)
    stopping = settings.early_stopping
    while len(progress.history) < settings.epochs and not (
        stopping and progress.epochs_without_gain >= settings.patience
    ):
        epoch = len(progress.history) + 1
        row = {"epoch": float(epoch), **_train_epoch(trained, train, settings, seed, epoch)}
        row |= _validate(network, val, settings.batch_size, epoch)
        progress = progress.after(row)
        checkpoints.save(progress)
        _report(row, on_epoch)
    if stopping:
        checkpoints.restore_best(progress)
    return list(progress.history)


def best_epoch(history: list[EpochRow]) -> int:
    """Number of the epoch that early stopping keeps: the first of the lowest val_loss, counted from 1."""
    return int(min(history, key=lambda row: row["val_loss"])["epoch"])


def _compile(network: keras.Model, learning_rate: float) -> None:
    network.compile(
        optimizer=FusedAdam(learning_rate),
        loss=loss_of(network),
        metrics=training_metrics(),
        jit_compile=uses_xla(),
    )
    network.optimizer.build(network.trainable_variables)


def _train_epoch(network: keras.Model, train: Samples, settings: TrainParams, seed: int, epoch: int) -> EpochRow:
    """One pass over the pairs; the mean of the steps' values, all of one size."""
    totals = dict.fromkeys(("loss", *METRIC_NAMES), 0.0)
    steps = 0
    for images, voxels in training_batches(train, settings.batch_size, seed, epoch, settings.mirror):
        values = network.train_on_batch(images, voxels, return_dict=True)
        steps += 1
        if not math.isfinite(values["loss"]):
            raise NetworkError(_not_finite(network, f"epoch {epoch}, step {steps}", float(values["loss"])))
        for name in totals:
            totals[name] += float(values[name])
    return {name: total / steps for name, total in totals.items()}


def _validate(network: keras.Model, val: Samples, batch_size: int, epoch: int) -> EpochRow:
    losses, ious = exact_losses(network, val, thresholds=(THRESHOLD,), batch_size=batch_size)
    if not math.isfinite(losses["loss"]):
        raise NetworkError(_not_finite(network, f"epoch {epoch}, validation", losses["loss"]))
    return {f"val_{name}": value for name, value in losses.items()} | {"val_iou": float(ious.mean())}


def _not_finite(network: keras.Model, when: str, loss: float) -> str:
    return (
        f"network {network.name!r}: the loss is {loss} in {when}; lower train.learning_rate, "
        "or look for weights that are no numbers in the network it started from"
    )


def _report(row: EpochRow, on_epoch: Callable[[EpochRow], None] | None) -> None:
    log.info("epoch %d: loss %.4f, val_loss %.4f, val_iou %.3f", *_of(row, "epoch", "loss", "val_loss", "val_iou"))
    if on_epoch is not None:
        on_epoch(dict(row))


def _of(row: EpochRow, *names: str) -> tuple[float, ...]:
    return tuple(row[name] for name in names)
