"""The literature's pictures and grids of the thirteen categories, unpacked: the two archives that 3D-R2N2 published.

    <data.r2n2_dir>/ShapeNetRendering/<synset>/<model_id>/rendering/00.png ... 23.png, rendering_metadata.txt
    <data.r2n2_dir>/ShapeNetVox32/<synset>/<model_id>/model.binvox

What becomes of them: see data/published.py.
"""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from img2vox.data.published import (
    GRID_NAME,
    SPLIT_NAME,
    SYNSETS,
    VIEWS,
    VIEWS_NAME,
    format_split,
    last_fifth,
    picture_name,
    read_split,
)
from img2vox.errors import SourceError
from img2vox.files import ArchiveWriter
from img2vox.sources.source import SourceFile, Stamp, examples, reading, stamp_of

PICTURES, GRIDS = "ShapeNetRendering", "ShapeNetVox32"
_LISTED_AT_ONCE = 16


@dataclass
class R2N2:
    """The directory of the two archives.

    Attributes:
        root: holds both.
        split: a published split; None: 3D-R2N2's own, by which the last fifth of the sorted names is tested.
    """

    root: Path
    split: Path | None = None
    _parts: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    _notes: dict[str, list[str]] = field(default_factory=dict)

    def stamps(self, categories: Mapping[str, str]) -> dict[str, Stamp]:
        """See Source. A picture that is replaced by another is not noticed, a new or a lost one is: a million files."""
        foreign = {slug: synset for slug, synset in categories.items() if synset not in SYNSETS}
        if foreign:
            raise SourceError(
                f"params.yaml: {examples(foreign)} of categories {'is' if len(foreign) == 1 else 'are'} not among the "
                f"thirteen of data.source r2n2 ({', '.join(SYNSETS)}); take them out"
            )
        published = read_split(self.split) if self.split else None
        return {synset: self._stamp(slug, synset, published) for slug, synset in categories.items()}

    def _stamp(self, slug: str, synset: str, published: Mapping[str, dict[str, list[str]]] | None) -> Stamp:
        names = _folders(self.root / GRIDS / synset)
        if published is None:
            tested = set(last_fifth(names))
            parts = {"train": [name for name in names if name not in tested], "test": sorted(tested)}
        else:
            parts = published.get(synset, {})
        self._check(slug, synset, parts, set(names))
        named = {name for part in parts.values() for name in part}
        with ThreadPoolExecutor(_LISTED_AT_ONCE) as pool:
            files = [file for found in pool.map(lambda name: self._look(synset, name), sorted(named)) for file in found]
        self._parts[synset] = parts
        return stamp_of(files, format_split(parts).decode())

    def _check(self, slug: str, synset: str, parts: Mapping[str, list[str]], names: set[str]) -> None:
        """What a split must hold, and a note for objects that it leaves out or that are not there."""
        lacking = [part for part in ("train", "test") if not parts.get(part)]
        if lacking:
            raise SourceError(
                f"{self.split or self.root / GRIDS / synset}: no {' and no '.join(lacking)} objects of {slug} "
                f"({synset}); expected both, unpack ShapeNetVox32.tgz in {self.root} or name another split"
            )
        named = {name for part in parts.values() for name in part}
        if sum(map(len, parts.values())) != len(named):
            raise SourceError(f"{self.split}: an object of {slug} ({synset}) stands in two parts; expected one each")
        self._notes[synset] = []
        for what, some in (
            ("are in no part of the split", names - named),
            ("of the split are not here", named - names),
        ):
            if some:
                self._notes[synset].append(f"{synset}: {len(some)} objects {what} ({examples(some)})")

    def _look(self, synset: str, name: str) -> list[SourceFile]:
        """What stands in for an object: its grid, and the directory of its pictures."""
        found = []
        for path in (self.root / GRIDS / synset / name / GRID_NAME, self._pictures(synset, name).parent):
            with reading(path), suppress(FileNotFoundError):
                status = path.stat()
                found.append(SourceFile(f"{synset}/{name}/{path.name}", status.st_size, str(status.st_mtime_ns)))
        return found

    def _pictures(self, synset: str, name: str) -> Path:
        return self.root / PICTURES / synset / name / VIEWS_NAME

    def write(self, slug: str, synset: str, archive: ArchiveWriter) -> list[str]:
        """See Source. A file that is missing is left out; `prepare` then refuses its object."""
        parts = self._parts[synset]
        for name in sorted({name for part in parts.values() for name in part}):
            places = {GRID_NAME: self.root / GRIDS / synset / name / GRID_NAME}
            for inner in (*map(picture_name, range(VIEWS)), VIEWS_NAME):
                places[inner] = self.root / PICTURES / synset / name / inner
            for inner, path in sorted(places.items()):
                with reading(path), suppress(FileNotFoundError):
                    archive.add(f"{synset}/{name}/{inner}", path.read_bytes())
        archive.add(SPLIT_NAME, format_split(parts))
        return self._notes[synset]


def _folders(folder: Path) -> list[str]:
    """Sorted names of the directories in a directory; none where it is missing."""
    with reading(folder), suppress(FileNotFoundError), os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries if entry.is_dir())
    return []
