"""How large chips are shown to the network.

A detector learns objects of about fifty pixels best, so chips of small objects are shown enlarged unless the user chose
a size. The package stores the same enlargement (``resize_to`` for a tile of ``ImageHeight`` x ``ImageWidth`` pixels),
so that inference shows tiles as training showed chips.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from ..errors import ParameterError
from ..job import Job

GOOD_SIZE = 50.0
"""Size in pixels at which the median object is shown."""
LARGEST_FACTOR = 2.0
SMALLEST_FACTOR = 1.25
"""Below this factor chips are shown as they are."""
LARGEST_VIEW = 1024
"""Chips are not enlarged beyond this many pixels a side."""
STEP = 32
"""Views are multiples of this, which is what networks halve."""
SMALLEST_VIEW = 32


@dataclass(frozen=True)
class ChipScale:
    """Sizes in pixels, (rows, cols) each.

    Attributes:
        chip: Chips as they lie on disk.
        view: What the network is shown in a training step.
        whole: A whole chip as it is shown in validation.
        tile: Raster pixels that one view shows.
    """

    chip: tuple[int, int]
    view: tuple[int, int]
    whole: tuple[int, int]
    tile: tuple[int, int]

    @property
    def scale(self) -> tuple[float, float]:
        """View pixels per chip pixel, down the rows and along the columns."""
        return self.whole[0] / self.chip[0], self.whole[1] / self.chip[1]

    @property
    def resize_to(self) -> tuple[int, int] | None:
        """Rows and columns to which a tile is resized; None when it is shown as it is."""
        return None if self.view == self.tile else self.view

    @property
    def cropped(self) -> bool:
        """Whether a view shows only part of a chip."""
        return self.view[0] < self.whole[0] or self.view[1] < self.whole[1]


def choose_scale(
    chip: tuple[int, int], sizes: np.ndarray, chip_size: int | None, resize_to: str, job: Job
) -> ChipScale:
    """Return how large chips are shown.

    Args:
        chip: Rows and columns of the chips.
        sizes: (n, 2) float, widths and heights of the training objects in chip pixels.
        chip_size: Side of the part of a chip that is shown, or None for whole chips; in pixels of the resized chip
            when ``resize_to`` is given.
        resize_to: The size chips are resized to, such as ``384`` or ``384 512``; empty chooses it.
        job: Told the choice.

    Raises:
        ParameterError: ``resize_to`` is not a size.
    """
    if resize_to.strip():
        whole = _size(resize_to)
        view = whole if chip_size is None else (min(chip_size, whole[0]), min(chip_size, whole[1]))
        tile = (round(view[0] * chip[0] / whole[0]), round(view[1] * chip[1] / whole[1]))
        job.message(f"Chips of {_text(chip)} pixels are resized to {_text(whole)}; the network is shown {_text(view)}")
        return ChipScale(chip, view, whole, tile)
    tile = chip if chip_size is None else (min(chip_size, chip[0]), min(chip_size, chip[1]))
    factor, size = enlargement(tile, sizes)
    if factor == 1.0:
        if tile != chip:
            job.message(f"Parts of {_text(tile)} pixels are cropped from chips of {_text(chip)}")
        return ChipScale(chip, tile, chip, tile)
    view = (_stepped(tile[0] * factor), _stepped(tile[1] * factor))
    whole = (round(chip[0] * view[0] / tile[0]), round(chip[1] * view[1] / tile[1]))
    job.message(
        f"Chips are shown {view[0] / tile[0]:.2f} times enlarged ({_text(tile)} to {_text(view)} pixels), because the "
        f"median object is {size:.0f} pixels across and about {GOOD_SIZE:.0f} is learned best; resize_to changes this"
    )
    return ChipScale(chip, view, whole, tile)


def enlargement(tile: tuple[int, int], sizes: np.ndarray) -> tuple[float, float]:
    """Return the factor that shows the median object at a good size, and that object's size in chip pixels."""
    if not len(sizes):
        return 1.0, 0.0
    median = float(np.median(np.sqrt(sizes.prod(axis=1))))
    factor = min(GOOD_SIZE / max(median, 1.0), LARGEST_FACTOR, LARGEST_VIEW / max(tile))
    return (factor if factor >= SMALLEST_FACTOR else 1.0), median


def _stepped(size: float) -> int:
    """Return the multiple of the step that lies nearest."""
    return max(STEP, STEP * round(size / STEP))


def _size(text: str) -> tuple[int, int]:
    """Read one or two whole numbers."""
    parts = re.fullmatch(r"[\[(\s]*(\d+)(?:[\s,;x]+(\d+))?[\])\s]*", text.strip(), re.IGNORECASE)
    if parts is None:
        raise ParameterError(
            f"resize_to '{text}' is not a size: give pixels, such as 384, or rows and columns, 384 512"
        )
    rows = int(parts.group(1))
    cols = int(parts.group(2) or rows)
    if not all(SMALLEST_VIEW <= side <= 4096 for side in (rows, cols)):
        raise ParameterError(f"resize_to '{text}' is outside {SMALLEST_VIEW} to 4096 pixels: choose a size within")
    return rows, cols


def _text(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"
