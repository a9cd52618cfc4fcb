"""How networks that find objects are judged on validation chips: what boxes and masks share.

The objects of a chip are arrays by name: ``boxes`` (n, 4), ``labels`` (n,), 1..classes, and ``whole`` (n,) bool, which
of them the chip's edge does not cut; of predictions also ``scores`` (n,), and where masks are compared ``overlaps``
(n, references) float32, their IoU with each reference of the chip.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from torch import Tensor

from ..accuracy.matching import Overlap, match_boxes
from ..accuracy.scores import ClassScores, scores_by_class
from ..networks.detector import Detector, Target
from ..package.emd import OVERLAP_KEY
from .registry import Evaluation, Prepared

MIN_IOU = 0.5
"""IoU from which on a detection counts as right."""
LOWEST_SCORE = 0.03
"""Detections below it are not looked at in validation."""
OVERLAPS = (0.1, 0.2, 0.3, 0.4)
"""Overlaps of two objects that a package may propose."""
LARGEST_OVERLAP = 0.5
"""Overlap that is left while training."""
AS_GOOD = 0.01
"""Difference of scores that says nothing."""
FEWEST_WHOLE = 0.3
"""Share of the objects that must be whole, for only these to be judged."""

Chip = Mapping[str, np.ndarray]
"""Objects of a chip, arrays by name."""


def losses(network: Detector, images: Tensor, targets: list[Target]) -> dict[str, Tensor]:
    """Return the named losses of a batch; see ``Detector.losses``."""
    return network.losses(images, targets)


def looked_at(
    network: Detector,
    batches: Iterable[Any],
    prepared: Prepared,
    look: Callable[[Tensor, list[Target]], Iterable[tuple[Chip, Chip]]],
    check: Callable[[], None],
) -> Evaluation:
    """Return losses, predictions and references of the validation chips, without scores.

    Args:
        network: Is put into evaluation mode.
        batches: The validation batches.
        prepared: Moves a batch to the device and normalises it: images and targets.
        look: A batch to what was found on each chip and what should have been.
        check: Raises when the user cancelled.
    """
    network.eval()
    sums: dict[str, float] = {}
    predictions: list[Chip] = []
    references: list[Chip] = []
    for batch in batches:
        check()
        images, targets = prepared(batch)
        for name, value in network.losses(images, targets).items():
            sums[name] = sums.get(name, 0.0) + float(value) * len(images)
        for found, wanted in look(images, targets):
            predictions.append(found)
            references.append(wanted)
    means = {name: value / max(1, len(references)) for name, value in sums.items()}
    return Evaluation(sum(means.values()), means, predictions=predictions, references=references)


def with_scores(evaluation: Evaluation, classes: Sequence[ClassScores]) -> Evaluation:
    """Return an evaluation with the scores of each class, and of all as the last entry."""
    everything = classes[-1]
    metrics = {
        "AVERAGE_PRECISION": float(np.nan_to_num(everything.average_precision)),
        "F1_SCORE": float(everything.best_f1),
    }
    return replace(evaluation, metrics=metrics, classes=classes, threshold=everything.best_threshold)


def with_best_overlap(
    evaluation: Evaluation, thinned: Callable[[Chip, int], Chip], judged: Callable[[Evaluation], Evaluation]
) -> Evaluation:
    """Return the evaluation at the smallest overlap of two objects that is as good as the best one, and propose it.

    Args:
        evaluation: Of the best state.
        thinned: A chip's predictions and the place of one of ``OVERLAPS`` to those that are left at it.
        judged: Gives an evaluation its scores.
    """
    tried = []
    for place, overlap in enumerate(OVERLAPS):
        left = [thinned(found, place) for found in evaluation.predictions]
        scored = judged(replace(evaluation, predictions=left))
        tried.append((sum(scored.metrics.values()), overlap, scored))
    best = max(score for score, _, _ in tried)
    overlap, scored = next((overlap, scored) for score, overlap, scored in tried if score >= best - AS_GOOD)
    return replace(scored, proposals={OVERLAP_KEY: overlap})


def class_scores(
    predictions: Sequence[Chip], references: Sequence[Chip], names: Sequence[str], overlap: Overlap | None = None
) -> list[ClassScores]:
    """Return the scores of each class, and of all as the last entry.

    Args:
        predictions: What was found on each chip.
        references: What should have been, in the same order.
        names: Class names, label 1 first.
        overlap: What two objects share, by their places among those of all chips; None compares their boxes.
    """
    return scores_by_class(
        _joined([found["boxes"] for found in predictions], (0, 4)),
        _joined([found["scores"] for found in predictions], (0,)),
        _joined([found["labels"] for found in predictions], (0,)).astype(np.int64) - 1,
        _joined([wanted["boxes"] for wanted in references], (0, 4)),
        _joined([wanted["labels"] for wanted in references], (0,)).astype(np.int64) - 1,
        MIN_IOU,
        names=list(names),
        groups=chip_of_each(predictions),
        reference_groups=chip_of_each(references),
        overlap=overlap,
    )


def of_whole_objects(evaluation: Evaluation) -> tuple[Sequence[Chip], Sequence[Chip]]:
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
            overlap=_looked_up(found["overlaps"]) if "overlaps" in found else None,
        )
        of_cut = (matched >= 0) & ~np.append(wanted["whole"], True)[matched]
        kept = taken(found, found["whole"] & ~of_cut)
        if "overlaps" in kept:
            kept["overlaps"] = kept["overlaps"][:, wanted["whole"]]
        judged.append(kept)
    return judged, [taken(wanted, wanted["whole"]) for wanted in references]


def taken(chip: Chip, which: np.ndarray) -> dict[str, np.ndarray]:
    """Return some of a chip's objects: (n,) bool, or their places."""
    return {name: values[which] for name, values in chip.items()}


def chip_of_each(chips: Sequence[Chip]) -> np.ndarray:
    """Return the chip that each object of all chips belongs to, (n,) int64, ascending."""
    return np.repeat(np.arange(len(chips)), [len(chip["boxes"]) for chip in chips])


def _looked_up(overlaps: np.ndarray) -> Overlap:
    """Return the overlap of masks of one chip."""
    return lambda one, other, _: np.asarray(overlaps[one, other], np.float64)


def _joined(parts: Sequence[np.ndarray], empty: tuple[int, ...]) -> np.ndarray:
    """Concatenate arrays that may be none."""
    return np.concatenate([np.empty(empty), *parts])
