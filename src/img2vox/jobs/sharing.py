"""What a shard hands to others through the DVC remote.

Its stages' outputs and DVC's notes of what made them (the run cache), so that `dvc repro --pull` elsewhere takes them
over and runs nothing. To take over `evaluate` it needs metrics.json too, which DVC keeps in its cache but never pushes,
since git holds it (`cache: false`): a throw-away DVC project with the same remote pushes those. Objects are named by
their content, so that it does not matter who pushed them.
"""

import re
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from img2vox.jobs.chains import Chain
from img2vox.jobs.runner import Runner
from img2vox.paths import Paths

_REMOTE = re.compile(r"remote\.(.+)\.([^.=]+)=(.*)")
_DEFAULT = "core.remote="


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
    runner.alone("--wait-for-lock", "push", "--run-cache", *targets)
    config = _config_of(runner.alone("config", "--list", shown=False))
    with tempfile.TemporaryDirectory(prefix="img2vox-push-") as directory:
        root = Path(directory)
        elsewhere = runner.elsewhere(root)
        elsewhere.alone("init", "--quiet", "--no-scm", shown=False)
        local = root / ".dvc" / "config.local"  # in a directory that nobody else may read: it may hold keys
        local.write_text(config, encoding="utf-8")
        (root / "metrics").mkdir()
        for chain in chains:
            shutil.copy(paths.metrics(chain.slug), root / "metrics" / f"{chain.slug}.json")
        elsewhere.alone("add", "--quiet", "metrics", shown=False)
        elsewhere.alone("push", "--quiet", shown=False)


def _config_of(lines: Iterable[str]) -> str:
    """The text of a DVC configuration with the remotes of `dvc config --list`, whose paths are absolute."""
    sections: dict[str, list[str]] = {}
    for line in lines:
        if line.startswith(_DEFAULT):
            sections["core"] = [f"    remote = {_quoted(line.removeprefix(_DEFAULT))}"]
        elif match := _REMOTE.fullmatch(line):
            name, option, value = match.groups()
            sections.setdefault(f"'remote \"{name}\"'", []).append(f"    {option} = {_quoted(value)}")
    return "".join(f"[{name}]\n" + "\n".join(options) + "\n" for name, options in sections.items())


def _quoted(value: str) -> str:
    """As DVC's configuration takes text with commas and number signs."""
    return f"'{value}'" if '"' in value else f'"{value}"'
