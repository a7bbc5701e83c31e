"""Whether a new network takes the champion's place. Knows no MLflow."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from img2vox.errors import RegistryError
from img2vox.evaluation.metrics import paired_bootstrap_ci95
from img2vox.seeds import derive_seed
from img2vox.tracking.entry import Entry, read_rows
from img2vox.tracking.provenance import hash_of


@dataclass(frozen=True)
class Gate:
    """What it takes to become champion without a hand.

    Attributes:
        min_gain: IoU by which the new one must be better, with all of the 95 % interval.
        min_test_objects: with fewer there is no automatic promotion.
        bootstrap_samples: of the objects, for the interval.
        seed: of the project.
        by_hand: (slug, protocol) -> network_md5 of the champion that promotions.csv names.
    """

    min_gain: float
    min_test_objects: int
    bootstrap_samples: int
    seed: int
    by_hand: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def key(self, champion_md5: str) -> str:
        """Names a verdict against this champion by these rules, so that it is given once."""
        rules = (self.min_gain, self.min_test_objects, self.bootstrap_samples, self.seed)
        return hash_of({"champion": champion_md5, "rules": rules})


@dataclass(frozen=True)
class Measured:
    """Test results of one network.

    Attributes:
        grids: how the true grids were made, in words; IoU says nothing across two ways.
        ious: test object -> mean IoU over its views.
    """

    grids: str
    ious: Mapping[str, float]


@dataclass(frozen=True)
class Verdict:
    """Whether the new one wins, and why in a sentence that goes into a tag."""

    wins: bool
    reason: str


def judge(slug: str, new: Measured, champion: Measured, gate: Gate) -> Verdict:
    """Compare a new network with the present champion on the same test objects.

    It wins if all of the 95 % interval of its gain (paired bootstrap over objects) lies above gate.min_gain.
    """
    if new.grids != champion.grids:
        return Verdict(False, f"measured on other grids ({new.grids}) than the champion ({champion.grids})")
    if new.ious.keys() != champion.ious.keys():
        shared = len(new.ious.keys() & champion.ious.keys())
        return Verdict(
            False,
            f"measured on other test objects than the champion: {len(new.ious)} against {len(champion.ious)}, "
            f"{shared} in common",
        )
    count = len(new.ious)
    if count < gate.min_test_objects:
        return Verdict(False, f"{count} test objects; register.min_test_objects asks for {gate.min_test_objects}")
    names = sorted(new.ious)
    ours, theirs = (np.array([measured.ious[name] for name in names]) for measured in (new, champion))
    seed = derive_seed(gate.seed, "gate", slug)
    low, high = paired_bootstrap_ci95(ours, theirs, seed, gate.bootstrap_samples)
    gain = f"{np.mean(ours - theirs):+.4f} IoU on {count} test objects (95 % interval {low:+.4f} to {high:+.4f})"
    if low > gate.min_gain:
        return Verdict(True, gain)
    return Verdict(False, f"{gain}; all of the interval must lie above register.min_gain, {gate.min_gain}")


def test_ious(instances: Path) -> dict[str, float]:
    """Mean IoU over views of each test object of an instances.csv.

    Raises:
        RegistryError: it cannot be read.
    """
    by_object: dict[str, list[float]] = {}
    try:
        for row in read_rows(instances, "iou"):
            if row["split"] == "test":
                by_object.setdefault(row["model_id"], []).append(float(row["iou"]))
    except (OSError, ValueError, KeyError) as error:
        raise RegistryError(
            f"{instances}: no IoU of each test object ({error!r}); run `dvc repro` for this category again"
        ) from error
    return {name: float(np.mean(values)) for name, values in by_object.items()}


def grids_of(entry: Entry, params: Mapping[str, object]) -> str:
    """How an entry's true grids were made: convention, resolution and what else stands under voxelize."""
    facts: dict[str, object] = {"convention": entry.metrics["convention"], "resolution": entry.resolution}
    facts |= {key.removeprefix("voxelize."): value for key, value in params.items() if key.startswith("voxelize.")}
    return ", ".join(f"{name} {value}" for name, value in facts.items())
