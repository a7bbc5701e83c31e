"""Run every command block of README.md and docs/*.md in a fresh clone: `make docs-check`.

    python docs/check.py                  all documents but the blocks that take long
    python docs/check.py --slow           those too: the whole pipeline, the paper's, the tests; hours
    python docs/check.py README.md        one document, or some
    python docs/check.py --list           what would be run and what not, and why

Each document gets a clone of HEAD of its own, and its blocks run in order, each at the top of that clone. A clone of
that clone's origin is what `git push` reaches, so that no block touches this repository. A block is fenced and names
its language:

    sh              bash, which stops at the first command that fails
    python          the interpreter on PATH
    diff            `git apply`
    text, yaml, nginx   nothing: to read

A comment on the line above a block says what is particular about it:

    <!-- docs-check: slow, the whole pipeline -->      only with --slow
    <!-- docs-check: installs -->                       only with --slow, into the .venv that README.md's blocks make
    <!-- docs-check: serves http://127.0.0.1:5000 -->   goes on until the next such block, or the document's end; the
                                                        address has to answer
    <!-- docs-check: needs docker -->                   only where there is one, see NEEDS
    <!-- docs-check: yours, a host that you reach by SSH -->   never: it is the reader's own

What is not run is reported with the reason. The environment is the one of the interpreter that runs this; once a block
has made a .venv in its clone, that one.
"""

import argparse
import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUN, SHOWN = ("sh", "python", "diff"), ("text", "yaml", "nginx")
# What a machine may lack: the command that ends with 0 where it is there.
NEEDS = {
    "docker": "docker info",
    "nginx": "command -v nginx",
    "slurm": "command -v sbatch",
    "gpu": "nvidia-smi",
    "jax": "python -c 'import jax'",
    "opengl": "img2vox doctor | grep '^OpenGL:' | grep --invert-match --quiet none",
}
WORDS = ("slow", "installs", "serves", "needs", "yours")
LIMIT_S, SLOW_LIMIT_S, SERVING_S, ENDING_S = 600, 3 * 3600, 180, 30
SAID_LINES = 40  # of a block that failed
_COMMENT = re.compile(r"<!-- docs-check: (\w+),? ?(.*?) *-->")
_FENCE = re.compile(r"```(\S*)")


class DocsError(Exception):
    """A document that says of a block what is not known here."""


@dataclass(frozen=True)
class Block:
    """A fenced block that can be run.

    Attributes:
        document: its path below the repository's root.
        line: of its first fence, from 1.
        language: one of RUN.
        text: what stands between the fences.
        word: one of WORDS, or empty.
        detail: what stands behind the word.
    """

    document: str
    line: int
    language: str
    text: str
    word: str = ""
    detail: str = ""

    @property
    def place(self) -> str:
        """Where a person finds it."""
        return f"{self.document}:{self.line}"


def documents(root: Path) -> list[str]:
    """README.md and docs/*.md, in the order in which they are run."""
    return ["README.md", *(f"docs/{path.name}" for path in sorted((root / "docs").glob("*.md")))]


def read_blocks(document: str, text: str) -> list[Block]:
    """The blocks of a document that can be run, in order.

    Raises:
        DocsError: a fence that is not closed or of a language that is neither run nor shown, or a comment that is
            unknown or has no block below it.
    """
    blocks, lines, number = [], text.splitlines(), 0
    while number < len(lines):
        word, detail, place = "", "", f"{document}:{number + 1}"
        if "docs-check:" in lines[number]:
            match = _COMMENT.fullmatch(lines[number])
            if match is None or match[1] not in WORDS:
                raise DocsError(f"{place}: {lines[number]!r}; expected <!-- docs-check: {' | '.join(WORDS)} ... -->")
            word, detail = match[1], match[2]
            if (word == "needs" and detail not in NEEDS) or (word in ("serves", "yours") and not detail):
                raise DocsError(f"{place}: {word} {detail!r}; expected needs {' | '.join(NEEDS)}, serves ADDRESS, ...")
            number += 1
        match = _FENCE.fullmatch(lines[number]) if number < len(lines) else None
        if match is None or (word and match[1] not in RUN):
            if word:
                raise DocsError(f"{place}: no block of {', '.join(RUN)} on the next line; move the comment there")
            number += 1
            continue
        if match[1] not in (*RUN, *SHOWN):
            raise DocsError(f"{place}: a block of {match[1] or 'no language'}; use {', '.join((*RUN, *SHOWN))}")
        try:
            end = lines.index("```", number + 1)
        except ValueError:
            raise DocsError(f"{place}: a block without an end") from None
        if match[1] in RUN:
            body = "\n".join(lines[number + 1 : end]) + "\n"
            blocks.append(Block(document, number + 1, match[1], body, word, detail))
        number = end + 1
    return blocks


def why_not(block: Block, slow: bool, own_venv: bool, is_there: Callable[[str], bool]) -> str:
    """Why a block is not run here; empty where it is.

    Args:
        block: which.
        slow: whether those that take long are run.
        own_venv: whether an earlier block has made the environment, so that others may change it.
        is_there: tells whether this machine has one of NEEDS.
    """
    if block.word == "slow" and not slow:
        return f"takes long ({block.detail}), --slow runs it" if block.detail else "takes long, --slow runs it"
    if block.word == "installs" and not (slow and own_venv):
        return "changes the environment; --slow runs it in the one that README.md's blocks make"
    if block.word == "needs" and not is_there(block.detail):
        return f"needs {block.detail}, and there is none here"
    if block.word == "yours":
        return f"needs what is yours: {block.detail}"
    return ""


@dataclass
class Clone:
    """A fresh clone with the blocks' environment, and the server that runs in it.

    Attributes:
        root: its top.
        env: of all blocks.
        log: what its server says.
    """

    root: Path
    env: dict[str, str]
    log: Path
    _server: "subprocess.Popen[bytes] | None" = field(default=None)

    def run(self, block: Block) -> str:
        """Run a block; what went wrong, empty where nothing did."""
        if block.word == "serves":
            return self._serve(block)
        limit_s = SLOW_LIMIT_S if block.word == "slow" else LIMIT_S
        process = self._start(block, subprocess.PIPE)
        try:
            said, _ = process.communicate(_input_of(block), timeout=limit_s)
        except subprocess.TimeoutExpired:
            _end(process)
            return f"not done after {limit_s} s"
        if process.returncode == 0:
            return ""
        lines = said.decode("utf-8", "replace").splitlines()[-SAID_LINES:]
        return "\n".join([f"ended with {process.returncode}", *lines])

    def stop(self) -> str:
        """End the server, if one runs; what went wrong."""
        server, self._server = self._server, None
        if server is None:
            return ""
        if server.poll() is not None:
            return f"the server has ended with {server.returncode}\n{self._said()}"
        return "" if _end(server) else f"the server did not end within {ENDING_S} s of SIGTERM"

    def _serve(self, block: Block) -> str:
        if error := self.stop():
            return error
        if _answers(block.detail):
            return f"something else answers at {block.detail} already; stop it"
        with self.log.open("wb") as output:
            self._server = self._start(block, output)
        end = time.monotonic() + SERVING_S
        while time.monotonic() < end:
            if self._server.poll() is not None:
                return self.stop()
            if _answers(block.detail):
                return ""
            time.sleep(0.3)
        return f"no answer at {block.detail} after {SERVING_S} s\n{self._said()}"

    def _start(self, block: Block, output: object) -> "subprocess.Popen[bytes]":
        command = {
            "sh": ["bash", "-euo", "pipefail", "-c", block.text],
            "python": ["python", "-"],
            "diff": ["git", "apply", "--unidiff-zero", "--whitespace=nowarn", "-"],
        }[block.language]
        stdin = subprocess.DEVNULL if block.language == "sh" else subprocess.PIPE
        return subprocess.Popen(
            command,
            cwd=self.root,
            env=self.env,
            stdin=stdin,
            stdout=output,  # type: ignore[arg-type]
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that all of it can be ended
        )

    def _said(self) -> str:
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-SAID_LINES:])


def _input_of(block: Block) -> bytes | None:
    return None if block.language == "sh" else block.text.encode()


def _end(process: "subprocess.Popen[bytes]") -> bool:
    """End a process and all that it started; False where it had to be killed."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(ENDING_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return False
    return True


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5):
            return True
    except (OSError, urllib.error.URLError):
        return False


def environment(root: Path, python: Path) -> dict[str, str]:
    """What blocks of a clone find in their environment: its code, the tools beside an interpreter, nobody's servers."""
    env = {name: value for name, value in os.environ.items() if name not in ("MLFLOW_TRACKING_URI", "VIRTUAL_ENV")}
    env["PATH"] = os.pathsep.join([str(python.parent), os.environ["PATH"]])
    env["PYTHONPATH"] = str(root / "src")
    env |= {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONUTF8": "1", "DVC_NO_ANALYTICS": "1"}
    for who in ("AUTHOR", "COMMITTER"):
        env |= {f"GIT_{who}_NAME": "docs-check", f"GIT_{who}_EMAIL": "docs-check@localhost"}
    return env


def fresh_clone(source: Path, scratch: Path, python: Path) -> Clone:
    """A clone of a repository's HEAD.

    Args:
        source: the repository.
        scratch: an empty directory for it.
        python: the interpreter of its environment.
    """
    origin, root = scratch / "origin.git", scratch / "img2vox"
    for command in (["--bare", str(source), str(origin)], [str(origin), str(root)]):
        subprocess.run(["git", "clone", "--quiet", *command], check=True)
    return Clone(root, environment(root, python), scratch / "server.log")


@dataclass
class Tally:
    """What became of the blocks."""

    passed: int = 0
    skipped: int = 0
    failed: int = 0


def check(document: str, clone: Clone, slow: bool, own_venv: bool, tally: Tally) -> None:
    """Run the blocks of one document, a line each; after one that fails, no more of them. See why_not."""

    def is_there(need: str) -> bool:
        done = subprocess.run(["bash", "-c", NEEDS[need]], env=clone.env, capture_output=True, check=False)
        return done.returncode == 0

    failed = ""
    for block in read_blocks(document, (clone.root / document).read_text(encoding="utf-8")):
        reason = f"{failed} has failed" if failed else why_not(block, slow, own_venv, is_there)
        if reason:
            tally.skipped += 1
            print(f"{block.place}: not run: {reason}", flush=True)
            continue
        began = time.monotonic()
        error = clone.run(block)
        _tell(block.place, error, f", {time.monotonic() - began:.1f} s", tally)
        failed = block.place if error else ""
    if error := clone.stop():
        _tell(f"{document}, at its end", error, "", tally)


def _tell(place: str, error: str, took: str, tally: Tally) -> None:
    if error:
        tally.failed += 1
        print(f"{place}: FAILED{took}: {error}", flush=True)
    else:
        tally.passed += 1
        print(f"{place}: ok{took}", flush=True)


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Check the documents that are named, or all; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", nargs="*", metavar="DOCUMENT", help="such as docs/frames.md; else all")
    parser.add_argument("--slow", action="store_true", help="run the blocks that take long, too")
    parser.add_argument("--list", action="store_true", help="only say what there is")
    options = parser.parse_args(arguments)
    chosen = options.documents or documents(root)
    tally, python = Tally(), Path(sys.executable)
    try:
        if options.list:
            for document in chosen:
                for block in read_blocks(document, (root / document).read_text(encoding="utf-8")):
                    print(f"{block.place}: {block.language} {block.word} {block.detail}".rstrip())
            return 0
        if subprocess.run(["git", "status", "--porcelain"], cwd=root, capture_output=True, check=True).stdout:
            print("what is not committed is not checked: each document runs in a clone of HEAD", flush=True)
        with tempfile.TemporaryDirectory(prefix="img2vox-docs-") as scratch:
            for number, document in enumerate(chosen):
                own_venv = python != Path(sys.executable)
                clone = fresh_clone(root, Path(scratch, str(number)), python)
                try:
                    check(document, clone, options.slow, own_venv, tally)
                finally:
                    clone.stop()
                made = clone.root / ".venv" / "bin" / "python"
                python = made if made.is_file() else python
    except DocsError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{tally.passed} blocks ran, {tally.skipped} did not, {tally.failed} failed", flush=True)
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
