import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = str(Path(__file__).parents[2] / "src")


def run(code):
    code = f"import sys; sys.path.insert(0, {SOURCE!r})\n{code}"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)


@pytest.mark.slow
def test_the_backend_takes_its_threads_and_says_so():
    done = run(
        "from img2vox.learning.backend import prepare_backend\n"
        "print(prepare_backend(threads=1, seed=1))\n"
        "import tensorflow as tf\n"
        "print(tf.config.threading.get_intra_op_parallelism_threads(), tf.ones(1).shape)\n"
        "prepare_backend(threads=1, seed=1)\n"
        "prepare_backend(threads=2, seed=1)\n"
    )
    first, second = done.stdout.splitlines()
    assert first.startswith("tensorflow 2.")
    assert second == "1 (1,)"
    assert "NetworkError: TensorFlow runs already" in done.stderr
