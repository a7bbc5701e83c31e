"""promotions.csv: champions that a person chose. It stands in git, so that every store follows it.

    slug,protocol,network_md5
    chair,standard,0cc175b9c0f1b6a831c399e269772661

A choice holds until its line is changed or removed; a network that is trained later becomes challenger meanwhile.
"""

import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path

from img2vox.errors import RegistryError
from img2vox.files import write_text
from img2vox.tracking.provenance import project_root

_COLUMNS = ["slug", "protocol", "network_md5"]
_MD5 = re.compile(r"[0-9a-f]{32}")


def promotions_path(root: Path) -> Path:
    """The file of a project, one for both protocols."""
    return project_root(root) / "promotions.csv"


def read_promotions(path: Path) -> dict[tuple[str, str], str]:
    """(slug, protocol) -> network_md5; empty where the file is missing.

    Raises:
        RegistryError: it holds anything else.
    """
    try:
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RegistryError(f"{path}: cannot be read ({error}); restore it with git") from error
    found: dict[tuple[str, str], str] = {}
    if not rows or rows[0] != _COLUMNS:
        raise RegistryError(f"{path}: line 1 is {rows[0] if rows else 'missing'}; expected {','.join(_COLUMNS)}")
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(_COLUMNS) or not _MD5.fullmatch(row[2]) or (row[0], row[1]) in found:
            raise RegistryError(
                f"{path}: line {number} is {','.join(row)!r}; expected a category, its protocol and 32 hexadecimal "
                "digits, once each"
            )
        found[row[0], row[1]] = row[2]
    return found


def write_promotions(path: Path, promotions: Mapping[tuple[str, str], str]) -> None:
    """Write the file, sorted."""
    lines = [_COLUMNS, *([slug, protocol, md5] for (slug, protocol), md5 in sorted(promotions.items()))]
    write_text(path, "".join(",".join(line) + "\n" for line in lines))
