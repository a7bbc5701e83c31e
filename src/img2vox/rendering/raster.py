"""Our own rasterizer: needs no OpenGL, no display and no driver, and gives the same bytes everywhere.

One thread and no lock of Python's: callers draw several meshes at once in threads or processes.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from img2vox.geometry.frames import View, camera_axes
from img2vox.geometry.mesh import Mesh
from img2vox.rendering.raster_kernels import draw_views
from img2vox.rendering.shading import AMBIENT, HEADLIGHT, KEY, KEY_DIRECTION, SUPERSAMPLES

# Near plane in distances of the camera: far below what stands between a camera and a mesh that it sees as a whole.
_NEAR_SHARE = 1e-3


def draw(mesh: Mesh, views: Sequence[View], image_size: int, fov_deg: float) -> NDArray[np.uint8]:
    """Views of a mesh, (views, H, W, 2) uint8, as base.render describes them; the mesh has been checked there."""
    return draw_views(
        np.ascontiguousarray(mesh.vertices, dtype=np.float64),
        np.ascontiguousarray(mesh.faces, dtype=np.int64),
        np.ascontiguousarray(mesh.grays, dtype=np.uint8),
        np.stack([camera_axes(view.azimuth_deg, view.elevation_deg) for view in views]),
        np.array([view.distance for view in views], dtype=np.float64),
        1.0 / math.tan(math.radians(fov_deg) / 2.0),
        _NEAR_SHARE,
        image_size,
        tuple(range(SUPERSAMPLES)),
        np.array([AMBIENT, HEADLIGHT, KEY, *KEY_DIRECTION]),
    )
