"""Turned copies of training objects: the paper's future work, and its cure for categories with few of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from img2vox.seeds import derive_rng, derive_seed


@dataclass(frozen=True)
class TurnedCopy:
    """A training object once more, turned about +Y.

    Attributes:
        source: model_id of the object.
        model_id: of the copy.
        turn_deg: from +Z toward +X, in [0, 360).
    """

    source: str
    model_id: str
    turn_deg: float


def plan_turns(train_ids: Sequence[str], turns: int, fill_to: int, seed: int, synset: str) -> list[TurnedCopy]:
    """Which training objects are copied, and by how much each copy is turned.

    Every object gets its first copy before one gets a second, and an object's angles depend on seed, synset and
    model_id alone: with more turns, or a larger category, the copies that there were stay what they were.

    Args:
        train_ids: model_ids of the training objects, in any order.
        turns: copies an object, at most.
        fill_to: copies are made only until the training objects and their copies are so many; 0: no such limit.
        seed: `seed` of params.yaml.
        synset: the category.

    Returns:
        Copies sorted by their object, then their number.
    """
    wanted = len(train_ids) * turns
    if fill_to:
        wanted = min(wanted, max(0, fill_to - len(train_ids)))
    # An order that favours no name and that other objects do not change.
    order = sorted(train_ids, key=lambda name: (derive_seed(seed, "augment", synset, name, "order"), name))
    copies = []
    for place, source in enumerate(order):
        count = (wanted - place + len(order) - 1) // len(order)
        angles = derive_rng(seed, "augment", synset, source).uniform(0.0, 360.0, count)
        copies += [
            TurnedCopy(source, f"{source}--turn-{number:02d}", round(float(angle), 6))
            for number, angle in enumerate(angles, start=1)
        ]
    return sorted(copies, key=lambda copy: copy.model_id)
