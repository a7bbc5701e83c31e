"""The engines beside each other, and what each does when it is missing."""

import gc
import importlib.util
import io
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
import trimesh

from img2vox.errors import RenderError
from img2vox.rendering import blender_engine, camera_distance, make_views, render
from tests.rendering.shapes import is_uniform, make_boxes, make_mesh, make_soup

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
SIZE, FOV_DEG = 128, 49.1


def from_trimesh(shape):
    """Centered, longest side 1, grays from 60 to 250."""
    vertices = shape.vertices - shape.bounds.mean(axis=0)
    faces = np.asarray(shape.faces)
    return make_mesh(vertices / np.ptp(shape.bounds, axis=0).max(), faces, np.linspace(60, 250, len(faces)))


def thin_legged_stool():
    legs = [((x, -0.5, z), (x + 0.02, 0.1, z + 0.02)) for x in (-0.3, 0.28) for z in (-0.2, 0.18)]
    return make_boxes([((-0.3, 0.1, -0.2), (0.3, 0.13, 0.2)), *legs])


SHAPES = {
    "torus": from_trimesh(trimesh.creation.torus(1.0, 0.35)),
    "cone": from_trimesh(trimesh.creation.cone(0.5, 1.0)),
    "ball": from_trimesh(trimesh.creation.icosphere(4)),
    "open pipe": from_trimesh(trimesh.creation.annulus(0.4, 0.45, 1.5)),
    "stool": thin_legged_stool(),
    "soup": make_soup(11, 20),
}


def draw(mesh, engine, count=6, samples=None):
    views = make_views(count, 31.0, camera_distance(mesh, 1.25), False, (0.0, 45.0), np.random.default_rng(0))
    return render(mesh, views, SIZE, FOV_DEG, engine, samples)


def sample_meshes(step):
    """Every step-th real mesh of the embedded data."""
    found = []
    for path in sorted(SAMPLE.glob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            found += [(path, name) for name in sorted(archive.namelist()) if name.endswith(".obj")]
    for path, name in found[::step]:
        with zipfile.ZipFile(path) as archive:
            data = io.BytesIO(archive.read(name))
        yield from_trimesh(trimesh.load(data, file_type="obj", force="mesh", process=False, skip_materials=True))


def assert_silhouettes_agree(pairs):
    """The project's own measure: median IoU, and nothing differs farther than a pixel from an edge."""
    ious = []
    for first, second in pairs:
        for a, b in zip(first[..., 1] > 127, second[..., 1] > 127, strict=True):
            ious.append((a & b).sum() / (a | b).sum())
            assert not ((a != b) & is_uniform(a) & is_uniform(b)).any()
    assert np.median(ious) >= 0.98


@pytest.mark.render
def test_raster_and_vtk_draw_the_same_silhouettes():
    assert_silhouettes_agree([(draw(mesh, "raster"), draw(mesh, "pyvista")) for mesh in SHAPES.values()])


@pytest.mark.render
def test_raster_and_vtk_draw_the_same_silhouettes_of_embedded_meshes():
    if not SAMPLE.is_dir():
        pytest.skip(f"no embedded meshes in {SAMPLE}")
    assert_silhouettes_agree([(draw(mesh, "raster", 3), draw(mesh, "pyvista", 3)) for mesh in sample_meshes(25)])


@pytest.mark.render
@pytest.mark.parametrize("name", ["torus", "stool", "ball"])
def test_raster_and_vtk_give_the_same_grays(name):
    ours, theirs = draw(SHAPES[name], "raster"), draw(SHAPES[name], "pyvista")
    whole = (ours[..., 1] == 255) & (theirs[..., 1] == 255)
    difference = np.abs(ours[..., 0].astype(int) - theirs[..., 0])[whole]
    assert np.median(difference) <= 1
    assert (difference > 12).mean() < 0.02


@pytest.mark.render
def test_vtk_draws_for_any_thread_and_any_size():
    mesh = SHAPES["cone"]
    views = make_views(2, 31.0, 2.0, False, (0.0, 45.0), np.random.default_rng(0))
    sizes = [32, 64, 32, 48, 32]
    expected = {size: render(mesh, views, size, FOV_DEG, "pyvista") for size in sizes}
    with ThreadPoolExecutor(3) as pool:
        pictures = list(pool.map(lambda size: render(mesh, views, size, FOV_DEG, "pyvista"), sizes))
    for size, picture in zip(sizes, pictures, strict=True):
        assert picture.shape == (2, size, size, 2)
        assert np.array_equal(picture, expected[size])


@pytest.mark.render
def test_vtk_leaves_nothing_of_the_last_mesh():
    first, second = SHAPES["torus"], thin_legged_stool()
    alone = draw(second, "pyvista")
    draw(first, "pyvista")
    assert np.array_equal(draw(second, "pyvista"), alone)


def vtk_process():
    """The process that draws for this one."""
    [found] = [child for child in psutil.Process().children() if "img2vox.rendering.pyvista_painter" in child.cmdline()]
    return found


def resident_mb():
    return vtk_process().memory_info().rss / 2**20


@pytest.mark.render
def test_vtk_draws_after_tensorflow_has_started():
    import keras

    keras.ops.convert_to_numpy(keras.ops.matmul(np.ones((4, 4), "float32"), np.ones((4, 4), "float32")))
    assert draw(SHAPES["cone"], "pyvista", 1)[..., 1].any()


@pytest.mark.render
def test_a_crash_of_vtk_is_one_error_and_the_next_drawing_works():
    expected = draw(SHAPES["cone"], "pyvista", 1)
    vtk_process().suspend()
    with ThreadPoolExecutor(1) as pool:
        drawing = pool.submit(draw, SHAPES["cone"], "pyvista", 1)
        vtk_process().kill()
        with pytest.raises(
            RenderError, match=r"VTK's process ended with code -?\d+ while it drew; .*render.engine raster"
        ):
            drawing.result()
    assert np.array_equal(draw(SHAPES["cone"], "pyvista", 1), expected)


def test_without_any_opengl_the_sentence_says_what_to_install(monkeypatch):
    """In this process, with a window that only looks like VTK's last resort: the real one ends the process."""
    from img2vox.rendering import pyvista_painter

    window = SimpleNamespace(GetClassName=lambda: "vtkOSOpenGLRenderWindow")
    plotter = SimpleNamespace(render_window=window, close=lambda: None)
    monkeypatch.setattr(pyvista_painter.pyvista, "Plotter", lambda **_: plotter)
    monkeypatch.setattr(pyvista_painter, "find_library", lambda name: None)
    monkeypatch.setattr(sys, "platform", "linux")
    message = r"no display, no EGL and no OSMesa found; install one of them .*libegl1`\), or use render\.engine raster"
    with pytest.raises(RenderError, match=message):
        pyvista_painter.Painter()


@pytest.mark.render
@pytest.mark.slow
def test_vtk_keeps_no_memory_from_mesh_to_mesh():
    mesh = from_trimesh(trimesh.creation.icosphere(5))  # 20,480 faces, 1.5 MB with what VTK adds
    for _ in range(30):
        draw(mesh, "pyvista", 1)
    gc.collect()
    before = resident_mb()
    for _ in range(200):
        draw(mesh, "pyvista", 1)
    gc.collect()
    assert resident_mb() - before < 40


def has_blender():
    try:
        blender_engine.find_blender()
    except RenderError:
        return False
    return True


@pytest.mark.slow
@pytest.mark.skipif(not has_blender(), reason="no Blender: neither IMG2VOX_BLENDER, nor blender on PATH, nor bpy")
def test_raster_and_blender_draw_the_same_pictures():
    pictures = {name: (draw(mesh, "raster", 3), draw(mesh, "blender", 3, 64)) for name, mesh in SHAPES.items()}
    assert_silhouettes_agree(pictures.values())
    for name in ("torus", "stool", "ball"):
        ours, theirs = pictures[name]
        whole = (ours[..., 1] == 255) & (theirs[..., 1] == 255)
        assert np.median(np.abs(ours[..., 0].astype(int) - theirs[..., 0])[whole]) <= 2


@pytest.mark.slow
@pytest.mark.render
@pytest.mark.skipif(not has_blender(), reason="no Blender: neither IMG2VOX_BLENDER, nor blender on PATH, nor bpy")
@pytest.mark.parametrize("engine", ["raster", "pyvista"])
def test_blender_draws_the_same_silhouettes_of_embedded_meshes(engine):
    if not SAMPLE.is_dir():
        pytest.skip(f"no embedded meshes in {SAMPLE}")
    meshes = list(sample_meshes(60))
    assert_silhouettes_agree([(draw(mesh, engine, 3), draw(mesh, "blender", 3, 64)) for mesh in meshes])


@pytest.fixture
def no_blender(monkeypatch, tmp_path):
    monkeypatch.delenv("IMG2VOX_BLENDER", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


@pytest.mark.usefixtures("no_blender")
def test_missing_blender_is_one_error_that_says_what_to_install():
    with pytest.raises(RenderError, match=r"no Blender found; install Blender .* or .*pip install --no-deps 'bpy>"):
        draw(SHAPES["cone"], "blender", 1, 1)


@pytest.mark.usefixtures("no_blender")
def test_wrong_blender_variable_is_named(monkeypatch):
    monkeypatch.setenv("IMG2VOX_BLENDER", "/no/such/blender")
    with pytest.raises(RenderError, match="IMG2VOX_BLENDER is /no/such/blender"):
        draw(SHAPES["cone"], "blender", 1, 1)


@pytest.mark.usefixtures("no_blender")
def test_blender_that_fails_is_quoted(monkeypatch):
    # Python stands in for Blender: it knows none of Blender's options, complains and ends with code 2.
    monkeypatch.setenv("IMG2VOX_BLENDER", sys.executable)
    with pytest.raises(RenderError, match=r"Blender ended with code 2; it said: .*--background"):
        draw(SHAPES["cone"], "blender", 1, 1)
