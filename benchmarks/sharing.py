"""What many categories at once save, on one machine and on a cluster: ratios beside `dvc repro`.

    python benchmarks/sharing.py --directory DIR               both parts; writes benchmarks/results/sharing.json
    python benchmarks/sharing.py --directory DIR --part ray    one part; what the other wrote stays

    part  numbers
    jobs  jobs2_speedup: seconds of `dvc repro` / of `img2vox repro --jobs 2`
    ray   ray2_speedup: seconds of `dvc repro` / of `img2vox repro --ray` on two nodes of one core, cloning aside;
          ray2_speedup_with_cloning: nothing aside; ray2_clone_s: what one clone takes, alone on the machine. Each of
          two nodes clones for half of the categories, and so much is taken off; beside a training a clone takes longer

Each is the median of some pairs; _min and _max are the least and the greatest of them, _serial_s and _s the medians of
what was divided, _locks_equal in how many pairs DVC recorded the very same of both, hash by hash. One pair is both ways
one after the other, each first in turn. Every measurement takes a fresh clone of this repository's HEAD with an empty
cache and fetches the meshes; the time is that of the chains (prepare, train, evaluate) of some categories, spread
evenly over params.yaml. dvc.lock is the whole one, so that DVC costs what it costs with fifty. The cluster runs before
the time begins, and its remote, a directory, has the meshes; joining it, pushing and taking over all results count.

Leave the machine alone meanwhile: both ways take two cores. Stopped, it goes on where it was when it is called again
with the same directory. Ray comes with `python tests/install_tools.py`.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import yaml

from common import RESULTS, ROOT, write_results

sys.path.insert(0, str(ROOT))  # the tests' cluster stands beside the package

from tests.sharing import clusters

from img2vox.config import load_params
from img2vox.jobs.chains import FILES, chains_of

WAYS = {"jobs": ("serial", "jobs2"), "ray": ("serial", "ray2")}
AT_LEAST = {"jobs2_speedup": 1.2, "ray2_speedup": 1.1}
FETCH = "data/dvc.yaml:fetch"
PIPES = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}


def chosen(count):
    """So many categories, spread evenly over the list."""
    slugs = list(load_params(ROOT / "params.yaml").categories)
    return [slugs[index * len(slugs) // count] for index in range(count)]


def program(root, *command):
    """Run a command as a person in an activated environment would, with this repository's code."""
    succeed(command, subprocess.Popen(command, cwd=root, env=clusters.environment(), **PIPES))


def succeed(command, process):
    with process:
        said, _ = process.communicate()
    if process.returncode:
        sys.exit(f"{command} ended with {process.returncode}\n{said}")


def fresh_clone(root):
    """HEAD with an empty cache, the meshes, and a remote that has them."""
    shutil.rmtree(root.parent, ignore_errors=True)
    root.parent.mkdir(parents=True)
    program(ROOT, "git", "clone", "--quiet", str(ROOT), str(root))
    program(root, "dvc", "remote", "add", "--quiet", "--default", "shared", str(root.parent / "store"))
    program(
        root, "git", "-c", "user.name=b", "-c", "user.email=b@b", "commit", "--quiet", "--all", "--message", "remote"
    )
    program(root, "dvc", "repro", "--quiet", "--single-item", FETCH)
    program(root, "dvc", "push", "--quiet", FETCH)


def serial(root, slugs):
    """Seconds of the chains, one after the other."""
    start = time.perf_counter()
    program(root, "dvc", "repro", *(chain.targets[-1] for chain in chains_of(slugs)))
    return {"seconds": time.perf_counter() - start}


def jobs2(root, slugs):
    """Seconds of two at once."""
    start = time.perf_counter()
    program(root, "img2vox", "repro", "--jobs", "2", *slugs)
    return {"seconds": time.perf_counter() - start}


def ray2(root, slugs):
    """Seconds on two nodes, and of a clone as they make it."""
    env = clusters.environment()
    with clusters.cluster(env) as (address, _):
        start = time.perf_counter()
        succeed(["img2vox", "repro", "--ray"], clusters.repro(root, env, address, *slugs, **PIPES))
        seconds = time.perf_counter() - start
    bundle, clone = root.parent / "bundle", root.parent / "one"
    program(root, "git", "bundle", "create", "--quiet", str(bundle), "HEAD")
    start = time.perf_counter()
    program(root, "git", "clone", "--quiet", str(bundle), str(clone))
    return {"seconds": seconds, "clone_s": time.perf_counter() - start}


RUN = {function.__name__: function for function in (serial, jobs2, ray2)}


def recorded(root, slugs):
    """What DVC recorded of the chains."""
    found = {}
    for name in FILES:
        lock = yaml.load((root / name.replace(".yaml", ".lock")).read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)
        stages = {f"{name}:{stage}": entry for stage, entry in lock["stages"].items()}
        found |= {stage: entry for stage, entry in stages.items() if stage.rpartition("@")[2] in slugs}
    return found


def measure(way, slugs, root):
    """Seconds of the chains in a fresh clone, and what DVC recorded of them."""
    fresh_clone(root)
    load = os.getloadavg()[0]
    entry = {"load_before": load, **RUN[way](root, slugs), "recorded": recorded(root, slugs)}
    shutil.rmtree(root.parent)
    return entry


def numbers_of(measured, part, count):
    """The numbers of a part from all measurements of so many categories."""
    plain, other = WAYS[part]
    mine = [entry for entry in measured if entry["part"] == part]
    pairs = [{e["way"]: e for e in mine if e["pair"] == pair} for pair in sorted({e["pair"] for e in mine})]
    pairs = [(pair[plain], pair[other]) for pair in pairs if len(pair) == 2]
    with_cloning = [a["seconds"] / b["seconds"] for a, b in pairs]
    ratios = [a["seconds"] / (b["seconds"] - b.get("clone_s", 0) * count / 2) for a, b in pairs]
    numbers = {
        f"{other}_speedup": statistics.median(ratios),
        f"{other}_speedup_min": min(ratios),
        f"{other}_speedup_max": max(ratios),
        f"{other}_serial_s": statistics.median(a["seconds"] for a, _ in pairs),
        f"{other}_s": statistics.median(b["seconds"] for _, b in pairs),
        f"{other}_categories": count,
        f"{other}_pairs": len(pairs),
        f"{other}_locks_equal": sum(a["recorded"] == b["recorded"] for a, b in pairs),
        f"{other}_load_before_max": max(entry["load_before"] for pair in pairs for entry in pair),
    }
    if part == "ray":
        numbers["ray2_speedup_with_cloning"] = statistics.median(with_cloning)
        numbers["ray2_clone_s"] = statistics.median(b["clone_s"] for _, b in pairs)
    return numbers


def measure_pairs(part, count, pairs, log):
    """Measure what the log does not have yet; all that it has then."""
    measured = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.is_file() else []
    done = {(entry["part"], entry["pair"], entry["way"]) for entry in measured}
    ways = [(pair, way) for pair in range(pairs) for way in WAYS[part][:: 1 if pair % 2 == 0 else -1]]
    todo = [(pair, way) for pair, way in ways if (part, pair, way) not in done]
    root, slugs = log.parent / "scratch" / "clone", chosen(count)
    if todo:
        measure("serial", slugs[:1], root)  # the first one compiles
    for pair, way in todo:
        entry = {"part": part, "pair": pair, "way": way, **measure(way, slugs, root)}
        measured.append(entry)
        with log.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(entry) + "\n")
        print(f"{part}, pair {pair + 1}, {way}: {entry['seconds']:.0f} s", flush=True)
    return measured


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--directory", type=Path, required=True, help="for clones and what has been measured")
    parser.add_argument("--part", nargs="+", choices=WAYS, help="these alone")
    parser.add_argument("--categories", type=int, default=10)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--output", type=Path, default=RESULTS / "sharing.json")
    options = parser.parse_args()
    if "ray" in (options.part or WAYS) and not clusters.HAVE_RAY:
        parser.error("no Ray; python tests/install_tools.py")
    changed = subprocess.run(
        ["git", "status", "--porcelain", "src"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    if changed.stdout:
        parser.error(f"what runs is not what a clone has:\n{changed.stdout}commit it first")
    options.directory.mkdir(parents=True, exist_ok=True)
    log = options.directory.resolve() / f"measured-{options.categories}.jsonl"
    kept = json.loads(options.output.read_text(encoding="utf-8")) if options.part and options.output.is_file() else {}
    numbers = {}
    for part in options.part or WAYS:
        numbers |= numbers_of(measure_pairs(part, options.categories, options.pairs, log), part, options.categories)
    path = write_results("sharing", numbers, options.output, others=kept)
    for name, value in json.loads(path.read_text(encoding="utf-8")).items():
        least = AT_LEAST.get(name)
        print(
            f"{name:28} {value}"
            + ("" if least is None else f"   at least {least}{'' if value >= least else ', BELOW IT'}")
        )


if __name__ == "__main__":
    main()
