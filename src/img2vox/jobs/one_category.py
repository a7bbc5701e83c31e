"""A project of one category, for the clone in which a node of a cluster works.

DVC reads all stages and all that is recorded of them several times a stage: with fifty categories that is 20 s of a
core for a chain whose work takes 17. So params.yaml and the dvc.lock say no more there than that category's stages
need; none of them depends on the list of categories.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from img2vox.jobs.chains import FILES
from img2vox.params_file import PARAMS_FILE

_CATEGORIES = re.compile(r"(?<=^categories:\n)(?: .*\n)+", re.MULTILINE)


class OneCategory:
    """Makes such files from a project's."""

    def __init__(self, root: Path, fetch: str) -> None:
        """Read the project's.

        Args:
            root: the directory of params.yaml.
            fetch: address of the stage that brings the meshes.
        """
        directory, _, self._fetch = fetch.rpartition(":")
        names = {name.replace(".yaml", ".lock") for name in (*FILES, directory)}
        self._locks = {
            name: yaml.load((root / name).read_bytes(), Loader=yaml.CSafeLoader)
            for name in names
            if (root / name).is_file()
        }
        self._params = (root / PARAMS_FILE).read_text(encoding="utf-8")

    def files(self, slug: str) -> dict[str, bytes]:
        """Path, seen from the directory of params.yaml, -> content."""
        texts = {name: yaml.dump(self._lock(lock, slug), sort_keys=False) for name, lock in self._locks.items()}
        texts[PARAMS_FILE] = _CATEGORIES.sub(lambda found: _line_of(slug, found[0]), self._params)
        return {name: text.encode() for name, text in texts.items()}

    def _lock(self, lock: Mapping[str, Any], slug: str) -> dict[str, Any]:
        stages = {
            name: entry
            for name, entry in lock["stages"].items()
            if name == self._fetch or name.rpartition("@")[2] == slug
        }
        return {**lock, "stages": stages}


def _line_of(slug: str, section: str) -> str:
    """The category's line of the section; the whole section where it is not written so, line by line."""
    return next((line for line in section.splitlines(keepends=True) if line.split(":")[0].strip() == slug), section)
