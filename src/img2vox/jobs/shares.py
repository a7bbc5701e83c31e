"""Who does how much: how many chains at once, which categories a shard has, how many chains one DVC process gets."""

import math
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from img2vox.catalog import BY_SLUG
from img2vox.config import Params
from img2vox.errors import PipelineError
from img2vox.jobs.chains import Chain
from img2vox.paths import Paths

# Memory of one training with what stands around it: TensorFlow takes 0.7 GB before the first network; the paper's
# large network peaked at 17.7 GB.
_GB_OF_TRAINING = {"residual": 2.0, "low": 2.0, "high": 19.0}
# What a chain costs beyond its objects, in objects: four processes start for it.
_START_IN_OBJECTS = 30
# One process for several chains, since DVC takes 2 s to start; few, since what has failed begins a new one, and since
# they all are looked up in dvc.yaml before the first one runs.
_MOST_CHAINS_OF_A_PROCESS = 6


def default_jobs(params: Params, cores: int, memory_gb: float, gpus: int) -> int:
    """How many chains at once suit a machine.

    As many trainings as have their `train.threads` to themselves, and one more: it takes the cores that the others
    leave idle while they read, draw, or wait for DVC.

    Args:
        params: of the protocol.
        cores: that may be used.
        memory_gb: that is free.
        gpus: that TensorFlow will train on; 0: it trains on the CPU.
    """
    by_cores = cores // params.train.threads + 1
    by_memory = int(memory_gb // memory_of_training_gb(params))
    by_gpus = gpus * int(1 / params.compute.training_gpus) if gpus else by_cores
    return max(1, min(by_cores, by_memory, by_gpus, len(params.categories)))


def memory_of_training_gb(params: Params) -> float:
    """What one training takes: compute.training_gb, or by the largest network that params.yaml may train."""
    if params.compute.training_gb:
        return params.compute.training_gb
    from_shapenet = params.data.source != "sample"
    kinds = {
        params.train.network_for(slug, BY_SLUG[slug].objects if from_shapenet and slug in BY_SLUG else 0)
        for slug in params.categories
    }
    return max(_GB_OF_TRAINING[kind] for kind in kinds)


def free_memory_gb() -> float:
    """Memory that this process may still take, a container's limit included."""
    free = psutil.virtual_memory().available
    try:
        group = Path("/sys/fs/cgroup")
        limit = int((group / "memory.max").read_text(encoding="ascii"))
        free = min(free, limit - int((group / "memory.current").read_text(encoding="ascii")))
    except (OSError, ValueError):  # no control groups here, or "max": no limit
        pass
    return free / 1e9


def gpus() -> list[str]:
    """Names of the GPUs that TensorFlow will train on, as CUDA_VISIBLE_DEVICES takes them."""
    try:
        version("tensorflow")
    except PackageNotFoundError:
        return []  # tensorflow-cpu
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        names = [name.strip() for name in chosen.split(",")]
        return names[: names.index("-1")] if "-1" in names else [name for name in names if name]
    command = ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout.split()
    except (OSError, subprocess.SubprocessError):
        return []


def shard_of(slugs: Sequence[str], shard: str, costs: Mapping[str, float]) -> list[str]:
    """The categories of one of several equal parts.

    Depends on the list, the costs and the number of parts alone, so that machines that know nothing of each other
    agree: each category is in exactly one part.

    Args:
        slugs: all categories.
        shard: "I/N", I from 1 to N.
        costs: of each category, in any unit.

    Returns:
        In the order of `slugs`.

    Raises:
        PipelineError: not a part of that many.
    """
    number, _, count = shard.partition("/")
    if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise PipelineError(f"--shard is {shard!r}; expected I/N with I from 1 to N, such as 2/4")
    loads = [0.0] * int(count)
    part_of = {}
    # The dearest first, each to the part that has least so far.
    for slug in sorted(slugs, key=lambda slug: (-costs[slug], slug)):
        part = loads.index(min(loads))
        loads[part] += costs[slug]
        part_of[slug] = part
    return [slug for slug in slugs if part_of[slug] == int(number) - 1]


def costs_of(slugs: Iterable[str], source: str) -> dict[str, float]:
    """What each category costs, in objects, from what every machine knows before anything is fetched.

    Args:
        slugs: of the categories.
        source: data.source; the embedded ones are about equal, ShapeNet's are not.
    """
    if source == "sample":
        return dict.fromkeys(slugs, 1.0)
    usual = sorted(category.objects for category in BY_SLUG.values())[len(BY_SLUG) // 2]
    return {slug: _START_IN_OBJECTS + float(BY_SLUG[slug].objects if slug in BY_SLUG else usual) for slug in slugs}


def dearest_first(chains: Sequence[Chain], params: Params, paths: Paths) -> list[Chain]:
    """Sorted by the size of what was fetched, so that no long chain begins when the others end."""

    def size(chain: Chain) -> int:
        archive = paths.raw_archive(params.synset(chain.slug))
        return archive.stat().st_size if archive.is_file() else 0

    return sorted(chains, key=lambda chain: (-size(chain), chain.slug))


class Pool:
    """Chains that nobody works on yet."""

    def __init__(self, chains: Sequence[Chain], jobs: int) -> None:
        self._waiting = list(chains)
        self._jobs = jobs

    def take(self) -> list[Chain]:
        """Chains for one DVC process, fewer towards the end so that all finish together; empty when none is left."""
        count = min(math.ceil(len(self._waiting) / (2 * self._jobs)), _MOST_CHAINS_OF_A_PROCESS)
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        return taken

    def give_back(self, chains: Sequence[Chain]) -> None:
        """Chains that a process did not come to."""
        self._waiting = [*chains, *self._waiting]

    def clear(self) -> None:
        """Nobody shall begin another chain."""
        self._waiting = []
