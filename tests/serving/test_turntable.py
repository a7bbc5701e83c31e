"""PyVista's rendering of an answer, in a process beside the one that runs TensorFlow."""

import ctypes.util
import io

import numpy as np
import pytest
from PIL import Image

from img2vox.errors import MeshError
from img2vox.serving.result import Look
from img2vox.serving.turntable import turntable
from tests.serving.test_result import ANSWER

needs_opengl = pytest.mark.skipif(
    ctypes.util.find_library("EGL") is None, reason="no EGL to draw with; python tests/install_tools.py installs it"
)


@pytest.mark.render
@needs_opengl
def test_it_turns_once_and_begins_where_the_picture_was_taken():
    import tensorflow  # noqa: F401 - VTK's OpenGL crashes a process that has started it

    data = turntable(ANSWER, Look(0.5, "smooth", "plain"))
    assert data == turntable(ANSWER, Look(0.5, "smooth", "plain"))
    with Image.open(io.BytesIO(data)) as film:
        assert film.n_frames == 20
        frames = []
        for number in range(film.n_frames):
            film.seek(number)
            frames.append(np.asarray(film.convert("L")).astype(int))
    steps = [np.abs(frames[number] - frames[number - 1]).mean() for number in range(20)]
    assert min(steps) > 1  # every frame differs, the first from the last too
    assert np.abs(frames[0] - frames[10]).mean() > min(steps)


def test_an_empty_grid_has_nothing_to_turn():
    with pytest.raises(MeshError, match="sees nothing at a threshold"):
        turntable(ANSWER, Look(0.95, "blocks", "plain"))
