"""The residual network is Keras alone: what TensorFlow wrote, another backend reads, answers alike and trains on."""

import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from img2vox.config import load_params
from img2vox.learning.dataset import Samples
from img2vox.learning.inference import predict
from img2vox.learning.network_file import save_network
from img2vox.learning.networks import build_network
from img2vox.learning.training import fit
from tests.project import REPOSITORY

HOW = {"epochs": 2, "batch_size": 3, "learning_rate": 0.0003}
PROGRAM = """
import json, sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from img2vox.config import load_params
from img2vox.learning.dataset import Samples
from img2vox.learning.inference import predict
from img2vox.learning.network_file import load_network
from img2vox.learning.training import fit

repository, directory, how = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
arrays = np.load(directory / "arrays.npz")
network = load_network(directory / "network.keras")
answers = predict(network, arrays["pictures"], batch_size=2)
samples = Samples(arrays["voxels"], arrays["pictures"], np.arange(3), np.arange(2))
settings = replace(load_params(repository / "params.yaml").train, **json.loads(how))
history = fit(network, samples, samples, settings=settings, seed=1, checkpoint_dir=None)
np.save(directory / "answers.npy", answers)
print(json.dumps([keras.backend.backend(), [row["loss"] for row in history]]))
"""


@pytest.mark.slow
def test_jax_answers_as_tensorflow_does_and_trains(tmp_path):
    if importlib.util.find_spec("jax") is None:
        pytest.skip("no JAX; `pip install jax` runs this test")
    rng = np.random.default_rng(3)
    network = build_network("residual", 32, 16, seed=2)
    pictures = rng.integers(0, 256, (6, 32, 32), dtype=np.uint8)
    voxels = rng.random((3, 16, 16, 16, 1)) < 0.3
    save_network(network, tmp_path / "network.keras")
    np.savez(tmp_path / "arrays.npz", pictures=pictures, voxels=voxels)
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    environment["PYTHONPATH"] = os.pathsep.join([str(REPOSITORY / "src"), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-c", PROGRAM, str(REPOSITORY), str(tmp_path), json.dumps(HOW)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    backend, losses = json.loads(done.stdout.splitlines()[-1])
    assert backend == "jax"
    settings = replace(load_params(REPOSITORY / "params.yaml").train, **HOW)
    samples = Samples(voxels, pictures, np.arange(3), np.arange(2))
    answers = predict(network, pictures, batch_size=2)
    history = fit(network, samples, samples, settings=settings, seed=1, checkpoint_dir=None)
    # Adam's first steps turn a gradient's rounding into a step of full size.
    np.testing.assert_allclose(losses, [row["loss"] for row in history], rtol=0.02)
    np.testing.assert_allclose(np.load(tmp_path / "answers.npy"), answers, atol=1e-3)
