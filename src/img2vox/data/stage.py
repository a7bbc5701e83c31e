"""Stage `prepare@<category>`: data/raw -> data/renders, data/bundles."""

import logging
import time

from img2vox.config import Params
from img2vox.data.prepare import prepare_category
from img2vox.data.published import is_published
from img2vox.data.published_bundle import prepare_published
from img2vox.paths import Paths

log = logging.getLogger(__name__)


def run(slug: str, params: Params, paths: Paths, workers: int) -> None:
    """Read each object of a category once; write its grid and its views."""
    start = time.perf_counter()
    published = is_published(paths.raw_archive(params.synset(slug)))
    prepared_by = prepare_published if published else prepare_category
    summary = prepared_by(slug, params, paths, workers, progress=True)
    message = "prepare %s: %d objects read, %d prepared, %d rejected, %d turned copies, %.1f s"
    took = time.perf_counter() - start
    log.info(message, slug, summary.read, summary.prepared, summary.rejected, summary.copies, took)
