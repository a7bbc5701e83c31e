"""The voxelizer beside the paper's calls, on embedded meshes."""

import numpy as np
import pytest
import trimesh
from scipy import ndimage

from img2vox.data.archive import list_meshes, open_archive, read_entry
from img2vox.geometry.mesh import normalize, read_mesh
from img2vox.geometry.voxel import voxelize
from tests.project import REPOSITORY

CATEGORIES = {"chair": "03001627", "car": "02958343", "lamp": "03636649", "sofa": "04256520"}


@pytest.fixture(scope="module", params=CATEGORIES)
def mesh(request):
    synset = CATEGORIES[request.param]
    with open_archive(REPOSITORY / "data" / "sample" / f"{synset}.zip") as archive:
        entry = next(entry for entry in list_meshes(archive, synset)[0] if "parametric" not in entry.model_id)
        return normalize(read_mesh(entry.name, read_entry(archive, entry.name, 2**26), {}), entry.name)


def test_under_paper_ours_holds_the_whole_surface_and_theirs_lies_within_a_cell_of_it(mesh):
    ours, theirs = (voxelize(mesh, 32, "paper", "surface", engine) for engine in ("img2vox", "trimesh"))
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    surface = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    points = trimesh.sample.sample_surface(surface, 20_000, seed=1)[0]
    places = (points - low) / (high - low) * 32
    # The lattice moves a point by less than a hundred-thousandth of a cell; one on a border may be on either side.
    either = [np.clip(np.floor(places + shift), 0, 31).astype(int) for shift in (-1e-4, 1e-4)]
    held = {name: sum(grid[tuple(cell.T)] for cell in either) > 0 for name, grid in (("a", ours), ("b", theirs))}
    assert held["a"].all()
    assert not held["b"].all()
    around = ndimage.binary_dilation(ours, np.ones((3, 3, 3), bool))
    assert (theirs & around).sum() > 0.85 * theirs.sum()
    assert all(ours.take(end, axis).any() for axis in range(3) for end in (0, -1))
