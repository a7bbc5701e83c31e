"""What a person reads about a network before it is chosen."""

from dataclasses import replace

import pytest

from img2vox.config import load_params
from img2vox.errors import SourceError
from img2vox.files import write_archive
from img2vox.paths import Paths
from img2vox.serving.examples import EXAMPLES, show_example
from img2vox.serving.offer import Offer
from tests.project import REPOSITORY

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


def test_an_example_that_the_embedded_meshes_lack_says_how_to_restore_it(tmp_path):
    params, paths = load_params(REPOSITORY / "params.yaml"), Paths(tmp_path)
    with write_archive(paths.sample / "03001627.zip"):
        pass
    with pytest.raises(SourceError, match=r"03001627\.zip: no quaternius-.*; `git restore data/sample`"):
        show_example(EXAMPLES[0], params, paths)
