"""README.md and docs/*.md: what they name is there."""

import ast
import dataclasses
import re
import shutil
import subprocess
import tomllib
import typing
from functools import cache

import pytest
import typer
import yaml

import check
import fill
import licences
from img2vox.cli import app
from img2vox.config import Params, load_params
from img2vox.jobs.chains import FILES
from tests.project import REPOSITORY

TEXTS = {name: (REPOSITORY / name).read_text(encoding="utf-8") for name in check.documents(REPOSITORY)}
BLOCK = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
# Programs that a command may begin with; a line of text that does and stands in no fenced block would never be run.
PROGRAMS = ("dvc", "img2vox", "make", "git", "python", "python3", "pip", "uv", "mlflow", "docker", "curl")


def prose(name):
    """A document without its fenced blocks."""
    return BLOCK.sub("", TEXTS[name])


def spans(name):
    """What stands between backticks."""
    return sorted({" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose(name))})


def commands(name, *programs):
    """Commands of these programs in running text and tables; each of several joined by &&."""
    parts = [part for span in spans(name) for part in re.split(r"\s+&&\s+", span)]
    return [part.split() for part in parts if part.split()[0] in programs]


def test_each_document_says_of_its_blocks_what_is_known():
    blocks = [block for name, text in TEXTS.items() for block in check.read_blocks(name, text)]
    assert len(blocks) > 30
    assert {block.document for block in blocks} > {"README.md", "docs/frames.md", "docs/sharing.md"}


@pytest.mark.parametrize("name", TEXTS)
def test_no_command_hides_outside_of_a_fenced_block(name):
    indented = re.findall(r"^ {4,}(\S+)", prose(name), re.MULTILINE)
    assert not set(indented) & set(PROGRAMS)


def test_numbers_and_tables_are_those_of_the_files(capsys):
    """Of the commit: what is measured anew here is not what a document was written from."""
    changed = [
        "git",
        "diff",
        "--quiet",
        "HEAD",
        "--",
        "benchmarks/results",
        "models",
        "paper",
        "reports",
        "data/sample",
    ]
    if subprocess.run(changed, cwd=REPOSITORY, check=False).returncode:
        pytest.skip("results here are not the committed ones; python docs/fill.py writes them into the documents")
    assert fill.main(["--check"]) == 0, capsys.readouterr().out


@pytest.mark.parametrize("name", TEXTS)
def test_no_line_begins_with_a_number_which_would_end_its_paragraph(name):
    """In Markdown a comment at the start of a line is a block of HTML; "20." after it even begins a list."""
    assert not [line for line in TEXTS[name].splitlines() if line.lstrip().startswith("<!-- number:")]


@pytest.mark.parametrize("name", TEXTS)
def test_the_diffs_of_a_document_apply_one_after_the_other(name, tmp_path):
    for block in check.read_blocks(name, TEXTS[name]):
        if block.language != "diff":
            continue
        for path in re.findall(r"^--- a/(.+)$", block.text, re.MULTILINE):
            copy = tmp_path / path
            copy.parent.mkdir(parents=True, exist_ok=True)
            if not copy.exists():
                shutil.copy(REPOSITORY / path, copy)
        command = ["git", "apply", "--unidiff-zero", "-"]
        done = subprocess.run(command, cwd=tmp_path, input=block.text, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{block.place}: {done.stderr}"


@pytest.mark.parametrize("name", TEXTS)
def test_links_lead_somewhere(name):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(name)):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        file = (REPOSITORY / name).parent / path if path else REPOSITORY / name
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def options_of(command):
    return {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}


@pytest.mark.parametrize("name", TEXTS)
def test_commands_of_ours_exist_with_their_options(name):
    for words in commands(name, "img2vox"):
        command, rest = typer.main.get_command(app), words[1:]
        known = options_of(command)
        while rest and hasattr(command, "commands"):
            word = rest.pop(0)
            if word not in known and word != "COMMAND":
                assert word in command.commands, words
                command = command.commands[word]
                known |= options_of(command)
        assert {word for word in rest if word.startswith("-")} <= known, words


@pytest.mark.parametrize("name", TEXTS)
def test_targets_of_make_exist(name):
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    named = {word for words in commands(name, "make") for word in words[1:] if "=" not in word}
    assert named <= set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))


@cache
def dvc_targets():
    """What DVC can be asked for at the top or in paper/: files, and stages of theirs."""
    found = set()
    for root in (REPOSITORY, REPOSITORY / "paper"):
        slugs = load_params(root / "params.yaml").categories
        for path in (root / file for file in FILES):
            name = path.relative_to(root).as_posix()
            found |= {name, path.relative_to(REPOSITORY).as_posix()}
            for stage, content in yaml.safe_load(path.read_text(encoding="utf-8"))["stages"].items():
                names = [f"{stage}@{slug}" for slug in slugs] if "foreach" in content else [stage]
                found |= {f"{name}:{each}" for each in names} | ({*names} if name == "dvc.yaml" else set())
    return found


@pytest.mark.parametrize("name", TEXTS)
def test_what_dvc_is_asked_for_exists(name):
    asked = [
        words[2:] for words in commands(name, "dvc") if words[1] in ("repro", "pull", "push", "freeze", "unfreeze")
    ]
    named = {word for words in asked for word in words if not word.startswith("-")}
    assert named <= dvc_targets()


@pytest.mark.parametrize("name", TEXTS)
def test_files_of_the_repository_that_are_named_exist(name):
    named = re.findall(r"(?:src|tests|docs|benchmarks|app|\.ci)/[\w./-]+", " ".join(spans(name)))
    assert [path for path in named if not (REPOSITORY / path).exists()] == []


@pytest.mark.parametrize("name", TEXTS)
def test_parameters_that_are_named_exist(name):
    """Such as train.network."""
    sections = typing.get_type_hints(Params)
    missing = []
    for section, key in re.findall(r"\b([a-z]+)\.([a-z_0-9]+)\b", " ".join(spans(name))):
        if dataclasses.is_dataclass(sections.get(section)) and key not in ("json", "py"):
            missing += [] if key in sections[section].__dataclass_fields__ else [f"{section}.{key}"]
    assert missing == []


def test_times_that_operations_names_are_those_of_the_code():
    from app.layout import KEEP_S  # Gradio takes seconds

    from img2vox.serving import service

    text = TEXTS["docs/operations.md"]
    assert f"registry every {service._SERVER_S:.0f} seconds" in text
    assert KEEP_S == 3600
    assert "at the latest after an hour" in text


def templates():
    """Every text of the code as a pattern: what is filled in is anything."""
    for directory in ("src/img2vox", "app"):
        for path in sorted((REPOSITORY / directory).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                parts = node.values if isinstance(node, ast.JoinedStr) else [node]
                texts = [part.value if isinstance(part, ast.Constant) else None for part in parts]
                if (
                    all(text is None or isinstance(text, str) for text in texts)
                    and sum(map(len, filter(None, texts))) > 12
                ):
                    yield "".join(".*" if text is None else re.escape(text) for text in texts)


def test_the_messages_of_the_faq_are_those_of_the_code():
    found = [re.compile(template, re.DOTALL) for template in set(templates())]
    shown = re.findall(r"^```text\n(.*?)^```$", TEXTS["docs/faq.md"], re.MULTILINE | re.DOTALL)
    lines = [line for text in shown for line in text.splitlines()]
    assert len(lines) > 30
    assert [line for line in lines if not any(template.fullmatch(line) for template in found)] == []


def test_every_locked_package_has_a_licence():
    table = dict(licences.lines(REPOSITORY)[1:])
    assert not {"none named", "not installed here"} & set(table), table
    named = sorted(name for names in table.values() for name in names.split(", "))
    assert named == licences.locked_packages((REPOSITORY / "requirements.lock").read_text(encoding="utf-8"))


def test_the_citation_names_this_version():
    citation = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (citation["title"], citation["version"]) == (project["name"], project["version"])
    assert citation["license"] == project["license"]
