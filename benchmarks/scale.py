"""A data set of ShapeNet's size, without ShapeNet, through the real pipeline: what it takes, and what grows faster.

    python benchmarks/scale.py --directory DIR                       the paper's 54 categories, all 48,958 objects
    python benchmarks/scale.py --directory DIR --objects 500         so many of them, in the same proportions
    python benchmarks/scale.py --directory DIR --objects 1000 --faces shapenet

DIR gets a tree in ShapeNet's layout (scale_tree.py) and beside it a project whose params.yaml names it: this one's
code, graph and numbers. There run `dvc repro` of `fetch`, of every `prepare`, and of `train` of a few categories. What
only training all of them could make is stood in for by small files that `dvc commit` takes for the real ones, so that
`dvc repro` of the whole graph has nothing to do. DVC's cache hard-links; with its default, copies, outputs take their
size twice. An interrupted run goes on where it was, but has no times for the stage that it was at.

A run with few triangles ends with --sample objects of the largest categories, once with as few and once with as many
as ShapeNet's objects have. What another triangle takes is the difference of the two, in which starts of processes and
the like cancel out; `fetch` and `prepare` of real meshes then take, in seconds,

    b = (time of the sample with many - time of the sample with few) / (objects of the sample * difference of means)
    time of the run + its objects * b * (21,600 - mean triangles of the run)

so that starts, DVC's own work and whatever grows faster than the objects are in it as they were. A run of all objects
writes benchmarks/results/scale.json, another one scale.json in DIR:

    prepared_objects           that are in the bundles, near_duplicates of them beside another one in their group
    fetch_, prepare_, train_   s, cpu_s and peak_mb: wall and CPU time, memory of DVC and all that it starts
    prepare_mb_largest         most memory of the process that prepared the largest category,
    prepare_mb_median          and of the middle one: flat where the two are alike
    prepare_ms_largest         milliseconds an object of the largest category,
    prepare_ms_others          and of the next ten: linear where the two are alike
    dvc_objects_per_category   that DVC keeps of raw, renders, bundles and networks; dvc_objects: of everything
    dvc_lock_kb                of the three files together
    noop_repro_s, _cpu_s       `dvc repro` of the whole graph when nothing has changed
    tree_, raw_, renders_, bundles_, cache_mb
    prepare_hours_extrapolated, fetch_hours_extrapolated
"""

import argparse
import csv
import json
import math
import re
import shutil
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from common import RESULTS, ROOT, write_results

sys.path.insert(0, str(ROOT))  # the tests' small projects

from tests.project import environment, small_params
from tests.project import run as run_quietly

import process_tree
from img2vox.catalog import BY_SLUG, CATEGORIES
from img2vox.config import load_params
from img2vox.data.bundle import open_bundle
from img2vox.paths import JOINT, Paths
from pipeline_times import CORES, SHAPENET_FACES_MEDIAN, SHAPENET_FACES_SIGMA
from scale_tree import FACES, write_tree

OBJECTS = {category.slug: category.objects for category in CATEGORIES if category.label != "car"}  # the paper's
FEWEST = 6  # objects of a category in a small run: three splits need three groups
SAMPLED = 8  # categories of the samples
TRAINED = ("cap", "keyboard", "remote")  # the smallest
MEAN_FACES = SHAPENET_FACES_MEDIAN * math.exp(SHAPENET_FACES_SIGMA**2 / 2)
# Windows shows the paper's files of 4,045 airplanes as so large (its Fig. 10): voxels, images.
AIRPLANE_KB = (129_441, 647_201)
PREPARED = re.compile(r"^prepare (\w+): \d+ objects read, \d+ prepared, .* ([\d.]+) s$", re.MULTILINE)
STAND_INS = (
    *("network.keras", "predictions.npz", "fit.json", "history.csv"),
    *("metrics.json", "instances.csv", "figures/iou.png"),
)
REPORTS = ("comparison.csv", "tables.md", "figures/iou.png", "report.html", "registered.json")
KEPT = ("data/raw", "data/renders", "data/bundles", "network.keras")  # what the number of DVC's objects is of


@dataclass(frozen=True)
class Trial:
    """One tree and its project.

    Attributes:
        root: directory of both.
        counts: slug -> objects.
        faces: one of FACES.
    """

    root: Path
    counts: Mapping[str, int]
    faces: str

    @property
    def project(self) -> Path:
        return self.root / "project"

    @property
    def paths(self) -> Paths:
        return Paths(self.project)

    @property
    def objects(self) -> int:
        return sum(self.counts.values())

    def lay_out(self) -> None:
        """The tree and the project, unless they are there."""
        self.root.mkdir(parents=True, exist_ok=True)
        tree = self.root / "ShapeNetCore.v1"
        write_tree(tree, {BY_SLUG[slug].synset: count for slug, count in self.counts.items()}, self.faces, CORES)
        if self.project.is_dir():
            return
        half = self.root / "project.half"
        shutil.rmtree(half, ignore_errors=True)
        for name in ("dvc.yaml", "data/dvc.yaml", "reports/dvc.yaml", ".dvcignore", ".gitignore", "data/source.csv"):
            (half / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, half / name)
        for name in ("src", "data/sample", f"models/{JOINT}"):
            shutil.copytree(ROOT / name, half / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        text = (ROOT / "params.yaml").read_text(encoding="utf-8")
        changes = {
            "  source: sample ": "  source: shapenet ",
            "  shapenet_dir: data/shapenet ": f"  shapenet_dir: '{tree}' ",
        }
        synsets = {slug: BY_SLUG[slug].synset for slug in self.counts}
        (half / "params.yaml").write_text(small_params(text, synsets, changes), encoding="utf-8")
        run_quietly(half, "git", "init", "--quiet")
        run_quietly(half, "dvc", "init", "--quiet")
        run_quietly(half, "dvc", "config", "core.analytics", "false")
        run_quietly(half, "dvc", "config", "cache.type", "hardlink,copy")
        half.rename(self.project)

    def measured(self, name: str, *targets: str) -> dict[str, object]:
        """What `dvc repro` of some targets takes, under names that begin with the stage's; measured once.

        None for the times of a stage that an earlier run was interrupted at.
        """
        path = self.root / "measured.json"
        known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        if not known.get(name):
            interrupted = name in known
            path.write_text(json.dumps({**known, name: None}), encoding="utf-8")
            print(f"{self.root.name}: {name}, see {self.log(name)}", flush=True)
            took = process_tree.run(["dvc", "repro", *targets], self.project, self.log(name), environment())
            known[name] = {
                f"{name}_s": None if interrupted else took.wall_s,
                f"{name}_cpu_s": None if interrupted else took.cpu_s,
                f"{name}_peak_mb": took.peak_mb,
                "processes_mb": took.peaks_mb,
            }
            path.write_text(json.dumps(known), encoding="utf-8")
        return known[name]

    def log(self, name: str) -> Path:
        return self.root / f"{name}.log"


def counts_of(slugs: Sequence[str], objects: int) -> dict[str, int]:
    """Objects of each category, in the paper's proportions; about so many together, but a few of each."""
    total = sum(OBJECTS[slug] for slug in slugs)
    if objects >= total:
        return {slug: OBJECTS[slug] for slug in slugs}
    return {slug: max(FEWEST, round(OBJECTS[slug] * objects / total)) for slug in slugs}


def fetch_and_prepare(trial: Trial) -> dict[str, object]:
    """Both, and what they made; every object must have come through, with all its views."""
    trial.lay_out()
    fetch = trial.measured("fetch", "data/dvc.yaml:fetch")
    prepare = trial.measured("prepare", "data/dvc.yaml")
    params, groups = load_params(trial.project / "params.yaml"), 0
    for slug, count in trial.counts.items():
        synset = params.synset(slug)
        bundle = open_bundle(*(place(synset) for place in (trial.paths.voxels, trial.paths.images, trial.paths.index)))
        size, side = params.bundle.image_size, params.voxelize.resolution
        expected = (count, side, side, side, 1), (count * params.render.views, size, size)
        if (bundle.voxels.shape, bundle.images.shape) != expected:
            raise SystemExit(f"{slug}: bundle of {bundle.voxels.shape}, {bundle.images.shape}; expected {expected}")
        groups += len({row.group for row in bundle.index})
    seconds, memory = per_category(trial.log("prepare")), prepare["processes_mb"]
    largest, *others = sorted(trial.counts, key=lambda slug: -trial.counts[slug])
    middle = others[len(others) // 2] if others else largest
    with trial.paths.meshes_table.open(encoding="utf-8", newline="") as stream:
        triangles = [int(line["triangles"]) for line in csv.DictReader(stream)]
    return {
        "prepared_objects": trial.objects,
        "categories": len(trial.counts),
        "near_duplicates": trial.objects - groups,
        "triangles_mean": float(np.mean(triangles)),
        "triangles_most": max(triangles),
        **{key: value for stage in (fetch, prepare) for key, value in stage.items() if key != "processes_mb"},
        "prepare_mb_largest": memory.get(f"prepare {largest}"),
        "prepare_mb_median": memory.get(f"prepare {middle}"),
        "prepare_ms_largest": milliseconds(seconds, trial.counts, [largest]),
        "prepare_ms_others": milliseconds(seconds, trial.counts, others[:10]),
    }


def per_category(log: Path) -> dict[str, float]:
    """slug -> seconds that its `prepare` says it took."""
    found = PREPARED.findall(log.read_text(encoding="utf-8", errors="replace"))
    return {slug: float(seconds) for slug, seconds in found}


def milliseconds(seconds: Mapping[str, float], counts: Mapping[str, int], slugs: Sequence[str]) -> float | None:
    """An object of these categories together; None where one of them has no time."""
    if not slugs or not set(slugs) <= set(seconds):
        return None
    return 1e3 * sum(seconds[slug] for slug in slugs) / sum(counts[slug] for slug in slugs)


def whole_graph(trial: Trial, trained: Sequence[str]) -> dict[str, object]:
    """Training of a few categories, and what DVC makes of the graph when all are trained."""
    numbers: dict[str, object] = {}
    if trained:
        train = trial.measured("train", *(f"train@{slug}" for slug in trained))
        numbers = {key: value for key, value in train.items() if key != "processes_mb"}
        numbers["train_objects"] = sum(trial.counts[slug] for slug in trained)
    stand_in(trial)
    # The first one reads what `dvc commit` left; a person's is a later one.
    times = [process_tree.run(["dvc", "repro"], trial.project, trial.log("noop"), environment()) for _ in range(4)]
    if any("Running stage" in took.output for took in times):
        raise SystemExit(f"{trial.project}: `dvc repro` found something to do, see {trial.log('noop')}")
    of_categories, everything = dvc_objects(trial.project)
    locks = [trial.project / part / "dvc.lock" for part in (".", "data", "reports")]
    return numbers | {
        "dvc_objects_per_category": of_categories / len(trial.counts),
        "dvc_objects": everything,
        "dvc_lock_kb": sum(path.stat().st_size for path in locks) / 1024,
        "noop_repro_s": statistics.median(took.wall_s for took in times[1:]),
        "noop_repro_cpu_s": statistics.median(took.cpu_s for took in times[1:]),
    }


def stand_in(trial: Trial) -> None:
    """Small files for every output that is missing, and DVC's word that they are what the stages make."""
    missing = [trial.paths.category(slug) / name for slug in trial.counts for name in STAND_INS]
    missing = [path for path in [*missing, *(trial.paths.reports / name for name in REPORTS)] if not path.exists()]
    if not missing:
        return
    for path in missing:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"stands in for {path.relative_to(trial.project)}\n", encoding="utf-8")
    for targets in (["train"], ["reports/dvc.yaml"], ["register"]):
        process_tree.run(["dvc", "commit", "--force", *targets], trial.project, trial.log("commit"), environment())


def dvc_objects(project: Path) -> tuple[float, int]:
    """Files that DVC's cache holds for the outputs of all stages: of KEPT, and of everything."""
    kept = everything = 0
    for lock in project.rglob("dvc.lock"):
        stages = yaml.load(lock.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))["stages"]
        for out in (out for stage in stages.values() for out in stage.get("outs", ())):
            if (project / ".dvc" / "cache" / "files" / "md5" / out["md5"][:2] / out["md5"][2:]).exists():
                count = out["nfiles"] + 1 if "nfiles" in out else 1  # of a directory also the list
                everything += count
                kept += count if out["path"].startswith(KEPT[:3]) or out["path"].endswith(KEPT[3]) else 0
    return kept, everything


def sizes(trial: Trial) -> dict[str, object]:
    """Megabytes of the files in each place; those in the cache are links to most of the others."""
    places = {
        "tree": trial.root / "ShapeNetCore.v1",
        **{name: trial.project / "data" / name for name in ("raw", "renders", "bundles")},
        "cache": trial.project / ".dvc" / "cache",
    }
    found: dict[str, object] = {}
    for name, place in places.items():
        found[f"{name}_mb"] = sum(path.stat().st_size for path in place.rglob("*") if path.is_file()) / 2**20
    if trial.counts.get("airplane") == OBJECTS["airplane"]:
        files = trial.paths.voxels, trial.paths.images
        kilobytes = tuple(-(-place(BY_SLUG["airplane"].synset).stat().st_size // 1024) for place in files)
        if kilobytes != AIRPLANE_KB:
            raise SystemExit(f"airplane: bundle of {kilobytes} KB; the paper's has {AIRPLANE_KB}")
        found["airplane_voxels_kb"], found["airplane_images_kb"] = kilobytes
    return found


def extrapolated(numbers, few, many, stage: str) -> float | None:
    """Hours that a stage takes of real meshes; see above. None where a time is missing.

    Args:
        numbers: of the run.
        few: of the sample with few triangles.
        many: of the same objects with ShapeNet's.
        stage: fetch or prepare.
    """
    times = [part[f"{stage}_s"] for part in (numbers, few, many)]
    if None in times:
        return None
    more = few["prepared_objects"] * (many["triangles_mean"] - few["triangles_mean"])
    per_triangle = max(0.0, times[2] - times[1]) / more
    return (times[0] + numbers["prepared_objects"] * per_triangle * (MEAN_FACES - numbers["triangles_mean"])) / 3600


def measure(directory: Path, slugs: Sequence[str], objects: int, faces: str, sample: int, trained: Sequence[str]):
    """All numbers of a run, those of the samples under names that begin with few_ and many_."""
    trial = Trial(directory / f"{faces}-{objects}", counts_of(slugs, objects), faces)
    numbers = fetch_and_prepare(trial) | whole_graph(trial, [slug for slug in trained if slug in trial.counts])
    numbers |= sizes(trial)
    if faces == "small" and sample:
        counts = counts_of(sorted(slugs, key=lambda slug: -OBJECTS[slug])[:SAMPLED], sample)
        few, many = (fetch_and_prepare(Trial(directory / f"sample-{kind}", counts, kind)) for kind in FACES)
        for name, part in (("few", few), ("many", many)):
            for key in ("prepared_objects", "triangles_mean", "fetch_s", "prepare_s"):
                numbers[f"{name}_{key}"] = part[key]
        for stage in ("fetch", "prepare"):
            numbers[f"{stage}_hours_extrapolated"] = extrapolated(numbers, few, many, stage)
    return numbers


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--directory", type=Path, required=True, help="for trees and projects; 20 GB for all objects")
    parser.add_argument("--objects", type=int, help="about so many, all unless given")
    parser.add_argument("--faces", choices=FACES, default="small", help="triangles of an object, see scale_tree.py")
    parser.add_argument("--sample", type=int, default=1000, help="objects to extrapolate from; 0: no extrapolation")
    parser.add_argument("--categories", nargs="+", choices=sorted(OBJECTS), default=sorted(OBJECTS), metavar="CATEGORY")
    parser.add_argument("--train", nargs="*", choices=sorted(OBJECTS), default=TRAINED, metavar="CATEGORY")
    options = parser.parse_args()
    directory, everything = options.directory.resolve(), sum(OBJECTS[slug] for slug in options.categories)
    objects = min(options.objects or everything, everything)
    numbers = measure(directory, options.categories, objects, options.faces, options.sample, options.train)
    for key, value in numbers.items():
        print(f"{key:32} {value if value is None else format(value, ',.4g' if isinstance(value, float) else ',')}")
    whole = options.faces == "small" and objects == sum(OBJECTS.values())
    print(write_results("scale", numbers, RESULTS / "scale.json" if whole else directory / "scale.json"))


if __name__ == "__main__":
    main()
