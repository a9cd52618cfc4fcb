"""The editor of a field follows the layer beside it, whatever that is."""

import pytest
from processing.gui.AlgorithmDialog import AlgorithmDialog
from processing.gui.BatchAlgorithmDialog import BatchAlgorithmDialog
from qgis.core import QgsProcessingContext, QgsProject, QgsRasterLayer, QgsVectorLayer
from qgis.gui import QgsBrowserGuiModel

from imagery_deep_learning.gui.dialogs.field_box import field_names

CONTEXT = QgsProcessingContext()


@pytest.fixture(autouse=True)
def browser(qgis_iface, monkeypatch):
    """What QGIS's window has and the stand-in of tests lacks."""
    model = QgsBrowserGuiModel()
    monkeypatch.setattr(qgis_iface, "browserModel", lambda: model, raising=False)


@pytest.fixture
def layers(scene):
    """A class raster and labels in the project."""
    made = (
        QgsRasterLayer(str(scene / "classes.tif"), "classes"),
        QgsVectorLayer(str(scene / "labels.gpkg"), "labels", "ogr"),
    )
    QgsProject.instance().addMapLayers(made)
    yield made
    QgsProject.instance().clear()


def box_of(dialog, name="class_value_field"):
    """Return the wrapper of a field and that of its layer."""
    wrappers = dialog.mainWidget().wrappers
    return wrappers[name], wrappers["in_class_data"]


def items(wrapper):
    """Return the names that are offered."""
    return {wrapper.widget.itemText(row) for row in range(wrapper.widget.count())}


def test_a_class_raster_beside_it_offers_nothing_and_leaves_qgis_alive(provider, layers, scene):
    """QGIS 3.22's own editor of fields dies of a raster, as layer and as path."""
    raster, labels = layers
    dialog = AlgorithmDialog(provider.algorithm("exporttrainingdatafordeeplearning").create())
    field, layer = box_of(dialog)

    for given in (raster.id(), str(scene / "classes.tif"), str(scene)):
        layer.setParameterValue(given, CONTEXT)
        assert items(field) == {""}
    layer.setParameterValue(labels.id(), CONTEXT)
    assert {"", "Classname", "Classvalue"} <= items(field)
    field.setParameterValue("Classvalue", CONTEXT)
    assert field.parameterValue() == "Classvalue"
    layer.setParameterValue(str(scene / "found.gpkg"), CONTEXT)
    assert field.parameterValue() == "Classvalue"
    dialog.close()


def test_nothing_chosen_is_nothing_given(provider, layers):
    """An empty box asks the tool for its own choice."""
    dialog = AlgorithmDialog(provider.algorithm("exporttrainingdatafordeeplearning").create())
    field, _ = box_of(dialog)

    assert field.parameterValue() is None
    dialog.close()


def test_the_batch_panel_opens_with_it(provider, layers):
    """One cell a row."""
    dialog = BatchAlgorithmDialog(provider.algorithm("exporttrainingdatafordeeplearning").create())
    dialog.show()
    dialog.close()


def test_only_the_asked_kind_of_field_is_offered(layers, scene):
    """A confidence is a number."""
    found = f"{scene / 'found.gpkg'}"

    assert "Confidence" in field_names(found, "number")
    assert "Class" not in field_names(found, "number")
    assert field_names(found, "text") == ["Class"]
    assert field_names(str(scene / "none.gpkg"), "any") == []
