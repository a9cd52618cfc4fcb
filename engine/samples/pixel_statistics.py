"""Statistics of label rasters: how many pixels of each class, in how many chips; Esri's ``ClassPixelStats``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from ..classes import ClassInfo
from .statistics import ROW, Spread

_HEADER = "cls name              cls value     images   pixels      min size   mean size    max size"


@dataclass
class ClassPixels:
    """Pixels of one class.

    Attributes:
        chips: Chips with the class.
        pixels: Pixels of the class in all chips.
        fewest: Fewest pixels in a chip with the class.
        most: Most pixels in a chip.
    """

    chips: int = 0
    pixels: int = 0
    fewest: int = 0
    most: int = 0

    def add(self, count: int) -> None:
        """Take in a chip with so many pixels of the class."""
        self.fewest = min(self.fewest, count) if self.chips else count
        self.most = max(self.most, count)
        self.chips += 1
        self.pixels += count

    def merge(self, other: ClassPixels) -> None:
        """Take in the pixels of other chips."""
        if not other.chips:
            return
        self.fewest = min(self.fewest, other.fewest) if self.chips else other.fewest
        self.most = max(self.most, other.most)
        self.chips += other.chips
        self.pixels += other.pixels

    def spread(self, chips: int) -> Spread:
        """Return the pixels a chip over all chips, those without the class included."""
        low = self.fewest if self.chips == chips else 0
        return Spread(float(low), float(self.most), float(self.pixels), chips) if chips else Spread()


@dataclass
class ClassPixelStatistics:
    """Running statistics of the pixels of labels; 0 is no class.

    Attributes:
        chips: Chips met.
        per_chip: Classes of a chip.
        by_class: Class value to its pixels.
        seen: Pixels of the labels met since the statistics were made or read.
        zeros: Those of them that are 0.
        void: Those of them that have no label beside a background.
    """

    key: ClassVar[str] = "ClassPixelStats"
    features: ClassVar[bool] = False

    chips: int = 0
    per_chip: Spread = field(default_factory=Spread)
    by_class: dict[int, ClassPixels] = field(default_factory=dict)
    seen: int = 0
    zeros: int = 0
    void: int = 0

    def add(self, pixels: Sequence[tuple[int, int]], size: int) -> None:
        """Take in a chip.

        Args:
            pixels: Value and count of the pixels of each class, and of 0.
            size: Pixels of the chip.
        """
        self.chips += 1
        self.seen += size
        self.void += size - sum(count for _, count in pixels)
        classes = 0
        for value, count in pixels:
            if value:
                self.by_class.setdefault(value, ClassPixels()).add(count)
                classes += 1
            else:
                self.zeros += count
        self.per_chip.add(np.array([classes], np.float64))

    def merge(self, other: ClassPixelStatistics) -> None:
        """Take in the labels of other chips."""
        self.chips += other.chips
        self.per_chip.merge(other.per_chip)
        for value, pixels in other.by_class.items():
            self.by_class.setdefault(value, ClassPixels()).merge(pixels)
        self.seen += other.seen
        self.zeros += other.zeros
        self.void += other.void

    def values(self) -> set[int]:
        """Return the classes that were met."""
        return set(self.by_class)

    def words(self) -> str:
        """Return how many classes and pixels were met."""
        pixels = sum(entry.pixels for entry in self.by_class.values())
        return f"{pixels} labelled pixels of {len(self.by_class)} classes"

    def to_json(self, classes: Sequence[ClassInfo]) -> dict[str, Any]:
        """Return ``ClassPixelStats`` in the order of the classes."""
        entries = [self.by_class.get(entry.value, ClassPixels()) for entry in classes]
        return {
            "NumClasses": len(classes),
            "NumImagesTotal": self.chips,
            "NumImagesPerClass": [entry.chips for entry in entries],
            "NumPixelsPerClass": [entry.pixels for entry in entries],
            "NumClassesPerImage": self.per_chip.to_json(),
            "PixelsPerClass": [entry.spread(self.chips).to_json() for entry in entries],
        }

    @classmethod
    def from_json(cls, state: Mapping[str, Any], classes: Sequence[ClassInfo]) -> ClassPixelStatistics:
        """Return what ``to_json`` wrote.

        Raises:
            KeyError, TypeError, ValueError: It is of another kind.
        """
        by_class = {
            entry.value: ClassPixels(int(chips), int(pixels), int(spread["Min"]), int(spread["Max"]))
            for entry, chips, pixels, spread in zip(
                classes,
                state["NumImagesPerClass"],
                state["NumPixelsPerClass"],
                state["PixelsPerClass"],
                strict=True,
            )
        }
        return cls(int(state["NumImagesTotal"]), Spread.from_json(state["NumClassesPerImage"]), by_class)

    def text(self, classes: Sequence[ClassInfo], bands: int, cols: int, rows: int) -> str:
        """Return the content of ``stats.txt``."""
        low, high = self.per_chip.limits()
        lines = [
            f"images = {self.chips} *{bands}*{cols}*{rows}",
            f"classes = {len(classes)}",
            f"classes per image = [min = {low:.0f}, mean = {self.per_chip.mean:.2f}, max = {high:.0f}]",
            _HEADER,
        ]
        for entry in classes:
            known = self.by_class.get(entry.value, ClassPixels())
            spread = known.spread(self.chips)
            smallest, largest = spread.limits()
            lines.append(ROW % (entry.name, entry.value, known.chips, known.pixels, smallest, spread.mean, largest))
        return "\r\n".join(lines) + "\r\n"
