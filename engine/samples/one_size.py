"""Bringing chips of varying size to one: each is squeezed when it is read, with the frame of its object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..job import Job
from .samples import ChipSample, LabelSample

STEP, LARGEST = 32, 512
"""The size is a multiple of the one and at most the other where no statistics name it."""


def of_one_size(
    samples: Sequence[ChipSample], statistics: Mapping[str, Any], emd: Mapping[str, Any], job: Job
) -> list[ChipSample]:
    """Return samples whose chips are read in one size.

    It is that of the chips when they are alike; else the tile size of the statistics; else the median of the chips.

    Args:
        samples: With the shape of each chip.
        statistics: Esri's statistics of the folder, empty without.
        emd: Template of the folder, empty without.
        job: Told the size when it is not that of all chips.
    """
    sizes = np.array([sample.shape[1:] for sample in samples if sample.shape is not None], np.int64).reshape(-1, 2)
    low, high = sizes.min(axis=0), sizes.max(axis=0)
    same = bool((low == high).all())
    if same and str(emd.get("CropTileMode", "")).casefold() != "variable_size":
        return list(samples)
    rows, cols = _asked_for(statistics) or _median(sizes)
    if not same or (rows, cols) != tuple(low):
        job.message(
            f"the chips have {low[1]} x {low[0]} to {high[1]} x {high[0]} pixels: all are squeezed to {cols} x {rows}"
        )
    return [_squeezed(sample, rows, cols) for sample in samples]


def _asked_for(statistics: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return rows and columns of a tile as the statistics say, None when they do not."""
    try:
        rows, cols = int(statistics["TileSizeY"]), int(statistics["TileSizeX"])
    except (KeyError, TypeError, ValueError):
        return None
    return (rows, cols) if rows > 0 and cols > 0 else None


def _median(sizes: np.ndarray) -> tuple[int, int]:
    """Return the median rows and columns of chips, rounded."""
    steps = np.round(np.median(sizes, axis=0) / STEP).astype(int)
    rows, cols = np.clip(steps * STEP, STEP, LARGEST).tolist()
    return rows, cols


def _squeezed(sample: ChipSample, rows: int, cols: int) -> ChipSample:
    """Return a sample whose chip is read in a size."""
    if sample.shape is None or sample.shape[1:] == (rows, cols) or not isinstance(sample, LabelSample):
        return sample
    bands, height, width = sample.shape
    scale = np.array([cols / width, rows / height] * 2, np.float32)
    return replace(sample, box=None if sample.box is None else sample.box * scale, shape=(bands, rows, cols))
