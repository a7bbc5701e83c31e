"""What docs/ and the Dockerfile offer for copying is run as far as it can be here."""

import json
import os
import re
import shutil
import subprocess
import tomllib

import pytest
import yaml

from tests.pretended import outputs, ran
from tests.project import REPOSITORY, commit, environment, run, write_category

METRICS_DIFF = REPOSITORY / "docs" / "ci" / "metrics-diff.yml"


def bash(root, script, **env):
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=root,
        env={**environment(), **env},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_slurm_scripts_parts_make_the_whole(pretended, serial, tmp_path):
    head = tmp_path / "a head"
    shutil.copytree(pretended, head, symlinks=True)
    run(head, "dvc", "remote", "add", "--quiet", "--default", "shared", str(tmp_path / "a store"))
    run(head, "dvc", "repro", "--single-item", "data/dvc.yaml:fetch")
    run(head, "dvc", "push")
    commit(head)
    ran(head)
    (head / ".venv" / "bin").mkdir(parents=True)
    (head / ".venv" / "bin" / "activate").touch()
    nodes = tmp_path / "nodes"
    nodes.mkdir()
    for number in ("1", "2"):
        slurm = {"SLURM_SUBMIT_DIR": str(head), "SLURM_ARRAY_TASK_ID": number, "SLURM_ARRAY_TASK_COUNT": "2"}
        bash(tmp_path, f"bash '{REPOSITORY}/docs/slurm.sh'", TMPDIR=str(nodes), **slurm)
        assert not [*nodes.glob("*/dvc.yaml"), *nodes.glob("img2vox-push-*")]
    run(head, "dvc", "repro", "--pull")
    assert ran(head) == ["compare", "register"]
    assert outputs(head) == outputs(serial)


@pytest.mark.slow
def test_the_workflow_reproduces_three_categories_and_shows_what_changed(serial, tmp_path):
    root = tmp_path / "checkout"
    shutil.copytree(serial, root, symlinks=True)
    workflow = yaml.safe_load(METRICS_DIFF.read_text(encoding="utf-8"))
    steps = {step.get("name"): step for step in workflow["jobs"]["metrics"]["steps"]}
    commit(root)
    write_category(root, "03797390", last_height=1.2)
    write_category(root, "02818832", last_height=1.2)
    env = {"CATEGORIES": "chair mug sofa", "BASE": "HEAD"}
    bash(root, steps["reproduce"]["run"], **env)
    assert sorted(ran(root)) == ["evaluate-mug", "fetch", "prepare-mug", "train-mug"]
    bash(root, steps["compare"]["run"], **env)
    comment = (root / "comment.md").read_text(encoding="utf-8")
    assert comment.startswith("### IoU of chair mug sofa against `HEAD`\n")
    now = json.loads((root / "models" / "mug" / "metrics.json").read_text(encoding="utf-8"))["iou"]
    assert re.search(rf"models/mug/metrics.json\s*\|\s*iou\s*\|[^|]+\|\s*{str(now)[:5]}", comment), comment
    assert "models/chair" not in comment


@pytest.mark.parametrize("path", sorted((REPOSITORY / "docs" / "ci").glob("*.yml")), ids=lambda path: path.name)
def test_a_workflow_names_what_there_is(path):
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    assert all(("uses" in step) != ("run" in step) for step in steps)
    scripts = "\n".join(step["run"] for step in steps if "run" in step)
    shown = run(REPOSITORY, "img2vox", "repro", "--help")
    for option in re.findall(r"img2vox repro.*?(--\w+)", scripts):
        assert option in shown
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    assert "make .venv/installed" in scripts
    assert "STAMP := .venv/installed" in makefile


def test_the_dockerfile_copies_what_there_is_and_has_a_python_that_fits():
    text = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
    for line in re.findall(r"^COPY (.+)$", text, re.MULTILINE):
        *sources, _ = line.split()
        assert all((REPOSITORY / source).exists() for source in sources)
    minor = int(re.search(r"^FROM python:3\.(\d+)-slim$", text, re.MULTILINE)[1])
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    low, high = map(int, re.fullmatch(r">=3\.(\d+),<3\.(\d+)", project["requires-python"]).groups())
    assert low <= minor < high
    ignored = (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").split()
    assert {".venv", ".dvc/cache", ".dvc/config.local"} <= set(ignored)
    command = json.loads(re.search(r"^CMD (.+)$", text, re.MULTILINE)[1])
    assert command[:3] == ["python", "-m", "app"]
    assert (REPOSITORY / "app" / "__main__.py").is_file()
    assert os.access(REPOSITORY / "docs" / "slurm.sh", os.X_OK)
