"""Runs: one parent a pipeline run, a child a category; what is there already is left alone."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, Run, RunTag

from img2vox.tracking.entry import Entry, flat_numbers
from img2vox.tracking.provenance import hash_of, is_gone, this_process
from img2vox.tracking.store import Store

KEY_TAG = "img2vox.key"
FIT_KEY_TAG = "img2vox.fit_key"
PROCESS_TAG = "img2vox.process"
CURRENT_TAG = "current"
PARENT_TAG = "mlflow.parentRunId"
SYSTEM_PREFIX = "system/"  # MLflow's own, of metrics that say nothing about the network
_BATCH = 800  # metrics a request; MLflow takes 1,000 of metrics, params and tags together


@dataclass(frozen=True)
class Pipeline:
    """What the runs of one delivery have in common.

    Attributes:
        key: names the parent run; equal keys are one parent. A hash of what is delivered and of params, so that a
            delivery that was cut off goes on under the same parent, on any machine.
        protocol: "standard" or "paper".
        params: dotted key of params.yaml -> value.
        tags: of parent and children, such as the commit.
        numbers: over all categories, for the parent.
        files: tables and reports, for the parent.
        figures: directory of charts, for the parent.
    """

    key: str
    protocol: str
    params: Mapping[str, object]
    tags: Mapping[str, str]
    numbers: Mapping[str, float]
    files: Sequence[Path]
    figures: Path

    @property
    def common(self) -> dict[str, str]:
        """Tags of parent and children."""
        return {
            **self.tags,
            "protocol": self.protocol,
            "params_hash": hash_of(self.params),
            "mlflow.source.name": "dvc.yaml",
            "mlflow.source.type": "PROJECT",
            PROCESS_TAG: this_process(),
        }


def finished_runs(store: Store) -> dict[str, Run]:
    """The finished runs of all deliveries by key, in one request or a few."""
    return {run.data.tags[KEY_TAG]: run for run in store.runs(f"tags.`{KEY_TAG}` != '' AND status = 'FINISHED'")}


def begin_parent(store: Store, pipeline: Pipeline) -> str:
    """The pipeline's parent run, found or made; call end_run when its children are there."""
    with store.locked():
        tags = {**pipeline.common, KEY_TAG: pipeline.key, "dvc_stage": "register"}
        found = store.runs(f"tags.`{KEY_TAG}` = '{pipeline.key}'")
        if found and found[0].info.status == "FINISHED":
            return str(found[0].info.run_id)
        if found:
            run = found[0]
        else:
            name = f"{pipeline.protocol} pipeline"
            run = store.client.create_run(store.experiment_id, tags=tags, run_name=name)
        _log(store, run, _at_step(run, 0, pipeline.numbers), pipeline.params, tags)
        _log_files(store, run, pipeline.files, pipeline.figures)
    return str(run.info.run_id)


def end_run(store: Store, run_id: str, end_ms: int | None = None) -> None:
    """Mark a run as finished, now unless said otherwise."""
    store.client.set_terminated(run_id, "FINISHED", end_ms)


def log_entry(store: Store, entry: Entry, parent_id: str, pipeline: Pipeline) -> str:
    """The run of one category: found, completed where its training logged live, or made. Call it under the lock.

    A run that an earlier delivery left half logged goes to MLflow's trash and is logged anew.

    Returns:
        Its id.
    """
    for run in store.runs(f"tags.`{KEY_TAG}` = '{entry.key}'"):
        if run.info.status == "FINISHED":
            return str(run.info.run_id)
        store.client.delete_run(run.info.run_id)
    tags = {**pipeline.common, **_entry_tags(entry, parent_id)}
    params = {**pipeline.params, **_entry_params(entry)}
    live, missing = _live_run(store, entry, params)
    if live is None:
        run = store.client.create_run(store.experiment_id, tags={**tags, KEY_TAG: entry.key}, run_name=entry.slug)
    else:
        run = live
    rows = [metric for row in missing for metric in _epoch(run, row)]
    _log(store, run, rows + _at_step(run, 0, flat_numbers(entry.metrics)), params, tags)
    _log_inputs(store, run, entry)
    _log_files(store, run, entry.files, entry.figures)
    # Last, so that a run that has the key and is finished has everything.
    store.client.set_tag(run.info.run_id, KEY_TAG, entry.key)
    end_run(store, run.info.run_id, run.info.end_time)  # a training that logged live ended earlier
    return str(run.info.run_id)


def mark_current(store: Store, entries: Sequence[Entry], protocol: str) -> None:
    """Tag the runs of this revision, and no other of the protocol, so that a filter in the UI shows these alone."""
    keys = {entry.key for entry in entries}
    for run in store.runs(f"tags.protocol = '{protocol}' AND tags.slug != '' AND tags.`{KEY_TAG}` != ''"):
        current = str(run.data.tags[KEY_TAG] in keys).lower()
        if run.data.tags.get(CURRENT_TAG) != current:
            store.client.set_tag(run.info.run_id, CURRENT_TAG, current)


def close_abandoned(store: Store) -> int:
    """End as KILLED the runs that a process of this host began and can no longer finish.

    Returns:
        How many there were.
    """
    abandoned = [
        run
        for run in store.runs(f"tags.`{PROCESS_TAG}` != '' AND status = 'RUNNING'")
        if is_gone(run.data.tags[PROCESS_TAG])
    ]
    for run in abandoned:
        store.client.set_terminated(run.info.run_id, "KILLED")
    return len(abandoned)


def _entry_params(entry: Entry) -> dict[str, object]:
    """What tells one category from another; charts and parallel coordinates know params and metrics, but no tags."""
    return {"category": entry.label, "capacity": entry.capacity, "network": entry.kind}


def _entry_tags(entry: Entry, parent_id: str) -> dict[str, str]:
    # The joint network that comes with the project is no work of this pipeline run.
    tags = {} if entry.is_shipped else {PARENT_TAG: parent_id}
    tags |= {
        "category": entry.label,
        "slug": entry.slug,
        "synset": entry.synset,
        "capacity": entry.capacity,
        "network": entry.kind,
        "convention": str(entry.metrics["convention"]),
        "network_md5": entry.network_md5,
        "dvc_stage": entry.dvc_stage,
        CURRENT_TAG: "true",
    }
    if entry.inputs:
        tags["inputs_hash"] = hash_of(entry.inputs)
    if entry.fit_key is not None:  # as a run that was logged live has it, so that a rebuilt one says the same
        tags[FIT_KEY_TAG] = entry.fit_key
    return tags


def _live_run(
    store: Store, entry: Entry, expected: Mapping[str, object]
) -> tuple[Run | None, Sequence[Mapping[str, float]]]:
    """The run in which an entry's training logged its epochs, if it did, and the epochs that are not in it."""
    conditions = [f"tags.network_md5 = '{entry.network_md5}'"]
    if entry.fit_key is not None:
        conditions.append(f"tags.`{FIT_KEY_TAG}` = '{entry.fit_key}'")
    for condition in conditions:
        for run in store.runs(f"{condition} AND tags.slug = '{entry.slug}'"):
            tags, params = run.data.tags, run.data.params
            delivered = FIT_KEY_TAG not in tags or KEY_TAG in tags
            busy = run.info.status == "RUNNING" and not is_gone(tags.get(PROCESS_TAG, ""))
            other_params = any(str(expected.get(key)) != value for key, value in params.items())
            if delivered or busy or other_params:
                continue
            missing = _missing_epochs(store, run, entry.history)
            if missing is not None:
                return run, missing
    return None, entry.history


def _missing_epochs(
    store: Store, run: Run, history: Sequence[Mapping[str, float]]
) -> Sequence[Mapping[str, float]] | None:
    """Epochs of a history that a run does not have; None when it has others, and so is of another training."""
    logged: dict[int, dict[str, float]] = {}
    for name in run.data.metrics:
        if name.startswith(SYSTEM_PREFIX):
            continue
        for metric in store.client.get_metric_history(run.info.run_id, name):
            logged.setdefault(metric.step, {})[name] = metric.value
    # What an earlier, unfinished completion wrote stands at step 0 and is written again.
    logged.pop(0, None)
    expected = {int(row["epoch"]): {name: row[name] for name in row if name != "epoch"} for row in history}
    if any(values.items() - expected.get(step, {}).items() for step, values in logged.items()):
        return None
    return [row for row in history if logged.get(int(row["epoch"])) != expected[int(row["epoch"])]]


def _epoch(run: Run, row: Mapping[str, float]) -> list[Metric]:
    return _at_step(run, int(row["epoch"]), {name: value for name, value in row.items() if name != "epoch"})


def _at_step(run: Run, step: int, numbers: Mapping[str, float]) -> list[Metric]:
    """Metrics at the time when the run began, so that the same one twice is one."""
    return [Metric(name, value, run.info.start_time, step) for name, value in numbers.items()]


def _log(
    store: Store, run: Run, metrics: Sequence[Metric], params: Mapping[str, object], tags: Mapping[str, str]
) -> None:
    given = [Param(key, str(value)) for key, value in params.items()]
    noted = [RunTag(key, value) for key, value in tags.items()]
    for start in range(0, max(len(metrics), 1), _BATCH):
        store.client.log_batch(run.info.run_id, metrics[start : start + _BATCH], given, noted)
        given, noted = [], []


def _log_inputs(store: Store, run: Run, entry: Entry) -> None:
    """The files that the training read, as datasets with the MD5 under which DVC has them."""
    context = [InputTag("mlflow.data.context", "training")]
    datasets = [
        DatasetInput(Dataset(Path(path).name, md5, "dvc", json.dumps({"path": path, "md5": md5})), context)
        for path, md5 in entry.inputs.items()
    ]
    if datasets:
        store.client.log_inputs(run.info.run_id, datasets)


def _log_files(store: Store, run: Run, files: Sequence[Path], figures: Path) -> None:
    for path in files:
        store.client.log_artifact(run.info.run_id, str(path))
    if figures.is_dir():
        store.client.log_artifacts(run.info.run_id, str(figures), "figures")
