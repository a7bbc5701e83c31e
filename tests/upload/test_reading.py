"""What people send: read upright in 8 bits, or refused in one sentence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from img2vox.errors import ImageError
from img2vox.upload import prepare_upload
from img2vox.upload.reading import WORKING_SIDE, read_upload
from tests.upload.pictures import LIMITS, corner, encode, wrong_files

HOW = {"remove_background": True, "center": True, "foreground_ratio": 0.73}


def read(data, name="photo.png"):
    return np.asarray(read_upload(data, name, LIMITS))


@pytest.mark.parametrize("name", wrong_files())
def test_a_wrong_file_is_answered_with_one_sentence_that_names_it(name):
    data, message = wrong_files()[name]
    with pytest.raises(ImageError, match=rf"^{name}: .*({message})") as caught:
        prepare_upload(data, name, LIMITS, **HOW)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 160


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_a_picture_without_loss_comes_back_as_it_was(format):
    pixels = read(encode(Image.fromarray(corner()), format, lossless=True))
    np.testing.assert_array_equal(pixels[..., :3], corner())
    assert (pixels[..., 3] == 255).all()


def test_cmyk_becomes_the_colours_it_stands_for():
    pixels = read(encode(Image.fromarray(corner()).convert("CMYK"), "JPEG", quality=95))
    assert np.abs(pixels[..., :3].astype(int) - corner()).mean() < 6


def test_of_16_bits_the_upper_8_are_kept():
    gray = np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype(np.uint16)
    pixels = read(encode(Image.fromarray(gray)))
    np.testing.assert_array_equal(pixels[..., 0], np.rint(gray / 257))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_what_a_camera_held_otherwise_took_is_turned_upright(orientation):
    turned = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.swapaxes(0, 1),
        6: lambda a: np.rot90(a, 1),  # shown, it is turned clockwise
        7: lambda a: a.swapaxes(0, 1)[::-1, ::-1],
        8: lambda a: np.rot90(a, -1),
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(np.ascontiguousarray(turned[orientation](corner())))
    np.testing.assert_array_equal(read(encode(stored, "PNG", exif=exif))[..., :3], corner())


def test_a_large_photo_is_scaled_down_whole(tmp_path):
    photo = Image.fromarray(corner()).resize((1900, 1600))
    pixels = read(encode(photo, "JPEG"))
    assert max(pixels.shape) == WORKING_SIDE
    assert pixels.shape[0] / pixels.shape[1] == pytest.approx(1600 / 1900, abs=0.01)


@given(st.binary(max_size=400), st.sampled_from(["PNG", "JPEG", "WEBP"]), st.integers(0, 2000))
def test_damaged_bytes_are_a_picture_or_one_sentence(noise, format, at):
    data = bytearray(encode(Image.fromarray(corner()), format))
    at %= len(data)
    data[at : at + len(noise)] = noise
    try:
        pixels = read(bytes(data))
    except ImageError as error:
        assert str(error).startswith("photo.png: ")  # noqa: PT017 - either may happen
    else:
        assert pixels.shape[2] == 4
