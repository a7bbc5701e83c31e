"""Stage `fetch`: the chosen source -> data/raw/<synset>.zip; and a look at whether the source has changed."""

import logging
from pathlib import Path

from img2vox.catalog import CATEGORIES
from img2vox.config import Params
from img2vox.paths import Paths
from img2vox.sources.archives import bring
from img2vox.sources.folder import Folder
from img2vox.sources.hub import Hub
from img2vox.sources.listing import write_listing
from img2vox.sources.r2n2 import R2N2
from img2vox.sources.report import examine_category, write_report
from img2vox.sources.sample import fetch_sample
from img2vox.sources.shapenet import ShapeNet
from img2vox.sources.source import Source

log = logging.getLogger(__name__)


def run(params: Params, paths: Paths, workers: int) -> None:
    """Bring the meshes of all categories to data/raw, and report what they are like."""
    source = open_source(params, paths)
    if source is None:
        write_listing(params.data.source, {}, paths)
        synsets = list(fetch_sample(params.categories, paths))
    else:
        stamps = source.stamps(params.categories)
        write_listing(params.data.source, stamps, paths)
        synsets = list(bring(source, stamps, params.categories, paths))
    names = {category.synset: category.slug for category in CATEGORIES}
    names |= {synset: slug for slug, synset in params.categories.items()}
    max_bytes = params.prepare.max_mesh_mb * 2**20
    fetched = [examine_category(names[synset], synset, paths, max_bytes, workers) for synset in synsets]
    for note in (note for category in fetched for note in category.notes):
        log.warning("fetch: %s", note)
    log.info("fetch: %s", write_report(params.data.source, fetched, paths))
    if params.data.source == "folder":
        # No program can tell; and nothing after this would fail, it would only be worse.
        sheet = f"img2vox contact-sheet {paths.raw_archive(min(synsets))} -o sheet.png"
        log.info("fetch: do they stand upright and, on the first picture of each row, face you? Look: %s", sheet)


def look(params: Params, paths: Paths) -> list[str]:
    """Bring data/source.csv up to date, which makes DVC run `fetch` where the source has changed.

    Returns:
        Slugs of the categories that are new or have changed since the last time; none for the embedded meshes, which
        DVC watches itself.
    """
    source = open_source(params, paths)
    stamps = {} if source is None else source.stamps(params.categories)
    changed = set(write_listing(params.data.source, stamps, paths))
    return [slug for slug, synset in params.categories.items() if synset in changed]


def open_source(params: Params, paths: Paths) -> Source | None:
    """The source that params.yaml names; None for the embedded meshes."""
    data, textures = params.data, params.fetch.textures

    def place(directory: str) -> Path:
        return paths.root / Path(directory).expanduser()

    match data.source:
        case "shapenet":
            return ShapeNet(place(data.shapenet_dir), textures)
        case "huggingface":
            return Hub(data.huggingface_repo, paths.checkpoints("huggingface"), textures)
        case "r2n2":
            split = None if data.r2n2_split == "none" else Path(data.r2n2_split).expanduser()
            return R2N2(place(data.r2n2_dir), split)
        case "folder":
            return Folder(place(data.folder_dir), data.up_axis, textures, params.prepare.max_mesh_mb * 2**20)
    return None
