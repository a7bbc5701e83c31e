"""Gradio's components where they do too much.

Inputs hand a file's path on and nothing else: checking and decoding are the package's (img2vox.upload). What is updated
with every answer makes its schema once.
"""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import gradio as gr
from gradio.utils import get_upload_folder

# Gradio makes a component anew for every update that it gets, and with it a schema that takes milliseconds.
_SCHEMAS: dict[type, dict[str, Any]] = {}
_OWN_FILE = "/gradio_api/file="  # in the address of a file that was sent here


def _local_path(path: Any) -> Any:
    """The path of a file that was sent here, given by path or, as MCP's clients do, by its address.

    No request leaves this machine, on nobody's behalf: any other address is refused.
    """
    if not isinstance(path, str) or "://" not in path:
        return path
    with contextlib.suppress(OSError, ValueError):  # a name too long, or one with a zero in it
        sent = Path(unquote(path.partition(_OWN_FILE)[2])).resolve()
        if sent.is_relative_to(Path(get_upload_folder()).resolve()) and sent.is_file():
            return str(sent)
    raise gr.Error("Send the file itself, not its address", title="This does not work", print_exception=False)


def _once(component: type, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    if component not in _SCHEMAS:
        _SCHEMAS[component] = make()
    return _SCHEMAS[component]


class Viewer(gr.Model3D):
    """gr.Model3D whose schema is made once."""

    is_template = True

    def api_info(self) -> dict[str, Any]:
        """As Gradio makes it."""
        return _once(Viewer, super().api_info)


class Download(gr.DownloadButton):
    """gr.DownloadButton whose schema is made once."""

    is_template = True

    def api_info(self) -> dict[str, Any]:
        """As Gradio makes it."""
        return _once(Download, super().api_info)


class PictureInput(gr.Image):
    """gr.Image without its own decoding, which answers a wrong file with a traceback."""

    is_template = True

    def preprocess(self, payload: Any) -> str | None:
        """Path of the sent file."""
        return None if payload is None else payload.path

    async def async_move_resource_to_block_cache(self, url_or_file_path: Any) -> str | None:
        """As gr.Image does it, for files alone."""
        return await super().async_move_resource_to_block_cache(_local_path(url_or_file_path))


class FilesInput(gr.File):
    """gr.File for files alone."""

    is_template = True

    async def async_move_resource_to_block_cache(self, url_or_file_path: Any) -> str | None:
        """As gr.File does it, for files alone."""
        return await super().async_move_resource_to_block_cache(_local_path(url_or_file_path))
