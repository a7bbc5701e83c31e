"""Everything that one revision has for MLflow, delivered once: what is there already is left alone."""

import logging
from collections.abc import Sequence
from typing import Any

from img2vox.errors import RegistryError
from img2vox.tracking.entry import Entry
from img2vox.tracking.gate import Gate
from img2vox.tracking.registry import Registered, is_settled, read_registry, register_network, registered_facts
from img2vox.tracking.runs import (
    Pipeline,
    begin_parent,
    close_abandoned,
    end_run,
    finished_runs,
    log_entry,
    mark_current,
)
from img2vox.tracking.store import STORE_ERRORS, Store, first_line

log = logging.getLogger(__name__)


def register_all(store: Store, entries: Sequence[Entry], pipeline: Pipeline, gate: Gate) -> dict[str, Any]:
    """Log every category's run and register its network; twice adds nothing.

    New children go under the pipeline's parent; a category that has not changed since an earlier delivery keeps its
    run under that one's. The lock is taken for one category at a time, so that trainings that log live go on.

    Args:
        store: open.
        entries: all categories of this revision.
        pipeline: what they have in common.
        gate: what it takes to become champion.

    Returns:
        The receipt: what was registered, without run ids, version numbers or dates, so that every store says the same.

    Raises:
        RegistryError: MLflow refused something or went away; run it again.
    """
    try:
        _deliver(store, entries, pipeline, gate)
    except STORE_ERRORS as error:
        raise RegistryError(
            f"{store.uri}: not everything was delivered ({first_line(error)}); run `img2vox register` again"
        ) from error
    return {"protocol": pipeline.protocol, "categories": registered_facts(entries)}


def _deliver(store: Store, entries: Sequence[Entry], pipeline: Pipeline, gate: Gate) -> None:
    runs, registry = finished_runs(store), read_registry(store)
    missing = [
        entry
        for entry in entries
        if entry.key not in runs or not is_settled(entry, registry.get(entry.model_name, Registered()), gate)
    ]
    parent_id = begin_parent(store, pipeline) if any(entry.key not in runs for entry in missing) else ""
    for entry in missing:
        with store.locked():
            run_id = runs[entry.key].info.run_id if entry.key in runs else log_entry(store, entry, parent_id, pipeline)
            register_network(store, entry, run_id, pipeline, gate)
    if parent_id:
        end_run(store, parent_id)
    mark_current(store, entries, pipeline.protocol)
    closed = close_abandoned(store)
    log.info("register: %d of %d categories were new, %d abandoned runs closed", len(missing), len(entries), closed)
