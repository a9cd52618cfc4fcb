"""What Compute Accuracy For Object Detection takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from . import shared
from .declaration import Tool, When, param
from .kinds import Choice, Features, FieldName, NewFeatures, NewFile, NewTable, Number
from .values import Extent, FeatureSource, FeatureTarget

OVERLAPS = ("BOXES", "MASKS")
"""What two features share: of their frames, or of their polygons."""

CLASS_FIELD_HELP = "Field with the class. Empty takes Classvalue, then Value, else all features are one class."


@dataclass(frozen=True)
class ComputeAccuracy(Tool):
    """Compare detected objects with reference objects and write precision, recall, F1 and average precision."""

    name: ClassVar[str] = "computeaccuracyforobjectdetection"
    title: ClassVar[str] = "Compute Accuracy For Object Detection"
    group: ClassVar[str] = "Accuracy"
    example: ClassVar[Mapping[str, str]] = {
        "detected_features": "found.gpkg",
        "ground_truth_features": "reference.gpkg",
        "out_accuracy_table": "accuracy.csv",
        "out_accuracy_report": "accuracy.pdf",
        "min_iou": "0.5",
    }
    about: ClassVar[str] = (
        "Detections are taken by falling confidence; each is a true positive when a reference of its class "
        "that is still free overlaps it, box against box or polygon against polygon, by at least the minimum IoU. "
        "Average precision is COCO's, over 101 recall points. Intervals come from drawing spatial blocks with "
        "replacement, so that neighbours stay together."
    )

    detected_features: FeatureSource = param(
        Features("Detected features", "Output of Detect Objects Using Deep Learning.", geometry="polygon")
    )
    ground_truth_features: FeatureSource = param(
        Features("Ground truth (reference) features", "What is really there.", geometry="polygon")
    )
    out_accuracy_table: FeatureTarget = param(NewTable("Output accuracy table", "One row per class and one for all."))
    out_accuracy_report: str = param(
        NewFile("Output accuracy report", "Report with tables and curves.", suffix=".pdf", filter="PDF (*.pdf)"), ""
    )
    detected_class_value_field: str = param(
        FieldName("Detected class value field", CLASS_FIELD_HELP, parent="detected_features"), ""
    )
    ground_truth_class_value_field: str = param(
        FieldName("Ground truth class value field", CLASS_FIELD_HELP, parent="ground_truth_features"), ""
    )
    min_iou: float = param(
        Number("Minimum intersection over union (IoU)", "Overlap from which a detection is right.", low=0.0, high=1.0),
        0.5,
    )
    mask_features: FeatureSource | None = param(
        Features("Mask features", "Only features that intersect these are compared.", geometry="polygon"), None
    )
    out_true_positives: FeatureTarget | None = param(
        NewFeatures("Output true positives", "Detections that are right, each with its matched IoU."), None
    )
    out_false_positives: FeatureTarget | None = param(
        NewFeatures("Output false positives", "Detections that are wrong."), None
    )
    out_false_negatives: FeatureTarget | None = param(
        NewFeatures("Output missed objects", "Reference features that no detection found."), None
    )
    overlap_by: str = param(
        Choice(
            "Overlap by",
            "BOXES compares the frames of the features, as ArcGIS does; MASKS the polygons themselves, which is what "
            "outlines of instances are judged by.",
            choices=OVERLAPS,
        ),
        "BOXES",
        advanced=True,
    )
    bootstrap_block_size: float | None = param(
        Number(
            "Bootstrap block size",
            "Side of the square blocks that the intervals are drawn from; empty suits the extent.",
            low=0.0,
            above=True,
            unit="map units",
        ),
        None,
        advanced=True,
        applies=(When("bootstrap_samples"),),
    )
    bootstrap_samples: int = param(
        Number("Bootstrap samples", "Draws for the intervals; 0 leaves them out.", low=0, high=100000, whole=True),
        200,
        advanced=True,
    )
    extent: Extent | None = shared.extent("Only features that touch it are compared.")
