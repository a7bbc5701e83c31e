"""Spool files of live trainings (live.py) -> MLflow runs. Doing it twice, or in two processes at once, adds nothing."""

import contextlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlflow.entities import Metric

from img2vox.errors import RegistryError
from img2vox.files import write_text
from img2vox.tracking.live import TROUBLE
from img2vox.tracking.provenance import is_gone
from img2vox.tracking.runs import FIT_KEY_TAG, KEY_TAG, PROCESS_TAG
from img2vox.tracking.store import STORE_ERRORS, Store, first_line, open_store

log = logging.getLogger(__name__)

Message = Mapping[str, Any]


@dataclass
class _Followed:
    """How far one spool file has been carried over.

    Attributes:
        run_id: where to.
        epochs: that the run has.
        lines: of the file that are done; the first one is the run itself.
    """

    run_id: str
    epochs: set[int] = field(default_factory=set)
    lines: int = 1


class Spool:
    """The spool files of a project."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._stores: dict[tuple[str, str], Store] = {}
        self._followed: dict[Path, _Followed] = {}

    def someone_trains(self) -> bool:
        """Whether a training that has a spool file lives."""
        firsts = [messages[0] for path in self._files() if (messages := _read(path))]
        return any("process" in first and not is_gone(first["process"]) for first in firsts)

    def carry_over(self) -> bool:
        """Carry over what is new, and remove the files of trainings that have ended.

        What MLflow refuses stays for the next time; why is in trouble.txt.

        Returns:
            Whether a training lives.
        """
        trouble, alive = "", False
        for path in self._files():
            try:
                alive |= self._carry_file(path)
            except (KeyError, TypeError, ValueError) as error:
                log.warning("%s: no spool of a training (%r); removed", path, error)
                path.unlink(missing_ok=True)
            except (RegistryError, *STORE_ERRORS) as error:
                alive |= self.someone_trains()
                trouble = first_line(error)
        self._say(trouble)
        return alive

    def _files(self) -> list[Path]:
        return sorted(self._directory.glob("*.jsonl"))

    def _carry_file(self, path: Path) -> bool:
        messages = _read(path)
        if not messages:
            return False
        first = messages[0]
        gone = is_gone(first["process"])
        if gone:
            messages = _read(path)  # its last words may have come in between
        followed = self._followed.get(path)
        store = self._store(first)
        if followed is None:
            followed = self._followed[path] = _begin(store, first)
        ended = False
        for message in messages[followed.lines :]:
            _carry_message(store, followed, message)
            ended |= "status" in message
            followed.lines += 1
        if gone and not ended:
            store.client.set_terminated(followed.run_id, "KILLED")
        if gone or ended:
            path.unlink(missing_ok=True)
            del self._followed[path]
        return not gone and not ended

    def _store(self, first: Message) -> Store:
        key = (first["root"], first["experiment"])
        if key not in self._stores:
            self._stores[key] = open_store(Path(first["root"]), first["experiment"])
        return self._stores[key]

    def _say(self, trouble: str) -> None:
        path = self._directory / TROUBLE
        try:
            if trouble:
                write_text(path, trouble + "\n")
            else:
                path.unlink(missing_ok=True)
        except OSError as error:  # full or gone; nobody can be told
            log.warning("%s: %s", path, error)


def _read(path: Path) -> Sequence[Message]:
    """The whole lines of a spool file; a training that was killed, or a full disk, may leave half a line."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:  # another process has carried it over
        return []
    messages = []
    for line in text.split("\n")[:-1]:
        with contextlib.suppress(ValueError):
            messages.append(json.loads(line))
    return [message for message in messages if isinstance(message, dict)]


def _begin(store: Store, first: Message) -> _Followed:
    """The run of this training, found or made, and the epochs that it has."""
    fit_key, slug, process = first["fit_key"], first["slug"], first["process"]
    with store.locked():
        for run in store.runs(f"tags.`{FIT_KEY_TAG}` = '{fit_key}' AND tags.slug = '{slug}'"):
            run_id = str(run.info.run_id)
            if KEY_TAG not in run.data.tags:
                if run.data.tags.get(PROCESS_TAG) != process:  # killed and begun again
                    store.client.set_tag(run_id, PROCESS_TAG, process)
                    store.client.update_run(run_id, status="RUNNING")
                history = store.client.get_metric_history(run_id, "val_loss") if "val_loss" in run.data.metrics else []
                return _Followed(run_id, {metric.step for metric in history})
        tags = {**first["tags"], FIT_KEY_TAG: fit_key, "slug": slug, PROCESS_TAG: process}
        run = store.client.create_run(store.experiment_id, first["time_ms"], tags, slug)
        return _Followed(str(run.info.run_id))


def _carry_message(store: Store, followed: _Followed, message: Message) -> None:
    client, run_id = store.client, followed.run_id
    if "row" in message:
        row = message["row"]
        epoch = int(row["epoch"])
        if epoch not in followed.epochs:
            numbers = {name: value for name, value in row.items() if name != "epoch"} | message.get("system", {})
            # Stamped by the training: MLflow keeps one of two equal metrics of one moment.
            metrics = [Metric(name, value, message["time_ms"], epoch) for name, value in numbers.items()]
            client.log_batch(run_id, metrics=metrics)
            followed.epochs.add(epoch)
    if "status" in message:
        client.set_terminated(run_id, message["status"], message.get("time_ms"))
