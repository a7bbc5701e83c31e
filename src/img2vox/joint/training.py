"""Pool -> fitted joint network. Trains what the camera sees; the turn into the object's frame has nothing to learn."""

import logging
import math
from collections.abc import Callable, Mapping
from pathlib import Path

import keras
import numpy as np
from keras import ops

from img2vox.config import PretrainParams
from img2vox.errors import NetworkError
from img2vox.joint.batches import joint_batches
from img2vox.joint.pool import Pool
from img2vox.learning.backend import uses_xla
from img2vox.learning.checkpoint import Checkpoints, Progress
from img2vox.learning.dataset import Samples
from img2vox.learning.inference import exact_losses
from img2vox.learning.losses import Tensor
from img2vox.learning.metrics import THRESHOLD
from img2vox.learning.optimizer import FusedAdam
from img2vox.learning.residual import seen_network

log = logging.getLogger(__name__)

# By trial: with equal weights the grid learns more slowly, and the azimuth no better.
_DIRECTION_WEIGHT = 0.2
_ENTROPY_WEIGHT = 2.0
# Of all gradients together: nothing in the network normalizes, and one odd batch must not undo it.
_CLIP_NORM = 1.0
_CELLS = (1, 2, 3)

EpochRow = dict[str, float]


def fit_joint(
    network: keras.Model,
    pool: Pool,
    val: Mapping[str, Samples],
    *,
    settings: PretrainParams,
    background: int,
    seed: int,
    checkpoint_dir: Path,
    on_epoch: Callable[[EpochRow], None] | None = None,
    readers: int = 1,
) -> list[EpochRow]:
    """Train a residual network in place.

    Adam, its rate falling to zero along a cosine (Loshchilov and Hutter 2017): the last steps are so small that an
    average of the weights would add nothing. Killed at any moment and called again with the same arguments, it goes on
    after the last complete epoch to the same weights, bit for bit.

    Args:
        network: from build_network.
        pool: what to learn from.
        val: slug -> validation objects, in their own frames; they choose nothing here.
        settings: of the training.
        background: gray of the bundles' pictures.
        seed: of all draws.
        checkpoint_dir: where to resume from, for these inputs alone.
        on_epoch: gets each row of the history as it is made, after a resume the older ones first.
        readers: threads that make batches; more of them for a GPU, which one cannot keep busy. They change no result.

    Returns:
        One row an epoch: epoch (from 1), loss, seen_loss and direction_loss of the training steps, val_loss,
        val_accuracy, val_binary_crossentropy and val_iou (at 0.5, in the object's frame).

    Raises:
        NetworkError: the loss is no number, or the checkpoint belongs to another training.
    """
    seen = seen_network(network)
    steps = max(1, len(pool) // settings.batch_size)
    seen.compile(
        optimizer=FusedAdam(
            keras.optimizers.schedules.CosineDecay(settings.learning_rate, settings.epochs * steps),
            global_clipnorm=_CLIP_NORM,
        ),
        loss=[seen_loss, direction_loss],
        loss_weights=[1.0, _DIRECTION_WEIGHT],
        jit_compile=uses_xla(),
    )
    seen.optimizer.build(seen.trainable_variables)
    checkpoints = Checkpoints(seen, checkpoint_dir, {"seed": seed, "pictures": len(pool), "epochs": settings.epochs})
    progress = checkpoints.restore() or Progress()
    for row in progress.history:
        _report(row, on_epoch)
    while len(progress.history) < settings.epochs:
        epoch = len(progress.history) + 1
        row = {"epoch": float(epoch), **_train_epoch(seen, pool, settings, background, seed, epoch, readers)}
        row |= _validate(network, val, settings.batch_size)
        progress = progress.after(row)
        checkpoints.save(progress)
        _report(row, on_epoch)
    return list(progress.history)


def seen_loss(truth: Tensor, logits: Tensor) -> Tensor:
    """Twice the cross-entropy plus the Dice loss of each instance: (N, P, P, C) -> (N,) float32; see losses.dice."""
    truth = ops.cast(truth, logits.dtype)
    entropy = ops.mean(ops.binary_crossentropy(truth, logits, from_logits=True), axis=_CELLS)
    chance = ops.sigmoid(logits)
    both = ops.sum(truth * chance, axis=_CELLS)
    either = ops.sum(truth, axis=_CELLS) + ops.sum(chance, axis=_CELLS)
    return _ENTROPY_WEIGHT * entropy + 1.0 - (2.0 * both + 1.0) / (either + 1.0)


def direction_loss(truth: Tensor, chances: Tensor) -> Tensor:
    """Cross-entropy of the azimuth: (N, DIRECTIONS) -> (N,) float32."""
    return ops.categorical_crossentropy(truth, chances)


def _train_epoch(
    seen: keras.Model, pool: Pool, settings: PretrainParams, background: int, seed: int, epoch: int, readers: int
) -> EpochRow:
    totals, steps = np.zeros(3), 0
    for pictures, grids, directions in joint_batches(pool, settings, background, seed, epoch, readers):
        values = seen.train_on_batch(pictures, [grids, directions])
        steps += 1
        if not math.isfinite(values[0]):
            raise NetworkError(
                f"joint network: the loss is {values[0]} in epoch {epoch}, step {steps}; lower pretrain.learning_rate"
            )
        totals += np.asarray(values, dtype=np.float64)
    return dict(zip(("loss", "seen_loss", "direction_loss"), (totals / steps).tolist(), strict=True))


def _validate(network: keras.Model, val: Mapping[str, Samples], batch_size: int) -> EpochRow:
    """Means over all pictures of all categories."""
    totals: dict[str, float] = {}
    for samples in val.values():
        losses, ious = exact_losses(network, samples, thresholds=(THRESHOLD,), batch_size=batch_size)
        for name, value in {**losses, "iou": float(ious.mean())}.items():
            totals[f"val_{name}"] = totals.get(f"val_{name}", 0.0) + value * len(samples)
    count = sum(map(len, val.values()))
    return {name: total / count for name, total in totals.items()}


def _report(row: EpochRow, on_epoch: Callable[[EpochRow], None] | None) -> None:
    shown = (row[name] for name in ("loss", "val_loss", "val_iou"))
    log.info("epoch %d: loss %.4f, val_loss %.4f, val_iou %.3f", row["epoch"], *shown)
    if on_epoch is not None:
        on_epoch(dict(row))
