"""NPY files written row by row, so that memory is bounded by a row and not by the file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import DTypeLike, NDArray

from img2vox.errors import BundleError
from img2vox.files import written_whole


class NpyWriter:
    """Appends rows of one shape and dtype; see write_npy."""

    def __init__(self, stream: BinaryIO, row_shape: tuple[int, ...], dtype: DTypeLike) -> None:
        self._stream = stream
        self._row_shape = row_shape
        self._dtype = np.dtype(dtype)
        self.rows = 0
        self.write_header()

    def append(self, rows: NDArray[np.generic]) -> None:
        """Append (K, *row_shape) rows of the file's dtype."""
        if rows.shape[1:] != self._row_shape or rows.dtype != self._dtype:
            found, expected = f"{rows.dtype} {rows.shape[1:]}", f"{self._dtype} {self._row_shape}"
            raise BundleError(f"a row of {found} cannot join an array of {expected}")
        self._stream.write(np.ascontiguousarray(rows).tobytes())
        self.rows += len(rows)

    def write_header(self) -> None:
        """Header with the present number of rows; NumPy pads it so that it keeps its length while rows are added."""
        self._stream.seek(0)
        header = {
            "descr": np.lib.format.dtype_to_descr(self._dtype),
            "fortran_order": False,
            "shape": (self.rows, *self._row_shape),
        }
        np.lib.format.write_array_header_1_0(self._stream, header)


@contextmanager
def write_npy(path: Path, row_shape: tuple[int, ...], dtype: DTypeLike) -> Iterator[NpyWriter]:
    """A new .npy file of (rows, *row_shape), whole or not at all.

    Args:
        path: the file.
        row_shape: shape of one row.
        dtype: of all rows.

    Yields:
        A writer; after the block the file's header holds the number of rows that were appended.
    """
    with written_whole(path) as aside, aside.open("w+b") as stream:
        writer = NpyWriter(stream, row_shape, dtype)
        yield writer
        writer.write_header()
