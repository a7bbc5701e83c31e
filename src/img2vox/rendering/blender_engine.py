"""Blender's path tracer Cycles, the paper's tool; optional, and never needed by another engine.

Blender runs as a process of its own, once a mesh: either a `blender` executable (its Python need not know this package)
or this Python with the `bpy` module. The two sides exchange a folder: mesh.npz and job.json go in, one PNG a view comes
out. Cameras, light and pixel filter are those of the other engines; samples fall at random places of a pixel.
"""

import importlib.util
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from img2vox.errors import RenderError
from img2vox.geometry.frames import View, camera_axes
from img2vox.geometry.mesh import Mesh
from img2vox.rendering.shading import AMBIENT, HEADLIGHT, KEY, KEY_DIRECTION

EXECUTABLE_VARIABLE = "IMG2VOX_BLENDER"
_SCRIPT = Path(__file__).with_name("blender_script.py")
_SHOWN_LINES = 3  # of Blender's output in an error


def find_blender() -> list[str]:
    """The command that runs a script inside Blender, without the script's own arguments.

    The variable IMG2VOX_BLENDER comes first, then `blender` on PATH, then the module `bpy` of this Python.

    Raises:
        RenderError: none of them; says what to install.
    """
    wanted = os.environ.get(EXECUTABLE_VARIABLE)
    executable = shutil.which(wanted or "blender")
    if executable is not None:
        return [
            executable,
            "--background",
            "--factory-startup",
            "--python-exit-code",
            "1",
            "--python",
            str(_SCRIPT),
            "--",
        ]
    if wanted:
        raise RenderError(f"{EXECUTABLE_VARIABLE} is {wanted}, which is no executable file; name Blender's executable")
    if importlib.util.find_spec("bpy") is None:
        raise RenderError(
            "engine blender: no Blender found; install Blender 4.2 or newer and put it on PATH or name it in "
            f"{EXECUTABLE_VARIABLE}, or install its module with `pip install --no-deps 'bpy>=4.5,<5'` "
            "(Python 3.11 only)"
        )
    return [sys.executable, str(_SCRIPT)]


def draw(mesh: Mesh, views: Sequence[View], image_size: int, fov_deg: float, samples: int) -> NDArray[np.uint8]:
    """Views of a mesh, (views, H, W, 2) uint8, as base.render describes them; the mesh has been checked there.

    Args:
        mesh, views, image_size, fov_deg: see base.render.
        samples: Cycles' samples per pixel.

    Raises:
        RenderError: no Blender, or it failed.
    """
    command = find_blender()
    with tempfile.TemporaryDirectory(prefix="img2vox-blender-") as name:
        folder = Path(name)
        _write_job(folder, mesh, views, image_size, fov_deg, samples)
        done = subprocess.run(
            [*command, str(folder)], capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL
        )
        pictures = [folder / f"{number:03d}.png" for number in range(len(views))]
        if done.returncode or not all(picture.is_file() for picture in pictures):
            lines = (done.stdout + done.stderr).strip().splitlines()[-_SHOWN_LINES:]
            raise RenderError(f"{command[0]}: Blender ended with code {done.returncode}; it said: {' | '.join(lines)}")
        return np.stack([_read_picture(picture) for picture in pictures])


def _write_job(folder: Path, mesh: Mesh, views: Sequence[View], image_size: int, fov_deg: float, samples: int) -> None:
    np.savez(
        folder / "mesh.npz",
        vertices=mesh.vertices.astype(np.float32),
        faces=mesh.faces.astype(np.int32),
        grays=mesh.grays.astype(np.float32) / 255.0,
    )
    job = {
        "cameras": [_camera_matrix(view).tolist() for view in views],
        "image_size": image_size,
        "fov": math.radians(fov_deg),
        "samples": samples,
        "ambient": AMBIENT,
        "headlight": HEADLIGHT,
        "key": KEY,
        "key_direction": KEY_DIRECTION.tolist(),
    }
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")


def _camera_matrix(view: View) -> NDArray[np.float64]:
    """(4, 4) float64, camera to world; a camera of Blender looks along its -Z with +Y up, as ours do."""
    matrix = np.eye(4)
    axes = camera_axes(view.azimuth_deg, view.elevation_deg)
    matrix[:3, :3] = axes.T
    matrix[:3, 3] = axes[2] * view.distance
    return matrix


def _read_picture(path: Path) -> NDArray[np.uint8]:
    """RGBA with straight alpha -> (H, W, 2) uint8."""
    with Image.open(path) as picture:
        rgba = np.asarray(picture.convert("RGBA"))
    gray_alpha = rgba[..., [0, 3]].copy()
    gray_alpha[gray_alpha[..., 1] == 0] = 0
    return gray_alpha
