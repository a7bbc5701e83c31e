"""Stage `register`: what it reads, what it says when that is missing, what it leaves."""

import dataclasses
import io
import json
import subprocess
import zipfile
from pathlib import Path

import pytest

from img2vox.config import load_params
from img2vox.errors import RegistryError
from img2vox.paths import JOINT
from img2vox.tracking import stage
from img2vox.tracking.provenance import git_tags, recorded_inputs
from tests.tracking.conftest import SLUGS
from tests.tracking.fakes import synset_of, write_category

ROOT = Path(__file__).parents[2]
COMPARISON = """category,synset,network,capacity,objects,iou,real_iou
chair,1,residual,high,13,0.4,
mug,2,residual,low,13,0.5,0.4
trash_bin,3,residual,low,13,0.6,0.5
mean over categories,,,,39,0.5,0.45
mean over instances,,,,39,0.51,
"""
LOCK = """schema: '2.0'
stages:
  train@mug:
    cmd: img2vox train mug
    deps:
    - path: data/bundles/03797390_voxels.npy
      hash: md5
      md5: 12345678901234567890123456789012
      size: 7
    - path: src/img2vox/learning
      hash: md5
      md5: 0e0.dir
      size: 7
"""


@pytest.fixture
def finished_categories(project):
    (project.paths.reports / "figures").mkdir(parents=True)
    (project.paths.reports / "figures" / "iou.png").write_bytes(b"png")
    (project.paths.reports / "comparison.csv").write_text(COMPARISON, encoding="utf-8")
    (project.root / "dvc.lock").write_text(LOCK, encoding="utf-8")
    params = dataclasses.replace(load_params(ROOT / "params.yaml"), categories={s: synset_of(s) for s in SLUGS})
    return project, params


def test_the_joint_network_is_registered_beside_the_categories_in_a_run_of_its_own(finished_categories):
    project, params = finished_categories
    md5 = write_category(project.paths, JOINT, iou=0.45)
    project.paths.fit(JOINT).unlink()  # it may have been trained anywhere
    stage.run(params, project.paths)
    store = project.open()
    (run,) = store.runs("tags.slug = 'joint'")
    assert "mlflow.parentRunId" not in run.data.tags
    assert run.data.tags["dvc_stage"] == "pretrain"
    assert (run.data.tags["category"], run.info.status) == ("any object", "FINISHED")
    assert run.data.metrics["test.iou"] == 0.45
    version = store.client.get_model_version_by_alias("img2vox-joint", "champion")
    assert (version.tags["network_md5"], version.run_id) == (md5, run.info.run_id)
    assert "any object**: one gray picture" in version.description
    assert len(store.runs("tags.`mlflow.parentRunId` != ''")) == len(SLUGS)


def test_the_stage_delivers_everything_and_leaves_a_receipt_that_does_not_change(finished_categories):
    project, params = finished_categories
    stage.run(params, project.paths)
    first = project.paths.receipt.read_bytes()
    stage.run(params, project.paths)
    assert project.paths.receipt.read_bytes() == first
    receipt = json.loads(first)
    assert (receipt["experiment"], receipt["protocol"]) == ("img2vox", "standard")
    assert set(receipt["categories"]) == set(SLUGS)
    store = project.open()
    runs = {run.data.tags.get("slug"): run for run in store.runs("")}
    assert {slug: run.data.tags.get("capacity") for slug, run in runs.items()} == {
        None: None,
        "chair": "high",
        "mug": "low",
        "trash_bin": "low",
    }
    assert runs["mug"].data.params["train.epochs"] == str(params.train.epochs)
    assert runs[None].data.metrics == {
        "mean_over_categories.objects": 39,
        "mean_over_categories.iou": 0.5,
        "mean_over_categories.real_iou": 0.45,
        "mean_over_instances.objects": 39,
        "mean_over_instances.iou": 0.51,
    }
    (dataset,) = runs["mug"].inputs.dataset_inputs
    assert dataset.dataset.digest == "12345678901234567890123456789012"
    assert "inputs_hash" in runs["mug"].data.tags
    assert "inputs_hash" not in runs["chair"].data.tags


def test_the_papers_protocol_delivers_its_joint_network_too_under_aliases_of_its_own(finished_categories):
    project, params = finished_categories
    stage.run(params, project.paths)
    write_category(project.paths, "joint", kind="low")
    stage.run(
        dataclasses.replace(params, register=dataclasses.replace(params.register, protocol="paper")), project.paths
    )
    receipt = json.loads(project.paths.receipt.read_bytes())
    assert (receipt["protocol"], set(receipt["categories"])) == ("paper", {*SLUGS, "joint"})
    assert project.aliases("joint") == {"paper-low": 1, "paper-champion": 1}
    assert set(project.aliases("mug")) == {"residual", "champion", "paper-residual", "paper-champion"}
    (run,) = project.open().runs("tags.slug = 'joint'")
    tags = {name: run.data.tags[name] for name in ("protocol", "capacity", "dvc_stage")}
    assert tags == {"protocol": "paper", "capacity": "joint", "dvc_stage": "train-joint"}
    assert "mlflow.parentRunId" in run.data.tags


def keras_file(channels):
    """Of a network that looks at pictures with so many channels; nothing of its weights."""
    layer = {"class_name": "InputLayer", "config": {"batch_shape": [None, 16, 16, channels]}}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("config.json", json.dumps({"config": {"layers": [layer]}}))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "models/mug/metrics.json",
            None,
            r"mug: nothing to register \(.*metrics\.json.*run `dvc repro reports/dvc\.yaml:evaluate@mug`",
        ),
        ("models/mug/metrics.json", "[]", r"metrics\.json holds a list, expected an object"),
        ("models/mug/metrics.json", '{"network": "low"}', r"metrics\.json has no 'network_md5'"),
        ("models/mug/history.csv", "epoch,loss\n1\n", r"history\.csv has no whole rows with a column 'epoch'"),
        ("models/mug/history.csv", "epoch,loss\n1,x\n", "could not convert string to float: 'x'"),
        ("models/mug/network.keras", b"no zip", r"network\.keras is no network from a gray picture: BadZipFile"),
        ("models/mug/network.keras", keras_file(3), r"network\.keras is no network from a gray picture: .*3 channels"),
        (
            "reports/comparison.csv",
            None,
            r"comparison\.csv: cannot be read .*; run `dvc repro reports/dvc\.yaml:compare`",
        ),
        ("reports/comparison.csv", COMPARISON.replace("mug", "cup"), r"comparison\.csv: no row for mug"),
        ("dvc.lock", "stages: [", r"dvc\.lock: not what DVC writes"),
    ],
)
def test_what_is_missing_or_damaged_is_one_line_and_nothing_is_delivered(finished_categories, name, content, message):
    project, params = finished_categories
    if content is None:
        (project.root / name).unlink()
    else:
        (project.root / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(RegistryError, match=message) as caught:
        stage.run(params, project.paths)
    assert "\n" not in str(caught.value)
    assert not project.paths.receipt.exists()
    assert not (project.root / "mlartifacts").exists()


def test_without_dvc_there_are_no_inputs(tmp_path):
    assert recorded_inputs(tmp_path, ["mug"]) == {"mug": {}}


def test_git_tags_say_which_commit_and_whether_it_is_changed(tmp_path):
    def git(*arguments):
        identity = ("-c", "user.name=t", "-c", "user.email=t@t")
        done = subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    git("init", "--quiet")
    (tmp_path / "a").write_text("1")
    git("add", "a")
    git("commit", "--quiet", "-m", "one")
    commit = git("rev-parse", "HEAD")
    expected = {"git_commit": commit, "mlflow.source.git.commit": commit, "git_dirty": "false"}
    assert git_tags(tmp_path) == expected
    (tmp_path / "a").write_text("2")
    assert git_tags(tmp_path) == {**expected, "git_dirty": "true"}


def test_mlflow_is_imported_nowhere_else():
    importing = {
        path.relative_to(ROOT / "src").parts[:2]
        for path in (ROOT / "src").rglob("*.py")
        if "import mlflow" in path.read_text(encoding="utf-8") or "from mlflow" in path.read_text(encoding="utf-8")
    }
    assert importing == {("img2vox", "tracking")}
