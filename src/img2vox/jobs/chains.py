"""Which stages DVC is asked for: a chain a category, what must come before all chains, and which of it has changed.

Both protocols have the same three files, seen from the directory of their params.yaml, and share the stage `fetch`.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from img2vox.config import Params
from img2vox.errors import PipelineError
from img2vox.paths import Paths

# dvc.yaml of the protocol's own directory has no path in an address.
FILES = ("dvc.yaml", "data/dvc.yaml", "reports/dvc.yaml")
PREPARE = "data/dvc.yaml:prepare@{}"
_REST = ("train@{}", "reports/dvc.yaml:evaluate@{}")
PRETRAIN = "pretrain"
NEEDS_ALL = (
    "dvc.yaml: pretrain is not frozen and needs all categories, not a part of them; run `dvc repro pretrain` first, "
    "and then `dvc freeze pretrain`"
)


@dataclass(frozen=True)
class Chain:
    """Stages of one category, each of which reads what the one before it writes.

    Attributes:
        slug: the category.
        targets: addresses as `dvc repro` takes and prints them, in the order in which they must run.
    """

    slug: str
    targets: tuple[str, ...]


def chains_of(slugs: Iterable[str]) -> list[Chain]:
    """The whole chain of each category."""
    return [Chain(slug, tuple(address.format(slug) for address in (PREPARE, *_REST))) for slug in slugs]


def only_prepare(chains: Iterable[Chain]) -> list[Chain]:
    """The first stage of each chain alone."""
    return [Chain(chain.slug, chain.targets[:1]) for chain in chains]


def only_changed(chains: Iterable[Chain], changed: Collection[str]) -> list[Chain]:
    """Each chain from its first changed stage on; chains without one are left out."""
    found = []
    for chain in chains:
        first = next((index for index, target in enumerate(chain.targets) if target in changed), None)
        if first is not None:
            found.append(Chain(chain.slug, chain.targets[first:]))
    return found


def fetch_target(params: Params) -> str:
    """Address of `fetch`; the paper's protocol reads the meshes that the other one's fetches."""
    return f"{(Path(params.data.raw).parent / 'dvc.yaml').as_posix()}:fetch"


def watch_targets(params: Params) -> list[str]:
    """Addresses of the stages that look whether a source changed, beside `fetch`; see data.watch."""
    return [f"{fetch_target(params).removesuffix('fetch')}source@{name}" for name in params.data.watch]


def is_pretrained_anew(paths: Paths) -> bool:
    """Whether `pretrain` is a stage here and not frozen: then it needs all bundles, and all trainings need it.

    Raises:
        PipelineError: dvc.yaml is missing or not what DVC reads.
    """
    path = paths.root / "dvc.yaml"
    try:
        stage = yaml.safe_load(path.read_text(encoding="utf-8"))["stages"].get(PRETRAIN)
        return stage is not None and not stage.get("frozen", False)
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise PipelineError(
            f"{path}: not a dvc.yaml with stages ({error!r}); run img2vox from the directory that holds params.yaml"
        ) from error
