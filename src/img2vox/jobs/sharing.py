"""What a part of the work hands to others through the DVC remote.

Its stages' outputs and DVC's notes of what made them (the run cache), so that `dvc repro --pull` elsewhere takes them
over and runs nothing. To take over `evaluate` it needs metrics.json too, which DVC keeps in its cache but never pushes,
since git holds it (`cache: false`): a .dvc file names those for as long as the push lasts. Objects are named by their
content, so that it does not matter who pushed them.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import yaml

from img2vox.jobs.chains import Chain
from img2vox.jobs.runner import Runner
from img2vox.paths import Paths


def push(runner: Runner, chains: Sequence[Chain], paths: Paths) -> None:
    """Push what chains wrote to the default remote.

    Args:
        runner: in the protocol's directory.
        chains: finished ones.
        paths: of the protocol.

    Raises:
        PipelineError: DVC could not; what it did push stays, and the next call goes on.
        StoppedError: by a signal.
    """
    if not chains:
        return
    targets = [target for chain in chains for target in chain.targets]
    with tempfile.TemporaryDirectory(prefix="img2vox-push-", dir=paths.root) as directory:
        metrics = Path(directory) / "metrics.dvc"
        outs = []
        for chain in chains:  # with the files beside it, one that a kill leaves behind is whole, and DVC goes on
            copy = metrics.with_name(f"{chain.slug}.json")
            shutil.copy(paths.metrics(chain.slug), copy)
            outs.append({"path": copy.name, "hash": "md5", "md5": _md5(copy)})
        metrics.write_text(yaml.safe_dump({"outs": outs}), encoding="utf-8")
        runner.alone("--wait-for-lock", "push", "--run-cache", *targets, os.path.relpath(metrics, paths.root))


def _md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
