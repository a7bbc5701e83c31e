"""ShapeNetCore as it is published, in a directory: a folder or a zip archive a synset, layout v1 or v2.

    v1   <synset>/<model_id>/model.obj                      model.mtl beside it, textures in images/
    v2   <synset>/<model_id>/models/model_normalized.obj    model_normalized.mtl beside it, textures in ../images/

Nothing is written there. Of an object the OBJ and the MTL files beside it are taken, textures when asked for; the paths
inside the archive of data/raw are ShapeNet's own, and so is the frame: +Y up in both, but v2 faces -Z, so that pictures
from azimuth 0 show an object's back. Networks that start from one that learned another front have to learn it anew.
"""

import os
import shutil
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from img2vox.data.archive import open_archive
from img2vox.errors import SourceError
from img2vox.files import ArchiveWriter
from img2vox.sources.source import IMAGE_SUFFIXES, SourceFile, Stamp, examples, reading, stamp_of

MESHES = ("models/model_normalized.obj", "model.obj")  # of one object that has both, the first
# Directories that are listed at once: on a disk over the network each answer takes a millisecond or more.
_LISTED_AT_ONCE = 16
_UNPACK_ERRORS = (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError)


@dataclass
class ShapeNet:
    """A directory of ShapeNetCore.

    Attributes:
        root: holds <synset>/ or <synset>.zip; where both are there, the folder is taken.
        textures: whether pictures of surfaces are taken too.
    """

    root: Path
    textures: bool = False
    _listed: dict[str, tuple[list[SourceFile], list[str]]] = field(default_factory=dict)

    def stamps(self, categories: Mapping[str, str]) -> dict[str, Stamp]:
        """See Source; all missing categories are named at once."""
        with reading(self.root):
            self._require(categories)
        return {synset: stamp_of(self._list(slug, synset)[0]) for slug, synset in categories.items()}

    def _require(self, categories: Mapping[str, str]) -> None:
        if not self.root.is_dir():
            raise SourceError(
                f"{self.root}: no such directory; set data.shapenet_dir to the one that holds the synsets"
            )
        missing = {slug: synset for slug, synset in categories.items() if not self._place(synset)}
        if missing:
            synset = next(iter(missing.values()))
            deeper = [path for path in sorted(self.root.iterdir()) if ShapeNet(path)._place(synset)]
            advice = f"set data.shapenet_dir to {deeper[0]}" if deeper else f"add them, or take {examples(missing)} out"
            raise SourceError(
                f"{self.root}: no folder and no zip archive of {len(missing)} categories that params.yaml lists "
                f"({examples(missing.values())}): {advice}"
            )

    def write(self, slug: str, synset: str, archive: ArchiveWriter) -> list[str]:
        """See Source."""
        place = self._place(synset)
        if place is None:
            raise SourceError(f"{self.root}: {synset} was there a moment ago and is not any more; fetch again")
        files, notes = self._list(slug, synset)
        if place.is_dir():
            copy_tree(self.root, files, archive)
        else:
            copy_zip(place, files, archive)
        return notes

    def _place(self, synset: str) -> Path | None:
        folder, packed = self.root / synset, self.root / f"{synset}.zip"
        return folder if folder.is_dir() else packed if packed.is_file() else None

    def _list(self, slug: str, synset: str) -> tuple[list[SourceFile], list[str]]:
        """Files and notes of a category, listed once."""
        if synset not in self._listed:
            place = self._place(synset)
            assert place is not None  # stamps() has seen to it
            found = list_tree(place, self.textures) if place.is_dir() else list_zip(place)
            files, notes = choose(found, synset, self.textures)
            if not files:
                raise SourceError(
                    f"{place}: no object of {slug} in it ({len(found)} files looked at); expected "
                    f"{synset}/<model_id>/{MESHES[0]} or {synset}/<model_id>/{MESHES[1]}"
                )
            self._listed[synset] = files, notes
        return self._listed[synset]


def list_tree(folder: Path, textures: bool) -> list[SourceFile]:
    """Files of a synset's folder that could belong to an object, several directories at once.

    Links are followed, but no deeper than the layouts go, so that a loop ends.

    Raises:
        SourceError: a directory cannot be read; an entry that is nothing, such as a link to itself, is passed over.
    """
    inner = ("models", "images") if textures else ("models",)

    def of_model(model: str) -> list[SourceFile]:
        base = f"{folder.name}/{model}"
        found, folders = _scan(folder / model, base)
        for name in inner:
            if name in folders:
                found += _scan(folder / model / name, f"{base}/{name}")[0]
        # An object without any file is one too: choose() says that it has no mesh.
        return found or [SourceFile(f"{base}/", 0, "")]

    strays, models = _scan(folder, folder.name)
    with ThreadPoolExecutor(_LISTED_AT_ONCE) as pool:
        return strays + [file for found in pool.map(of_model, sorted(models)) for file in found]


def _scan(folder: Path, base: str) -> tuple[list[SourceFile], list[str]]:
    """Files of one directory under their names in the archive, and the names of the directories in it."""
    files, folders = [], []
    with reading(folder), os.scandir(folder) as entries:
        for entry in entries:
            try:
                if entry.is_dir():
                    folders.append(entry.name)
                    continue
                status = entry.stat()
                files.append(SourceFile(f"{base}/{entry.name}", status.st_size, str(status.st_mtime_ns)))
            except OSError:  # a link that leads nowhere or to itself: no file
                files.append(SourceFile(f"{base}/{entry.name}", 0, "dead link"))
    return files, folders


def list_zip(path: Path) -> list[SourceFile]:
    """Entries of a synset's archive; nothing is unpacked.

    Raises:
        SourceError: no whole archive.
    """
    with open_archive(path) as archive:
        return [
            SourceFile(info.filename, info.file_size, f"{info.CRC:08x}")
            for info in archive.infolist()
            if not info.is_dir()
        ]


def choose(found: Iterable[SourceFile], synset: str, textures: bool) -> tuple[list[SourceFile], list[str]]:
    """Which files enter the archive.

    Args:
        found: files of a category by their names, <synset>/<model_id>/...; others are passed over.
        synset: the category.
        textures: whether pictures are taken too.

    Returns:
        Files sorted by name, each name once; and a line for each kind of thing that is left out.
    """
    models: dict[str, dict[str, SourceFile]] = {}
    strays = []
    for file in found:
        parts = PurePosixPath(file.name).parts
        if file.name.startswith(f"{synset}/") and len(parts) in (2, 3, 4) and ".." not in parts:
            if len(parts) == 2 and not file.name.endswith("/"):
                strays.append(parts[1])
            else:
                models.setdefault(parts[1], {})["/".join(parts[2:])] = file
    notes = []
    if strays:
        notes.append(f"{synset}: {len(strays)} files are no objects ({examples(strays)}); left out")
    for name, twins in same_but_for_case(models).items():
        notes.append(f"{synset}: {', '.join(twins)} and {name} differ in case only; {name} is kept, rename the others")
        for twin in twins:
            del models[twin]
    files, without = [], []
    for model_id in sorted(models):
        chosen = _of_object(models[model_id], textures)
        files += chosen
        if not chosen:
            without.append(model_id)
    if without:
        names = " and no ".join(MESHES)
        notes.append(f"{synset}: {len(without)} of {len(models)} objects have no {names} ({examples(without)})")
    return sorted(files, key=lambda file: file.name), notes


def same_but_for_case(names: Iterable[str]) -> dict[str, list[str]]:
    """Names of which others are a spelling in other cases: the first in sorted order -> the others.

    Some file systems, and the places that the outputs may be copied to, take them for one.
    """
    alike: dict[str, list[str]] = {}
    for name in sorted(names):
        alike.setdefault(name.casefold(), []).append(name)
    return {first: others for first, *others in alike.values() if others}


def _of_object(files: Mapping[str, SourceFile], textures: bool) -> list[SourceFile]:
    """The files of one object by their path below it; none where no mesh is among them."""
    mesh = next((name for name in MESHES if name in files), None)
    if mesh is None:
        return []
    beside = PurePosixPath(mesh).parent
    return [
        file
        for name, file in files.items()
        if name == mesh
        or (PurePosixPath(name).suffix.lower() == ".mtl" and PurePosixPath(name).parent == beside)
        or (textures and PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES)
    ]


def copy_tree(root: Path, files: Sequence[SourceFile], archive: ArchiveWriter) -> None:
    """Copy files from below a directory, piece by piece.

    Raises:
        SourceError: one cannot be read.
    """
    for file in files:
        path = root / file.name
        with reading(path), path.open("rb") as stream, archive.open(file.name) as target:
            shutil.copyfileobj(stream, target, 2**20)


def copy_zip(path: Path, files: Sequence[SourceFile], archive: ArchiveWriter) -> None:
    """Copy entries of an archive, piece by piece; their checksums are compared on the way.

    Raises:
        SourceError: one is damaged, encrypted, or packed in a way that Python does not know.
    """
    with open_archive(path) as packed:
        for file in files:
            try:
                with packed.open(file.name) as stream, archive.open(file.name) as target:
                    shutil.copyfileobj(stream, target, 2**20)
            except _UNPACK_ERRORS as error:
                raise SourceError(f"{path}: {file.name} cannot be unpacked ({error}); get the archive again") from error
