"""Stage `fetch`: the chosen source -> data/raw/<synset>.zip."""

import logging

from img2vox.config import Params
from img2vox.paths import Paths
from img2vox.sources.sample import fetch_sample

log = logging.getLogger(__name__)


def run(params: Params, paths: Paths) -> None:
    """Bring the meshes of all categories to data/raw."""
    counts = fetch_sample(params.categories, paths)
    log.info("fetch: %d objects of %d categories from %s", sum(counts.values()), len(counts), params.data.source)
