"""Outputs are whole or not there."""

import os
import stat

import pytest

from img2vox.files import write_text, written_whole


def test_a_failure_leaves_the_old_file_and_no_remains(tmp_path):
    path = tmp_path / "deep" / "table.csv"
    write_text(path, "old\n")

    def fail_halfway():
        with written_whole(path) as aside:
            aside.write_text("half")
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert path.read_text() == "old\n"
    assert os.listdir(path.parent) == ["table.csv"]


def test_text_has_the_same_bytes_on_every_platform(tmp_path):
    write_text(tmp_path / "a.csv", "ä\nb\n")
    assert (tmp_path / "a.csv").read_bytes() == b"\xc3\xa4\nb\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_the_file_gets_the_modes_of_any_new_file(tmp_path):
    write_text(tmp_path / "ours", "")
    (tmp_path / "theirs").touch()
    assert stat.S_IMODE((tmp_path / "ours").stat().st_mode) == stat.S_IMODE((tmp_path / "theirs").stat().st_mode)
