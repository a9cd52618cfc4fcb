"""What report and package say of a network trained for object classification."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..accuracy.confusion import figures
from ..job import Job
from ..networks.feature_classifier import DRAWN, FeatureClassifier
from ..training.report import rounded
from ..training.trained import Drawing, Findings, Frame, Table, Trained
from ..training.views import whole_view
from .chip_labels import ChipLabels, is_blackened, varies
from .chip_plots import Picture, class_graph, results
from .pixel_findings import MOST_MATRIX_CLASSES
from .pixel_plots import confusion_graph

MOST_PICTURES = 12
THRESHOLDS = "LabelThresholds"
"""Key of a definition: the score from which on each class is one of several labels, in the order of ``Classes``."""

Scores = Sequence[tuple[float, float, float]]
"""Precision, recall and F1 of each class; NaN where there is nothing to make them from."""


def findings(trained: Trained, job: Job) -> Findings:
    """Return what report and package say of a trained classifier; classes never predicted are warned of."""
    labels, network, evaluation = trained.labels, trained.start.network, trained.evaluation
    if not (isinstance(labels, ChipLabels) and isinstance(network, FeatureClassifier)):
        raise TypeError("objects were not judged: labels or network are of another task")
    found, wanted = (
        np.array([chip["labels"] for chip in chips], bool).reshape(-1, len(labels.names))
        for chips in (evaluation.predictions, evaluation.references)
    )
    scores = class_scores(found, wanted)
    counts = labels.counts()
    trains, validates = (counts[part].sum(axis=0) for part in (trained.material.split.training, _validation(trained)))
    for sentence in _doubts(trained, labels, found, trains, validates):
        job.warn(sentence)
    drawings = [Drawing("class_scores", "Precision, recall and F1 of each class", class_graph(scores, labels.learnt))]
    if evaluation.confusion is not None:
        graph = confusion_graph(evaluation.confusion, labels.learnt)
        drawings.insert(0, Drawing("confusion_matrix", "What each labelled class was predicted as", graph))
    pictures = _pictures(trained, labels, found, wanted)
    scale = trained.material.scale
    return Findings(
        summary=_summary(trained, labels, wanted),
        frame=Frame(scale.tile, scale.resize_to, 0),
        threshold=float(evaluation.threshold) if labels.multi and np.isfinite(evaluation.threshold) else 0.0,
        keys=_keys(trained, labels, scores),
        counted="Labelled chips",
        learnt=labels.learnt,
        counts=np.stack([trains, validates], axis=1),
        explanation=_explanation(labels.multi),
        tables=_tables(trained, labels, scores, found, wanted),
        drawings=drawings,
        results=results(pictures),
        results_note="Above each chip its labels, below it the prediction with its score: green where right. "
        + ("" if pictures else "No validation chip could be shown."),
        settings=_settings(trained, labels),
    )


def class_scores(found: np.ndarray, wanted: np.ndarray) -> Scores:
    """Return precision, recall and F1 of each class.

    Args:
        found: (n, classes) bool, predicted.
        wanted: (n, classes) bool, labelled.
    """
    hits, claimed, there = (part.sum(axis=0) for part in (found & wanted, found, wanted))
    with np.errstate(invalid="ignore", divide="ignore"):
        values = np.stack([hits / claimed, hits / there, 2 * hits / (claimed + there)], axis=1)
    return [(float(row[0]), float(row[1]), float(row[2])) for row in values]


def majority(wanted: np.ndarray) -> float:
    """Return the accuracy of always naming the most frequent class, 0 without a chip."""
    return float(wanted.sum(axis=0).max() / len(wanted)) if len(wanted) else 0.0


def _validation(trained: Trained) -> np.ndarray:
    return trained.material.split.validation


def _summary(trained: Trained, labels: ChipLabels, wanted: np.ndarray) -> str:
    """Return the result in one sentence."""
    metrics = trained.evaluation.metrics
    beside = (
        f"F2 {metrics['MULTI_LABEL_FBETA']:.3f}"
        if labels.multi
        else f"the most frequent class alone {majority(wanted):.3f}"
    )
    return (
        f"{trained.title}: accuracy {metrics['ACCURACY']:.3f} ({beside}), mean F1 {metrics['F1_SCORE']:.3f} on "
        f"{len(wanted)} validation chips, {trained.length}"
    )


def _doubts(
    trained: Trained, labels: ChipLabels, found: np.ndarray, trains: np.ndarray, validates: np.ndarray
) -> list[str]:
    """Return a sentence for each reason not to trust the figures or the network."""

    def named(chosen: np.ndarray) -> str:
        return ", ".join(name for name, which in zip(labels.names, chosen, strict=True) if which)

    never = (validates > 0) & (trains > 0) & ~found.any(axis=0)
    sentences = []
    if (missing := (trains == 0) & (validates > 0)).any():
        sentences.append(f"no chip to train on: {named(missing)}; label more of it, it is never predicted")
    if never.any():
        sentences.append(
            f"never predicted on the validation chips: {named(never)}; label more of it, train longer or set "
            "class_balancing"
        )
    if (absent := validates == 0).any():
        sentences.append(f"no validation chip: {named(absent)}; the figures say nothing of it")
    reached, alone = trained.evaluation.metrics["ACCURACY"], majority_of(trained)
    drawn = float(trained.evaluation.extra.get(DRAWN, 0))
    if drawn:
        sentences.append(
            "the network alone is less often right on the validation chips than always naming the most frequent class: "
            f"its scores are drawn to the frequencies of the classes, with strength {drawn:g} of 1, here and wherever "
            "the model is used"
        )
    if not labels.multi and len(found) and reached <= alone:
        sentences.append(
            f"accuracy {reached:.3f} on the validation chips is not above {alone:.3f}, that of always naming the most "
            "frequent class: label more objects or larger chips before you rely on this model"
        )
    return sentences


def majority_of(trained: Trained) -> float:
    """Return the accuracy of always naming the most frequent class on the validation chips."""
    return majority(np.array([chip["labels"] for chip in trained.evaluation.references], bool))


def _keys(trained: Trained, labels: ChipLabels, scores: Scores) -> dict[str, Any]:
    """Return the keys of the model definition."""
    by_class = {
        name: dict(zip(("precision", "recall", "f1"), [round(float(np.nan_to_num(v)), 4) for v in row], strict=True))
        for name, row in zip(labels.names, scores, strict=True)
    }
    keys: dict[str, Any] = {
        "accuracy": f"{trained.evaluation.metrics['ACCURACY']:.4e}",
        "per_class_metrics": json.dumps(by_class, ensure_ascii=False),
        "CropSizeFixed": 0 if varies(labels.samples) else 1,
        "BlackenAroundFeature": int(is_blackened(labels.samples)),
    }
    if labels.multi:
        proposals = trained.evaluation.proposals
        keys[THRESHOLDS] = [round(proposals.get(name, 0.5), 3) for name in labels.names]
    return keys


def _explanation(multi: bool) -> str:
    """Return how the figures are made."""
    judged = (
        "accuracy is the share of right decisions, one for each chip and class; F2 counts them together and recall "
        "more than precision. The score from which on a class is taken is chosen on these chips."
        if multi
        else "accuracy is the share of chips whose class is right."
    )
    return f"Every validation chip is judged: {judged} Mean F1 is over the classes that validate."


def _tables(trained: Trained, labels: ChipLabels, scores: Scores, found: np.ndarray, wanted: np.ndarray) -> list[Table]:
    """Return overall figures, those of each class, and the confusion matrix of single labels."""
    metrics, confusion = trained.evaluation.metrics, trained.evaluation.confusion
    overall = [("Accuracy", rounded(metrics["ACCURACY"])), ("Mean F1", rounded(metrics["F1_SCORE"]))]
    if confusion is None:
        overall.append(("F2 of all labels", rounded(metrics["MULTI_LABEL_FBETA"])))
    else:
        overall.append(("Kappa", rounded(figures(confusion.astype(np.float64)).kappa)))
        overall.append(("Most frequent class alone", rounded(majority(wanted))))
    overall.append(("Validation chips", f"{len(wanted):,}"))
    colors = [entry.color for entry in labels.learnt]
    limits = trained.evaluation.proposals
    classes = Table(
        ("Class", "Precision", "Recall", "F1", "Labelled", "Predicted", *(("Threshold",) if labels.multi else ())),
        [
            (
                name,
                *(rounded(value) for value in row),
                f"{wanted[:, place].sum():,}",
                f"{found[:, place].sum():,}",
                *((f"{limits.get(name, 0.5):.2f}",) if labels.multi else ()),
            )
            for place, (name, row) in enumerate(zip(labels.names, scores, strict=True))
        ],
        colors,
    )
    tables = [Table(("Overall", ""), overall), classes]
    if confusion is not None and len(labels.names) <= MOST_MATRIX_CLASSES:
        rows = [(name, *(f"{n:,}" for n in confusion[:, place])) for place, name in enumerate(labels.names)]
        caption = "Confusion matrix in chips: labelled class down, predicted class across."
        tables.append(Table(("Labelled as", *labels.names), rows, colors, caption))
    return tables


def _settings(trained: Trained, labels: ChipLabels) -> list[tuple[str, str]]:
    """Return further settings for the report."""
    return [
        ("Labels of an object", "several or none" if labels.multi else "one"),
        ("Statistics of the bands", "learnt beside the picture" if labels.statistics else "not used"),
        ("Chips", "frames of the objects" if varies(labels.samples) else "of one size on the ground"),
        ("Outside the objects", "0" if is_blackened(labels.samples) else "as in the raster"),
        ("Scores drawn to the frequencies of the classes", trained.evaluation.extra.get(DRAWN, "not needed")),
        ("Weights of the classes", dict(trained.start.spec.extra).get("class_weights", "all the same")),
    ]


def _pictures(trained: Trained, labels: ChipLabels, found: np.ndarray, wanted: np.ndarray) -> list[Picture]:
    """Return validation chips with labels and predictions, spread over the split; wrong ones get half the places."""
    store, scale, indexes = trained.material.store, trained.material.scale, _validation(trained)
    right = (found == wanted).all(axis=1)
    wrong = _spread(np.flatnonzero(~right), max(MOST_PICTURES // 2, MOST_PICTURES - int(right.sum())))
    places = np.sort(np.concatenate([wrong, _spread(np.flatnonzero(right), MOST_PICTURES - len(wrong))]))
    view = whole_view(scale.chip, scale.whole)
    pictures = []
    for place in places:
        pixels, _ = store.shown(int(indexes[place]), view)
        scores = trained.evaluation.predictions[place]["scores"]
        named = [[labels.names[number] for number in np.flatnonzero(row[place])] for row in (wanted, found)]
        sure = float(scores[found[place]].max() if found[place].any() else 1 - scores.max())
        pictures.append(Picture(trained.visible(pixels.numpy()), named[0], named[1], sure))
    return pictures


def _spread(places: np.ndarray, count: int) -> np.ndarray:
    """Return at most ``count`` places, evenly taken."""
    if len(places) <= count:
        return places
    return places[np.linspace(0, len(places) - 1, count).round().astype(int)]
