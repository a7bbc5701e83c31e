"""What is sent to hurt: no crash, nothing read or written outside of the demo's own folder, no traceback shown."""

import json
import os
import sys
from pathlib import Path

import httpx
import pytest

from tests.app.hostile import calls, page_calls, uploads
from tests.app.server import make_app_project, serve
from tests.project import REPOSITORY
from tests.serving.oracle import corner_picture

SECRETS = ("root:x:", "127.0.0.1\tlocalhost")


FILE_EVENTS = ("mkdir", "remove", "rmdir", "rename", "chmod")
# Modules that are imported late, and what Linux tells a process about itself.
READ = (Path(sys.prefix), Path(sys.base_prefix), REPOSITORY, Path("/proc"))


class Own:
    """A demo of its own: what it does to the system is looked at."""

    def __init__(self, root, notes, address, process):
        self.root, self.address, self.process, self._notes = root, address, process, notes
        self.client = httpx.Client(base_url=address, timeout=60)

    def call(self, name, data):
        """What an endpoint answers, as text: the way of curl."""
        answer = self.client.post(f"/gradio_api/call/{name}", json={"data": data})
        if answer.status_code != 200:
            return answer.text
        with self.client.stream("GET", f"/gradio_api/call/{name}/{answer.json()['event_id']}") as stream:
            return "".join(stream.iter_text())

    def send(self, name, data):
        """Upload a file and let it be answered."""
        answer = self.client.post("/gradio_api/upload", files={"files": (name, data, "image/png")})
        if answer.status_code != 200:
            return answer.text
        file = {"path": answer.json()[0], "meta": {"_type": "gradio.FileData"}}
        return self.call("predict", [file, "any", 0, "blocks", "plain", True, True])

    def call_as_the_page(self, event, data):
        """What an event of the page answers, as text."""
        body = {"data": data, "fn_index": event, "session_hash": "hostile"}
        answer = self.client.post("/gradio_api/queue/join", json=body)
        if answer.status_code != 200:
            return answer.text
        lines = []
        with self.client.stream("GET", "/gradio_api/queue/data", params={"session_hash": "hostile"}) as stream:
            for line in stream.iter_lines():
                lines.append(line)
                if "process_completed" in line:
                    break
        return "\n".join(lines)

    def notes(self):
        """(event, path or command or address) of all that the process has done so far."""
        return [tuple(json.loads(line)) for line in self._notes.read_text(encoding="utf-8").splitlines()]

    def files(self):
        """What lies in the project, beside it, and in its directory for temporary files."""
        tree = {path for path in self.root.rglob("*") if "tmp" not in path.relative_to(self.root).parts}
        return tree, set(os.listdir(self.root.parent)), set(os.listdir(self.root / "tmp"))

    def log(self):
        """All that it has logged."""
        return (self.root / "app.log").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    directory = tmp_path_factory.mktemp("hostile")
    root = make_app_project(directory / "app")
    with serve(root, notes=directory / "notes") as (address, process):
        found = Own(root, directory / "notes", address, process)
        assert "event: complete" in found.send("good.png", corner_picture(36.0))
        yield found
        found.client.close()


def check(own, said, before):
    """It runs, says nothing that it should not, and has opened nothing outside of its own folder."""
    files, noted = before
    assert own.process.poll() is None
    assert own.client.get("/health").json()["status"] == "ok"
    for text in said:
        assert "Traceback" not in text
        assert not any(secret in text for secret in SECRETS)
    assert "event: complete" in own.send("good.png", corner_picture(36.0))
    assert own.files() == files
    assert " failed\n" not in own.log()  # every one was our own sentence, or Gradio's; none a bug
    done = own.notes()[noted:]
    assert {event for event, _ in done} <= {"read", "write", "socket.connect", *(f"os.{name}" for name in FILE_EVENTS)}
    (own_files,) = (own.root / "tmp").glob("img2vox-app-*")
    for event, path in done:
        place = Path(os.path.abspath(own.root / path))
        if event == "read":
            assert any(place.is_relative_to(root) for root in (own.root, *READ)), path
        elif event == "socket.connect":  # from the page's process to the networks'
            assert path.startswith("\0img2vox-") or place.match(f"{own.root}/tmp/pymp-*/*"), path
        else:
            assert place.is_relative_to(own_files) or place.parent == own.root / "tmp", (event, path)


@pytest.mark.slow
def test_500_hostile_uploads_hurt_nobody(own):
    before = own.files(), len(own.notes())
    check(own, [own.send(name, data) for name, data in uploads(500)], before)


@pytest.mark.slow
def test_calls_with_wrong_types_huge_arrays_and_paths_hurt_nobody(own):
    before = own.files(), len(own.notes())
    check(own, [own.call(name, data) for name, data in calls()], before)


@pytest.mark.slow
def test_the_pages_own_events_are_as_careful(own):
    before = own.files(), len(own.notes())
    config = own.client.get("/config").json()
    check(own, [own.call_as_the_page(event, data) for event, data in page_calls(config)], before)


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../../../../etc/passwd",
        "{root}/params.yaml",
        "{root}/models/joint/network.keras",
        "file:///etc/passwd",
    ],
)
def test_files_of_others_are_not_served(own, path):
    for prefix in ("/gradio_api/file=", "/file="):
        answer = own.client.get(prefix + path.format(root=own.root))
        assert answer.status_code in (403, 404), answer.text
        assert not any(secret in answer.text for secret in SECRETS)


@pytest.mark.slow
def test_an_endpoint_that_is_not_there_is_said_to_be_an_error_and_no_more(own):
    answer = httpx.post(f"{own.address}/gradio_api/call/no_such", json={"data": []})
    assert (answer.status_code, answer.text) == (500, "Internal Server Error")
    assert own.process.poll() is None


@pytest.mark.slow
def test_an_address_is_not_fetched(own):
    file = {"path": f"{own.address}/health", "meta": {"_type": "gradio.FileData"}}
    text = own.call("predict", [file, "any", 0, "blocks", "plain", True, True])
    assert "Send the file itself, not its address" in text
