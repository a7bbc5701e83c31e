"""Named arrays through a pipe between two processes of ours: eight bytes of length, then an NPZ archive."""

import io
from collections.abc import Mapping
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

_LENGTH_BYTES = 8


def write_arrays(pipe: IO[bytes], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Send arrays of numbers or text.

    Raises:
        OSError: nobody reads the pipe any more.
    """
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **arrays)
    pipe.write(packed.tell().to_bytes(_LENGTH_BYTES, "little"))
    pipe.write(packed.getbuffer())
    pipe.flush()


def read_arrays(pipe: IO[bytes]) -> dict[str, NDArray[Any]] | None:
    """Receive arrays; None when the pipe has ended, in the middle of a message too."""
    header = pipe.read(_LENGTH_BYTES)
    length = int.from_bytes(header, "little")
    packed = pipe.read(length)
    if len(header) < _LENGTH_BYTES or len(packed) < length:
        return None
    with np.load(io.BytesIO(packed), allow_pickle=False) as archive:
        return dict(archive)
