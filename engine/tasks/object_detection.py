"""Object detection: boxes with a class. Judged by average precision at IoU 0.5."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..accuracy.scores import scores_by_class
from ..networks.detector import Detector, Target
from .registry import Evaluation, Prepared, Task, register

MIN_IOU = 0.5
"""IoU from which on a detection counts as right."""
LOWEST_SCORE = 0.03
"""Detections below it are not looked at in validation."""
NMS_OVERLAP = 0.5
MOST_DETECTIONS = 500


def losses(network: Detector, images: Tensor, targets: list[Target]) -> dict[str, Tensor]:
    """Return the named losses of a batch; see ``Detector.losses``."""
    return network.losses(images, targets)


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
    network.eval()
    sums: dict[str, float] = {}
    predictions: list[dict[str, np.ndarray]] = []
    references: list[np.ndarray] = []
    labels: list[np.ndarray] = []
    chips = 0
    for batch in batches:
        check()
        images, targets = prepared(batch)
        for name, value in network.losses(images, targets).items():
            sums[name] = sums.get(name, 0.0) + float(value) * len(images)
        for found in network.detect(images, LOWEST_SCORE, NMS_OVERLAP, MOST_DETECTIONS):
            predictions.append({name: value.float().cpu().numpy() for name, value in found.items()})
        references += [target["boxes"].cpu().numpy() for target in targets]
        labels += [target["labels"].cpu().numpy() for target in targets]
        chips += len(images)
    means = {name: value / max(1, chips) for name, value in sums.items()}
    classes = scores_by_class(
        _joined([found["boxes"] for found in predictions], (0, 4)),
        _joined([found["scores"] for found in predictions], (0,)),
        _joined([found["labels"] for found in predictions], (0,)).astype(np.int64) - 1,
        _joined(references, (0, 4)),
        _joined(labels, (0,)).astype(np.int64) - 1,
        MIN_IOU,
        names=list(names),
        groups=_numbers(predictions, "scores"),
        reference_groups=np.repeat(np.arange(len(labels)), [len(each) for each in labels]),
    )
    everything = classes[-1]
    return Evaluation(
        loss=sum(means.values()),
        losses=means,
        metrics={
            "AVERAGE_PRECISION": float(np.nan_to_num(everything.average_precision)),
            "F1_SCORE": float(everything.best_f1),
        },
        classes=classes,
        threshold=everything.best_threshold,
        predictions=predictions,
    )


def _joined(parts: Sequence[np.ndarray], empty: tuple[int, ...]) -> np.ndarray:
    """Concatenate arrays that may be none."""
    return np.concatenate([np.empty(empty), *parts])


def _numbers(predictions: Sequence[dict[str, np.ndarray]], name: str) -> np.ndarray:
    """Return the chip that each prediction belongs to."""
    return np.repeat(np.arange(len(predictions)), [len(found[name]) for found in predictions])


TASK = register(
    Task(
        name="object_detection",
        model_type="ObjectDetection",
        monitors=("VALID_LOSS", "AVERAGE_PRECISION", "F1_SCORE"),
        losses=losses,
        evaluate=evaluate,
    )
)
