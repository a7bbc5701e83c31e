"""Bundle -> batches. Reads what a batch needs from the mapped arrays and keeps nothing else in memory."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from img2vox.data.workers import in_order
from img2vox.errors import BundleError

Batch = tuple[NDArray[np.uint8], NDArray[np.bool_]]


@dataclass(frozen=True)
class Samples:
    """Pairs of a picture and the grid of its object; pair i shows object i // V from view i % V of the V used ones.

    Attributes:
        voxels: (M, R, R, R, 1) bool, usually mapped from disk.
        images: (M * views, H, W) uint8, the views of object m at m * views ...
        rows: (K,) integers in [0, M): the objects that are used, a split's.
        views: (V,) integers in [0, views): the views that are used of each of them.
    """

    voxels: NDArray[np.bool_]
    images: NDArray[np.uint8]
    rows: NDArray[np.int64]
    views: NDArray[np.int64]

    def __post_init__(self) -> None:
        objects = len(self.voxels)
        if objects == 0 or len(self.images) % objects:
            raise BundleError(f"{len(self.images)} pictures are no whole number of views of {objects} grids")
        _require_indices("rows", self.rows, objects, "objects")
        _require_indices("views", self.views, len(self.images) // objects, "views an object")

    def __len__(self) -> int:
        """Number of pairs, K * V."""
        return len(self.rows) * len(self.views)

    def read(self, pairs: NDArray[np.int64]) -> Batch:
        """The pairs of these numbers.

        Args:
            pairs: (N,) in [0, len(self)), in any order.

        Returns:
            (N, H, W, 1) uint8 pictures and (N, R, R, R, 1) bool grids, both copies.
        """
        rows = self.rows[pairs // len(self.views)]
        views_each = len(self.images) // len(self.voxels)
        pictures = self.images[rows * views_each + self.views[pairs % len(self.views)]]
        return np.asarray(pictures)[..., np.newaxis], np.asarray(self.voxels[rows])


def _require_indices(name: str, indices: NDArray[np.int64], end: int, of_what: str) -> None:
    if len(indices) == 0:
        raise BundleError(f"no {name} are used of {end} {of_what}; every split needs at least one object and one view")
    if indices.min() < 0 or indices.max() >= end:
        raise BundleError(f"{name} reach from {indices.min()} to {indices.max()}, but there are {end} {of_what}")


def mirror(images: NDArray[np.uint8], voxels: NDArray[np.bool_]) -> Batch:
    """The pairs in a mirror: pictures flipped left-right, grids flipped along x.

    A grid stands in its object's frame, not the camera's. Flipping the picture taken from azimuth a shows the object
    mirrored at the plane x = 0 as seen from azimuth -a; its grid is therefore flipped along x, whatever a is.
    The light must be symmetric as well: a headlight, or one straight above the camera.

    Args:
        images: (N, H, W, 1).
        voxels: (N, R, R, R, 1), [x, y, z].
    """
    return images[:, :, ::-1], voxels[:, ::-1]


def training_batches(samples: Samples, batch_size: int, seed: int, epoch: int, mirrored: bool) -> Iterator[Batch]:
    """Every pair once, in an order of its own for each epoch; the last batch is filled up from the order's beginning.

    Batches of one size are traced once by TensorFlow (a second size costs 1-2 s of every process), and the order
    depends on seed and epoch alone, so that a resumed training needs no other state.

    Args:
        samples: what to train on.
        batch_size: pairs a batch; fewer where there are not so many.
        seed: of the order and of the mirror.
        epoch: number of the epoch.
        mirrored: a half of the pairs, drawn anew each epoch, comes in a mirror.

    Yields:
        (N, H, W, 1) uint8 and (N, R, R, R, 1) bool, N always the same.
    """
    rng = np.random.default_rng([seed, epoch])
    order = rng.permutation(len(samples))
    size = min(batch_size, len(order))
    steps = -(-len(order) // size)
    order = np.resize(order, steps * size)
    in_mirror = rng.random(len(order)) < (0.5 if mirrored else 0.0)

    def read(step: int) -> Batch:
        chosen = slice(step * size, (step + 1) * size)
        images, voxels = samples.read(order[chosen])
        flip = in_mirror[chosen]
        images[flip], voxels[flip] = mirror(images[flip], voxels[flip])
        return images, voxels

    # Read while the network works on those before.
    yield from (batch for _, batch in in_order(read, range(steps), workers=1))


def ordered_batches(samples: Samples, batch_size: int) -> Iterator[Batch]:
    """Every pair once, objects in the order of `rows`, the views of each together; the last batch may be smaller."""
    for start in range(0, len(samples), batch_size):
        yield samples.read(np.arange(start, min(start + batch_size, len(samples)), dtype=np.int64))
