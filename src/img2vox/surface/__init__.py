"""Voxel grids back to meshes, and meshes to files that viewers and printers read."""

from img2vox.surface.blocks import blocks
from img2vox.surface.files import FORMATS, write_mesh
from img2vox.surface.smooth import smooth

__all__ = ["FORMATS", "blocks", "smooth", "write_mesh"]
