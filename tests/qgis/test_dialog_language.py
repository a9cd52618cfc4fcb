"""QGIS in French shows the tools in French, and every help panel its picture."""

from pathlib import Path

import pytest
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtGui import QImage
from qgis.PyQt.QtWidgets import QAbstractButton, QLabel, QTabWidget, QTreeWidget, QWidget

from imagery_deep_learning.algorithms.arrivals import layer_name, run_title
from imagery_deep_learning.algorithms.help_panel import picture_path
from imagery_deep_learning.engine.tools import TOOLS
from imagery_deep_learning.gui.labels.pane import LabelPane
from imagery_deep_learning.gui.review.pane import ReviewPane
from imagery_deep_learning.gui.runs.pane import RunsPane
from imagery_deep_learning.gui.setting_up.dialog import SetUpDialog
from imagery_deep_learning.provider.words import counted, install_translator


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


@pytest.mark.parametrize(
    ("make", "shown"),
    [
        (LabelPane, {"Échantillons", "Suggérer", "Nouvelle classe"}),
        (ReviewPane, {"Relecture", "Accepter  A", "Seuil", "Exactitude…"}),
        (RunsPane, {"Relancer…", "Paramètres", "Durée"}),
        (SetUpDialog, {"Installer", "Dossier", "Le télécharger d'internet"}),
    ],
)
def test_panes_are_french(qgis_iface, french, make, shown):
    """Buttons, tabs, heads of tables and tool tips."""
    pane = make(qgis_iface)
    assert shown <= texts_of(pane)
    if hasattr(pane, "close_down"):
        pane.close_down()
    pane.deleteLater()


def texts_of(pane):
    """Return every text that the widgets of a pane show."""
    found = {widget.toolTip() for widget in pane.findChildren(QWidget)}
    for kind in (QLabel, QAbstractButton):
        found |= {widget.text() for widget in pane.findChildren(kind)}
    for tabs in pane.findChildren(QTabWidget):
        found |= {tabs.tabText(number) for number in range(tabs.count())}
    for tree in pane.findChildren(QTreeWidget):
        found |= {tree.headerItem().text(column) for column in range(tree.columnCount())}
    return found


def test_layers_and_runs_have_french_names(french):
    """A run is feminine, a result masculine."""
    assert layer_name("detect_objects", "out_detected_objects", "scene") == "Objets détectés: scene"
    assert run_title("train_model", "", "") == "Entraîner un modèle"
    assert counted(1, "{} sample loaded.", "{} samples loaded.") == "1 échantillon chargé."
    assert counted(2, "{} sample loaded.", "{} samples loaded.") == "2 échantillons chargés."


def test_a_language_without_translation_leaves_english(qgis_app):
    """Nothing is installed."""
    assert install_translator("xx") is None


@pytest.mark.parametrize("name", TOOLS)
def test_every_help_panel_has_a_picture(provider, name):
    """QGIS can draw it."""
    picture = picture_path(name)
    assert not QImage(picture).isNull()
    assert Path(picture).as_uri() in provider.algorithm(TOOLS[name].name).create().shortHelpString()
