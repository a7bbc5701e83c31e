import io
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from img2vox.evaluation import figures
from img2vox.evaluation.evaluate import evaluate
from img2vox.evaluation.figures import (
    choose_examples,
    draw_curves,
    draw_gallery,
    draw_instances,
    kept_epoch,
    write_figures,
)

HISTORY = {
    "epoch": [1.0, 2.0, 3.0],
    **{name: [0.5, 0.4, 0.3] for name in ("loss", "accuracy", "binary_crossentropy", "iou")},
    **{f"val_{name}": [0.6, 0.4, 0.5] for name in ("loss", "accuracy", "binary_crossentropy", "iou")},
}


@pytest.fixture
def scored(bundle, predict, fit):
    """Test predictions of falling quality: right, all cells, none; and their instances."""
    test = predict("test")
    occupancy = test.occupancy.copy()
    occupancy[1], occupancy[2] = 1, 0
    test = replace(test, occupancy=occupancy)
    how = {
        "category": "bag",
        "convention": "standard",
        "fraction": 1.0,
        "seed": 1,
        "bootstrap_samples": 20,
        "threshold_tolerance": 0.0,
    }
    return test, evaluate(bundle, predict("val"), test, fit, **how).instances


def on_test(instances):
    return [instance for instance in instances if instance.split == "test"]


def test_examples_are_the_best_the_median_and_the_worst(bundle, scored):
    test, instances = scored
    examples = choose_examples(bundle, test, on_test(instances), 0.5)
    assert [example.rank for example in examples] == ["best", "median", "worst"]
    assert [example.instance.model_id for example in examples] == list(test.model_ids)
    for example, row in zip(examples, bundle.rows("test")[::-1], strict=True):
        np.testing.assert_array_equal(example.truth, bundle.voxels[row, ..., 0])
        np.testing.assert_array_equal(example.picture, bundle.images[row * 4 + example.instance.view])
    np.testing.assert_array_equal(examples[0].predicted, examples[0].truth)
    assert examples[1].predicted.all()
    assert not examples[2].predicted.any()


def test_an_example_shows_the_view_nearest_to_the_objects_mean(bundle, scored):
    test, instances = scored
    ious = {0: 0.2, 2: 0.9}
    skewed = [replace(i, iou=ious[i.view]) for i in on_test(instances) if i.model_id == "object-7"]
    skewed.append(replace(skewed[0], iou=0.1))
    assert choose_examples(bundle, test, skewed, 0.5)[0].instance.view == 0


@pytest.mark.parametrize(("count", "ranks"), [(1, ["best"]), (2, ["best", "worst"])])
def test_fewer_objects_give_fewer_examples(bundle, scored, count, ranks):
    test, instances = scored
    some = [instance for instance in on_test(instances) if instance.model_id in test.model_ids[:count]]
    assert [example.rank for example in choose_examples(bundle, test, some, 0.5)] == ranks


def test_figures_are_whole_pngs_and_obj_files_and_the_same_each_time(tmp_path, bundle, scored):
    test, instances = scored
    for directory in (tmp_path / "one", tmp_path / "two"):
        write_figures(directory, bundle, test, instances, 0.5, HISTORY, 0.4)
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    objs = [f"{rank}_{what}.obj" for rank in ("best", "median", "worst") for what in ("predicted", "truth")]
    assert names == sorted(["curves.png", "instances.png", "gallery.png", *objs])
    for name in names:
        content = (tmp_path / "one" / name).read_bytes()
        assert content == (tmp_path / "two" / name).read_bytes()
        if name.endswith(".png"):
            picture = Image.open(io.BytesIO(content))
            picture.load()
            assert picture.info == {}  # no software, no date
    assert (tmp_path / "one" / "worst_predicted.obj").read_text().startswith("# empty grid")


def test_an_obj_file_holds_the_corners_of_its_grid(tmp_path, bundle, scored):
    test, instances = scored
    write_figures(tmp_path, bundle, test, instances, 0.5, HISTORY, 0.4)
    text = (tmp_path / "best_truth.obj").read_text()
    corners = np.array(re.findall(r"^v (\S+) (\S+) (\S+)", text, re.MULTILINE), dtype=float)
    filled = np.argwhere(bundle.voxels[7, ..., 0])
    np.testing.assert_allclose(corners.min(axis=0), filled.min(axis=0) / 8 - 0.5)
    np.testing.assert_allclose(corners.max(axis=0), (filled.max(axis=0) + 1) / 8 - 0.5)


def test_the_gallery_shows_prediction_and_truth_side_by_side(bundle, scored):
    test, instances = scored
    examples = choose_examples(bundle, test, on_test(instances), 0.5)
    sheet = np.asarray(Image.open(io.BytesIO(draw_gallery(examples[:1]))))
    step, top = figures._TILE + figures._MARGIN, 2 * figures._CAPTION
    tiles = [sheet[top : top + figures._TILE, 10 + step * column :][:, : figures._TILE] for column in range(5)]
    np.testing.assert_array_equal(tiles[1], tiles[2])  # the best answer is the truth
    np.testing.assert_array_equal(tiles[3], tiles[4])
    assert (tiles[1] < 250).mean() > 0.02
    assert not np.array_equal(tiles[1], tiles[3])


def test_curves_and_instances_draw_a_single_point(scored):
    _, instances = scored
    one_epoch = {name: values[:1] for name, values in HISTORY.items()}
    assert Image.open(io.BytesIO(draw_curves(one_epoch, 0.6))).width > 500
    one_object = [instance for instance in on_test(instances) if instance.model_id == "object-7"]
    assert Image.open(io.BytesIO(draw_instances(one_object))).width > 500


@pytest.mark.parametrize(("val_loss", "place"), [(0.4, 1), (0.5, 2), (0.4000001, 1), (0.6, 0)])
def test_the_kept_epoch_is_the_one_whose_loss_the_weights_have(val_loss, place):
    assert kept_epoch(HISTORY, val_loss) == place
    marked = {draw_curves(HISTORY, loss) for loss in (0.4, 0.5, 0.6)}
    assert len(marked) == 3


def test_drawing_imports_neither_pyplot_nor_a_network(run_python):
    code = "import sys, img2vox.evaluation.evaluate, img2vox.reporting.report, img2vox.evaluation.figures; "
    code += "print([name for name in ('matplotlib.pyplot', 'tensorflow', 'keras', 'mlflow') if name in sys.modules])"
    assert run_python(code) == "[]"
