"""Answers as meshes, files and numbers."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest
import trimesh

from img2vox.config import load_params
from img2vox.errors import MeshError
from img2vox.geometry.frames import camera_axes
from img2vox.geometry.mesh import Mesh
from img2vox.geometry.voxel import voxelize
from img2vox.serving.answer import Answer
from img2vox.serving.facing import find_azimuth
from img2vox.serving.offer import Offer
from img2vox.serving.result import COLORINGS, STYLES, Look, facts, file_name, result_file
from img2vox.upload import Limits, prepare_upload
from tests.project import REPOSITORY
from tests.serving.oracle import RESOLUTION, corner_grid, corner_occupancy, corner_picture

OFFER = Offer("chair:low", "chair", "low", "low", "standard", 19, 0.4, 0.4, 255, "0" * 32, "network.keras", 1)
ANSWER = Answer(OFFER, np.zeros((64, 64), np.uint8), corner_occupancy(), 36.0)
LIMITS = Limits(1 << 20, 1 << 20)


def load(answer, look, format):
    scene = trimesh.load(io.BytesIO(result_file(answer, look, format)), file_type=format, process=False)
    return next(iter(scene.geometry.values())) if isinstance(scene, trimesh.Scene) else scene


def colors_of(mesh):
    """(V, 3): trimesh keeps them beside the material."""
    return np.asarray(mesh.visual.vertex_attributes["color"])[:, :3]


@pytest.mark.parametrize("format", ["obj", "glb", "stl", "ply"])
@pytest.mark.parametrize("coloring", COLORINGS)
def test_every_format_holds_the_grid_where_it_is(format, coloring):
    mesh = load(ANSWER, Look(0.5, "blocks", coloring), format)
    faces = np.asarray(mesh.faces, np.int64)
    ours = Mesh(np.asarray(mesh.vertices, np.float64), faces, np.zeros(len(faces), np.uint8))
    # A hair smaller: float32 may put a face on the wrong side of a border.
    inside = Mesh(ours.vertices * (1 - 1e-6), ours.faces, ours.grays)
    padded = voxelize(inside, RESOLUTION, "standard", "flood", "img2vox")
    np.testing.assert_array_equal(padded, corner_grid())
    np.testing.assert_allclose(
        mesh.bounds,
        [[1 / 16 - 0.5, 4 / 16 - 0.5, 5 / 16 - 0.5], [15 / 16 - 0.5, 13 / 16 - 0.5, 10 / 16 - 0.5]],
        atol=1e-6,
    )


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("coloring", COLORINGS)
def test_a_glb_has_colours_and_normals_that_point_outward(style, coloring):
    mesh = load(ANSWER, Look(0.5, style, coloring), "glb")
    # A light is in the colours: what faces one way in one colour has one.
    looks = np.unique(np.concatenate([np.round(mesh.vertex_normals, 3), colors_of(mesh)], axis=1), axis=0)
    directions = len(np.unique(np.round(mesh.vertex_normals, 3), axis=0))
    if style == "blocks":
        assert directions == 6
        assert len(looks) == (6 if coloring == "plain" else 11)  # no cell of the end looks back along -X
    corners = mesh.vertices[mesh.faces]
    flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    stored = mesh.vertex_normals[mesh.faces].mean(axis=1)
    assert (np.einsum("ij,ij->i", flat, stored) >= -1e-9).all()
    np.testing.assert_allclose(np.linalg.norm(mesh.vertex_normals, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("style", STYLES)
def test_the_light_is_in_a_glbs_colours_alone(style):
    """A viewer's own light stands still in its world: what looks away from it would be dark."""
    data = result_file(ANSWER, Look(0.5, style, "plain"), "glb")
    tree = json.loads(data[20 : 20 + int.from_bytes(data[12:16], "little")])
    assert tree["extensionsUsed"] == ["KHR_materials_unlit"]
    (material,) = tree["materials"]
    assert material["extensions"] == {"KHR_materials_unlit": {}}
    assert {part["material"] for mesh in tree["meshes"] for part in mesh["primitives"]} == {0}


@pytest.mark.parametrize("azimuth_deg", [0.0, 36.0, 126.0, 216.0, 306.0])
def test_a_glb_is_lit_from_over_the_left_shoulder_of_who_took_the_picture_and_no_two_sides_look_alike(azimuth_deg):
    mesh = load(replace(ANSWER, azimuth_deg=azimuth_deg), Look(0.5, "blocks", "plain"), "glb")
    right, up, back = camera_axes(azimuth_deg, 0.0)
    colors = colors_of(mesh)

    def green(direction):
        """(n,) of the sides that look most that way."""
        toward = mesh.vertex_normals @ direction
        return np.unique(colors[toward > toward.max() - 1e-6][:, 1])

    sides = [green(direction) for direction in (up, back, -right, right, -back, -up)]
    assert [len(side) for side in sides] == [1] * 6
    values = np.concatenate(sides).astype(int)
    shades = 255 * (values / 255) ** (1 / 2.2)  # as the eye sees them
    assert (np.diff(shades) < -12).all()
    assert shades[-1] > 80  # the darkest is not dark


def test_what_faces_the_light_itself_has_its_own_colour():
    """A ball has faces toward every direction, and what is certain has the brightest colour that there is."""
    x, y, z = np.indices((RESOLUTION,) * 3) - RESOLUTION / 2 + 0.5
    ball = np.where(np.hypot(np.hypot(x, y), z) < 6, 1.0, 0.0).astype(np.float32)
    colors = colors_of(load(replace(ANSWER, occupancy=ball), Look(0.5, "smooth", "confidence"), "glb"))
    assert colors[:, 0].max() == 250  # viridis ends in (253, 231, 36); linear
    assert colors[:, 0].min() < 250 / 3


def test_confidence_shows_which_cells_are_a_close_call():
    mesh = load(ANSWER, Look(0.5, "blocks", "confidence"), "glb")
    colors = colors_of(mesh).astype(int)
    x = np.asarray(mesh.vertices)[:, 0]
    up = mesh.vertex_normals[:, 1] > 0.9  # one direction, one light
    certain, close = colors[up & (x < 11.5 / 16 - 0.5)], colors[up & (x > 12.5 / 16 - 0.5)]
    assert certain.sum(axis=1).min() > close.sum(axis=1).max()


def test_the_grid_is_written_as_it_is_and_an_empty_one_too():
    grid = np.load(io.BytesIO(result_file(ANSWER, Look(0.7, "blocks", "plain"), "npy")), allow_pickle=False)
    np.testing.assert_array_equal(grid, corner_occupancy() > 0.7)
    assert not np.load(io.BytesIO(result_file(ANSWER, Look(0.95, "blocks", "plain"), "npy"))).any()


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("format", ["obj", "glb"])
def test_a_threshold_above_all_cells_is_one_sentence(style, format):
    with pytest.raises(MeshError, match=r"sees nothing at a threshold of 0\.95: its highest occupancy is 0\.90; lower"):
        result_file(ANSWER, Look(0.95, style, "confidence"), format)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.0, "blocks", "plain"), "threshold: is 0; use a number between 0 and 1"),
        ((float("nan"), "blocks", "plain"), "threshold: is nan"),
        ((0.5, "cubes", "plain"), "style: is 'cubes'; use one of blocks, smooth"),
        ((0.5, "blocks", "red"), "coloring: is 'red'; use one of plain, confidence"),
    ],
)
def test_a_look_that_is_none_is_one_sentence(arguments, message):
    with pytest.raises(MeshError, match=message):
        Look(*arguments)


def test_a_format_that_is_none_is_one_sentence():
    with pytest.raises(MeshError, match="format: is 'fbx'; use one of obj, glb, stl, ply, npy"):
        result_file(ANSWER, Look(0.5, "blocks", "plain"), "fbx")


def test_equal_answers_give_equal_bytes():
    for format in ("obj", "glb", "stl", "npy"):
        first, second = (result_file(ANSWER, Look(0.5, "smooth", "confidence"), format) for _ in range(2))
        assert first == second


def test_a_files_name_says_category_threshold_and_style():
    assert file_name(ANSWER, Look(0.42, "smooth", "plain"), "obj") == "chair_t0.42_smooth.obj"
    assert file_name(ANSWER, Look(0.5, "blocks", "plain"), "npy") == "chair_t0.50.npy"


def test_facts_count_cells_and_extents():
    found = facts(ANSWER, Look(0.5, "blocks", "plain"))
    assert found["cells"] == corner_grid().sum()
    assert found["extents"] == [14 / 16, 9 / 16, 5 / 16]
    assert facts(ANSWER, Look(0.7, "blocks", "plain"))["extents"][0] == 11 / 16


def test_the_expected_iou_takes_every_occupancy_at_its_word():
    filled, outside = int(corner_grid().sum()), int((~corner_grid()).sum())
    inside = corner_occupancy()[corner_grid()].sum()
    assert ANSWER.expected_iou == pytest.approx(inside / (filled + 0.05 * outside))


def test_a_sure_network_is_shown_at_the_threshold_of_validation():
    sure = replace(ANSWER, occupancy=np.where(corner_grid(), 0.9, 0.001).astype(np.float32))
    assert (sure.threshold, sure.is_unsure) == (0.4, False)


def test_an_unsure_one_is_shown_where_it_expects_the_best_overlap():
    occupancy = np.where(corner_grid(), 0.3, 0.01).astype(np.float32)
    occupancy[2, 5, 6] = 0.7
    unsure = replace(ANSWER, occupancy=occupancy)
    assert (unsure.threshold, unsure.is_unsure) == (0.28, True)  # the nearest to 0.4 of those that fill the corner
    assert np.array_equal(unsure.grid(unsure.threshold), corner_grid())


def test_a_network_that_sees_nothing_stays_at_its_threshold():
    assert replace(ANSWER, occupancy=np.zeros((16, 16, 16), np.float32)).threshold == 0.4


@pytest.mark.parametrize("azimuth_deg", [0.0, 54.0, 126.0, 198.0, 306.0])
def test_the_azimuth_of_a_picture_is_found_in_the_grid(azimuth_deg):
    how = {"remove_background": True, "center": True, "foreground_ratio": 0.73}
    prepared = prepare_upload(corner_picture(azimuth_deg), "p.png", LIMITS, **how)
    camera = load_params(REPOSITORY / "params.yaml").render
    assert find_azimuth(corner_grid(), prepared.pixels(64, 255), 255, camera) == azimuth_deg
