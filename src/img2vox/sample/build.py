"""Builds data/sample: the real meshes and, where a category has few, parametric shapes beside them.

    python -m img2vox.sample.build MESHES OUT

MESHES holds one zip a synset with real objects, index.csv with their provenance, near_duplicates.csv, SOURCES.md and
licences/. Real OBJ files are carried over byte for byte.
"""

import csv
import io
import sys
import zipfile
from collections import Counter
from pathlib import Path, PurePosixPath

import numpy as np

from img2vox.catalog import BY_SYNSET, CATEGORIES, Category
from img2vox.data.archive import open_archive
from img2vox.errors import Img2VoxError, SourceError
from img2vox.files import write_bytes, write_text, written_whole
from img2vox.sample.registry import SHAPES, parametric_entries

# A category with fewer real objects than this is filled up with parametric shapes.
OBJECTS_PER_CATEGORY = 12

_PARAMETRIC_TEXT = """
## Parametric shapes

All 55 categories of ShapeNetCore.v2 stand in this data set. Where fewer than {target} real objects of one could be
redistributed, shapes drawn by `src/img2vox/sample/shapes/` fill it up: {parametric} in {categories} categories,
`origin` parametric in `index.csv`, model ids `parametric--<category>-<number>`.
They stand upright (+Y), face +Z, consist of closed solids that overlap, and carry grays in an MTL file. MIT, as the
project (`LICENSE`). A test draws them again and compares them with these archives byte for byte;
`python -m img2vox.sample.build MESHES OUT` rebuilds the folder from the real meshes.
Never quote a figure measured on parametric shapes as one measured on real objects.
"""


def build(meshes_dir: Path, out_dir: Path) -> dict[str, tuple[int, int]]:
    """Write archives, index.csv, near_duplicates.csv, SOURCES.md and licences/ to out_dir; each file whole.

    Args:
        meshes_dir: the real meshes, as the module's docstring says.
        out_dir: made where it is missing; archives there that are not written anew are removed.

    Returns:
        slug -> (real objects, parametric objects).

    Raises:
        SourceError: a file of meshes_dir is missing or not what it should be.
    """
    columns, real_rows = _read_index(meshes_dir / "index.csv")
    rows, counts = [], {}
    for category in CATEGORIES:
        real = [row for row in real_rows if row["synset"] == category.synset]
        missing = max(0, OBJECTS_PER_CATEGORY - len(real))
        parametric = parametric_entries(category.slug, missing) if category.slug in SHAPES else {}
        if missing and not parametric:
            raise SourceError(f"{meshes_dir}: {len(real)} objects of {category.label}, no parametric shapes; add some")
        entries = {**_real_entries(meshes_dir, category, real), **parametric}
        _write_archive(out_dir / f"{category.synset}.zip", entries)
        rows += [{**row, "origin": "real"} for row in real] + _parametric_rows(category, parametric)
        counts[category.slug] = (len(real), missing)
    for stray in out_dir.glob("*.zip"):
        if stray.stem not in BY_SYNSET:
            stray.unlink()
    write_text(out_dir / "index.csv", _to_csv([*columns, "origin"], rows))
    write_bytes(out_dir / "near_duplicates.csv", _read(meshes_dir / "near_duplicates.csv"))
    for licence in sorted((meshes_dir / "licences").glob("*.txt")):
        write_bytes(out_dir / "licences" / licence.name, licence.read_bytes())
    write_text(out_dir / "SOURCES.md", _sources(_read(meshes_dir / "SOURCES.md").decode("utf-8"), counts))
    return counts


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise SourceError(f"{path}: not found; name the folder that holds the real meshes and their index") from error


def _read_index(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    reader = csv.DictReader(io.StringIO(_read(path).decode("utf-8")))
    columns = list(reader.fieldnames or ())
    if not {"synset", "model_id", "licence"} <= set(columns):
        raise SourceError(f"{path}: columns are {', '.join(columns)}; expected synset, model_id and licence among them")
    return columns, sorted(reader, key=lambda row: (row["synset"], row["model_id"]))


def _real_entries(meshes_dir: Path, category: Category, rows: list[dict[str, str]]) -> dict[str, bytes]:
    """Every file of the category's real objects by its path in the archive; the index must name exactly these."""
    if not rows:
        return {}
    path = meshes_dir / f"{category.synset}.zip"
    with open_archive(path) as archive:
        entries = {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}
    found = {PurePosixPath(name).parts[1] for name in entries}
    expected = {row["model_id"] for row in rows}
    if found != expected:
        different = ", ".join(sorted(found ^ expected))
        raise SourceError(f"{path}: its objects and index.csv differ in {different}; bring the two together")
    return entries


def _parametric_rows(category: Category, entries: dict[str, bytes]) -> list[dict[str, str]]:
    rows = []
    for name, data in entries.items():
        if not name.endswith(".obj"):
            continue
        measured = _measure(data)
        rows.append(
            {
                "synset": category.synset,
                "category": category.label,
                "model_id": PurePosixPath(name).parts[1],
                "source": "parametric",
                "author": "img2vox contributors",
                "licence": "MIT",
                "original_format": "obj",
                "bytes": str(len(data)),
                "origin": "parametric",
                **measured,
            }
        )
    return rows


def _measure(obj: bytes) -> dict[str, str]:
    """Vertices, faces, watertight and max_extent of one of our own OBJ files."""
    lines = [line.split() for line in obj.decode("ascii").splitlines()]
    vertices = np.array([line[1:] for line in lines if line[0] == "v"], dtype=np.float64)
    faces = np.array([line[1:] for line in lines if line[0] == "f"], dtype=np.int64)
    edges = Counter(map(tuple, np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).tolist()))
    closed = all(edges[b, a] == count for (a, b), count in edges.items())
    extent = float((vertices.max(axis=0) - vertices.min(axis=0)).max())
    return {
        "vertices": str(len(vertices)),
        "faces": str(len(faces)),
        "watertight": str(int(closed)),
        "max_extent": f"{extent:.4g}",
    }


def _write_archive(path: Path, entries: dict[str, bytes]) -> None:
    """Archive with sorted names, fixed times and one level of compression: committed once, so size counts."""
    with written_whole(path) as aside, zipfile.ZipFile(aside, "w") as archive:
        for name in sorted(entries):
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.create_system = 3  # the same on Windows
            info.external_attr = 0o644 << 16
            archive.writestr(info, entries[name], compress_type=zipfile.ZIP_DEFLATED, compresslevel=9)


def _to_csv(columns: list[str], rows: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _sources(real_text: str, counts: dict[str, tuple[int, int]]) -> str:
    """SOURCES.md of the real meshes with our paragraph, our row of the licence table and our counts."""
    body, marker, _ = real_text.partition("## Objects per category")
    if not marker:
        raise SourceError("SOURCES.md of the real meshes: no heading 'Objects per category'; add it")
    _, _, body = body.partition("\n")
    real_total, parametric_total = (sum(pair[k] for pair in counts.values()) for k in (0, 1))
    filled = sum(1 for _, number in counts.values() if number)
    table = ["| synset | category | real | parametric |", "|---|---|---|---|"]
    for category in CATEGORIES:
        real, parametric = counts[category.slug]
        table.append(f"| {category.synset} | {category.label} | {real} | {parametric} |")
    paragraph = _PARAMETRIC_TEXT.format(target=OBJECTS_PER_CATEGORY, parametric=parametric_total, categories=filled)
    objects = f"{real_total} real objects and {parametric_total} parametric ones in {len(counts)} categories"
    return (
        f"# The embedded meshes: {objects}\n{body.rstrip()}\n{paragraph}\n## Objects per category\n\n"
        + "\n".join(table)
        + "\n"
    )


def main() -> None:
    """Command line: MESHES OUT."""
    if len(sys.argv) != 3:
        raise SystemExit("usage: python -m img2vox.sample.build MESHES OUT")
    try:
        counts = build(Path(sys.argv[1]), Path(sys.argv[2]))
    except Img2VoxError as error:
        raise SystemExit(str(error)) from error
    real, parametric = (sum(pair[k] for pair in counts.values()) for k in (0, 1))
    sys.stdout.write(f"{sys.argv[2]}: {real} real and {parametric} parametric objects in {len(counts)} categories\n")


if __name__ == "__main__":
    main()
