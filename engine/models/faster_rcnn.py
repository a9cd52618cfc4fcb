"""Faster R-CNN: a two-stage detector."""

from __future__ import annotations

from typing import Any

from .registry import ArgumentSpec, ModelSpec, architecture

ARGUMENTS = (
    ArgumentSpec("rpn_pre_nms_top_n_train", "2000", "int", 1, 20000, help="Proposals of a level before suppression."),
    ArgumentSpec("rpn_pre_nms_top_n_test", "1000", "int", 1, 20000, help="The same when detecting."),
    ArgumentSpec("rpn_post_nms_top_n_train", "2000", "int", 1, 20000, help="Proposals of an image after suppression."),
    ArgumentSpec("rpn_post_nms_top_n_test", "1000", "int", 1, 20000, help="The same when detecting."),
    ArgumentSpec("rpn_nms_thresh", "0.7", "float", 0, 1, help="IoU above which the weaker proposal is dropped."),
    ArgumentSpec("rpn_fg_iou_thresh", "0.7", "float", 0, 1, help="IoU from which an anchor learns an object."),
    ArgumentSpec("rpn_bg_iou_thresh", "0.3", "float", 0, 1, help="IoU below which an anchor learns the background."),
    ArgumentSpec("rpn_batch_size_per_image", "256", "int", 1, 20000, help="Anchors of an image that are learnt."),
    ArgumentSpec("rpn_positive_fraction", "0.5", "float", 0, 1, help="Largest share of objects among them."),
    ArgumentSpec("box_score_thresh", "0.05", "float", 0, 1, help="No detection has a lower score."),
    ArgumentSpec("box_nms_thresh", "0.5", "float", 0, 1, help="No two detections of a class overlap more (IoU)."),
    ArgumentSpec(
        "box_detections_per_img",
        "1000",
        "int",
        1,
        20000,
        help="Most detections of a tile; ArcGIS's 100 would silently lose objects in dense tiles.",
    ),
    ArgumentSpec("box_fg_iou_thresh", "0.5", "float", 0, 1, help="IoU from which a region learns an object."),
    ArgumentSpec("box_bg_iou_thresh", "0.5", "float", 0, 1, help="IoU below which a region learns the background."),
    ArgumentSpec("box_batch_size_per_image", "512", "int", 1, 20000, help="Regions of an image that are learnt."),
    ArgumentSpec("box_positive_fraction", "0.25", "float", 0, 1, help="Largest share of objects among them."),
)


@architecture(
    "FASTERRCNN",
    title="Faster R-CNN",
    task="object_detection",
    arguments=ARGUMENTS,
    model_name="FasterRCNN",
    configuration="_model_extension_inferencing",
    rate=5e-4,
)
def build(spec: ModelSpec) -> Any:
    """Two-stage detector: proposes regions, then judges each and mends its box."""
    from ..networks.faster_rcnn import FasterRCNN

    return FasterRCNN.from_spec(spec)
