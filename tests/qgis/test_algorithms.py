"""Every algorithm through ``processing.run`` on a small scene: outputs, fields, styles, messages."""

import json
import os

import processing
import pytest
from qgis.core import (
    QgsApplication,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputLayerDefinition,
    QgsProject,
    QgsVectorLayer,
)

pytestmark = pytest.mark.usefixtures("provider")


def run(name, **parameters):
    """Run one algorithm; return its results and its log."""
    feedback = QgsProcessingFeedback()
    results = processing.run(f"deeplearning:{name}", parameters, feedback=feedback, context=QgsProcessingContext())
    return results, feedback.textLog()


@pytest.fixture(scope="module")
def chips(provider, scene, tmp_path_factory):
    """Return a folder of exported chips."""
    folder = tmp_path_factory.mktemp("chips") / "chips"
    results, _ = run(
        "exporttrainingdatafordeeplearning",
        in_raster=f"{scene}/scene.tif",
        in_class_data=f"{scene}/labels.gpkg",
        out_folder=str(folder),
        tile_size_x=96,
        tile_size_y=96,
        stride_x=48,
        stride_y=48,
        class_value_field="Classvalue",
    )
    assert results["out_folder"] == str(folder)
    return folder


@pytest.fixture(scope="module")
def package(provider, chips, tmp_path_factory):
    """Return a package trained for a moment."""
    results, _ = run(
        "traindeeplearningmodel",
        in_folder=str(chips),
        out_folder=str(tmp_path_factory.mktemp("models") / "squares"),
        model_type="FCOS",
        backbone_model="RESNET18",
        max_epochs=2,
        pretrained_weights="false",
        learning_rate="0.002",
        validation_percentage=25,
        augmentation="NONE",
        resize_to="96",
        processor_type="CPU",
    )
    return results["out_model_file"]


def test_export_writes_what_esri_readers_look_for(chips):
    """Three files make a folder an exported one."""
    assert {"map.txt", "esri_model_definition.emd", "esri_accumulated_stats.json"} <= set(os.listdir(chips))
    stats = json.loads((chips / "esri_accumulated_stats.json").read_text())
    assert stats["MetaDataMode"] == "PASCAL_VOC_rectangles"
    assert stats["NumTiles"] == len([name for name in os.listdir(chips / "images") if name.endswith(".tif")])


def test_training_returns_the_package_and_the_report(package):
    """The derived output is declared, so that a chain can use it."""
    folder = os.path.dirname(package)
    assert package.endswith(".dlpk")
    assert {"squares.emd", "squares.pth", "squares.dlpk", "model_metrics.html"} <= set(os.listdir(folder))


def test_detection_writes_a_styled_layer(package, scene, tmp_path):
    """Fields, CRS and class colours; the style is kept with the data."""
    results, log = run(
        "detectobjectsusingdeeplearning",
        in_raster=f"{scene}/scene.tif",
        in_model_definition=package,
        out_detected_objects=str(tmp_path / "found.gpkg"),
        arguments="threshold 0.05; padding 24",
        run_nms="NMS",
        processor_type="CPU",
    )
    layer = QgsVectorLayer(results["out_detected_objects"], "found", "ogr")
    assert layer.isValid()
    assert {"Class", "Classvalue", "Confidence"} <= {field.name() for field in layer.fields()}
    assert layer.crs().authid() == "EPSG:32633"
    assert layer.renderer().type() == "categorizedSymbol"
    assert [category.label() for category in layer.renderer().categories()] == ["pad"]
    assert "tiles" in log


def test_suppression_keeps_the_surer_of_two(scene, tmp_path):
    """Ten of the squares are doubled with less confidence."""
    results, _ = run(
        "nonmaximumsuppression",
        in_featureclass=f"{scene}/found.gpkg",
        confidence_score_field="Confidence",
        out_featureclass=str(tmp_path / "unique.gpkg"),
        max_overlap_ratio=0.3,
    )
    kept = QgsVectorLayer(results["out_featureclass"], "unique", "ogr")
    before = QgsVectorLayer(f"{scene}/found.gpkg", "found", "ogr")
    assert kept.featureCount() == before.featureCount() - 10
    assert min(feature["Confidence"] for feature in kept.getFeatures()) > 0.55
    assert [f.name() for f in kept.fields()] == [f.name() for f in before.fields()]


def test_accuracy_writes_table_report_and_styled_layers(scene, tmp_path):
    """Hits, false alarms and misses in colours of their own."""
    results, _ = run(
        "computeaccuracyforobjectdetection",
        detected_features=f"{scene}/found.gpkg",
        ground_truth_features=f"{scene}/labels.gpkg",
        out_accuracy_table=str(tmp_path / "accuracy.csv"),
        out_accuracy_report=str(tmp_path / "accuracy.pdf"),
        out_true_positives=str(tmp_path / "layers.gpkg"),
        out_false_positives=f"ogr:dbname='{tmp_path}/layers.gpkg' table=\"wrong\" (geom)",
    )
    table = QgsVectorLayer(results["out_accuracy_table"], "table", "ogr")
    rows = {feature["Class"]: feature for feature in table.getFeatures()}
    overall = next(row for name, row in rows.items() if "all" in name.lower())
    assert int(overall["False_Positive"]) == 10
    assert float(overall["Recall"]) == 1.0
    assert (tmp_path / "accuracy.pdf").read_bytes().startswith(b"%PDF")
    wrong = QgsVectorLayer(f"{tmp_path}/layers.gpkg|layername=wrong", "wrong", "ogr")
    right = QgsVectorLayer(f"{tmp_path}/layers.gpkg|layername=layers", "right", "ogr")
    assert wrong.featureCount() == 10
    assert right.renderer().symbol().symbolLayer(0).strokeColor().name() == "#009e73"


@pytest.mark.parametrize(
    ("name", "parameters", "sentence"),
    [
        ("nonmaximumsuppression", {"run_nms": True}, "run_nms is not a parameter"),
        ("nonmaximumsuppression", {"max_overlap_ratio": 2}, "max_overlap_ratio is 2"),
        ("nonmaximumsuppression", {"in_featureclass": "none.gpkg"}, "'none.gpkg' is not found"),
    ],
)
def test_bad_parameters_are_refused_before_anything_runs(scene, tmp_path, name, parameters, sentence):
    """The sentence of the declaration reaches the caller."""
    good = {
        "in_featureclass": f"{scene}/found.gpkg",
        "confidence_score_field": "Confidence",
        "out_featureclass": str(tmp_path / "out.gpkg"),
    }
    with pytest.raises(QgsProcessingException, match=sentence):
        run(name, **{**good, **parameters})
    assert not list(tmp_path.iterdir())


def suppressed(scene, target, context):
    """Run Non Maximum Suppression into a target in a given context."""
    parameters = {
        "in_featureclass": f"{scene}/found.gpkg",
        "confidence_score_field": "Confidence",
        "out_featureclass": target,
    }
    return processing.run("deeplearning:nonmaximumsuppression", parameters, context=context)["out_featureclass"]


@pytest.mark.parametrize("existing", [False, True])
def test_the_layer_that_was_written_is_the_one_that_is_loaded(scene, tmp_path, existing):
    """One layer, also when the file holds others and when QGIS chooses a temporary name."""
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    path = str(tmp_path / "several.gpkg")
    if existing:
        suppressed(scene, f"ogr:dbname='{path}' table=\"aaa\" (geom)", QgsProcessingContext())
    target = QgsProcessingOutputLayerDefinition(path if existing else "TEMPORARY_OUTPUT", QgsProject.instance())
    algorithm = QgsApplication.processingRegistry().algorithmById("deeplearning:nonmaximumsuppression").create()
    parameters = {
        "in_featureclass": f"{scene}/found.gpkg",
        "confidence_score_field": "Confidence",
        "out_featureclass": target,
    }
    assert algorithm.checkParameterValues(parameters, context)[0]
    results, ok = algorithm.run(parameters, context, QgsProcessingFeedback())
    assert ok
    assert list(context.layersToLoadOnCompletion()) == [results["out_featureclass"]]
    assert QgsVectorLayer(results["out_featureclass"], "x", "ogr").isValid()


def test_a_memory_output_becomes_a_temporary_file(scene, tmp_path, monkeypatch):
    """The engine writes files; none of that name may appear where the user stands."""
    monkeypatch.chdir(tmp_path)
    written = suppressed(scene, "memory:", QgsProcessingContext())
    assert QgsVectorLayer(written, "x", "ogr").isValid()
    assert not list(tmp_path.iterdir())
