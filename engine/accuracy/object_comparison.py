"""Labels of objects against their true classes: added up some thousand at a time, then judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..classes import ClassInfo
from .confusion import Figures, figures

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

SOME = 5
"""Values that are named in a message."""


@dataclass
class ObjectComparison:
    """What was counted.

    Attributes:
        classes: The model's classes.
        multi: Whether an object can have several labels; then there is no confusion matrix.
        matrix: (k, k) int64, rows classified, columns truth.
        hits: (k,) objects that have the class and were given it.
        predicted: (k,) objects that were given the class.
        support: (k,) objects that have the class.
        compared: Objects with a label and a known truth.
        exact: Those whose labels are all right.
        unlabelled: Objects with a known truth and no label.
        unwritten: Objects with a known truth whose label is below the threshold.
        without_truth: Objects whose truth is empty.
        unknown: True classes that the model does not know, and how many objects have them.
    """

    classes: Sequence[ClassInfo]
    multi: bool = False
    matrix: Ints = field(init=False)
    compared: int = 0
    exact: int = 0
    unlabelled: int = 0
    unwritten: int = 0
    without_truth: int = 0
    unknown: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Start with nothing counted."""
        count = len(self.classes)
        self.matrix = np.zeros((count, count), np.int64)
        self.hits, self.predicted, self.support = (np.zeros(count, np.int64) for _ in range(3))
        self._known = {str(entry.value): place for place, entry in reversed(list(enumerate(self.classes)))}
        self._known |= {entry.name.strip().casefold(): place for place, entry in enumerate(self.classes)}

    def add(self, truth: NDArray[Any], chosen: NDArray[np.bool_], written: NDArray[np.bool_]) -> None:
        """Count some objects.

        Args:
            truth: (n,) names or values of the true class, of several labels parted by ``;``; None or NaN for none.
            chosen: (n, k) bool, the labels given.
            written: (n,) bool: whether the object is in the result.
        """
        for value, own, there in zip(truth, chosen, written, strict=True):
            wanted = self._wanted(value)
            if wanted is None:
                continue
            if not there:
                self.unwritten += 1
            elif not self.multi and not own.any():
                self.unlabelled += 1
            else:
                self._count(wanted, own)

    def _wanted(self, value: Any) -> NDArray[np.bool_] | None:
        """Return which classes a true value names; None where it is empty or not known to the model."""
        if value is None or value != value or not str(value).strip():
            self.without_truth += 1
            return None
        number = isinstance(value, int | float | np.number)
        text = str(int(value)) if number and value == int(value) else str(value)
        parts = [part.strip() for part in text.split(";") if part.strip()] if self.multi else [text.strip()]
        places = [self._known.get(part.casefold(), -1) for part in parts]
        if min(places, default=-1) < 0:
            self.unknown.update(part for part, place in zip(parts, places, strict=True) if place < 0)
            return None
        wanted = np.zeros(len(self.classes), bool)
        wanted[places] = True
        return wanted

    def _count(self, wanted: NDArray[np.bool_], own: NDArray[np.bool_]) -> None:
        """Count one object."""
        self.compared += 1
        self.exact += bool((wanted == own).all())
        self.hits += wanted & own
        self.predicted += own
        self.support += wanted
        if not self.multi:
            self.matrix[own.argmax(), wanted.argmax()] += 1

    @property
    def figures(self) -> Figures:
        """Overall accuracy, kappa and the figures by class; of several labels overall is the share all right."""
        if not self.multi:
            return figures(self.matrix.astype(np.float64))
        with np.errstate(invalid="ignore", divide="ignore"):
            hits, predicted, support = (each.astype(np.float64) for each in (self.hits, self.predicted, self.support))
            return Figures(
                float(self.exact / self.compared) if self.compared else float("nan"),
                float("nan"),
                hits / predicted,
                hits / support,
                hits / (predicted + support - hits),
                2 * hits / (predicted + support),
            )

    @property
    def majority(self) -> float:
        """Share of the most frequent true class: what always naming it would reach; of several labels NaN."""
        if self.multi or not self.compared:
            return float("nan")
        return float(self.support.max() / self.compared)

    @property
    def never_predicted(self) -> list[str]:
        """Names of classes that no compared object was given, those that occur first."""
        missing = [place for place in range(len(self.classes)) if not self.predicted[place]]
        missing.sort(key=lambda place: -int(self.support[place]))
        return [
            f"{self.classes[place].name} ({count} objects have it)" if (count := int(self.support[place]))
            else f"{self.classes[place].name} (no object has it)"
            for place in missing
        ]  # fmt: skip

    def left_out(self) -> list[str]:
        """Return in words which objects were not compared, and why."""
        unknown = ", ".join(f"{name} ({count})" for name, count in self.unknown.most_common(SOME))
        told = [
            (self.without_truth, "have no true class"),
            (self.unlabelled, "have no label"),
            (self.unwritten, "are below score_threshold"),
            (sum(self.unknown.values()), f"are of classes that the model does not know: {unknown}"),
        ]
        return [f"{count} objects {words}" for count, words in told if count]

    def summary(self) -> dict[str, Any]:
        """Return the figures as plain data for the manifest; None where there is no figure."""
        found = self.figures
        return {
            "compared": self.compared,
            "overall_accuracy": _plain(found.overall),
            "kappa": _plain(found.kappa),
            "majority_share": _plain(self.majority),
            "never_predicted": self.never_predicted,
            "left_out": self.left_out(),
            "per_class": {
                entry.name: {
                    "precision": _plain(found.users[place]),
                    "recall": _plain(found.producers[place]),
                    "f1": _plain(found.f1[place]),
                    "support": int(self.support[place]),
                    "predicted": int(self.predicted[place]),
                }
                for place, entry in enumerate(self.classes)
            },
            "confusion_matrix": None if self.multi else self.matrix.tolist(),
        }

    def sentences(self) -> list[str]:
        """Return what the user is told."""
        found = self.figures
        if not self.compared:
            return ["no object could be compared with its true class"]
        if self.multi:
            told = [f"{self.compared} objects compared: all labels right in {found.overall:.3f}, mean F1 "
                    f"{found.mean_f1:.3f}"]  # fmt: skip
        else:
            kappa = f", kappa {found.kappa:.3f}" if np.isfinite(found.kappa) else ""
            told = [
                f"{self.compared} objects compared: overall accuracy {found.overall:.3f}{kappa}, mean F1 "
                f"{found.mean_f1:.3f}; always naming the most frequent class would reach {self.majority:.3f}"
            ]
        if self.never_predicted:
            told.append(f"classes that were never predicted: {', '.join(self.never_predicted)}")
        return told + [f"not compared: {words}" for words in self.left_out()]


def _plain(value: float) -> float | None:
    """Return a figure as JSON holds it."""
    return round(float(value), 6) if np.isfinite(value) else None
