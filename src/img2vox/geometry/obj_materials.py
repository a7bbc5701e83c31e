"""MTL bytes to the gray of each material."""

import math
import re
from collections.abc import Mapping

from img2vox.geometry.mesh import DEFAULT_GRAY, luminance

_BLANKS = re.compile(r"(?<!\\)\s+")
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def to_utf8(data: bytes) -> bytes:
    """A text file without its byte order mark, UTF-16 turned into UTF-8; other encodings stay as they are."""
    if data.startswith(_UTF8_MARK):
        return data[len(_UTF8_MARK) :]
    if data.startswith(_UTF16_MARKS):
        return data.decode("utf-16", errors="replace").encode("utf-8")
    return data


def decode_name(name: bytes) -> str:
    """A name as text: UTF-8, else Latin-1, in which every byte is a character."""
    try:
        return name.decode("utf-8").strip()
    except UnicodeDecodeError:
        return name.decode("latin-1").strip()


def read_grays(data: bytes) -> dict[str, int]:
    """Gray of each material of an MTL file.

    Kd is taken as the linear reflectance that it is by the MTL specification (and in Blender): its Rec. 709 luminance
    times 255, without a transfer curve. `d`, `Tr` and textures are ignored. A material whose Kd is missing, is no
    number, or is given as a spectrum has DEFAULT_GRAY.

    Args:
        data: the file; UTF-8, Latin-1 or UTF-16, any line ends. Lines that make no sense are passed over.

    Returns:
        Gray, 0 to 255, by the material's name. Of two materials of one name the later one counts.
    """
    grays: dict[str, int] = {}
    material = None
    for line in to_utf8(data).splitlines():
        keyword, _, rest = line.strip().replace(b"\t", b" ").partition(b" ")
        if keyword == b"newmtl":
            material = decode_name(rest)
            grays[material] = DEFAULT_GRAY
        elif keyword == b"Kd" and material is not None:
            grays[material] = _gray(rest.split())
    return grays


def find_materials(argument: str, materials: Mapping[str, bytes]) -> list[str]:
    """Base names of the files that an mtllib statement names, as far as they are there.

    Args:
        argument: what stands after `mtllib`: one name, perhaps with blanks in it, or several with blanks between them,
            where a blank that belongs to a name has a backslash in front. Folders are dropped: a name is only looked
            up, never opened.
        materials: MTL files by base name.
    """
    names = [argument] if _base_name(argument) in materials else _BLANKS.split(argument)
    return [base for base in map(_base_name, names) if base in materials]


def _base_name(name: str) -> str:
    return name.replace("\\ ", " ").replace("\\", "/").rpartition("/")[2]


def _gray(words: list[bytes]) -> int:
    """Gray of `Kd r g b`, or `Kd r`, which means three times the same."""
    try:
        red, green, blue = (float(word) for word in (words[:3] if len(words) >= 3 else words[:1] * 3))
    except ValueError:
        return DEFAULT_GRAY
    value = luminance(red, green, blue)
    return round(255 * min(max(value, 0.0), 1.0)) if math.isfinite(value) else DEFAULT_GRAY
