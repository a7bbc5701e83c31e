"""Zip archives of a category's meshes, read with suspicion."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from img2vox.errors import MeshError, SourceError

MESH_SUFFIXES = (".obj", ".stl", ".ply", ".glb")
# Materials of one object; far above any real MTL file, far below what could hurt.
MAX_MATERIAL_BYTES = 16 * 2**20


@dataclass(frozen=True)
class MeshEntry:
    """One object of an archive, not yet read.

    Attributes:
        model_id: the object's name, the second part of its path.
        name: path of its mesh inside the archive.
        materials: paths of the MTL files beside it.
    """

    model_id: str
    name: str
    materials: tuple[str, ...]


def open_archive(path: Path) -> zipfile.ZipFile:
    """Open a zip archive for reading.

    Raises:
        SourceError: missing, not to be read, cut short or no zip archive.
    """
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise SourceError(
            f"{path}: not found; run `dvc repro data/dvc.yaml:fetch`, or `dvc pull` where a remote is set"
        ) from error
    except PermissionError as error:
        raise SourceError(f"{path}: permission denied; let this user read it") from error
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise SourceError(f"{path}: not a whole zip archive ({error}); fetch it again") from error


def list_meshes(archive: zipfile.ZipFile, synset: str) -> tuple[list[MeshEntry], list[tuple[str, str]]]:
    """The objects of a category's archive, and the entries that are none.

    ShapeNet's two layouts are understood: <synset>/<model_id>/models/model_normalized.obj and
    <synset>/<model_id>/model.obj. Names are only ever compared, never used as paths on disk.

    Args:
        archive: open for reading.
        synset: the first part of every valid path.

    Returns:
        Entries sorted by model_id, and (name, reason) of mesh files that cannot be an object.
    """
    meshes: dict[str, list[str]] = {}
    materials: dict[str, list[str]] = {}
    refused: list[tuple[str, str]] = []
    for name in sorted({info.filename for info in archive.infolist() if not info.is_dir()}):
        path = PurePosixPath(name)
        suffix = path.suffix.lower()
        if suffix not in (*MESH_SUFFIXES, ".mtl"):
            continue
        fits = len(path.parts) in (3, 4) and path.parts[0] == synset and ".." not in path.parts
        if fits and suffix == ".mtl":
            materials.setdefault(path.parts[1], []).append(name)
        elif fits:
            meshes.setdefault(path.parts[1], []).append(name)
        elif suffix != ".mtl":
            refused.append((name, f"expected {synset}/<model_id>/models/<mesh> inside the archive"))
    entries = []
    for model_id, names in sorted(meshes.items()):
        refused += [(extra, f"{model_id} has a mesh already, {names[0]}") for extra in names[1:]]
        entries.append(MeshEntry(model_id, names[0], tuple(materials.get(model_id, ()))))
    return entries, refused


def read_entry(archive: zipfile.ZipFile, name: str, max_bytes: int) -> bytes:
    """Contents of one entry, never more than max_bytes of them.

    Raises:
        MeshError: larger than max_bytes, by its own account or in truth, encrypted, or its data is damaged.
    """
    try:
        with archive.open(name) as stream:
            data = stream.read(max_bytes + 1) if archive.getinfo(name).file_size <= max_bytes else None
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, NotImplementedError, ValueError) as error:
        raise MeshError(f"{name}: cannot be unpacked ({error}); replace this entry of the archive") from error
    if data is None or len(data) > max_bytes:
        limit = f"{max_bytes / 2**20:.0f} MB"
        raise MeshError(f"{name}: larger than {limit} when unpacked; simplify it or raise prepare.max_mesh_mb")
    return data


def read_materials(archive: zipfile.ZipFile, entry: MeshEntry) -> Mapping[str, bytes]:
    """MTL files of an object by their base name; one that cannot be read counts as missing, as in any OBJ viewer."""
    materials = {}
    for name in entry.materials:
        try:
            materials[PurePosixPath(name).name] = read_entry(archive, name, MAX_MATERIAL_BYTES)
        except MeshError:
            continue
    return materials
