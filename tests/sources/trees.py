"""Small ShapeNets: boxes of different proportions in the layouts that are published."""

import io
import zipfile

import numpy as np
from PIL import Image

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


def binvox_bytes(grid):
    """By the format's own description: y runs fastest, then z, then x; pairs of a value and a count up to 255."""
    head = f"#binvox 1\ndim {' '.join(map(str, grid.shape))}\ntranslate 0 0 0\nscale 1\ndata\n"
    cells = grid.transpose(0, 2, 1).ravel().astype(np.uint8)
    runs, start = bytearray(), 0
    while start < len(cells):
        end = start
        while end < len(cells) and cells[end] == cells[start] and end - start < 255:
            end += 1
        runs += bytes([cells[start], end - start])
        start = end
    return head.encode() + bytes(runs)


def grid_of(synset, number):
    """Boxes with a corner cut out, of other proportions for each object: no axis is like another."""
    rng = np.random.default_rng([int(synset), number])
    grid = np.zeros((32, 32, 32), dtype=bool)
    x, y, z = rng.integers(8, 32, 3)
    grid[:x, :y, :z] = True
    grid[: x // 2, : y // 3, : z // 4] = False
    return grid


def picture_of(number, view):
    """137 x 137 on a transparent background, bright by the object and higher by the view."""
    rgba = np.zeros((137, 137, 4), dtype=np.uint8)
    rgba[40 + view : 90, 30 + number : 100] = (60 + 10 * number, 90, 90, 255)
    stream = io.BytesIO()
    Image.fromarray(rgba).save(stream, format="PNG")
    return stream.getvalue()


def write_published(root, synset, count=10, views=24):
    """The two archives of 3D-R2N2, unpacked; the model_ids."""
    names = [f"{number:04x}" for number in range(count)]
    for number, name in enumerate(names):
        grids = root / "ShapeNetVox32" / synset / name
        pictures = root / "ShapeNetRendering" / synset / name / "rendering"
        grids.mkdir(parents=True, exist_ok=True)
        pictures.mkdir(parents=True, exist_ok=True)
        (grids / "model.binvox").write_bytes(binvox_bytes(grid_of(synset, number)))
        for view in range(views):
            (pictures / f"{view:02d}.png").write_bytes(picture_of(number, view))
        lines = [f"{10 * view}.5 {25 + view / 10} 0 0.7 25" for view in range(views)]
        (pictures / "rendering_metadata.txt").write_text("\n".join(lines) + "\n")
        (pictures / "renderings.txt").write_text("00.png\n")
    return names
