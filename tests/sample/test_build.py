"""data/sample as it is committed, and how it is built."""

import csv
import shutil
import zipfile
from pathlib import Path

import pytest

from img2vox.catalog import BY_SLUG, BY_SYNSET, CATEGORIES
from img2vox.errors import SourceError
from img2vox.sample import build as builder
from img2vox.sample.registry import SHAPES, parametric_entries

SAMPLE = Path(__file__).parents[2] / "data" / "sample"


def read_rows(folder):
    with (folder / "index.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def read_archive(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("slug", SHAPES)
def test_the_committed_parametric_shapes_are_what_the_code_draws(slug):
    committed = read_archive(SAMPLE / f"{BY_SLUG[slug].synset}.zip")
    parametric = {name: data for name, data in committed.items() if name.split("/")[1].startswith("parametric--")}
    assert parametric
    assert parametric_entries(slug, len(parametric) // 2) == parametric


def test_every_category_has_at_least_twelve_objects():
    rows = read_rows(SAMPLE)
    counts = {category.synset: sum(row["synset"] == category.synset for row in rows) for category in CATEGORIES}
    assert min(counts.values()) == builder.OBJECTS_PER_CATEGORY


def test_the_committed_index_names_exactly_what_the_archives_hold():
    named = {(row["synset"], row["model_id"]) for row in read_rows(SAMPLE)}
    held = {tuple(name.split("/")[:2]) for path in SAMPLE.glob("*.zip") for name in read_archive(path)}
    assert named == held


def test_every_licence_that_is_quoted_is_there():
    text = (SAMPLE / "SOURCES.md").read_text(encoding="utf-8")
    rows = read_rows(SAMPLE)
    for licence in (SAMPLE / "licences").glob("*.txt"):
        assert licence.name in text
    assert {row["source"] for row in rows if row["origin"] == "real"} == {
        line.split("|")[1].strip() for line in text.splitlines() if "licences/" in line and line.startswith("|")
    }
    assert {row["licence"] for row in rows if row["origin"] == "parametric"} == {"MIT"}


def test_no_two_committed_parametric_shapes_are_equal():
    seen = [data for path in SAMPLE.glob("*.zip") for name, data in read_archive(path).items() if name.endswith(".obj")]
    assert len(set(seen)) == len(seen)


@pytest.fixture
def meshes(tmp_path, monkeypatch):
    """Real meshes of three categories; the catalogue knows no others."""
    few = tuple(BY_SYNSET[synset] for synset in ("02773838", "03797390", "04554684"))
    monkeypatch.setattr(builder, "CATEGORIES", few)
    folder = tmp_path / "meshes"
    (folder / "licences").mkdir(parents=True)
    (folder / "licences" / "X.txt").write_text("free", encoding="utf-8")
    columns = "synset,category,model_id,source,repository,commit,original_name,author,licence,original_format,"
    columns += "vertices,faces,watertight,max_extent,bytes\n"
    row = "03797390,mug,x--cup,x,a/b,abc,Cup,Somebody,CC0-1.0,glb,3,1,0,1,30\n"
    (folder / "index.csv").write_text(columns + row, encoding="utf-8")
    (folder / "near_duplicates.csv").write_text("synset,a,b,surface_iou_24\n", encoding="utf-8")
    (folder / "SOURCES.md").write_text(
        "# Meshes\n\nTable.\n\n## Objects per category\n\nstale table\n", encoding="utf-8"
    )
    with zipfile.ZipFile(folder / "03797390.zip", "w") as archive:
        archive.writestr("03797390/x--cup/models/model_normalized.obj", b"v 0 0 0\r\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    return folder


def test_build_fills_every_category_up_and_keeps_real_meshes_byte_for_byte(meshes, tmp_path):
    out = tmp_path / "out"
    assert builder.build(meshes, out) == {"bag": (0, 12), "mug": (1, 11), "washer": (0, 12)}
    entries = read_archive(out / "03797390.zip")
    assert entries["03797390/x--cup/models/model_normalized.obj"] == b"v 0 0 0\r\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"
    assert list(entries) == sorted(entries)
    rows = read_rows(out)
    assert [row["origin"] for row in rows if row["synset"] == "03797390"] == ["real"] + ["parametric"] * 11
    first = next(row for row in rows if row["origin"] == "parametric")
    assert first["model_id"] == "parametric--bag-01"
    assert first["watertight"] == "1"
    assert int(first["faces"]) > 50
    assert "| 03797390 | mug | 1 | 11 |" in (out / "SOURCES.md").read_text(encoding="utf-8")
    assert "stale table" not in (out / "SOURCES.md").read_text(encoding="utf-8")


def test_building_twice_gives_the_same_bytes_and_drops_strays(meshes, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    builder.build(meshes, first)
    shutil.copytree(first, second)
    (second / "99999999.zip").write_bytes(b"")
    builder.build(meshes, second)
    for path in [path for path in first.rglob("*") if path.is_file()]:
        assert (second / path.relative_to(first)).read_bytes() == path.read_bytes()
    assert not (second / "99999999.zip").exists()


def test_an_archive_that_the_index_does_not_name_is_an_error(meshes, tmp_path):
    with zipfile.ZipFile(meshes / "03797390.zip", "a") as archive:
        archive.writestr("03797390/x--second/models/model_normalized.obj", b"")
    with pytest.raises(SourceError, match=r"03797390\.zip: its objects and index\.csv differ in x--second"):
        builder.build(meshes, tmp_path / "out")


def test_a_folder_without_an_index_is_an_error(tmp_path):
    with pytest.raises(SourceError, match=r"index\.csv: not found; name the folder that holds the real meshes"):
        builder.build(tmp_path, tmp_path / "out")


def test_a_category_that_nothing_fills_up_is_an_error(meshes, tmp_path, monkeypatch):
    monkeypatch.setattr(builder, "SHAPES", {slug: SHAPES[slug] for slug in ("bag", "washer")})
    with pytest.raises(SourceError, match="meshes: 1 objects of mug, no parametric shapes; add some"):
        builder.build(meshes, tmp_path / "out")


def test_an_index_or_a_list_of_sources_of_another_form_is_an_error(meshes, tmp_path):
    (meshes / "SOURCES.md").write_text("# Meshes\n", encoding="utf-8")
    with pytest.raises(SourceError, match="no heading 'Objects per category'; add it"):
        builder.build(meshes, tmp_path / "out")
    (meshes / "index.csv").write_text("synset,name\n", encoding="utf-8")
    with pytest.raises(
        SourceError, match=r"index\.csv: columns are synset, name; expected synset, model_id and licence"
    ):
        builder.build(meshes, tmp_path / "out")


def test_its_command_line_says_what_it_wants_and_what_is_wrong(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["build"])
    with pytest.raises(SystemExit, match=r"usage: python -m img2vox\.sample\.build MESHES OUT"):
        builder.main()
    monkeypatch.setattr("sys.argv", ["build", str(tmp_path), str(tmp_path / "out")])
    with pytest.raises(SystemExit, match=r"index\.csv: not found; name the folder"):
        builder.main()
