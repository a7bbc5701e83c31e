"""Epochs on their way into MLflow while a training runs, and what happens when either of the two dies."""

import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from img2vox.config import load_params
from img2vox.tracking import live
from img2vox.tracking.live import LiveRun, live_directory, live_run
from img2vox.tracking.provenance import is_gone, project_root, this_process
from img2vox.tracking.runs import FIT_KEY_TAG, PROCESS_TAG, SYSTEM_PREFIX, close_abandoned
from img2vox.tracking.spool import Spool
from tests.tracking.fakes import entries_of

ROOT = Path(__file__).parents[2]
SETTINGS = load_params(ROOT / "params.yaml").register
GONE = f"{platform.node()} 1 1.00"  # process 1 began at another moment


def spooled(project, messages, name="1", fit_key="f1", process=None):
    """A spool file as a training leaves it."""
    first = {
        "root": str(project.root),
        "experiment": "img2vox",
        "slug": "mug",
        "fit_key": fit_key,
        "process": process or this_process(),
        "time_ms": 1_000,
        "tags": {"protocol": "standard"},
    }
    path = live_directory(project.root) / f"mug-{fit_key}-{name}.jsonl"
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(message) + "\n" for message in [first, *messages]), encoding="utf-8")
    return path


def carry_over(project):
    return Spool(live_directory(project.root)).carry_over()


def rows(project):
    (entry,) = entries_of(project.paths, ["mug"])
    system = {SYSTEM_PREFIX + "cpu_utilization_percentage": 50.0}
    return entry, [{"row": dict(row), "system": system, "time_ms": 2_000 + n} for n, row in enumerate(entry.history)]


def logged(store, run, name="val_loss"):
    return [(m.step, m.value) for m in store.client.get_metric_history(run.info.run_id, name)]


def expected(entry):
    return [(int(row["epoch"]), row["val_loss"]) for row in entry.history]


FINISHED = {"status": "FINISHED", "time_ms": 3_000}


def test_a_training_that_logged_live_is_one_run_after_its_delivery(project):
    entry, messages = rows(project)
    path = spooled(project, [*messages, FINISHED])
    assert not carry_over(project)
    assert not path.exists()
    store = project.open()
    (live_one,) = store.runs("tags.slug = 'mug'")
    assert (live_one.info.status, live_one.info.start_time, live_one.info.end_time) == ("FINISHED", 1_000, 3_000)
    fit = json.loads(project.paths.fit("mug").read_text())
    project.paths.fit("mug").write_text(json.dumps({**fit, "fit_key": "f1"}))
    project.deliver(store)
    (run,) = store.runs("tags.slug = 'mug'")
    assert run.info.run_id == live_one.info.run_id
    assert logged(store, run) == expected(entry)
    assert logged(store, run, SYSTEM_PREFIX + "cpu_utilization_percentage") == [(n, 50.0) for n in (1, 2, 3)]
    assert run.data.tags["protocol"] == "standard"


def test_epochs_are_seen_while_the_training_lives_and_are_logged_once(project):
    entry, messages = rows(project)
    spool = Spool(live_directory(project.root))
    for count in range(4):
        spooled(project, messages[:count])
        assert spool.carry_over()
        (run,) = project.open().runs("tags.slug = 'mug'")
        assert run.info.status == "RUNNING"
        assert logged(project.open(), run) == expected(entry)[:count]
    # As `register` does while a writer is at it; both carry the same lines.
    carry_over(project)
    assert logged(project.open(), run) == expected(entry)


def test_a_training_that_is_killed_and_goes_on_logs_every_epoch_once_in_one_run(project):
    entry, messages = rows(project)
    path = spooled(project, messages[:2], process=GONE)
    with path.open("a") as stream:
        stream.write('{"row": {"epo')  # killed in the middle of a line
    assert not carry_over(project)
    assert not path.exists()
    store = project.open()
    (run,) = store.runs("tags.slug = 'mug'")
    assert run.info.status == "KILLED"
    # After a resume the epochs before it are reported again, at another time.
    again = [{**message, "time_ms": 9_000} for message in messages]
    spooled(project, [*again, FINISHED], name="2")
    carry_over(project)
    (run,) = store.runs("tags.slug = 'mug'")
    assert run.info.status == "FINISHED"
    assert logged(store, run) == expected(entry)


def test_another_training_of_the_category_is_another_run(project):
    spooled(project, [FINISHED])
    spooled(project, [FINISHED], fit_key="f2")
    carry_over(project)
    assert {run.data.tags[FIT_KEY_TAG] for run in project.open().runs("")} == {"f1", "f2"}


def test_what_is_no_spool_is_removed_and_holds_up_nothing(project):
    entry, messages = rows(project)
    spooled(project, [*messages, FINISHED])
    for name, content in [("a", '{"slug": "mug"}\n'), ("b", '[1]\nnot JSON\n{"slug": 1}\n')]:
        (live_directory(project.root) / f"{name}.jsonl").write_text(content)
    carry_over(project)
    (run,) = project.open().runs("")
    assert logged(project.open(), run) == expected(entry)
    assert list(live_directory(project.root).glob("*.jsonl")) == []


def test_while_the_store_is_away_the_spool_waits_and_then_nothing_is_lost(project, empty_tables):
    entry, messages = rows(project)
    spooled(project, messages)
    (project.root / "mlflow.db").write_text("no database " * 100)
    assert carry_over(project)
    trouble = live_directory(project.root) / live.TROUBLE
    assert "MLflow's store cannot be opened" in trouble.read_text()
    shutil.copy(empty_tables, project.root / "mlflow.db")
    carry_over(project)
    (run,) = project.open().runs("tags.slug = 'mug'")
    assert logged(project.open(), run) == expected(entry)
    assert not trouble.exists()


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


def test_both_protocols_share_what_lies_beside_dvcs_directory(tmp_path):
    (tmp_path / ".dvc").mkdir()
    paper = tmp_path / "paper"
    paper.mkdir()
    assert project_root(paper) == project_root(tmp_path) == tmp_path.resolve()
    assert live_directory(paper) == tmp_path.resolve() / ".live"


def spool_lines(root):
    (path,) = live_directory(root).glob("*.jsonl")
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize(("raised", "status"), [(None, "FINISHED"), (MemoryError, "FAILED")])
def test_a_training_takes_its_epochs_down_and_how_it_ended(tmp_path, monkeypatch, raised, status):
    monkeypatch.setattr(live.subprocess, "Popen", lambda *_, **__: None)
    try:
        with live_run(tmp_path, replace(SETTINGS, protocol="paper"), "trash_bin", "f1") as run:
            run.on_epoch({"epoch": 1.0, "loss": 0.5})
            if raised:
                raise raised
    except MemoryError:
        pass
    first, epoch, end = spool_lines(tmp_path)
    tags = {"protocol": "paper", "category": "trash bin", "dvc_stage": "train@trash_bin"}
    assert (first["slug"], first["fit_key"], first["tags"]) == ("trash_bin", "f1", tags)
    assert not is_gone(first["process"])
    assert epoch["row"] == {"epoch": 1.0, "loss": 0.5}
    assert all(name.startswith(SYSTEM_PREFIX) and value >= 0 for name, value in epoch["system"].items())
    assert end["status"] == status


def test_no_writer_starts_where_what_it_writes_would_be_thrown_away(tmp_path, monkeypatch):
    monkeypatch.setenv(live.NO_WRITER, "1")
    with live_run(tmp_path, SETTINGS, "mug", "f1") as run:
        run.on_epoch({"epoch": 1.0, "loss": 0.5})
    assert [path.suffix for path in live_directory(tmp_path).iterdir()] == [".jsonl"]


def test_a_writer_that_cannot_start_leaves_the_training_alone(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(live.sys, "executable", str(tmp_path / "no python"))
    with live_run(tmp_path, SETTINGS, "mug", "f1") as run:
        run.on_epoch({"epoch": 1.0, "loss": 0.5})
    assert [record.message.split(" (")[0] for record in caplog.records] == ["MLflow: no live logging"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_one_line_and_the_training_goes_on(tmp_path, caplog):
    path = tmp_path / "mug.jsonl"
    path.symlink_to("/dev/full")
    run = LiveRun(path, {})
    for epoch in range(3):
        run.on_epoch({"epoch": epoch, "loss": 0.5})
    (record,) = caplog.records
    assert "MLflow: no live logging ([Errno 28] No space left on device" in record.message
    assert record.message.endswith("`img2vox register` delivers the run")


def test_half_a_line_on_a_full_disk_is_the_last_one(tmp_path, caplog):
    run = LiveRun(tmp_path / "mug.jsonl", {})
    run._stream = HalfAStream()
    for epoch in range(3):
        run.on_epoch({"epoch": epoch, "loss": 0.5})
    (record,) = caplog.records
    assert record.message.startswith("MLflow: no live logging (no room for a whole line); ")


class HalfAStream:
    """Takes half of what it is given, once."""

    closed = False

    def write(self, data):
        assert not self.closed
        return len(data) // 2

    def close(self):
        self.closed = True


def test_a_training_says_at_its_end_that_mlflow_is_away(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(live.subprocess, "Popen", lambda *_, **__: None)
    with live_run(tmp_path, SETTINGS, "mug", "f1"):
        (live_directory(tmp_path) / live.TROUBLE).write_text("connection refused\n")
    message = "MLflow: live logging waits (connection refused); `img2vox register` delivers the run"
    assert [record.message for record in caplog.records] == [message]


def test_importing_the_trainings_half_does_not_import_mlflow():
    code = "import sys, img2vox.tracking.live, img2vox.tracking.live_writer; print('mlflow' in sys.modules)"
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    assert subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True).stdout == "False\n"


TRAINING = """
import sys, time
from pathlib import Path
from img2vox.config import load_params
from img2vox.tracking.live import live_run
root, slug, end = sys.argv[1:]
with live_run(Path(root), load_params(Path("params.yaml")).register, slug, "f1") as run:
    for epoch in range(1, 4):
        run.on_epoch({"epoch": epoch, "val_loss": 1 / epoch})
    print("trained", flush=True)
    if end == "raise":
        raise SystemExit("out of memory")
    time.sleep(float(end))
"""
EPOCHS = [(1, 1.0), (2, 0.5), (3, 1 / 3)]


def start_training(root, slug="mug", end="0", env=()):
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src"), **dict(env)}
    command = [sys.executable, "-c", TRAINING, str(root), slug, end]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True, cwd=ROOT)


@pytest.mark.slow
@pytest.mark.parametrize(("end", "status"), [("0", "FINISHED"), ("raise", "FAILED"), ("600", "KILLED")])
def test_a_real_training_ends_its_run_however_it_ends(project, end, status):
    process = start_training(project.root, end=end)
    process.stdout.readline()
    store = project.open()
    wait_for(lambda: [run for run in store.runs("") if logged(store, run) == EPOCHS])
    if status == "KILLED":
        (run,) = store.runs("")
        assert run.info.status == "RUNNING"
        process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)  # to the end of its output: the writer does not keep it open
    wait_for(lambda: store.runs("")[0].info.status != "RUNNING")
    (run,) = store.runs("")
    assert run.info.status == status
    assert logged(store, run) == EPOCHS


@pytest.mark.slow
@pytest.mark.parametrize("repetition", range(10))
def test_eight_trainings_at_once_on_a_fresh_clone_lose_nothing(tmp_path, repetition):
    slugs = [f"c{number}" for number in range(8)]
    for process in [start_training(tmp_path, slug) for slug in slugs]:
        process.communicate(timeout=300)
        assert process.returncode == 0
    wait_for(lambda: not list(live_directory(tmp_path).glob("*.jsonl")), 120)
    from img2vox.tracking.store import open_store

    store = open_store(tmp_path, "img2vox")
    runs = store.runs("")
    assert sorted(run.data.tags["slug"] for run in runs) == slugs
    assert all(run.info.status == "FINISHED" and logged(store, run) == EPOCHS for run in runs)
    assert store.client.search_runs(["0"]) == []


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.2)
