"""Files that people send, good and bad, made in memory."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

from img2vox.upload import Limits

LIMITS = Limits(size_bytes=1 << 20, pixels=4_000_000)


def encode(picture, format="PNG", **options):
    stream = io.BytesIO()
    picture.save(stream, format, **options)
    return stream.getvalue()


def corner(size=64):
    """(size, size, 3): a bright corner piece on dark, no symmetry: a long arm to the right, a short one up."""
    pixels = np.full((size, size, 3), 30, np.uint8)
    pixels[size // 2 : size // 2 + 8, 8 : size - 8] = (220, 200, 180)
    pixels[size // 4 : size // 2, 8:16] = (220, 200, 180)
    return pixels


def bomb(width=60_000, height=60_000):
    """A PNG of few bytes that claims gigapixels."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def animated(format):
    frames = [Image.fromarray(np.roll(corner(), shift, axis=1)) for shift in (0, 5, 9)]
    return encode(frames[0], format, save_all=True, append_images=frames[1:])


def wrong_files():
    """Name -> bytes and the sentence's middle."""
    good = encode(Image.fromarray(corner()))
    noise = np.random.default_rng(0).integers(0, 256, (700, 700, 3), dtype=np.uint8)
    transparent = Image.new("RGBA", (64, 64), (9, 9, 9, 0))
    return {
        "empty.png": (b"", r"is empty \(0 bytes\)"),
        "text.png": (b"this is no picture at all" * 10, "is no PNG, JPG or WebP picture"),
        "page.jpg": (b"<html><script>alert(1)</script></html>", "is no PNG, JPG or WebP picture"),
        "drawing.svg": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "is no PNG, JPG or WebP picture"),
        "picture.gif": (animated("GIF"), "is no PNG, JPG or WebP picture"),
        "cut.png": (good[: len(good) // 2], "is cut short or damaged"),
        "cut.jpg": (encode(Image.fromarray(noise), "JPEG")[:3000], "is cut short or damaged"),
        "large.png": (encode(Image.fromarray(noise), compress_level=0), r"has 1\.4 MB, more than 1 MB"),
        "bomb.png": (bomb(), "claims more pixels than the 4,000,000 allowed"),
        "wide.png": (encode(Image.new("L", (5000, 1000))), r"is 5000 x 1000 pixels, more than 4,000,000"),
        "animated.webp": (animated("WEBP"), r"is animated \(3 frames\)"),
        "animated.png": (animated("PNG"), r"is animated \(3 frames\)"),
        "zero.png": (bomb(0, 7), "is no PNG, JPG or WebP picture|is 0 x 7 pixels"),
        "blank.png": (encode(Image.new("RGB", (64, 64), "white")), "is blank, one gray all over"),
        "clear.png": (encode(transparent), "is transparent all over"),
    }
