"""Chips to batches: read once, kept in memory as they are when they fit, augmented in threads ahead of the network.

Threads suffice because decoding and sampling leave Python's lock; no process is started, so nothing is copied and
nothing can be left behind. What a view shows depends only on seed, epoch and place in the epoch, never on timing.
"""

from __future__ import annotations

import collections
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypedDict

import numpy as np
import torch
from torch import Tensor

from ..samples.samples import read_chip
from ..tasks.registry import Labels
from .augmentation import Augmentation, draw_view, lighten
from .scale import ChipScale
from .views import View, show, whole_view

CACHE_SHARE = 0.2
"""Share of the free memory that decoded chips may take."""
CACHE_MOST = 4 << 30
AHEAD = 2
"""Batches that wait ready."""


class Batch(TypedDict):
    """What one step works on.

    ``images`` (n, bands, rows, cols) float32 in the data's units, channels-last; ``targets`` one for each image, in
    the form of the task.
    """

    images: Tensor
    targets: Any


Seen = tuple[np.ndarray, np.ndarray | None]
"""Pixels of a chip, (bands, rows, cols) in their own dtype, and what is kept of its label."""


@dataclass
class ChipStore:
    """The chips of a run; decoded once and kept as long as the budget lasts.

    Attributes:
        samples: The chips.
        labels: What their labels mean.
        budget: Bytes that decoded chips may take.
        dates: Dates whose bands stand one above the other in a chip.
        part: Rows and columns of the middle of each chip that is used; None for all of it.
    """

    samples: Sequence[Any]
    labels: Labels
    budget: int
    dates: int = 1
    part: tuple[int, int] | None = None
    _kept: dict[int, Seen] = field(default_factory=dict)
    _used: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def chip(self, index: int) -> np.ndarray:
        """Return the pixels of a chip, (bands, rows, cols) in their own dtype."""
        return self.seen(index)[0]

    def seen(self, index: int) -> Seen:
        """Return a chip and what is kept of its label."""
        kept = self._kept.get(index)
        if kept is not None:
            return kept
        pixels = read_chip(self.samples[index])
        if self.part is not None:
            pixels = middle(pixels, self.part)
        if np.issubdtype(pixels.dtype, np.floating):
            pixels = np.nan_to_num(pixels, nan=0.0, posinf=0.0, neginf=0.0)
        label = self.labels.read(index, pixels)
        size = pixels.nbytes + (0 if label is None else label.nbytes)
        with self._lock:
            if index not in self._kept and self._used + size <= self.budget:
                self._kept[index] = pixels, label
                self._used += size
        return pixels, label

    def shown(self, index: int, view: View) -> tuple[Tensor, Any]:
        """Return a chip and its target as a view shows them."""
        pixels, label = self.seen(index)
        return show(pixels, view), self.labels.shown(index, label, view)

    def stacked(self, views: Sequence[tuple[Tensor, Any]]) -> Batch:
        """Return views as one batch, in the layout that convolutions prefer."""
        images = torch.stack([pixels for pixels, _ in views])
        return {
            "images": images.contiguous(memory_format=torch.channels_last),
            "targets": self.labels.stacked([target for _, target in views]),
        }


@dataclass
class TrainingBatches:
    """The training batches of one epoch after the other.

    Attributes:
        store: The chips.
        indexes: (n,) int64, chips that train.
        batch_size: Chips of a step.
        repeats: How often each chip is shown in an epoch, each time differently.
        scale: How large chips are shown.
        augmentation: What is done to them.
        band_range: (bands,) smallest and (bands,) largest value of each band.
        seed: Of every draw.
        workers: Threads.
        epoch: The epoch that the next iteration gives.
        skip: Batches at the beginning of that epoch that were seen before an interruption.
    """

    store: ChipStore
    indexes: np.ndarray
    batch_size: int
    repeats: int
    scale: ChipScale
    augmentation: Augmentation
    band_range: tuple[np.ndarray, np.ndarray]
    seed: int
    workers: int = 2
    epoch: int = 0
    skip: int = 0

    def __len__(self) -> int:
        return max(1, len(self.indexes) * self.repeats // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        """Give the batches of the present epoch."""
        order = self._order()
        batches = [order[start : start + self.batch_size] for start in range(0, len(order), self.batch_size)]
        minimum, maximum = (torch.from_numpy(v.astype(np.float32)).view(-1, 1, 1) for v in self.band_range)

        def shown(place: int, index: int) -> tuple[Tensor, Any]:
            random = np.random.default_rng((self.seed, self.epoch, place))
            view = draw_view(self.augmentation, self.scale.chip, self.scale.view, self.scale.scale, random)
            pixels, target = self.store.shown(index, view)
            return lighten(pixels, self.augmentation, minimum, maximum, random, self.store.dates), target

        def made(number: int) -> Batch:
            first = number * self.batch_size
            return self.store.stacked([shown(first + place, int(index)) for place, index in enumerate(batches[number])])

        return _ahead(made, range(self.skip, len(batches)), self.workers)

    def _order(self) -> np.ndarray:
        """Return the chips of this epoch in drawn order, a whole number of batches."""
        random = np.random.default_rng((self.seed, self.epoch))
        count = len(self) * self.batch_size
        rounds = -(-count // len(self.indexes))
        return np.concatenate([random.permutation(self.indexes) for _ in range(rounds)])[:count]


@dataclass
class ValidationBatches:
    """Whole chips, as they are, in order.

    Attributes:
        store: The chips.
        indexes: (n,) int64, chips that validate.
        batch_size: Chips of a batch.
        scale: How large chips are shown.
        workers: Threads.
    """

    store: ChipStore
    indexes: np.ndarray
    batch_size: int
    scale: ChipScale
    workers: int = 2

    def __len__(self) -> int:
        return -(-len(self.indexes) // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        """Give the batches."""

        def made(number: int) -> Batch:
            part = self.indexes[number * self.batch_size : (number + 1) * self.batch_size]
            view = whole_view(self.scale.chip, self.scale.whole)
            return self.store.stacked([self.store.shown(int(index), view) for index in part])

        return _ahead(made, range(len(self)), self.workers)


def middle(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the middle of an image.

    Args:
        pixels: (bands, rows, cols).
        size: Rows and columns wanted, no more than there are.
    """
    top, left = ((there - wanted) // 2 for there, wanted in zip(pixels.shape[1:], size, strict=True))
    return np.ascontiguousarray(pixels[:, top : top + size[0], left : left + size[1]])


def _ahead(made: Callable[[int], Batch], numbers: Iterable[int], workers: int) -> Iterator[Batch]:
    """Give ``made`` of each number in order, a few made ahead in threads; leaving early leaves no thread behind."""
    waiting: collections.deque[Future[Batch]] = collections.deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="loader")
    try:
        for number in numbers:
            waiting.append(pool.submit(made, number))
            if len(waiting) > AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
        pool.shutdown(wait=True)
