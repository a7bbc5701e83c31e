"""A registered network, loaded as a colleague would."""

import json
import os
import signal
import socket
import subprocess
import sys
import warnings
from dataclasses import replace

import numpy as np
import pytest
import requests
from mlflow.exceptions import MlflowException

from img2vox.errors import RegistryError
from img2vox.tracking.offers import fetch_network, registered_offers
from img2vox.tracking.package import link_or_copy
from tests.serving.test_offer import CHAIR
from tests.tracking.conftest import Project
from tests.tracking.fakes import IMAGE_SIZE, RESOLUTION, write_category
from tests.tracking.test_live import wait_for

PICTURES = np.random.default_rng(0).integers(0, 256, (3, IMAGE_SIZE, IMAGE_SIZE, 1), dtype=np.uint8)


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    from img2vox.learning.network_file import save_network
    from img2vox.learning.networks import build_network

    path = tmp_path_factory.mktemp("network") / "network.keras"
    network = build_network("low", IMAGE_SIZE, RESOLUTION, seed=1)
    save_network(network, path)
    return path, np.asarray(network.predict_on_batch(PICTURES))


@pytest.fixture
def champion(root, network, monkeypatch):
    """The champion of one category, loaded by its alias without a warning."""
    import mlflow

    project = Project(root, ["mug"])
    write_category(project.paths, "mug", network=network[0], kind="low")
    project.deliver()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", project.open().uri)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        return project, mlflow.pyfunc.load_model("models:/img2vox-mug@champion")


def test_the_champion_predicts_what_the_network_does(champion, network):
    occupancies = champion[1].predict(PICTURES)
    assert (occupancies.shape, occupancies.dtype) == ((3, *[RESOLUTION] * 3, 1), np.float32)
    np.testing.assert_allclose(occupancies, network[1], atol=1e-6)
    np.testing.assert_array_equal(champion[1].predict(PICTURES.tolist()), occupancies)  # as a server gets them


@pytest.mark.parametrize(
    ("pictures", "found"),
    [
        (PICTURES[:, :8, :8], r"pictures have shape \(3, 8, 8, 1\)"),
        (PICTURES[..., 0], r"pictures have shape \(3, 16, 16\)"),
        (PICTURES[:0], r"pictures have shape \(0, 16, 16, 1\)"),
        (PICTURES / 255, "pictures are float64"),
        (PICTURES.astype(int) - 1, "pictures hold numbers from -1 to"),
        ([[[1]], [1]], "pictures of different shapes"),
    ],
)
def test_what_is_no_picture_is_answered_with_one_sentence(champion, pictures, found):
    with pytest.raises(MlflowException, match=rf"^{found}.*; expected \(N, 16, 16, 1\) of whole numbers") as caught:
        champion[1].predict(pictures)
    assert len(str(caught.value)) < 150
    caught.value.message = f"Failed to predict data {pictures}"  # as MLflow's server does
    assert json.loads(caught.value.serialize_as_json())["message"] == str(caught.value)


def test_a_version_says_what_it_takes_and_gives_and_how_to_load_it(champion):
    project, loaded = champion
    signature = loaded.metadata.signature.to_dict()
    assert '"dtype": "uint8", "shape": [-1, 16, 16, 1]' in signature["inputs"]
    assert '"dtype": "float32", "shape": [-1, 16, 16, 16, 1]' in signature["outputs"]
    version = project.open().client.get_model_version_by_alias("img2vox-mug", "champion")
    assert 'mlflow.pyfunc.load_model("models:/img2vox-mug@low")' in version.description
    assert "8 real and 5 parametric objects" in version.description


def test_what_is_registered_outlives_a_new_training_and_a_file_changed_in_place(champion):
    project, _ = champion
    (stored,) = (project.root / "mlartifacts").rglob("network.keras")
    content = stored.read_bytes()
    with project.paths.network("mug").open("r+b") as stream:
        stream.write(b"changed")
    assert stored.read_bytes() == content


def test_a_registry_that_cannot_be_read_is_one_line(project, monkeypatch):
    project.deliver()

    def refuse(*_):
        raise MlflowException("away\nand more")

    monkeypatch.setattr("img2vox.tracking.store.Store.runs", refuse)
    with pytest.raises(RegistryError, match=r"mlflow\.db: the registry cannot be read \(away\); see `make ui`$"):
        registered_offers(project.root, "img2vox")


def test_a_network_that_a_server_does_not_hand_out_is_one_line_and_nothing_is_kept(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise MlflowException("no such bucket\nand more")

    monkeypatch.setattr("mlflow.artifacts.download_artifacts", refuse)
    with pytest.raises(RegistryError, match=r"^s3://bucket/model: cannot be fetched \(no such bucket\)$"):
        fetch_network(replace(CHAIR, source="s3://bucket/model"), tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_large_network_is_linked_and_a_small_one_copied(tmp_path):
    source = tmp_path / "network.keras"
    source.write_bytes(b"x" * 100)
    link_or_copy(source, tmp_path / "large", 100)
    link_or_copy(source, tmp_path / "small", 101)
    assert (tmp_path / "large").samefile(source)
    assert not (tmp_path / "small").samefile(source)
    assert (tmp_path / "small").read_bytes() == source.read_bytes()


def test_where_files_cannot_be_linked_they_are_copied(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError("cross-device link")

    monkeypatch.setattr("os.link", refuse)
    source = tmp_path / "network.keras"
    source.write_bytes(b"x" * 100)
    link_or_copy(source, tmp_path / "copy", 1)
    assert (tmp_path / "copy").read_bytes() == source.read_bytes()


def test_nothing_that_is_logged_is_a_pickle(champion):
    names = {path.suffix for path in (champion[0].root / "mlartifacts").rglob("*") if path.is_file()}
    assert names <= {"", ".keras", ".yaml", ".txt", ".py", ".png", ".json", ".csv"}


def command_line(*arguments):
    return [sys.executable, "-m", "mlflow", "models", *arguments, "-m", "models:/img2vox-mug@champion"]


@pytest.mark.slow
def test_mlflow_models_serve_answers_and_says_in_one_sentence_what_is_wrong(champion, network, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = command_line("serve", "--env-manager", "local", "--port", str(port))
    with (tmp_path / "serve.log").open("wb") as output:
        server = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True, cwd=tmp_path)
    try:
        wait_for(lambda: answers(url + "/ping"), 180)
        good = requests.post(url + "/invocations", json={"inputs": PICTURES.tolist()}, timeout=60)
        bad = requests.post(url + "/invocations", json={"inputs": PICTURES[:, :8].tolist()}, timeout=60)
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
    np.testing.assert_allclose(np.array(good.json()["predictions"]), network[1], atol=1e-6)
    assert bad.status_code == 400
    message = "pictures have shape (3, 8, 16, 1); expected (N, 16, 16, 1) of whole numbers from 0 to 255, N at least 1"
    assert bad.json()["message"] == message
    assert len(bad.text) < 300  # MLflow's own check would send all of the data back


@pytest.mark.slow
def test_mlflow_models_predict_answers(champion, network, tmp_path):
    (tmp_path / "in.json").write_text(json.dumps({"inputs": PICTURES.tolist()}))
    command = command_line("predict", "--env-manager", "local", "-i", "in.json", "-o", "out.json", "-t", "json")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    predictions = json.loads((tmp_path / "out.json").read_text())["predictions"]
    np.testing.assert_allclose(np.array(predictions), network[1], atol=1e-6)


def answers(url):
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False
