"""Any picture to the gray pixels that a network gets: the one preprocessing, used by bundles and predictions."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def encode_png(gray_alpha: NDArray[np.uint8]) -> bytes:
    """A PNG of one rendered view.

    Args:
        gray_alpha: (H, W, 2) uint8, gray and straight alpha.

    Returns:
        PNG bytes, mode LA, without dates.
    """
    stream = io.BytesIO()
    Image.fromarray(gray_alpha, mode="LA").save(stream, format="PNG", compress_level=6)
    return stream.getvalue()


def decode_pixels(png: bytes, image_size: int, background: int) -> NDArray[np.uint8]:
    """The pixels of a PNG of ours, see to_pixels."""
    with Image.open(io.BytesIO(png)) as picture:
        return to_pixels(picture, image_size, background)


def to_pixels(picture: Image.Image, image_size: int, background: int) -> NDArray[np.uint8]:
    """The pixels of a picture as networks get them.

    Transparent parts show the background gray; colours become gray by ITU-R 601 (Pillow's "L"); another size
    than image_size is resampled with Pillow's Lanczos filter.

    Args:
        picture: any mode and size.
        image_size: pixels per side of the result.
        background: gray behind transparent parts, 0 to 255.

    Returns:
        (image_size, image_size) uint8, row 0 = top.
    """
    return composite(to_gray_alpha(picture, image_size), background)


def to_gray_alpha(picture: Image.Image, image_size: int) -> NDArray[np.uint8]:
    """A picture in gray and as large as networks get it, not yet before a background.

    Args:
        picture: any mode and size; see to_pixels.
        image_size: pixels per side of the result.

    Returns:
        (image_size, image_size, 2) uint8, gray and straight alpha.
    """
    gray_alpha = picture if picture.mode == "LA" else picture.convert("RGBA").convert("LA")
    if gray_alpha.size != (image_size, image_size):
        # Premultiplied ("La"), so that the colour hidden under transparent pixels does not bleed into edges.
        gray_alpha = gray_alpha.convert("La").resize((image_size, image_size), Image.Resampling.LANCZOS).convert("LA")
    return np.asarray(gray_alpha)


def composite(gray_alpha: NDArray[np.uint8], background: int) -> NDArray[np.uint8]:
    """Lay gray and alpha over a plain background, rounded to nearest.

    Args:
        gray_alpha: (..., 2) uint8, straight alpha.
        background: gray, 0 to 255.

    Returns:
        (...) uint8.
    """
    gray = gray_alpha[..., 0].astype(np.uint32)
    alpha = gray_alpha[..., 1].astype(np.uint32)
    return ((gray * alpha + background * (255 - alpha) + 127) // 255).astype(np.uint8)
