"""Train, val and test over objects: sizes, groups, real objects, independence of order."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2vox.data.split import SplitObject, assign_roles, draw_split, near_duplicate_groups, split_sizes
from img2vox.errors import BundleError

SEED = 7


def objects_of(groups, real=lambda i: True):
    return [SplitObject(f"m{i:05d}", f"g{group}", real(i)) for i, group in enumerate(groups)]


def count(splits):
    return tuple(sum(split == name for split in splits.values()) for name in ("train", "val", "test"))


def test_tables_split_as_in_the_paper():
    splits = draw_split(objects_of(range(8436)), 0.05, 0.3, SEED, "table")
    assert count(splits) == (5609, 422, 2405) == split_sizes(8436, 0.05, 0.3)


def test_rounding_up_is_of_the_decimal_share_not_of_its_float():
    # 0.05 * 20 and 0.3 * 10 are whole in decimals, but 0.3 * 190 is 57.00000000000001 - or less - in floats
    assert split_sizes(20, 0.05, 0.3) == (13, 1, 6)
    assert split_sizes(200, 0.05, 0.3)[2] == 57


@given(st.lists(st.integers(0, 30), min_size=3, max_size=60), st.integers(0, 2**32 - 1), st.randoms())
def test_groups_stay_whole_and_the_order_of_the_objects_changes_nothing(groups, seed, random):
    objects = objects_of(groups, real=lambda i: i % 3 > 0)
    if len(set(groups)) < 3:
        with pytest.raises(BundleError):
            draw_split(objects, 0.05, 0.3, seed, "x")
        return
    splits = draw_split(objects, 0.05, 0.3, seed, "x")
    by_group = {}
    for item in objects:
        by_group.setdefault(item.group, set()).add(splits[item.model_id])
    assert all(len(seen) == 1 for seen in by_group.values())
    assert min(count(splits)) >= 1
    random.shuffle(objects)
    assert draw_split(objects, 0.05, 0.3, seed, "x") == splits


@given(st.integers(4, 60), st.integers(0, 2**32 - 1))
def test_an_object_more_moves_at_most_two_into_or_out_of_a_split(number, seed):
    # Sizes grow by one at most, and the new object may push the last of a split out of it.
    objects = objects_of(range(number))
    before = draw_split(objects[:-1], 0.05, 0.3, seed, "x")
    after = draw_split(objects, 0.05, 0.3, seed, "x")
    for split in ("val", "test"):
        of_before = {name for name, found in before.items() if found == split}
        of_after = {name for name, found in after.items() if found == split}
        assert len(of_after - of_before) <= 2
        assert len(of_before - of_after) <= 2


def test_test_objects_are_real_where_there_are_enough():
    objects = objects_of(range(12), real=lambda i: i < 6)
    splits = draw_split(objects, 0.05, 0.3, SEED, "x")
    tested = [item for item in objects if splits[item.model_id] == "test"]
    assert len(tested) == math.ceil(0.3 * 11)
    assert all(item.is_real for item in tested)


@given(st.lists(st.integers(0, 30), min_size=3, max_size=60).filter(lambda groups: len(set(groups)) > 2))
def test_the_papers_roles_exchange_val_and_test_and_move_nothing_else(groups):
    objects = objects_of(groups, real=lambda i: i % 3 > 0)
    standard, paper = (assign_roles(draw_split(objects, 0.05, 0.3, SEED, "x"), name) for name in ("standard", "paper"))
    assert list(paper) == list(standard)
    pairs = {(standard[name], paper[name]) for name in standard}
    assert pairs == {("train", "train"), ("val", "test"), ("test", "val")}
    assert assign_roles(paper, "paper") == standard


def test_tables_are_reported_on_the_papers_unseen_422():
    drawn = draw_split(objects_of(range(8436)), 0.05, 0.3, SEED, "table")
    assert count(assign_roles(drawn, "paper")) == (5609, 2405, 422)


def test_two_objects_are_too_few_and_the_message_says_so():
    with pytest.raises(BundleError, match=r"piano: 2 usable objects in 2 groups.*at least three groups"):
        draw_split(objects_of(range(2)), 0.05, 0.3, SEED, "piano")


def alike(a, b, min_iou):
    either = np.sum(a | b)
    return either == 0 or np.sum(a & b) >= min_iou * either


@given(st.integers(1, 40), st.floats(0.3, 1.0), st.floats(0.3, 1.0), st.integers(0, 2**32 - 1))
def test_near_duplicates_agree_with_comparing_every_pair(number, min_iou, coarse_min_iou, seed):
    random = np.random.default_rng(seed)
    base = random.random((4, 64)) < 0.5
    grids = base[random.integers(0, 4, number)] ^ (random.random((number, 64)) < 0.1)
    names = [f"m{i:02d}" for i in random.permutation(number)]
    coarse = grids[:, :16]  # a second measure joins what the first one leaves apart
    measures = [(np.packbits(grids, axis=1), min_iou), (np.packbits(coarse, axis=1), coarse_min_iou)]
    groups = near_duplicate_groups(measures, names, chunk=3)
    linked = {name: {name} for name in names}
    for i in range(number):
        for j in range(number):
            if alike(grids[i], grids[j], min_iou) or alike(coarse[i], coarse[j], coarse_min_iou):
                union = linked[names[i]] | linked[names[j]]
                for name in union:
                    linked[name] = union
    assert groups == {name: min(linked[name]) for name in names}
