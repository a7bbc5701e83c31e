"""What can be said of each fetched mesh as it is: readable, closed, how many triangles, whose copy."""

import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray

from img2vox.data.archive import MeshEntry, list_meshes, open_archive, read_entry
from img2vox.data.published import GRID_NAME, is_published
from img2vox.errors import MeshError
from img2vox.geometry.mesh import Mesh, normalize, read_mesh

# Steps along the longest side within which two vertices count as one place, when meshes are compared.
_STEPS = 10_000
_FACTORS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64)


@dataclass(frozen=True)
class Finding:
    """One object of an archive.

    Attributes:
        model_id: its name.
        triangles: polygons count as the triangles that they are split into.
        vertices: that a triangle uses.
        watertight: every edge belongs to two triangles, where corners at one place are one corner.
        geometry: equal for meshes of equal triangles; see geometry_hash. Empty where it cannot be read.
        problem: why it cannot be read; empty where it can.
    """

    model_id: str
    triangles: int
    vertices: int
    watertight: bool
    geometry: str
    problem: str


def examine(path: Path, synset: str, max_bytes: int, workers: int) -> list[Finding]:
    """Read every mesh of an archive; sorted by model_id. Of the literature's grids, which have no triangles, the bytes.

    Args:
        path: of the archive.
        synset: the first part of every path in it.
        max_bytes: a larger mesh counts as one that cannot be read, as it does in `prepare`.
        workers: threads.

    Raises:
        SourceError: no whole archive.
    """
    if is_published(path):
        return _examine_grids(path, synset)
    with open_archive(path) as archive, ThreadPoolExecutor(workers) as pool:
        entries, refused = list_meshes(archive, synset)
        found = list(pool.map(lambda entry: _examine_object(archive, entry, max_bytes), entries))
    return found + [Finding(name, 0, 0, False, "", f"{name}: {reason}") for name, reason in refused]


def _examine_grids(path: Path, synset: str) -> list[Finding]:
    found = []
    with open_archive(path) as archive:
        for name in archive.namelist():
            if name.endswith(f"/{GRID_NAME}"):
                geometry = hashlib.sha256(archive.read(name)).hexdigest()[:32]
                found.append(Finding(name.split("/")[1], 0, 0, False, geometry, ""))
    return found


def _examine_object(archive: ZipFile, entry: MeshEntry, max_bytes: int) -> Finding:
    try:
        mesh = read_mesh(entry.name, read_entry(archive, entry.name, max_bytes), {})
        geometry = geometry_hash(normalize(mesh, entry.name))
    except MeshError as error:
        return Finding(entry.model_id, 0, 0, False, "", str(error))
    return Finding(entry.model_id, len(mesh.faces), len(mesh.vertices), is_watertight(mesh), geometry, "")


def is_watertight(mesh: Mesh) -> bool:
    """Whether every edge belongs to exactly two triangles.

    Corners with the same coordinates are one, since many files write them once a triangle; triangles that have two
    corners at one place have no area and do not count.
    """
    corners = _mix((mesh.vertices + 0.0).view(np.uint64))[mesh.faces]  # (F, 3); + 0.0: -0.0 and 0.0 are one place
    a, b, c = corners.T
    corners = corners[(a != b) & (b != c) & (c != a)]
    if not len(corners):
        return False
    edges = np.sort((corners + np.roll(corners, 1, axis=1)).reshape(-1))  # a sum has no direction
    starts = np.flatnonzero(np.concatenate([[True], edges[1:] != edges[:-1], [True]]))
    return bool((np.diff(starts) == 2).all())


def geometry_hash(mesh: Mesh) -> str:
    """A name for the triangles of a normalized mesh: equal for equal ones, in any order of them and of their corners.

    Where the object stood and how large it was does not matter, nor do colours. Places that lie within a ten thousandth
    of the longest side are mostly, but not always, one; objects that are merely alike are a matter of `prepare`.
    """
    places = np.rint(mesh.vertices * _STEPS).astype(np.int64).view(np.uint64)
    triangles = _scramble(_mix(places)[mesh.faces].sum(axis=1, dtype=np.uint64))  # (F,)
    # Sums, too, know no order; a second one over other numbers makes it 128 bits.
    return f"{int(triangles.sum(dtype=np.uint64)):016x}{int(_scramble(triangles).sum(dtype=np.uint64)):016x}"


def _mix(rows: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """(V,) uint64, one number for each row of three."""
    return _scramble((_scramble(rows) * _FACTORS).sum(axis=1, dtype=np.uint64))


def _scramble(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64's last step: numbers that differ in one bit differ in half of them afterwards."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def first_of_each_geometry(findings: Iterable[tuple[str, Finding]]) -> dict[tuple[str, str], tuple[str, str]]:
    """The (synset, model_id) of every copy -> that of the object that it is a copy of, the first in the given order."""
    first: dict[str, tuple[str, str]] = {}
    copies = {}
    for synset, finding in findings:
        key = synset, finding.model_id
        if finding.geometry and first.setdefault(finding.geometry, key) != key:
            copies[key] = first[finding.geometry]
    return copies


@cache
def rules() -> str:
    """A name for the code that findings depend on: another one makes earlier findings void."""
    package = Path(__file__).parents[1]
    files = [Path(__file__), package / "data" / "archive.py", *sorted((package / "geometry").glob("*.py"))]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:16]
