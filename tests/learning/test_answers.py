"""predictions.npz holds what the network answers, object by object, however many fit into a batch."""

import numpy as np
import pytest

from img2vox.learning.answers import write_predictions
from img2vox.learning.inference import predict
from img2vox.learning.networks import build_network
from tests.learning.toy import toy_samples


@pytest.mark.parametrize("batch_size", [1, 5, 32])  # less than an object, two objects and a half, more than all
def test_the_stored_occupancies_are_those_of_every_object_and_view_in_order(tmp_path, batch_size):
    samples = toy_samples(objects=5, views=2, seed=4)
    network = build_network("low", 16, 16, seed=1)
    names = [f"o{n}" for n in range(5)]
    write_predictions(tmp_path / "p.npz", network, {"val": samples}, {"val": names}, (0.5,), batch_size)
    with np.load(tmp_path / "p.npz", allow_pickle=False) as arrays:
        assert arrays["val_model_ids"].tolist() == names
        assert arrays["val_views"].tolist() == [0, 1]
        found = arrays["val_occupancy"]
    expected = predict(network, samples.images, batch_size=1).reshape(5, 2, 16, 16, 16)
    assert len({grid.tobytes() for grid in expected.reshape(10, -1)}) > 5
    np.testing.assert_allclose(found, expected, atol=1e-3)
