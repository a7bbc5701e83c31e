"""oneDNN is chosen by training commands alone, before TensorFlow is loaded, and never against the user's word."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = str(Path(__file__).parents[2] / "src")
SHOW = (
    "import os, sys; from img2vox.learning.onednn import train_by_onednn; train_by_onednn(); "
    "print('tensorflow' in sys.modules, os.environ.get('TF_ENABLE_ONEDNN_OPTS')); "
    "from img2vox.learning.backend import prepare_backend; print(prepare_backend(2, 1))"
)


@pytest.mark.skipif(platform.machine().lower() not in ("x86_64", "amd64"), reason="oneDNN is x86's")
@pytest.mark.parametrize(("said", "taken"), [(None, "1"), ("0", "0")])
def test_training_takes_onednn_unless_told_otherwise_and_says_so(said, taken):
    env = {name: value for name, value in os.environ.items() if name != "TF_ENABLE_ONEDNN_OPTS"}
    env |= {"PYTHONPATH": SOURCE, "KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": ""}
    if said is not None:
        env["TF_ENABLE_ONEDNN_OPTS"] = said
    done = subprocess.run([sys.executable, "-c", SHOW], capture_output=True, text=True, check=True, env=env)
    before, line = done.stdout.splitlines()
    assert before == f"False {taken}"
    assert line.endswith(", oneDNN") == (taken == "1")


@pytest.mark.parametrize(("said", "left"), [(None, "0"), ("1", "1")])
def test_answering_leaves_onednn_aside_unless_told_otherwise_whatever_the_processor(said, left):
    env = {name: value for name, value in os.environ.items() if name != "TF_ENABLE_ONEDNN_OPTS"}
    env |= {"PYTHONPATH": SOURCE} | ({} if said is None else {"TF_ENABLE_ONEDNN_OPTS": said})
    show = "import os, sys, img2vox.serving.service as _; print('tensorflow' in sys.modules, "
    show += "os.environ['TF_ENABLE_ONEDNN_OPTS'])"
    done = subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, check=True, env=env)
    assert done.stdout.split() == ["False", left]
