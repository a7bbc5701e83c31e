"""What MLflow costs: logging a training live, registering fifty categories, registering them again, and what gets lost.

    python benchmarks/tracking.py [--project DIR] [--repetitions N]

Writes benchmarks/results/tracking.json. Registers the finished categories of a project (this one unless given) into a
fresh store in a temporary directory; a project that has not run `dvc repro` is stood in for by fifty made-up
categories, and real_categories is 0 then. Imports are not counted.
"""

import argparse
import importlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import ROOT, write_results

sys.path.insert(0, str(ROOT))  # the tests' made-up categories

from tests.tracking.fakes import entries_of, fake_project, gate_of, pipeline_of

from img2vox.config import load_params
from img2vox.paths import Paths
from img2vox.tracking import live, stage
from img2vox.tracking.delivery import register_all
from img2vox.tracking.spool import Spool
from img2vox.tracking.store import open_store

EPOCHS, AT_ONCE = 8, 8
NAMES = ("loss", "accuracy", "binary_crossentropy", "iou")
COLUMNS = [*NAMES, *(f"val_{name}" for name in NAMES)]
TRAINING = """
import sys
from pathlib import Path
from img2vox.config import load_params
from img2vox.tracking.live import live_run
print("ready", flush=True)
sys.stdin.read()
with live_run(Path(sys.argv[1]), load_params().register, sys.argv[2], "f") as run:
    for epoch in range(1, int(sys.argv[3]) + 1):
        run.on_epoch({"epoch": epoch, **{name: 1 / epoch for name in sys.argv[4].split(",")}})
"""


def timed(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def logging_seconds(root, settings):
    """Of one training of EPOCHS epochs: what it spends itself, and what the writer does, in a store that is there."""
    open_store(root, settings.experiment)
    live._start_writer = lambda directory: None  # here it is this process, so that its time can be taken
    spool = Spool(live.live_directory(root))

    def train(slug):
        with live.live_run(root, settings, slug, "f") as run:
            for epoch in range(1, EPOCHS + 1):
                run.on_epoch({"epoch": epoch, **dict.fromkeys(COLUMNS, 1 / epoch)})
                spool.carry_over()

        spool.carry_over()

    return statistics.median(timed(lambda slug=f"c{number}": train(slug)) for number in range(10))


def register_seconds(project, root):
    """Into a fresh store, again unchanged, and how many categories were real ones."""
    params = load_params(project / "params.yaml")
    finished = [slug for slug in params.categories if Paths(project).metrics(slug).is_file()]
    if len(finished) == len(params.categories):
        for name in ("models", "reports", "dvc.lock", "params.yaml"):
            source = project / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, root / name)

        def register():
            stage.run(params, Paths(root))
    else:
        finished = []
        slugs = list(params.categories)
        paths = fake_project(root, slugs, epochs=EPOCHS, figures=8, numbers=10)

        def register():
            entries = entries_of(paths, slugs)
            register_all(open_store(root, "img2vox"), entries, pipeline_of(paths, entries), gate_of())

    return timed(register), statistics.median(timed(register) for _ in range(3)), len(finished)


def runs_lost(root, experiment):
    """Of AT_ONCE trainings that begin in one moment on a fresh clone; a run with fewer metrics is a lost one too."""
    command = [sys.executable, "-c", TRAINING, str(root)]
    slugs = [f"c{number}" for number in range(AT_ONCE)]
    trainings = [
        subprocess.Popen(
            [*command, slug, str(EPOCHS), ",".join(COLUMNS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
        )
        for slug in slugs
    ]
    for training in trainings:
        training.stdout.readline()
    for training in trainings:
        training.stdin.close()
    for training in trainings:
        training.wait(600)
    end = time.monotonic() + 120
    while list(live.live_directory(root).glob("*.jsonl")) and time.monotonic() < end:
        time.sleep(0.5)
    store = open_store(root, experiment)
    whole = {
        run.data.tags["slug"]
        for run in store.runs("status = 'FINISHED'")
        if all(len(store.client.get_metric_history(run.info.run_id, name)) == EPOCHS for name in COLUMNS)
    }
    return AT_ONCE - len(whole)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--project", type=Path, default=ROOT, help="a finished one")
    parser.add_argument("--repetitions", type=int, default=10, help="of eight trainings at once")
    options = parser.parse_args()
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    settings = load_params(ROOT / "params.yaml").register
    importlib.import_module("mlflow.pyfunc")
    importlib.import_module("mlflow.store.tracking.sqlalchemy_store")
    importlib.import_module("mlflow.store.model_registry.sqlalchemy_store")
    with tempfile.TemporaryDirectory() as scratch:
        roots = [Path(scratch) / str(number) for number in range(2 + options.repetitions)]
        for root in roots:
            root.mkdir()
        first, again, real = register_seconds(options.project, roots[0])
        per_category = logging_seconds(roots[1], settings)
        lost = sum(runs_lost(root, settings.experiment) for root in roots[2:])
    numbers = {
        "logging_s_per_category": per_category,
        "register_fifty_s": first,
        "reregister_fifty_s": again,
        "concurrent_runs_lost": lost,
        "concurrent_runs": AT_ONCE * options.repetitions,
        "real_categories": real,
    }
    print(write_results("tracking", numbers).read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
