"""The working cell size, proposed from the size of the labelled objects.

Detectors learn best when objects are about 50 pixels across: larger ones waste computing, smaller ones lose detail.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from ..errors import ParameterError
from ..job import Job
from ..raster.reading import RasterSource
from .registry import RunLabels

OBJECT_PIXELS = 50.0
"""Width of an object for which the cell size is proposed."""

_FINEST, _COARSEST = 0.5, 16.0
"""Limits of the proposal, in cell sizes of the raster: finer adds no detail, coarser loses the small objects."""

_NEAR = 1.25
"""A proposal nearer to the raster's own cell size than this factor is not worth resampling."""


def object_size(bounds: np.ndarray) -> float:
    """Return the median size of objects: the root of their box's area; 0 without objects.

    Args:
        bounds: (n, 4) float64 ``left, bottom, right, top`` in map units.
    """
    sizes = np.sqrt((bounds[:, 2] - bounds[:, 0]) * (bounds[:, 3] - bounds[:, 1]))
    sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
    return float(np.median(sizes)) if len(sizes) else 0.0


def propose_cell_size(
    bounds: np.ndarray, cell_size: tuple[float, float], pixels: float = OBJECT_PIXELS
) -> float | None:
    """Propose a cell size at which the labelled objects have the best width in pixels.

    Args:
        bounds: (n, 4) float64 ``left, bottom, right, top`` of the objects in map units.
        cell_size: The raster's own, across and down, in the same units.
        pixels: The best width, which depends on what is learnt.

    Returns:
        A cell size of two digits; None when the raster's own serves as well, or there is no object.
    """
    size = object_size(bounds)
    own = math.sqrt(cell_size[0] * cell_size[1])
    if not size or not own:
        return None
    wanted = min(max(size / pixels, own * _FINEST), own * _COARSEST)
    if 1 / _NEAR <= wanted / own <= _NEAR:
        return None
    digits = 1 - math.floor(math.log10(wanted))
    return round(wanted, digits)


def size_in_words(
    bounds: np.ndarray, own: tuple[float, float], used: tuple[float, float], proposed: float | None
) -> str:
    """Return a sentence on the size of the objects and the cell size, for the user.

    Args:
        bounds: (n, 4) float64 boxes of the objects in map units.
        own: Cell size of the raster.
        used: Cell size of the chips.
        proposed: What ``propose_cell_size`` proposes.
    """
    size = object_size(bounds)
    across = size / math.sqrt(used[0] * used[1])
    text = f"the labelled objects are about {across:.0f} pixels across at the cell size {used[0]:.6g} of the chips"
    best = proposed if proposed is not None else math.sqrt(own[0] * own[1])
    if abs(math.log(best / math.sqrt(used[0] * used[1]))) > 0.05:
        text += f"; {best:.6g} would show them {size / best:.0f} pixels across (cell_size=auto)"
    return text


def wanted_cell_size(
    text: str, first: Callable[[], RasterSource], labels: RunLabels, pixels: float | None, job: Job
) -> float | None:
    """Return the cell size of the chips of a run, None for the rasters' own.

    Args:
        text: What was asked for: a number, ``auto``, or nothing.
        first: Returns the first raster on its own grid.
        labels: The labels.
        pixels: The best width of an object, None when the raster's own cell size is best.
        job: Told when ``auto`` keeps the raster's own.

    Raises:
        ParameterError: It is no positive number.
    """
    text = text.strip().lower()
    if not text:
        return None
    if text != "auto":
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not (math.isfinite(number) and number > 0):
            raise ParameterError(f"cell_size {text!r} is no positive number: give a ground size, or auto")
        return number
    source = first()
    bounds = labels.bounds(source)
    if pixels is None or bounds is None:
        job.message(f"the raster's own cell size {source.cell_size[0]:.6g} is kept, as these labels ask for no other")
        return None
    proposed = propose_cell_size(bounds, source.cell_size, pixels)
    if proposed is None:
        job.message(f"the raster's own cell size {source.cell_size[0]:.6g} suits the labelled objects and is kept")
    return proposed


def tell_size(
    own: tuple[float, float], used: tuple[float, float], bounds: Sequence[np.ndarray], pixels: float | None, job: Job
) -> None:
    """Say how large the labelled objects are in the chips.

    Args:
        own: Cell size of the first raster.
        used: Cell size of its chips.
        bounds: (n, 4) float64 boxes of the objects on each raster in map units.
        pixels: The best width of an object, None when the raster's own cell size is best.
        job: Told.
    """
    if pixels is None or not len(bounds):
        return
    together = np.concatenate(bounds)
    job.message(size_in_words(together, own, used, propose_cell_size(together, own, pixels)))
