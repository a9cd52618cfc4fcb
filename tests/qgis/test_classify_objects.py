"""Classify Objects Using Deep Learning as QGIS users see it: layers in, styled layers or a table out."""

import subprocess
from pathlib import Path

import processing
import pytest
from qgis.core import (
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingFeedback,
    QgsProject,
    QgsSymbol,
    QgsVectorLayer,
)

from .conftest import ENGINE, ROOT

pytestmark = pytest.mark.usefixtures("provider")

TOOL = "deeplearning:classifyobjectsusingdeeplearning"
CLASSES = ["dark", "grey", "bright"]


@pytest.fixture(scope="session")
def town(tmp_path_factory):
    """Return a folder with a model, a raster and objects, made by the engine's Python."""
    folder = tmp_path_factory.mktemp("town")
    subprocess.run([str(ENGINE), str(ROOT / "tests" / "make_object_model.py"), str(folder)], check=True, cwd=ROOT)
    return folder


def classify(town, out, raster="scene.tif", **parameters):
    """Run the tool; return its results and its log."""
    feedback, context = QgsProcessingFeedback(), QgsProcessingContext()
    context.setProject(QgsProject.instance())
    given = {"in_raster": str(town / raster), "in_model_definition": str(town / "roofs"), "processor_type": "CPU"}
    given |= {"out_feature_class": str(out), **parameters}
    return processing.run(TOOL, given, feedback=feedback, context=context), feedback.textLog()


def opened(path):
    """Return a layer as QGIS opens it, with its own style."""
    layer = QgsVectorLayer(str(path), "x", "ogr")
    assert layer.isValid()
    layer.loadDefaultStyle()
    return layer


def test_selected_features_get_their_class_in_colour(town, tmp_path):
    """All attributes are kept, the legend has the model's classes, the rest is called no label."""
    layer = QgsVectorLayer(str(town / "roofs.gpkg"), "roofs", "ogr")
    layer.selectByExpression("number > 3")
    QgsProject.instance().addMapLayer(layer)
    try:
        chosen = QgsProcessingFeatureSourceDefinition(layer.id(), True)
        results, log = classify(town, tmp_path / "out.gpkg", in_features=chosen, truth_field="truth")
    finally:
        QgsProject.instance().removeMapLayer(layer.id())
    found = opened(results["out_feature_class"])
    assert found.featureCount() == 8 and found.crs().authid() == "EPSG:32633"
    names = [field.name() for field in found.fields()]
    assert names == ["fid", "number", "truth", "ClassLabel", "Classvalue", "Confidence"]
    assert all(feature["ClassLabel"] == feature["truth"] and feature["number"] > 3 for feature in found.getFeatures())
    renderer = found.renderer()
    assert renderer.type() == "categorizedSymbol" and renderer.classAttribute() == "ClassLabel"
    assert [category.label() for category in renderer.categories()] == [*CLASSES, "no label"]
    assert [category.symbol().color().name() for category in renderer.categories()][1] == "#00c800"
    assert "overall accuracy 1.000" in log and Path(results["out_report"]).read_bytes().startswith(b"%PDF")
    assert Path(results["out_run_manifest"]).is_file()


def test_points_are_drawn_as_points_and_a_second_run_is_appended(town, tmp_path):
    """The style stays that of the layer."""
    trees = QgsVectorLayer(str(town / "trees.gpkg"), "trees", "ogr")
    for count in (12, 24):
        results, log = classify(town, tmp_path / "out.gpkg", in_features=trees, class_label_field="Kind")
        found = opened(results["out_feature_class"])
        assert found.featureCount() == count
    assert "exists with 12 rows: the results are appended" in log
    assert found.renderer().classAttribute() == "Kind"
    assert found.renderer().categories()[0].symbol().type() == QgsSymbol.Marker


def test_photos_become_a_table(town, tmp_path):
    """Images without a CRS have no place on the map."""
    results, _ = classify(town, tmp_path / "photos.gpkg", raster="photos")
    table = opened(results["out_feature_class"])
    assert not table.isSpatial()
    rows = [(row["Image"], row["ClassLabel"]) for row in table.getFeatures()]
    assert rows == [("0.png", "dark"), ("1.png", "grey"), ("2.png", "bright")]


def test_bad_input_is_one_sentence(town, tmp_path):
    """As an exception of Processing."""
    with pytest.raises(QgsProcessingException, match="truth_field is missing"):
        classify(town, tmp_path / "o.gpkg", in_features=str(town / "roofs.gpkg"), out_report=str(tmp_path / "r.pdf"))
