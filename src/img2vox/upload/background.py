"""Cut an object from a plain background: no network, no weights, nothing to download.

The background is what the picture's rim shows: a quadratic of the place for each colour, so that a wall may get darker
toward one side. What differs little from it and hangs together with the rim is background; so is what differs very
little inside, the hole of a handle.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

# Longest side at which the mask is made; its edge is brought to full size smoothly.
_SIDE = 384
_RIM = 0.03  # of the shorter side
# Least share of the rim that the fitted background explains; an object may touch the rim, a street has no background.
_LEAST_PLAIN = 0.7
# Largest channel difference that is noise of a plain background, and bounds of the one that is taken, in gray levels.
_NOISE = 3.5
_NEAREST, _FARTHEST = 9.0, 36.0
_LEAST_OBJECT, _MOST_OBJECT = 0.003, 0.95  # shares of the picture
_LEAST_PART = 0.02  # of the largest part of an object


@dataclass(frozen=True)
class Cut:
    """An object cut from its background.

    Attributes:
        alpha: (H, W) uint8, 255 where the object is.
        color: (3,) the background's colour in the middle of the picture.
    """

    alpha: NDArray[np.uint8]
    color: tuple[int, int, int]


def cut_out(picture: Image.Image) -> Cut | None:
    """The object before a plain background.

    Args:
        picture: mode RGB.

    Returns:
        None where the background is not plain, or nothing, or nearly everything, stands out from it.
    """
    share = min(1.0, _SIDE / max(picture.size))
    size = (max(1, round(picture.width * share)), max(1, round(picture.height * share)))
    colors = np.asarray(picture.resize(size, Image.Resampling.BOX), dtype=np.float64)  # (h, w, 3)
    rim = _rim(colors.shape[:2])
    fitted = _fit_background(colors, rim)
    if fitted is None:
        return None
    background, noise = fitted
    distance = np.abs(colors - background).max(axis=2)
    limit = float(np.clip(_NOISE * noise + 6.0, _NEAREST, _FARTHEST))
    is_object = _object(distance, limit, rim)
    if not _LEAST_OBJECT <= is_object.mean() <= _MOST_OBJECT:
        return None
    middle = background[background.shape[0] // 2, background.shape[1] // 2]
    color = tuple(int(value) for value in np.clip(np.rint(middle), 0, 255))
    return Cut(_smooth_edge(is_object, picture.size), (color[0], color[1], color[2]))


def _rim(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    width = max(1, round(_RIM * min(shape)))
    rim = np.ones(shape, dtype=bool)
    rim[width:-width, width:-width] = False
    return rim


def _fit_background(colors: NDArray[np.float64], rim: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float] | None:
    """The background's colour everywhere, (h, w, 3), and its noise; None where the rim is not plain.

    Least squares over the rim, four times, each time without what the last fit did not explain.
    """
    height, width, _ = colors.shape
    y, x = (2 * (np.arange(side) + 0.5) / side - 1 for side in (height, width))
    rows, columns = np.nonzero(rim)
    inputs, targets = _terms(y[rows], x[columns]), colors[rim]
    # The median color begins: a fit of everything would bend toward an object on the rim.
    residual = np.abs(targets - np.median(targets, axis=0)).max(axis=1)
    weights = np.zeros((inputs.shape[-1], 3))
    for _ in range(4):
        noise = 1.4826 * float(np.median(residual))
        explained = residual <= max(_NOISE * noise, _NEAREST)
        weights = np.linalg.lstsq(inputs[explained], targets[explained], rcond=None)[0]
        residual = np.abs(targets - inputs @ weights).max(axis=1)
    noise = 1.4826 * float(np.median(residual))
    plain = float((residual <= np.clip(_NOISE * noise, _NEAREST, _FARTHEST)).mean())
    if plain < _LEAST_PLAIN or _NOISE * noise > _FARTHEST:
        return None
    # Row by row and column by column: all terms at every place would be six pictures.
    of_x, of_y = _terms(np.zeros_like(x), x) @ weights, _terms(y, np.zeros_like(y)) @ weights
    mixed = y[:, None, None] * x[None, :, None] * weights[3]
    return of_y[:, None] + of_x[None, :] - weights[0] + mixed, noise


def _terms(y: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N,) and (N,) in [-1, 1] -> (N, 6): 1, x, y, xy, xx, yy."""
    return np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=-1)


def _object(distance: NDArray[np.float64], limit: float, rim: NDArray[np.bool_]) -> NDArray[np.bool_]:
    labels, _ = ndimage.label(distance <= limit)
    outside = np.isin(labels, np.unique(labels[rim & (labels > 0)]))
    found = ~outside & (distance > limit / 2)
    found = ndimage.binary_opening(found, iterations=1) if min(found.shape) > 32 else found
    parts, count = ndimage.label(found, np.ones((3, 3)))
    if count == 0:
        return found
    sizes = ndimage.sum_labels(found, parts, np.arange(1, count + 1))
    kept = np.isin(parts, 1 + np.flatnonzero(sizes >= _LEAST_PART * sizes.max()))
    # A hole of a few pixels is a highlight, not an opening.
    holes, count = ndimage.label(~kept)
    if count:
        areas = ndimage.sum_labels(~kept, holes, np.arange(1, count + 1))
        kept |= np.isin(holes, 1 + np.flatnonzero(areas < 1e-3 * kept.size))
    return np.asarray(kept, dtype=np.bool_)


def _smooth_edge(is_object: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.uint8]:
    """The mask at full size, its edge one working pixel wide."""
    soft = ndimage.gaussian_filter(is_object.astype(np.float32), 0.7)
    whole = Image.fromarray(soft).resize(size, Image.Resampling.BICUBIC)
    # 0.55 in place of one half: a hair of the background's colour less along the edge.
    edge = np.clip((np.asarray(whole) - 0.55) * 2.5 + 0.5, 0.0, 1.0)
    return np.rint(edge * 255).astype(np.uint8)
