"""The process behind live.py: messages from a training on standard input, into one MLflow run.

One JSON object a line: first the run's name and tags, then {"row": ...} for each epoch, {"tags": ...}, and at last
{"status": ...}. When the input ends without it, the training was killed, and so is the run.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mlflow.entities import Metric

from img2vox.errors import RegistryError
from img2vox.tracking.provenance import this_process
from img2vox.tracking.runs import FIT_KEY_TAG, KEY_TAG, PROCESS_TAG
from img2vox.tracking.store import STORE_ERRORS, Store, first_line, open_store


def main() -> None:
    """Follow one training to its end. MLflow's troubles are one line on stderr, never a traceback."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the training, which then says how it ended
    if hasattr(os, "nice"):
        os.nice(10)
    try:
        # A training that is killed may leave half a line.
        follow(json.loads(line) for line in sys.stdin if line.endswith("\n"))
    except (RegistryError, *STORE_ERRORS) as error:
        sys.stderr.write(f"MLflow: live logging stopped ({first_line(error)}); `img2vox register` delivers the run\n")


def follow(messages: Iterable[Mapping[str, Any]]) -> None:
    """Log messages until they end; see the module's docstring for what they are."""
    stream = iter(messages)
    first = next(stream, None)
    if first is None:
        return
    store = open_store(Path(first["root"]), first["experiment"])
    run_id, logged = _begin(store, first)
    status = "KILLED"
    try:
        for message in stream:
            if "row" in message:
                _log_row(store, run_id, message["row"], logged)
            for name, value in message.get("tags", {}).items():
                store.client.set_tag(run_id, name, value)
            status = message.get("status", status)
    finally:
        store.client.set_terminated(run_id, status)


def _begin(store: Store, first: Mapping[str, Any]) -> tuple[str, set[int]]:
    """The run of this training, found or made, and the epochs that it has."""
    fit_key, slug = first["fit_key"], first["slug"]
    with store.locked():
        for run in store.runs(f"tags.`{FIT_KEY_TAG}` = '{fit_key}' AND tags.slug = '{slug}'"):
            run_id = str(run.info.run_id)
            if KEY_TAG not in run.data.tags:
                store.client.set_tag(run_id, PROCESS_TAG, this_process())
                store.client.update_run(run_id, status="RUNNING")
                history = store.client.get_metric_history(run_id, "val_loss") if "val_loss" in run.data.metrics else []
                return run_id, {metric.step for metric in history}
        tags = {**first["tags"], FIT_KEY_TAG: fit_key, "slug": slug, PROCESS_TAG: this_process()}
        run = store.client.create_run(store.experiment_id, tags=tags, run_name=slug)
        return str(run.info.run_id), set()


def _log_row(store: Store, run_id: str, row: Mapping[str, float], logged: set[int]) -> None:
    step = int(row["epoch"])
    if step in logged:
        return
    now_ms = time.time_ns() // 1_000_000
    metrics = [Metric(name, value, now_ms, step) for name, value in row.items() if name != "epoch"]
    store.client.log_batch(run_id, metrics=metrics)
    logged.add(step)


if __name__ == "__main__":
    main()
