"""Many small pictures on one sheet, for the eye."""

import math
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from img2vox.data.archive import open_archive
from img2vox.data.image import to_pixels
from img2vox.errors import BundleError

LABEL_HEIGHT = 14


def contact_sheet(
    pictures: NDArray[np.uint8], labels: Sequence[str], columns: int, max_pictures: int = 400
) -> Image.Image:
    """Lay pictures out in rows, a label under each.

    Args:
        pictures: (N, H, W) uint8.
        labels: (N,) one a picture; cut to its width.
        columns: pictures a row.
        max_pictures: no more than these are drawn.

    Returns:
        Gray image.
    """
    count = min(len(pictures), max_pictures)
    height, width = pictures.shape[1] + LABEL_HEIGHT, pictures.shape[2]
    sheet = Image.new("L", (columns * width, math.ceil(count / columns) * height), 255)
    draw = ImageDraw.Draw(sheet)
    for number in range(count):
        left, top = number % columns * width, number // columns * height
        sheet.paste(Image.fromarray(pictures[number]), (left, top))
        draw.text((left + 2, top + height - LABEL_HEIGHT), labels[number][: width // 6], fill=0)
    return sheet


def sheet_of_renders(path: Path, view: int | None, image_size: int, background: int) -> Image.Image:
    """A sheet of an archive of renders: one view of each object, or all views, an object a row.

    Raises:
        BundleError: the archive holds no such pictures.
    """
    with open_archive(path) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".png"))
        objects = {PurePosixPath(name).parts[0] for name in names}
        if view is not None:
            names = [name for name in names if PurePosixPath(name).stem == f"{view:03d}"]
        if not names:
            raise BundleError(
                f"{path}: holds no <model_id>/<view>.png of this view; expected data/renders/<synset>.zip"
            )
        pictures = np.stack([_read(archive, name, image_size, background) for name in names])
    columns = len(names) // len(objects) if view is None else 6
    return contact_sheet(pictures, [PurePosixPath(name).parts[0].split("--")[-1] for name in names], columns)


def _read(archive: zipfile.ZipFile, name: str, image_size: int, background: int) -> NDArray[np.uint8]:
    with archive.open(name) as stream, Image.open(stream) as picture:
        return to_pixels(picture, image_size, background)
