"""What the models of docs/examples consist of that go from labels to accuracy, one for each task (``make_model``)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qgis.core import (
    QgsProcessing,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterMapLayer,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
)


@dataclass(frozen=True)
class Recipe:
    """A model to write.

    Attributes:
        title: What the toolbox shows.
        inputs: Makes the parameters that it asks for.
        children: By id: the algorithm, what it is given, which of its outputs are the model's and under which name.
        titles: What the model's outputs are called.
    """

    title: str
    inputs: Callable[[], list]
    children: dict
    titles: dict


def minutes() -> QgsProcessingParameterNumber:
    """Return the parameter that says how long to train."""
    return QgsProcessingParameterNumber(
        "max_minutes", "Minutes of training", QgsProcessingParameterNumber.Double, defaultValue=5, minValue=0.1
    )


def object_inputs() -> list:
    """Return what the model of object detection asks for."""
    return [
        QgsProcessingParameterRasterLayer("in_raster", "Raster"),
        QgsProcessingParameterFeatureSource("training_labels", "Labels to train on"),
        QgsProcessingParameterFeatureSource("reference_labels", "Labels to judge by"),
        minutes(),
    ]


def chip_size(default: int) -> QgsProcessingParameterNumber:
    """Return the parameter that says how large chips are."""
    return QgsProcessingParameterNumber(
        "chip_size", "Chip size in pixels", QgsProcessingParameterNumber.Integer, defaultValue=default, minValue=32
    )


def outline_inputs() -> list:
    """Return what the model of outlines asks for."""
    return [*object_inputs()[:-1], chip_size(256), minutes()]


def drawn_or_raster() -> list:
    """Return the labels of pixels to train on and to judge by: polygons or class rasters."""
    either = [QgsProcessing.TypeVectorPolygon, QgsProcessing.TypeRaster]
    anything = [QgsProcessing.TypeVectorAnyGeometry, QgsProcessing.TypeRaster]
    return [
        QgsProcessingParameterMapLayer("training_labels", "Labels to train on", types=either),
        QgsProcessingParameterMapLayer("reference", "Ground truth to judge by", types=anything),
    ]


def pixel_inputs() -> list:
    """Return what the model of pixel classification asks for."""
    return [
        QgsProcessingParameterRasterLayer("in_raster", "Raster"),
        *drawn_or_raster(),
        chip_size(256),
        minutes(),
    ]


def change_inputs() -> list:
    """Return what the model of change detection asks for."""
    return [
        QgsProcessingParameterRasterLayer("from_raster", "Raster of the earlier date"),
        QgsProcessingParameterRasterLayer("to_raster", "Raster of the later date"),
        *drawn_or_raster(),
        QgsProcessingParameterExtent("training_extent", "Part of the rasters to train on", optional=True),
        chip_size(256),
        minutes(),
    ]


def classed_inputs() -> list:
    """Return what the model of object classification asks for."""
    return [
        QgsProcessingParameterRasterLayer("in_raster", "Raster"),
        QgsProcessingParameterFeatureSource("training_objects", "Objects to train on"),
        QgsProcessingParameterFeatureSource("objects", "Objects to classify, their classes known"),
        QgsProcessingParameterField("class_field", "Field with the class", parentLayerParameterName="training_objects"),
        chip_size(64),
        minutes(),
    ]


HALF_APART = {
    "tile_size_x": ("input", "chip_size"),
    "tile_size_y": ("input", "chip_size"),
    "stride_x": ("expression", "ceil(@chip_size / 2)"),
    "stride_y": ("expression", "ceil(@chip_size / 2)"),
}
"""Chips of the size asked for, each half of one farther."""


def training(**more: tuple) -> tuple:
    """Return the step that trains on what was exported."""
    values = {"in_folder": ("output", "export", "out_folder"), **more, "max_minutes": ("input", "max_minutes")}
    return "deeplearning:traindeeplearningmodel", values, {"out_folder": "model_folder"}


def judging(step: str) -> tuple:
    """Return the step that compares the class raster of another step with the reference."""
    return (
        "deeplearning:computeaccuracyforpixelclassification",
        {
            "in_raster": ("output", step, "out_classified_raster"),
            "in_ground_truth_data": ("input", "reference"),
        },
        {"out_confusion_matrix": "confusion_matrix", "out_report": "accuracy_report"},
    )


def detecting(raster: str, model: tuple, arguments: str = "") -> tuple:
    """Return the step that detects objects in a raster that the model asks for."""
    given = {"in_raster": ("input", raster), "in_model_definition": model}
    if arguments:
        given["arguments"] = ("value", arguments)
    return "deeplearning:detectobjectsusingdeeplearning", given, {"out_detected_objects": "detections"}


def judging_objects(found: tuple, **more: tuple) -> tuple:
    """Return the step that compares objects with the reference."""
    given = {"detected_features": found, "ground_truth_features": ("input", "reference_labels"), **more}
    results = {"out_accuracy_table": "accuracy_table", "out_accuracy_report": "accuracy_report"}
    return "deeplearning:computeaccuracyforobjectdetection", given, results


def from_labels_to_objects(exported: dict, judged: dict) -> dict:
    """Return the steps that train a detector, with what export and accuracy are given beside the layers."""
    layers = {"in_raster": ("input", "in_raster"), "in_class_data": ("input", "training_labels")}
    return {
        "export": ("deeplearning:exporttrainingdatafordeeplearning", {**layers, **exported}, {}),
        "train": training(),
        "detect": detecting("in_raster", ("output", "train", "out_model_file"), "threshold 0.05"),
        "accuracy": judging_objects(("output", "detect", "out_detected_objects"), **judged),
    }


OBJECTS = Recipe(
    "Train a detector and judge it",
    object_inputs,
    from_labels_to_objects({"cell_size": ("value", "auto")}, {}),
    {
        "model_folder": "Model",
        "detections": "Detections",
        "accuracy_table": "Accuracy table",
        "accuracy_report": "Accuracy report",
    },
)
OUTLINES = Recipe(
    "Train a detector of outlines and judge it",
    outline_inputs,
    from_labels_to_objects(
        {"metadata_format": ("value", "RCNN_Masks"), **HALF_APART}, {"overlap_by": ("value", "MASKS")}
    ),
    OBJECTS.titles,
)
PIXELS = Recipe(
    "Train a classifier of pixels and judge it",
    pixel_inputs,
    {
        "export": (
            "deeplearning:exporttrainingdatafordeeplearning",
            {
                "in_raster": ("input", "in_raster"),
                "in_class_data": ("input", "training_labels"),
                "metadata_format": ("value", "Classified_Tiles"),
                **HALF_APART,
            },
            {},
        ),
        "train": training(),
        "classify": (
            "deeplearning:classifypixelsusingdeeplearning",
            {
                "in_raster": ("input", "in_raster"),
                "in_model_definition": ("output", "train", "out_model_file"),
            },
            {"out_classified_raster": "classified_raster"},
        ),
        "accuracy": judging("classify"),
    },
    {
        "model_folder": "Model",
        "classified_raster": "Classified raster",
        "confusion_matrix": "Confusion matrix",
        "accuracy_report": "Accuracy report",
    },
)
CLASSED = Recipe(
    "Train a classifier of objects and judge it",
    classed_inputs,
    {
        "export": (
            "deeplearning:exporttrainingdatafordeeplearning",
            {
                "in_raster": ("input", "in_raster"),
                "in_class_data": ("input", "training_objects"),
                "class_value_field": ("input", "class_field"),
                "metadata_format": ("value", "Labeled_Tiles"),
                "crop_mode": ("value", "BOUNDING_BOX"),
                "tile_size_x": ("input", "chip_size"),
                "tile_size_y": ("input", "chip_size"),
            },
            {},
        ),
        "train": training(),
        "classify": (
            "deeplearning:classifyobjectsusingdeeplearning",
            {
                "in_raster": ("input", "in_raster"),
                "in_features": ("input", "objects"),
                "in_model_definition": ("output", "train", "out_model_file"),
                "truth_field": ("input", "class_field"),
            },
            {"out_feature_class": "classified_objects", "out_report": "accuracy_report"},
        ),
    },
    {
        "model_folder": "Model",
        "classified_objects": "Classified objects",
        "accuracy_report": "Accuracy report",
    },
)
CHANGE = Recipe(
    "Train a detector of change and judge it",
    change_inputs,
    {
        "export": (
            "deeplearning:exporttrainingdatafordeeplearning",
            {
                "in_raster": ("input", "from_raster"),
                "in_raster2": ("input", "to_raster"),
                "in_class_data": ("input", "training_labels"),
                "extent": ("input", "training_extent"),
                "metadata_format": ("value", "Classified_Tiles"),
                **HALF_APART,
            },
            {},
        ),
        "train": training(model_type=("value", "CHANGEDETECTOR")),
        "change": (
            "deeplearning:detectchangeusingdeeplearning",
            {
                "from_raster": ("input", "from_raster"),
                "to_raster": ("input", "to_raster"),
                "in_model_definition": ("output", "train", "out_model_file"),
            },
            {"out_classified_raster": "change_raster"},
        ),
        "accuracy": judging("change"),
    },
    {
        "model_folder": "Model",
        "change_raster": "Raster of change",
        "confusion_matrix": "Confusion matrix",
        "accuracy_report": "Accuracy report",
    },
)
