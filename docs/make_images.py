"""Draw the pictures of docs/images: `python docs/make_images.py` after `make repro`, or some of them by name.

photos  every photo of app/photos, what the network sees of it, and its answer from two sides
app     the demo in Chromium: app.png, app-held-out.png
mlflow  MLflow's pages on the store of `make repro`, in Chromium: mlflow-runs.png, mlflow-compare.png
"""

import argparse
import contextlib
import io
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from PIL import Image, ImageDraw

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # the demo and the tests' helpers stand beside the package

from tests.app.server import serve  # noqa: E402
from tests.browser import open_browser  # noqa: E402

from img2vox.config import load_params  # noqa: E402
from img2vox.data.image import composite  # noqa: E402
from img2vox.geometry.frames import View  # noqa: E402
from img2vox.paths import Paths  # noqa: E402
from img2vox.rendering import camera_distance, render  # noqa: E402
from img2vox.serving.offer import ANY_OBJECT  # noqa: E402
from img2vox.serving.result import Look, shape  # noqa: E402
from img2vox.serving.service import PrepareHow, Service  # noqa: E402

PHOTOS = sorted(path for path in (ROOT / "app" / "photos").iterdir() if path.suffix in (".png", ".jpg"))
IMAGES = ROOT / "docs" / "images"
TILE, LABEL, PATIENCE_MS = 150, 16, 90_000
WIDE = {"width": 1500, "height": 900}


def draw_photos() -> None:
    """Two photos a row: the photo, the exact picture that the network sees, its answer from there and from behind."""
    tiles = 4
    sheet = Image.new("RGB", (2 * tiles * TILE + TILE // 2, (len(PHOTOS) + 1) // 2 * (TILE + LABEL)), "white")
    draw = ImageDraw.Draw(sheet)
    with tempfile.TemporaryDirectory() as scratch:
        service = Service(load_params(ROOT / "params.yaml"), Paths(ROOT), Path(scratch))
        offer = service.local_offer(ANY_OBJECT)
        for number, path in enumerate(PHOTOS):
            answer = service.answer_with(offer, service.prepare(path.read_bytes(), path.name, PrepareHow()))
            mesh = shape(answer, Look(answer.threshold, "smooth", "plain"))
            distance = camera_distance(mesh, 1.25)
            views = [View((answer.azimuth_deg + turn) % 360, 25.0, distance) for turn in (0.0, 140.0)]
            drawn = composite(render(mesh, views, TILE, 45.0, "raster"), background=255)
            left, top = number % 2 * (tiles * TILE + TILE // 2), number // 2 * (TILE + LABEL)
            with Image.open(path) as photo:
                small = photo.convert("RGBA")
            small.thumbnail((TILE, TILE))
            sheet.paste(small, (left + (TILE - small.width) // 2, top + (TILE - small.height) // 2), small)
            for place, pixels in enumerate((answer.pixels, *drawn), start=1):
                sheet.paste(Image.fromarray(pixels).resize((TILE, TILE)), (left + place * TILE, top))
            unsure = ", unsure" if answer.is_unsure else ""
            draw.text(
                (left + 4, top + TILE + 2), f"{path.name}: threshold {answer.threshold:.2f}{unsure}", fill="black"
            )
    _save(sheet, "photos")


def draw_app() -> None:
    """A photo and its answer; a held-out object beside its truth."""
    with serve(ROOT, log=IMAGES.parent / ".app.log") as (address, _), open_browser() as browser:
        page = browser.new_page(viewport={"width": 1300, "height": 980})
        page.set_default_timeout(PATIENCE_MS)
        page.goto(address)
        page.wait_for_function("document.querySelector('#network input')?.value.startsWith('any object')")
        page.locator("#picture input[type=file]").first.set_input_files(ROOT / "app" / "photos" / "teapot.png")
        page.locator("#facts", has_text="cells filled").wait_for()
        page.wait_for_timeout(4000)  # the viewer moves its camera in
        _save(Image.open(io.BytesIO(page.screenshot())), "app")
        page.get_by_role("tab", name="Held-out objects").click()
        page.get_by_role("radio", name="car").first.check()
        page.locator("#held-out", has_text="IoU").wait_for()
        page.wait_for_timeout(6000)
        _save(Image.open(io.BytesIO(page.screenshot())), "app-held-out")
    (IMAGES.parent / ".app.log").unlink()


def draw_mlflow() -> None:
    """The runs of this revision under their parent with four columns of numbers, and their parallel coordinates."""
    with _mlflow() as address, open_browser() as browser:
        page = browser.new_page(viewport=WIDE)
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{address}/#/experiments/1/runs", wait_until="domcontentloaded")
        parent = page.get_by_text("standard pipeline").first
        parent.wait_for()
        page.wait_for_timeout(2000)
        page.mouse.click(1464, 36)  # closes MLflow's assistant
        page.wait_for_timeout(2000)
        box = parent.bounding_box()
        page.mouse.click(box["x"] - 33, box["y"] + box["height"] / 2 - 2)  # opens the parent's children
        page.wait_for_timeout(4000)
        page.locator("button:has-text('Columns')").first.click()
        for column in ("test.iou", "baselines.mean_shape", "objects.real", "capacity"):
            page.get_by_placeholder("Search columns").fill(column)
            page.wait_for_timeout(1500)
            page.get_by_text(column, exact=True).last.click()
        page.get_by_placeholder("Search columns").fill("")
        page.keyboard.press("Escape")
        page.mouse.click(900, 62)
        page.wait_for_timeout(3000)
        _save(Image.open(io.BytesIO(page.screenshot())), "mlflow-runs")

        wanted = "tags.current = 'true' and params.capacity != 'joint'"
        body = {"experiment_ids": ["1"], "max_results": 100, "filter": wanted}
        runs = httpx.post(f"{address}/api/2.0/mlflow/runs/search", json=body, timeout=60).json()["runs"]
        ids = json.dumps([run["info"]["run_id"] for run in runs])
        experiments = json.dumps(body["experiment_ids"])
        page.goto(f"{address}/#/compare-runs?runs={quote(ids)}&experiments={quote(experiments)}", wait_until="commit")
        page.get_by_text("Parallel Coordinates Plot").wait_for()
        page.wait_for_timeout(3000)
        page.get_by_text("Clear All").click()
        boxes = page.locator("input[role=combobox]")
        for place, name in ((0, "capacity"), (1, "objects.real"), (1, "test.iou")):
            boxes.nth(place).click()
            boxes.nth(place).fill(name)
            page.wait_for_timeout(1000)
            page.locator(f"[class*=select-item-option][title='{name}']").last.click()
            page.keyboard.press("Escape")
        page.wait_for_timeout(3000)
        _save(Image.open(io.BytesIO(page.screenshot())), "mlflow-compare")


@contextlib.contextmanager
def _mlflow() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", "sqlite:///mlflow.db"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            address = f"http://127.0.0.1:{port}"
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if httpx.get(f"{address}/health", timeout=5).is_success:
                        break
                if process.poll() is not None:
                    sys.exit("mlflow server ended; run `make repro` first, it makes mlflow.db")
                time.sleep(0.5)
            yield address
        finally:
            process.terminate()


def _save(image: Image.Image, name: str) -> None:
    """As a PNG of 256 colours, which the eye does not tell from all of them here."""
    IMAGES.mkdir(exist_ok=True)
    image.convert("RGB").quantize(256).save(IMAGES / f"{name}.png", optimize=True)


DRAW: dict[str, Callable[[], Any]] = {"photos": draw_photos, "app": draw_app, "mlflow": draw_mlflow}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=["all", *DRAW], default="all")
    names = parser.parse_args().names
    for name in DRAW if "all" in names else names:
        DRAW[name]()
