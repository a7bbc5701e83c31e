"""The literature's protocol on a small tree in the layout of its published archives."""

import json

import numpy as np
import pytest
import trimesh
from PIL import Image

import shapenet13 as benchmark
from img2vox.errors import SourceError
from tests.sources.trees import binvox_bytes

AXES = np.zeros((32, 32, 32), dtype=bool)  # arms of different lengths along x, y and z: any swap or flip shows
AXES[4:28, 4, 4] = AXES[4, 4:20, 4] = AXES[4, 4, 4:12] = True


def write_object(root, synset, name, grid, gray=90):
    picture = root / "ShapeNetRendering" / synset / name / "rendering" / "00.png"
    picture.parent.mkdir(parents=True)
    rgba = np.zeros((137, 137, 4), dtype=np.uint8)
    rgba[40:90, 30:100] = (gray, gray, gray, 255)
    Image.fromarray(rgba).save(picture)
    (picture.parent / "rendering_metadata.txt").write_text("0.0 30.0 0 0.7 25\n")
    voxels = root / "ShapeNetVox32" / synset / name / "model.binvox"
    voxels.parent.mkdir(parents=True)
    voxels.write_bytes(binvox_bytes(grid))


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("r2n2")
    for number, synset in enumerate(benchmark.SYNSETS):
        for name in "edcba"[: 5 if number else 3]:
            write_object(root, synset, name, AXES)
    return root


def test_the_grid_keeps_its_axes_and_the_picture_its_place(tree):
    pixels, grid = benchmark.read_object(tree, "03001627", "e", 137, 255)
    np.testing.assert_array_equal(grid, AXES)
    np.testing.assert_array_equal(np.argwhere(pixels == 90)[[0, -1]], [[40, 30], [89, 99]])
    assert pixels[0, 0] == 255
    assert benchmark.read_object(tree, "03001627", "e", 64, 0)[0].shape == (64, 64)


def test_trimesh_writes_what_we_take_for_binvox():
    exported = trimesh.exchange.binvox.export_binvox(trimesh.voxel.VoxelGrid(AXES), axis_order="xzy")
    assert exported.split(b"data\n", 1)[1] == binvox_bytes(AXES).split(b"data\n", 1)[1]


def test_the_last_fifth_of_the_sorted_names_is_tested(tree):
    found = benchmark.tested_names(tree, None)
    assert list(found) == list(benchmark.SYNSETS)
    assert len(found) == 13
    assert found["03001627"] == ["e"]
    assert found["02691156"] == ["e"]  # three objects: from int(2.4) on


def test_a_published_split_is_followed(tree, tmp_path):
    content = [{"taxonomy_id": synset, "train": ["a"], "test": ["b", "c"]} for synset in benchmark.SYNSETS]
    content += [{"taxonomy_id": "02747177", "test": ["x"]}]
    (tmp_path / "split.json").write_text(json.dumps(content))
    assert benchmark.tested_names(tree, tmp_path / "split.json") == {key: ["b", "c"] for key in benchmark.SYNSETS}
    (tmp_path / "split.json").write_text(json.dumps(content[1:]))
    with pytest.raises(SourceError, match=r"split\.json: no test objects of 02691156; all thirteen"):
        benchmark.tested_names(tree, tmp_path / "split.json")
    (tmp_path / "split.json").write_text("{")
    with pytest.raises(SourceError, match=r"split\.json: cannot be read"):
        benchmark.tested_names(tree, tmp_path / "split.json")


def test_missing_and_damaged_files_are_named(tmp_path):
    with pytest.raises(SourceError, match=r"ShapeNetVox32: no test objects of 02691156, 02828884"):
        benchmark.tested_names(tmp_path, None)
    with pytest.raises(SourceError, match=r"00\.png: cannot be read \(No such file or directory\)"):
        benchmark.read_object(tmp_path, "03001627", "a", 64, 255)
    write_object(tmp_path, "03001627", "a", AXES)
    write_object(tmp_path, "03001627", "b", AXES[:16, :16, :16])
    (tmp_path / "ShapeNetVox32" / "03001627" / "a" / "model.binvox").write_bytes(b"#binvox 1\ndim 32 32")
    with pytest.raises(SourceError, match=r"a.model\.binvox: no binvox grid"):
        benchmark.read_object(tmp_path, "03001627", "a", 64, 255)
    with pytest.raises(SourceError, match=r"b.model\.binvox: a grid of \(16, 16, 16\)"):
        benchmark.read_object(tmp_path, "03001627", "b", 64, 255)


def test_the_two_means_weigh_categories_and_instances():
    ious = {"a": np.array([[1.0, 0.8, 0.6, 0.4]]), "b": np.array([[0.4, 0.2, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]])}
    numbers = benchmark.means(ious)
    assert numbers["test_objects"] == 3
    assert numbers["category_mean_iou_at_0.2"] == pytest.approx(0.6)
    assert numbers["instance_mean_iou_at_0.2"] == pytest.approx(1.4 / 3)
    assert numbers["category_mean_iou_at_0.5"] == pytest.approx(0.2)


@pytest.mark.slow
def test_a_network_that_knows_the_answer_scores_one(tree, tmp_path, capsys):
    """A network whose bias holds the one shape of the tree: 0.45 where it is filled, so that 0.5 misses it."""
    import keras

    from img2vox.learning.network_file import save_network

    picture = keras.layers.Input((64, 64, 1), dtype="uint8", name="picture")
    x = keras.layers.Rescaling(1 / 255)(picture)
    x = keras.layers.GlobalAveragePooling2D()(x)
    dense = keras.layers.Dense(32**3, kernel_initializer="zeros", activation="sigmoid", name="dense")
    occupancy = keras.layers.Reshape((32, 32, 32, 1), dtype="float32", name="occupancy")(dense(x))
    network = keras.Model(picture, occupancy, name="residual")
    odds = np.where(AXES, 0.45, 0.1)
    dense.bias.assign(np.log(odds / (1 - odds)).ravel())
    save_network(network, tmp_path / "network.keras")
    benchmark.main([str(tree), str(tmp_path / "network.keras"), "--output", str(tmp_path / "out.json")])
    numbers = json.loads((tmp_path / "out.json").read_text())
    assert numbers["test_objects"] == 13
    for threshold, expected in ((0.2, 1), (0.3, 1), (0.4, 1), (0.5, 0)):
        assert numbers[f"category_mean_iou_at_{threshold}"] == expected
        assert numbers[f"instance_mean_iou_at_{threshold}"] == expected
    assert "chair" in capsys.readouterr().out
