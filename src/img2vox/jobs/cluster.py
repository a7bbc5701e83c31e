"""Categories on the machines of a Ray cluster: a task each, in a clone of its own at the same commit.

What a task reads and writes goes through the DVC remote, and what is there already is taken over. So a task that is
tried again, a cluster that dies, or a head that is started again repeats the chains that had not ended and no other.
Through Ray go the repository as a git bundle, what this clone's params.yaml and dvc.lock say of the category, and the
last lines of what failed; keys for the remote are the nodes' own.
"""

import logging
import os
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from img2vox.config import Params
from img2vox.errors import PipelineError
from img2vox.jobs import node
from img2vox.jobs.chains import (
    NEEDS_ALL,
    Chain,
    chains_of,
    fetch_target,
    is_pretrained_anew,
    only_changed,
    watch_targets,
)
from img2vox.jobs.one_category import OneCategory
from img2vox.jobs.repro import changed_stages, raise_for
from img2vox.jobs.runner import FAILED, Failure, Runner, StoppedError
from img2vox.jobs.shares import dearest_first, memory_of_training_gb
from img2vox.jobs.view import View
from img2vox.paths import Paths

_ANSWER_S = 10.0
_POLL_S = 0.5
_PATIENCE_S = 90.0  # with tasks that are to end; they give DVC less, see runner.py
# Tracked files that stages and DVC write; every other change is not in the commit, and nodes would not have it.
_WRITTEN = ("dvc.lock", ".gitignore", "metrics.json", "comparison.csv", "source.csv")

log = logging.getLogger(__name__)


def run(address: str, slugs: Sequence[str], params: Params, paths: Paths) -> None:
    """Run the chains of categories on a cluster, and here what needs all of them.

    Args:
        address: "auto", the cluster that this machine belongs to; host:port of its head; "local": this machine alone.
        slugs: these categories and nothing that needs all of them; empty: all.
        params: of the protocol.
        paths: of the protocol.

    Raises:
        ParamsError: no such category.
        PipelineError: Ray, a remote or a commit is missing, no node is large enough, or some categories failed; the
            others are done.
        StoppedError: by a signal; what was pushed stays.
    """
    for slug in slugs:
        params.synset(slug)
    if is_pretrained_anew(paths):
        raise PipelineError(NEEDS_ALL)
    commit = committed(paths.root)
    repository = bundle(paths.root)
    ray = _connect(address, params.compute.retries)
    try:
        asked = _resources(params, [found["Resources"] for found in ray.nodes() if found["Alive"]])
        runner = Runner(paths.root, pulled=True)
        with runner.hearing_signals():  # after Ray has put handlers of its own
            fetch, chains = fetch_target(params), chains_of(slugs or params.categories)
            if watching := watch_targets(params):
                runner.repro("--single-item", *watching)
            runner.repro("--single-item", fetch)
            changed = changed_stages(runner, fetch)
            todo = dearest_first(only_changed(chains, changed), params, paths)
            _push_what_is_here(runner, fetch, chains, todo)
            prefix = _git(paths.root, "rev-parse", "--show-prefix").decode().strip()
            sent, narrowed = ray.put(repository), OneCategory(paths.root, fetch)
            run_chain = ray.remote(max_retries=params.compute.retries, **asked)(node.run_chain)
            tasks = {
                run_chain.options(name=slug).remote(sent, prefix, narrowed.files(slug), slug): slug
                for slug in (chain.slug for chain in todo)
            }
            failures = _gather(ray, tasks, runner)
            require_commit(paths.root, commit)
            _bring_home(runner, chains, failures, part=bool(slugs))
            raise_for(failures, [each.slug for each in chains])
            if slugs:
                log.info("done: %s", ", ".join(slugs))
    finally:
        ray.shutdown()


def committed(root: Path) -> str:
    """The commit that is checked out.

    Raises:
        PipelineError: tracked files that no stage writes differ from it, or there is none.
    """
    written = [f":(top,exclude,glob)**/{name}" for name in _WRITTEN]
    changed = _git(root, "status", "--porcelain", "--untracked-files=no", "--", ":(top)", *written).decode()
    if changed:
        raise PipelineError(
            f"{changed.splitlines()[0][3:]}: changed since the last commit, which is what nodes have; commit it first"
        )
    return _git(root, "rev-parse", "HEAD").decode().strip()


def require_commit(root: Path, commit: str) -> None:
    """Refuse to write what nodes did at one commit into another.

    Raises:
        PipelineError: another commit is checked out, or see committed.
    """
    if committed(root) != commit:
        raise PipelineError(
            f"HEAD is not {commit[:12]} any more, which nodes have worked at; the remote has what they did: "
            "check that commit out again and repeat the command"
        )


def bundle(root: Path) -> bytes:
    """The repository at this commit, as `git clone` takes it."""
    top = Path(_git(root, "rev-parse", "--show-toplevel").decode().removesuffix("\n"))
    return _git(top, "bundle", "create", "--quiet", "-", "HEAD")  # below the top, git would write a file of that name


def _git(root: Path, *arguments: str) -> bytes:
    try:
        return subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", b"").decode("utf-8", "replace").strip() or error
        raise PipelineError(
            f"`git {' '.join(arguments)}` failed: {said}; --ray needs a git clone with a commit"
        ) from error


def _connect(address: str, retries: int) -> Any:
    """Ray, connected."""
    if os.name != "posix":
        raise PipelineError("--ray needs Linux or macOS, here and on every node; use --jobs")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_task_oom_retries", str(retries))  # else a chain that is too large is tried for ever
    try:
        import ray
    except ImportError as error:
        raise PipelineError('--ray needs Ray; run `pip install "img2vox[ray]"` here and on every node') from error
    if address == "auto":
        address = os.environ.get("RAY_ADDRESS", address)
    try:
        if address not in ("auto", "local"):  # Ray itself looks for minutes
            host, _, port = address.rpartition(":")
            socket.create_connection((host, int(port)), timeout=_ANSWER_S).close()
        ray.init(address, log_to_driver=False, logging_level="ERROR")
    except (OSError, ValueError, RuntimeError) as error:
        raise PipelineError(
            f"--ray is {address!r}, and no Ray cluster answers there ({error}); start one with `ray start --head`, or "
            "use local"
        ) from error
    return ray


def _resources(params: Params, nodes: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """What a chain asks of a node: a GPU where one that is large enough has some; at most the cores of the largest."""
    memory = int(memory_of_training_gb(params) * 1e9)
    large = [found for found in nodes if found.get("memory", 0.0) >= memory and found.get("CPU", 0.0) >= 1]
    if not large:
        most = max(found.get("memory", 0.0) for found in nodes)
        raise PipelineError(
            f"a training asks for a core and {memory / 1e9:g} GB, but no node has both, none over {most / 1e9:.1f} GB; "
            "add a larger node, tell `ray start` its memory with --memory, or set compute.training_gb in params.yaml"
        )
    with_gpu = [found for found in large if found.get("GPU")]
    return {
        "num_cpus": min(params.train.threads, max(found["CPU"] for found in with_gpu or large)),
        "num_gpus": params.compute.training_gpus if with_gpu else 0,
        "memory": memory,
    }


def _push_what_is_here(runner: Runner, fetch: str, chains: Sequence[Chain], todo: Sequence[Chain]) -> None:
    """The meshes, and what comes before the first changed stage of a chain: nodes then take these over."""
    cut = {chain.slug: len(chain.targets) for chain in todo}
    before = [target for chain in chains if chain.slug in cut for target in chain.targets[: -cut[chain.slug]]]
    runner.alone("--wait-for-lock", "push", fetch, *before)


def _gather(ray: Any, pending: dict[Any, str], runner: Runner) -> list[Failure]:
    """Wait for all tasks; a signal ends them."""
    view, failures = View(len(pending)), []
    while pending:
        ended, _ = ray.wait(list(pending), timeout=_POLL_S)
        try:
            runner.check_signals()
        except StoppedError:
            for task in pending:
                ray.cancel(task)
            end = time.monotonic() + _PATIENCE_S
            while pending and time.monotonic() < end:
                for task in ray.wait(list(pending), timeout=_POLL_S)[0]:
                    del pending[task]
                runner.check_signals()  # asked again: chains end once their workers have gone with us
            raise
        for task in ended:
            slug = pending.pop(task)
            try:
                code, lines = ray.get(task)
            except ray.exceptions.RayError as error:
                code, lines = 1, str(error).splitlines()
            if code:
                address = next((match[1] for line in lines if (match := FAILED.search(line))), "a node")
                failures.append(Failure(slug, address))
                view.failed(0, slug, address, lines)
            else:
                view.done(0, slug)
    return failures


def _bring_home(runner: Runner, chains: Sequence[Chain], failures: Sequence[Failure], *, part: bool) -> None:
    """Take over what nodes have pushed; where all are done, run what needs all of them."""
    failed = {failure.slug for failure in failures}
    done = [target for chain in chains if chain.slug not in failed for target in chain.targets]
    if not part and not failures:
        runner.repro()
    elif done:
        runner.repro("--single-item", *done)
