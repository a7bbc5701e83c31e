"""Benchmarks take hours and seldom run: what they import from this project, within functions too, has to be there."""

import ast
import importlib

import pytest

from tests.project import REPOSITORY

SCRIPTS = sorted((REPOSITORY / "benchmarks").glob("*.py"))
OURS = {"img2vox", "tests", "fill", *(path.stem for path in SCRIPTS)}


def imported(path):
    """(module, name) of each `from module import name` of ours; (module, None) of each `import module`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_what_a_benchmark_imports_from_this_project_is_there(path):
    for module, name in imported(path):
        if module.partition(".")[0] in OURS:
            found = importlib.import_module(module)
            if name is not None and not hasattr(found, name):
                importlib.import_module(f"{module}.{name}")
