"""From where a picture shows a grid, for networks that do not say: the view of it that looks most like the picture."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from img2vox.config import RenderParams
from img2vox.data.image import composite
from img2vox.geometry.frames import View
from img2vox.rendering import camera_distance, render
from img2vox.surface import blocks

_DIRECTIONS = 20
_DRAWN, _COMPARED = 64, 32  # pixels a side
_VISIBLE = 6  # gray levels from the background


def find_azimuth(grid: NDArray[np.bool_], pixels: NDArray[np.uint8], background: int, camera: RenderParams) -> float:
    """Azimuth in degrees of the view of a grid whose picture is nearest to a picture, wherever the object stands in it.

    Args:
        grid: (R, R, R) bool, some cell filled.
        pixels: (H, W) uint8.
        background: its gray.
        camera: elevation, distance and field of view of training pictures.
    """
    mesh = blocks(grid)
    distance = camera_distance(mesh, camera.distance)
    azimuths = [number * 360.0 / _DIRECTIONS for number in range(_DIRECTIONS)]
    views = [View(azimuth, camera.elevation_deg, distance) for azimuth in azimuths]
    drawn = composite(render(mesh, views, _DRAWN, camera.fov_deg, "raster"), background)
    picture = _boxed(pixels, background)
    return azimuths[int(np.argmin([np.abs(_boxed(view, background) - picture).mean() for view in drawn]))]


def _boxed(gray: NDArray[np.uint8], background: int) -> NDArray[np.float64]:
    """(32, 32): how the square around the object, as large as its longest side, differs from the background."""
    seen = np.abs(gray.astype(np.int16) - background) > _VISIBLE
    if not seen.any():
        return np.zeros((_COMPARED, _COMPARED))
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    half = (max(np.ptp(rows), np.ptp(columns)) + 1) / 2
    x, y = (columns[0] + columns[-1] + 1) / 2, (rows[0] + rows[-1] + 1) / 2
    box = tuple(round(edge) for edge in (x - half, y - half, x + half, y + half))
    # A difference, since Pillow fills up with 0 where the square lies outside of the picture.
    differing = Image.fromarray(np.abs(gray.astype(np.int16) - background).astype(np.uint8)).crop(box)
    return np.asarray(differing.resize((_COMPARED, _COMPARED), Image.Resampling.BOX), dtype=np.float64)
