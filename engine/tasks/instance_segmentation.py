"""Instance segmentation: objects with a class and a mask. Judged by average precision of the masks at IoU 0.5."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from ..inference.kinds import BOX_OVERLAP
from ..models.registry import INSTANCE_FORMATS
from ..networks.detector import Detector, Target
from ..samples.folder import SampleSet
from ..training.scale import OBJECT_RULE
from .instance_findings import findings
from .instance_labels import instance_labels
from .instance_scores import judged, judged_chip
from .object_detection import transforms
from .object_scores import LOWEST_SCORE, Chip, looked_at, losses, taken, with_best_overlap
from .registry import Evaluation, Prepared, Task, register

MOST_DETECTIONS = 300
"""Detections of a chip that are looked at in validation."""


@torch.inference_mode()
def evaluate(
    network: Detector, batches: Iterable[Any], prepared: Prepared, names: Sequence[str], check: Callable[[], None]
) -> Evaluation:
    """Judge a network that draws masks on validation chips.

    Args:
        network: In evaluation mode.
        batches: The validation batches.
        prepared: Moves a batch to the device and normalises it: images and targets.
        names: Class names, label 1 first.
        check: Raises when the user cancelled.
    """

    def look(images: Tensor, targets: list[Target]) -> Iterator[tuple[Chip, Chip]]:
        size = (int(images.shape[-2]), int(images.shape[-1]))
        found = network.detect(images, LOWEST_SCORE, BOX_OVERLAP, MOST_DETECTIONS)
        return (judged_chip(part, target, size) for part, target in zip(found, targets, strict=True))

    return judged(looked_at(network, batches, prepared, look, check), names)


def settle(evaluation: Evaluation, names: Sequence[str]) -> Evaluation:
    """Choose the overlap that two instances may share, by average precision and F1 on the validation chips.

    Args:
        evaluation: Of the best state.
        names: Class names, label 1 first.

    Returns:
        The evaluation at the smallest overlap that is as good as the best one.
    """
    return with_best_overlap(
        evaluation,
        lambda found, place: taken(found, found["kept"][:, place]),
        lambda thinned: judged(thinned, names),
    )


def suggest(samples: SampleSet) -> tuple[str, str]:
    """Return the architecture that learns from few samples and without pre-trained weights."""
    return "CENTERMASK", "which learns fastest from few samples and needs no pre-trained weights"


TASK = register(
    Task(
        name="instance_segmentation",
        model_type="InstanceDetection",
        formats=INSTANCE_FORMATS,
        monitors=("VALID_LOSS", "AVERAGE_PRECISION", "F1_SCORE"),
        told=("AVERAGE_PRECISION", "F1_SCORE"),
        losses=losses,
        evaluate=evaluate,
        settle=settle,
        labels=instance_labels,
        rule=OBJECT_RULE,
        transforms=transforms,
        suggest=suggest,
        findings=findings,
    )
)
