"""What the joint network trains on: pictures and the grids that stand before their cameras."""

from dataclasses import replace

import numpy as np
import pytest

from img2vox.errors import BundleError
from img2vox.files import write_archive
from img2vox.geometry.frames import View
from img2vox.geometry.mesh import normalize, read_mesh, turn
from img2vox.geometry.voxel import voxelize
from img2vox.joint.pool import make_pool, open_pool, seen_grid
from img2vox.learning.residual import seen_side
from img2vox.paths import Paths
from img2vox.rendering import camera_distance, render
from tests.joint.conftest import small_params
from tests.prepare.test_prepare import corner_obj

TRAINED = {"chair": frozenset({"object-00", "object-03"}), "mug": frozenset({"object-01"})}


def corner():
    return normalize(read_mesh("corner.obj", corner_obj().encode(), {}), "corner.obj")


@pytest.mark.parametrize("azimuth", [0, 90, 180, 270])
def test_a_grid_before_the_camera_is_the_objects_own_turned_by_minus_the_azimuth(azimuth):
    params = small_params()
    side, mesh = seen_side(16), corner()
    # The seen grid is centered on the mesh's axis, with cells as large as those of the object's own grid.
    own = voxelize(mesh, 16, "standard", "flood", "img2vox")
    margin = (side - 16) // 2
    turned = np.rot90(own, azimuth // 90, axes=(0, 2)).transpose(1, 0, 2)[::-1]
    expected = np.pad(turned, [(0, 0), (margin, margin), (margin, margin)])
    assert np.array_equal(seen_grid(mesh, azimuth, params), expected)


@pytest.mark.parametrize("azimuth", [0.0, 40.0, 200.0])
def test_the_silhouette_of_a_grid_before_the_camera_is_that_of_the_picture(azimuth):
    """From the horizon, far away: rows of the picture are layers of the grid, columns are x'."""
    params = small_params()
    params = replace(params, voxelize=replace(params.voxelize, resolution=32))
    mesh, side = corner(), seen_side(32)
    distance = 200 * camera_distance(mesh, 1.0)
    fov = 2 * np.degrees(np.arctan(side / 32 / 2 / distance))
    picture = render(mesh, [View(azimuth, 0.0, distance)], side, fov, "raster")[0, ..., 1] > 127
    margin = (side - 32) // 2
    silhouette = seen_grid(mesh, azimuth, params).any(axis=2)  # (R, W)
    shown = picture[margin : margin + 32]
    assert (silhouette & shown).sum() / (silhouette | shown).sum() > 0.85
    assert (silhouette & shown[:, ::-1]).sum() / (silhouette | shown[:, ::-1]).sum() < 0.75


def test_under_the_papers_convention_the_stretched_shape_is_turned():
    params = small_params()
    params = replace(params, voxelize=replace(params.voxelize, convention="paper", solid="surface"))
    mesh = corner()
    own = voxelize(mesh, 16, "paper", "surface", "img2vox")
    margin = (seen_side(16) - 16) // 2
    inner = seen_grid(mesh, 0.0, params)[:, margin:-margin, margin:-margin]
    assert np.array_equal(inner, own.transpose(1, 0, 2)[::-1])


def test_a_pool_holds_the_objects_own_views_and_its_copies_and_nothing_else(project, tmp_path):
    params, paths = project
    count = make_pool(tmp_path / "pool", TRAINED, params, paths, workers=2)
    pool = open_pool(tmp_path / "pool", 16)
    assert count == len(pool) == 3 * (3 + 2)
    bundle = np.load(paths.images(params.synset("chair")), mmap_mode="r")
    pictures = np.asarray(pool.pictures[:3])
    gray = (pictures[..., 0] * (pictures[..., 1] / 255) + 255 - pictures[..., 1]).round()
    np.testing.assert_allclose(gray, bundle[:3], atol=1)
    assert pool.azimuths[:3].tolist() == [0, 120, 240]
    assert len(set(pool.azimuths.tolist())) == 3 + 6  # a copy's azimuth is drawn
    make_pool(tmp_path / "again", TRAINED, params, paths, workers=1)
    for name in ("pictures.npy", "seen.npy", "azimuths.npy"):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "pool" / name).read_bytes()


def test_a_half_made_pool_is_made_anew_and_a_whole_one_is_taken(project, tmp_path, monkeypatch):
    params, paths = project
    make_pool(tmp_path / "pool", TRAINED, params, paths, workers=1)
    whole = (tmp_path / "pool" / "seen.npy").read_bytes()
    (tmp_path / "pool" / "whole").unlink()
    (tmp_path / "pool" / "seen.npy").write_bytes(whole[:300])
    make_pool(tmp_path / "pool", TRAINED, params, paths, workers=1)
    assert (tmp_path / "pool" / "seen.npy").read_bytes() == whole
    monkeypatch.setattr("img2vox.joint.pool._show", lambda *_: pytest.fail("drawn again"))
    make_pool(tmp_path / "pool", TRAINED, params, paths, workers=1)


def test_a_pool_of_other_lengths_is_one_line(project, tmp_path):
    params, paths = project
    make_pool(tmp_path / "pool", TRAINED, params, paths, workers=1)
    np.save(tmp_path / "pool" / "azimuths.npy", np.zeros(3, np.float32))
    with pytest.raises(BundleError, match=r"pool: its arrays hold \[15, 15, 3\] rows; remove it"):
        open_pool(tmp_path / "pool", 16)


def test_a_category_without_meshes_says_that_the_joint_network_needs_them(project, tmp_path):
    params, _ = project
    own = Paths(tmp_path / "own")
    own.raw.mkdir(parents=True)
    for synset in params.categories.values():
        with write_archive(own.raw_archive(synset)) as archive:
            archive.add(f"{synset}/0000/model.binvox", b"")
    message = (
        r"03001627\.zip: holds no meshes, which the joint network is trained on; with data\.source r2n2 set train\.st"
    )
    with pytest.raises(BundleError, match=message):
        make_pool(tmp_path / "pool", TRAINED, params, own, workers=1)


def test_turning_the_mesh_and_the_camera_together_shows_the_same():
    params, mesh = small_params(), corner()
    assert np.array_equal(seen_grid(normalize(turn(mesh, 90), "c"), 90.0, params), seen_grid(mesh, 0.0, params))
