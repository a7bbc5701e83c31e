"""`img2vox repro` with real DVC processes and stages that take no time."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest
import yaml

from img2vox.config import load_params
from img2vox.errors import PipelineError
from img2vox.jobs import repro
from img2vox.jobs.chains import FILES, is_pretrained_anew
from img2vox.jobs.runner import Runner
from img2vox.paths import Paths
from tests.pretended import FOUR, outputs, ran
from tests.project import REPOSITORY, commit, environment, run, start, write_category

CHAINED = {f"{stage}-{slug}" for stage in ("prepare", "train", "evaluate") for slug in FOUR}


@pytest.fixture
def project(pretended, tmp_path):
    """A copy that a test may run in."""
    root = tmp_path / "a b \u00fc"
    shutil.copytree(pretended, root, symlinks=True)
    return root


def ask(root, *names):
    for name in names:
        (root / "pretend" / name).touch()


def recorded(root):
    """All of the three dvc.lock; the order of their entries is that in which stages ended."""
    return [yaml.safe_load((root / name.replace(".yaml", ".lock")).read_text(encoding="utf-8")) for name in FILES]


def test_it_leaves_what_dvc_repro_leaves_and_runs_nothing_again(project, serial):
    ask(project, "meet-train")
    done = start(project, "img2vox", "repro", "--jobs", "2")
    assert done.returncode == 0, done.stderr
    names = ran(project)
    assert sorted(names) == sorted(["fetch", *CHAINED, "compare", "register"])
    assert names[0] == "fetch"
    assert names[-2:] == ["compare", "register"]
    assert recorded(project) == recorded(serial)
    assert outputs(project) == outputs(serial)
    for slug in FOUR:
        assert f"{slug}: train\n" in done.stderr
    assert "4 of 4 categories to do, 2 at once\n" in done.stderr
    assert ", 4 of 4\n" in done.stderr
    run(project, "img2vox", "repro", "--jobs", "2")
    assert ran(project) == []
    assert "Data and pipelines are up to date" in run(project, "dvc", "status", *FILES)


def test_a_watched_source_is_looked_at_before_a_part_runs(project):
    params = project / "params.yaml"
    text = params.read_text(encoding="utf-8").replace("source: sample ", "source: folder ")
    params.write_text(text.replace("watch: []", "watch: [folder]"), encoding="utf-8")
    run(project, "img2vox", "repro", "mug")
    assert ran(project) == ["source", "fetch", "prepare-mug", "train-mug", "evaluate-mug"]
    run(project, "img2vox", "repro", "mug")
    assert ran(project) == ["source"]


@pytest.mark.slow
def test_a_part_that_pulls_takes_the_meshes_of_its_commit_and_fetches_what_no_remote_has(project, tmp_path):
    chain = ["prepare-mug", "train-mug", "evaluate-mug"]
    fetch, mug = "data/dvc.yaml:fetch", f"data/raw/{FOUR['mug']}.zip"
    run(project, "dvc", "remote", "add", "--default", "store", str(tmp_path / "store"))
    run(project, "img2vox", "repro", "mug", "--pull")
    assert ran(project) == ["fetch", *chain]
    run(project, "dvc", "push", fetch)
    commit(project)
    run(tmp_path, "git", "clone", "--quiet", str(project), "there")
    there = tmp_path / "there"
    run(there, "img2vox", "repro", "mug", "--pull")
    assert ran(there) == chain
    assert [path.name for path in (there / "data" / "raw").glob("*.zip")] == [Path(mug).name]
    write_category(project, FOUR["mug"], last_height=1.2)
    run(project, "dvc", "repro", "--single-item", fetch)
    run(project, "dvc", "push", fetch)
    commit(project)
    run(there, "git", "checkout", "--quiet", ".")
    run(there, "git", "pull", "--quiet")
    run(there, "img2vox", "repro", "mug", "--pull")
    assert ran(there) == chain
    assert (there / mug).read_bytes() == (project / mug).read_bytes()


@pytest.mark.slow
def test_a_chain_begins_where_something_changed(serial, tmp_path):
    root = tmp_path / "changed"
    shutil.copytree(serial, root, symlinks=True)
    (root / "models" / "mug" / "predictions.npz").unlink()
    (root / "src" / "img2vox" / "surface" / "files.py").write_text("# changed\n", encoding="utf-8")
    done = start(root, "img2vox", "repro", "--jobs", "3")
    assert done.returncode == 0, done.stderr
    # DVC has what mug's training wrote; and what `evaluate` writes is as before, so that nothing follows it.
    assert sorted(ran(root)) == sorted(f"evaluate-{slug}" for slug in FOUR)
    assert outputs(root) == outputs(serial)


def test_a_failed_category_stops_no_other_and_is_reported_at_the_end(project, serial):
    ask(project, "fail-train-mug", "fail-prepare-bed")
    done = start(project, "img2vox", "repro", "--jobs", "2")
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("img2vox: 2 of 4 categories failed: ")
    assert "mug at train@mug" in last
    assert "bed at data/dvc.yaml:prepare@bed" in last
    assert "pretend: train-mug has failed, as asked" in done.stderr
    assert "Traceback" not in done.stderr
    assert set(ran(project)) == CHAINED - {"evaluate-mug", "train-bed", "evaluate-bed"} | {"fetch"}
    for path in (project / "pretend").glob("fail-*"):
        path.unlink()
    run(project, "img2vox", "repro", "--jobs", "2")
    assert set(ran(project)) == {
        *("train-mug", "evaluate-mug", "prepare-bed", "train-bed", "evaluate-bed", "compare", "register")
    }
    assert recorded(project) == recorded(serial)


def test_what_dvc_itself_refuses_is_one_line_with_what_it_said(tmp_path):
    (tmp_path / "dvc.yaml").write_text("stages: {}\n", encoding="utf-8")
    message = r"^`dvc status --json` ended with \d+; it said: .*not inside of a DVC repository"
    with pytest.raises(PipelineError, match=message) as caught:
        Runner(tmp_path).alone("status", "--json", shown=False)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("slugs", "shard"), [(["chair"], None), ([], "1/2")])
def test_a_part_does_not_wait_for_a_joint_network_that_needs_all(tmp_path, slugs, shard):
    (tmp_path / "dvc.yaml").write_text("stages: {pretrain: {cmd: 'true'}}\n", encoding="utf-8")
    params = load_params(REPOSITORY / "params.yaml")
    with pytest.raises(PipelineError, match=r"pretrain is not frozen and needs all categories, not a part of them"):
        repro.run(params, Paths(tmp_path), 1, [], slugs, shard, pulled=False, pushed=False)


@pytest.mark.parametrize("text", [None, "", "stages: [", "stages: 5\n", "vars: []\n"])
def test_a_directory_without_stages_is_one_line(tmp_path, text):
    if text is not None:
        (tmp_path / "dvc.yaml").write_text(text, encoding="utf-8")
    message = r"dvc\.yaml: not a dvc\.yaml with stages \(.*\); run img2vox from the directory that holds params\.yaml"
    with pytest.raises(PipelineError, match=message):
        is_pretrained_anew(Paths(tmp_path))


def wait_for(path, process):
    for _ in range(1200):
        if path.exists():
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    pytest.fail(f"{path} has not come")


def in_directory(root):
    """Processes that work in a directory."""
    found = []
    for process in psutil.process_iter():
        try:
            if root in (os.path.realpath(process.cwd()), *map(os.path.realpath, process.cmdline())):
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_interrupted_it_leaves_no_process_and_nothing_half_written(project, serial, number):
    ask(project, "wait-train-mug", "wait-prepare-bed")
    command = ["img2vox", "repro", "--jobs", "2"]
    with subprocess.Popen(command, cwd=project, env=environment(), stderr=subprocess.PIPE, text=True) as process:
        wait_for(project / "pretend" / "waits-train-mug", process)
        wait_for(project / "pretend" / "waits-prepare-bed", process)
        process.send_signal(number)
        _, said = process.communicate(timeout=120)
    assert process.returncode == 128 + number
    assert "interrupted: ending what runs" in said
    assert "FAILED" not in said
    assert in_directory(os.path.realpath(project)) == []
    assert list(project.rglob("*.part")) == []
    assert '"pid"' not in (project / ".dvc" / "tmp" / "rwlock").read_text(encoding="utf-8")
    recorded(project)
    for path in (project / "pretend").glob("wait-*"):
        path.unlink()
    run(project, "img2vox", "repro", "--jobs", "2")
    assert recorded(project) == recorded(serial)
    assert outputs(project) == outputs(serial)


@pytest.mark.slow
def test_the_papers_protocol_runs_so_too(project, tmp_path):
    alone = tmp_path / "alone"
    shutil.copytree(project, alone, symlinks=True)
    run(alone, "dvc", "repro", "paper/dvc.yaml")
    run(project / "paper", "img2vox", "repro", "--jobs", "2")
    assert recorded(project / "paper") == recorded(alone / "paper")
    assert outputs(project / "paper") == outputs(alone / "paper")
    assert set(ran(project)) == {"fetch", *CHAINED, "train-joint", "evaluate-joint", "compare", "register"}
    assert not (project / "reports" / "dvc.lock").exists()


@pytest.mark.slow
def test_a_joint_network_that_is_trained_anew_comes_between_bundles_and_trainings(project, tmp_path):
    run(project, "dvc", "unfreeze", "pretrain")
    params = project / "params.yaml"
    params.write_text(params.read_text(encoding="utf-8").replace("copies: 1", "copies: 2"), encoding="utf-8")
    alone = tmp_path / "alone"
    shutil.copytree(project, alone, symlinks=True)
    run(alone, "dvc", "repro")
    run(project, "img2vox", "repro", "--jobs", "2")
    names = ran(project)
    assert len(names) == len(set(names))
    assert max(names.index(f"prepare-{slug}") for slug in FOUR) < names.index("pretrain")
    assert min(names.index(f"train-{slug}") for slug in FOUR) > names.index("pretrain")
    assert recorded(project) == recorded(alone)
    done = start(project, "img2vox", "repro", "--shard", "1/2")
    assert done.returncode == 1
    assert "pretrain is not frozen" in done.stderr


@pytest.mark.slow
def test_shards_do_their_own_categories_and_nothing_beyond(project):
    run(project, "img2vox", "repro", "--jobs", "2", "--shard", "1/2")
    first = set(ran(project))
    done = start(project, "img2vox", "repro", "--jobs", "2", "--shard", "2/2")
    assert done.returncode == 0
    assert "\ndone: " in done.stderr
    second = set(ran(project))
    assert first | second == CHAINED | {"fetch"}
    assert first & second == set()
    assert len(second) == 6
