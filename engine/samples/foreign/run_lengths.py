"""Run lengths of masks as COCO writes them: pixels column by column, runs of 0 and 1 in turn, 0 first.

Compressed run lengths are a text: six bits a character from ``0`` on, five of them digits of a number and one that more
follow; from the fourth number on each is the difference from the one before the last.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_FIRST = 48
_DIGIT, _MORE, _SIGN = 0x1F, 0x20, 0x10
_LONGEST = 60
"""Bits of a number beyond which no mask has as many pixels."""


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
            if shift > _LONGEST:
                raise ValueError("a number is too long")
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
    lengths = _checked(runs, rows, cols)
    values = np.arange(len(lengths)) % 2 == 1
    return np.repeat(values, lengths).reshape(cols, rows).T


def frame_of(runs: Sequence[int], rows: int, cols: int) -> list[float]:
    """Return ``col_min, row_min, col_max, row_max`` of the pixels in some run lengths, all 0 without any.

    Raises:
        ValueError: They do not add up to the pixels of the mask.
    """
    lengths = _checked(runs, rows, cols)
    ends = np.cumsum(lengths)[1::2]
    first, last = ends - lengths[1::2], ends - 1
    first, last = first[last >= first], last[last >= first]
    if not len(first):
        return [0.0] * 4
    over = first // rows != last // rows  # such a run holds the end of a column and the beginning of the next
    top, bottom = np.where(over, 0, first % rows), np.where(over, rows - 1, last % rows)
    return [float(first[0] // rows), float(top.min()), float(last[-1] // rows + 1), float(bottom.max() + 1)]


def _checked(runs: Sequence[int], rows: int, cols: int) -> np.ndarray:
    """Return run lengths as (n,) int64."""
    if any(run < 0 for run in runs):
        raise ValueError("a run is negative")
    if (total := sum(runs)) != rows * cols:
        many = str(total) if total < 2**63 else "far too many"
        raise ValueError(f"the runs hold {many} pixels and the image has {rows * cols}")
    return np.asarray(runs, np.int64)
