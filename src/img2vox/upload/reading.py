"""The bytes of a file that somebody sent -> an upright RGBA picture, or one sentence that says what is wrong.

Everything is checked that can be before a pixel is decoded: a few bytes can claim gigapixels.
"""

import io
import struct
import warnings
import zlib
from dataclasses import dataclass

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from img2vox.errors import ImageError

# Pillow knows dozens of formats, some of which start programs or follow references; these three it decodes itself.
FORMATS = ("PNG", "JPEG", "WEBP")
# Longest side that is worked on: eight times what a network gets.
WORKING_SIDE = 1024

# What Pillow was seen to raise for damaged and for hostile files.
_DECODE_ERRORS = (
    OSError,
    EOFError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Limits:
    """What an upload may have at most.

    Attributes:
        size_bytes: of the file.
        pixels: of the picture, width times height.
    """

    size_bytes: int
    pixels: int


def read_upload(data: bytes, name: str, limits: Limits) -> Image.Image:
    """A sent picture.

    Args:
        data: the file's bytes; its name decides nothing.
        name: for messages.
        limits: checked before decoding.

    Returns:
        Mode RGBA, straight alpha, turned upright by its EXIF orientation, its longest side at most WORKING_SIDE.

    Raises:
        ImageError: empty, too large, of too many pixels, no PNG, JPG or WebP, animated, cut short or damaged.
    """
    if not data:
        raise ImageError(f"{name}: is empty (0 bytes); choose a PNG, JPG or WebP file")
    if len(data) > limits.size_bytes:
        found, most = len(data) / 2**20, limits.size_bytes / 2**20
        raise ImageError(f"{name}: has {found:.1f} MB, more than {most:.0f} MB; save it smaller")
    try:
        with warnings.catch_warnings(action="ignore"):  # Pillow's warning of large pictures; our own limit follows
            picture = Image.open(io.BytesIO(data), formats=FORMATS)
    except (UnidentifiedImageError, *_DECODE_ERRORS) as error:
        if isinstance(error, Image.DecompressionBombError):
            raise ImageError(f"{name}: claims more pixels than the {limits.pixels:,} allowed; scale it down") from error
        raise ImageError(f"{name}: is no PNG, JPG or WebP picture; save it as one of these") from error
    with picture:
        _check_header(picture, name, limits)
        try:
            return _decode(picture)
        except _DECODE_ERRORS as error:
            raise ImageError(f"{name}: the picture is cut short or damaged; save it again") from error


def _check_header(picture: Image.Image, name: str, limits: Limits) -> None:
    width, height = picture.size
    if width < 1 or height < 1:
        raise ImageError(f"{name}: is {width} x {height} pixels; choose a picture with an object in it")
    if width * height > limits.pixels:
        raise ImageError(f"{name}: is {width} x {height} pixels, more than {limits.pixels:,} in all; scale it down")
    frames = getattr(picture, "n_frames", 1)
    if frames > 1:
        raise ImageError(f"{name}: is animated ({frames} frames); save one of them as a picture")


def _decode(picture: Image.Image) -> Image.Image:
    """Decode, scale down, turn upright and convert."""
    if picture.format == "JPEG":
        # libjpeg skips what a smaller picture does not need.
        picture.draft(None, (WORKING_SIDE, WORKING_SIDE))
    orientation = _orientation(picture)
    picture.load()
    rgba = _to_rgba(picture)
    if max(rgba.size) > WORKING_SIDE:
        share = WORKING_SIDE / max(rgba.size)
        size = (max(1, round(rgba.width * share)), max(1, round(rgba.height * share)))
        # Premultiplied, so that colour hidden under transparent pixels does not bleed into edges.
        rgba = rgba.convert("RGBa").resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0).convert("RGBA")
    return rgba if orientation not in _UPRIGHT else rgba.transpose(_UPRIGHT[orientation])


def _to_rgba(picture: Image.Image) -> Image.Image:
    """Any mode that PNG, JPG and WebP have; of 16 bits the upper 8 are kept."""
    if picture.mode.startswith(("I", "F")):
        gray = np.asarray(picture, dtype=np.float64)
        return Image.fromarray(np.clip(np.rint(gray / 257), 0, 255).astype(np.uint8)).convert("RGBA")
    if picture.mode == "CMYK":
        return picture.convert("RGB").convert("RGBA")
    return picture.convert("RGBA")


def _orientation(picture: Image.Image) -> int:
    """EXIF's orientation; 1, upright, where there is none or it cannot be read."""
    try:
        return int(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except _DECODE_ERRORS:
        return 1  # the pixels are whole, and most cameras write them upright
