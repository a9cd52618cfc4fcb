"""Toolbox entry of DetectObjects."""

from __future__ import annotations

import json

from ..engine.tools.detect_objects import DetectObjects
from .base import EngineAlgorithm
from .styling import colour_by_class


class DetectObjectsAlgorithm(EngineAlgorithm):
    """Draws the result with the model's class colours."""

    tool = DetectObjects

    def dress(self, outputs, feedback):
        """Colour the objects by class."""
        classes = [(row["name"], row["color"]) for row in json.loads(outputs["classes"])]
        colour_by_class(outputs["out_detected_objects"], self.request.class_value_field, classes)
