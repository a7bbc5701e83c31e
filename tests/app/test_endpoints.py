"""What programs get: gradio_client's and plain HTTP's way, and that it is what `predict` writes."""

import json
import zipfile
from pathlib import Path
from urllib.parse import quote

import httpx
import numpy as np
import pytest
import trimesh
from gradio_client import Client, handle_file

from img2vox.config import load_params
from img2vox.data.image import composite
from img2vox.geometry.frames import View
from img2vox.geometry.mesh import read_mesh
from img2vox.paths import Paths
from img2vox.predict import predict_file
from img2vox.rendering import camera_distance, render
from tests.serving.oracle import corner_grid, corner_picture
from tests.upload.pictures import wrong_files


@pytest.fixture(scope="module")
def client(address, tmp_path_factory):
    return Client(address, verbose=False, download_files=str(tmp_path_factory.mktemp("downloads")))


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures") / "corner.png"
    path.write_bytes(corner_picture(126.0))
    return path


def test_only_named_endpoints_are_shown(address):
    info = httpx.get(f"{address}/gradio_api/info").json()
    assert sorted(info["named_endpoints"]) == ["/models", "/predict", "/zip"]
    assert info["unnamed_endpoints"] == {}


def test_no_picture_is_kept_or_sent_on_as_history(address):
    assert httpx.get(f"{address}/config").json()["run_history"] is False
    assert httpx.get(f"{address}/gradio_api/runs").status_code == 404


def test_models_lists_the_joint_network(client):
    (found,) = client.predict(api_name="/models")
    assert (found["network"], found["threshold"], found["trained_on"]) == ("any", 0.4, 480)


@pytest.mark.parametrize(("style", "threshold"), [("blocks", None), ("smooth", 0.7)])
def test_predict_gives_the_bytes_of_the_command_line(client, project, picture, tmp_path, style, threshold):
    *files, facts = client.predict(
        handle_file(picture), network="any", threshold=threshold or 0, style=style, api_name="/predict"
    )
    params, paths = load_params(project / "params.yaml"), Paths(project)
    for path, format in zip(map(Path, files), ("obj", "glb", "stl", "npy"), strict=True):
        output = tmp_path / f"out.{format}"
        predict_file(picture, "any", output, params, paths, style=style, threshold=threshold)
        assert path.read_bytes() == output.read_bytes()
        end = f"_{style}.{format}" if format != "npy" else ".npy"
        assert path.name == f"any_t{threshold or 0.4:.2f}{end}"
    assert facts["azimuth_deg"] == 126.0
    assert facts["cells"] == np.load(files[3]).sum()


@pytest.mark.parametrize("azimuth_deg", [36.0, 234.0])
def test_what_comes_back_faces_as_the_picture_does(client, tmp_path, azimuth_deg):
    """Picture, grid and mesh in one frame: drawn from the azimuth that is told, the mesh looks like the picture."""
    path = tmp_path / "corner.png"
    path.write_bytes(corner_picture(azimuth_deg, size=64))
    obj, glb, stl, npy, facts = client.predict(handle_file(path), network="any", api_name="/predict")
    np.testing.assert_array_equal(np.load(npy), corner_grid())
    shown = corner_render(azimuth_deg)
    for file in (obj, glb, stl):
        mesh = read_mesh(Path(file).name, Path(file).read_bytes(), {})
        np.testing.assert_allclose(mesh.vertices.max(axis=0), [15 / 16 - 0.5, 13 / 16 - 0.5, 10 / 16 - 0.5], atol=1e-6)
        view = View(facts["azimuth_deg"], 31.0, camera_distance(mesh, 1.25))
        drawn = render(mesh, [view], 64, 49.1, "raster")[0][..., 1] > 127
        seen = shown < 250
        assert (drawn & seen).sum() / (drawn | seen).sum() > 0.9
        mirrored = drawn[:, ::-1]
        assert (mirrored & seen).sum() / (mirrored | seen).sum() < 0.8


def corner_render(azimuth_deg):
    from img2vox.surface import blocks

    mesh = blocks(corner_grid())
    view = View(azimuth_deg, 31.0, camera_distance(mesh, 1.25))
    return composite(render(mesh, [view], 64, 49.1, "raster"), 255)[0]


@pytest.mark.parametrize("endpoint", ["predict", "zip"])
def test_a_picture_of_this_machine_that_nobody_sent_is_not_answered(address, project, endpoint):
    (project / "private.png").write_bytes(corner_picture(36.0))
    file = {"path": str(project / "private.png"), "meta": {"_type": "gradio.FileData"}}
    picture = {"predict": file, "zip": [file]}[endpoint]
    call = f"{address}/gradio_api/call/{endpoint}"
    rest = {"predict": ["any", 0, "blocks", "plain", True, True], "zip": ["any", "obj", "blocks"]}[endpoint]
    event = httpx.post(call, json={"data": [picture, *rest]}).json()["event_id"]
    assert "event: error" in httpx.get(f"{call}/{event}", timeout=60).text


def test_a_file_that_was_sent_before_may_be_named_by_its_address(address, client):
    """MCP's clients know no other way."""
    files = {"files": ("a b.png", corner_picture(36.0), "image/png")}
    (path,) = httpx.post(f"{address}/gradio_api/upload", files=files).json()
    *_, facts = client.predict(handle_file(f"{address}/gradio_api/file={quote(path)}"), api_name="/predict")
    assert facts["azimuth_deg"] == 36.0


@pytest.mark.parametrize("path", ["/etc/passwd", "/no/such", "%00", "a" * 1500, "../../etc/passwd"])
def test_no_other_address_is_taken(address, client, path):
    with pytest.raises(Exception, match="Send the file itself, not its address"):
        client.predict(handle_file(f"{address}/gradio_api/file={path}"), api_name="/predict")


def test_every_file_is_read_by_trimesh(client, picture):
    obj, glb, stl, _, _ = client.predict(handle_file(picture), network="any", style="smooth", api_name="/predict")
    for path in (obj, glb, stl):
        mesh = trimesh.load(path, force="mesh")
        assert mesh.is_watertight
        assert len(mesh.faces) > 100


def test_several_pictures_come_in_one_zip_with_a_line_each(client, picture, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(wrong_files()["cut.png"][0])
    path, said = client.predict(
        [handle_file(picture), handle_file(broken)], network="any", format="stl", style="blocks", api_name="/zip"
    )
    with zipfile.ZipFile(path) as archive:
        assert sorted(archive.namelist()) == ["01_corner_any_t0.40_blocks.stl", "results.csv"]
        lines = archive.read("results.csv").decode().splitlines()
    assert lines[1].startswith("01_corner,any,0.4,")
    assert lines[2].startswith("02_broken,any,,,,broken.png: ")
    assert said == "1 of 2 pictures answered; see results.csv for the others."


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"network": "chiar"}, "there is no 'chiar'; there are any"),
        ({"threshold": 7}, "threshold: is 7; use a number between 0 and 1"),
        ({"threshold": 0.99}, "sees nothing at a threshold of 0.99"),
    ],
)
def test_what_cannot_be_is_one_sentence(client, picture, changes, message):
    with pytest.raises(Exception, match=message) as caught:
        client.predict(handle_file(picture), **{"network": "any", **changes}, api_name="/predict")
    assert "Traceback" not in str(caught.value)


def test_health_says_what_is_loaded(address):
    found = httpx.get(f"{address}/health").json()
    assert (found["status"], found["networks_loaded"]) == ("ok", 1)


def test_logs_are_json_lines(project, client, picture):
    client.predict(handle_file(picture), network="any", api_name="/predict")
    lines = [json.loads(line) for line in (project / "app.log").read_text(encoding="utf-8").splitlines()]
    assert any(line["message"].startswith("img2vox is at http://127.0.0.1:") for line in lines)
    assert {"time", "level", "logger", "message"} <= set(lines[-1])


def test_held_out_examples_are_test_objects_that_exist():
    from img2vox.serving.examples import EXAMPLES, show_example
    from tests.project import REPOSITORY

    params = load_params(REPOSITORY / "params.yaml")
    trained = REPOSITORY / "models" / "joint" / "trained_on.npz"
    if not trained.is_file():
        pytest.skip("models/joint is not there; train it, or git restore models/joint")
    tested = (REPOSITORY / "models" / "joint" / "instances.csv").read_text(encoding="utf-8")
    for example in EXAMPLES:
        assert f"test,{example.slug}/{example.model_id},real," in tested
    shown = show_example(EXAMPLES[0], params, Paths(REPOSITORY))
    assert 0 < shown.nearest_iou < 1
