"""A real browser for tests: Debian's Chromium, which tests/install_tools.py brings, driven by Playwright."""

import contextlib
import io
import shutil
import time

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


def look_at(canvas):
    """What a viewer shows, (H, W, 3) int."""
    return np.asarray(Image.open(io.BytesIO(canvas.screenshot())).convert("RGB")).astype(int)


def share_of_shape(pixels):
    """Share of a viewer's pixels that show a shape: blue, before the page's gray."""
    return float((np.ptp(pixels, axis=2) > 28).mean())


def settled(canvas, unlike=None, patience_s=60):
    """What a viewer shows, (H, W, 3) int, once it shows a shape and moves no more.

    Args:
        canvas: of the viewer.
        unlike: what it showed before the mouse did something; the answer is another picture.
        patience_s: after which the test fails.
    """
    deadline, before = time.monotonic() + patience_s, None
    while True:
        pixels = look_at(canvas)
        share = share_of_shape(pixels)
        is_new = unlike is None or np.abs(pixels - unlike).mean() > 1
        if is_new and share > 0.02 and before is not None and np.array_equal(pixels, before):
            return pixels
        assert time.monotonic() < deadline, f"a shape on {share:.3f} of the viewer; new: {is_new}; or it still moves"
        before = pixels
        canvas.page.wait_for_timeout(500)
