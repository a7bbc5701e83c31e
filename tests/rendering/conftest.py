import numpy as np
import pytest

from tests.rendering.shapes import CORNER_CELLS, make_boxes


@pytest.fixture
def corner():
    return make_boxes([(np.array(cell) / 4 - 0.5, (np.array(cell) + 1) / 4 - 0.5) for cell in CORNER_CELLS])


@pytest.fixture
def corner_points():
    """(P, 3) points that fill the corner's cells densely, faces included."""
    steps = np.linspace(0.0, 1.0, 25)
    inside = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    return np.concatenate([(np.array(cell) + inside) / 4 - 0.5 for cell in CORNER_CELLS])
