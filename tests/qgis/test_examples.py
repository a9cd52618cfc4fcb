"""The models of docs/examples are opened by QGIS as they are, and every step of them is a tool that there is."""

import shlex
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
NAMES = sorted(file.stem for file in EXAMPLES.glob("*.model3"))


def opened(name):
    """Return a model as QGIS reads it."""
    from qgis.core import QgsProcessingModelAlgorithm

    model = QgsProcessingModelAlgorithm()
    assert model.fromFile(str(EXAMPLES / f"{name}.model3"))
    return model


def test_there_is_a_model_for_each_task():
    """Objects, outlines, pixels, classes of objects and change from labels to accuracy; and two for a trained model."""
    assert NAMES == [
        "classify_objects",
        "classify_pixels",
        "compare_dates",
        "detect_change",
        "detect_objects",
        "detect_outlines",
        "use_detector",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_model_opens_and_all_its_steps_are_known(provider, name):
    """QGIS finds nothing wrong with it, and every value that a step is given is a parameter of its tool."""
    model = opened(name)
    assert model.validate() == (True, [])
    for child in model.childAlgorithms().values():
        known = {parameter.name() for parameter in child.algorithm().parameterDefinitions()}
        assert child.algorithmId().startswith("deeplearning:")
        assert set(child.parameterSources()) <= known


@pytest.mark.parametrize("name", NAMES)
def test_a_model_asks_for_the_raster_first(provider, name):
    """Its dialog goes by the order of the work, not by the alphabet."""
    model = opened(name)
    model.initAlgorithm()

    assert model.parameterDefinitions()[0].name() in {"in_raster", "from_raster", "old_raster"}


@pytest.mark.parametrize("name", NAMES)
def test_the_page_of_examples_names_parameters_that_a_model_has(provider, name):
    """What the page types is what the model asks for."""
    model = opened(name)
    known = {parameter.name() for parameter in model.parameterDefinitions()}
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    command = text.split(f"run docs/examples/{name}.model3 -- ")[1].split("```")[0].replace("\\\n", " ")
    given = [word.partition("=")[0] for word in shlex.split(command)]
    assert given
    assert set(given) <= known
