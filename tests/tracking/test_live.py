"""Epochs on their way into MLflow while a training runs, and what happens when either of the two dies."""

import os
import platform
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from img2vox.tracking import live
from img2vox.tracking.live import live_run
from img2vox.tracking.live_writer import follow
from img2vox.tracking.provenance import is_gone, this_process
from img2vox.tracking.runs import FIT_KEY_TAG, PROCESS_TAG, close_abandoned
from tests.tracking.fakes import entries_of

ROOT = Path(__file__).parents[2]


def first_message(project, fit_key="f1"):
    tags = {"protocol": "standard"}
    return {"root": str(project.root), "experiment": "img2vox", "slug": "mug", "fit_key": fit_key, "tags": tags}


def rows(project):
    (entry,) = entries_of(project.paths, ["mug"])
    return entry, [{"row": dict(row)} for row in entry.history]


def logged(store, run):
    return [(m.step, m.value) for m in store.client.get_metric_history(run.info.run_id, "val_loss")]


def test_a_training_that_logged_live_is_one_run_after_its_delivery(project):
    entry, messages = rows(project)
    follow([first_message(project), *messages, {"tags": {"network_md5": entry.network_md5}}, {"status": "FINISHED"}])
    store = project.open()
    (live_one,) = store.runs("tags.slug = 'mug'")
    assert live_one.info.status == "FINISHED"
    project.deliver(store)
    (run,) = store.runs("tags.slug = 'mug'")
    assert run.info.run_id == live_one.info.run_id
    assert logged(store, run) == [(int(row["epoch"]), row["val_loss"]) for row in entry.history]
    assert run.data.tags["protocol"] == "standard"


def test_a_training_that_is_killed_and_goes_on_logs_every_epoch_once_in_one_run(project):
    entry, messages = rows(project)
    follow([first_message(project), *messages[:2]])
    store = project.open()
    (run,) = store.runs("tags.slug = 'mug'")
    assert run.info.status == "KILLED"
    # After a resume the epochs before it are reported again.
    follow([first_message(project), *messages, {"status": "FINISHED"}])
    (run,) = store.runs("tags.slug = 'mug'")
    assert run.info.status == "FINISHED"
    assert logged(store, run) == [(int(row["epoch"]), row["val_loss"]) for row in entry.history]


def test_another_training_of_the_category_is_another_run(project):
    follow([first_message(project), {"status": "FINISHED"}])
    follow([first_message(project, "f2"), {"status": "FINISHED"}])
    assert {run.data.tags[FIT_KEY_TAG] for run in project.open().runs("")} == {"f1", "f2"}


def test_runs_of_a_process_that_is_gone_are_closed_and_no_others(project):
    store = project.open()
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True)
    tags = {
        "gone": f"{platform.node()} {gone.stdout.strip()} 1.00",
        "recycled": f"{platform.node()} {os.getpid()} 1.00",
        "here": this_process(),
        "elsewhere": f"not-{platform.node()} {gone.stdout.strip()} 1.00",
        "unreadable": "?",
    }
    ids = {
        name: store.client.create_run(store.experiment_id, tags={PROCESS_TAG: process}).info.run_id
        for name, process in tags.items()
    }
    foreign = store.client.create_run(store.experiment_id).info.run_id
    assert close_abandoned(store) == 2
    status = {name: store.client.get_run(run_id).info.status for name, run_id in ids.items()}
    assert status == {
        "gone": "KILLED",
        "recycled": "KILLED",
        "here": "RUNNING",
        "elsewhere": "RUNNING",
        "unreadable": "RUNNING",
    }
    assert store.client.get_run(foreign).info.status == "RUNNING"


def test_a_process_is_gone_once_it_has_ended():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    tag = f"{platform.node()} {process.pid} {psutil.Process(process.pid).create_time():.2f}"
    assert not is_gone(tag)
    process.communicate()
    assert is_gone(tag)


def test_a_writer_that_cannot_start_leaves_the_training_alone(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(live.sys, "executable", str(tmp_path / "no python"))
    with live_run(tmp_path, "img2vox", "mug", "f1", {}) as run:
        run.on_epoch({"epoch": 1.0, "loss": 0.5})
    assert [record.message.split(" (")[0] for record in caplog.records] == ["MLflow: no live logging"]


def test_an_unusable_store_is_one_line_and_the_training_goes_on(root, capfd):
    (root / "mlflow.db").write_text("no database " * 100)
    with live_run(root, "img2vox", "mug", "f1", {}) as run:
        for epoch in range(2000):  # more than a pipe holds
            run.on_epoch({"epoch": epoch, "loss": 0.5, "val_loss": 0.5})
    (line,) = [line for line in capfd.readouterr().err.splitlines() if "MLflow" in line]
    assert "live logging stopped" in line
    assert line.endswith("`img2vox register` delivers the run")


def test_a_writer_that_hangs_does_not_keep_the_training(tmp_path, monkeypatch, caplog):
    hanging = tmp_path / "img2vox" / "tracking"
    hanging.mkdir(parents=True)
    (hanging.parent / "__init__.py").touch()
    (hanging / "__init__.py").touch()
    (hanging / "live_writer.py").write_text("import time; time.sleep(60)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(live, "_LAST_WORDS_S", 0.5)
    start = time.monotonic()
    with live_run(tmp_path, "img2vox", "mug", "f1", {}) as run:
        for epoch in range(2000):
            run.on_epoch({"epoch": epoch, "loss": 0.5, "val_loss": 0.5})
    assert time.monotonic() - start < 10
    assert any("did not end within" in record.message for record in caplog.records)


def test_importing_the_trainings_half_does_not_import_mlflow():
    code = "import sys, img2vox.tracking.live; print('mlflow' in sys.modules)"
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    assert subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True).stdout == "False\n"


TRAINING = """
import sys, time
from pathlib import Path
from img2vox.tracking.live import live_run
with live_run(Path(sys.argv[1]), "img2vox", "mug", "f1", {}) as run:
    for epoch in range(1, 4):
        run.on_epoch({"epoch": epoch, "val_loss": 1 / epoch})
    run.trained("0123")
    print("trained", flush=True)
    if sys.argv[2] == "raise":
        raise SystemExit("out of memory")
    time.sleep(float(sys.argv[2]))
"""


@pytest.mark.slow
@pytest.mark.parametrize(("end", "status"), [("0", "FINISHED"), ("raise", "FAILED"), ("600", "KILLED")])
def test_a_real_training_ends_its_run_however_it_ends(project, end, status):
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    process = subprocess.Popen(
        [sys.executable, "-c", TRAINING, str(project.root), end], env=env, stdout=subprocess.PIPE, text=True
    )
    process.stdout.readline()
    store = project.open()
    if status == "KILLED":
        wait_for(lambda: [run for run in store.runs("") if logged(store, run)])
        process.send_signal(signal.SIGKILL)
    process.wait(60)
    wait_for(lambda: store.runs("")[0].info.status != "RUNNING")
    (run,) = store.runs("")
    assert run.info.status == status
    assert logged(store, run) == [(1, 1.0), (2, 0.5), (3, 1 / 3)]


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.2)
