"""Held-out objects that a network which starts from the joint one may be judged on: those that it has never seen.

The joint network comes with the project. Archives that have changed since may hold out what it was trained on, or hold
what looks like it; such an object proves nothing.
"""

import logging
from dataclasses import replace

import numpy as np

from img2vox.data.bundle import Bundle
from img2vox.errors import BundleError
from img2vox.evaluation.trained_on import TrainedOn
from img2vox.learning.dataset import Samples

log = logging.getLogger(__name__)


def names_of(bundle: Bundle, samples: Samples) -> list[str]:
    """model_ids in the order of the samples' rows."""
    return [bundle.index[row].model_id for row in samples.rows]


def leave_out_seen(
    slug: str, bundle: Bundle, split: str, samples: Samples, trained_on: TrainedOn, min_iou: float
) -> tuple[Samples, frozenset[str]]:
    """Take out of a split what the joint network knows.

    Args:
        slug: the category.
        bundle: of the category.
        split: val or test, for messages.
        samples: of the split.
        trained_on: what the joint network saw.
        min_iou: near duplicates from here on.

    Returns:
        The samples that are left, and the model_ids that were taken out.

    Raises:
        BundleError: nothing is left, or grids of another resolution.
    """
    grids = (bundle.voxels[row, ..., 0] for row in samples.rows)
    seen = trained_on.seen(slug, names_of(bundle, samples), grids, min_iou)
    if not seen:
        return samples, seen
    rows = [row for row in samples.rows if bundle.index[row].model_id not in seen]
    what = f"{slug}: {trained_on.source} knows {len(seen)} of {len(samples.rows)} {split} objects, such as {min(seen)}"
    cure = "train the joint network anew (`dvc unfreeze pretrain`), or set train.start to scratch"
    if not rows:
        raise BundleError(f"{what}; none is left to judge by: {cure}")
    log.warning("%s; they are left out; to count them, %s", what, cure)
    return replace(samples, rows=np.array(rows, dtype=np.int64)), seen
