"""data/source.csv: how each category stood in a source that DVC cannot watch itself.

Such a source is too large, too slow or too far away to be read whenever DVC wants to know whether it changed. A line a
category stands in for it: names, sizes and checksums, hashed. `fetch` depends on the file and brings it up to date when
it runs; `img2vox source` does so by itself, and with data.watch before every `dvc repro`. In git: it says which state
of the source the results belong to. The embedded meshes are a dependency of their own and have no lines.
"""

from collections.abc import Mapping
from dataclasses import astuple, fields

from img2vox.files import format_csv, write_text
from img2vox.paths import Paths
from img2vox.sources.source import Stamp


def write_listing(source: str, stamps: Mapping[str, Stamp], paths: Paths) -> list[str]:
    """Bring data/source.csv up to date.

    Args:
        source: `data.source`.
        stamps: of each synset.
        paths: where to write.

    Returns:
        Synsets that are new or have changed since the file was last written.
    """
    before = _read_lines(paths)
    header = ("source", "synset", *(field.name for field in fields(Stamp)))
    text = format_csv(header, ((source, synset, *astuple(stamp)) for synset, stamp in sorted(stamps.items())))
    if before != text.splitlines():  # else DVC would hash it again for nothing
        write_text(paths.listing, text)
    known = set(before)
    return [line.split(",")[1] for line in text.splitlines()[1:] if line not in known]


def _read_lines(paths: Paths) -> list[str]:
    """Lines of the file as it is; none where it is missing or no text."""
    try:
        return paths.listing.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
