"""Numbers drawn for a shape, and its files."""

import numpy as np
import pytest

from img2vox.geometry.mesh import read_mesh
from img2vox.sample.shape import Draw, Shape, to_mtl, to_obj
from img2vox.sample.solids import Solid, box

TRIANGLE = Solid(np.array([(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 2.0, 0.00004)]), np.array([(0, 1, 2)]))


def test_the_files_of_a_triangle_are_these():
    shape = Shape([(51, TRIANGLE)])
    assert to_obj(shape) == (
        b"mtllib model_normalized.mtl\n"
        b"v 0.0000 0.0000 0.0000\nv 1.0000 0.0000 0.0000\nv 0.0000 2.0000 0.0000\n"
        b"usemtl gray51\nf 1 2 3\n"
    )
    assert to_mtl(shape) == b"newmtl gray51\nKd 0.2000 0.2000 0.2000\n"


def test_noise_in_the_last_digits_changes_no_byte():
    # Half of 1.2345 ends in a 5, which tiny errors would send either way.
    shape = Shape([(100, box(1.2345, 0.3, 2.0))])
    noisy = Shape([(100, box(1.2345, 0.3, 2.0).at(1e-15, -1e-15, 1e-15))])
    assert to_obj(noisy) == to_obj(shape)


def test_triangles_that_rounding_flattens_are_dropped():
    needle = Solid(np.array([(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.00001, 0.0)]), np.array([(0, 1, 2)]))
    assert b"\nf " not in to_obj(Shape([(1, needle)]))


def test_the_project_reads_a_shape_with_the_grays_it_was_painted_with():
    shape = Shape()
    shape.add(60, box(1, 2, 3))
    shape.add(200, box(1, 1, 1).at(0, 3, 0))
    mesh = read_mesh("a.obj", to_obj(shape), {"model_normalized.mtl": to_mtl(shape)})
    assert len(mesh.faces) == 2 * (4 * 2 + 2 * 4)
    assert sorted(set(mesh.grays.tolist())) == [60, 200]
    assert np.ptp(mesh.vertices, axis=0).tolist() == [1, 4.5, 3]


def test_a_cycle_shows_every_option():
    assert "".join(Draw(np.random.default_rng(0), index).cycle("xyz") for index in range(5)) == "xyzxy"


def test_grays_reach_both_ends():
    draw = Draw(np.random.default_rng(3), 0)
    assert {draw.gray(10, 12) for _ in range(100)} == {10, 11, 12}


def test_turning_and_moving_a_shape_turns_and_moves_all_its_parts():
    shape = Shape([(1, box(2, 4, 6)), (2, box(1, 1, 1))]).turned("y", 90).moved(0, 1, 0)
    assert [gray for gray, _ in shape.parts] == [1, 2]
    assert np.ptp(shape.parts[0][1].vertices, axis=0) == pytest.approx([6, 4, 2])
    assert shape.parts[1][1].vertices[:, 1].min() == pytest.approx(0.5)
