"""Faster R-CNN: a first network proposes regions, a second one judges each and mends its box.

Proposals and head are torchvision's; images come as they are, without its resizing. The losses work in evaluation mode
too, where the random choice of regions is the same every time.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Self

import torch
from torch import Tensor, nn
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.roi_heads import RoIHeads, fastrcnn_loss
from torchvision.models.detection.rpn import RegionProposalNetwork, RPNHead, concat_box_prediction_layers
from torchvision.ops import MultiScaleRoIAlign

from ..errors import ParameterError
from ..models.registry import ModelSpec
from .anchors import anchor_shapes, level_anchors
from .backbones import Body, build_body
from .detector import CANDIDATES_PER_DETECTION, Detections, Detector, Target, suppressed
from .pyramid import FeaturePyramid

CHANNELS = 256
"""Channels of the pyramid."""

HIDDEN = 1024
"""Width of the head that judges a region."""

ROI_CELLS = 7
"""Side of the feature map cut out for a region."""

CELLS_PER_ANCHOR = 4.0
"""Side of an anchor in cells of its level: 16 pixels on the finest."""

RATIOS = (0.5, 1.0, 2.0)

PROBE = 0.4
"""Side of the region that ``outputs`` judges, as a share of the image."""


class FasterRCNN(Detector):
    """Two-stage detector."""

    def __init__(self, body: Body, classes: int, **options: Any) -> None:
        """Build pyramid, proposals and head above a body.

        Args:
            body: The backbone.
            classes: Number of classes.
            options: torchvision's ``rpn_`` and ``box_`` options, as ``engine/models/faster_rcnn.py`` declares them.

        Raises:
            ParameterError: The backbone has no feature map at stride 4.
        """
        super().__init__(body, classes)
        for part in ("rpn", "box"):
            low, high = options[f"{part}_bg_iou_thresh"], options[f"{part}_fg_iou_thresh"]
            if low > high:
                raise ParameterError(
                    f"argument {part}_bg_iou_thresh is {low:g}, but {part}_fg_iou_thresh is {high:g}; make it smaller"
                )
        self.pyramid = FeaturePyramid(body, CHANNELS, finest=4, pooled=True)
        self.shapes = [anchor_shapes([CELLS_PER_ANCHOR * stride], RATIOS) for stride in self.pyramid.strides]
        self.rpn = RegionProposalNetwork(
            nn.Identity(),  # anchors are ours
            RPNHead(CHANNELS, len(RATIOS)),
            options["rpn_fg_iou_thresh"],
            options["rpn_bg_iou_thresh"],
            options["rpn_batch_size_per_image"],
            options["rpn_positive_fraction"],
            {"training": options["rpn_pre_nms_top_n_train"], "testing": options["rpn_pre_nms_top_n_test"]},
            {"training": options["rpn_post_nms_top_n_train"], "testing": options["rpn_post_nms_top_n_test"]},
            options["rpn_nms_thresh"],
        )
        self.roi_heads = RoIHeads(
            MultiScaleRoIAlign([str(level) for level in range(4)], output_size=ROI_CELLS, sampling_ratio=2),
            TwoMLPHead(CHANNELS * ROI_CELLS**2, HIDDEN),
            FastRCNNPredictor(HIDDEN, classes + 1),
            options["box_fg_iou_thresh"],
            options["box_bg_iou_thresh"],
            options["box_batch_size_per_image"],
            options["box_positive_fraction"],
            None,
            options["box_score_thresh"],
            options["box_nms_thresh"],
            options["box_detections_per_img"],
        )

        predictor = self.roi_heads.box_predictor
        for layer, std in ((predictor.cls_score, 0.01), (predictor.bbox_pred, 0.001)):
            nn.init.normal_(layer.weight, std=std)
            nn.init.zeros_(layer.bias)

    @classmethod
    def from_spec(cls, spec: ModelSpec) -> Self:
        """Build the network of a specification, random weights.

        Raises:
            ParameterError: Backbone or arguments are not offered.
        """
        return cls(build_body(spec.backbone, spec.bands), spec.classes, **spec.values())

    def losses(self, images: Tensor, targets: list[Target]) -> dict[str, Tensor]:
        """Return the losses of objectness and boxes of the proposals, and of classes and boxes of the regions."""
        features, sizes = self._features(images)
        return self._learnt(features, sizes, targets)[0]

    def _learnt(
        self, features: list[Tensor], sizes: list[tuple[int, int]], targets: list[Target]
    ) -> tuple[dict[str, Tensor], list[Tensor], list[Tensor], list[Tensor]]:
        """Return the losses, and of each image the judged regions (k, 4), the object (k,) and the label (k,) of each.

        A region of label 0 is background, and its object means nothing.
        """
        objectness, deltas, anchors, counts = self._proposed(features)
        asked = [{"boxes": target["boxes"].float(), "labels": target["labels"]} for target in targets]
        with self._same_choice():
            per_image = [anchors] * len(asked)
            labels, boxes = self.rpn.assign_targets_to_anchors(per_image, asked)
            wanted = self.rpn.box_coder.encode(boxes, per_image)
            proposal_loss, proposal_box_loss = self.rpn.compute_loss(objectness, deltas, labels, wanted)
            regions = self._regions(objectness, deltas, anchors, counts, sizes)
            regions, objects, region_labels, region_targets = self.roi_heads.select_training_samples(regions, asked)
        logits, region_deltas = self._judged(features, regions, sizes)
        class_loss, box_loss = fastrcnn_loss(logits, region_deltas, region_labels, region_targets)
        losses = {
            "objectness": proposal_loss,
            "proposals": proposal_box_loss,
            "classification": class_loss,
            "boxes": box_loss,
        }
        return losses, list(regions), list(objects), list(region_labels)

    @torch.inference_mode()
    def detect(
        self, images: Tensor, threshold: float, nms_overlap: float, max_detections: int = 1000
    ) -> list[Detections]:
        """Return the detections of each image.

        ``box_score_thresh``, ``box_nms_thresh`` and ``box_detections_per_img`` bound what the arguments may ask for.
        """
        features, sizes = self._features(images)
        size = (images.shape[-2], images.shape[-1])
        return self._found(features, sizes, size, threshold, nms_overlap, max_detections)

    def _found(
        self,
        features: list[Tensor],
        sizes: list[tuple[int, int]],
        size: tuple[int, int],
        threshold: float,
        nms_overlap: float,
        max_detections: int,
    ) -> list[Detections]:
        """Return the detections of each image of a size, given their pyramids; see ``detect``."""
        heads = self.roi_heads
        threshold, nms_overlap = max(threshold, heads.score_thresh), min(nms_overlap, heads.nms_thresh)
        most = min(max_detections, heads.detections_per_img)
        regions = self._regions(*self._proposed(features), sizes)
        logits, deltas = self._judged(features, regions, sizes)
        counts = [len(boxes) for boxes in regions]
        found = []
        for boxes, scores, moves in zip(regions, logits.softmax(-1).split(counts), deltas.split(counts), strict=True):
            region, label = torch.nonzero(scores[:, 1:] >= threshold, as_tuple=True)
            label = label + 1
            best = scores[region, label]
            if len(best) > CANDIDATES_PER_DETECTION * most:
                best, order = best.topk(CANDIDATES_PER_DETECTION * most)
                region, label = region[order], label[order]
            chosen = moves.view(len(moves), self.classes + 1, 4)[region, label]
            decoded = heads.box_coder.decode_single(chosen, boxes[region])
            found.append(suppressed(decoded, best, label, size, nms_overlap, most))
        return found

    def outputs(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return objectness and deltas of every anchor, and the judgement of one region in the middle."""
        features, sizes = self._features(images)
        objectness, deltas, _, _ = self._proposed(features)
        rows, cols = images.shape[-2:]
        low, high = 0.5 - PROBE / 2, 0.5 + PROBE / 2
        region = torch.tensor([[low * cols, low * rows, high * cols, high * rows]], device=images.device)
        logits, moves = self._judged(features, [region] * len(images), sizes)
        return objectness, deltas, logits, moves

    def _features(self, images: Tensor) -> tuple[list[Tensor], list[tuple[int, int]]]:
        """Return the pyramid, and rows and columns of each image as the network sees it."""
        prepared = self.prepared(images)
        size = (prepared.shape[-2], prepared.shape[-1])
        return self.pyramid(self.body(prepared)), [size] * len(prepared)

    def _proposed(self, features: list[Tensor]) -> tuple[Tensor, Tensor, Tensor, list[int]]:
        """Return objectness and deltas of the batch's anchors, the anchors of an image, and how many a level has."""
        objectness, deltas = self.rpn.head(features)
        anchors = level_anchors(features, self.pyramid.strides, self.shapes)
        objectness, deltas = concat_box_prediction_layers(objectness, deltas)
        return objectness.float(), deltas.float(), torch.cat(anchors), [len(level) for level in anchors]

    def _regions(
        self, objectness: Tensor, deltas: Tensor, anchors: Tensor, counts: list[int], sizes: list[tuple[int, int]]
    ) -> list[Tensor]:
        """Return the regions (k, 4) of each image that are worth a judgement."""
        proposals = self.rpn.box_coder.decode(deltas.detach(), [anchors] * len(sizes)).view(len(sizes), -1, 4)
        regions, _ = self.rpn.filter_proposals(proposals, objectness, sizes, counts)
        return list(regions)

    def _judged(
        self, features: list[Tensor], regions: list[Tensor], sizes: list[tuple[int, int]]
    ) -> tuple[Tensor, Tensor]:
        """Return class logits (k, classes + 1) and box deltas (k, (classes + 1) * 4) of all regions of the batch."""
        named = {str(level): features[level] for level in range(4)}
        cut = self.roi_heads.box_roi_pool(named, regions, sizes)
        logits, deltas = self.roi_heads.box_predictor(self.roi_heads.box_head(cut))
        return logits.float(), deltas.float()

    @contextlib.contextmanager
    def _same_choice(self) -> Iterator[None]:
        """In evaluation mode, make the random choice of regions the same every time."""
        if self.training:
            yield
            return
        device = next(self.parameters()).device
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            torch.manual_seed(0)
            yield
