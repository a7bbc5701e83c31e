"""What a trained network answers, on disk: exact losses and the occupancies of the objects it has not seen.

predictions.npz   <split>_model_ids (K,) text, <split>_views (V,) int64, <split>_occupancy (K, V, R, R, R) float16
fit.json          losses and IoU of every split, computed in float32: float16 is too coarse for a cross-entropy
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from img2vox.files import ArchiveWriter, write_archive
from img2vox.learning.dataset import Samples
from img2vox.learning.inference import exact_losses
from img2vox.learning.network_file import network_md5


def write_predictions(
    path: Path,
    network: keras.Model,
    splits: Mapping[str, Samples],
    model_ids: Mapping[str, Sequence[str]],
    thresholds: Sequence[float],
    batch_size: int,
) -> dict[str, dict[str, Any]]:
    """Write the occupancies of some splits, batch by batch, so that memory is bounded by a batch.

    Args:
        path: the .npz file; NumPy reads it without pickle.
        network: picture -> grid.
        splits: name -> samples.
        model_ids: name -> (K,) names of the samples' objects, in the order of their rows.
        thresholds: at which IoU is measured.
        batch_size: pictures at once.

    Returns:
        Split -> what fit.json says of it; each picture is looked at once for both.
    """
    found = {}
    with write_archive(path) as archive:
        for split, samples in splits.items():
            _write_array(archive, f"{split}_model_ids", np.asarray(model_ids[split], dtype=np.str_))
            _write_array(archive, f"{split}_views", samples.views.astype("<i8"))
            shape = (len(samples.rows), len(samples.views), *network.output_shape[1:4])
            with archive.open(f"{split}_occupancy.npy") as stream:
                header = {"descr": "<f2", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(stream, header)

                def keep(occupancy: NDArray[np.float32], stream: Any = stream) -> None:
                    stream.write(occupancy.astype("<f2").tobytes())

                found[split] = describe_split(network, samples, thresholds, batch_size, keep)
    return found


def describe_split(
    network: keras.Model, samples: Samples, thresholds: Sequence[float], batch_size: int, keep: Any = None
) -> dict[str, Any]:
    """What fit.json says of a split; `keep` as in exact_losses."""
    losses, ious = exact_losses(network, samples, thresholds=thresholds, batch_size=batch_size, keep=keep)
    # Every object has as many views, so this is the mean over objects of the mean over their views.
    by_threshold = ious.mean(axis=0, dtype=np.float64)
    return {**losses, "iou_by_threshold": [float(value) for value in by_threshold]}


def describe_fit(
    network: keras.Model,
    start: str,
    seen: Collection[str],
    splits: Mapping[str, Mapping[str, Any]],
    epochs: int,
    thresholds: Sequence[float],
) -> dict[str, Any]:
    """The content of fit.json.

    Args:
        network: trained.
        start: "joint" where training began with the joint network's weights, else "scratch".
        seen: held-out objects that are left out, since the network that training began with knows them.
        splits: train, val and test, each as describe_split has it.
        epochs: that training took.
        thresholds: at which IoU is measured.
    """
    return {
        "network": network.name,
        "start": start,
        "seen": sorted(seen),
        "parameters": int(network.count_params()),
        "epochs": epochs,
        "network_md5": network_md5(network),
        "thresholds": list(thresholds),
        **splits,
    }


def _write_array(archive: ArchiveWriter, name: str, array: NDArray[Any]) -> None:
    with archive.open(f"{name}.npy") as stream:
        np.lib.format.write_array(stream, array, allow_pickle=False)
