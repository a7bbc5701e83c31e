"""What the page's events and the named endpoints call: components' values in, components' values out."""

import csv
import functools
import io
import logging
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from img2vox.errors import ImageError, Img2VoxError
from img2vox.evaluation.metrics import iou
from img2vox.predict import read_file
from img2vox.serving.answer import Answer
from img2vox.serving.examples import EXAMPLES, show_example
from img2vox.serving.familiar import read_familiar
from img2vox.serving.offer import ANY_OBJECT
from img2vox.serving.result import Look, facts, file_name, result_file
from img2vox.serving.service import PrepareHow, Service
from img2vox.serving.session_files import SessionFiles
from img2vox.serving.turntable import turntable
from img2vox.upload import Prepared

DOWNLOADS = ("obj", "glb", "stl", "npy")
MOST_PICTURES = 32  # in one zip
_ELEVATION_DEG = 22.0
_RADIUS = 2.1  # of the viewer's camera, in sides of the grid
_UNFAMILIAR = (
    "This picture is unlike those that the networks were trained on (single objects, rendered gray before white): the "
    "answer may mean little."
)

log = logging.getLogger("img2vox.app")


def shown(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Our own errors as they are, in the page and to programs; anything else logged, and one sentence."""

    @functools.wraps(handler)
    def answered(*arguments: Any, **named: Any) -> Any:
        try:
            return handler(*arguments, **named)
        except Img2VoxError as error:
            raise gr.Error(str(error), title="This does not work", print_exception=False) from None
        except gr.Error:
            raise
        except Exception:
            log.exception("%s failed", handler.__name__)
            message = "Something went wrong here, and was logged. Try again, or another picture."
            raise gr.Error(message, title="Our mistake", print_exception=False) from None

    return answered


class Handlers:
    """Handlers with the service that they ask and the files that they leave."""

    def __init__(self, service: Service, files: SessionFiles) -> None:
        self.service, self.files = service, files

    # The page

    @shown
    def refresh(self, group: str | None, key: str | None) -> tuple[Any, Any]:
        """Choices of group and network as the registry has them now; what was chosen stays where it can."""
        offers = self.service.offers()
        groups = list(dict.fromkeys(offer.group for offer in offers.values()))
        group = group if group in groups else (groups[0] if groups else None)
        return gr.update(choices=groups, value=group), self._networks_of(group, key)

    @shown
    def choose_group(self, group: str | None) -> Any:
        """Networks of a group."""
        return self._networks_of(group, None)

    def _networks_of(self, group: str | None, key: str | None) -> Any:
        choices = [(offer.label, offer.key) for offer in self.service.offers().values() if offer.group == group]
        keys = [value for _, value in choices]
        return gr.update(choices=choices, value=key if key in keys else (keys[0] if keys else None))

    @shown
    def all_networks(self, first: str | None, second: str | None) -> tuple[Any, Any]:
        """Choices of the compare view: every network, two different ones where there are two."""
        choices = [(offer.label, offer.key) for offer in self.service.offers().values()]
        keys = [value for _, value in choices]
        first = first if first in keys else (keys[0] if keys else None)
        second = second if second in keys else (keys[min(1, len(keys) - 1)] if keys else None)
        return gr.update(choices=choices, value=first), gr.update(choices=choices, value=second)

    @shown
    def answer_picture(
        self,
        picture: str | None,
        key: str,
        remove_background: bool,
        center: bool,
        style: str,
        coloring: str,
        request: gr.Request,
    ) -> tuple[Any, ...]:
        """A picture on the page: what the network sees, its answer at its own threshold, and what there is to say."""
        if picture is None:
            return None, None, None, "", gr.update(), *self._no_result()
        started = time.perf_counter()
        prepared = self._prepare(picture, PrepareHow(remove_background, center))
        prepared_ms = _ms_since(started)
        answer = self.service.answer(key, prepared)
        predicted_ms = _ms_since(started) - prepared_ms
        look = Look(answer.threshold, style, coloring)
        result = self._result(answer, look, started, request)
        log.info(
            "predicted",
            extra={"network": key, "prepare_ms": prepared_ms, "predict_ms": predicted_ms, "all_ms": _ms_since(started)},
        )
        notes = "\n".join(f"- {note}" for note in [*prepared.notes, *_warnings(answer, self.service)])
        mask = prepared.mask_picture()
        return answer, mask, _enlarged(answer.pixels), notes, gr.update(value=look.threshold), *result

    @shown
    def redraw(
        self, answer: Answer | None, threshold: float, style: str, coloring: str, request: gr.Request
    ) -> tuple[Any, ...]:
        """The same answer at another threshold, in another style or colour; nothing is predicted again."""
        if answer is None:
            return self._no_result()
        return self._result(answer, Look(threshold, style, coloring), time.perf_counter(), request)

    @shown
    def turn(self, answer: Answer | None, threshold: float, style: str, request: gr.Request) -> str:
        """PyVista's own rendering, turning once."""
        if answer is None:
            raise ImageError("Choose a picture first: there is nothing to turn yet")
        path = self.files.new_set(_session(request)) / "turntable.webp"
        path.write_bytes(turntable(answer, Look(threshold, style, "plain")))
        return str(path)

    @shown
    def compare(
        self, picture: str | None, first: str, second: str, style: str, request: gr.Request
    ) -> tuple[Any, Any, str]:
        """Two networks on one picture, each at its own threshold."""
        if picture is None:
            return None, None, ""
        prepared = self._prepare(picture, PrepareHow())
        answers = [self.service.answer(key, prepared) for key in (first, second)]
        grids = [answer.grid(answer.threshold) for answer in answers]
        agree = float(iou(grids[0], grids[1]))
        lines = [
            f"- **{answer.offer.label}**: {int(grid.sum()):,} cells at {answer.threshold:.2f}, "
            f"its own guess at its IoU {answer.expected_iou:.2f}"
            for answer, grid in zip(answers, grids, strict=True)
        ]
        lines.append(f"- The two answers overlap by an IoU of {agree:.2f}.")
        views = [self._view(answer, Look(answer.threshold, style, "plain"), request) for answer in answers]
        return views[0], views[1], "\n".join(lines)

    @shown
    def held_out(self, number: int | None, whose: str, style: str, request: gr.Request) -> tuple[Any, ...]:
        """A test object: its picture, a network's answer, the truth, and the training shape nearest to the truth.

        Args:
            number: of the example.
            whose: "any" for the joint network, else the one of the object's own category.
            style: blocks or smooth.
            request: of whom.
        """
        if number is None:
            return None, None, None, None, ""
        params, paths = self.service.params, self.service.paths
        example = EXAMPLES[number]
        known = show_example(example, params, paths)
        key = whose if whose == ANY_OBJECT else example.slug
        answer = self.service.answer(key, self.service.prepare(known.picture, example.label, PrepareHow()))
        look, known_look = Look(answer.offer.threshold, style, "plain"), Look(0.5, style, "plain")
        found = float(iou(answer.grid(look.threshold), known.truth))
        truth, nearest = (
            replace(answer, occupancy=grid.astype(np.float32), azimuth_deg=known.azimuth_deg)
            for grid in (known.truth, known.nearest)
        )
        text = (
            f"**{answer.offer.label}** reaches an IoU of **{found:.2f}** with the truth (at its threshold of "
            f"{look.threshold:.2f}). The training shape nearest to the truth, {known.nearest_name}, reaches "
            f"{known.nearest_iou:.2f}: no picture tells which one that is."
        )
        return (
            _enlarged(answer.pixels),
            self._view(answer, look, request),
            self._view(truth, known_look, request),
            self._view(nearest, known_look, request),
            text,
        )

    def leave(self, request: gr.Request) -> None:
        """Remove the files of somebody who closed the page."""
        self.files.forget(_session(request))

    # Named endpoints

    @shown
    def list_models(self) -> list[dict[str, Any]]:
        """Networks that can be asked, the joint one ("any") first, then the registered ones of the fifty categories."""
        return [
            {
                "network": offer.key,
                "label": offer.label,
                "group": offer.group,
                "kind": offer.kind,
                "protocol": offer.protocol,
                "trained_on": offer.trained_on,
                "test_iou": offer.test_iou,
                "threshold": offer.threshold,
                "size_bytes": offer.size_bytes,
                "network_md5": offer.network_md5,
            }
            for offer in self.service.offers().values()
        ]

    @shown
    def predict_files(
        self,
        picture: str | None,
        network: str,
        threshold: float | None,
        style: str,
        coloring: str,
        remove_background: bool,
        center: bool,
        request: gr.Request,
    ) -> tuple[str, str, str, str, dict[str, Any]]:
        """One picture of an object to a 3-D shape: OBJ, GLB, STL, the voxel grid as NPY, and facts about it.

        Args:
            picture: PNG, JPG or WebP of one object, best on a plain or transparent background.
            network: key of a network, see list_models; "any" answers any object.
            threshold: cells above it are filled, between 0 and 1; 0 takes the network's own.
            style: blocks or smooth.
            coloring: plain or confidence.
            remove_background: cut the object from a plain background.
            center: frame the object as in training.
        """
        if picture is None:
            raise ImageError("picture: is missing; send a PNG, JPG or WebP file")
        started = time.perf_counter()
        answer = self.service.answer(network, self._prepare(picture, PrepareHow(remove_background, center)))
        look = Look(threshold or answer.threshold, style, coloring)
        obj, glb, stl, npy = self._write(answer, look, DOWNLOADS, request)
        return obj, glb, stl, npy, {**facts(answer, look), "milliseconds": _ms_since(started)}

    @shown
    def zip_files(
        self,
        pictures: Sequence[str] | None,
        network: str,
        format: str,
        style: str,
        request: gr.Request,
        progress: Any = gr.Progress(),  # noqa: B008 - Gradio finds it by its default
    ) -> tuple[str, str]:
        """Several pictures to one zip: a file each, and results.csv with a line each, also for those that failed."""
        if not pictures:
            raise ImageError("pictures: there are none; choose up to 32 PNG, JPG or WebP files")
        if len(pictures) > MOST_PICTURES:
            raise ImageError(f"pictures: {len(pictures)} are more than {MOST_PICTURES}; send them in parts")
        path = self.files.new_set(_session(request)) / "img2vox.zip"
        rows: list[tuple[object, ...]] = []
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for number, picture in enumerate(progress.tqdm(pictures, desc="Predicting", unit="pictures"), start=1):
                name = f"{number:02d}_{_plain_name(picture)}"
                try:
                    answer = self.service.answer(network, self._prepare(picture, PrepareHow()))
                    look = Look(answer.threshold, style, "plain")
                    archive.writestr(f"{name}_{file_name(answer, look, format)}", result_file(answer, look, format))
                    found = facts(answer, look)
                    rows.append((name, network, found["threshold"], found["cells"], found["expected_iou"], ""))
                except Img2VoxError as error:
                    rows.append((name, network, "", "", "", str(error)))
            stream = io.StringIO()
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(("picture", "network", "threshold", "cells", "expected_iou", "error"))
            writer.writerows(rows)
            archive.writestr("results.csv", stream.getvalue())
        failed = sum(bool(row[-1]) for row in rows)
        return str(path), f"{len(rows) - failed} of {len(rows)} pictures answered" + (
            "; see results.csv for the others." if failed else "."
        )

    # What they share

    def _prepare(self, picture: str, how: PrepareHow) -> Prepared:
        path = Path(picture)
        return self.service.prepare(read_file(path, self.service.limits.size_bytes), path.name[-60:], how)

    def _result(self, answer: Answer, look: Look, started: float, request: gr.Request) -> tuple[Any, ...]:
        """View, facts and the four downloads."""
        paths = self._write(answer, look, DOWNLOADS, request)
        found = facts(answer, look)
        x, y, z = found["extents"]
        text = (
            f"**{found['cells']:,}** cells filled; {x:.2f} wide, {y:.2f} high, {z:.2f} deep (sides of the grid); seen "
            f"from {found['azimuth_deg']:.0f}°; the network's own guess at its IoU: {found['expected_iou']:.2f}; "
            f"{_ms_since(started)} ms"
        )
        buttons = [gr.update(value=path, interactive=True) for path in paths]
        return _model(paths[DOWNLOADS.index("glb")], answer), text, *buttons

    def _view(self, answer: Answer, look: Look, request: gr.Request) -> Any:
        return _model(self._write(answer, look, ("glb",), request)[0], answer)

    def _no_result(self) -> tuple[Any, ...]:
        return gr.update(value=None), "", *[gr.update(value=None, interactive=False) for _ in DOWNLOADS]

    def _write(self, answer: Answer, look: Look, formats: Sequence[str], request: gr.Request) -> list[str]:
        contents = {format: result_file(answer, look, format) for format in formats}
        directory = self.files.new_set(_session(request))
        paths = []
        for format, content in contents.items():
            path = directory / file_name(answer, look, format)
            path.write_bytes(content)
            paths.append(str(path))
        return paths


def _model(path: str, answer: Answer) -> Any:
    """The viewer's new file, seen from where the picture was: Babylon's alpha runs from +X toward +Z."""
    return gr.update(value=path, camera_position=(90.0 - answer.azimuth_deg, 90.0 - _ELEVATION_DEG, _RADIUS))


def _warnings(answer: Answer, service: Service) -> list[str]:
    notes = []
    if answer.offer.background == service.params.bundle.background and answer.pixels.shape[0] >= 32:
        notes += [] if read_familiar().is_familiar(answer.pixels) else [_UNFAMILIAR]
    if answer.is_unsure:
        notes.append(
            f"The network is unsure. It is shown at {answer.threshold:.2f}, where it expects the best overlap itself, "
            f"instead of {answer.offer.threshold:.2f}."
        )
    return notes


def _enlarged(pixels: Any) -> Image.Image:
    """The network's picture at twice its size, pixel by pixel: browsers blur small ones."""
    picture = Image.fromarray(pixels)
    return picture.resize((picture.width * 2, picture.height * 2), Image.Resampling.NEAREST)


def _plain_name(picture: str) -> str:
    """A sent file's name without what could mean something in an archive."""
    kept = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in Path(picture).stem)
    return kept[:40] or "picture"


def _session(request: gr.Request | None) -> str:
    return (request.session_hash if request is not None else None) or "no session"


def _ms_since(started: float) -> int:
    return round(1000 * (time.perf_counter() - started))
