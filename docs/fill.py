"""Write the measured numbers and the tables of README.md and docs/*.md from the files that hold them.

    python docs/fill.py             after a measurement
    python docs/fill.py --check     exit 1 where a document says something else than the files

Between

    <!-- number: FILE#KEY:FORMAT -->0.123<!-- /number -->
    <!-- table: NAME -->
    <!-- /table -->

stands nothing that was typed. FILE is JSON, KEY dotted; or CSV, then KEY is ROW#COLUMN with the row's first cell,
COLUMN=VALUE for the number of such rows, or empty for the number of all. FORMAT is Python's. NAME is one of TABLES.
What no file holds yet is "not measured yet", and is named.
"""

import argparse
import csv
import json
import re
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import licences
from check import documents
from img2vox.catalog import BY_SLUG, CATEGORIES, PAPER_HIGH, PAPER_LOW
from img2vox.reporting.paper import CATEGORY_FIGURES

ROOT = Path(__file__).resolve().parents[1]
UNKNOWN = "not measured yet"
_NUMBER = re.compile(r"(<!-- number: ([^#]+)#(.*?):([^:]*?) -->).*?(<!-- /number -->)")
_KEPT = "kept"  # numbers of a results file that are of another run, by its date and machine; see benchmarks/common.py
_TABLE = re.compile(r"(<!-- table: ([a-z-]+) -->\n).*?(<!-- /table -->)", re.DOTALL)

Look = Callable[[str, str], Any]
"""(file, key) -> what the file holds there, None where it does not."""


class FillError(Exception):
    """A mark that names no table, no row of a file that is there, or a format that does not fit."""


def fill(text: str, look: Look) -> str:
    """A document with its numbers and tables as the files have them.

    Raises:
        FillError: a mark that cannot be filled.
    """

    def number(match: re.Match[str]) -> str:
        value = look(match[2], match[3])
        try:
            shown = UNKNOWN if value is None else format(value, match[4])
        except ValueError as error:
            raise FillError(f"{match[1]}: {value!r} ({error})") from error
        return f"{match[1]}{shown}{match[5]}"

    def table(match: re.Match[str]) -> str:
        if match[2] not in TABLES:
            raise FillError(f"{match[1].strip()}: there are {', '.join(TABLES)}")
        header, *lines = TABLES[match[2]](look)
        rows = [header, ["---"] * len(header), *lines]
        shown = "".join(f"| {' | '.join(cells)} |\n" for cells in rows)
        return f"{match[1]}\n{shown}\n{match[3]}"

    return _TABLE.sub(table, _NUMBER.sub(number, text))


class Files:
    """The files of a repository, and what was asked of them in vain."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.unknown: list[str] = []
        self._read = cache(self._read_now)

    def look(self, file: str, key: str) -> Any:
        """See Look; a file or key that is missing is noted, a row that is missing is an error.

        Raises:
            FillError: a CSV file without such a row or column.
        """
        content = self._read(file)
        if content is None:
            found = None
        elif isinstance(content, list):
            found = _in_table(file, content, key)
        else:
            found = _in_json(content, key)
        if found is None and key != _KEPT:
            self.unknown.append(f"{file}#{key}")
        return found

    def _read_now(self, file: str) -> Any:
        path = self._root / file
        if not path.is_file():
            return None
        text = path.read_text(encoding="utf-8")
        return list(csv.DictReader(text.splitlines())) if path.suffix == ".csv" else json.loads(text)


def _in_json(content: Any, key: str) -> Any:
    """A nested value; names may hold dots themselves (iou_at_0.5)."""
    if not isinstance(content, Mapping):
        return None
    if key in content:
        return content[key]
    heads = [key[:place] for place, letter in enumerate(key) if letter == "."]
    inner = (_in_json(content[head], key[len(head) + 1 :]) for head in heads if head in content)
    return next((value for value in inner if value is not None), None)


def _in_table(file: str, rows: Sequence[Mapping[str, str]], key: str) -> Any:
    if not key:
        return len(rows)
    name, is_cell, column = key.partition("#")
    if not is_cell:
        column, _, value = key.partition("=")
        return sum(row[column] == value for row in rows)
    found = [row for row in rows if next(iter(row.values())) == name]
    if len(found) != 1 or column not in found[0]:
        raise FillError(f"{file}: {len(found)} rows {name!r}, columns {', '.join(rows[0])}; expected one with {column}")
    return float(found[0][column]) if found[0][column] else None


# The tables: a header and lines, each a list of cells.

Lines = list[list[str]]


def _shown(value: Any, how: str = ".3f") -> str:
    return UNKNOWN if value is None else format(value, how)


def results(look: Look) -> Lines:
    """`make repro`: the network beside answers that need none."""
    file = "reports/comparison.csv"
    columns = ("iou", "mean_shape", "nearest_image", "oracle_nearest")
    lines = [["mean over", "network", "mean shape", "nearest training picture", "nearest training shape (knows it)"]]
    for name in ("categories", "instances"):
        for prefix, which in (("", "all test objects"), ("real_", "the real ones")):
            row = f"mean over {name}"
            lines.append([f"{name}, {which}", *(_shown(look(file, f"{row}#{prefix}{column}")) for column in columns)])
    return lines


def folds(look: Look) -> Lines:
    """`benchmarks/learning.py`: every network and every baseline on every real object."""
    return _fold_lines(look, "learning", ("residual", "joint", "low", "high"))


def folds_long(look: Look) -> Lines:
    """The same with joint networks that trained as long as the one that comes with the project."""
    return _fold_lines(look, "learning_long", ("joint",))


def folds_paper(look: Look) -> Lines:
    """The same with the paper's grids and pictures."""
    return _fold_lines(look, "learning_paper", ("residual", "joint", "low"))


def _fold_lines(look: Look, name: str, networks: Sequence[str]) -> Lines:
    file = f"benchmarks/results/{name}.json"
    ways = {
        "residual": "ours: the joint network, trained on for each category",
        "joint": "ours: the joint network alone, told no category",
        "low": "the paper's low-capacity network",
        "high": "the paper's high-capacity network",
        "oracle": "the nearest training shape, by one who knows the truth",
        "nearest_image": "the shape of the nearest training picture",
        "mean_shape": "the mean of the training shapes",
    }
    lines = [["answer", "IoU", "real objects tested", "seeds"]]
    for way in (*networks, "oracle", "nearest_image", "mean_shape"):
        value = look(file, f"{way}_iou")
        counts = [look(file, f"{way}_objects"), look(file, f"{way}_seeds") if way in networks else None]
        lines.append([ways[way], _shown(value), *("" if count is None else str(count) for count in counts)])
    return lines


def ideas(look: Look) -> Lines:
    """`benchmarks/ideas.py`: what each change of the joint network is worth."""
    file = "benchmarks/results/ideas.json"
    named = {
        "as_it_is": "as it is",
        "entropy_alone": "the loss without its Dice part",
        "soft_iou": "soft IoU in place of Dice",
        "no_copies": "no stretched copies, as many steps",
        "one_gray": "one background, one brightness",
        "group_norm": "group normalization before each block",
        "wide": "half as many channels again",
        "queries": "learned queries and attention as the decoder",
    }
    heads = ("the joint network", "IoU", "deviation over seeds", "gain", "its 95 % interval over objects")
    lines = [[*heads, "parameters", "GFLOP"]]
    for name, text in named.items():
        iou, deviation = (_shown(look(file, f"{name}_{key}")) for key in ("iou", "sd"))
        gain, interval = "", ""
        if name != "as_it_is":
            gain, low, high = (_shown(look(file, f"{name}_gain{key}"), "+.3f") for key in ("", "_ci_low", "_ci_high"))
            interval = f"{low} to {high}"
        sizes = (_shown(look(file, f"{name}_{key}"), how) for key, how in (("parameters", ",d"), ("gflop", ".3f")))
        lines.append([text, iou, deviation, gain, interval, *sizes])
    return lines


# What, its unit and where it stands; what one would use instead, and where that stands; where their ratio stands.
_BENCHMARKS = (
    ("voxelize a mesh", "geometry", "voxelize_ms", "ms", "the paper's trimesh calls", "authors_voxelize_ms",
     "voxelize_vs_authors"),
    ("read and voxelize it", "geometry", "read_voxelize_ms", "ms", "the paper's, read by trimesh",
     "authors_read_voxelize_ms", "voxelize_with_reading_vs_authors"),
    ("draw a view, 128 pixels a side", "geometry", "raster_ms", "ms", "VTK, as many samples", "vtk_ms",
     "raster_vs_vtk"),
    ("draw a view, 128 pixels a side", "geometry", "raster_ms", "ms", "VTK, its own multisampling",
     "vtk_multisampled_ms", "raster_vs_vtk_multisampled"),
    ("draw a view, on a few of the meshes", "geometry", "raster_few_ms", "ms", "Blender's Cycles, 4 samples",
     "blender_ms", "raster_vs_blender"),
    ("prepare the 734 embedded objects", "geometry", "preprocess_sample_s", "s", "", "", ""),
    ("prepare 48,958 made-up objects", "scale", "prepare_s", "s", "", "", ""),
    ("most memory meanwhile", "scale", "prepare_peak_mb", "MB", "", "", ""),
    ("`dvc repro` of those with nothing to do", "scale", "noop_repro_s", "s", "", "", ""),
    ("train the paper's small network", "learning", "low_images_per_s", "images/s", "`model.fit` on arrays",
     "naive_images_per_s", "naive_fit_ratio"),
    ("ten categories, two at once", "sharing", "jobs2_s", "s", "`dvc repro`", "jobs2_serial_s", "jobs2_speedup"),
    ("ten categories, on two nodes of one core", "sharing", "ray2_s", "s", "`dvc repro`", "ray2_serial_s",
     "ray2_speedup_with_cloning"),
    ("log a training to MLflow as it runs", "tracking", "logging_s_per_category", "s", "", "", ""),
    ("register fifty networks", "tracking", "register_fifty_s", "s", "", "", ""),
    ("register them again", "tracking", "reregister_fifty_s", "s", "", "", ""),
    ("a photo to four files", "app", "predict_ms_residual", "ms", "load the network for each, as the paper's app",
     "authors_way_ms", "authors_way_ratio"),
    ("from starting the demo to its first answer", "app", "first_prediction_s", "s", "", "", ""),
)  # fmt: skip


def benchmarks(look: Look) -> Lines:
    """`make bench` and `make bench-long`: ours beside what a user would take instead, and on what machine."""

    def quantity(name: str, key: str, unit: str) -> str:
        if not key:
            return ""
        value = look(f"benchmarks/results/{name}.json", key)
        return UNKNOWN if value is None else f"{value:{',.0f' if value >= 100 else '.2g'}} {unit}".strip()

    def machine(name: str, key: str) -> str:
        """Of a number that is there."""
        file = f"benchmarks/results/{name}.json"
        if look(file, key) is None:
            return ""
        kept = look(file, _KEPT)
        for run, names in kept.items() if isinstance(kept, Mapping) else ():
            if key in names:
                return str(run).partition(", ")[2].rpartition(", Python")[0]
        return f"{_shown(look(file, 'machine.cores'), '')} x {_shown(look(file, 'machine.cpu'), '')}"

    lines = [["what", "ours", "instead", "that takes", "times as fast", "on"]]
    for what, name, ours, unit, instead, theirs, ratio in _BENCHMARKS:
        quantities = quantity(name, ours, unit), instead, quantity(name, theirs, unit), quantity(name, ratio, "")
        lines.append([what, *quantities, machine(name, ours or ratio)])
    return lines


def ratios(look: Look) -> Lines:
    """Those of the benchmarks that have something beside them; the machine is said above them."""
    header, *lines = (line[:-1] for line in benchmarks(look))
    return [header, *(line for line in lines if line[2])]


def paper_categories(look: Look) -> Lines:
    """The paper's categories with figures of their own: what `make paper` measured on its unseen objects."""
    numbers = ("epochs", "loss", "accuracy", "IoU at 0.5", "IoU", "mean shape")
    lines = [["category", "its figures", "objects there", "here", *numbers]]
    for slug in (*PAPER_HIGH, *PAPER_LOW):
        figures = " and ".join(map(str, CATEGORY_FIGURES.get(slug, ()))) or "none"
        cells = [slug, figures, f"{BY_SLUG[slug].objects:,}"]
        metrics = f"paper/models/{slug}/metrics.json"
        table = "paper/reports/comparison.csv"
        cells += [_shown(look(table, f"{slug}#objects"), ".0f"), _shown(look(metrics, "epochs"), "d")]
        for column in ("loss", "accuracy"):
            cells.append(_shown(look(table, f"{slug}#{column}"), ".4f"))
        for column in ("iou_at_0.5", "iou", "mean_shape"):
            cells.append(_shown(look(table, f"{slug}#{column}"), ".3f"))
        lines.append(cells)
    return lines


def _embedded() -> list[dict[str, str]]:
    """A row an embedded object."""
    with (ROOT / "data" / "sample" / "index.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def sample(look: Look) -> Lines:
    """The embedded objects in numbers, real and parametric ones beside each other."""
    columns = []
    for origin in ("real", "parametric"):
        rows = [row for row in _embedded() if row["origin"] == origin]
        faces = sorted(int(row["faces"]) for row in rows)
        sizes = [float(row["max_extent"]) for row in rows]
        categories = len({row["synset"] for row in rows})
        columns.append([origin, f"{len(rows)}", f"{categories} of {len(CATEGORIES)}",
                        f"{faces[0]:,} to {faces[-1]:,}", f"{statistics.median_low(faces):,}",
                        f"{min(sizes):g} to {max(sizes):g}",
                        f"{sum(row['watertight'] == '1' for row in rows)}"])  # fmt: skip
    names = ("", "objects", "categories with one", "faces", "their median", "longest side", "watertight")
    return [list(cells) for cells in zip(names, *columns, strict=True)]


def sources(look: Look) -> Lines:
    """Whose the embedded objects are."""
    rows = _embedded()
    counts = Counter((row["source"], row["author"], row["licence"], row["repository"]) for row in rows)
    lines = [["source", "objects", "author", "licence", "repository"]]
    for (source, author, licence, repository), count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        lines.append([source, str(count), author, licence, repository or "this one, `src/img2vox/sample/shapes`"])
    return lines


def packages(look: Look) -> Lines:
    """Licences of what requirements.lock names."""
    return licences.lines(ROOT)


TABLES: dict[str, Callable[[Look], Lines]] = {
    "results": results,
    "folds": folds,
    "folds-long": folds_long,
    "folds-paper": folds_paper,
    "ideas": ideas,
    "benchmarks": benchmarks,
    "ratios": ratios,
    "paper-categories": paper_categories,
    "sample": sample,
    "sources": sources,
    "packages": packages,
}


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Fill the documents, or only compare; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing")
    is_check = parser.parse_args(arguments).check
    files, differing = Files(root), []
    for document in documents(root):
        path = root / document
        text = path.read_text(encoding="utf-8")
        try:
            filled = fill(text, files.look)
        except FillError as error:
            print(f"{document}: {error}", file=sys.stderr)
            return 1
        if filled != text:
            differing.append(document)
            if not is_check:
                path.write_text(filled, encoding="utf-8")
    for file, count in sorted(Counter(name.partition("#")[0] for name in set(files.unknown)).items()):
        print(f"{file}: {count} numbers {UNKNOWN}")
    for document in differing:
        print(f"{document}: {'differs from the files; run python docs/fill.py' if is_check else 'written'}")
    return 1 if differing and is_check else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
