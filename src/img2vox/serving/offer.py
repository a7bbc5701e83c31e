"""A network that can be asked, wherever it comes from."""

import json
from dataclasses import dataclass
from pathlib import Path

from img2vox.config import Params
from img2vox.errors import NetworkError
from img2vox.paths import JOINT, Paths

ANY_OBJECT = "any"  # stands where a category's slug does


@dataclass(frozen=True)
class Offer:
    """One network with what a person has to know to choose it.

    Attributes:
        key: names it in the app and its endpoints: "any", "chair" for the champion, "chair:low" for another alias.
        slug: its category, "any", or "joint", see is_joint.
        kind: residual, low or high.
        capacity: low or high, the paper's grouping by the category's size; "" for the joint network.
        protocol: standard or paper.
        trained_on: number of objects.
        test_iou: mean over test objects, at the threshold chosen on validation; None where nobody measured it.
        threshold: that threshold.
        background: gray behind the object in its training pictures.
        network_md5: of its weights; equal ones are one network.
        source: a path, or the URI under which MLflow has it.
        size_bytes: of its file; None where it is far away.
    """

    key: str
    slug: str
    kind: str
    capacity: str
    protocol: str
    trained_on: int
    test_iou: float | None
    threshold: float
    background: int
    network_md5: str
    source: str
    size_bytes: int | None

    @property
    def is_joint(self) -> bool:
        """Whether it was trained on all categories; "any" is the one that is here, "joint" a registered one."""
        return self.slug in (ANY_OBJECT, JOINT)

    @property
    def label(self) -> str:
        """One line for a list."""
        name = "any object" if self.is_joint else self.slug.replace("_", " ")
        parts = [f"{name}: {self.kind}", f"{self.trained_on} objects"]
        if self.test_iou is not None:
            parts.append(f"test IoU {self.test_iou:.2f}")
        if self.size_bytes is not None:
            parts.append(f"{self.size_bytes / 2**20:.0f} MB")
        return ", ".join(parts)

    @property
    def group(self) -> str:
        """Where it stands in the app: the paper's two capacities, by protocol."""
        if self.is_joint:
            return "Any object"
        group = f"{self.capacity.capitalize()}-capacity categories"
        return group if self.protocol == "standard" else f"{group}, the paper's protocol"


def joint_offer(params: Params, paths: Paths) -> Offer:
    """The network of all categories, which comes with the project.

    Raises:
        NetworkError: its files are not there, or damaged.
    """
    return _local_offer(JOINT, ANY_OBJECT, params, paths, "`git restore models/joint` brings it back")


def category_offer(slug: str, params: Params, paths: Paths) -> Offer:
    """The network that `dvc repro` trained last for a category, registered or not.

    Raises:
        ParamsError: no such category.
        NetworkError: it is not trained.
    """
    params.synset(slug)
    return _local_offer(slug, slug, params, paths, f"run `dvc repro reports/dvc.yaml:evaluate@{slug}`")


def _local_offer(name: str, slug: str, params: Params, paths: Paths, advice: str) -> Offer:
    try:
        metrics = json.loads(paths.metrics(name).read_text(encoding="utf-8"))
        return Offer(
            key=slug,
            slug=slug,
            kind=str(metrics["network"]),
            capacity="",
            protocol=params.register.protocol,
            trained_on=int(metrics["objects"]["train"]),
            test_iou=float(metrics["test"]["iou"]),
            threshold=float(metrics["threshold"]),
            background=params.bundle.background,
            network_md5=str(metrics["network_md5"]),
            source=str(Path(paths.network(name)).resolve(strict=True)),
            size_bytes=paths.network(name).stat().st_size,
        )
    except FileNotFoundError as error:
        raise NetworkError(f"{error.filename}: not found; {advice}") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NetworkError(
            f"{paths.metrics(name)}: no threshold or size of its network ({error!r}); {advice}"
        ) from error
