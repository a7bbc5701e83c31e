"""The trial of ShapeNet's size: what its meshes are like, its arithmetic, and a run of a handful of objects."""

import json
import subprocess
import sys

import numpy as np
import pytest

import process_tree
import scale as benchmark
import scale_tree as trees
from img2vox.catalog import PAPER_OBJECTS
from img2vox.geometry.mesh import Mesh, read_mesh
from tests.project import REPOSITORY, environment

BOWL = "02880940"


def read_object(folder):
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    return read_mesh("model.obj", files["model.obj"], {"model.mtl": files["model.mtl"]})


def test_text_of_a_mesh_is_read_back_as_it_was():
    vertices = np.array([[0.5, -0.25, 0.0], [-0.000001, 0.125, -0.0000001], [0.1, 0.2, 0.3], [-0.4, 0.0, 0.499999]])
    faces = np.array([[0, 1, 2], [2, 1, 3], [3, 0, 1]])
    mesh = Mesh(np.tile(vertices, (3, 1)), faces + np.array([[0], [4], [8]]), np.array([51, 51, 204], np.uint8))
    text = trees.vertices_text(mesh.vertices) + trees.faces_text(mesh)
    assert b"\nv -0.000001 0.125000 0.000000\n" in text
    assert b"\nf 12/12/12 9/9/9 10/10/10\n" in text
    again = read_mesh("model.obj", text, {"model.mtl": trees.materials_text(mesh)})
    np.testing.assert_array_equal(again.vertices[again.faces], np.round(mesh.vertices, 6)[mesh.faces])
    np.testing.assert_array_equal(again.grays, mesh.grays)


def test_objects_are_shapenets_in_name_and_size_and_no_two_are_alike(tmp_path):
    trees.write_objects(tmp_path / BOWL, 0, 30, None)
    folders = sorted((tmp_path / BOWL).iterdir())
    assert all(len(folder.name) == 32 and int(folder.name, 16) for folder in folders)
    meshes = [read_object(folder) for folder in folders]
    for mesh in meshes:
        assert np.linalg.norm(np.ptp(mesh.vertices, axis=0)) == pytest.approx(1.0, abs=1e-5)
    assert max(len(mesh.faces) for mesh in meshes) <= trees.SMALL
    assert len({(folder / "model.obj").read_bytes() for folder in folders}) == 30
    before = [(folder / "model.obj").read_bytes() for folder in folders]
    trees.write_objects(tmp_path / BOWL, 20, 30, None)  # as an interrupted run goes on
    assert [(folder / "model.obj").read_bytes() for folder in folders] == before


def test_refined_objects_have_as_many_triangles_as_are_asked_for(tmp_path):
    trees.write_objects(tmp_path / BOWL, 0, 3, np.array([50, 700, 3000]))
    found = sorted(len(read_object(folder).faces) for folder in (tmp_path / BOWL).iterdir())
    fewest = len(trees.all_bases(BOWL)[0].mesh.faces)
    assert found[0] == fewest > 50
    assert [0 <= count - wanted <= 2 for count, wanted in zip(found[1:], (700, 3000), strict=True)] == [True, True]


def test_face_counts_follow_the_distribution_whatever_the_number_of_objects():
    faces = trees.face_targets(2001)
    assert np.median(faces) == 6000
    assert faces.mean() == pytest.approx(benchmark.MEAN_FACES, rel=0.02)
    assert round(benchmark.MEAN_FACES) == 21_580
    assert len(set(faces[:100])) > 90  # in no order: every category has a part of all of it


def test_a_tree_is_made_once_and_one_of_other_counts_is_refused(tmp_path):
    root = tmp_path / "ShapeNetCore.v1"
    trees.write_tree(root, {BOWL: 3}, "small", 1)
    assert len(list((root / BOWL).iterdir())) == 3
    (root / BOWL).rename(tmp_path / "moved")
    trees.write_tree(root, {BOWL: 3}, "small", 1)
    assert not (root / BOWL).exists()
    with pytest.raises(SystemExit, match=r"ShapeNetCore\.v1: was made of other counts or faces; name another --dir"):
        trees.write_tree(root, {BOWL: 4}, "small", 1)


def test_a_smaller_run_keeps_the_papers_proportions_and_a_few_of_each():
    whole = benchmark.counts_of(sorted(benchmark.OBJECTS), PAPER_OBJECTS)
    assert (len(whole), sum(whole.values()), whole["table"]) == (54, 48_958, 8_436)
    assert "car" not in whole
    few = benchmark.counts_of(sorted(benchmark.OBJECTS), 500)
    assert (few["table"], few["cap"]) == (86, benchmark.FEWEST)


def test_extrapolation_is_linear_in_the_triangles():
    # A second each 100 objects, and a millisecond each 100 triangles: the sample starts up within 7 s.
    few = {"prepared_objects": 100, "triangles_mean": 500.0, "prepare_s": 7 + 1 + 0.5}
    many = {"prepared_objects": 100, "triangles_mean": 20_500.0, "prepare_s": 7 + 1 + 20.5}
    run = {"prepared_objects": 36_000, "triangles_mean": 480.0, "prepare_s": 540.0}
    hours = benchmark.extrapolated(run, few, many, "prepare")
    assert hours == pytest.approx((540 + 360 * (benchmark.MEAN_FACES - 480) / 1000) / 3600)
    assert benchmark.extrapolated({**run, "prepare_s": None}, few, many, "prepare") is None


def test_times_of_categories_are_what_prepare_says(tmp_path):
    lines = "prepare bus: 30 objects read, 28 prepared, 2 rejected, 0 turned copies, 1.5 s\n"
    (tmp_path / "log").write_text(f"Running stage\n{lines}{lines.replace('bus', 'trash_bin').replace('1.5', '0.5')}")
    seconds = benchmark.per_category(tmp_path / "log")
    assert seconds == {"bus": 1.5, "trash_bin": 0.5}
    assert benchmark.milliseconds(seconds, {"bus": 30, "trash_bin": 10}, ["bus", "trash_bin"]) == 50
    assert benchmark.milliseconds(seconds, {"bus": 30}, ["bag"]) is None


def test_of_a_command_everything_that_it_starts_is_measured(tmp_path):
    child = "import time; held = bytearray(100 * 2**20)\nwhile time.process_time() < 1: pass"
    parent = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}, 'prepare', 'chair'], check=True)"
    )
    took = process_tree.run([sys.executable, "-c", f"print('hello'); {parent}"], tmp_path, tmp_path / "log")
    assert took.output == "hello\n"
    assert took.cpu_s >= 1
    assert took.peak_mb > took.peaks_mb["prepare chair"] > 100
    with pytest.raises(SystemExit, match=r"ended with 3; the end of .*log:\nso it goes"):
        process_tree.run([sys.executable, "-c", "print('so it goes'); exit(3)"], tmp_path, tmp_path / "log")


@pytest.mark.slow
def test_a_handful_of_objects_goes_through_everything(tmp_path):
    command = [sys.executable, str(REPOSITORY / "benchmarks" / "scale.py"), "--directory", str(tmp_path / "a b")]
    command += ["--categories", "bowl", "mug", "--objects", "15", "--sample", "12", "--train"]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    numbers = json.loads((tmp_path / "a b" / "scale.json").read_text(encoding="utf-8"))
    assert (numbers["prepared_objects"], numbers["categories"]) == (15, 2)
    # Of each category an archive of meshes, one of pictures, four files of the bundle and a network; and a list.
    assert numbers["dvc_objects_per_category"] == (2 * 7 + 1) / 2
    assert numbers["many_triangles_mean"] > 10 * numbers["few_triangles_mean"]
    # No less than what was measured, but for the rounding to four digits; how much more is noise with so few objects.
    assert numbers["prepare_hours_extrapolated"] >= 0.999 * numbers["prepare_s"] / 3600
    again = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=900)
    assert again.returncode == 0, again.stderr
    assert "prepare, see" not in again.stdout
    assert (
        json.loads((tmp_path / "a b" / "scale.json").read_text(encoding="utf-8"))["prepare_s"] == numbers["prepare_s"]
    )
