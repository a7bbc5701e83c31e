"""The demo's benchmark: the authors' OBJ, and the table beside what has to be kept."""

import importlib.util
import io

import numpy as np
import pytest
import trimesh

from tests.project import REPOSITORY


@pytest.fixture(scope="module")
def benchmark():
    """By its path: `app` is the demo's own package."""
    spec = importlib.util.spec_from_file_location("benchmark_of_app", REPOSITORY / "benchmarks" / "app.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_authors_obj_has_twelve_triangles_a_cell_that_close(benchmark):
    grid = np.zeros((4, 4, 4), bool)
    grid[0, 1, 2] = grid[3, 0, 1] = grid[2, 3, 3] = True
    mesh = trimesh.load(io.BytesIO(benchmark.twelve_triangles_a_cell(grid)), file_type="obj", force="mesh")
    assert len(mesh.faces) == 12 * 3
    assert mesh.is_watertight
    assert mesh.volume == pytest.approx(3)
    np.testing.assert_array_equal(mesh.bounds, [[0, 0, 1], [4, 4, 4]])


def test_the_table_says_what_is_above_its_limit(benchmark):
    lines = benchmark.table(
        {"threshold_ms": 80.0, "load_p95_s": 5.01, "page_ms": 9.0, "browser_s": None, "date": "2026-01-01"}
    ).splitlines()
    assert [line.split() for line in lines[1:]] == [
        ["threshold_ms", "80", "80"],
        ["load_p95_s", "5.01", "5", "ABOVE", "IT"],
        ["page_ms", "9"],
    ]


def test_every_part_can_be_asked_for_alone(benchmark):
    assert list(benchmark.PARTS) == ["answers", "start", "page", "load", "hostile", "high"]
