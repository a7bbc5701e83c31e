"""Whether a picture looks like those that networks were trained on."""

import numpy as np
import pytest
from PIL import Image

from img2vox.serving.familiar import fit_familiar, read_familiar
from img2vox.upload import Limits, prepare_upload
from tests.project import REPOSITORY
from tests.serving.oracle import corner_picture

HOW = {"remove_background": True, "center": True, "foreground_ratio": 0.73}


def seen(path):
    return prepare_upload(path.read_bytes(), path.name, Limits(20 << 20, 64_000_000), **HOW).pixels(128, 255)


def test_a_rendered_object_is_familiar(tmp_path):
    (tmp_path / "c.png").write_bytes(corner_picture(54.0))
    assert read_familiar().is_familiar(seen(tmp_path / "c.png"))


@pytest.mark.parametrize(("name", "expected"), [("car-1.jpg", False), ("car-1.out.png", True), ("car-2.out.png", True)])
def test_a_street_is_not_and_a_car_cut_out_of_it_is(name, expected):
    assert read_familiar().is_familiar(seen(REPOSITORY / "app" / "photos" / name)) is expected


def test_noise_and_darkness_are_not():
    rng = np.random.default_rng(0)
    assert not read_familiar().is_familiar(rng.integers(0, 256, (128, 128), dtype=np.uint8))
    assert not read_familiar().is_familiar(np.zeros((128, 128), np.uint8))


def test_the_limit_is_what_nearly_all_held_out_pictures_keep():
    rng = np.random.default_rng(1)
    plane = rng.normal(size=(3, 32 * 32)) * 10

    def draw(count, noise):
        flat = 128 + rng.normal(size=(count, 3)) @ plane + rng.normal(size=(count, 1024)) * noise
        return np.clip(flat, 0, 255).astype(np.uint8).reshape(count, 32, 32)

    familiar = fit_familiar(draw(200, 2), draw(300, 2))
    assert sum(familiar.is_familiar(picture) for picture in draw(300, 2)) > 285
    assert not any(familiar.is_familiar(picture) for picture in draw(20, 30))
    assert familiar.distance(np.asarray(Image.new("L", (64, 64), 128))) < 60
