import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from img2vox.evaluation.metrics import (
    THRESHOLDS,
    best_threshold,
    bootstrap_ci95,
    fill,
    iou,
    iou_by_threshold,
    paired_bootstrap_ci95,
)
from img2vox.evaluation.surfaces import chamfer_l1, f_score, surface_points

SIDE = 4
grids = npst.arrays(bool, (SIDE, SIDE, SIDE))
occupancies = npst.arrays(np.float16, (SIDE, SIDE, SIDE), elements=st.floats(0, 1, width=16))

EMPTY = np.zeros((SIDE, SIDE, SIDE), dtype=bool)
FULL = ~EMPTY
CORNER = EMPTY.copy()
CORNER[0, 0, 0] = True
OPPOSITE = EMPTY.copy()
OPPOSITE[3, 3, 3] = True


def slow_iou(a: np.ndarray, b: np.ndarray) -> float:
    both = either = 0
    for index in np.ndindex(a.shape):
        both += bool(a[index]) and bool(b[index])
        either += bool(a[index]) or bool(b[index])
    return both / either if either else 1.0


def slow_surface(grid: np.ndarray) -> list[tuple[float, float, float]]:
    """Walks over cells and their six neighbours."""
    side, points = grid.shape[0], []
    for x, y, z in itertools.product(range(side), repeat=3):
        for axis, step in itertools.product(range(3), (-1, 1)):
            neighbour = [x, y, z]
            neighbour[axis] += step
            outside = not 0 <= neighbour[axis] < side
            if grid[x, y, z] and (outside or not grid[tuple(neighbour)]):
                center = [(x + 0.5) / side - 0.5, (y + 0.5) / side - 0.5, (z + 0.5) / side - 0.5]
                center[axis] += step * 0.5 / side
                points.append(tuple(center))
    return points


def slow_nearest(a: list, b: list) -> list[float]:
    return [min(math.dist(p, q) for q in b) for p in a]


@settings(deadline=None)
@given(grids, grids)
def test_iou_agrees_with_counting_cells(a, b):
    assert iou(a, b) == slow_iou(a, b)
    assert iou(a, b) == iou(b, a)
    assert 0 <= iou(a, b) <= 1
    assert iou(a, a) == 1


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [(EMPTY, EMPTY, 1), (EMPTY, FULL, 0), (FULL, FULL, 1), (CORNER, OPPOSITE, 0), (CORNER, FULL, 1 / 64)],
)
def test_iou_of_known_grids(a, b, expected):
    assert iou(a, b) == expected


def test_iou_works_over_leading_axes_and_broadcasts():
    stacked = np.stack([[EMPTY, CORNER, FULL], [FULL, FULL, CORNER]])  # (2, 3, R, R, R)
    np.testing.assert_array_equal(iou(stacked, CORNER), [[0, 1, 1 / 64], [1 / 64, 1 / 64, 1]])


@settings(deadline=None)
@given(occupancies, grids, st.sampled_from([np.float16, np.float32, np.float64]))
def test_iou_by_threshold_agrees_with_one_threshold_at_a_time(occupancy, truth, dtype):
    occupancy = occupancy.astype(dtype)
    found = iou_by_threshold(occupancy, truth, THRESHOLDS)
    expected = [slow_iou(occupancy.astype(float) > threshold, truth) for threshold in THRESHOLDS]
    np.testing.assert_array_equal(found, expected)


def test_a_cell_exactly_at_the_threshold_stays_empty():
    occupancy = np.full((2, 2, 2), 0.5, dtype=np.float16)
    assert not fill(occupancy, 0.5).any()
    assert fill(occupancy, 0.48).all()
    at_half = THRESHOLDS.index(0.5)
    assert iou_by_threshold(occupancy, np.ones((2, 2, 2), dtype=bool), THRESHOLDS)[at_half] == 0


@settings(deadline=None)
@given(occupancies, st.sampled_from(THRESHOLDS))
def test_fill_is_the_same_for_float16_and_float64(occupancy, threshold):
    np.testing.assert_array_equal(fill(occupancy, threshold), occupancy.astype(np.float64) > threshold)


def test_best_threshold_finds_the_one_that_separates():
    occupancy = np.where(CORNER, 0.31, 0.29).astype(np.float32)[None, None]
    assert best_threshold(occupancy, CORNER[None], THRESHOLDS, 0.0) == 0.3


def test_best_threshold_prefers_the_nearest_to_one_half_among_equals():
    assert best_threshold(CORNER[None, None].astype(np.float16), CORNER[None], THRESHOLDS, 0.0) == 0.5
    occupancy = np.where(CORNER, 0.45, 0.0)[None, None]
    assert best_threshold(occupancy, CORNER[None], THRESHOLDS, 0.0) == 0.44
    assert best_threshold(occupancy, CORNER[None], (0.4, 0.46, 0.6), 0.0) == 0.4
    assert best_threshold(CORNER[None, None].astype(float), CORNER[None], (0.4, 0.6), 0.0) == 0.4


def test_best_threshold_gives_up_the_tolerance_for_one_nearer_to_one_half():
    occupancy = np.where(CORNER, 0.95, 0.0)[None, None]
    occupancy[0, 0][tuple(np.argwhere(~CORNER)[0])] = 0.8  # one cell too many below 0.8
    filled = np.count_nonzero(CORNER)
    lost = 1 - filled / (filled + 1)
    assert best_threshold(occupancy, CORNER[None], (0.5, 0.7, 0.9), lost - 0.001) == 0.9
    assert best_threshold(occupancy, CORNER[None], (0.5, 0.7, 0.9), lost + 0.001) == 0.5


@settings(deadline=None)
@given(grids)
def test_surface_points_agree_with_walking_over_neighbours(grid):
    found = {tuple(np.round(point, 9)) for point in surface_points(grid)}
    expected = slow_surface(grid)
    assert found == {tuple(np.round(point, 9)) for point in expected}
    assert len(surface_points(grid)) == len(expected)


@settings(max_examples=40, deadline=None)
@given(grids, grids, st.sampled_from([0.0, 0.01, 0.2, 0.3, 0.6]))
def test_f_score_and_chamfer_agree_with_all_pairs(a, b, tolerance):
    from_a, from_b = slow_surface(a), slow_surface(b)
    if not from_a or not from_b:
        return
    distances_a, distances_b = slow_nearest(from_a, from_b), slow_nearest(from_b, from_a)
    precision = sum(distance <= tolerance for distance in distances_a) / len(from_a)
    recall = sum(distance <= tolerance for distance in distances_b) / len(from_b)
    expected = 2 * precision * recall / (precision + recall) if precision + recall else 0
    assert f_score(a, b, tolerance) == pytest.approx(expected)
    expected = (sum(distances_a) / len(distances_a) + sum(distances_b) / len(distances_b)) / 2
    assert chamfer_l1(a, b) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("a", "b", "score", "distance"),
    [
        (EMPTY, EMPTY, 1, 0),
        (FULL, FULL, 1, 0),
        (CORNER, CORNER, 1, 0),
        (EMPTY, CORNER, 0, math.sqrt(3)),
        (FULL, EMPTY, 0, math.sqrt(3)),
    ],
)
def test_surface_scores_of_known_grids(a, b, score, distance):
    assert f_score(a, b, 0.01) == score
    assert chamfer_l1(a, b) == distance


def test_surfaces_far_apart_are_found():
    near, far = np.zeros((2, 40, 40, 40), dtype=bool)
    near[0, 0, 0] = far[37, 39, 0] = True
    distances = slow_nearest(slow_surface(near), slow_surface(far))
    expected = (sum(distances) + sum(slow_nearest(slow_surface(far), slow_surface(near)))) / 12
    assert chamfer_l1(near, far) == pytest.approx(expected)
    assert f_score(near, far, 0.5) == 0


def test_surface_scores_of_disjoint_cells():
    assert f_score(CORNER, OPPOSITE, 0.01) == 0
    assert f_score(CORNER, OPPOSITE, 2.0) == 1
    neighbour = np.roll(CORNER, 1, axis=0)  # they share one face of six; their sides lie a cell apart
    assert f_score(CORNER, neighbour, 0.01) == pytest.approx(1 / 6)
    assert f_score(CORNER, neighbour, 0.25) == 1  # the far face lies exactly one cell away: inclusive
    assert f_score(CORNER, neighbour, 0.249) == pytest.approx(5 / 6)
    # in cells: the shared face 0, four sides sqrt(1/2) from it, the far face 1
    assert chamfer_l1(CORNER, neighbour) == pytest.approx((4 * math.sqrt(0.5) + 1) / 6 / SIDE)


def slow_bootstrap(values, seed, samples):
    rng = np.random.default_rng(seed)
    means = []
    for row in rng.integers(len(values), size=(samples, len(values))):
        means.append(sum(values[i] for i in row) / len(values))
    return np.percentile(means, [2.5, 97.5])


@settings(max_examples=25, deadline=None)
@given(npst.arrays(np.float64, st.integers(1, 12), elements=st.floats(0, 1)), st.integers(0, 2**32 - 1))
def test_bootstrap_agrees_with_a_loop(values, seed):
    np.testing.assert_allclose(bootstrap_ci95(values, seed, 60), slow_bootstrap(values, seed, 60), atol=1e-12)


def test_bootstrap_of_equal_values_has_no_width():
    assert bootstrap_ci95(np.full(5, 0.25), 1, 100) == (0.25, 0.25)
    assert bootstrap_ci95(np.array([0.75]), 1, 100) == (0.75, 0.75)


def test_bootstrap_is_the_normal_interval_for_many_values():
    values = np.random.default_rng(3).random(2000)
    low, high = bootstrap_ci95(values, 1, 4000)
    half = 1.96 * values.std() / math.sqrt(len(values))
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.1 * half)


def test_paired_bootstrap_sees_a_small_gain_that_two_intervals_would_hide():
    easy_and_hard = np.linspace(0.1, 0.9, 20)
    low, high = paired_bootstrap_ci95(easy_and_hard + 0.02, easy_and_hard, 1, 500)
    assert low == pytest.approx(0.02)
    assert high == pytest.approx(0.02)
    separate_low, _ = bootstrap_ci95(easy_and_hard + 0.02, 1, 500)
    assert separate_low < easy_and_hard.mean()
