"""The command line of the demo."""

import contextlib
import subprocess
import sys

import httpx
import pytest
from app.__main__ import JsonLines, LoggedText, _reached, parse

from tests.app.server import make_app_project, serve
from tests.project import REPOSITORY


def test_it_listens_on_this_machine_alone_unless_told_otherwise():
    options = parse([])
    assert (options.host, options.port, options.auth, options.log_json) == ("127.0.0.1", 7860, None, False)


def test_a_password_may_stand_in_a_file(tmp_path):
    (tmp_path / "secret").write_text("ada:lovelace:1815\nmore\n")
    assert parse(["--auth", f"@{tmp_path / 'secret'}"]).auth == ("ada", "lovelace:1815")
    assert parse(["--auth", "ada:lovelace"]).auth == ("ada", "lovelace")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        *((given, "expected NAME:PASSWORD, or @FILE with such a line") for given in ("ada", ":lovelace", "ada:")),
        ("@/no/such/file", "/no/such/file cannot be read (No such file or directory)"),
    ],
)
def test_a_password_that_is_none_is_a_usage_error(given, message, capsys):
    with pytest.raises(SystemExit) as caught:
        parse(["--auth", given])
    assert caught.value.code == 2
    assert f"--auth: {message}" in capsys.readouterr().err


def test_mcp_without_its_extra_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SystemExit):
        parse(["--mcp"])
    assert "pip install 'gradio[mcp]'" in capsys.readouterr().err


def test_mcp_and_a_password_exclude_each_other(monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    assert parse(["--mcp"]).mcp
    with pytest.raises(SystemExit) as caught:
        parse(["--mcp", "--auth", "ada:lovelace"])
    assert caught.value.code == 2
    assert "--mcp: its tools know no password; leave --auth or --mcp away" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("host", "reached"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("::1", "[::1]")]
)
def test_the_process_reaches_itself_wherever_it_listens(host, reached):
    assert _reached(parse(["--host", host, "--port", "7"])) == (reached, 7)


def test_a_json_line_holds_what_was_given_beside_the_message():
    import json
    import logging

    record = logging.LogRecord("img2vox.app", logging.INFO, "f.py", 1, "predicted %s", ("x",), None)
    record.network = "any"
    line = json.loads(JsonLines().format(record))
    assert (line["message"], line["network"], line["level"]) == ("predicted x", "any", "info")
    assert "args" not in line


def test_what_libraries_print_is_logged_line_by_line(caplog):
    with contextlib.redirect_stderr(LoggedText()):
        sys.stderr.write("Traceback (most recent call last):\n  File x\n\n")
        for part in ("one line", " of three", " calls\n"):
            sys.stderr.write(part)
    lines = ["Traceback (most recent call last):", "  File x", "one line of three calls"]
    assert [record.getMessage() for record in caplog.records] == lines


def test_outside_a_project_it_is_one_line(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "app"],
        cwd=tmp_path,
        env={"PYTHONPATH": f"{REPOSITORY / 'src'}:{REPOSITORY}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    assert "params.yaml: not found; run img2vox from the directory" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_with_a_password_nobody_else_gets_in_but_health_is_seen(tmp_path):
    root = make_app_project(tmp_path / "app")
    with serve(root, "--auth", "ada:lovelace") as (address, _):
        assert httpx.get(f"{address}/health").status_code == 200
        for path in ("/gradio_api/info", "/config", "/gradio_api/file=/etc/passwd"):
            assert httpx.get(address + path).status_code == 401
        assert httpx.post(f"{address}/gradio_api/call/models", json={"data": []}).status_code == 401
        assert httpx.post(f"{address}/gradio_api/upload", files={"files": ("a.png", b"x")}).status_code == 401
        with httpx.Client(base_url=address) as client:
            assert client.post("/login", data={"username": "ada", "password": "wrong"}).status_code == 400
            assert client.post("/login", data={"username": "ada", "password": "lovelace"}).status_code == 200
            assert client.get("/config").status_code == 200
    assert not list((root / "tmp").glob("img2vox-app-*"))  # removed with the process
