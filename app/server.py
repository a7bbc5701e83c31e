"""The page behind an ASGI server: health, limits, sessions' files swept."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import fastapi
import gradio as gr
import psutil

from app.handlers import Handlers
from app.layout import CSS, KEEP_S, LABELS, SWEEP_S, THEME, build
from img2vox.serving.service import Service
from img2vox.serving.session_files import SessionFiles

log = logging.getLogger("img2vox.app")


def make_server(
    service: Service,
    files: SessionFiles,
    is_ready: Callable[[], bool],
    *,
    auth: tuple[str, str] | None,
    mcp_address: str | None,
) -> fastapi.FastAPI:
    """The whole demo as an ASGI application.

    Args:
        service: answers.
        files: where results lie; Gradio's own directory, so that it serves them.
        is_ready: whether the first network is loaded.
        auth: name and password, or None for everybody who can reach the server.
        mcp_address: offer the named endpoints as tools of the Model Context Protocol too, at /gradio_api/mcp. It is
            where this process reaches itself: a tool's call waits in the queue as everybody's. None: no tools.

    Raises:
        RuntimeError: Gradio cannot offer them.
    """
    page = build(Handlers(service, files))
    page.queue(max_size=service.params.app.max_queue, default_concurrency_limit=4)

    @contextlib.asynccontextmanager
    async def sweeping(_: fastapi.FastAPI) -> AsyncIterator[None]:
        async def sweep() -> None:
            while True:
                await asyncio.sleep(SWEEP_S)
                await asyncio.to_thread(files.sweep, KEEP_S)

        task = asyncio.create_task(sweep())
        yield
        task.cancel()

    server = fastapi.FastAPI(lifespan=sweeping, docs_url=None, redoc_url=None, openapi_url=None)

    @server.get("/health")
    def health() -> dict[str, Any]:
        this = psutil.Process()
        return {
            "status": "ok" if is_ready() else "starting",
            "networks_loaded": len(service.networks),
            "networks_mb": round(service.networks.size_bytes / 2**20, 1),
            "memory_mb": round(sum(map(_memory_mb, [this, *this.children(recursive=True)])), 1),
        }

    mounted = gr.mount_gradio_app(
        server,
        page,
        path="/",
        auth=auth,
        show_error=False,
        max_file_size=service.limits.size_bytes,
        ssr_mode=False,
        enable_monitoring=False,
        run_history=False,  # it keeps pictures in the browser, and sends them to whatever bucket a caller names
        mcp_server=mcp_address is not None,
        footer_links=["api", "settings"],
        theme=THEME,
        css=CSS,
        head=LABELS,
    )
    # Gradio takes any path of this machine for an upload where the page was not launched, and launches no mounted one.
    page.has_launched = True
    if mcp_address is not None:
        if page.mcp_server_obj is None:
            raise RuntimeError(page.mcp_error or "Gradio offers no MCP")
        # Else it believes the Host header of its first caller, and sends everybody's pictures there.
        page.mcp_server_obj._local_url = mcp_address
        if page.mcp_server_obj.local_url != mcp_address:
            raise RuntimeError("this Gradio cannot be told its own address; install the version of requirements.lock")
        # Its schema of a list of files refers to a definition that is not there: no call of it would pass.
        del page.mcp_server_obj.tool_to_endpoint["zip_files"]
    files.protect()
    return mounted


def _memory_mb(process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss) / 2**20
    except psutil.NoSuchProcess:  # it has ended since it was found
        return 0.0
