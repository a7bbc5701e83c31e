"""The validation report counts what was fetched beside the catalogue and the paper, and reads no mesh twice."""

import csv
import io

import pytest

from img2vox.catalog import CATEGORIES
from img2vox.errors import SourceError
from img2vox.files import write_archive
from img2vox.paths import Paths
from img2vox.sources import report
from img2vox.sources.findings import Finding
from img2vox.sources.report import Fetched, examine_category, format_report, write_report
from tests.project import box_obj

CLOSED = Finding("a", 12, 8, True, "1" * 32, "")


def fetched(slug="chair", synset="03001627", findings=(CLOSED,), notes=()):
    return Fetched(slug, synset, list(findings), list(notes))


def test_the_papers_48958_appear_when_its_54_categories_are_there():
    whole = [fetched(item.slug, item.synset, [CLOSED] * item.objects) for item in CATEGORIES]
    text = format_report("shapenet", whole, {})
    assert "54 of the paper's 54 categories are here, with 48,958 objects; the paper has 48,958 in its Table 1." in text
    assert "| all |  | 52,472 | 52,472 | 0 | 0 | 100% | 12 | 12 |" in text
    assert "| table | 04379243 | 8,436 | 8,436 | 0 | 0 | 100% | 12 | 12 |" in text
    without = [item for item in whole if item.synset not in ("03001627", "02958343")]
    assert "53 of the paper's 54 categories are here, with 42,180 objects; the paper has 42,180 of its 48,958" in (
        format_report("shapenet", without, {})
    )


def test_a_category_counts_its_unreadable_its_copies_and_its_triangles():
    findings = [CLOSED, Finding("b", 30, 9, False, "2" * 32, ""), Finding("c", 0, 0, False, "", "c: no\nfaces")]
    text = format_report(
        "folder", [fetched("lantern", "lantern", findings, ["lantern: a note"])], {("l", "b"): ("l", "a")}
    )
    assert "| lantern | lantern | 3 | - | 1 | 0 | 50% | 12 | 30 |" in text
    assert "## Left out of the source: 1\n\n- lantern: a note\n" in text
    assert "## Unreadable: 1\n\n- c: no faces\n" in text
    assert "## Copies: 1\n\n- l/b of l/a\n" in text
    many = [Finding(str(n), 0, 0, False, "", f"mesh {n}") for n in range(60)]
    assert "- mesh 49\n- and 10 more\n" in format_report("folder", [fetched(findings=many)], {})


def test_the_table_has_a_line_an_object_and_the_summary_says_where_to_look(tmp_path):
    findings = [CLOSED, Finding("b", 12, 8, True, "1" * 32, ""), Finding("c", 0, 0, False, "", "c: no\nfaces")]
    paths = Paths(tmp_path)
    summary = write_report("folder", [fetched(findings=findings)], paths)
    counted = "3 objects of 1 categories from folder, 1 cannot be read, 1 have the triangles of another"
    assert summary == f"{counted}; {paths.meshes_report}"
    lines = list(csv.DictReader(io.StringIO(paths.meshes_table.read_text(encoding="utf-8"))))
    assert [line["copy_of"] for line in lines] == ["", "03001627/a", ""]
    assert [line["watertight"] for line in lines] == ["true", "true", ""]
    assert lines[2]["problem"] == "c: no faces"


def test_an_archive_is_read_again_only_when_it_or_the_code_has_changed(tmp_path, monkeypatch):
    paths, read = Paths(tmp_path), []
    examine = report.examine

    def counted(*arguments):
        read.append(arguments)
        return examine(*arguments)

    monkeypatch.setattr(report, "examine", counted)

    def write(height):
        with write_archive(paths.raw_archive("03001627")) as archive:
            archive.add("03001627/a/model.obj", box_obj((1, height, 1)).encode())

    write(2)
    first = examine_category("chair", "03001627", paths, 1000, workers=1)
    assert examine_category("chair", "03001627", paths, 1000, workers=1) == first
    assert len(read) == 1
    write(3)
    assert (
        examine_category("chair", "03001627", paths, 1000, workers=1).findings[0].geometry != first.findings[0].geometry
    )
    monkeypatch.setattr(report, "rules", lambda: "other code")
    examine_category("chair", "03001627", paths, 1000, workers=1)
    assert len(read) == 3
    paths.raw_archive("03001627").write_bytes(b"half")
    with pytest.raises(SourceError, match=r"03001627\.zip: not a whole zip archive"):
        examine_category("chair", "03001627", paths, 1000, workers=1)
