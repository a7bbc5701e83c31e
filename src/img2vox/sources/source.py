"""What a source of meshes has to answer: how each category stands there, and what goes into its archive."""

import errno
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from img2vox.errors import SourceError
from img2vox.files import ArchiveWriter

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tga", ".gif", ".tif", ".tiff")


@dataclass(frozen=True)
class SourceFile:
    """One file that is to enter an archive.

    Attributes:
        name: its path there, <synset>/<model_id>/...
        size_bytes: as the source says.
        mark: another one means other contents: a CRC or a hash where the source keeps one, else the time of the last
            change.
    """

    name: str
    size_bytes: int
    mark: str


@dataclass(frozen=True)
class Stamp:
    """How one category stands in a source.

    Attributes:
        files: that would enter the archive, or that hold it.
        size_bytes: of all of them.
        digest: another one means that the archive has to be made anew.
    """

    files: int
    size_bytes: int
    digest: str


class Source(Protocol):
    """Where meshes come from. Neither method writes anything to the source."""

    def stamps(self, categories: Mapping[str, str]) -> dict[str, Stamp]:
        """Look at the categories (slug -> synset) without reading their meshes: synset -> stamp.

        Raises:
            SourceError: a category is missing, or cannot be read.
        """

    def write(self, slug: str, synset: str, archive: ArchiveWriter) -> list[str]:
        """Copy one category's objects in sorted order, after stamps(); a line for each thing that was left out.

        Raises:
            SourceError: something cannot be read.
        """


def stamp_of(files: Iterable[SourceFile], treatment: str = "") -> Stamp:
    """The stamp of a category.

    Args:
        files: what would enter the archive, in any order.
        treatment: how the files are changed on their way, if at all.
    """
    ordered = sorted(files, key=lambda file: file.name)
    hashed = hashlib.sha256(treatment.encode())
    for file in ordered:
        hashed.update(f"{file.name}\0{file.size_bytes}\0{file.mark}\n".encode("utf-8", "surrogateescape"))
    return Stamp(len(ordered), sum(file.size_bytes for file in ordered), hashed.hexdigest()[:32])


def source_error(path: Path | str, error: OSError) -> SourceError:
    """What the operating system refused, and what to do about it."""
    advice = {
        errno.EACCES: "permission denied; let this user read it",
        errno.EPERM: "permission denied; let this user read it",
        errno.ELOOP: "a symbolic link that leads back to itself; remove it",
        errno.ENOSPC: "could not be copied, the disk of data/raw is full; make room and fetch again",
        errno.ENOENT: "not found, though it was listed; is it a broken link?",
    }
    why = advice.get(error.errno or 0, f"cannot be read ({error.strerror or error})")
    return SourceError(f"{path}: {why}")


@contextmanager
def reading(path: Path | str) -> Iterator[None]:
    """Turn what the operating system refuses while a source's file or directory is read into our error."""
    try:
        yield
    except OSError as error:
        raise source_error(path, error) from error


def examples(names: Iterable[str], shown: int = 3) -> str:
    """The first few of some names, for a message."""
    ordered = sorted(names)
    return ", ".join(ordered[:shown]) + (", ..." if len(ordered) > shown else "")
