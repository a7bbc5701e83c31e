import itertools

import numpy as np
import pytest
import trimesh
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from img2vox.errors import MeshError, ParamsError
from img2vox.geometry.mesh import Mesh, normalize
from img2vox.geometry.voxel import voxelize
from tests.geometry.slow_voxels import (
    LATTICE,
    entered,
    entered_by_clipping,
    mesh_in_cells,
    mesh_of,
    slow_voxelize,
    step_of,
    triangles_of,
)

# Quads of a box whose corner i has bit 2, 1, 0 of i along x, y, z; as triangles, seen from outside.
BOX_FACES = [
    triangle
    for a, b, c, d in [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    for triangle in ((a, b, c), (a, c, d))
]
# All ways to turn a cube without mirroring it.
TURNS = [
    np.array(signs)[:, None] * np.eye(3, dtype=np.int64)[list(order)]
    for order in itertools.permutations(range(3))
    for signs in itertools.product((1, -1), repeat=3)
    if round(np.linalg.det(np.array(signs)[:, None] * np.eye(3)[list(order)])) == 1
]


def ours(mesh, resolution, solid):
    return voxelize(mesh, resolution, "standard", solid, "img2vox")


def box_mesh(low, high, resolution):
    """A box with its corners at these places, in cells."""
    corners = [[(low, high)[i >> (2 - axis) & 1][axis] for axis in range(3)] for i in range(8)]
    return mesh_in_cells(corners, resolution, BOX_FACES)


def joined(*meshes):
    offsets = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes[:-1]])
    return Mesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate([mesh.faces + offset for mesh, offset in zip(meshes, offsets, strict=True)]),
        np.concatenate([mesh.grays for mesh in meshes]),
    )


def as_mesh(shape, scale=1.0):
    return Mesh(shape.vertices * scale, shape.faces.astype(np.int64), np.full(len(shape.faces), 200, dtype=np.uint8))


def random_soup(rng, resolution):
    """A few triangles of every sort: large, tiny, slivers, flat on cell borders, without area."""
    side, step = resolution * step_of(resolution), step_of(resolution)
    triangles = []
    for _ in range(rng.integers(1, 7)):
        kind = rng.integers(6)
        triangle = rng.integers(0, side + 1, (3, 3))
        if kind == 1:  # small
            triangle = np.clip(triangle[:1] + rng.integers(-2 * step, 2 * step + 1, (3, 3)), 0, side)
        elif kind == 2:  # a sliver
            triangle[2] = np.clip(triangle[0] + rng.integers(-3, 4, 3), 0, side)
        elif kind == 3:  # corners at cells' corners and centers: touches everywhere
            triangle = rng.integers(0, 2 * resolution + 1, (3, 3)) * (step // 2)
        elif kind == 4:  # flat
            triangle[:, rng.integers(3)] = rng.integers(0, 2 * resolution + 1) * (step // 2)
        elif kind == 5:  # without area
            triangle[2] = triangle[rng.integers(2)]
            triangle[:, rng.integers(3)] = rng.integers(0, resolution + 1) * step
        triangles.append(triangle)
    return mesh_of(triangles, resolution)


@st.composite
def soups(draw, resolution, coarse=False):
    """Triangles with corners anywhere on the lattice, or at multiples of a quarter cell, where touches are common."""
    unit = step_of(resolution) // 4 if coarse else 1
    top = resolution * step_of(resolution) // unit
    corner = st.tuples(*[st.integers(0, top)] * 3)
    triangles = draw(st.lists(st.tuples(corner, corner, corner), min_size=1, max_size=4))
    return mesh_of(np.array(triangles) * unit, resolution)


# Golden grids


@pytest.mark.parametrize("solid", ["flood", "parity", "winding"])
def test_voxelize_fills_the_full_size_cube(solid):
    assert ours(box_mesh((0, 0, 0), (4, 4, 4), 4), 4, solid).all()


@pytest.mark.parametrize("resolution", [4, 16, 24, 31, 32, 256])
def test_voxelize_surface_of_the_full_size_cube_is_its_border_slices(resolution):
    grid = ours(box_mesh((0, 0, 0), (resolution,) * 3, resolution), resolution, "surface")
    expected = np.ones((resolution,) * 3, dtype=bool)
    expected[1:-1, 1:-1, 1:-1] = False
    np.testing.assert_array_equal(grid, expected)


@pytest.mark.parametrize("solid", ["flood", "parity", "winding"])
def test_voxelize_corner_with_arms_of_4_3_and_2_cells(solid):
    arms = joined(*(box_mesh((0, 0, 0), end, 4) for end in [(4, 1, 1), (1, 3, 1), (1, 1, 2)]))
    expected = np.zeros((4, 4, 4), dtype=bool)
    for cell in [(0, 0, 0), (1, 0, 0), (2, 0, 0), (3, 0, 0), (0, 1, 0), (0, 2, 0), (0, 0, 1)]:
        expected[cell] = True
    np.testing.assert_array_equal(ours(arms, 4, solid), expected)


@pytest.mark.parametrize("solid", ["flood", "parity", "winding"])
def test_voxelize_box_on_cell_borders_does_not_grow(solid):
    grid = ours(box_mesh((2, 1, 3), (5, 6, 7), 8), 8, solid)
    expected = np.zeros((8, 8, 8), dtype=bool)
    expected[2:5, 1:6, 3:7] = True
    np.testing.assert_array_equal(grid, expected)


def test_voxelize_surface_of_a_box_on_cell_borders_is_its_outermost_cells():
    grid = ours(box_mesh((2, 1, 3), (6, 6, 7), 8), 8, "surface")
    expected = np.zeros((8, 8, 8), dtype=bool)
    expected[2:6, 1:6, 3:7] = True
    expected[3:5, 2:5, 4:6] = False
    np.testing.assert_array_equal(grid, expected)


def test_voxelize_fills_what_a_box_enters_however_little():
    grid = ours(box_mesh((1.875, 1, 1), (3, 2, 2.125), 4), 4, "flood")
    expected = np.zeros((4, 4, 4), dtype=bool)
    expected[1:3, 1, 1:3] = True
    np.testing.assert_array_equal(grid, expected)


def test_voxelize_sphere_touches_all_six_borders():
    sphere = normalize(as_mesh(trimesh.creation.icosphere(subdivisions=3)), "sphere")
    for resolution in (16, 31, 32):
        grid = ours(sphere, resolution, "surface")
        for axis in range(3):
            assert grid.take(0, axis).any()
            assert grid.take(-1, axis).any()


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("solid", ["flood", "parity", "winding", "surface"])
def test_voxelize_plane_is_two_cells_thick_in_an_even_grid_and_one_in_an_odd(axis, solid):
    vertices = np.insert([[-1.0, -1], [1, -1], [1, 1], [-1, 1]], axis, 7.0, axis=1)
    plane = normalize(Mesh(vertices, np.array([[0, 1, 2], [0, 2, 3]]), np.zeros(2, dtype=np.uint8)), "plane")
    for resolution, slices in ((8, [3, 4]), (9, [4])):
        grid = ours(plane, resolution, solid)
        assert np.flatnonzero(grid.any(axis=tuple({0, 1, 2} - {axis}))).tolist() == slices
        assert grid.sum() == len(slices) * resolution**2


def test_voxelize_needle_on_the_middle_line_is_four_cells_thick():
    needle = Mesh(np.array([[-0.5, 0, 0], [0.5, 0, 0]]), np.array([[0, 1, 1]]), np.zeros(1, dtype=np.uint8))
    grid = ours(needle, 4, "flood")
    expected = np.zeros((4, 4, 4), dtype=bool)
    expected[:, 1:3, 1:3] = True
    np.testing.assert_array_equal(grid, expected)


def test_voxelize_tolerates_a_million_times_smaller_than_a_cell():
    # What six decimals of an OBJ file leave of a face that was meant to lie on a cell border.
    mesh = box_mesh((2, 1, 3), (5, 6, 7), 8)
    off = Mesh(mesh.vertices + 4e-7 * (-1) ** np.arange(8)[:, None], mesh.faces, mesh.grays)
    np.testing.assert_array_equal(ours(off, 8, "flood"), ours(mesh, 8, "flood"))


# The slow reference


@settings(max_examples=60)
@given(st.data())
def test_separating_axes_of_the_reference_agree_with_clipping(data):
    numbers = st.integers(0, 6)
    triangle = np.array(data.draw(st.tuples(*[st.tuples(*[numbers] * 3)] * 3)))
    low = np.array(data.draw(st.tuples(*[st.integers(0, 5)] * 3)))
    high = low + np.array(data.draw(st.tuples(*[st.integers(1, 3)] * 3)))
    assert entered(triangle, low[None], high[None])[0] == entered_by_clipping(triangle, low, high)


@pytest.mark.parametrize("solid", ["surface", "flood"])
@pytest.mark.parametrize(("resolution", "count"), [(8, 60), (32, 3), (5, 60)])
def test_voxelize_equals_the_reference_on_random_soups(resolution, count, solid):
    rng = np.random.default_rng(7 + resolution)
    for _ in range(count):
        mesh = random_soup(rng, resolution)
        np.testing.assert_array_equal(ours(mesh, resolution, solid), slow_voxelize(mesh, resolution, solid))


@pytest.mark.slow
@pytest.mark.parametrize("resolution", [8, 32])
def test_voxelize_equals_the_reference_on_a_thousand_soups(resolution):
    rng = np.random.default_rng(resolution)
    for number in range(1000):
        mesh = random_soup(rng, resolution)
        solid = ("surface", "flood")[number % 2]
        np.testing.assert_array_equal(ours(mesh, resolution, solid), slow_voxelize(mesh, resolution, solid))


@settings(max_examples=60)
@given(soups(4, coarse=True), st.sampled_from(["surface", "flood"]))
def test_voxelize_equals_the_reference_where_triangles_touch_cells(mesh, solid):
    np.testing.assert_array_equal(ours(mesh, 4, solid), slow_voxelize(mesh, 4, solid))


# Properties


@settings(max_examples=100)
@given(
    soups(8, coarse=True) | soups(8), st.sampled_from(range(24)), st.booleans(), st.sampled_from(["surface", "flood"])
)
def test_voxelize_turned_or_mirrored_mesh_gives_the_turned_or_mirrored_grid(mesh, turn, mirrored, solid):
    matrix = TURNS[turn] * (np.array([-1, 1, 1]) if mirrored else 1)
    moved = Mesh(mesh.vertices @ matrix.T, mesh.faces, mesh.grays)
    order = [int(np.flatnonzero(row)[0]) for row in matrix]
    flips = [axis for axis, row in enumerate(matrix) if row.sum() < 0]
    expected = np.flip(ours(mesh, 8, solid).transpose(order), flips)
    np.testing.assert_array_equal(ours(moved, 8, solid), expected)


@settings(max_examples=60)
@given(soups(4, coarse=True) | soups(4), st.tuples(*[st.integers(1, 3)] * 3), st.sampled_from(["surface", "flood"]))
def test_voxelize_moved_by_whole_cells_gives_the_moved_grid(mesh, shift, solid):
    # Kept off the grid's own border, where a plane has a cell on one side only.
    points = triangles_of(mesh, 4).reshape(-1, 3) // step_of(4) * step_of(8) + step_of(8) // 4
    moved = points + np.array(shift) * step_of(8)
    assume(moved.max() <= 8 * step_of(8))
    expected = np.roll(ours(mesh_of(points, 8), 8, solid), shift, axis=(0, 1, 2))
    np.testing.assert_array_equal(ours(mesh_of(moved, 8), 8, solid), expected)


@settings(max_examples=60)
@given(soups(8), soups(8))
def test_voxelize_surface_of_two_meshes_is_the_union_of_their_surfaces(a, b):
    step = step_of(8)
    for mesh in (a, b):  # a plane on a cell border asks what is inside, and that is up to both
        assume(not any(np.ptp(t, axis=0)[i] == 0 == t[0, i] % step for t in triangles_of(mesh, 8) for i in range(3)))
    np.testing.assert_array_equal(ours(joined(a, b), 8, "surface"), ours(a, 8, "surface") | ours(b, 8, "surface"))


@settings(max_examples=40)
@given(soups(8) | soups(8, coarse=True))
def test_voxelize_solids_hold_every_cell_that_is_entered(mesh):
    step = step_of(8)
    cells = np.stack(np.meshgrid(*[np.arange(8)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    hit = np.zeros(512, dtype=bool)
    for triangle in triangles_of(mesh, 8):
        hit |= entered(triangle, cells * step, (cells + 1) * step)
    for solid in ("flood", "parity", "winding", "surface"):
        grid = ours(mesh, 8, solid)
        assert grid.any()
        assert grid.reshape(-1)[hit].all()


# Solids


@pytest.mark.parametrize("solid", ["flood", "parity", "winding"])
def test_voxelize_fills_exactly_the_centers_inside_a_convex_shape(solid):
    rng = np.random.default_rng(3)
    shape = trimesh.convex.convex_hull(rng.uniform(-0.5, 0.5, (12, 3)))
    grid = ours(as_mesh(shape), 24, solid)
    centers = (np.indices((24,) * 3).reshape(3, -1).T + 0.5) / 24 - 0.5
    depth = (centers - shape.triangles[:, 0][:, None]) * shape.face_normals[:, None]  # (F, N, 3)
    inside = (depth.sum(axis=2) < 0).all(axis=0).reshape(grid.shape)
    surface = ours(as_mesh(shape), 24, "surface")
    np.testing.assert_array_equal(grid, inside | surface)
    assert (inside & ~surface).sum() > 100


def test_flood_leaves_a_shell_where_a_hole_is_as_wide_as_a_cell_and_fills_where_it_is_not():
    mesh = box_mesh((1, 1, 1), (7, 7, 7), 8)
    open_box = Mesh(mesh.vertices, mesh.faces[2:], mesh.grays[2:])  # the side toward -x is missing
    grid = ours(open_box, 8, "flood")
    assert not grid[2:6, 2:6, 2:6].any()
    assert grid[6, 1:7, 1:7].all()
    with_slit = box_mesh((1.5, 1, 1), (7, 7, 7), 8)
    vertices = with_slit.vertices.copy()
    vertices[:4, 2] = np.clip(vertices[:4, 2], -0.5, 0.37)  # the lower side ends short of the box's edge
    faces = np.concatenate([with_slit.faces, with_slit.faces])
    torn = Mesh(np.concatenate([with_slit.vertices, vertices]), faces, np.zeros(len(faces), dtype=np.uint8))
    torn = Mesh(torn.vertices, np.concatenate([with_slit.faces[2:], with_slit.faces[:2] + 8]), torn.grays[:12])
    assert ours(torn, 8, "flood")[2:6, 2:6, 2:6].all()


@pytest.mark.parametrize("solid", ["parity", "winding"])
def test_parity_and_winding_fill_a_sphere_with_a_hole_that_empties_it_under_flood(solid):
    sphere = as_mesh(trimesh.creation.icosphere(subdivisions=3, radius=0.49))
    kept = sphere.vertices[sphere.faces].mean(axis=1)[:, 1] < 0.42
    holed = Mesh(sphere.vertices, sphere.faces[kept], sphere.grays[kept])
    whole, flood, voted = ours(sphere, 16, "flood"), ours(holed, 16, "flood"), ours(holed, 16, solid)
    assert flood.sum() < 0.6 * whole.sum()
    assert voted.sum() > 0.95 * whole.sum()


def test_flood_and_winding_stand_doubled_triangles_and_parity_does_not():
    sphere = as_mesh(trimesh.creation.icosphere(subdivisions=2, radius=0.49))
    doubled = joined(sphere, sphere)
    for solid in ("flood", "winding"):
        np.testing.assert_array_equal(ours(doubled, 16, solid), ours(sphere, 16, solid))
    np.testing.assert_array_equal(ours(doubled, 16, "parity"), ours(sphere, 16, "surface"))


def test_winding_takes_a_mesh_that_is_turned_inside_out():
    sphere = as_mesh(trimesh.creation.icosphere(subdivisions=2, radius=0.49))
    inverted = Mesh(sphere.vertices, sphere.faces[:, ::-1], sphere.grays)
    np.testing.assert_array_equal(ours(inverted, 16, "winding"), ours(sphere, 16, "winding"))


# The paper's convention


def test_voxelize_keeps_proportions_under_standard_and_stretches_under_paper():
    box = normalize(box_mesh((0, 0, 0), (8, 4, 2), 8), "box")
    standard = ours(box, 16, "flood")
    assert [len(np.unique(index)) for index in np.nonzero(standard)] == [16, 8, 4]
    paper = voxelize(box, 16, "paper", "surface", "img2vox")
    np.testing.assert_array_equal(paper, ours(box_mesh((0, 0, 0), (16, 16, 16), 16), 16, "surface"))


@pytest.mark.parametrize("engine", ["img2vox", "trimesh"])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 2150.0])
def test_voxelize_under_paper_does_not_depend_on_the_unit(engine, scale):
    cone = as_mesh(trimesh.creation.cone(radius=0.3, height=1.0, sections=17))
    # Engine trimesh depends on where the mesh lies; ours does not.
    moved = scale if engine == "img2vox" else 0.0
    scaled = Mesh(cone.vertices * scale + moved, cone.faces, cone.grays)
    a = voxelize(cone, 32, "paper", "surface", engine)
    b = voxelize(scaled, 32, "paper", "surface", engine)
    assert (a & b).sum() / (a | b).sum() > 0.98


def test_voxelize_with_trimesh_makes_the_papers_calls():
    torus = trimesh.creation.torus(0.3, 0.1)
    torus.apply_scale(1 / np.linalg.norm(torus.extents))
    theirs = torus.voxelized(pitch=0.025).revoxelized((32, 32, 32)).matrix
    np.testing.assert_array_equal(voxelize(as_mesh(torus, 3.0), 32, "paper", "surface", "trimesh"), theirs)


# Errors


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30, 0.6])
def test_voxelize_rejects_vertices_outside_the_box(value):
    mesh = box_mesh((0, 0, 0), (4, 4, 4), 4)
    mesh.vertices[3, 1] = value
    with pytest.raises(MeshError, match=r"coordinate of size .*, expected up to 0\.5; normalize it first"):
        ours(mesh, 4, "flood")


def test_voxelize_rejects_a_mesh_without_triangles():
    with pytest.raises(MeshError, match="no triangles"):
        ours(Mesh(np.zeros((3, 3)), np.zeros((0, 3), dtype=np.int64), np.zeros(0, dtype=np.uint8)), 4, "flood")


def test_the_papers_calls_reject_a_mesh_without_size():
    point = Mesh(np.zeros((3, 3)), np.array([[0, 1, 2]]), np.zeros(1, dtype=np.uint8))
    with pytest.raises(MeshError, match="mesh: all of its 3 vertices lie at one point; it has no size, remove it"):
        voxelize(point, 32, "paper", "surface", "trimesh")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((4, "cubic", "flood", "img2vox"), r"convention is 'cubic'; use one of standard, paper"),
        ((4, "standard", "full", "img2vox"), r"solid is 'full'; use one of flood, parity, winding, surface"),
        ((4, "standard", "flood", "binvox"), r"engine is 'binvox'; use one of img2vox, trimesh"),
        ((4, "standard", "flood", "trimesh"), r"convention is 'standard'; use paper with voxelize\.engine trimesh"),
        ((4, "paper", "flood", "img2vox"), r"solid is 'flood'; use surface with voxelize\.convention paper"),
        ((1, "standard", "flood", "img2vox"), r"resolution is 1; use 2 to 1024"),
    ],
)
def test_voxelize_rejects_words_that_it_does_not_know(words, message):
    with pytest.raises(ParamsError, match=message):
        voxelize(box_mesh((0, 0, 0), (4, 4, 4), 4), *words)


def test_lattice_of_the_tests_is_the_one_of_the_code():
    from img2vox.geometry import voxel

    assert voxel._LATTICE == LATTICE
