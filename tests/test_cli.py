"""The command line as a shell sees it."""

import subprocess
import sys
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from img2vox import cli
from img2vox.config import load_params
from img2vox.data import stage
from tests.project import REPOSITORY


def img2vox(*arguments, cwd):
    command = [sys.executable, "-c", "from img2vox.cli import main; main()", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", timeout=120)


def test_our_own_error_is_one_line_on_stderr_and_exit_1(tmp_path):
    done = img2vox("fetch", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    expected = "img2vox: params.yaml: not found; run img2vox from the directory that holds params.yaml\n"
    assert done.stderr == expected


def test_debug_shows_the_traceback_too(tmp_path):
    done = img2vox("--debug", "fetch", cwd=tmp_path)
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "params.yaml: not found" in done.stderr


@pytest.mark.parametrize("arguments", [("prepare",), ("nonsense",), ("fetch", "--nonsense")])
def test_wrong_usage_is_exit_2(tmp_path, arguments):
    assert img2vox(*arguments, cwd=tmp_path).returncode == 2


def test_help_starts_without_importing_anything_heavy(tmp_path):
    code = (
        "import sys; import img2vox.cli; "
        "heavy = ('tensorflow', 'keras', 'mlflow', 'numba', 'pyvista', 'gradio', 'trimesh'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]"
    shown = img2vox("--help", cwd=tmp_path)
    assert shown.returncode == 0
    for command in ("fetch", "prepare", "train", "evaluate", "compare", "register"):
        assert command in shown.stdout


@pytest.mark.parametrize(
    ("option", "param", "expected"), [((), 0, cli.usable_cores()), ((), 3, 3), (("--workers", "5"), 3, 5)]
)
def test_workers_are_those_asked_for_or_all_cores(monkeypatch, option, param, expected):
    params = load_params(REPOSITORY / "params.yaml")
    params = replace(params, compute=replace(params.compute, workers=param))
    given = []
    monkeypatch.setattr(cli, "load_params", lambda: params)
    monkeypatch.setattr(stage, "run", lambda slug, params, paths, workers: given.append((slug, workers)))
    assert CliRunner().invoke(cli.app, ["prepare", "chair", *option]).exit_code == 0
    assert given == [("chair", expected)]
