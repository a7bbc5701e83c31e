"""A grid or a mesh in a window of PyVista, or as a picture where there is no display."""

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from img2vox.data.image import composite
from img2vox.data.single import read_mesh_file
from img2vox.errors import BundleError, RenderError
from img2vox.geometry.frames import View, camera_axes
from img2vox.geometry.mesh import Mesh
from img2vox.rendering import render
from img2vox.surface import blocks

# From the front, a little from the right and from above; at this distance the whole cube fits.
CAMERA = View(35.0, 25.0, 3.3)
FOV_DEG = 30.0
_PIXELS = 800


def read_shape(path: Path, row: int) -> Mesh:
    """What a file shows: the blocks of a grid, or a mesh.

    Args:
        path: .npy, a grid (R, R, R) or a bundle (M, R, R, R, 1), both bool; or OBJ, STL, PLY or GLB.
        row: of a bundle.

    Returns:
        In the world frame.

    Raises:
        BundleError: a .npy file that is none of these, or has no such row.
        MeshError: the mesh cannot be read, or the grid is empty.
    """
    return blocks(read_grid(path, row)) if path.suffix.lower() == ".npy" else read_mesh_file(path)


def read_grid(path: Path, row: int) -> NDArray[np.bool_]:
    """(R, R, R) bool: the grid of a .npy file, or one row of a bundle's; see read_shape."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise BundleError(f"{path}: no whole NPY file ({error}); name a grid or <synset>_voxels.npy") from error
    is_bundle = array.ndim == 5 and array.shape[4] == 1
    sides = array.shape[1:4] if is_bundle else array.shape
    if array.dtype != np.bool_ or len(sides) != 3 or len(set(sides)) != 1:
        raise BundleError(f"{path}: {array.dtype} of shape {array.shape}; expected (R, R, R) or (M, R, R, R, 1) bool")
    if not is_bundle:
        return np.array(array)
    if not 0 <= row < len(array):
        raise BundleError(f"{path}: no row {row}; it holds rows 0 to {len(array) - 1}")
    return np.array(array[row, ..., 0])


def save_screenshot(mesh: Mesh, output: Path) -> None:
    """What the window would show, drawn off screen by VTK (PNG, gray).

    Raises:
        RenderError: no OpenGL of any kind.
    """
    picture = composite(render(mesh, [CAMERA], _PIXELS, FOV_DEG, "pyvista"), background=255)[0]
    Image.fromarray(picture).save(output)


def open_window(mesh: Mesh, title: str) -> None:
    """Show a mesh until its window is closed; the mouse turns, shifts and zooms it.

    Raises:
        RenderError: no display.
    """
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise RenderError("view: no display to open a window on; draw a picture instead: --screenshot out.png")
    import pyvista

    from img2vox.rendering.pyvista_painter import to_polydata

    plotter: Any = pyvista.Plotter(title=title, window_size=[_PIXELS, _PIXELS])
    plotter.set_background("white")
    plotter.add_mesh(to_polydata(mesh), scalars="color", rgb=True)
    plotter.add_axes()
    backward = camera_axes(CAMERA.azimuth_deg, CAMERA.elevation_deg)[2]
    plotter.view_vector(tuple(backward), viewup=(0.0, 1.0, 0.0))
    plotter.show()
