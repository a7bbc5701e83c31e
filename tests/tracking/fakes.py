"""What the stages of a category leave, made up: small, quick, and read by nothing but `register`."""

import hashlib
import json
import os
import zipfile
from pathlib import Path

from img2vox.paths import Paths
from img2vox.tracking.entry import read_entry
from img2vox.tracking.gate import Gate
from img2vox.tracking.runs import Pipeline

IMAGE_SIZE, RESOLUTION = 16, 16
MEASURES = ("loss", "accuracy", "binary_crossentropy", "iou")


def write_category(paths, slug, *, iou=0.5, epochs=3, network=None, kind="residual", figures=1, numbers=2, objects=3):
    """A category's files; other numbers mean other weights. `objects` are the test objects: a count, or IoU by name.

    `network` is a real .keras file, else one is made up that says what picture it wants and holds nothing.
    """
    md5 = hashlib.md5(f"{slug} {iou} {kind}".encode()).hexdigest()
    paths.category(slug).mkdir(parents=True, exist_ok=True)
    scores = {"loss": 0.3, "accuracy": 0.9, "binary_crossentropy": 0.2, "iou": iou, "iou_at_0.5": iou - 0.01}
    metrics = {
        "category": slug,
        "network": kind,
        "parameters": 1234,
        "convention": "standard",
        "resolution": RESOLUTION,
        "objects": {"train": 9, "val": 1, "test": 3, "real": 8, "parametric": 5},
        "threshold": 0.42,
        "epochs": epochs,
        "network_md5": md5,
        "val": scores,
        "test": {
            **scores,
            "iou_ci95": [iou - 0.1, iou + 0.1],
            "iou_by_view": {str(view): iou for view in range(numbers)},
            "real": {"objects": 2, "iou": iou},
        },
        "baselines": {"empty": 0.0, "mean_shape": 0.2, "nearest_image": 0.3, "oracle_nearest": 0.6},
        "baselines_real": None,
    }
    paths.metrics(slug).write_text(json.dumps(metrics), encoding="utf-8")
    paths.fit(slug).write_text(json.dumps({"network_md5": md5}), encoding="utf-8")
    ious = {f"o{n}": iou + 0.001 * n for n in range(objects)} if isinstance(objects, int) else objects
    lines = [f"test,{name},{view},{value + 0.01 * view:.6f}" for name, value in ious.items() for view in range(2)]
    text = "\n".join(["split,model_id,view,iou", "val,v,0,0.1", *lines]) + "\n"
    paths.instances(slug).write_text(text, encoding="utf-8")
    columns = [*MEASURES, *(f"val_{name}" for name in MEASURES)]
    lines = [",".join(["epoch", *columns])]
    lines += [",".join([str(n), *(repr(iou / n + c) for c in range(len(columns)))]) for n in range(1, epochs + 1)]
    paths.history(slug).write_text("\n".join(lines) + "\n", encoding="utf-8")
    paths.figures(slug).mkdir(exist_ok=True)
    for number in range(figures):
        (paths.figures(slug) / f"{number}.png").write_bytes(b"png" * 1000)
    if network is None:
        layer = {"class_name": "InputLayer", "config": {"batch_shape": [None, IMAGE_SIZE, IMAGE_SIZE, 1]}}
        with zipfile.ZipFile(paths.network(slug), "w") as archive:
            archive.writestr("config.json", json.dumps({"config": {"layers": [layer]}}))
            archive.writestr("model.weights.h5", md5)
    else:
        # A new file in the old one's place, as training leaves it.
        aside = paths.network(slug).with_suffix(".part")
        aside.write_bytes(Path(network).read_bytes())
        os.replace(aside, paths.network(slug))
    return md5


def entries_of(paths, slugs, protocol="standard"):
    return [read_entry(slug, synset_of(slug), protocol, "low", inputs_of(slug), paths) for slug in slugs]


def pipeline_of(paths, entries, params=None):
    """As the stage makes it, but for git and reports."""
    values = {"seed": 1, "train.epochs": 3} if params is None else params
    return Pipeline(
        key=hashlib.sha256("".join([*(entry.key for entry in entries), str(values)]).encode()).hexdigest()[:32],
        protocol=entries[0].protocol,
        params=values,
        tags={"git_commit": "c0ffee", "git_dirty": "false"},
        numbers={"mean_over_categories.iou": 0.5},
        files=(),
        figures=paths.reports / "figures",
    )


def gate_of(min_gain=0.0, min_test_objects=3, by_hand=()):
    return Gate(min_gain, min_test_objects, 200, 1, dict(by_hand))


def synset_of(slug):
    return f"{int(hashlib.md5(slug.encode()).hexdigest(), 16) % 10**8:08d}"


def inputs_of(slug):
    return {f"data/bundles/{synset_of(slug)}_voxels.npy": hashlib.md5(slug.encode()).hexdigest()}


def fake_project(root, slugs, **options):
    paths = Paths(Path(root))
    for number, slug in enumerate(slugs):
        write_category(paths, slug, iou=0.4 + 0.005 * number, **options)
    return paths
