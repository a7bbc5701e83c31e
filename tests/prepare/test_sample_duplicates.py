"""The embedded meshes: what their list of near duplicates names is found again from the meshes alone."""

import csv

import numpy as np

from img2vox.config import load_params
from img2vox.data.archive import list_meshes, open_archive, read_entry
from img2vox.data.prepare import grid_of, surface_of
from img2vox.data.split import near_duplicate_groups
from img2vox.geometry.mesh import normalize, read_mesh
from tests.project import REPOSITORY

SAMPLE = REPOSITORY / "data" / "sample"


def groups_of(synset, params):
    grids, surfaces, names = [], [], []
    with open_archive(SAMPLE / f"{synset}.zip") as archive:
        for entry in list_meshes(archive, synset)[0]:
            mesh = normalize(read_mesh(entry.name, read_entry(archive, entry.name, 2**30), {}), entry.name)
            grids.append(np.packbits(grid_of(mesh, params)))
            surfaces.append(np.packbits(surface_of(mesh)))
            names.append(entry.model_id)
    measures = [
        (np.stack(grids), params.prepare.near_duplicate_iou),
        (np.stack(surfaces), params.prepare.near_duplicate_surface_iou),
    ]
    return near_duplicate_groups(measures, names)


def test_every_listed_pair_is_in_one_group_and_most_objects_are_in_none():
    params = load_params(REPOSITORY / "params.yaml")
    with (SAMPLE / "near_duplicates.csv").open(encoding="utf-8", newline="") as stream:
        listed = list(csv.DictReader(stream))
    assert len(listed) == 7
    for synset in sorted({pair["synset"] for pair in listed}):
        groups = groups_of(synset, params)
        for pair in listed:
            if pair["synset"] == synset:
                assert groups[pair["a"]] == groups[pair["b"]], pair
        assert len(set(groups.values())) > 0.6 * len(groups)
