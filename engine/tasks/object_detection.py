"""Object detection: boxes with a class. Judged by average precision at IoU 0.5, on objects that no chip's edge cuts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..accuracy.matching import match_boxes
from ..accuracy.scores import scores_by_class
from ..inference.suppression import suppress_boxes
from ..models.registry import BOX_FORMATS
from ..networks.detector import Detector, Target
from ..package.emd import OVERLAP_KEY
from ..samples.folder import SampleSet
from ..training.augmentation import Augmentation
from ..training.scale import OBJECT_RULE
from .box_findings import MIN_IOU, findings
from .box_labels import box_labels
from .registry import Evaluation, Prepared, Task, register

LOWEST_SCORE = 0.03
"""Detections below it are not looked at in validation."""
OVERLAPS = (0.1, 0.2, 0.3, 0.4)
"""Overlaps of two objects that a package may propose."""
LARGEST_OVERLAP = 0.5
"""Overlap that is left while training."""
AS_GOOD = 0.01
"""Difference of scores that says nothing."""
MOST_DETECTIONS = 500
EDGE = 1.0
"""Boxes nearer to a chip's edge than this many pixels are cut by it."""
FEWEST_WHOLE = 0.3
"""Share of the objects that must be whole, for only these to be judged."""

Chips = Sequence[Mapping[str, np.ndarray]]
"""Boxes of each chip, arrays by name."""


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
    references: list[dict[str, np.ndarray]] = []
    for batch in batches:
        check()
        images, targets = prepared(batch)
        for name, value in network.losses(images, targets).items():
            sums[name] = sums.get(name, 0.0) + float(value) * len(images)
        size = (images.shape[-2], images.shape[-1])
        for found in network.detect(images, LOWEST_SCORE, LARGEST_OVERLAP, MOST_DETECTIONS):
            predictions.append(_arrays(found, size))
        references += [_arrays(target, size) for target in targets]
    means = {name: value / max(1, len(references)) for name, value in sums.items()}
    return _judged(Evaluation(sum(means.values()), means, predictions=predictions, references=references), names)


def settle(evaluation: Evaluation, names: Sequence[str]) -> Evaluation:
    """Choose the overlap that two objects may share, by average precision and F1 on the validation chips.

    Args:
        evaluation: Of the best state.
        names: Class names, label 1 first.

    Returns:
        The evaluation at the smallest overlap that is as good as the best one.
    """
    tried = []
    for overlap in OVERLAPS:
        thinned = [_suppressed(found, overlap) for found in evaluation.predictions]
        judged = _judged(replace(evaluation, predictions=thinned), names)
        tried.append((sum(judged.metrics.values()), overlap, judged))
    best = max(score for score, _, _ in tried)
    overlap, judged = next((overlap, judged) for score, overlap, judged in tried if score >= best - AS_GOOD)
    return replace(judged, proposals={OVERLAP_KEY: overlap})


def _judged(evaluation: Evaluation, names: Sequence[str]) -> Evaluation:
    """Return an evaluation with the scores of its predictions."""
    predictions, references = _of_whole_objects(evaluation)
    classes = scores_by_class(
        _joined([found["boxes"] for found in predictions], (0, 4)),
        _joined([found["scores"] for found in predictions], (0,)),
        _joined([found["labels"] for found in predictions], (0,)).astype(np.int64) - 1,
        _joined([wanted["boxes"] for wanted in references], (0, 4)),
        _joined([wanted["labels"] for wanted in references], (0,)).astype(np.int64) - 1,
        MIN_IOU,
        names=list(names),
        groups=_chip_of_each(predictions),
        reference_groups=_chip_of_each(references),
    )
    everything = classes[-1]
    metrics = {
        "AVERAGE_PRECISION": float(np.nan_to_num(everything.average_precision)),
        "F1_SCORE": float(everything.best_f1),
    }
    return replace(evaluation, metrics=metrics, classes=classes, threshold=everything.best_threshold)


def _arrays(boxes: Mapping[str, Tensor], size: tuple[int, int]) -> dict[str, np.ndarray]:
    """Return a chip's boxes as arrays, with ``whole``: which of them the chip's edge does not cut."""
    arrays = {name: value.float().cpu().numpy() for name, value in boxes.items()}
    corners = arrays["boxes"]
    inside = (corners[:, :2] >= EDGE) & (corners[:, 2:] <= np.array([size[1], size[0]]) - EDGE)
    return {**arrays, "whole": np.asarray(inside.all(axis=1))}


def _of_whole_objects(evaluation: Evaluation) -> tuple[Chips, Chips]:
    """Return predictions and references without those that a chip's edge cuts.

    A neighbouring tile sees such an object whole, so inference does not take it from here. A prediction of a cut object
    is neither right nor wrong. Where few objects are whole, all are judged.
    """
    predictions, references = evaluation.predictions, evaluation.references
    whole = sum(int(wanted["whole"].sum()) for wanted in references)
    if whole < FEWEST_WHOLE * sum(len(wanted["whole"]) for wanted in references):
        return predictions, references
    judged = []
    for found, wanted in zip(predictions, references, strict=True):
        matched = match_boxes(
            found["boxes"],
            found["scores"],
            wanted["boxes"],
            MIN_IOU,
            groups=found["labels"].astype(np.int64),
            reference_groups=wanted["labels"].astype(np.int64),
        )
        of_cut = (matched >= 0) & ~np.append(wanted["whole"], True)[matched]
        judged.append({name: values[found["whole"] & ~of_cut] for name, values in found.items()})
    return judged, [{name: values[wanted["whole"]] for name, values in wanted.items()} for wanted in references]


def _suppressed(found: Mapping[str, np.ndarray], overlap: float) -> dict[str, np.ndarray]:
    """Return a chip's detections of which no two of a class share more."""
    kept = suppress_boxes(found["boxes"].astype(np.float64), found["scores"], found["labels"].astype(np.int64), overlap)
    return {name: values[kept] for name, values in found.items()}


def _joined(parts: Sequence[np.ndarray], empty: tuple[int, ...]) -> np.ndarray:
    """Concatenate arrays that may be none."""
    return np.concatenate([np.empty(empty), *parts])


def _chip_of_each(chips: Sequence[Mapping[str, np.ndarray]]) -> np.ndarray:
    """Return the chip that each box belongs to."""
    return np.repeat(np.arange(len(chips)), [len(chip["boxes"]) for chip in chips])


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
