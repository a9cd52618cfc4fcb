"""Writes docs/examples/*.model3: chains of tools as models of the modeler, to train and judge or to use a model.

Run by the Python that QGIS uses, in a checkout where ``./dev qgis`` has made the plugin's link:
``QT_QPA_PLATFORM=offscreen /usr/bin/python3 -m devtools.make_model [NAME ...]``
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
)
from qgis.PyQt.QtCore import QPointF

from .model_recipes import CHANGE, CLASSED, OBJECTS, OUTLINES, PIXELS, Recipe
from .model_recipes_applied import APPLIED, COMPARED

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "examples"
Source = QgsProcessingModelChildParameterSource


RECIPES = {
    "detect_objects": OBJECTS,
    "detect_outlines": OUTLINES,
    "classify_pixels": PIXELS,
    "classify_objects": CLASSED,
    "detect_change": CHANGE,
    "use_detector": APPLIED,
    "compare_dates": COMPARED,
}


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
    model.setParameterOrder([parameter.name() for parameter in recipe.inputs()])  # else QGIS goes by the alphabet
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
