"""Meshes, voxel grids and the frame they live in. No TensorFlow, no rendering."""
