"""What a person reads about a network before it is chosen."""

from dataclasses import replace

import pytest

from img2vox.serving.offer import Offer

CHAIR = Offer("chair", "chair", "high", "high", "standard", 4744, 0.512, 0.4, 255, "0" * 32, "n.keras", 2_283_000_000)


@pytest.mark.parametrize(
    ("changes", "group"),
    [
        ({}, "High-capacity categories"),
        ({"capacity": "low"}, "Low-capacity categories"),
        ({"protocol": "paper"}, "High-capacity categories, the paper's protocol"),
        ({"slug": "any", "capacity": ""}, "Any object"),
    ],
)
def test_networks_are_grouped_by_the_papers_capacities_and_by_protocol(changes, group):
    assert replace(CHAIR, **changes).group == group


def test_a_label_says_objects_test_iou_and_size():
    assert CHAIR.label == "chair: high, 4744 objects, test IoU 0.51, 2177 MB"
    unmeasured = replace(CHAIR, slug="trash_bin", test_iou=None, size_bytes=None)
    assert unmeasured.label == "trash bin: high, 4744 objects"
