"""instances.csv: the numbers of each val and test picture, one line a picture."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from img2vox.errors import BundleError
from img2vox.evaluation.predictions import read_table
from img2vox.files import format_csv


@dataclass(frozen=True)
class Instance:
    """One answer of the network and, for the same object, the answers of the baselines.

    There is no line for an object's mean over its views: average its lines.

    Attributes:
        split: val or test.
        model_id: the object.
        origin: real or parametric.
        view: which of its pictures.
        iou: at the threshold chosen on validation.
        iou_at_half: column "iou_at_0.5".
        f_score_1pct: of the surfaces at that threshold; metrics.f_score.
        chamfer_l1: of the surfaces at that threshold, in sides of the grid; metrics.chamfer_l1.
        occupancy_ratio: cells predicted / cells of the truth (at least 1) at that threshold.
        nearest_image_iou: IoU of the training object whose picture is nearest to this one.
        mean_shape_iou: the same for all views of an object.
        oracle_iou: best IoU of any object that the network was trained on; the same for all views.
    """

    split: str
    model_id: str
    origin: str
    view: int
    iou: float
    iou_at_half: float
    f_score_1pct: float
    chamfer_l1: float
    occupancy_ratio: float
    nearest_image_iou: float
    mean_shape_iou: float
    oracle_iou: float


_NAMES = {field.name: field.name for field in fields(Instance)} | {"iou_at_half": "iou_at_0.5"}  # field -> column


def format_instances(instances: Sequence[Instance]) -> str:
    """The text of an instances.csv; numbers with six digits, so that a difference is one that matters."""
    rows = ([getattr(instance, name) for name in _NAMES] for instance in instances)
    cells = ([f"{value:.6f}" if isinstance(value, float) else value for value in row] for row in rows)
    return format_csv(_NAMES.values(), cells)


def read_instances(path: Path) -> list[Instance]:
    """Read an instances.csv.

    Raises:
        BundleError: missing, without one of the columns, or with a field that is no number.
    """
    convert: dict[str, Callable[[str], str | int | float]] = {"split": str, "model_id": str, "origin": str, "view": int}
    instances = []
    for number, line in enumerate(read_table(path, list(_NAMES.values()))):
        try:
            values = {name: convert.get(name, float)(line[column]) for name, column in _NAMES.items()}
        except ValueError as error:
            raise BundleError(f"{path}: line {number + 2}: {error}; run `dvc repro` for this category again") from error
        instances.append(Instance(**values))  # type: ignore[arg-type]  # the converters above give each field its type
    return instances


def object_means(instances: Sequence[Instance], field: str) -> NDArray[np.float64]:
    """One number an object: its mean over views.

    Args:
        instances: lines of one category and one split.
        field: a numeric field of Instance.

    Returns:
        (K,) float64 in order of first appearance.
    """
    by_object: dict[str, list[float]] = {}
    for instance in instances:
        by_object.setdefault(instance.model_id, []).append(getattr(instance, field))
    return np.array([np.mean(values) for values in by_object.values()])
