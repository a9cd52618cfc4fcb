"""How good matched detections are: precision, recall, F1 and average precision as COCO defines it.

All functions take, for the detections of one class, whether each was matched (`matching`) and its score. Average
precision is the mean of the interpolated precision at 101 recalls; detections of equal score are taken in input order,
and their number is not capped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .matching import Overlap, candidate_pairs, match_candidates

Floats = NDArray[np.float64]

COCO_OVERLAPS: tuple[float, ...] = tuple(float(value) for value in np.linspace(0.5, 0.95, 10))
"""The IoU limits that COCO's mean average precision is the mean of."""

RECALLS: Floats = np.linspace(0.0, 1.0, 101)
"""The recalls at which COCO reads the precision."""


class Curve(NamedTuple):
    """Precision and recall when only detections of at least a score are kept; one entry per distinct score.

    Attributes:
        thresholds: (k,) float64 scores, falling.
        precision: (k,) float64.
        recall: (k,) float64; NaN without references.
        f1: (k,) float64.
    """

    thresholds: Floats
    precision: Floats
    recall: Floats
    f1: Floats


class Counts(NamedTuple):
    """Numbers of matched detections, unmatched detections, and references not found."""

    true_positives: int
    false_positives: int
    false_negatives: int

    @property
    def precision(self) -> float:
        """Share of the detections that are right; NaN without detections."""
        return _ratio(self.true_positives, self.true_positives + self.false_positives)

    @property
    def recall(self) -> float:
        """Share of the references that were found; NaN without references."""
        return _ratio(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; NaN with neither detections nor references."""
        return _ratio(2 * self.true_positives, 2 * self.true_positives + self.false_positives + self.false_negatives)


@dataclass(frozen=True)
class ClassScores:
    """What is known about one class (or all of them).

    Attributes:
        name: Class value, or the name of the overall row.
        counts: Matches and misses at the asked IoU, whatever the score.
        average_precision: COCO's AP at the asked IoU; overall: mean of the classes that have references.
        overlap_precision: (10,) AP at each of `COCO_OVERLAPS`.
        best_threshold: Score from which on detections should be kept for the best F1; NaN if nothing is right.
        best_f1: That F1.
        curve: Precision, recall and F1 over the threshold, at the asked IoU.
    """

    name: str
    counts: Counts
    average_precision: float
    overlap_precision: Floats
    best_threshold: float
    best_f1: float
    curve: Curve

    @property
    def mean_average_precision(self) -> float:
        """COCO's mAP: mean of the AP at IoU 0.50, 0.55 ... 0.95."""
        return float(self.overlap_precision.mean())


def average_precision(matched: ArrayLike, scores: ArrayLike, references: int) -> float:
    """Return COCO's average precision: 101 recall points, ties in input order, no cap on detections.

    Args:
        matched: (n,) bool, whether each detection has a reference.
        scores: (n,) confidence; NaN counts as lowest.
        references: Number of references.

    Returns:
        0..1, or NaN without references.
    """
    if references == 0:
        return float("nan")
    hits = _by_score(matched, scores)[0]
    return _interpolated(np.cumsum(hits), np.arange(1, len(hits) + 1), references)


def weighted_average_precision(hits: ArrayLike, weights: ArrayLike, references: float) -> float:
    """Return the average precision when every detection counts ``weights`` times, for resampled areas.

    Args:
        hits: (n,) bool, whether each detection has a reference, best score first.
        weights: (n,) how often each counts.
        references: Sum of the weights of the references.
    """
    if references <= 0:
        return float("nan")
    weight = np.asarray(weights, np.float64)
    return _interpolated(np.cumsum(np.asarray(hits, bool) * weight), np.cumsum(weight), references)


def precision_recall(matched: ArrayLike, scores: ArrayLike, references: int) -> Curve:
    """Return precision, recall and F1 over the threshold; detections of equal score are kept or dropped together.

    Arguments are those of `average_precision`. Detections without a score (NaN) are left out.
    """
    hits, score = _by_score(matched, scores)
    known = ~np.isnan(score)
    hits, score = hits[known], score[known]
    last = np.ones(len(score), bool)
    last[:-1] = score[1:] != score[:-1]
    right = np.cumsum(hits)[last].astype(np.float64)
    kept = np.flatnonzero(last) + 1.0
    recall = right / references if references else np.full(len(right), np.nan)
    total = kept + references
    return Curve(score[last], right / kept, recall, 2 * right / total)


def best_threshold(matched: ArrayLike, scores: ArrayLike, references: int) -> tuple[float, float]:
    """Return the score from which on detections give the best F1, and that F1; of equal ones the highest score.

    Arguments are those of `average_precision`. Both are (NaN, 0) when no detection is right.
    """
    return _best(precision_recall(matched, scores, references))


@dataclass(frozen=True)
class Assessment:
    """Detections judged against references.

    Attributes:
        entries: One per class, then "All classes".
        matched: (n,) int64 number of the reference that each detection found, or -1.
        overlap: (n,) float64 IoU of the match, or 0.
    """

    entries: list[ClassScores]
    matched: NDArray[np.int64]
    overlap: Floats


def scores_by_class(
    boxes: ArrayLike,
    scores: ArrayLike,
    classes: ArrayLike,
    references: ArrayLike,
    reference_classes: ArrayLike,
    min_iou: float = 0.5,
    *,
    names: Sequence[str] | None = None,
    groups: ArrayLike | None = None,
    reference_groups: ArrayLike | None = None,
    overlap: Overlap | None = None,
) -> list[ClassScores]:
    """Score detections against references, class by class, and overall as the last entry; see `assess`."""
    return assess(
        boxes,
        scores,
        classes,
        references,
        reference_classes,
        min_iou,
        names=names,
        groups=groups,
        reference_groups=reference_groups,
        overlap=overlap,
    ).entries


def assess(
    boxes: ArrayLike,
    scores: ArrayLike,
    classes: ArrayLike,
    references: ArrayLike,
    reference_classes: ArrayLike,
    min_iou: float = 0.5,
    *,
    names: Sequence[str] | None = None,
    groups: ArrayLike | None = None,
    reference_groups: ArrayLike | None = None,
    overlap: Overlap | None = None,
) -> Assessment:
    """Match detections with references class by class and score them.

    Args:
        boxes: (n, 4) detections, in pixels or map units.
        scores: (n,) confidence.
        classes: (n,) class, 0 .. k-1 when ``names`` is given, else any integers.
        references: (m, 4) reference boxes.
        reference_classes: (m,) class of the references.
        min_iou: Least IoU of a match.
        names: Name of each of the k classes; None = the values found, as text.
        groups: (n,) image each detection lies in; None = all in one.
        reference_groups: (m,) the same of the references.
        overlap: What counts instead of the IoU of boxes, see `matching.match_boxes`.

    Returns:
        The matches, and one entry per class in ascending order with "All classes" as the last.

    Raises:
        ParameterError: ``min_iou`` is outside 0..1, or arrays that belong together differ in length.
    """
    found, wanted = (np.asarray(each, np.float64).reshape(-1, 4) for each in (boxes, references))
    score = np.asarray(scores, np.float64).reshape(-1)
    kind, wanted_kind = (np.asarray(each, np.int64).reshape(-1) for each in (classes, reference_classes))
    values = np.unique(np.concatenate((kind, wanted_kind))) if names is None else np.arange(len(names))
    image, wanted_image = (
        None if group is None else np.asarray(group, np.int64).reshape(-1) for group in (groups, reference_groups)
    )

    entries: list[ClassScores] = []
    matched, shared = np.full(len(found), -1, np.int64), np.zeros(len(found))
    for value, name in zip(values, names or [str(value) for value in values], strict=True):
        own, wanted_own = np.flatnonzero(kind == value), np.flatnonzero(wanted_kind == value)
        pairs = candidate_pairs(
            found[own],
            score[own],
            wanted[wanted_own],
            min(min_iou, COCO_OVERLAPS[0]),
            groups=None if image is None else image[own],
            reference_groups=None if wanted_image is None else wanted_image[wanted_own],
            overlap=None if overlap is None else _among(overlap, own, wanted_own),
        )
        total = len(wanted_own)
        partner, shared[own] = match_candidates(pairs, min_iou)
        hit = partner >= 0
        matched[own[hit]] = wanted_own[partner[hit]]
        by_overlap = [average_precision(match_candidates(pairs, t)[0] >= 0, score[own], total) for t in COCO_OVERLAPS]
        entries.append(_entry(name, hit, score[own], total, np.array(by_overlap)))
    return Assessment([*entries, overall(entries, matched >= 0, score, len(wanted))], matched, shared)


def _among(overlap: Overlap, own: NDArray[np.int64], wanted: NDArray[np.int64]) -> Overlap:
    """Return an overlap of all detections and references as one of some of them."""
    return lambda one, other, boxes: overlap(own[one], wanted[other], boxes)


def overall(entries: Sequence[ClassScores], matched: ArrayLike, scores: ArrayLike, references: int) -> ClassScores:
    """Return the entry of all classes together: counts are sums, AP and mAP are means over classes with references.

    Args:
        entries: The classes.
        matched: (n,) bool, whether each detection of any class has a reference.
        scores: (n,) confidence.
        references: Number of references of all classes.
    """
    entry = _entry("All classes", matched, scores, references, np.full(len(COCO_OVERLAPS), np.nan))
    judged = [each for each in entries if not np.isnan(each.average_precision)]
    if not judged:
        return entry
    return ClassScores(
        name=entry.name,
        counts=entry.counts,
        average_precision=float(np.mean([each.average_precision for each in judged])),
        overlap_precision=np.mean([each.overlap_precision for each in judged], axis=0),
        best_threshold=entry.best_threshold,
        best_f1=entry.best_f1,
        curve=entry.curve,
    )


def _entry(name: str, matched: ArrayLike, scores: ArrayLike, references: int, overlap_precision: Floats) -> ClassScores:
    """Return the scores of one class."""
    hit = np.asarray(matched, bool)
    right = int(hit.sum())
    curve = precision_recall(hit, scores, references)
    threshold, best_f1 = _best(curve)
    return ClassScores(
        name=name,
        counts=Counts(right, len(hit) - right, references - right),
        average_precision=average_precision(hit, scores, references),
        overlap_precision=overlap_precision,
        best_threshold=threshold,
        best_f1=best_f1,
        curve=curve,
    )


def _best(curve: Curve) -> tuple[float, float]:
    """Return the threshold of the best F1 and that F1."""
    if not len(curve.f1) or curve.f1.max() <= 0:
        return float("nan"), 0.0
    place = int(curve.f1.argmax())
    return float(curve.thresholds[place]), float(curve.f1[place])


def _by_score(matched: ArrayLike, scores: ArrayLike) -> tuple[NDArray[np.bool_], Floats]:
    """Return matched and scores, best first, ties in input order."""
    score = np.asarray(scores, np.float64).reshape(-1)
    order = np.argsort(-score, kind="stable")
    return np.asarray(matched, bool).reshape(-1)[order], score[order]


def _interpolated(right: NDArray[np.number], kept: NDArray[np.number], references: float) -> float:
    """Return the mean over `RECALLS` of the best precision at that recall or a higher one."""
    if not len(right):
        return 0.0
    precision = right / np.maximum(kept, np.spacing(1.0))
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    place = np.searchsorted(right / references, RECALLS, side="left")
    reached = place < len(envelope)
    return float(np.where(reached, envelope[np.minimum(place, len(envelope) - 1)], 0.0).mean())


def _ratio(part: float, whole: float) -> float:
    """Return part / whole, NaN for an empty whole."""
    return part / whole if whole else float("nan")
