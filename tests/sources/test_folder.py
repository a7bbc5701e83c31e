"""One's own meshes: what is taken from a folder, under which names, and which way up."""

import os
import zipfile

import numpy as np
import pytest
import trimesh

from img2vox.data.archive import list_meshes, open_archive, read_entry, read_materials
from img2vox.errors import SourceError
from img2vox.files import write_archive
from img2vox.geometry.mesh import Mesh, read_mesh
from img2vox.sources.folder import Folder, choose
from img2vox.sources.upright import turn_upright, write_obj
from tests.project import box_obj

SIZES = (4.0, 3.0, 2.0)  # along the file's x, y and z
LANTERN = {"lantern": "lantern"}


def fetched(root, tmp_path, up_axis="y", textures=False, categories=LANTERN):
    """model_id -> mesh as `prepare` reads it; and the notes."""
    folder = Folder(root, up_axis, textures, 2**20)
    folder.stamps(categories)
    ((slug, synset),) = categories.items()
    path = tmp_path / "raw" / f"{synset}.zip"
    with write_archive(path) as archive:
        notes = folder.write(slug, synset, archive)
    with open_archive(path) as archive:
        entries, refused = list_meshes(archive, synset)
        assert refused == []
        meshes = {
            entry.model_id: read_mesh(
                entry.name, read_entry(archive, entry.name, 2**20), read_materials(archive, entry)
            )
            for entry in entries
        }
    return meshes, notes


@pytest.fixture
def root(tmp_path):
    """A box in each format; the OBJ has a gray of its own."""
    folder = tmp_path / "meshes" / "lantern"
    folder.mkdir(parents=True)
    (folder / "box.obj").write_text("mtllib box colours.mtl\r\nusemtl dark\n" + box_obj(SIZES), encoding="utf-8")
    (folder / "box colours.mtl").write_text("newmtl dark\nKd 0.2 0.2 0.2\nmap_Kd wood.png\n", encoding="utf-8")
    (folder / "wood.png").write_bytes(b"no picture")
    (folder / "other.png").write_bytes(b"no picture")
    box = trimesh.creation.box(SIZES)
    (folder / "Printed.STL").write_bytes(box.export(file_type="stl"))
    (folder / "scan.ply").write_bytes(box.export(file_type="ply"))
    (folder / "scene.glb").write_bytes(box.export(file_type="glb"))
    return tmp_path / "meshes"


def test_every_format_is_an_object_named_after_its_file(root, tmp_path):
    meshes, notes = fetched(root, tmp_path)
    assert list(meshes) == ["Printed", "box", "scan", "scene"]
    assert notes == []
    for mesh in meshes.values():
        np.testing.assert_allclose(np.ptp(mesh.vertices, axis=0), SIZES)
    assert set(meshes["box"].grays) == {51}


@pytest.mark.parametrize(("up_axis", "sizes"), [("x", (3, 4, 2)), ("z", (4, 2, 3))])
def test_what_is_up_in_the_file_is_up_in_the_archive_but_glb_has_y_up_always(root, tmp_path, up_axis, sizes):
    meshes, _ = fetched(root, tmp_path, up_axis)
    for name, mesh in meshes.items():
        np.testing.assert_allclose(np.ptp(mesh.vertices, axis=0), SIZES if name == "scene" else sizes)
    assert set(meshes["box"].grays) == {51}


@pytest.mark.parametrize("up_axis", ["x", "y", "z"])
def test_turning_upright_mirrors_nothing(up_axis):
    mesh = Mesh(np.eye(3), np.array([[0, 1, 2]]), np.array([9], dtype=np.uint8))
    turned = turn_upright(mesh, up_axis).vertices
    np.testing.assert_array_equal(turned["xyz".index(up_axis)], [0, 1, 0])
    assert np.linalg.det(turned) == 1
    assert not np.signbit(turned[turned == 0]).any()
    if up_axis == "z":
        np.testing.assert_array_equal(turned[1], [0, 0, -1])  # the file's -y faces the camera


def test_a_mesh_written_as_obj_is_read_back_to_the_last_bit():
    rng = np.random.default_rng(3)
    faces = np.array([[0, 1, 2], [2, 1, 3], [3, 1, 4], [4, 0, 2]])
    mesh = Mesh(rng.normal(size=(5, 3)), faces, np.array([0, 255, 255, 7], dtype=np.uint8))
    text, materials = write_obj(mesh)
    again = read_mesh("model.obj", text, {"model.mtl": materials})
    for name in ("vertices", "faces", "grays"):
        np.testing.assert_array_equal(getattr(again, name), getattr(mesh, name))


def test_textures_that_the_materials_name_come_along_when_asked_for(root, tmp_path):
    fetched(root, tmp_path, textures=True)
    with zipfile.ZipFile(tmp_path / "raw" / "lantern.zip") as archive:
        assert [name for name in archive.namelist() if name.startswith("lantern/box/")] == [
            "lantern/box/models/box colours.mtl",
            "lantern/box/models/box.obj",
            "lantern/box/models/wood.png",
        ]


def test_a_folder_may_have_the_label_or_the_slug_and_the_category_a_synset(root, tmp_path):
    (root / "lantern").rename(root / "Trash bin")
    meshes, _ = fetched(root, tmp_path, categories={"trash_bin": "02747177"})
    assert len(meshes) == 4
    (root / "trash_bin").mkdir()
    with pytest.raises(SourceError, match=r"Trash bin and trash_bin both stand for trash_bin; join the folders"):
        fetched(root, tmp_path, categories={"trash_bin": "02747177"})


def test_a_missing_folder_is_named_beside_those_that_are_there(root, tmp_path):
    with pytest.raises(SourceError, match=r"no folder lamp, but params\.yaml lists it; other folders there: lantern"):
        fetched(root, tmp_path, categories={"lamp": "lamp"})
    with pytest.raises(SourceError, match=r"nowhere: no such directory; set data\.folder_dir"):
        fetched(tmp_path / "nowhere", tmp_path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "part.STEP",
            r"\(part\.STEP\): curved CAD surfaces, not triangles; `gmsh part\.step -2 -o part\.stl` makes them",
        ),
        ("a.sldprt", r"\(a\.sldprt\): a CAD program's own format; export STL from that program"),
        ("a.gltf", r"\(a\.gltf\): a scene; import it into Blender and export GLB"),
        ("a.off", r"\(a\.off\): a mesh in a format that is not read here; MeshLab exports it as PLY"),
        ("a.txt", r"1 files are no meshes \(a\.txt\); left out"),
    ],
)
def test_what_is_no_mesh_gets_a_sentence_that_says_what_to_do(root, tmp_path, name, message):
    (root / "lantern" / name).write_text("x")
    _, (note,) = fetched(root, tmp_path)
    for path in (root / "lantern").iterdir():
        if path.name != name:
            path.unlink()
    with pytest.raises(SourceError, match=r"lantern: no OBJ, STL, PLY or GLB file in it: .*" + message) as caught:
        fetched(root, tmp_path)
    assert note.removeprefix("lantern: ") in str(caught.value)


def test_ten_thousand_files_that_are_no_meshes_are_one_line(root, tmp_path):
    for number in range(10_000):
        (root / "lantern" / f"{number:05d}.log").touch()
    for name in (".hidden", "._a.obj"):
        (root / "lantern" / name).touch()
    meshes, notes = fetched(root, tmp_path)
    assert len(meshes) == 4
    assert notes == ["lantern: 10000 files are no meshes (00000.log, 00001.log, 00002.log, ...); left out"]


def test_names_that_collide_or_are_unsafe_are_left_out_with_a_line_each():
    names = [
        "a.obj",
        "a.stl",
        "A.ply",
        "b\n.obj",
        "c:d.obj",
        "parametric--jar-001.obj",
        "e .obj",
        "\udcff.obj",
        "f.obj",
    ]
    meshes, notes = choose(names, "jar")
    assert meshes == ["A.ply", "f.obj"]
    assert notes == [
        "jar: 5 meshes have names that other systems do not allow ('\\udcff.obj', 'b\\n.obj', 'c:d.obj', ...); "
        "rename them",
        "jar: 2 files are called a; a.obj is kept, rename the others",
        "jar: a and A differ in case only; A is kept, rename the others",
    ]
    assert all("\n" not in note for note in notes)


def test_a_mesh_that_cannot_be_read_is_left_to_prepare_to_refuse(root, tmp_path):
    (root / "lantern" / "bad.obj").write_text("v 0 0 0\n")
    folder = Folder(root, "z", False, 2**20)
    folder.stamps(LANTERN)
    with write_archive(tmp_path / "lantern.zip") as archive:
        (note,) = folder.write("lantern", "lantern", archive)
    assert note.startswith("lantern: bad.obj: no faces (1 vertices")
    with zipfile.ZipFile(tmp_path / "lantern.zip") as archive:
        assert archive.read("lantern/bad/models/bad.obj") == b"v 0 0 0\n"


def test_another_up_axis_a_new_file_and_a_changed_material_are_noticed(root):
    def digest(up_axis="y"):
        return Folder(root, up_axis, False, 2**20).stamps(LANTERN)["lantern"].digest

    first = digest()
    assert digest("z") != first
    (root / "lantern" / "notes.txt").write_text("nobody reads them")
    assert digest() == first
    materials = root / "lantern" / "box colours.mtl"
    os.utime(materials, ns=(0, 0))
    assert digest() != first


def test_a_mesh_that_is_a_link_to_itself_is_one_clear_line(root, tmp_path):
    (root / "lantern" / "loop").symlink_to("loop")
    assert len(fetched(root, tmp_path)[0]) == 4
    (root / "lantern" / "loop.obj").symlink_to("loop.obj")
    with pytest.raises(SourceError, match=r"loop\.obj: a symbolic link that leads back to itself; remove it"):
        fetched(root, tmp_path)
