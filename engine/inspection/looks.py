"""One look at the pixels of every chip: whether it can be read, what it resembles, how much of it is void.

A chip's print is 64 bits: on a grid of 8 rows and 9 columns, whether each cell is darker than the one to its right.
Chips that look alike differ in few bits.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from ..errors import SampleFolderError
from ..job import Job
from ..samples.samples import ChipSample, read_chip
from .subject import Subject

_THREADS = 4
_AHEAD = 16
_ROWS, _COLS = 8, 9
_PICKS = 24
"""Pixels of a chip that take part in the stretch of the pictures."""
_PICKED_CHIPS = 4000
FLATTEST = 0.02
"""Contrast, as a share of the brightness, below which a print says nothing: water, snow, void."""


@dataclass(frozen=True)
class Look:
    """What one chip looks like.

    Attributes:
        digest: Of its pixels; equal pixels have equal digests.
        print: Its print.
        level: Mean of its valid pixels.
        contrast: Deviation of the cells of the print, as a share of the level.
        void: Share of the pixels that are 0 in every band.
        picks: (k, bands) float32, some of its valid pixels.
    """

    digest: bytes
    print: int
    level: float
    contrast: float
    void: float
    picks: np.ndarray


@dataclass(frozen=True)
class Looks:
    """What all chips look like.

    Attributes:
        looks: One a chip; None where it cannot be read.
        broken: Chip and sentence of those that cannot be read.
    """

    looks: list[Look | None]
    broken: list[tuple[int, str]]

    def void(self) -> np.ndarray:
        """Return the share of void pixels of each chip, (chips,) float64; 1 where it cannot be read."""
        return np.array([1.0 if look is None else look.void for look in self.looks])


def look_at(subject: Subject, job: Job, span: tuple[float, float]) -> Looks:
    """Read every chip once, several at a time.

    Args:
        subject: The training data.
        job: Progress, and a check at each chip.
        span: Progress before and after, 0..1.
    """
    step = -(-len(subject) // _PICKED_CHIPS)
    looks: list[Look | None] = []
    broken = []
    answers = job.track(_answers(subject, step), "Looking at the chips", len(subject), *span)
    for number, answer in enumerate(answers):
        if isinstance(answer, str):
            broken.append((number, answer))
        looks.append(None if isinstance(answer, str) else answer)
    return Looks(looks, broken)


def _answers(subject: Subject, step: int) -> Iterator[Look | str]:
    """Yield what each chip looks like, or the sentence that says why it cannot be read, in order."""
    waiting: deque[Future[Look | str]] = deque()
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="looks") as threads:
        try:
            for number, sample in enumerate(subject.samples.samples):
                waiting.append(threads.submit(_looked, sample, _PICKS if number % step == 0 else 0))
                if len(waiting) > _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _looked(sample: ChipSample, picks: int) -> Look | str:
    """Return what a chip looks like, or why it cannot be read."""
    try:
        pixels = read_chip(sample)
    except SampleFolderError as error:
        return str(error)
    digest = hashlib.blake2b(repr(pixels.shape).encode() + pixels.tobytes(), digest_size=16).digest()
    filled = pixels.any(axis=0)
    void = 1.0 - float(filled.mean())
    cells = _cells(pixels)
    level = float(cells.mean())
    contrast = float(cells.std()) / max(abs(level), 1e-9)
    bits = np.packbits(cells[:, 1:] > cells[:, :-1]).tobytes()
    places = np.flatnonzero(filled)
    chosen = places[np.linspace(0, len(places) - 1, picks).astype(np.int64)] if picks and len(places) else places[:0]
    picked = pixels.reshape(len(pixels), -1)[:, chosen].T.astype(np.float32)
    return Look(digest, int.from_bytes(bits, "big"), level, contrast, void, picked)


def _cells(pixels: np.ndarray) -> np.ndarray:
    """Return the means of the cells of the print's grid over all bands, (8, 9) float64."""
    rows, cols = pixels.shape[1:]
    high, wide = max(1, rows // _ROWS), max(1, cols // _COLS)
    row = np.minimum(np.arange(_ROWS * high), rows - 1)
    col = np.minimum(np.arange(_COLS * wide), cols - 1)
    whole = rows >= _ROWS and cols >= _COLS
    part = pixels[:, : _ROWS * high, : _COLS * wide] if whole else pixels[:, row][:, :, col]
    lines = part.sum(axis=0, dtype=np.float64).reshape(_ROWS, high, _COLS, wide)
    return np.asarray(lines.mean(axis=(1, 3)) / len(pixels))
