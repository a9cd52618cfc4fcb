"""Single Shot Detector: grids of cells over the tile, each cell with anchors of several zooms and shapes.

A grid of 4 on a tile of 256 pixels has cells of 64 pixels; zoom 1 and ratio (1, 1) give one anchor as large as a cell.
Features of coarse grids come from the backbone's last map by strided convolutions, those of grids finer than that map
from an earlier map of the backbone joined with it. On images of another size than the tile the cells keep their size
in pixels, and the grids get more or fewer of them.
"""

from __future__ import annotations

from typing import Self

import torch
import torch.nn.functional as functional
from torch import Tensor, nn
from torchvision.ops import sigmoid_focal_loss

from ..models.registry import ModelSpec
from .anchors import anchor_boxes, grid_centers, matched
from .backbones import Body, build_body
from .detector import Detections, Detector, Target, best_boxes, of_objects

CHANNELS = 256
"""Channels of every grid's features."""

POSITIVE = 0.5
"""IoU from which an anchor learns an object."""

LARGEST_GROWTH = 1.5
"""Bound of a predicted size: 2**1.5 times the anchor's, or the same part of it."""


FARTHEST = 0.98
"""Largest bounded move that is asked for; 1 would need an infinite output."""

SMOOTH = 0.1
"""Error of a bounded move below which its loss is quadratic."""


class GridHead(nn.Module):
    """Features and predictions of all grids.

    Attributes:
        grids: Cells along a side of the tile, descending.
    """

    def __init__(
        self,
        body: Body,
        tile: tuple[int, int],
        grids: tuple[int, ...],
        anchors: int,
        classes: int,
        drop: float,
        bias: float,
    ) -> None:
        """Plan from which map each grid takes its features.

        Args:
            body: The backbone; not kept.
            tile: Rows and columns of the training tile.
            grids: Cells along a side of the tile.
            anchors: Anchors of a cell.
            classes: Number of classes.
            drop: Share of features that is dropped in training.
            bias: Logit that every class starts from.
        """
        super().__init__()
        self.grids = tuple(sorted(set(grids), reverse=True))
        self.tile = tile
        self.classes = classes
        self.drop = nn.Dropout(drop)
        self.first = _block(body.channels[-1], CHANNELS, stride=1)
        last = -(-max(tile) // body.strides[-1])
        self.sources: list[int] = []
        laterals, steps = nn.ModuleList(), nn.ModuleList()
        for grid in self.grids:
            finer = [index for index, stride in enumerate(body.strides[:-1]) if -(-max(tile) // stride) >= grid]
            source = -1 if grid <= last else (finer[-1] if finer else 0)
            self.sources.append(source)
            laterals.append(nn.Identity() if source < 0 else nn.Conv2d(body.channels[source], CHANNELS, 1))
            halvings = 0
            while source < 0 and last >= 2 * grid:
                last, halvings = -(-last // 2), halvings + 1
            steps.append(nn.Sequential(*(_block(CHANNELS, CHANNELS, stride=2) for _ in range(halvings))))
        self.laterals, self.steps = laterals, steps
        self.joins = nn.ModuleList(_block(CHANNELS, CHANNELS, stride=1) for _ in self.grids)
        self.logits = nn.ModuleList(_predictor(anchors * classes, bias) for _ in self.grids)
        self.moves = nn.ModuleList(_predictor(anchors * 4, 0.0) for _ in self.grids)

    def shape(self, grid: int, rows: int, cols: int) -> tuple[int, int]:
        """Return rows and columns of a grid on an image of another size than the tile."""
        return max(1, round(grid * rows / self.tile[0])), max(1, round(grid * cols / self.tile[1]))

    def forward(self, maps: list[Tensor], size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """Return logits (n, anchors, classes) and moves (n, anchors, 4), float32, finest grid first.

        Args:
            maps: Feature maps of the backbone.
            size: Rows and columns of the image.
        """
        top = coarse = self.first(maps[-1])
        logits, moves = [], []
        for index, grid in enumerate(self.grids):
            shape = self.shape(grid, *size)
            if self.sources[index] < 0:
                coarse = self.steps[index](coarse)
                features = _resized(coarse, shape)
            else:
                lateral = self.laterals[index](maps[self.sources[index]])
                features = _resized(lateral, shape) + _resized(top, shape)
            features = self.joins[index](features)
            logits.append(_anchors_last(self.logits[index](self.drop(features)), self.classes))
            moves.append(_anchors_last(self.moves[index](features), 4))
        return torch.cat(logits, 1), torch.cat(moves, 1)


class SingleShotDetector(Detector):
    """One-stage detector on grids."""

    def __init__(
        self,
        body: Body,
        classes: int,
        tile: tuple[int, int],
        *,
        grids: tuple[int, ...] | None = None,
        zooms: tuple[float, ...] = (0.7, 1.0, 1.3),
        ratios: tuple[tuple[float, float], ...] = ((1.0, 1.0), (1.0, 0.5), (0.5, 1.0)),
        drop: float = 0.3,
        bias: float = -4.0,
        focal_loss: bool = False,
        location_loss_factor: float | None = None,
    ) -> None:
        """Build the grids above a body.

        Args:
            body: The backbone.
            classes: Number of classes.
            tile: Rows and columns of the training tile.
            grids: Cells along a side of the tile; None for 4, 2 and 1.
            zooms: Sizes of the anchors as factors of a cell.
            ratios: Height and width of the anchors as factors of a cell.
            drop: Share of features that is dropped in training.
            bias: Logit that every class starts from.
            focal_loss: Whether classes are learnt with the focal loss instead of cross entropy.
            location_loss_factor: Weight of the boxes' loss between 0 and 1, the classes' loss having the rest; None
                for 1 each.
        """
        super().__init__(body, classes)
        self.zooms, self.ratios = zooms, ratios
        self.focal_loss = focal_loss
        self.location_loss_factor = location_loss_factor
        self.head = GridHead(body, tile, grids or (4, 2, 1), len(zooms) * len(ratios), classes, drop, bias)

    @classmethod
    def from_spec(cls, spec: ModelSpec) -> Self:
        """Build the network of a specification, random weights.

        Raises:
            ParameterError: Backbone or arguments are not offered.
        """
        return cls(build_body(spec.backbone, spec.bands), spec.classes, spec.tile, **spec.values())

    def losses(self, images: Tensor, targets: list[Target]) -> dict[str, Tensor]:
        """Return the loss of the classes and smooth L1 loss of the moves, for each object's anchor."""
        logits, moves, anchors, cells = self._predictions(images)
        learnt = torch.stack([matched(anchors, target["boxes"], POSITIVE, POSITIVE) for target in targets])
        image, place = torch.nonzero(learnt >= 0, as_tuple=True)
        objects = max(1, len(image))
        wanted = torch.zeros_like(logits)
        boxes, labels = of_objects(targets, image, learnt[image, place])
        wanted[image, place, labels - 1] = 1.0
        if self.focal_loss:
            class_loss = sigmoid_focal_loss(logits, wanted, reduction="sum") / objects
        else:
            class_loss = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="sum") / objects
        wanted_moves = _wanted_moves(anchors[place], cells[place], boxes)
        box_loss = functional.smooth_l1_loss(moves[image, place].tanh(), wanted_moves, reduction="sum", beta=SMOOTH)
        box_loss = box_loss / objects
        factor = self.location_loss_factor
        if factor is not None:
            class_loss, box_loss = class_loss * (1 - factor), box_loss * factor
        return {"classification": class_loss, "boxes": box_loss}

    @torch.inference_mode()
    def detect(
        self, images: Tensor, threshold: float, nms_overlap: float, max_detections: int = 1000
    ) -> list[Detections]:
        """Return the detections of each image."""
        logits, moves, anchors, cells = self._predictions(images)

        def decode(image: int, places: Tensor) -> Tensor:
            return _moved(anchors[places], cells[places], moves[image, places])

        size = (images.shape[-2], images.shape[-1])
        return best_boxes(logits.sigmoid(), decode, size, threshold, nms_overlap, max_detections)

    def outputs(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return class logits and moves of every anchor."""
        return self._predictions(images)[:2]

    def _predictions(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return logits, moves, anchors (anchors, 4) and the width and height of each anchor's cell (anchors, 2)."""
        prepared = self.prepared(images)
        rows, cols = prepared.shape[-2:]
        logits, moves = self.head(self.body(prepared), (rows, cols))
        anchors, cells = [], []
        for grid in self.head.grids:
            down, across = self.head.shape(grid, rows, cols)
            cell = (rows / down, cols / across)
            shapes = torch.tensor(
                [[zoom * wide * cell[1], zoom * high * cell[0]] for zoom in self.zooms for high, wide in self.ratios]
            )
            boxes = anchor_boxes(grid_centers(down, across, cell, images.device), shapes)
            anchors.append(boxes)
            cells.append(torch.tensor([[cell[1], cell[0]]], device=images.device).expand(len(boxes), 2))
        return logits, moves, torch.cat(anchors), torch.cat(cells)


def _predictor(outside: int, bias: float) -> nn.Conv2d:
    layer = nn.Conv2d(CHANNELS, outside, 3, padding=1)
    nn.init.normal_(layer.weight, std=0.01)
    nn.init.constant_(layer.bias, bias)  # type: ignore[arg-type]
    return layer


def _block(inside: int, outside: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, stride=stride, padding=1, bias=False),
        nn.GroupNorm(32, outside),
        nn.ReLU(inplace=True),
    )


def _resized(features: Tensor, shape: tuple[int, int]) -> Tensor:
    """Return features brought to a grid: averaged where they are finer, interpolated where they are coarser."""
    if tuple(features.shape[-2:]) == shape:
        return features
    if features.shape[-2] >= shape[0] and features.shape[-1] >= shape[1]:
        return functional.adaptive_avg_pool2d(features, shape)
    return functional.interpolate(features, size=shape, mode="bilinear", align_corners=False)


def _anchors_last(features: Tensor, width: int) -> Tensor:
    """Return (n, k * width, rows, cols) as (n, rows * cols * k, width) float32."""
    batch = features.shape[0]
    return features.permute(0, 2, 3, 1).reshape(batch, -1, width).float()


def _moved(anchors: Tensor, cells: Tensor, moves: Tensor) -> Tensor:
    """Return anchors shifted by at most a cell and scaled within the bound.

    Args:
        anchors: (k, 4).
        cells: (k, 2) width and height of the anchors' cells.
        moves: (k, 4) as the network says them: shift of x and y, growth of width and height.
    """
    bounded = moves.tanh()
    center = (anchors[:, :2] + anchors[:, 2:]) / 2 + bounded[:, :2] * cells
    half = (anchors[:, 2:] - anchors[:, :2]) / 2 * torch.exp2(LARGEST_GROWTH * bounded[:, 2:])
    return torch.cat((center - half, center + half), dim=1)


def _wanted_moves(anchors: Tensor, cells: Tensor, boxes: Tensor) -> Tensor:
    """Return the bounded moves (k, 4) that bring anchors to boxes, as near as the bounds allow; see ``_moved``."""
    shift = (boxes[:, :2] + boxes[:, 2:] - anchors[:, :2] - anchors[:, 2:]) / 2 / cells
    ratio = (boxes[:, 2:] - boxes[:, :2]).clamp(min=1e-3) / (anchors[:, 2:] - anchors[:, :2])
    return torch.cat((shift, ratio.log2() / LARGEST_GROWTH), dim=1).clamp(-FARTHEST, FARTHEST)
