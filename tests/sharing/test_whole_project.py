"""The real pipeline of two small categories goes from one clone to another, and runs on a cluster."""

import shutil
import zipfile

import httpx
import pytest
from mlflow.tracking import MlflowClient

from img2vox.jobs.chains import FILES
from tests.app.server import serve
from tests.project import CATEGORIES, SECRETS, commit, holders, make_project, run
from tests.sharing import clusters
from tests.test_pipeline import locks, stages_that_ran
from tests.tracking.test_away import Server

pytestmark = pytest.mark.slow


def registry(root):
    """Name -> weights of all versions, and of those that aliases point to."""
    uri = f"sqlite:///{(root / 'mlflow.db').as_posix()}"
    client = MlflowClient(uri, uri)
    found = {}
    for model in client.search_registered_models():
        versions = client.search_model_versions(f"name='{model.name}'")
        weights = {str(version.version): version.tags["network_md5"] for version in versions}
        aliases = {alias: weights[str(version)] for alias, version in model.aliases.items()}
        found[model.name] = (sorted(weights.values()), aliases)
    return found


def a_picture(root, synset):
    with zipfile.ZipFile(root / "data" / "renders" / f"{synset}.zip") as archive:
        name = next(name for name in archive.namelist() if name.endswith(".png"))
        return archive.read(name)


def test_a_pulled_project_is_whole_registers_the_same_and_serves(finished, tmp_path):
    here = tmp_path / "here"
    shutil.copytree(finished, here, symlinks=True)
    run(here, "dvc", "remote", "add", "--quiet", "--default", "shared", str(tmp_path / "a store"))
    commit(here)
    run(here, "dvc", "push")
    there = tmp_path / "there \u00fc"
    run(tmp_path, "git", "clone", "--quiet", str(here), str(there))
    run(there, "dvc", "pull", *FILES)
    assert "Data and pipelines are up to date" in run(there, "dvc", "status")
    assert stages_that_ran(run(there, "dvc", "repro")) == []
    assert locks(there) == locks(finished)
    assert not (there / "mlflow.db").exists()
    run(there, "img2vox", "register")
    assert registry(there) == registry(finished)
    assert len(registry(there)) == 3
    assert run(there, "git", "status", "--porcelain") == ""

    answers = []
    for root in (finished, there):
        picture = tmp_path / "picture.png"
        picture.write_bytes(a_picture(root, "03001627"))
        run(root, "img2vox", "predict", str(picture), "--category", "chair", "-o", str(tmp_path / "answer.npy"))
        answers.append((tmp_path / "answer.npy").read_bytes())
    assert answers[0] == answers[1]
    with serve(there, log=tmp_path / "app.log") as (address, _):
        assert httpx.get(f"{address}/health", timeout=30).json()["status"] == "ok"
        assert "img2vox" in httpx.get(address, timeout=30).text


@pytest.mark.skipif(not clusters.HAVE_RAY, reason="no Ray; python tests/install_tools.py")
def test_real_trainings_on_nodes_are_the_serial_ones_and_are_seen_on_a_server(finished, tmp_path):
    make_project(tmp_path / "source")
    head = clusters.with_remote(tmp_path / "source", tmp_path / "head")
    server = Server(tmp_path)
    server.start()
    try:
        env = clusters.environment(MLFLOW_TRACKING_URI=server.uri, TMPDIR=str(tmp_path / "clones"), **SECRETS)
        with clusters.cluster(env) as (address, logs):
            said = clusters.succeed(head, env, address)
            assert holders(logs, SECRETS.values()) == set()
        client = MlflowClient(server.uri, server.uri)
        experiment = client.get_experiment_by_name("img2vox")
        runs = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
        for slug in CATEGORIES:
            assert runs[slug].info.status == "FINISHED"
            # Of a training while it ran; `register` knows no such number.
            assert "system/cpu_utilization_percentage" in runs[slug].data.metrics
    finally:
        server.stop()
    assert clusters.recorded(head) == clusters.recorded(finished)
    assert not (head / "mlflow.db").exists()
    clusters.no_clone_is_left_in(tmp_path / "clones")
    assert holders(tmp_path, SECRETS.values()) == set()
    assert not any(secret in said for secret in SECRETS.values())
