"""Stage `pretrain`: the meshes and bundles of all categories -> models/joint, which comes with the project."""

import json
import logging
import shutil

import numpy as np

from img2vox.config import Params, flatten
from img2vox.data.bundle import Bundle, open_bundle
from img2vox.errors import BundleError
from img2vox.evaluation.leaks import find_leaks, to_leave_out
from img2vox.evaluation.trained_on import write_trained_on
from img2vox.files import write_text
from img2vox.joint.judge import answer, format_joint_instances, judge
from img2vox.joint.pool import make_pool, open_pool
from img2vox.joint.training import EpochRow, fit_joint
from img2vox.learning.backend import prepare_backend
from img2vox.learning.checkpoint import inputs_key
from img2vox.learning.dataset import Samples
from img2vox.learning.network_file import network_md5, round_to_half, save_network
from img2vox.learning.networks import build_network
from img2vox.learning.stage import format_history, split_samples
from img2vox.paths import JOINT, Paths
from img2vox.seeds import derive_seed

log = logging.getLogger(__name__)

_CODE = ("joint", "learning", "geometry", "rendering", "data")
_SECTIONS = ("data", "voxelize", "render", "bundle", "pretrain", "train")


def run(params: Params, paths: Paths, workers: int) -> None:
    """Train one network on the training objects of all categories and write it, its history and its numbers."""
    bundles, files = {}, []
    for slug, synset in params.categories.items():
        parts = (paths.voxels(synset), paths.images(synset), paths.index(synset))
        bundles[slug] = open_bundle(*parts)
        files += [*parts, paths.raw_archive(synset)]
    seed = derive_seed(params.seed, "pretrain")
    log.info("pretrain: %s", prepare_backend(params.train.threads, seed))
    left_out = to_leave_out(find_leaks(bundles, params.prepare.near_duplicate_iou))
    samples = {
        split: {slug: split_samples(slug, bundle, split, params) for slug, bundle in bundles.items()}
        for split in ("val", "test")
    }
    samples["train"] = {
        slug: _without(bundle, split_samples(slug, bundle, "train", params), left_out.get(slug, frozenset()), slug)
        for slug, bundle in bundles.items()
    }
    trained = {
        slug: frozenset(bundles[slug].index[row].model_id for row in part.rows)
        for slug, part in samples["train"].items()
    }

    directory = paths.checkpoints(f"{JOINT}-{inputs_key(files, _CODE, _SECTIONS, params)}")
    resolution = params.voxelize.resolution
    pictures = make_pool(directory / "pool", trained, params, paths, workers)
    objects = sum(map(len, trained.values()))
    log.info("pretrain: %d pictures of %d objects, %d left out", pictures, objects, sum(map(len, left_out.values())))
    network = build_network("residual", params.bundle.image_size, resolution, seed)
    history: list[EpochRow] = []

    def on_epoch(row: EpochRow) -> None:
        history.append(row)
        write_text(paths.history(JOINT), format_history(history))

    fit_joint(
        network,
        open_pool(directory / "pool", resolution),
        samples["val"],
        settings=params.pretrain,
        background=params.bundle.background,
        seed=seed,
        checkpoint_dir=directory,
        on_epoch=on_epoch,
        readers=max(1, workers - params.train.threads),  # cores that the network leaves
    )
    round_to_half(network)
    batch_size = params.pretrain.batch_size
    answers = {split: answer(network, samples[split], batch_size) for split in ("val", "test")}
    grids = np.concatenate([bundles[slug].voxels[part.rows, ..., 0] for slug, part in samples["train"].items()])
    scores, instances = judge(bundles, samples, answers, grids, params)
    origins = [
        bundles[slug].index[row].origin
        for parts in samples.values()
        for slug, part in parts.items()
        for row in part.rows
    ]
    metrics = {
        "category": JOINT,
        "network": network.name,
        "parameters": int(network.count_params()),
        "convention": params.voxelize.convention,
        "resolution": resolution,
        "objects": {
            **{split: sum(len(part.rows) for part in parts.values()) for split, parts in samples.items()},
            "real": origins.count("real"),
            "parametric": origins.count("parametric"),
            "left_out": sum(map(len, left_out.values())),
        },
        "pictures": pictures,
        "epochs": len(history),
        "network_md5": network_md5(network),
        "recipe": {key: value for key, value in flatten(params).items() if key.split(".")[0] in ("seed", "pretrain")},
        **scores,
    }
    write_text(paths.metrics(JOINT), json.dumps(metrics, indent=2) + "\n")
    write_text(paths.instances(JOINT), format_joint_instances(instances))
    write_trained_on(paths.trained_on, bundles, {slug: part.rows for slug, part in samples["train"].items()})
    save_network(network, paths.joint, half=True)
    shutil.rmtree(directory)
    log.info("pretrain: IoU %.3f on %d test objects", metrics["test"]["iou"], metrics["objects"]["test"])


def _without(bundle: Bundle, samples: Samples, left_out: frozenset[str], slug: str) -> Samples:
    """The same without turned copies, which the pool has in plenty, and without what looks like held-out objects."""
    rows = [row for row in samples.rows if bundle.index[row].is_object and bundle.index[row].model_id not in left_out]
    if not rows:
        raise BundleError(f"{slug}: every training object is a near duplicate of one that is held out; add objects")
    return Samples(samples.voxels, samples.images, np.array(rows, dtype=np.int64), samples.views)
