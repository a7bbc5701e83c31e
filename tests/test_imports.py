"""What is said before and while a large library is imported."""

import os

import pytest

from img2vox.imports import without_lines


def test_only_marked_lines_of_native_code_are_dropped(capfd):
    with without_lines("tells nothing"):
        os.write(2, b"I0 port.cc] it tells nothing\nno such library\nI0 it tells nothing\n")
    os.write(2, b"later\n")
    assert capfd.readouterr().err == "no such library\nlater\n"


def test_an_import_that_fails_still_says_why(capfd):
    def load():
        with without_lines("noise"):
            os.write(2, b"noise\nlibx.so: cannot open\n")
            raise ImportError("not here")

    with pytest.raises(ImportError, match="not here"):
        load()
    assert capfd.readouterr().err == "libx.so: cannot open\n"
