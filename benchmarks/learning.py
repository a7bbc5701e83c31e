"""How well the networks do on objects that nobody generated, beside answers that need no network; and how fast.

    python benchmarks/learning.py [--folds 5] [--categories chair car ...] [--networks residual low high] [--seeds 1]
                                  [--epochs N] [--convention standard|paper] [--output FILE]

Object-level k-fold over all embedded real objects: each is tested once, by a network of its category that saw neither
it nor its near duplicates. Parametric objects may train and are never tested. All methods answer for the same objects
from the same pictures; networks choose their threshold on validation objects, as `img2vox evaluate` does. "shuffled" is
the first network again, trained on pictures that were shuffled among the training objects: what it scores, no picture
has told. Intervals are of all tested objects pooled, paired by object.

Writes benchmarks/results/learning.json, and learning_categories.csv beside it: categories with eight real objects or
more. Two categories with one network and two epochs take two minutes.
"""

import argparse
import csv
import itertools
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from common import RESULTS, ROOT, write_results
from img2vox.catalog import CATEGORIES
from img2vox.config import load_params
from img2vox.data.bundle import chosen_views, open_bundle
from img2vox.data.prepare import prepare_category
from img2vox.evaluation.baselines import iou_matrix, mean_shape, nearest_images
from img2vox.evaluation.metrics import THRESHOLDS, best_threshold, fill, iou, paired_bootstrap_ci95
from img2vox.paths import Paths
from img2vox.seeds import derive_rng, derive_seed
from img2vox.sources.sample import fetch_sample

BASELINES = ("mean_shape", "nearest_image", "oracle")
SHUFFLED = "shuffled"
LEAST_REAL = 8  # objects of a category that gets a line of its own
# The paper's training of its own networks (its Fig. 14); ours trains by params.yaml.
PAPER_TRAINING = {"epochs": 20, "batch_size": 32, "early_stopping": True, "patience": 5}


@dataclass(frozen=True)
class Fold:
    """Rows of one category's bundle: what trains, what chooses the threshold, what is tested."""

    train: np.ndarray
    val: np.ndarray
    test: np.ndarray


def deal(index, folds, val_share, rng):
    """The folds of one category that test something.

    Args:
        index: of its bundle.
        folds: real objects are dealt into so many parts, groups of near duplicates whole, each to the part that has
            the fewest so far.
        val_share: of what is not tested, rounded up; groups whole, overshooting rather than none.
        rng: draws both.
    """
    groups = {}
    for row in index:
        if row.is_object:
            groups.setdefault(row.group, []).append(row)
    names = [sorted(groups)[i] for i in rng.permutation(len(groups))]
    parts = [[] for _ in range(folds)]
    for name in names:
        if any(row.origin == "real" for row in groups[name]):
            min(parts, key=lambda part: sum(len(groups[other]) for other in part)).append(name)
    dealt = []
    for part in parts:
        test = [row.voxel_row for name in part for row in groups[name] if row.origin == "real"]
        others = [name for name in names if name not in part]
        wanted = math.ceil(round(val_share * sum(len(groups[name]) for name in others), 9))
        val = []
        while len(val) < wanted and len(others) > 1:
            val += [row.voxel_row for row in groups[others.pop()]]
        train = [row.voxel_row for name in others for row in groups[name]]
        if test and val and train:
            dealt.append(Fold(*(np.array(sorted(rows), dtype=np.int64) for rows in (train, val, test))))
    return dealt


def baseline_ious(bundle, views, fold, tolerance):
    """IoU by baseline, (K,) means over views, of the tested objects."""
    train, val, test = (bundle.voxels[rows, ..., 0] for rows in (fold.train, fold.val, fold.test))
    retrieval = iou_matrix(test, train)
    pictures = (fold.test[:, None] * bundle.views + views).ravel()
    references = (fold.train[:, None] * bundle.views + views).ravel()
    rows = nearest_images(bundle.images, pictures, references) // bundle.views
    nearest = retrieval[np.repeat(np.arange(len(fold.test)), len(views)), np.searchsorted(fold.train, rows)]
    return {
        "mean_shape": iou(mean_shape(train, val, tolerance).grid, test),
        "nearest_image": nearest.reshape(len(fold.test), len(views)).mean(axis=1),
        "oracle": retrieval.max(axis=1),
    }


def network_ious(name, bundle, views, fold, settings, tolerance, seed, shuffled):
    """IoU of a network that is trained for one fold: (K,) means over views, of the tested objects.

    Args:
        name: residual, low or high.
        bundle: of one category.
        views: (V,) of each object that are used.
        fold: rows.
        settings: TrainParams.
        tolerance: of the threshold, see best_threshold.
        seed: of weights and order.
        shuffled: whether the training pictures are shuffled among the training pairs.
    """
    import keras

    from img2vox.learning.dataset import Samples
    from img2vox.learning.inference import predict
    from img2vox.learning.networks import build_network
    from img2vox.learning.residual import set_prior
    from img2vox.learning.training import fit

    keras.backend.clear_session()
    images = np.array(bundle.images)
    if shuffled:
        pairs = (fold.train[:, None] * bundle.views + views).ravel()
        images[pairs] = images[np.random.default_rng(seed).permutation(pairs)]
    train, val = (Samples(bundle.voxels, images, rows, views) for rows in (fold.train, fold.val))
    network = build_network(name, bundle.image_size, bundle.resolution, seed)
    if name == "residual":
        set_prior(network, train.mean_occupancy(), np.asarray(bundle.voxels[fold.train[:256]]))
    fit(
        network,
        train,
        val,
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        patience=settings.patience,
        early_stopping=settings.early_stopping,
        mirrored=settings.mirror,
        seed=seed,
        checkpoint_dir=None,
    )

    def occupancy(rows):
        pictures = images[(rows[:, None] * bundle.views + views).ravel()]
        answers = predict(network, pictures, batch_size=settings.batch_size, mirrored=False)
        return answers.reshape(len(rows), len(views), *bundle.voxels.shape[1:4])  # (K, V, R, R, R)

    truth = bundle.voxels[..., 0]
    threshold = best_threshold(occupancy(fold.val), truth[fold.val], THRESHOLDS, tolerance)
    return iou(fill(occupancy(fold.test), threshold), truth[fold.test][:, None]).mean(axis=1)


def settings_of(name, params, epochs):
    """How a network is trained: ours by params.yaml, the paper's as the paper did; `epochs` overrides both."""
    settings = params.train if name == "residual" else replace(params.train, **PAPER_TRAINING)
    return replace(settings, epochs=epochs) if epochs else settings


def score_category(slug, bundle, params, networks, folds, seeds, epochs):
    """method -> {model_id: IoU} of a category's real objects; networks are means over the seeds."""
    views = chosen_views(bundle.views, params.data.images_per_object)
    scores = {}
    for number, fold in enumerate(deal(bundle.index, folds, params.split.val, derive_rng(params.seed, "folds", slug))):
        tolerance = params.evaluate.threshold_tolerance
        found = baseline_ious(bundle, views, fold, tolerance)
        for method in (*networks, SHUFFLED) if networks else ():
            name = networks[0] if method == SHUFFLED else method
            runs = [
                network_ious(
                    name,
                    bundle,
                    views,
                    fold,
                    settings_of(name, params, epochs),
                    tolerance,
                    derive_seed(params.seed, "learning", slug, str(number), str(seed)),
                    method == SHUFFLED,
                )
                for seed in range(seeds)
            ]
            found[method] = np.mean(runs, axis=0)
        for method, ious in found.items():
            names = [bundle.index[row].model_id for row in fold.test]
            scores.setdefault(method, {}).update(zip(names, ious.tolist(), strict=True))
        print(slug, f"fold {number + 1}", *(f"{m} {i.mean():.3f}" for m, i in found.items()), flush=True)
    return scores


def summarize(scores, seed, samples):
    """The numbers of learning.json.

    Args:
        scores: slug -> method -> {model_id: IoU}, the same objects for each method.
        seed: of the bootstrap.
        samples: of the bootstrap.

    Returns:
        <method>_iou, the mean over all tested objects, for each two methods a and b the difference a_minus_b with
        its interval, and gain_over_nearest_ci_low of the first network.
    """
    methods = sorted(next(iter(scores.values())), key=(SHUFFLED, *BASELINES).__contains__)  # networks first
    pooled = {
        method: np.array([value for slug in sorted(scores) for _, value in sorted(scores[slug][method].items())])
        for method in methods
    }
    numbers = {"tested_real_objects": len(pooled[methods[0]])}
    numbers |= {f"{method}_iou": float(values.mean()) for method, values in pooled.items()}
    for a, b in itertools.combinations(methods, 2):
        low, high = paired_bootstrap_ci95(pooled[a], pooled[b], seed, samples)
        numbers[f"{a}_minus_{b}"] = float((pooled[a] - pooled[b]).mean())
        numbers |= {f"{a}_minus_{b}_ci_low": low, f"{a}_minus_{b}_ci_high": high}
    network = next((method for method in methods if method not in (*BASELINES, SHUFFLED)), None)
    if network:
        numbers["gain_over_nearest_ci_low"] = numbers[f"{network}_minus_nearest_image_ci_low"]
    return numbers


def category_lines(scores):
    """Header and one line a category of LEAST_REAL tested objects or more: means by method."""
    methods = list(next(iter(scores.values())))
    lines = [["category", "real_objects", *methods]]
    for slug, found in sorted(scores.items()):
        count = len(found[methods[0]])
        if count >= LEAST_REAL:
            lines.append([slug, count, *(f"{np.mean(list(found[method].values())):.4f}" for method in methods)])
    return lines


def pipeline_images_per_s(bundle, params):
    """Pictures and grids that reach a training in a second while no network works on them."""
    from img2vox.learning.dataset import Samples, training_batches

    views = chosen_views(bundle.views, params.data.images_per_object)
    samples = Samples(bundle.voxels, bundle.images, np.arange(len(bundle.voxels)), views)
    pictures, start = 0, time.perf_counter()
    for epoch in range(1, 100):
        for images, _ in training_batches(samples, params.train.batch_size, 1, epoch, params.train.mirror):
            pictures += len(images)
        if time.perf_counter() - start > 3:
            break
    return pictures / (time.perf_counter() - start)


def evaluate_all_s(root, workers=2):
    """Seconds of `evaluate` of all categories in two processes, and `compare`; None where not all are trained.

    In a directory of its own that links to the data and what training left: nothing of the project is written.
    """
    params, paths = load_params(root / "params.yaml"), Paths(root)
    made = ("predictions.npz", "fit.json", "history.csv")
    if not all((paths.category(slug) / name).exists() for slug in params.categories for name in made):
        return None
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory)
        shutil.copy(root / "params.yaml", copy)
        (copy / "data").symlink_to(root.resolve() / "data")
        for slug in params.categories:
            (copy / "models" / slug).mkdir(parents=True)
            for name in made:
                (copy / "models" / slug / name).symlink_to((paths.category(slug) / name).resolve())
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}

        def run(*arguments):
            code = "from img2vox.cli import main; main()"
            command = [sys.executable, "-c", code, *arguments]
            subprocess.run(command, cwd=copy, env=environment, check=True, capture_output=True)

        start = time.perf_counter()
        with ThreadPoolExecutor(workers) as pool:
            shares = [list(params.categories)[number::workers] for number in range(workers)]
            list(pool.map(lambda slugs: run("evaluate", *slugs), shares))
        run("compare")
        return time.perf_counter() - start


def main(arguments=None):
    embedded = {item.slug: item.synset for item in CATEGORIES if (Paths(ROOT).sample / f"{item.synset}.zip").exists()}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--categories", nargs="+", choices=list(embedded), default=list(embedded), metavar="CATEGORY")
    parser.add_argument("--networks", nargs="*", choices=["residual", "low", "high"], default=["residual", "low"])
    parser.add_argument("--seeds", type=int, default=1, help="networks trained for each fold")
    parser.add_argument("--epochs", type=int, help="of every network; by params.yaml and the paper unless given")
    parser.add_argument("--convention", choices=["standard", "paper"], default="standard")
    parser.add_argument("--params", type=Path, default=ROOT / "params.yaml")
    parser.add_argument("--output", type=Path, default=RESULTS / "learning.json")
    options = parser.parse_args(arguments)
    if options.folds < 2:
        parser.error("--folds: two or more, since one fold leaves nothing to train on")

    params = load_params(options.params)
    if options.convention == "paper":
        params = replace(params, voxelize=replace(params.voxelize, convention="paper", solid="surface"))
    params = replace(params, categories={slug: embedded[slug] for slug in options.categories})
    if options.networks:
        from img2vox.learning.backend import prepare_backend

        print(prepare_backend(params.train.threads, params.seed))
    scores = {}
    with tempfile.TemporaryDirectory() as directory:
        paths = Paths(Path(directory))
        (paths.root / "data").mkdir()
        paths.sample.symlink_to(Paths(ROOT).sample.resolve())
        fetch_sample(params.categories, paths)
        for slug, synset in params.categories.items():
            prepare_category(slug, params, paths, len(os.sched_getaffinity(0)))
            bundle = open_bundle(paths.voxels(synset), paths.images(synset), paths.index(synset))
            found = score_category(slug, bundle, params, options.networks, options.folds, options.seeds, options.epochs)
            if found:
                scores[slug] = found
        numbers = {"categories": len(scores), "folds": options.folds, "seeds": options.seeds}
        numbers |= summarize(scores, derive_seed(params.seed, "learning"), params.evaluate.bootstrap_samples)
        numbers["pipeline_images_per_s"] = pipeline_images_per_s(bundle, params)
    took = evaluate_all_s(ROOT)
    if took is not None:
        numbers["evaluate_all_s"] = took

    lines = category_lines(scores)
    for line in lines:
        print(*line)
    for key, value in numbers.items():
        print(f"{key:40} {value if isinstance(value, int) else format(value, '.4f')}")
    print(write_results("learning", numbers, options.output))
    with options.output.with_name(f"{options.output.stem}_categories.csv").open("w", encoding="utf-8") as stream:
        csv.writer(stream, lineterminator="\n").writerows(lines)


if __name__ == "__main__":
    main()
