"""Statistics of an export with one chip for each object: Esri's of the objects, and which objects have no chip."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ..job import Job
from .statistics import ObjectStatistics

VOID = "have no valid pixel in what their chip shows of them"
MASKED = "have a chip that does not lie completely inside the mask polygons"
ABSENT = "do not reach into their chip, which shows the middle of their frame"
SMALL = "have a smaller share of their area inside their chip than min_polygon_overlap_ratio asks for"
SHAPELESS = "have no extent, so that no chip can be their frame"


@dataclass
class CutStatistics(ObjectStatistics):
    """Running statistics of objects with a chip each.

    Attributes:
        left_out: Objects without a chip by the reason, since the statistics were made or read.
        larger: Objects of which their chip shows the middle only, since then.
    """

    left_out: Counter[str] = field(default_factory=Counter)
    larger: int = 0

    def leave_out(self, reason: str, count: int) -> None:
        """Take in objects without a chip."""
        if count:
            self.left_out[reason] += count

    def merge(self, other: ObjectStatistics) -> None:
        """Take in the objects of other chips."""
        super().merge(other)
        if isinstance(other, CutStatistics):
            self.left_out.update(other.left_out)
            self.larger += other.larger

    def tell(self, job: Job) -> None:
        """Say which objects have no chip, and which are larger than theirs."""
        for reason, count in sorted(self.left_out.items()):
            job.warn(f"{count} objects {reason}: they are left out")
        if self.larger:
            job.warn(f"{self.larger} objects are larger than their chip, which shows only their middle")
