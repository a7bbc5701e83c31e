"""The bundles of all categories as one, in memory."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from img2vox.config import Params
from img2vox.data.bundle import SPLITS, Bundle, IndexRow, chosen_views, open_bundle
from img2vox.errors import BundleError
from img2vox.evaluation.leaks import find_leaks, to_leave_out
from img2vox.paths import Paths


def entire_files(params: Params, paths: Paths) -> list[Path]:
    """What open_entire reads."""
    parts = (paths.voxels, paths.images, paths.index)
    return [part(synset) for synset in params.categories.values() for part in parts]


def open_entire(params: Params, paths: Paths) -> Bundle:
    """One bundle of the used objects of all categories, each named <slug>/<model_id>.

    It holds data.fraction of each category's splits and data.images_per_object views of an object, no more: 2.4 GB for
    the paper's 48,958 objects of one picture each, little beside the 14 GB that its large network trains in. Training
    objects that look like a held-out one of any category are left out: what is harmless for a network that sees one
    category is a leak here.

    Raises:
        BundleError: a bundle is missing or damaged, or two are of different sizes.
    """
    bundles = {
        slug: open_bundle(paths.voxels(synset), paths.images(synset), paths.index(synset))
        for slug, synset in params.categories.items()
    }
    sizes = {slug: (bundle.resolution, bundle.image_size) for slug, bundle in bundles.items()}
    if len(set(sizes.values())) != 1:
        raise BundleError(f"bundles of different resolutions and image sizes, {sizes}; run `dvc repro`")
    left_out = to_leave_out(find_leaks(bundles, params.prepare.near_duplicate_iou))
    voxels, images, index = [], [], list[IndexRow]()
    for slug, bundle in bundles.items():
        rows = _used(bundle, params.data.fraction, left_out.get(slug, frozenset()))
        views = chosen_views(bundle.views, params.data.images_per_object)
        voxels.append(bundle.voxels[rows])
        images.append(bundle.images[(rows[:, None] * bundle.views + views).ravel()])
        index += [_renamed(bundle.index[row], slug, number) for number, row in enumerate(rows, start=len(index))]
    return Bundle(np.concatenate(voxels), np.concatenate(images), tuple(index), params.data.images_per_object)


def of_all(params: Params) -> Params:
    """The same parameters for a bundle of open_entire, where data.fraction has been taken already."""
    return replace(params, data=replace(params.data, fraction=1.0))


def _used(bundle: Bundle, fraction: float, left_out: frozenset[str]) -> NDArray[np.int64]:
    """Voxel rows, ascending, without the left out objects and their turned copies."""
    rows = np.sort(np.concatenate([bundle.rows(split, fraction, with_copies=True) for split in SPLITS]))
    entries = [bundle.index[row] for row in rows]
    return rows[[entry.model_id not in left_out and entry.turned_from not in left_out for entry in entries]]


def _renamed(row: IndexRow, slug: str, number: int) -> IndexRow:
    source = f"{slug}/{row.turned_from}" if row.turned_from else ""
    group = f"{slug}/{row.group}"
    return replace(row, voxel_row=number, model_id=f"{slug}/{row.model_id}", group=group, turned_from=source)
