"""FCOS: every cell of a feature pyramid predicts class, distances to the four sides of its box, and its quality.

Without anchors there is nothing to match by overlap, so it learns from the first steps on, also from random weights.
Each object is learnt by the cells near its centre, at the pyramid level whose range its size falls into.
"""

from __future__ import annotations

import math
from typing import Self

import torch
import torch.nn.functional as functional
from torch import Tensor, nn
from torchvision.ops import generalized_box_iou_loss, sigmoid_focal_loss

from ..errors import ParameterError
from ..models.registry import ModelSpec
from .anchors import grid_centers
from .backbones import Body, build_body
from .detector import Detections, Detector, Target, best_boxes, of_objects
from .pyramid import FeaturePyramid

PRIOR = 0.01
"""Probability of an object that every cell starts from."""

RANGE = 8.0
"""A level learns objects whose farthest side is at most this many cells away."""

FIRST_DISTANCE = 2.0
"""Distance to each side, in cells, that the network starts from."""

LARGEST_EXPONENT = 6.0
"""Bounds a predicted distance to e**6 times the first one."""


class Head(nn.Module):
    """Towers of convolutions shared by all levels, and the three predictions."""

    def __init__(self, channels: int, convolutions: int, classes: int, levels: int) -> None:
        """Build the two towers.

        Args:
            channels: Channels of the pyramid; a multiple of 32.
            convolutions: Convolutions in each tower.
            classes: Number of classes.
            levels: Number of pyramid levels; each scales its distances by a factor of its own.
        """
        super().__init__()
        self.class_tower = _tower(channels, convolutions)
        self.box_tower = _tower(channels, convolutions)
        self.logits = nn.Conv2d(channels, classes, 3, padding=1)
        self.distances = nn.Conv2d(channels, 4, 3, padding=1)
        self.quality = nn.Conv2d(channels, 1, 3, padding=1)
        self.scales = nn.Parameter(torch.ones(levels))
        for layer in (self.logits, self.distances, self.quality):
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
        nn.init.constant_(self.logits.bias, -math.log((1 - PRIOR) / PRIOR))  # type: ignore[arg-type]

    def forward(self, maps: list[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Return float32 logits (n, cells, classes), distances in cells (n, cells, 4) and quality logits (n, cells)."""
        logits, distances, quality = [], [], []
        for level, features in enumerate(maps):
            of_class, of_box = self.class_tower(features), self.box_tower(features)
            logits.append(_cells(self.logits(of_class)))
            exponent = _cells(self.distances(of_box)) * self.scales[level]
            distances.append(FIRST_DISTANCE * exponent.clamp(max=LARGEST_EXPONENT).exp())
            quality.append(_cells(self.quality(of_box))[..., 0])
        return torch.cat(logits, 1), torch.cat(distances, 1), torch.cat(quality, 1)


class FCOS(Detector):
    """Detector without anchors."""

    def __init__(
        self,
        body: Body,
        classes: int,
        *,
        center_sampling_radius: float = 1.5,
        channels: int = 128,
        convolutions: int = 2,
        finest_stride: int = 8,
        quality: str = "centerness",
    ) -> None:
        """Build pyramid and head above a body.

        Args:
            body: The backbone.
            classes: Number of classes.
            center_sampling_radius: Half side of the square around an object's centre whose cells learn it, in cells.
            channels: Channels of pyramid and head.
            convolutions: Convolutions in each tower of the head.
            finest_stride: Pixels per cell of the finest level, 4 or 8.
            quality: ``centerness`` or ``iou``: what weighs the class score.
        """
        super().__init__(body, classes)
        if channels % 32:
            raise ParameterError(f"argument channels is {channels}; it must be a multiple of 32, for example 128")
        self.radius = center_sampling_radius
        self.quality = quality
        self.pyramid = FeaturePyramid(body, channels, finest=finest_stride)
        self.strides = self.pyramid.strides
        self.head = Head(channels, convolutions, classes, len(self.strides))

    @classmethod
    def from_spec(cls, spec: ModelSpec) -> Self:
        """Build the network of a specification, random weights.

        Raises:
            ParameterError: Backbone or arguments are not offered.
        """
        values = spec.values()
        values["finest_stride"] = int(values["finest_stride"])
        return cls(build_body(spec.backbone, spec.bands), spec.classes, **values)

    def losses(self, images: Tensor, targets: list[Target]) -> dict[str, Tensor]:
        """Return focal loss of the classes, GIoU loss of the boxes and cross entropy of the quality."""
        return self._learnt(self._maps(images), targets)

    def _learnt(self, maps: list[Tensor], targets: list[Target]) -> dict[str, Tensor]:
        """Return the losses of a batch, given its pyramid; see ``losses``."""
        (logits, distances, quality), centers, strides, reach = self._predictions(maps)
        learnt = torch.stack([self._assigned(target["boxes"], centers, strides, reach) for target in targets])
        image, cell = torch.nonzero(learnt >= 0, as_tuple=True)
        objects = max(1, len(image))
        wanted = torch.zeros_like(logits)
        boxes, labels = of_objects(targets, image, learnt[image, cell])
        wanted[image, cell, labels - 1] = 1.0
        predicted = _boxes(centers[cell], distances[image, cell] * strides[cell, None])
        return {
            "classification": sigmoid_focal_loss(logits, wanted, reduction="sum") / objects,
            "boxes": generalized_box_iou_loss(predicted, boxes, reduction="sum") / objects,
            "quality": functional.binary_cross_entropy_with_logits(
                quality[image, cell], self._wanted_quality(centers[cell], boxes, predicted), reduction="sum"
            )
            / objects,
        }

    @torch.inference_mode()
    def detect(
        self, images: Tensor, threshold: float, nms_overlap: float, max_detections: int = 1000
    ) -> list[Detections]:
        """Return the detections of each image; the score is the mean (geometric) of class and quality."""
        size = (images.shape[-2], images.shape[-1])
        return self._found(self._maps(images), size, threshold, nms_overlap, max_detections)

    def _found(
        self, maps: list[Tensor], size: tuple[int, int], threshold: float, nms_overlap: float, max_detections: int
    ) -> list[Detections]:
        """Return the detections of each image of a size, given their pyramid; see ``detect``."""
        (logits, distances, quality), centers, strides, _ = self._predictions(maps)
        scores = (logits.sigmoid() * quality.sigmoid().unsqueeze(-1)).sqrt()

        def decode(image: int, cells: Tensor) -> Tensor:
            return _boxes(centers[cells], distances[image, cells] * strides[cells, None])

        return best_boxes(scores, decode, size, threshold, nms_overlap, max_detections)

    def outputs(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return class logits, distances in cells and quality logits of every cell."""
        return self._predictions(self._maps(images))[0]

    def _maps(self, images: Tensor) -> list[Tensor]:
        """Return the pyramid of a batch, finest first."""
        return self.pyramid(self.body(self.prepared(images)))

    def _predictions(self, maps: list[Tensor]) -> tuple[tuple[Tensor, Tensor, Tensor], Tensor, Tensor, Tensor]:
        """Return what the head says, and for each cell its centre (x, y), stride and reach (low, high) in pixels."""
        device = maps[0].device
        centers, strides, reach = [], [], []
        last = len(maps) - 1
        for level, (features, stride) in enumerate(zip(maps, self.strides, strict=True)):
            rows, cols = features.shape[-2:]
            centers.append(grid_centers(rows, cols, (stride, stride), device))
            strides.append(torch.full((rows * cols,), float(stride), device=device))
            low = 0.0 if level == 0 else RANGE / 2 * stride
            high = math.inf if level == last else RANGE * stride
            reach.append(torch.tensor([[low, high]], device=device).expand(rows * cols, 2))
        return self.head(maps), torch.cat(centers), torch.cat(strides), torch.cat(reach)

    def _assigned(self, boxes: Tensor, centers: Tensor, strides: Tensor, reach: Tensor) -> Tensor:
        """Return for each cell the object it learns, or -1: the smallest of those that claim it."""
        if len(boxes) == 0:
            return torch.full((len(centers),), -1, dtype=torch.int64, device=centers.device)
        boxes = boxes.float()
        x, y = centers[:, :1], centers[:, 1:]
        sides = torch.stack((x - boxes[:, 0], y - boxes[:, 1], boxes[:, 2] - x, boxes[:, 3] - y), dim=-1)
        middle = (boxes[:, :2] + boxes[:, 2:]) / 2
        near = (centers[:, None] - middle).abs().amax(-1) < self.radius * strides[:, None]
        farthest = sides.amax(-1)
        claims = near & (sides.amin(-1) > 0) & (farthest >= reach[:, :1]) & (farthest < reach[:, 1:])
        area = ((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])).expand(claims.shape)
        smallest, which = area.masked_fill(~claims, math.inf).min(dim=1)
        return torch.where(smallest.isfinite(), which, -1)

    def _wanted_quality(self, centers: Tensor, boxes: Tensor, predicted: Tensor) -> Tensor:
        """Return the quality each learning cell should predict, 0..1."""
        if self.quality == "iou":
            return _paired_iou(predicted.detach(), boxes)
        left_top, right_bottom = centers - boxes[:, :2], boxes[:, 2:] - centers
        ratio = torch.minimum(left_top, right_bottom) / torch.maximum(left_top, right_bottom).clamp(min=1e-6)
        return ratio.clamp(0, 1).prod(dim=1).sqrt()


def _tower(channels: int, convolutions: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for _ in range(convolutions):
        convolution = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        nn.init.normal_(convolution.weight, std=0.01)
        layers += [convolution, nn.GroupNorm(min(32, channels // 4), channels), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


def _cells(features: Tensor) -> Tensor:
    """Return (n, k, rows, cols) as (n, rows * cols, k) float32."""
    return features.flatten(2).transpose(1, 2).float()


def _boxes(centers: Tensor, distances: Tensor) -> Tensor:
    """Return boxes (k, 4) from centres (k, 2) and distances to left, top, right, bottom (k, 4), in pixels."""
    return torch.cat((centers - distances[:, :2], centers + distances[:, 2:]), dim=1)


def _paired_iou(boxes: Tensor, others: Tensor) -> Tensor:
    """Return the IoU of each box with the one at the same place."""
    overlap = (torch.minimum(boxes[:, 2:], others[:, 2:]) - torch.maximum(boxes[:, :2], others[:, :2])).clamp(min=0)
    common = overlap.prod(dim=1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(dim=1) + (others[:, 2:] - others[:, :2]).prod(dim=1)
    return common / (areas - common).clamp(min=1e-6)
