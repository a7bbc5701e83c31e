"""Categories on the machines of a Ray cluster: a task each, in a clone of its own at the same commit.

A task is `img2vox repro CATEGORY --pull --push`: what it reads and writes goes through the DVC remote, and what is
there already is taken over. So a task that is tried again, a cluster that dies, or a head that is started again repeats
the chains that had not ended and no other. Through Ray go the repository as a git bundle, what this clone's dvc.lock
say, and the last lines of what failed; keys for the remote are the nodes' own.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from img2vox.config import Params
from img2vox.errors import PipelineError
from img2vox.jobs.chains import (
    FILES,
    NEEDS_ALL,
    Chain,
    chains_of,
    fetch_target,
    is_pretrained_anew,
    only_changed,
    watch_targets,
)
from img2vox.jobs.repro import changed_stages, raise_for
from img2vox.jobs.runner import Failure, Runner, StoppedError
from img2vox.jobs.shares import JOBS_OF_A_GPU, dearest_first, memory_of_training_gb
from img2vox.jobs.view import View
from img2vox.paths import Paths

_RETRIES = 2  # of a task whose machine or process has gone
_POLL_S = 0.5
_PATIENCE_S = 90.0  # with tasks that are to end
_LINES_OF_A_FAILURE = 60
# Tracked files that stages and DVC write; every other change is not in the commit, and nodes would not have it.
_WRITTEN = ("dvc.lock", ".gitignore", "metrics.json", "comparison.csv")
# A killed task must not go on training beside its second try: its program is asked to end when the task is gone.
_PROGRAM = f"""
import ctypes, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, {signal.SIGTERM:d})  # PR_SET_PDEATHSIG
from img2vox.cli import main
main()
"""


def run(address: str, slugs: Sequence[str], params: Params, paths: Paths) -> None:
    """Run the chains of categories on a cluster, and here what needs all of them.

    Args:
        address: "auto", the cluster that this machine belongs to; host:port of its head; "local": this machine alone.
        slugs: these categories and nothing that needs all of them; empty: all.
        params: of the protocol.
        paths: of the protocol.

    Raises:
        ParamsError: no such category.
        PipelineError: Ray, the remote or a commit is missing, or some categories failed; the others are done.
        StoppedError: by a signal; what was pushed stays.
    """
    for slug in slugs:
        params.synset(slug)
    if is_pretrained_anew(paths):
        raise PipelineError(NEEDS_ALL)
    repository = _bundle(paths.root)
    ray = _connect(address)
    try:
        runner = Runner(paths.root, pulled=True)
        with runner.hearing_signals():  # after Ray has put handlers of its own
            fetch, chains = fetch_target(params), chains_of(slugs or params.categories)
            if watching := watch_targets(params):
                runner.repro("--single-item", *watching)
            runner.repro("--single-item", fetch)
            runner.alone("--wait-for-lock", "push", fetch)
            todo = dearest_first(only_changed(chains, changed_stages(runner, fetch)), params, paths)
            resources = _resources(params, [node["Resources"] for node in ray.nodes() if node["Alive"]])
            chain = ray.remote(_chain).options(max_retries=_RETRIES, **resources)
            sent = (ray.put(repository), _prefix(paths.root), _locks(paths.root, fetch))
            failures = _gather(ray, {chain.remote(*sent, each.slug): each.slug for each in todo}, runner)
            _bring_home(runner, chains, failures, part=bool(slugs))
            raise_for(failures, [each.slug for each in chains])
    finally:
        ray.shutdown()


def _connect(address: str) -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_task_oom_retries", str(_RETRIES))  # else a chain that is too large is tried for ever
    try:
        import ray
    except ImportError as error:
        raise PipelineError('--ray needs Ray; run `pip install "img2vox[ray]"` here and on every node') from error
    try:
        if address not in ("auto", "local"):  # Ray itself looks for minutes
            host, _, port = address.rpartition(":")
            socket.create_connection((host, int(port)), timeout=10).close()
        ray.init(address, log_to_driver=False, logging_level="ERROR")
    except (OSError, ValueError, RuntimeError) as error:
        raise PipelineError(
            f"--ray is {address!r}, and no Ray cluster answers there ({error}); start one with `ray start --head`, or "
            "use local"
        ) from error
    return ray


def _bundle(root: Path) -> bytes:
    """The repository at this commit, as `git clone` takes it."""
    written = [f":(top,exclude,glob)**/{name}" for name in _WRITTEN]
    changed = _git(root, "status", "--porcelain", "--untracked-files=no", "--", ":(top)", *written).decode()
    if changed:
        raise PipelineError(
            f"{changed.splitlines()[0][3:]}: changed since the last commit, which is what nodes have; commit it first"
        )
    return _git(root, "bundle", "create", "--quiet", "-", "HEAD")


def _prefix(root: Path) -> str:
    """Where params.yaml is, seen from the top of the repository."""
    return _git(root, "rev-parse", "--show-prefix").decode().strip()


def _git(root: Path, *arguments: str) -> bytes:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=False)
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise PipelineError(f"`git {' '.join(arguments)}` failed: {said}; --ray needs a git clone with a commit")
    return done.stdout


def _locks(root: Path, fetch: str) -> dict[str, bytes]:
    """What DVC recorded here, `fetch` above all: path, seen from `root` -> content."""
    names = {name.replace(".yaml", ".lock") for name in (*FILES, fetch.partition(":")[0])}
    return {name: (root / name).read_bytes() for name in names if (root / name).is_file()}


def _resources(params: Params, nodes: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """What a chain asks of a node; one with fewer cores than `train.threads` is taken whole."""
    most = {name: max(node.get(name, 0.0) for node in nodes) for name in ("CPU", "GPU", "memory")}
    memory_gb = memory_of_training_gb(params)
    if most["memory"] < memory_gb * 1e9:
        raise PipelineError(
            f"a training takes {memory_gb:g} GB, but no node has more than {most['memory'] / 1e9:.1f} GB; add "
            "a larger node, or tell `ray start` its memory with --memory"
        )
    return {
        "num_cpus": min(params.train.threads, most["CPU"]),
        "num_gpus": 1 / JOBS_OF_A_GPU if most["GPU"] else 0,
        "memory": int(memory_gb * 1e9),
    }


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
            ray.wait(list(pending), num_returns=len(pending), timeout=_PATIENCE_S)
            raise
        for task in ended:
            slug = pending.pop(task)
            try:
                code, lines = ray.get(task)
            except ray.exceptions.RayError as error:
                code, lines = 1, str(error).splitlines()
            if code:
                failures.append(Failure(slug, "a node"))
                view.failed(0, slug, "a node", lines)
            else:
                view.done(0, slug)
    return failures


def _chain(repository: bytes, prefix: str, locks: Mapping[str, bytes], slug: str) -> tuple[int, list[str]]:
    """On a node: one category's chain in a clone that is removed again; exit code and last lines."""
    with tempfile.TemporaryDirectory(prefix="img2vox-chain-") as directory:
        bundle, clone, said = (Path(directory) / name for name in ("bundle", "clone", "said"))
        bundle.write_bytes(repository)
        subprocess.run(["git", "clone", "--quiet", bundle, clone], check=True)
        for name, data in locks.items():
            (clone / prefix / name).write_bytes(data)
        env = {**os.environ, "PYTHONPATH": str(clone / "src")}
        env.pop("OMP_NUM_THREADS", None)  # of Ray: other numbers of threads give other last bits
        with said.open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, "repro", slug, "--jobs", "1", "--pull", "--push"],
                cwd=clone / prefix,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            while process.poll() is None:
                time.sleep(_POLL_S)  # and no wait(), which ray.cancel would not get through
        finally:
            process.terminate()
            process.wait()
        return process.returncode, said.read_text("utf-8", "replace").splitlines()[-_LINES_OF_A_FAILURE:]


def _bring_home(runner: Runner, chains: Sequence[Chain], failures: Sequence[Failure], *, part: bool) -> None:
    """Take over what nodes have pushed; where all are done, run what needs all of them."""
    failed = {failure.slug for failure in failures}
    done = [target for chain in chains if chain.slug not in failed for target in chain.targets]
    if not part and not failures:
        runner.repro()
    elif done:
        runner.repro("--single-item", *done)
