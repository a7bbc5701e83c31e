"""VTK through PyVista, off screen: OpenGL of a graphics card, or in software where there is none.

An OpenGL context belongs to one thread, and in a process that has started TensorFlow Mesa's software OpenGL crashes
(each brings an LLVM of its own). Hence `python -m img2vox.rendering.pyvista_painter`, the other end of
pyvista_engine.py: one job after the other from standard input, with one plotter that is kept from mesh to mesh, since
a new one costs a quarter of a second.
"""

import os
import sys
from collections.abc import Sequence
from ctypes.util import find_library
from typing import Any

import numpy as np
import pyvista
from numpy.typing import NDArray
from vtkmodules.vtkCommonCore import vtkLogger, vtkUnsignedCharArray

from img2vox.errors import RenderError
from img2vox.geometry.frames import View, camera_axes
from img2vox.geometry.mesh import Mesh
from img2vox.rendering.arrays_pipe import read_arrays, write_arrays
from img2vox.rendering.shading import AMBIENT, HEADLIGHT, KEY, KEY_DIRECTION, SUPERSAMPLES

# VTK's last resort without a display and without EGL. It ends the process when its library is missing.
_OSMESA_WINDOW = "vtkOSOpenGLRenderWindow"


class Painter:
    """One plotter with our two lights; for the thread that made it alone."""

    def __init__(self) -> None:
        """Open the plotter.

        Raises:
            RenderError: no OpenGL of any kind, in software neither.
        """
        self.plotter = _open_plotter()

    def draw(self, mesh: Mesh, views: Sequence[View], image_size: int, fov_deg: float) -> NDArray[np.uint8]:
        """Views of a mesh, (views, H, W, 2) uint8, as base.render describes them; the mesh has been checked there."""
        samples = image_size * SUPERSAMPLES
        self.plotter.window_size = (samples, samples)
        actor = self.plotter.add_mesh(
            to_polydata(mesh),
            scalars="color",
            rgb=True,
            ambient=AMBIENT,
            diffuse=1.0,
            specular=0.0,
            smooth_shading=False,
            culling=False,
            render=False,
            reset_camera=False,
        )
        try:
            return np.stack([_reduce(self._snap(view, fov_deg), image_size) for view in views])
        finally:
            self.plotter.remove_actor(actor, render=False)

    def _snap(self, view: View, fov_deg: float) -> NDArray[np.uint8]:
        """One picture at full sampling, (samples, samples, 4) uint8, row 0 at the top, alpha 0 or 255."""
        window, renderer = self.plotter.render_window, self.plotter.renderer
        camera = renderer.GetActiveCamera()
        camera.SetFocalPoint(0.0, 0.0, 0.0)
        camera.SetPosition(*(camera_axes(view.azimuth_deg, view.elevation_deg)[2] * view.distance))
        camera.SetViewUp(0.0, 1.0, 0.0)
        camera.SetViewAngle(fov_deg)
        renderer.ResetCameraClippingRange()
        window.Render()
        width, height = window.GetSize()
        pixels = vtkUnsignedCharArray()
        window.GetRGBACharPixelData(0, 0, width - 1, height - 1, 0, pixels)
        picture: NDArray[np.uint8] = np.asarray(pixels).reshape(height, width, 4)[::-1]
        return picture


def main() -> None:
    """Draw what comes in until the input ends; a job that fails is answered with a sentence."""
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what VTK prints must not get between the replies
    painter = None
    while (job := read_arrays(sys.stdin.buffer)) is not None:
        try:
            painter = painter or Painter()
            mesh = Mesh(job["vertices"], job["faces"], job["grays"])
            views = [View(*map(float, view)) for view in job["views"]]
            pictures = painter.draw(mesh, views, int(job["image_size"]), float(job["fov_deg"]))
            write_arrays(replies, {"pictures": pictures})
        except RenderError as error:
            write_arrays(replies, {"error": np.array(str(error))})


def _open_plotter() -> Any:
    """An empty off-screen plotter with transparent background, a light at the camera and the key light."""
    # Without a display VTK says so and goes on with EGL or OSMesa: a warning that asks for nothing. Errors still show.
    verbosity = vtkLogger.GetCurrentVerbosityCutoff()
    vtkLogger.SetStderrVerbosity(vtkLogger.VERBOSITY_ERROR)
    try:
        plotter: Any = pyvista.Plotter(off_screen=True, lighting="none")
        window = plotter.render_window
        if window.GetClassName() == _OSMESA_WINDOW and sys.platform == "linux" and find_library("OSMesa") is None:
            raise RenderError(
                "engine pyvista: no display, no EGL and no OSMesa found; install one of them (Debian, Ubuntu: "
                "`apt-get install libegl1`), or use render.engine raster, which needs none"
            )
        window.SetMultiSamples(0)  # we sample several times per pixel ourselves, and alpha stays 0 or 255 a sample
        window.SetAlphaBitPlanes(1)
        plotter.renderer.SetBackgroundAlpha(0.0)
        plotter.add_light(_new_light(HEADLIGHT, (0.0, 0.0, 1.0)))
        plotter.add_light(_new_light(KEY, tuple(KEY_DIRECTION)))
        window.Render()
        return plotter
    finally:
        vtkLogger.SetStderrVerbosity(verbosity)


def _new_light(intensity: float, direction: tuple[float, ...]) -> Any:
    """Parallel light that keeps its place in the camera's frame; direction points to it."""
    light: Any = pyvista.Light(light_type="camera light", intensity=intensity)
    light.position = direction
    light.focal_point = (0.0, 0.0, 0.0)
    return light


def to_polydata(mesh: Mesh) -> Any:
    """A mesh as PyVista has it; the cells' array "color" holds their gray as RGB."""
    new_polydata: Any = pyvista.PolyData
    polydata = new_polydata.from_regular_faces(mesh.vertices, mesh.faces)
    polydata.cell_data["color"] = np.repeat(mesh.grays[:, None], 3, axis=1)
    return polydata


def _reduce(picture: NDArray[np.uint8], image_size: int) -> NDArray[np.uint8]:
    """Box filter from samples to pixels: (S, S, 4) uint8 RGBA -> (H, W, 2) uint8, gray and straight alpha."""
    side = len(picture) // image_size
    blocks = picture.reshape(image_size, side, image_size, side, 4)
    is_covered = blocks[..., 3] > 0
    covered = is_covered.sum(axis=(1, 3))
    gray = (blocks[..., 0] * is_covered).sum(axis=(1, 3)) / np.maximum(covered, 1)
    alpha = covered * 255.0 / side**2
    reduced: NDArray[np.uint8] = np.rint(np.stack([gray, alpha], axis=-1)).astype(np.uint8)
    return reduced


if __name__ == "__main__":
    main()
