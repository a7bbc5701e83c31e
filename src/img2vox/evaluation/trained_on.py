"""Which objects the joint network was trained on, with their grids: who starts from it may test on none of them.

    trained_on.npz   categories (K,) text, model_ids (K,) text, grids (K, R**3 / 8) uint8, bits of [x, y, z]

It comes with the network, so that one category can be trained and judged without the bundles of all others.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from img2vox.data.alike import Shortlist, part_counts
from img2vox.data.bundle import Bundle
from img2vox.errors import BundleError
from img2vox.files import write_archive


@dataclass(frozen=True)
class TrainedOn:
    """The content of the file.

    Attributes:
        source: the file, for messages.
        categories: (K,) slugs.
        model_ids: (K,) names.
        bits: (K, R**3 / 8) uint8.
    """

    source: Path
    categories: NDArray[np.str_]
    model_ids: NDArray[np.str_]
    bits: NDArray[np.uint8]

    def seen(
        self, slug: str, model_ids: Sequence[str], grids: Iterable[NDArray[np.bool_]], min_iou: float
    ) -> frozenset[str]:
        """Those of a category's objects that were trained on, or are near duplicates of one that was.

        Archives that have changed since may hold some of them out now.

        Args:
            slug: the category.
            model_ids: (K,) names.
            grids: K grids, (R, R, R) bool or of one more axis of 1.
            min_iou: near duplicates from here on, above 0.

        Raises:
            BundleError: grids of another resolution.
        """
        names = set(self.model_ids[self.categories == slug].tolist())
        shortlist = Shortlist(part_counts(self.bits))
        found = set()
        for model_id, grid in zip(model_ids, grids, strict=True):
            self._require_resolution(grid.shape[0])
            bits = np.packbits(grid)
            alike = self.bits[shortlist.of(part_counts(bits[None])[0], min_iou)]
            both = np.bitwise_count(alike & bits).sum(axis=1, dtype=np.int64)
            either = np.bitwise_count(alike | bits).sum(axis=1, dtype=np.int64)
            if model_id in names or (both / np.maximum(either, 1) >= min_iou).any():
                found.add(model_id)
        return frozenset(found)

    def grids_of_others(self, slug: str, resolution: int) -> NDArray[np.bool_]:
        """Grids of all other categories: (J, R, R, R) bool."""
        self._require_resolution(resolution)
        bits = self.bits[self.categories != slug]
        return np.unpackbits(bits, axis=1).view(np.bool_).reshape(-1, *(resolution,) * 3)

    def _require_resolution(self, resolution: int) -> None:
        if self.bits.shape[1] * 8 != resolution**3:
            raise BundleError(
                f"{self.source}: grids of {self.bits.shape[1] * 8} cells, but the data has {resolution}**3; train the "
                "joint network anew (`dvc unfreeze pretrain`), or set train.start to scratch"
            )


def write_trained_on(path: Path, bundles: Mapping[str, Bundle], rows: Mapping[str, NDArray[np.int64]]) -> None:
    """Write the file, the same bytes for the same objects.

    Args:
        path: trained_on.npz.
        bundles: slug -> bundle.
        rows: slug -> the voxel rows that are trained on.
    """
    slugs = sorted(rows)
    categories = np.array([slug for slug in slugs for _ in rows[slug]], dtype=np.str_)
    model_ids = np.array([bundles[slug].index[row].model_id for slug in slugs for row in rows[slug]], dtype=np.str_)
    bits = [np.packbits(bundles[slug].voxels[row, ..., 0]) for slug in slugs for row in rows[slug]]
    with write_archive(path) as archive:
        for name, array in (("categories", categories), ("model_ids", model_ids), ("grids", np.stack(bits))):
            with archive.open(f"{name}.npy") as stream:
                np.lib.format.write_array(stream, array, allow_pickle=False)


def read_trained_on(path: Path) -> TrainedOn:
    """Read the file.

    Raises:
        BundleError: missing, cut short, or arrays that do not belong together.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            found = TrainedOn(path, arrays["categories"], arrays["model_ids"], arrays["grids"])
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise BundleError(
            f"{path}: cannot be read ({error}); bring it back with `git restore`, or train the joint network anew"
        ) from error
    if not len(found.categories) == len(found.model_ids) == len(found.bits) or found.bits.ndim != 2:
        raise BundleError(
            f"{path}: {len(found.categories)} categories, {len(found.model_ids)} model_ids, grids of shape "
            f"{found.bits.shape}; expected one of each an object; bring it back with `git restore`"
        )
    return found
