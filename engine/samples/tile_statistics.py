"""Statistics of tiles without labels: Esri's ``FeatureStats`` with empty lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ..classes import ClassInfo
from .statistics import HEADER, Spread


@dataclass
class TileStatistics:
    """How many tiles were written.

    Attributes:
        chips: Tiles met.
    """

    key: ClassVar[str] = "FeatureStats"
    features: ClassVar[bool] = True

    chips: int = 0

    def merge(self, other: TileStatistics) -> None:
        """Take in other tiles."""
        self.chips += other.chips

    def values(self) -> set[int]:
        """Tiles have no class."""
        return set()

    def words(self) -> str:
        """Return what was met."""
        return "no labels"

    def to_json(self, classes: Sequence[ClassInfo]) -> dict[str, Any]:
        """Return ``FeatureStats``."""
        none = Spread(0.0, 0.0, 0.0, self.chips) if self.chips else Spread()
        return {
            "NumClasses": 0,
            "NumImagesTotal": self.chips,
            "NumFeaturesTotal": 0,
            "NumImagesPerClass": [],
            "NumFeaturesPerClass": [],
            "NumFeaturesPerImage": none.to_json(),
            "FeatureAreaPerClass": [],
        }

    @classmethod
    def from_json(cls, state: Mapping[str, Any], classes: Sequence[ClassInfo]) -> TileStatistics:
        """Return what ``to_json`` wrote; ``KeyError``, ``TypeError``, ``ValueError`` when it is of another kind."""
        return cls(int(state["NumImagesTotal"]))

    def text(self, classes: Sequence[ClassInfo], bands: int, cols: int, rows: int) -> str:
        """Return the content of ``stats.txt``."""
        lines = [
            f"images = {self.chips} *{bands}*{cols}*{rows}",
            "",
            "Class feature statistics:",
            "features = 0",
            "features per image = [min = 0, mean = 0.00, max = 0]",
            "classes = 0",
            HEADER,
        ]
        return "\r\n".join(lines) + "\r\n"
