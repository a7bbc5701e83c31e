"""dvc.yaml names the code and the parameters that each stage uses, no more and no less."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
import yaml

from img2vox.config import flatten, load_params

REPOSITORY = Path(__file__).parents[1]
SRC = REPOSITORY / "src"
STAGES = {
    name: stage
    for file in ("data/dvc.yaml", "dvc.yaml", "reports/dvc.yaml")
    for name, stage in yaml.safe_load((REPOSITORY / file).read_text(encoding="utf-8"))["stages"].items()
}
# They cannot change a result: what params.yaml says is a dependency of its own, key by key; the rest names,
# places and reports.
# A training that logs live hears nothing back from MLflow.
# The draws of seeds.py and the bytes of files.py are pinned by tests of their own.
PLUMBING = {f"img2vox.{name}" for name in ("config", "errors", "files", "paths", "catalog", "seeds", "tracking.live")}
PLUMBING |= {"img2vox"}
PACKAGES = {
    "fetch": "sources",
    "prepare": "data",
    "train": "learning",
    "pretrain": "joint",
    "evaluate": "evaluation",
    "compare": "reporting",
    "register": "tracking",
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


def code_deps(name):
    return [dep for dep in stage_parts(name)["deps"] if dep.startswith("src/")]


@pytest.mark.parametrize("name", STAGES)
def test_every_module_that_a_stage_can_run_is_among_its_dependencies(name):
    deps = code_deps(name)
    needed = {module_file(module).relative_to(REPOSITORY) for module in reachable(f"img2vox.{PACKAGES[name]}.stage")}
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
    known = {*flatten(load_params(REPOSITORY / "params.yaml")), "categories"}
    assert set(stage_parts(name).get("params", [])) <= known


@pytest.mark.parametrize("name", STAGES)
def test_every_parameter_that_a_stage_reads_is_named(name):
    """By the text of its modules: `params.<section>.<key>`, or the keys of a section that is passed on whole."""
    text = "".join(
        module_file(module).read_text(encoding="utf-8") for module in reachable(f"img2vox.{PACKAGES[name]}.stage")
    )
    read = {".".join(match) for match in re.findall(r"\bparams\.([a-z]+)\.([a-z0-9_]+)\b", text)}
    known = set(flatten(load_params(REPOSITORY / "params.yaml")))
    assert read & known <= set(stage_parts(name).get("params", []))


def test_no_output_is_named_twice_and_all_lie_where_the_contract_says():
    outs = [
        next(iter(out)) if isinstance(out, dict) else out
        for name in STAGES
        for key in ("outs", "plots", "metrics")
        for out in stage_parts(name).get(key, [])
    ]
    assert len(outs) == len(set(outs))
    assert all(out.startswith(("data/raw", "data/renders/", "data/bundles/", "models/", "reports/")) for out in outs)
