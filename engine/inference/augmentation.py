"""Test-time augmentation: a tile seen in 8 flipped and turned views, what is found in all views merged.

A view is a number 0..7: its lowest bits say by how many right angles the tile is turned anticlockwise, bit 2 whether it
was mirrored left to right before. Only an object that most views find keeps a high confidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import torch

from .detections import Array, Detections, box_overlap
from .masks import FrameMasks

VIEWS = range(8)

SAME_OBJECT = 0.5
"""IoU from which detections of two views are the same object."""

LOWEST_SHARE = 0.5
"""Views are searched down to this share of the threshold, so that one weak view does not lose an object."""


def view_of(images: torch.Tensor, view: int) -> torch.Tensor:
    """Return a view of a batch.

    Args:
        images: (batch, bands, rows, cols).
        view: 0..7; odd turns exchange rows and columns.
    """
    mirrored = images.flip(-1) if view & 4 else images
    return torch.rot90(mirrored, view & 3, (-2, -1))


def scores_of_view(scores: torch.Tensor, view: int) -> torch.Tensor:
    """Return the scores of a view's pixels turned back to the image as it is.

    Args:
        scores: (batch, channels, rows, cols) of the view.
        view: 0..7.
    """
    turned = torch.rot90(scores, -(view & 3), (-2, -1))
    return turned.flip(-1) if view & 4 else turned


def merge_scores(views: Iterable[torch.Tensor], policy: str) -> torch.Tensor:
    """Return one score for each pixel and channel from all views, which are taken one by one.

    Args:
        views: (batch, channels, rows, cols) each, in the pixels of the image as it is; at least one.
        policy: ``mean``, ``max`` or ``min``; with the last two the channels no longer add up to 1.
    """
    merged, count = None, 0
    for scores in views:
        count += 1
        if merged is None:
            merged = scores.clone(memory_format=torch.contiguous_format)
        elif policy == "mean":
            merged += scores
        else:
            (torch.maximum if policy == "max" else torch.minimum)(merged, scores, out=merged)
    if merged is None:
        raise ValueError("no view to merge")
    return merged.div_(count) if policy == "mean" else merged


def boxes_of_view(boxes: Array, view: int, size: tuple[int, int]) -> Array:
    """Return boxes found in a view, in pixels of the tile as it is.

    Args:
        boxes: (n, 4) in pixels of the view.
        view: 0..7.
        size: Rows and columns of the tile as it is.
    """
    rows, cols = (size[1], size[0]) if view & 1 else size
    for _ in range(view & 3):
        boxes = np.stack([rows - boxes[:, 3], boxes[:, 0], rows - boxes[:, 1], boxes[:, 2]], axis=1)
        # turned back by a right angle (clockwise), the view's rows have become columns
        boxes = boxes.reshape(-1, 4)
        rows, cols = cols, rows
    if view & 4:
        boxes = np.stack([cols - boxes[:, 2], boxes[:, 1], cols - boxes[:, 0], boxes[:, 3]], axis=1)
    return boxes


def merge_views(views: Sequence[Detections], threshold: float, policy: str) -> Detections:
    """Return one detection for each object that the views found.

    The surest detection gathers what the other views have at its place, one of each view; the box is their mean,
    weighted by confidence.

    Args:
        views: Detections of each view, in pixels of the tile as it is.
        threshold: Smallest merged confidence, 0..1.
        policy: ``mean`` over all views, where a view without the object counts 0; ``max`` or ``min`` of those that
            found it.
    """
    found = Detections.concatenate(views)
    view = np.concatenate([np.full(len(part), number) for number, part in enumerate(views)])
    order = np.lexsort((found.boxes[:, 1], found.boxes[:, 0], view, -found.scores))
    found, view = found.take(order), view[order]
    free = np.ones(len(found), bool)
    boxes, scores, labels, groups = [], [], [], []
    for index in range(len(found)):
        if not free[index]:
            continue
        same = np.flatnonzero(free & (found.labels == found.labels[index]))
        same = same[box_overlap(found.boxes[index : index + 1], found.boxes[same]) >= SAME_OBJECT]
        same = same[np.unique(view[same], return_index=True)[1]]
        free[same] = False
        free[index] = False
        weights = found.scores[same].astype(np.float64)
        boxes.append(np.average(found.boxes[same], axis=0, weights=np.maximum(weights, 1e-9)))
        merged = {"mean": weights.sum() / len(views), "max": weights.max(), "min": weights.min()}
        scores.append(merged[policy])
        labels.append(found.labels[index])
        groups.append(same)
    result = Detections.of(np.array(boxes).reshape(-1, 4), np.array(scores), np.array(labels))
    if isinstance(found.masks, FrameMasks):
        result = replace(result, masks=found.masks.merged(groups, np.maximum(found.scores, 1e-9).astype(float), policy))
    return result.take(result.scores >= threshold)
