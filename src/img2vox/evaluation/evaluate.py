"""From stored predictions to metrics.json and instances.csv, for one category.

Every IoU is the mean over objects of the mean over an object's views. The threshold is chosen on validation
objects; nothing is chosen on test ones. The baselines answer for the same objects from the same pictures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2vox.data.bundle import Bundle
from img2vox.evaluation.baselines import MeanShape, empty_iou, iou_matrix, mean_shape, nearest_images
from img2vox.evaluation.instances import Instance, object_means
from img2vox.evaluation.metrics import THRESHOLDS, best_threshold, bootstrap_ci95, fill, iou
from img2vox.evaluation.predictions import Fit, Predictions, SplitFit, rows_of
from img2vox.evaluation.surfaces import F_SCORE_TOLERANCE, Surface, surface_scores

_HALF = 0.5  # the paper's threshold
_DIGITS = 6  # in metrics.json: a difference in git is one that matters


@dataclass(frozen=True)
class Evaluation:
    """What is known about one category's network.

    Attributes:
        metrics: the content of metrics.json, see evaluate().
        instances: one a picture of val and test, in the predictions' order.
    """

    metrics: dict[str, Any]
    instances: list[Instance]


def evaluate(
    bundle: Bundle,
    val: Predictions,
    test: Predictions,
    fit: Fit,
    *,
    category: str,
    convention: str,
    fraction: float,
    seed: int,
    bootstrap_samples: int,
    threshold_tolerance: float,
    seen_elsewhere: NDArray[np.bool_] | None = None,
) -> Evaluation:
    """Score one category's predictions beside the baselines.

    Args:
        bundle: grids, pictures and index of the category.
        val: predictions that choose the threshold.
        test: predictions that are reported.
        fit: losses that training measured exactly; float16 predictions would change a cross-entropy.
        category: its slug.
        convention: of the grids; an IoU says nothing across the two.
        fraction: share of each split that training used; see Bundle.rows.
        seed: of the bootstrap.
        bootstrap_samples: of the bootstrap.
        threshold_tolerance: see best_threshold.
        seen_elsewhere: (J, R, R, R) bool, grids of other categories that the network was trained on too: the oracle
            chooses among all that the network saw. None where it saw its own category alone.

    Returns:
        metrics with the keys category, network, start, parameters, convention, resolution, views, objects (train, val,
        test, real, parametric, left_out), threshold, epochs, network_md5; train, val and test (loss, accuracy,
        binary_crossentropy, iou and more); baselines over all test objects, baselines_real over the real ones. "real"
        inside test and baselines_real are None where the test split has no real object. All numbers are finite.

    Raises:
        BundleError: predictions and bundle do not belong together; see rows_of.
    """
    train_rows = bundle.rows("train", fraction)
    val_rows, test_rows = (rows_of(part, bundle, fraction, fit.seen) for part in (val, test))
    train_grids, val_grids, test_grids = (bundle.voxels[rows, ..., 0] for rows in (train_rows, val_rows, test_rows))

    threshold = best_threshold(val.occupancy, val_grids, THRESHOLDS, threshold_tolerance)
    mean = mean_shape(train_grids, val_grids, threshold_tolerance)
    others = train_grids[:0] if seen_elsewhere is None else seen_elsewhere
    instances = [
        *_score(bundle, val, val_rows, val_grids, train_rows, train_grids, others, threshold, mean),
        *_score(bundle, test, test_rows, test_grids, train_rows, train_grids, others, threshold, mean),
    ]
    on_val = [instance for instance in instances if instance.split == "val"]
    on_test = [instance for instance in instances if instance.split == "test"]
    real = [instance for instance in on_test if instance.origin == "real"]
    is_real = np.array([bundle.index[row].origin == "real" for row in test_rows])

    used = [bundle.index[row] for row in np.concatenate([train_rows, val_rows, test_rows])]
    real_objects = sum(row.origin == "real" for row in used)
    metrics = {
        "category": category,
        "network": fit.network,
        "start": fit.start,
        "parameters": fit.parameters,
        "convention": convention,
        "resolution": bundle.resolution,
        "views": len(test.views),
        "objects": {
            "train": len(train_rows),
            "val": len(val_rows),
            "test": len(test_rows),
            "real": real_objects,
            "parametric": len(used) - real_objects,
            "left_out": len(fit.seen),
        },
        "threshold": threshold,
        "epochs": fit.epochs,
        "network_md5": fit.network_md5,
        "train": {
            **_losses(fit.splits["train"]),
            "iou": fit.splits["train"].iou_by_threshold[THRESHOLDS.index(threshold)],
            "mean_shape_iou": iou(mean.grid, train_grids).mean(),
        },
        "val": {**_losses(fit.splits["val"]), **_means(on_val, ("iou", "iou_at_half"))},
        "test": {
            **_losses(fit.splits["test"]),
            **_scores(on_test, seed, bootstrap_samples),
            "iou_by_view": {
                str(view): float(np.mean([instance.iou for instance in on_test if instance.view == view]))
                for view in sorted(test.views.tolist())
            },
            "occupancy_ratio": object_means(on_test, "occupancy_ratio").mean(),
            "real": {"objects": int(is_real.sum()), **_scores(real, seed, bootstrap_samples)} if real else None,
        },
        "baselines": _baselines(on_test, test_grids),
        "baselines_real": _baselines(real, test_grids[is_real]) if real else None,
    }
    return Evaluation(_rounded(metrics), instances)


def _score(
    bundle: Bundle,
    predictions: Predictions,
    rows: NDArray[np.int64],
    grids: NDArray[np.bool_],
    train_rows: NDArray[np.int64],
    train_grids: NDArray[np.bool_],
    others: NDArray[np.bool_],
    threshold: float,
    mean: MeanShape,
) -> list[Instance]:
    """One Instance a picture; grids are (K, R, R, R), train_grids (N, R, R, R), both in the order of their rows.

    others are (J, R, R, R): what the network saw of other categories, for the oracle alone.
    """
    retrieval = iou_matrix(grids, train_grids)  # (K, N)
    oracle = np.concatenate([retrieval, iou_matrix(grids, others)], axis=1).max(axis=1)  # (K,)
    pictures = rows[:, None] * bundle.views + predictions.views[None, :]  # (K, n)
    references = (train_rows[:, None] * bundle.views + predictions.views[None, :]).ravel()
    nearest_rows = nearest_images(bundle.images, pictures.ravel(), references).reshape(pictures.shape) // bundle.views
    column_of = {int(row): column for column, row in enumerate(train_rows)}
    mean_ious = iou(mean.grid, grids)

    instances = []
    for k, (model_id, grid) in enumerate(zip(predictions.model_ids, grids, strict=True)):
        filled = fill(predictions.occupancy[k], threshold)  # (n, R, R, R)
        ious, ious_at_half = iou(filled, grid), iou(fill(predictions.occupancy[k], _HALF), grid)
        surface = Surface.of(grid)
        cells = max(1, int(np.count_nonzero(grid)))
        for v, view in enumerate(predictions.views):
            f_score, chamfer = surface_scores(Surface.of(filled[v]), surface, F_SCORE_TOLERANCE)
            instances.append(
                Instance(
                    split=predictions.split,
                    model_id=model_id,
                    origin=bundle.index[rows[k]].origin,
                    view=int(view),
                    iou=float(ious[v]),
                    iou_at_half=float(ious_at_half[v]),
                    f_score_1pct=f_score,
                    chamfer_l1=chamfer,
                    occupancy_ratio=int(np.count_nonzero(filled[v])) / cells,
                    nearest_image_iou=float(retrieval[k, column_of[int(nearest_rows[k, v])]]),
                    mean_shape_iou=float(mean_ious[k]),
                    oracle_iou=float(oracle[k]),
                )
            )
    return instances


def _losses(split: SplitFit) -> dict[str, float]:
    return {"loss": split.loss, "accuracy": split.accuracy, "binary_crossentropy": split.binary_crossentropy}


def _means(instances: Sequence[Instance], names: Sequence[str]) -> dict[str, float]:
    """Mean over objects of the mean over views, under the names of metrics.json."""
    return {name.replace("at_half", "at_0.5"): float(object_means(instances, name).mean()) for name in names}


def _scores(instances: Sequence[Instance], seed: int, samples: int) -> dict[str, Any]:
    means = _means(instances, ("iou", "iou_at_half", "f_score_1pct", "chamfer_l1"))
    return {**means, "iou_ci95": list(bootstrap_ci95(object_means(instances, "iou"), seed, samples))}


def _baselines(instances: Sequence[Instance], grids: NDArray[np.bool_]) -> dict[str, float]:
    return {
        "empty": float(empty_iou(grids).mean()),
        "mean_shape": float(object_means(instances, "mean_shape_iou").mean()),
        "nearest_image": float(object_means(instances, "nearest_image_iou").mean()),
        "oracle_nearest": float(object_means(instances, "oracle_iou").mean()),
    }


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    return round(float(value), _DIGITS) if isinstance(value, float | np.floating) else value
