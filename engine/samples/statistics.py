"""Statistics of a training folder: pixels of each band, objects of each class; they can be merged and written down.

The layouts are Esri's: see ``esri_accumulated_stats.json`` and ``stats.txt`` of any exported folder.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np

from ..classes import ClassInfo

_EXACT_SUM = 2**24 // 255**2
"""Pixels of 8 bits whose squares float32 adds up without rounding."""

HEADER = "cls name              cls value     images   features    min size   mean size    max size"
"""Heading of the rows of ``stats.txt``."""

ROW = "%-20s%11d%11d%11d%12.2f%12.2f%12.2f"
"""Layout of a row of ``stats.txt``, in printf's terms."""


class BandStats(NamedTuple):
    """Pixel statistics of all chips, (bands,) float64 each; population standard deviation."""

    minimum: np.ndarray
    maximum: np.ndarray
    mean: np.ndarray
    std: np.ndarray


@dataclass
class PixelStatistics:
    """Running statistics of the valid pixels of each band, as sums of differences from a value near the mean.

    Attributes:
        minimum: (bands,) float64.
        maximum: (bands,) float64.
        shift: (bands,) float64, what differences are taken from; it keeps digits where the mean is large.
        total: (bands,) float64, sum of the differences.
        products: (bands,) float64, sum of their squares.
        count: Number of pixels seen, the same for all bands.
    """

    minimum: np.ndarray
    maximum: np.ndarray
    shift: np.ndarray
    total: np.ndarray
    products: np.ndarray
    count: int = 0

    @classmethod
    def of_bands(cls, bands: int) -> PixelStatistics:
        """Return statistics of nothing."""
        return cls(np.full(bands, np.inf), np.full(bands, -np.inf), np.zeros(bands), np.zeros(bands), np.zeros(bands))

    @property
    def mean(self) -> np.ndarray:
        """Mean of each band, (bands,) float64; 0 when no pixel was seen."""
        return self.shift + self.total / max(self.count, 1)

    @property
    def squares(self) -> np.ndarray:
        """Sum of squared deviations from the mean, (bands,) float64."""
        return np.maximum(self.products - self.total**2 / max(self.count, 1), 0.0)

    def add(self, pixels: np.ndarray, valid: np.ndarray) -> None:
        """Take in a chip.

        Args:
            pixels: (bands, rows, cols).
            valid: (rows, cols) bool, which pixels count.
        """
        if not valid.all():
            if not valid.any():
                return
            pixels = pixels[:, valid][:, None, :]
        bands, rows, cols = pixels.shape
        count = rows * cols
        flat = pixels.reshape(bands, count)
        if pixels.dtype == np.uint8 and cols <= _EXACT_SUM:
            numbers = pixels.astype(np.float32)
            total = np.einsum("brc->br", numbers).sum(axis=1, dtype=np.float64)
            products = np.einsum("brc,brc->br", numbers, numbers).sum(axis=1, dtype=np.float64)
            products += self.shift * (count * self.shift - 2 * total)
            total -= count * self.shift
        else:
            numbers = flat.astype(np.float64)
            if not self.count:
                self.shift = numbers.mean(axis=1)
            numbers -= self.shift[:, None]
            total, products = numbers.sum(axis=1), np.einsum("bp,bp->b", numbers, numbers)
        self.total += total
        self.products += products
        self.count += count
        np.minimum(self.minimum, flat.min(axis=1), out=self.minimum)
        np.maximum(self.maximum, flat.max(axis=1), out=self.maximum)

    def merge(self, other: PixelStatistics) -> None:
        """Take in other statistics of the same bands."""
        if not other.count:
            return
        total = self.count + other.count
        step = other.mean - self.mean
        self.products = self.squares + other.squares + step**2 * (self.count * other.count / total)
        self.shift = self.mean + step * (other.count / total)
        self.total = np.zeros(len(step))
        self.minimum = np.minimum(self.minimum, other.minimum)
        self.maximum = np.maximum(self.maximum, other.maximum)
        self.count = total

    def summary(self) -> BandStats:
        """Return minimum, maximum, mean and standard deviation; zeros when no pixel was seen."""
        if not self.count:
            zeros = np.zeros(len(self.shift))
            return BandStats(zeros, zeros.copy(), zeros.copy(), zeros.copy())
        return BandStats(self.minimum, self.maximum, self.mean, np.sqrt(self.squares / self.count))

    def to_json(self) -> list[dict[str, Any]]:
        """Return ``BandStatsState``."""
        minimum, maximum, mean, _ = self.summary()
        squares = self.squares
        return [
            {
                "Min": float(minimum[band]),
                "Max": float(maximum[band]),
                "Mean": 0,
                "StdDev": 0,
                "M1": float(mean[band]),
                "M2": float(squares[band]),
                "Num": int(self.count),
            }
            for band in range(len(mean))
        ]

    @classmethod
    def from_json(cls, state: Any, bands: int) -> PixelStatistics | None:
        """Return what ``BandStatsState`` says, None when it is absent or of another kind."""
        if not isinstance(state, list) or len(state) != bands:
            return None
        try:
            columns = np.array([[float(band[key]) for band in state] for key in ("Min", "Max", "M1", "M2")])
            count = int(state[0]["Num"])
        except (KeyError, TypeError, ValueError):
            return None
        if not np.isfinite(columns).all():
            return None
        if not count:
            return cls.of_bands(bands)
        return cls(columns[0], columns[1], columns[2], np.zeros(bands), columns[3], count)


@dataclass
class Spread:
    """Minimum, maximum, mean and sum of a number that is met again and again."""

    minimum: float = math.inf
    maximum: float = -math.inf
    total: float = 0.0
    count: int = 0

    def add(self, numbers: np.ndarray) -> None:
        """Take in some numbers."""
        if len(numbers):
            self.minimum = min(self.minimum, float(numbers.min()))
            self.maximum = max(self.maximum, float(numbers.max()))
            self.total += float(numbers.sum())
            self.count += len(numbers)

    def merge(self, other: Spread) -> None:
        """Take in what another one met."""
        self.minimum, self.maximum = min(self.minimum, other.minimum), max(self.maximum, other.maximum)
        self.total += other.total
        self.count += other.count

    @property
    def mean(self) -> float:
        """Mean, 0 when nothing was met."""
        return self.total / self.count if self.count else 0.0

    def limits(self) -> tuple[float, float]:
        """Return minimum and maximum, 0 when nothing was met."""
        return (self.minimum, self.maximum) if self.count else (0.0, 0.0)

    def to_json(self) -> dict[str, Any]:
        """Return Min, Max, Mean, Sum, Count."""
        low, high = self.limits()
        return {"Min": low, "Max": high, "Mean": self.mean, "Sum": self.total, "Count": self.count}

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> Spread:
        """Return what ``to_json`` wrote."""
        count = int(state["Count"])
        return cls(float(state["Min"]), float(state["Max"]), float(state["Sum"]), count) if count else cls()


class LabelStatistics(Protocol):
    """Running statistics of the labels of an exported folder.

    Attributes:
        key: Where they stand in the JSON statistics.
        features: Whether they are about objects; else about pixels.
    """

    key: ClassVar[str]
    features: ClassVar[bool]

    def values(self) -> set[int]:
        """Return the class values that were met."""

    def words(self) -> str:
        """Return what was met, in words."""

    def merge(self, other: Any) -> None:
        """Take in other statistics of the same kind, of other chips."""

    def to_json(self, classes: Sequence[ClassInfo]) -> dict[str, Any]:
        """Return the statistics in the order of the classes."""

    @classmethod
    def from_json(cls, state: Mapping[str, Any], classes: Sequence[ClassInfo]) -> LabelStatistics:
        """Return what ``to_json`` wrote; ``KeyError``, ``TypeError``, ``ValueError`` when it is of another kind."""

    def text(self, classes: Sequence[ClassInfo], bands: int, cols: int, rows: int) -> str:
        """Return the content of ``stats.txt``."""


@dataclass
class ObjectStatistics:
    """Running statistics of labelled objects: how many, in how many chips, how large.

    Attributes:
        chips: Chips met.
        objects: Objects in them.
        per_chip: Objects of a chip.
        images_by_class: Class value to the number of chips with that class.
        areas_by_class: Class value to the areas of its objects inside their chips, in squared map units.
    """

    key: ClassVar[str] = "FeatureStats"
    features: ClassVar[bool] = True

    chips: int = 0
    objects: int = 0
    per_chip: Spread = field(default_factory=Spread)
    images_by_class: dict[int, int] = field(default_factory=dict)
    areas_by_class: dict[int, Spread] = field(default_factory=dict)

    def add(self, chips: np.ndarray, values: np.ndarray, areas: np.ndarray, count: int) -> None:
        """Take in the objects of some chips.

        Args:
            chips: (n,) int64, the chip of each object.
            values: (n,) int64 class values.
            areas: (n,) float64 in squared map units.
            count: Number of chips, those without an object included.
        """
        self.chips += count
        self.objects += len(values)
        _, numbers = np.unique(chips, return_counts=True)
        self.per_chip.add(np.concatenate([numbers, np.zeros(count - len(numbers))]))
        for value in np.unique(values).tolist():
            mine = values == value
            images = len(np.unique(chips[mine]))
            self.images_by_class[value] = self.images_by_class.get(value, 0) + images
            self.areas_by_class.setdefault(value, Spread()).add(areas[mine])

    def merge(self, other: ObjectStatistics) -> None:
        """Take in the objects of other chips."""
        self.chips += other.chips
        self.objects += other.objects
        self.per_chip.merge(other.per_chip)
        for value, images in other.images_by_class.items():
            self.images_by_class[value] = self.images_by_class.get(value, 0) + images
        for value, areas in other.areas_by_class.items():
            self.areas_by_class.setdefault(value, Spread()).merge(areas)

    def values(self) -> set[int]:
        """Return the class values of the objects."""
        return set(self.areas_by_class)

    def words(self) -> str:
        """Return how many objects were met."""
        return f"{self.objects} labelled objects"

    def to_json(self, classes: Sequence[ClassInfo]) -> dict[str, Any]:
        """Return ``FeatureStats`` in the order of the classes."""
        areas = [self.areas_by_class.get(entry.value, Spread()) for entry in classes]
        return {
            "NumClasses": len(classes),
            "NumImagesTotal": self.chips,
            "NumFeaturesTotal": self.objects,
            "NumImagesPerClass": [self.images_by_class.get(entry.value, 0) for entry in classes],
            "NumFeaturesPerClass": [area.count for area in areas],
            "NumFeaturesPerImage": self.per_chip.to_json(),
            "FeatureAreaPerClass": [area.to_json() for area in areas],
        }

    @classmethod
    def from_json(cls, state: Mapping[str, Any], classes: Sequence[ClassInfo]) -> ObjectStatistics:
        """Return what ``to_json`` wrote.

        Raises:
            KeyError, TypeError, ValueError: It is of another kind.
        """
        values = [entry.value for entry in classes]
        return cls(
            int(state["NumImagesTotal"]),
            int(state["NumFeaturesTotal"]),
            Spread.from_json(state["NumFeaturesPerImage"]),
            dict(zip(values, map(int, state["NumImagesPerClass"]), strict=True)),
            dict(zip(values, map(Spread.from_json, state["FeatureAreaPerClass"]), strict=True)),
        )

    def text(self, classes: Sequence[ClassInfo], bands: int, cols: int, rows: int) -> str:
        """Return the content of ``stats.txt``."""
        low, high = self.per_chip.limits()
        lines = [
            f"images = {self.chips} *{bands}*{cols}*{rows}",
            f"features = {self.objects}",
            f"features per image = [min = {low:.0f}, mean = {self.per_chip.mean:.2f}, max = {high:.0f}]",
            f"classes = {len(classes)}",
            HEADER,
        ]
        for entry in classes:
            area = self.areas_by_class.get(entry.value, Spread())
            smallest, largest = area.limits()
            images = self.images_by_class.get(entry.value, 0)
            lines.append(ROW % (entry.name, entry.value, images, area.count, smallest, area.mean, largest))
        return "\r\n".join(lines) + "\r\n"
