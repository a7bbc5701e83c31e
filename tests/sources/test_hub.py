"""The gated data set on a stand-in: what is downloaded, once, and what is said to whom may not."""

import pytest

from img2vox.errors import SourceError
from img2vox.files import write_archive
from img2vox.paths import Paths
from img2vox.sources.archives import bring
from img2vox.sources.hub import Hub
from tests.sources.hub_server import GRANTED, REPO, WAITING, served
from tests.sources.trees import names_in, write_zip

CATEGORIES = {"chair": "03001627", "mug": "03797390"}


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", GRANTED)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "no-token"))
    zips = {f"{synset}.zip": write_zip(tmp_path / "zips", synset).read_bytes() for synset in CATEGORIES.values()}
    with served({**zips, "README.md": b"text", "02958343.zip": b"a third one"}) as server:
        yield server


def hub(server, tmp_path, repo=REPO):
    return Hub(repo, tmp_path / "downloads", endpoint=server.address)


def fetch(server, tmp_path, categories=CATEGORIES, repo=REPO):
    source = hub(server, tmp_path, repo)
    return bring(source, source.stamps(categories), categories, Paths(tmp_path))


def test_what_is_asked_for_is_downloaded_once_and_only_meshes_stay(server, tmp_path):
    assert fetch(server, tmp_path) == {"03001627": True, "03797390": True}
    assert server.downloads == {"03001627.zip": 1, "03797390.zip": 1}
    names = names_in(Paths(tmp_path).raw_archive("03001627"))
    assert len(names) == 16
    assert {name.rpartition(".")[2] for name in names} == {"obj", "mtl"}
    assert not (tmp_path / "downloads").exists()
    assert fetch(server, tmp_path) == {"03001627": False, "03797390": False}
    assert server.downloads.total() == 2


def test_a_changed_archive_is_noticed_and_downloaded_alone(server, tmp_path):
    fetch(server, tmp_path)
    server.files["03797390.zip"] = write_zip(tmp_path / "newer", "03797390", count=3).read_bytes()
    assert fetch(server, tmp_path) == {"03001627": False, "03797390": True}
    assert len(names_in(Paths(tmp_path).raw_archive("03797390"))) == 6


def test_a_fetch_that_breaks_off_goes_on_with_the_archive_that_it_was_at(server, tmp_path):
    server.broken.add("03797390.zip")
    with pytest.raises(
        SourceError, match=r"ShapeNet/ShapeNetCore: http://127.* cannot be used \(.*500.*try again later"
    ):
        fetch(server, tmp_path)
    assert not Paths(tmp_path).raw_archive("03797390").exists()
    server.broken.clear()
    assert fetch(server, tmp_path) == {"03001627": False, "03797390": True}
    assert server.downloads["03001627.zip"] == 1


def test_a_damaged_archive_is_one_clear_line_and_downloaded_again_next_time(server, tmp_path):
    whole = server.files["03001627.zip"]
    server.files["03001627.zip"] = whole[:-30]
    with pytest.raises(SourceError, match=r"03001627\.zip: not a whole zip archive"):
        fetch(server, tmp_path)
    server.files["03001627.zip"] = whole
    assert fetch(server, tmp_path)["03001627"]


@pytest.mark.parametrize(
    ("token", "message"),
    [
        (None, r"no token is set; ask for access at http://\S+/datasets/ShapeNet/ShapeNetCore, make a token at"),
        (WAITING, r"your token's account has no access to it, or not yet; ask for access at http://\S+/datasets/Shape"),
        ("hf_wrong", r"your token was refused \(401; expired, revoked or mistyped\?\); make a token at http"),
    ],
)
def test_who_may_not_is_told_where_to_ask(server, tmp_path, monkeypatch, token, message):
    monkeypatch.delenv("HF_TOKEN")
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    with pytest.raises(SourceError, match=message) as caught:
        fetch(server, tmp_path)
    assert "\n" not in str(caught.value)
    assert not list(Paths(tmp_path).raw.glob("*"))


def test_looking_whether_it_changed_downloads_nothing_and_needs_no_token(server, tmp_path, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    stamps = hub(server, tmp_path).stamps(CATEGORIES)
    assert stamps["03001627"].size_bytes == len(server.files["03001627.zip"])
    assert not server.downloads


def test_a_wrong_name_a_missing_category_and_no_network_are_one_clear_line_each(server, tmp_path):
    with pytest.raises(SourceError, match=r"Shape/Nut: no such data set at http.*; check data\.huggingface_repo"):
        fetch(server, tmp_path, repo="Shape/Nut")
    with pytest.raises(SourceError, match=r"has no archive of 1 categories .*\(02691156\.zip\): take airplane out"):
        fetch(server, tmp_path, {"airplane": "02691156"})
    with pytest.raises(SourceError, match=r"02958343\.zip: not a whole zip archive"):
        fetch(server, tmp_path, {"car": "02958343"})
    server.files["02958343.zip"] = server.files["03001627.zip"]
    source = hub(server, tmp_path)
    source.stamps({"car": "02958343"})
    with (
        pytest.raises(SourceError, match=r"02958343\.zip holds no object of car; expected 02958343/<model_id>/models"),
        write_archive(tmp_path / "car.zip") as archive,
    ):
        source.write("car", "02958343", archive)
    with pytest.raises(SourceError, match=r"http://127\.0\.0\.1:9 cannot be used \(.+\); try again later"):
        Hub(REPO, tmp_path, endpoint="http://127.0.0.1:9").stamps(CATEGORIES)
