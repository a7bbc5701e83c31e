"""What is sent to hurt: no crash, nothing read or written outside of the demo's own folder, no traceback shown."""

import json
import os

import httpx
import pytest

from tests.app.hostile import calls, uploads
from tests.app.server import make_app_project, serve
from tests.serving.oracle import corner_picture

SECRETS = ("root:x:", "127.0.0.1\tlocalhost")


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A demo of its own: what it writes is looked at."""
    root = make_app_project(tmp_path_factory.mktemp("hostile") / "app")
    with serve(root) as (address, process):
        yield root, address, process


def call(client, data):
    """What /predict answers, as text: the way of curl."""
    answer = client.post("/gradio_api/call/predict", json={"data": data})
    if answer.status_code != 200:
        return answer.text
    with client.stream("GET", f"/gradio_api/call/predict/{answer.json()['event_id']}") as stream:
        return "".join(stream.iter_text())


def send(client, name, data):
    """Upload a file and let it be answered."""
    answer = client.post("/gradio_api/upload", files={"files": (name, data, "image/png")})
    if answer.status_code != 200:
        return answer.text
    file = {"path": answer.json()[0], "meta": {"_type": "gradio.FileData"}}
    return call(client, [file, "any", 0, "blocks", "plain", True, True])


def listing(root):
    return {path for path in root.rglob("*") if "tmp" not in path.relative_to(root).parts and path.name != "app.log"}


@pytest.mark.slow
def test_500_hostile_uploads_and_calls_hurt_nobody(own):
    root, address, process = own
    before = listing(root), set(os.listdir(root.parent)), set(os.listdir(root / "tmp"))
    with httpx.Client(base_url=address, timeout=60) as client:
        said = [send(client, name, data) for name, data in uploads(500)]
        said += [call(client, data) for data in calls()]
        assert process.poll() is None
        assert client.get("/health").json()["status"] == "ok"
        for text in said:
            assert "Traceback" not in text
            assert not any(secret in text for secret in SECRETS)
        good = send(client, "good.png", corner_picture(36.0))
        assert "event: complete" in good
    assert (listing(root), set(os.listdir(root.parent)), set(os.listdir(root / "tmp"))) == before
    log = (root / "app.log").read_text(encoding="utf-8")
    assert "predict_files failed" not in log  # every one was our own sentence, none a bug


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
    root, address, _ = own
    for prefix in ("/gradio_api/file=", "/file="):
        answer = httpx.get(address + prefix + path.format(root=root))
        assert answer.status_code in (403, 404), answer.text
        assert not any(secret in answer.text for secret in SECRETS)


@pytest.mark.slow
def test_an_address_is_not_fetched(own):
    _, address, _ = own
    file = {"path": f"{address}/health", "meta": {"_type": "gradio.FileData"}}
    with httpx.Client(base_url=address, timeout=60) as client:
        text = call(client, [file, "any", 0, "blocks", "plain", True, True])
    assert "Send the file itself, not its address" in json.dumps(text)
