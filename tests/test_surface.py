import io

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from img2vox.errors import MeshError
from img2vox.geometry.mesh import read_mesh
from img2vox.geometry.voxel import voxelize
from img2vox.geometry.voxel_kernels import parity_cells, to_lattice
from img2vox.surface import FORMATS, blocks, smooth, write_mesh

CORNER_CELLS = [(0, 0, 0), (1, 0, 0), (2, 0, 0), (3, 0, 0), (0, 1, 0), (0, 2, 0), (0, 0, 1)]


def grid_of(cells, resolution=4):
    grid = np.zeros((resolution,) * 3, dtype=bool)
    grid[tuple(np.transpose(cells))] = True
    return grid


def as_trimesh(mesh, process=False):
    return trimesh.Trimesh(mesh.vertices, mesh.faces, process=process)


def exposed_faces(grid):
    padded = np.pad(grid, 1)
    return sum(np.count_nonzero(np.diff(padded.astype(np.int8), axis=axis)) for axis in range(3))


def edges_by_owner(mesh):
    """How often each directed edge occurs, less how often its reverse does, and how often either."""
    edges = np.concatenate([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]], mesh.faces[:, [2, 0]]])
    turned = edges[:, 0] > edges[:, 1]
    key = np.sort(edges, axis=1) @ [len(mesh.vertices), 1]
    _, index = np.unique(key, return_inverse=True)
    return np.bincount(index, np.where(turned, -1, 1)), np.bincount(index)


grids = st.integers(2, 5).flatmap(lambda r: arrays(bool, (r, r, r))).filter(np.any)


def test_blocks_of_one_cell_are_its_twelve_triangles():
    mesh = blocks(grid_of([(1, 2, 0)]))
    assert mesh.faces.shape == (12, 3)
    np.testing.assert_array_equal(mesh.vertices.min(axis=0), [-0.25, 0.0, -0.5])
    np.testing.assert_array_equal(mesh.vertices.max(axis=0), [0.0, 0.25, -0.25])
    assert as_trimesh(mesh).volume == pytest.approx(1 / 64)


def test_blocks_merge_the_full_grid_into_twelve_triangles():
    mesh = blocks(np.ones((16, 16, 16), dtype=bool))
    assert mesh.faces.shape == (12, 3)
    assert mesh.vertices.shape == (8, 3)
    assert as_trimesh(mesh).volume == pytest.approx(1.0)


def test_blocks_of_the_corner_are_closed_and_few():
    mesh = blocks(grid_of(CORNER_CELLS))
    shape = as_trimesh(mesh)
    assert shape.is_watertight
    assert shape.is_winding_consistent
    assert shape.volume == pytest.approx(len(CORNER_CELLS) / 64)
    assert len(mesh.faces) < 2 * exposed_faces(grid_of(CORNER_CELLS)) * 0.75
    np.testing.assert_array_equal(shape.bounds, [[-0.5, -0.5, -0.5], [0.5, 0.25, 0.0]])


def test_blocks_of_cells_that_touch_along_an_edge_have_four_triangles_there():
    mesh = blocks(grid_of([(0, 0, 0), (1, 1, 0)]))
    balance, owners = edges_by_owner(mesh)
    assert not balance.any()
    assert sorted(set(owners.tolist())) == [2, 4]
    assert not as_trimesh(mesh).is_watertight
    assert as_trimesh(mesh).volume == pytest.approx(2 / 64)


@settings(max_examples=80)
@given(grids)
def test_blocks_cover_exactly_the_exposed_faces_and_are_closed(grid):
    mesh = blocks(grid)
    r = len(grid)
    shape = as_trimesh(mesh)
    assert (shape.area_faces > 0).all()
    assert shape.area * r**2 == pytest.approx(exposed_faces(grid))
    assert shape.volume * r**3 == pytest.approx(grid.sum())
    balance, owners = edges_by_owner(mesh)
    assert not balance.any()  # for each triangle on an edge there is one that runs the other way
    assert set(owners.tolist()) <= {2, 4}
    assert len(np.unique(mesh.vertices, axis=0)) == len(mesh.vertices)
    assert len(np.unique(mesh.faces)) == len(mesh.vertices)


@settings(max_examples=40)
@given(grids)
def test_blocks_are_watertight_unless_cells_touch_along_an_edge_only(grid):
    padded = np.pad(grid, 1)
    diagonal = False
    for axis in range(3):
        a, b, c, d = (np.roll(padded, s, tuple({0, 1, 2} - {axis})) for s in ((0, 0), (0, 1), (1, 0), (1, 1)))
        diagonal |= bool(((a & d & ~b & ~c) | (b & c & ~a & ~d)).any())
    assert as_trimesh(blocks(grid), process=True).is_watertight != diagonal


@settings(max_examples=60)
@given(grids)
def test_blocks_voxelized_again_give_the_grid_with_its_hollows_filled(grid):
    r = len(grid)
    again = voxelize(blocks(grid), r, "standard", "flood", "img2vox")
    np.testing.assert_array_equal(again, ndimage.binary_fill_holes(grid))
    np.testing.assert_array_equal(voxelize(blocks(grid), r, "standard", "parity", "img2vox"), grid)


@pytest.mark.parametrize("resolution", [24, 32, 40])
def test_blocks_through_an_obj_file_give_the_same_grid(resolution):
    grid = np.random.default_rng(resolution).random((resolution,) * 3) < 0.5
    mesh = read_mesh("blocks.obj", write_mesh(blocks(grid), "obj"), {})
    np.testing.assert_array_equal(voxelize(mesh, resolution, "standard", "parity", "img2vox"), grid)


def test_blocks_and_smooth_reject_a_grid_without_a_filled_cell():
    with pytest.raises(MeshError, match="no cell is filled"):
        blocks(np.zeros((4, 4, 4), dtype=bool))
    with pytest.raises(MeshError, match=r"threshold of 0\.5, the highest has 0\.25; lower it"):
        smooth(np.full((4, 4, 4), 0.25, dtype=np.float32), 0.5)


def ball(resolution, radius):
    centers = (np.indices((resolution,) * 3) + 0.5) / resolution - 0.5
    return np.clip(0.5 + (radius - np.linalg.norm(centers, axis=0)) * 4, 0, 1).astype(np.float32)


def test_smooth_ball_has_its_radius_and_volume():
    shape = as_trimesh(smooth(ball(32, 0.4), 0.5))
    assert shape.is_watertight
    assert shape.is_winding_consistent
    np.testing.assert_allclose(np.linalg.norm(shape.vertices, axis=1), 0.4, atol=0.002)
    assert shape.volume == pytest.approx(4 / 3 * np.pi * 0.4**3, rel=0.02)


# The side that is left of 8 cells: full cells meet emptiness half a cell before and behind the border.
@pytest.mark.parametrize(("threshold", "side"), [(0.05, 8.0), (0.5, 8.0), (0.95, 7.1)])
def test_smooth_full_grid_is_closed_and_stays_in_the_box(threshold, side):
    shape = as_trimesh(smooth(np.ones((8, 8, 8), dtype=np.float32), threshold), process=True)
    assert shape.is_watertight
    assert shape.volume == pytest.approx((side / 8) ** 3, rel=0.06)  # edges and corners are cut off
    np.testing.assert_allclose(shape.extents, side / 8)
    assert np.abs(shape.bounds).max() <= 0.5


def test_smooth_keeps_the_axes():
    occupancy = grid_of(CORNER_CELLS).astype(np.float32)
    low, high = as_trimesh(smooth(occupancy, 0.5)).bounds
    np.testing.assert_allclose(low, [-0.5, -0.5, -0.5], atol=1e-6)
    np.testing.assert_allclose(high, [0.5, 0.25, 0.0], atol=1e-6)


@settings(max_examples=40)
@given(grids)
def test_centers_inside_the_smooth_mesh_are_those_of_the_filled_cells(grid):
    mesh = smooth(grid.astype(np.float32), 0.5)
    side = len(grid)
    step = 2**20 // side // 2 * 2
    inside = parity_cells(to_lattice(mesh.vertices, side, step), mesh.faces, side, step)
    np.testing.assert_array_equal(inside, grid)


def test_smooth_is_closed_where_occupancies_equal_the_threshold():
    levels = np.random.default_rng(5).integers(0, 5, (8, 8, 8)).astype(np.float32) / 4
    assert as_trimesh(smooth(levels, 0.5), process=True).is_watertight


@pytest.mark.parametrize("format", FORMATS)
def test_write_mesh_keeps_points_faces_and_volume(format):
    mesh = blocks(grid_of(CORNER_CELLS))
    shape = trimesh.load(io.BytesIO(write_mesh(mesh, format)), file_type=format, force="mesh")
    assert shape.volume == pytest.approx(len(CORNER_CELLS) / 64)
    assert shape.is_watertight
    np.testing.assert_array_equal(shape.bounds, as_trimesh(mesh).bounds)
    assert len(shape.faces) == len(mesh.faces)


@pytest.mark.parametrize("format", ["obj", "glb", "ply"])
def test_write_mesh_keeps_the_colors_of_vertices(format):
    mesh = blocks(grid_of([(1, 2, 0)]))
    colors = np.random.default_rng(1).integers(0, 256, (len(mesh.vertices), 3)).astype(np.uint8)
    data = write_mesh(mesh, format, colors)
    shape = trimesh.load(io.BytesIO(data), file_type=format, force="mesh", process=False)
    by_place = {tuple(v): tuple(c) for v, c in zip(mesh.vertices.tolist(), colors.tolist(), strict=True)}
    found = shape.visual.vertex_colors[:, :3].tolist()
    assert {tuple(v): tuple(c) for v, c in zip(shape.vertices.tolist(), found, strict=True)} == by_place


def test_write_mesh_gives_the_same_bytes_twice():
    mesh = blocks(grid_of(CORNER_CELLS))
    for format in FORMATS:
        assert write_mesh(mesh, format) == write_mesh(mesh, format)


def test_write_mesh_rejects_other_formats():
    with pytest.raises(MeshError, match=r"cannot be written as 'fbx'; use one of obj, glb, stl, ply"):
        write_mesh(blocks(grid_of(CORNER_CELLS)), "fbx")
