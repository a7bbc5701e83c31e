"""Stands in for `img2vox` in a project of the real dvc.yaml files: every stage's outputs from its inputs, in no time.

pretend/fail-train-mug     makes that stage write half of an output and fail
pretend/wait-train-mug     makes it begin an output and wait for ever, with its process id in waits-train-mug
pretend/meet-train         makes every such stage wait until another one of them runs, or fail
Each stage appends its name to pretend/ran. PRETEND_NOTES is another place for that directory.
"""

import hashlib
import json
import os
import sys
import time
from pathlib import Path


def main():
    stage, slug = [*sys.argv[1:], ""][:2]
    root = Path(__file__).resolve().parent
    notes = Path(os.environ.get("PRETEND_NOTES", root / "pretend"))
    notes.mkdir(exist_ok=True)
    name = f"{stage}-{slug}" if slug else stage
    with (notes / "ran").open("a", encoding="utf-8") as stream:
        stream.write(name + "\n")
    lines = Path("params.yaml").read_text(encoding="utf-8").partition("categories:\n")[2].partition("\n\n")[0]
    synsets = {line.split(":")[0].strip(): line.split('"')[1] for line in lines.splitlines()}
    if (notes / f"meet-{stage}").exists():
        meet(notes / "running", stage, name)
    if (notes / f"wait-{name}").exists():
        wait(notes, name)
    outputs = OUTPUTS[stage](slug, synsets)
    for number, (output, inputs) in enumerate(outputs):
        if number and (notes / f"fail-{name}").exists():
            sys.exit(f"pretend: {name} has failed, as asked")
        text = "".join(hashlib.sha256(Path(path).read_bytes()).hexdigest() + "\n" for path in inputs)
        text = f"{name} {output}\n{text}"
        if output.endswith("metrics.json"):
            text = json.dumps({"iou": int(hashlib.sha256(text.encode()).hexdigest()[:4], 16) / 65536})
        Path(output).parent.mkdir(parents=True, exist_ok=True)
        Path(output).write_text(text, encoding="utf-8")
    sys.stdout.write(f"pretend: {name} is done\n")


def meet(running, stage, name):
    running.mkdir(exist_ok=True)
    mine = running / name
    mine.touch()
    try:
        for _ in range(600):
            if len(list(running.glob(f"{stage}-*"))) > 1:
                time.sleep(0.3)  # so that the other one sees this one
                return
            time.sleep(0.1)
        sys.exit(f"pretend: {name} has waited in vain for another {stage}")
    finally:
        mine.unlink()


def wait(notes, name):
    part = Path(f".{name}.part")
    part.touch()
    waits = notes / f"waits-{name}"
    waits.write_text(str(os.getpid()), encoding="ascii")
    try:
        time.sleep(600)
    finally:
        part.unlink()
        waits.unlink()


def bundle(synset):
    return [f"data/bundles/{synset}_{name}" for name in ("voxels.npy", "images.npy", "index.csv", "rejects.csv")]


def fetch(slug, synsets):
    # The top level's meshes are everybody's.
    archives = sorted(Path("data/sample").glob("*.zip"))
    reports = [(f"reports/{name}", archives) for name in ("meshes.csv", "meshes.md")]
    return [*((f"data/raw/{path.name}", [path]) for path in archives), *reports]


def source(slug, synsets):
    return [("data/source.csv", [Path("params.yaml")])]


def prepare(slug, synsets):
    synset = synsets[slug]
    raw = Path("data/raw") if Path("data/raw").is_dir() else Path("../data/raw")
    return [(out, [raw / f"{synset}.zip"]) for out in [*bundle(synset), f"data/renders/{synset}.zip"]]


def pretrain(slug, synsets):
    return [
        (f"models/joint/{name}", [bundle(synset)[0] for synset in synsets.values()])
        for name in ("network.keras", "trained_on.npz", "instances.csv", "metrics.json", "history.csv")
    ]


def train(slug, synsets):
    inputs = bundle(synsets[slug])[:2] if slug in synsets else [bundle(synset)[0] for synset in synsets.values()]
    if Path("models/joint/trained_on.npz").exists():
        inputs.append("models/joint/network.keras")
    return [(f"models/{slug}/{n}", inputs) for n in ("network.keras", "predictions.npz", "fit.json", "history.csv")]


def evaluate(slug, synsets):
    names = ("metrics.json", "figures/iou.png", "instances.csv")
    return [(f"models/{slug}/{name}", [f"models/{slug}/predictions.npz"]) for name in names]


def compare(slug, synsets):
    inputs = [f"models/{slug}/metrics.json" for slug in synsets]
    names = ("comparison.csv", "tables.md", "figures/iou.png", "report.html")
    return [(f"reports/{name}", inputs) for name in names]


def register(slug, synsets):
    return [("reports/registered.json", ["reports/comparison.csv"])]


OUTPUTS = {
    function.__name__: function for function in (source, fetch, prepare, pretrain, train, evaluate, compare, register)
}

if __name__ == "__main__":
    main()
