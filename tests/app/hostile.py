"""Files and calls that nobody sends by mistake; seeded, so that one that hurts can be sent again."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

from tests.upload.pictures import animated, bomb, corner, encode

NAMES = (
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "/etc/passwd",
    "a" * 300 + ".png",
    "picture.png\x00.jpg",
    "nul.png",
    "-rf.png",
    "$(touch owned).png",
    "<img src=x onerror=alert(1)>.png",
    "\u202egnp.exe",
    ".htaccess",
    "ü ß 日本.png",
    "",
)


def uploads(count, seed=1):
    """(name, bytes) of that many files: damaged and spliced pictures, bombs, polyglots, noise."""
    rng = np.random.default_rng(seed)
    good = [encode(Image.fromarray(corner()), format) for format in ("PNG", "JPEG", "WEBP")]
    good += [animated("PNG"), animated("WEBP"), bomb(), text_bomb(), exif_bomb()]
    made = []
    for number in range(count):
        data = bytearray(good[rng.integers(len(good))])
        kind = number % 6
        if kind == 0:  # bytes changed
            for place in rng.integers(0, len(data), rng.integers(1, 30)):
                data[place] = rng.integers(256)
        elif kind == 1:  # cut
            del data[rng.integers(1, len(data)) :]
        elif kind == 2:  # spliced
            other = good[rng.integers(len(good))]
            data[rng.integers(len(data)) :] = other[rng.integers(len(other)) :]
        elif kind == 3:  # polyglot: a script, an archive or a page before or behind a picture
            tail = [b"<script>alert(1)</script>", b"PK\x03\x04" + bytes(50), b"#!/bin/sh\ntouch owned\n", b"GIF89a"]
            extra = tail[rng.integers(len(tail))]
            data = data + extra if rng.integers(2) else bytearray(extra) + data
        elif kind == 4:  # header claims
            data = bytearray(bomb(int(rng.integers(0, 2**31)), int(rng.integers(0, 2**31))))
        else:
            data = bytearray(rng.bytes(int(rng.integers(0, 3000))))
        made.append((NAMES[number % len(NAMES)] or f"{number}.png", bytes(data)))
    return made


def text_bomb():
    """A PNG whose compressed text unpacks to 64 MB."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    small = encode(Image.fromarray(corner()))
    text = chunk(b"zTXt", b"comment\x00\x00" + zlib.compress(bytes(64 << 20), 9))
    return small[:33] + text + small[33:]


def exif_bomb():
    """A JPEG whose EXIF block points outside of itself."""
    stream = io.BytesIO()
    exif = (
        b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x7f\xff\xff\xff\x7f\xff\xff\xff\xff\xff\xff\xff"
    )
    Image.fromarray(corner()).save(stream, "JPEG", exif=exif)
    return stream.getvalue()


FILE = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}
# In place of any argument.
VALUES = (
    None,
    FILE,
    {"path": "../../../etc/hosts", "url": "file:///etc/hosts", "meta": {"_type": "gradio.FileData"}},
    {"path": "http://127.0.0.1:1/x.png", "url": "http://127.0.0.1:1/x.png", "meta": {"_type": "gradio.FileData"}},
    {"path": "x.png", "url": "data:image/png;base64,AAAA", "meta": {"_type": "gradio.FileData"}},
    {"path": None, "meta": {"_type": "gradio.FileData"}},
    {"path": ["a"]},
    [FILE] * 100,
    "../../../../etc/passwd",
    "chair'; DROP TABLE runs;--",
    "x" * 100_000,
    [[1] * 1000] * 200,
    {"a": {"b": [None]}},
    -1,
    1e308,
    True,
    "1e999",
)
_PREDICT = [None, "any", 0, "blocks", "plain", True, True]
_ZIP = [None, "any", "obj", "blocks"]


def calls():
    """(endpoint, arguments) that are none: every argument of /predict and /zip replaced in turn, too few, too many."""
    for name, good in (("predict", _PREDICT), ("zip", _ZIP), ("models", [])):
        for place in range(len(good)):
            for value in VALUES:
                yield name, [*good[:place], value, *good[place + 1 :]]
        for none in ([], [None], [None] * 50, {"picture": None}, "text", None, 5):
            yield name, none
    yield "answer_picture", [FILE, "any", True, True, "blocks", "plain"]  # the page's own, hidden from programs


def page_calls(config):
    """(event, arguments) as the page sends them, all of one kind, to every event that the page has."""
    for event in config["dependencies"]:
        for value in VALUES:
            yield event["id"], [value] * len(event["inputs"])
