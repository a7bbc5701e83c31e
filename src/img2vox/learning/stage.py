"""Stage `train@<category>`: the bundle -> models/<slug>: network, history, exact losses, predictions."""

import csv
import hashlib
import io
import json
import logging
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from img2vox.config import Params, flatten
from img2vox.data.bundle import SPLITS, Bundle, chosen_views, open_bundle
from img2vox.errors import BundleError
from img2vox.evaluation.metrics import THRESHOLDS
from img2vox.files import write_text
from img2vox.learning.answers import describe_fit, write_predictions
from img2vox.learning.backend import prepare_backend
from img2vox.learning.dataset import Samples
from img2vox.learning.network_file import save_network
from img2vox.learning.networks import build_network
from img2vox.learning.residual import set_prior
from img2vox.learning.training import EpochRow, fit
from img2vox.paths import Paths
from img2vox.seeds import derive_seed
from img2vox.tracking.live import live_run

log = logging.getLogger(__name__)

# Grids that the principal shapes are computed from: more add little, and each is 128 KB at 32^3.
_PRIOR_EXAMPLES = 256


def run(slug: str, params: Params, paths: Paths) -> None:
    """Train one category's network and predict its val and test objects."""
    synset = params.synset(slug)
    settings = params.train
    files = (paths.voxels(synset), paths.images(synset), paths.index(synset))
    bundle = open_bundle(*files)
    splits = {split: _samples(slug, bundle, split, params) for split in SPLITS}
    seed = derive_seed(params.seed, "train", synset)
    log.info("train %s: %s", slug, prepare_backend(settings.threads, seed))
    network = build_network(settings.network_for(bundle.objects), bundle.image_size, bundle.resolution, seed)
    if network.name == "residual":
        train = splits["train"]
        set_prior(network, train.mean_occupancy(), np.asarray(bundle.voxels[train.rows[:_PRIOR_EXAMPLES]]))
    fit_key = _inputs_hash(files, params)
    checkpoint_dir = paths.checkpoints(f"{slug}-{fit_key}")
    history: list[EpochRow] = []
    with live_run(paths.root, params.register, slug, fit_key) as live:

        def on_epoch(row: EpochRow) -> None:
            history.append(row)
            write_text(paths.history(slug), _format_history(history))
            live.on_epoch(row)

        fit(
            network,
            splits["train"],
            splits["val"],
            epochs=settings.epochs,
            batch_size=settings.batch_size,
            learning_rate=settings.learning_rate,
            patience=settings.patience,
            early_stopping=settings.early_stopping,
            mirrored=settings.mirror,
            seed=seed,
            checkpoint_dir=checkpoint_dir,
            on_epoch=on_epoch,
        )
    model_ids = {split: [bundle.index[row].model_id for row in splits[split].rows] for split in ("val", "test")}
    unseen = {split: splits[split] for split in ("val", "test")}
    write_predictions(paths.predictions(slug), network, unseen, model_ids, settings.batch_size)
    content = describe_fit(network, splits, len(history), THRESHOLDS, settings.batch_size)
    # The run in MLflow that the epochs went to bears the same key, so that `register` finds it.
    write_text(paths.fit(slug), json.dumps({**content, "fit_key": fit_key}, indent=2) + "\n")
    save_network(network, paths.network(slug))
    shutil.rmtree(checkpoint_dir)
    log.info("train %s: %d epochs, val_loss %.4f", slug, len(history), min(row["val_loss"] for row in history))


def _samples(slug: str, bundle: Bundle, split: str, params: Params) -> Samples:
    rows = bundle.rows(split, params.data.fraction, with_copies=True)
    if not len(rows):
        raise BundleError(f"{slug}: no object in the split {split}; add objects, or change split.val and split.test")
    views = chosen_views(bundle.views, params.data.images_per_object)
    return Samples(bundle.voxels, bundle.images, rows, views)


def _inputs_hash(files: Sequence[Path], params: Params) -> str:
    """What a half-finished training must agree in to be gone on with: its data, its parameters, its code."""
    digest = hashlib.sha256()
    for path in (*files, *sorted((Path(__file__).parents[1] / "learning").glob("*.py"))):
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    read = {key: value for key, value in flatten(params).items() if key.split(".")[0] in ("seed", "data", "train")}
    digest.update(json.dumps(read, sort_keys=True).encode())
    return digest.hexdigest()[:16]


def _format_history(history: Sequence[Mapping[str, float]]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(history[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({**row, "epoch": int(row["epoch"])} for row in history)
    return stream.getvalue()
