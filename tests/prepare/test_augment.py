"""Turned copies: whose, how many, by how much."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from img2vox.data.augment import plan_turns

NAMES = st.lists(st.text("abcdef", min_size=1), min_size=1, max_size=12, unique=True)


@given(NAMES, st.integers(0, 5), st.integers(0, 40))
def test_copies_are_spread_evenly_and_small_categories_get_more(names, turns, fill_to):
    copies = plan_turns(names, turns, fill_to, 1, "chair")
    room = max(0, fill_to - len(names)) if fill_to else len(names) * turns
    assert len(copies) == min(room, len(names) * turns)
    counts = Counter(copy.source for copy in copies)
    assert set(counts) <= set(names)
    assert max((counts[name] for name in names), default=0) - min(counts[name] for name in names) <= 1
    assert len({copy.model_id for copy in copies}) == len(copies)
    assert all(0 <= copy.turn_deg < 360 for copy in copies)


@given(NAMES, st.integers(1, 4), st.randoms())
def test_more_turns_and_more_objects_leave_the_copies_that_there_were(names, turns, random):
    few = plan_turns(names, turns, 0, 1, "chair")
    shuffled = random.sample(names, len(names))
    assert plan_turns(shuffled, turns, 0, 1, "chair") == few
    assert set(few) <= set(plan_turns([*names, "new"], turns + 1, 0, 1, "chair"))


def test_angles_differ_between_copies_objects_categories_and_seeds():
    plans = [plan_turns(["a", "b"], 3, 0, seed, synset) for seed in (1, 2) for synset in ("chair", "table")]
    angles = [copy.turn_deg for plan in plans for copy in plan]
    assert len(set(angles)) == len(angles) == 24


def test_no_turns_no_copies():
    assert plan_turns(["a", "b"], 0, 100, 1, "chair") == []
