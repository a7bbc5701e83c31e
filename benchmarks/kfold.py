"""Object-level k-fold: who trains and who is tested, and the table of what every method scored, one line an object."""

import csv
import itertools
import math
from dataclasses import dataclass, replace

import numpy as np
from filelock import FileLock

from img2vox.evaluation.leaks import find_leaks, to_leave_out
from img2vox.evaluation.metrics import paired_bootstrap_ci95
from img2vox.files import write_text

COLUMNS = ("convention", "recipe", "method", "seed", "fold", "category", "model_id", "iou")
BASELINES = ("mean_shape", "nearest_image", "oracle")
SHUFFLED = "shuffled"
ORDER = ("residual", "joint", "scratch", "low", "high", SHUFFLED, *BASELINES)  # of differences, ours first
LEAST_REAL = 8  # objects of a category that gets a line of its own


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


def joint_rows(bundles, dealt, number, min_iou):
    """What a network of all categories may train on in one fold.

    Args:
        bundles: slug -> bundle.
        dealt: slug -> folds of deal(); a category with fewer folds than the others trains whole in the later ones.
        number: of the fold.
        min_iou: a training object that overlaps this much with one held out, of any category, is left out.

    Returns:
        slug -> (K,) rows.
    """
    rows, marked = {}, {}
    for slug, bundle in bundles.items():
        fold = dealt[slug][number] if number < len(dealt[slug]) else None
        held_out = set() if fold is None else {*fold.val.tolist(), *fold.test.tolist()}
        # A near duplicate of a tested object that is neither real nor dealt is in no list of the fold: not trained on.
        train = [row.voxel_row for row in bundle.index if row.is_object] if fold is None else fold.train.tolist()
        rows[slug] = np.array(train, dtype=np.int64)
        index = [
            replace(row, split="test" if row.voxel_row in held_out else "train")
            for row in bundle.index
            if row.voxel_row in held_out or row.voxel_row in set(train)
        ]
        kept = [row.voxel_row for row in index]
        marked[slug] = replace(bundle, voxels=bundle.voxels[kept], index=tuple(index))
    left_out = to_leave_out(find_leaks(marked, min_iou))
    return {
        slug: np.array(
            [r for r in kept if bundles[slug].index[r].model_id not in left_out.get(slug, ())], dtype=np.int64
        )
        for slug, kept in rows.items()
    }


class Table:
    """Scores of tested objects in a CSV file, unit by unit: what is there is not measured again.

    Several processes may add to one file at once.
    """

    def __init__(self, path):
        self._path = path
        self._lock = FileLock(path.with_name(f"{path.name}.lock"))
        self.lines = self._read()

    def _read(self):
        if not self._path.is_file():
            return []
        with self._path.open(encoding="utf-8", newline="") as stream:
            return [tuple(line[name] for name in COLUMNS) for line in csv.DictReader(stream)]

    def has(self, convention, recipe, method, seed, fold, category):
        """Whether a unit was measured, with this recipe."""
        unit = (convention, recipe, method, str(seed), str(fold), category)
        return any(line[:6] == unit for line in self.lines)

    def add(self, convention, recipe, method, seed, fold, category, ious):
        """Keep a unit: model_id -> IoU. Lines of the same unit with another recipe go."""
        unit = (convention, method, str(seed), str(fold), category)
        with self._lock:
            self.lines = [line for line in self._read() if (line[0], *line[2:6]) != unit]
            for model_id, iou in sorted(ious.items()):
                self.lines.append((convention, recipe, method, str(seed), str(fold), category, model_id, f"{iou:.6f}"))
            rows = [",".join(COLUMNS), *(",".join(line) for line in sorted(self.lines))]
            write_text(self._path, "\n".join(rows) + "\n")

    def scores(self, convention):
        """slug -> method -> {model_id: mean IoU over seeds}."""
        found = {}
        for line in self.lines:
            if line[0] == convention:
                of_object = found.setdefault(line[5], {}).setdefault(line[2], {})
                of_object.setdefault(line[6], []).append(float(line[7]))
        return {
            slug: {method: {name: float(np.mean(v)) for name, v in objects.items()} for method, objects in of.items()}
            for slug, of in sorted(found.items())
        }

    def seeds(self, convention):
        """<method>_seeds: over how many a network's means are at most."""
        found = {}
        for line in self.lines:
            if line[0] == convention and line[2] not in BASELINES:
                found.setdefault(line[2], set()).add(line[3])
        return {f"{method}_seeds": len(seeds) for method, seeds in found.items()}


def pooled(scores, methods):
    """method -> (K,) IoU of the objects that all these methods answered for, in one order."""
    names = [
        (slug, name)
        for slug, of in sorted(scores.items())
        for name in sorted(set.intersection(*(set(of.get(method, ())) for method in methods)))
    ]
    return {method: np.array([scores[slug][method][name] for slug, name in names]) for method in methods}


def summarize(scores, seed, samples):
    """Pooled numbers of every method, and of every pair on the objects that both answered for.

    Returns:
        tested_real_objects, <method>_iou and <method>_objects, for each two methods a before b of ORDER the difference
        a_minus_b with its paired 95 % interval, and gain_over_nearest_ci_low of "residual".
    """
    found = {method for of in scores.values() for method in of}
    methods = sorted(found, key=ORDER.index)
    numbers = {"tested_real_objects": len({(s, n) for s, of in scores.items() for o in of.values() for n in o})}
    for method in methods:
        values = pooled(scores, [method])[method]
        numbers |= {f"{method}_iou": float(values.mean()), f"{method}_objects": len(values)}
    for a, b in itertools.combinations(methods, 2):
        both = pooled(scores, [a, b])
        if len(both[a]):
            low, high = paired_bootstrap_ci95(both[a], both[b], seed, samples)
            numbers[f"{a}_minus_{b}"] = float((both[a] - both[b]).mean())
            numbers |= {f"{a}_minus_{b}_ci_low": low, f"{a}_minus_{b}_ci_high": high}
    if "residual_minus_nearest_image_ci_low" in numbers:
        numbers["gain_over_nearest_ci_low"] = numbers["residual_minus_nearest_image_ci_low"]
    return numbers


def category_lines(scores):
    """Header and one line a category of LEAST_REAL tested objects or more: means by method, empty where some lack."""
    methods = sorted({method for of in scores.values() for method in of})
    lines = [["category", "real_objects", *methods]]
    for slug, of in sorted(scores.items()):
        count = max(map(len, of.values()))
        if count >= LEAST_REAL:
            whole = {method: list(objects.values()) for method, objects in of.items() if len(objects) == count}
            lines.append([slug, count, *(f"{np.mean(whole[m]):.4f}" if m in whole else "" for m in methods)])
    return lines
