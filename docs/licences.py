"""The licences of all packages of requirements.lock, as they name them themselves: a table of licences.md.

`python docs/fill.py` writes it, in the environment that the lock makes.
"""

import re
from collections import defaultdict
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

# Words of classifiers and of free text -> SPDX.
_SPDX = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "Zope Public License": "ZPL-2.1",
    "GPLv2 with linking exception": "GPL-2.0 WITH linking exception",
}
# What is installed on some platforms alone; what names no licence in its metadata but has one in its sources; what is
# locked in two versions, for older and for newer Pythons, which name the same licence in other words.
_KNOWN = {
    "asyncssh": "EPL-2.0 OR GPL-2.0-or-later",
    "audioop-lts": "PSF-2.0",
    "contourpy": "BSD-3-Clause",
    "grandalf": "GPL-2.0 OR EPL-1.0",
    "huey": "MIT",
    "namex": "Apache-2.0",
    "pyobjc-core": "MIT",
    "pyobjc-framework-cocoa": "MIT",
    "pywin32": "PSF-2.0",
    "skops": "MIT",
    "tensorflow": "Apache-2.0",
    "tensorflow-cpu": "Apache-2.0",
    "tzdata": "Apache-2.0",
    "waitress": "ZPL-2.1",
}
_LINE = re.compile(r"([a-z0-9._-]+)==[^;]+(?:; (.*))?", re.IGNORECASE)


def locked_packages(lock: str) -> list[str]:
    """Names in requirements.lock, but for what runs in a browser alone."""
    matches = [match for match in map(_LINE.fullmatch, lock.splitlines()) if match]
    return sorted({name for name, marker in (match.groups("") for match in matches) if not _in_browser(marker)})


def _in_browser(marker: str) -> bool:
    return "emscripten" in marker and " or " not in marker


def licence_of(package: str) -> str:
    """SPDX, or the package's own words; "not installed here" or "none named" where there are none."""
    if package in _KNOWN:
        return _KNOWN[package]
    try:
        told = metadata(package)
    except PackageNotFoundError:
        return "not installed here"
    if expression := told.get("License-Expression"):
        return str(expression)
    classifiers = [text.split(" :: ")[-1] for text in told.get_all("Classifier", []) if text.startswith("License ::")]
    named = [text for text in classifiers if text != "OSI Approved"]
    named = named or (told.get("License") or "none named").strip().splitlines()[:1]
    return " AND ".join(_SPDX.get(text, text) for text in named)


def lines(root: Path) -> list[list[str]]:
    """A header, and a line a licence, the most frequent first."""
    packages = defaultdict(list)
    for package in locked_packages((root / "requirements.lock").read_text(encoding="utf-8")):
        packages[licence_of(package)].append(package)
    ordered = sorted(packages.items(), key=lambda item: (-len(item[1]), item[0]))
    return [["licence", "packages"], *([licence, ", ".join(names)] for licence, names in ordered)]
