"""From a picture to the pixels that a network sees."""

import numpy as np
import pytest
from PIL import Image

from img2vox.data.image import composite, encode_png
from img2vox.geometry.frames import View
from img2vox.geometry.mesh import normalize, read_mesh
from img2vox.rendering import camera_distance, render
from img2vox.upload import prepare_upload
from tests.project import box_obj
from tests.upload.pictures import LIMITS, encode

TEXT = box_obj((1.0, 0.4, 0.5))
MESH = normalize(read_mesh("box.obj", TEXT.encode(), {}), "box.obj")
RENDER = render(MESH, [View(36.0, 31.0, camera_distance(MESH, 1.25))], 128, 49.1, "raster")[0]  # (128, 128, 2)


def prepare(picture, format="PNG", **changes):
    how = {"remove_background": True, "center": True, "foreground_ratio": 0.73, **changes}
    data = picture if isinstance(picture, bytes) else encode(picture, format)
    return prepare_upload(data, "photo.png", LIMITS, **how)


def on_wall(wall, size=(300, 200), at=(30, 20)):
    """The render before a wall: (H, W, 3) uint8 of any colour."""
    ground = np.broadcast_to(np.asarray(wall, np.uint8), (size[1], size[0], 3)).copy()
    part = ground[at[1] : at[1] + 128, at[0] : at[0] + 128]
    share = RENDER[..., 1:] / 255.0
    part[:] = np.rint(RENDER[..., :1] * share + part * (1 - share))
    return Image.fromarray(ground)


def overlap(a, b):
    return (a & b).sum() / (a | b).sum()


@pytest.mark.parametrize("background", [255, 0])
def test_one_png_gives_one_array_through_the_bundle_and_through_the_app(background):
    pixels = prepare(encode_png(RENDER)).pixels(128, background)
    np.testing.assert_array_equal(pixels, composite(RENDER, background))


def test_a_view_on_the_training_pictures_own_background_keeps_its_pixels():
    shown = composite(RENDER, 255)
    prepared = prepare(Image.fromarray(shown))
    np.testing.assert_array_equal(prepared.pixels(128, 255), shown)
    # A network that knows black backgrounds sees the same object before black.
    before_black = prepared.pixels(128, 0)
    assert (before_black[RENDER[..., 1] == 0] == 0).mean() > 0.99
    inside = RENDER[..., 1] == 255
    assert np.abs(before_black[inside].astype(int) - shown[inside]).mean() < 12


@pytest.mark.parametrize("wall", [(60, 90, 160), (250, 245, 240), (20, 20, 20)])
def test_a_plain_wall_is_removed_and_the_object_stands_as_in_training(wall):
    prepared = prepare(on_wall(wall))
    assert prepared.masked
    found = prepared.pixels(128, 255) < 250
    rows, columns = np.flatnonzero(found.any(axis=1)), np.flatnonzero(found.any(axis=0))
    longest = max(np.ptp(rows), np.ptp(columns)) + 1
    assert longest / 128 == pytest.approx(0.73, abs=0.04)
    assert (columns[0] + columns[-1] + 1) / 256 == pytest.approx(0.5, abs=0.02)
    assert (rows[0] + rows[-1] + 1) / 256 == pytest.approx(0.52, abs=0.02)


def test_a_wall_that_gets_darker_to_one_side_is_plain():
    wall = np.linspace(120, 200, 300)[None, :, None] + np.linspace(0, 30, 200)[:, None, None] + [0, 10, 20]
    prepared = prepare(on_wall(wall), center=False)
    mask = np.asarray(prepared.cut.getchannel("A"))[20:148, 30:158] > 127
    assert overlap(mask, RENDER[..., 1] > 127) > 0.9


def test_a_busy_background_is_used_whole_and_said_so():
    noise = np.random.default_rng(1).integers(0, 256, (200, 300, 3))
    prepared = prepare(on_wall(noise))
    assert not prepared.masked
    assert "not plain enough" in prepared.notes[0]
    assert prepared.square == (0, -50, 300, 250)


def test_the_switch_leaves_the_background_where_it_is():
    prepared = prepare(on_wall((60, 90, 160)), remove_background=False)
    assert not prepared.masked
    gray = prepared.pixels(128, 255)
    assert gray[64, 2] == pytest.approx(89, abs=2)  # the wall's gray


def test_without_centring_an_object_stays_where_it_is():
    prepared = prepare(on_wall((60, 90, 160)), center=False)
    assert prepared.square == (0, -50, 300, 250)
    rows, columns = np.nonzero(prepared.pixels(128, 255) < 250)
    assert columns.mean() * 300 / 128 == pytest.approx(30 + 64, abs=6)
    assert rows.mean() * 300 / 128 - 50 == pytest.approx(20 + 64, abs=6)


def test_alpha_is_the_mask_and_what_hides_under_it_does_not_matter():
    hidden = np.random.default_rng(2).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    solid = RENDER[..., 1] > 127
    hidden[solid] = RENDER[solid][:, :1]
    rgba = np.dstack([hidden, np.where(solid, 255, 0).astype(np.uint8)])
    pixels = prepare(Image.fromarray(rgba)).pixels(128, 255)
    np.testing.assert_array_equal(pixels < 255, solid & (RENDER[..., 0] < 255))


def test_the_hole_of_a_ring_is_background_too():
    y, x = np.mgrid[-1:1:200j, -1:1:200j]
    radius = np.hypot(x, y)
    pixels = np.where(((radius < 0.7) & (radius > 0.4))[..., None], (200, 60, 40), (90, 160, 90)).astype(np.uint8)
    mask = np.asarray(prepare(Image.fromarray(pixels), center=False).cut.getchannel("A"))
    assert mask[100, 100] == 0
    assert mask[100, 155] == 255


def test_an_object_at_the_rim_is_noted():
    assert any("rim" in note for note in prepare(on_wall((60, 90, 160)).crop((0, 0, 300, 90))).notes)
