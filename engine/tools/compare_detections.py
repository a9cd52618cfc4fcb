"""What Compare Detections takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ..errors import ParameterError
from . import shared
from .declaration import Tool, param
from .kinds import Features, FieldName, NewFeatures, NewTable, Number
from .values import FeatureSource, FeatureTarget

CLASS_FIELD_HELP = "Field with the class; empty takes Class, then Classvalue, then Value, else all are one class."
ID_FIELD_HELP = "Field that identifies an object; empty takes the number of the feature in its layer."


@dataclass(frozen=True)
class CompareDetections(Tool):
    """Compare the detections of two dates: which objects are new, gone, changed or confirmed."""

    name: ClassVar[str] = "comparedetections"
    title: ClassVar[str] = "Compare Detections"
    group: ClassVar[str] = "Inference"
    example: ClassVar[Mapping[str, str]] = {
        "old_detections": "pads_2019.gpkg",
        "new_detections": "pads_2024.gpkg",
        "out_features": "changes.gpkg",
        "out_table": "changes.csv",
        "min_iou": "0.3",
    }
    about: ClassVar[str] = (
        "Each object of the newer layer is matched with at most one of the older, those that overlap most first, "
        "objects of one class before others. Matched objects are confirmed, or changed where their classes differ or "
        "their outlines overlap less than asked; unmatched ones are new or gone. Points are matched by distance. "
        "The output has the attributes of the newer layer (of the older for what is gone), and Status, Change, old_id, "
        "new_id, old_class, new_class, old_confidence, new_confidence, IoU and Distance. The layers may have different "
        "reference systems: the output is in that of the newer one."
    )

    old_detections: FeatureSource = param(
        Features("Old detections", "Polygons or points of the earlier date, such as those of Detect Objects.")
    )
    new_detections: FeatureSource = param(Features("New detections", "The same of the later date."))
    out_features: FeatureTarget = param(
        NewFeatures("Output features", "Objects of both dates with their status.", geometry="any")
    )
    out_table: FeatureTarget | None = param(
        NewTable("Output table", "Counts of each status, one row per class and one for all."), None
    )
    min_iou: float = param(
        Number("Minimum IoU", "Overlap from which two polygons are one object.", low=0.0, above=True, high=1.0), 0.3
    )
    same_outline_iou: float = param(
        Number(
            "IoU of the same outline",
            "Matched polygons that overlap less are changed; 0 leaves outlines aside.",
            low=0.0,
            high=1.0,
        ),
        0.5,
    )
    max_distance: float | None = param(
        Number(
            "Maximum distance",
            "Distance up to which two points are one object, in units of the newer layer's CRS. Needed for points.",
            low=0.0,
            above=True,
        ),
        None,
    )
    old_class_field: str = param(FieldName("Old class field", CLASS_FIELD_HELP, parent="old_detections"), "")
    new_class_field: str = param(FieldName("New class field", CLASS_FIELD_HELP, parent="new_detections"), "")
    confidence_field: str = param(
        FieldName(
            "Confidence field",
            "Field of both layers with the confidence; a layer without it has none.",
            parent="new_detections",
            types="number",
        ),
        "Confidence",
    )
    min_confidence: float = param(
        Number(
            "Minimum confidence",
            "Objects below it are neither new nor gone; they still confirm one that reaches it at the other date.",
            low=0.0,
            high=1.0,
        ),
        0.0,
    )
    old_id_field: str = param(
        FieldName("Old identifier field", ID_FIELD_HELP, parent="old_detections"), "", advanced=True
    )
    new_id_field: str = param(
        FieldName("New identifier field", ID_FIELD_HELP, parent="new_detections"), "", advanced=True
    )
    old_imagery: FeatureSource | None = param(
        Features(
            "Old imagery",
            "Polygons of the ground that was seen at the earlier date: objects elsewhere are not new.",
            geometry="polygon",
        ),
        None,
        advanced=True,
    )
    new_imagery: FeatureSource | None = param(
        Features(
            "New imagery",
            "Polygons of the ground that was seen at the later date: objects elsewhere are not gone.",
            geometry="polygon",
        ),
        None,
        advanced=True,
    )
    output_crs: str = shared.output_crs()

    def check(self) -> None:
        """Two different layers, an output that is none of them, and limits in order."""
        old, new, target = self.old_detections, self.new_detections, self.out_features
        if old == new:
            raise ParameterError(
                f"old_detections and new_detections are both {old.path}: choose the layers of two dates"
            )
        for name, source in (("old_detections", old), ("new_detections", new)):
            if source.path == target.path and target.layer in ("", source.layer):
                raise ParameterError(f"out_features {target.path} is also {name}: choose another file or layer name")
        if 0 < self.same_outline_iou < self.min_iou:
            raise ParameterError(
                f"same_outline_iou {self.same_outline_iou:g} is below min_iou {self.min_iou:g}: objects that overlap "
                "so little are not matched; choose a larger one, or 0 to leave outlines aside"
            )
