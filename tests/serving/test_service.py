"""Networks on offer, and `img2vox predict`, which gives what the app gives."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from img2vox.config import load_params
from img2vox.errors import ImageError, MeshError, NetworkError, ParamsError
from img2vox.predict import predict_file
from img2vox.serving.result import Look, result_file
from img2vox.serving.service import PrepareHow, Service
from tests.project import REPOSITORY
from tests.serving.oracle import (
    IMAGE_SIZE,
    corner_grid,
    corner_occupancy,
    corner_picture,
    oracle_network,
    oracle_project,
    write_network,
)
from tests.tracking.conftest import Project, empty_tables  # noqa: F401 - a fixture
from tests.tracking.fakes import write_category

PARAMS = load_params(REPOSITORY / "params.yaml")


@pytest.fixture(autouse=True)
def _no_server_of_somebody_else(monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture(scope="module")
def joint_files(tmp_path_factory):
    return oracle_project(tmp_path_factory.mktemp("oracle")).category("joint")


@pytest.fixture
def service(tmp_path, joint_files):
    root = tmp_path / "a b ü"
    shutil.copytree(joint_files, root / "models" / "joint")
    from img2vox.paths import Paths

    return Service(PARAMS, Paths(root), tmp_path / "cache")


def test_a_fresh_clone_offers_the_joint_network_and_makes_no_store(service):
    (offer,) = service.offers().values()
    assert (offer.key, offer.group, offer.threshold) == ("any", "Any object", 0.4)
    assert offer.label == "any object: low, 480 objects, test IoU 0.50, 0 MB"
    assert not list(service.paths.root.glob("mlflow.db*"))


def test_an_unknown_network_lists_some_of_those_there_are(service):
    with pytest.raises(NetworkError, match=r"network: there is no 'chiar'; there are any$"):
        service.offer("chiar")


def test_a_category_that_is_not_registered_says_how_it_gets_there(service):
    with pytest.raises(NetworkError, match="none of chair is registered; run `dvc repro` and `img2vox register`"):
        service.offer("chair")


def test_without_the_joint_network_there_is_a_sentence(tmp_path):
    from img2vox.paths import Paths

    with pytest.raises(NetworkError, match="there are none; run `make repro`, or `git restore models/joint`"):
        Service(PARAMS, Paths(tmp_path), tmp_path).offer("any")


@pytest.mark.parametrize("text", ["{}", "no JSON", '{"network": "low", "threshold": "?"}', "[]"])
def test_a_networks_numbers_that_cannot_be_read_are_one_sentence(service, text):
    service.paths.metrics("joint").write_text(text, encoding="utf-8")
    message = r"metrics\.json: no threshold or size of its network \(.*\); "
    with pytest.raises(NetworkError, match=message):
        service.local_offer("any")


def test_a_picture_is_answered_facing_as_in_it(service):
    answer = service.answer("any", service.prepare(corner_picture(126.0), "p.png", PrepareHow()))
    np.testing.assert_allclose(answer.occupancy, corner_occupancy(), atol=1e-6)
    assert answer.azimuth_deg == 126.0
    assert answer.pixels.shape == (IMAGE_SIZE, IMAGE_SIZE)


def test_registered_networks_are_offered_and_a_newer_champion_without_a_restart(service, empty_tables, tmp_path):  # noqa: F811
    root = service.paths.root
    shutil.copy(empty_tables, root / "mlflow.db")
    project = Project(root, ["mug"])
    write_category(project.paths, "mug", network=_network_file(tmp_path), kind="low")
    project.deliver(params={"bundle.background": 0})
    service._read_at = float("-inf")
    offers = service.offers()
    assert list(offers) == ["any", "mug"]  # low names the champion itself and is not listed twice
    mug = offers["mug"]
    assert (mug.kind, mug.capacity, mug.trained_on, mug.test_iou, mug.threshold) == ("low", "low", 9, 0.5, 0.42)
    assert (mug.group, mug.background) == ("Low-capacity categories", 0)
    write_category(project.paths, "mug", network=_network_file(tmp_path), kind="low", iou=0.9)
    project.deliver(params={"bundle.background": 0})
    service._read_at = float("-inf")
    assert service.offer("mug").test_iou == 0.9
    assert service.offer("mug").network_md5 != mug.network_md5


def test_the_joint_network_is_offered_once_unless_another_one_is_registered(service, monkeypatch):
    (here,) = service.offers().values()
    monkeypatch.setattr(service, "_is_stale", lambda: False)
    registered = replace(here, key="joint", slug="joint", capacity="joint")
    service._registered = {"joint": registered}
    assert list(service.offers()) == ["any"]
    service._registered = {"joint": replace(registered, network_md5="another", trained_on=7)}
    other = service.offers()["joint"]
    assert (other.group, other.label) == ("Any object", "any object: low, 7 objects, test IoU 0.50, 0 MB")


def test_a_registry_that_cannot_be_read_leaves_the_joint_network(service):
    (service.paths.root / "mlflow.db").write_text("no database")
    assert list(service.offers()) == ["any"]


def test_predict_writes_the_bytes_that_the_app_gives(service, tmp_path):
    (tmp_path / "p.png").write_bytes(corner_picture(54.0))
    answer = service.answer("any", service.prepare(corner_picture(54.0), "p.png", PrepareHow()))
    for format in ("obj", "glb", "stl", "ply", "npy"):
        output = tmp_path / f"out.{format}"
        cells = predict_file(tmp_path / "p.png", "any", output, PARAMS, service.paths, style="smooth")
        assert cells == corner_grid().sum()
        assert output.read_bytes() == result_file(answer, Look(0.4, "smooth", "plain"), format)


def test_predict_asks_a_categorys_own_network_at_a_threshold(service, tmp_path):
    write_network(service.paths, "mug", oracle_network(1 - corner_occupancy()), threshold=0.7)
    (tmp_path / "p.png").write_bytes(corner_picture(54.0))
    output = tmp_path / "out.npy"
    predict_file(tmp_path / "p.png", "mug", output, PARAMS, service.paths)
    np.testing.assert_array_equal(np.load(output), ~corner_grid())
    with pytest.raises(MeshError, match=r"sees nothing at a threshold of 0\.99"):
        predict_file(tmp_path / "p.png", "mug", tmp_path / "o.obj", PARAMS, service.paths, threshold=0.99)


def test_what_predict_cannot_do_is_one_sentence(service, tmp_path):
    picture = tmp_path / "p.png"
    picture.write_bytes(corner_picture(54.0))
    for arguments, error, message in (
        ((picture, "any", tmp_path / "o.xyz"), NetworkError, r"o\.xyz: cannot be written; use the suffix \.obj"),
        ((picture, "chiar", tmp_path / "o.obj"), ParamsError, "no category 'chiar'"),
        ((picture, "chair", tmp_path / "o.obj"), NetworkError, r"metrics\.json: not found; run `dvc repro"),
        ((tmp_path / "q.png", "any", tmp_path / "o.obj"), ImageError, r"q\.png: not found; name a PNG"),
        ((tmp_path, "any", tmp_path / "o.obj"), ImageError, "cannot be read"),
    ):
        with pytest.raises(error, match=message):
            predict_file(*arguments, PARAMS, service.paths)
    small = replace(PARAMS, app=replace(PARAMS.app, max_upload_mb=1))
    picture.write_bytes(bytes(2 << 20))
    with pytest.raises(ImageError, match="more than 1 MB"):
        predict_file(picture, "any", tmp_path / "o.obj", small, service.paths)


def _network_file(directory):
    from img2vox.learning.network_file import save_network

    save_network(oracle_network(), directory / "network.keras")
    return directory / "network.keras"
