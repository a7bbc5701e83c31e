"""A real browser for tests: Debian's Chromium, which tests/install_tools.py brings, driven by Playwright."""

import contextlib
import io
import shutil

import numpy as np
import pytest
from PIL import Image

# A root's Chromium in a container has no sandbox; WebGL without a graphics card; no update checks of its own.
FLAGS = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
]


@contextlib.contextmanager
def open_browser():
    """A Playwright browser; skips the test where there is none."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium on PATH; python tests/install_tools.py installs it as root on Debian")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def share_of_shape(canvas):
    """Share of a viewer's pixels that show a plain shape: blue before the page's gray, light or dark."""
    pixels = np.asarray(Image.open(io.BytesIO(canvas.screenshot())).convert("RGB")).astype(int)
    return float((np.ptp(pixels, axis=2) > 28).mean())
