"""A network that answers every picture with one shape, a corner without symmetry, and a project that serves it."""

import json
import shutil

import numpy as np

from img2vox.data.image import encode_png
from img2vox.geometry.frames import View
from img2vox.paths import JOINT, Paths
from img2vox.rendering import camera_distance, render
from img2vox.surface import blocks
from tests.project import REPOSITORY

IMAGE_SIZE, RESOLUTION = 64, 16
THRESHOLD = 0.4


def corner_grid():
    """(16, 16, 16) bool: arms of 14, 9 and 5 cells along x, y and z from one corner, centred."""
    grid = np.zeros((RESOLUTION,) * 3, dtype=bool)
    grid[1:15, 4:7, 5:8] = True
    grid[1:4, 4:13, 5:8] = True
    grid[1:4, 4:7, 5:10] = True
    return grid


def corner_occupancy():
    """(16, 16, 16) float32: 0.9 inside, 0.6 at the long arm's end, 0.05 outside."""
    occupancy = np.where(corner_grid(), 0.9, 0.05).astype(np.float32)
    occupancy[12:15][corner_grid()[12:15]] = 0.6
    return occupancy


def oracle_network(occupancy=None, image_size=IMAGE_SIZE, azimuth_deg=None):
    """Whatever the picture, this occupancy; and this azimuth, where one is given, in place of the residual's head."""
    import keras
    from keras import layers

    occupancy = corner_occupancy() if occupancy is None else occupancy
    logits = np.log(occupancy / (1 - occupancy)).ravel()
    picture = layers.Input((image_size, image_size, 1), dtype="uint8", name="picture")
    x = layers.Rescaling(1 / 255, name="rescaling")(picture)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    grid = layers.Dense(occupancy.size, activation="sigmoid", kernel_initializer="zeros", name="cells")(x)
    if azimuth_deg is not None:
        chances = layers.Dense(20, activation="softmax", kernel_initializer="zeros", name="mean_direction")(x)
        # It has to lie between picture and grid, as the residual network's does.
        grid = layers.Add(name="join")([grid, layers.Dense(1, kernel_initializer="zeros", name="nothing")(chances)])
    network = keras.Model(picture, layers.Reshape((*occupancy.shape, 1), name="grid")(grid), name="low")
    network.get_layer("cells").set_weights([np.zeros((1, occupancy.size)), logits])
    if azimuth_deg is not None:
        biases = np.where(np.arange(20) == azimuth_deg / 18, 9.0, 0.0)
        network.get_layer("mean_direction").set_weights([np.zeros((1, 20)), biases])
    return network


def write_network(paths, name, network, **changes):
    """A network and its numbers where `dvc repro` leaves them."""
    from img2vox.learning.network_file import network_md5, save_network

    paths.category(name).mkdir(parents=True, exist_ok=True)
    save_network(network, paths.network(name))
    metrics = {
        "network": "low",
        "objects": {"train": 480},
        "threshold": THRESHOLD,
        "test": {"iou": 0.5},
        "network_md5": network_md5(network),
        **changes,
    }
    paths.metrics(name).write_text(json.dumps(metrics), encoding="utf-8")


def oracle_project(root, **options):
    """params.yaml and models/joint in a directory; its paths."""
    root.mkdir(parents=True, exist_ok=True)
    shutil.copy(REPOSITORY / "params.yaml", root)
    paths = Paths(root)
    write_network(paths, JOINT, oracle_network(**options))
    return paths


def corner_picture(azimuth_deg, size=128):
    """PNG bytes of the corner seen from an azimuth, as training pictures are made; transparent behind it."""
    mesh = blocks(corner_grid())
    view = View(azimuth_deg, 31.0, camera_distance(mesh, 1.25))
    return encode_png(render(mesh, [view], size, 49.1, "raster")[0])
