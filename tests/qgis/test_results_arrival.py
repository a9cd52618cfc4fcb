"""Layers as they arrive in a project: named, grouped, styled, labelled where there is room."""

import time

import processing
import pytest
from processing.gui.Postprocessing import handleAlgorithmResults
from qgis.core import (
    QgsApplication,
    QgsColorRampShader,
    QgsFeature,
    QgsGeometry,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelOutput,
    QgsProcessingOutputLayerDefinition,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtWidgets import QApplication

from imagery_deep_learning.algorithms.labelling import add_labels, label_scale
from imagery_deep_learning.algorithms.styling import HIT, OPACITY, colour_all, colour_classes, shade

pytestmark = pytest.mark.usefixtures("provider")


@pytest.fixture
def project(qgis_app, qgis_new_project):
    """Return an empty project."""
    return QgsProject.instance()


def run_and_load(name, **parameters):
    """Run a tool as its dialog does, and load what it wrote."""
    context, feedback = QgsProcessingContext(), QgsProcessingFeedback()
    context.setProject(QgsProject.instance())
    algorithm = QgsApplication.processingRegistry().createAlgorithmById(f"deeplearning:{name}")
    for output, path in [(key, value) for key, value in parameters.items() if key.startswith("out_")]:
        if not path.endswith((".pdf", ".html")):
            parameters[output] = QgsProcessingOutputLayerDefinition(path, QgsProject.instance())
    results, fits = algorithm.run(parameters, context, feedback)
    assert fits, feedback.textLog()
    assert handleAlgorithmResults(algorithm, context, feedback, parameters=parameters)
    return results


def accuracy(scene, folder):
    """Judge the detections of the scene and load the layers."""
    return run_and_load(
        "computeaccuracyforobjectdetection",
        detected_features=f"{scene}/found.gpkg",
        ground_truth_features=f"{scene}/labels.gpkg",
        out_accuracy_table=str(folder / "accuracy.csv"),
        out_accuracy_report=str(folder / "accuracy.pdf"),
        out_true_positives=str(folder / "hits.gpkg"),
        out_false_positives=str(folder / "false.gpkg"),
        out_false_negatives=str(folder / "missed.gpkg"),
    )


def test_the_layers_of_a_run_lie_in_a_group_of_their_own_above_the_rest(project, scene, tmp_path):
    """Named for people, in a fixed order: false alarms, which may be many, below the others, the table last."""
    under = QgsVectorLayer(f"{scene}/labels.gpkg", "ground truth", "ogr")
    project.addMapLayer(under)
    accuracy(scene, tmp_path)

    group, last = project.layerTreeRoot().children()
    assert group.name().startswith("Accuracy: found, ")
    assert [node.name() for node in group.children()] == [
        "Missed: found", "Hits: found", "False alarms: found", "Accuracy table: found",
    ]  # fmt: skip
    assert last.name() == "ground truth"
    assert group.children()[0].customProperty("showFeatureCount")
    hits = group.children()[1].layer()
    assert hits.renderer().symbol().symbolLayer(0).strokeColor().getRgb()[:3] == HIT
    assert hits.labelsEnabled()


def test_the_group_of_an_earlier_run_folds_up(project, scene, tmp_path):
    """The newest is on top and open."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        accuracy(scene, tmp_path / name)
    newer, older = project.layerTreeRoot().children()
    assert newer.isExpanded() and not older.isExpanded()
    assert len(newer.children()) == len(older.children()) == 4


def test_results_keep_to_the_group_that_processing_names(project, scene, tmp_path):
    """A person's setting counts."""
    from processing.core.ProcessingConfig import ProcessingConfig

    ProcessingConfig.setSettingValue(ProcessingConfig.RESULTS_GROUP_NAME, "My results")
    try:
        accuracy(scene, tmp_path)
    finally:
        ProcessingConfig.setSettingValue(ProcessingConfig.RESULTS_GROUP_NAME, "")
    (mine,) = project.layerTreeRoot().children()
    assert mine.name() == "My results" and len(mine.children()) == 1
    assert len(mine.children()[0].children()) == 4


def test_a_name_given_by_a_person_stays(project, scene, tmp_path):
    """As in a model, whose outputs have names of their own."""
    context, feedback = QgsProcessingContext(), QgsProcessingFeedback()
    context.setProject(project)
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("deeplearning:nonmaximumsuppression")
    target = QgsProcessingOutputLayerDefinition(str(tmp_path / "thin.gpkg"), project)
    target.destinationName = "Unique pads"
    values = {"in_featureclass": f"{scene}/found.gpkg", "confidence_score_field": "Confidence"}
    assert algorithm.run({**values, "out_featureclass": target}, context, feedback)[1], feedback.textLog()
    handleAlgorithmResults(algorithm, context, feedback)
    assert [layer.name() for layer in project.mapLayers().values()] == ["Unique pads"]


def test_a_run_in_the_background_brings_its_layer_too(project, scene):
    """As QGIS's dialogs run tools; also of a temporary output."""
    context, feedback, ended = QgsProcessingContext(), QgsProcessingFeedback(), []
    context.setProject(project)
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("deeplearning:nonmaximumsuppression")
    target = QgsProcessingOutputLayerDefinition("TEMPORARY_OUTPUT", project)
    values = {"in_featureclass": f"{scene}/found.gpkg", "confidence_score_field": "Confidence"}
    task = QgsProcessingAlgRunnerTask(algorithm, {**values, "out_featureclass": target}, context, feedback)
    task.executed.connect(lambda fits, outputs: ended.append(fits))
    QgsApplication.taskManager().addTask(task)
    end = time.monotonic() + 60
    while not ended and time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.02)
    assert ended == [True], feedback.textLog()
    handleAlgorithmResults(algorithm, context, feedback)
    assert [layer.name() for layer in project.mapLayers().values()] == ["Unique objects: found"]
    assert len(project.layerTreeRoot().children()[0].children()) == 1


def test_layers_of_a_model_arrive_in_groups_under_the_names_of_the_model(project, scene, tmp_path):
    """A chain of two tools: both outputs are styled and grouped, and keep the names that the model gives."""
    model = QgsProcessingModelAlgorithm("chain", "tests")
    first = QgsProcessingModelChildAlgorithm("deeplearning:nonmaximumsuppression")
    first.setChildId("thin")
    fixed = QgsProcessingModelChildParameterSource.fromStaticValue
    first.addParameterSources("in_featureclass", [fixed(f"{scene}/found.gpkg")])
    first.addParameterSources("confidence_score_field", [fixed("Confidence")])
    thinned = QgsProcessingModelOutput("Thinned pads", "Thinned pads")
    thinned.setChildOutputName("out_featureclass")
    thinned.setChildId("thin")
    first.setModelOutputs({"Thinned pads": thinned})
    model.addChildAlgorithm(first)
    second = QgsProcessingModelChildAlgorithm("deeplearning:computeaccuracyforobjectdetection")
    second.setChildId("judge")
    chained = QgsProcessingModelChildParameterSource.fromChildOutput("thin", "out_featureclass")
    second.addParameterSources("detected_features", [chained])
    second.addParameterSources("ground_truth_features", [fixed(f"{scene}/labels.gpkg")])
    hits = QgsProcessingModelOutput("Found pads", "Found pads")
    hits.setChildOutputName("out_true_positives")
    hits.setChildId("judge")
    second.setModelOutputs({"Found pads": hits})
    model.addChildAlgorithm(second)
    model.initAlgorithm()
    context, feedback = QgsProcessingContext(), QgsProcessingFeedback()
    context.setProject(project)
    values = {
        definition.name(): QgsProcessingOutputLayerDefinition(str(tmp_path / f"{number}.gpkg"), project)
        for number, definition in enumerate(model.parameterDefinitions())
        if definition.isDestination()
    }
    assert len(values) == 2
    assert model.run(values, context, feedback)[1], feedback.textLog()
    assert handleAlgorithmResults(model, context, feedback)

    layers = {layer.name(): layer for layer in project.mapLayers().values()}
    assert set(layers) == {"Thinned pads", "Found pads"}
    assert layers["Found pads"].renderer().symbol().symbolLayer(0).strokeColor().getRgb()[:3] == HIT
    groups = project.layerTreeRoot().children()
    assert len(groups) == 2 and all(len(group.children()) == 1 for group in groups)


def test_without_a_project_nothing_is_arranged(scene, tmp_path):
    """A script gets its outputs and no layer tree."""
    values = {"in_featureclass": f"{scene}/found.gpkg", "confidence_score_field": "Confidence"}
    context = QgsProcessingContext()
    results = processing.run(
        "deeplearning:nonmaximumsuppression", {**values, "out_featureclass": str(tmp_path / "t.gpkg")}, context=context
    )
    assert results["out_featureclass"].startswith(str(tmp_path / "t.gpkg"))
    assert context.layersToLoadOnCompletion() == {}


def test_objects_without_a_legend_do_not_hide_the_imagery(scene, tmp_path):
    """What is thinned from a file arrives as outlines, not in a full colour that QGIS draws by lot."""
    values = {"in_featureclass": f"{scene}/found.gpkg", "confidence_score_field": "Confidence"}
    results = processing.run(
        "deeplearning:nonmaximumsuppression", {**values, "out_featureclass": str(tmp_path / "t.gpkg")}
    )
    layer = QgsVectorLayer(results["out_featureclass"], "t", "ogr")

    assert layer.renderer().symbol().symbolLayer(0).fillColor().alpha() < 80


def boxes(side, count, crs="EPSG:32633", fields="field=Class:string&field=Confidence:double"):
    """Return a layer of squares in a row."""
    layer = QgsVectorLayer(f"Polygon?crs={crs}&{fields}", "boxes", "memory")
    made = []
    for number in range(count):
        feature = QgsFeature(layer.fields())
        left = 3 * number * side
        feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(left, 0, left + side, side)))
        feature.setAttributes(["pad" if number % 2 else "shed", 0.876][: layer.fields().count()])
        made.append(feature)
    layer.dataProvider().addFeatures(made)
    layer.updateExtents()
    return layer


@pytest.mark.parametrize(("side", "crs", "scale"), [(10, "EPSG:32633", 1000), (100, "EPSG:32633", 10_000)])
def test_labels_appear_where_features_are_large_enough(side, crs, scale):
    """A box of 10 m is 7 mm wide at about 1:1400; the next round scale that is larger is taken."""
    assert label_scale(boxes(side, 9, crs)) == scale


def test_labels_of_a_layer_in_degrees_have_a_scale_too():
    """One thousandth of a degree is about 111 m."""
    assert label_scale(boxes(0.001, 9, "EPSG:4326")) == 10_000


def test_an_empty_layer_has_no_labels():
    """Nothing found is a result."""
    layer = boxes(10, 0)
    add_labels(layer, "Class", True)
    assert not layer.labelsEnabled()


@pytest.mark.parametrize(("several", "text"), [(True, "pad 88 %"), (False, "88 %")])
def test_a_label_says_class_and_confidence(several, text):
    """The name of the only class says nothing and is left out."""
    from qgis.core import QgsExpression, QgsExpressionContext, QgsExpressionContextUtils

    layer = boxes(10, 2)
    add_labels(layer, "Class", several)
    scope = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    scope.setFeature([*layer.getFeatures()][1])
    expression = QgsExpression(layer.labeling().settings().fieldName)
    assert expression.evaluate(scope).strip() == text, expression.evalErrorString()
    assert layer.labeling().settings().scaleVisibility


def test_hits_are_coloured_and_labelled(scene, tmp_path):
    """The style is kept with the data."""
    import shutil

    shutil.copy(f"{scene}/found.gpkg", tmp_path / "hits.gpkg")
    colour_all(str(tmp_path / "hits.gpkg"), HIT)
    layer = QgsVectorLayer(str(tmp_path / "hits.gpkg"), "hits", "ogr")
    assert layer.renderer().symbol().symbolLayer(0).strokeColor().getRgb()[:3] == HIT
    assert layer.labelsEnabled()


def test_a_class_raster_lets_the_imagery_through(scene, tmp_path):
    """Classes are transparent, and a background is not painted at all."""
    import shutil

    path = str(tmp_path / "classes.tif")
    shutil.copy(f"{scene}/classes.tif", path)
    colour_classes(path, [(0, "background", (0, 0, 0)), (1, "pad", (200, 40, 40))])
    layer = QgsRasterLayer(path, "classes", "gdal")
    renderer = layer.renderer()
    assert renderer.opacity() == OPACITY < 1
    assert [entry.color.alpha() for entry in renderer.classes()] == [0, 255]


def test_probabilities_have_a_bar_as_legend(scene, tmp_path):
    """From 0 to 1 whatever the raster holds, so that two runs can be compared."""
    import shutil

    path = str(tmp_path / "probability.tif")
    shutil.copy(f"{scene}/classes.tif", path)
    shade(path)
    layer = QgsRasterLayer(path, "probability", "gdal")
    renderer = layer.renderer()
    assert (renderer.classificationMin(), renderer.classificationMax()) == (0.0, 1.0)
    assert renderer.shader().rasterShaderFunction().colorRampType() == QgsColorRampShader.Interpolated
