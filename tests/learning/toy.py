"""Objects small enough to train on in a second: boxes without symmetry and their top-down pictures."""

import numpy as np

from img2vox.learning.dataset import Samples

IMAGE_SIZE = 16
RESOLUTION = 16


def toy_samples(objects=6, views=2, seed=0, image_size=IMAGE_SIZE, resolution=RESOLUTION):
    """Boxes of random sides; view v is the box seen from above, darker by v."""
    rng = np.random.default_rng(seed)
    voxels = np.zeros((objects, resolution, resolution, resolution, 1), bool)
    images = np.full((objects * views, image_size, image_size), 255, np.uint8)
    scale = image_size // resolution
    for m in range(objects):
        low = rng.integers(0, resolution // 4, 3)
        high = rng.integers(resolution // 2, resolution, 3)
        voxels[m, low[0] : high[0], low[1] : high[1], low[2] : high[2]] = True
        shadow = np.kron(voxels[m, :, :, :, 0].any(1).T, np.ones((scale, scale), bool))
        for v in range(views):
            images[m * views + v][shadow] = 120 - 10 * v - int(high[1])
    return Samples(voxels, images, np.arange(objects), np.arange(views))
