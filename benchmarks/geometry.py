"""Reading, voxelizing and rendering beside what the paper's authors and others call, in one run.

    python benchmarks/geometry.py [--meshes N] [--repeats N] [--skip-blender]

Writes benchmarks/results/geometry.json. Ratios are theirs / ours, medians over every so many of the real embedded
meshes (--meshes 0: over all of them, which takes twice as long). Each pair is timed in turn on the same mesh, so that a
slow moment of the machine hits both. Blender is found as the rendering engine finds it: IMG2VOX_BLENDER, `blender` on
PATH, or the module bpy.
"""

import argparse
import importlib.util
import io
import statistics
import tempfile
from pathlib import Path

import numpy as np
import pyvista
import trimesh

import pipeline_times
from common import ROOT, seconds, write_results
from img2vox.config import load_params
from img2vox.errors import RenderError
from img2vox.geometry.mesh import Mesh, normalize, read_mesh
from img2vox.geometry.voxel import voxelize
from img2vox.geometry.voxel_kernels import enclosed_cells, fill_cells, mark_triangles, to_lattice
from img2vox.rendering import camera_distance, make_views, render
from img2vox.rendering.blender_engine import find_blender
from shapes import embedded_meshes, normalized

SIZE, SAMPLES = 128, 4
VTK_VIEWS, BLENDER_VIEWS = 3, 10
BLENDER_MESHES = 6  # each costs two starts of Blender
# What stays from an earlier run where there is no Blender.
OF_BLENDER = (
    "raster_vs_blender",
    "mask_iou_blender_median",
    "blender_meshes",
    "raster_few_ms",
    "blender_ms",
    "blender_start_ms",
)
SURFACE_POINTS = 20_000
STEP = 2**20 // 32


def authors_voxelize(mesh):
    """The paper's calls on a mesh in memory, at ShapeNet's unit diagonal."""
    return mesh.voxelized(pitch=0.025).revoxelized((32, 32, 32)).matrix


def as_trimesh(mesh: Mesh):
    """What trimesh.load(force="mesh") would hand the authors, scaled to ShapeNet's unit diagonal."""
    diagonal = np.linalg.norm(np.ptp(mesh.vertices, axis=0))
    return trimesh.Trimesh(mesh.vertices / diagonal, mesh.faces, process=False)


def compare_voxelizing(items, repeats):
    """A row of seconds and agreements for each mesh, ours and the authors'."""
    rows = []
    for name, data, materials in items:
        mesh = normalized((name, data, materials))
        theirs = as_trimesh(mesh)
        points = to_lattice(mesh.vertices, 32, STEP)
        marks = mark_triangles(points, mesh.faces, 32, STEP)

        def surface_of(mesh=mesh):
            return voxelize(mesh, 32, "paper", "surface", "img2vox")

        def read_and_voxelize(name=name, data=data, materials=materials):
            return voxelize(normalize(read_mesh(name, data, materials), name), 32, "paper", "surface", "img2vox")

        def authors_read_and_voxelize(data=data):
            loaded = trimesh.load(io.BytesIO(data), file_type="obj", force="mesh")
            loaded.apply_scale(1 / np.linalg.norm(loaded.extents))
            return authors_voxelize(loaded)

        def fill(marks=marks):
            return fill_cells(marks, enclosed_cells(marks), True)

        def theirs_of(theirs=theirs):
            return authors_voxelize(theirs)

        rows.append(
            {
                "authors_voxelize": seconds(theirs_of, 1),
                "voxelize": seconds(surface_of, repeats),
                "fill": seconds(fill, repeats),
                "authors_read_voxelize": seconds(authors_read_and_voxelize, 1),
                "read_voxelize": seconds(read_and_voxelize, repeats),
                **agreement(mesh, surface_of(), theirs_of()),
            }
        )
    return columns(rows)


def agreement(mesh, ours, theirs):
    """How closely two surface grids of one mesh agree, and how much of its surface each of them holds."""
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    points = trimesh.sample.sample_surface(as_trimesh(mesh), SURFACE_POINTS, seed=0)[0]
    points = points * np.linalg.norm(high - low)
    extents = np.where(high > low, high - low, 1.0)
    where = (points - (low + high) / 2) / extents + 0.5  # stretched, in [0, 1]
    # The cell on either side of a border will do.
    cells = [np.clip(np.floor(where * 32 + shift), 0, 31).astype(int) for shift in (-1e-6, 1e-6)]

    def held(grid):
        return np.mean(grid[tuple(cells[0].T)] | grid[tuple(cells[1].T)])

    def near(a, b):
        wide = np.pad(b, 1)
        around = np.any([np.roll(wide, s, (0, 1, 2)) for s in np.ndindex(3, 3, 3)], axis=0)[2:, 2:, 2:]
        return np.mean(around[a])

    def empty_borders(grid):
        return sum(not grid.take(end, axis).any() for axis in range(3) for end in (0, -1) if high[axis] > low[axis])

    return {
        "iou": (ours & theirs).sum() / (ours | theirs).sum(),
        "ours_near_theirs": near(ours, theirs),
        "theirs_near_ours": near(theirs, ours),
        "surface_held": held(ours),
        "authors_surface_held": held(theirs),
        "empty_borders": empty_borders(ours),
        "authors_empty_borders": empty_borders(theirs),
    }


def compare_reading(items, repeats):
    """Seconds of OBJ readers on the same files; tinyobjloader where it is installed."""
    rows = []
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "mesh.obj"
        for name, data, materials in items:
            path.write_bytes(data)
            readers = {
                "read": lambda name=name, data=data, materials=materials: read_mesh(name, data, materials),
                "read_trimesh": lambda: trimesh.load(path, force="mesh", process=False, skip_materials=True),
                "read_pyvista": lambda: pyvista.read(path),
            }
            if importlib.util.find_spec("tinyobjloader"):
                import tinyobjloader

                readers["read_tinyobj"] = lambda: tinyobjloader.ObjReader().ParseFromFile(str(path))
            for reader in readers.values():
                reader()
            rows.append({key: seconds(reader, repeats) for key, reader in readers.items()})
    return columns(rows)


def make_drawer(mesh, params, engine):
    """draw(count): `count` views of a mesh by an engine."""
    distance = camera_distance(mesh, params.render.distance)

    def draw(count):
        views = make_views(count, params.render.elevation_deg, distance, False, (), None)
        return render(mesh, views, SIZE, params.render.fov_deg, engine, SAMPLES)

    return draw


def compare_vtk(items, params, repeats):
    """Seconds a view of the rasterizer and of VTK, both with 3 x 3 samples a pixel, and how alike the masks are."""
    rows = []
    for item in items:
        mesh = normalized(item)
        raster, vtk = (make_drawer(mesh, params, engine) for engine in ("raster", "pyvista"))
        pictures = raster(VTK_VIEWS), vtk(VTK_VIEWS)
        multisampled = VtkMultisampled(mesh, params)
        rows.append(
            {
                "vtk": seconds(lambda vtk=vtk: vtk(VTK_VIEWS), 1) / VTK_VIEWS,
                "raster": seconds(lambda raster=raster: raster(VTK_VIEWS), repeats) / VTK_VIEWS,
                "vtk_multisampled": seconds(multisampled, 1) / VTK_VIEWS,
                "mask_iou": mask_iou(*pictures),
            }
        )
        multisampled.close()
    return columns(rows)


class VtkMultisampled:
    """VTK's own antialiasing, four samples a pixel in software: coarser than the engines' nine, and what others use."""

    _plotter = None

    def __init__(self, mesh, params):
        cls = VtkMultisampled
        if cls._plotter is None:
            cls._plotter = pyvista.Plotter(off_screen=True, window_size=(SIZE, SIZE))
            cls._plotter.render_window.SetMultiSamples(SAMPLES)
        self.mesh = pyvista.PolyData.from_regular_faces(mesh.vertices, mesh.faces)
        self.distance, self.params = camera_distance(mesh, params.render.distance), params
        self()

    def __call__(self):
        plotter, elevation = VtkMultisampled._plotter, np.radians(self.params.render.elevation_deg)
        self.actor = plotter.add_mesh(self.mesh, reset_camera=False, render=False, name="mesh")
        plotter.camera.view_angle = self.params.render.fov_deg
        for azimuth in np.radians(np.arange(VTK_VIEWS) * 360 / VTK_VIEWS):
            level = np.cos(elevation)
            toward = np.array([level * np.sin(azimuth), np.sin(elevation), level * np.cos(azimuth)])
            plotter.camera_position = [tuple(self.distance * toward), (0, 0, 0), (0, 1, 0)]
            plotter.renderer.ResetCameraClippingRange()
            picture = plotter.screenshot(None, return_img=True)
        return picture

    def close(self):
        VtkMultisampled._plotter.remove_actor(self.actor, render=False)


def compare_blender(items, params, repeats):
    """Seconds a view of the rasterizer and of Cycles, whose start and loading are taken off."""
    rows = []
    for item in items:
        mesh = normalized(item)
        raster, blender = (make_drawer(mesh, params, engine) for engine in ("raster", "blender"))
        once = seconds(lambda blender=blender: blender(1), 1)
        more = seconds(lambda blender=blender: blender(1 + BLENDER_VIEWS), 1)
        rows.append(
            {
                "blender": (more - once) / BLENDER_VIEWS,
                "blender_start": once,
                "raster": seconds(lambda raster=raster: raster(BLENDER_VIEWS), repeats) / BLENDER_VIEWS,
                "mask_iou": mask_iou(raster(1), blender(1)),
            }
        )
    return columns(rows)


def mask_iou(a, b):
    a, b = a[..., 1] >= 128, b[..., 1] >= 128
    return (a & b).sum() / max(1, (a | b).sum())


def columns(rows):
    return {key: [row[key] for row in rows] for key in rows[0]}


def ratio(times, theirs, ours):
    """Median over the meshes of theirs / ours."""
    return statistics.median(a / b for a, b in zip(times[theirs], times[ours], strict=True))


def milliseconds(times, *keys):
    return {f"{key}_ms": 1e3 * statistics.median(times[key]) for key in keys if key in times}


def measure_voxelizing(items, repeats):
    times = compare_voxelizing(items, repeats)
    return {
        "voxelize_vs_authors": ratio(times, "authors_voxelize", "voxelize"),
        "voxelize_with_reading_vs_authors": ratio(times, "authors_read_voxelize", "read_voxelize"),
        **milliseconds(times, "voxelize", "authors_voxelize", "fill", "read_voxelize", "authors_read_voxelize"),
        "paper_iou_median": statistics.median(times["iou"]),
        "paper_ours_within_a_cell_of_authors": float(np.mean(times["ours_near_theirs"])),
        "paper_authors_within_a_cell_of_ours": float(np.mean(times["theirs_near_ours"])),
        "paper_surface_held": float(np.mean(times["surface_held"])),
        "paper_surface_held_by_authors": float(np.mean(times["authors_surface_held"])),
        "paper_empty_border_slices": sum(times["empty_borders"]),
        "paper_empty_border_slices_of_authors": sum(times["authors_empty_borders"]),
    }


def measure_reading(items, repeats):
    times = compare_reading(items, repeats)
    return milliseconds(times, *times)


def measure_rendering(items, params, repeats, with_blender):
    times = compare_vtk(items, params, repeats)
    numbers = {
        "raster_vs_vtk": ratio(times, "vtk", "raster"),
        "raster_vs_vtk_multisampled": ratio(times, "vtk_multisampled", "raster"),
        "mask_iou_median": statistics.median(times["mask_iou"]),
        "mask_iou_lowest": min(times["mask_iou"]),
        **milliseconds(times, "raster", "vtk", "vtk_multisampled"),
    }
    if with_blender:
        few = items[:: max(1, len(items) // BLENDER_MESHES)]
        times = compare_blender(few, params, repeats)
        numbers["raster_vs_blender"] = ratio(times, "blender", "raster")
        numbers["mask_iou_blender_median"] = statistics.median(times["mask_iou"])
        numbers["blender_meshes"] = len(few)
        numbers["raster_few_ms"] = milliseconds(times, "raster")["raster_ms"]
        numbers |= milliseconds(times, "blender", "blender_start")
    return numbers


def blender_there():
    try:
        find_blender()
    except RenderError as error:
        print(f"without Blender: {error}")
        return False
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--meshes", type=int, default=120, help="about so many of the real embedded ones; 0: all")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--skip-blender", action="store_true")
    options = parser.parse_args()
    params = load_params(ROOT / "params.yaml")
    items = embedded_meshes(options.meshes)
    pipeline_times.compute(items[0], params)  # compiled kernels are loaded before any clock starts
    make_drawer(normalized(items[0]), params, "pyvista")(1)
    with_blender = not options.skip_blender and blender_there()
    numbers = {"meshes": len(items)}
    for measured in (
        lambda: measure_voxelizing(items, options.repeats),
        lambda: measure_reading(items, options.repeats),
        lambda: measure_rendering(items, params, options.repeats, with_blender),
        lambda: pipeline_times.measure(items, params),
    ):
        for key, value in measured().items():
            numbers[key] = value
            print(f"{key:40} {value if value is None else format(value, '.4g')}", flush=True)
    print(write_results("geometry", numbers, others=OF_BLENDER).relative_to(ROOT))


if __name__ == "__main__":
    main()
