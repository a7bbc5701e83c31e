"""A sent picture to the exact pixels that a network sees, with what was done to it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from img2vox.data.image import to_pixels
from img2vox.errors import ImageError
from img2vox.upload.background import cut_out
from img2vox.upload.reading import Limits, read_upload

# Bounds within which the renders of the embedded data lie (but for 1 % of the smallest): longest side of the object
# and how far its middle lies to the right of and below the picture's, in sides of the picture.
_FRAMED_SIDE = (0.46, 0.96)
_FRAMED_RIGHT, _FRAMED_BELOW = (-0.11, 0.11), (-0.10, 0.15)
_MIDDLE_BELOW = 0.02  # the cameras look down: an object's middle lies a little low
_LEAST_CONTRAST = 6  # gray levels between the darkest and the brightest hundredth: less is a blank picture
_VISIBLE = 127
_SAME_GRAY = 2  # levels that a JPEG's white may differ from white
_BLANK = "choose a picture of one object that stands out from its background"


@dataclass(frozen=True)
class Prepared:
    """A sent picture, ready for any network.

    Attributes:
        picture: RGBA, upright, as it was sent.
        cut: the same, alpha 0 where a plain background was.
        square: left, top, right and bottom of the square of them that the network sees; may lie outside of them.
        masked: whether the alpha of `cut` tells the object from its background.
        color: of the plain background that was found, else None.
        notes: sentences for the person who sent it.
    """

    picture: Image.Image
    cut: Image.Image
    square: tuple[int, int, int, int]
    masked: bool
    color: tuple[int, int, int] | None
    notes: tuple[str, ...]

    def pixels(self, image_size: int, background: int) -> NDArray[np.uint8]:
        """What a network sees: (image_size, image_size) uint8 gray, the object before `background`.

        Where it stands before that gray already, its pixels are kept: cutting out and laying back would blur its rim.
        """
        is_there = self.color is not None and max(abs(value - background) for value in self.color) <= _SAME_GRAY
        shown = self.picture if is_there else self.cut
        whole = self.square == (0, 0, *shown.size)
        return to_pixels(shown if whole else shown.crop(self.square), image_size, background)

    def mask_picture(self) -> Image.Image:
        """The cut-out object before a checkered ground, for the eye: RGB, at most 384 pixels a side."""
        shown = ImageOps.contain(self.cut, (384, 384), Image.Resampling.BOX) if max(self.cut.size) > 384 else self.cut
        rows, columns = np.indices((shown.height, shown.width)) // 12
        checks = np.where((rows + columns) % 2, 226, 246).astype(np.uint8)
        ground = Image.fromarray(checks).convert("RGBA")
        ground.alpha_composite(shown)
        return ground.convert("RGB")


def prepare_upload(
    data: bytes,
    name: str,
    limits: Limits,
    *,
    remove_background: bool,
    center: bool,
    foreground_ratio: float,
) -> Prepared:
    """Read a sent picture, cut its object out and frame it as the training pictures are.

    A picture that stands as a training picture does already (a rendered view, say) is left alone to the last pixel.

    Args:
        data: the file's bytes.
        name: of the file, for messages.
        limits: of the file.
        remove_background: cut the object from a plain background; transparency counts as a mask either way.
        center: bring the object to the middle and to the training pictures' size.
        foreground_ratio: longest side of a centred object, in sides of the picture.

    Raises:
        ImageError: the file is no picture that can be used (see read_upload), or it is blank.
    """
    picture = read_upload(data, name, limits)
    alpha = np.asarray(picture.getchannel("A"))
    if alpha.max() <= _VISIBLE:
        raise ImageError(f"{name}: is transparent all over; {_BLANK}")
    has_mask = bool((alpha < 128).mean() > 0.002)
    if not has_mask:
        _refuse_blank(picture, name)
    notes: list[str] = []
    mask = alpha if has_mask else None
    cut, color = picture, None
    if has_mask:
        notes.append("Its transparency is taken as the mask.")
    elif remove_background:
        found = cut_out(picture.convert("RGB"))
        if found is None:
            notes.append(
                "The background is not plain enough to be removed: the whole picture is used, and the answer may mean "
                "little. Take the object before one colour, or cut it out."
            )
        else:
            mask, color = found.alpha, found.color
            notes.append("The plain background was removed.")
            cut = picture.copy()
            cut.putalpha(Image.fromarray(mask))
    square = _padded_square(picture.size)
    if mask is not None and center:
        framed = _framed_square(mask, foreground_ratio)
        if framed != square:
            notes.append("The object was centred and scaled as in training.")
        square = framed
    if mask is not None and _touches_rim(mask):
        notes.append("The object touches the picture's rim: what is cut off cannot be seen.")
    return Prepared(picture, cut, square, mask is not None, color, tuple(notes))


def _refuse_blank(picture: Image.Image, name: str) -> None:
    gray = np.asarray(picture.convert("L"))
    low, high = np.percentile(gray, [0.05, 99.95])
    if high - low < _LEAST_CONTRAST:
        raise ImageError(f"{name}: is blank, one gray all over; {_BLANK}")


def _padded_square(size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The smallest square that holds a picture, the picture in its middle."""
    width, height = size
    side = max(size)
    left, top = -((side - width) // 2), -((side - height) // 2)
    return left, top, left + side, top + side


def _framed_square(mask: NDArray[np.uint8], foreground_ratio: float) -> tuple[int, int, int, int]:
    """The square in which an object stands as in training; the picture itself where it does so already."""
    height, width = mask.shape
    rows, columns = np.flatnonzero((mask > _VISIBLE).any(axis=1)), np.flatnonzero((mask > _VISIBLE).any(axis=0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    longest = max(bottom - top, right - left)
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    if height == width:
        rightward, below = middle_x / width - 0.5, middle_y / height - 0.5
        places = ((longest / width, _FRAMED_SIDE), (rightward, _FRAMED_RIGHT), (below, _FRAMED_BELOW))
        if all(low <= value <= high for value, (low, high) in places):
            return 0, 0, width, height
    side = max(1, round(longest / foreground_ratio))
    x, y = round(middle_x - side / 2), round(middle_y - side * (0.5 + _MIDDLE_BELOW))
    return x, y, x + side, y + side


def _touches_rim(mask: NDArray[np.uint8]) -> bool:
    rim = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]]) > _VISIBLE
    return bool(rim.mean() > 0.02)
