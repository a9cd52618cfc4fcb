"""Labels of object detection: the boxes of a chip, and how a view shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..job import Job
from ..models.registry import ModelSpec
from ..samples.folder import SampleSet
from ..training.views import View, boxes_in_view

VISIBLE = 0.25
"""Objects of which less is in a view are not shown to the network as objects."""
EDGE = 1.0
"""Boxes nearer to the chip's edge than this many pixels may be cut by it."""
FEWEST_WHOLE = 0.1
"""Share of the objects that must be whole, for only these to be measured."""


class BoxLabels:
    """Boxes with labels 1..classes, in the order of the classes' values.

    Attributes:
        samples: The training data.
    """

    def __init__(self, samples: SampleSet) -> None:
        """Number the classes."""
        self.samples = samples
        self._label = {entry.value: label for label, entry in enumerate(samples.classes, start=1)}

    @property
    def names(self) -> tuple[str, ...]:
        """Class names, label 1 first."""
        return tuple(entry.name for entry in self.samples.classes)

    def counts(self) -> np.ndarray:
        """Return the objects of each class in each chip, (chips, classes) int64."""
        values = np.array(list(self._label), np.int64)
        chips: Sequence[Any] = self.samples.samples
        return np.array([(chip.classes[:, None] == values[None]).sum(axis=0) for chip in chips], np.int64)

    def usable(self) -> np.ndarray:
        """Return that every chip is: one without objects teaches what is none."""
        return np.ones(len(self.samples.samples), bool)

    def divisible(self) -> bool:
        """Return that no part of a chip's boxes can be hidden: an object without its label would teach what is none."""
        return False

    def hiding(self, indexes: np.ndarray, ground: np.ndarray) -> BoxLabels:
        """Return the labels as they are."""
        return self

    def places(self) -> np.ndarray:
        """Return the ground of each chip, (chips, 4) float64."""
        return np.asarray(self.samples.bounds, np.float64)

    def sizes(self, indexes: np.ndarray) -> np.ndarray:
        """Return widths and heights of the objects of some chips, (n, 2) float64 pixels.

        Objects that the chip's edge may have cut are left out as long as enough whole ones remain.
        """
        chips: Sequence[Any] = self.samples.samples
        boxes = np.concatenate([np.empty((0, 4)), *(chips[int(index)].boxes for index in indexes)]).astype(np.float64)
        sizes = boxes[:, 2:] - boxes[:, :2]
        limit = [self.samples.tile_cols - EDGE, self.samples.tile_rows - EDGE]
        whole = (boxes[:, :2] > EDGE).all(axis=1) & (boxes[:, 2:] < limit).all(axis=1)
        return sizes[whole] if whole.sum() >= FEWEST_WHOLE * len(boxes) else sizes

    def read(self, index: int, pixels: np.ndarray) -> np.ndarray | None:
        """Return nothing: boxes are in memory already."""
        return None

    def shown(self, index: int, kept: np.ndarray | None, view: View) -> dict[str, Tensor]:
        """Return ``boxes`` (k, 4) float32 in view pixels and ``labels`` (k,) int64 as a view shows them."""
        sample: Any = self.samples.samples[index]
        boxes, visible = boxes_in_view(sample.boxes, view, VISIBLE)
        labels = np.array([self._label[int(value)] for value in sample.classes[visible]], np.int64)
        return {"boxes": torch.from_numpy(boxes), "labels": torch.from_numpy(labels)}

    def stacked(self, targets: list[dict[str, Tensor]]) -> list[dict[str, Tensor]]:
        """Return the targets as they are, one for each view."""
        return targets

    def fitted(self, spec: ModelSpec, job: Job) -> ModelSpec:
        """Return the specification as it is."""
        return spec

    def fingerprint(self, index: int) -> bytes:
        """Return the boxes and classes of a chip."""
        sample: Any = self.samples.samples[index]
        return bytes(sample.boxes.tobytes() + sample.classes.tobytes())


def box_labels(samples: SampleSet, values: Mapping[str, Any], job: Job) -> BoxLabels:
    """Return the labels of training data of boxes; no model argument changes them."""
    return BoxLabels(samples)
