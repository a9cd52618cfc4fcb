"""The training data as training needs it: every chip looked at once, and the statistics of its bands."""

from __future__ import annotations

import collections
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch

from ..errors import SampleFolderError
from ..job import Job
from ..samples.folder import SampleSet
from ..tasks.registry import Labels
from .loaders import CACHE_MOST, CACHE_SHARE, ChipStore
from .memory import free_memory
from .split import Chips

WORKERS = 2


@dataclass(frozen=True)
class BandStatistics:
    """Values of the bands over all training data; of several dates a band has the same ones at each.

    Attributes:
        minimum: (bands,) float64.
        maximum: (bands,) float64.
        mean: (bands,) float64.
        std: (bands,) float64.
    """

    minimum: np.ndarray
    maximum: np.ndarray
    mean: np.ndarray
    std: np.ndarray

    def lists(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return smallest value, largest value, mean and standard deviation."""
        return self.minimum, self.maximum, self.mean, self.std


def look_at_chips(
    samples: SampleSet, labels: Labels, job: Job, span: tuple[float, float], part: tuple[int, int] | None = None
) -> tuple[ChipStore, BandStatistics]:
    """Decode every chip once: broken ones are refused now, not after an hour; what fits stays in memory.

    Args:
        samples: The training data.
        labels: What their labels mean.
        job: Progress, and a check at each chip.
        span: Progress before and after, 0..1.
        part: Rows and columns of the middle of each chip that is used; None for all of it.

    Returns:
        The chips, and the statistics of their bands.

    Raises:
        SampleFolderError: A chip cannot be read or differs from the others in size or bands.
    """
    free = free_memory(torch.device("cpu"))
    budget = CACHE_MOST if free is None else min(CACHE_MOST, int(CACHE_SHARE * free))
    store = ChipStore(samples.samples, labels, budget, samples.dates, part)
    expected = (samples.bands, *(part or (samples.tile_rows, samples.tile_cols)))
    moments = np.zeros((3, samples.bands))
    lowest, highest = np.full(samples.bands, np.inf), np.full(samples.bands, -np.inf)
    count = len(samples.samples)
    described = job.track(_described(store, count), "Reading the chips", count, *span)
    for number, (shape, sums, low, high) in enumerate(described):
        if shape != expected:
            raise SampleFolderError(
                f"{samples.samples[number].image} has {shape[0]} bands of {shape[1]} x {shape[2]} pixels, the others "
                f"{expected[0]} of {expected[1]} x {expected[2]}: all chips must be alike; export them again"
            )
        moments += sums
        lowest, highest = np.fmin(lowest, low), np.fmax(highest, high)
    if samples.dates > 1:  # one statistic for a band at any date: what differs between dates must stay to be seen
        moments = np.tile(moments.reshape(3, samples.dates, -1).sum(axis=1), samples.dates)
        lowest = np.tile(lowest.reshape(samples.dates, -1).min(axis=0), samples.dates)
        highest = np.tile(highest.reshape(samples.dates, -1).max(axis=0), samples.dates)
    pixels = np.maximum(moments[0], 1)
    mean = moments[1] / pixels
    std = np.sqrt(np.maximum(moments[2] / pixels - mean**2, 0.0))
    lowest, highest = np.where(np.isfinite(lowest), lowest, 0.0), np.where(np.isfinite(highest), highest, 0.0)
    return store, BandStatistics(lowest, highest, mean, std)


Description = tuple[tuple[int, ...], np.ndarray, np.ndarray, np.ndarray]


def _described(store: ChipStore, count: int) -> Iterator[Description]:
    """Yield shape, moments (count, sum, sum of squares), smallest and largest values of each chip, in order."""

    def described(number: int) -> Description:
        pixels = store.chip(number)
        values = pixels.reshape(len(pixels), -1)
        if len(values) > 1:
            values = values[:, values.any(axis=0)]  # 0 in every band is no data: it says nothing of the bands
        if np.issubdtype(values.dtype, np.floating):
            finite = np.where(np.isfinite(values), values, np.nan).astype(np.float64)
            known = np.isfinite(finite).sum(axis=1)
            sums = np.stack([known, np.nansum(finite, axis=1), np.nansum(finite**2, axis=1)])
            low, high = np.nanmin(finite, axis=1, initial=np.inf), np.nanmax(finite, axis=1, initial=-np.inf)
            return pixels.shape, sums, low, high
        wide = values.astype(np.float64)
        sums = np.stack([np.full(len(values), values.shape[1]), wide.sum(axis=1), (wide**2).sum(axis=1)])
        return pixels.shape, sums, wide.min(axis=1, initial=np.inf), wide.max(axis=1, initial=-np.inf)

    waiting: collections.deque[Future[Description]] = collections.deque()
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="chips") as pool:
        try:
            for number in range(count):
                waiting.append(pool.submit(described, number))
                if len(waiting) > 4 * WORKERS:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def ground(samples: SampleSet, labels: Labels) -> Chips:
    """Return what the split needs to know of the chips."""
    sources = np.array(samples.sources, dtype=object).astype(str)
    return Chips(labels.places(), sources, labels.counts(), labels.usable(), labels.divisible())
