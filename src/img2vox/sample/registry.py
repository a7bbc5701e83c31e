"""Which function draws which category, and the shapes by number."""

from collections.abc import Callable

import numpy as np

from img2vox.catalog import BY_SLUG
from img2vox.sample.shape import MATERIALS_NAME, Draw, Shape, to_mtl, to_obj
from img2vox.sample.shapes.airplane import airplane
from img2vox.sample.shapes.bag import bag
from img2vox.sample.shapes.basket import basket
from img2vox.sample.shapes.bathtub import bathtub
from img2vox.sample.shapes.bed import bed
from img2vox.sample.shapes.bench import bench
from img2vox.sample.shapes.birdhouse import birdhouse
from img2vox.sample.shapes.bus import bus
from img2vox.sample.shapes.camera import camera
from img2vox.sample.shapes.can import can
from img2vox.sample.shapes.cap import cap
from img2vox.sample.shapes.clock import clock
from img2vox.sample.shapes.dishwasher import dishwasher
from img2vox.sample.shapes.display import display
from img2vox.sample.shapes.earphone import earphone
from img2vox.sample.shapes.faucet import faucet
from img2vox.sample.shapes.file_cabinet import file_cabinet
from img2vox.sample.shapes.flowerpot import flowerpot
from img2vox.sample.shapes.guitar import guitar
from img2vox.sample.shapes.helmet import helmet
from img2vox.sample.shapes.keyboard import keyboard
from img2vox.sample.shapes.laptop import laptop
from img2vox.sample.shapes.loudspeaker import loudspeaker
from img2vox.sample.shapes.mailbox import mailbox
from img2vox.sample.shapes.microphone import microphone
from img2vox.sample.shapes.microwaves import microwaves
from img2vox.sample.shapes.motorbike import motorbike
from img2vox.sample.shapes.mug import mug
from img2vox.sample.shapes.phone import phone
from img2vox.sample.shapes.piano import piano
from img2vox.sample.shapes.pillow import pillow
from img2vox.sample.shapes.pistol import pistol
from img2vox.sample.shapes.printer import printer
from img2vox.sample.shapes.remote import remote
from img2vox.sample.shapes.rifle import rifle
from img2vox.sample.shapes.rocket import rocket
from img2vox.sample.shapes.skateboard import skateboard
from img2vox.sample.shapes.stove import stove
from img2vox.sample.shapes.telephone import telephone
from img2vox.sample.shapes.tower import tower
from img2vox.sample.shapes.trash_bin import trash_bin
from img2vox.sample.shapes.washer import washer
from img2vox.sample.shapes.watercraft import watercraft

SHAPE_SEED = 20240501

# Categories that have real objects enough have no function here.
SHAPES: dict[str, Callable[[Draw], Shape]] = {
    draw_shape.__name__: draw_shape
    for draw_shape in (
        airplane,
        bag,
        basket,
        bathtub,
        bed,
        bench,
        birdhouse,
        bus,
        camera,
        can,
        cap,
        clock,
        dishwasher,
        display,
        earphone,
        faucet,
        file_cabinet,
        flowerpot,
        guitar,
        helmet,
        keyboard,
        laptop,
        loudspeaker,
        mailbox,
        microphone,
        microwaves,
        motorbike,
        mug,
        phone,
        piano,
        pillow,
        pistol,
        printer,
        remote,
        rifle,
        rocket,
        skateboard,
        stove,
        telephone,
        tower,
        trash_bin,
        washer,
        watercraft,
    )
}


def generate(slug: str, index: int) -> Shape:
    """A shape of a category.

    Args:
        slug: a key of SHAPES.
        index: number of the shape, from 0; the same number gives the same shape, always.
    """
    rng = np.random.default_rng([SHAPE_SEED, int(BY_SLUG[slug].synset), index])
    return SHAPES[slug](Draw(rng, index))


def parametric_entries(slug: str, count: int) -> dict[str, bytes]:
    """The files of a category's first `count` shapes, by their paths inside its archive, sorted.

    Paths are <synset>/parametric--<slug>-<number>/models/model_normalized.obj and .mtl, numbers from 01 on.
    """
    entries = {}
    for index in range(count):
        shape = generate(slug, index)
        folder = f"{BY_SLUG[slug].synset}/parametric--{slug}-{index + 1:02d}/models"
        entries[f"{folder}/{MATERIALS_NAME}"] = to_mtl(shape)
        entries[f"{folder}/model_normalized.obj"] = to_obj(shape)
    return entries
