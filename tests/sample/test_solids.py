"""The sweeps: closed, facing outward, of the right size."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2vox.sample.outlines import arc_path, circle, curve, rectangle, rounded_rectangle
from img2vox.sample.registry import SHAPES, generate
from img2vox.sample.shape import _weld
from img2vox.sample.solids import (
    bar,
    box,
    cone,
    cylinder,
    dome,
    ellipsoid,
    extrude,
    lathe,
    rounded_box,
    torus,
    tube,
    vessel,
)

# Not convex, no symmetry: an L with arms of 3 and 2 cells, one cell wide.
L_OUTLINE = [(0, 0), (3, 0), (3, 1), (1, 1), (1, 2), (0, 2)]

SOLIDS = {
    "bar": bar((0, 0, 0), (1, 2, 3), 0.1),
    "box": box(1, 2, 3),
    "cone": cone(0.5, 0.0, 1.0),
    "cylinder": cylinder(0.5, 1.0, "x"),
    "dome": dome(0.6, 0.7, 0.8, 0.05),
    "ellipsoid": ellipsoid(1, 2, 3),
    "extrude": extrude(L_OUTLINE, 1.0),
    "lathe": lathe([(0, 0), (1, 0), (0.5, 2), (0, 2)]),
    "rounded_box": rounded_box(1, 2, 3, 0.1, "z"),
    "torus": torus(1.0, 0.2, "z"),
    "tube": tube(curve([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 1)]), 0.1),
    "closed tube": tube(arc_path("xz", (0, 0, 0), 1, 2, 0, 360, 12)[:-1], 0.1, closed=True),
    "vessel": vessel(circle(1.0, 12), [(0, 0.5), (1, 1)], 0.1, 0.2),
}


def volume(solid):
    a, b, c = (solid.vertices[solid.faces[:, k]] for k in range(3))
    return np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6


def open_edges(solid):
    _, faces = _weld(solid)
    edges = Counter(map(tuple, np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).tolist()))
    return [edge for edge in edges if edges[edge] != edges[edge[::-1]]]


@pytest.mark.parametrize("name", SOLIDS)
def test_a_solid_is_closed_and_faces_outward(name):
    assert open_edges(SOLIDS[name]) == []
    assert volume(SOLIDS[name]) > 0


def test_a_box_has_its_width_along_x_height_along_y_and_depth_along_z():
    solid = box(1, 2, 3)
    assert np.ptp(solid.vertices, axis=0).tolist() == [1, 2, 3]
    assert volume(solid) == pytest.approx(6)


@pytest.mark.parametrize(("along", "size"), [("x", [4, 1, 1]), ("y", [1, 4, 1]), ("z", [1, 1, 4])])
def test_a_bar_lies_along_the_axis_it_is_swept_along(along, size):
    assert np.ptp(rounded_box(*size, 0.2, along).vertices, axis=0) == pytest.approx(size, abs=1e-3)
    # 20 corners are symmetric in both axes, half a step off them.
    across = np.cos(np.pi / 20)
    expected = [4 if side == 4 else across for side in size]
    assert np.ptp(cylinder(0.5, 4, along).vertices, axis=0) == pytest.approx(expected)


@pytest.mark.parametrize("along", ["x", "y", "z"])
def test_extruding_an_outline_that_is_not_convex_keeps_its_area(along):
    assert volume(extrude(L_OUTLINE, 2.0, along)) == pytest.approx(2 * 4)
    assert volume(extrude(L_OUTLINE[::-1], 2.0, along)) == pytest.approx(2 * 4)


@given(st.lists(st.floats(0.3, 1.0), min_size=3, max_size=15))
def test_extruding_any_star_keeps_its_area(radii):
    t = 2 * np.pi * np.arange(len(radii)) / len(radii)
    star = np.column_stack([radii * np.cos(t), radii * np.sin(t)])
    after = np.roll(star, -1, axis=0)
    area = (star[:, 0] * after[:, 1] - after[:, 0] * star[:, 1]).sum() / 2
    assert volume(extrude(star, 1.0)) == pytest.approx(area)


def test_turning_goes_counter_clockwise_seen_from_the_axis_end():
    solid = box(2, 4, 6).at(1, 2, 3)  # from 0 to (2, 4, 6)
    for axis, high, low in (("x", [2, 0, 4], [0, -6, 0]), ("y", [6, 4, 0], [0, 0, -2]), ("z", [0, 2, 6], [-4, 0, 0])):
        turned = solid.turned(axis, 90).vertices
        assert turned.max(axis=0) == pytest.approx(high, abs=1e-9)
        assert turned.min(axis=0) == pytest.approx(low, abs=1e-9)


def test_a_mirrored_solid_still_faces_outward():
    solid = extrude(L_OUTLINE, 1.0)
    assert volume(solid.flipped()) == pytest.approx(volume(solid))
    assert solid.flipped().vertices[:, 0].min() == -3


def test_a_vessel_is_hollow():
    # Half sides 1 on the outside and 0.8 inside, floor 0.25.
    solid = vessel(rectangle(2, 2), [(0, 1), (1, 1)], 0.2, 0.25)
    assert volume(solid) == pytest.approx(4 - 1.6**2 * 0.75)


def test_a_curve_passes_through_its_points():
    points = [[0.0, 0.0], [1.0, 2.0], [3.0, 1.0], [4.0, 4.0]]
    assert curve(points, 5)[::5].tolist() == points


def test_a_rounded_rectangle_has_the_size_asked_for():
    outline = rounded_rectangle(3, 2, 0.5)
    assert np.ptp(outline, axis=0) == pytest.approx([3, 2])
    # The corners are cut: 4 - pi of a square of half a unit.
    assert np.abs(outline).sum(axis=1).max() < 2.5 - 0.25


@pytest.mark.parametrize("slug", SHAPES)
def test_every_part_of_every_category_is_closed_faces_outward_and_is_gray(slug):
    for index in range(12):
        for gray, solid in generate(slug, index).parts:
            assert 0 <= gray <= 255
            assert open_edges(solid) == []
            assert volume(solid) > 0
