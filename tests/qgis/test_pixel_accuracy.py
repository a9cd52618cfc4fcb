"""Compute Accuracy For Pixel Classification through QGIS: layers in, styled points out, the command line."""

import csv
import json
import subprocess

import processing
import pytest
from qgis.core import (
    QgsFeature,
    QgsGeometry,
    QgsPointXY,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)

from .conftest import ENGINE, ROOT

pytestmark = pytest.mark.usefixtures("provider")

NAME = "deeplearning:computeaccuracyforpixelclassification"
MAKE = """
import sys
from pathlib import Path
import numpy as np
sys.path.insert(0, sys.argv[2])
from tests.rasters import write_raster
folder = Path(sys.argv[1])
truth = np.kron(np.array([[1, 2, 4], [4, 1, 2]], np.uint8), np.ones((40, 30), np.uint8))[None]
classified = truth.copy()
classified[:, ::4] = 2
write_raster(folder / "truth.tif", truth, cell_size=10.0)
write_raster(folder / "map.tif", classified, cell_size=10.0)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with a map of three classes, a quarter of whose rows is of one class, and its truth."""
    made = tmp_path_factory.mktemp("pixels")
    subprocess.run([str(ENGINE), "-c", MAKE, str(made), str(ROOT)], check=True, cwd=ROOT)
    return made


def run(**parameters):
    """Run the tool; return its results and its log."""
    feedback = QgsProcessingFeedback()
    results = processing.run(NAME, parameters, feedback=feedback, context=QgsProcessingContext())
    return results, feedback.textLog()


def table(path):
    """Read the table by row."""
    with open(path, newline="", encoding="utf-8") as file:
        return {row["ClassValue"]: row for row in csv.DictReader(file)}


def test_a_raster_layer_is_a_reference_and_points_are_styled(folder, tmp_path):
    """Layers of the project go in; right and wrong points come out in two colours, with a report."""
    truth = QgsRasterLayer(str(folder / "truth.tif"), "truth")
    QgsProject.instance().addMapLayer(truth)
    results, log = run(
        in_raster=str(folder / "map.tif"),
        in_ground_truth_data=truth,
        out_confusion_matrix=str(tmp_path / "matrix.csv"),
        num_random_points=90,
        sampling="EQUALIZED_STRATIFIED_RANDOM",
        out_report=str(tmp_path / "report.pdf"),
        out_points=str(tmp_path / "points.gpkg"),
    )
    QgsProject.instance().removeMapLayer(truth)
    rows = table(results["out_confusion_matrix"])
    assert [rows[name]["Total"] for name in ("C_1", "C_2", "C_4", "Total")] == ["30", "30", "30", "90"]
    assert (tmp_path / "report.pdf").read_bytes()[:5] == b"%PDF-"
    assert "overall accuracy" in log
    points = QgsVectorLayer(results["out_points"], "points", "ogr")
    assert points.featureCount() == 90
    names = [category.label() for category in points.renderer().categories()]
    assert names == ["right", "wrong"]


def test_a_memory_layer_of_points_is_a_reference(folder, tmp_path):
    """Its field is named; points lie in the middle of rows that the map has right."""
    layer = QgsVectorLayer("Point?crs=EPSG:32633&field=seen:integer", "visited", "memory")
    features = []
    for col, value in ((5, 1), (35, 2), (65, 4), (66, 1)):
        feature = QgsFeature(layer.fields())
        feature.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(500_000 + col * 10 + 5, 4_650_000 - 15)))
        feature.setAttributes([value])
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    results, log = run(
        in_raster=str(folder / "map.tif"),
        in_ground_truth_data=layer,
        class_value_field="seen",
        out_confusion_matrix=str(tmp_path / "matrix.csv"),
    )
    rows = table(results["out_confusion_matrix"])
    assert [rows["C_4"][name] for name in ("C_1", "C_2", "C_4")] == ["1", "0", "1"]
    assert "visited" in log
    with pytest.raises(QgsProcessingException, match="name its class field in class_value_field"):
        run(
            in_raster=str(folder / "map.tif"),
            in_ground_truth_data=layer,
            out_confusion_matrix=str(tmp_path / "other.csv"),
        )


def test_the_command_line_compares_every_pixel(qgis_process, folder, tmp_path):
    """``qgis_process`` with a raster as reference and 0 points."""
    parameters = {
        "in_raster": folder / "map.tif",
        "in_ground_truth_data": folder / "truth.tif",
        "out_confusion_matrix": tmp_path / "matrix.csv",
        "num_random_points": 0,
    }
    words = [f"{name}={value}" for name, value in parameters.items()]
    program = qgis_process("--json", "run", NAME, "--", *words)
    out, err = program.communicate(timeout=120)
    assert program.returncode == 0, err
    results = json.loads(out[out.index("{") :])["results"]
    rows = table(results["out_confusion_matrix"])
    # a quarter of the rows is called class 2, which is right for a third of their pixels
    assert float(rows["P_Accuracy"]["U_Accuracy"]) == pytest.approx(60 / 80 + 20 / 80 / 3)
