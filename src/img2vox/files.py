"""Outputs that are written whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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


def _umask() -> int:
    """The process's mask for new files; mkstemp ignores it, which would lock out a shared cache's group."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
