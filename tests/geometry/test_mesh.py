import copy
import io
import json
import struct
import warnings

import numpy as np
import pytest
import trimesh
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from img2vox.errors import MeshError
from img2vox.geometry.mesh import DEFAULT_GRAY, Mesh, luminance, normalize, read_mesh

TRIANGLE = b"v 0 0 0\nv 1 0 0\nv 0 2 0\nf 1 2 3\n"
PLACES = np.array([[1.0, 2.0, 4.0], [2.0, 2.0, 4.5], [1.5, 4.0, 4.0], [1.0, 2.0, 5.0]])
FACES = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])


def make(vertices, faces=FACES):
    faces = np.asarray(faces, dtype=np.int64)
    return Mesh(np.asarray(vertices, dtype=np.float64), faces, np.arange(len(faces), dtype=np.uint8))


def size_of(mesh):
    return mesh.vertices.max(axis=0) - mesh.vertices.min(axis=0)


# normalize


def test_normalize_centers_scales_and_keeps_proportions():
    mesh = normalize(make(PLACES), "m.obj")
    assert_array_equal(mesh.vertices, [[-0.25, -0.5, -0.25], [0.25, -0.5, 0.0], [0.0, 0.5, -0.25], [-0.25, -0.5, 0.25]])
    assert_array_equal(mesh.faces, FACES)
    assert_array_equal(mesh.grays, [0, 1, 2, 3])


def test_normalize_does_not_change_what_it_is_given():
    mesh = make(PLACES)
    normalize(mesh, "m.obj")
    assert_array_equal(mesh.vertices, PLACES)


def test_normalize_drops_unused_vertices_before_it_measures():
    far = np.array([[1000.0, 0.0, 0.0]])
    mesh = normalize(make(np.concatenate([far, PLACES]), FACES + 1), "m.obj")
    assert_array_equal(mesh.vertices, normalize(make(PLACES), "m.obj").vertices)
    assert_array_equal(mesh.faces, FACES)


def test_normalize_drops_unused_vertices_that_are_not_finite():
    mesh = normalize(make(np.concatenate([PLACES, [[np.nan, np.inf, 0.0]]])), "m.obj")
    assert mesh.vertices.shape == (4, 3)


@pytest.mark.parametrize(
    ("vertices", "size"),
    [([[0, 0, 0], [4, 0, 0], [0, 0, 2]], [1, 0, 0.5]), ([[0, 3, 0], [0, 5, 0], [0, 4, 0]], [0, 1, 0])],
    ids=["plane", "needle"],
)
def test_normalize_takes_planes_and_needles(vertices, size):
    assert_array_equal(size_of(normalize(make(vertices, [[0, 1, 2]]), "m.obj")), size)


@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1e30, 1e300, 1.7e308])
def test_normalize_takes_any_size_without_a_warning(scale):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mesh = normalize(make((PLACES - 3) * (scale / 2)), "m.obj")
    assert_allclose(mesh.vertices, normalize(make(PLACES), "m.obj").vertices, rtol=0, atol=1e-12)


def test_normalize_takes_a_small_mesh_far_off():
    step = 2.0**-3  # of the float64 around 1e15
    mesh = normalize(make(np.round(PLACES) * step + 2.0**49), "m.obj")
    assert_array_equal(mesh.vertices, normalize(make(np.round(PLACES)), "m.obj").vertices)


def test_normalize_refuses_a_mesh_without_size():
    with pytest.raises(MeshError, match=r"a/m\.obj: all of its 3 vertices lie at one point"):
        normalize(make([[1, 2, 3]] * 3, [[0, 1, 2]]), "a/m.obj")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_normalize_refuses_vertices_that_are_not_finite(value):
    vertices = PLACES.copy()
    vertices[2, 1] = value
    with pytest.raises(MeshError, match=r"a/m\.obj: has vertices that are not finite"):
        normalize(make(vertices), "a/m.obj")


COORDINATES = hnp.arrays(np.float64, (4, 3), elements=st.floats(-1e15, 1e15))


@given(COORDINATES)
def test_normalized_meshes_fit_the_box_fill_it_and_mirror_exactly(vertices):
    if (vertices == vertices[0]).all() or np.ptp(vertices, axis=0).max() < 1e-300:
        return
    mesh = normalize(make(vertices), "m.obj")
    assert np.abs(mesh.vertices).max() == 0.5
    assert size_of(mesh).max() == pytest.approx(1, abs=1e-12)
    extents = np.ptp(vertices, axis=0)
    assert_allclose(size_of(mesh), extents / extents.max(), rtol=0, atol=1e-12)
    assert_allclose(mesh.vertices.max(axis=0), -mesh.vertices.min(axis=0), rtol=0, atol=1e-12)
    assert_array_equal(normalize(make(vertices * [-1, 1, 1]), "m.obj").vertices, mesh.vertices * [-1, 1, 1])


# read_mesh


def test_read_mesh_goes_by_the_suffix_in_any_case():
    for name in ("m.obj", "a/b/M.OBJ", "\u6905\u5b50.Obj"):
        assert read_mesh(name, TRIANGLE, {}).faces.tolist() == [[0, 1, 2]]


@pytest.mark.parametrize("name", ["m.png", "m", "obj", "m.obj.zip"])
def test_read_mesh_refuses_other_formats(name):
    with pytest.raises(MeshError, match=r"of no known format .* expected one of \.obj, \.stl, \.ply, \.glb"):
        read_mesh(name, TRIANGLE, {})


def test_read_mesh_refuses_more_bytes_than_it_may_read():
    assert read_mesh("m.obj", TRIANGLE, {}, len(TRIANGLE)).faces.shape == (1, 3)
    with pytest.raises(MeshError, match=rf"m\.obj: has {len(TRIANGLE)} bytes, expected at most {len(TRIANGLE) - 1}"):
        read_mesh("m.obj", TRIANGLE, {}, len(TRIANGLE) - 1)


def test_read_mesh_refuses_a_vertex_far_beyond_all_others_and_takes_the_largest_sensible_one():
    assert read_mesh("m.obj", TRIANGLE.replace(b"2", b"1e15", 1), {}).vertices.max() == 1e15
    with pytest.raises(MeshError, match=r"m\.obj: vertex 3 of 3 lies at \(0 1\.01e\+15 0\), .* up to 1e\+15"):
        read_mesh("m.obj", TRIANGLE.replace(b"2", b"1.01e15", 1), {})


def test_luminance_of_white_is_one():
    assert luminance(1.0, 1.0, 1.0) == pytest.approx(1.0, abs=1e-15)


def wedge():
    return trimesh.Trimesh(PLACES, FACES, process=False)


def assert_is_wedge(mesh):
    assert_allclose(mesh.vertices[mesh.faces], PLACES[FACES], atol=1e-6)
    assert mesh.vertices.dtype == np.float64
    assert mesh.faces.dtype == np.int64
    assert mesh.grays.dtype == np.uint8


@pytest.mark.parametrize("kind", ["stl", "stl_ascii", "ply", "glb"])
def test_other_formats_give_the_same_triangles(kind):
    data = wedge().export(file_type=kind)
    mesh = read_mesh(f"m.{kind[:3]}", data.encode() if isinstance(data, str) else data, {})
    assert_is_wedge(mesh)
    assert mesh.grays.tolist() == [DEFAULT_GRAY] * 4


def test_obj_agrees_with_trimesh_in_both_directions():
    assert_is_wedge(read_mesh("m.obj", wedge().export(file_type="obj").encode(), {}))
    lines = [f"v {x!r} {y!r} {z!r}" for x, y, z in PLACES.tolist()] + [f"f {a} {b} {c}" for a, b, c in FACES + 1]
    text = "\n".join(lines).encode()
    theirs = trimesh.load(io.BytesIO(text), file_type="obj", force="mesh", process=False)
    ours = read_mesh("m.obj", text, {})
    assert_array_equal(ours.vertices[ours.faces], theirs.triangles)


def test_ply_colours_become_grays():
    mesh = wedge()
    mesh.visual.face_colors = [[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 255], [255, 255, 255, 0]]
    assert read_mesh("m.ply", mesh.export(file_type="ply"), {}).grays.tolist() == [54, 182, 18, 255]


def scene():
    """A painted wedge, and the same once more ten units up."""
    mesh = wedge()
    material = trimesh.visual.material.PBRMaterial(baseColorFactor=[0, 255, 0, 255])
    mesh.visual = trimesh.visual.TextureVisuals(material=material)
    result = trimesh.Scene([mesh])
    result.add_geometry(mesh, transform=trimesh.transformations.translation_matrix([0, 10, 0]))
    return result


def test_glb_nodes_place_their_parts_and_materials_become_grays():
    mesh = read_mesh("m.glb", scene().export(file_type="glb"), {})
    assert mesh.grays.tolist() == [182] * 8
    assert_allclose(mesh.vertices.min(axis=0), [1, 2, 4])
    assert_allclose(mesh.vertices.max(axis=0), [2, 14, 5])


def repack(change):
    """The scene's GLB with a change to its JSON header."""
    data = scene().export(file_type="glb")
    (length,) = struct.unpack_from("<I", data, 12)
    header = copy.deepcopy(json.loads(data[20 : 20 + length]))
    change(header)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 4)
    rest = data[20 + length :]
    return struct.pack("<4sIIII", b"glTF", 2, 20 + len(text) + len(rest), len(text), 0x4E4F534A) + text + rest


def huge_accessor(header):
    header["accessors"].append({"componentType": 5126, "count": 4 * 10**9, "type": "VEC3"})


def offset_accessor(header):
    huge_accessor(header)
    header["accessors"].append({"componentType": 5126, "count": -4 * 10**9, "type": "VEC3"})


def nan_accessor(header):
    huge_accessor(header)
    header["accessors"].append({"componentType": 5126, "count": float("nan"), "type": "VEC3"})


def many_nodes(header):
    header["meshes"][0]["primitives"] *= 50
    header["nodes"] += [{"mesh": 0}] * 10_000


def same_buffer_often(header):
    header["bufferViews"] += [{"buffer": 0, "byteLength": 10**6}] * 1000


@pytest.mark.parametrize("change", [huge_accessor, offset_accessor, nan_accessor, many_nodes, same_buffer_often])
def test_glb_that_would_unfold_to_far_more_than_it_holds_is_refused(change):
    with pytest.raises(MeshError, match=r"m\.glb: its \d+ bytes would unfold to"):
        read_mesh("m.glb", repack(change), {})


def test_glb_never_reads_files_that_it_names(tmp_path):
    (tmp_path / "data.bin").write_bytes(bytes(1000))

    def refer(header):
        header["buffers"][0]["uri"] = (tmp_path / "data.bin").as_uri()

    with pytest.raises(MeshError, match=r"m\.glb: cannot be read as GLB"):
        read_mesh("m.glb", repack(refer), {})


def test_faces_that_name_no_vertex_of_their_part_are_an_error():
    data = trimesh.Trimesh(PLACES, FACES + 1, process=False).export(file_type="ply", encoding="ascii")
    with pytest.raises(MeshError, match=r"m\.ply: has faces that name none of a part's 4 vertices; export it again"):
        read_mesh("m.ply", data, {})


@pytest.mark.parametrize("kind", ["stl", "ply", "glb"])
def test_other_formats_without_triangles_or_with_bad_vertices_are_errors(kind):
    for data in (b"", b"no mesh at all", bytes(200)):
        with pytest.raises(MeshError, match=rf"m\.{kind}: "):
            read_mesh(f"m.{kind}", data, {})
    points = PLACES.copy()
    points[1, 2] = np.nan
    data = trimesh.Trimesh(points, FACES, process=False).export(file_type=kind)
    with pytest.raises(MeshError, match=rf"m\.{kind}: vertex 2 of .* lies at \(2 2 nan\)" if kind != "stl" else "nan"):
        read_mesh(f"m.{kind}", data, {})


@pytest.mark.parametrize("kind", ["stl", "stl_ascii", "ply", "glb"])
def test_broken_files_of_other_formats_give_a_mesh_or_one_error(kind):
    rng = np.random.default_rng(1)
    data = wedge().export(file_type=kind)
    data = data.encode() if isinstance(data, str) else data
    for _ in range(100):
        broken = bytearray(data[: rng.integers(len(data)) + 1] if rng.random() < 0.5 else data)
        for place in rng.integers(len(broken), size=2):
            broken[place] = rng.integers(256)
        try:
            mesh = read_mesh(f"m.{kind[:3]}", bytes(broken), {})
        except MeshError as error:
            assert str(error).startswith("m.")  # noqa: PT017  a mesh and an error are both right
        else:
            assert np.isfinite(mesh.vertices).all()
            assert mesh.faces.max() < len(mesh.vertices)
            assert len(mesh.grays) == len(mesh.faces)
