"""What the page offers and which events it has, without a browser and without a network."""

from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import pytest
from app.handlers import Handlers, _warnings
from app.layout import build
from app.server import make_server

from img2vox.config import load_params
from img2vox.serving.session_files import SessionFiles
from tests.project import REPOSITORY
from tests.serving.test_offer import CHAIR
from tests.serving.test_result import ANSWER

ANY = replace(CHAIR, key="any", slug="any", capacity="")
LOW = replace(CHAIR, key="mug", slug="mug", capacity="low")


@pytest.fixture
def service():
    return SimpleNamespace(
        offers=lambda: {"any": ANY, "chair": CHAIR, "mug": LOW}, params=load_params(REPOSITORY / "params.yaml")
    )


@pytest.fixture
def handlers(service, tmp_path):
    return Handlers(service, SessionFiles(tmp_path))


def test_networks_stand_in_the_groups_that_there_are(handlers):
    group, network = handlers.refresh(None, None)
    assert group["choices"] == ["Any object", "High-capacity categories", "Low-capacity categories"]
    assert (group["value"], network["value"]) == ("Any object", "any")
    assert handlers.choose_group("Low-capacity categories")["choices"] == [(LOW.label, "mug")]


def test_a_champion_that_was_registered_meanwhile_is_there_at_the_next_look_and_the_choice_stays(handlers, service):
    newer = replace(CHAIR, network_md5="1" * 32, test_iou=0.9)
    other = replace(CHAIR, key="sofa", slug="sofa")
    service.offers = lambda: {"any": ANY, "chair": newer, "sofa": other}
    group, network = handlers.refresh("High-capacity categories", "chair")
    assert network["choices"] == [(newer.label, "chair"), (other.label, "sofa")]
    assert (group["value"], network["value"]) == ("High-capacity categories", "chair")
    service.offers = lambda: {"any": ANY}
    group, network = handlers.refresh("High-capacity categories", "chair")
    assert (group["value"], network["value"]) == ("Any object", "any")


def test_two_networks_are_compared_and_one_where_there_is_one(handlers, service):
    first, second = handlers.all_networks(None, None)
    assert (first["value"], second["value"]) == ("any", "chair")
    service.offers = lambda: {"any": ANY}
    assert [update["value"] for update in handlers.all_networks("any", "chair")] == ["any", "any"]


def test_an_unsure_network_and_an_unfamiliar_picture_are_said(service):
    black = replace(ANSWER, pixels=ANSWER.pixels * 0)
    assert any("unlike those that the networks were trained on" in note for note in _warnings(black, service))
    paper = replace(black, offer=replace(black.offer, background=0))  # nobody knows what is familiar before black
    assert not any("unlike" in note for note in _warnings(paper, service))
    unsure = replace(black, occupancy=ANSWER.occupancy * 0.5)
    assert any(note.startswith("The network is unsure.") for note in _warnings(unsure, service))


def test_an_error_of_ours_is_shown_and_a_bug_is_one_sentence(handlers, service, caplog):
    def broken():
        raise KeyError("secret")

    service.offers = broken
    with pytest.raises(gr.Error, match="Something went wrong here, and was logged") as caught:
        handlers.list_models()
    assert "secret" not in str(caught.value)
    assert "list_models failed" in caplog.text
    assert "KeyError: 'secret'" in caplog.text


@pytest.fixture
def events(handlers):
    return build(handlers).get_config_file()["dependencies"]


def test_every_event_has_a_name_for_programs_or_is_hidden_from_them(events):
    shown = {event["api_name"] for event in events if event["api_visibility"] != "private"}
    assert shown == {"models", "predict", "zip"}


def test_cancel_stops_all_that_asks_a_network_or_draws(events):
    (cancel,) = (event for event in events if event["types"]["cancel"])
    stopped = {event["api_name"].rstrip("_0123456789") for event in events if event["id"] in cancel["cancels"]}
    assert stopped == {"answer_picture", "redraw", "turn"}
    assert len(cancel["cancels"]) == 4  # a picture, and a group of networks chosen, are answered by two events


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda handlers: handlers.turn(None, 0.5, "blocks", None), "Choose a picture first: there is nothing to turn"),
        (
            lambda handlers: handlers.predict_files(None, "any", 0, "blocks", "plain", True, True, None),
            "picture: is missing; send a PNG, JPG or WebP file",
        ),
        (
            lambda handlers: handlers.zip_files([], "any", "obj", "blocks", None),
            "pictures: there are none; choose up to 32 PNG, JPG or WebP files",
        ),
        (
            lambda handlers: handlers.zip_files(["a.png"] * 33, "any", "obj", "blocks", None),
            "pictures: 33 are more than 32; send them in parts",
        ),
    ],
)
def test_what_is_asked_of_no_picture_or_of_too_many_is_one_sentence(handlers, ask, message):
    with pytest.raises(gr.Error, match=message):
        ask(handlers)


@pytest.mark.parametrize(
    ("offered", "message"),
    [
        (None, "Gradio offers no MCP"),
        (
            SimpleNamespace(local_url="http://elsewhere"),
            "this Gradio cannot be told its own address; install the version",
        ),
    ],
)
def test_no_server_starts_whose_tools_would_be_missing_or_unsafe(service, tmp_path, monkeypatch, offered, message):
    def mount(server, page, **_):
        page.mcp_server_obj, page.mcp_error = offered, None
        return server

    service.limits = SimpleNamespace(size_bytes=1)
    monkeypatch.setattr(gr, "mount_gradio_app", mount)
    with pytest.raises(RuntimeError, match=message):
        make_server(service, SessionFiles(tmp_path), lambda: True, auth=None, mcp_address="http://127.0.0.1:9")
