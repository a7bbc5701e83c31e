"""What has to be said before a large library is imported."""

import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

# Of the lines in which TensorFlow says so each time that it is loaded, whatever TF_CPP_MIN_LOG_LEVEL is.
ONEDNN_IS_ON = ("oneDNN custom operations are on", "before absl::InitializeLog() is called")


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


@contextmanager
def without_lines(*marks: str) -> Iterator[None]:
    """While a library is loaded whose native code says on standard error what nobody asked, and heeds no variable.

    Args:
        marks: lines that hold one of these are dropped; all others come when this ends, however it ends.
    """
    sys.stderr.flush()
    with tempfile.TemporaryFile() as kept:
        stderr = os.dup(2)
        os.dup2(kept.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            kept.seek(0)
            for line in kept:
                if not any(mark.encode() in line for mark in marks):
                    os.write(2, line)


def one_thread_for_matrices() -> None:
    """Before NumPy is imported: its threads wait for each other longer than these small products take.

    With another process on the machine, 20 ms of them became a second.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
