"""Clones on one machine share one cache."""

import os
import shutil

import pytest

from img2vox.jobs.chains import FILES
from tests.pretended import FOUR, outputs, ran
from tests.project import commit, run, write_category


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="links and modes of POSIX")
@pytest.mark.parametrize("link", ["hardlink", "symlink"])
def test_clones_share_one_cache_by_links_and_do_not_spoil_each_other(pretended, tmp_path, link):
    first, second, cache = tmp_path / "first", tmp_path / "second", tmp_path / "cache"
    shutil.copytree(pretended, first, symlinks=True)
    run(first, "dvc", "cache", "dir", str(cache))
    run(first, "dvc", "config", "cache.shared", "group")
    run(first, "dvc", "config", "cache.type", link)
    run(first, "dvc", "repro")
    commit(first)
    run(tmp_path, "git", "clone", "--quiet", str(first), str(second))
    run(second, "dvc", "checkout", *FILES)
    before = outputs(first)
    assert outputs(second) == before
    linked = second / "models" / "mug" / "network.keras"
    assert linked.is_symlink() if link == "symlink" else linked.stat().st_nlink > 1
    folders = [path for path in cache.rglob("*") if path.is_dir()]
    assert all(path.stat().st_mode & 0o070 == 0o070 for path in folders)
    write_category(second, FOUR["mug"], last_height=1.2)
    run(second, "dvc", "repro")
    assert ran(second) == ["fetch", "prepare-mug", "train-mug", "evaluate-mug", "compare", "register"]
    assert outputs(first) == before
    assert outputs(second) != before
    assert "up to date" in run(first, "dvc", "status", *FILES)
