"""Object classification: a class, or several, for a chip as a whole. Judged by the share of right chips and by F1."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..models.registry import LABEL_FORMATS
from ..networks.feature_classifier import FeatureClassifier, Target
from ..samples.folder import SampleSet
from ..training.augmentation import Augmentation, Draw
from ..training.scale import ScaleRule
from .chip_findings import findings
from .chip_labels import chip_labels
from .registry import Evaluation, Prepared, Task, register
from .shrinkage import chosen_shrinkage

VIEWS = 320
"""Views of an epoch at least, so that steps see 16 of them: a step of fewer objects hardly meets the rare classes."""
ZOOM = Draw(0.85, 1.1)
"""How much larger an object is shown: its size is part of what it is."""
USUAL = 0.5
"""Score from which on a class is taken for one of several labels, before better ones are known."""
THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(2, 19))
FEWEST_TO_SETTLE = 5
"""Objects with and without a class that must validate for a threshold of its own."""
BETA = 2.0
"""How much more recall counts than precision in ``MULTI_LABEL_FBETA``, as in arcgis.learn."""

METRICS = ("ACCURACY", "F1_SCORE", "PRECISION", "RECALL", "MULTI_LABEL_FBETA")


def losses(network: FeatureClassifier, images: Tensor, targets: Target) -> dict[str, Tensor]:
    """Return the named losses of a batch; see ``FeatureClassifier.losses``."""
    return network.losses(images, targets)


@torch.inference_mode()
def evaluate(
    network: FeatureClassifier, batches: Iterable[Any], prepared: Prepared, names: Sequence[str],
    check: Callable[[], None],
) -> Evaluation:  # fmt: skip
    """Judge a network on validation chips.

    Args:
        network: In evaluation mode.
        batches: The validation batches.
        prepared: Moves a batch to the device and normalises it: images and targets.
        names: Class names.
        check: Raises when the user cancelled.

    Returns:
        The evaluation. Of each chip there are ``scores`` (classes,) float32 and ``labels`` (classes,) bool; the
        references have ``labels``.
    """
    network.eval()
    sums: dict[str, float] = {}
    predictions: list[dict[str, np.ndarray]] = []
    references: list[dict[str, np.ndarray]] = []
    for batch in batches:
        check()
        images, targets = prepared(batch)
        logits = network.logits(images, targets.get("statistics"))
        for name, value in network.losses_of(logits, targets["labels"]).items():
            sums[name] = sums.get(name, 0.0) + float(value) * len(images)
        scores = network.probabilities(logits).float().cpu().numpy()
        predictions += [{"scores": row, "labels": chosen(row, network.multi)} for row in scores]
        references += [{"labels": row} for row in (targets["labels"] > 0.5).cpu().numpy()]
    means = {name: value / max(1, len(references)) for name, value in sums.items()}
    weighed = network.settings.class_weights is not None
    found = Evaluation(sum(means.values()), means, predictions=predictions, references=references, weighed=weighed)
    return judged(found, names, network.multi)


def chosen(scores: np.ndarray, multi: bool) -> np.ndarray:
    """Return which classes scores stand for, (classes,) bool: the best one, or all that reach ``USUAL``."""
    if multi:
        return np.asarray(scores >= USUAL)
    return np.asarray(np.arange(len(scores)) == scores.argmax())


def judged(evaluation: Evaluation, names: Sequence[str], multi: bool) -> Evaluation:
    """Return an evaluation with the metrics of its predictions, and of single labels with the confusion matrix."""
    found, wanted = (_stacked(chips, len(names)) for chips in (evaluation.predictions, evaluation.references))
    confusion = None
    if not multi:
        confusion = found.T.astype(np.int64) @ wanted.astype(np.int64)
    return replace(evaluation, metrics=metrics(found, wanted, multi), confusion=confusion)


def metrics(found: np.ndarray, wanted: np.ndarray, multi: bool) -> dict[str, float]:
    """Return the metrics that may choose the best state, 0..1; means are over the classes that validate.

    ``ACCURACY`` is the share of chips whose class is right; of several labels, the share of decisions about a class
    that are right. ``MULTI_LABEL_FBETA`` counts the decisions of all classes together.

    Args:
        found: (n, classes) bool, predicted.
        wanted: (n, classes) bool, labelled.
        multi: Whether a chip can have several labels.
    """
    if not len(wanted):
        return dict.fromkeys(METRICS, 0.0)
    hits, claimed, there = (part.sum(axis=0) for part in (found & wanted, found, wanted))
    present = there > 0
    # where nothing is predicted, nothing of what was predicted is right
    precision, recall = hits / np.maximum(claimed, 1), hits / np.maximum(there, 1)
    f1 = 2 * hits / np.maximum(claimed + there, 1)
    missed, wrong, right = there.sum() - hits.sum(), claimed.sum() - hits.sum(), hits.sum()
    weighed = (1 + BETA**2) * right

    def mean(values: np.ndarray) -> float:
        return float(values[present].mean()) if present.any() else 0.0

    return {
        "ACCURACY": float((found == wanted).mean() if multi else (found & wanted).any(axis=1).mean()),
        "F1_SCORE": mean(f1),
        "PRECISION": mean(precision),
        "RECALL": mean(recall),
        "MULTI_LABEL_FBETA": float(weighed / max(1.0, weighed + BETA**2 * missed + wrong)),
    }


def settle(evaluation: Evaluation, names: Sequence[str]) -> Evaluation:
    """Choose what suits the validation chips best.

    Of several labels it is the score from which on each class is one, by F1. Scores of single labels are drawn to the
    frequencies of the classes where they are less often right than always naming the most frequent class; not where
    classes are weighed, because rare ones are wanted then.

    Args:
        evaluation: Of the best state; with a confusion matrix there is one label each.
        names: Class names.

    Returns:
        The evaluation at these thresholds, which are the ``proposals`` by class name, or at these scores.
    """
    if not evaluation.predictions:
        return evaluation
    scores = np.stack([chip["scores"] for chip in evaluation.predictions])
    if evaluation.confusion is not None:
        return evaluation if evaluation.weighed else _drawn(evaluation, scores, names)
    wanted = _stacked(evaluation.references, len(names))
    limits = np.array([_best_threshold(*pair) for pair in zip(scores.T, wanted.T, strict=True)])
    predictions = [{**chip, "labels": np.asarray(chip["scores"] >= limits)} for chip in evaluation.predictions]
    proposals = {name: float(limit) for name, limit in zip(names, limits, strict=True)}
    settled = replace(evaluation, predictions=predictions, proposals=proposals, threshold=float(limits.mean()))
    return judged(settled, names, multi=True)


def _drawn(evaluation: Evaluation, scores: np.ndarray, names: Sequence[str]) -> Evaluation:
    """Return an evaluation with its scores drawn to frequencies as far as that is needed."""
    blend = chosen_shrinkage(scores, _stacked(evaluation.references, len(names)))
    if blend is None:
        return evaluation
    predictions = [{"scores": row, "labels": chosen(row, multi=False)} for row in blend.drawn(scores)]
    return judged(replace(evaluation, predictions=predictions, extra=blend.extra()), names, multi=False)


def _best_threshold(scores: np.ndarray, wanted: np.ndarray) -> float:
    """Return the threshold of a class with the best F1, the nearest to ``USUAL`` among equals."""
    if min(int(wanted.sum()), int((~wanted).sum())) < FEWEST_TO_SETTLE:
        return USUAL
    found = scores[None] >= np.array(THRESHOLDS)[:, None]
    f1 = 2 * (found & wanted).sum(axis=1) / np.maximum(found.sum(axis=1) + wanted.sum(), 1)
    best = [limit for limit, value in zip(THRESHOLDS, f1, strict=True) if value >= f1.max() - 1e-9]
    return min(best, key=lambda limit: abs(limit - USUAL))


def _stacked(chips: Sequence[Any], classes: int) -> np.ndarray:
    """Return the labels of chips, (n, classes) bool."""
    return np.stack([chip["labels"] for chip in chips]) if len(chips) else np.empty((0, classes), bool)


def transforms(default: Augmentation, network: FeatureClassifier) -> Augmentation:
    """Return the default transforms without shift, so that objects stay centred, and nearly at their size.

    The network of few convolutions learns values as they are: light and contrast stay too.
    """
    kept = replace(default, crop=None, zoom=ZOOM)
    return kept if network.body is not None else replace(kept, brightness=None, contrast=None)


def suggest(samples: SampleSet) -> tuple[str, str]:
    """Return the architecture that gives a class to chips as a whole."""
    return "FEATURE_CLASSIFIER", "which gives a class to each object or image"


TASK = register(
    Task(
        name="object_classification",
        model_type="ObjectClassification",
        formats=LABEL_FORMATS,
        monitors=("VALID_LOSS", *METRICS),
        told=("ACCURACY", "F1_SCORE"),
        losses=losses,
        evaluate=evaluate,
        settle=settle,
        labels=chip_labels,
        rule=ScaleRule(good=0.0, lowest=1.0, highest=1.0),
        transforms=transforms,
        suggest=suggest,
        findings=findings,
        views=VIEWS,
        centred=True,
    )
)
