"""`img2vox repro`: what changed, many categories at once, with the result of a plain `dvc repro`."""

import json
import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from img2vox.config import Params
from img2vox.errors import PipelineError
from img2vox.jobs import sharing
from img2vox.jobs.chains import (
    FILES,
    NEEDS_ALL,
    PRETRAIN,
    Chain,
    chains_of,
    fetch_target,
    is_pretrained_anew,
    only_changed,
    only_prepare,
    watch_targets,
)
from img2vox.jobs.runner import Failure, Runner
from img2vox.jobs.shares import costs_of, dearest_first, shard_of
from img2vox.jobs.view import view_of
from img2vox.paths import Paths

log = logging.getLogger(__name__)


def run(
    params: Params,
    paths: Paths,
    jobs: int,
    gpus: Sequence[str],
    slugs: Sequence[str],
    shard: str | None,
    *,
    pulled: bool,
    pushed: bool,
) -> None:
    """Fetch, run the chains of the categories in parallel, and then what needs all of them.

    Args:
        params: of the protocol.
        paths: of the protocol.
        jobs: chains at once.
        gpus: names of those that the chains share.
        slugs: these categories and nothing that needs all of them; empty: all.
        shard: "I/N": a part of the categories and nothing that needs all of them; None: all.
        pulled: whether to take from the remote what is there, and run the rest.
        pushed: whether the results go to the remote, for whoever pulls.

    Raises:
        ParamsError: no such category.
        PipelineError: some categories failed, the others are done; or DVC itself did.
        StoppedError: by a signal; nothing runs any more, and the next call goes on.
    """
    for slug in slugs:
        params.synset(slug)
    part = bool(slugs) or shard is not None
    slugs = list(slugs or params.categories)
    if shard is not None:
        slugs = shard_of(slugs, shard, costs_of(slugs, params.data.source))
    pretrained_anew = is_pretrained_anew(paths)
    if pretrained_anew and part:
        raise PipelineError(NEEDS_ALL)
    runner = Runner(paths.root, gpus, pulled)
    with runner.hearing_signals():
        fetch, chains = fetch_target(params), chains_of(slugs)
        if watching := watch_targets(params):
            runner.repro("--single-item", *watching)
        changed = changed_stages(runner, fetch)
        if fetch in changed:
            # A part that pulls needs its own archives, not all.
            own = [str(paths.raw_archive(params.synset(slug))) for slug in slugs]
            if not (part and pulled and not _has_other_inputs(changed, fetch) and _are_pulled(runner, own)):
                runner.repro("--single-item", fetch)
            changed = changed_stages(runner, fetch)
        if pretrained_anew:
            raise_for(_run_changed(runner, only_prepare(chains), changed, jobs, params, paths), slugs)
            runner.repro(PRETRAIN)
            changed = changed_stages(runner, fetch)
        failures = _run_changed(runner, chains, changed, jobs, params, paths)
        if not part and not failures:
            runner.repro()
        if pushed:
            failed = {failure.slug for failure in failures}
            sharing.push(runner, [chain for chain in chains if chain.slug not in failed], paths)
        raise_for(failures, slugs)
    if part:
        log.info("done: %s", ", ".join(slugs) or "no category")


def changed_stages(runner: Runner, fetch: str) -> dict[str, list[Any]]:
    """Addresses of the stages that DVC would run, each seen by itself, and why it would, in its words."""
    text = "\n".join(runner.alone("--wait-for-lock", "status", "--json", *FILES, fetch, shown=False))
    found: dict[str, list[Any]] = json.loads(text[text.index("\n{") + 1 if "\n{" in text else text.index("{") :])
    return found


def _has_other_inputs(changed: Mapping[str, list[Any]], address: str) -> bool:
    """Whether more has changed of a stage than that its outputs are not here."""
    return any("changed outs" not in reason for reason in changed.get(address, []))


def _are_pulled(runner: Runner, files: Sequence[str]) -> bool:
    """Bring files to what dvc.lock says of them; whether the remote, or DVC's cache, has them."""
    if files:
        try:
            runner.alone("--wait-for-lock", "pull", *files)
        except PipelineError as error:
            log.warning("%s; the meshes are fetched instead", error)
            return False
    return True


def _run_changed(
    runner: Runner, chains: Sequence[Chain], changed: Collection[str], jobs: int, params: Params, paths: Paths
) -> list[Failure]:
    todo = dearest_first(only_changed(chains, changed), params, paths)
    if not todo:
        return []
    jobs = min(jobs, len(todo))
    log.info("%d of %d categories to do, %d at once", len(todo), len(chains), jobs)
    view = view_of(len(todo), jobs)
    try:
        return runner.run(todo, jobs, view)
    finally:
        view.close()


def raise_for(failures: Sequence[Failure], slugs: Sequence[str]) -> None:
    """Name the failed ones of all categories, if there are any, in a PipelineError."""
    if failures:
        names = ", ".join(f"{failure.slug} at {failure.address}" for failure in failures)
        raise PipelineError(
            f"{len(failures)} of {len(slugs)} categories failed: {names}; why stands above. The others are done, what "
            "needs all categories waits; when it is mended, the same command does the rest"
        )
