"""What an earlier `fetch` brought, so that an interrupted one goes on where it stopped.

One JSON file a category, outside DVC's outputs. It counts only as long as the source, and the archive that was made
from it, are what they were then; anything else makes the archive anew.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from img2vox.errors import SourceError
from img2vox.files import write_text
from img2vox.paths import Paths
from img2vox.sources.shapenet import list_zip
from img2vox.sources.source import stamp_of


@dataclass
class Receipt:
    """What is known of one archive of data/raw.

    Attributes:
        source: digest of the category's stamp when the archive was made.
        archive: digest of the archive's own entries.
        notes: a line for each thing of the source that was left out.
        findings: what was found out about its objects by rules of this name; see report.py.
    """

    source: str
    archive: str
    notes: list[str] = field(default_factory=list)
    findings: dict[str, Any] = field(default_factory=dict)


def archive_digest(path: Path) -> str:
    """Digest of names, sizes and checksums of an archive's entries; empty where there is no whole archive."""
    try:
        return stamp_of(list_zip(path)).digest
    except SourceError:
        return ""


def read_receipt(synset: str, paths: Paths) -> Receipt | None:
    """The receipt of a category if its archive is still the one that it was written for."""
    try:
        receipt = Receipt(**json.loads(_path(synset, paths).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None  # none yet, or a half-written or old one
    return receipt if receipt.archive == archive_digest(paths.raw_archive(synset)) else None


def write_receipt(synset: str, receipt: Receipt, paths: Paths) -> None:
    """Keep a receipt for the next time."""
    write_text(_path(synset, paths), json.dumps(vars(receipt)))


def _path(synset: str, paths: Paths) -> Path:
    return paths.checkpoints("fetch") / f"{synset}.json"
