"""Toolbox entry of ClassifyObjects."""

from __future__ import annotations

import json

from ..engine.tools.classify_objects import ClassifyObjects
from .base import EngineAlgorithm
from .styling import colour_by_class, has_style


class ClassifyObjectsAlgorithm(EngineAlgorithm):
    """Draws objects in the model's class colours, those without a label in grey."""

    tool = ClassifyObjects

    def dress(self, outputs, feedback):
        """Colour the objects by their label; a layer that was appended to keeps its style."""
        if has_style(outputs["out_feature_class"]):
            return
        classes = [(row["name"], row["color"]) for row in json.loads(outputs["classes"])]
        colour_by_class(outputs["out_feature_class"], outputs["label_field"], [*classes, ("", NO_LABEL)])


NO_LABEL = (150, 150, 150)
"""Colour of objects without a label."""
