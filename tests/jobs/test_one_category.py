"""What DVC is told of one category alone."""

import shutil

import pytest
import yaml

from img2vox.config import load_params
from img2vox.jobs.one_category import OneCategory
from tests.project import REPOSITORY

FETCH = "data/dvc.yaml:fetch"


def copied(root, protocol):
    for name in ("params.yaml", "dvc.lock", "data/dvc.lock", "reports/dvc.lock"):
        if (REPOSITORY / protocol / name).is_file():
            (root / protocol / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / protocol / name, root / protocol / name)
    return root / protocol


@pytest.mark.parametrize("protocol", [".", "paper"])
def test_params_yaml_differs_in_the_list_of_categories_alone(protocol, tmp_path):
    root = copied(tmp_path, protocol)
    before = load_params(root / "params.yaml")
    (root / "params.yaml").write_bytes(OneCategory(root, FETCH).files("chair")["params.yaml"])
    after = load_params(root / "params.yaml")
    assert after.categories == {"chair": before.categories["chair"]}
    for section in (
        "seed",
        "data",
        "prepare",
        "voxelize",
        "render",
        "bundle",
        "split",
        "train",
        "evaluate",
        "register",
    ):
        assert getattr(after, section) == getattr(before, section)


def test_what_is_recorded_of_the_category_and_of_fetch_stays_as_it_is(tmp_path):
    root = copied(tmp_path, ".")
    files = OneCategory(root, FETCH).files("chair")
    kept = {}
    for name in ("dvc.lock", "data/dvc.lock", "reports/dvc.lock"):
        before, after = yaml.safe_load((root / name).read_text(encoding="utf-8")), yaml.safe_load(files[name])
        assert {**before, "stages": {key: before["stages"][key] for key in after["stages"]}} == after
        kept[name] = set(after["stages"])
    assert kept == {
        "dvc.lock": {"train@chair"},
        "data/dvc.lock": {"fetch", "prepare@chair"},
        "reports/dvc.lock": {"evaluate@chair"},
    }


def test_categories_that_are_written_otherwise_stay_and_a_new_project_has_no_locks(tmp_path):
    text = 'seed: 1\ncategories: {chair: "03001627", mug: "03797390"}\ndata: {}\n'
    (tmp_path / "params.yaml").write_text(text)
    assert OneCategory(tmp_path, FETCH).files("mug") == {"params.yaml": text.encode()}
