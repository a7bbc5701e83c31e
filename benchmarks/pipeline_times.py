"""How long the whole of `prepare` takes: a million faces, all embedded objects, ShapeNet; a part of geometry.py."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from common import ROOT, seconds
from img2vox.catalog import CATEGORIES
from img2vox.config import load_params
from img2vox.data.image import composite, encode_png
from img2vox.data.prepare import prepare_category
from img2vox.geometry.mesh import normalize, read_mesh
from img2vox.geometry.voxel import voxelize
from img2vox.paths import Paths
from img2vox.rendering import camera_distance, make_views, render
from shapes import embedded_meshes, normalized, obj_bytes, subdivided

# Nobody has published ShapeNetCore.v2's distribution of faces; this one is an assumption: log-normal, median 6,000,
# one object in a thousand beyond 840,000, which makes 21,600 on the mean.
SHAPENET_OBJECTS = 48_958
SHAPENET_FACES_MEDIAN, SHAPENET_FACES_SIGMA = 6_000, 1.6
SIZES = (0, 5_000, 20_000, 100_000)  # a mesh is refined to; 0: as it is
SIZED_MESHES = 10
MILLION = 1_000_000
CORES = 2
DVC_STAGES = 10


def compute(item, params):
    """All that `prepare` computes of one object but what it writes."""
    name, data, materials = item
    mesh = normalize(read_mesh(name, data, materials), name)
    grid = voxelize(mesh, 32, "standard", "flood", "img2vox")
    distance = camera_distance(mesh, params.render.distance)
    views = make_views(10, params.render.elevation_deg, distance, False, (), None)
    return grid, render(mesh, views, 128, params.render.fov_deg, "raster")


def compute_and_encode(item, params):
    _, pictures = compute(item, params)
    return composite(pictures, params.bundle.background), [encode_png(picture) for picture in pictures]


def million_faces():
    """(seconds, peak MB) of reading, voxelizing and rendering a million faces ten times, in a process of its own."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "million.obj"
        chair = next(item for item in embedded_meshes() if "03001627" in item[0])
        path.write_bytes(obj_bytes(subdivided(normalized(chair), MILLION)))
        code = "import sys; sys.path.insert(0, sys.argv[1]); import pipeline_times as p; p.million_worker(sys.argv[2])"
        command = [sys.executable, "-c", code, str(Path(__file__).parent), str(path)]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    took, peak = done.stdout.split()[-2:]
    return float(took), float(peak)


def million_worker(path):
    params = load_params()
    compute(embedded_meshes(1)[0], params)  # compiled kernels are loaded before the clock starts
    start = time.perf_counter()
    compute(("million.obj", Path(path).read_bytes(), {}), params)
    took = time.perf_counter() - start
    print(took, peak_mb())


def peak_mb():
    """Most memory that this process has had; Linux counts its parent's into ru_maxrss, so that is the last resort."""
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)


def prepare_all(params, workers):
    """(seconds, objects): all embedded objects, real and parametric, through `prepare` in this process."""
    params = replace(params, categories={category.slug: category.synset for category in CATEGORIES})
    with tempfile.TemporaryDirectory() as directory:
        paths = Paths(Path(directory))
        shutil.copytree(ROOT / "data" / "sample", paths.raw, ignore=shutil.ignore_patterns("licences"))
        start = time.perf_counter()
        objects = sum(prepare_category(slug, params, paths, workers).prepared for slug in params.categories)
        return time.perf_counter() - start, objects


def process_start_s():
    """Seconds that a process of `img2vox prepare` takes for three boxes: imports, and compiled kernels from disk."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        shutil.copy(ROOT / "params.yaml", root)
        raw = Paths(root).raw_archive("03001627")
        raw.parent.mkdir(parents=True)
        write_boxes(raw, "03001627")
        command = [sys.executable, "-c", "from img2vox.cli import main; main()", "prepare", "chair"]

        def run():
            subprocess.run(command, cwd=root, check=True, capture_output=True)

        run()
        return seconds(run, 3)


def write_boxes(path, synset):
    import zipfile

    import trimesh

    with zipfile.ZipFile(path, "w") as archive:
        for height in (1, 2, 3):
            text = trimesh.creation.box((1, height, 2)).export(file_type="obj")
            archive.writestr(f"{synset}/box-{height}/models/model_normalized.obj", text)


def dvc_stage_s():
    """Seconds that DVC itself adds to a stage of one small input and one small output."""
    lines = ["stages:", "  copy:", f"    foreach: {[f's{n}' for n in range(DVC_STAGES)]}", "    do:"]
    lines += ["      cmd: cp input ${item}", "      deps: [input]", "      outs: ['${item}']"]
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        (root / "dvc.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        (root / "input").write_text("a small input\n", encoding="utf-8")
        environment = {**os.environ, "DVC_NO_ANALYTICS": "1"}

        def dvc(*arguments):
            command = [sys.executable, "-m", "dvc", *arguments]
            subprocess.run(command, cwd=root, check=True, capture_output=True, env=environment)

        dvc("init", "--no-scm", "--quiet")
        start = time.perf_counter()
        dvc("repro", "--quiet", "copy@s0")
        one = time.perf_counter() - start
        start = time.perf_counter()
        dvc("repro", "--quiet")
        # One start of DVC stands in both.
        return (time.perf_counter() - start - one) / (DVC_STAGES - 2)


def shapenet_hours(items, params, speedup):
    """(hours, mean faces): seconds an object as a + b * faces, over the assumed sizes."""
    faces, times = [], []
    for item in items[:: max(1, len(items) // SIZED_MESHES)]:
        mesh = normalized(item)
        for size in SIZES:
            fine = subdivided(mesh, size)
            sized = ("sized.obj", obj_bytes(fine), {})
            compute_and_encode(sized, params)
            faces.append(len(fine.faces))
            times.append(seconds(lambda sized=sized: compute_and_encode(sized, params), 3))
    design = np.stack([np.ones(len(faces)), np.asarray(faces, float)], axis=1) / np.asarray(times)[:, None]
    per_object, per_face = np.linalg.lstsq(design, np.ones(len(faces)), rcond=None)[0]  # relative errors
    mean_faces = SHAPENET_FACES_MEDIAN * np.exp(SHAPENET_FACES_SIGMA**2 / 2)
    hours = SHAPENET_OBJECTS * (per_object + per_face * mean_faces) / speedup / 3600
    return float(hours), float(mean_faces)


def measure(items, params):
    """Numbers of geometry.json about the pipeline as a whole."""
    took, peak = million_faces()
    alone, objects = prepare_all(params, 1)
    together, _ = prepare_all(params, CORES)
    start, dvc = process_start_s(), dvc_stage_s()
    hours, mean_faces = shapenet_hours(items, params, alone / together)
    return {
        "million_faces_s": took,
        "million_faces_peak_mb": peak,
        "preprocess_sample_s": together,
        "preprocess_sample_objects": objects,
        "preprocess_objects_per_s_1_core": objects / alone,
        "preprocess_objects_per_s_2_cores": objects / together,
        "process_start_s": start,
        "dvc_stage_s": dvc,
        "starts_of_fifty_categories_s": 50 * (start + dvc),
        "shapenet_hours_extrapolated": hours,
        "shapenet_mean_faces_assumed": mean_faces,
    }
