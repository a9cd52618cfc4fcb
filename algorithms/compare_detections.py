"""Toolbox entry of CompareDetections."""

from __future__ import annotations

from ..engine.tools.compare_detections import CompareDetections
from .base import EngineAlgorithm
from .styling import colour_by_class, colour_points

COLOURS = (
    ("new", (0, 158, 115)),
    ("gone", (213, 94, 0)),
    ("changed", (230, 159, 0)),
    ("confirmed", (0, 114, 178)),
)
"""Colour of each status; told apart also by colour-blind people."""


class CompareDetectionsAlgorithm(EngineAlgorithm):
    """Draws the objects by what became of them."""

    tool = CompareDetections

    def dress(self, outputs, feedback):
        """Colour the objects by status."""
        if outputs["kind"] == "point":
            colour_points(outputs["out_features"], "Status", [(status, status, color) for status, color in COLOURS])
        else:
            colour_by_class(outputs["out_features"], "Status", COLOURS, label=False)
