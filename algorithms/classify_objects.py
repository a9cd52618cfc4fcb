"""Toolbox entry of ClassifyObjects."""

from __future__ import annotations

import json

from ..engine.tools.classify_objects import ClassifyObjects
from .base import EngineAlgorithm
from .styling import colour_by_class


class ClassifyObjectsAlgorithm(EngineAlgorithm):
    """Draws objects in the model's class colours, those without a label in grey."""

    tool = ClassifyObjects

    def dress(self, outputs, feedback):
        """Colour the objects by their label; a table has nothing to colour."""
        classes = [(row["name"], row["color"]) for row in json.loads(outputs["classes"])]
        colour_by_class(outputs["out_feature_class"], outputs["label_field"], [*classes, ("", NO_LABEL)])


NO_LABEL = (150, 150, 150)
"""Colour of objects without a label."""
