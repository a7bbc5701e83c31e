"""Every source through the real `dvc repro`, and what DVC makes of a source that changes."""

import json
import os
import re
import shutil

import numpy as np
import pytest

from tests.project import CATEGORIES, SMALL, commit, make_data_project, make_project, run, start
from tests.sources.hub_server import GRANTED, served
from tests.sources.trees import boxes, write_published, write_tree, write_zip

LANTERN = {"chair": CATEGORIES["chair"], "lantern": "lantern"}
SOFA = {"chair": CATEGORIES["chair"], "sofa": "04256520"}  # two of the thirteen


def set_source(root, source, place, categories=CATEGORIES, watch=False):
    """Edit params.yaml as a person would."""
    path = root / "params.yaml"
    text = run(root, "git", "show", "HEAD:params.yaml")
    last = list(categories)[1]
    changes = {
        "  source: sample ": f"  source: {source} ",
        "  shapenet_dir: data/shapenet ": f"  shapenet_dir: '{place}' ",
        "  folder_dir: data/folder ": f"  folder_dir: '{place}' ",
        "  r2n2_dir: data/r2n2 ": f"  r2n2_dir: '{place}' ",
        # What the joint network knows of other boxes is no matter of this test.
        "  start: joint ": "  start: scratch ",
        "  watch: []": f"  watch: [{source}]" if watch else "  watch: []",
    }
    for old, new in changes.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    text = text.replace(f'  mug: "{CATEGORIES["mug"]}"', f'  {last}: "{categories[last]}"')
    path.write_text(text, encoding="utf-8")


def write_folder(root, label, synset, count=8):
    (root / label).mkdir(parents=True, exist_ok=True)
    for name, text in boxes(synset, count).items():
        (root / label / f"{name}.obj").write_text(text, encoding="utf-8")


def stages_that_ran(output):
    return re.findall(r"^Running stage '(?:\w+/dvc\.yaml:)?([^']+)'", output, re.MULTILINE)


@pytest.fixture
def place(tmp_path):
    """Where a source lies: outside the project, with a space in its name."""
    return tmp_path / "my source"


@pytest.fixture
def write_source(place, monkeypatch):
    """write_source(kind, count): the named source with so many objects a category; its `data.source`."""
    files = {}

    def write(kind, count=8):
        for slug, synset in CATEGORIES.items():
            if kind in ("v1", "v2"):
                write_tree(place, synset, kind, count)
            elif kind == "folder":
                write_folder(place, {"mug": "Lantern"}.get(slug, slug), synset, count)
            elif kind in ("zip", "hub"):
                files[f"{synset}.zip"] = write_zip(place, synset, count=count).read_bytes()
        if kind == "r2n2":
            for synset in SOFA.values():
                write_published(place, synset, count)
        return {"folder": "folder", "r2n2": "r2n2", "hub": "huggingface"}.get(kind, "shapenet")

    with served(files) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        monkeypatch.setenv("HF_TOKEN", GRANTED)
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)  # the demo, imported by its tests, sets it
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield write


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["v2", "folder", "r2n2"])
def test_every_source_goes_through_the_whole_pipeline_and_is_fetched_again_when_it_changes(
    tmp_path, place, write_source, kind
):
    # The published grids have 32 cells a side.
    changes = {old: new for old, new in SMALL.items() if kind != "r2n2" or old != "resolution: 32"}
    side = 32 if kind == "r2n2" else 16
    categories = {"folder": LANTERN, "r2n2": SOFA}.get(kind, CATEGORIES)
    root = make_project(tmp_path / "a b \u00fc", SOFA if kind == "r2n2" else CATEGORIES, changes)
    source = write_source(kind)
    set_source(root, source, place, categories)
    run(root, "dvc", "repro")
    for slug, synset in categories.items():
        voxels = np.load(root / "data" / "bundles" / f"{synset}_voxels.npy", allow_pickle=False)
        assert (voxels.shape, voxels.dtype) == ((8, side, side, side, 1), bool)
        metrics = json.loads((root / "models" / slug / "metrics.json").read_text(encoding="utf-8"))
        assert sum(metrics["objects"][split] for split in ("train", "val", "test")) == 8
    report = (root / "reports" / "meshes.md").read_text(encoding="utf-8")
    assert f"What `fetch` brought from {source}" in report
    meshes = r"100% \| 12 \| 12" if kind != "r2n2" else r"- \| - \| -"
    assert re.search(rf"\| all \|  \| 16 \| [\d,]+ \| 0 \| 0 \| {meshes} \|", report)
    receipt = json.loads((root / "reports" / "registered.json").read_text(encoding="utf-8"))
    assert set(receipt["categories"]) == {*categories, "joint"}

    assert stages_that_ran(run(root, "dvc", "repro")) == []
    if kind == "v2":
        _reads_the_same_in_every_layout(root, place, write_source)
        source = write_source(kind)
        set_source(root, source, place, categories)
        run(root, "img2vox", "source")
        run(root, "dvc", "repro")
    assert run(root, "img2vox", "source") == f"{source}: unchanged\n"
    write_source(kind, count=9)
    last = list(categories)[1]
    assert run(root, "img2vox", "source") == f"{source}: chair, {last} changed\n"
    ran = stages_that_ran(run(root, "dvc", "repro", f"data/dvc.yaml:prepare@{last}"))
    assert ran == ["fetch", f"prepare@{last}"]
    commit(root)
    assert run(root, "git", "status", "--porcelain") == ""


def _reads_the_same_in_every_layout(root, place, write_source):
    """The same objects lead to the same bundles, so that DVC trains no network a second time."""
    bundles = {path: path.read_bytes() for path in sorted((root / "data" / "bundles").iterdir())}
    for kind in ("zip", "hub", "v1"):
        shutil.rmtree(place)
        set_source(root, write_source(kind), place)
        assert " changed\n" in run(root, "img2vox", "source")
        ran = stages_that_ran(run(root, "dvc", "repro"))
        assert "fetch" in ran
        assert not [name for name in ran if name.startswith(("train@", "evaluate@"))]
        assert {path: path.read_bytes() for path in sorted((root / "data" / "bundles").iterdir())} == bundles
    shutil.rmtree(place)


def test_a_watched_folder_is_looked_at_before_every_run_and_only_what_changed_is_prepared_again(
    tmp_path, place, write_source
):
    root = make_data_project(tmp_path / "project")
    set_source(root, write_source("folder"), place, LANTERN, watch=True)
    ran = stages_that_ran(run(root, "dvc", "repro", "data/dvc.yaml"))
    assert ran[:2] == ["source@folder", "fetch"]
    assert sorted(ran[2:]) == ["prepare@chair", "prepare@lantern"]
    assert stages_that_ran(run(root, "dvc", "repro", "data/dvc.yaml")) == ["source@folder"]
    changed = min((place / "Lantern").iterdir())
    changed.write_text(changed.read_text(encoding="utf-8").replace("v 0.0000", "v 0.0001", 1), encoding="utf-8")
    ran = stages_that_ran(run(root, "dvc", "repro", "data/dvc.yaml"))
    assert ran == ["source@folder", "fetch", "prepare@lantern"]
    # One who has the archives, by `dvc pull`, but not the source, is told so by what looks at it.
    os.rename(place, place.with_name("gone"))
    assert stages_that_ran(run(root, "dvc", "repro", "--single-item", "data/dvc.yaml:fetch")) == []
    done = start(root, "dvc", "repro", "data/dvc.yaml")
    ours = [line for line in done.stderr.splitlines() if line.startswith("img2vox: ")]
    assert ours == [f"img2vox: {place}: no such directory; set data.folder_dir to your meshes' one"]
