"""The validation report of `fetch`: what is in data/raw, beside what ShapeNet and the paper have.

reports/meshes.csv   a line an object
reports/meshes.md    a line a category, and what was left out
"""

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass

from img2vox.catalog import BY_SYNSET, CATEGORIES, PAPER_OBJECTS
from img2vox.files import format_csv, write_text
from img2vox.paths import Paths
from img2vox.sources.findings import Finding, examine, first_of_each_geometry, rules
from img2vox.sources.receipts import Receipt, archive_digest, read_receipt, write_receipt

_PAPER = {category.synset for category in CATEGORIES if category.label != "car"}
_SHOWN = 50  # lines of a list; the table of objects has them all


@dataclass(frozen=True)
class Fetched:
    """One category of data/raw.

    Attributes:
        name: its slug.
        synset: its archive's name.
        findings: of its objects.
        notes: what was left out of its source.
    """

    name: str
    synset: str
    findings: Sequence[Finding]
    notes: Sequence[str]


def examine_category(name: str, synset: str, paths: Paths, max_bytes: int, workers: int) -> Fetched:
    """Read the meshes of a category's archive, unless that has been done and neither they nor the code have changed.

    Raises:
        SourceError: no whole archive.
    """
    path = paths.raw_archive(synset)
    receipt = read_receipt(synset, paths) or Receipt("", archive_digest(path))
    by = f"{rules()} {max_bytes}"
    if receipt.findings.get("rules") != by:
        found = examine(path, synset, max_bytes, workers)
        receipt.findings = {"rules": by, "objects": [astuple(finding) for finding in found]}
        write_receipt(synset, receipt, paths)
    return Fetched(name, synset, [Finding(*values) for values in receipt.findings["objects"]], receipt.notes)


def write_report(source: str, fetched: Sequence[Fetched], paths: Paths) -> str:
    """Write both files; one line that sums them up."""
    every = [(category.synset, finding) for category in fetched for finding in category.findings]
    copies = first_of_each_geometry(every)
    write_text(paths.meshes_table, _table(every, copies))
    write_text(paths.meshes_report, format_report(source, fetched, copies))
    unreadable = sum(bool(finding.problem) for _, finding in every)
    return (
        f"{len(every)} objects of {len(fetched)} categories from {source}, {unreadable} cannot be read, {len(copies)} "
        f"have the triangles of another; {paths.meshes_report}"
    )


def _table(every: Sequence[tuple[str, Finding]], copies: Mapping[tuple[str, str], tuple[str, str]]) -> str:
    rows = []
    for synset, found in every:
        closed = str(found.watertight).lower() if found.triangles else ""
        copy_of, problem = "/".join(copies.get((synset, found.model_id), ())), " ".join(found.problem.split())
        rows.append((synset, found.model_id, found.triangles, found.vertices, closed, copy_of, problem))
    return format_csv(("synset", "model_id", "triangles", "vertices", "watertight", "copy_of", "problem"), rows)


def format_report(source: str, fetched: Sequence[Fetched], copies: Mapping[tuple[str, str], tuple[str, str]]) -> str:
    """The text of reports/meshes.md.

    Args:
        source: `data.source`.
        fetched: all categories.
        copies: (synset, model_id) of each object that has the triangles of an earlier one, and that one.
    """
    lines = [
        "# Meshes",
        "",
        f"What `fetch` brought from {source}; a line an object stands in meshes.csv. Watertight: every edge belongs to "
        "two triangles. A copy has the triangles of an earlier object, wherever that stands and how large it is. "
        "Triangles: the median, and the most that one object has.",
        "",
        "| category | synset | objects | ShapeNetCore.v2 | unreadable | copies | watertight | triangles | most |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    copied = Counter(synset for synset, _ in copies)
    published = {item.synset: BY_SYNSET[item.synset].objects for item in fetched if item.synset in BY_SYNSET}
    for item in sorted(fetched, key=lambda item: item.name):
        lines.append(_row(item.name, item.synset, item.findings, published.get(item.synset, 0), copied[item.synset]))
    every = [finding for item in fetched for finding in item.findings]
    lines += [_row("all", "", every, sum(published.values()), len(copies)), ""]
    lines += [_beside_the_paper({item.synset: len(item.findings) for item in fetched}), ""]
    lines += _listed("Left out of the source", [note for item in fetched for note in item.notes])
    lines += _listed("Unreadable", [found.problem for found in every if found.problem])
    lines += _listed("Copies", [f"{'/'.join(copy)} of {'/'.join(first)}" for copy, first in copies.items()])
    return "\n".join(lines).rstrip("\n") + "\n"


def _row(name: str, synset: str, findings: Sequence[Finding], published: int, copies: int) -> str:
    problems = sum(bool(found.problem) for found in findings)
    counts = [f"{len(findings):,}", f"{published:,}" if published else "-", f"{problems:,}", f"{copies:,}"]
    meshes = ["-", "-", "-"]
    if triangles := [found.triangles for found in findings if found.triangles]:  # the literature's grids have none
        closed = sum(found.watertight for found in findings) / len(triangles)
        meshes = [f"{closed:.0%}", f"{statistics.median_low(triangles):,}", f"{max(triangles):,}"]
    return f"| {' | '.join([name, synset, *counts, *meshes])} |"


def _beside_the_paper(objects: Mapping[str, int]) -> str:
    """How many of the objects are in the paper's categories, and how many it had there."""
    here = _PAPER & set(objects)
    found, expected = sum(objects[synset] for synset in here), sum(BY_SYNSET[synset].objects for synset in here)
    total = f"of its {PAPER_OBJECTS:,}" if here != _PAPER else "in its Table 1"
    return (
        f"{len(here)} of the paper's {len(_PAPER)} categories are here, with {found:,} objects; the paper has "
        f"{expected:,} {total}."
    )


def _listed(title: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    shown = [f"- {' '.join(line.split())}" for line in lines[:_SHOWN]]
    more = [f"- and {len(lines) - _SHOWN:,} more"] if len(lines) > _SHOWN else []
    return [f"## {title}: {len(lines):,}", "", *shown, *more, ""]
