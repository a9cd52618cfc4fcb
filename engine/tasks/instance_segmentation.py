"""Instance segmentation: objects with a class and a mask. Judged by average precision of the masks at IoU 0.5."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..inference.kinds import BOX_OVERLAP
from ..models.registry import INSTANCE_FORMATS
from ..networks.detector import Detector, Target
from ..package.emd import OVERLAP_KEY
from ..samples.folder import SampleSet
from ..training.scale import OBJECT_RULE
from .instance_findings import findings
from .instance_labels import instance_labels
from .instance_scores import best_overlap, judged, judged_chip
from .object_detection import LOWEST_SCORE, transforms
from .registry import Evaluation, Prepared, Task, register

MOST_DETECTIONS = 300
"""Detections of a chip that are looked at in validation."""


def losses(network: Detector, images: Tensor, targets: list[Target]) -> dict[str, Tensor]:
    """Return the named losses of a batch; see ``Detector.losses``."""
    return network.losses(images, targets)


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
    network.eval()
    sums: dict[str, float] = {}
    predictions: list[Mapping[str, np.ndarray]] = []
    references: list[Mapping[str, np.ndarray]] = []
    for batch in batches:
        check()
        images, targets = prepared(batch)
        for name, value in network.losses(images, targets).items():
            sums[name] = sums.get(name, 0.0) + float(value) * len(images)
        size = (int(images.shape[-2]), int(images.shape[-1]))
        found = network.detect(images, LOWEST_SCORE, BOX_OVERLAP, MOST_DETECTIONS)
        for part, target in zip(found, targets, strict=True):
            predicted, wanted = judged_chip(part, target, size)
            predictions.append(predicted)
            references.append(wanted)
    means = {name: value / max(1, len(references)) for name, value in sums.items()}
    return judged(Evaluation(sum(means.values()), means, predictions=predictions, references=references), names)


def settle(evaluation: Evaluation, names: Sequence[str]) -> Evaluation:
    """Choose the overlap that two instances may share, by average precision and F1 on the validation chips.

    Args:
        evaluation: Of the best state.
        names: Class names, label 1 first.

    Returns:
        The evaluation at the smallest overlap that is as good as the best one.
    """
    overlap, chosen = best_overlap(evaluation, names)
    return replace(chosen, proposals={OVERLAP_KEY: overlap})


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
