"""Where a run comes from: the commit, the parameters, the data that DVC recorded, the process that logs."""

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import psutil
import yaml

from img2vox.errors import RegistryError
from img2vox.paths import JOINT


def project_root(root: Path) -> Path:
    """The directory that holds .dvc: this one, or one above it, as for the paper's protocol; else this one.

    Both protocols share what lies there: the store, its lock, the spool of live trainings, the promotions.
    """
    root = root.resolve()
    return next((directory for directory in (root, *root.parents) if (directory / ".dvc").is_dir()), root)


def git_tags(root: Path) -> dict[str, str]:
    """Commit of the code, and whether tracked files differ from it; empty outside a git checkout."""
    try:
        commit = _git(root, "rev-parse", "HEAD")
        dirty = bool(_git(root, "status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.CalledProcessError):
        return {}
    return {"git_commit": commit, "mlflow.source.git.commit": commit, "git_dirty": str(dirty).lower()}


def training_stage(slug: str) -> str:
    """The stage of dvc.yaml that trains a category's network, or the paper's joint one."""
    return f"train-{slug}" if slug == JOINT else f"train@{slug}"


def recorded_inputs(root: Path, slugs: Iterable[str]) -> dict[str, dict[str, str]]:
    """What dvc.lock says each category's training read.

    Returns:
        slug -> path -> MD5, for the files under data/; nothing for a category that DVC has not trained.

    Raises:
        RegistryError: dvc.lock is no YAML.
    """
    path = root / "dvc.lock"
    if not path.is_file():
        return {slug: {} for slug in slugs}
    try:
        # Every value as text: 32 hexadecimal digits may look like a number. The C loader is ten times as fast.
        loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
        stages = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)["stages"]
        return {slug: _data_files(stages.get(training_stage(slug), {})) for slug in slugs}
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise RegistryError(
            f"{path}: not what DVC writes ({error!r}); restore it with git, or run `dvc repro`"
        ) from error


def hash_of(values: Mapping[str, object]) -> str:
    """Short hash of named values, whatever their order."""
    text = json.dumps({key: str(value) for key, value in values.items()}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def this_process() -> str:
    """Tag that tells later whether whoever logs a run is still there: host, process id, when it started."""
    return f"{platform.node()} {os.getpid()} {psutil.Process().create_time():.2f}"


def is_gone(process: str) -> bool:
    """Whether the process of a this_process() tag ran on this host and does so no more."""
    try:
        host, number, started = process.rsplit(" ", 2)
        if host != platform.node():
            return False
        # A number is given out again; the moment of the start tells its holders apart.
        return f"{psutil.Process(int(number)).create_time():.2f}" != started
    except psutil.NoSuchProcess:
        return True
    except (psutil.AccessDenied, ValueError):
        return False


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True, encoding="utf-8")
    return done.stdout.strip()


def _data_files(stage: Mapping[str, Any]) -> dict[str, str]:
    return {
        dep["path"]: dep["md5"] for dep in stage.get("deps", []) if dep["path"].startswith("data/") and "md5" in dep
    }
