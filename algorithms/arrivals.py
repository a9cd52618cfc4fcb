"""How layers arrive in the project: named for people, in a group for each run, above the imagery.

QGIS loads the outputs of an algorithm itself and then calls the post-processor of each; QGIS before 3.32 knows no
groups, so the post-processor moves the layer's node. In ``qgis_process`` nothing is loaded and nothing happens here.
"""

from __future__ import annotations

import collections

from processing.core.ProcessingConfig import ProcessingConfig
from processing.gui.RenderingStyles import RenderingStyles
from qgis.core import QgsProcessingLayerPostProcessorInterface, QgsProject, QgsVectorLayer

from ..provider.words import marked, tr

NAMES = {
    "out_detected_objects": marked("Detected objects"),
    "out_classified_raster": marked("Classes"),
    "out_probability_raster": marked("Probability"),
    "out_confidence_raster": marked("Confidence"),
    "out_entropy_raster": marked("Entropy"),
    "out_polygons": marked("Class areas"),
    "out_featureclass": marked("Features"),
    "out_feature_class": marked("Classified objects"),
    "out_features": marked("Changes"),
    "out_table": marked("Change table"),
    "out_accuracy_table": marked("Accuracy table"),
    "out_true_positives": marked("Hits"),
    "out_false_positives": marked("False alarms"),
    "out_false_negatives": marked("Missed"),
    "out_confusion_matrix": marked("Confusion matrix"),
    "out_points": marked("Compared points"),
}
"""Names of output layers, in front of what they show."""

OF_TOOL = {
    ("detect_change", "out_classified_raster"): marked("Change"),
    ("detect_change", "out_polygons"): marked("Changed areas"),
    ("non_maximum_suppression", "out_featureclass"): marked("Unique objects"),
    ("classify_pixels", "out_featureclass"): marked("Classified images"),
}
"""Names of outputs that mean something else in one tool."""

ORDER = (
    "out_points",
    "out_false_negatives",
    "out_true_positives",
    "out_false_positives",
    "out_features",
    "out_detected_objects",
    "out_feature_class",
    "out_featureclass",
    "out_polygons",
    "out_classified_raster",
    "out_probability_raster",
    "out_confidence_raster",
    "out_entropy_raster",
)
"""Outputs from the top of a group to its bottom; tables come last."""

HIDDEN = ("out_probability_raster", "out_confidence_raster", "out_entropy_raster")
"""Rasters that arrive switched off: each would cover the classes, or lie covered by them."""

RUN, PLACE = "imagery_deep_learning/run", "imagery_deep_learning/place"
MOST_CLASSES = 12
"""Classes up to which a legend arrives unfolded."""

KEPT = collections.deque(maxlen=500)
"""Post-processors that QGIS may still call: it holds them by address only."""

SHORT = {
    "set_up_engine": marked("Set up engine"),
    "diagnose_engine": marked("Diagnose engine"),
    "build_bundle": marked("Build bundle"),
    "export_training_data": marked("Export chips"),
    "convert_training_data": marked("Convert chips"),
    "inspect_training_data": marked("Inspect chips"),
    "train_model": marked("Train model"),
    "segment_image": marked("Segments"),
    "detect_objects": marked("Detect objects"),
    "classify_pixels": marked("Classify pixels"),
    "classify_objects": marked("Classify objects"),
    "detect_change": marked("Detect change"),
    "non_maximum_suppression": marked("Suppress duplicates"),
    "compare_detections": marked("Compare detections"),
    "compute_accuracy": marked("Accuracy"),
    "compute_pixel_accuracy": marked("Pixel accuracy"),
}
"""Names of tools that leave room for what they work on: the panels that show them are narrow."""


def run_title(tool, title, subject):
    """Return the name of a run: its tool and what it works on.

    Args:
        tool: File name of the tool.
        title: Its title, for tools without a short name.
        subject: What the run works on; may be empty.
    """
    name = tr(SHORT.get(tool, title))
    return f"{name}: {subject}" if subject else name


def layer_name(tool, output, subject):
    """Return the name of an output layer.

    Args:
        tool: File name of the tool.
        output: The output's name.
        subject: What the run works on; may be empty.
    """
    name = tr(OF_TOOL.get((tool, output)) or NAMES.get(output, output))
    return f"{name}: {subject}" if subject else name


def arrange(algorithm, tool, places, record, context):
    """Name the layers that QGIS is to load and have them put into the group of their run.

    A name that a person gave, in a model, stays.

    Args:
        algorithm: The algorithm that ran.
        tool: File name of the tool.
        places: Output name to the layer as QGIS knows it.
        record: The run's recorder; layers that are opened from its record later join the same group.
        context: QGIS's context, which holds what is to be loaded.
    """
    loading = context.layersToLoadOnCompletion()
    run, subject = record.path or f"{id(algorithm)}", algorithm.subject
    title = f"{run_title(tool, algorithm.displayName(), subject)}, {record.started:%H:%M}"
    for output, place in places.items():
        if place not in loading:
            continue
        details, declared = loading[place], algorithm.parameterDefinition(output)
        if details.name in ("", output, declared.description() if declared else output):
            details.name = layer_name(tool, output, subject)
        arrival = Arrival(run, title, output, bool(RenderingStyles.getStyle(algorithm.id(), output)))
        KEPT.append(arrival)
        details.setPostProcessor(arrival)
        loading[place] = details
    context.setLayersToLoadOnCompletion(loading)


class Arrival(QgsProcessingLayerPostProcessorInterface):
    """Puts one layer into the group of its run, in the style that lies with its data."""

    def __init__(self, run, title, output, styled):
        """Keep where the layer belongs.

        Args:
            run: What tells the run from others.
            title: Name of its group.
            output: Name of the output.
            styled: Whether a person chose a style for this output in Processing.
        """
        super().__init__()
        self.run, self.title, self.output, self.styled = run, title, output, styled

    def postProcessLayer(self, layer, context, feedback):
        """Style the layer, which Processing loads without its style, and move its node; called in the main thread."""
        if not self.styled:
            layer.loadDefaultStyle()
        put_into_group(layer, self.run, self.title, self.output)


def put_into_group(layer, run, title, output):
    """Put a layer of the project into the group of its run, which is made at the top when it is not there yet.

    Args:
        layer: The layer.
        run: What tells the run from others.
        title: Name of its group.
        output: Name of the output that the layer is.
    """
    root = QgsProject.instance().layerTreeRoot()
    node = root.findLayer(layer.id())
    if node is None:
        return
    group = _group(root, node, run, title)
    moved = node.clone()
    place = ORDER.index(output) if output in ORDER else len(ORDER)
    moved.setCustomProperty(PLACE, place)
    before = [child for child in group.children() if int(child.customProperty(PLACE, 0)) <= place]
    group.insertChildNode(len(before), moved)
    node.parent().removeChildNode(node)
    moved.setItemVisibilityChecked(output not in HIDDEN)
    moved.setExpanded(_rows(layer) <= MOST_CLASSES and output not in HIDDEN)
    if isinstance(layer, QgsVectorLayer) and layer.isSpatial():
        moved.setCustomProperty("showFeatureCount", 1)


def _group(root, node, run, title):
    """Return the group of a run; groups of earlier runs fold up.

    A new one lies at the top, or at the top of the group that Processing's settings name for results.
    """
    groups = [group for group in root.findGroups(True) if group.customProperty(RUN)]
    for group in groups:
        if group.customProperty(RUN) == run:
            return group
        group.setExpanded(False)
    own = ProcessingConfig.getSetting(ProcessingConfig.RESULTS_GROUP_NAME)
    parent = node.parent() if own and node.parent().name() == own else root
    made = parent.insertGroup(0, title)
    made.setCustomProperty(RUN, run)
    return made


def _rows(layer):
    """Return how many rows the legend of a layer has."""
    renderer = layer.renderer() if hasattr(layer, "renderer") else None
    for rows in ("categories", "classes"):
        if hasattr(renderer, rows):
            return len(getattr(renderer, rows)())
    return 1
