"""Labels of pixel classification: the class map of a chip, and how a view shows it.

The network's channels are the background first where it is learnt, then the classes in ascending order of their values.
A chip's map holds the channel of each pixel; pixels that are not labelled, of an ignored class, or without data in any
band teach nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil, floor
from typing import Any

import numpy as np
import rasterio
import torch
from scipy import ndimage
from torch import Tensor

from ..classes import ClassInfo
from ..errors import ParameterError, SampleFolderError
from ..job import Job
from ..models.registry import ModelSpec
from ..networks.pixel_losses import CLASS_WEIGHTS
from ..networks.segmenter import UNLABELLED
from ..samples.folder import SampleSet
from ..samples.samples import MaskSample, read_label
from ..training.views import View, show_labels

BACKGROUND = ClassInfo(0, "Background", (200, 200, 200))
"""The background where it is learnt."""
LARGEST_WEIGHT = 50.0
"""No class weighs more than this many times the lightest one: a handful of pixels would drown all others."""
SLACK = 1e-3
"""Part of a pixel that is rounding, not ground."""
CHIPS_TO_MEASURE = 48
"""Chips on which objects are measured."""
SMALLEST_OBJECT = 9
"""Pieces of fewer pixels are not measured: they are specks of the labelling."""
FEWEST_WHOLE = 0.1
"""Share of the objects that must be whole, for only these to be measured."""


@dataclass(frozen=True)
class PixelLabels:
    """Class maps and the channels that a network gives for them.

    Attributes:
        samples: The training data.
        background: Whether pixels of value 0 are a class of their own.
        ignored: Class values that are not learnt.
        balanced: Whether the losses weigh classes by the inverse of their frequency.
        hidden: Chips that do not show their labels on some ground.
        ground: That ground, left, bottom, right, top in map units.
        zero: The class of pixels of value 0 where they are one.
    """

    samples: SampleSet
    background: bool
    ignored: tuple[int, ...] = ()
    balanced: bool = False
    hidden: frozenset[int] = frozenset()
    ground: tuple[tuple[float, float, float, float], ...] = ()
    zero: ClassInfo = BACKGROUND

    @property
    def channels(self) -> tuple[int, ...]:
        """Class value of each channel."""
        return (0,) * self.background + tuple(entry.value for entry in self.samples.classes)

    @property
    def learnt(self) -> tuple[ClassInfo, ...]:
        """The class of each channel, the background included."""
        return (self.zero,) * self.background + self.samples.classes

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each channel."""
        return tuple(entry.name for entry in self.learnt)

    @property
    def ignored_channels(self) -> tuple[int, ...]:
        """Channels that are never learnt."""
        return tuple(channel for channel, value in enumerate(self.channels) if value in self.ignored)

    def counts(self) -> np.ndarray:
        """Return the labelled pixels of each channel in each chip, (chips, channels) int64; 0 of ignored ones."""
        counts = value_counts(self.samples, self.channels)
        counts[:, list(self.ignored_channels)] = 0
        return counts

    def usable(self) -> np.ndarray:
        """Return which chips hold a labelled pixel, (chips,) bool."""
        return np.asarray(self.counts().sum(axis=1) > 0)

    def divisible(self) -> bool:
        """Return whether map bounds say where a chip's pixels lie: chips that are north-up and all alike."""
        samples, cell = self.samples, self.samples.cell_size
        if cell is None or samples.image_space != "MAP_SPACE" or not np.isfinite(samples.bounds).all():
            return False
        sides = samples.bounds[:, 2:] - samples.bounds[:, :2]
        if not np.allclose(sides, [cell[0] * samples.tile_cols, cell[1] * samples.tile_rows], rtol=1e-3):
            return False
        with rasterio.open(samples.samples[0].image) as chip:
            transform = chip.transform
        return bool(transform.b == 0 and transform.d == 0 and transform.a > 0 > transform.e)

    def hiding(self, indexes: np.ndarray, ground: np.ndarray) -> PixelLabels:
        """Return labels that some chips do not show on some ground; see ``Labels``."""
        left, bottom, right, top = (ground[:, side].tolist() for side in range(4))
        places = tuple(zip(left, bottom, right, top, strict=True))
        return replace(self, hidden=frozenset(int(index) for index in indexes), ground=places)

    def places(self) -> np.ndarray:
        """Return the ground of each chip, (chips, 4) float64."""
        return np.asarray(self.samples.bounds, np.float64)

    def sizes(self, indexes: np.ndarray) -> np.ndarray:
        """Return widths and heights of the objects of some chips, (n, 2) float64 pixels.

        Only one class on a background has objects: its connected pieces. Those that the chip's edge may have cut are
        left out as long as enough whole ones remain.
        """
        if not self.background or len(self.samples.classes) != 1:
            return np.empty((0, 2))
        value = self.samples.classes[0].value
        there = [int(index) for index in indexes if value in self._sample(int(index)).values]
        step = max(1, len(there) // CHIPS_TO_MEASURE)
        pieces = [_pieces(read_label(self._sample(index)) == value) for index in there[::step][:CHIPS_TO_MEASURE]]
        found = np.concatenate([np.empty((0, 3)), *pieces])
        whole = found[found[:, 2] > 0]
        return (whole if len(whole) >= FEWEST_WHOLE * len(found) else found)[:, :2]

    def read(self, index: int, pixels: np.ndarray) -> np.ndarray:
        """Return the map of channels of a chip, (rows, cols) int16.

        Raises:
            SampleFolderError: The label has another size than the chip.
        """
        sample = self._sample(index)
        values = read_label(sample)
        if values.shape != pixels.shape[1:]:
            raise SampleFolderError(
                f"the label {sample.label} has {values.shape[0]} x {values.shape[1]} pixels and its chip "
                f"{pixels.shape[1]} x {pixels.shape[2]}: both must be alike; export them again"
            )
        known = np.array(self.channels)
        place = np.minimum(np.searchsorted(known, values), len(known) - 1)
        found = np.where(known[place] == values, place, UNLABELLED).astype(np.int16)
        for channel in self.ignored_channels:
            found[found == channel] = UNLABELLED
        found[~pixels.any(axis=0)] = UNLABELLED
        if index in self.hidden:
            for window in self._hidden_windows(index):
                found[window] = UNLABELLED
        return found

    def shown(self, index: int, kept: np.ndarray | None, view: View) -> Tensor:
        """Return the channels that a view shows, (rows, cols) int64, ``UNLABELLED`` outside the chip."""
        if kept is None:
            raise ValueError("a class map is always kept beside its chip")
        return torch.from_numpy(show_labels(kept, view, UNLABELLED))

    def stacked(self, targets: list[Tensor]) -> Tensor:
        """Return the maps of several views, (n, rows, cols) int64."""
        return torch.stack(targets)

    def fitted(self, spec: ModelSpec, job: Job) -> ModelSpec:
        """Return the specification with the background and, where asked for, the weight of each class."""
        spec = replace(spec, background=self.background)
        if not self.balanced:
            return spec
        weights = balancing_weights(self.counts().sum(axis=0))
        told = ", ".join(f"{name} {weight:.3g}" for name, weight in zip(self.names, weights, strict=True))
        job.message(f"Class weights: {told}")
        return replace(spec, extra=(*spec.extra, (CLASS_WEIGHTS, json.dumps([round(w, 6) for w in weights]))))

    def fingerprint(self, index: int) -> bytes:
        """Return size and time of a chip's label file, and the channels that it is read as."""
        status = self._sample(index).label.stat()
        return f"{status.st_size}|{status.st_mtime_ns}|{self.channels}|{self.ignored}".encode()

    def _hidden_windows(self, index: int) -> list[tuple[slice, slice]]:
        """Return the rows and columns of a chip that lie on hidden ground; a pixel that touches it does."""
        left, bottom, right, top = self.samples.bounds[index]
        rows, cols = self.samples.tile_rows, self.samples.tile_cols
        across, down = (right - left) / cols, (top - bottom) / rows
        windows = []
        for west, south, east, north in self.ground:
            first_col, last_col = floor((west - left) / across + SLACK), ceil((east - left) / across - SLACK)
            first_row, last_row = floor((top - north) / down + SLACK), ceil((top - south) / down - SLACK)
            if first_col < cols and last_col > 0 and first_row < rows and last_row > 0:
                windows.append((slice(max(0, first_row), last_row), slice(max(0, first_col), last_col)))
        return windows

    def _sample(self, index: int) -> MaskSample:
        sample = self.samples.samples[index]
        if not isinstance(sample, MaskSample):
            raise SampleFolderError(f"{sample.image} has no class map: train on a folder of Classified_Tiles")
        return sample


def pixel_labels(samples: SampleSet, values: Mapping[str, Any], job: Job) -> PixelLabels:
    """Return the labels of training data of class maps.

    Args:
        samples: The training data.
        values: Model arguments: ``background``, ``ignore_classes`` and ``class_balancing`` count here.
        job: Told what pixels of value 0 are taken for, and their share.

    Raises:
        ParameterError: A class to ignore is not in the data, or less than two classes are left to tell apart.
        SampleFolderError: No chip has a labelled pixel.
    """
    known = {entry.value for entry in samples.classes}
    ignored = tuple(int(value) for value in values.get("ignore_classes") or ())
    unknown = [value for value in ignored if value not in known | {0}]
    if unknown:
        raise ParameterError(
            f"ignore_classes names {', '.join(map(str, unknown))}, which the training data does not have: choose among "
            f"{', '.join(map(str, sorted(known)))}"
        )
    background = _background(samples, str(values.get("background") or "auto"), 0 in ignored, job)
    ignored = tuple(sorted(set(ignored) - {0}))
    labels = PixelLabels(samples, background, ignored, bool(values.get("class_balancing", False)))
    counts = labels.counts().sum(axis=0)
    if not counts.sum():
        raise SampleFolderError(
            f"no chip of {samples.folders[0]} has a labelled pixel that may be learnt: export chips with labels, or "
            "ignore fewer classes"
        )
    if len(labels.channels) - len(ignored) < 2:
        raise ParameterError(
            f"only the class {next(n for n, c in zip(labels.names, counts, strict=True) if c)} is left to learn, and "
            "nothing to tell it from: label another class, or give background class where 0 means background"
        )
    return labels


def value_counts(samples: SampleSet, values: tuple[int, ...]) -> np.ndarray:
    """Return the pixels of some class values in each chip, (chips, values) int64."""
    counts = np.zeros((len(samples.samples), len(values)), np.int64)
    for row, sample in zip(counts, samples.samples, strict=True):
        if not isinstance(sample, MaskSample):
            continue
        present = {int(value): int(count) for value, count in zip(sample.values, sample.counts, strict=True)}
        row[:] = [present.get(value, 0) for value in values]
    return counts


def balancing_weights(counts: np.ndarray) -> list[float]:
    """Return the weight of each class: the inverse of its frequency, 1 for the mean pixel.

    Args:
        counts: (classes,) int64 labelled pixels; a class without any weighs 1.
    """
    present = counts > 0
    share = counts.sum() / (present.sum() * np.maximum(counts, 1))
    share = np.minimum(share, LARGEST_WEIGHT * share[present].min())
    return [float(weight) for weight in np.where(present, share, 1.0)]


def _background(samples: SampleSet, asked: str, ignored: bool, job: Job) -> bool:
    """Return whether pixels of value 0 are a class, and say so."""
    zeros = int(value_counts(samples, (0,)).sum())
    share = zeros / max(1, len(samples.samples) * samples.tile_rows * samples.tile_cols)
    learnt = zeros > 0 and not ignored and (samples.unlabelled is None if asked == "auto" else asked == "class")
    if zeros:
        why = "as the training data says" if asked == "auto" and not ignored else "as asked"
        kind = "are the background, a class like any other" if learnt else "are not labelled and teach nothing"
        job.message(f"Pixels of value 0 ({share:.1%} of all) {kind} ({why}); the argument background changes this")
    elif asked == "class":
        job.warn("background is class, but no pixel of the training data is 0: there is no background to learn")
    return learnt


def _pieces(mask: np.ndarray) -> np.ndarray:
    """Return width, height and whether it is whole (1) or cut by the edge (0) of each connected piece, (n, 3)."""
    numbered, _ = ndimage.label(mask)
    sizes = np.bincount(numbered.ravel())
    rows, cols = mask.shape
    found = [
        (
            across.stop - across.start,
            down.stop - down.start,
            float(down.start > 0 and across.start > 0 and down.stop < rows and across.stop < cols),
        )
        for number, (down, across) in enumerate(ndimage.find_objects(numbered), start=1)
        if sizes[number] >= SMALLEST_OBJECT
    ]
    return np.array(found, np.float64).reshape(-1, 3)
