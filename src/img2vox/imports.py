"""What has to be said before a large library is imported."""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def do_without(*modules: str) -> None:
    """Let imports of these fail: Keras offers wrappers for them where they are installed, and takes 2 s for that."""
    sys.modules.update(dict.fromkeys(modules))  # type: ignore[arg-type]  # None is what stops an import


@contextmanager
def no_garbage_collected() -> Iterator[None]:
    """While a large library is imported, which makes a million objects that stay: looking through them takes a second.

    On two cores TensorFlow takes 3.3 s instead of 4.5, Gradio 2.9 instead of 3.7.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def one_thread_for_matrices() -> None:
    """Before NumPy is imported: its threads wait for each other longer than these small products take.

    With another process on the machine, 20 ms of them became a second.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
