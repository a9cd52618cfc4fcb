"""Toolbox entry of ClassifyPixels."""

from __future__ import annotations

import json

from ..engine.tools.classify_pixels import ClassifyPixels
from .base import EngineAlgorithm
from .styling import SURE, UNSURE, colour_by_class, colour_classes, shade, show_images

SHADED = {"out_probability_raster": SURE, "out_confidence_raster": SURE, "out_entropy_raster": UNSURE}


class ClassifyPixelsAlgorithm(EngineAlgorithm):
    """Draws class rasters with the model's names and colours, probabilities from dark to light."""

    tool = ClassifyPixels

    def initAlgorithm(self, configuration=None):
        """Offer a temporary class raster: it is what most runs write."""
        super().initAlgorithm(configuration)
        self.parameterDefinition("out_classified_raster").setCreateByDefault(True)

    def dress(self, outputs, feedback):
        """Style every raster and layer; what shards have not finished yet has no style."""
        if "classes" not in outputs:
            return
        classes = [(row["value"], row["name"], row["color"]) for row in json.loads(outputs["classes"])]
        rasters = [*json.loads(outputs["class_rasters"]), outputs.get("out_classified_raster", "")]
        for path in dict.fromkeys(path for path in rasters if path):
            if json.loads(outputs["probabilities"]):
                shade(path)
            else:
                colour_classes(path, classes)
        for name, ramp in SHADED.items():
            if outputs.get(name):
                shade(outputs[name], ramp)
        if outputs.get("out_featureclass"):
            show_images(outputs["out_featureclass"], "Classified")
        if outputs.get("out_polygons"):
            rows = [(name, color) for _, name, color in classes]
            colour_by_class(outputs["out_polygons"], "Class", rows, label=False)

    def _load_what_was_written(self, outputs, context):
        """Let QGIS load what was written, and nothing that was not: outputs depend on the kind of input."""
        loading = context.layersToLoadOnCompletion()
        for name, noted in self.registered.items():
            if not outputs.get(name):
                loading.pop(noted, None)
                self.noted.pop(noted, None)
        context.setLayersToLoadOnCompletion(loading)
        super()._load_what_was_written(outputs, context)
