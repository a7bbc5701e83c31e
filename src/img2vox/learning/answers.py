"""What a trained network answers, on disk: exact losses and the occupancies of the objects it has not seen.

predictions.npz   <split>_model_ids (K,) text, <split>_views (V,) int64, <split>_occupancy (K, V, R, R, R) float16
fit.json          losses and IoU of every split, computed in float32: float16 is too coarse for a cross-entropy
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from img2vox.files import ArchiveWriter, write_archive
from img2vox.learning.dataset import Samples
from img2vox.learning.inference import exact_losses, predict
from img2vox.learning.network_file import network_md5


def write_predictions(
    path: Path,
    network: keras.Model,
    splits: Mapping[str, Samples],
    model_ids: Mapping[str, Sequence[str]],
    batch_size: int,
) -> None:
    """Write the occupancies of some splits, one object after the other, so that memory is bounded by an object.

    Args:
        path: the .npz file; NumPy reads it without pickle.
        network: picture -> grid.
        splits: name -> samples.
        model_ids: name -> (K,) names of the samples' objects, in the order of their rows.
        batch_size: pictures at once.
    """
    with write_archive(path) as archive:
        for split, samples in splits.items():
            _write_array(archive, f"{split}_model_ids", np.asarray(model_ids[split], dtype=np.str_))
            _write_array(archive, f"{split}_views", samples.views.astype("<i8"))
            _write_occupancies(archive, f"{split}_occupancy", network, samples, batch_size)


def describe_fit(
    network: keras.Model, splits: Mapping[str, Samples], epochs: int, thresholds: Sequence[float], batch_size: int
) -> dict[str, Any]:
    """The content of fit.json.

    Args:
        network: trained.
        splits: train, val and test.
        epochs: that training took.
        thresholds: at which IoU is measured.
        batch_size: pictures at once.
    """
    content: dict[str, Any] = {
        "network": network.name,
        "parameters": int(network.count_params()),
        "epochs": epochs,
        "network_md5": network_md5(network),
        "thresholds": list(thresholds),
    }
    for split, samples in splits.items():
        losses, ious = exact_losses(network, samples, thresholds=thresholds, batch_size=batch_size, mirrored=False)
        # Every object has as many views, so this is the mean over objects of the mean over their views.
        by_threshold = ious.mean(axis=0, dtype=np.float64)
        content[split] = {**losses, "iou_by_threshold": [float(value) for value in by_threshold]}
    return content


def _write_array(archive: ArchiveWriter, name: str, array: NDArray[Any]) -> None:
    with archive.open(f"{name}.npy") as stream:
        np.lib.format.write_array(stream, array, allow_pickle=False)


def _write_occupancies(
    archive: ArchiveWriter, name: str, network: keras.Model, samples: Samples, batch_size: int
) -> None:
    side = int(network.output_shape[1])
    views = len(samples.views)
    shape = (len(samples.rows), views, side, side, side)
    with archive.open(f"{name}.npy") as stream:
        header = {"descr": "<f2", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(stream, header)
        for number in range(len(samples.rows)):
            images, _ = samples.read(np.arange(number * views, (number + 1) * views))
            occupancy = predict(network, images, batch_size=batch_size, mirrored=False)
            stream.write(occupancy.astype("<f2", copy=False).tobytes())
