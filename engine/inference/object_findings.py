"""What was found of each object: its class, or the scores of all classes, and the raster it was seen in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..classes import ClassInfo
from .detections import Array
from .object_places import NOWHERE

NO_LABEL = -1
"""Stands for the class of an object that has none."""

DIGITS = 4
"""Digits of confidences that are written as text."""


class Findings:
    """Results in the order of the objects: 10 bytes each, and the scores on the disk where they are needed.

    Attributes:
        labels: (n,) int32, position of the surest class; ``NO_LABEL`` for objects that were not seen.
        surest: (n,) float32, its score.
        rasters: (n,) int32, number of the raster each was seen in.
        scores: (n, classes) float32, or None where the surest class is all that is needed.
    """

    def __init__(self, count: int, classes: int, scores: Path | None = None) -> None:
        """Start with nothing seen.

        Args:
            count: Number of objects.
            classes: Number of classes.
            scores: File for the scores of all classes; None does not keep them.
        """
        self.labels = np.full(count, NO_LABEL, np.int32)
        self.surest = np.zeros(count, np.float32)
        self.rasters = np.full(count, NOWHERE, np.int32)
        shape = (count, classes)
        self.scores: Array | None = None
        if scores is not None and count:
            self.scores = np.memmap(scores, np.float32, "w+", shape=shape)

    def __len__(self) -> int:
        """Return the number of objects."""
        return len(self.labels)

    @property
    def seen(self) -> Array:
        """(n,) bool: which objects were seen."""
        return self.labels != NO_LABEL

    def add(self, objects: Array, scores: Array, rasters: Array) -> None:
        """Store what a batch gave.

        Args:
            objects: (k,) int64 positions.
            scores: (k, classes) float32.
            rasters: (k,) raster of each.
        """
        best = scores.argmax(axis=1)
        self.labels[objects] = best
        self.surest[objects] = scores[np.arange(len(best)), best]
        self.rasters[objects] = rasters
        if self.scores is not None:
            self.scores[objects] = scores

    def of_groups(self, groups: Sequence[Sequence[int]], count: int) -> Findings:
        """Return the findings of things that have several objects each: the mean of their scores.

        Args:
            groups: For each object the positions of the things that have it.
            count: Number of things.
        """
        if self.scores is None:
            raise ValueError("the scores of all classes are needed")
        sums, counts = np.zeros((count, self.scores.shape[1])), np.zeros(count, np.int64)
        for position, things in enumerate(groups):
            if self.labels[position] != NO_LABEL:
                sums[list(things)] += self.scores[position]
                counts[list(things)] += 1
        made = Findings(count, self.scores.shape[1])
        seen = np.flatnonzero(counts)
        scores = (sums[seen] / counts[seen, None]).astype(np.float32)
        made.add(seen, scores, np.zeros(len(seen), np.int32))
        every = np.zeros(sums.shape, np.float32)
        every[seen] = scores
        made.scores = every
        return made


@dataclass(frozen=True)
class Decided:
    """Results of some objects as they are written.

    Attributes:
        names: (k,) object, class name, of several labels parted by ``;``; None for none.
        values: (k,) class value, float64 with NaN; of several labels object, parted by ``;``.
        confidence: (k,) float64 with NaN; of several labels object, parted by ``;``.
        chosen: (k, classes) bool, the classes of each.
        written: (k,) bool: not below the threshold.
    """

    names: Array
    values: Array
    confidence: Array
    chosen: Array
    written: Array


def decide(
    findings: Findings, some: slice, classes: Sequence[ClassInfo], threshold: float | Array, multi: bool
) -> Decided:
    """Return the results of some objects.

    Args:
        findings: What was found.
        some: Which objects.
        classes: The model's classes.
        threshold: Smallest confidence that is written, 0..1; of several labels it may be (classes,), one for each.
        multi: Whether an object can have several labels.
    """
    labels, surest = findings.labels[some], findings.surest[some].astype(np.float64)
    seen = labels != NO_LABEL
    chosen = np.zeros((len(labels), len(classes)), bool)
    names = np.array([entry.name for entry in classes], object)
    values = np.array([entry.value for entry in classes], np.int64)
    if multi and findings.scores is not None:
        scores = np.asarray(findings.scores[some])
        chosen[seen] = scores[seen] >= threshold
        every = np.ones(len(labels), bool)
        texts = _joined(chosen, np.char.mod(f"%.{DIGITS}f", np.clip(scores, 0.0, 1.0)))
        return Decided(_joined(chosen, names), _joined(chosen, values.astype(str)), texts, chosen, every)
    written = ~seen | (surest >= threshold)
    chosen[np.flatnonzero(seen), labels[seen]] = True
    label_names, label_values = np.full(len(labels), None, object), np.full(len(labels), np.nan)
    label_names[seen], label_values[seen] = names[labels[seen]], values[labels[seen]]
    confidence = np.where(seen, np.clip(surest, 0.0, 1.0), np.nan)
    return Decided(label_names, label_values, confidence, chosen, written)


def _joined(chosen: Array, texts: Array) -> Array:
    """Return (k,) object: the texts of the chosen classes of each object parted by ``;``, None where none is.

    Args:
        chosen: (k, classes) bool.
        texts: (classes,) the same for all objects, or (k, classes).
    """
    made = np.full(len(chosen), None, object)
    for place in np.flatnonzero(chosen.any(axis=1)).tolist():
        own = texts if texts.ndim == 1 else texts[place]
        made[place] = ";".join(map(str, own[chosen[place]]))
    return made
