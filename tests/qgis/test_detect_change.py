"""Detect Change and Compare Detections as QGIS users see them: what is written, and how it is drawn."""

import json
import subprocess

import processing
import pytest
from qgis.core import QgsProcessingException, QgsRasterLayer, QgsVectorLayer

from .conftest import ENGINE, ROOT

pytestmark = pytest.mark.usefixtures("provider")


@pytest.fixture(scope="module")
def dates(tmp_path_factory):
    """Return a folder with two dates, a model and detections, made by the engine's Python."""
    folder = tmp_path_factory.mktemp("dates")
    subprocess.run([str(ENGINE), str(ROOT / "tests" / "make_change_scene.py"), str(folder)], check=True, cwd=ROOT)
    return folder


def test_a_raster_of_change_has_names_and_colours_in_its_legend(dates, tmp_path):
    """The second date lies 0.4 of a cell aside; the manifest names both."""
    results = processing.run(
        "deeplearning:detectchangeusingdeeplearning",
        {
            "from_raster": str(dates / "first.tif"),
            "to_raster": str(dates / "second.tif"),
            "out_classified_raster": str(tmp_path / "change.tif"),
            "in_model_definition": str(dates / "change" / "change.dlpk"),
            "arguments": "score_threshold 0.4; batch_size 1",
            "processor_type": "CPU",
        },
    )
    layer = QgsRasterLayer(results["out_classified_raster"], "x", "gdal")
    entries = [(entry.value, entry.label, entry.color.name()) for entry in layer.renderer().classes()]
    assert entries[1:] == [(1, "built", "#e65a28"), (2, "gone & lost", "#3c5ac8")] and entries[0][1] == "No change"
    assert (layer.width(), layer.height()) == (110, 90)
    with open(results["out_run_manifest"], encoding="utf-8") as file:
        assert len(json.load(file)["inputs"]) == 2


def test_a_raster_is_not_compared_with_itself(dates, tmp_path):
    """As the engine says it."""
    with pytest.raises(QgsProcessingException, match="are both"):
        processing.run(
            "deeplearning:detectchangeusingdeeplearning",
            {
                "from_raster": str(dates / "first.tif"),
                "to_raster": str(dates / "first.tif"),
                "out_classified_raster": str(tmp_path / "change.tif"),
                "in_model_definition": str(dates / "change" / "change.dlpk"),
            },
        )


def test_objects_are_drawn_by_what_became_of_them(dates, tmp_path):
    """Four colours, one a status, kept with the layer; the table counts them."""
    results = processing.run(
        "deeplearning:comparedetections",
        {
            "old_detections": str(dates / "old.gpkg"),
            "new_detections": str(dates / "new.gpkg"),
            "out_features": str(tmp_path / "changes.gpkg"),
            "out_table": str(tmp_path / "counts.csv"),
        },
    )
    layer = QgsVectorLayer(results["out_features"], "x", "ogr")
    assert [feature["Status"] for feature in layer.getFeatures()] == ["confirmed", "changed", "new", "gone"]
    categories = layer.renderer().categories()
    assert [category.value() for category in categories] == ["new", "gone", "changed", "confirmed"]
    assert len({category.symbol().symbolLayer(0).strokeColor().name() for category in categories}) == 4
