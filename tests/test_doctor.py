"""What `img2vox doctor` says of the store and the remotes."""

import pytest

from img2vox import doctor
from img2vox.masking import without_password
from img2vox.paths import Paths
from tests.project import run


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://me:pa@ss@host:5000/x", "http://me:***@host:5000/x"),
        ("ssh://me@host/x and https://:token@host", "ssh://me@host/x and https://:***@host"),
        ("sqlite:////a/mlflow.db", "sqlite:////a/mlflow.db"),
        ("http://host:5000/a@b", "http://host:5000/a@b"),
        ("s3://bucket/dvc", "s3://bucket/dvc"),
    ],
)
def test_a_password_in_an_address_is_not_shown(text, shown):
    assert without_password(text) == shown


def test_a_store_is_shown_without_its_password(monkeypatch, tmp_path):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:planted@127.0.0.1:5000")
    assert doctor._mlflow(Paths(tmp_path)) == "http://me:***@127.0.0.1:5000 (MLFLOW_TRACKING_URI)"


def test_every_remote_is_named_and_asked(tmp_path):
    root, store = tmp_path / "project", tmp_path / "a store"
    root.mkdir()
    run(root, "dvc", "init", "--quiet", "--no-scm")
    assert doctor._remote(Paths(root)) == "none; `dvc remote add -d NAME URL` sets one, see docs/sharing.md"
    run(root, "dvc", "remote", "add", "--quiet", "--default", "shared", str(store))
    missing = f"shared (default), {store}: answers, but nothing is there yet: The path 'remote://shared' does not exist"
    assert doctor._remote(Paths(root)).startswith(missing)
    store.mkdir()
    run(root, "dvc", "remote", "add", "--quiet", "cloud", "ssh://me:planted@127.0.0.1:9/x")
    first, second = doctor._remote(Paths(root)).split("; ")
    assert first == f"shared (default), {store}: answers"
    assert second.startswith("cloud, ssh://me:***@127.0.0.1:9/x: DOES NOT ANSWER: ")
    assert "planted" not in second
