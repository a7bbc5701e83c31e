"""Meshes to gray pictures: one interface, one module an engine."""

from img2vox.rendering.base import ENGINES, camera_distance, make_views, render

__all__ = ["ENGINES", "camera_distance", "make_views", "render"]
