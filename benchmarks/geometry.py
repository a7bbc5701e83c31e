"""Reading, voxelizing and rendering beside what the paper's authors and others call, in one run.

    python benchmarks/geometry.py [--meshes N] [--repeats N] [--skip-blender]

Writes benchmarks/results/geometry.json. Ratios are theirs / ours, medians over the embedded meshes; each pair is
timed in turn on the same mesh, so that a slow moment of the machine hits both.
"""

import argparse
import io
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import trimesh

from common import ROOT, seconds, write_results
from img2vox.config import load_params
from img2vox.data.archive import list_meshes, open_archive, read_entry, read_materials
from img2vox.errors import Img2VoxError
from img2vox.geometry.mesh import Mesh, normalize, read_mesh
from img2vox.geometry.voxel import voxelize
from img2vox.rendering import camera_distance, make_views, render

# ShapeNetCore.v2's sizes as an assumption: log-normal face counts, median 6,000, one in a thousand near a million.
SHAPENET_OBJECTS = 48_958
SHAPENET_FACES_MEDIAN, SHAPENET_FACES_SIGMA = 6_000, 1.6
MILLION = 1_000_000


def embedded_meshes(limit):
    """(name, OBJ bytes, materials) of the real embedded meshes, every so many of them when limited."""
    found = []
    for path in sorted((ROOT / "data" / "sample").glob("*.zip")):
        with open_archive(path) as archive:
            for entry in list_meshes(archive, path.stem)[0]:
                if "parametric--" not in entry.model_id:
                    found.append((entry.name, read_entry(archive, entry.name, 2**30), read_materials(archive, entry)))
    return found[:: max(1, len(found) // limit)] if limit else found


def authors_voxelize(mesh):
    """The paper's calls on a mesh in memory, at ShapeNet's unit diagonal."""
    return mesh.voxelized(pitch=0.025).revoxelized((32, 32, 32)).matrix


def as_trimesh(mesh: Mesh):
    """What trimesh.load(force="mesh") would hand the authors, scaled to ShapeNet's unit diagonal."""
    diagonal = np.linalg.norm(np.ptp(mesh.vertices, axis=0))
    return trimesh.Trimesh(mesh.vertices / diagonal, mesh.faces, process=False)


def subdivided(mesh: Mesh, faces: int) -> Mesh:
    """The same shape in at least `faces` triangles, each split into four until there are enough."""
    vertices, triangles, grays = mesh.vertices, mesh.faces, mesh.grays
    while len(triangles) < faces:
        vertices, triangles = trimesh.remesh.subdivide(vertices, triangles)
        grays = np.repeat(grays, 4)
    return Mesh(vertices, triangles.astype(np.int64), grays)


def obj_bytes(mesh: Mesh) -> bytes:
    """OBJ text of a mesh, for timing its reading."""
    stream = io.StringIO()
    np.savetxt(stream, mesh.vertices, "v %.6f %.6f %.6f")
    np.savetxt(stream, mesh.faces + 1, "f %d %d %d")
    return stream.getvalue().encode()


def compare_meshes(meshes, params, repeats, blender):
    """Per-mesh seconds of ours and theirs, as columns of equal length."""
    rows = []
    for name, data, materials in meshes:
        mesh = normalize(read_mesh(name, data, materials), name)
        theirs = as_trimesh(mesh)
        views = make_views(
            1, params.render.elevation_deg, camera_distance(mesh, params.render.distance), False, (), None
        )

        def read_and_voxelize(name=name, data=data, materials=materials):
            return voxelize(normalize(read_mesh(name, data, materials), name), 32, "paper", "surface", "img2vox")

        def authors_read_and_voxelize(data=data):
            loaded = trimesh.load(io.BytesIO(data), file_type="obj", force="mesh")
            loaded.apply_scale(1 / np.linalg.norm(loaded.extents))
            return authors_voxelize(loaded)

        def draw(engine, mesh=mesh, views=views):
            return render(mesh, views, 128, params.render.fov_deg, engine, 4 if engine == "blender" else None)

        def surface_of(mesh=mesh):
            return voxelize(mesh, 32, "paper", "surface", "img2vox")

        def solid_of(mesh=mesh):
            return voxelize(mesh, 32, "standard", "flood", "img2vox")

        def hull_of(mesh=mesh):
            return voxelize(mesh, 32, "standard", "surface", "img2vox")

        def theirs_of(theirs=theirs):
            return authors_voxelize(theirs)

        row = {
            "faces": len(mesh.faces),
            "authors_voxelize": seconds(theirs_of, 1),
            "voxelize": seconds(surface_of, repeats),
            "solid": seconds(solid_of, repeats),
            "hull": seconds(hull_of, repeats),
            "authors_read_voxelize": seconds(authors_read_and_voxelize, 1),
            "read_voxelize": seconds(read_and_voxelize, repeats),
            "vtk": seconds(lambda: draw("pyvista"), 3),
            "raster": seconds(lambda: draw("raster"), repeats),
            "mask_iou": mask_iou(draw("raster"), draw("pyvista")),
            "agreement": grid_iou(surface_of(), theirs_of()),
        }
        if blender:
            row["blender"] = seconds(lambda: draw("blender"), 1)
        rows.append(row)
    return {key: [row[key] for row in rows] for key in rows[0]}


def mask_iou(a, b):
    a, b = a[..., 1] >= 128, b[..., 1] >= 128
    return (a & b).sum() / max(1, (a | b).sum())


def grid_iou(a, b):
    return (a & b).sum() / max(1, (a | b).sum())


def ratio(theirs, ours):
    """Median over the meshes of theirs / ours."""
    return statistics.median(a / b for a, b in zip(theirs, ours, strict=True))


def million_faces():
    """(seconds, peak MB) of reading, voxelizing and rendering a million faces ten times, in a process of its own."""
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import geometry; geometry.million_worker()"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    took, peak = done.stdout.split()[-2:]
    return float(took), float(peak)


def million_worker():
    params = load_params()
    name, data, materials = next(item for item in embedded_meshes(0) if "03001627" in item[0])
    one(name, data, materials, params)  # compiled kernels are loaded before the clock starts
    with tempfile.TemporaryDirectory() as directory:
        # Made by a process of its own, so that making it does not count as peak memory.
        path = Path(directory) / "million.obj"
        code = (
            f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import geometry, pathlib; "
            f"geometry.write_million(pathlib.Path({str(path)!r}))"
        )
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
        start = time.perf_counter()
        data = path.read_bytes()
        one("million.obj", data, {}, params)
        took = time.perf_counter() - start
    print(took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def write_million(path):
    name, data, materials = next(item for item in embedded_meshes(0) if "03001627" in item[0])
    path.write_bytes(obj_bytes(subdivided(normalize(read_mesh(name, data, materials), name), MILLION)))


def one(name, data, materials, params):
    """All that `prepare` computes of one object."""
    mesh = normalize(read_mesh(name, data, materials), name)
    grid = voxelize(mesh, 32, "standard", "flood", "img2vox")
    distance = camera_distance(mesh, params.render.distance)
    views = make_views(10, params.render.elevation_deg, distance, False, (), None)
    return grid, render(mesh, views, 128, params.render.fov_deg, "raster")


def shapenet_hours(meshes, params, repeats):
    """Extrapolation to ShapeNetCore on two cores: seconds an object as a + b * faces, over the assumed sizes."""
    faces, times = [], []
    for name, data, materials in meshes[::8]:
        mesh = normalize(read_mesh(name, data, materials), name)
        for target in (0, 20_000, 100_000):
            fine = subdivided(mesh, target)
            text = obj_bytes(fine)
            faces.append(len(fine.faces))
            times.append(seconds(lambda: one(name, text, {}, params), repeats))  # noqa: B023
    design = np.stack([np.ones(len(faces)), np.asarray(faces, float)], axis=1) / np.asarray(times)[:, None]
    per_object, per_face = np.linalg.lstsq(design, np.ones(len(faces)), rcond=None)[0]  # relative errors
    mean_faces = SHAPENET_FACES_MEDIAN * np.exp(SHAPENET_FACES_SIGMA**2 / 2)
    total = SHAPENET_OBJECTS * (per_object + per_face * mean_faces)
    return total / 2 / 3600, mean_faces


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--meshes", type=int, default=0, help="only so many of the embedded ones")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--skip-blender", action="store_true")
    options = parser.parse_args()
    params = load_params()
    meshes = embedded_meshes(options.meshes)
    blender = not options.skip_blender and blender_there()
    one(*meshes[0], params)
    times = compare_meshes(meshes, params, options.repeats, blender)
    hours, mean_faces = shapenet_hours(meshes, params, 3)
    took, peak = million_faces()
    median = {key: statistics.median(values) for key, values in times.items()}
    numbers = {
        "meshes": len(meshes),
        "voxelize_vs_authors": ratio(times["authors_voxelize"], times["voxelize"]),
        "voxelize_with_reading_vs_authors": ratio(times["authors_read_voxelize"], times["read_voxelize"]),
        "raster_vs_vtk": ratio(times["vtk"], times["raster"]),
        "raster_vs_blender": ratio(times["blender"], times["raster"]) if blender else None,
        "mask_iou_median": median["mask_iou"],
        "paper_convention_agreement_median": median["agreement"],
        "voxelize_ms": 1e3 * median["voxelize"],
        "authors_voxelize_ms": 1e3 * median["authors_voxelize"],
        "fill_ms": 1e3 * statistics.median(a - b for a, b in zip(times["solid"], times["hull"], strict=True)),
        "raster_ms_per_view": 1e3 * median["raster"],
        "vtk_ms_per_view": 1e3 * median["vtk"],
        "million_faces_s": took,
        "million_faces_peak_mb": peak,
        "shapenet_hours_extrapolated": hours,
        "shapenet_mean_faces_assumed": float(mean_faces),
    }
    for key, value in numbers.items():
        print(f"{key:40} {value if value is None else format(value, '.4g')}")
    print(write_results("geometry", numbers).relative_to(ROOT))


def blender_there():
    """Whether Blender can be measured here."""
    from img2vox.geometry.frames import View

    triangle = Mesh(np.eye(3), np.array([[0, 1, 2]]), np.array([200], np.uint8))
    try:
        render(triangle, [View(0.0, 0.0, 3.0)], 16, 40.0, "blender", 1)
    except Img2VoxError as error:
        print(f"without Blender: {error}")
        return False
    return True


if __name__ == "__main__":
    main()
