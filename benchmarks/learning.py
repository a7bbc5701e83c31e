"""How well the networks do on objects that nobody generated, beside answers that need no network.

    python benchmarks/learning.py [--folds 5] [--seeds 1] [--methods joint residual low] [--joint-epochs N]
                                  [--categories chair car ...] [--convention standard|paper] [--output FILE]
                                  [--data DIRECTORY] [--processes N]

Object-level k-fold over all embedded real objects: each is tested once, by networks that saw neither it nor its near
duplicates. Parametric objects may train and are never tested. All methods answer for the same objects from the same
pictures; networks choose their threshold on validation objects, as `img2vox evaluate` does.

    joint       one network for each fold, pretrained on the fold's training objects of all categories
    residual    the joint one, trained on by params.yaml for each category: what `dvc repro` does
    scratch     the same network without the joint start
    low, high   the paper's, trained as the paper did (its Fig. 14)
    shuffled    the joint one, its training pictures shuffled within their category: what it scores, no picture has told

--convention paper takes pictures and grids from paper/params.yaml: stretched shells of trimesh, black behind them, one
picture of each object to learn from as to answer for. A joint network learns from all views and copies in either.

Every score is kept in learning_instances.csv as soon as it is measured, and what is there is not measured again: a run
may be stopped, a later one adds methods, seeds or the other convention. --processes N measures so many folds at once,
on one GPU too (KERAS_BACKEND=jax). Writes learning.json and learning_categories.csv from the whole table. A joint
network is trained for each fold; each takes as long as `img2vox pretrain` does.
"""

import argparse
import hashlib
import itertools
import json
import os
import shutil
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from filelock import FileLock

import learning_speed
from common import RESULTS, ROOT, side_by_side, write_results
from img2vox.catalog import CATEGORIES
from img2vox.config import flatten, load_params
from img2vox.data.bundle import chosen_views, open_bundle
from img2vox.data.prepare import prepare_category
from img2vox.evaluation.baselines import iou_matrix, mean_shape, nearest_images
from img2vox.evaluation.metrics import THRESHOLDS, best_threshold, fill, iou
from img2vox.files import format_csv, write_text
from img2vox.learning.onednn import give_memory_back, train_by_onednn
from img2vox.paths import Paths
from img2vox.seeds import derive_rng, derive_seed
from img2vox.sources.sample import fetch_sample
from kfold import BASELINES, SHUFFLED, Table, category_lines, deal, joint_rows, summarize

FOLDS = 5
METHODS = ("joint", "residual", "scratch", "low", "high", SHUFFLED)
JOINT = ("pretrain", "categories")  # sections of params.yaml that a joint network follows from
NEEDS_JOINT = ("joint", "residual", SHUFFLED)
# The paper's training of its own networks (its Fig. 14); ours trains by params.yaml.
PAPER_TRAINING = {
    "epochs": 20,
    "batch_size": 32,
    "early_stopping": True,
    "patience": 5,
    "learning_rate": 0.001,
    "mirror": False,
}
SCRATCH_TRAINING = {"start": "scratch", "epochs": 20, "learning_rate": 0.001}


def embedded():
    """slug -> synset of the categories whose meshes come with the project."""
    return {item.slug: item.synset for item in CATEGORIES if (Paths(ROOT).sample / f"{item.synset}.zip").exists()}


def as_in_the_paper(params):
    """These params with the pictures and grids of paper/params.yaml."""
    theirs = load_params(ROOT / "paper" / "params.yaml")
    return replace(params, data=theirs.data, voxelize=theirs.voxelize, bundle=theirs.bundle)


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


def settings_of(method, params):
    """How a method's network is trained on a category."""
    changes = {"residual": {}, "scratch": SCRATCH_TRAINING}.get(method, PAPER_TRAINING)
    return replace(params.train, **changes)


def train_on(network, bundle, views, fold, settings, seed):
    """Train a network on one category's fold, in place."""
    from img2vox.learning.dataset import Samples
    from img2vox.learning.training import fit

    train, val = (Samples(bundle.voxels, bundle.images, rows, views) for rows in (fold.train, fold.val))
    fit(network, train, val, settings=settings, seed=seed, checkpoint_dir=None)


def network_ious(network, bundle, views, fold, tolerance):
    """IoU of a trained network: (K,) means over views, of the tested objects."""
    from img2vox.learning.inference import predict

    def occupancy(rows):
        pictures = bundle.images[(rows[:, None] * bundle.views + views).ravel()]
        answers = predict(network, pictures, batch_size=16)
        return answers.reshape(len(rows), len(views), *bundle.voxels.shape[1:4])  # (K, V, R, R, R)

    truth = bundle.voxels[..., 0]
    threshold = best_threshold(occupancy(fold.val), truth[fold.val], THRESHOLDS, tolerance)
    return iou(fill(occupancy(fold.test), threshold), truth[fold.test][:, None]).mean(axis=1)


class Bench:
    """The prepared data of all categories, and what is measured on it."""

    def __init__(self, params, directory, folds, table):
        self.params, self.table = params, table
        self.paths = paths = Paths(directory / self.recipe())
        (paths.root / "data").mkdir(parents=True, exist_ok=True)
        self.workers = len(os.sched_getaffinity(0))
        self.bundles, self.dealt = {}, {}
        with self.alone():
            if not paths.sample.exists():
                paths.sample.symlink_to(Paths(ROOT).sample.resolve())
            fetch_sample(params.categories, paths)
            for slug, synset in params.categories.items():
                if not paths.index(synset).exists():
                    prepare_category(slug, params, paths, self.workers)
        for slug, synset in params.categories.items():
            self.bundles[slug] = open_bundle(paths.voxels(synset), paths.images(synset), paths.index(synset))
            rng = derive_rng(params.seed, "folds", slug)
            self.dealt[slug] = deal(self.bundles[slug].index, folds, params.split.val, rng)

    def alone(self):
        """While another process may look for the same data."""
        return FileLock(self.paths.root / "lock")

    def folds_of(self, number):
        """slug -> fold, of the categories that test something in this fold."""
        return {slug: folds[number] for slug, folds in self.dealt.items() if number < len(folds)}

    def recipe(self, *sections):
        """Short hash of the params that a score follows from."""
        wanted = ("seed", "split", "prepare", "voxelize", "render", "bundle", "data", *sections)
        read = {key: value for key, value in flatten(self.params).items() if key.split(".")[0] in wanted}
        if "categories" in sections:
            read["categories"] = sorted(self.params.categories)
        return hashlib.sha256(json.dumps(read, sort_keys=True).encode()).hexdigest()[:8]

    def missing(self, method, seed, number, recipe):
        """slug -> fold, of what has no score yet."""
        kind = self.params.voxelize.convention
        return {
            slug: fold
            for slug, fold in self.folds_of(number).items()
            if not self.table.has(kind, recipe, method, seed, number, slug)
        }

    def keep(self, method, seed, number, recipe, slug, fold, ious):
        """Write one unit down."""
        names = [self.bundles[slug].index[row].model_id for row in fold.test]
        found = dict(zip(names, ious.tolist(), strict=True))
        self.table.add(self.params.voxelize.convention, recipe, method, seed, number, slug, found)
        print(f"seed {seed} fold {number} {slug} {method} {ious.mean():.3f}", flush=True)

    def views(self, slug):
        """(V,) pictures of an object that are used."""
        return chosen_views(self.bundles[slug].views, self.params.data.images_per_object)

    def baselines(self, number):
        """All baselines of one fold."""
        recipe = self.recipe()
        for slug, fold in self.missing(BASELINES[0], 0, number, recipe).items():
            found = baseline_ious(self.bundles[slug], self.views(slug), fold, self.params.evaluate.threshold_tolerance)
            for method, ious in found.items():
                self.keep(method, 0, number, recipe, slug, fold, ious)

    def of_categories(self, method, seed, number):
        """A network of its own for each category, from scratch."""
        from img2vox.learning.networks import build_network

        recipe = self.recipe(*(["train"] if method == "scratch" else []))
        for slug, fold in self.missing(method, seed, number, recipe).items():
            bundle, own = self.bundles[slug], self.seed(method, seed, number, slug)
            kind = "residual" if method == "scratch" else method
            network = build_network(kind, bundle.image_size, bundle.resolution, own)
            train_on(network, bundle, self.views(slug), fold, settings_of(method, self.params), own)
            self.keep(method, seed, number, recipe, slug, fold, self.score(network, slug, fold))

    def from_joint(self, methods, seed, number):
        """The joint network of one fold, and what starts from it."""
        recipes = {m: self.recipe(*JOINT, *(["train"] if m == "residual" else [])) for m in methods}
        missing = {method: self.missing(method, seed, number, recipes[method]) for method in methods}
        for shuffled in (False, True):
            wanted = [m for m in methods if (m == SHUFFLED) == shuffled and missing[m]]
            if not wanted:
                continue
            with self.pretrained(SHUFFLED if shuffled else "joint", seed, number) as network:
                weights = network.get_weights()
                for method in wanted:
                    for slug, fold in missing[method].items():
                        network.set_weights(weights)
                        if method == "residual":
                            settings, own = settings_of(method, self.params), self.seed(method, seed, number, slug)
                            train_on(network, self.bundles[slug], self.views(slug), fold, settings, own)
                        self.keep(method, seed, number, recipes[method], slug, fold, self.score(network, slug, fold))

    @contextmanager
    def pretrained(self, name, seed, number):
        """A joint network of one fold; SHUFFLED is the control. Until it is no longer used, a stopped run goes on."""
        from img2vox.joint.pool import open_pool
        from img2vox.joint.training import fit_joint
        from img2vox.learning.dataset import Samples
        from img2vox.learning.networks import build_network

        directory = self.pool()
        pool, settings = open_pool(directory, self.params.voxelize.resolution), self.params.pretrain
        allowed = joint_rows(self.bundles, self.dealt, number, self.params.prepare.near_duplicate_iou)
        each = len(pool) // sum(
            len(bundle.index) for bundle in self.bundles.values()
        )  # pictures an object, in the order of the bundles
        rng, rows, shown, start = derive_rng(self.params.seed, "shuffled", str(seed)), [], [], 0
        for slug in sorted(self.bundles):
            own = (start + allowed[slug][:, None] * each + np.arange(each)).ravel()
            rows.append(own)
            shown.append(rng.permutation(own) if name == SHUFFLED else own)
            start += len(self.bundles[slug].index) * each
        pool = replace(pool, rows=np.concatenate(rows), shown=np.concatenate(shown))
        own = self.seed("joint", seed, number, "")
        network = build_network("residual", self.params.bundle.image_size, pool.resolution, own)
        val = {
            slug: Samples(self.bundles[slug].voxels, self.bundles[slug].images, fold.val, self.views(slug)[:2])
            for slug, fold in self.folds_of(number).items()
        }
        begin = time.perf_counter()
        state = directory / f"{name}-{seed}-{number}"
        with FileLock(f"{state}.lock"):  # of two that train the same one, the other would remove it
            fit_joint(
                network,
                pool,
                val,
                settings=settings,
                background=self.params.bundle.background,
                seed=own,
                checkpoint_dir=state,
                on_epoch=lambda row: print(f"epoch {row['epoch']:.0f} val_iou {row['val_iou']:.3f}", flush=True),
                readers=max(1, self.workers - self.params.train.threads),
            )
            took = time.perf_counter() - begin
            print(f"seed {seed} fold {number}: joint on {len(pool)} pictures, {took:.0f} s", flush=True)
            yield network
            shutil.rmtree(state)

    def pool(self):
        """Where the pictures of the joint networks are, of all objects; made unless they are there."""
        from img2vox.joint.pool import make_pool

        directory = self.paths.root / f"pool-{self.recipe(*JOINT)}"
        everything = {slug: frozenset(row.model_id for row in bundle.index) for slug, bundle in self.bundles.items()}
        with self.alone():
            make_pool(directory, everything, self.params, self.paths, self.workers)
        return directory

    def score(self, network, slug, fold):
        """(K,) IoU of the fold's tested objects."""
        tolerance = self.params.evaluate.threshold_tolerance
        return network_ious(network, self.bundles[slug], self.views(slug), fold, tolerance)

    def seed(self, method, seed, number, slug):
        """Of one training."""
        return derive_seed(self.params.seed, "learning", method, slug, str(number), str(seed))


def measure(bench, options):
    """What is asked for and not in the table, fold by fold."""
    if options.methods:
        train_by_onednn()
        if "high" in options.methods:
            give_memory_back()
        from img2vox.learning.backend import prepare_backend

        print(prepare_backend(bench.params.train.threads, bench.params.seed), flush=True)
    folds = options.only_fold or range(options.folds)
    for number in folds:
        bench.baselines(number)
    for seed, number in itertools.product(options.seeds, folds):
        bench.from_joint([method for method in options.methods if method in NEEDS_JOINT], seed, number)
        for method in options.methods:
            if method not in NEEDS_JOINT:
                bench.of_categories(method, seed, number)


def measure_side_by_side(bench, options, arguments):
    """The same in processes of one fold each; what they share is made before."""
    if set(options.methods) & set(NEEDS_JOINT):
        bench.pool()
    alone = [sys.executable, __file__, *arguments, "--processes", "1", "--only-measure"]
    units = itertools.product(options.seeds, options.only_fold or range(options.folds))
    commands = [[*alone, "--seeds", str(seed), "--only-fold", str(number)] for seed, number in units]
    if any(side_by_side(commands, options.processes)):
        sys.exit("a fold failed, see above; the same command goes on")


def main(arguments=None):
    known = embedded()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folds", type=int, default=FOLDS)
    parser.add_argument("--only-fold", type=int, nargs="+", help="numbers from 0; all unless given")
    parser.add_argument("--categories", nargs="+", choices=list(known), default=list(known), metavar="CATEGORY")
    parser.add_argument("--methods", nargs="*", choices=METHODS, default=["joint", "residual"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="numbers of the seeds")
    parser.add_argument("--joint-epochs", type=int, help="of a joint network; params.yaml's unless given")
    parser.add_argument("--convention", choices=["standard", "paper"], default="standard")
    parser.add_argument("--params", type=Path, default=ROOT / "params.yaml")
    parser.add_argument("--data", type=Path, help="where prepared data and half-made joint networks stay for others")
    parser.add_argument("--processes", type=int, default=1, help="folds at once; needs --data")
    parser.add_argument("--only-measure", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--output", type=Path, help="learning.json or learning_paper.json unless given")
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    options = parser.parse_args(arguments)
    if options.folds < 2:
        parser.error("--folds: two or more, since one fold leaves nothing to train on")
    if options.processes > 1 and not options.data:
        parser.error("--processes: needs --data, where they share what is prepared")

    params = load_params(options.params)
    if options.convention == "paper":
        params = as_in_the_paper(params)
    if options.joint_epochs:
        params = replace(params, pretrain=replace(params.pretrain, epochs=options.joint_epochs))
    params = replace(params, categories={slug: known[slug] for slug in sorted(options.categories)})
    output = options.output or RESULTS / (
        "learning.json" if options.convention == "standard" else "learning_paper.json"
    )
    beside = output.with_name(f"{output.stem}_instances.csv")
    with tempfile.TemporaryDirectory() as directory:
        bench = Bench(params, options.data or Path(directory), options.folds, Table(beside))
        if options.processes > 1:
            measure_side_by_side(bench, options, arguments)
        else:
            measure(bench, options)
    if options.only_measure:
        return
    table = Table(beside)
    scores = table.scores(options.convention)
    seed = derive_seed(params.seed, "learning")
    numbers = {"convention": options.convention, "folds": options.folds, "joint_epochs": params.pretrain.epochs}
    numbers |= table.seeds(options.convention) | summarize(scores, seed, params.evaluate.bootstrap_samples)

    lines = category_lines(scores)
    for line in lines:
        print(*line)
    for key, value in numbers.items():
        print(f"{key:40} {value:.4f}" if isinstance(value, float) else f"{key:40} {value}")
    print(write_results(output.stem, numbers, output, others=learning_speed.KEYS))
    write_text(output.with_name(f"{output.stem}_categories.csv"), format_csv(lines[0], lines[1:]))


if __name__ == "__main__":
    main()
