"""Run the benchmarks one after the other, write README and docs from what they measured, and print the table.

    python benchmarks/run_all.py                            those of minutes each; make bench
    python benchmarks/run_all.py --long --directory DIR     and those of hours each; make bench-long
    python benchmarks/run_all.py --only geometry tracking   some of them
    python benchmarks/run_all.py --list                     the commands, and nothing more

Each writes its file of benchmarks/results when it is done, whole. One that fails, or that is stopped, leaves it as it
was; the others run, and the exit code is 1. Those that go on where they were stopped keep what they have in DIR, which
lies outside of this repository (its git and DVC look at all that is inside) and has 20 GB.

Not here: shapenet13.py needs the literature's pictures and grids; the paper's large network in learning.py, days on two
cores. Leave the machine alone meanwhile: most numbers are times.
"""

import argparse
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from common import ROOT

sys.path.insert(0, str(ROOT / "docs"))

import fill

# Names of scripts and their arguments. The paper's large network needs 16 GB to train, 8 GB to answer: with the long.
SHORT = (
    ("geometry",),
    ("tracking",),
    ("app", "--part", "answers", "start", "page", "load", "hostile"),
    ("learning_speed", "--only", "residual", "naive", "pipeline", "thirteen", "evaluate"),
)
# Joint networks of two epochs: with params.yaml's it takes days on two cores.
FOLDS = ("--methods", "joint", "residual", "low", "--joint-epochs", "2")
LONG = (
    ("app", "--part", "high"),
    ("learning_speed", "--only", "high"),
    ("sharing", "--directory", "DIR/sharing"),
    ("scale", "--directory", "DIR/scale"),
    ("experiments", "--directory", "DIR/experiments"),
    ("learning", *FOLDS, "--data", "DIR/learning", "--seeds", "0", "1", "2"),
    ("learning", *FOLDS, "--data", "DIR/learning_paper", "--convention", "paper"),
    ("ideas", "--data", "DIR/learning", "--epochs", "1"),
)


def commands(benchmarks: Sequence[Sequence[str]], directory: str) -> list[list[str]]:
    """Command lines, with a directory in place of DIR."""
    scripts = ((ROOT / "benchmarks" / f"{name}.py", arguments) for name, *arguments in benchmarks)
    return [[str(script), *(word.replace("DIR", directory) for word in words)] for script, words in scripts]


def run(lines: Sequence[Sequence[str]]) -> list[str]:
    """Run Python scripts in turn; those that failed."""
    failed = []
    for script, *arguments in lines:
        shown = shlex.join([Path(script).name, *arguments])
        print(f"== {shown}", flush=True)
        began = time.monotonic()
        code = subprocess.run([sys.executable, script, *arguments], cwd=ROOT, check=False).returncode
        print(f"== {shown}: {'done' if code == 0 else f'FAILED with {code}'}, {time.monotonic() - began:.0f} s\n")
        if code:
            failed.append(shown)
    return failed


def table(root: Path = ROOT) -> str:
    """The table of docs/benchmarks.md, for a terminal."""
    rows = fill.benchmarks(fill.Files(root).look)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--long", action="store_true", help="those of hours, too")
    parser.add_argument("--directory", type=Path, help="for what those keep, outside of this repository")
    parser.add_argument("--only", nargs="+", choices=sorted({name for name, *_ in SHORT + LONG}), metavar="NAME")
    parser.add_argument("--list", action="store_true", help="only print the commands")
    options = parser.parse_args(arguments)
    chosen = [one for one in SHORT + (LONG if options.long else ()) if not options.only or one[0] in options.only]
    if not chosen:
        parser.error(f"{', '.join(options.only)}: takes hours; add --long --directory DIR")
    directory = options.directory.resolve() if options.directory else Path("DIR")
    if any("DIR/" in argument for one in chosen for argument in one) and not options.list:
        if options.directory is None:
            parser.error("--long: name a --directory that has 20 GB")
        if directory.is_relative_to(ROOT.resolve()):
            parser.error(f"--directory: {options.directory} is inside of this repository; name one outside")
    lines = commands(chosen, str(directory))
    if options.list:
        print("\n".join(shlex.join(["python", *line]) for line in lines))
        return 0
    failed = run(lines)
    written = subprocess.run([sys.executable, str(ROOT / "docs" / "fill.py")], cwd=ROOT, check=False).returncode
    print(f"\n{table()}")
    if failed:
        print(f"\nfailed, their results are as they were: {'; '.join(failed)}", file=sys.stderr)
    return 1 if failed or written else 0


if __name__ == "__main__":
    sys.exit(main())
