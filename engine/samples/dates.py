"""Training data as a network looks at it: one date, or the chips of all dates in one."""

from __future__ import annotations

from dataclasses import replace

import rasterio

from ..errors import ParameterError, SampleFolderError
from ..job import Job
from ..raster.bands import alpha_band
from .folder import SampleSet
from .samples import MaskSample, PairSample, quick_open


def of_dates(samples: SampleSet, dates: int, name: str, job: Job) -> SampleSet:
    """Return training data with as many dates in a chip as a network looks at together.

    Args:
        samples: The training data as it was read.
        dates: 1, or 2 for pairs of chips.
        name: What the network is called, for messages.
        job: Told when second chips are not looked at.

    Raises:
        ParameterError: There are no second chips and the network needs them.
        SampleFolderError: The second chips have other bands than the first ones.
    """
    if dates == 1:
        if samples.paired:
            job.message(f"the chips have a second date (images2), and {name} learns from the first one only")
        return samples
    if not samples.paired:
        raise ParameterError(
            f"{name} learns from pairs of chips and {samples.folders[0]} has chips of one date: export it with a "
            "second raster (in_raster2), or choose another model type"
        )
    _check_bands(samples)
    rows, cols = samples.tile_rows, samples.tile_cols
    shape = (dates * samples.bands, rows, cols)
    joined = [
        PairSample(each.image, each.label, each.values, each.counts, each.image2, each.moved, shape=shape)
        for each in samples.samples
        if isinstance(each, MaskSample)
    ]
    return replace(samples, samples=joined, bands=shape[0], band_names=samples.band_names * dates, dates=dates)


def _check_bands(samples: SampleSet) -> None:
    """Refuse second chips with other bands now; the pixels of the others are looked at when they are read."""
    first = samples.samples[0]
    path = first.image2 if isinstance(first, MaskSample) else None
    with quick_open(), rasterio.open(path) as chip:
        bands = 3 if chip.count == 1 and samples.bands == 3 else chip.count - bool(alpha_band(chip))
    if bands != samples.bands:
        raise SampleFolderError(
            f"the second chips of {samples.folders[0]} have {bands} bands and the first ones {samples.bands}: export "
            "both dates with the same bands"
        )
