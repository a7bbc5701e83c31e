"""What running two categories at once saves on this machine: `img2vox repro --jobs 2` beside `dvc repro`.

    python benchmarks/sharing.py --directory DIR [--categories 10] [--pairs 3]

Writes benchmarks/results/sharing.json. Each measurement takes a fresh clone of this repository's HEAD with an empty
cache, fetches the meshes, and then times the chains (prepare, train, evaluate) of some categories, spread evenly over
params.yaml; dvc.lock is the whole one, so that DVC costs what it costs with fifty. One pair is both ways one after the
other, each first in turn; the ratio is the median of the pairs' own. What both recorded is compared, hash by hash.
Whoever runs it should leave the machine alone: two categories take both cores.

Stopped, it goes on where it was when it is called again with the same directory; other options need another directory.
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

from common import ROOT, write_results
from img2vox.config import load_params
from img2vox.jobs.chains import FILES, chains_of

WAYS = ("serial", "jobs2")
FETCH = "data/dvc.yaml:fetch"


def chosen(count):
    """So many categories, spread evenly over the list."""
    slugs = list(load_params(ROOT / "params.yaml").categories)
    return [slugs[index * len(slugs) // count] for index in range(count)]


def program(root, *command):
    """Run a command as a person in an activated environment would."""
    env = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    env |= {"DVC_NO_ANALYTICS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")


def measure(way, slugs, root):
    """Seconds of the chains in a fresh clone, and what DVC recorded of them."""
    shutil.rmtree(root, ignore_errors=True)
    program(ROOT, "git", "clone", "--quiet", str(ROOT), str(root))
    program(root, "dvc", "repro", "--quiet", "--single-item", FETCH)
    chains = chains_of(slugs)
    load, start = os.getloadavg()[0], time.perf_counter()
    if way == "serial":
        program(root, "dvc", "repro", *(chain.targets[-1] for chain in chains))
    else:
        program(root, "img2vox", "repro", "--jobs", "2", *slugs)
    seconds = time.perf_counter() - start
    recorded = {}
    for name in FILES:
        lock = yaml.load((root / name.replace(".yaml", ".lock")).read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)
        stages = {f"{name}:{stage}": entry for stage, entry in lock["stages"].items()}
        recorded |= {stage: entry for stage, entry in stages.items() if stage.rpartition("@")[2] in slugs}
    shutil.rmtree(root)
    return {"seconds": seconds, "load_before": load, "recorded": recorded}


def numbers_of(measured, slugs):
    """The numbers of sharing.json from all measurements of one directory."""
    pairs = [[entry for entry in measured if entry["pair"] == pair] for pair in sorted({e["pair"] for e in measured})]
    whole = [{entry["way"]: entry for entry in pair} for pair in pairs if len(pair) == len(WAYS)]
    ratios = [pair["serial"]["seconds"] / pair["jobs2"]["seconds"] for pair in whole]
    return {
        "jobs2_speedup": statistics.median(ratios),
        "jobs2_speedup_min": min(ratios),
        "jobs2_speedup_max": max(ratios),
        "serial_s": statistics.median(pair["serial"]["seconds"] for pair in whole),
        "jobs2_s": statistics.median(pair["jobs2"]["seconds"] for pair in whole),
        "jobs2_categories": len(slugs),
        "jobs2_pairs": len(whole),
        "jobs2_locks_equal": sum(pair["serial"]["recorded"] == pair["jobs2"]["recorded"] for pair in whole),
        "load_before_max": max(entry["load_before"] for pair in whole for entry in pair.values()),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--directory", type=Path, required=True, help="for clones and what has been measured")
    parser.add_argument("--categories", type=int, default=10)
    parser.add_argument("--pairs", type=int, default=3)
    options = parser.parse_args()
    slugs = chosen(options.categories)
    options.directory.mkdir(parents=True, exist_ok=True)
    log = options.directory.resolve() / f"measured-{options.categories}.jsonl"
    lines = log.read_text(encoding="utf-8").splitlines() if log.is_file() else []
    measured = [json.loads(line) for line in lines]
    done = {(entry["pair"], entry["way"]) for entry in measured}
    for pair in range(options.pairs):
        for way in WAYS if pair % 2 == 0 else WAYS[::-1]:
            if (pair, way) in done:
                continue
            entry = {"pair": pair, "way": way, **measure(way, slugs, log.parent / "clone")}
            measured.append(entry)
            with log.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(entry) + "\n")
            print(f"pair {pair + 1}, {way}: {entry['seconds']:.0f} s", flush=True)
    print(write_results("sharing", numbers_of(measured, slugs)).read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
