"""Who becomes champion: by the gate, by hand, and what is thrown away."""

import dataclasses
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from img2vox.cli import app
from img2vox.config import load_params
from img2vox.errors import RegistryError
from img2vox.tracking import by_hand
from img2vox.tracking.gate import Measured, judge
from img2vox.tracking.gate import test_ious as read_test_ious
from img2vox.tracking.promotions import promotions_path, read_promotions, write_promotions
from img2vox.tracking.registry import GATE_TAG
from tests.tracking.fakes import gate_of, synset_of, write_category

ROOT = Path(__file__).parents[2]
PARAMS = dataclasses.replace(load_params(ROOT / "params.yaml"), categories={"mug": synset_of("mug")})
PAPER = dataclasses.replace(PARAMS, register=dataclasses.replace(PARAMS.register, protocol="paper"))
OLD = {f"o{number}": 0.5 + 0.02 * number for number in range(10)}


def measured(ious, grids="standard"):
    return Measured(grids, ious)


def gains(*values):
    return {name: OLD[name] + values[number % len(values)] for number, name in enumerate(OLD)}


@pytest.mark.parametrize(
    ("new", "options", "wins", "reason"),
    [
        (measured(gains(0.05, 0.06)), {}, True, r"^\+0\.0550 IoU on 10 test objects \(95 % interval \+0\.05"),
        (measured(gains(0.05, 0.06)), {"min_gain": 0.05}, True, r"^\+0\.0550"),
        (measured(gains(0.05, 0.06)), {"min_gain": 0.06}, False, r"must lie above register\.min_gain, 0\.06"),
        # Better on the whole, but as many objects got worse: chance.
        (measured(gains(0.06, -0.05)), {}, False, r"^\+0\.0050 IoU .* interval -0\.0\d+ to \+0\.0"),
        (measured(gains(-0.05)), {}, False, r"^-0\.0500 IoU"),
        (measured(OLD), {}, False, r"^\+0\.0000 IoU"),
        (
            measured(gains(0.05)),
            {"min_test_objects": 11},
            False,
            "10 test objects; register.min_test_objects asks for 11",
        ),
        (
            measured(gains(0.05), "paper"),
            {},
            False,
            r"measured on other grids \(paper\) than the champion \(standard\)",
        ),
        (
            measured({"p0" if name == "o0" else name: value for name, value in gains(0.05).items()}),
            {},
            False,
            "measured on other test objects than the champion: 10 against 10, 9 in common",
        ),
    ],
)
def test_a_network_wins_only_by_a_gain_that_is_no_chance_on_the_same_objects(new, options, wins, reason):
    verdict = judge("mug", new, measured(OLD), gate_of(**options))
    assert verdict.wins is wins
    assert re.search(reason, verdict.reason)


def test_an_objects_iou_is_the_mean_of_its_test_views(tmp_path):
    path = tmp_path / "instances.csv"
    path.write_text("split,model_id,view,iou\nval,a,0,0.9\ntest,b,0,0.2\ntest,c,0,0.5\ntest,b,1,0.4\n")
    assert read_test_ious(path) == {"b": pytest.approx(0.3), "c": 0.5}


@pytest.fixture
def mug(project):
    """One category whose champion is registered; `again` delivers another network."""
    project.slugs = ("mug",)
    write_category(project.paths, "mug", iou=0.5, objects=OLD)
    project.deliver()

    def again(iou, objects, *, gate=None, params=None, **options):
        write_category(project.paths, "mug", iou=iou, objects=objects, **options)
        project.deliver(gate=gate, params=params)
        return project.aliases("mug"), project.tags("mug", max(project.aliases("mug").values())).get(GATE_TAG)

    project.again = again
    return project


def test_the_first_network_of_a_category_is_champion_and_has_no_challenger(mug):
    assert mug.aliases("mug") == {"champion": 1, "residual": 1}


def test_a_better_network_takes_the_place_and_says_why(mug):
    aliases, reason = mug.again(0.6, gains(0.05, 0.06))
    assert aliases == {"champion": 2, "residual": 2}
    assert re.match(r"won against [0-9a-f]{8}: \+0\.0550 IoU on 10 test objects", reason)
    assert mug.tags("mug", 2)["champion_before"] == mug.tags("mug", 1)["network_md5"]


def test_the_champion_is_kept_against_a_worse_network(mug):
    aliases, reason = mug.again(0.4, gains(-0.05, 0.01))
    assert aliases == {"champion": 1, "residual": 2, "challenger": 2}
    assert re.match(r"lost against [0-9a-f]{8}: -0\.0200 IoU", reason)


def test_the_champion_is_kept_against_a_network_measured_on_other_objects(mug):
    aliases, reason = mug.again(0.9, {**gains(0.3), "new": 0.9})
    assert aliases == {"champion": 1, "residual": 2, "challenger": 2}
    assert "measured on other test objects than the champion: 11 against 10, 10 in common" in reason


def test_the_champion_is_kept_against_a_network_measured_on_other_grids(mug):
    aliases, reason = mug.again(0.9, gains(0.3), params={"seed": 1, "voxelize.solid": "surface"})
    assert aliases == {"champion": 1, "residual": 2, "challenger": 2}
    assert "measured on other grids (convention standard, resolution 16, solid surface)" in reason


def test_the_champion_is_kept_where_test_objects_are_too_few(mug):
    aliases, reason = mug.again(0.9, gains(0.3), gate=gate_of(min_test_objects=11))
    assert aliases == {"champion": 1, "residual": 2, "challenger": 2}
    assert "10 test objects; register.min_test_objects asks for 11" in reason


def test_the_champion_is_kept_where_its_own_numbers_are_gone(mug):
    shutil.rmtree(next((mug.root / "mlartifacts").rglob("instances.csv")).parent)
    aliases, reason = mug.again(0.9, gains(0.3))
    assert aliases["champion"] == 1
    assert "the numbers of the champion's test objects are gone" in reason


def test_a_verdict_is_given_once_and_again_when_the_rules_change(mug, monkeypatch):
    from img2vox.tracking import registry

    calls = []
    monkeypatch.setattr(registry, "judge", lambda *arguments: calls.append(1) or judge(*arguments))
    mug.again(0.6, gains(0.05, 0.06), gate=gate_of(min_gain=0.1))
    assert (mug.aliases("mug")["champion"], len(calls)) == (1, 1)
    mug.deliver(gate=gate_of(min_gain=0.1))
    assert len(calls) == 1
    mug.deliver()
    assert (mug.aliases("mug"), len(calls)) == ({"champion": 2, "residual": 2}, 2)


def test_a_kill_between_verdict_and_alias_does_not_cost_the_winner_its_place(mug, monkeypatch):
    from img2vox.tracking import registry

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(registry, "point_aliases", killed)
        with pytest.raises(KeyboardInterrupt):
            mug.again(0.6, gains(0.05))
    mug.deliver()
    assert mug.aliases("mug") == {"champion": 2, "residual": 2}


def test_each_protocol_has_aliases_of_its_own(mug):
    write_category(mug.paths, "mug", iou=0.9, kind="low", objects=gains(0.3))
    mug.deliver(protocol="paper")
    assert mug.aliases("mug") == {"champion": 1, "residual": 1, "paper-champion": 2, "paper-low": 2}
    assert mug.tags("mug", 2)["protocol"] == "paper"
    description = mug.open().client.get_model_version("img2vox-mug", "2").description
    assert "models:/img2vox-mug@paper-low" in description


def test_promoting_by_hand_is_written_down_and_holds_against_better_networks(mug):
    mug.again(0.4, gains(-0.05))
    assert re.match(r"img2vox-mug: version 2 \([0-9a-f]{8}\) is champion", by_hand.promote("mug", PARAMS, mug.paths))
    assert mug.aliases("mug") == {"champion": 2, "residual": 2}
    choices = read_promotions(promotions_path(mug.root))
    assert choices == {("mug", "standard"): mug.tags("mug", 2)["network_md5"]}
    aliases, reason = mug.again(0.9, gains(0.3), gate=gate_of(by_hand=choices))
    assert aliases == {"champion": 2, "residual": 3, "challenger": 3}
    assert reason.endswith("champion by hand, promotions.csv")


def test_another_store_follows_the_promotions(mug, empty_tables):
    mug.again(0.4, gains(-0.05))
    by_hand.promote("mug", PARAMS, mug.paths)
    choices = read_promotions(promotions_path(mug.root))
    mug.open().client._tracking_client.store.engine.dispose()
    shutil.copy(empty_tables, mug.root / "mlflow.db")
    for iou, objects in [(0.5, OLD), (0.4, gains(-0.05))]:
        mug.again(iou, objects, gate=gate_of(by_hand=choices))
    assert mug.aliases("mug") == {"champion": 2, "residual": 2}


def test_a_promotion_of_a_network_that_is_not_there_is_said_and_the_gate_decides(mug, caplog):
    aliases, _ = mug.again(0.4, gains(-0.05), gate=gate_of(by_hand={("mug", "standard"): "0" * 32}))
    assert aliases == {"champion": 1, "residual": 2, "challenger": 2}
    mug.again(0.6, gains(0.05), gate=gate_of(by_hand={("mug", "standard"): mug.tags("mug", 1)["network_md5"]}))
    assert mug.aliases("mug") == {"champion": 1, "residual": 3, "challenger": 3}


@pytest.mark.parametrize("by_md5", [False, True])
def test_a_version_is_promoted_by_its_number_or_its_weights(mug, by_md5):
    mug.again(0.6, gains(0.05))
    which = mug.tags("mug", 1)["network_md5"][:8] if by_md5 else "1"
    by_hand.promote(f"mug:{which}", PARAMS, mug.paths)
    assert mug.aliases("mug") == {"champion": 1, "residual": 2}


def test_rolling_back_twice_goes_back_two_champions_and_then_says_that_there_are_no_more(mug):
    mug.again(0.6, gains(0.05))
    mug.again(0.7, gains(0.1))
    assert mug.aliases("mug")["champion"] == 3
    for number in (2, 1):
        by_hand.roll_back("mug", PARAMS, mug.paths)
        # A register that follows the file changes nothing.
        mug.deliver(gate=gate_of(by_hand=read_promotions(promotions_path(mug.root))))
        assert mug.aliases("mug")["champion"] == number
    with pytest.raises(RegistryError, match="mug: no champion was there before version 1; use --promote"):
        by_hand.roll_back("mug", PARAMS, mug.paths)


def test_a_champion_before_that_was_thrown_away_is_one_line(mug):
    mug.again(0.6, gains(0.05))
    before = mug.tags("mug", 1)["network_md5"]
    mug.open().client.delete_model_version("img2vox-mug", "1")
    message = f"mug: the champion before, {before}, is gone from the registry; use --promote"
    with pytest.raises(RegistryError, match=message):
        by_hand.roll_back("mug", PARAMS, mug.paths)


def test_when_mlflow_refuses_a_promotion_the_file_says_it_and_the_next_register_follows(mug, monkeypatch):
    mug.again(0.6, gains(0.05))
    with monkeypatch.context() as patch:
        patch.setattr(by_hand, "point_aliases", refuse)
        with pytest.raises(RegistryError, match=r"mlflow\.db: away; `img2vox register` follows .*promotions\.csv"):
            by_hand.promote("mug:1", PARAMS, mug.paths)
    assert mug.aliases("mug")["champion"] == 2
    mug.deliver(gate=gate_of(by_hand=read_promotions(promotions_path(mug.root))))
    assert mug.aliases("mug")["champion"] == 1


def test_pruning_that_mlflow_refuses_is_one_line(mug, monkeypatch):
    mug.again(0.3, gains(-0.1))
    mug.again(0.2, gains(-0.2))
    monkeypatch.setattr(by_hand, "_remove", refuse)
    with pytest.raises(RegistryError, match=r"mlflow\.db: pruning stopped \(away\); run it again"):
        by_hand.prune(0, PARAMS, mug.paths)


def refuse(*_):
    raise OSError("away")


def test_scores_of_another_form_are_one_line(tmp_path):
    path = tmp_path / "instances.csv"
    message = r"instances\.csv: no IoU of each test object \(.*\); run `dvc repro` for this category again"
    for text in (None, "split,model_id,iou\n", "split,model_id,iou\ntest,a,high\n", "split,iou\ntest,0.5\n"):
        if text is not None:
            path.write_text(text, encoding="utf-8")
        with pytest.raises(RegistryError, match=message):
            read_test_ious(path)


@pytest.mark.parametrize(
    ("which", "params", "message"),
    [
        ("mug", PARAMS, r"mug: has no challenger; name a version: mug:1 \([0-9a-f]{8}\)"),
        ("mug:7", PARAMS, r"mug: no single version '7'; there are mug:1"),
        ("mug:1", PAPER, "mug: version 1 is of the standard protocol, this is the paper one"),
    ],
)
def test_what_cannot_be_promoted_is_one_line_and_changes_nothing(mug, which, params, message):
    with pytest.raises(RegistryError, match=message):
        by_hand.promote(which, params, mug.paths)
    assert not promotions_path(mug.root).exists()


def test_promoting_what_was_never_registered_is_one_line(project):
    with pytest.raises(RegistryError, match=r"no registered network of mug .*; run `img2vox register`"):
        by_hand.promote("mug", PARAMS, project.paths)


def test_promoting_and_rolling_back_at_once_is_wrong_usage():
    done = CliRunner().invoke(app, ["register", "--promote", "mug:1", "--rollback", "mug"])
    assert done.exit_code == 2
    assert "use one of --promote and --rollback" in done.output


def test_pruning_keeps_what_has_an_alias_or_was_promoted_and_the_newest(mug):
    for number in range(4):
        mug.again(0.4 - 0.01 * number, gains(-0.05 - 0.01 * number))
    write_category(mug.paths, "mug", iou=0.9, kind="low", objects=OLD)
    mug.deliver(protocol="paper")
    assert mug.aliases("mug") == {
        "champion": 1, "challenger": 5, "residual": 5, "paper-champion": 6, "paper-low": 6
    }  # fmt: skip
    write_promotions(promotions_path(mug.root), {("mug", "standard"): mug.tags("mug", 2)["network_md5"]})
    runs = len(mug.open().runs(""))

    def left():
        return sorted(int(v.version) for v in mug.open().client.search_model_versions("name = 'img2vox-mug'"))

    assert by_hand.prune(2, PARAMS, mug.paths) == "1 versions removed, 5 kept"
    assert left() == [1, 2, 4, 5, 6]
    assert by_hand.prune(0, PARAMS, mug.paths) == "1 versions removed, 4 kept"
    assert left() == [1, 2, 5, 6]
    assert len(list((mug.root / "mlartifacts").rglob("network.keras"))) == 4
    assert len(mug.open().runs("")) == runs
    before = mug.aliases("mug")
    mug.deliver(protocol="paper")
    assert mug.aliases("mug") == before
    assert left() == [1, 2, 5, 6]


def test_promotions_are_written_sorted_and_read_back(tmp_path):
    path = tmp_path / "promotions.csv"
    assert read_promotions(path) == {}
    promotions = {("mug", "standard"): "1" * 32, ("chair", "paper"): "2" * 32}
    write_promotions(path, promotions)
    assert read_promotions(path) == promotions
    assert path.read_text().splitlines()[1].startswith("chair,paper,")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"\xff", r"cannot be read \(.*\); restore it with git"),
        ("", "line 1 is missing; expected slug,protocol,network_md5"),
        ("mug,standard\n", r"line 1 is \['mug', 'standard'\]; expected slug,protocol,network_md5"),
        ("slug,protocol,network_md5\nmug,standard,12\n", "line 2 is 'mug,standard,12'; expected a category"),
        (f"slug,protocol,network_md5\nmug,standard,{'1' * 32}\nmug,standard,{'2' * 32}\n", "line 3 is .*once each"),
    ],
)
def test_damaged_promotions_are_one_line(tmp_path, text, message):
    (tmp_path / "promotions.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(RegistryError, match=rf"promotions\.csv: {message}"):
        read_promotions(tmp_path / "promotions.csv")
