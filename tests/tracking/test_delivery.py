"""What stands in MLflow after a delivery, in a real SQLite store."""

import json
import shutil

import pytest
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException

from img2vox.errors import RegistryError
from img2vox.tracking import delivery, registry, runs
from img2vox.tracking.delivery import register_all
from img2vox.tracking.runs import FIT_KEY_TAG, KEY_TAG, PARENT_TAG, PROCESS_TAG, SYSTEM_PREFIX
from tests.tracking.conftest import Project
from tests.tracking.fakes import MEASURES, entries_of, gate_of, inputs_of, pipeline_of, synset_of, write_category


def contents(store):
    """All that a store holds, without what no two stores agree in: ids, times, places."""
    runs_, names = {}, {}
    for run in store.runs(""):
        names[run.info.run_id] = run.data.tags[KEY_TAG]
    for run in store.runs(""):
        histories = {
            name: [(m.step, m.value) for m in store.client.get_metric_history(run.info.run_id, name)]
            for name in run.data.metrics
            if not name.startswith(SYSTEM_PREFIX)
        }
        tags = {name: value for name, value in run.data.tags.items() if name != PROCESS_TAG}
        tags[PARENT_TAG] = names.get(tags.get(PARENT_TAG))
        files = sorted(
            file.path
            for folder in ("", "figures")
            for file in store.client.list_artifacts(run.info.run_id, folder)
            if not file.is_dir
        )
        inputs = [(i.dataset.name, i.dataset.digest) for i in run.inputs.dataset_inputs]
        facts = (run.info.run_name, run.info.status, tags, run.data.params, histories, files, inputs)
        assert names[run.info.run_id] not in runs_
        runs_[names[run.info.run_id]] = facts
    versions = sorted(
        (v.name, v.version, sorted(v.tags.items()), v.description, names[v.run_id], v.status)
        for v in store.client.search_model_versions()
    )
    aliases = {model.name: dict(model.aliases) for model in store.client.search_registered_models()}
    return {"runs": runs_, "versions": versions, "aliases": aliases}


def children(store):
    return {run.data.tags["slug"]: run for run in store.runs("tags.slug != ''")}


def test_every_category_is_one_finished_run_under_one_parent_with_all_of_its_numbers(project):
    receipt = project.deliver()
    store = project.open()
    (parent,) = store.runs("tags.dvc_stage = 'register'")
    assert parent.info.status == "FINISHED"
    assert parent.data.metrics == {"mean_over_categories.iou": 0.5}
    assert set(children(store)) == set(project.slugs) == set(receipt["categories"])
    for entry in project.entries():
        run = children(store)[entry.slug]
        assert run.info.status == "FINISHED"
        assert run.info.run_name == entry.slug
        expected = {
            "category": entry.slug.replace("_", " "),
            "slug": entry.slug,
            "synset": synset_of(entry.slug),
            "capacity": "low",
            "network": "residual",
            "convention": "standard",
            "protocol": "standard",
            "git_commit": "c0ffee",
            "git_dirty": "false",
            "dvc_stage": f"train@{entry.slug}",
            "network_md5": entry.network_md5,
            "current": "true",
            PARENT_TAG: parent.info.run_id,
        }
        assert expected.items() <= run.data.tags.items()
        assert {"params_hash", "inputs_hash"} <= run.data.tags.keys()
        own = {"category": entry.slug.replace("_", " "), "capacity": "low", "network": "residual"}
        assert run.data.params == {"seed": "1", "train.epochs": "3", **own}
        assert run.data.metrics["test.iou"] == entry.metrics["test"]["iou"]
        assert run.data.metrics["test.iou_at_0.5"] == entry.metrics["test"]["iou_at_0.5"]
        assert run.data.metrics["test.iou_ci95.low"] == entry.metrics["test"]["iou_ci95"][0]
        for name in (*MEASURES, *(f"val_{name}" for name in MEASURES)):
            history = store.client.get_metric_history(run.info.run_id, name)
            assert [(m.step, m.value) for m in history] == [(int(r["epoch"]), r[name]) for r in entry.history]
        files = {file.path for file in store.client.list_artifacts(run.info.run_id)}
        assert files == {"figures", "metrics.json", "instances.csv", "history.csv"}
        (dataset,) = run.inputs.dataset_inputs
        assert {dataset.dataset.digest} == set(inputs_of(entry.slug).values())


def test_delivering_twice_adds_nothing(project):
    receipt = project.deliver()
    before = contents(project.open())
    assert project.deliver() == receipt
    assert contents(project.open()) == before
    assert len(before["runs"]) == len(project.slugs) + 1
    assert len(before["versions"]) == len(project.slugs)


def test_nothing_lands_in_default_not_even_in_its_trash(project):
    project.deliver()
    assert project.open().client.search_runs(["0"], run_view_type=ViewType.ALL) == []


def test_the_receipt_holds_nothing_that_another_store_would_say_differently(project, tmp_path, empty_tables):
    receipt = project.deliver()
    other = tmp_path / "elsewhere"
    other.mkdir()
    shutil.copy(empty_tables, other / "mlflow.db")
    assert Project(other).deliver() == receipt
    ids = {run.info.run_id for run in project.open().runs("")}
    assert not any(run_id in json.dumps(receipt) for run_id in ids)


def test_a_deleted_store_is_rebuilt_with_the_same_content(project, empty_tables):
    store = project.open()
    (entry,) = entries_of(project.paths, ["mug"])
    fit = json.loads(project.paths.fit("mug").read_text())
    project.paths.fit("mug").write_text(json.dumps({**fit, "fit_key": "f1"}))
    tags = {"slug": "mug", FIT_KEY_TAG: "f1", "protocol": "standard"}
    live = store.client.create_run(store.experiment_id, tags=tags, run_name="mug").info.run_id
    for row in entry.history:
        for name in MEASURES:
            store.client.log_metric(live, f"val_{name}", row[f"val_{name}"], step=int(row["epoch"]))
            store.client.log_metric(live, name, row[name], step=int(row["epoch"]))
        store.client.log_metric(live, SYSTEM_PREFIX + "cpu_utilization_percentage", 50.0, step=int(row["epoch"]))
    store.client.set_terminated(live)
    project.deliver()
    assert children(store)["mug"].info.run_id == live
    before = contents(project.open())
    shutil.rmtree(project.root / "mlartifacts")
    project.open().client._tracking_client.store.engine.dispose()
    shutil.copy(empty_tables, project.root / "mlflow.db")
    project.deliver()
    assert contents(project.open()) == before


def test_one_new_network_makes_one_child_one_version_and_moves_its_aliases_alone(project):
    project.deliver()
    old = children(project.open())
    md5 = write_category(project.paths, "mug", iou=0.7)
    project.deliver()
    store = project.open()
    mugs = {run.data.tags["network_md5"]: run.data.tags["current"] for run in store.runs("tags.slug = 'mug'")}
    assert mugs == {old["mug"].data.tags["network_md5"]: "false", md5: "true"}
    assert len(store.runs("tags.slug = 'chair'")) == 1
    assert len(store.runs("tags.dvc_stage = 'register'")) == 2
    assert store.client.get_registered_model("img2vox-mug").aliases == {"champion": 2, "residual": 2}
    assert store.client.get_registered_model("img2vox-chair").aliases == {"champion": 1, "residual": 1}


def test_going_back_to_an_older_network_adds_no_version_and_keeps_the_better_one_champion(project):
    project.deliver()
    write_category(project.paths, "mug", iou=0.7)
    project.deliver()
    write_category(project.paths, "mug", iou=0.405)
    project.deliver()
    store = project.open()
    assert project.aliases("mug") == {"champion": 2, "residual": 1, "challenger": 1}
    assert len(store.client.search_model_versions("name = 'img2vox-mug'")) == 2


def test_a_network_of_the_papers_protocol_stands_beside_the_champion(project):
    project.deliver()
    write_category(project.paths, "mug", iou=0.9, kind="low")
    project.slugs = ("mug",)
    project.deliver(protocol="paper")
    store = project.open()
    assert project.aliases("mug") == {"champion": 1, "residual": 1, "paper-champion": 2, "paper-low": 2}
    current = {run.data.tags["protocol"]: run.data.tags["current"] for run in store.runs("tags.slug = 'mug'")}
    assert current == {"standard": "true", "paper": "true"}


class KilledError(BaseException):
    """Like a kill: nothing of ours may catch it."""


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (runs, "_log_files"),
        (runs, "end_run"),
        (registry, "packaged"),
        (registry, "_tags"),
        (delivery, "mark_current"),
    ],
)
def test_a_delivery_that_was_killed_is_completed_by_the_next_one(project, monkeypatch, module, name):
    store = project.open()
    original, calls = getattr(module, name), []

    def killed_at_the_second_call(*arguments, **options):
        calls.append(1)
        if len(calls) == 2 or name == "mark_current":
            raise KilledError
        return original(*arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(module, name, killed_at_the_second_call)
        with pytest.raises(KilledError):
            project.deliver(store)
    project.deliver(store)
    found = contents(store)
    assert {facts[1] for facts in found["runs"].values()} == {"FINISHED"}
    assert len(found["runs"]) == 4
    assert [version[:2] for version in found["versions"]] == [(f"img2vox-{slug}", 1) for slug in sorted(project.slugs)]
    for facts in found["runs"].values():
        assert all(len(history) == len(set(history)) for history in facts[4].values())
    assert all(set(aliases) == {"champion", "residual"} for aliases in found["aliases"].values())


def test_what_mlflow_refuses_is_one_line_that_says_what_to_do(project, monkeypatch):
    store = project.open()

    def refuse(*_, **__):
        raise MlflowException("disk is full\nand a long story")

    monkeypatch.setattr(store.client, "log_batch", refuse)
    with pytest.raises(RegistryError, match=r"not everything was delivered \(disk is full\); run `img2vox register`"):
        project.deliver(store)


def test_a_live_run_becomes_the_run_of_its_category(project):
    store = project.open()
    (entry,) = entries_of(project.paths, ["mug"])
    tags = {"slug": "mug", FIT_KEY_TAG: "f1", "network_md5": entry.network_md5}
    live = store.client.create_run(store.experiment_id, tags=tags, run_name="mug")
    for row in entry.history[:2]:
        for name, value in row.items():
            if name != "epoch":
                store.client.log_metric(live.info.run_id, name, value, step=int(row["epoch"]))
    store.client.set_terminated(live.info.run_id)
    project.deliver(store)
    (run,) = store.runs("tags.slug = 'mug'")
    assert run.info.run_id == live.info.run_id
    history = store.client.get_metric_history(run.info.run_id, "val_loss")
    assert sorted((m.step, m.value) for m in history) == [(int(r["epoch"]), r["val_loss"]) for r in entry.history]
    assert run.data.metrics["test.iou"] == entry.metrics["test"]["iou"]
    assert PARENT_TAG in run.data.tags
    before = contents(store)
    project.deliver(store)
    assert contents(store) == before


def test_a_live_run_with_other_epochs_is_left_alone(project):
    store = project.open()
    (entry,) = entries_of(project.paths, ["mug"])
    tags = {"slug": "mug", FIT_KEY_TAG: "f1", "network_md5": entry.network_md5}
    live = store.client.create_run(store.experiment_id, tags=tags)
    store.client.log_metric(live.info.run_id, "val_loss", 123.0, step=1)
    store.client.set_terminated(live.info.run_id)
    project.deliver(store)
    assert {run.info.run_id for run in store.runs("tags.slug = 'mug'")} > {live.info.run_id}


def test_fifty_categories_are_fifty_children(root):
    slugs = [f"c{number}" for number in range(50)]
    project = Project(root, slugs, epochs=2)
    receipt = project.deliver()
    store = project.open()
    (parent,) = store.runs("tags.dvc_stage = 'register'")
    runs_ = store.runs(f"tags.`{PARENT_TAG}` = '{parent.info.run_id}'")
    assert {run.data.tags["slug"] for run in runs_} == set(slugs) == set(receipt["categories"])
    assert all(run.info.status == "FINISHED" and "test.iou" in run.data.metrics for run in runs_)
    assert {model.name for model in store.client.search_registered_models()} == {f"img2vox-{slug}" for slug in slugs}
    assert register_all(store, project.entries(), pipeline_of(project.paths, project.entries()), gate_of()) == receipt
    assert len(store.runs("")) == 51
