"""What training leaves for the evaluation: predictions.npz, fit.json and history.csv, read and checked."""

import csv
import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from img2vox.data.bundle import Bundle
from img2vox.errors import BundleError
from img2vox.evaluation.metrics import THRESHOLDS

HISTORY_METRICS = ("loss", "accuracy", "binary_crossentropy", "iou")
_LOSSES = ("loss", "accuracy", "binary_crossentropy")
_RERUN = "run `dvc repro` for this category again"


@dataclass(frozen=True)
class Predictions:
    """Occupancies of one split's objects.

    Attributes:
        source: the file, for messages.
        split: val or test.
        model_ids: (K,) names, each once.
        views: (n,) int64, which of an object's rendered views were given to the network.
        occupancy: (K, n, R, R, R) float16 in [0, 1].
    """

    source: str
    split: str
    model_ids: tuple[str, ...]
    views: NDArray[np.int64]
    occupancy: NDArray[np.float16]


@dataclass(frozen=True)
class SplitFit:
    """What training measured itself on one split, in inference mode.

    Attributes:
        loss: what was minimized.
        accuracy: share of right cells at 0.5.
        binary_crossentropy: mean over cells.
        iou_by_threshold: (T,) mean IoU at each of metrics.THRESHOLDS.
    """

    loss: float
    accuracy: float
    binary_crossentropy: float
    iou_by_threshold: tuple[float, ...]


@dataclass(frozen=True)
class Fit:
    """The content of fit.json.

    Attributes:
        network: its kind.
        start: "joint" where training began with the joint network, else "scratch".
        seen: held-out objects that are left out, since the joint network knows them.
        parameters: number of weights.
        epochs: that training took.
        network_md5: of the weights.
        splits: train, val and test.
    """

    network: str
    start: str
    seen: frozenset[str]
    parameters: int
    epochs: int
    network_md5: str
    splits: Mapping[str, SplitFit]


def read_predictions(path: Path, split: str) -> Predictions:
    """Read one split's predictions.

    Raises:
        BundleError: missing or cut short, arrays of other shapes than K objects x n views, a name or view that
            repeats, an occupancy that is no number in [0, 1].
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            model_ids = arrays[f"{split}_model_ids"]
            views = arrays[f"{split}_views"]
            occupancy = arrays[f"{split}_occupancy"]
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        expected = f"{split}_model_ids, {split}_views and {split}_occupancy"
        raise BundleError(f"{path}: cannot be read ({error}); expected the arrays {expected}; {_RERUN}") from error
    side = occupancy.shape[-1] if occupancy.ndim else 0
    expected_shape = (len(np.atleast_1d(model_ids)), len(np.atleast_1d(views)), side, side, side)
    if model_ids.ndim != 1 or views.ndim != 1 or occupancy.shape != expected_shape:
        raise BundleError(
            f"{path}: {split}_occupancy has shape {occupancy.shape} for {model_ids.shape} model_ids and {views.shape} "
            f"views; expected (K, n, R, R, R); {_RERUN}"
        )
    if model_ids.dtype.kind != "U" or views.dtype.kind not in "iu" or occupancy.dtype != np.float16:
        found = f"{model_ids.dtype}, {views.dtype} and {occupancy.dtype}"
        raise BundleError(f"{path}: arrays of {found}; expected text, integers and float16; {_RERUN}")
    predictions = Predictions(
        source=str(path),
        split=split,
        model_ids=tuple(str(model_id) for model_id in model_ids),
        views=views.astype(np.int64),
        occupancy=occupancy,
    )
    _require_distinct(predictions)
    _require_occupancies(predictions)
    return predictions


def rows_of(predictions: Predictions, bundle: Bundle, fraction: float, left_out: frozenset[str]) -> NDArray[np.int64]:
    """Voxel rows of the predicted objects.

    Args:
        predictions: of one split.
        bundle: the category's.
        fraction: share of the split that is used; see Bundle.rows.
        left_out: objects of it that are not predicted.

    Returns:
        (K,) int64 in the order of `predictions.model_ids`.

    Raises:
        BundleError: grids of another resolution, views that were not rendered, objects that are missing or that
            the index does not have in this split.
    """
    source, split = predictions.source, predictions.split
    side = predictions.occupancy.shape[-1]
    if side != bundle.resolution:
        raise BundleError(
            f"{source}: {split} grids have {side} cells a side, the bundle's {bundle.resolution}; {_RERUN}"
        )
    unknown_views = [int(view) for view in predictions.views if not 0 <= view < bundle.views]
    if unknown_views:
        raise BundleError(
            f"{source}: {split}_views names view {unknown_views[0]}, but the bundle has {bundle.views} views of each "
            f"object; {_RERUN}"
        )
    rows = {bundle.index[row].model_id: int(row) for row in bundle.rows(split, fraction)}
    expected = {model_id: row for model_id, row in rows.items() if model_id not in left_out}
    unknown = sorted(set(predictions.model_ids) - expected.keys())
    if unknown:
        raise BundleError(
            f"{source}: {split} holds {len(unknown)} objects that the index does not have in this split, "
            f"such as {unknown[0]}; {_RERUN}"
        )
    missing = sorted(expected.keys() - set(predictions.model_ids))
    if missing:
        raise BundleError(
            f"{source}: {len(missing)} of {len(expected)} {split} objects are missing, such as {missing[0]}; {_RERUN}"
        )
    if not expected:
        raise BundleError(f"{source}: the index has no {split} objects; raise split.{split} in params.yaml")
    return np.array([expected[model_id] for model_id in predictions.model_ids], dtype=np.int64)


def read_fit(path: Path) -> Fit:
    """Read fit.json.

    Raises:
        BundleError: missing, no JSON, a key missing or no finite number, other thresholds than ours.
    """
    content = read_json(path)
    try:
        thresholds = [float(value) for value in content["thresholds"]]
        fit = Fit(
            network=str(content["network"]),
            start=str(content["start"]),
            seen=frozenset(map(str, content["seen"])),
            parameters=int(content["parameters"]),
            epochs=int(content["epochs"]),
            network_md5=str(content["network_md5"]),
            splits={split: _read_split_fit(content[split]) for split in ("train", "val", "test")},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(f"{path}: {error!r} while reading the losses of train, val and test; {_RERUN}") from error
    if not np.array_equal(np.round(thresholds, 9), np.round(THRESHOLDS, 9)):
        raise BundleError(f"{path}: {len(thresholds)} thresholds that are not 0.02, 0.04 ... 0.98; {_RERUN}")
    return fit


def read_history(path: Path) -> dict[str, list[float]]:
    """Read history.csv.

    Returns:
        Column -> one number an epoch: "epoch", each of HISTORY_METRICS, and each with "val_" before it.

    Raises:
        BundleError: missing, empty, without one of the columns, or with a field that is no number.
    """
    columns = ["epoch", *HISTORY_METRICS, *(f"val_{name}" for name in HISTORY_METRICS)]
    lines = read_table(path, columns)
    if not lines:
        raise BundleError(f"{path}: no epochs; {_RERUN}")
    try:
        return {name: [float(line[name]) for line in lines] for name in columns}
    except ValueError as error:
        raise BundleError(f"{path}: {error}; expected numbers in every column; {_RERUN}") from error


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        BundleError: missing, no JSON, or no object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # ValueError: bad JSON or bad UTF-8
        raise BundleError(f"{path}: cannot be read ({error}); {_RERUN}") from error
    if not isinstance(content, dict):
        raise BundleError(f"{path}: holds a {type(content).__name__}; expected an object; {_RERUN}")
    return cast("dict[str, Any]", content)


def read_table(path: Path, columns: list[str]) -> list[dict[str, str]]:
    """Read a CSV file with a header that has at least these columns.

    Raises:
        BundleError: missing, no CSV, or a row without one of the columns.
    """
    try:
        lines = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BundleError(f"{path}: cannot be read ({error}); {_RERUN}") from error
    for number, line in enumerate(lines):
        missing = [name for name in columns if line.get(name) is None]
        if missing:
            raise BundleError(f"{path}: line {number + 2} has no {missing[0]}; expected {', '.join(columns)}; {_RERUN}")
    return lines


def _read_split_fit(content: Mapping[str, Any]) -> SplitFit:
    losses = {name: float(content[name]) for name in _LOSSES}
    by_threshold = tuple(float(value) for value in content["iou_by_threshold"])
    if len(by_threshold) != len(THRESHOLDS):
        raise ValueError(f"iou_by_threshold has {len(by_threshold)} values; expected {len(THRESHOLDS)}")
    if not all(math.isfinite(value) for value in (*losses.values(), *by_threshold)):
        raise ValueError("a loss or an IoU is no finite number")
    return SplitFit(**losses, iou_by_threshold=by_threshold)


def _require_distinct(predictions: Predictions) -> None:
    names, views = predictions.model_ids, predictions.views.tolist()
    repeated = sorted(name for name in set(names) if names.count(name) > 1) if len(set(names)) < len(names) else []
    if repeated:
        raise BundleError(f"{predictions.source}: {predictions.split} holds {repeated[0]} more than once; {_RERUN}")
    if not views or len(set(views)) < len(views):
        raise BundleError(
            f"{predictions.source}: {predictions.split}_views is {views}; expected each view once; {_RERUN}"
        )


def _require_occupancies(predictions: Predictions) -> None:
    """Object by object, so that no second copy of all grids is made."""
    for model_id, grids in zip(predictions.model_ids, predictions.occupancy, strict=True):
        lowest, highest = grids.min(initial=np.inf), grids.max(initial=-np.inf)
        if not (lowest >= 0 and highest <= 1):  # so written, NaN fails too
            raise BundleError(
                f"{predictions.source}: {predictions.split} object {model_id} has occupancies from {lowest} to "
                f"{highest}; expected numbers in [0, 1]; {_RERUN}"
            )
