"""One preprocessing for bundles and predictions."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from img2vox.data.image import composite, encode_png, to_pixels

PICTURES = arrays(np.uint8, (16, 16, 2))


@given(PICTURES, st.integers(0, 255))
def test_one_png_gives_one_array_through_the_bundle_and_through_a_file(picture, background):
    from_file = to_pixels(Image.open(io.BytesIO(encode_png(picture))), 16, background)
    assert np.array_equal(from_file, composite(picture, background))


@given(PICTURES, st.integers(0, 255))
def test_composite_is_the_rounded_mean_of_gray_and_background(picture, background):
    share = picture[..., 1] / 255
    exact = picture[..., 0] * share + background * (1 - share)
    assert np.abs(composite(picture, background) - exact).max() <= 0.5 + 1e-9


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [("RGB", (255, 0, 0), 76), ("L", 90, 90), ("RGBA", (9, 9, 9, 0), 200), ("1", 1, 255), ("P", 0, 0)],
)
def test_any_mode_becomes_gray_on_the_background(mode, colour, expected):
    pixels = to_pixels(Image.new(mode, (20, 30), colour), 16, background=200)
    assert pixels.shape == (16, 16)
    assert pixels.dtype == np.uint8
    assert np.all(np.abs(pixels.astype(int) - expected) <= 1)


def test_colour_under_transparent_pixels_does_not_bleed_into_edges():
    picture = np.zeros((32, 32, 2), np.uint8)
    picture[..., 0] = 255  # white hidden under the transparent left half
    picture[:, 16:] = (0, 255)
    pixels = to_pixels(Image.fromarray(picture, "LA"), 16, background=0)
    assert pixels.max() <= 2


def test_row_0_is_the_top():
    picture = np.zeros((16, 16, 2), np.uint8)
    picture[0] = (10, 255)
    assert to_pixels(Image.open(io.BytesIO(encode_png(picture))), 16, 255)[0].tolist() == [10] * 16
