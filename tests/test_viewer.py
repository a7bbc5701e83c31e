"""Grids and meshes for the eye: the window, its picture, and sheets of many."""

import ctypes.util
import json
import os
import subprocess
import sys
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from img2vox import viewer
from img2vox.config import load_params
from img2vox.contact_sheet import LABEL_HEIGHT, sheet_of
from img2vox.data.bundle import IndexRow, format_index
from img2vox.data.image import encode_png
from img2vox.errors import BundleError, MeshError, RenderError
from img2vox.surface import write_mesh
from tests.project import REPOSITORY, box_obj

needs_opengl = pytest.mark.skipif(
    ctypes.util.find_library("EGL") is None, reason="no EGL to draw with; python tests/install_tools.py installs it"
)


@pytest.fixture
def bundle_files(tmp_path):
    """<synset>_voxels.npy, _images.npy and _index.csv of three objects with two views; row 1 is an empty grid."""
    grids = np.zeros((3, 8, 8, 8, 1), dtype=bool)
    grids[0, :2, :3, :8] = True
    grids[2, 1:7, 2:4, 3:5] = True
    np.save(tmp_path / "03001627_voxels.npy", grids)
    images = np.arange(6, dtype=np.uint8)[:, None, None] * np.full((1, 16, 16), 40, dtype=np.uint8)
    np.save(tmp_path / "03001627_images.npy", images)
    index = [IndexRow(row, f"kit--object-{row}", "train", "real", f"g{row}") for row in range(3)]
    (tmp_path / "03001627_index.csv").write_text(format_index(index))
    return tmp_path


def test_a_bundles_row_and_a_grid_show_the_same_mesh(bundle_files, tmp_path):
    grid = np.load(bundle_files / "03001627_voxels.npy")[2, ..., 0]
    np.save(tmp_path / "grid.npy", grid)
    mesh = viewer.read_shape(tmp_path / "grid.npy", 0)
    np.testing.assert_allclose(np.ptp(mesh.vertices, axis=0), [6 / 8, 2 / 8, 2 / 8])
    again = viewer.read_shape(bundle_files / "03001627_voxels.npy", 2)
    np.testing.assert_array_equal(again.vertices, mesh.vertices)


def test_a_mesh_of_any_format_is_read(tmp_path, bundle_files):
    mesh = viewer.read_shape(bundle_files / "03001627_voxels.npy", 0)
    for suffix in ("obj", "stl", "ply", "glb"):
        path = tmp_path / f"mesh.{suffix}"
        path.write_bytes(write_mesh(mesh, suffix))
        np.testing.assert_allclose(np.ptp(viewer.read_shape(path, 0).vertices, axis=0), [2 / 8, 3 / 8, 1])


@pytest.mark.parametrize(
    ("array", "row", "message"),
    [
        (np.zeros((2, 2, 2), dtype=np.float32), 0, r"float32 of shape \(2, 2, 2\); expected"),
        (np.zeros((2, 2, 3), dtype=bool), 0, r"shape \(2, 2, 3\)"),
        (np.zeros((4, 2, 2, 2, 2), dtype=bool), 0, r"shape \(4, 2, 2, 2, 2\)"),
        (np.zeros((4, 2, 2, 2, 1), dtype=bool), 4, "no row 4; it holds rows 0 to 3"),
    ],
)
def test_other_arrays_are_refused_by_name(tmp_path, array, row, message):
    np.save(tmp_path / "x.npy", array)
    with pytest.raises(BundleError, match=rf"x\.npy: .*{message}"):
        viewer.read_shape(tmp_path / "x.npy", row)
    (tmp_path / "x.npy").write_bytes(b"nothing")
    with pytest.raises(BundleError, match=r"x\.npy: no whole NPY file"):
        viewer.read_shape(tmp_path / "x.npy", row)


def test_an_empty_grid_has_nothing_to_show(bundle_files):
    with pytest.raises(MeshError, match="no cell is filled"):
        viewer.read_shape(bundle_files / "03001627_voxels.npy", 1)


@pytest.mark.render
@needs_opengl
def test_a_screenshot_shows_the_object_whole_on_white(bundle_files, tmp_path):
    viewer.save_screenshot(viewer.read_shape(bundle_files / "03001627_voxels.npy", 0), tmp_path / "out.png")
    picture = np.asarray(Image.open(tmp_path / "out.png"))
    assert (picture < 250).mean() > 0.02
    border = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    assert (border == 255).all()


# In a process of its own: beside TensorFlow, which other tests start, Mesa's OpenGL crashes.
WINDOW = """
import json, sys
from pathlib import Path
import pyvista
from img2vox import viewer

def show(plotter):
    camera = plotter.camera
    print(json.dumps([plotter.mesh.n_cells, camera.position, camera.focal_point, camera.up]))
    plotter.close()

pyvista.OFF_SCREEN = True
pyvista.Plotter.show = show
viewer.open_window(viewer.read_shape(Path(sys.argv[1]), 0), "title")
"""


@pytest.mark.render
@needs_opengl
def test_the_window_looks_from_where_the_screenshot_does(bundle_files):
    done = subprocess.run(
        [sys.executable, "-c", WINDOW, bundle_files / "03001627_voxels.npy"],
        env={**os.environ, "DISPLAY": ":0"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    cells, position, focal_point, up = json.loads(done.stdout)
    assert cells > 0
    direction = np.subtract(position, focal_point) / np.linalg.norm(np.subtract(position, focal_point))
    assert np.degrees(np.arctan2(direction[0], direction[2])) == pytest.approx(viewer.CAMERA.azimuth_deg)
    assert np.degrees(np.arcsin(direction[1])) == pytest.approx(viewer.CAMERA.elevation_deg)
    assert up == [0, 1, 0]


def test_without_a_display_the_window_is_one_clear_line(bundle_files, monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(RenderError, match=r"no display .* --screenshot out\.png"):
        viewer.open_window(viewer.read_shape(bundle_files / "03001627_voxels.npy", 0), "title")


@pytest.fixture
def params():
    params = load_params(REPOSITORY / "params.yaml")
    return replace(
        params,
        data=replace(params.data, images_per_object=2),
        render=replace(params.render, views=2),
        bundle=replace(params.bundle, image_size=16, background=200),
    )


def tiles(sheet, side, columns):
    """(rows, columns, side, side) pictures of a sheet, labels cut off."""
    pixels = np.asarray(sheet)
    assert pixels.shape[1] == columns * side
    rows = pixels.reshape(-1, side + LABEL_HEIGHT, columns, side)[:, :side]
    return rows.transpose(0, 2, 1, 3)


def test_a_sheet_of_pictures_has_an_object_a_row_or_one_view_of_each(bundle_files, params):
    all_views = tiles(sheet_of(bundle_files / "03001627_images.npy", None, params), 16, 2)
    np.testing.assert_array_equal(all_views[:, :, 8, 8], [[0, 40], [80, 120], [160, 200]])
    second = tiles(sheet_of(bundle_files / "03001627_images.npy", 1, params), 16, 6)
    np.testing.assert_array_equal(second[0, :, 8, 8], [40, 120, 200, 255, 255, 255])
    with pytest.raises(BundleError, match="has 2 views of each object, so there is no view 2"):
        sheet_of(bundle_files / "03001627_images.npy", 2, params)


def test_a_sheet_of_grids_draws_blocks_and_leaves_empty_ones_white(bundle_files, params):
    drawn = tiles(sheet_of(bundle_files / "03001627_voxels.npy", None, params), 128, 6)[0]
    assert [(tile < 250).any() for tile in drawn] == [True, False, True, False, False, False]


def test_a_sheet_of_meshes_is_that_of_their_renders(tmp_path, params):
    from img2vox.data.archive import list_meshes, open_archive
    from img2vox.data.prepare import Job, prepare_object

    raw, renders = tmp_path / "03001627.zip", tmp_path / "renders.zip"
    with zipfile.ZipFile(raw, "w") as archive:
        archive.writestr("03001627/a/models/model_normalized.obj", box_obj((1, 2, 3)))
        archive.writestr("03001627/b/models/model_normalized.obj", "no mesh")
    with open_archive(raw) as archive, zipfile.ZipFile(renders, "w") as out:
        [first, _] = list_meshes(archive, "03001627")[0]
        made = prepare_object(archive, Job.as_it_is(first), "03001627", params)
        for number, picture in enumerate(made.pictures):
            out.writestr(f"a/{number:03d}.png", encode_png(picture))
    of_meshes = tiles(sheet_of(raw, None, params), 16, 2)
    of_renders = tiles(sheet_of(renders, None, params), 16, 2)
    np.testing.assert_array_equal(of_meshes[0], of_renders[0])
    assert (of_meshes[1] == 200).all()  # what cannot be read is an empty picture
    with pytest.raises(BundleError, match=r"renders\.zip: holds no .* of view 7"):
        sheet_of(renders, 7, params)
    with pytest.raises(BundleError, match=r"render\.views is 2 in params\.yaml, so there is no view 2"):
        sheet_of(raw, 2, params)


def test_what_is_no_category_is_refused_by_name(tmp_path, params, bundle_files):
    with zipfile.ZipFile(tmp_path / "03001627.zip", "w") as archive:
        archive.writestr("readme.txt", "nothing")
    with pytest.raises(BundleError, match=r"03001627\.zip: holds neither pictures nor"):
        sheet_of(tmp_path / "03001627.zip", None, params)
    (bundle_files / "03001627_index.csv").unlink()
    with pytest.raises(BundleError, match="6 pictures for 0 objects of the index"):
        sheet_of(bundle_files / "03001627_images.npy", None, params)
    np.save(bundle_files / "03001627_images.npy", np.zeros((6, 16), np.uint8))
    with pytest.raises(BundleError, match=r"_images\.npy: uint8 of shape \(6, 16\); expected \("):
        sheet_of(bundle_files / "03001627_images.npy", None, params)
    (bundle_files / "03001627_voxels.npy").write_bytes(b"nothing")
    with pytest.raises(BundleError, match=r"_voxels\.npy: no whole NPY file \(.*\); expected \(M, R, R, R, 1\) bool"):
        sheet_of(bundle_files / "03001627_voxels.npy", None, params)
