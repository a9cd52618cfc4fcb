"""Toolbox entry of NonMaximumSuppression."""

from __future__ import annotations

from ..engine.tools.non_maximum_suppression import NonMaximumSuppression
from .base import EngineAlgorithm
from .styling import colour_all, colour_by_class

COLOUR = (230, 97, 0)
"""Colour of the outlines where the input has no legend."""


class NonMaximumSuppressionAlgorithm(EngineAlgorithm):
    """Draws the features that were kept as the input is drawn, where that is by class; else as outlines."""

    tool = NonMaximumSuppression

    def dress(self, outputs, feedback):
        """Colour the objects by the legend of the input."""
        rows = [(value, color) for value, _, color in self.request.in_featureclass.legend]
        if rows:
            colour_by_class(outputs["out_featureclass"], self.request.class_value_field or "Class", rows)
        else:
            colour_all(outputs["out_featureclass"], COLOUR)
