"""QGIS in French shows the tools in French, and every help panel its picture."""

from pathlib import Path

import pytest
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtGui import QImage

from imagery_deep_learning.algorithms.help_panel import picture_path
from imagery_deep_learning.engine.tools import TOOLS
from imagery_deep_learning.provider.words import install_translator


@pytest.fixture
def french(qgis_app):
    """Install the French translator for one test."""
    translator = install_translator("fr_FR")
    yield translator
    QCoreApplication.removeTranslator(translator)


def test_titles_labels_and_help_are_french(provider, french):
    """Names of parameters and values stay, so that commands do."""
    algorithm = provider.algorithm("detectobjectsusingdeeplearning").create()
    assert algorithm.displayName() == "Détecter des objets par apprentissage profond"
    assert algorithm.group() == "Inférence"
    definition = algorithm.parameterDefinition("in_model_definition")
    assert (definition.name(), definition.description()) == ("in_model_definition", "Définition du modèle")
    assert "Trouve des objets dans l'imagerie" in algorithm.shortHelpString()


def test_a_language_without_translation_leaves_english(qgis_app):
    """Nothing is installed."""
    assert install_translator("xx") is None


@pytest.mark.parametrize("name", TOOLS)
def test_every_help_panel_has_a_picture(provider, name):
    """QGIS can draw it."""
    picture = picture_path(name)
    assert not QImage(picture).isNull()
    assert Path(picture).as_uri() in provider.algorithm(TOOLS[name].name).create().shortHelpString()
