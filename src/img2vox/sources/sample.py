"""The meshes of each category as one archive in data/raw, whatever source they come from."""

import filecmp
import shutil
from collections.abc import Mapping
from pathlib import Path

from img2vox.data.archive import list_meshes, open_archive
from img2vox.errors import SourceError
from img2vox.files import written_whole
from img2vox.paths import Paths


def fetch_sample(categories: Mapping[str, str], paths: Paths) -> dict[str, int]:
    """Copy the project's own meshes to data/raw; archives that are there already are left alone.

    All archives are copied, since the paper's protocol trains on more categories than the top level's.

    Args:
        categories: slug -> synset, those that must be there.
        paths: where to read and write.

    Returns:
        synset -> number of objects.

    Raises:
        SourceError: a category has no archive, or an archive is damaged or holds no object; nothing is written
            for that one.
    """
    sources = {source.stem: source for source in sorted(paths.sample.glob("*.zip"))}
    for slug, synset in categories.items():
        if synset not in sources:
            missing = paths.sample / f"{synset}.zip"
            raise SourceError(f"{missing}: not found, but params.yaml lists {slug}; add it or take {slug} out")
    counts = {}
    for synset, source in sources.items():
        with open_archive(source) as archive:
            counts[synset] = len(list_meshes(archive, synset)[0])
        if not counts[synset]:
            raise SourceError(f"{source}: holds no mesh under {synset}/; add objects, or remove the archive")
        _copy(source, paths.raw_archive(synset))
    for stray in paths.raw.glob("*.zip"):
        if stray.stem not in sources:
            stray.unlink()  # its category has left the source
    return counts


def _copy(source: Path, target: Path) -> None:
    if target.is_file() and filecmp.cmp(source, target, shallow=False):
        return
    with written_whole(target) as aside:
        shutil.copyfile(source, aside)
