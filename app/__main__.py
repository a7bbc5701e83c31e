"""`python -m app`: the browser demo. Starts the network in the background while the page is built."""

import argparse
import atexit
import contextlib
import importlib.util
import io
import json
import logging
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from img2vox.imports import no_garbage_collected, one_thread_for_matrices

if TYPE_CHECKING:
    import fastapi

# Before Gradio is imported: it speaks to nobody, and keeps files where they are removed with this process.
FILES = Path(tempfile.mkdtemp(prefix="img2vox-app-"))
os.environ |= {
    "GRADIO_TEMP_DIR": str(FILES),
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
}
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
one_thread_for_matrices()
atexit.register(shutil.rmtree, FILES, ignore_errors=True)

log = logging.getLogger("img2vox.app")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
# What a log record has by itself; all else is ours and goes into the JSON line.
_OF_EVERY_RECORD = {*vars(logging.makeLogRecord({})), "message", "asctime", "color_message"}


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, logger and message, and what was given as `extra`."""
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **{key: value for key, value in vars(record).items() if key not in _OF_EVERY_RECORD},
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class LoggedText(io.TextIOBase):
    """In place of stdout and stderr: lines that Python code prints become log records; one that is no JSON is lost."""

    def __init__(self) -> None:
        super().__init__()
        self._rest = ""

    def write(self, text: str) -> int:
        """Log the lines that the text ends; what is left waits for the rest of its line."""
        *lines, self._rest = (self._rest + text).split("\n")
        for line in filter(str.strip, lines):
            log.warning("%s", line)
        return len(text)


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m app", description="The browser demo of img2vox.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; this machine alone unless given")
    parser.add_argument("--port", type=int, default=7860)
    parser.add_argument(
        "--auth", metavar="NAME:PASSWORD", help="ask for them; @FILE reads them from a file's first line"
    )
    parser.add_argument("--log-json", action="store_true", help="log JSON, a line an event")
    parser.add_argument("--mcp", action="store_true", help="offer the endpoints as MCP tools; needs gradio[mcp]")
    options = parser.parse_args(arguments)
    if options.mcp and importlib.util.find_spec("mcp") is None:
        parser.error("--mcp needs Gradio's extra; install it with `pip install 'gradio[mcp]'`")
    if options.mcp and options.auth is not None:
        parser.error("--mcp: its tools know no password; leave --auth or --mcp away")
    options.auth = _credentials(parser, options.auth)
    return options


def _credentials(parser: argparse.ArgumentParser, given: str | None) -> tuple[str, str] | None:
    if given is None:
        return None
    if given.startswith("@"):
        try:
            given = Path(given[1:]).read_text(encoding="utf-8").partition("\n")[0].strip()
        except OSError as error:
            parser.error(f"--auth: {error.filename} cannot be read ({error.strerror})")
    name, colon, password = given.partition(":")
    if not (name and colon and password):
        parser.error("--auth: expected NAME:PASSWORD, or @FILE with such a line")
    return name, password


def main() -> None:
    """Serve until interrupted."""
    options = parse(sys.argv[1:])
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if options.log_json else logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    if options.log_json:
        logging.raiseExceptions = False  # it would print to stderr
        sys.stdout = sys.stderr = LoggedText()
    log.setLevel(logging.INFO)

    import uvicorn

    with no_garbage_collected():
        server = _prepare(options)
    if options.host not in _LOOPBACK and options.auth is None:
        log.warning("everybody who reaches %s:%d can use this server; --auth asks for a password", *_place(options))
    log.info("img2vox is at http://%s:%d", *_place(options))
    if options.mcp:
        log.info("its MCP tools are at http://%s:%d/gradio_api/mcp/", *_place(options))
    config = uvicorn.Config(
        server, options.host, options.port, log_config=None, access_log=options.log_json, timeout_graceful_shutdown=3
    )
    if options.log_json:
        logging.getLogger("uvicorn.access").setLevel(logging.INFO)
    # When uvicorn is done it raises the signal that ended it again, which would kill this process before it cleans up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run()


def _prepare(options: argparse.Namespace) -> "fastapi.FastAPI":
    """The page, while the first network is loaded in another process."""
    from img2vox.config import load_params
    from img2vox.errors import Img2VoxError
    from img2vox.serving.network_process import NetworkProcess
    from img2vox.serving.networks import budget_bytes

    try:
        params = load_params()
    except Img2VoxError as error:
        sys.exit(f"img2vox: {error}")
    networks = NetworkProcess(budget_bytes(params))
    networks.start()

    from img2vox.paths import Paths
    from img2vox.serving.service import Service

    service = Service(params, Paths(), FILES / "networks", networks)
    warming = threading.Thread(target=_warm_up, args=(service,), daemon=True)
    warming.start()

    from app.server import make_server
    from img2vox.serving.session_files import SessionFiles

    return make_server(
        service,
        SessionFiles(FILES),
        lambda: not warming.is_alive(),
        auth=options.auth,
        mcp_address="http://{}:{}".format(*_reached(options)) if options.mcp else None,
    )


def _warm_up(service: "object") -> None:
    from img2vox.errors import Img2VoxError
    from img2vox.serving.service import Service

    assert isinstance(service, Service)
    started = time.perf_counter()
    try:
        service.warm_up()
    except Img2VoxError as error:
        log.warning("%s", error)
    else:
        log.info("ready after %.1f s", time.perf_counter() - started)


def _reached(options: argparse.Namespace) -> tuple[str, int]:
    """Host and port under which this process reaches itself."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(options.host, _place(options)[0]), options.port


def _place(options: argparse.Namespace) -> tuple[str, int]:
    return (f"[{options.host}]" if ":" in options.host else options.host), options.port


if __name__ == "__main__":
    main()
