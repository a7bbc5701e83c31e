"""The page in a real browser: from a picture to a downloaded shape, every wrong file, wide and narrow."""

import base64
import io
import json
import mimetypes
import time

import numpy as np
import pytest
import trimesh
from PIL import Image

from img2vox.geometry.frames import View
from img2vox.rendering import render
from img2vox.surface import blocks
from img2vox.upload import Limits, prepare_upload
from tests.browser import open_browser, settled
from tests.serving.oracle import IMAGE_SIZE, corner_grid, corner_occupancy, corner_picture
from tests.serving.test_turntable import needs_opengl
from tests.upload.pictures import corner, encode, wrong_files

# Babylon looks for WebGPU first and falls back to WebGL.
ALLOWED_ERROR = "A fatal error occurred during WebGPU creation/initialization"
PATIENCE_MS = 40_000


class Page:
    """The demo in a tab, with all that it asked for and said."""

    def __init__(self, browser, address, width=1400, height=1000, **options):
        self.page = browser.new_page(viewport={"width": width, "height": height}, **options)
        self.page.set_default_timeout(PATIENCE_MS)
        self.address, self.asked, self.errors = address, [], []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(address)
        self.page.locator("#network input").wait_for()
        self.page.wait_for_function("document.querySelector('#network input').value.startsWith('any object')")

    def upload(self, name, data, where="#picture"):
        clear = self.page.locator(f"{where} button[aria-label='Clear'], {where} button[title='Clear']")
        if clear.count():
            clear.first.click()
        self.page.wait_for_timeout(500)  # a component that has just refused a file takes the next one a moment later
        chosen = {"name": name, "mimeType": mimetypes.guess_type(name)[0], "buffer": data}
        self.page.locator(f"{where} input[type=file]").first.set_input_files(chosen)

    def cells(self, expected):
        """Wait until the facts say so many cells."""
        text = f"{expected:,} cells filled"
        self.page.locator("#facts", has_text=text).wait_for()

    def pixels(self, image):
        """What an <img> holds, (H, W, 3) uint8, once it has loaded."""
        found = self.page.locator(image)
        found.wait_for()
        data = self.page.request.get(found.get_attribute("src")).body()
        return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))

    def notes(self, text):
        """Wait until the notes say something."""
        self.page.locator("#notes", has_text=text).wait_for()

    def toast(self):
        """The sentence of the error that is shown, which is closed."""
        shown = self.page.get_by_test_id("toast-body").last
        shown.wait_for()
        text = shown.inner_text()
        for close in self.page.get_by_test_id("toast-close").all():
            close.click()
        self.page.get_by_test_id("toast-body").first.wait_for(state="detached")
        return text

    def check(self):
        """No request left the machine, and nothing went wrong in the browser."""
        outside = [url for url in self.asked if not url.startswith((self.address, "data:", "blob:"))]
        assert outside == []
        assert [text for text in self.errors if ALLOWED_ERROR not in text] == []


@pytest.fixture(scope="module")
def browser():
    with open_browser() as found:
        yield found


@pytest.fixture
def page(browser, address):
    opened = Page(browser, address)
    yield opened
    opened.page.close()


def boxed(mask):
    """A mask's own box, as large as its longest side, in 48 x 48: (48, 48) bool."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    half = (max(np.ptp(rows), np.ptp(columns)) + 1) / 2
    x, y = columns.mean(), rows.mean()
    box = tuple(round(edge) for edge in (x - half, y - half, x + half, y + half))
    return np.asarray(Image.fromarray(mask.astype(np.uint8) * 255).crop(box).resize((48, 48))) > 127


@pytest.mark.slow
@pytest.mark.parametrize("azimuth_deg", [36.0, 126.0, 252.0])
def test_the_viewer_shows_the_shape_upright_and_facing_as_in_the_picture(page, azimuth_deg):
    page.upload("corner.png", corner_picture(azimuth_deg))
    page.cells(int(corner_grid().sum()))
    canvas = page.page.locator("#model canvas")
    canvas.wait_for()
    found = boxed(np.ptp(settled(canvas), axis=2) > 24)  # blue-gray before gray
    drawn = render(blocks(corner_grid()), [View(azimuth_deg, 22.0, 2.1)], 300, 45.8, "raster")[0][..., 1] > 127

    def overlap(mask):
        return (boxed(mask) & found).sum() / (boxed(mask) | found).sum()

    assert overlap(drawn) > 0.85
    assert max(overlap(drawn[:, ::-1]), overlap(drawn[::-1])) < overlap(drawn) - 0.15


def predictions(project):
    """How many the demo has logged."""
    lines = (project / "app.log").read_text(encoding="utf-8").splitlines()
    return sum(json.loads(line)["message"] == "predicted" for line in lines)


@pytest.mark.slow
def test_from_a_picture_to_downloads_that_open_elsewhere(page, project, tmp_path):
    filled = int(corner_grid().sum())
    page.upload("corner.png", corner_picture(126.0))
    page.cells(filled)
    canvas = page.page.locator("#model canvas")
    canvas.wait_for()
    assert canvas.get_attribute("aria-label").startswith("Three-dimensional shape")
    page.page.locator("#seen img").wait_for()
    assert "Its transparency is taken as the mask." in page.page.locator("#notes").inner_text()

    before = settled(canvas)
    box = canvas.bounding_box()
    page.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.page.mouse.down()
    page.page.mouse.move(box["x"] + box["width"] / 2 + 150, box["y"] + box["height"] / 2, steps=5)
    page.page.mouse.up()
    turned = settled(canvas, unlike=before)
    page.page.mouse.wheel(0, -600)
    zoomed = settled(canvas, unlike=turned)
    page.page.mouse.down(button="right")
    page.page.mouse.move(box["x"] + box["width"] / 2 - 100, box["y"] + box["height"] / 2 + 60, steps=5)
    page.page.mouse.up(button="right")
    settled(canvas, unlike=zoomed)  # it was shifted

    predicted = predictions(project)
    page.page.locator("#threshold input[type=number]").fill("0.7")
    page.page.locator("#threshold input[type=number]").press("Enter")
    certain = int((corner_occupancy() > 0.7).sum())
    page.cells(certain)
    page.page.locator("#style").get_by_label("smooth").check()
    page.page.locator("#coloring").get_by_label("confidence").check()
    page.page.wait_for_timeout(1500)
    assert predictions(project) == predicted  # nothing was predicted again
    for format in ("obj", "glb", "stl", "npy"):
        with page.page.expect_download() as waiting:
            page.page.locator(f"#get-{format}").click()
        path = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(path)
        if format == "npy":
            assert path.name == "any_t0.70.npy"
            assert np.load(path).sum() == certain
        else:
            assert path.name == f"any_t0.70_smooth.{format}"
            mesh = trimesh.load(path, force="mesh")
            assert mesh.volume == pytest.approx(certain / 16**3, rel=0.35)
    page.check()


@pytest.mark.slow
def test_the_mask_and_the_exact_picture_that_the_network_sees_are_shown(page):
    page.upload("corner.png", corner_picture(126.0))
    page.cells(int(corner_grid().sum()))
    how = {"remove_background": True, "center": True, "foreground_ratio": 0.73}
    prepared = prepare_upload(corner_picture(126.0), "corner.png", Limits(1 << 20, 1 << 20), **how)
    seen = prepared.pixels(IMAGE_SIZE, 255).repeat(2, axis=0).repeat(2, axis=1)
    np.testing.assert_array_equal(page.pixels("#seen img"), np.broadcast_to(seen[..., None], (*seen.shape, 3)))
    assert page.pixels("#mask img").shape == (128, 128, 3)

    wall = Image.new("RGBA", (300, 200), (60, 90, 160, 255))
    wall.alpha_composite(Image.open(io.BytesIO(corner_picture(126.0))).convert("RGBA"), (20, 40))
    page.upload("wall.jpg", encode(wall.convert("RGB"), "JPEG"))
    page.notes("The plain background was removed.")
    page.page.locator("#seen img").wait_for()
    cut = page.pixels("#seen img")
    assert cut[0, 0, 0] == 255
    page.page.locator("#remove").get_by_label("Remove a plain background").uncheck()
    page.page.wait_for_function("!document.querySelector('#notes').innerText.includes('removed')")
    gray = page.pixels("#seen img")[64, 2]
    assert gray.tolist() == pytest.approx([89] * 3, abs=3)  # the wall's


@pytest.mark.slow
def test_a_picture_unlike_the_training_ones_is_answered_with_a_warning(page):
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    page.upload("noise.png", encode(Image.fromarray(noise)))
    page.notes("unlike those that the networks were trained on")
    page.notes("not plain enough to be removed")
    page.cells(int(corner_grid().sum()))


@pytest.mark.slow
def test_a_photo_that_comes_with_the_demo_is_answered_at_a_click(page):
    page.page.get_by_role("button", name="Try the photo chair_padded.png").click()
    page.cells(int(corner_grid().sum()))
    page.notes("transparency is taken as the mask")
    page.check()


@pytest.mark.slow
def test_a_picture_is_pasted_from_the_clipboard(browser, address):
    page = Page(browser, address, permissions=["clipboard-read", "clipboard-write"])
    page.page.evaluate(
        """async (data) => {
          const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
          await navigator.clipboard.write([new ClipboardItem({'image/png': new Blob([bytes], {type: 'image/png'})})]);
        }""",
        base64.b64encode(corner_picture(126.0)).decode(),
    )
    page.page.locator("#picture").get_by_label("Paste from clipboard").click()
    page.cells(int(corner_grid().sum()))
    page.check()
    page.page.close()


@pytest.mark.slow
@pytest.mark.render
@needs_opengl
def test_the_turntable_is_a_film_that_pyvista_drew(page):
    page.upload("corner.png", corner_picture(126.0))
    page.cells(int(corner_grid().sum()))
    page.page.locator("#turn").click()
    image = page.page.locator("#turning img")
    image.wait_for()
    with Image.open(io.BytesIO(page.page.request.get(image.get_attribute("src")).body())) as film:
        assert (film.format, film.n_frames) == ("WEBP", 20)
    page.check()


@pytest.mark.slow
def test_every_kind_of_wrong_file_is_one_sentence_and_the_next_good_one_is_answered(page):
    for name, (data, _) in wrong_files().items():
        # Limits of the test of the package are smaller than the demo's.
        if name in ("large.png", "wide.png"):
            continue
        page.upload(name, data)
        text = page.toast()
        assert name in text
        assert "Traceback" not in text
    page.upload("huge.png", bytes(21 << 20))
    assert "size" in page.toast().lower()
    page.upload("good.png", corner_picture(36.0))
    page.cells(int(corner_grid().sum()))


@pytest.mark.slow
def test_pictures_of_unusual_kinds_are_answered(page):
    picture = Image.fromarray(corner())
    turned = Image.Exif()
    turned[0x0112] = 6
    kinds = {
        "cmyk.jpg": encode(picture.convert("CMYK"), "JPEG"),
        "sixteen.png": encode(Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 257)),
        "turned.jpg": encode(picture, "JPEG", exif=turned),
        "picture.webp": encode(picture, "WEBP"),
    }
    for name, data in kinds.items():
        page.page.evaluate("document.querySelector('#facts').setAttribute('data-old', '1')")
        page.upload(name, data)
        page.page.locator("#notes", has_text="background").wait_for()
        page.cells(int(corner_grid().sum()))
        assert page.page.get_by_test_id("toast-body").count() == 0


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_in_light_and_dark(browser, address, scheme):
    page = Page(browser, address, 390, 844, color_scheme=scheme)
    page.upload("corner.png", corner_picture(126.0))
    page.cells(int(corner_grid().sum()))
    canvas = page.page.locator("#model canvas")
    settled(canvas)
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 390
    background = page.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(int(part) for part in background[4:-1].split(",")[:3]) < 200) == (scheme == "dark")
    page.check()
    page.page.close()


@pytest.mark.slow
def test_every_input_has_a_name_for_screen_readers_and_is_reached_by_keyboard(page):
    unnamed = page.page.evaluate(
        """() => [...document.querySelectorAll('input:not([type=hidden]):not([type=file]), button, textarea, select')]
          .filter((item) => item.offsetParent !== null)
          .filter((item) => !(item.labels && item.labels.length) && !item.getAttribute('aria-label')
            && !item.getAttribute('aria-labelledby') && !item.getAttribute('title') && !item.innerText.trim())
          .map((item) => item.outerHTML.slice(0, 200))"""
    )
    assert unnamed == []
    reached = set()
    for _ in range(40):
        page.page.keyboard.press("Tab")
        reached.add(page.page.evaluate("document.activeElement.closest('[id]')?.id || ''"))
    assert {"predict", "cancel"} <= reached


@pytest.mark.slow
def test_two_networks_and_held_out_objects_are_shown(page):
    page.page.get_by_role("tab", name="Compare").click()
    page.page.locator("#compare-picture input[type=file]").first.set_input_files(
        {"name": "corner.png", "mimeType": "image/png", "buffer": corner_picture(126.0)}
    )
    page.page.locator("#compared", has_text="overlap by an IoU of 1.00").wait_for()
    page.page.locator("#left canvas").wait_for()
    page.page.locator("#right canvas").wait_for()
    page.page.get_by_role("tab", name="Held-out objects").click()
    page.page.locator("#example").get_by_label("mug, view 2").check()
    page.page.locator("#held-out", has_text="reaches an IoU of").wait_for()
    page.page.locator("#nearest canvas").wait_for()
    page.check()


@pytest.mark.slow
def test_files_of_somebody_who_leaves_are_removed(browser, address, project):
    def sessions():
        return {
            path for path in (project / "tmp").glob("img2vox-app-*/s*") if len(path.name) == 33 and any(path.iterdir())
        }

    before = sessions()
    page = Page(browser, address)
    page.upload("corner.png", corner_picture(126.0))
    page.cells(int(corner_grid().sum()))
    assert len(sessions() - before) == 1
    page.page.close()
    for _ in range(100):
        if not sessions() - before:
            break
        time.sleep(0.3)
    assert sessions() - before == set()
