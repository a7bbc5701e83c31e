"""Outputs that are written whole or not at all."""

import csv
import io
import os
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A file beside `path` to write to; it takes `path`'s place when the block ends well, and is removed otherwise.

    Args:
        path: the file that shall exist afterwards; its directory is made.

    Yields:
        Path of an empty file in the same directory, so that the final rename is atomic.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    os.close(handle)
    aside = Path(name)
    try:
        yield aside
        aside.chmod(0o666 & ~_umask())
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file whole, with the same line ends on every platform."""
    with written_whole(path) as aside:
        aside.write_text(text, encoding="utf-8", newline="\n")


def write_bytes(path: Path, data: bytes) -> None:
    """Write a binary file whole."""
    with written_whole(path) as aside:
        aside.write_bytes(data)


def format_csv(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """The text of a CSV file, with the same line ends on every platform."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return stream.getvalue()


class ArchiveWriter:
    """Entries of a reproducible archive; see write_archive."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def add(self, name: str, data: bytes) -> None:
        """Append one entry; equal contents in equal order give equal bytes."""
        self._archive.writestr(_entry(name), data)

    def open(self, name: str) -> IO[bytes]:
        """A stream for an entry that is written piece by piece; close it before the next entry."""
        return self._archive.open(_entry(name), "w", force_zip64=True)


def _entry(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    info.create_system = 3  # the same on Windows
    info.external_attr = 0o644 << 16
    return info


@contextmanager
def write_archive(path: Path) -> Iterator[ArchiveWriter]:
    """A new archive, whole or not at all: fixed times and modes, stored uncompressed (zlib's output varies)."""
    with written_whole(path) as aside, zipfile.ZipFile(aside, "w", zipfile.ZIP_STORED) as archive:
        yield ArchiveWriter(archive)


def _umask() -> int:
    """The process's mask for new files; mkstemp ignores it, which would lock out a shared cache's group."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
