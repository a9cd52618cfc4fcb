"""What crosses from QGIS to the engine: files as they are, everything else written first and said."""

import os

import pytest
from qgis.core import (
    NULL,
    QgsCategorizedSymbolRenderer,
    QgsFeature,
    QgsFillSymbol,
    QgsGeometry,
    QgsProcessingContext,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingFeedback,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsRendererCategory,
    QgsVectorLayer,
)

from imagery_deep_learning.algorithms.parameters import Border, value
from imagery_deep_learning.engine.errors import FeatureError, RasterError
from imagery_deep_learning.engine.tools.declaration import Parameter
from imagery_deep_learning.engine.tools.kinds import ExtentKind, Features, FieldName, Number, Raster

LABELS = Parameter("in_class_data", Features("Labels"), None, False)
RASTER = Parameter("in_raster", Raster("Raster"), None, False)


@pytest.fixture
def cross(provider):
    """Return a function that hands a value over the border and returns it with the messages."""

    def hand_over(parameter, given):
        context, feedback = QgsProcessingContext(), QgsProcessingFeedback()
        context.setProject(QgsProject.instance())
        algorithm = provider.algorithm("exporttrainingdatafordeeplearning").create()
        border = Border(algorithm, {parameter.name: given}, context, feedback)
        return value(parameter.kind, parameter, border), feedback.textLog()

    return hand_over


def memory_layer(count=3):
    """Return a memory layer with squares."""
    layer = QgsVectorLayer("Polygon?crs=EPSG:32633&field=Classvalue:integer", "drawn", "memory")
    for index in range(count):
        feature = QgsFeature(layer.fields())
        feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(index, 0, index + 0.5, 1)))
        feature["Classvalue"] = index
        layer.dataProvider().addFeature(feature)
    return layer


def count(plain):
    """Return how many features a written source has."""
    return QgsVectorLayer(f"{plain['path']}|layername={plain['layer']}", "x", "ogr").featureCount()


def test_a_file_layer_crosses_as_path_layer_and_filter(cross, scene):
    """Nothing is copied, nothing is said."""
    layer = QgsVectorLayer(f"{scene}/labels.gpkg|layername=labels", "Pads", "ogr")
    layer.setSubsetString('"Classvalue" = 1')
    plain, log = cross(LABELS, layer)
    assert plain["path"] == f"{scene}/labels.gpkg"
    assert (plain["layer"], plain["where"], plain["name"]) == ("labels", '"Classvalue" = 1', "Pads")
    assert not log


def test_a_memory_layer_is_written_and_said(cross):
    """The engine cannot see QGIS's memory."""
    plain, log = cross(LABELS, memory_layer())
    assert count(plain) == 3
    assert "written to" in log


def test_only_selected_features_cross_when_asked_for(cross, scene):
    """Also of a layer that is a file."""
    layer = QgsVectorLayer(f"{scene}/labels.gpkg|layername=labels", "Pads", "ogr")
    QgsProject.instance().addMapLayer(layer)
    layer.selectByIds([1, 2])
    plain, log = cross(LABELS, QgsProcessingFeatureSourceDefinition(layer.id(), selectedFeaturesOnly=True))
    assert count(plain) == 2
    assert "selected features" in log
    QgsProject.instance().removeMapLayer(layer.id())


def test_unsaved_edits_cross(cross, scene):
    """What the user sees is what is used."""
    layer = QgsVectorLayer(f"{scene}/labels.gpkg|layername=labels", "Pads", "ogr")
    before = layer.featureCount()
    layer.startEditing()
    layer.deleteFeature(1)
    plain, _ = cross(LABELS, layer)
    layer.rollBack()
    assert count(plain) == before - 1


def test_a_categorised_legend_crosses_with_names_and_colours(cross):
    """The classes keep the names and colours that the user chose."""
    layer = memory_layer()
    symbol = QgsFillSymbol.createSimple({"color": "#ff8800"})
    layer.setRenderer(QgsCategorizedSymbolRenderer("Classvalue", [QgsRendererCategory(1, symbol, "Well pad")]))
    plain, _ = cross(LABELS, layer)
    assert plain["legend"] == [["1", "Well pad", [255, 136, 0]]]


@pytest.mark.parametrize("rasters", [False, True])
def test_a_typed_path_brings_the_legend_of_its_style(cross, scene, tmp_path, rasters):
    """The command line and the dialog give the same class colours; without a style the path is all."""
    path = tmp_path / "labels.gpkg"
    path.write_bytes((scene / "labels.gpkg").read_bytes())
    labels = Parameter("in_class_data", Features("Labels", rasters=rasters), None, False)
    assert "legend" not in str(cross(labels, str(path))[0])
    layer = QgsVectorLayer(str(path), "Pads", "ogr")
    symbol = QgsFillSymbol.createSimple({"color": "#ff8800"})
    layer.setRenderer(QgsCategorizedSymbolRenderer("Classvalue", [QgsRendererCategory(1, symbol, "Well pad")]))
    layer.saveNamedStyle(str(path.with_suffix(".qml")))
    plain, _ = cross(labels, str(path))
    assert (plain["path"], plain["legend"]) == (str(path), [["1", "Well pad", [255, 136, 0]]])


def test_a_box_left_empty_is_nothing_given(cross):
    """Dialogs hand over QGIS's NULL for a field, a layer or a number that nobody chose."""
    field = Parameter("class_value_field", FieldName("Field", parent="in_class_data"), "", False)
    number = Parameter("chip_size", Number("Chip size", whole=True), None, False)

    for parameter in (field, number, LABELS):
        assert cross(parameter, NULL)[0] is None


def test_a_missing_layer_is_refused(cross):
    """The text is given back, so that a misspelt path is seen."""
    with pytest.raises(FeatureError, match=r"in_class_data 'nowhere.gpkg' is not found"):
        cross(LABELS, "nowhere.gpkg")


def test_rasters_folders_and_layers_become_paths(cross, scene, monkeypatch):
    """Relative paths are made absolute where they were typed."""
    monkeypatch.chdir(scene)
    expected = os.path.join(scene, "scene.tif")
    assert cross(RASTER, "scene.tif")[0] == expected
    assert cross(RASTER, QgsRasterLayer(expected, "scene"))[0] == expected
    assert cross(RASTER, str(scene))[0] == str(scene)


def test_a_web_layer_is_refused_with_the_remedy(cross):
    """The engine opens files."""
    layer = QgsRasterLayer("type=xyz&url=http://127.0.0.1:9/{z}/{x}/{y}.png", "tiles", "wms")
    with pytest.raises(RasterError, match="export it to a file first"):
        cross(RASTER, layer)


def test_an_extent_may_be_text_rectangle_or_layer(cross, scene):
    """The CRS travels with it."""
    extent = Parameter("extent", ExtentKind("Extent"), None, False)
    assert cross(extent, "0,1,2,3 [EPSG:4326]")[0] == "0,1,2,3 [EPSG:4326]"
    of_layer = cross(extent, QgsRasterLayer(f"{scene}/scene.tif", "scene"))[0]
    assert (of_layer["left"], of_layer["top"], of_layer["crs"]) == (500_000.0, 4_650_000.0, "EPSG:32633")


def test_a_limit_on_the_number_of_features_is_honoured(cross, scene):
    """The dialog offers it behind the wrench."""
    layer = QgsVectorLayer(f"{scene}/labels.gpkg|layername=labels", "Pads", "ogr")
    QgsProject.instance().addMapLayer(layer)
    plain, _ = cross(LABELS, QgsProcessingFeatureSourceDefinition(layer.id(), False, 1))
    assert count(plain) == 1
    QgsProject.instance().removeMapLayer(layer.id())


def test_a_layer_opened_by_its_number_crosses_as_that_layer(cross, scene):
    """The engine opens layers by name only."""
    plain, _ = cross(LABELS, f"{scene}/labels.gpkg|layerid=0")
    assert count(plain) == QgsVectorLayer(f"{scene}/labels.gpkg", "Pads", "ogr").featureCount()
