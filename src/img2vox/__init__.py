"""One picture of an object in, a 3-D voxel grid out."""
