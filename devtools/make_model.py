"""Writes docs/examples/detect_objects.model3: export, train, detect and accuracy as one model of the modeler.

Run by the Python that QGIS uses, in a checkout where ``./dev qgis`` has made the plugin's link:
``QT_QPA_PLATFORM=offscreen /usr/bin/python3 devtools/make_model.py``
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelOutput,
    QgsProcessingModelParameter,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
)
from qgis.PyQt.QtCore import QPointF

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "examples" / "detect_objects.model3"
Source = QgsProcessingModelChildParameterSource

# child id: (algorithm, what it is given, which of its outputs are the model's and under which name)
CHILDREN = {
    "export": (
        "deeplearning:exporttrainingdatafordeeplearning",
        {
            "in_raster": ("input", "in_raster"),
            "in_class_data": ("input", "training_labels"),
            "cell_size": ("value", "auto"),
        },
        {},
    ),
    "train": (
        "deeplearning:traindeeplearningmodel",
        {"in_folder": ("output", "export", "out_folder"), "max_minutes": ("input", "max_minutes")},
        {"out_folder": "model_folder"},
    ),
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
}
TITLES = {
    "model_folder": "Model",
    "detections": "Detections",
    "accuracy_table": "Accuracy table",
    "accuracy_report": "Accuracy report",
}


def inputs() -> list:
    """Return what the model asks for."""
    return [
        QgsProcessingParameterRasterLayer("in_raster", "Raster"),
        QgsProcessingParameterFeatureSource("training_labels", "Labels to train on"),
        QgsProcessingParameterFeatureSource("reference_labels", "Labels to judge by"),
        QgsProcessingParameterNumber(
            "max_minutes", "Minutes of training", QgsProcessingParameterNumber.Double, defaultValue=5, minValue=0.1
        ),
    ]


def source(given: tuple) -> QgsProcessingModelChildParameterSource:
    """Return where a child's value comes from."""
    if given[0] == "input":
        return Source.fromModelParameter(given[1])
    if given[0] == "output":
        return Source.fromChildOutput(given[1], given[2])
    return Source.fromStaticValue(given[1])


def make_model() -> QgsProcessingModelAlgorithm:
    """Build the model."""
    model = QgsProcessingModelAlgorithm("Train a detector and judge it", "Imagery Deep Learning", "detect_objects")
    for number, parameter in enumerate(inputs()):
        place = QgsProcessingModelParameter(parameter.name())
        place.setPosition(QPointF(140, 80 + 110 * number))
        model.addModelParameter(parameter, place)
    for number, (name, (algorithm, given, results)) in enumerate(CHILDREN.items()):
        child = QgsProcessingModelChildAlgorithm(algorithm)
        child.setChildId(name)
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
            output = QgsProcessingModelOutput(title, TITLES[title])
            output.setChildOutputName(key)
            output.setChildId(name)
            output.setPosition(QPointF(730, 80 + 150 * number + 60 * row))
            outputs[title] = output
        child.setModelOutputs(outputs)
        model.addChildAlgorithm(child)
    return model


def main() -> None:
    """Write the model after QGIS found nothing wrong with it."""
    QgsApplication.setPrefixPath("/usr", True)
    application = QgsApplication([], False)
    application.initQgis()
    sys.path[:0] = [str(ROOT / ".qgis-profile/profiles/default/python/plugins"), "/usr/share/qgis/python/plugins"]
    from imagery_deep_learning.provider.provider import Provider  # after QGIS has started

    provider = Provider()
    QgsApplication.processingRegistry().addProvider(provider)
    model = make_model()
    valid, problems = model.validate()
    for problem in problems if not valid else ():
        print(f"model: {problem}", file=sys.stderr)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    if not valid or not model.toFile(str(TARGET)):
        raise SystemExit(f"{TARGET} was not written")
    print(TARGET.relative_to(ROOT))
    for parameter in QgsProcessingModelAlgorithm.parameterDefinitions(model):
        print(f"  {parameter.name()}: {parameter.description()}")
    sys.stdout.flush()
    os._exit(0)  # QGIS without a window does not end cleanly


if __name__ == "__main__":
    main()
