"""PyVista's own rendering of an answer, turning once."""

import io

from PIL import Image

from img2vox.data.image import composite
from img2vox.geometry.frames import View
from img2vox.rendering import camera_distance, render
from img2vox.serving.answer import Answer
from img2vox.serving.result import Look, shape

_FRAMES = 20
_PIXELS = 288
_FRAME_MS = 120
_ELEVATION_DEG, _FOV_DEG, _DIAGONALS = 25.0, 30.0, 2.2


def turntable(answer: Answer, look: Look) -> bytes:
    """An animated WebP that begins where the picture was taken from.

    VTK draws in a process of its own, see rendering/pyvista_painter.py.

    Raises:
        MeshError: no cell is filled at this threshold.
        RenderError: no OpenGL of any kind.
    """
    mesh = shape(answer, look)
    distance = camera_distance(mesh, _DIAGONALS)
    azimuths = [answer.azimuth_deg + number * 360 / _FRAMES for number in range(_FRAMES)]
    views = [View(azimuth % 360, _ELEVATION_DEG, distance) for azimuth in azimuths]
    pictures = composite(render(mesh, views, _PIXELS, _FOV_DEG, "pyvista"), background=255)
    frames = [Image.fromarray(picture).convert("RGB") for picture in pictures]
    stream = io.BytesIO()
    frames[0].save(stream, "WEBP", save_all=True, append_images=frames[1:], duration=_FRAME_MS, loop=0, quality=80)
    return stream.getvalue()
