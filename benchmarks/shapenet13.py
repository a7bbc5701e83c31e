"""The literature's evaluation (3D-R2N2 and after): thirteen categories, view 00, published split, thresholds .2 to .5.

    python benchmarks/shapenet13.py DATA NETWORK [--split ShapeNet.json] [--output FILE]

DATA holds the two published archives, unpacked, as they are:

    ShapeNetRendering/<synset>/<model_id>/rendering/00.png   (rendering_metadata.txt beside it is not read)
    ShapeNetVox32/<synset>/<model_id>/model.binvox

NETWORK is a network file for all categories, or one for each: models/{category}/network.keras. It must have learned the
frame of these grids (data.source: r2n2). Without --split, the test objects are the last fifth of each category's sorted
names, the rule of 3D-R2N2's own code; with it, a list of {"taxonomy_id": synset, "test": [model_id, ...]}, as Pix2Vox
and those after it publish theirs. Published numbers quote either the mean over categories or that over instances, at a
threshold that is seldom chosen on validation objects: here all of them stand side by side, named.

Writes benchmarks/results/shapenet13.json and prints a line a category.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from common import RESULTS, write_results
from img2vox.catalog import BY_SYNSET
from img2vox.data.image import composite
from img2vox.data.published import GRID_NAME, SYNSETS, last_fifth, picture_name, read_grid, read_picture, read_split
from img2vox.errors import Img2VoxError, SourceError
from img2vox.evaluation.metrics import fill, iou

THRESHOLDS = (0.2, 0.3, 0.4, 0.5)
BATCH = 64


def tested_names(data, split):
    """synset -> names of its test objects, of the thirteen.

    Args:
        data: the directory of the two archives.
        split: path of a published split, or None for 3D-R2N2's rule.

    Raises:
        SourceError: a category is missing or has no test object.
    """
    if split is None:
        found = {}
        for synset in SYNSETS:
            folder = data / "ShapeNetVox32" / synset
            found[synset] = (
                last_fifth(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
            )
    else:
        found = {synset: parts.get("test", []) for synset, parts in read_split(split).items()}
    missing = [synset for synset in SYNSETS if not found.get(synset)]
    if missing:
        raise SourceError(
            f"{split or data / 'ShapeNetVox32'}: no test objects of {', '.join(missing)}; all thirteen categories are "
            "needed, since a mean over fewer is another number"
        )
    return {synset: found[synset] for synset in SYNSETS}


def read_object(data, synset, name, image_size, background):
    """Picture (H, W) uint8 of view 00 and grid (32, 32, 32) bool of one object.

    Raises:
        SourceError: a file is missing or damaged, or the grid has another size.
    """
    picture_path = data / "ShapeNetRendering" / synset / name / picture_name(0)
    grid_path = data / "ShapeNetVox32" / synset / name / GRID_NAME
    pixels = composite(read_picture(_bytes_of(picture_path), str(picture_path), image_size), background)
    return pixels, read_grid(_bytes_of(grid_path), str(grid_path))


def _bytes_of(path):
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); unpack the published archives again") from error


def category_ious(data, synset, names, network, background):
    """(K, 4) IoU of each test object at each threshold."""
    from img2vox.learning.inference import predict
    from img2vox.learning.networks import require_sizes, sizes_of

    size = sizes_of(network)[0]
    require_sizes(network, size, 32, f"network for {synset}")
    ious = []
    for start in range(0, len(names), BATCH):
        batch = [read_object(data, synset, name, size, background) for name in names[start : start + BATCH]]
        pictures, grids = (np.stack(items) for items in zip(*batch, strict=True))
        occupancy = predict(network, pictures, batch_size=BATCH)[..., 0]
        ious.append(np.stack([iou(fill(occupancy, threshold), grids) for threshold in THRESHOLDS], axis=1))
    return np.concatenate(ious)


def means(ious):
    """Both means at each threshold, from (K, 4) IoUs by synset."""
    by_category = np.stack([found.mean(axis=0) for found in ious.values()]).mean(axis=0)
    by_instance = np.concatenate(list(ious.values())).mean(axis=0)
    numbers = {"test_objects": sum(map(len, ious.values()))}
    for column, threshold in enumerate(THRESHOLDS):
        numbers[f"category_mean_iou_at_{threshold}"] = float(by_category[column])
        numbers[f"instance_mean_iou_at_{threshold}"] = float(by_instance[column])
    return numbers


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("network")
    parser.add_argument("--split", type=Path)
    parser.add_argument("--background", type=int, default=255, help="gray behind the object, as the network learned it")
    parser.add_argument("--output", type=Path, default=RESULTS / "shapenet13.json")
    options = parser.parse_args(arguments)

    tested = tested_names(options.data, options.split)
    from img2vox.learning.network_file import load_network

    networks, ious = {}, {}
    print(f"{'category':12} {'objects':>7}", *(f"IoU at {threshold}" for threshold in THRESHOLDS))
    for synset, names in tested.items():
        slug = BY_SYNSET[synset].slug
        path = options.network.replace("{category}", slug)
        if path not in networks:
            networks = {path: load_network(Path(path))}  # one at a time: the paper's large one has 2.3 GB
        ious[synset] = category_ious(options.data, synset, names, networks[path], options.background)
        print(f"{slug:12} {len(names):7}", *(f"{value:10.3f}" for value in ious[synset].mean(axis=0)), flush=True)
    numbers = means(ious)
    for key, value in numbers.items():
        print(f"{key:32} {value if isinstance(value, int) else format(value, '.4f')}")
    print(write_results("shapenet13", numbers, options.output))


if __name__ == "__main__":
    try:
        main()
    except Img2VoxError as error:
        sys.exit(f"shapenet13: {error}")
