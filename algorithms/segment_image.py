"""Toolbox entry of SegmentImage."""

from __future__ import annotations

from ..engine.tools.segment_image import SegmentImage
from .base import EngineAlgorithm
from .styling import colour_all

COLOUR = (255, 214, 10)
"""Seen on most imagery."""


class SegmentImageAlgorithm(EngineAlgorithm):
    """Draws the outlines of the segments."""

    tool = SegmentImage

    def initAlgorithm(self, configuration=None):
        """Offer temporary polygons: they are what most runs write."""
        super().initAlgorithm(configuration)
        self.parameterDefinition("out_segments").setCreateByDefault(True)

    def dress(self, outputs, feedback):
        """Draw the polygons."""
        if outputs.get("out_segments"):
            colour_all(outputs["out_segments"], COLOUR)
