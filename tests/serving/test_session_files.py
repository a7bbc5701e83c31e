"""Files of people who come and go."""

import os
import time

from img2vox.serving.session_files import SessionFiles


def test_a_sessions_files_go_with_it_and_nobody_elses(tmp_path):
    files = SessionFiles(tmp_path)
    mine, other = files.new_set("me"), files.new_set("you")
    (mine / "a.obj").write_text("a")
    files.forget("me")
    assert not mine.exists()
    assert other.is_dir()


def test_only_the_last_results_of_a_session_stay(tmp_path):
    files = SessionFiles(tmp_path)
    sets = [files.new_set("me") for _ in range(9)]
    assert [path.is_dir() for path in sets] == [False] * 3 + [True] * 6


def test_a_sessions_name_is_no_path(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    for name in ("../../etc", "/etc/passwd", "a\x00b", "", "\ud800", "x" * 10_000):
        assert SessionFiles(root).new_set(name).parent.parent == root


def test_what_is_old_is_swept_and_what_is_protected_stays(tmp_path):
    files = SessionFiles(tmp_path)
    (tmp_path / "page").mkdir()
    files.protect()
    old, new = files.new_set("old"), files.new_set("new")
    for path in (tmp_path / "page", old.parent, old):
        os.utime(path, (time.time() - 100,) * 2)
    assert files.sweep(50) == 1
    assert not old.exists()
    assert new.exists()
    assert (tmp_path / "page").exists()
