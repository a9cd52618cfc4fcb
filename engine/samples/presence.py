"""Which classes are present in the chips of a grid: from features, which may have several each, or class rasters."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import shapely

from ..classes import ClassInfo
from ..job import Job
from ..raster.reading import RasterSource
from ..vector.labels import Labels
from .cutting import Cutting
from .label_layer import FeatureLabels
from .masks import MaskLabeller, MaskStrip
from .painting import Coding
from .pixel_statistics import ClassPixelStatistics
from .placed_classes import PlacedClasses
from .placing import PlacedLabels, Placement
from .registry import RunLabels
from .turning import Turn

_REACH = 0.02
"""Pixels around points and lines that count as theirs, so that they have an area."""

Present = Mapping[int, float]
"""Class value to the area of the class in a chip, in pixels."""


class PresentLabels(FeatureLabels):
    """Labelled features of any kind, of which it is asked in which chips they are."""

    def place(self, labels: Labels, source: RasterSource) -> PlacedLabels:
        """Place labels in the CRS of a raster on its grid; points and lines get the least of an area."""
        geometry = labels.table.geometry
        thin = shapely.get_dimensions(geometry) < 2
        if thin.any():
            geometry = geometry.copy()
            geometry[thin] = shapely.buffer(geometry[thin], _REACH * min(source.cell_size), quad_segs=1)
        return PlacedLabels(replace(labels, table=replace(labels.table, geometry=geometry)), source)


def parted(labels: Labels, job: Job) -> Labels:
    """Return labels of a text field with a label for each text of a comma separated list.

    Classes are numbered from 1 in the order of their names, as those of other text fields are.
    """
    parts = {entry.value: names_in(entry.name) for entry in labels.classes}
    if not labels.texts or all(len(names) == 1 for names in parts.values()):
        return labels
    colors = {entry.name: entry.color for entry in labels.classes}
    names = sorted({name for several in parts.values() for name in several})
    classes = tuple(
        ClassInfo(value, name, colors[name]) if name in colors else ClassInfo(value, name)
        for value, name in enumerate(names, 1)
    )
    numbers = {entry.name: entry.value for entry in classes}
    values = [[numbers[name] for name in parts[value]] for value in labels.values.tolist()]
    counts = np.array([len(several) for several in values], np.int64)
    table = labels.table.take(np.repeat(np.arange(len(labels)), counts))
    job.message(f"{int((counts > 1).sum())} features of {labels.table.name} have several classes")
    return replace(
        labels,
        table=table,
        values=np.array([value for several in values for value in several], np.int64),
        rows=np.arange(int(counts.sum())),
        classes=classes,
    )


def names_in(text: str) -> tuple[str, ...]:
    """Return the names of a comma separated list, in their order, none twice."""
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


class StripPresence(Protocol):
    """The classes in one strip of chips; copy 0 is upright, the others are turned."""

    def chips(self, copy: int) -> Collection[int]:
        """Return the chips that have a class."""

    def present(self, copy: int, chip: int) -> Present:
        """Return the classes of a chip."""


class FeaturePresence:
    """Asks placed features; a context manager."""

    def __init__(self, placed: PlacedLabels, cutting: Cutting, turns: Sequence[Turn]) -> None:
        """Ask features placed on a raster."""
        self._placed, self._cutting, self._turns = placed, cutting, turns

    def __enter__(self) -> FeaturePresence:
        return self

    def __exit__(self, *error: Any) -> None:
        """Nothing is open."""

    def strip(self, row: int, cols: np.ndarray) -> StripPresence:
        """Return the classes of the chips that begin in a row."""
        size = (row, self._cutting.rows, cols, self._cutting.cols, self._cutting.least_share)
        turned = (self._placed.in_turned_strip(*size, turn.transform, max(turn.margin)) for turn in self._turns)
        return _FeatureStrip([self._placed.in_strip(*size), *turned])


class _FeatureStrip:
    """The features in one strip of chips."""

    def __init__(self, placements: Sequence[Placement]) -> None:
        """Hold one placement for the upright chips and one for each turn."""
        self._placements = placements
        self._found = [dict(placement.by_chip()) for placement in placements]

    def chips(self, copy: int) -> Collection[int]:
        """Return the chips that have a feature."""
        return self._found[copy].keys()

    def present(self, copy: int, chip: int) -> Present:
        """Return the classes of the features in a chip."""
        place = self._found[copy].get(chip, slice(0, 0))
        placement = self._placements[copy]
        areas: dict[int, float] = {}
        for value, area in zip(placement.values[place].tolist(), placement.areas[place].tolist(), strict=True):
            areas[value] = areas.get(value, 0.0) + area
        return dict(sorted(areas.items()))


class RasterPresence:
    """Asks placed class rasters, in which 0 is no class; a context manager."""

    def __init__(
        self, placed: PlacedClasses, labels: RunLabels, source: RasterSource, cutting: Cutting, turns: Sequence[Turn]
    ) -> None:
        """Ask class rasters placed on a raster."""
        coding = Coding.of(labels.classes, 0, gaps=True)
        self._known = MaskLabeller(placed, coding, source, cutting, turns, ClassPixelStatistics())

    def __enter__(self) -> RasterPresence:
        """Open the rasters."""
        self._known.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        """Close them."""
        self._known.__exit__(*error)

    def strip(self, row: int, cols: np.ndarray) -> StripPresence:
        """Return the classes of the chips that begin in a row."""
        return _RasterStrip(self._known.strip(row, cols))


class _RasterStrip:
    """The class pixels of one strip of chips."""

    def __init__(self, strip: MaskStrip) -> None:
        """Count the pixels of label rasters that are not written."""
        self._strip = strip

    def chips(self, copy: int) -> Collection[int]:
        """Return the chips in which a pixel has a class."""
        return self._strip.labelled(copy)

    def present(self, copy: int, chip: int) -> Present:
        """Return the classes of the pixels of a chip."""
        return {value: float(count) for value, count in self._strip.counted(copy, chip) if value}
