"""Run lengths of masks as COCO writes them: pixels column by column, runs of 0 and 1 in turn, 0 first.

Compressed run lengths are a text: six bits a character from ``0`` on, five of them digits of a number and one that more
follow; from the fourth number on each is the difference from the one before the last.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_FIRST = 48
_DIGIT, _MORE, _SIGN = 0x1F, 0x20, 0x10


def decompressed(text: str) -> list[int]:
    """Return the run lengths in a text.

    Raises:
        ValueError: A character is none of the 64, the last number is cut off, or a run is negative.
    """
    runs: list[int] = []
    place = 0
    while place < len(text):
        number, shift, more = 0, 0, True
        while more:
            if place == len(text):
                raise ValueError("the text ends within a number")
            bits = ord(text[place]) - _FIRST
            if not 0 <= bits < 64:
                raise ValueError(f"the character {text[place]!r} is no digit")
            number |= (bits & _DIGIT) << shift
            more = bool(bits & _MORE)
            shift += 5
            place += 1
            if not more and bits & _SIGN:
                number -= 1 << shift
        runs.append(number + runs[-2] if len(runs) > 2 else number)
    if any(run < 0 for run in runs):
        raise ValueError("a run is negative")
    return runs


def mask_of(runs: Sequence[int], rows: int, cols: int) -> np.ndarray:
    """Return the mask of some run lengths, (rows, cols) bool.

    Raises:
        ValueError: They do not add up to the pixels of the mask.
    """
    lengths = np.asarray(runs, np.int64)
    if len(lengths) and lengths.min() < 0:
        raise ValueError("a run is negative")
    if int(lengths.sum()) != rows * cols:
        raise ValueError(f"the runs hold {int(lengths.sum())} pixels and the image has {rows * cols}")
    values = np.arange(len(lengths)) % 2 == 1
    return np.repeat(values, lengths).reshape(cols, rows).T
