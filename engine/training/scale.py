"""How large chips are shown to the network.

A network learns objects of some size best, so chips of small objects are shown enlarged, or chips of large ones
reduced, as the task's rule says, unless the user chose a size. The package stores the same factor (``resize_to`` for a
tile of ``ImageHeight`` x ``ImageWidth`` pixels), so that inference shows tiles as training showed chips.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from ..errors import ParameterError
from ..job import Job
from ..samples.cell_size import OBJECT_PIXELS

SMALLEST_CHANGE = 1.25
"""Chips that would be shown less than this many times larger or smaller are shown as they are."""
LARGEST_VIEW = 1024
"""Chips are not enlarged beyond this many pixels a side."""
STEP = 32
"""Views are multiples of this, which is what networks halve."""
SMALLEST_VIEW = 32
GOOD_VIEW = 128
"""A view below it shows little of what surrounds an object; larger chips help."""


@dataclass(frozen=True)
class ScaleRule:
    """The size at which a task's objects are shown.

    Attributes:
        good: Size in pixels at which the median object is shown.
        lowest: Smallest factor from chip to view.
        highest: Largest factor.
    """

    good: float
    lowest: float
    highest: float


OBJECT_RULE = ScaleRule(good=OBJECT_PIXELS, lowest=1.0, highest=2.0)
"""Of tasks that find objects one by one."""


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


def middle_only(scale: ChipScale) -> ChipScale:
    """Return the sizes where only the middle of a chip is used, as much as a view shows."""
    return ChipScale(scale.tile, scale.view, scale.view, scale.tile)


def choose_scale(
    chip: tuple[int, int], sizes: np.ndarray, chip_size: int | None, resize_to: str, rule: ScaleRule, job: Job
) -> ChipScale:
    """Return how large chips are shown.

    Args:
        chip: Rows and columns of the chips.
        sizes: (n, 2) float, widths and heights of the training objects in chip pixels; empty shows chips as they are.
        chip_size: Side of the part of a chip that is shown, or None for whole chips; in pixels of the resized chip
            when ``resize_to`` is given. A part that the user chose is not reduced.
        resize_to: The size chips are resized to, such as ``384`` or ``384 512``; empty chooses it.
        rule: The size at which objects are shown.
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
    factor, size = factor_of(tile, sizes, rule)
    if factor == 1.0 or (factor < 1.0 and chip_size is not None):
        if tile != chip:
            job.message(f"Parts of {_text(tile)} pixels are cropped from chips of {_text(chip)}")
        return ChipScale(chip, tile, chip, tile)
    view = (_stepped(tile[0] * factor), _stepped(tile[1] * factor))
    whole = (round(chip[0] * view[0] / tile[0]), round(chip[1] * view[1] / tile[1]))
    how = f"{view[0] / tile[0]:.2f} times " + ("enlarged" if factor > 1 else "their size")
    job.message(
        f"Chips are shown {how} ({_text(tile)} to {_text(view)} pixels), because the "
        f"median object is {size:.0f} pixels across and about {rule.good:.0f} is learned best; resize_to changes this"
    )
    if factor < 1 and min(view) < GOOD_VIEW:
        job.warn(
            f"chips of {_text(tile)} pixels show little around objects of {size:.0f} pixels: export them with "
            f"tile_size {_stepped(1.5 * GOOD_VIEW / factor)} for a better model"
        )
    return ChipScale(chip, view, whole, tile)


def factor_of(tile: tuple[int, int], sizes: np.ndarray, rule: ScaleRule) -> tuple[float, float]:
    """Return the factor that shows the median object at a good size, and that object's size in chip pixels."""
    if not len(sizes):
        return 1.0, 0.0
    median = float(np.median(np.sqrt(sizes.prod(axis=1))))
    factor = max(rule.lowest, min(rule.good / max(median, 1.0), rule.highest, LARGEST_VIEW / max(tile)))
    return (factor if max(factor, 1 / factor) >= SMALLEST_CHANGE else 1.0), median


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
