"""What another user's files say to one who may not read them: real permissions, in a process without root's rights."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.project import REPOSITORY, environment, small_params
from tests.sources.trees import LAYOUTS, boxes, write_tree, write_zip

CHAIR = "03001627"
NOBODY = 65534
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


def without_coverage():
    """environment(), in which nobody measures what another user runs: there is no file here that user may write."""
    return {name: value for name, value in environment().items() if not name.startswith("COVERAGE_")}


@pytest.fixture(scope="module")
def as_somebody():
    """Words before a command that make it run without root's rights; none where the tests have no such rights."""
    if not hasattr(os, "geteuid"):
        pytest.skip("no users with POSIX's permissions here")
    if os.geteuid():
        return []
    if not shutil.which("setpriv"):
        pytest.skip("these tests run as root, who may read everything, and setpriv (util-linux) is not here")
    done = subprocess.run([*AS_NOBODY, sys.executable, "-c", "import img2vox.cli"], env=without_coverage(), check=False)
    if done.returncode:
        pytest.skip("these tests run as root, who may read everything, and nobody else may use this Python")
    return AS_NOBODY


@pytest.fixture
def place():
    """A directory that everybody may enter, unlike pytest's; everything in it is theirs who run the command."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)
        for folder, _, _ in os.walk(name):
            Path(folder).chmod(0o755)  # else it could not be removed by one without root's rights


def fetch(place, as_somebody, source):
    """Exit code and lines on stderr of `img2vox fetch`."""
    key = {"shapenet": "shapenet_dir: data/shapenet ", "folder": "folder_dir: data/folder "}[source]
    changes = {"source: sample ": f"source: {source} ", key: f"{key.split(':')[0]}: '{place / 'net'}' "}
    text = (REPOSITORY / "params.yaml").read_text(encoding="utf-8")
    project = place / "project"
    project.mkdir()
    (project / "params.yaml").write_text(small_params(text, {"chair": CHAIR}, changes), encoding="utf-8")
    if as_somebody:
        shutil.chown(project, NOBODY, NOBODY)
    command = [*as_somebody, sys.executable, "-c", "from img2vox.cli import main; main()", "fetch"]
    done = subprocess.run(command, cwd=project, env=without_coverage(), capture_output=True, text=True, timeout=300)
    return done.returncode, done.stderr.splitlines()


MESH = Path(CHAIR, min(boxes(CHAIR)), LAYOUTS["v2"][0])


@pytest.mark.parametrize("denied", [Path(), Path(CHAIR), MESH.parent, MESH], ids=["root", "synset", "folder", "mesh"])
def test_a_directory_or_a_mesh_of_shapenet_that_may_not_be_read_is_one_clear_line(place, as_somebody, denied):
    write_tree(place / "net", CHAIR, "v2", count=3)
    (place / "net" / denied).chmod(0)
    named = re.escape(str(place / "net" / denied))
    code, (line,) = fetch(place, as_somebody, "shapenet")
    assert code == 1
    assert re.fullmatch(rf"img2vox: {named}: permission denied; let this user read it", line), line
    assert not list((place / "project").rglob("*.zip"))


def test_an_archive_of_shapenet_that_may_not_be_read_is_one_clear_line(place, as_somebody):
    write_zip(place / "net", CHAIR).chmod(0)
    code, (line,) = fetch(place, as_somebody, "shapenet")
    assert code == 1
    named = re.escape(str(place / "net" / f"{CHAIR}.zip"))
    assert re.fullmatch(rf"img2vox: {named}: permission denied; let this user read it", line), line


@pytest.mark.parametrize("denied", [".", "Chair", "Chair/a.obj"])
def test_of_ones_own_meshes_too(place, as_somebody, denied):
    (place / "net" / "Chair").mkdir(parents=True)
    for name, text in zip("abc", boxes(CHAIR).values(), strict=False):
        (place / "net" / "Chair" / f"{name}.obj").write_text(text)
    (place / "net" / denied).chmod(0)
    code, (line,) = fetch(place, as_somebody, "folder")
    assert code == 1
    named = re.escape(str(place / "net" / denied))
    assert re.fullmatch(rf"img2vox: {named}: permission denied; let this user read it", line), line
