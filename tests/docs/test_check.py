"""docs/check.py on small repositories."""

import socket
import subprocess

import pytest

import check


def comment(text):
    return f"<!-- docs-check: {text} -->\n"


def block(language, *lines):
    return "\n".join([f"```{language}", *lines, "```", ""])


@pytest.fixture
def repository(tmp_path):
    """repository(README, more files): a git repository of these texts."""

    def make(readme, **files):
        root = tmp_path / "a b \u00fc"
        (root / "docs").mkdir(parents=True)
        for name, text in {"README.md": readme, **files}.items():
            (root / name).write_text(text, encoding="utf-8")
        for command in (["init", "--quiet"], ["add", "--all"]):
            subprocess.run(["git", *command], cwd=root, check=True)
        who = ["-c", "user.name=t", "-c", "user.email=t@t"]
        subprocess.run(["git", *who, "commit", "--quiet", "-m", "all"], cwd=root, check=True)
        return root

    return make


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_blocks_are_read_with_what_is_said_of_them():
    blocks = [comment("slow, an hour") + block("sh", "make all"), block("text", "make coffee")]
    text = "\n".join(["# A", "", *blocks, block("python", "x = 1", "", "y = 2")])
    first, second = check.read_blocks("README.md", text)
    assert (first.place, first.language, first.text) == ("README.md:4", "sh", "make all\n")
    assert (first.word, first.detail) == ("slow", "an hour")
    assert (second.place, second.language, second.text, second.word) == (
        "README.md:12",
        "python",
        "x = 1\n\ny = 2\n",
        "",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("```\nmake\n```\n", "README.md:1: a block of no language; use sh, python, diff, text, yaml, nginx"),
        ("```bash\nmake\n```\n", "a block of bash; use sh"),
        ("\n```sh\nmake\n", "README.md:2: a block without an end"),
        (comment("later") + block("sh", "make"), "docs-check: later -->'; expected <!-- docs-check: slow | "),
        ("<!-- docs-check: slow\n", "expected <!-- docs-check: slow | "),
        (comment("slow") + "\n" + block("sh", "make"), "no block of sh, python, diff on the next line"),
        (comment("slow") + block("text", "make"), "no block of sh, python, diff on the next line"),
        (comment("slow"), "no block of sh, python, diff on the next line"),
        (comment("needs luck") + block("sh", "make"), "needs 'luck'; expected needs docker | "),
        (comment("serves") + block("sh", "make"), "serves ''; expected needs docker | "),
    ],
)
def test_what_a_document_says_wrongly_of_a_block_is_an_error(text, message):
    with pytest.raises(check.DocsError) as caught:
        check.read_blocks("README.md", text)
    assert message in str(caught.value)


def test_blocks_run_in_order_in_a_clone_and_leave_the_repository_alone(repository, capsys):
    patch = ("--- a/docs/a.md", "+++ b/docs/a.md", "@@ -9,1 +9,1 @@", "-old", "+new")
    readme = (
        block("sh", "echo made > made", 'test "$(git remote)" = origin')
        + block("python", "assert open('made').read() == 'made\\n'")
        + block("diff", *patch)
        + block("sh", "grep new docs/a.md", "git commit --quiet --all --message new", "git push --quiet")
    )
    root = repository(readme, **{"docs/a.md": "old\n" + block("sh", "grep old docs/a.md", "test ! -e made")})
    assert check.main([], root) == 0
    said = capsys.readouterr().out
    assert [line.split(",")[0] for line in said.splitlines()[:-1]] == [
        *(f"README.md:{line}: ok" for line in (1, 5, 8, 15)),
        "docs/a.md:2: ok",
    ]
    assert said.splitlines()[-1] == "5 blocks ran, 0 did not, 0 failed"
    assert not (root / "made").exists()
    assert subprocess.check_output(["git", "log", "--format=%s"], cwd=root, text=True) == "all\n"


def test_a_block_that_fails_says_why_and_ends_its_document_alone(repository, capsys):
    readme = block("sh", "echo before", "false | cat", "echo after") + block("sh", "true")
    root = repository(readme, **{"docs/a.md": block("sh", "true")})
    assert check.main([], root) == 1
    said = capsys.readouterr().out
    assert "README.md:1: FAILED" in said
    assert "ended with 1\nbefore\n" in said
    assert "after" not in said
    assert "README.md:6: not run: README.md:1 has failed" in said
    assert "docs/a.md:1: ok" in said
    assert said.endswith("1 blocks ran, 1 did not, 1 failed\n")


def test_what_is_not_run_is_said_with_the_reason(repository, capsys, monkeypatch):
    monkeypatch.setitem(check.NEEDS, "docker", "exit 3")
    monkeypatch.setitem(check.NEEDS, "nginx", "true")
    readme = "".join(
        comment(text) + block("sh", "true")
        for text in ("slow, an hour", "installs", "needs docker", "needs nginx", "yours, a host of SSH")
    )
    root = repository(readme)
    assert check.main([], root) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines.pop(3).startswith("README.md:14: ok")
    assert lines == [
        "README.md:2: not run: takes long (an hour), --slow runs it",
        "README.md:6: not run: changes the environment; --slow runs it in the one that README.md's blocks make",
        "README.md:10: not run: needs docker, and there is none here",
        "README.md:18: not run: needs what is yours: a host of SSH",
        "1 blocks ran, 4 did not, 0 failed",
    ]


def test_a_server_runs_until_the_documents_end(repository, capsys, port):
    address = f"http://127.0.0.1:{port}/"
    readme = (
        comment(f"serves {address}")
        + block("sh", f"python -m http.server {port} --bind 127.0.0.1")
        + block("python", "from urllib.request import urlopen", f"urlopen('{address}')")
    )
    gone = block(
        "python",
        "import urllib.error, urllib.request",
        "try:",
        f"    urllib.request.urlopen('{address}')",
        "except urllib.error.URLError:",
        "    pass",
        "else:",
        "    raise SystemExit('it still answers')",
    )
    root = repository(readme, **{"docs/a.md": gone})
    assert check.main([], root) == 0, capsys.readouterr().out


def test_a_server_that_ends_by_itself_is_a_failure_with_what_it_said(repository, capsys, port):
    readme = comment(f"serves http://127.0.0.1:{port}/") + block("sh", "echo no luck; exit 3")
    assert check.main([], repository(readme)) == 1
    assert "the server has ended with 3\nno luck" in capsys.readouterr().out


def test_only_slow_runs_what_takes_long_and_installs_into_the_environment_that_a_document_made(repository, capsys):
    make_environment = (
        "mkdir -p .venv/bin",
        'ln -s "$(command -v python)" .venv/bin/python',
        "echo x > .venv/bin/tool",
    )
    root = repository(
        comment("slow")
        + block("sh", *make_environment, "chmod +x .venv/bin/tool")
        + comment("installs")
        + block("sh", "tool"),
        **{"docs/a.md": comment("installs") + block("sh", "command -v tool")},
    )
    assert check.main(["--slow"], root) == 0
    said = capsys.readouterr().out
    assert "README.md:9: not run: changes the environment" in said
    assert "docs/a.md:2: ok" in said


def test_one_document_alone_is_checked_or_listed(repository, capsys):
    root = repository(block("sh", "false"), **{"docs/a.md": comment("slow, an hour") + block("sh", "false")})
    assert check.main(["docs/a.md"], root) == 0
    assert "README.md" not in capsys.readouterr().out
    assert check.main(["--list"], root) == 0
    assert capsys.readouterr().out == "README.md:1: sh\ndocs/a.md:2: sh slow an hour\n"


def test_a_document_that_cannot_be_read_is_one_line(repository, capsys):
    assert check.main([], repository("```\nmake\n```\n")) == 1
    assert capsys.readouterr().err.startswith("README.md:1: a block of no language")
