"""RetinaNet: anchors of several sizes and shapes on a feature pyramid, learnt with the focal loss."""

from __future__ import annotations

from functools import partial
from typing import Self

import torch
from torch import Tensor, nn
from torchvision.models.detection._utils import BoxCoder
from torchvision.models.detection.retinanet import RetinaNetHead
from torchvision.ops import generalized_box_iou_loss, sigmoid_focal_loss

from ..errors import ParameterError
from ..models.registry import ModelSpec
from .anchors import IGNORED, anchor_shapes, level_anchors, matched
from .backbones import Body, build_body
from .detector import Detections, Detector, Target, best_boxes, of_objects
from .pyramid import FeaturePyramid

CELLS_PER_ANCHOR = 4.0
"""Side of an anchor of scale 1, in cells of its level."""

POSITIVE, NEGATIVE = 0.5, 0.4
"""IoU from which an anchor learns an object, and below which it learns that there is nothing."""


class RetinaNet(Detector):
    """One-stage detector with anchors; torchvision's head with group normalisation."""

    def __init__(
        self,
        body: Body,
        classes: int,
        *,
        scales: tuple[float, ...] = (1.0, 0.8, 0.63),
        ratios: tuple[float, ...] = (0.5, 1.0, 2.0),
        channels: int = 128,
    ) -> None:
        """Build pyramid and head above a body.

        Args:
            body: The backbone.
            classes: Number of classes.
            scales: Sizes of the anchors of a level, as factors of four cells.
            ratios: Aspect ratios of the anchors, height divided by width.
            channels: Channels of pyramid and head.

        Raises:
            ParameterError: ``channels`` is no multiple of 32.
        """
        super().__init__(body, classes)
        if channels % 32:
            raise ParameterError(f"argument channels is {channels}; it must be a multiple of 32, for example 128")
        self.pyramid = FeaturePyramid(body, channels)
        self.shapes = [
            anchor_shapes([CELLS_PER_ANCHOR * stride * scale for scale in scales], ratios)
            for stride in self.pyramid.strides
        ]
        norm = partial(nn.GroupNorm, min(32, channels // 4))
        self.head = RetinaNetHead(channels, len(scales) * len(ratios), classes, norm_layer=norm)
        self.coder = BoxCoder(weights=(1.0, 1.0, 1.0, 1.0))

    @classmethod
    def from_spec(cls, spec: ModelSpec) -> Self:
        """Build the network of a specification, random weights.

        Raises:
            ParameterError: Backbone or arguments are not offered.
        """
        return cls(build_body(spec.backbone, spec.bands), spec.classes, **spec.values())

    def losses(self, images: Tensor, targets: list[Target]) -> dict[str, Tensor]:
        """Return focal loss of the classes and GIoU loss of the boxes, for each object's anchor."""
        logits, deltas, anchors = self._predictions(images)
        learnt = torch.stack([matched(anchors, target["boxes"], POSITIVE, NEGATIVE) for target in targets])
        image, place = torch.nonzero(learnt >= 0, as_tuple=True)
        objects = max(1, len(image))
        wanted = torch.zeros_like(logits)
        boxes, labels = of_objects(targets, image, learnt[image, place])
        wanted[image, place, labels - 1] = 1.0
        asked = learnt != IGNORED
        predicted = self.coder.decode_single(deltas[image, place], anchors[place])
        return {
            "classification": sigmoid_focal_loss(logits[asked], wanted[asked], reduction="sum") / objects,
            "boxes": generalized_box_iou_loss(predicted, boxes, reduction="sum") / objects,
        }

    @torch.inference_mode()
    def detect(
        self, images: Tensor, threshold: float, nms_overlap: float, max_detections: int = 1000
    ) -> list[Detections]:
        """Return the detections of each image."""
        logits, deltas, anchors = self._predictions(images)

        def decode(image: int, places: Tensor) -> Tensor:
            boxes: Tensor = self.coder.decode_single(deltas[image, places], anchors[places])
            return boxes

        size = (images.shape[-2], images.shape[-1])
        return best_boxes(logits.sigmoid(), decode, size, threshold, nms_overlap, max_detections)

    def outputs(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return class logits and box deltas of every anchor."""
        return self._predictions(images)[:2]

    def _predictions(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return logits (n, anchors, classes), deltas (n, anchors, 4) and anchors (anchors, 4), float32."""
        maps = self.pyramid(self.body(self.prepared(images)))
        said = self.head(maps)
        anchors = torch.cat(level_anchors(maps, self.pyramid.strides, self.shapes))
        return said["cls_logits"].float(), said["bbox_regression"].float(), anchors
