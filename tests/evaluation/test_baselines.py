import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from img2vox.evaluation import baselines
from img2vox.evaluation.baselines import empty_iou, iou_matrix, mean_shape, nearest_images
from img2vox.evaluation.metrics import THRESHOLDS, iou

several_grids = npst.arrays(bool, st.tuples(st.integers(1, 5), *[st.just(3)] * 3))


@settings(deadline=None)
@given(several_grids, several_grids)
def test_iou_matrix_agrees_with_each_pair(a, b):
    expected = [[iou(one, other) for other in b] for one in a]
    np.testing.assert_array_equal(iou_matrix(a, b), expected)


@settings(max_examples=30, deadline=None)
@given(
    npst.arrays(np.uint8, st.tuples(st.integers(2, 9), st.just(5), st.just(7))),
    st.data(),
    st.sampled_from([1, 3, 2**26]),
)
def test_nearest_images_agrees_with_a_loop_in_integers(images, data, at_once):
    rows = np.array(data.draw(st.lists(st.integers(0, len(images) - 1), min_size=1, max_size=6)))
    references = np.array(data.draw(st.lists(st.integers(0, len(images) - 1), min_size=1, max_size=6)))
    as_integers = images.astype(np.int64)
    expected = []
    for row in rows:
        distances = [((as_integers[row] - as_integers[reference]) ** 2).sum() for reference in references]
        expected.append(references[int(np.argmin(distances))])
    original = baselines._CHUNK_BYTES
    try:
        baselines._CHUNK_BYTES = at_once * 8 * 35
        np.testing.assert_array_equal(nearest_images(images, rows, references), expected)
    finally:
        baselines._CHUNK_BYTES = original


def test_the_first_of_equally_near_images_is_taken_across_chunks(monkeypatch):
    monkeypatch.setattr(baselines, "_CHUNK_BYTES", 8 * 4)  # one picture at once
    images = np.array([[[1, 2], [3, 4]]] * 3, dtype=np.uint8)
    assert nearest_images(images, np.array([0]), np.array([2, 1])).tolist() == [2]


def test_nearest_images_tells_pictures_apart_that_float32_cannot():
    # 128 x 128 pixels at the ends of the scale: the sums pass 2**24, the pictures differ by one gray in one pixel.
    images = np.zeros((3, 128, 128), dtype=np.uint8)
    images[:, ::2] = 255
    images[0, 5, 5] = 3
    images[1, 5, 5] = 5
    images[2, 5, 5] = 4
    images[1, 7, 7] += 1
    assert nearest_images(images, np.array([2]), np.array([1, 0])).tolist() == [0]


def test_mean_shape_is_cut_where_validation_is_best():
    train = np.zeros((4, 3, 3, 3), dtype=bool)
    train[:, 0, 0, 0] = True
    train[:1, 0, 1, 2] = True  # one object in four
    narrow = train[3]
    wide = train[0]
    assert mean_shape(train, narrow[None], 0.0).threshold == 0.5
    np.testing.assert_array_equal(mean_shape(train, narrow[None], 0.0).grid, narrow)
    assert mean_shape(train, wide[None], 0.0).threshold == THRESHOLDS[11] == 0.24
    np.testing.assert_array_equal(mean_shape(train, wide[None], 0.0).grid, wide)


def test_the_empty_grid_scores_only_where_the_truth_is_empty():
    truth = np.zeros((2, 3, 3, 3), dtype=bool)
    truth[0, 1, 2, 0] = True
    assert empty_iou(truth).tolist() == [0, 1]
