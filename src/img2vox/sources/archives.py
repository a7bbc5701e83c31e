"""A source's categories as archives in data/raw, each whole or not at all."""

import logging
from collections.abc import Mapping

from img2vox.files import write_archive
from img2vox.paths import Paths
from img2vox.sources.receipts import Receipt, archive_digest, read_receipt, write_receipt
from img2vox.sources.source import Source, Stamp

log = logging.getLogger(__name__)


def bring(source: Source, stamps: Mapping[str, Stamp], categories: Mapping[str, str], paths: Paths) -> dict[str, bool]:
    """Make the archives that are missing or whose source has changed, and remove those of other categories.

    After an interruption it goes on with the category that was being written.

    Args:
        source: where the meshes are.
        stamps: of each synset, as they are now.
        categories: slug -> synset.
        paths: where to write.

    Returns:
        synset -> whether the archive was made anew.

    Raises:
        SourceError: something of the source cannot be read; archives of earlier categories stay.
    """
    for half in paths.raw.glob(".*.part"):
        half.unlink()  # left by a fetch that was killed; only one runs at a time
    made = {}
    for slug, synset in categories.items():
        stamp, receipt = stamps[synset], read_receipt(synset, paths)
        made[synset] = receipt is None or receipt.source != stamp.digest
        if made[synset]:
            target = paths.raw_archive(synset)
            with write_archive(target) as archive:
                notes = source.write(slug, synset, archive)
            write_receipt(synset, Receipt(stamp.digest, archive_digest(target), notes), paths)
            size_mb = target.stat().st_size / 2**20
            log.info("fetch %s: %d files, %.0f MB in the archive", slug, stamp.files, size_mb)
    for stray in paths.raw.glob("*.zip"):
        if stray.stem not in made:
            stray.unlink()  # its category has left the source, or params.yaml
    return made
