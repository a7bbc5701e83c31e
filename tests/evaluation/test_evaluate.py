import json
import math
from dataclasses import replace

import numpy as np
import pytest

from img2vox.errors import BundleError
from img2vox.evaluation.evaluate import evaluate
from img2vox.evaluation.instances import format_instances, object_means, read_instances
from img2vox.evaluation.metrics import THRESHOLDS, iou
from img2vox.evaluation.predictions import read_fit, read_history, read_predictions, rows_of

HOW = {
    "category": "bag",
    "convention": "standard",
    "fraction": 1.0,
    "seed": 1,
    "bootstrap_samples": 200,
    "threshold_tolerance": 0.0,
}


def assert_finite(value):
    if isinstance(value, dict):
        for inner in value.values():
            assert_finite(inner)
    elif isinstance(value, float):
        assert math.isfinite(value)


def test_an_oracle_scores_one(bundle, predict, fit):
    metrics = evaluate(bundle, predict("val"), predict("test"), fit, **HOW).metrics
    test = metrics["test"]
    assert (test["iou"], test["iou_at_0.5"], test["f_score_1pct"], test["chamfer_l1"]) == (1, 1, 1, 0)
    assert test["iou_ci95"] == [1, 1]
    assert test["occupancy_ratio"] == 1
    assert test["iou_by_view"] == {"0": 1, "2": 1}
    assert metrics["threshold"] == 0.5
    assert metrics["baselines"]["oracle_nearest"] < 1  # no test grid stands in training


def test_metrics_hold_the_keys_that_others_read(bundle, predict, fit):
    metrics = evaluate(bundle, predict("val"), predict("test"), fit, **HOW).metrics
    assert list(metrics) == [
        "category", "network", "start", "parameters", "convention", "resolution", "views", "objects", "threshold",
        "epochs", "network_md5", "train", "val", "test", "baselines", "baselines_real",
    ]  # fmt: skip
    assert metrics["objects"] == {"train": 4, "val": 1, "test": 3, "real": 5, "parametric": 3, "left_out": 0}
    assert metrics["val"] == {"loss": 0.6, "accuracy": 0.9, "binary_crossentropy": 0.25, "iou": 1, "iou_at_0.5": 1}
    assert metrics["test"]["loss"] == 0.7
    assert metrics["train"]["iou"] == fit.splits["train"].iou_by_threshold[THRESHOLDS.index(0.5)]
    assert metrics["test"]["real"]["objects"] == 2
    assert set(metrics["baselines"]) == {"empty", "mean_shape", "nearest_image", "oracle_nearest"}
    assert_finite(metrics)
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics


def test_objects_that_the_joint_network_knows_are_left_out_and_counted(bundle, predict, fit):
    test = predict("test")
    known, kept = test.model_ids[0], slice(1, None)
    fewer = replace(test, model_ids=test.model_ids[kept], occupancy=test.occupancy[kept])
    with pytest.raises(BundleError, match=rf"1 of 3 test objects are missing, such as {known}"):
        evaluate(bundle, predict("val"), fewer, fit, **HOW)
    found = evaluate(bundle, predict("val"), fewer, replace(fit, seen=frozenset([known])), **HOW)
    assert (found.metrics["objects"]["test"], found.metrics["objects"]["left_out"]) == (2, 1)
    assert known not in {instance.model_id for instance in found.instances}
    with pytest.raises(BundleError, match="test holds 1 objects that the index does not have"):
        evaluate(bundle, predict("val"), test, replace(fit, seen=frozenset([known])), **HOW)


def test_baselines_agree_with_looking_at_every_training_object(bundle, predict, fit):
    evaluation = evaluate(bundle, predict("val"), predict("test"), fit, **HOW)
    grids, pictures = bundle.voxels[..., 0], bundle.images.astype(np.int64)
    train = bundle.rows("train").tolist()
    for instance in evaluation.instances:
        row = int(instance.model_id.removeprefix("object-"))
        assert instance.oracle_iou == max(iou(grids[row], grids[other]) for other in train)
        shown = pictures[row * bundle.views + instance.view]
        candidates = [(other, view) for other in train for view in (0, 2)]
        nearest = min(candidates, key=lambda c: ((pictures[c[0] * bundle.views + c[1]] - shown) ** 2).sum())[0]
        assert instance.nearest_image_iou == iou(grids[row], grids[nearest])
    on_test = [instance for instance in evaluation.instances if instance.split == "test"]
    assert evaluation.metrics["baselines"]["nearest_image"] == pytest.approx(
        object_means(on_test, "nearest_image_iou").mean(), abs=1e-6
    )
    real = [instance for instance in on_test if instance.origin == "real"]
    assert len(real) == 4
    expected = object_means(real, "mean_shape_iou").mean()
    assert evaluation.metrics["baselines_real"]["mean_shape"] == pytest.approx(expected, abs=1e-6)


def test_the_oracle_chooses_among_all_that_the_network_saw(bundle, predict, fit):
    alone = evaluate(bundle, predict("val"), predict("test"), fit, **HOW)
    row = int(bundle.rows("test")[0])
    elsewhere = np.stack([bundle.voxels[row, ..., 0], np.zeros_like(bundle.voxels[row, ..., 0])])
    wider = evaluate(bundle, predict("val"), predict("test"), fit, seen_elsewhere=elsewhere, **HOW)
    for before, after in zip(alone.instances, wider.instances, strict=True):
        grid = bundle.voxels[int(after.model_id.removeprefix("object-")), ..., 0]
        assert after.oracle_iou == max(before.oracle_iou, *iou(elsewhere, grid))
        assert replace(after, oracle_iou=before.oracle_iou) == before  # nothing else has further references
    assert wider.metrics["baselines"]["oracle_nearest"] > alone.metrics["baselines"]["oracle_nearest"]


def test_the_empty_grid_scores_where_the_truth_is_empty(bundle, predict, fit):
    voxels = bundle.voxels.copy()
    voxels[2] = False  # one of three test objects, one of the two real ones
    metrics = evaluate(replace(bundle, voxels=voxels), predict("val"), predict("test"), fit, **HOW).metrics
    assert metrics["baselines"]["empty"] == pytest.approx(1 / 3, abs=1e-6)
    assert metrics["baselines_real"]["empty"] == 0.5


def test_shuffled_answers_lose_what_the_oracle_had(bundle, predict, fit):
    shuffled = predict("test", np.roll(bundle.rows("test"), 1))
    metrics = evaluate(bundle, predict("val"), shuffled, fit, **HOW).metrics
    assert metrics["test"]["iou"] < 0.6


def test_the_threshold_is_chosen_on_validation_alone(bundle, predict, fit):
    val = predict("val")
    scaled = replace(val, occupancy=(val.occupancy * np.float16(0.2)))
    metrics = evaluate(bundle, scaled, predict("test"), fit, **HOW).metrics
    assert metrics["threshold"] == 0.18
    assert metrics["val"]["iou"] == 1
    assert metrics["val"]["iou_at_0.5"] == 0


def test_the_order_of_the_predictions_does_not_matter(bundle, predict, fit):
    test = predict("test", bundle.rows("test")[[1, 0, 2]])
    turned = replace(test, model_ids=test.model_ids[::-1], occupancy=test.occupancy[::-1])
    first = evaluate(bundle, predict("val"), test, fit, **HOW)
    second = evaluate(bundle, predict("val"), turned, fit, **HOW)
    assert sorted(first.instances, key=str) == sorted(second.instances, key=str)
    first.metrics["test"].pop("iou_ci95"), second.metrics["test"].pop("iou_ci95")  # draws by place
    first.metrics["test"]["real"].pop("iou_ci95"), second.metrics["test"]["real"].pop("iou_ci95")
    assert first.metrics == second.metrics


def test_without_real_test_objects_nothing_is_said_of_them(bundle, predict, fit):
    index = tuple(replace(row, origin="parametric") if row.split == "test" else row for row in bundle.index)
    metrics = evaluate(replace(bundle, index=index), predict("val"), predict("test"), fit, **HOW).metrics
    assert metrics["test"]["real"] is None
    assert metrics["baselines_real"] is None


def test_an_empty_answer_scores_zero_and_stays_finite(bundle, predict, fit):
    test = predict("test")
    empty = replace(test, occupancy=np.zeros_like(test.occupancy))
    metrics = evaluate(bundle, predict("val"), empty, fit, **HOW).metrics
    assert metrics["test"]["iou"] == metrics["test"]["f_score_1pct"] == 0
    assert metrics["test"]["chamfer_l1"] == pytest.approx(math.sqrt(3), abs=1e-6)
    assert_finite(metrics)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: replace(p, model_ids=p.model_ids[1:], occupancy=p.occupancy[1:]), "1 of 3 test objects are missing"),
        (
            lambda p: replace(p, model_ids=("stranger", *p.model_ids[1:])),
            "1 objects that the index does not have.*stranger",
        ),
        (lambda p: replace(p, occupancy=p.occupancy[..., :4, :4, :4]), "4 cells a side, the bundle's 8"),
        (lambda p: replace(p, views=np.array([0, 4])), "names view 4, but the bundle has 4 views"),
    ],
)
def test_predictions_of_another_bundle_are_refused(bundle, predict, fit, change, message):
    with pytest.raises(BundleError, match=f"^predictions.npz: .*{message}"):
        evaluate(bundle, predict("val"), change(predict("test")), fit, **HOW)


def test_a_split_without_objects_says_what_to_raise(bundle, predict):
    none = replace(predict("val"), model_ids=(), occupancy=predict("val").occupancy[:0])
    trained = replace(bundle, index=tuple(replace(row, split="train") for row in bundle.index))
    with pytest.raises(BundleError, match=r"index has no val objects; raise split\.val in params\.yaml"):
        rows_of(none, trained, 1.0, frozenset())


def save(path, predictions, **changes):
    arrays = {
        "test_model_ids": np.array(predictions.model_ids),
        "test_views": predictions.views,
        "test_occupancy": predictions.occupancy,
    }
    np.savez(path, **{name: array for name, array in (arrays | changes).items() if array is not None})
    return path


def test_predictions_come_back_as_they_were_written(tmp_path, predict):
    written = predict("test")
    found = read_predictions(save(tmp_path / "p.npz", written), "test")
    assert found.model_ids == written.model_ids
    np.testing.assert_array_equal(found.views, written.views)
    np.testing.assert_array_equal(found.occupancy, written.occupancy)


def with_cell(occupancy, value):
    changed = occupancy.copy()
    changed[1, 0, 2, 3, 1] = value
    return changed


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: {"test_occupancy": with_cell(p.occupancy, np.nan)}, "object-5 has occupancies from nan"),
        (lambda p: {"test_occupancy": with_cell(p.occupancy, 1.5)}, "object-5 has occupancies from 0.0 to 1.5"),
        (lambda p: {"test_occupancy": with_cell(p.occupancy, -0.25)}, "object-5 has occupancies from -0.25"),
        (lambda p: {"test_occupancy": p.occupancy[:, :1]}, "shape \\(3, 1, 8, 8, 8\\)"),
        (lambda p: {"test_occupancy": p.occupancy[..., 0]}, "shape \\(3, 2, 8, 8\\)"),
        (lambda p: {"test_occupancy": p.occupancy.astype(np.float64)}, "float64; expected text, integers and float16"),
        (lambda p: {"test_occupancy": None}, "expected the arrays"),
        (lambda p: {"test_model_ids": np.array(["a", "b", "a"])}, "holds a more than once"),
        (lambda p: {"test_views": np.array([2, 2])}, "expected each view once"),
        (lambda p: {"test_model_ids": np.array(["a", "b", None])}, "cannot be read"),
    ],
)
def test_damaged_predictions_are_refused_by_name(tmp_path, predict, change, message):
    predictions = predict("test")
    path = save(tmp_path / "p.npz", predictions, **change(predictions))
    with pytest.raises(BundleError, match=f"p.npz: .*{message}"):
        read_predictions(path, "test")


def test_predictions_cut_short_are_refused_by_name(tmp_path, predict):
    path = save(tmp_path / "p.npz", predict("test"))
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(BundleError, match=r"p\.npz: cannot be read"):
        read_predictions(path, "test")
    with pytest.raises(BundleError, match=r"missing\.npz: cannot be read"):
        read_predictions(tmp_path / "missing.npz", "test")


def fit_content():
    split = {"loss": 0.5, "accuracy": 0.9, "binary_crossentropy": 0.2, "iou_by_threshold": [0.3] * len(THRESHOLDS)}
    head = {
        "network": "low",
        "start": "joint",
        "seen": ["a", "b"],
        "parameters": 5,
        "epochs": 2,
        "network_md5": "x",
        "thresholds": list(THRESHOLDS),
    }
    return head | {"train": dict(split), "val": dict(split), "test": dict(split)}


def test_fit_comes_back_as_it_was_written(tmp_path):
    (tmp_path / "fit.json").write_text(json.dumps(fit_content()))
    found = read_fit(tmp_path / "fit.json")
    assert (found.network, found.start, found.parameters, found.epochs) == ("low", "joint", 5, 2)
    assert found.seen == {"a", "b"}
    assert found.splits["val"].loss == 0.5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"thresholds": [0.5]}, "1 thresholds that are not"),
        ({"val": {"loss": 1.0}}, r"KeyError\('accuracy'\) while reading the losses of train, val and test"),
        ({"test": fit_content()["test"] | {"loss": float("nan")}}, "no finite number"),
        ({"train": fit_content()["train"] | {"iou_by_threshold": [0.5]}}, "has 1 values"),
    ],
)
def test_a_damaged_fit_is_refused_by_name(tmp_path, change, message):
    (tmp_path / "fit.json").write_text(json.dumps(fit_content() | change))
    with pytest.raises(BundleError, match=f"fit.json: .*{message}"):
        read_fit(tmp_path / "fit.json")


def test_history_needs_every_column(tmp_path):
    path = tmp_path / "history.csv"
    columns = ["epoch", "loss", "accuracy", "binary_crossentropy", "iou"]
    columns += [f"val_{name}" for name in columns[1:]]
    path.write_text(",".join(columns) + "\n1" + ",0.5" * 8 + "\n")
    assert read_history(path)["val_iou"] == [0.5]
    path.write_text(",".join(columns[:-1]) + "\n1" + ",0.5" * 7 + "\n")
    with pytest.raises(BundleError, match=r"history.csv: line 2 has no val_iou"):
        read_history(path)
    path.write_text(",".join(columns) + "\n")
    with pytest.raises(BundleError, match=r"history.csv: no epochs; run `dvc repro` for this category again"):
        read_history(path)
    path.write_bytes(b"epoch,\xff\n")
    with pytest.raises(BundleError, match=r"history.csv: cannot be read \('utf-8' codec.*\); run `dvc repro` for this"):
        read_history(path)
    path.write_text(",".join(columns) + "\n1" + ",x" * 8 + "\n")
    with pytest.raises(BundleError, match=r"history.csv: .*expected numbers"):
        read_history(path)


def test_instances_come_back_as_they_were_written(tmp_path, bundle, predict, fit):
    instances = evaluate(bundle, predict("val"), predict("test"), fit, **HOW).instances
    path = tmp_path / "instances.csv"
    path.write_text(format_instances(instances))
    found = read_instances(path)
    assert [(i.split, i.model_id, i.origin, i.view) for i in found] == [
        (i.split, i.model_id, i.origin, i.view) for i in instances
    ]
    for one, other in zip(found, instances, strict=True):
        assert one.oracle_iou == pytest.approx(other.oracle_iou, abs=1e-6)
    assert format_instances(found) == path.read_text()
    assert path.read_text().startswith("split,model_id,origin,view,iou,iou_at_0.5,f_score_1pct,chamfer_l1,")


def test_object_means_average_views_before_objects(bundle, predict, fit):
    instances = evaluate(bundle, predict("val"), predict("test"), fit, **HOW).instances
    some = [replace(instances[0], model_id="a", iou=value) for value in (0.0, 1.0, 0.2)]
    some.append(replace(instances[0], model_id="b", iou=0.8))
    np.testing.assert_allclose(object_means(some, "iou"), [0.4, 0.8])
