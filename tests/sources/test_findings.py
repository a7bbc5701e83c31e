"""What is found out about each mesh: closed or not, and whether two are one, against trimesh and by construction."""

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from img2vox.files import write_archive
from img2vox.geometry.mesh import Mesh, normalize
from img2vox.sources.findings import Finding, examine, first_of_each_geometry, geometry_hash, is_watertight
from tests.project import box_obj


def mesh_of(shape):
    faces = np.asarray(shape.faces, dtype=np.int64)
    return Mesh(np.asarray(shape.vertices, dtype=np.float64), faces, np.zeros(len(faces), dtype=np.uint8))


def soup(mesh):
    """The same triangles with three vertices each."""
    return Mesh(mesh.vertices[mesh.faces].reshape(-1, 3), np.arange(3 * len(mesh.faces)).reshape(-1, 3), mesh.grays)


BOX = mesh_of(trimesh.creation.box((4, 3, 2)))
BALL = mesh_of(trimesh.creation.icosphere(2))


@pytest.mark.parametrize("mesh", [BOX, BALL])
def test_a_closed_shape_is_watertight_also_as_single_triangles_until_one_is_missing(mesh):
    assert is_watertight(mesh)
    assert is_watertight(soup(mesh))
    assert not is_watertight(Mesh(mesh.vertices, mesh.faces[1:], mesh.grays[1:]))


def test_a_third_wall_on_an_edge_and_triangles_without_area_tell_apart_what_is_closed():
    wall = np.concatenate([BOX.faces, BOX.faces[:1]])
    assert not is_watertight(Mesh(BOX.vertices, wall, np.zeros(len(wall), dtype=np.uint8)))
    needle = np.concatenate([BOX.faces, [[0, 0, 5]]])
    assert is_watertight(Mesh(BOX.vertices, needle, np.zeros(len(needle), dtype=np.uint8)))
    assert not is_watertight(Mesh(BOX.vertices, np.array([[0, 0, 5]]), np.zeros(1, dtype=np.uint8)))


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_watertight_is_what_trimesh_calls_so(seed):
    rng = np.random.default_rng(seed)
    vertices = rng.integers(0, 2, (5, 3)).astype(float) * [1.0, -1.0, 0.5]
    shape = trimesh.Trimesh(vertices, rng.integers(0, 5, (rng.integers(4, 9), 3)), process=False)
    shape.merge_vertices()
    shape.update_faces([len(set(face)) == 3 for face in shape.faces.tolist()])
    if len(shape.faces):
        assert is_watertight(mesh_of(shape)) == shape.is_watertight


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_moved_scaled_and_shuffled_it_is_the_same_geometry(seed):
    rng = np.random.default_rng(seed)
    faces = np.stack([np.roll(face, rng.integers(3)) for face in rng.permutation(BALL.faces)])
    order = rng.permutation(len(BALL.vertices))
    shuffled = Mesh(BALL.vertices[order] * 4 + [8, -16, 32], np.argsort(order)[faces], BALL.grays)
    assert geometry_hash(normalize(shuffled, "")) == geometry_hash(normalize(BALL, ""))
    assert geometry_hash(normalize(soup(BALL), "")) == geometry_hash(normalize(BALL, ""))


def test_a_moved_vertex_a_mirror_image_and_a_doubled_triangle_are_other_geometries():
    corner = Mesh(BOX.vertices + np.eye(8, 3) * 0.3, BOX.faces, BOX.grays)
    moved = corner.vertices.copy()
    moved[5, 1] += 0.01
    doubled = np.concatenate([corner.faces, corner.faces[:1]])
    others = [
        corner,
        Mesh(moved, corner.faces, corner.grays),
        Mesh(corner.vertices * [-1, 1, 1], corner.faces, corner.grays),
        Mesh(corner.vertices[:, [1, 0, 2]], corner.faces, corner.grays),
        Mesh(corner.vertices, doubled, np.zeros(len(doubled), dtype=np.uint8)),
    ]
    hashes = [geometry_hash(normalize(mesh, "")) for mesh in others]
    assert len(set(hashes)) == len(others)
    assert all(len(name) == 32 for name in hashes)


def test_every_object_of_an_archive_is_examined_the_bad_ones_too(tmp_path):
    path = tmp_path / "03001627.zip"
    with write_archive(path) as archive:
        archive.add("03001627/a/model.obj", box_obj((4, 3, 2)).encode())
        archive.add("03001627/b/model.obj", b"v 0 0 0\n")
        archive.add("03001627/c/model.obj", box_obj((8, 6, 4), (1, 1, 1)).encode())
        archive.add("03001627/d/model.obj", box_obj((4, 3, 2)).encode() * 100)
        archive.add("elsewhere/model.obj", b"")
    a, b, c, d, outside = examine(path, "03001627", 2000, workers=2)
    assert (a.model_id, a.triangles, a.vertices, a.watertight, a.problem) == ("a", 12, 8, True, "")
    assert (b.triangles, b.geometry) == (0, "")
    assert b.problem.startswith("03001627/b/model.obj: no faces (1 vertices")
    assert c.geometry == a.geometry
    assert "larger than 0 MB when unpacked" in d.problem
    assert outside.problem == "elsewhere/model.obj: expected 03001627/<model_id>/models/<mesh> inside the archive"
    assert first_of_each_geometry([("03001627", item) for item in (a, b, c, d)]) == {
        ("03001627", "c"): ("03001627", "a")
    }
    unread = [("1", Finding("x", 0, 0, False, "", "bad")), ("1", Finding("y", 0, 0, False, "", "bad"))]
    assert first_of_each_geometry(unread) == {}
