"""The joint network from meshes to models/joint, and what keeps it from being tested on what it saw."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from img2vox.data.bundle import open_bundle
from img2vox.errors import BundleError, NetworkError
from img2vox.evaluation.trained_on import read_trained_on, write_trained_on
from img2vox.joint import stage
from img2vox.joint.training import direction_loss, fit_joint, seen_loss
from img2vox.learning.dataset import Samples
from img2vox.learning.network_file import load_network, network_md5
from img2vox.learning.unseen import leave_out_seen, names_of
from tests.learning.test_training import KilledError, kill_after


@pytest.fixture(autouse=True)
def backend_of_the_tests(monkeypatch):
    """TensorFlow runs already; its threads can be set no more."""
    monkeypatch.setattr(stage, "prepare_backend", lambda threads, seed: "as it is")


def bundle_of(params, paths, slug):
    synset = params.synset(slug)
    return open_bundle(paths.voxels(synset), paths.images(synset), paths.index(synset))


def test_the_stage_leaves_a_network_its_history_and_its_numbers(project):
    params, paths = project
    stage.run(params, paths, workers=1)
    metrics = json.loads(paths.metrics("joint").read_text())
    network = load_network(paths.joint)
    assert metrics["network_md5"] == network_md5(network)
    assert metrics["recipe"]["pretrain.copies"] == 2
    assert metrics["pictures"] == metrics["objects"]["train"] * (3 + 2)
    with paths.history("joint").open() as stream:
        assert [row["epoch"] for row in csv.DictReader(stream)] == ["1", "2"]
    with paths.instances("joint").open() as stream:
        rows = list(csv.DictReader(stream))
    tested = [float(row["iou"]) for row in rows if row["split"] == "test"]
    assert metrics["objects"]["test"] == len(tested)
    assert metrics["test"]["iou"] == pytest.approx(np.mean(tested), abs=1e-5)
    assert 0 <= metrics["baselines"]["nearest_image"] <= metrics["baselines"]["oracle_nearest"] <= 1
    assert not list(paths.root.glob(".checkpoints/*"))
    first = {path.name: path.read_bytes() for path in paths.joint.parent.iterdir()}
    assert set(first) == {"network.keras", "metrics.json", "history.csv", "instances.csv", "trained_on.npz"}

    stage.run(params, paths, workers=2)
    assert {path.name: path.read_bytes() for path in paths.joint.parent.iterdir()} == first


def test_no_held_out_object_and_none_like_it_is_trained_on(project):
    params, paths = project
    stage.run(replace(params, pretrain=replace(params.pretrain, epochs=1)), paths, workers=1)
    trained = read_trained_on(paths.trained_on)
    for slug in params.categories:
        bundle = bundle_of(params, paths, slug)
        held_out = [row for row in bundle.index if row.split != "train"]
        grids = [bundle.voxels[row.voxel_row, ..., 0] for row in held_out]
        assert not trained.seen(slug, [row.model_id for row in held_out], grids, params.prepare.near_duplicate_iou)
        known = {row.model_id: row.voxel_row for row in bundle.index}
        of_slug = trained.categories == slug
        for model_id, bits in zip(trained.model_ids[of_slug], trained.bits[of_slug], strict=True):
            assert np.array_equal(np.unpackbits(bits), bundle.voxels[known[model_id]].ravel())


def test_a_killed_joint_training_goes_on_to_the_same_weights(project, monkeypatch):
    params, paths = project
    stage.run(params, paths, workers=1)
    whole = paths.joint.read_bytes()
    paths.joint.unlink()

    def dies(*args, on_epoch, **options):
        def both(row):
            on_epoch(row)
            kill_after(1)(row)

        return fit_joint(*args, on_epoch=both, **options)

    with monkeypatch.context() as patched:
        patched.setattr(stage, "fit_joint", dies)
        with pytest.raises(KilledError):
            stage.run(params, paths, workers=1)
    assert not paths.joint.exists()
    stage.run(params, paths, workers=1)
    assert paths.joint.read_bytes() == whole


def test_a_loss_that_is_no_number_is_one_line_and_leaves_the_network_that_was_there(project):
    params, paths = project
    paths.joint.parent.mkdir(parents=True)
    paths.joint.write_bytes(b"old")
    hot = replace(params, pretrain=replace(params.pretrain, learning_rate=1e30))
    with pytest.raises(NetworkError, match=r"joint network: the loss is nan .*; lower pretrain.learning_rate"):
        stage.run(hot, paths, workers=1)
    assert paths.joint.read_bytes() == b"old"


def test_a_category_whose_training_objects_all_look_like_held_out_ones_is_one_line(project, monkeypatch):
    params, paths = project
    mug = bundle_of(params, paths, "mug")
    trained = frozenset(mug.index[row].model_id for row in mug.rows("train"))
    monkeypatch.setattr(stage, "to_leave_out", lambda leaks: {"mug": trained})
    with pytest.raises(
        BundleError, match="mug: every training object is a near duplicate of one that is held out; add"
    ):
        stage.run(params, paths, workers=1)
    assert not paths.joint.exists()


def test_losses_of_what_the_camera_sees_have_known_values():
    truth = np.zeros((2, 4, 4, 4), bool)
    truth[0, 1, 2, 3] = truth[0, 1, 2, 2] = True
    certain = np.where(truth, 30.0, -30.0).astype(np.float32)
    np.testing.assert_allclose(seen_loss(truth, certain), [0, 0], atol=1e-5)
    # Nothing known: twice log 2, and Dice of 2 cells against 64 halves.
    undecided = np.zeros_like(certain)
    expected = 2 * np.log(2) + 1 - (2 * 1 + 1) / (2 + 32 + 1)
    assert float(seen_loss(truth, undecided)[0]) == pytest.approx(expected, rel=1e-5)
    chances = np.array([[0.25, 0.75]], np.float32)
    assert float(direction_loss(np.array([[1.0, 0.0]], np.float32), chances)[0]) == pytest.approx(np.log(4), rel=1e-5)


@pytest.fixture
def trained_on(tmp_path, bundle):
    path = tmp_path / "trained_on.npz"
    write_trained_on(path, {"mug": bundle, "jar": bundle}, {"mug": np.array([0, 4]), "jar": np.array([1])})
    return path


def test_what_was_trained_on_comes_back_and_is_known_by_name_and_by_shape(trained_on, bundle):
    found = read_trained_on(trained_on)
    assert found.grids_of_others("mug", 8).shape == (1, 8, 8, 8)
    assert np.array_equal(found.grids_of_others("jar", 8), bundle.voxels[[0, 4], ..., 0])
    names, grids = ["object-2", "object-4", "new"], bundle.voxels[[2, 3, 4], ..., 0]
    assert found.seen("mug", names, grids, 0.95) == {"object-4", "new"}  # "new" has the grid of object-4
    assert found.seen("jar", names, grids, 0.95) == {"new"}
    with pytest.raises(BundleError, match=r"grids of 512 cells, but the data has 16\*\*3"):
        found.seen("jar", ["x"], np.ones((1, 16, 16, 16), bool), 0.95)
    with pytest.raises(BundleError, match=r"grids of 512 cells, but the data has 16\*\*3"):
        found.grids_of_others("mug", 16)


def test_what_the_joint_network_knows_is_left_out_and_said(trained_on, bundle, caplog):
    trained = read_trained_on(trained_on)
    every = Samples(bundle.voxels, bundle.images, np.arange(len(bundle.index)), np.arange(bundle.views))
    kept, seen = leave_out_seen("mug", bundle, "test", every, trained, 0.95)
    assert seen >= {"object-0", "object-4"}
    assert names_of(bundle, kept) == [row.model_id for row in bundle.index if row.model_id not in seen]
    assert f"mug: {trained_on} knows {len(seen)} of {len(every.rows)} test objects, such as object-0" in caplog.text
    again, none = leave_out_seen("mug", bundle, "test", kept, trained, 0.95)
    assert again is kept
    assert not none
    with pytest.raises(BundleError, match=r"knows 1 of 1 val objects, such as object-4; none is left.*train.start"):
        leave_out_seen("mug", bundle, "val", replace(every, rows=np.array([4])), trained, 0.95)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("missing", r"cannot be read \(.*\); bring it back with `git restore`, or train the joint network anew"),
        ("cut", r"cannot be read \(.*\); bring it back with `git restore`, or train the joint network anew"),
        (
            "lengths",
            r"1 categories, 2 model_ids, grids of shape \(1, 2\); expected one of each an object; bring it back",
        ),
    ],
)
def test_a_damaged_list_of_what_was_trained_on_is_one_line(trained_on, damage, message):
    if damage == "missing":
        trained_on.unlink()
    elif damage == "cut":
        trained_on.write_bytes(trained_on.read_bytes()[:200])
    else:
        with trained_on.open("wb") as stream:
            np.savez(
                stream, categories=np.array(["a"]), model_ids=np.array(["b", "c"]), grids=np.zeros((1, 2), np.uint8)
            )
    with pytest.raises(BundleError, match=rf"trained_on\.npz: {message}"):
        read_trained_on(trained_on)
