"""Batches of the joint training: every picture once, mirrored with all that belongs to it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2vox.joint.batches import direction_chances, joint_batches
from img2vox.joint.pool import Pool
from img2vox.learning.residual import DIRECTIONS, seen_side
from tests.joint.conftest import small_params

RESOLUTION, SIDE = 16, seen_side(16)


def pool(count=12):
    """Pictures and grids that tell their row: a bright pixel and a filled cell in column `row`, left of the middle."""
    pictures = np.zeros((count, 16, 32, 2), np.uint8)
    seen = np.zeros((count, RESOLUTION, SIDE, SIDE), bool)
    for row in range(count):
        pictures[row, 3, row] = (200, 255)
        seen[row, 5, row, 2] = True
    bits = np.packbits(seen.reshape(count, -1), axis=1)
    rows = np.arange(count)
    return Pool(pictures, bits, np.arange(count, dtype=np.float32) * 10 + 5, RESOLUTION, rows, rows)


def settings(**changes):
    return replace(small_params().pretrain, **{"batch_size": 4, "other_backgrounds": 0.0, "brightness": 0.0} | changes)


def decode(pictures, seen, directions):
    """Column of the pixel, column of the cell, azimuth, of each of a batch."""
    columns = [int(np.argmin(np.abs(picture[3, :, 0].astype(int) - 200))) for picture in pictures]
    # 16 x 16 places; the cells of a place are one row, two columns and the depth.
    upright = seen.reshape(len(seen), 16, 16, 2, SIDE).reshape(len(seen), 16, SIDE, SIDE)
    cells = [int(np.flatnonzero(grid.any(axis=(0, 2)))[0]) for grid in upright]
    angles = np.exp(2j * np.pi * np.arange(DIRECTIONS) / DIRECTIONS)
    azimuths = np.degrees(np.angle(directions @ angles)) % 360
    return list(zip(columns, cells, azimuths.tolist(), strict=True))


def test_an_epoch_shows_every_picture_once_and_mirrors_picture_grid_and_azimuth_together():
    rows, mirrored = [], 0
    for batch in joint_batches(pool(), settings(), 255, seed=1, epoch=1):
        for column, cell, azimuth in decode(*batch):
            flipped = column >= 16
            mirrored += flipped
            row = 31 - column if flipped else column
            assert cell == (SIDE - 1 - row if flipped else row)
            expected = (-1 if flipped else 1) * (row * 10 + 5)
            assert abs((azimuth - expected + 180) % 360 - 180) < 2
            rows.append(row)
    assert sorted(rows) == list(range(12))
    assert 0 < mirrored < 12


def test_some_rows_alone_are_trained_on_and_a_control_shows_them_with_other_pictures():
    rows = np.array([2, 5, 7, 11])
    swapped = replace(pool(), rows=rows, shown=rows[::-1])
    (batch,) = joint_batches(swapped, settings(), 255, seed=1, epoch=1)
    found = {(31 - c if c >= 16 else c, SIDE - 1 - g if c >= 16 else g) for c, g, _ in decode(*batch)}
    assert found == {(11, 2), (7, 5), (5, 7), (2, 11)}


def test_epochs_differ_and_each_is_drawn_the_same_again_however_many_threads_read():
    def epoch(number, readers=1):
        return [batch[0] for batch in joint_batches(pool(), settings(), 255, seed=1, epoch=number, readers=readers)]

    assert all(np.array_equal(a, b) for a, b in zip(epoch(1), epoch(1, readers=3), strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(epoch(1), epoch(2), strict=True))


def test_the_object_keeps_its_gray_and_what_is_behind_it_changes():
    plain = np.concatenate([b[0] for b in joint_batches(pool(), settings(), 255, 1, 1)])
    assert set(np.unique(plain).tolist()) == {200, 255}
    others = np.concatenate([b[0] for b in joint_batches(pool(), settings(other_backgrounds=1.0), 255, 1, 1)])
    assert (others[:, 0, 0, 0] != 255).mean() > 0.8
    assert all((picture == 200).any() for picture in others)
    light = np.concatenate([b[0] for b in joint_batches(pool(), settings(brightness=0.2), 255, 1, 1)])
    brightest = light[:, 3].reshape(12, -1).min(axis=1)
    assert len(set(brightest.tolist())) > 6
    assert (np.abs(np.log(brightest / 200)) < 0.21).all()


@given(st.floats(-720, 720))
def test_chances_of_an_azimuth_lie_on_the_two_directions_beside_it(azimuth):
    chances = direction_chances(np.array([azimuth]))[0]
    assert chances.sum() == pytest.approx(1)
    assert (chances > 0).sum() <= 2
    step = 360 / DIRECTIONS
    off = [(direction * step - azimuth + 180) % 360 - 180 for direction in np.flatnonzero(chances > 1e-3)]
    assert all(abs(value) < step for value in off)
    assert sum(c * o for c, o in zip(chances[chances > 1e-3], off, strict=True)) == pytest.approx(0, abs=0.1)
