"""Stage `train@<category>`: the bundle -> models/<slug>: network, history, exact losses, predictions."""

import csv
import io
import json
import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from img2vox.config import Params
from img2vox.data.bundle import SPLITS, Bundle, chosen_views, open_bundle
from img2vox.errors import BundleError
from img2vox.evaluation.metrics import THRESHOLDS
from img2vox.evaluation.trained_on import read_trained_on
from img2vox.files import write_text
from img2vox.learning.answers import describe_fit, describe_split, write_predictions
from img2vox.learning.backend import prepare_backend
from img2vox.learning.checkpoint import inputs_key
from img2vox.learning.dataset import Samples
from img2vox.learning.network_file import load_network, save_network
from img2vox.learning.networks import build_network, require_sizes
from img2vox.learning.onednn import give_memory_back
from img2vox.learning.training import EpochRow, fit
from img2vox.learning.unseen import leave_out_seen, names_of
from img2vox.paths import Paths
from img2vox.seeds import derive_seed
from img2vox.tracking.live import live_run

HELD_OUT = ("val", "test")

log = logging.getLogger(__name__)


def run(slug: str, params: Params, paths: Paths) -> None:
    """Train one category's network and predict its val and test objects."""
    synset = params.synset(slug)
    files = (paths.voxels(synset), paths.images(synset), paths.index(synset))
    train_on(open_bundle(*files), files, slug, synset, params, paths)


def train_on(
    bundle: Bundle, bundle_files: Sequence[Path], slug: str, synset: str, params: Params, paths: Paths
) -> None:
    """Train a network on a bundle, predict its val and test objects, and write models/<slug>.

    Args:
        bundle: what to learn from.
        bundle_files: that it was read from.
        slug: the category, or JOINT.
        synset: names the draws; the category's, or JOINT.
        params: all of params.yaml.
        paths: where to write.
    """
    settings = params.train
    files = list(bundle_files)
    splits = {split: split_samples(slug, bundle, split, params) for split in SPLITS}
    seed = derive_seed(params.seed, "train", synset)
    kind = settings.network_for(slug, bundle.objects)
    if kind == "high":
        give_memory_back()
    log.info("train %s: %s", slug, prepare_backend(settings.threads, seed))
    # Batches are filled up to one size: with seven objects of one picture each, most of 32 would be repetition.
    settings = replace(settings, batch_size=min(settings.batch_size, len(splits["train"])))
    seen: set[str] = set()
    if kind == "residual" and settings.start == "joint":
        start = "joint"
        files.append(paths.joint)
        network = load_network(paths.joint)
        require_sizes(network, bundle.image_size, bundle.resolution, str(paths.joint))
        trained_on, min_iou = read_trained_on(paths.trained_on), params.prepare.near_duplicate_iou
        for split in HELD_OUT:
            splits[split], known = leave_out_seen(slug, bundle, split, splits[split], trained_on, min_iou)
            seen |= known
    else:
        start = "scratch"
        network = build_network(kind, bundle.image_size, bundle.resolution, seed)
    fit_key = inputs_key(files, ["learning"], ["data", "train"], params)
    checkpoint_dir = paths.checkpoints(f"{slug}-{fit_key}")
    history: list[EpochRow] = []
    with live_run(paths.root, params.register, slug, fit_key) as live:

        def on_epoch(row: EpochRow) -> None:
            history.append(row)
            write_text(paths.history(slug), format_history(history))
            live.on_epoch(row)

        fit(
            network,
            splits["train"],
            splits["val"],
            settings=settings,
            seed=seed,
            checkpoint_dir=checkpoint_dir,
            on_epoch=on_epoch,
        )
    held_out = {split: splits[split] for split in HELD_OUT}
    model_ids = {split: names_of(bundle, part) for split, part in held_out.items()}
    batch_size = settings.batch_size
    measured = {"train": describe_split(network, splits["train"], THRESHOLDS, batch_size)}
    measured |= write_predictions(paths.predictions(slug), network, held_out, model_ids, THRESHOLDS, batch_size)
    content = describe_fit(network, start, seen, measured, len(history), THRESHOLDS)
    # The run in MLflow that the epochs went to bears the same key, so that `register` finds it.
    write_text(paths.fit(slug), json.dumps({**content, "fit_key": fit_key}, indent=2) + "\n")
    save_network(network, paths.network(slug))
    shutil.rmtree(checkpoint_dir)
    log.info("train %s: %d epochs, val_loss %.4f", slug, len(history), min(row["val_loss"] for row in history))


def split_samples(slug: str, bundle: Bundle, split: str, params: Params) -> Samples:
    """The pictures of a split that params.yaml lets training and prediction use.

    Raises:
        BundleError: the split has no object.
    """
    rows = bundle.rows(split, params.data.fraction, with_copies=True)
    if not len(rows):
        raise BundleError(f"{slug}: no object in the split {split}; add objects, or change split.val and split.test")
    views = chosen_views(bundle.views, params.data.images_per_object)
    return Samples(bundle.voxels, bundle.images, rows, views)


def format_history(history: Sequence[Mapping[str, float]]) -> str:
    """The text of a history.csv."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(history[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({**row, "epoch": int(row["epoch"])} for row in history)
    return stream.getvalue()
