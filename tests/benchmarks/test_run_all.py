"""`make bench`: what it runs, what becomes of a failure, and the files that every benchmark writes."""

import json
import platform
import re
import shlex
import subprocess
import sys

import pytest

import common
import run_all
from tests.project import REPOSITORY


def test_every_benchmark_is_run_but_the_one_that_needs_data_from_elsewhere():
    scripts = {
        path.stem
        for path in (REPOSITORY / "benchmarks").glob("*.py")
        if "write_results(" in path.read_text(encoding="utf-8") and path.stem != "common"
    }
    assert {name for name, *_ in run_all.SHORT + run_all.LONG} == scripts - {"shapenet13"}


@pytest.mark.slow
@pytest.mark.parametrize("one", run_all.SHORT + run_all.LONG, ids=" ".join)
def test_every_command_has_options_that_its_script_knows(one):
    """As far as its --help tells."""
    name, *arguments = one
    command = [sys.executable, str(REPOSITORY / "benchmarks" / f"{name}.py"), "--help"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert [word for word in arguments if "/" not in word and word not in shown] == []


def test_one_that_fails_is_named_and_the_others_run(tmp_path, monkeypatch, capfd):
    (tmp_path / "good.py").write_text("import sys; print('ran', *sys.argv[1:])")
    (tmp_path / "bad.py").write_text("raise SystemExit(3)")
    lines = [[str(tmp_path / "bad.py")], [str(tmp_path / "good.py"), "--part", "a"]]
    assert run_all.run(lines) == ["bad.py"]
    said = capfd.readouterr().out
    assert re.search(r"== bad\.py: FAILED with 3, \d+ s", said)
    assert "ran --part a" in said
    assert re.search(r"== good\.py --part a: done, \d+ s", said)


def test_the_long_ones_want_a_directory_outside_of_the_repository(capsys):
    for arguments, message in (
        (["--long"], "--long: name a --directory that has 20 GB"),
        (["--long", "--directory", str(REPOSITORY / "x")], "is inside of this repository; name one outside"),
        (["--only", "scale"], "scale: takes hours; add --long --directory DIR"),
    ):
        with pytest.raises(SystemExit) as caught:
            run_all.main(arguments)
        assert caught.value.code == 2
        assert message in capsys.readouterr().err


def test_the_commands_can_be_listed(tmp_path, capsys):
    assert run_all.main(["--long", "--directory", str(tmp_path), "--only", "scale", "--list"]) == 0
    script = REPOSITORY / "benchmarks" / "scale.py"
    listed = shlex.split(capsys.readouterr().out)
    assert listed == ["python", str(script), "--directory", str(tmp_path / "scale")]


def test_the_table_is_that_of_the_page_with_what_is_measured(tmp_path):
    results = tmp_path / "benchmarks" / "results"
    common.write_results("geometry", {"voxelize_ms": 0.7, "voxelize_vs_authors": 150.0}, results / "geometry.json")
    header, _, first, *_ = run_all.table(tmp_path).splitlines()
    assert header.split("  ")[0] == "what"
    assert " 0.7 ms " in first
    assert " 150 " in first
    here = f"{common.machine()['cores']} x {common.machine()['cpu']}"
    assert first.endswith(here)


def test_the_table_names_the_machine_of_every_number(tmp_path, monkeypatch):
    path = tmp_path / "benchmarks" / "results" / "tracking.json"
    monkeypatch.setattr(common, "machine", lambda: {"cpu": "old", "cores": 2, "python": "3.11.7"})
    common.write_results("tracking", {"register_fifty_s": 1.0}, path)
    monkeypatch.setattr(common, "machine", lambda: {"cpu": "new", "cores": 8, "python": "3.11.7"})
    common.write_results("tracking", {"reregister_fifty_s": 2.0}, path, others=["register_fifty_s"])
    lines = [line.split("  ") for line in run_all.table(tmp_path).splitlines()]
    on = {line[0]: line[-1].strip() for line in lines}
    assert (on["register fifty networks"], on["register them again"]) == ("2 x old", "8 x new")


def test_a_machine_is_told_by_its_processor_and_not_by_its_name():
    found = common.machine()
    assert {"cpu", "cores", "memory_gb", "system", "python"} <= set(found)
    assert found["cpu"]
    assert platform.node() not in json.dumps(found)


def test_numbers_of_another_machine_or_day_say_so_until_they_are_measured_again(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    monkeypatch.setattr(common, "machine", lambda: {"cpu": "old", "cores": 2, "python": "3.11.7"})
    common.write_results("a", {"x": 1.23456, "y": 2}, path)
    common.write_results("a", {"z": 3}, path, others=["x", "y"])  # the same machine and day: nothing to say
    written = json.loads(path.read_text())
    assert "kept" not in written
    assert (written["x"], written["y"], written["z"]) == (1.235, 2, 3)
    monkeypatch.setattr(common, "machine", lambda: {"cpu": "new", "gpu": "a GPU", "cores": 8, "python": "3.13.0"})
    common.write_results("a", {"y": 4}, path, others=list(written))
    written = json.loads(path.read_text())
    (run,) = written["kept"]
    assert run.endswith(", 2 x old, Python 3.11.7")
    assert written["kept"][run] == ["x", "z"]
    monkeypatch.setattr(common, "machine", lambda: {"cpu": "third", "cores": 1, "python": "3.12.0"})
    common.write_results("a", {"z": 5}, path, others=written)
    written = json.loads(path.read_text())
    assert {run.split(", ")[1]: names for run, names in written["kept"].items()} == {
        "2 x old": ["x"],
        "8 x a GPU": ["y"],
    }
    assert written["z"] == 5
    common.write_results("a", {"z": 6}, path)  # no others: they are gone
    assert set(json.loads(path.read_text())) == {"z", "machine", "date"}
