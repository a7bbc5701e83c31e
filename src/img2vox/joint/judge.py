"""What the joint network answers for validation and test objects of all categories, beside the baselines."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from img2vox.config import Params
from img2vox.data.bundle import Bundle, chosen_views
from img2vox.evaluation.baselines import iou_matrix, mean_shape, nearest_images
from img2vox.evaluation.metrics import THRESHOLDS, bootstrap_ci95, choose_threshold, iou
from img2vox.learning.dataset import Samples
from img2vox.learning.inference import LOSS_NAMES, exact_losses
from img2vox.seeds import derive_seed

_HALF = THRESHOLDS.index(0.5)
_BASELINES = ("mean_shape", "nearest_image", "oracle_nearest")
_DIGITS = 6


@dataclass(frozen=True)
class JointInstance:
    """One object: the network's IoU and the baselines', means over its views.

    Attributes:
        split: val or test.
        model_id: <slug>/<model_id>: names are unique within a category.
        origin: real or parametric.
        iou: at the threshold chosen on validation.
        iou_at_half: at 0.5.
        mean_shape: of the category's training objects.
        nearest_image: of the category's training pictures.
        oracle_nearest: best of all training objects, whatever their category.
    """

    split: str
    model_id: str
    origin: str
    iou: float
    iou_at_half: float
    mean_shape: float
    nearest_image: float
    oracle_nearest: float


@dataclass(frozen=True)
class Answers:
    """A network's answers for one split.

    Attributes:
        by_threshold: slug -> (K, T) IoU of each object, means over its views.
        losses: means over all pictures.
    """

    by_threshold: Mapping[str, NDArray[np.floating]]
    losses: Mapping[str, float]

    @property
    def pooled(self) -> NDArray[np.floating]:
        """(K of all categories, T)."""
        return np.concatenate(list(self.by_threshold.values()))


def answer(network: keras.Model, samples: Mapping[str, Samples], batch_size: int) -> Answers:
    """Losses and IoU at every threshold of a split of all categories."""
    by_threshold, totals = {}, dict.fromkeys(LOSS_NAMES, 0.0)
    for slug, part in samples.items():
        losses, ious = exact_losses(network, part, thresholds=THRESHOLDS, batch_size=batch_size)
        by_threshold[slug] = ious.reshape(len(part.rows), len(part.views), -1).mean(axis=1)
        for name in LOSS_NAMES:
            totals[name] += losses[name] * len(part)
    pictures = sum(map(len, samples.values()))
    return Answers(by_threshold, {name: total / pictures for name, total in totals.items()})


def judge(
    bundles: Mapping[str, Bundle],
    samples: Mapping[str, Mapping[str, Samples]],
    answers: Mapping[str, Answers],
    trained_grids: NDArray[np.bool_],
    params: Params,
) -> tuple[dict[str, Any], list[JointInstance]]:
    """Scores of the joint network.

    Args:
        bundles: slug -> bundle.
        samples: split -> slug -> samples; train holds what the network saw.
        answers: val and test -> answers.
        trained_grids: (J, R, R, R) bool, of all categories.
        params: all of params.yaml.

    Returns:
        threshold, val, test and baselines as metrics.json has them, IoU by category of the test objects; and one
        instance an object.
    """
    tolerance = params.evaluate.threshold_tolerance
    threshold = choose_threshold(answers["val"].pooled.mean(axis=0), THRESHOLDS, tolerance)
    column = THRESHOLDS.index(threshold)
    instances = []
    for split in ("val", "test"):
        for slug, ious in answers[split].by_threshold.items():
            rows = samples[split][slug].rows
            beside = _baselines(bundles[slug], samples, slug, rows, trained_grids, params)
            for k, row in enumerate(rows):
                entry = bundles[slug].index[row]
                scores = (float(ious[k, column]), float(ious[k, _HALF]), *(float(beside[n][k]) for n in _BASELINES))
                instances.append(JointInstance(split, f"{slug}/{entry.model_id}", entry.origin, *scores))
    tested = [instance for instance in instances if instance.split == "test"]
    real = [instance for instance in tested if instance.origin == "real"]
    seed, draws = derive_seed(params.seed, "bootstrap", "joint"), params.evaluate.bootstrap_samples
    val = [instance for instance in instances if instance.split == "val"]
    metrics = {
        "threshold": threshold,
        "val": {**answers["val"].losses, "iou": _mean(val, "iou"), "iou_at_0.5": _mean(val, "iou_at_half")},
        "test": {
            **answers["test"].losses,
            **_scores(tested, seed, draws),
            "real": {"objects": len(real), **_scores(real, seed, draws)} if real else None,
            "by_category": {
                slug: _mean([i for i in tested if i.model_id.startswith(f"{slug}/")], "iou") for slug in bundles
            },
        },
        "baselines": {name: _mean(tested, name) for name in _BASELINES},
        "baselines_real": {name: _mean(real, name) for name in _BASELINES} if real else None,
    }
    return _rounded(metrics), instances


def format_joint_instances(instances: list[JointInstance]) -> str:
    """The text of the joint network's instances.csv."""
    names = [field.name.replace("at_half", "at_0.5") for field in fields(JointInstance)]
    lines = [
        ",".join(f"{value:.6f}" if isinstance(value, float) else value for value in astuple(instance))
        for instance in instances
    ]
    return "\n".join([",".join(names), *lines]) + "\n"


def _baselines(
    bundle: Bundle,
    samples: Mapping[str, Mapping[str, Samples]],
    slug: str,
    rows: NDArray[np.int64],
    trained_grids: NDArray[np.bool_],
    params: Params,
) -> dict[str, NDArray[np.floating]]:
    """Name -> (K,) IoU of each object, by the category's own training objects as `evaluate` takes them."""
    train_rows, val_rows = samples["train"][slug].rows, samples["val"][slug].rows
    truth, train = bundle.voxels[rows, ..., 0], bundle.voxels[train_rows, ..., 0]
    mean = mean_shape(train, bundle.voxels[val_rows, ..., 0], params.evaluate.threshold_tolerance)
    views = chosen_views(bundle.views, params.data.images_per_object)
    pictures = (rows[:, None] * bundle.views + views).ravel()
    references = (train_rows[:, None] * bundle.views + views).ravel()
    nearest = nearest_images(bundle.images, pictures, references) // bundle.views
    retrieval = iou_matrix(truth, train)
    chosen = retrieval[np.repeat(np.arange(len(rows)), len(views)), np.searchsorted(train_rows, nearest)]
    return {
        "mean_shape": iou(mean.grid, truth),
        "nearest_image": chosen.reshape(len(rows), len(views)).mean(axis=1),
        "oracle_nearest": iou_matrix(truth, trained_grids).max(axis=1),
    }


def _mean(instances: list[JointInstance], name: str) -> float:
    return float(np.mean([getattr(instance, name) for instance in instances]))


def _scores(instances: list[JointInstance], seed: int, draws: int) -> dict[str, Any]:
    ious = np.array([instance.iou for instance in instances])
    half = _mean(instances, "iou_at_half")
    return {"iou": float(ious.mean()), "iou_at_0.5": half, "iou_ci95": list(bootstrap_ci95(ious, seed, draws))}


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    return round(float(value), _DIGITS) if isinstance(value, float) else value
