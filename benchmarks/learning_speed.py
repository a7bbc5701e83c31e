"""How fast the networks train, and in how much memory, beside a plain `model.fit` on arrays.

    python benchmarks/learning_speed.py [--only residual naive high pipeline thirteen evaluate]

Everything runs in processes of its own, one at a time, on made-up bundles of the real sizes (128 pixels, 32 cells):
a step takes as long whatever is in the pictures. `high` needs 16 GB and some minutes. Adds to learning.json:

    images_per_s_residual    joint training, batches of 32, data pipeline included,
    jax_images_per_s_residual    and by JAX, where it is installed
    low_images_per_s         of `low` in our training,
    naive_images_per_s       in model.fit on float32 arrays with the same metrics: TensorFlow as it comes, which leaves
                             oneDNN aside on processors without AVX-512; each the median of five runs in turn,
    naive_fit_ratio          and the median of the first by the second, pair by pair
    naive_fit_memory_ratio   peak memory of ours / of model.fit, 6,000 pairs
    high_step_peak_mb        peak memory of `high` at the paper's batch of 32
    pipeline_images_per_s    pairs that reach a category's training while no network works on them
    joint_pipeline_images_per_s  the same of the joint training, from one reading thread,
    joint_pipeline_scaling       and how many times as many from one on every core
    thirteen_gpu_hours       the joint network on ShapeNet's thirteen categories, on one GPU:
                                 hours = epochs * thirteen_pictures / thirteen_gpu_images_per_s / 3600
                                 thirteen_pictures = training objects * (views + copies * views of a copy)
                             Images a second are measured where there is a GPU (thirteen_gpu_is_measured). Elsewhere
                                 images_per_s = batch / max(batch * thirteen_step_gflop / 15,600 GFLOP/s, 28 ms)
                             a twentieth of what an NVIDIA A100 does at most in bfloat16, and what a step took on an
                             H100 by JAX, beside other work on its cores: so small a network waits for Python and for
                             its kernels to start. Sixteen trainings together got 14,000 images a second out of it
    thirteen_readers         reading threads, a core each, with which the pipeline keeps up with that GPU
    evaluate_all_s           `evaluate` of all trained categories in two processes, and `compare`
"""

import argparse
import importlib.util
import json
import math
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from common import RESULTS, ROOT, write_results
from img2vox.catalog import BY_SYNSET
from img2vox.config import load_params
from img2vox.data.published import SYNSETS
from img2vox.data.split import split_sizes
from img2vox.imports import ONEDNN_IS_ON, without_lines
from img2vox.learning.onednn import give_memory_back, train_by_onednn
from img2vox.paths import Paths

SIZE, RESOLUTION = 128, 32
KEYS = (
    "images_per_s_residual",
    "jax_images_per_s_residual",
    "low_images_per_s",
    "naive_images_per_s",
    "naive_fit_ratio",
    "naive_fit_memory_ratio",
    "high_step_peak_mb",
    "pipeline_images_per_s",
    "joint_pipeline_images_per_s",
    "joint_pipeline_scaling",
    "thirteen_pictures",
    "thirteen_step_gflop",
    "thirteen_gpu_images_per_s",
    "thirteen_gpu_is_measured",
    "thirteen_gpu_hours",
    "thirteen_readers",
    "evaluate_all_s",
)
PARTS = ("residual", "naive", "high", "pipeline", "thirteen", "evaluate")
GPU_GFLOP_PER_S, GPU_STEP_S = 312e3 / 20, 0.028


def peak_mb():
    """Of this process, in its whole life."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def start_backend():
    train_by_onednn()
    with without_lines(*ONEDNN_IS_ON):
        from img2vox.learning.backend import prepare_backend

    params = load_params(ROOT / "params.yaml")
    prepare_backend(params.train.threads, params.seed)
    return params


def made_up_samples(objects, views=10):
    """Pairs on disk, mapped, as a bundle's are; few of the grids' cells are filled, as in the real ones."""
    from img2vox.learning.dataset import Samples

    rng = np.random.default_rng(1)
    directory = Path(os.environ["SCRATCH"])
    images = np.lib.format.open_memmap(directory / "images.npy", "w+", np.uint8, (objects * views, SIZE, SIZE))
    voxels = np.lib.format.open_memmap(directory / "voxels.npy", "w+", bool, (objects, *(RESOLUTION,) * 3, 1))
    for row in range(objects):
        images[row * views : (row + 1) * views] = rng.integers(0, 256, (views, SIZE, SIZE), dtype=np.uint8)
        voxels[row] = rng.random(voxels.shape[1:]) < 0.12
    images.flush()
    voxels.flush()
    mapped = (np.load(directory / name, mmap_mode="r") for name in ("voxels.npy", "images.npy"))
    return Samples(*mapped, np.arange(objects), np.arange(views))


def made_up_pool(pictures=640):
    from img2vox.joint.pool import Pool
    from img2vox.learning.residual import seen_side

    rng, side = np.random.default_rng(1), seen_side(RESOLUTION)
    rows = np.arange(pictures)
    return Pool(
        rng.integers(0, 256, (pictures, SIZE, SIZE, 2), dtype=np.uint8),
        np.packbits(rng.random((pictures, RESOLUTION * side * side), dtype=np.float32) < 0.06, axis=1),
        rng.uniform(0, 360, pictures).astype(np.float32),
        RESOLUTION,
        rows,
        rows,
    )


def residual():
    """Images a second of the joint training, the first epoch left out: it traces."""
    params = start_backend()
    from img2vox.joint.training import fit_joint
    from img2vox.learning.networks import build_network

    network, times = build_network("residual", SIZE, RESOLUTION, 1), []
    pool = made_up_pool()
    with tempfile.TemporaryDirectory() as scratch:
        fit_joint(
            network,
            pool,
            {"none": replace(made_up_samples(1, views=1))},
            settings=replace(params.pretrain, epochs=6),
            background=255,
            seed=1,
            checkpoint_dir=Path(scratch),
            on_epoch=lambda row: times.append(time.perf_counter()),
        )
    return {"images_per_s": len(pool) / statistics.median(np.diff(times[1:]))}


def ours(pairs, epochs):
    """`low` in our training; epochs 0: memory alone, twenty steps."""
    params = start_backend()
    from img2vox.learning.networks import build_network
    from img2vox.learning.training import fit

    samples = made_up_samples(pairs // 10)
    if not epochs:
        samples = replace(samples, rows=samples.rows[:64])
    network, times = build_network("low", SIZE, RESOLUTION, 1), [time.perf_counter()]
    settings = replace(params.train, epochs=max(1, epochs), batch_size=32, early_stopping=False, mirror=False)
    val = replace(samples, rows=samples.rows[:1], views=samples.views[:1])
    on_epoch = lambda row: times.append(time.perf_counter())  # noqa: E731
    fit(network, samples, val, settings=settings, seed=1, checkpoint_dir=None, on_epoch=on_epoch)
    took = statistics.median(np.diff(times[1:])) if epochs > 1 else 1.0
    return {"images_per_s": len(samples) / took, "peak_mb": peak_mb()}


def naive(pairs, epochs):
    """`low` in model.fit on arrays of float32 that hold every pair, as the paper's notebooks do; TensorFlow as is."""
    with without_lines(*ONEDNN_IS_ON):
        import keras

    from img2vox.learning.metrics import training_metrics
    from img2vox.learning.networks import build_network

    samples = made_up_samples(pairs // 10)
    images, voxels = samples.read(np.arange(len(samples)))
    images, voxels = images.astype(np.float32), voxels.astype(np.float32)
    network, times = build_network("low", SIZE, RESOLUTION, 1), []
    network.compile(optimizer="adam", loss="binary_crossentropy", metrics=training_metrics())

    class Clock(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            times.append(time.perf_counter())

    one = (images[:1], voxels[:1])
    steps = {} if epochs else {"steps_per_epoch": 20}
    network.fit(
        images,
        voxels,
        batch_size=32,
        epochs=max(1, epochs),
        validation_data=one,
        callbacks=[Clock()],
        verbose=0,
        **steps,
    )
    took = statistics.median(np.diff(times)) if epochs > 1 else 1.0
    return {"images_per_s": len(samples) / took, "peak_mb": peak_mb()}


def high():
    """Four steps of the paper's large network."""
    give_memory_back()
    params = start_backend()
    from img2vox.learning.networks import build_network
    from img2vox.learning.training import fit

    samples = replace(made_up_samples(10), rows=np.arange(10))
    network = build_network("high", SIZE, RESOLUTION, 1)
    settings = replace(params.train, epochs=1, batch_size=32, early_stopping=False, mirror=False)
    val = replace(samples, rows=samples.rows[:1], views=samples.views[:1])
    fit(network, samples, val, settings=settings, seed=1, checkpoint_dir=None)
    return {"peak_mb": peak_mb()}


def pipeline():
    """Images a second of both pipelines alone."""
    from img2vox.joint.batches import joint_batches
    from img2vox.learning.dataset import training_batches

    params = load_params(ROOT / "params.yaml")
    samples, pool = made_up_samples(40), made_up_pool()

    def rate(batches):
        pictures, start, epoch = 0, time.perf_counter(), 0
        while time.perf_counter() - start < 5:
            epoch += 1
            pictures += sum(len(batch[0]) for batch in batches(epoch))
        return pictures / (time.perf_counter() - start)

    settings = params.train
    return {
        "images_per_s": rate(lambda e: training_batches(samples, settings.batch_size, 1, e, settings.mirror)),
        "joint_images_per_s": rate(lambda e: joint_batches(pool, params.pretrain, 255, 1, e)),
        "joint_images_per_s_all_cores": rate(
            lambda e: joint_batches(pool, params.pretrain, 255, 1, e, len(os.sched_getaffinity(0)))
        ),
    }


def step():
    """What a step of the joint training computes for each picture, and whether a GPU would do it."""
    start_backend()
    import keras

    from img2vox.learning.networks import build_network
    from img2vox.learning.residual import seen_network

    network = seen_network(build_network("residual", SIZE, RESOLUTION, 1))
    return {"gflop": 3 * forward_flop(network) / 1e9, "gpus": len(keras.distribution.list_devices("gpu"))}


def forward_flop(network):
    """Multiplications and additions of one picture's way through the layers; back again takes twice as many.

    Convolutions that keep the size, and dense layers: every weight is used once at every place of the output.
    """
    kernels = [layer for layer in network.layers if hasattr(layer, "kernel")]
    return sum(2 * math.prod(layer.output.shape[1:-1]) * math.prod(layer.kernel.shape) for layer in kernels)


def thirteen_pictures(params):
    """Of one epoch over the training objects of the thirteen categories of the literature."""
    counts = [BY_SYNSET[synset].objects for synset in SYNSETS]
    objects = sum(split_sizes(count, params.split.val, params.split.test)[0] for count in counts)
    return objects * (params.render.views + params.pretrain.copies * params.pretrain.views_per_copy)


def thirteen(params, gflop, measured, reader):
    """The numbers of one GPU.

    Args:
        params: all of params.yaml.
        gflop: of a step, a picture.
        measured: images a second of a GPU; None where there is none.
        reader: images a second from one reading thread.
    """
    batch, pictures = params.pretrain.batch_size, thirteen_pictures(params)
    rate = measured or batch / max(batch * gflop / GPU_GFLOP_PER_S, GPU_STEP_S)
    return {
        "thirteen_pictures": pictures,
        "thirteen_step_gflop": gflop,
        "thirteen_gpu_images_per_s": rate,
        "thirteen_gpu_is_measured": int(measured is not None),
        "thirteen_gpu_hours": params.pretrain.epochs * pictures / rate / 3600,
        "thirteen_readers": math.ceil(rate / reader),
    }


def in_own_process(name, *arguments, backend=None):
    """What one of the functions above returns, run alone; by another backend of Keras than is set, if one is named."""
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, __file__, "--child", json.dumps([name, *arguments])]
        environment = {**os.environ, "SCRATCH": scratch, "TF_CPP_MIN_LOG_LEVEL": "3"}
        if backend:
            environment["KERAS_BACKEND"] = backend
        done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    print(name, *arguments, backend or "", found, flush=True)
    return found


def evaluate_all_s(root, workers=2):
    """Seconds of `evaluate` of all categories in two processes, and `compare`; None where not all are trained.

    In a directory of its own that links to the data and what training left: nothing of the project is written.
    """
    params, paths = load_params(root / "params.yaml"), Paths(root)
    made = ("predictions.npz", "fit.json", "history.csv")
    if not all((paths.category(slug) / name).exists() for slug in params.categories for name in made):
        return None
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory)
        shutil.copy(root / "params.yaml", copy)
        (copy / "data").symlink_to(root.resolve() / "data")
        (copy / "models").mkdir()
        (copy / "models" / "joint").symlink_to(paths.joint.parent.resolve())
        for slug in params.categories:
            (copy / "models" / slug).mkdir()
            for name in made:
                (copy / "models" / slug / name).symlink_to((paths.category(slug) / name).resolve())

        def run(*arguments):
            code = "from img2vox.cli import main; main()"
            subprocess.run([sys.executable, "-c", code, *arguments], cwd=copy, check=True, capture_output=True)

        start = time.perf_counter()
        with ThreadPoolExecutor(workers) as pool:
            shares = [list(params.categories)[number::workers] for number in range(workers)]
            list(pool.map(lambda slugs: run("evaluate", *slugs), shares))
        run("compare")
        return time.perf_counter() - start


def measure(only):
    """The numbers of the parts that are asked for."""
    numbers = {}
    if "pipeline" in only:
        found = in_own_process("pipeline")
        numbers["pipeline_images_per_s"] = found["images_per_s"]
        numbers["joint_pipeline_images_per_s"] = found["joint_images_per_s"]
        numbers["joint_pipeline_scaling"] = found["joint_images_per_s_all_cores"] / found["joint_images_per_s"]
    if "residual" in only:
        numbers["images_per_s_residual"] = in_own_process("residual", backend="tensorflow")["images_per_s"]
        if importlib.util.find_spec("jax"):
            numbers["jax_images_per_s_residual"] = in_own_process("residual", backend="jax")["images_per_s"]
    if "thirteen" in only:
        found = in_own_process("step")
        measured = in_own_process("residual")["images_per_s"] if found["gpus"] else None
        reader = in_own_process("pipeline")["joint_images_per_s"]
        numbers |= thirteen(load_params(ROOT / "params.yaml"), found["gflop"], measured, reader)
    if "naive" in only:
        # In pairs: the machine may be shared.
        pairs = [[in_own_process(name, 320, 3)["images_per_s"] for name in ("ours", "naive")] for _ in range(5)]
        numbers["low_images_per_s"], numbers["naive_images_per_s"] = map(statistics.median, zip(*pairs, strict=True))
        numbers["naive_fit_ratio"] = statistics.median(own / theirs for own, theirs in pairs)
        theirs, own = in_own_process("naive", 6000, 0), in_own_process("ours", 6000, 0)
        numbers["naive_fit_memory_ratio"] = own["peak_mb"] / theirs["peak_mb"]
    if "high" in only:
        numbers["high_step_peak_mb"] = in_own_process("high")["peak_mb"]
    if "evaluate" in only:
        numbers["evaluate_all_s"] = evaluate_all_s(ROOT)
    return numbers


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        name, *arguments = json.loads(options.child)
        functions = {f.__name__: f for f in (residual, ours, naive, high, pipeline, step)}
        print(json.dumps(functions[name](*arguments)))
        return
    numbers = measure(options.only)
    path = RESULTS / "learning.json"
    others = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else ()
    print(write_results("learning", numbers, others=others))


if __name__ == "__main__":
    main()
