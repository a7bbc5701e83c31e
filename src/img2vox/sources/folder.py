"""One's own meshes: a folder a category, named after it, with OBJ, STL, PLY or GLB files in it.

    <data.folder_dir>/<label>/<any name>.obj     its MTL files beside it, textures too

A category of params.yaml needs no synset: its slug stands there in its place, `lantern: "lantern"`. The folder has the
name of the slug or of the label ("trash_bin", "Trash bin"), the objects have those of their files. What is no mesh is
left out with a line that says so, and for CAD and other formats with the name of the program that makes meshes of them.
"""

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from img2vox.data.archive import MAX_MATERIAL_BYTES, MESH_SUFFIXES
from img2vox.data.bundle import PARAMETRIC_PREFIX
from img2vox.errors import MeshError, SourceError
from img2vox.files import ArchiveWriter
from img2vox.geometry.mesh import read_mesh
from img2vox.geometry.obj_materials import decode_name, find_materials, to_utf8
from img2vox.sources.shapenet import same_but_for_case
from img2vox.sources.source import IMAGE_SUFFIXES, SourceFile, Stamp, examples, reading, source_error, stamp_of
from img2vox.sources.upright import MTL_NAME, OBJ_NAME, turn_upright, write_obj

_CONVERTERS = (
    (
        (".step", ".stp", ".iges", ".igs", ".brep", ".brp"),
        "curved CAD surfaces, not triangles; `gmsh part.step -2 -o part.stl` makes them, as FreeCAD does",
    ),
    (
        (".sldprt", ".sldasm", ".ipt", ".iam", ".catpart", ".prt", ".f3d", ".fcstd", ".3dm", ".dwg", ".dxf", ".skp"),
        "a CAD program's own format; export STL from that program",
    ),
    (
        (".fbx", ".dae", ".3ds", ".blend", ".abc", ".x3d", ".wrl", ".usd", ".usda", ".usdc", ".usdz", ".gltf"),
        "a scene; import it into Blender and export GLB",
    ),
    ((".off", ".3mf", ".ctm", ".x"), "a mesh in a format that is not read here; MeshLab exports it as PLY"),
)
# What no file of an archive, a picture or a report can be called safely.
_UNSAFE = re.compile(r"[\x00-\x1f\\/:*?\"<>|]|^\.|[. ]$")
_MTLLIB = re.compile(rb"^[ \t]*mtllib[ \t]+(.+)$", re.MULTILINE)


@dataclass
class Folder:
    """A directory of one's own meshes.

    Attributes:
        root: holds a folder a category.
        up_axis: x, y or z, which is up in the OBJ, STL and PLY files; in GLB it is +Y by that format's definition.
        textures: whether pictures that an object's materials name are taken too, where nothing has to be turned.
        max_bytes: a larger file is taken as it is, for `prepare` to refuse.
    """

    root: Path
    up_axis: str
    textures: bool
    max_bytes: int
    _files: dict[str, dict[str, SourceFile]] = field(default_factory=dict)

    def stamps(self, categories: Mapping[str, str]) -> dict[str, Stamp]:
        """See Source; all missing folders are named at once."""
        places = self._places()
        missing = [slug for slug in categories if slug not in places]
        if missing:
            others = examples(sorted(set(places) - set(categories))) or "none"
            raise SourceError(
                f"{self.root}: no folder {examples(missing)}, but params.yaml lists "
                f"{'it' if len(missing) == 1 else 'them'}; other folders there: {others}"
            )
        stamps = {}
        for slug, synset in categories.items():
            self._files[slug] = _scan(places[slug])
            meshes, notes = choose(list(self._files[slug]), slug)
            if not meshes:
                reasons = "; ".join(note.removeprefix(f"{slug}: ") for note in notes) or "it is empty"
                raise SourceError(f"{places[slug]}: no OBJ, STL, PLY or GLB file in it: {reasons}")
            taken = [file for name, file in self._files[slug].items() if name in meshes or _is_companion(name)]
            stamps[synset] = stamp_of(taken, f"{self.up_axis} {self.textures}")
        return stamps

    def write(self, slug: str, synset: str, archive: ArchiveWriter) -> list[str]:
        """See Source."""
        place = self._places()[slug]
        meshes, notes = choose(list(self._files[slug]), slug)
        for name in sorted(meshes, key=lambda name: PurePosixPath(name).stem):
            base = f"{synset}/{PurePosixPath(name).stem}/models"
            data = _read(place / name)
            materials = self._materials(place, slug, name, data)
            try:
                entries = self._turned(name, data, materials)
            except MeshError as error:
                notes.append(f"{slug}: {error}; taken as it is")
                entries = {name: data}
            if entries is None:
                entries = {name: data, **materials, **self._pictures(place, slug, materials)}
            for inner in sorted(entries):
                archive.add(f"{base}/{inner}", entries[inner])
        return notes

    def _places(self) -> dict[str, Path]:
        """The folder of each name that could be a category's slug."""
        found: dict[str, Path] = {}
        folders = None
        with reading(self.root), suppress(FileNotFoundError), os.scandir(self.root) as entries:
            folders = sorted(entry.name for entry in entries if _is_folder(entry))
        if folders is None:
            raise SourceError(f"{self.root}: no such directory; set data.folder_dir to your meshes' one")
        for name in folders:
            slug = re.sub(r"\s+", "_", name.strip().lower())
            if slug in found:
                raise SourceError(f"{self.root}: {found[slug].name} and {name} both stand for {slug}; join the folders")
            found[slug] = self.root / name
        return found

    def _materials(self, place: Path, slug: str, name: str, data: bytes) -> dict[str, bytes]:
        """The MTL files that an OBJ file names and that lie beside it."""
        if not name.lower().endswith(".obj"):
            return {}
        beside = {other: b"" for other in self._files[slug] if other.lower().endswith(".mtl")}
        named = [decode_name(match) for match in _MTLLIB.findall(to_utf8(data))] if beside else []
        wanted = {other for argument in named for other in find_materials(argument, beside)}
        small = [other for other in wanted if self._files[slug][other].size_bytes <= MAX_MATERIAL_BYTES]
        return {other: _read(place / other) for other in sorted(small)}

    def _pictures(self, place: Path, slug: str, materials: Mapping[str, bytes]) -> dict[str, bytes]:
        """The pictures beside an OBJ file that its materials speak of."""
        if not self.textures or not materials:
            return {}
        text = b"\n".join(materials.values())
        pictures = [other for other in self._files[slug] if other.lower().endswith(IMAGE_SUFFIXES)]
        return {other: _read(place / other) for other in pictures if os.fsencode(other) in text}

    def _turned(self, name: str, data: bytes, materials: Mapping[str, bytes]) -> dict[str, bytes] | None:
        """OBJ and MTL of a mesh that does not stand upright; None for one that does.

        Raises:
            MeshError: it cannot be read.
        """
        if self.up_axis == "y" or name.lower().endswith(".glb"):
            return None
        mesh = turn_upright(read_mesh(name, data, materials, self.max_bytes), self.up_axis)
        text, colours = write_obj(mesh)
        return {OBJ_NAME: text, MTL_NAME: colours}


def choose(names: Sequence[str], slug: str) -> tuple[list[str], list[str]]:
    """Which files of a category's folder are objects.

    Args:
        names: of all files in it.
        slug: the category, for the notes.

    Returns:
        Names of meshes, one a stem; and a line for each kind of thing that is left out.
    """
    notes = []
    meshes = [name for name in sorted(names) if name.lower().endswith(MESH_SUFFIXES) and not name.startswith(".")]
    others = sorted(set(names) - set(meshes))
    for suffixes, advice in _CONVERTERS:
        foreign = [name for name in others if name.lower().endswith(suffixes)]
        others = [name for name in others if not name.lower().endswith(suffixes)]
        if foreign:
            notes.append(f"{slug}: {len(foreign)} files are left out ({examples(foreign)}): {advice}")
    strays = [name for name in others if not _is_companion(name) and not name.startswith(".")]
    if strays:
        notes.append(f"{slug}: {len(strays)} files are no meshes ({examples(strays)}); left out")
    unsafe = [name for name in meshes if not _is_safe(PurePosixPath(name).stem)]
    if unsafe:
        shown = examples(map(repr, unsafe))
        notes.append(f"{slug}: {len(unsafe)} meshes have names that other systems do not allow ({shown}); rename them")
    meshes = [name for name in meshes if _is_safe(PurePosixPath(name).stem)]
    stems = Counter(PurePosixPath(name).stem for name in meshes)
    first: dict[str, str] = {}
    for name in meshes:
        first.setdefault(PurePosixPath(name).stem, name)
    for stem, count in stems.items():
        if count > 1:
            notes.append(f"{slug}: {count} files are called {stem}; {first[stem]} is kept, rename the others")
    for stem, twins in same_but_for_case(first).items():
        notes.append(f"{slug}: {', '.join(twins)} and {stem} differ in case only; {stem} is kept, rename the others")
        for twin in twins:
            del first[twin]
    return list(first.values()), notes


def _is_safe(stem: str) -> bool:
    return not _UNSAFE.search(stem) and not stem.startswith(PARAMETRIC_PREFIX) and _is_text(stem)


def _is_text(name: str) -> bool:
    """Whether a file's name is UTF-8, and can be a name in an archive."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _is_companion(name: str) -> bool:
    return name.lower().endswith((".mtl", *IMAGE_SUFFIXES))


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir() and not entry.name.startswith(".")
    except OSError:  # a link to itself
        return False


def _scan(folder: Path) -> dict[str, SourceFile]:
    """Files of a category's folder by name; deeper folders are not looked into."""
    found = {}
    with reading(folder), os.scandir(folder) as entries:
        for entry in entries:
            if _is_folder(entry):
                continue
            try:
                status = entry.stat()
            except OSError as error:
                if entry.name.lower().endswith(MESH_SUFFIXES):
                    raise source_error(folder / entry.name, error) from error
                continue
            found[entry.name] = SourceFile(entry.name, status.st_size, str(status.st_mtime_ns))
    return found


def _read(path: Path) -> bytes:
    with reading(path):
        return path.read_bytes()
