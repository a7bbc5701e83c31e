"""The endpoints as tools of the Model Context Protocol, where Gradio's extra is installed."""

import asyncio
import base64
from pathlib import Path
from urllib.parse import unquote

import httpx
import numpy as np
import pytest

from tests.app.server import serve
from tests.serving.oracle import corner_grid, corner_picture

pytest.importorskip("mcp", reason="pip install 'gradio[mcp]'")


@pytest.fixture(scope="module")
def address(project):
    with serve(project, "--mcp", log=project / "mcp.log") as (address, _):
        yield address


def ask(address, do):
    """What `do` makes of a session of MCP's own client."""
    from mcp import ClientSession
    from mcp.client.streamable_http import streamablehttp_client

    async def asked():
        url = f"{address}/gradio_api/mcp/"
        async with streamablehttp_client(url) as (read, write, _), ClientSession(read, write) as session:
            await session.initialize()
            return await do(session)

    return asyncio.run(asked())


def predict(address, picture):
    """The texts of an answer, and whether it is an error."""

    async def nothing(*_):
        """Whoever asks for progress gets a part for each output; others get all in one, as Gradio has it."""

    arguments = {"picture": picture}
    answer = ask(address, lambda session: session.call_tool("predict_files", arguments, progress_callback=nothing))
    return [part.text for part in answer.content], answer.isError


def test_the_named_endpoints_are_tools_whose_inputs_are_explained(address):
    tools = {tool.name: tool for tool in ask(address, lambda session: session.list_tools()).tools}
    assert sorted(tools) == ["list_models", "predict_files"]
    assert tools["predict_files"].description.startswith("One picture of an object to a 3-D shape: OBJ, GLB, STL")
    inputs = tools["predict_files"].inputSchema["properties"]
    assert list(inputs)[:3] == ["picture", "network", "threshold"]
    assert "0 takes the network's own" in inputs["threshold"]["description"]


def test_a_picture_inside_the_call_comes_back_as_a_shape(address):
    sent = "data:image/png;base64," + base64.b64encode(corner_picture(126.0)).decode()
    texts, failed = predict(address, sent)
    assert not failed
    obj, glb, stl, npy, facts = texts
    assert [text.rpartition(".")[2] for text in (obj, glb, stl, npy)] == ["obj", "glb", "stl", "npy"]
    assert "'azimuth_deg': 126.0" in facts
    path = Path(unquote(npy.partition("/gradio_api/file=")[2]))
    np.testing.assert_array_equal(np.load(path), corner_grid())
    assert httpx.get(npy).status_code == 200


def test_a_picture_that_was_sent_before_is_named_by_its_address(address):
    files = {"files": ("corner.png", corner_picture(36.0), "image/png")}
    (path,) = httpx.post(f"{address}/gradio_api/upload", files=files).json()
    texts, failed = predict(address, f"{address}/gradio_api/file={path}")
    assert not failed
    assert "'azimuth_deg': 36.0" in texts[-1]


@pytest.mark.parametrize(
    "picture", ["{address}/health", "http://127.0.0.1:1/x.png", "{address}/gradio_api/file=/etc/passwd"]
)
def test_any_other_address_is_refused(address, picture):
    texts, failed = predict(address, picture.format(address=address))
    assert failed
    assert "Send the file itself, not its address" in texts[0]


def test_whoever_calls_first_does_not_tell_the_server_where_it_is(address):
    """A Host header that lies, as after a name of somebody else's was bound to this machine's address."""
    body = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "list_models", "arguments": {}},
    }
    headers = {"Host": "127.0.0.1:1", "Accept": "application/json, text/event-stream"}
    answer = httpx.post(f"{address}/gradio_api/mcp/", json=body, headers=headers, timeout=60)
    assert "'network': 'any'" in answer.text
