"""Pool -> training batches: mirrored pairs, other backgrounds, other brightness."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from img2vox.config import PretrainParams
from img2vox.data.workers import in_order
from img2vox.joint.pool import Pool
from img2vox.learning.residual import DIRECTIONS, fold_seen, seen_side

Batch = tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.float32]]


def joint_batches(
    pool: Pool, settings: PretrainParams, background: int, seed: int, epoch: int, readers: int = 1
) -> Iterator[Batch]:
    """Every picture of the pool once, in an order of its own for each epoch; what fills no batch waits for another.

    What is drawn depends on seed and epoch alone, so that a resumed training needs no other state.

    Args:
        pool: open.
        settings: batch size and what is drawn.
        background: gray that most pictures stand before, as those of the bundles do.
        seed: of all draws.
        epoch: its number.
        readers: threads that make batches while the network works; the batches do not depend on them.

    Yields:
        (N, H, W, 1) uint8 pictures; (N, P, P, C) bool grids before the camera, see fold_seen; (N, DIRECTIONS) float32
        chances of the camera's azimuth.
    """
    rng = np.random.default_rng([seed, epoch])
    order = rng.permutation(len(pool))
    size = min(settings.batch_size, len(pool))
    steps = len(order) // size
    seeds = rng.integers(0, 2**63, steps)

    def read(step: int) -> Batch:
        chosen = np.sort(order[step * size : (step + 1) * size])
        return _read(pool, chosen, settings, background, np.random.default_rng(seeds[step]))

    yield from (batch for _, batch in in_order(read, range(steps), readers))


def direction_chances(azimuths_deg: NDArray[np.floating]) -> NDArray[np.float32]:
    """An azimuth as chances of the two directions beside it, linearly: (N,) degrees -> (N, DIRECTIONS) float32."""
    places = np.mod(np.asarray(azimuths_deg, dtype=np.float64) * DIRECTIONS / 360, DIRECTIONS)
    lower = np.floor(places).astype(np.int64)
    share = (places - lower).astype(np.float32)
    chances = np.zeros((len(places), DIRECTIONS), dtype=np.float32)
    rows = np.arange(len(places))
    chances[rows, lower % DIRECTIONS] = 1 - share
    chances[rows, (lower + 1) % DIRECTIONS] += share
    return chances


def _read(
    pool: Pool, chosen: NDArray[np.int64], settings: PretrainParams, background: int, rng: np.random.Generator
) -> Batch:
    side, rows = seen_side(pool.resolution), pool.rows[chosen]
    count = len(rows)
    behind = np.where(rng.random(count) < settings.other_backgrounds, rng.integers(0, 256, count), background)
    light = np.exp(rng.uniform(-1, 1, count) * settings.brightness)
    pictures = _lay_over(
        np.asarray(pool.pictures[pool.shown[chosen]]), behind.astype(np.float32), light.astype(np.float32)
    )
    seen = np.unpackbits(pool.seen[rows], axis=1).view(np.bool_).reshape(count, pool.resolution, side, side)
    azimuths = pool.azimuths[rows].copy()
    # In a mirror the camera stands at minus its azimuth of a mirrored object, and sees its grid mirrored in x'.
    mirrored = rng.random(count) < 0.5
    pictures[mirrored] = pictures[mirrored, :, ::-1]
    seen[mirrored] = seen[mirrored, :, ::-1]
    azimuths[mirrored] *= -1
    return pictures[..., None], fold_seen(seen), direction_chances(azimuths)


def _lay_over(
    gray_alpha: NDArray[np.uint8], background: NDArray[np.float32], light: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """(N, H, W, 2) before a gray of its own each, the object brighter by a factor of its own each: (N, H, W)."""
    alpha = gray_alpha[..., 1] * np.float32(1 / 255)
    gray = np.minimum(gray_alpha[..., 0] * light[:, None, None], 255)
    behind = background[:, None, None]
    return np.asarray(behind + (gray - behind) * alpha + np.float32(0.5)).astype(np.uint8)
