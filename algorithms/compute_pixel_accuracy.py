"""Toolbox entry of ComputePixelAccuracy."""

from __future__ import annotations

from ..engine.tools.compute_pixel_accuracy import ComputePixelAccuracy
from .base import EngineAlgorithm
from .styling import FALSE_ALARM, HIT, colour_points

RIGHT = ((1, "right", HIT), (0, "wrong", FALSE_ALARM))


class ComputePixelAccuracyAlgorithm(EngineAlgorithm):
    """Draws the compared points in the colours of the report."""

    tool = ComputePixelAccuracy

    def dress(self, outputs, feedback):
        """Colour the points that agree with the ground truth and those that do not."""
        if outputs.get("out_points"):
            colour_points(outputs["out_points"], "Right", RIGHT)
