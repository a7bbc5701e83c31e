"""What the paper leaves for later, as DVC experiments: other resolutions, and turned copies for small categories.

    python benchmarks/experiments.py --directory DIR [--only resolution turned]

Each is `dvc exp run` in paper/ of a clone of this repository's HEAD in DIR, where `dvc exp show` and `dvc exp apply`
know them afterwards: the paper's small network, its grids and its training, but the 30 % of the objects are tested on
which it stopped, and the 5 % stop it (`split.roles` standard), since 5 % of few objects are one or two.

    resolution  some categories at `voxelize.resolution` 16, 32 and 64; the same mesh overlaps less in smaller cells, so
                that the mean shape in the same grids stands beside each
    turned      the six categories with the fewest objects in ShapeNet, without and with `augment.turns` copies

Writes experiments.json: of each category and resolution <slug>_<cells>_iou and _mean_shape; of all tested objects of
the six together plain_iou and turned_iou, turned_gain with its paired 95 % interval, turned_objects. Stopped, it goes
on when it is called again: DVC has what was trained.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from common import RESULTS, ROOT, write_results
from img2vox.catalog import BY_SYNSET
from img2vox.config import load_params
from img2vox.evaluation.instances import object_means, read_instances
from img2vox.evaluation.metrics import paired_bootstrap_ci95
from img2vox.paths import Paths
from img2vox.seeds import derive_seed

SWEPT, CELLS = ("chair", "table"), (16, 32, 64)
SMALL, TURNS = 6, 4
BASE = {"split.roles": "standard"}


def smallest(params, count):
    """The categories of which ShapeNet has the fewest objects."""
    return sorted(params.categories, key=lambda slug: BY_SYNSET[params.categories[slug]].objects)[:count]


def clone(directory):
    """HEAD, cloned into a directory; one that is there is gone on with."""
    root = directory / "clone"
    if not root.exists():
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(root)], check=True)
    heads = [
        subprocess.run(["git", "rev-parse", "HEAD"], cwd=each, capture_output=True, text=True, check=True).stdout
        for each in (ROOT, root)
    ]
    if heads[0] != heads[1]:
        sys.exit(f"{root}: has another commit than this repository; remove it, or check the same commit out in both")
    return root / "paper"


def experiment(paper, name, changes, slugs):
    """Run one; its results lie in the clone until the next one."""
    subprocess.run(["git", "checkout", "--quiet", "params.yaml"], cwd=paper, check=True)  # the last one's changes
    command = ["dvc", "exp", "run", "--quiet", "--force", "--name", name]
    for key, value in (BASE | changes).items():
        command += ["--set-param", f"{key}={value}"]
    command += [f"reports/dvc.yaml:evaluate@{slug}" for slug in slugs]
    print("$", *command, flush=True)
    subprocess.run(command, cwd=paper, check=True)


def means_of_tested(paper, slugs, field="iou"):
    """slug -> (K,) means over views of the tested objects."""
    lines = {slug: read_instances(Paths(paper).instances(slug)) for slug in slugs}
    return {slug: object_means([line for line in of if line.split == "test"], field) for slug, of in lines.items()}


def resolution(paper):
    """Numbers of the categories at each resolution."""
    numbers = {}
    for cells in CELLS:
        experiment(paper, f"cells-{cells}", {"voxelize.resolution": cells}, SWEPT)
        for name, field in (("iou", "iou"), ("mean_shape", "mean_shape_iou")):
            found = means_of_tested(paper, SWEPT, field)
            numbers |= {f"{slug}_{cells}_{name}": float(found[slug].mean()) for slug in SWEPT}
    return numbers


def turned(paper):
    """Numbers of small categories without and with turned copies of what they train on."""
    params = load_params(paper / "params.yaml")
    slugs, ious = smallest(params, SMALL), {}
    for name, turns in (("plain", 0), ("turned", TURNS)):
        experiment(paper, name, {"augment.turns": turns}, slugs)
        ious[name] = np.concatenate(list(means_of_tested(paper, slugs).values()))
    return gain(ious["plain"], ious["turned"], params)


def gain(plain, turned, params):
    """The numbers of both, (K,) IoU of the same objects."""
    seed = derive_seed(params.seed, "experiments")
    low, high = paired_bootstrap_ci95(turned, plain, seed, params.evaluate.bootstrap_samples)
    return {
        "plain_iou": float(plain.mean()),
        "turned_iou": float(turned.mean()),
        "turned_gain": float((turned - plain).mean()),
        "turned_gain_ci_low": low,
        "turned_gain_ci_high": high,
        "turned_objects": len(plain),
    }


RUN = {function.__name__: function for function in (resolution, turned)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--directory", type=Path, required=True, help="for the clone")
    parser.add_argument("--only", nargs="+", choices=RUN, default=list(RUN))
    options = parser.parse_args()
    options.directory.mkdir(parents=True, exist_ok=True)
    paper = clone(options.directory.resolve())
    numbers = {}
    for part in options.only:
        numbers |= RUN[part](paper)
    path = RESULTS / "experiments.json"
    others = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else ()
    print(write_results("experiments", numbers, others=others))
    print(json.dumps(numbers, indent=2))


if __name__ == "__main__":
    main()
