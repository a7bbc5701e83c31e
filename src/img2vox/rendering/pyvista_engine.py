"""VTK in a process of its own, started with the first drawing and kept; pyvista_painter.py says why."""

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2vox.errors import RenderError
from img2vox.geometry.frames import View
from img2vox.geometry.mesh import Mesh
from img2vox.rendering.arrays_pipe import read_arrays, write_arrays


class _Painter:
    """The process that draws, and the lock of the pipe to it. It ends when this one does: its input ends then."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self._lock = threading.Lock()
        command = [sys.executable, "-m", "img2vox.rendering.pyvista_painter"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    @property
    def is_alive(self) -> bool:
        """Whether this process may go on asking it."""
        return self.owner == os.getpid() and self._process.poll() is None

    def draw(self, mesh: Mesh, views: Sequence[View], image_size: int, fov_deg: float) -> NDArray[np.uint8]:
        job: dict[str, NDArray[Any]] = {
            "vertices": mesh.vertices,
            "faces": mesh.faces,
            "grays": mesh.grays,
            "views": np.array([(view.azimuth_deg, view.elevation_deg, view.distance) for view in views]),
            "image_size": np.array(image_size),
            "fov_deg": np.array(fov_deg),
        }
        assert self._process.stdin is not None  # PIPE, as below
        assert self._process.stdout is not None
        with self._lock:
            try:
                write_arrays(self._process.stdin, job)
                reply = read_arrays(self._process.stdout)
            except OSError:
                reply = None
        if reply is None:
            self._process.kill()
            raise RenderError(
                f"engine pyvista: VTK's process ended with code {self._process.wait()} while it drew; see what it said "
                "above, update the OpenGL driver, or use render.engine raster, which needs none"
            )
        if "error" in reply:
            raise RenderError(str(reply["error"]))
        return reply["pictures"]


_painter: _Painter | None = None
_painter_lock = threading.Lock()


def draw(mesh: Mesh, views: Sequence[View], image_size: int, fov_deg: float) -> NDArray[np.uint8]:
    """Views of a mesh, (views, H, W, 2) uint8, as base.render describes them; the mesh has been checked there.

    Raises:
        RenderError: no OpenGL of any kind, in software neither, or VTK crashed; the next drawing starts it anew.
    """
    global _painter
    with _painter_lock:
        if _painter is None or not _painter.is_alive:
            _painter = _Painter()
        painter = _painter
    return painter.draw(mesh, views, image_size, fov_deg)
