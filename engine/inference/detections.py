"""Detections of a raster as arrays: nothing else of a tile outlives its batch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .masks import FrameMasks, PixelMasks

Array = np.ndarray


@dataclass(frozen=True)
class Detections:
    """Boxes with what is known of each.

    Attributes:
        boxes: (n, 4) float64, ``col_min, row_min, col_max, row_max`` in pixels of the whole raster.
        scores: (n,) float32, 0..1.
        labels: (n,) int32, 1..number of classes, in the order of the model's classes.
        tiles: (n,) int32, number of the tile that saw each.
        masks: What each covers, of a network that draws masks: probabilities first, pixels once a tile is done.
    """

    boxes: Array
    scores: Array
    labels: Array
    tiles: Array
    masks: FrameMasks | PixelMasks | None = None

    @classmethod
    def of(cls, boxes: Array, scores: Array, labels: Array, tiles: Array | int = 0) -> Detections:
        """Return detections from arrays of any number type; one tile number may stand for all."""
        return cls(
            np.asarray(boxes, np.float64).reshape(-1, 4),
            np.asarray(scores, np.float32),
            np.asarray(labels, np.int32),
            np.broadcast_to(np.asarray(tiles, np.int32), (len(boxes),)),
        )

    @classmethod
    def none(cls) -> Detections:
        """Return no detections."""
        return cls.of(np.empty((0, 4)), np.empty(0), np.empty(0))

    @classmethod
    def concatenate(cls, parts: Iterable[Detections]) -> Detections:
        """Return all detections of several, in their order."""
        parts = [part for part in parts if len(part)]
        if not parts:
            return cls.none()
        masks: list[Any] = [part.masks for part in parts if part.masks is not None]
        return cls(
            np.concatenate([part.boxes for part in parts]),
            np.concatenate([part.scores for part in parts]),
            np.concatenate([part.labels for part in parts]),
            np.concatenate([part.tiles for part in parts]),
            type(masks[0]).concatenate(masks) if masks else None,
        )

    def __len__(self) -> int:
        return len(self.boxes)

    def take(self, which: Array | slice) -> Detections:
        """Return those that an index, a mask or a slice picks."""
        masks = None if self.masks is None else self.masks.take(which)
        return Detections(self.boxes[which], self.scores[which], self.labels[which], self.tiles[which], masks)

    @property
    def pixels(self) -> PixelMasks:
        """The pixels of each; none where there is nothing."""
        return self.masks if isinstance(self.masks, PixelMasks) else PixelMasks.of(np.empty((0, 2)), [])

    @property
    def framed(self) -> FrameMasks:
        """The probabilities of each in its frame; none where there is nothing."""
        return self.masks if isinstance(self.masks, FrameMasks) else FrameMasks(np.empty((0, 4)), np.empty((0, 1, 1)))


def box_overlap(one: Array, other: Array) -> Array:
    """Return (n,) float64: IoU of pairs of boxes (n, 4), or of one box (1, 4) with all; 0 where one has no area."""
    sides = np.clip(np.minimum(one[:, 2:], other[:, 2:]) - np.maximum(one[:, :2], other[:, :2]), 0, None)
    shared = sides[:, 0] * sides[:, 1]
    total = sum(np.prod(np.clip(box[:, 2:] - box[:, :2], 0, None), axis=1) for box in (one, other))
    return shared / np.maximum(total - shared, np.finfo(np.float64).tiny)
