"""Small shapes and an independent projection to judge pictures by."""

import numpy as np

from img2vox.geometry.mesh import Mesh

# Arms of 4, 3 and 2 cells along x, y, z at R = 4: no symmetry, so that every flip and swap of axes shows.
CORNER_CELLS = [(0, 0, 0), (1, 0, 0), (2, 0, 0), (3, 0, 0), (0, 1, 0), (0, 2, 0), (0, 0, 1)]
BOX_QUADS = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]


def make_mesh(vertices, faces, grays=200):
    faces = np.asarray(faces, dtype=np.int64).reshape(-1, 3)
    grays = np.broadcast_to(np.asarray(grays, dtype=np.uint8), len(faces)).copy()
    return Mesh(np.asarray(vertices, dtype=np.float64), faces, grays)


def make_boxes(boxes, grays=200):
    """Boxes given as (low corner, high corner), twelve triangles each."""
    vertices, faces = [], []
    for low, high in boxes:
        first = len(vertices)
        vertices += [np.where([i & 4, i & 2, i & 1], high, low) for i in range(8)]
        for a, b, c, d in BOX_QUADS:
            faces += [(first + a, first + b, first + c), (first + a, first + c, first + d)]
    return make_mesh(np.array(vertices), faces, grays)


def make_soup(seed, count):
    """Random triangles in the unit cube around the origin: no corner lies on a sample, no two depths are equal."""
    rng = np.random.default_rng(seed)
    return make_mesh(rng.uniform(-0.5, 0.5, (3 * count, 3)), np.arange(3 * count), rng.integers(1, 256, count))


def project(points, view, image_size, fov_deg):
    """Columns and rows of world points, by the textbook's look-at, written without the package's camera."""
    a, e = np.radians(view.azimuth_deg), np.radians(view.elevation_deg)
    eye = view.distance * np.array([np.cos(e) * np.sin(a), np.sin(e), np.cos(e) * np.cos(a)])
    forward = -eye / np.linalg.norm(eye)
    right = np.cross(forward, [0.0, 1.0, 0.0])
    right /= np.linalg.norm(right)
    up = np.cross(right, forward)
    offset = points - eye
    half = (offset @ forward) * np.tan(np.radians(fov_deg) / 2)
    return (offset @ right / half + 1) / 2 * image_size, (1 - offset @ up / half) / 2 * image_size


def is_uniform(mask):
    """(H, W) bool: pixels that agree with their eight neighbours; the picture goes on past its border."""
    height, width = mask.shape
    padded = np.pad(mask, 1, mode="edge")
    around = np.stack([padded[r : r + height, c : c + width] for r in range(3) for c in range(3)])
    return around.all(axis=0) | ~around.any(axis=0)
