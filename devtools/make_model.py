"""Writes docs/examples/*.model3: the steps from labels to accuracy as models of the modeler, one for each task.

Run by the Python that QGIS uses, in a checkout where ``./dev qgis`` has made the plugin's link:
``QT_QPA_PLATFORM=offscreen /usr/bin/python3 devtools/make_model.py [NAME ...]``
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsProcessing,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelOutput,
    QgsProcessingModelParameter,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterMapLayer,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
)
from qgis.PyQt.QtCore import QPointF

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "examples"
Source = QgsProcessingModelChildParameterSource


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


OBJECTS = Recipe(
    "Train a detector and judge it",
    object_inputs,
    {
        "export": (
            "deeplearning:exporttrainingdatafordeeplearning",
            {
                "in_raster": ("input", "in_raster"),
                "in_class_data": ("input", "training_labels"),
                "cell_size": ("value", "auto"),
            },
            {},
        ),
        "train": training(),
        "detect": (
            "deeplearning:detectobjectsusingdeeplearning",
            {
                "in_raster": ("input", "in_raster"),
                "in_model_definition": ("output", "train", "out_model_file"),
                "arguments": ("value", "threshold 0.05"),
            },
            {"out_detected_objects": "detections"},
        ),
        "accuracy": (
            "deeplearning:computeaccuracyforobjectdetection",
            {
                "detected_features": ("output", "detect", "out_detected_objects"),
                "ground_truth_features": ("input", "reference_labels"),
            },
            {"out_accuracy_table": "accuracy_table", "out_accuracy_report": "accuracy_report"},
        ),
    },
    {
        "model_folder": "Model",
        "detections": "Detections",
        "accuracy_table": "Accuracy table",
        "accuracy_report": "Accuracy report",
    },
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
RECIPES = {"detect_objects": OBJECTS, "classify_pixels": PIXELS, "classify_objects": CLASSED, "detect_change": CHANGE}


def source(given: tuple) -> QgsProcessingModelChildParameterSource:
    """Return where a child's value comes from."""
    if given[0] == "input":
        return Source.fromModelParameter(given[1])
    if given[0] == "output":
        return Source.fromChildOutput(given[1], given[2])
    if given[0] == "expression":
        return Source.fromExpression(given[1])
    return Source.fromStaticValue(given[1])


def make_model(name: str, recipe: Recipe) -> QgsProcessingModelAlgorithm:
    """Build a model."""
    model = QgsProcessingModelAlgorithm(recipe.title, "Imagery Deep Learning", name)
    for number, parameter in enumerate(recipe.inputs()):
        place = QgsProcessingModelParameter(parameter.name())
        place.setPosition(QPointF(140, 80 + 110 * number))
        model.addModelParameter(parameter, place)
    for number, (step, (algorithm, given, results)) in enumerate(recipe.children.items()):
        child = QgsProcessingModelChildAlgorithm(algorithm)
        child.setChildId(step)
        if child.algorithm() is None:
            raise SystemExit(f"{algorithm} is not known: is the provider loaded?")
        child.setDescription(child.algorithm().displayName())
        child.setPosition(QPointF(430, 80 + 150 * number))
        for key in child.algorithm().parameterDefinitions():  # QGIS 3.22 wants every value, defaults included
            if not key.isDestination() and key.defaultValue() is not None and key.name() not in given:
                child.addParameterSources(key.name(), [Source.fromStaticValue(key.defaultValue())])
        for key, value in given.items():
            child.addParameterSources(key, [source(value)])
        outputs = {}
        for row, (key, title) in enumerate(results.items()):
            output = QgsProcessingModelOutput(title, recipe.titles[title])
            output.setChildOutputName(key)
            output.setChildId(step)
            output.setPosition(QPointF(730, 80 + 150 * number + 60 * row))
            outputs[title] = output
        child.setModelOutputs(outputs)
        model.addChildAlgorithm(child)
    return model


def write(name: str) -> None:
    """Write a model after QGIS found nothing wrong with it."""
    target = FOLDER / f"{name}.model3"
    model = make_model(name, RECIPES[name])
    valid, problems = model.validate()
    for problem in problems if not valid else ():
        print(f"{name}: {problem}", file=sys.stderr)
    target.parent.mkdir(parents=True, exist_ok=True)
    if not valid or not model.toFile(str(target)):
        raise SystemExit(f"{target} was not written")
    print(target.relative_to(ROOT))
    for parameter in QgsProcessingModelAlgorithm.parameterDefinitions(model):
        print(f"  {parameter.name()}: {parameter.description()}")


def main() -> None:
    """Write the models that are named, or all."""
    QgsApplication.setPrefixPath("/usr", True)
    application = QgsApplication([], False)
    application.initQgis()
    sys.path[:0] = [str(ROOT / ".qgis-profile/profiles/default/python/plugins"), "/usr/share/qgis/python/plugins"]
    from imagery_deep_learning.provider.provider import Provider  # after QGIS has started

    provider = Provider()
    QgsApplication.processingRegistry().addProvider(provider)
    for name in sys.argv[1:] or RECIPES:
        write(name)
    sys.stdout.flush()
    os._exit(0)  # QGIS without a window does not end cleanly


if __name__ == "__main__":
    main()
