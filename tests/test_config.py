"""params.yaml: what is accepted, and one clear line for what is not."""

import re
from pathlib import Path

import pytest

from img2vox.catalog import BY_SLUG, CATEGORIES
from img2vox.config import PLACES, flatten, load_params
from img2vox.errors import ParamsError

REPOSITORY = Path(__file__).parents[1]
TEXT = (REPOSITORY / "params.yaml").read_text(encoding="utf-8")


def load_text(tmp_path, text):
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    return load_params(path)


def test_the_projects_own_params_are_valid_and_list_all_but_the_five_smallest_categories():
    params = load_params(REPOSITORY / "params.yaml")
    smallest = {"cap", "keyboard", "remote", "microphone", "earphone"}
    assert set(params.categories) == {category.slug for category in CATEGORIES} - smallest
    assert all(params.categories[slug] == BY_SLUG[slug].synset for slug in params.categories)


def test_flatten_names_every_single_value_as_dvc_does(tmp_path):
    flat = flatten(load_text(tmp_path, TEXT))
    assert flat["voxelize.resolution"] == 32
    assert flat["render.elevation_range_deg"] == "[0.0, 45.0]"
    assert "data.up_axis" in flat
    assert not PLACES & set(flat)  # two people with the same meshes in other places get the same results
    assert flat["seed"] == 20240501
    assert not any(
        key.startswith(("compute.", "app.")) for key in flat
    )  # what changes no result is no parameter of a run


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("resolution: 32", "resolution: 33", r"voxelize\.resolution is 33; use a multiple of 8"),
        ("resolution: 32", "resolution: 8", r"voxelize\.resolution is 8; use 16 to 256"),
        ("resolution: 32", "resolution: '32'", r"voxelize\.resolution is '32'; expected a whole number"),
        ("resolution: 32", "resolution: true", r"voxelize\.resolution is True; expected a whole number"),
        ("resolution: 32", "# resolution", r"voxelize\.resolution is missing; it has no default"),
        ("resolution: 32", "resolutoin: 32", r"unknown key voxelize\.resolutoin; known here: engine, resolution"),
        ("resolution: 32", "resolution: 32\n  resolution: 64", r"voxelize\.resolution is written twice \(line \d+\)"),
        ("convention: standard", "convention: paper", r"solid is 'flood'; use surface with voxelize\.convention paper"),
        ("convention: standard", "convention: cubic", r"convention is 'cubic'; use one of standard, paper"),
        ("engine: img2vox", "engine: trimesh", r"convention is 'standard'; use paper with voxelize\.engine trimesh"),
        ("fraction: 1.0", "fraction: 0", r"data\.fraction is 0\.0; use a share above 0, at most 1"),
        ("fraction: 1.0", "fraction: .nan", r"data\.fraction is nan; use a share above 0, at most 1"),
        ("per_object: 10", "per_object: 11", r"images_per_object is 11; use at most render\.views, 10"),
        ("val: 0.05", "val: 1.5", r"split\.val is 1\.5; use a share from 0 to below 1"),
        ("[0.0, 45.0]", "[50, 45]", r"elevation_range_deg is \[50\.0, 45\.0\]; use \[lowest, highest\]"),
        ("[0.0, 45.0]", "up", r"elevation_range_deg is 'up'; expected a list of numbers"),
        ('chair: "03001627"', "chair: 03001627", r'categories\.chair is not quoted; write chair: "03001627"'),
        (' car: "02958343"', " car: 02958343", r'categories\.car is not quoted; write car: "02958343"'),
        (' car: "02958343"', ' car: "../raw"', r"categories\.car is '\.\./raw'; expected a synset"),
        (' car: "02958343"', ' my car: "02958343"', r"categories\.my car: use lower-case letters"),
        (' car: "02958343"', ' car: "03001627"', r"two categories have the synset 03001627; keep one"),
        ("  turns: 0", "  turns: -1", r"augment\.turns is -1; use 0 \(none\) to 1000"),
        ("  turns: 0", "  turns: 1.5", r"augment\.turns is 1\.5; expected a whole number"),
        ("fill_to: 0", "fill_to: -1", r"augment\.fill_to is -1; use 0 \(no limit\) or a number of objects"),
        ("watch: []", "watch: [shapenet]", r"data\.watch is \['shapenet'\]; use \[\] or \[sample\]"),
        ("watch: []", "watch: sample", r"data\.watch is 'sample'; expected a list of words"),
        ("watch: []", "watch: [1]", r"data\.watch is \[1\]; expected a list of words"),
        ("shapenet_dir: data/shapenet", "shapenet_dir: ''", r"data\.shapenet_dir is ''; use a directory"),
        ('up_axis: "y"', "up_axis: w", r"data\.up_axis is 'w'; use one of x, y, z"),
        ("_repo: ShapeNet/", "_repo: ", r"data\.huggingface_repo is 'ShapeNetCore'; use an owner and a name"),
        ("workers: 0", "workers: -1", r"compute\.workers is -1; use 0 \(all cores\) or a number of threads"),
        ("training_gb: 0", "training_gb: -1", r"compute\.training_gb is -1\.0; use 0 \(by network\) or gigabytes"),
        ("training_gpus: 0.5", "training_gpus: 0", r"compute\.training_gpus is 0\.0; use a share above 0, at most 1"),
        ("retries: 2", "retries: -1", r"compute\.retries is -1; use 0 or more"),
        ("memory_gb: 4.0", "memory_gb: 0", r"app\.memory_gb is 0\.0; use a number above 0"),
        ("foreground_ratio: 0.73", "foreground_ratio: 1.5", r"app\.foreground_ratio is 1\.5; use a share above 0"),
        ("seed: 20240501", "sead: 20240501", r"unknown key sead; known here: seed, categories"),
        ("\ntrain:\n", "\ntrain\n", r"not valid YAML"),
        ("\nsplit:\n", "\nsplat:\n", r"unknown key splat; known here: seed, categories"),
    ],
)
def test_one_line_names_the_key_and_what_to_write(tmp_path, old, new, message):
    assert TEXT.count(old) == 1
    with pytest.raises(ParamsError, match=message) as caught:
        load_text(tmp_path, TEXT.replace(old, new))
    assert "\n" not in str(caught.value)


def test_a_value_in_place_of_a_section_is_one_line(tmp_path):
    text = re.sub(r"\nsplit:\n(  .*\n)+", "\nsplit: 5\n", TEXT)
    with pytest.raises(ParamsError, match=r"params\.yaml: split is 5; expected val, test, roles$"):
        load_text(tmp_path, text)


def test_a_missing_file_says_where_to_run(tmp_path):
    with pytest.raises(ParamsError, match=r"not found; run img2vox from the directory that holds params\.yaml"):
        load_params(tmp_path / "params.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no sections; expected seed, categories, "),
        ("- 1\n", "holds no sections; expected seed, categories, "),
        ("5\n", "holds no sections; expected seed, categories, "),
        ("categories: 5\n", 'categories is 5; expected lines such as chair: "03001627"'),
        ("categories: {}\n", r"categories is {}; expected lines such as chair"),
        ("seed: \u00fc\n".encode("latin-1"), "not UTF-8 text: "),
    ],
)
def test_a_file_of_another_form_is_one_clear_line(tmp_path, text, message):
    path = tmp_path / "params.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ParamsError, match=rf"params\.yaml: {message}") as caught:
        load_params(path)
    assert "\n" not in str(caught.value)


def test_an_unknown_category_lists_the_known_ones(tmp_path):
    with pytest.raises(ParamsError, match=r"no category 'chiar' under categories; there are airplane, "):
        load_text(tmp_path, TEXT).synset("chiar")


def test_by_size_gives_high_capacity_from_the_limit_on(tmp_path):
    train = load_text(tmp_path, TEXT.replace("network: residual", "network: by_size")).train
    assert [train.network_for("jar", n) for n in (1999, 2000)] == ["low", "high"]
    assert load_text(tmp_path, TEXT).train.network_for("table", 8436) == "residual"
