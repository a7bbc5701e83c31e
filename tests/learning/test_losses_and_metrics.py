import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from img2vox.errors import NetworkError
from img2vox.learning import losses, metrics


def numpy_iou(truth, filled):
    """Cell by cell, as slow and plain as can be."""
    values = []
    for a, b in zip(truth.reshape(len(truth), -1), filled.reshape(len(filled), -1), strict=True):
        both = sum(1 for x, y in zip(a, b, strict=True) if x and y)
        either = sum(1 for x, y in zip(a, b, strict=True) if x or y)
        values.append(both / either if either else 1.0)
    return np.array(values)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), share=st.sampled_from([0.0, 0.1, 0.9]), threshold=st.sampled_from([0.2, 0.5]))
def test_iou_and_accuracy_agree_with_counting(seed, share, threshold):
    rng = np.random.default_rng(seed)
    truth = rng.random((3, 2, 2, 2, 1)) < share
    occupancy = (rng.random((3, 2, 2, 2, 1)) * rng.choice([0.1, 1.0])).astype(np.float32)
    found = keras.ops.convert_to_numpy(metrics.iou(truth, occupancy, threshold))
    np.testing.assert_allclose(found, numpy_iou(truth, occupancy > threshold), rtol=1e-6)
    right = keras.ops.convert_to_numpy(metrics.accuracy(truth, occupancy))
    np.testing.assert_allclose(right, (truth == (occupancy > 0.5)).reshape(3, -1).mean(1), rtol=1e-6)


def test_iou_by_hand():
    truth = np.array([1, 1, 0, 0, 0, 0, 0, 0], bool).reshape(1, 2, 2, 2, 1)
    occupancy = np.array([0.9, 0.5, 0.6, 0, 0, 0, 0, 0], np.float32).reshape(1, 2, 2, 2, 1)
    assert float(metrics.iou(truth, occupancy)[0]) == pytest.approx(1 / 3)  # a cell at the threshold is empty
    assert float(metrics.iou(truth, occupancy, 0.4)[0]) == pytest.approx(2 / 3)
    assert float(metrics.iou(~truth & truth, occupancy * 0)[0]) == 1.0


def test_keras_averages_a_metric_over_instances_of_unequal_batches():
    metric = metrics.training_metrics()[2]
    truth = np.zeros((3, 2, 2, 2, 1), bool)
    truth[0, 0, 0, 0] = truth[1, 0] = truth[2] = True
    filled = np.zeros((3, 2, 2, 2, 1), np.float32)
    filled[:, 0] = 1
    metric.update_state(truth[:2], filled[:2])
    metric.update_state(truth[2:], filled[2:])
    assert float(metric.result()) == pytest.approx((1 / 4 + 1 + 1 / 2) / 3)


def test_binary_crossentropy_is_that_of_its_definition():
    rng = np.random.default_rng(0)
    truth = rng.random((2, 3, 3, 3, 1)) < 0.3
    p = rng.uniform(0.01, 0.99, truth.shape).astype(np.float32)
    expected = -np.where(truth, np.log(p), np.log(1 - p)).reshape(2, -1).mean(1)
    np.testing.assert_allclose(losses.binary_crossentropy(truth, keras.ops.convert_to_tensor(p)), expected, rtol=1e-5)


def test_dice_by_hand():
    truth = np.array([1, 1, 0, 0, 0, 0, 0, 0], bool).reshape(1, 2, 2, 2, 1)
    half = keras.ops.convert_to_tensor(truth.astype(np.float32) / 2)
    assert float(losses.dice(truth, half)[0]) == pytest.approx(1 - (2 * 1 + 1) / (2 + 1 + 1))
    assert float(losses.dice(truth, half * 2)[0]) == 0
    assert float(losses.dice(~truth & truth, half * 0)[0]) == 0
    both = losses.binary_crossentropy_and_dice(truth, half)
    assert float(both[0]) == pytest.approx(float(losses.binary_crossentropy(truth, half)[0]) + 0.25)


def test_loss_of_rejects_a_network_of_another_name():
    with pytest.raises(NetworkError, match="'stranger': no loss is known"):
        losses.loss_of(keras.Sequential(name="stranger"))
