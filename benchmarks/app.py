"""The browser demo: how long a picture takes, beside the authors' way; under load and under attack.

    python benchmarks/app.py                      all of it; writes benchmarks/results/app.json at its end
    python benchmarks/app.py --part load          one part, or some; what the others wrote stays

    part      numbers
    answers   predict_ms_residual, predict_ms_low: from a file's bytes to the four files of its answer, warm, median
              over the photos; threshold_ms: the four files again at another threshold; authors_way_ms*: load the
              network, predict, write an OBJ of twelve triangles a cell; authors_way_ratio*: that / ours, in turn
    high      the same of the paper's large network, which needs 8 GB of memory and 2.3 GB of disk
    start     first_prediction_s: from starting the process to the first answer over HTTP, median of three
    page      page_ms, page_threshold_ms: what the page waits for over HTTP, alone on the server, until it has the GLB;
              browser_s: from choosing a file to its shape on the screen, in Chromium, WebGL drawn in software
    load      users who send a photo, look, move the threshold and look, two seconds each; turntables off
    hostile   answers with a traceback, or a server that is gone, over 500 hostile uploads and calls

`low` and `high` are untrained: their time does not depend on their weights. What they see is noise, half of all cells;
a chair of boxes takes its place, in ours and in the authors' way alike.
"""

import argparse
import asyncio
import contextlib
import gc
import io
import json
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil

import process_tree
from common import RESULTS, ROOT, write_results

sys.path.insert(0, str(ROOT))  # the demo and its tests' helpers stand beside the package

from tests.app.hostile import calls, uploads
from tests.app.server import serve

from img2vox.config import load_params
from img2vox.evaluation.metrics import fill
from img2vox.paths import JOINT, Paths
from img2vox.serving.offer import Offer, joint_offer
from img2vox.serving.result import FORMATS, Look, result_file
from img2vox.serving.service import PrepareHow, Service

PHOTOS = sorted(path for path in (ROOT / "app" / "photos").iterdir() if path.suffix in (".png", ".jpg"))
DOWNLOADS = [format for format in FORMATS if format != "ply"]
THINKING_S = 2.0
# What the demo has to keep on two cores.
AT_MOST = {
    "predict_ms_residual": 200,
    "predict_ms_low": 200,
    "predict_ms_high": 1500,
    "threshold_ms": 80,
    "first_prediction_s": 10,
    "load_errors": 0,
    "load_p95_s": 5,
    "hostile_crashes": 0,
}

Numbers = dict[str, float | int | None]


# In this process, without a server


def answers(options: argparse.Namespace) -> Numbers:
    """Ours and the authors' way, of the network that comes with the project and of the paper's small one."""
    with project_service() as (service, directory):
        residual = joint_offer(service.params, service.paths)
        low = untrained("low", directory)
        make_it_answer_a_chair(service, low)
        return {
            "predict_ms_residual": answer_ms(service, residual, options.repetitions),
            "predict_ms_low": answer_ms(service, low, options.repetitions),
            "threshold_ms": threshold_ms(service, residual, options.repetitions),
            **beside_the_authors(service, residual, options.repetitions, ""),
            **beside_the_authors(service, low, options.repetitions, "_low"),
        }


def high(options: argparse.Namespace) -> Numbers:
    """The same of the paper's large network, with fewer repetitions: the authors' way loads 2.3 GB each time."""
    with project_service() as (service, directory):
        offer = untrained("high", directory)
        make_it_answer_a_chair(service, offer)
        return {
            "predict_ms_high": answer_ms(service, offer, options.repetitions),
            **beside_the_authors(service, offer, max(1, options.repetitions // 8), "_high"),
        }


@contextlib.contextmanager
def project_service() -> Iterator[tuple[Service, Path]]:
    """This project's service, and a directory for networks that is removed."""
    with tempfile.TemporaryDirectory() as scratch:
        yield Service(load_params(ROOT / "params.yaml"), Paths(ROOT), Path(scratch)), Path(scratch)


def untrained(kind: str, directory: Path) -> Offer:
    """One of the paper's networks, saved in a directory."""
    from img2vox.learning.network_file import save_network
    from img2vox.learning.networks import build_network

    path = directory / f"{kind}.keras"
    network = build_network(kind, 128, 32, seed=1)
    save_network(network, path)
    del network
    gc.collect()
    return Offer(kind, kind, kind, kind, "paper", 1, None, 0.5, 255, kind, str(path), path.stat().st_size)


def make_it_answer_a_chair(service: Service, offer: Offer) -> None:
    """Let a loaded network predict as ever, and return a chair."""
    network = service.networks.get(offer.network_md5, lambda: Path(offer.source)).network
    predict, chair = network.predict_on_batch, chair_of_boxes()[None, ..., None]

    def predict_a_chair(pixels: Any) -> Any:
        predict(pixels)
        return chair

    network.predict_on_batch = predict_a_chair


def chair_of_boxes() -> np.ndarray:
    """(32, 32, 32) float32 occupancy of a seat, a back and four legs."""
    occupancy = np.full((32, 32, 32), 0.05, dtype=np.float32)
    occupancy[6:26, 12:15, 6:26] = occupancy[6:26, 15:30, 6:9] = 0.9
    for x in (6, 23):
        for z in (6, 23):
            occupancy[x : x + 3, 1:12, z : z + 3] = 0.8
    return occupancy


def answer_ms(service: Service, offer: Offer, repetitions: int) -> float:
    """Median milliseconds from a file's bytes to the four files of an answer; each photo once before."""

    def answer(photo: Path) -> None:
        found = service.answer_with(offer, service.prepare(photo.read_bytes(), photo.name, PrepareHow()))
        for format in DOWNLOADS:
            result_file(found, Look(found.threshold, "blocks", "plain"), format)

    for photo in PHOTOS:
        answer(photo)
    return statistics.median(ms(answer, PHOTOS[number % len(PHOTOS)]) for number in range(repetitions))


def threshold_ms(service: Service, offer: Offer, repetitions: int) -> float:
    """Median milliseconds of the four files at another threshold, in every style and colouring in turn."""
    photo = next(path for path in PHOTOS if path.name == "teapot.png")  # sure enough for high thresholds
    answer = service.answer_with(offer, service.prepare(photo.read_bytes(), photo.name, PrepareHow()))

    def redraw(look: Look) -> None:
        for format in DOWNLOADS:
            result_file(answer, look, format)

    looks = [
        Look(
            0.2 + 0.6 * number / repetitions, ("blocks", "smooth")[number % 2], ("plain", "confidence")[number // 2 % 2]
        )
        for number in range(repetitions)
    ]
    redraw(looks[0])
    return statistics.median(ms(redraw, look) for look in looks)


def beside_the_authors(service: Service, offer: Offer, repetitions: int, suffix: str) -> Numbers:
    """Medians of their milliseconds and of theirs / ours, one after the other, the same network in both."""

    def ours(photo: Path) -> None:
        answer = service.answer_with(offer, service.prepare(photo.read_bytes(), photo.name, PrepareHow()))
        result_file(answer, Look(answer.threshold, "blocks", "plain"), "obj")

    theirs_ms, ratios = [], []
    for number in range(repetitions):
        photo = PHOTOS[number % len(PHOTOS)]
        theirs_ms.append(ms(authors_way, offer, photo))
        ratios.append(theirs_ms[-1] / ms(ours, photo))
    return {
        f"authors_way_ms{suffix}": statistics.median(theirs_ms),
        f"authors_way_ratio{suffix}": statistics.median(ratios),
    }


def authors_way(offer: Offer, photo: Path) -> bytes:
    """Load the model, predict, write an OBJ, as the paper's application does for every picture."""
    import keras
    from PIL import Image

    network = keras.saving.load_model(offer.source, compile=False)
    pixels = np.asarray(Image.open(photo).convert("L").resize((128, 128)))
    occupancy = network.predict(pixels[None, ..., None], verbose=0)[0, ..., 0]
    return twelve_triangles_a_cell(fill(occupancy if offer.protocol != "paper" else chair_of_boxes(), offer.threshold))


def twelve_triangles_a_cell(grid: np.ndarray) -> bytes:
    """OBJ of a (R, R, R) bool grid, every filled cell a cube of its own, one cell wide."""
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


def ms(function: Callable[..., object], *arguments: object) -> float:
    """Milliseconds of one call."""
    start = time.perf_counter()
    function(*arguments)
    return 1000 * (time.perf_counter() - start)


# Over HTTP, as the page does


@dataclass
class User:
    """Somebody with the page open; sends what the page sends, to the events that the page has."""

    client: httpx.AsyncClient
    random: random.Random
    session: str
    config: dict[str, Any] = field(default_factory=dict)

    async def open(self) -> None:
        """Load the page, which asks what networks there are."""
        self.config = (await self.client.get("/config")).json()
        await self.send("refresh", [None, None])

    async def predict(self, photo: Path) -> None:
        """Send a photo and fetch the GLB of its answer."""
        sent = await self.client.post("/gradio_api/upload", files={"files": (photo.name, photo.read_bytes())})
        sent.raise_for_status()
        file = {"path": sent.json()[0], "meta": {"_type": "gradio.FileData"}}
        data = await self.send("answer_picture", [file, "any", True, True, "blocks", "plain"])
        await self.fetch(data[5])

    async def move_threshold(self) -> None:
        """Have the same answer drawn at another threshold, and fetch its GLB."""
        threshold = round(self.random.uniform(0.04, 0.3), 2)
        await self.fetch((await self.send("redraw", [None, threshold, "blocks", "plain"]))[0])

    async def send(self, name: str, data: list[Any]) -> list[Any]:
        """What an event's handler returns.

        Raises:
            RuntimeError: it failed.
        """
        (number,) = (event["id"] for event in self.config["dependencies"] if event["api_name"] == name)
        body = {"data": data, "fn_index": number, "session_hash": self.session}
        (await self.client.post("/gradio_api/queue/join", json=body)).raise_for_status()
        query = {"session_hash": self.session}
        async with self.client.stream("GET", "/gradio_api/queue/data", params=query) as stream:
            async for line in stream.aiter_lines():
                message = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
                if message.get("msg") == "process_completed":
                    if not message["success"]:
                        raise RuntimeError(str(message["output"]))
                    return list(message["output"]["data"])
        raise RuntimeError(f"{name}: the server hung up")

    async def fetch(self, viewer: dict[str, Any]) -> None:
        """The GLB that a viewer is told to show."""
        answer = await self.client.get(viewer["value"]["url"])
        if not answer.content.startswith(b"glTF"):
            raise RuntimeError(f"no GLB but {answer.content[:80]!r}")


@contextlib.asynccontextmanager
async def user(address: str, number: int) -> AsyncIterator[User]:
    """One who has yet to open the page."""
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        yield User(client, random.Random(number), f"user {number}")


@contextlib.contextmanager
def running() -> Iterator[tuple[str, psutil.Process]]:
    """The demo in a process of its own, with the joint network; ready."""
    with tempfile.TemporaryDirectory() as scratch:
        paths = Paths(Path(scratch))
        shutil.copy(ROOT / "params.yaml", scratch)
        shutil.copytree(Paths(ROOT).category(JOINT), paths.category(JOINT))
        with serve(paths.root) as (address, process):
            yield address, psutil.Process(process.pid)


def start(_: argparse.Namespace) -> Numbers:
    """From starting the process until the first user has the first GLB."""

    async def first(address: str) -> None:
        async with user(address, 0) as somebody:
            await somebody.open()
            await somebody.predict(PHOTOS[0])

    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        with running() as (address, _):
            asyncio.run(first(address))
            seconds.append(time.perf_counter() - began)
    return {"first_prediction_s": statistics.median(seconds)}


def page(options: argparse.Namespace) -> Numbers:
    """One user, alone on the server: over HTTP, and in a browser."""

    async def waits(address: str) -> tuple[list[float], list[float]]:
        predicted, moved = [], []
        async with user(address, 0) as somebody:
            await somebody.open()
            for number in range(-1, options.repetitions):
                began = time.perf_counter()
                await somebody.predict(PHOTOS[number % len(PHOTOS)])
                between = time.perf_counter()
                await somebody.move_threshold()
                predicted.append(1000 * (between - began))
                moved.append(1000 * (time.perf_counter() - between))
        return predicted[1:], moved[1:]

    with running() as (address, _):
        predicted, moved = asyncio.run(waits(address))
        return {
            "page_ms": statistics.median(predicted),
            "page_threshold_ms": statistics.median(moved),
            "browser_s": browser_seconds(address, 5),
        }


def browser_seconds(address: str, repetitions: int) -> float | None:
    """Median from choosing a file until its shape is seen; None where there is no Chromium."""
    if shutil.which("chromium") is None:
        return None
    from tests.browser import look_at, open_browser, share_of_shape

    times = []
    with open_browser() as browser:
        for _ in range(repetitions):
            tab = browser.new_page(viewport={"width": 1400, "height": 1000})
            tab.goto(address)
            tab.wait_for_function("document.querySelector('#network input')?.value.startsWith('any object')")
            began = time.perf_counter()
            tab.locator("#picture input[type=file]").first.set_input_files(str(PHOTOS[0]))
            canvas = tab.locator("#model canvas")
            canvas.wait_for()
            while share_of_shape(look_at(canvas)) < 0.02:
                tab.wait_for_timeout(20)
            times.append(time.perf_counter() - began)
            tab.close()
    return statistics.median(times)


def load(options: argparse.Namespace) -> Numbers:
    """Many users at once; seconds from a click to the GLB, and how the server's memory grows."""
    with running() as (address, process):
        return asyncio.run(loaded(address, process, options.users, options.seconds))


async def loaded(address: str, process: psutil.Process, users: int, seconds: float) -> Numbers:
    """The same at a running demo."""
    until = time.monotonic() + seconds
    took: dict[str, list[float]] = {"open": [], "predict": [], "move": []}
    errors: list[str] = []
    memory_mb: list[float] = []

    async def timed(name: str, doing: Coroutine[Any, Any, None]) -> None:
        began = time.perf_counter()
        try:
            await doing
        except (httpx.HTTPError, RuntimeError) as error:
            errors.append(repr(error))
        took[name].append(time.perf_counter() - began)
        await asyncio.sleep(THINKING_S)

    async def live(number: int) -> None:
        await asyncio.sleep(random.Random(number).uniform(0, 2 * THINKING_S))
        async with user(address, number) as somebody:
            await timed("open", somebody.open())
            while time.monotonic() < until:
                await timed("predict", somebody.predict(somebody.random.choice(PHOTOS)))
                await timed("move", somebody.move_threshold())

    async def watch() -> None:
        while time.monotonic() < until:
            memory_mb.append(process_tree.memory_mb(process))
            await asyncio.sleep(1)

    await asyncio.gather(watch(), *(live(number) for number in range(users)))
    for error in errors[:3]:
        print(error)
    everything = took["predict"] + took["move"]  # opening the page counts for its errors alone
    part = max(1, len(memory_mb) // 6)
    return {
        "load_users": users,
        "load_seconds": seconds,
        "load_requests": len(everything),
        "load_errors": len(errors),
        "load_median_s": statistics.median(everything),
        "load_p95_s": float(np.quantile(everything, 0.95)),
        "load_predict_p95_s": float(np.quantile(took["predict"], 0.95)),
        "load_memory_mb": max(memory_mb),
        # From the second third's begin, when everybody has come, to the end.
        "load_memory_growth_mb": statistics.median(memory_mb[-part:])
        - statistics.median(memory_mb[len(memory_mb) // 3 :][:part]),
    }


def hostile(options: argparse.Namespace) -> Numbers:
    """Answers with a traceback, and 1 more where the server is gone."""
    with running() as (address, _), httpx.Client(base_url=address, timeout=60) as client:

        def call(name: str, data: object) -> str:
            answer = client.post(f"/gradio_api/call/{name}", json={"data": data})
            if answer.status_code != 200:
                return answer.text
            return client.get(f"/gradio_api/call/{name}/{answer.json()['event_id']}").text

        said = []
        for name, data in uploads(options.hostile):
            answer = client.post("/gradio_api/upload", files={"files": (name, data, "image/png")})
            said.append(answer.text)
            if answer.status_code == 200:
                file = {"path": answer.json()[0], "meta": {"_type": "gradio.FileData"}}
                said.append(call("predict", [file, "any", 0, "blocks", "plain", True, True]))
        said += [call(name, data) for name, data in calls()]
        crashes = sum("Traceback" in text for text in said)
        return {
            "hostile_uploads": options.hostile,
            "hostile_crashes": crashes + (client.get("/health").json()["status"] != "ok"),
        }


PARTS = {function.__name__: function for function in (answers, start, page, load, hostile, high)}


def table(numbers: dict[str, Any]) -> str:
    """The numbers, one a line, beside what they have to keep."""
    lines = [f"{'number':28} {'measured':>10}   at most"]
    for name, value in numbers.items():
        if isinstance(value, int | float):
            limit = AT_MOST.get(name)
            kept = "" if limit is None else f"{limit:8g}   {'' if value <= limit else 'ABOVE IT'}"
            lines.append(f"{name:28} {value:10.4g}   {kept}".rstrip())
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", nargs="+", choices=PARTS, help="these alone")
    parser.add_argument("--repetitions", type=int, default=24)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=120.0, help="of load")
    parser.add_argument("--hostile", type=int, default=500, help="uploads")
    parser.add_argument("--output", type=Path, default=RESULTS / "app.json")
    options = parser.parse_args()
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    kept = json.loads(options.output.read_text(encoding="utf-8")) if options.part and options.output.is_file() else {}
    numbers: Numbers = {}
    for name in options.part or PARTS:
        print(f"{name} ...", flush=True)
        numbers |= PARTS[name](options)
    path = write_results("app", numbers, options.output, others=kept)
    print(table(json.loads(path.read_text(encoding="utf-8"))))


if __name__ == "__main__":
    main()
