"""Anchors: the boxes that a detector shifts and scales, and which of them learns which object."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torchvision.ops import box_iou

NOTHING = -1
"""An anchor that learns that there is nothing."""

IGNORED = -2
"""An anchor too near to an object to learn that there is nothing, and too far to learn the object."""


def anchor_shapes(sizes: Sequence[float], ratios: Sequence[float]) -> Tensor:
    """Return widths and heights (k, 2) of all sizes in all aspect ratios.

    Args:
        sizes: Square roots of the areas, pixels.
        ratios: Height divided by width.
    """
    return torch.tensor([[size / ratio**0.5, size * ratio**0.5] for size in sizes for ratio in ratios])


def grid_centers(rows: int, cols: int, cell: tuple[float, float], device: torch.device) -> Tensor:
    """Return the centres (rows * cols, 2) of a grid's cells as (x, y), row by row.

    Args:
        rows: Number of rows.
        cols: Number of columns.
        cell: Height and width of a cell, pixels.
        device: Where the result goes.
    """
    y = (torch.arange(rows, device=device, dtype=torch.float32) + 0.5) * cell[0]
    x = (torch.arange(cols, device=device, dtype=torch.float32) + 0.5) * cell[1]
    grid_y, grid_x = torch.meshgrid(y, x, indexing="ij")
    return torch.stack((grid_x.flatten(), grid_y.flatten()), dim=1)


def anchor_boxes(centers: Tensor, shapes: Tensor) -> Tensor:
    """Return the boxes (n * k, 4) of k shapes at n centres; the shapes of one centre stand together."""
    half = shapes.to(centers) / 2
    boxes = torch.cat((centers[:, None] - half, centers[:, None] + half), dim=-1)
    return boxes.reshape(-1, 4)


def level_anchors(maps: Sequence[Tensor], strides: Sequence[int], shapes: Sequence[Tensor]) -> list[Tensor]:
    """Return the anchors of each level of a pyramid.

    Args:
        maps: Feature maps (n, channels, rows, cols).
        strides: Pixels per cell of each.
        shapes: Widths and heights (k, 2) of the anchors of each.
    """
    found = []
    for features, stride, shape in zip(maps, strides, shapes, strict=True):
        rows, cols = features.shape[-2:]
        found.append(anchor_boxes(grid_centers(rows, cols, (stride, stride), features.device), shape))
    return found


def matched(anchors: Tensor, boxes: Tensor, positive: float, negative: float) -> Tensor:
    """Return for each anchor the object it learns, ``NOTHING`` or ``IGNORED``.

    An anchor learns the object it overlaps most when their IoU reaches ``positive``; each object is also learnt by the
    anchors that overlap it most, however little.

    Args:
        anchors: (n, 4) float32.
        boxes: (k, 4) float32; k may be 0.
        positive: Smallest IoU to learn an object.
        negative: IoU below which an anchor learns that there is nothing.
    """
    if len(boxes) == 0:
        return torch.full((len(anchors),), NOTHING, dtype=torch.int64, device=anchors.device)
    overlap = box_iou(boxes.float(), anchors)
    best, which = overlap.max(dim=0)
    which = torch.where(best >= positive, which, torch.where(best < negative, NOTHING, IGNORED))
    closest = overlap.amax(dim=1, keepdim=True)
    objects, favourites = torch.nonzero((overlap == closest) & (closest > 0), as_tuple=True)
    which[favourites] = objects
    return which
