"""Inputs that hand a file's path on and nothing else: checking and decoding are the package's (img2vox.upload)."""

from typing import Any

import gradio as gr

def _refuse_addresses(path: Any) -> None:
    """No request leaves this machine, on nobody's behalf."""
    if isinstance(path, str) and "://" in path:
        raise gr.Error("Send the file itself, not its address", title="This does not work", print_exception=False)


class PictureInput(gr.Image):
    """gr.Image without its own decoding, which answers a wrong file with a traceback."""

    is_template = True

    def preprocess(self, payload: Any) -> str | None:
        """Path of the sent file."""
        return None if payload is None else payload.path

    async def async_move_resource_to_block_cache(self, url_or_file_path: Any) -> str | None:
        """As gr.Image does it, for files alone."""
        _refuse_addresses(url_or_file_path)
        return await super().async_move_resource_to_block_cache(url_or_file_path)
    from collections.abc import Callable, Sequence
    from typing import TYPE_CHECKING, Any, Literal

    from gradio.blocks import Block

    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component

class FilesInput(gr.File):
    """gr.File for files alone."""

    is_template = True

    async def async_move_resource_to_block_cache(self, url_or_file_path: Any) -> str | None:
        """As gr.File does it, for files alone."""
        _refuse_addresses(url_or_file_path)
        return await super().async_move_resource_to_block_cache(url_or_file_path)
    from collections.abc import Callable, Sequence
    from typing import TYPE_CHECKING, Any, Literal

    from gradio.blocks import Block

    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component
