from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from img2vox.geometry.frames import View, turn_matrix
from img2vox.rendering import render
from img2vox.rendering.shading import SUPERSAMPLES
from tests.rendering.shapes import is_uniform, make_boxes, make_mesh, make_soup, project

FRONT = View(0.0, 0.0, 2.0)
SEEDS = st.integers(0, 2**32 - 1)
ANGLES = st.floats(-180.0, 180.0)
SIZE, FOV_DEG = 64, 49.1
SQUARE = np.array([[-0.4, -0.4, 0.0], [0.4, -0.4, 0.0], [0.4, 0.4, 0.0], [-0.4, 0.4, 0.0]])
TWO_TRIANGLES = [[0, 1, 2], [0, 2, 3]]
ALPHAS = [round(255 * covered / SUPERSAMPLES**2) for covered in range(SUPERSAMPLES**2 + 1)]


def draw(mesh, *views, size=SIZE):
    return render(mesh, views, size, FOV_DEG, "raster")


def covers(picture):
    return picture[..., 1] > 127


@pytest.mark.parametrize("elevation_deg", [-25.0, 0.0, 31.0, 85.0])
@pytest.mark.parametrize("azimuth_deg", [0.0, 90.0, 180.0, 270.0, 200.0])
def test_silhouette_is_the_projected_solid(corner, corner_points, azimuth_deg, elevation_deg):
    view = View(azimuth_deg, elevation_deg, 2.0)
    columns, rows = project(corner_points, view, SIZE, FOV_DEG)
    touched = np.zeros((SIZE, SIZE), dtype=bool)
    touched[rows.astype(int), columns.astype(int)] = True
    alpha = draw(corner, view)[0, ..., 1]
    assert 100 < touched.sum() < SIZE * SIZE / 2
    assert touched[alpha == 255].all()
    assert not alpha[~touched & is_uniform(touched)].any()
    assert (alpha[touched & is_uniform(touched)] > 127).all()  # not 255: the points close a notch of half a pixel


def test_long_arm_points_right_from_the_front_and_left_from_behind(corner):
    front, behind = covers(draw(corner, View(0.0, 10.0, 2.0), View(180.0, 10.0, 2.0)))
    middle = SIZE // 2
    for mask, sign in ((front, 1), (behind, -1)):
        top_row = np.flatnonzero(mask.any(axis=1))[0]
        columns = (np.flatnonzero(mask.any(axis=0)) - middle) * sign
        assert ((np.flatnonzero(mask[top_row]) - middle) * sign < 0).all()  # the arm along y stands at low x
        assert columns.max() > 10  # the arm along x ends at high x


@given(seed=SEEDS, azimuth_deg=ANGLES)
@settings(max_examples=40, deadline=None)
def test_mirroring_in_x_flips_the_picture_from_the_other_side(seed, azimuth_deg):
    mesh = make_soup(seed, 6)
    mirrored = replace(mesh, vertices=mesh.vertices * [-1.0, 1.0, 1.0])
    picture, flipped = draw(mesh, View(azimuth_deg, 31.0, 2.0)), draw(mirrored, View(-azimuth_deg, 31.0, 2.0))
    assert np.array_equal(picture[..., 1], flipped[:, :, ::-1, 1])


@given(seed=SEEDS, azimuth_deg=ANGLES, turn_deg=ANGLES)
@settings(max_examples=40, deadline=None)
def test_turning_the_mesh_is_turning_the_camera_back(seed, azimuth_deg, turn_deg):
    mesh = make_soup(seed, 6)
    turned = replace(mesh, vertices=mesh.vertices @ turn_matrix(turn_deg).T)
    seen = draw(turned, View(azimuth_deg, 31.0, 2.0)).astype(int)
    expected = draw(mesh, View(azimuth_deg - turn_deg, 31.0, 2.0)).astype(int)
    assert np.array_equal(seen[..., 1], expected[..., 1])
    assert np.abs(seen - expected).max() <= 1


@given(seed=SEEDS)
@settings(max_examples=40, deadline=None)
def test_order_and_orientation_of_faces_change_nothing(seed):
    mesh = make_soup(seed, 8)
    order = np.random.default_rng(seed).permutation(8)
    other = replace(mesh, faces=mesh.faces[order][:, ::-1], grays=mesh.grays[order])
    difference = draw(mesh, FRONT).astype(int) - draw(other, FRONT)
    assert not difference[..., 1].any()
    # Where two triangles cut each other their depths are equal along a line: a few samples may go either way.
    assert (np.abs(difference[..., 0]) > 1).mean() < 0.005


def test_near_face_hides_far_face():
    near, far = np.add(SQUARE, [0.0, 0.0, 0.3]), SQUARE * 1.2
    for first, second, grays in ((near, far, [250, 250, 50, 50]), (far, near, [50, 50, 250, 250])):
        mesh = make_mesh(np.concatenate([first, second]), [*TWO_TRIANGLES, [4, 5, 6], [4, 6, 7]], grays)
        from_front, from_behind = draw(mesh, FRONT, View(180.0, 0.0, 2.0))
        assert from_front[32, 32, 0] > 150
        assert from_behind[32, 32, 0] < 60


def test_gray_follows_the_formula_on_both_sides():
    key_length = (0.45**2 + 0.75**2 + 0.5**2) ** 0.5
    expected = round(200 * (0.15 + 0.45 * 1.0 + 0.45 * 0.5 / key_length))
    pictures = draw(make_mesh(SQUARE, TWO_TRIANGLES), FRONT, View(180.0, 0.0, 2.0))
    assert (pictures[:, 32, 32] == [expected, 255]).all()
    turned = make_mesh(SQUARE @ turn_matrix(60.0).T, TWO_TRIANGLES)  # its normal is (sin 60, 0, cos 60)
    light = 0.15 + 0.45 * 0.5 + 0.45 * max(0.0, (-0.45 * 0.75**0.5 + 0.5 * 0.5) / key_length)
    assert draw(turned, FRONT)[0, 32, 32, 0] == round(200 * light)
    # At the picture's left border a face that looks away from the camera's plane still shows its front.
    away = make_mesh(np.add(SQUARE @ turn_matrix(100.0).T, [-0.5, 0.0, 0.0]), TWO_TRIANGLES)
    picture = draw(away, FRONT)[0]
    assert set(picture[covers(picture), 0]) == {round(200 * (0.15 + 0.45 * np.cos(np.radians(80.0))))}


def test_three_sides_of_a_box_get_clearly_different_grays():
    box = make_boxes([((-0.3, -0.3, -0.3), (0.3, 0.3, 0.3))])
    picture = draw(box, View(36.0, 31.0, 2.0))[0]
    grays, counts = np.unique(picture[covers(picture), 0], return_counts=True)
    sides = np.sort(grays[np.argsort(counts)[-3:]]).astype(int)
    assert np.diff(sides).min() > 25
    assert sides[-1] < 200


def test_edge_pixels_are_partly_covered_and_keep_their_gray():
    tilt = [[np.cos(0.3), np.sin(0.3), 0.0], [-np.sin(0.3), np.cos(0.3), 0.0], [0.0, 0.0, 1.0]]
    picture = draw(make_mesh(SQUARE @ tilt, TWO_TRIANGLES), FRONT)[0]
    partly = (picture[..., 1] > 0) & (picture[..., 1] < 255)
    assert partly.sum() > 40
    assert set(picture[partly, 1]) <= set(ALPHAS)
    assert len(set(picture[partly, 1])) > 4
    assert len(np.unique(picture[picture[..., 1] > 0, 0])) == 1  # straight alpha: not mixed with a background
    assert not picture[picture[..., 1] == 0].any()


@given(
    tilt_deg=st.floats(5.0, 40.0),
    right=st.floats(-0.2, 0.2),
    up=st.floats(-0.2, 0.2),
)
@settings(max_examples=40, deadline=None)
def test_nothing_is_shifted_by_part_of_a_pixel(tilt_deg, right, up):
    # A square parallel to the picture keeps its center under the projection, wherever it lies.
    # A tenth of a pixel: sides of slope 1/2 run along the lattice of samples, and err by half of that.
    tilted = (SQUARE[:, [0, 2, 1]] @ turn_matrix(tilt_deg).T)[:, [0, 2, 1]] + [right, up, 0.0]
    alpha = draw(make_mesh(tilted, TWO_TRIANGLES), FRONT)[0, ..., 1].astype(float)
    rows, columns = np.mgrid[:SIZE, :SIZE] + 0.5
    expected_column, expected_row = project(np.array([right, up, 0.0]), FRONT, SIZE, FOV_DEG)
    assert (alpha * columns).sum() / alpha.sum() == pytest.approx(expected_column, abs=0.1)
    assert (alpha * rows).sum() / alpha.sum() == pytest.approx(expected_row, abs=0.1)


def test_covered_area_is_the_projected_area():
    side = 0.8 / (2 * 2.0 * np.tan(np.radians(FOV_DEG / 2))) * 128
    alpha = draw(make_mesh(SQUARE, TWO_TRIANGLES), FRONT, size=128)[0, ..., 1]
    assert alpha.sum() / 255 == pytest.approx(side**2, rel=0.02)


@given(u=st.floats(0.02, 0.98), v=st.floats(0.02, 0.98), azimuth_deg=st.floats(-60.0, 60.0))
@settings(max_examples=60, deadline=None)
def test_triangles_that_share_a_side_leave_no_gap(u, v, azimuth_deg):
    middle = SQUARE[0] + (SQUARE[2] - SQUARE[0]) * [u, v, 0.0]
    fan = make_mesh(np.vstack([SQUARE, middle]), [[0, 1, 4], [1, 2, 4], [2, 3, 4], [3, 0, 4]])
    view = View(azimuth_deg, 20.0, 2.0)
    whole = draw(make_mesh(SQUARE, TWO_TRIANGLES), view)
    assert np.array_equal(draw(fan, view)[..., 1], whole[..., 1])


@given(azimuth_deg=st.floats(-50.0, 50.0), tilt_deg=st.floats(-20.0, 20.0))
@settings(max_examples=30, deadline=None)
def test_of_faces_on_each_other_the_first_shows_as_a_whole(azimuth_deg, tilt_deg):
    tilted = (SQUARE @ turn_matrix(tilt_deg).T)[:, [1, 0, 2]]
    # Files keep five or six decimals: what was one plane is a little uneven.
    other = tilted + np.random.default_rng(0).uniform(-2e-6, 2e-6, (4, 3))
    mesh = make_mesh(np.concatenate([tilted, other]), [*TWO_TRIANGLES, [4, 5, 7], [5, 6, 7]], [200, 200, 20, 20])
    picture = draw(mesh, View(azimuth_deg, 31.0, 2.0))[0]
    inside = covers(picture) & is_uniform(covers(picture))
    assert inside.sum() > 100
    assert np.ptp(picture[inside, 0]) <= 1


def test_floor_through_the_camera_is_drawn_up_to_the_camera():
    floor = make_mesh([[-90.0, -0.3, -90.0], [90.0, -0.3, -90.0], [0.0, -0.3, 90.0]], [[0, 1, 2]])
    picture = draw(floor, FRONT)[0]  # the camera stands at z = 2, above the triangle
    assert not covers(picture[: SIZE // 2 - 1]).any()
    assert covers(picture[SIZE // 2 + 2 :]).all()


def test_what_lies_behind_the_camera_is_not_drawn():
    assert not draw(make_mesh(np.add(SQUARE, [0.0, 0.0, 3.0]), TWO_TRIANGLES), FRONT).any()


def test_thousands_of_triangles_in_one_pixel_touch_that_pixel_only():
    soup = make_soup(3, 5000)
    middle = np.array([0.1, -0.214, 0.0])  # the middle of a pixel
    column, row = (int(at) for at in project(middle, FRONT, SIZE, FOV_DEG))
    picture = draw(replace(soup, vertices=soup.vertices * 0.02 + middle), FRONT)[0]
    assert picture[row, column, 1] > 0
    picture[row, column] = 0
    assert not picture.any()


def test_triangles_without_area_draw_nothing():
    points = [[0.1, 0.1, 0.1], [0.2, 0.3, 0.1], [0.3, 0.5, 0.1]]
    assert not draw(make_mesh(points, [[0, 0, 0], [0, 1, 1], [0, 1, 2]]), FRONT).any()


@given(
    corners=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=18, max_size=18),
    azimuth_deg=ANGLES,
    distance=st.floats(1e-6, 1e6),
)
@settings(max_examples=200, deadline=None)
def test_any_finite_mesh_gives_a_valid_picture(corners, azimuth_deg, distance):
    mesh = make_mesh(np.reshape(corners, (6, 3)), [[0, 1, 2], [3, 4, 5], [0, 4, 2]])
    picture = draw(mesh, View(azimuth_deg, 31.0, distance), size=16)
    assert picture.shape == (1, 16, 16, 2)
    assert not picture[picture[..., 1] == 0].any()
    assert np.isin(picture[..., 1], ALPHAS).all()


def test_views_and_threads_do_not_influence_each_other():
    meshes = [make_soup(seed, 40) for seed in range(12)]
    views = [View(float(azimuth), 31.0, 2.0) for azimuth in range(0, 360, 60)]
    alone = [np.concatenate([draw(mesh, view) for view in views]) for mesh in meshes]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda mesh: draw(mesh, *views), meshes))
    assert np.array_equal(alone, together)
