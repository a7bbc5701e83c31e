"""Whether a picture looks like those that networks were trained on.

Training pictures, 32 x 32, lie near a plane of few dimensions (principal components). What is far from it, such as a
street or a page of text, the networks have never seen. familiar.npz comes with the package:

    mean (1024,) float32    components (K, 1024) float16, orthonormal rows    limit float32

`python -m img2vox.serving.familiar DATA` makes it again from a project's data/bundles.
"""

import csv
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from img2vox.files import write_archive

_FILE = Path(__file__).with_name("familiar.npz")
_SIDE = 32
_COMPONENTS = 24
_QUANTILE = 0.99  # of validation pictures pass


@dataclass(frozen=True)
class Familiar:
    """The plane of the training pictures and how far from it validation pictures lie."""

    mean: NDArray[np.float32]
    components: NDArray[np.float32]
    limit: float

    def distance(self, pixels: NDArray[np.uint8]) -> float:
        """Root mean square of what the plane does not explain, in gray levels.

        Args:
            pixels: (H, W) uint8 before the training pictures' background.
        """
        return float(_residuals(_small(pixels)[None], self.mean, self.components)[0])

    def is_familiar(self, pixels: NDArray[np.uint8]) -> bool:
        """Whether a picture is no further away than nearly all held-out ones."""
        return self.distance(pixels) <= self.limit


@cache
def read_familiar() -> Familiar:
    """What comes with the package."""
    with np.load(_FILE, allow_pickle=False) as arrays:
        return Familiar(arrays["mean"], arrays["components"].astype(np.float32), float(arrays["limit"]))


def fit_familiar(trained: NDArray[np.uint8], held_out: NDArray[np.uint8]) -> Familiar:
    """The plane of training pictures, and the limit that 99 % of held-out ones keep.

    Args:
        trained: (N, H, W) uint8, N above 24.
        held_out: (K, H, W) uint8 of other objects.
    """
    small = np.stack([_small(picture) for picture in trained])
    mean = small.mean(axis=0)
    components = np.linalg.svd(small - mean, full_matrices=False)[2][:_COMPONENTS].astype(np.float16)
    others = np.stack([_small(picture) for picture in held_out])
    residuals = _residuals(others, mean, components.astype(np.float32))
    return Familiar(mean, components.astype(np.float32), float(np.quantile(residuals, _QUANTILE)))


def _small(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    resized = Image.fromarray(pixels).resize((_SIDE, _SIDE), Image.Resampling.BOX)
    return np.asarray(resized, dtype=np.float32).ravel()


def _residuals(
    small: NDArray[np.float32], mean: NDArray[np.float32], components: NDArray[np.float32]
) -> NDArray[np.float32]:
    centered = small - mean
    left = centered - centered @ components.T @ components
    return np.asarray(np.sqrt((left**2).mean(axis=1)), dtype=np.float32)


def main() -> None:
    """Write familiar.npz from the bundles of a project."""
    parts: dict[str, list[NDArray[np.uint8]]] = {"train": [], "val": []}
    for index in sorted((Path(sys.argv[1]) / "bundles").glob("*_index.csv")):
        images = np.load(index.with_name(index.name.replace("_index.csv", "_images.npy")), mmap_mode="r")
        with index.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        views = len(images) // len(rows)
        for row in rows:
            if row["split"] in parts and not row["turned_from"]:
                first = int(row["voxel_row"]) * views
                parts[row["split"]].append(np.asarray(images[first : first + views]))
    familiar = fit_familiar(np.concatenate(parts["train"]), np.concatenate(parts["val"]))
    with write_archive(_FILE) as archive:
        arrays = {"mean": familiar.mean, "components": familiar.components.astype(np.float16)}
        for name, array in {**arrays, "limit": np.float32(familiar.limit)}.items():
            with archive.open(f"{name}.npy") as target:
                np.lib.format.write_array(target, np.asarray(array), allow_pickle=False)


if __name__ == "__main__":
    main()
