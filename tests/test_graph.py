"""Both protocols' dvc.yaml name the code and the parameters that each stage uses, no more and no less."""

import ast
import os.path
import re
from functools import cache
from pathlib import Path

import pytest
import yaml

from img2vox.config import PLACES, flatten, load_params

REPOSITORY = Path(__file__).parents[1]
SRC = REPOSITORY / "src"
# "paper/" comes before the name of each stage of the paper's protocol.
STAGES = {
    protocol + name: stage
    for protocol in ("", "paper/")
    for file in ("data/dvc.yaml", "dvc.yaml", "reports/dvc.yaml")
    for name, stage in yaml.safe_load((REPOSITORY / protocol / file).read_text(encoding="utf-8"))["stages"].items()
}
# They cannot change a result: what params.yaml says is a dependency of its own, key by key; the rest names,
# places and reports.
# A training that logs live hears nothing back from MLflow.
# The draws of seeds.py and the bytes of files.py are pinned by tests of their own.
PLUMBING = {
    f"img2vox.{name}"
    for name in (
        *("config", "params_file", "errors", "files", "paths", "catalog", "seeds", "masking"),
        "tracking.live",
    )
}
PLUMBING |= {"img2vox"}
MODULES = {
    "source": "sources.stage",
    "fetch": "sources.stage",
    "prepare": "data.stage",
    "train": "learning.stage",
    "train-joint": "entire.train",
    "pretrain": "joint.stage",
    "evaluate": "evaluation.stage",
    "evaluate-joint": "entire.evaluate",
    "compare": "reporting.stage",
    "register": "tracking.stage",
}


def module_file(module):
    path = SRC.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def imports_of(module):
    """Modules of ours that a module imports anywhere in its text."""
    found = set()
    for node in ast.walk(ast.parse(module_file(module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] == "img2vox" and module_file(name).is_file()}


def reachable(module):
    seen, waiting = set(), [module]
    while waiting:
        name = waiting.pop()
        if name not in seen and name not in PLUMBING:
            seen.add(name)
            waiting += imports_of(name)
    return seen


def stage_parts(name):
    stage = STAGES[name]
    return stage.get("do", stage)


def module_of(name):
    return f"img2vox.{MODULES[name.removeprefix('paper/')]}"


def seen_from_the_top(name, path):
    return os.path.normpath(f"paper/{path}") if name.startswith("paper/") else path


def code_deps(name):
    deps = [seen_from_the_top(name, dep) for dep in stage_parts(name)["deps"]]
    return [dep for dep in deps if dep.startswith("src/")]


@pytest.mark.parametrize("name", STAGES)
def test_every_module_that_a_stage_can_run_is_among_its_dependencies(name):
    deps = code_deps(name)
    needed = {module_file(module).relative_to(REPOSITORY) for module in reachable(module_of(name))}
    # An __init__.py that holds a docstring alone changes nothing.
    needed = {
        path
        for path in needed
        if path.name != "__init__.py" or len(ast.parse((REPOSITORY / path).read_text()).body) > 1
    }
    missing = {str(path) for path in needed if not any(path.is_relative_to(dep) for dep in deps)}
    assert not missing
    superfluous = {dep for dep in deps if not any(path.is_relative_to(dep) for path in needed)}
    assert not superfluous


@pytest.mark.parametrize("name", STAGES)
def test_every_parameter_that_a_stage_names_exists(name):
    protocol = "paper" if name.startswith("paper/") else ""
    keys = {*flatten(load_params(REPOSITORY / protocol / "params.yaml")), *PLACES}
    known = {*keys, *(key.partition(".")[0] for key in keys), "categories"}
    assert set(stage_parts(name).get("params", [])) <= known


@pytest.mark.parametrize("name", STAGES)
def test_every_parameter_that_a_stage_reads_is_named(name):
    """By the text of its modules, `params.<section>.<key>`: the key, or its whole section."""
    text = "".join(module_file(module).read_text(encoding="utf-8") for module in reachable(module_of(name)))
    read = {".".join(match) for match in re.findall(r"\bparams\.([a-z]+)\.([a-z0-9_]+)\b", text)}
    known = {*flatten(load_params(REPOSITORY / "params.yaml")), *PLACES}
    named = set(stage_parts(name).get("params", []))
    assert {key for key in read & known if key not in named and key.partition(".")[0] not in named} == set()


def outs_of(protocol):
    return [
        next(iter(out)) if isinstance(out, dict) else out
        for name in STAGES
        if name.startswith("paper/") == (protocol == "paper")
        for key in ("outs", "plots", "metrics")
        for out in stage_parts(name).get(key, [])
    ]


def test_the_papers_stages_differ_from_ours_in_where_they_lie_and_in_the_joint_network_alone():
    shared = [name for name in STAGES if f"paper/{name}" in STAGES]
    assert shared == ["prepare", "train", "register", "evaluate", "compare"]
    for name in shared:
        ours, theirs = stage_parts(name), stage_parts(f"paper/{name}")
        beside = [dep for dep in ours["deps"] if dep.startswith("models/joint/")]
        deps = [dep for dep in ours["deps"] if dep not in beside]
        assert {**theirs, "deps": []} == {**ours, "deps": []}
        assert theirs["deps"] == [f"../{dep}" if dep.startswith(("src/", "data/raw/")) else dep for dep in deps]
        assert len(beside) == {"train": 2, "evaluate": 1}.get(name, 0)


@pytest.mark.parametrize("protocol", ["standard", "paper"])
def test_no_output_is_named_twice_and_all_lie_where_the_contract_says(protocol):
    outs = outs_of(protocol)
    assert len(outs) == len(set(outs))
    assert all(
        out.startswith(("data/raw", "data/source.csv", "data/renders/", "data/bundles/", "models/", "reports/"))
        for out in outs
    )
