"""oneDNN, Intel's kernels within TensorFlow. Imports no Keras: it must be chosen before TensorFlow is loaded.

TensorFlow uses them by itself only on processors with AVX-512 and its kin. On one with AVX2 alone a step of `low` takes
a third of the time with them (its 3-D convolutions most of all), one of `residual` a sixth less; a single picture
through `residual` takes a third more, so that only training asks for them.
"""

import os
import platform


def train_by_onednn() -> None:
    """Choose them for this process, on x86, unless TF_ENABLE_ONEDNN_OPTS says something else."""
    if platform.machine().lower() in ("x86_64", "amd64"):
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")


def give_memory_back() -> None:
    """Before the first operation: let their buffers come from the system and go back to it, instead of being kept.

    A fifth slower, and the paper's large network trains in 12.5 GB instead of 17.9.
    """
    os.environ.setdefault("TF_ONEDNN_USE_SYSTEM_ALLOCATOR", "1")
