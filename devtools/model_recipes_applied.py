"""What the models of docs/examples consist of that use a model which is there; see ``make_model``."""

from __future__ import annotations

from qgis.core import (
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
)

from .model_recipes import Recipe, detecting, judging_objects

MODEL = ("input", "detector")
CONFIDENCE = ("value", "Confidence")


def detector() -> QgsProcessingParameterFile:
    """Return the parameter that asks for a model package."""
    return QgsProcessingParameterFile("detector", "Model package (.dlpk or .emd)")


def share(name: str, title: str, default: float) -> QgsProcessingParameterNumber:
    """Return a parameter from 0 to 1."""
    return QgsProcessingParameterNumber(
        name, title, QgsProcessingParameterNumber.Double, defaultValue=default, minValue=0, maxValue=1
    )


def applied_inputs() -> list:
    """Return what the model asks for that detects, removes doubles and judges."""
    return [
        QgsProcessingParameterRasterLayer("in_raster", "Raster"),
        detector(),
        QgsProcessingParameterFeatureSource("reference_labels", "Objects that are there, to judge by"),
        share("max_overlap", "Overlap (IoU) that two objects may share", 0.3),
    ]


def compared_inputs() -> list:
    """Return what the model asks for that compares two dates."""
    return [
        QgsProcessingParameterRasterLayer("old_raster", "Raster of the earlier date"),
        QgsProcessingParameterRasterLayer("new_raster", "Raster of the later date"),
        detector(),
        share("min_confidence", "Confidence from which an object counts", 0.5),
    ]


def looking(raster: str) -> tuple:
    """Return the step that detects in one of two rasters, unsure objects too."""
    algorithm, given, _ = detecting(raster, MODEL, "threshold 0.2")
    return algorithm, given, {}


APPLIED = Recipe(
    "Use a detector, remove doubles and judge it",
    applied_inputs,
    {
        "detect": (*detecting("in_raster", MODEL, "threshold 0.05")[:2], {}),
        "suppress": (
            "deeplearning:nonmaximumsuppression",
            {
                "in_featureclass": ("output", "detect", "out_detected_objects"),
                "confidence_score_field": CONFIDENCE,
                "max_overlap_ratio": ("input", "max_overlap"),
            },
            {"out_featureclass": "objects"},
        ),
        "accuracy": judging_objects(("output", "suppress", "out_featureclass")),
    },
    {"objects": "Objects", "accuracy_table": "Accuracy table", "accuracy_report": "Accuracy report"},
)
COMPARED = Recipe(
    "Detect at two dates and compare",
    compared_inputs,
    {
        "detect_old": looking("old_raster"),
        "detect_new": looking("new_raster"),
        "compare": (
            "deeplearning:comparedetections",
            {
                "old_detections": ("output", "detect_old", "out_detected_objects"),
                "new_detections": ("output", "detect_new", "out_detected_objects"),
                "confidence_field": CONFIDENCE,
                "min_confidence": ("input", "min_confidence"),
            },
            {"out_features": "changes", "out_table": "counts"},
        ),
    },
    {"changes": "Objects with their status", "counts": "Counts"},
)
