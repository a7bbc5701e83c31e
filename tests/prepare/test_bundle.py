"""The bundle: written row by row, opened with suspicion, joined by key."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2vox.data.bundle import Bundle, IndexRow, chosen_views, format_index, open_bundle, origin_of, read_index
from img2vox.data.npy import write_npy
from img2vox.errors import BundleError

ROWS = [
    IndexRow(0, "a", "train", "real", "a"),
    IndexRow(1, "b,\u00fc", "test", "parametric", "a"),
    IndexRow(2, "c", "val", "real", "c"),
]


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / name for name in ("1_voxels.npy", "1_images.npy", "1_index.csv")]
    np.save(paths[0], np.zeros((3, 8, 8, 8, 1), bool))
    np.save(paths[1], np.zeros((6, 16, 16), np.uint8))
    paths[2].write_text(format_index(ROWS), encoding="utf-8")
    return paths


def test_a_bundle_opens_as_it_was_written(files):
    bundle = open_bundle(*files)
    assert bundle.index == tuple(ROWS)
    assert (bundle.views, bundle.resolution, bundle.image_size) == (2, 8, 16)
    assert bundle.rows("test").tolist() == [1]


@pytest.mark.parametrize(("objects", "kind", "kilobytes"), [(4045, "voxels", 129_441), (4045, "images", 647_201)])
def test_airplanes_have_the_papers_file_sizes(tmp_path, objects, kind, kilobytes):
    row_shape, dtype, per_object = ((32, 32, 32, 1), bool, 1) if kind == "voxels" else ((128, 128), np.uint8, 10)
    with write_npy(tmp_path / "small.npy", row_shape, dtype) as writer:
        header = writer._stream.tell()
        writer.append(np.zeros((3, *row_shape), dtype))
    row = int(np.prod(row_shape))
    assert (tmp_path / "small.npy").stat().st_size == header + 3 * row
    assert -(-(header + objects * per_object * row) // 1024) == kilobytes


@given(st.integers(0, 5), st.sampled_from([bool, np.uint8, np.float16]))
def test_rows_come_back_from_numpys_own_reader(tmp_path_factory, number, dtype):
    path = tmp_path_factory.mktemp("npy") / "a.npy"
    values = np.arange(number * 6).reshape(number, 2, 3).astype(dtype)
    with write_npy(path, (2, 3), dtype) as writer:
        for row in values:
            writer.append(row[None])
    loaded = np.load(path, allow_pickle=False)
    assert loaded.dtype == values.dtype
    assert np.array_equal(loaded, values)


def test_a_row_of_another_shape_or_type_is_refused(tmp_path):
    with pytest.raises(BundleError, match="cannot join"), write_npy(tmp_path / "a.npy", (2,), bool) as writer:
        writer.append(np.zeros((1, 3), bool))
    assert list(tmp_path.iterdir()) == []


@given(st.integers(1, 40), st.data())
def test_chosen_views_are_distinct_and_spread(views, data):
    number = data.draw(st.integers(1, views))
    chosen = chosen_views(views, number)
    assert len(set(chosen.tolist())) == number
    assert chosen[0] == 0
    assert np.ptp(np.diff([*chosen, views])) <= 1


@given(st.integers(1, 30), st.floats(0.01, 1), st.floats(0.01, 1))
def test_a_smaller_fraction_is_part_of_a_larger_one_and_never_empty(number, a, b):
    rows = tuple(IndexRow(i, f"m{i}", "train", "real", f"m{i}") for i in range(number))
    from img2vox.data.bundle import Bundle

    bundle = Bundle(np.zeros((number, 8, 8, 8, 1), bool), np.zeros((number, 16, 16), np.uint8), rows, 1)
    small, large = sorted((a, b))
    assert set(bundle.rows("train", small)) <= set(bundle.rows("train", large))
    assert len(bundle.rows("train", small)) >= 1


def test_generated_shapes_are_told_by_their_name():
    assert [origin_of(name) for name in ("parametric--mug-01", "quaternius--mug")] == ["parametric", "real"]


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


def replace_text(old, new):
    def apply(path):
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return apply


@pytest.mark.parametrize(
    ("which", "damage", "message"),
    [
        (0, cut, r"1_voxels\.npy: no whole NPY file"),
        (0, lambda p: p.unlink(), r"1_voxels\.npy: no whole NPY file .*run `dvc repro`"),
        (0, lambda p: p.write_bytes(b""), r"1_voxels\.npy: no whole NPY file"),
        (0, lambda p: np.save(p, np.zeros((3, 8, 8, 8, 1), np.uint8)), r"uint8 of shape .*expected \(M, R"),
        (0, lambda p: np.save(p, np.zeros((3, 8, 8, 4, 1), bool)), r"shape \(3, 8, 8, 4, 1\); expected \(M, R"),
        (0, lambda p: np.save(p, np.array([{}], object), allow_pickle=True), r"no whole NPY file"),
        (1, lambda p: np.save(p, np.zeros((7, 16, 16), np.uint8)), r"7 pictures are no whole number of views of 3"),
        (1, lambda p: np.save(p, np.zeros((6, 16, 8), np.uint8)), r"expected square pictures"),
        (2, lambda p: p.unlink(), r"1_index\.csv: cannot be read \(.*\); run `dvc repro`"),
        (2, replace_text("2,c,val", "3,c,val"), r"line 4 has voxel_row 3, expected 2"),
        (2, replace_text("c,val", "c,valid"), r"line 4 has split 'valid'; use one of train, val, test"),
        (2, replace_text("c,val,real", "c,val,fake"), r"line 4 has origin 'fake'"),
        (2, replace_text("2,c,", "2,a,"), r"model_id a stands in more than one row"),
        (2, replace_text("split", "part"), r"line 2 has no split"),
        (2, replace_text("2,c,val,real,c,,0.0\n", ""), r"2 objects, but 1_voxels\.npy holds 3 grids"),
    ],
)  # fmt: skip
def test_a_damaged_bundle_is_one_clear_line(files, which, damage, message):
    damage(files[which])
    with pytest.raises(BundleError, match=message):
        open_bundle(*files)


COPIES = [
    *ROWS,
    IndexRow(3, "d", "train", "real", "d"),
    IndexRow(4, "a--turn-01", "train", "real", "a", "a", 12.5),
    IndexRow(5, "d--turn-01", "train", "real", "d", "d", 350.0),
    IndexRow(6, "d--turn-02", "train", "real", "d", "d", 9.0),
]


def test_copies_are_rows_of_training_alone_and_no_objects(tmp_path):
    path = tmp_path / "index.csv"
    path.write_text(format_index(COPIES), encoding="utf-8")
    bundle = Bundle(np.zeros((7, 8, 8, 8, 1), bool), np.zeros((14, 16, 16), np.uint8), read_index(path), 2)
    assert bundle.index == tuple(COPIES)
    assert bundle.objects == 4
    assert bundle.rows("train").tolist() == [0, 3]
    assert bundle.rows("train", with_copies=True).tolist() == [0, 3, 4, 5, 6]
    assert bundle.rows("train", 0.5, with_copies=True).tolist() == [0, 4]
    assert bundle.rows("test", with_copies=True).tolist() == [1]


@pytest.mark.parametrize(
    "changed",
    [{"split": "test"}, {"turned_from": "c"}, {"turned_from": "nobody"}, {"group": "c"}, {"turned_from": "d--turn-01"}],
)
def test_a_copy_of_anything_but_a_training_object_is_refused(tmp_path, changed):
    path = tmp_path / "index.csv"
    path.write_text(format_index([*COPIES[:-1], replace(COPIES[-1], **changed)]), encoding="utf-8")
    with pytest.raises(BundleError, match=r"index\.csv: d--turn-02, in split \w+, is a copy of .* expected a copy in"):
        read_index(path)


def test_an_angle_that_is_no_number_is_one_clear_line(tmp_path):
    path = tmp_path / "index.csv"
    path.write_text(format_index(COPIES).replace("350.0", "west"), encoding="utf-8")
    with pytest.raises(BundleError, match=r"line 7 has turn_deg 'west'; use an angle in degrees"):
        read_index(path)
