"""A tree as ShapeNetCore.v1 is laid out, of meshes that anybody may have; the first part of scale.py.

    <root>/<synset>/<model_id>/model.obj, model.mtl      ids of 32 hexadecimal digits, unit diagonal, as ShapeNet's

Each object is one of its category's embedded meshes, real or parametric, stretched, tapered and turned by a little at
random: no two are alike, and all stand as their category does, which is what makes near duplicates hard to tell. How
many triangles they have:

    small       embedded meshes of at most 500, or the three of a category that have fewest
    shapenet    log-normal, median 6,000, one object in a thousand beyond 840,000, 21,600 on the mean. Nobody has
                published ShapeNetCore's distribution: it is the assumption of pipeline_times.py. The embedded meshes
                are refined, the largest triangles first
"""

import hashlib
import json
import statistics
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from common import ROOT
from img2vox.data.archive import list_meshes, open_archive, read_entry, read_materials
from img2vox.geometry.mesh import Mesh, normalize, read_mesh
from pipeline_times import SHAPENET_FACES_MEDIAN, SHAPENET_FACES_SIGMA
from shapes import subdivided

SEED = 1
FACES = ("small", "shapenet")
SMALL, FEWEST = 500, 3
STRETCH, TAPER, TURN_DEG = 0.3, 0.3, 5.0
DECIMALS = 6
# Objects that one process makes before the next synset's may take its turn.
CHUNK = 250


@dataclass(frozen=True)
class Base:
    """An embedded mesh whose faces are sorted by gray, and the part of an OBJ file that names them."""

    mesh: Mesh
    faces_text: bytes


def write_tree(root: Path, counts: Mapping[str, int], faces: str, workers: int) -> None:
    """Make the tree, unless it is there; what an interrupted run left is written over.

    Args:
        root: of the tree.
        counts: synset -> objects.
        faces: one of FACES.
        workers: processes.
    """
    made_of = {"counts": dict(counts), "faces": faces, "seed": SEED}
    note = root.with_suffix(".json")
    if note.is_file():
        if json.loads(note.read_text(encoding="utf-8")) != made_of:
            raise SystemExit(f"{root}: was made of other counts or faces; name another --directory, or remove it")
        return
    targets = face_targets(sum(counts.values())) if faces == "shapenet" else None
    jobs, before = [], 0
    for synset, count in counts.items():
        for first in range(0, count, CHUNK):
            last = min(count, first + CHUNK)
            wanted = None if targets is None else targets[before + first : before + last]
            jobs.append((root / synset, first, last, wanted))
        before += count
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for _ in pool.map(write_objects, *zip(*jobs, strict=True)):
            pass
    note.write_text(json.dumps(made_of), encoding="utf-8")


def face_targets(objects: int) -> np.ndarray:
    """(objects,) int64 face counts of ShapeNet's distribution, an equal step of it each, in a random order."""
    normal = statistics.NormalDist()
    steps = np.array([normal.inv_cdf((number + 0.5) / objects) for number in range(objects)])
    faces = np.rint(SHAPENET_FACES_MEDIAN * np.exp(SHAPENET_FACES_SIGMA * steps)).astype(np.int64)
    return np.random.default_rng(SEED).permutation(faces)


def write_objects(folder: Path, first: int, last: int, targets: np.ndarray | None) -> None:
    """Objects first to last of a synset's folder; `targets` are their face counts, None: small ones."""
    bases = small_bases(folder.name) if targets is None else all_bases(folder.name)
    for number in range(first, last):
        rng = np.random.default_rng([SEED, int(folder.name), number])
        base = bases[number % len(bases)] if targets is None else refined(bases, int(targets[number - first]), number)
        place = folder / hashlib.md5(f"{folder.name} {number}".encode()).hexdigest()
        place.mkdir(parents=True, exist_ok=True)
        (place / "model.obj").write_bytes(vertices_text(varied(base.mesh.vertices, rng)) + base.faces_text)
        (place / "model.mtl").write_bytes(materials_text(base.mesh))


def varied(vertices: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(V, 3) in [-0.5, 0.5] -> (V, 3): stretched along each axis, narrower or wider toward the top, turned about +Y."""
    x, y, z = (vertices * np.exp(rng.normal(0.0, STRETCH, 3))).T
    width = 1.0 + rng.uniform(-TAPER, TAPER) * 2.0 * vertices[:, 1]
    angle = np.radians(rng.normal(0.0, TURN_DEG))
    cos, sin = np.cos(angle) * width, np.sin(angle) * width
    moved = np.stack([cos * x + sin * z, y, cos * z - sin * x], axis=1)
    low, high = moved.min(axis=0), moved.max(axis=0)
    return (moved - (low + high) / 2) / np.linalg.norm(high - low)


@lru_cache(maxsize=4)
def all_bases(synset: str) -> tuple[Base, ...]:
    """The embedded meshes of a category, those with fewest triangles first."""
    path = ROOT / "data" / "sample" / f"{synset}.zip"
    meshes = []
    with open_archive(path) as archive:
        for entry in list_meshes(archive, synset)[0]:
            data = read_entry(archive, entry.name, 2**30)
            mesh = normalize(read_mesh(entry.name, data, read_materials(archive, entry)), entry.name)
            order = np.argsort(mesh.grays, kind="stable")
            meshes.append(Mesh(mesh.vertices, mesh.faces[order], mesh.grays[order]))
    return tuple(Base(mesh, faces_text(mesh)) for mesh in sorted(meshes, key=lambda mesh: len(mesh.faces)))


def small_bases(synset: str) -> tuple[Base, ...]:
    """Those that have few triangles."""
    bases = all_bases(synset)
    return bases[: max(FEWEST, sum(len(base.mesh.faces) <= SMALL for base in bases))]


def refined(bases: tuple[Base, ...], faces: int, number: int) -> Base:
    """One of the bases in so many triangles; where all of them have more, the smallest as it is."""
    fitting = [base for base in bases if len(base.mesh.faces) <= faces] or [bases[0]]
    mesh = subdivided(fitting[number % len(fitting)].mesh, faces)
    return Base(mesh, faces_text(mesh))


def vertices_text(vertices: np.ndarray) -> bytes:
    """Places, normals and texture coordinates; as ShapeNet's files have them, so that they take as long to read."""
    x, y, z = (decimals(column) for column in vertices.T)
    return b"".join(
        (
            b"mtllib model.mtl\n",
            lines(b"v ", x, b" ", y, b" ", z, b"\n"),
            lines(b"vn ", x, b" ", y, b" ", z, b"\n"),  # nobody reads their values
            lines(b"vt ", x, b" ", y, b"\n"),
        )
    )


def faces_text(mesh: Mesh) -> bytes:
    """The faces of a mesh, sorted by gray, each gray a material."""
    starts = np.flatnonzero(np.diff(mesh.grays, prepend=-1))
    parts = []
    for first, last in zip(starts, [*starts[1:], len(mesh.faces)], strict=True):
        parts.append(f"usemtl gray{mesh.grays[first]}\n".encode())
        corners = [whole_numbers(column) for column in (mesh.faces[first:last] + 1).T]
        named = [part for corner in corners for part in (b" ", corner, b"/", corner, b"/", corner)]
        parts.append(lines(b"f", *named, b"\n"))
    return b"".join(parts)


def materials_text(mesh: Mesh) -> bytes:
    """One diffuse gray a material."""
    grays = np.unique(mesh.grays).tolist()
    return "".join(
        f"newmtl gray{gray}\nKd {gray / 255:.4f} {gray / 255:.4f} {gray / 255:.4f}\n" for gray in grays
    ).encode()


# Text is made for all rows at once: (N, W) characters and, of the same shape, which of them are written.
Column = tuple[np.ndarray, np.ndarray]


def lines(*parts: bytes | Column) -> bytes:
    """The parts beside each other, row by row; one that is bytes stands in every row."""
    count = next(len(part[0]) for part in parts if not isinstance(part, bytes))
    columns = [constant(part, count) if isinstance(part, bytes) else part for part in parts]
    characters, written = (np.concatenate(found, axis=1) for found in zip(*columns, strict=True))
    return characters[written].tobytes()


def constant(text: bytes, count: int) -> Column:
    characters = np.broadcast_to(np.frombuffer(text, np.uint8), (count, len(text)))
    return characters, np.ones(characters.shape, dtype=bool)


def whole_numbers(values: np.ndarray) -> Column:
    """(N,) positive integers, without leading zeros."""
    width = len(str(values.max()))
    return digits(values, width), values[:, None] >= 10 ** np.arange(width - 1, -1, -1)


def decimals(values: np.ndarray) -> Column:
    """(N,) numbers between -1 and 1."""
    parts = np.rint(np.abs(values) * 10**DECIMALS).astype(np.int64)
    fraction = digits(parts, DECIMALS)
    head = np.broadcast_to(np.frombuffer(b"-0.", np.uint8), (len(values), 3))
    characters = np.concatenate([head, fraction], axis=1)
    written = np.ones(characters.shape, dtype=bool)
    written[:, 0] = (values < 0) & (parts > 0)
    return characters, written


def digits(values: np.ndarray, width: int) -> np.ndarray:
    """(N,) integers -> (N, width) characters, leading zeros among them."""
    return (values[:, None] // 10 ** np.arange(width - 1, -1, -1) % 10 + ord("0")).astype(np.uint8)
