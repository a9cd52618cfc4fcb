"""Outlines of instances as QGIS users get them: Detect Objects with a model that draws masks, judged by polygons."""

import subprocess

import processing
import pytest
from qgis.core import QgsProcessingException, QgsProcessingFeedback, QgsVectorLayer, QgsWkbTypes

from .conftest import ENGINE, ROOT

pytestmark = pytest.mark.usefixtures("provider")


@pytest.fixture(scope="session")
def mask_model(tmp_path_factory):
    """Return a package that draws masks, made by the engine's Python."""
    folder = tmp_path_factory.mktemp("masks") / "roofs"
    subprocess.run([str(ENGINE), str(ROOT / "tests" / "make_mask_model.py"), str(folder)], check=True, cwd=ROOT)
    return folder / "roofs.dlpk"


def detect(scene, model, target, arguments):
    """Run the tool and return the layer and the log."""
    feedback = QgsProcessingFeedback()
    raster = str(next(iter(sorted(scene.glob("*.tif")))))
    results = processing.run(
        "deeplearning:detectobjectsusingdeeplearning",
        {
            "in_raster": raster,
            "in_model_definition": str(model),
            "out_detected_objects": str(target),
            "arguments": arguments,
            "processor_type": "CPU",
        },
        feedback=feedback,
    )
    layer = QgsVectorLayer(results["out_detected_objects"], "found", "ogr")
    assert layer.isValid(), feedback.textLog()
    return layer, feedback.textLog()


def test_outlines_or_frames_as_asked(scene, mask_model, tmp_path):
    """Multipolygons by default, frames with return_bboxes; a layer judged against itself by polygons is perfect."""
    outlines, _ = detect(scene, mask_model, tmp_path / "outlines.gpkg", "threshold 0.05; simplify False")
    assert outlines.featureCount() > 0
    assert outlines.wkbType() == QgsWkbTypes.MultiPolygon
    assert [field.name() for field in outlines.fields()][1:] == ["Class", "Classvalue", "Confidence"]
    assert all(feature.geometry().isGeosValid() for feature in outlines.getFeatures())

    frames, _ = detect(scene, mask_model, tmp_path / "frames.gpkg", "threshold 0.05; return_bboxes True")
    assert frames.wkbType() == QgsWkbTypes.Polygon and frames.featureCount() == outlines.featureCount()

    feedback = QgsProcessingFeedback()
    processing.run(
        "deeplearning:computeaccuracyforobjectdetection",
        {
            "detected_features": outlines.source(),
            "ground_truth_features": outlines.source(),
            "out_accuracy_table": str(tmp_path / "accuracy.csv"),
            "overlap_by": "MASKS",
            "bootstrap_samples": 0,
        },
        feedback=feedback,
    )
    assert "of polygons: precision 1.000, recall 1.000" in feedback.textLog()


def test_an_argument_of_another_kind_of_model_is_refused_in_one_sentence(scene, mask_model, tmp_path):
    """exclude_pad_detections is for models of boxes."""
    with pytest.raises(QgsProcessingException, match="exclude_pad_detections"):
        detect(scene, mask_model, tmp_path / "found.gpkg", "exclude_pad_detections True")
