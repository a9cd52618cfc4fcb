"""Statistics of masks of instances: those of objects, whose areas are counted in pixels of their masks."""

from __future__ import annotations

from dataclasses import dataclass, field

from .statistics import ObjectStatistics


@dataclass
class InstanceStatistics(ObjectStatistics):
    """Running statistics of masks; objects without a pixel in a chip are not among its objects.

    Attributes:
        folders: Folder of each class by its value; the record of the output folder has them.
        unseen: Features of the layer that touch a chip and hold no pixel centre at all.
    """

    folders: dict[int, str] = field(default_factory=dict, compare=False)
    unseen: set[int] = field(default_factory=set, compare=False)

    def merge(self, other: ObjectStatistics) -> None:
        """Take in the masks of other chips."""
        super().merge(other)
        if isinstance(other, InstanceStatistics):
            self.unseen |= other.unseen
