"""Small ShapeNets: boxes of different proportions in the layouts that are published."""

import zipfile

import numpy as np

from tests.project import box_obj

MTL = "newmtl gray\nKd 0.5 0.5 0.5\n"
LAYOUTS = {"v1": ("model.obj", "model.mtl"), "v2": ("models/model_normalized.obj", "models/model_normalized.mtl")}


def boxes(synset, count=8):
    """name -> OBJ text, another set for each synset; names like ShapeNet's, in hexadecimal."""
    rng = np.random.default_rng(int(synset))
    return {f"{number * 7919 + 11:08x}": box_obj(rng.uniform(0.2, 1.0, 3)) for number in range(count)}


def files_of(synset, layout, count=8):
    """Path below the root -> text: what ShapeNet has of each object, and what nobody wants of it."""
    mesh, materials = LAYOUTS[layout]
    files = {}
    for name, text in boxes(synset, count).items():
        base = f"{synset}/{name}"
        files[f"{base}/{mesh}"] = f"mtllib {materials.rpartition('/')[2]}\n{text}"
        files[f"{base}/{materials}"] = MTL
        files[f"{base}/images/texture0.jpg"] = "no picture, but nobody looks"
        if layout == "v2":
            files[f"{base}/models/model_normalized.solid.binvox"] = "#binvox 1"
            files[f"{base}/models/model_normalized.json"] = "{}"
    return files


def write_tree(root, synset, layout, count=8):
    for name, text in files_of(synset, layout, count).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def write_zip(root, synset, layout="v2", count=8):
    root.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(root / f"{synset}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files_of(synset, layout, count).items():
            archive.writestr(name, text)
    return root / f"{synset}.zip"


def names_in(archive_path):
    with zipfile.ZipFile(archive_path) as archive:
        return archive.namelist()
