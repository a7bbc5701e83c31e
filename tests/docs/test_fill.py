"""docs/fill.py on small files."""

import json

import pytest

import fill
import licences


@pytest.fixture
def files(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps({"test": {"iou_at_0.5": 0.25, "real": {"iou": 1234.5}}, "n": 7}))
    (tmp_path / "a.csv").write_text("category,iou,origin\nmean over all,0.512,real\nmug,,real\ncap,0.1,made\n")
    return fill.Files(tmp_path)


def number(where, shown):
    return f"<!-- number: {where} -->{shown}<!-- /number -->"


@pytest.mark.parametrize(
    ("where", "shown"),
    [
        ("a.json#n:d", "7"),
        ("a.json#test.real.iou:,.0f", "1,234"),
        ("a.json#test.iou_at_0.5:.3f", "0.250"),
        ("a.csv#mean over all#iou:.2f", "0.51"),
        ("a.csv#origin=real:d", "2"),
        ("a.csv#:d", "3"),
        ("a.csv#mug#iou:.2f", "not measured yet"),
        ("a.json#test.mean:.2f", "not measured yet"),
        ("b.json#test:.2f", "not measured yet"),
    ],
)
def test_a_number_is_the_files_whatever_stood_there(files, where, shown):
    text = f"IoU {number(where, '')}, {number(where, '9.99')} of all"
    assert fill.fill(text, files.look) == f"IoU {number(where, shown)}, {number(where, shown)} of all"


def test_what_was_asked_in_vain_is_named(files):
    fill.fill(number("b.json#test:.2f", "") + number("a.json#n:d", ""), files.look)
    assert files.unknown == ["b.json#test"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            number("a.csv#mean#iou:.2f", ""),
            "a.csv: 0 rows 'mean', columns category, iou, origin; expected one with iou",
        ),
        (number("a.csv#cap#loss:.2f", ""), "1 rows 'cap', columns category, iou, origin; expected one with loss"),
        (number("a.json#test.real.iou:d", ""), "Unknown format code 'd'"),
        ("<!-- table: nobody -->\n<!-- /table -->", "<!-- table: nobody -->: there are results, "),
    ],
)
def test_a_mark_that_cannot_be_filled_is_an_error(files, text, message):
    with pytest.raises(fill.FillError) as caught:
        fill.fill(text, files.look)
    assert message in str(caught.value)


def test_a_table_stands_between_its_marks(files, monkeypatch):
    monkeypatch.setitem(fill.TABLES, "small", lambda look: [["a", "b"], ["1", str(look("a.json", "n"))]])
    filled = fill.fill("x\n<!-- table: small -->\n| old |\n<!-- /table -->\ny", files.look)
    assert filled == "x\n<!-- table: small -->\n\n| a | b |\n| --- | --- |\n| 1 | 7 |\n\n<!-- /table -->\ny"
    assert fill.fill(filled, files.look) == filled


@pytest.mark.parametrize("name", fill.TABLES)
def test_every_table_is_as_wide_as_its_header_measured_or_not(name):
    for look in (lambda file, key: None, lambda file, key: 3):
        header, *lines = fill.TABLES[name](look)
        assert lines
        assert {len(line) for line in lines} == {len(header)}


def test_documents_are_written_or_only_compared(tmp_path, capsys):
    (tmp_path / "docs").mkdir()
    (tmp_path / "a.json").write_text('{"n": 7}')
    (tmp_path / "README.md").write_text(number("a.json#n:d", "6") + number("b.json#n:d", "not measured yet"))
    assert fill.main(["--check"], tmp_path) == 1
    said = capsys.readouterr().out
    assert "b.json: 1 numbers not measured yet\n" in said
    assert "README.md: differs from the files; run python docs/fill.py\n" in said
    assert fill.main([], tmp_path) == 0
    assert fill.main(["--check"], tmp_path) == 0
    assert number("a.json#n:d", "7") in (tmp_path / "README.md").read_text()


def test_packages_are_read_from_the_lock_but_for_those_of_a_browser():
    lock = """a==1.0
b==2 ; python_full_version < '3.12'
b==3 ; python_full_version >= '3.12'
c-d==1 ; python_full_version >= '3.12' and sys_platform == 'emscripten'
e==1 ; sys_platform == 'emscripten' or sys_platform == 'win32'
"""
    assert licences.locked_packages(lock) == ["a", "b", "e"]


def test_a_licence_is_what_the_package_says():
    assert licences.licence_of("pillow") == "MIT-CMU"  # an expression
    assert licences.licence_of("shellingham") == "ISC"  # a classifier
    assert licences.licence_of("keras") == "Apache-2.0"  # words
    assert licences.licence_of("no-such-package") == "not installed here"
