"""The interface of the rendering engines, and the cameras that they share.

Every engine draws the same pictures: a pinhole camera that looks at the world's origin (frames.View), a square
image, flat two-sided shading (shading.py), straight alpha. An engine is a module with a function `draw`; it is
imported when it is asked for, so that the default engine needs neither VTK nor Blender.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from img2vox.errors import MeshError, ParamsError
from img2vox.geometry.frames import View
from img2vox.geometry.mesh import Mesh

ENGINES = ("raster", "pyvista", "blender")


def render(
    mesh: Mesh,
    views: Sequence[View],
    image_size: int,
    fov_deg: float,
    engine: str,
    blender_samples: int | None = None,
) -> NDArray[np.uint8]:
    """All views of one mesh as gray pictures with alpha.

    Args:
        mesh: world frame, normalized; drawn as it lies, two-sided.
        views: cameras, looking at the world's origin.
        image_size: pixels per side, H = W.
        fov_deg: field of view from the lower to the upper edge of the picture, in (0, 180).
        engine: one of ENGINES.
        blender_samples: Cycles' samples per pixel; only `blender` reads it, and it has to be given there.

    Returns:
        (views, H, W, 2) uint8: gray (sRGB, 0 where nothing is seen) and straight alpha, the share of the pixel that
        the mesh covers times 255. Row 0 is the top.

    Raises:
        ParamsError: an unknown engine, or a size, field of view, camera or number of samples that cannot be.
        MeshError: vertices that are not finite, faces that point outside of them, grays that do not fit.
        RenderError: the engine is not installed, or it failed.
    """
    if engine not in ENGINES:
        raise ParamsError(f"render.engine is {engine!r}; use one of {', '.join(ENGINES)}")
    if image_size < 1:
        raise ParamsError(f"the image size is {image_size}; use 1 or more pixels per side")
    if not 0 < fov_deg < 180:
        raise ParamsError(f"render.fov_deg is {fov_deg}; use degrees between 0 and 180")
    for view in views:
        if not (view.distance > 0 and -90 < view.elevation_deg < 90 and math.isfinite(view.azimuth_deg)):
            raise ParamsError(f"{view}: use a distance above 0 and an elevation between -90 and 90 degrees")
    _check_mesh(mesh)
    if not views:
        return np.zeros((0, image_size, image_size, 2), dtype=np.uint8)
    if engine == "raster":
        from img2vox.rendering import raster

        return raster.draw(mesh, views, image_size, fov_deg)
    if engine == "pyvista":
        from img2vox.rendering import pyvista_engine

        return pyvista_engine.draw(mesh, views, image_size, fov_deg)
    from img2vox.rendering import blender_engine

    if blender_samples is None or blender_samples < 1:
        raise ParamsError(f"render.blender_samples is {blender_samples}; engine blender needs 1 or more")
    return blender_engine.draw(mesh, views, image_size, fov_deg, blender_samples)


def make_views(
    count: int,
    elevation_deg: float,
    distance: float,
    randomize: bool,
    elevation_range_deg: Sequence[float],
    rng: np.random.Generator,
) -> list[View]:
    """The cameras around one object.

    Args:
        count: how many.
        elevation_deg: of all of them, unless randomize; in (-90, 90).
        distance: from the origin, world units; see camera_distance.
        randomize: False: azimuths k * 360 / count from 0 on, and nothing is drawn from rng. True: azimuth uniform in
            [0, 360), elevation uniform in elevation_range_deg, each view by itself.
        elevation_range_deg: lowest and highest drawn elevation, in (-90, 90).
        rng: what is drawn from.
    """
    if not randomize:
        return [View(number * 360.0 / count, elevation_deg, distance) for number in range(count)]
    lowest, highest = elevation_range_deg
    return [View(float(rng.uniform(0.0, 360.0)), float(rng.uniform(lowest, highest)), distance) for _ in range(count)]


def camera_distance(mesh: Mesh, diagonals: float) -> float:
    """Distance of the cameras from the origin, in world units.

    Args:
        mesh: any unit.
        diagonals: the distance in diagonals of the box around the mesh's triangles. A centered mesh lies within half
            a diagonal of the origin: from 0.5 on the camera is outside of it.
    """
    corners = mesh.vertices[np.unique(mesh.faces)]
    return float(diagonals * np.linalg.norm(corners.max(axis=0) - corners.min(axis=0)))


def _check_mesh(mesh: Mesh) -> None:
    """Refuse what a kernel could not draw: one that trusted a bad index would read foreign memory."""
    count = len(mesh.vertices)
    if mesh.faces.size == 0:
        raise MeshError("the mesh to render has no faces; expected one or more")
    if mesh.faces.min() < 0 or mesh.faces.max() >= count:
        found = f"{mesh.faces.min()} to {mesh.faces.max()}"
        raise MeshError(f"the faces of the mesh to render name vertices {found}; expected 0 to {count - 1}")
    if len(mesh.grays) != len(mesh.faces):
        raise MeshError(f"the mesh to render has {len(mesh.grays)} grays and {len(mesh.faces)} faces; expected as many")
    if not np.isfinite(mesh.vertices).all():
        raise MeshError("the mesh to render has vertices that are not finite; remove them before normalizing")
