import numpy as np
import pytest

from img2vox.errors import MeshError, ParamsError
from img2vox.geometry.frames import View
from img2vox.geometry.mesh import Mesh
from img2vox.rendering import camera_distance, make_views, render
from tests.rendering.shapes import make_mesh, make_soup

VIEW = View(30.0, 20.0, 2.0)


def test_fixed_views_stand_at_equal_azimuth_steps_and_draw_nothing():
    rng = np.random.default_rng(1)
    views = make_views(4, 31.0, 2.0, False, (0.0, 45.0), rng)
    assert views == [View(azimuth, 31.0, 2.0) for azimuth in (0.0, 90.0, 180.0, 270.0)]
    assert rng.random() == np.random.default_rng(1).random()


def test_drawn_views_fill_their_ranges_and_repeat_with_the_seed():
    views = make_views(500, 31.0, 2.0, True, (-10.0, 40.0), np.random.default_rng(1))
    azimuths, elevations = (np.array([getattr(v, name) for v in views]) for name in ("azimuth_deg", "elevation_deg"))
    assert azimuths.min() >= 0
    assert azimuths.max() < 360
    assert np.histogram(azimuths, 4, (0, 360))[0].min() > 90
    assert elevations.min() >= -10
    assert elevations.max() <= 40
    assert np.histogram(elevations, 5, (-10, 40))[0].min() > 65
    assert views == make_views(500, 31.0, 2.0, True, (-10.0, 40.0), np.random.default_rng(1))


def test_camera_distance_counts_diagonals_of_what_the_faces_use():
    vertices = [[0, 0, 0], [1, 0, 0], [1, 2, 2], [50, 50, 50]]
    assert camera_distance(make_mesh(vertices, [[0, 1, 2]]), 1.5) == pytest.approx(1.5 * 3.0)


def test_no_views_give_no_pictures():
    assert render(make_soup(0, 1), [], 16, 49.1, "raster").shape == (0, 16, 16, 2)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"engine": "povray"}, "render.engine is 'povray'; use one of raster, pyvista, blender"),
        ({"image_size": 0}, "image size is 0; use 1 or more pixels per side"),
        ({"fov_deg": 180.0}, "render.fov_deg is 180.0; use degrees between 0 and 180"),
        ({"views": [View(0.0, 90.0, 2.0)]}, "elevation between -90 and 90"),
        ({"views": [View(0.0, 0.0, 0.0)]}, "distance above 0"),
        ({"engine": "blender"}, "render.blender_samples is None; engine blender needs 1 or more"),
    ],
)
def test_impossible_requests_are_refused(changes, message):
    arguments = {"views": [VIEW], "image_size": 16, "fov_deg": 49.1, "engine": "raster"} | changes
    with pytest.raises(ParamsError, match=message):
        render(make_soup(0, 1), **arguments)


TRIANGLE = np.eye(3)


@pytest.mark.parametrize(
    ("mesh", "message"),
    [
        (make_mesh(TRIANGLE, np.zeros((0, 3))), "no faces"),
        (make_mesh(TRIANGLE, [[0, 1, 3]]), "name vertices 0 to 3; expected 0 to 2"),
        (make_mesh(TRIANGLE, [[0, -1, 2]]), "name vertices -1 to 2"),
        (Mesh(TRIANGLE, np.array([[0, 1, 2]]), np.zeros(2, np.uint8)), "has 2 grays and 1 faces; expected as many"),
        (make_mesh(np.where(TRIANGLE > 0, np.nan, 0), [[0, 1, 2]]), "has vertices that are not finite; remove them"),
        (make_mesh(np.where(TRIANGLE > 0, np.inf, 0), [[0, 1, 2]]), "has vertices that are not finite; remove them"),
    ],
)
def test_meshes_that_no_engine_could_draw_are_refused(mesh, message):
    with pytest.raises(MeshError, match=message):
        render(mesh, [VIEW], 16, 49.1, "raster")
