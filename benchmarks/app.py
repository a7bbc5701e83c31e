"""The browser demo: how long a picture takes on the server, beside the authors' way, under load and under attack.

    predict_ms_*          upload to GLB on the server, warm: the handler's own clock, median over pictures
    threshold_ms          the same answer at another threshold, all four files
    first_prediction_s    from starting the process to the first answer through HTTP
    authors_way_ratio     load the network, predict, write OBJ with twelve triangles a cell: theirs / ours, interleaved
    load_*                users who predict, move the threshold and think for two seconds, over HTTP; turntables off
    hostile_crashes       answers with a traceback, or a server that is gone, over 500 hostile uploads

`low` and `high` are the paper's networks, untrained: their time does not depend on their weights. What they see is
noise, so a chair of boxes takes its place before it is meshed, in ours and in the authors' way alike.
"""

import argparse
import asyncio
import functools
import io
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx
import numpy as np
import psutil

from common import ROOT, write_results

sys.path.insert(0, str(ROOT))  # the demo and its tests' helpers stand beside the package

from tests.app.hostile import calls, uploads
from tests.app.server import serve

from img2vox.config import load_params
from img2vox.evaluation.metrics import fill
from img2vox.paths import JOINT, Paths
from img2vox.serving.offer import Offer
from img2vox.serving.result import Look, result_file
from img2vox.serving.service import PrepareHow, Service

PHOTOS = sorted(path for path in (ROOT / "app" / "photos").iterdir() if path.suffix in (".png", ".jpg"))


def network_offer(kind: str, directory: Path) -> Offer:
    """A network of a kind as an offer; low and high untrained, residual the joint one where it is there."""
    from img2vox.learning.network_file import save_network
    from img2vox.learning.networks import build_network

    path = ROOT / "models" / JOINT / "network.keras"
    if kind != "residual" or not path.is_file():
        path = directory / f"{kind}.keras"
        save_network(build_network(kind, 128, 32, seed=1), path)
    # An untrained network's occupancies lie around one half: half of all cells, the worst that a mesh can be.
    return Offer(kind, kind, kind, "low", "standard", 1, None, 0.5, 255, kind, str(path), path.stat().st_size)


def answer_ms(service: Service, offer: Offer, repeats: int) -> float:
    """Median milliseconds from a file's bytes to the four files of an answer."""
    shape = chair_like()
    times = []
    for number in range(repeats + 1):
        data, name = PHOTOS[number % len(PHOTOS)].read_bytes(), PHOTOS[number % len(PHOTOS)].name
        start = time.perf_counter()
        answer = service.answer_with(offer, service.prepare(data, name, PrepareHow()))
        if offer.kind != "residual" or not 0 < answer.grid(0.5).sum() < 12_000:
            object.__setattr__(answer, "occupancy", shape)  # an untrained network's noise is no shape to mesh
        for format in ("obj", "glb", "stl", "npy"):
            result_file(answer, Look(0.5, "blocks", "plain"), format)
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times[1:])


@functools.cache
def chair_like() -> np.ndarray:
    """(32, 32, 32) occupancy of a seat, a back and four legs."""
    grid = np.full((32, 32, 32), 0.05, dtype=np.float32)
    grid[6:26, 12:15, 6:26] = grid[6:26, 15:30, 6:9] = 0.9
    for x in (6, 23):
        for z in (6, 23):
            grid[x : x + 3, 1:12, z : z + 3] = 0.8
    return grid


def threshold_ms(service: Service, offer: Offer, repeats: int) -> float:
    """Median milliseconds of all four files at another threshold, blocks and smooth in turn."""
    picture = next(path for path in PHOTOS if path.name == "teapot.png")  # sure enough for high thresholds
    answer = service.answer_with(offer, service.prepare(picture.read_bytes(), picture.name, PrepareHow()))
    times = []
    for number in range(repeats):
        look = Look(
            0.2 + 0.6 * number / repeats, ("blocks", "smooth")[number % 2], ("plain", "confidence")[number // 2 % 2]
        )
        start = time.perf_counter()
        for format in ("obj", "glb", "stl", "npy"):
            result_file(answer, look, format)
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def authors_way(offer: Offer, picture: Path) -> bytes:
    """Load the model, predict, write an OBJ with twelve triangles a cell, as the paper's application does."""
    import keras
    from PIL import Image

    network = keras.saving.load_model(offer.source, compile=False)
    pixels = np.asarray(Image.open(picture).convert("L").resize((128, 128)))
    occupancy = network.predict(pixels[None, ..., None], verbose=0)[0, ..., 0]
    grid = fill(occupancy, 0.5) if 0 < fill(occupancy, 0.5).sum() < 12_000 else fill(chair_like(), 0.5)
    corners = [(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)]
    quads = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
    stream = io.StringIO()
    for number, (x, y, z) in enumerate(np.argwhere(grid)):
        for dx, dy, dz in corners:
            stream.write(f"v {x + dx} {y + dy} {z + dz}\n")
        for a, b, c, d in quads:
            first = 8 * number + 1
            stream.write(f"f {first + a} {first + b} {first + c}\nf {first + a} {first + c} {first + d}\n")
    return stream.getvalue().encode()


def authors_ratio(service: Service, offer: Offer, repeats: int) -> float:
    """Median of theirs / ours, one after the other in one process, the network of `offer` in both."""
    ratios = []
    for number in range(repeats + 1):
        picture = PHOTOS[number % len(PHOTOS)]
        start = time.perf_counter()
        authors_way(offer, picture)
        theirs = time.perf_counter() - start
        start = time.perf_counter()
        answer = service.answer_with(offer, service.prepare(picture.read_bytes(), picture.name, PrepareHow()))
        if not 0 < answer.grid(0.5).sum() < 12_000:
            object.__setattr__(answer, "occupancy", chair_like())
        result_file(answer, Look(0.5, "blocks", "plain"), "obj")
        ratios.append(theirs / (time.perf_counter() - start))
    return statistics.median(ratios[1:])


class User:
    """Somebody who uploads a picture, looks at the answer, and thinks."""

    def __init__(self, address: str, until: float, number: int) -> None:
        self.address, self.until, self.random = address, until, random.Random(number)
        self.seconds: list[float] = []
        self.errors: list[str] = []

    async def run(self) -> None:
        """Until the time is over."""
        async with httpx.AsyncClient(base_url=self.address, timeout=60) as client:
            await asyncio.sleep(self.random.uniform(0, 2))
            while time.monotonic() < self.until:
                picture = self.random.choice(PHOTOS)
                start = time.perf_counter()
                try:
                    text = await self._predict(client, picture)
                    if "event: complete" not in text:
                        self.errors.append(text[:300])
                except httpx.HTTPError as error:
                    self.errors.append(repr(error))
                self.seconds.append(time.perf_counter() - start)
                await asyncio.sleep(2.0)

    async def _predict(self, client: httpx.AsyncClient, picture: Path) -> str:
        sent = await client.post("/gradio_api/upload", files={"files": (picture.name, picture.read_bytes())})
        file = {"path": sent.json()[0], "meta": {"_type": "gradio.FileData"}}
        data = [file, "any", round(self.random.uniform(0.2, 0.5), 2), "blocks", "plain", True, True]
        event = (await client.post("/gradio_api/call/predict", json={"data": data})).json()["event_id"]
        async with client.stream("GET", f"/gradio_api/call/predict/{event}") as stream:
            return "".join([part async for part in stream.aiter_text()])


async def load(address: str, process: psutil.Process, users: int, seconds: float) -> dict[str, float | int]:
    """So many users for so long; memory in MB at a third of the time and at its end."""
    until = time.monotonic() + seconds
    everybody = [User(address, until, number) for number in range(users)]
    memory: list[float] = []

    async def watch() -> None:
        while time.monotonic() < until:
            memory.append(process.memory_info().rss / 2**20)
            await asyncio.sleep(1)

    await asyncio.gather(watch(), *(user.run() for user in everybody))
    took = sorted(second for user in everybody for second in user.seconds)
    errors = [error for user in everybody for error in user.errors]
    for error in errors[:3]:
        print(error)
    return {
        "load_users": users,
        "load_seconds": seconds,
        "load_requests": len(took),
        "load_errors": len(errors),
        "load_median_s": took[len(took) // 2],
        "load_p95_s": took[int(0.95 * len(took))],
        "load_memory_growth_mb": memory[-1] - memory[len(memory) // 3],
    }


def hostile(address: str, count: int) -> int:
    """Answers with a traceback, and 1 more where the server is gone."""
    crashes = 0
    with httpx.Client(base_url=address, timeout=60) as client:

        def call(data: object) -> str:
            answer = client.post("/gradio_api/call/predict", json={"data": data})
            if answer.status_code != 200:
                return answer.text
            return client.get(f"/gradio_api/call/predict/{answer.json()['event_id']}").text

        said = []
        for name, data in uploads(count):
            answer = client.post("/gradio_api/upload", files={"files": (name, data, "image/png")})
            if answer.status_code == 200:
                file = {"path": answer.json()[0], "meta": {"_type": "gradio.FileData"}}
                said.append(call([file, "any", 0, "blocks", "plain", True, True]))
        said += [call(data) for name, data in calls() if name == "predict"]
        crashes += sum("Traceback" in text for text in said)
        crashes += client.get("/health").json()["status"] != "ok"
    return crashes


def browser_seconds(address: str, repeats: int) -> float | None:
    """Median from choosing a file to its shape on the screen, in Chromium with WebGL in software; None without it."""
    if shutil.which("chromium") is None:
        return None
    from tests.browser import open_browser

    times = []
    with open_browser() as browser:
        for _ in range(repeats):
            page = browser.new_page(viewport={"width": 1400, "height": 1000})
            page.goto(address)
            page.wait_for_function("document.querySelector('#network input')?.value.startsWith('any object')")
            start = time.perf_counter()
            page.locator("#picture input[type=file]").first.set_input_files(str(PHOTOS[0]))
            page.locator("#facts", has_text="cells filled").wait_for()
            page.locator("#model canvas").wait_for()
            page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            times.append(time.perf_counter() - start)
            page.close()
    return statistics.median(times)


def first_prediction(root: Path, users: int, seconds: float, count: int) -> dict[str, float | int | None]:
    """Start the demo, ask it at once, open it in a browser, load it, attack it."""
    start = time.perf_counter()
    with serve(root, log=root / "app.log") as (address, process):
        with httpx.Client(base_url=address, timeout=60) as client:
            picture = PHOTOS[0]
            sent = client.post("/gradio_api/upload", files={"files": (picture.name, picture.read_bytes())})
            file = {"path": sent.json()[0], "meta": {"_type": "gradio.FileData"}}
            data = [file, "any", 0.3, "blocks", "plain", True, True]
            event = client.post("/gradio_api/call/predict", json={"data": data}).json()["event_id"]
            text = client.get(f"/gradio_api/call/predict/{event}").text
            first = time.perf_counter() - start
            assert "event: complete" in text, text
        shown = browser_seconds(address, 5)
        found: dict[str, float | int | None] = {"first_prediction_s": first, "browser_s": shown}
        found |= asyncio.run(load(address, psutil.Process(process.pid), users, seconds))
        return {
            "first_prediction_s": first,
            **found,
            "hostile_uploads": count,
            "hostile_crashes": hostile(address, count),
        }


def make_project(directory: Path, offer: Offer) -> Path:
    """A project that serves the network of `offer` as the joint one."""
    import json

    paths = Paths(directory)
    paths.category(JOINT).mkdir(parents=True)
    shutil.copy(ROOT / "params.yaml", directory)
    shutil.copy(offer.source, paths.network(JOINT))
    numbers = ROOT / "models" / JOINT / "metrics.json"
    if numbers.is_file():
        shutil.copy(numbers, paths.metrics(JOINT))
    else:
        content = {"network": "residual", "objects": {"train": 1}, "test": {"iou": 0.0}, "threshold": 0.5}
        paths.metrics(JOINT).write_text(json.dumps({**content, "network_md5": "0" * 32}))
    return directory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=24)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=120.0, help="of load")
    parser.add_argument("--hostile", type=int, default=500, help="uploads")
    parser.add_argument("--without-high", action="store_true", help="the paper's large network needs 5 GB of memory")
    options = parser.parse_args()
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    params = load_params(ROOT / "params.yaml")
    numbers: dict[str, float | int | None] = {}
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        service = Service(params, Paths(ROOT), directory)
        residual = network_offer("residual", directory)
        root = make_project(directory / "project", residual)
        numbers |= first_prediction(root, options.users, options.seconds, options.hostile)
        print(numbers, flush=True)
        numbers["predict_ms_residual"] = answer_ms(service, residual, options.repetitions)
        numbers["threshold_ms"] = threshold_ms(service, residual, options.repetitions)
        numbers["authors_way_ratio"] = authors_ratio(service, residual, options.repetitions)
        low = network_offer("low", directory)
        numbers["predict_ms_low"] = answer_ms(service, low, options.repetitions)
        if options.without_high:
            numbers["predict_ms_high"] = None
        else:
            numbers["predict_ms_high"] = answer_ms(service, network_offer("high", directory), options.repetitions // 2)
    print(write_results("app", numbers).read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
