"""One pass over a category: what is written, what is rejected, and that pictures and grids agree."""

import csv
import io
import re
import sys
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from img2vox.config import load_params
from img2vox.data.bundle import open_bundle
from img2vox.data.image import decode_pixels
from img2vox.data.prepare import prepare_category
from img2vox.data.single import bundle_images, render_file, voxelize_file
from img2vox.errors import BundleError, MeshError
from img2vox.geometry.frames import View, camera_axes, cell_to_point, point_to_cell, turn_matrix
from img2vox.geometry.mesh import Mesh, normalize, read_mesh, turn
from img2vox.geometry.voxel import voxelize
from img2vox.paths import Paths
from img2vox.rendering import render
from tests.project import REPOSITORY, box_obj

SYNSET = "03001627"
BAD_MESHES = REPOSITORY / "tests" / "data" / "bad_meshes.zip"
# Arms of 4, 3 and 2 along x, y and z: no mirror and no turn maps it onto itself.
CORNER = (
    box_obj((4, 1, 1)),
    box_obj((1, 3, 1)),
    box_obj((1, 1, 2)),
)


def corner_obj():
    lines, offset = [], 0
    for text in CORNER:
        for line in text.splitlines():
            word, *numbers = line.split()
            lines.append(line if word == "v" else " ".join(["f", *(str(int(n) + offset) for n in numbers)]))
        offset += 8
    return "\n".join(lines) + "\n"


def small_params(**changes):
    params = load_params(REPOSITORY / "params.yaml")
    return replace(
        params,
        voxelize=replace(params.voxelize, resolution=32),
        render=replace(params.render, views=4, **changes),
        data=replace(params.data, images_per_object=4),
        bundle=replace(params.bundle, image_size=64),
        prepare=replace(params.prepare, max_rejects=0.9),
    )


def make_archive(root, entries):
    paths = Paths(root)
    paths.raw.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(paths.raw_archive(SYNSET), "w") as archive:
        for name, data in entries:
            archive.writestr(zipfile.ZipInfo(name), data)
    return paths


def boxes(count):
    rng = np.random.default_rng(1)
    return [
        (f"{SYNSET}/box-{n:02d}/models/model_normalized.obj", box_obj(rng.uniform(0.2, 1, 3))) for n in range(count)
    ]


def rejects_of(paths):
    with paths.rejects(SYNSET).open(encoding="utf-8", newline="") as stream:
        return {row["file"]: row["reason"] for row in csv.DictReader(stream)}


def test_every_bad_mesh_becomes_a_grid_or_one_line_in_rejects(tmp_path):
    with zipfile.ZipFile(BAD_MESHES) as source:
        bad = [name for name in source.namelist() if name.lower().endswith(".obj")]
        entries = [
            (f"{SYNSET}/{name.replace('/', '_')}/models/model_normalized.obj", source.read(name)) for name in bad
        ]
    entries += [
        (f"{SYNSET}/huge/models/model_normalized.obj", box_obj((1e30, 1e30, 1e30))),
        (f"{SYNSET}/flat/models/model_normalized.obj", "v 1 1 1\nv 1 1 1\nv 1 1 1\nf 1 2 3\n"),
        (f"{SYNSET}/cut/models/model_normalized.obj", box_obj((1, 2, 3))[:-9]),
        (f"{SYNSET}/\u00fcn\u00efcode/models/model_normalized.obj", box_obj((3, 2, 1))),
        ("../../x.obj", box_obj((1, 1, 1))),
        (f"{SYNSET}/readme/models/readme.txt", "no mesh"),
    ]
    paths = make_archive(tmp_path, entries + boxes(3))
    summary = prepare_category("chair", small_params(), paths, workers=2)
    rejects = rejects_of(paths)
    bundle = open_bundle(paths.voxels(SYNSET), paths.images(SYNSET), paths.index(SYNSET))
    prepared = {row.model_id for row in bundle.index}
    assert summary.read == len(bad) + 4 + 1 + 3
    assert summary.prepared == len(prepared) == len(bundle.voxels)
    assert len(prepared) + len(rejects) == summary.read
    assert {"cut", "\u00fcn\u00efcode"} <= prepared
    assert {name.split("/")[1] for name in rejects if name.startswith(SYNSET)}.isdisjoint(prepared)
    assert all(bundle.voxels.any(axis=(1, 2, 3, 4)))
    for name, reason in rejects.items():
        assert name in reason or name == "../../x.obj"
        assert "\n" not in reason
    assert not (tmp_path.parent / "x.obj").exists()


TRIANGLE = "v 0 0 0\nv 1 0 0\nv 0 2 0\n"
GRID, REJECT = True, False
HOSTILE = {
    "nan": (TRIANGLE.replace("2", "nan") + "f 1 2 3\n", REJECT),
    "infinite": (TRIANGLE.replace("2", "-inf") + "f 1 2 3\n", REJECT),
    "overflow": (TRIANGLE.replace("2", "1e999") + "f 1 2 3\n", REJECT),
    "far": (TRIANGLE.replace("2", "1e30") + "f 1 2 3\n", REJECT),
    "all-far": (TRIANGLE.replace("1", "1e30").replace("2", "1e30") + "f 1 2 3\n", REJECT),
    "far-but-unused": (TRIANGLE + "v nan 1e30 inf\nf 1 2 3\n", GRID),
    "one-face": (TRIANGLE + "f 1 2 3\n", GRID),
    "no-area": (TRIANGLE + "v 2 0 0\nf 1 2 4\n", GRID),
    "one-point": ("v 3 3 3\n" * 3 + "f 1 2 3\n", REJECT),
    "one-corner-thrice": (TRIANGLE + "f 2 2 2\n", REJECT),
    "points": (TRIANGLE + "p 1 2 3\n", REJECT),
    "lines": (TRIANGLE + "l 1 2 3\n", REJECT),
    "no-faces": (TRIANGLE, REJECT),
    "no-vertices": ("f 1 2 3\n", REJECT),
    "wrong-corners": (TRIANGLE + "f 1 2 9\nf 0 1 2\n", REJECT),
    "one-wrong-face": (TRIANGLE + "f 1 2 9\nf 1 2 3\n", GRID),
    "cut-in-a-number": (box_obj((1, 2, 3))[:-1].rsplit(" ", 1)[0], GRID),
    "cut-before-the-faces": (box_obj((1, 2, 3))[:60], REJECT),
    "empty": ("", REJECT),
    "zeros": ("\0" * 1000, REJECT),
    "noise": (np.random.default_rng(0).bytes(5000), REJECT),
}


def test_hostile_meshes_give_a_grid_or_one_line_each(tmp_path):
    entries = [(f"{SYNSET}/{name}/models/model_normalized.obj", text) for name, (text, _) in HOSTILE.items()]
    paths = make_archive(tmp_path, [*entries, *boxes(3)])
    prepare_category("chair", small_params(), paths, workers=2)
    bundle = open_bundle(paths.voxels(SYNSET), paths.images(SYNSET), paths.index(SYNSET))
    prepared, rejects = {row.model_id for row in bundle.index}, rejects_of(paths)
    assert {name for name in HOSTILE if name in prepared} == {name for name in HOSTILE if HOSTILE[name][1] is GRID}
    assert sorted(name.split("/")[1] for name in rejects) == sorted(n for n in HOSTILE if HOSTILE[n][1] is REJECT)
    assert all(name in reason and "\n" not in reason for name, reason in rejects.items())
    assert bundle.voxels.any(axis=(1, 2, 3, 4)).all()
    # Nothing is seen of what has no area, and something of all else.
    seen = (bundle.images < 255).any(axis=(1, 2)).reshape(len(bundle.index), 4).any(axis=1)
    assert {row.model_id for row in bundle.index if not seen[row.voxel_row]} == {"no-area"}


def test_above_max_rejects_nothing_but_the_list_is_written(tmp_path):
    bad = (f"{SYNSET}/bad/models/model_normalized.obj", "v 0 0 0\n")
    paths = make_archive(tmp_path, [*boxes(3), bad])
    params = replace(small_params(), prepare=replace(small_params().prepare, max_rejects=0.2))
    with pytest.raises(BundleError, match=r"chair: 1 of 4 meshes are unusable, more than prepare\.max_rejects, 20%"):
        prepare_category("chair", params, paths, workers=1)
    written = [path.name for path in tmp_path.rglob("*") if path.is_file() and path != paths.raw_archive(SYNSET)]
    assert written == [f"{SYNSET}_rejects.csv"]


def test_an_archive_without_any_mesh_is_one_clear_line(tmp_path):
    paths = make_archive(tmp_path, [(f"{SYNSET}/readme.txt", "nothing")])
    with pytest.raises(BundleError, match=r"chair: its archive holds no mesh; add objects, or take the category out"):
        prepare_category("chair", small_params(), paths, workers=1)
    assert not paths.voxels(SYNSET).exists()


def test_the_number_of_workers_changes_no_byte(tmp_path):
    contents = []
    for workers in (1, 3):
        paths = make_archive(tmp_path / str(workers), boxes(7))
        prepare_category("chair", small_params(randomize=True), paths, workers)
        files = [path for path in (tmp_path / str(workers)).rglob("*") if path.is_file()]
        contents.append({path.name: path.read_bytes() for path in files})
    assert contents[0] == contents[1]


def test_the_bundle_holds_the_rendered_pictures_and_can_be_made_from_them_again(tmp_path):
    paths = make_archive(tmp_path, boxes(4))
    params = small_params()
    prepare_category("chair", params, paths, workers=1)
    bundle = open_bundle(paths.voxels(SYNSET), paths.images(SYNSET), paths.index(SYNSET))
    with zipfile.ZipFile(paths.renders(SYNSET)) as archive:
        for row in bundle.index:
            for view in range(4):
                pixels = decode_pixels(archive.read(f"{row.model_id}/{view:03d}.png"), 64, 255)
                assert np.array_equal(bundle.images[row.voxel_row * 4 + view], pixels)
        views = list(csv.DictReader(io.StringIO(archive.read("views.csv").decode())))
    assert [row["azimuth_deg"] for row in views[:4]] == ["0.0", "90.0", "180.0", "270.0"]
    before = paths.images(SYNSET).read_bytes()
    paths.images(SYNSET).unlink()
    assert bundle_images("chair", params, paths) == 16
    assert paths.images(SYNSET).read_bytes() == before


@pytest.mark.parametrize("elevation_deg", [0.0, 31.0, 80.0])
def test_the_grids_silhouette_is_the_pictures_from_every_side(tmp_path, elevation_deg):
    name = f"{SYNSET}/corner/models/model_normalized.obj"
    paths = make_archive(tmp_path, [(name, corner_obj()), *boxes(3)])
    params = small_params(elevation_deg=elevation_deg)
    prepare_category("chair", params, paths, workers=1)
    bundle = open_bundle(paths.voxels(SYNSET), paths.images(SYNSET), paths.index(SYNSET))
    row = next(row.voxel_row for row in bundle.index if row.model_id == "corner")
    grid = bundle.voxels[row, ..., 0]
    assert [int(grid.any(axis=axes).sum()) for axes in ((1, 2), (0, 2), (0, 1))] == [32, 24, 16]
    distance = params.render.distance * np.sqrt(1 + 0.75**2 + 0.5**2)
    masks = []
    for view in range(4):
        seen = bundle.images[row * 4 + view] < 255
        shadow = silhouette(grid, view * 90.0, elevation_deg, distance, params.render.fov_deg, 64)
        masks.append(seen)
        assert (seen & shadow).sum() / (seen | shadow).sum() > 0.9
        assert (seen & shadow[:, ::-1]).sum() / (seen | shadow[:, ::-1]).sum() < 0.9
    assert len({mask.tobytes() for mask in masks}) == 4


def silhouette(grid, azimuth_deg, elevation_deg, distance, fov_deg, size):
    """Pixels that 8 x 8 x 8 points of any filled cell fall on, by a pinhole camera written out."""
    offsets = (np.stack(np.meshgrid(*[np.arange(8)] * 3), -1).reshape(-1, 3) + 0.5) / 8 - 0.5
    points = (cell_to_point(np.argwhere(grid), len(grid))[:, None] + offsets / len(grid)).reshape(-1, 3)
    x, y, toward = (points @ camera_axes(azimuth_deg, elevation_deg).T).T
    scale = size / 2 / np.tan(np.radians(fov_deg) / 2) / (distance - toward)
    mask = np.zeros((size, size), bool)
    mask[np.floor(size / 2 - y * scale).astype(int), np.floor(size / 2 + x * scale).astype(int)] = True
    return mask


def test_the_papers_protocol_has_the_same_objects_in_exchanged_roles(tmp_path):
    """Though in its grids all boxes are one cube, and so near duplicates of each other."""
    standard = small_params()
    paper = replace(
        standard,
        voxelize=replace(standard.voxelize, convention="paper", solid="surface"),
        split=replace(standard.split, roles="paper"),
    )
    bundles = []
    for name, params in (("standard", standard), ("paper", paper)):
        paths = make_archive(tmp_path / name, boxes(7))
        prepare_category("chair", params, paths, workers=1)
        bundles.append(open_bundle(paths.voxels(SYNSET), paths.images(SYNSET), paths.index(SYNSET)))
    ours, theirs = bundles
    exchanged = {"train": "train", "val": "test", "test": "val"}
    assert theirs.index == tuple(replace(row, split=exchanged[row.split]) for row in ours.index)
    assert len({grid.tobytes() for grid in ours.voxels}) == 7
    assert len({grid.tobytes() for grid in theirs.voxels}) == 1
    assert np.array_equal(ours.images, theirs.images)


TURNS = {"turns": 3, "fill_to": 6}  # seven objects, four of them in train: two copies


def prepare_with_turns(root, workers=2, turns=TURNS, **changes):
    # Near duplicates stay together, and three are too many for val and test.
    corners = [(f"{SYNSET}/corner-{n}/models/model_normalized.obj", corner_obj()) for n in range(3)]
    paths = make_archive(root, [*corners, *boxes(4)])
    params = small_params(**changes)
    prepare_category("chair", replace(params, augment=replace(params.augment, **turns)), paths, workers)
    return paths, open_bundle(paths.voxels(SYNSET), paths.images(SYNSET), paths.index(SYNSET))


def test_turned_copies_come_after_all_objects_and_change_none_of_them(tmp_path):
    none = {"turns": 0, "fill_to": 0}
    (_, plain), (paths, turned) = prepare_with_turns(tmp_path / "a", turns=none), prepare_with_turns(tmp_path / "b")
    assert turned.index[:7] == plain.index
    assert np.array_equal(turned.voxels[:7], plain.voxels)
    assert np.array_equal(turned.images[: 7 * 4], plain.images)
    trained = {row.model_id: row for row in plain.index if row.split == "train"}
    copies = turned.index[7:]
    assert len(trained) == 4
    assert len(copies) == 2
    for row in copies:
        assert (row.split, row.group, row.origin) == ("train", trained[row.turned_from].group, "real")
    with zipfile.ZipFile(paths.renders(SYNSET)) as archive:
        assert sum(name.startswith(copies[0].model_id + "/") for name in archive.namelist()) == 4
        assert f"{copies[1].model_id},3,270.0" in archive.read("views.csv").decode()


def test_the_number_of_workers_changes_no_byte_of_turned_copies_either(tmp_path):
    one, three = (prepare_with_turns(tmp_path / str(n), n, randomize=True)[0] for n in (1, 3))
    for name in ("renders", "voxels", "images", "index"):
        assert getattr(one, name)(SYNSET).read_bytes() == getattr(three, name)(SYNSET).read_bytes()


def test_grid_and_pictures_of_a_turned_copy_belong_together(tmp_path):
    _, bundle = prepare_with_turns(tmp_path, turns={"turns": 3, "fill_to": 0}, elevation_deg=20.0)
    rows = [row for row in bundle.index if row.turned_from.startswith("corner")]
    assert len(rows) == 9
    for row in rows:
        mesh = normalize(turn(normalize(read_mesh("corner.obj", corner_obj().encode(), {}), ""), row.turn_deg), "")
        grid = bundle.voxels[row.voxel_row, ..., 0]
        assert np.array_equal(grid, voxelize(mesh, 32, "standard", "flood", "img2vox"))
        distance = 1.25 * np.linalg.norm(np.ptp(mesh.vertices, axis=0))
        for view in range(4):
            seen = bundle.images[row.voxel_row * 4 + view] < 255
            shadow = silhouette(grid, view * 90.0, 20.0, distance, 49.1, 64)
            # The cells that a slanting face enters stand out up to a cell's diagonal.
            assert not (seen & ~shadow).any()
            assert (seen & shadow).sum() / (seen | shadow).sum() > 0.8
            assert (seen & ~shadow[:, ::-1]).any()


@given(st.floats(0, 360), st.floats(0, 360))
@settings(max_examples=25, deadline=None)
def test_a_turned_mesh_gives_the_turned_grid_and_the_view_from_further_back(turn_deg, azimuth_deg):
    """Cells of the turned grid lie where the untouched mesh's cells turn to, and both are seen alike."""
    mesh = normalize(read_mesh("corner.obj", corner_obj().encode(), {}), "")
    shrunk = Mesh(mesh.vertices / np.sqrt(2), mesh.faces, mesh.grays)  # stays in the box however it is turned
    turned = turn(shrunk, turn_deg)
    side = 64
    grids = [voxelize(item, side, "standard", "flood", "img2vox") for item in (shrunk, turned)]
    centers = cell_to_point(np.argwhere(grids[0]), side) @ turn_matrix(turn_deg).T
    landed = np.zeros_like(grids[0])
    landed[tuple(point_to_cell(centers, side).T)] = True
    near = ndimage.binary_dilation(grids[1], np.ones((3, 3, 3), bool))
    assert not (landed & ~near).any()
    deep = ndimage.binary_erosion(grids[1], np.ones((3, 3, 3), bool), iterations=2)
    assert not (deep & ~ndimage.binary_dilation(landed, np.ones((3, 3, 3), bool))).any()
    seen = render(turned, [View(azimuth_deg, 31.0, 2.0)], 64, 49.1, "raster")[0, ..., 1] > 127
    back = render(shrunk, [View(azimuth_deg - turn_deg, 31.0, 2.0)], 64, 49.1, "raster")[0, ..., 1] > 127
    assert (seen & back).sum() / (seen | back).sum() > 0.99


def test_the_bar_tells_rate_and_time_left_on_a_terminal_and_nothing_elsewhere(tmp_path, monkeypatch):
    paths = make_archive(tmp_path, boxes(4))
    for is_terminal in (True, False):
        stream = io.StringIO()
        stream.isatty = lambda is_terminal=is_terminal: is_terminal
        monkeypatch.setattr(sys, "stderr", stream)
        prepare_category("chair", small_params(), paths, workers=1, progress=True)
        shown = stream.getvalue()
        assert bool(re.search(r"prepare chair: .* 4/4 \[\d\d:\d\d<\d\d:\d\d, .* meshes", shown)) == is_terminal
        assert bool(shown) == is_terminal


def test_one_mesh_alone_gives_the_grid_and_the_pictures_of_the_stage(tmp_path):
    paths = make_archive(tmp_path, [*boxes(4)])
    params = small_params()
    prepare_category("chair", params, paths, workers=1)
    mesh = tmp_path / "box.obj"
    mesh.write_text(boxes(1)[0][1])
    filled = voxelize_file(mesh, tmp_path / "box.npy", params)
    grid = np.load(tmp_path / "box.npy", allow_pickle=False)
    assert np.array_equal(grid, np.load(paths.voxels(SYNSET))[0, ..., 0])
    assert filled == grid.sum()
    assert render_file(mesh, tmp_path / "box.zip", params) == 4
    with zipfile.ZipFile(tmp_path / "box.zip") as ours, zipfile.ZipFile(paths.renders(SYNSET)) as stage:
        assert ours.read("box/002.png") == stage.read("box-00/002.png")


def test_a_missing_mesh_file_is_one_clear_line(tmp_path):
    with pytest.raises(MeshError, match=r"none\.obj: cannot be read \(No such file"):
        voxelize_file(tmp_path / "none.obj", tmp_path / "x.npy", small_params())
