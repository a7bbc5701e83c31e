"""The stage: which source is opened, what it says at its end, and what `img2vox source` finds."""

import logging
from dataclasses import replace

import pytest

from img2vox.config import load_params
from img2vox.errors import SourceError
from img2vox.paths import Paths
from img2vox.sources import stage
from tests.project import REPOSITORY, box_obj
from tests.sources.trees import names_in, write_tree, write_zip

CHAIR = "03001627"


@pytest.fixture
def with_data():
    """with_data(key=value, ...): the project's params with one category and other data.*."""

    def make(categories=None, **changes):
        params = load_params(REPOSITORY / "params.yaml")
        return replace(params, categories=categories or {"chair": CHAIR}, data=replace(params.data, **changes))

    return make


def test_what_is_left_out_is_a_warning_and_the_last_line_sums_up(tmp_path, caplog, with_data):
    caplog.set_level(logging.INFO)
    write_tree(tmp_path / "data" / "shapenet", CHAIR, "v1")
    (tmp_path / "data" / "shapenet" / CHAIR / "empty").mkdir()
    params = with_data(source="shapenet")
    stage.run(params, Paths(tmp_path), workers=1)
    line = f"fetch: {CHAIR}: 1 of 9 objects have no models/model_normalized.obj and no model.obj (empty)"
    assert [record.message for record in caplog.records if record.levelno == logging.WARNING] == [line]
    assert caplog.messages[-1].startswith(
        "fetch: 8 objects of 1 categories from shapenet, 0 cannot be read, 0 have the"
    )
    caplog.clear()
    stage.run(params, Paths(tmp_path), workers=1)  # nothing is fetched again, but what is left out is still said
    assert line in caplog.messages
    assert not any("MB in the archive" in message for message in caplog.messages)
    assert f"- {line.removeprefix('fetch: ')}" in Paths(tmp_path).meshes_report.read_text(encoding="utf-8")


def test_one_is_asked_to_look_at_ones_own_meshes(tmp_path, caplog, with_data):
    caplog.set_level(logging.INFO)
    (tmp_path / "cad" / "lantern").mkdir(parents=True)
    (tmp_path / "cad" / "lantern" / "a.obj").write_text(box_obj((1, 2, 3)))
    params = with_data({"lantern": "lantern"}, source="folder", folder_dir="cad", up_axis="z")
    stage.run(params, Paths(tmp_path), workers=1)
    assert "face you? Look: img2vox contact-sheet " in caplog.messages[-1]
    assert names_in(Paths(tmp_path).raw_archive("lantern")) == [
        "lantern/a/models/model.mtl",
        "lantern/a/models/model.obj",
    ]


def test_looking_says_what_changed_and_fetches_nothing(tmp_path, with_data):
    paths, place = Paths(tmp_path), tmp_path / "elsewhere"
    write_zip(place, CHAIR)
    params = with_data(source="shapenet", shapenet_dir=str(place))
    assert stage.look(params, paths) == ["chair"]
    assert stage.look(params, paths) == []
    write_zip(place, CHAIR, count=9)
    assert stage.look(params, paths) == ["chair"]
    assert not paths.raw.exists()
    assert stage.look(with_data(), paths) == []
    assert paths.listing.read_bytes() == (REPOSITORY / "data" / "source.csv").read_bytes()


def test_a_split_of_ones_own_is_read_where_params_say(tmp_path, with_data):
    params = with_data(source="r2n2", r2n2_split=str(tmp_path / "no-split.json"))
    with pytest.raises(SourceError, match=r"no-split\.json: cannot be read"):
        stage.look(params, Paths(tmp_path))
    with pytest.raises(SourceError, match=r"ShapeNetVox32/03001627: no train and no test objects of chair"):
        stage.look(with_data(source="r2n2"), Paths(tmp_path))
