"""What a person sees of many chains at once."""

import re

from img2vox.jobs.view import TerminalView, View

ADDRESS = "data/dvc.yaml:prepare@mug"


def test_plain_lines_say_who_is_where_and_why_it_failed(caplog):
    caplog.set_level("INFO")
    view = View(2)
    view.stage(0, "mug", ADDRESS)
    view.failed(0, "mug", ADDRESS, ["no such mesh", "ERROR: failed"])
    view.stage(0, "chair", "train@chair")
    view.done(0, "chair")
    assert caplog.messages[0] == "mug: prepare"
    assert caplog.messages[1] == f"mug: FAILED at {ADDRESS}, 1 of 2\nno such mesh\nERROR: failed"
    assert caplog.messages[2] == "chair: train"
    assert re.fullmatch(r"chair: done in \d+ s, 2 of 2", caplog.messages[3])


def test_a_terminal_has_a_line_for_each_that_runs_and_is_given_back(capsys):
    view = TerminalView(2, 2)
    view.stage(0, "mug", ADDRESS)
    view.stage(1, "chair", "train@chair")
    view.failed(0, "mug", ADDRESS, ["no such mesh"])
    view.done(1, "chair")
    shown = capsys.readouterr().err
    assert "  mug: prepare" in shown
    assert "  chair: train" in shown
    assert f"mug: FAILED at {ADDRESS}, 1 of 2\nno such mesh\n" in shown
    assert "50%" in shown
    view.close()
    assert capsys.readouterr().err.rstrip(" ").endswith("\r")
