"""Two categories of boxes, prepared as the stages would, small enough to train on in seconds."""

from dataclasses import replace

import pytest

from img2vox.config import load_params
from img2vox.data.prepare import prepare_category
from img2vox.paths import Paths
from img2vox.sources.sample import fetch_sample
from tests.project import CATEGORIES, REPOSITORY, write_category


def small_params():
    params = load_params(REPOSITORY / "params.yaml")
    return replace(
        params,
        categories=CATEGORIES,
        voxelize=replace(params.voxelize, resolution=16),
        render=replace(params.render, views=3),
        data=replace(params.data, images_per_object=3),
        bundle=replace(params.bundle, image_size=32),
        evaluate=replace(params.evaluate, bootstrap_samples=50),
        pretrain=replace(params.pretrain, copies=2, views_per_copy=1, epochs=2, batch_size=8),
    )


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    """(params, root) with data/raw and data/bundles; not to be changed by a test."""
    root, params = tmp_path_factory.mktemp("joint"), small_params()
    for synset in CATEGORIES.values():
        write_category(root, synset)
    fetch_sample(params.categories, Paths(root))
    for slug in CATEGORIES:
        prepare_category(slug, params, Paths(root), 1)
    return params, root


@pytest.fixture
def project(prepared, tmp_path):
    """(params, paths) of a directory of the test's own over the same data."""
    params, root = prepared
    (tmp_path / "data").symlink_to(root / "data")
    return params, Paths(tmp_path)
