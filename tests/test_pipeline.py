"""The real pipeline, `dvc repro` and all, on two small categories."""

import csv
import json
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest

from tests.project import (
    CATEGORIES,
    SECRETS,
    commit,
    environment,
    holders,
    make_project,
    run,
    start,
    write_category,
)


def stages_that_ran(output):
    return re.findall(r"^Running stage '(?:\w+/dvc\.yaml:)?([^']+)'", output, re.MULTILINE)


def locks(root):
    """What DVC recorded of every dependency and output."""
    return [(root / name).read_text(encoding="utf-8") for name in ("data/dvc.lock", "dvc.lock", "reports/dvc.lock")]


@pytest.fixture
def project(finished, tmp_path):
    """A copy of the finished project that a test may change."""
    root = tmp_path / "copy"
    shutil.copytree(finished, root, symlinks=True)
    return root


def test_every_output_is_there_from_a_path_with_a_space_and_an_umlaut(finished):
    for slug, synset in CATEGORIES.items():
        voxels = np.load(finished / "data" / "bundles" / f"{synset}_voxels.npy", allow_pickle=False)
        images = np.load(finished / "data" / "bundles" / f"{synset}_images.npy", allow_pickle=False)
        assert (voxels.shape, voxels.dtype) == ((8, 16, 16, 16, 1), bool)
        assert (images.shape, images.dtype) == ((16, 32, 32), np.uint8)
        with zipfile.ZipFile(finished / "data" / "renders" / f"{synset}.zip") as archive:
            assert len(archive.namelist()) == 8 * 2 + 1
        metrics = json.loads((finished / "models" / slug / "metrics.json").read_text(encoding="utf-8"))
        assert metrics["category"] == slug
        assert sum(metrics["objects"][split] for split in ("train", "val", "test")) == 8
        assert 0 <= metrics["test"]["iou"] <= 1
    with (finished / "reports" / "comparison.csv").open(encoding="utf-8", newline="") as stream:
        assert {row["category"] for row in csv.DictReader(stream)} >= set(CATEGORIES)
    receipt = json.loads((finished / "reports" / "registered.json").read_text(encoding="utf-8"))
    assert set(receipt["categories"]) == {*CATEGORIES, "joint"}


def test_no_secret_of_the_environment_stands_in_what_a_run_leaves(finished):
    for name in ("mlflow.db", "reports/report.html", "models/mug/network.keras", "../said.txt"):
        assert (finished / name).stat().st_size > 0
    assert holders(finished.parent, SECRETS.values()) == {f"{finished.name}/.dvc/config.local"}


def test_a_second_run_finds_everything_up_to_date(project):
    assert stages_that_ran(run(project, "dvc", "repro")) == []


def test_one_changed_archive_runs_that_categorys_chain_and_the_comparison_alone(project):
    write_category(project, CATEGORIES["mug"], last_height=1.2)
    ran = stages_that_ran(run(project, "dvc", "repro"))
    assert ran == ["fetch", "prepare@mug", "train@mug", "evaluate@mug", "compare", "register"]


def test_editing_a_plot_trains_nothing(project):
    with (project / "src" / "img2vox" / "evaluation" / "plotting.py").open("a", encoding="utf-8") as stream:
        stream.write("# changed\n")
    ran = stages_that_ran(run(project, "dvc", "repro", "--dry"))
    assert not any(name.startswith(("fetch", "prepare", "train")) for name in ran)
    assert "evaluate@mug" in ran


def test_evaluate_and_compare_draw_everything_again_from_files_and_start_no_tensorflow(project):
    categories = [project / "models" / slug for slug in CATEGORIES]
    reports = project / "reports"
    before = {
        path: path.read_bytes() for folder in (*categories, reports) for path in folder.rglob("*") if path.is_file()
    }
    for category in categories:
        shutil.rmtree(category / "figures")
        (category / "metrics.json").unlink()
        (category / "instances.csv").unlink()
    (reports / "report.html").unlink()
    shutil.rmtree(reports / "figures")
    blocked = ("tensorflow", "keras", "mlflow")
    for arguments in (["evaluate", *CATEGORIES], ["compare"]):
        code = (
            f"import sys; sys.modules.update(dict.fromkeys({blocked}))\n"  # None: importing one of them is an error
            f"sys.argv = ['img2vox', *{arguments}]\n"
            "from img2vox.cli import main; main()"
        )
        run(project, sys.executable, "-c", code)
    assert {path: path.read_bytes() for path in before} == before


def without_lists(value):
    """What DVC shows of a metrics file: intervals, which are lists, are passed over."""
    if not isinstance(value, dict):
        return value
    return {key: without_lists(inner) for key, inner in value.items() if not isinstance(inner, list)}


def test_dvc_shows_what_the_report_says(project):
    shown = json.loads(run(project, "dvc", "metrics", "show", "--json"))[""]["data"]
    for slug in CATEGORIES:
        path = project / "models" / slug / "metrics.json"
        expected = without_lists(json.loads(path.read_text(encoding="utf-8")))
        assert shown[f"models/{slug}/metrics.json"]["data"] == expected
    commit(project)
    assert json.loads(run(project, "dvc", "metrics", "diff", "--json")) == {}
    metrics = json.loads(path.read_text(encoding="utf-8"))
    metrics["test"]["iou"] += 0.125
    path.write_text(json.dumps(metrics), encoding="utf-8")
    changed = json.loads(run(project, "dvc", "metrics", "diff", "--json"))
    assert {name: value["diff"] for name, value in changed[f"models/{slug}/metrics.json"].items()} == {
        "test.iou": pytest.approx(0.125)
    }
    plots = json.loads(run(project, "dvc", "plots", "show", "--json"))["data"]
    with (project / "reports" / "comparison.csv").open(encoding="utf-8", newline="") as stream:
        lines = list(csv.DictReader(stream))
    values = plots["IoU on test objects"][0]["content"]["data"]["values"]
    assert [(value["category"], value["iou"]) for value in values] == [
        (line["category"], line["iou"]) for line in lines
    ]
    for slug in CATEGORIES:
        assert f"models/{slug}/history.csv" in plots
        assert f"models/{slug}/instances.csv" in plots
    charts = {path.name for path in (project / "reports" / "figures").iterdir()}
    assert {name.rpartition("/")[2] for name in plots if name.endswith(".png")} == charts


def test_too_many_rejects_fail_the_stage_and_say_so(project):
    synset = CATEGORIES["mug"]
    bad = [(f"{synset}/bad-{n}/models/model_normalized.obj", "v 0 0 0\n") for n in range(3)]
    write_category(project, synset, extra=bad)
    done = start(project, "dvc", "repro", "data/dvc.yaml:prepare@mug")
    assert done.returncode != 0
    assert "mug: 3 of 11 meshes are unusable, more than prepare.max_rejects, 10%" in done.stderr
    with (project / "data" / "bundles" / f"{synset}_rejects.csv").open(encoding="utf-8", newline="") as stream:
        assert [row["file"] for row in csv.DictReader(stream)] == [name for name, _ in bad]
    assert not (project / "data" / "bundles" / f"{synset}_voxels.npy").exists()


@pytest.mark.parametrize(("count", "message"), [(0, r"holds no mesh under"), (2, r"mug: 2 usable objects in 2 groups")])
def test_a_category_without_enough_objects_is_one_clear_line(project, count, message):
    write_category(project, CATEGORIES["mug"], count=count)
    done = start(project, "dvc", "repro", "data/dvc.yaml:prepare@mug")
    assert done.returncode != 0
    ours = [line for line in done.stderr.splitlines() if line.startswith("img2vox: ")]
    assert len(ours) == 1
    assert re.search(message, ours[0])
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_the_same_seed_gives_identical_files(finished, tmp_path):
    again = make_project(tmp_path / "again")
    run(again, "dvc", "repro")
    assert locks(again) == locks(finished)


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["fetch", "prepare@mug", "train@mug", "evaluate@mug", "compare", "register"])
def test_killed_in_the_middle_of_a_stage_the_next_run_ends_with_the_same_results(finished, tmp_path, stage):
    root = make_project(tmp_path / "killed")
    if stage != "fetch":
        run(root, "dvc", "repro", "--single-item", "data/dvc.yaml:fetch")
    if stage in ("compare", "register"):
        run(root, "dvc", "repro", f"reports/dvc.yaml:{'compare' if stage == 'register' else 'evaluate'}")
    for delay in (0.4, 1.5, 5.0):
        kill_after(root, stage, delay)
    run(root, "dvc", "repro")
    assert locks(root) == locks(finished)
    leftovers = [path for path in root.rglob("*.part") if ".venv" not in path.parts]
    assert all(path.name.startswith(".") for path in leftovers)


def kill_after(root, stage, delay):
    """Start a stage's own command as DVC would and kill it with its children."""
    command = ["img2vox", *stage.split("@")]
    process = subprocess.Popen(
        command,
        cwd=root,
        env=environment(),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_the_projects_git_ignores_what_a_run_leaves(project):
    commit(project)
    run(project, "img2vox", "register")
    assert run(project, "git", "status", "--porcelain") == ""
