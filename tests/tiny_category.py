"""A tiny category whose numbers can be counted by hand, and the predictions that an oracle would make for it."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from img2vox.data.bundle import Bundle, IndexRow
from img2vox.evaluation.metrics import THRESHOLDS
from img2vox.evaluation.predictions import Fit, Predictions, SplitFit

RESOLUTION = 8
VIEWS = 4
SIDE = 16
SPLITS = ("train", "train", "test", "val", "train", "test", "train", "test")
ORIGINS = ("real", "parametric", "real", "real", "real", "parametric", "parametric", "real")


def _grids() -> np.ndarray:
    """(8, R, R, R, 1) bool: boxes in one corner, of sides that no two axes or objects share."""
    grids = np.zeros((len(SPLITS), RESOLUTION, RESOLUTION, RESOLUTION, 1), dtype=bool)
    for row in range(len(SPLITS)):
        grids[row, : 2 + row % 4, : 3 + row % 5, : 1 + row] = True
    return grids


@pytest.fixture
def bundle() -> Bundle:
    rng = np.random.default_rng(7)
    index = tuple(
        IndexRow(row, f"object-{row}", split, origin, f"object-{row}")
        for row, (split, origin) in enumerate(zip(SPLITS, ORIGINS, strict=True))
    )
    images = rng.integers(0, 256, (len(SPLITS) * VIEWS, SIDE, SIDE), dtype=np.uint8)
    return Bundle(_grids(), images, index, VIEWS)


@pytest.fixture
def fit() -> Fit:
    split = SplitFit(0.5, 0.9, 0.25, tuple(round(0.9 - 0.01 * step, 4) for step in range(len(THRESHOLDS))))
    splits = {"train": split, "val": replace(split, loss=0.6), "test": replace(split, loss=0.7)}
    return Fit("residual", "scratch", frozenset(), 12345, 9, "0" * 32, splits)


@pytest.fixture
def predict(bundle: Bundle) -> Callable[..., Predictions]:
    """predict(split): the oracle's answer, objects in reverse order; predict(split, rows): with other rows' grids."""

    def make(split: str, shown: np.ndarray | None = None) -> Predictions:
        rows = bundle.rows(split)[::-1]
        grids = bundle.voxels[rows if shown is None else shown, ..., 0].astype(np.float16)
        views = np.array([0, 2])
        occupancy = np.repeat(grids[:, None], len(views), axis=1)
        return Predictions("predictions.npz", split, tuple(f"object-{row}" for row in rows), views, occupancy)

    return make


@pytest.fixture
def run_python() -> Callable[[str], str]:
    """run_python(code): what a fresh interpreter prints."""

    def run(code: str) -> str:
        return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()

    return run
