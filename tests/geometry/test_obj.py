import csv
import io
import logging
import math
import re
import warnings
import zipfile
from fractions import Fraction
from functools import cache
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
import trimesh
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from img2vox.errors import MeshError
from img2vox.geometry.mesh import DEFAULT_GRAY, read_mesh
from img2vox.geometry.obj import read_obj

BAD_MESHES = Path(__file__).parents[1] / "data" / "bad_meshes.zip"
# No two vertices share a coordinate, so that every mix-up of vertices or axes shows.
FOUR = "v 0 10 20\nv 1 11 21\nv 2 12 23\nv 3 14 25\n"
PLACES = np.array([[0, 10, 20], [1, 11, 21], [2, 12, 23], [3, 14, 25]], dtype=np.float64)
FINITE = st.floats(-1e15, 1e15)


def read(text, materials=None, encoding="utf-8"):
    return read_obj(text.encode(encoding), materials or {}, "model.obj")


def corners(mesh):
    """(F, 3, 3) places of the corners of each triangle, which do not change with the numbering of the vertices."""
    return mesh.vertices[mesh.faces]


def fan(*polygon):
    return [(polygon[0], polygon[i], polygon[i + 1]) for i in range(1, len(polygon) - 1)]


def assert_faces(mesh, *expected):
    assert_array_equal(corners(mesh), PLACES[np.array(expected)])


@pytest.mark.parametrize(
    "face",
    ["f 1 2 4", "f 1/1 2/2 4/3", "f 1//7 2//8 4//9", "f 1/1/1 2/2/2 4/3/3", "f 1/ 2/ 4/", "f -4 -3 -1", "f +1 2 4"],
)
def test_every_way_of_writing_a_corner_gives_its_vertex(face):
    assert_faces(read(FOUR + face), (0, 1, 3))


@pytest.mark.parametrize(
    "text",
    [
        FOUR.replace("\n", "\r\n") + "f 1 2 4\r\n",
        FOUR.replace("\n", "\r") + "f 1 2 4\r",
        "\t " + FOUR.replace(" ", "\t  ").replace("\n", " \n") + " \tf  1\t2 4  ",
        "# f 1 1 1\n" + FOUR.replace("\n", " # v 5 5 5\n") + "f 1 2 4 # 3\n",
        FOUR + "f 1 \\\n2 \\\r\n 4",
        FOUR.replace("v 1 11", "v 1\\\n 11") + "f 1 2 4",
        "# C:\\textures\\\n" + FOUR + "f 1 2 4",
        FOUR.replace("\n", " 1.0\n") + "f 1 2 4",
        FOUR.replace("\n", " 0.5 nan 0.5\n") + "f 1 2 4",
        "f 1 2 4\n" + FOUR,
        "o a\ng b\ns 1\n" + FOUR + "vt 9 9\nvn 9 9 9\nvp 9 9\ng f 1 2 3\nl 1 2\np 1\nf 1 2 4\nfo 1 2 3\ncurv 1 2\n",
        "\ufeff" + FOUR + "f 1 2 4",
        "g \u043a\u0440\u0435\u0441\u043b\u043e \U0001fa91\n" + FOUR + "f 1 2 4",
    ],
)
def test_what_stands_around_a_triangle_does_not_change_it(text):
    assert_faces(read(text), (0, 1, 3))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-8"])
def test_the_byte_order_mark_tells_the_encoding(encoding):
    assert_faces(read("o \u6905\u5b50\n" + FOUR + "f 1 2 4", encoding=encoding), (0, 1, 3))


def test_utf16_of_the_other_byte_order_is_read():
    data = b"\xfe\xff" + (FOUR + "f 1 2 4").encode("utf-16-be")
    assert_faces(read_obj(data, {}, "model.obj"), (0, 1, 3))


def test_latin1_names_are_read_and_find_their_material():
    text = "mtllib st\u00fchle.mtl\n" + FOUR + "usemtl gr\u00fcn\nf 1 2 4"
    materials = {"st\u00fchle.mtl": "newmtl gr\u00fcn\nKd 0 1 0".encode("latin-1")}
    assert read(text, materials, "latin-1").grays.tolist() == [182]


def test_polygons_become_fans_around_their_first_corner():
    assert_faces(read(FOUR + "f 3 1 4 2\nf 2 3 4"), (2, 0, 3), (2, 3, 1), (1, 2, 3))


def test_negative_corners_count_back_from_the_face_and_not_from_the_end():
    text = FOUR.replace("v 3 14 25", "f -3 -2 -1\nv 3 14 25\nf -1 -2 -4")
    assert_faces(read(text), (0, 1, 2), (3, 2, 0))


def test_several_objects_and_groups_are_one_mesh():
    assert_faces(read("o a\n" + FOUR + "f 1 2 3\no b\ng c d\nf 4 2 1"), (0, 1, 2), (3, 1, 0))


def test_unused_vertices_are_dropped_whatever_they_hold():
    mesh = read("v nan nan nan\nv 1e300 1 1\nv 1\n" + FOUR + "f 4 5 7")
    assert_array_equal(mesh.vertices, PLACES[[0, 1, 3]])
    assert_array_equal(mesh.faces, [[0, 1, 2]])


@pytest.mark.parametrize(
    "bad",
    ["f 1 2", "f 1", "f", "f 1 2 5", "f 0 1 2", "f -5 1 2", "f 1 2 x", "f 1 2 3.5", f"f 1 2 {10**30}", "f 1 2 --1"],
)
def test_a_face_that_cannot_be_is_left_out_with_a_warning_and_alone_it_is_an_error(bad, caplog):
    with caplog.at_level(logging.WARNING):
        assert_faces(read(f"{FOUR}f 1 2 3\n{bad}\nf 2 3 4"), (0, 1, 2), (1, 2, 3))
    assert "model.obj: 1 faces left out" in caplog.text
    with pytest.raises(MeshError, match=r"model\.obj: none of its 1 faces has three corners"):
        read(FOUR + bad)


@pytest.mark.parametrize(
    "number", ["nan", "-inf", "1.#IND", "x", "1,5", "0x1p3", "1_0", "1e", "--1", "", "1e400", "-1e16"]
)
def test_a_face_with_a_vertex_that_is_nowhere_is_an_error_that_names_the_first_one(number):
    with pytest.raises(MeshError, match=r"model\.obj: vertex 2 of 6 lies at \(7 8 "):
        read(f"v {number}\nv 7 8 {number}\n{FOUR}f 3 4 5\nf 3 2 4")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no vertices and no faces"),
        ("\x89PNG\r\n\x1a\n rest", "no vertices and no faces"),
        ("# nothing\n", "no vertices and no faces"),
        (FOUR, r"no faces \(4 vertices, points or lines only\)"),
        (FOUR + "l 1 2 3\np 1 2 3\n", r"no faces \(4 vertices"),
        ("f 1 2 3", r"none of its 1 faces has three corners that name vertices \(0 vertices\)"),
        ("v\x00 \x001\x00", "is no OBJ text"),
    ],
)
def test_a_file_without_a_mesh_is_an_error_that_says_what_it_has(text, message):
    with pytest.raises(MeshError, match=r"^model\.obj: " + message):
        read(text)


def test_every_cut_of_a_file_gives_what_is_whole_or_one_error():
    text = FOUR + "f 1 2 3\nf 2 3 4\n"
    for end in range(len(text)):
        try:
            mesh = read(text[:end])
        except MeshError:
            assert end < text.index("f 1 2 3") + len("f 1 2 3")
        else:
            assert end >= text.index("f 1 2 3") + len("f 1 2 3")
            assert_array_equal(corners(mesh)[0], PLACES[[0, 1, 2]])


# Numbers


def parse_number(word):
    mesh = read(f"v {word} 0 0\nv 0 1 0\nv 0 0 1\nf 1 2 3")
    return mesh.vertices[0, 0]


@pytest.mark.parametrize(
    "word",
    [
        ".5",
        "5.",
        "-.5",
        "+1e+03",
        "1E-5",
        "000012.500",
        "-0",
        "0.1",
        "12345678901234567.8e-5",
        "0.30000000000000004",
        "562949953421312.0625",  # (2**53 + 1) / 16, halfway between two floats; the next three are not quite
        "562949953421312.0625000000000000000000",
        "562949953421312.0625000000000000000001",
        "562949953421312.0624999999999999999999",
        "6.123233995736766e-17",
        "1e-400",
        "2.2250738585072011e-308",
        "0.00000000000000000000000000000000000001",
        "1" + "0" * 30 + "e-25",
        "0." + "0" * 400 + "1e400",
    ],
)
def test_numbers_are_those_that_python_reads(word):
    value = parse_number(word)
    assert value == float(word)
    assert math.copysign(1, value) == math.copysign(1, float(word))


@given(
    st.lists(FINITE, min_size=9, max_size=30).filter(lambda x: len(x) % 3 == 0),
    st.sampled_from(["{!r}", "{:.6f}", "{:.17g}", "{:.25e}"]),
)
def test_vertices_are_the_nearest_floats_to_what_is_written(numbers, form):
    words = [form.format(number) for number in numbers]
    count = len(words) // 3
    lines = [f"v {' '.join(words[3 * row : 3 * row + 3])}" for row in range(count)]
    lines.append("f " + " ".join(str(row + 1) for row in range(count)))
    assert_array_equal(read("\n".join(lines)).vertices.ravel(), [float(word) for word in words])


@given(st.integers(0, 2**80), st.integers(-50, -10))
def test_numbers_of_any_length_are_rounded_once(digits, power):
    word = f"{digits}e{power}"
    assume(float(word) <= 1e15)
    assert parse_number(word) == float(word)


@given(st.integers(2**52, 7 * 10**15), st.integers(4, 12), st.sampled_from([-1, 0, 1]))
def test_numbers_halfway_between_two_floats_go_to_the_even_one(integer, halvings, beside):
    exact = Fraction(2 * integer + 1, 2**halvings)
    digits = (exact.numerator * 5**halvings) * 100 + beside  # of exact * 10**halvings, and two more
    word = f"{digits}e{-halvings - 2}"
    assert parse_number(word) == float(word)


# Properties of whole files

POLYGONS = st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=7), min_size=1, max_size=8)


def write(polygons, corner):
    return FOUR + "".join("f " + " ".join(map(corner, polygon)) + "\n" for polygon in polygons)


@given(POLYGONS)
def test_fans_have_two_triangles_less_than_corners_and_negative_corners_are_the_same(polygons):
    positive = read(write(polygons, lambda index: str(index + 1)))
    negative = read(write(polygons, lambda index: f"{index - 4}/{index + 1}/-1"))
    assert len(positive.faces) == len(positive.grays) == sum(len(polygon) - 2 for polygon in polygons)
    assert_faces(positive, *(triangle for polygon in polygons for triangle in fan(*polygon)))
    assert_array_equal(corners(negative), corners(positive))


@given(POLYGONS, st.sampled_from(["\r\n", "\r"]))
def test_line_ends_do_not_matter(polygons, line_end):
    text = "mtllib m.mtl\nusemtl a\n" + write(polygons, lambda index: str(index + 1)) + "usemtl b\nf 1 2 3\n"
    materials = {"m.mtl": b"newmtl a\nKd 1 1 1\nnewmtl b\nKd 0 0 0\n"}
    ours, other = read(text, materials), read(text.replace("\n", line_end), materials)
    assert_array_equal(corners(other), corners(ours))
    assert_array_equal(other.grays, ours.grays)


# Joined in any order; "|" is not part of them.
PIECES = b"v |f |1 |-1 |2/|//3 |1e-300 |.|-|e5 |#|usemtl a|usemtl|mtllib m.mtl|nan |0.1 |us|vn".split(b"|")
LINE_ENDS_AND_MARKS = [b"\\", b"\n", b"\r\n", b"\r", b"\\\n", b"\t", b"\x00", b"\xff", b"\xff\xfe", b"\xef\xbb\xbf"]


def assert_mesh_or_error(data):
    try:
        mesh = read_obj(data, {"m.mtl": data}, "model.obj")
    except MeshError as error:
        assert str(error).startswith("model.obj: ")  # noqa: PT017  most inputs give a mesh or this, both are right
    else:
        assert np.isfinite(mesh.vertices).all()
        assert len(mesh.faces) == len(mesh.grays) > 0
        assert_array_equal(np.unique(mesh.faces), np.arange(len(mesh.vertices)))


@settings(max_examples=300)
@given(st.lists(st.sampled_from([*PIECES, *LINE_ENDS_AND_MARKS]), max_size=60).map(b"".join) | st.binary(max_size=200))
def test_any_bytes_give_a_mesh_or_one_error(data):
    assert_mesh_or_error(data)
    assert_mesh_or_error(FOUR.encode() + b"f 1 2 3\n" + data)


# Materials

PAINTED = (
    FOUR + "f 1 2 3\nusemtl red\nf 1 2 3 4\nusemtl  dark wood \nf 2 3 4\nusemtl nowhere\nf 1 2 4\nusemtl\nf 1 3 4\n"
)
COLOURS = b"newmtl red\nKa 1 1 1\nKd 1 0 0\nd 0.1\nTr 0.9\n\tnewmtl dark wood\n  Kd\t0.2 0.2 0.2\nmap_Kd wood.png\n"


def test_triangles_have_the_rec709_luminance_of_their_material():
    mesh = read("mtllib m.mtl\n" + PAINTED, {"m.mtl": COLOURS})
    assert mesh.grays.tolist() == [DEFAULT_GRAY, 54, 54, 51, DEFAULT_GRAY, DEFAULT_GRAY]
    assert mesh.grays.dtype == np.uint8


@pytest.mark.parametrize(
    ("statement", "files"),
    [
        ("mtllib m.mtl", ["m.mtl"]),
        ("mtllib ../../up/m.mtl", ["m.mtl"]),
        ("mtllib /etc/m.mtl", ["m.mtl"]),
        ("mtllib C:\\things\\m.mtl", ["m.mtl"]),
        ("mtllib my colours.mtl", ["my colours.mtl"]),
        ("mtllib other.mtl my\\ colours.mtl", ["my colours.mtl"]),
        ("mtllib missing.mtl\nmtllib m.mtl", ["m.mtl"]),
    ],
)
def test_materials_are_looked_up_by_their_base_name(statement, files):
    mesh = read(f"{statement}\n{PAINTED}", {name: COLOURS for name in files})
    assert 54 in mesh.grays


@pytest.mark.parametrize("statement", ["mtllib m.mtl", "mtllib ./m.mtl", "", "mtllib", "mtllib {here}"])
def test_materials_that_were_not_handed_over_are_missing_even_when_they_lie_on_disk(statement, tmp_path, monkeypatch):
    (tmp_path / "m.mtl").write_bytes(COLOURS)
    monkeypatch.chdir(tmp_path)
    mesh = read(statement.format(here=tmp_path / "m.mtl") + "\n" + PAINTED, {"n.mtl": COLOURS})
    assert set(mesh.grays.tolist()) == {DEFAULT_GRAY}


@pytest.mark.parametrize(
    ("line", "gray"),
    [
        ("Kd 0 0 1", 18),
        ("Kd 0.5", 128),
        ("Kd 2 2 2", 255),
        ("Kd -1 -1 -1", 0),
        ("Kd nan 0 0", DEFAULT_GRAY),
        ("Kd spectral file.rfl", DEFAULT_GRAY),
        ("Kd", DEFAULT_GRAY),
        ("Ks 1 0 0", DEFAULT_GRAY),
    ],
)
def test_a_diffuse_colour_that_makes_no_sense_counts_as_not_given(line, gray):
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        materials = {"m.mtl": f"Kd 1 0 1\r\nnewmtl red\r\n{line}\r\n".encode(encoding)}
        assert read("mtllib m.mtl\n" + PAINTED, materials).grays[1] == gray


# Other people's files


@cache
def bad_mesh_files():
    with zipfile.ZipFile(BAD_MESHES) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def bad_mesh_rows():
    return list(csv.DictReader(io.StringIO(bad_mesh_files()["index.csv"].decode())))


# Where we differ from trimesh's number of triangles, and why.
OUR_TRIANGLES = {
    # It takes corner 0 for the last vertex, as NumPy does with -1; in an OBJ file corners start at 1.
    "issue-140-zero-face-idx.obj": 1,
    # It stops at 1.#IND; we read on, but the faces use vertices that are nan.
    "test-nan.obj": 0,
}


@pytest.mark.parametrize("row", bad_mesh_rows(), ids=lambda row: f"{row['source']}/{row['file']}")
def test_other_peoples_files_give_as_many_triangles_as_trimesh_or_one_error(row):
    path = PurePosixPath(row["source"], row["file"])
    files = bad_mesh_files()
    materials = {PurePosixPath(name).name: data for name, data in files.items() if name.endswith(".mtl")}
    expected = OUR_TRIANGLES.get(row["file"])
    if expected is None:
        expected = int(re.search(r"\bf=(\d+)", row["trimesh"]).group(1))
    if expected == 0:
        with pytest.raises(MeshError, match=re.escape(row["file"])):
            read_mesh(row["file"], files[str(path)], materials)
    else:
        mesh = read_mesh(row["file"], files[str(path)], materials)
        assert mesh.faces.shape == (expected, 3)
        assert mesh.grays.shape == (expected,)
        assert np.isfinite(mesh.vertices).all()


def test_other_peoples_files_are_all_there():
    assert len(bad_mesh_rows()) == 82
    assert set(OUR_TRIANGLES) <= {row["file"] for row in bad_mesh_rows()}


@pytest.mark.parametrize(
    "file", ["trimesh/rabbit.obj", "trimesh/groups.obj", "trimesh/wallhole.obj", "trimesh/target.obj"]
)
def test_triangles_lie_where_trimesh_puts_them(file):
    data = bad_mesh_files()[file]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = trimesh.load(io.BytesIO(data), file_type="obj", force="mesh", process=False, skip_materials=True)
    ours = read_obj(data, {}, file)
    # Polygons may be cut along another diagonal, and parts may come in another order.
    assert ours.vertices.min(axis=0).tolist() == theirs.vertices.min(axis=0).tolist()
    assert ours.vertices.max(axis=0).tolist() == theirs.vertices.max(axis=0).tolist()
    assert_array_equal(
        np.unique(corners(ours).reshape(-1, 3), axis=0), np.unique(theirs.triangles.reshape(-1, 3), axis=0)
    )


@pytest.mark.slow
def test_cuts_and_broken_bytes_of_other_peoples_files_give_a_mesh_or_one_error():
    rng = np.random.default_rng(1)
    for name, data in bad_mesh_files().items():
        if not name.lower().endswith(".obj"):
            continue
        for _ in range(8):
            broken = bytearray(data[: rng.integers(len(data)) + 1])
            for place in rng.integers(len(broken), size=3):
                broken[place] = rng.integers(256)
            assert_mesh_or_error(bytes(broken))
