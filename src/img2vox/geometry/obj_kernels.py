"""The OBJ reader's compiled half: bytes to arrays, in two passes.

The first pass (count_statements) tells how much room is needed, the second (parse_statements) fills it. Both walk
over the text in the same steps, and both want it to end with two line ends: every loop stops at one, so none has to
ask for the end of the text.

All kernels of the reader stand in this one file: Numba's cache does not notice a change in an imported one.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Text = NDArray[np.uint8]

_LF, _CR, _SPACE, _HASH, _PLUS, _MINUS, _DOT, _SLASH, _ZERO, _BACKSLASH = (ord(c) for c in "\n\r #+-./0\\")
_LOWER_E, _UPPER_E, _LOWER_F, _LOWER_V = (ord(c) for c in "eEfv")
_USEMTL = np.frombuffer(b"usemtl", dtype=np.uint8)
_MTLLIB = np.frombuffer(b"mtllib", dtype=np.uint8)

# Kinds of statements; everything that is not needed for triangles and their materials is OTHER.
OTHER, VERTEX, FACE, MATERIAL, LIBRARY = range(5)
# What _number says about its value.
_EXACT, _ROUND_IN_PYTHON = 0, 1
# Corners that name no vertex; real ones are >= 0.
_NO_VERTEX = -1

# 19 decimal digits always fit 64 bits. 10**22 is the largest power of ten that float64 holds exactly.
_MAX_DIGITS = 19
_MAX_POWER = 22
_POWERS = np.array([float(10**power) for power in range(_MAX_POWER + 1)])
_EXACT_INTEGERS = np.uint64(2**53)
# Veltkamp's constant splits a float64 into two halves of 26 bits whose products are exact.
_SPLITTER = float(2**27 + 1)
# Far above the true error of the sum in _scaled, 2**-104 or so of the value.
_DOUBT = 2.0**-98
_MAX_EXPONENT = 10**6


@njit(cache=True, nogil=True, error_model="numpy")
def count_statements(text: Text) -> tuple[int, int, int]:
    """Room that parse_statements needs.

    Args:
        text: (N,) uint8 that ends with two line ends.

    Returns:
        Number of vertices, of triangles when every face can be kept, and of material and library statements.
    """
    vertices, triangles, names = 0, 0, 0
    at = 0
    while at < text.size:
        at = _skip_blanks(text, at)
        kind = _kind(text, at)
        if kind == VERTEX:
            vertices += 1
        elif kind == FACE:
            corners, at = _count_corners(text, at + 1)
            triangles += max(corners - 2, 0)
        elif kind != OTHER:
            names += 1
        at = _skip_line(text, at)
    return vertices, triangles, names


@njit(cache=True, nogil=True, error_model="numpy")
def parse_statements(
    text: Text,
    vertices: NDArray[np.float64],
    unrounded: NDArray[np.bool_],
    faces: NDArray[np.int64],
    face_names: NDArray[np.int64],
    names: NDArray[np.int64],
) -> tuple[int, int, int]:
    """Fill the arrays that count_statements measured.

    Args:
        text: (N,) uint8, as in count_statements.
        vertices: (V, 3) float64, filled in the file's order. What is missing or no number becomes NaN.
        unrounded: (V, 3) bool, False; becomes True where a number needs more care than is taken here: the vertex then
            holds the number's place in the text instead.
        faces: (F, 3) int64, filled with triangles, corners from 0; polygons become fans around their first corner.
        face_names: (F,) int64, row of the material statement that a triangle comes under, -1 before the first.
        names: (S, 3) int64, filled with kind (MATERIAL or LIBRARY), first place and end of each argument.

    Returns:
        Triangles filled in, faces left out (fewer than three corners, or a corner that names no vertex), numbers that
        are marked in unrounded.
    """
    vertex, triangle, name = 0, 0, 0
    left_out, marked, material = 0, 0, -1
    at = 0
    while at < text.size:
        at = _skip_blanks(text, at)
        kind = _kind(text, at)
        if kind == VERTEX:
            at += 1
            for axis in range(3):
                at = _skip_blanks(text, at)
                value, state, end = _number(text, at)
                if state == _ROUND_IN_PYTHON:
                    unrounded[vertex, axis] = True
                    marked += 1
                    value = float(at)
                vertices[vertex, axis] = value
                at = end
            vertex += 1
        elif kind == FACE:
            kept, at = _face(text, at + 1, vertex, len(vertices), faces, triangle)
            for row in range(triangle, triangle + kept):
                face_names[row] = material
            triangle += kept
            left_out += kept == 0
        elif kind != OTHER:
            if kind == MATERIAL:
                material = name
            names[name, 0] = kind
            names[name, 1] = _skip_blanks(text, at + len(_USEMTL))
            at = names[name, 1]
            while not _is_line_end(text[at]):
                at += 1
            names[name, 2] = at
            name += 1
        at = _skip_line(text, at)
    return triangle, left_out, marked


@njit(cache=True, nogil=True, error_model="numpy")
def _is_line_end(char: int) -> bool:
    return char in (_LF, _CR)


@njit(cache=True, nogil=True, error_model="numpy")
def _ends_word(char: int) -> bool:
    return char <= _SPACE or char == _BACKSLASH


@njit(cache=True, nogil=True, error_model="numpy")
def _skip_blanks(text: Text, at: int) -> int:
    """Next place that is neither blank nor a line continuation; a line end at the latest."""
    while True:
        char = text[at]
        if char == _BACKSLASH:
            at += 1
            if text[at] == _CR:
                at += 1
            if text[at] == _LF and at < text.size - 1:  # the last line end of all stays
                at += 1
        elif char <= _SPACE and not _is_line_end(char):
            at += 1
        else:
            return at


@njit(cache=True, nogil=True, error_model="numpy")
def _skip_word(text: Text, at: int) -> int:
    while not _ends_word(text[at]):
        at += 1
    return at


@njit(cache=True, nogil=True, error_model="numpy")
def _skip_line(text: Text, at: int) -> int:
    """First place after the next line end."""
    while not _is_line_end(text[at]):
        at += 1
    return at + 1


@njit(cache=True, nogil=True, error_model="numpy")
def _kind(text: Text, at: int) -> int:
    """What kind of statement starts here."""
    char = text[at]
    if char == _LOWER_V:
        return VERTEX if _ends_word(text[at + 1]) else OTHER
    if char == _LOWER_F:
        return FACE if _ends_word(text[at + 1]) else OTHER
    if _is_word(text, at, _USEMTL):
        return MATERIAL
    if _is_word(text, at, _MTLLIB):
        return LIBRARY
    return OTHER


@njit(cache=True, nogil=True, error_model="numpy")
def _is_word(text: Text, at: int, word: Text) -> bool:
    for index in range(len(word)):
        if text[at + index] != word[index]:
            return False
    return bool(_ends_word(text[at + len(word)]))


@njit(cache=True, nogil=True, error_model="numpy")
def _count_corners(text: Text, at: int) -> tuple[int, int]:
    corners = 0
    while True:
        at = _skip_blanks(text, at)
        if _is_line_end(text[at]) or text[at] == _HASH:
            return corners, at
        corners += 1
        at = _skip_word(text, at)


@njit(cache=True, nogil=True, error_model="numpy")
def _face(text: Text, at: int, before: int, total: int, faces: NDArray[np.int64], row: int) -> tuple[int, int]:
    """Write a face's triangles to faces[row:]; none when one corner names no vertex.

    Args:
        text: the text.
        at: place after the keyword.
        before: vertices that stand before this face; negative corners count back from there.
        total: vertices of the whole text.
        faces: (F, 3) int64.
        row: first free row.

    Returns:
        Triangles written, and the place where the face ends.
    """
    corners, first, last = 0, 0, 0
    whole = True
    while True:
        at = _skip_blanks(text, at)
        if _is_line_end(text[at]) or text[at] == _HASH:
            return (corners - 2 if whole and corners > 2 else 0), at
        corner, at = _corner(text, at)
        corner = corner - 1 if corner > 0 else before + corner if corner < 0 else _NO_VERTEX
        whole = whole and 0 <= corner < total
        if corners == 0:
            first = corner
        elif corners > 1:
            faces[row + corners - 2, 0] = first
            faces[row + corners - 2, 1] = last
            faces[row + corners - 2, 2] = corner
        last = corner
        corners += 1


@njit(cache=True, nogil=True, error_model="numpy")
def _corner(text: Text, at: int) -> tuple[int, int]:
    """The vertex of a corner as the file counts, 0 when there is none, and the place after the whole corner."""
    negative = text[at] == _MINUS
    if negative or text[at] == _PLUS:
        at += 1
    index, digits = 0, 0
    while True:
        digit = text[at] - _ZERO
        if digit < 0 or digit > 9:
            break
        if digits < _MAX_DIGITS - 1:  # no text has more vertices than that
            index = index * 10 + digit
        else:
            index = 0
            break
        digits += index > 0
        at += 1
    if text[at] != _SLASH and not _ends_word(text[at]):
        index = 0
    return (-index if negative else index), _skip_word(text, at)


@njit(cache=True, nogil=True, error_model="numpy")
def _number(text: Text, at: int) -> tuple[float, int, int]:
    """A decimal number, rounded to the nearest float64.

    Returns:
        Its value, NaN where no number stands; whether it is the exactly rounded one; the place after the word.
    """
    start = at
    negative = text[at] == _MINUS
    if negative or text[at] == _PLUS:
        at += 1
    mantissa = np.uint64(0)
    seen, digits, power = 0, 0, 0
    exact, fraction = True, False
    while True:
        char = text[at]
        digit = char - _ZERO
        if 0 <= digit <= 9:
            seen += 1
            if digits < _MAX_DIGITS:
                mantissa = mantissa * np.uint64(10) + np.uint64(digit)
                digits += int(mantissa > 0)
                power -= fraction
            else:
                exact = exact and digit == 0
                power += not fraction
        elif char == _DOT and not fraction:
            fraction = True
        else:
            break
        at += 1
    if seen > 0 and (text[at] == _LOWER_E or text[at] == _UPPER_E):
        exponent, at = _exponent(text, at + 1)
        power += exponent
    if seen == 0 or not _ends_word(text[at]):
        return np.nan, _EXACT, _skip_word(text, start)
    if mantissa == 0:
        return (-0.0 if negative else 0.0), _EXACT, at
    if not exact or power < -_MAX_POWER or power > _MAX_POWER:
        return 0.0, _ROUND_IN_PYTHON, at
    value = _scaled(mantissa, power)
    if value == 0.0:
        return 0.0, _ROUND_IN_PYTHON, at
    return (-value if negative else value), _EXACT, at


@njit(cache=True, nogil=True, error_model="numpy")
def _exponent(text: Text, at: int) -> tuple[int, int]:
    """The exponent after an e, and the place after it; that of the e itself when there are no digits."""
    e = at - 1
    negative = text[at] == _MINUS
    if negative or text[at] == _PLUS:
        at += 1
    value, seen = 0, 0
    while 0 <= text[at] - _ZERO <= 9:
        value = min(value * 10 + text[at] - _ZERO, _MAX_EXPONENT)
        seen += 1
        at += 1
    return (-value if negative else value), (at if seen > 0 else e)


@njit(cache=True, nogil=True, error_model="numpy")
def _scaled(mantissa: np.uint64, power: int) -> float:
    """mantissa * 10**power, correctly rounded, or 0 where this cannot tell.

    Small mantissas and |power| <= 22 take one rounding of exact operands (W. D. Clinger, How to read floating point
    numbers accurately, 1990). Others are computed as a sum of two floats (T. J. Dekker, A floating-point technique for
    extending the available precision, 1971) and accepted when the sum rounds to the same float from above and below
    (A. Ziv's test). Random mantissas hardly ever fail it; exact ties always do.
    """
    factor: float = _POWERS[abs(power)]
    high: float = np.float64(mantissa)
    if mantissa <= _EXACT_INTEGERS:
        return high / factor if power < 0 else high * factor
    if power >= 0:
        return 0.0  # beyond 2**53: too rare among coordinates for code of its own
    # What rounding took away. 2**64 itself does not fit, but 19 digits stay below it.
    low: float = np.float64(np.int64(mantissa - np.uint64(high)))
    value = high / factor
    product, rest = _exact_product(value, factor)
    low = ((high - product) - rest + low) / factor
    doubt = value * _DOUBT
    below, above = value + (low - doubt), value + (low + doubt)
    return below if below == above else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def _exact_product(a: float, b: float) -> tuple[float, float]:
    """a * b as a rounded product and the rest (Dekker 1971)."""
    product = a * b
    spread = _SPLITTER * a
    a_high = spread - (spread - a)
    a_low = a - a_high
    spread = _SPLITTER * b
    b_high = spread - (spread - b)
    b_low = b - b_high
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
