"""Object detection: boxes with a class. Judged by average precision at IoU 0.5, on objects that no chip's edge cuts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..inference.suppression import suppress_boxes
from ..models.registry import BOX_FORMATS
from ..networks.detector import Detector, Target
from ..samples.folder import SampleSet
from ..training.augmentation import Augmentation
from ..training.scale import OBJECT_RULE
from .box_findings import findings
from .box_labels import box_labels
from .object_scores import (
    LARGEST_OVERLAP,
    LOWEST_SCORE,
    OVERLAPS,
    Chip,
    class_scores,
    looked_at,
    losses,
    of_whole_objects,
    taken,
    with_best_overlap,
    with_scores,
)
from .registry import Evaluation, Prepared, Task, register

MOST_DETECTIONS = 500
EDGE = 1.0
"""Boxes nearer to a chip's edge than this many pixels are cut by it."""


@torch.inference_mode()
def evaluate(
    network: Detector, batches: Iterable[Any], prepared: Prepared, names: Sequence[str], check: Callable[[], None]
) -> Evaluation:
    """Judge a detector on validation chips.

    Args:
        network: In evaluation mode.
        batches: The validation batches.
        prepared: Moves a batch to the device and normalises it: images and targets.
        names: Class names, label 1 first.
        check: Raises when the user cancelled.
    """

    def look(images: Tensor, targets: list[Target]) -> Iterator[tuple[Chip, Chip]]:
        size = (int(images.shape[-2]), int(images.shape[-1]))
        found = network.detect(images, LOWEST_SCORE, LARGEST_OVERLAP, MOST_DETECTIONS)
        return ((_arrays(part, size), _arrays(target, size)) for part, target in zip(found, targets, strict=True))

    return _judged(looked_at(network, batches, prepared, look, check), names)


def settle(evaluation: Evaluation, names: Sequence[str]) -> Evaluation:
    """Choose the overlap that two objects may share, by average precision and F1 on the validation chips.

    Args:
        evaluation: Of the best state.
        names: Class names, label 1 first.

    Returns:
        The evaluation at the smallest overlap that is as good as the best one.
    """
    return with_best_overlap(
        evaluation,
        lambda found, place: _suppressed(found, OVERLAPS[place]),
        lambda thinned: _judged(thinned, names),
    )


def _judged(evaluation: Evaluation, names: Sequence[str]) -> Evaluation:
    """Return an evaluation with the scores of its predictions."""
    return with_scores(evaluation, class_scores(*of_whole_objects(evaluation), names))


def _arrays(boxes: Mapping[str, Tensor], size: tuple[int, int]) -> dict[str, np.ndarray]:
    """Return a chip's boxes as arrays, with ``whole``: which of them the chip's edge does not cut."""
    arrays = {name: value.float().cpu().numpy() for name, value in boxes.items()}
    corners = arrays["boxes"]
    inside = (corners[:, :2] >= EDGE) & (corners[:, 2:] <= np.array([size[1], size[0]]) - EDGE)
    return {**arrays, "whole": np.asarray(inside.all(axis=1))}


def _suppressed(found: Mapping[str, np.ndarray], overlap: float) -> dict[str, np.ndarray]:
    """Return a chip's detections of which no two of a class share more."""
    kept = suppress_boxes(found["boxes"].astype(np.float64), found["scores"], found["labels"].astype(np.int64), overlap)
    return taken(found, kept)


def transforms(default: Augmentation, network: Detector) -> Augmentation:
    """Return the default transforms as they are."""
    return default


def suggest(samples: SampleSet) -> tuple[str, str]:
    """Return the architecture that learns from few samples and without pre-trained weights."""
    return "FCOS", "which learns fastest from few samples and needs no pre-trained weights"


TASK = register(
    Task(
        name="object_detection",
        model_type="ObjectDetection",
        formats=BOX_FORMATS,
        monitors=("VALID_LOSS", "AVERAGE_PRECISION", "F1_SCORE"),
        told=("AVERAGE_PRECISION", "F1_SCORE"),
        losses=losses,
        evaluate=evaluate,
        settle=settle,
        labels=box_labels,
        rule=OBJECT_RULE,
        transforms=transforms,
        suggest=suggest,
        findings=findings,
    )
)
