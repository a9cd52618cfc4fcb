"""What report and package say of a trained segmentation network."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..accuracy.confusion import Figures, figures
from ..classes import ClassInfo
from ..job import Job
from ..networks.segmenter import UNLABELLED, Segmenter
from ..training.report import rounded
from ..training.scale import ChipScale
from ..training.trained import Drawing, Findings, Frame, Table, Trained
from ..training.views import whole_view
from .pixel_labels import PixelLabels
from .pixel_plots import Picture, class_graph, confusion_graph, results

LARGE_TILE = 512
"""Pixels that a local network is shown of a tile at least, down or across."""
SMALL_TILE = 256
"""Tile of a network that sees a few pixels around each one: any tile gives the same result."""
PADDING_SHARE = 8
"""The padding is the tile's side divided by this."""
SMALLEST_PADDING = 8
MOST_PICTURES = 5
MOST_MATRIX_CLASSES = 40
"""Classes up to which the confusion matrix is written out."""


def findings(trained: Trained, job: Job) -> Findings:
    """Return what report and package say of a trained segmentation network; classes never predicted are warned of."""
    labels, confusion = trained.labels, trained.evaluation.confusion
    network = trained.start.network
    if not (isinstance(labels, PixelLabels) and isinstance(network, Segmenter)) or confusion is None:
        raise TypeError("pixels were not judged: labels, network or evaluation are of another task")
    learnt, known = labels.learnt, figures(confusion.astype(np.float64))
    for sentence in _missing(confusion, labels):
        job.warn(sentence)
    pictures = _pictures(trained, learnt)
    drawings = [
        Drawing("confusion_matrix", "What each labelled class was predicted as", confusion_graph(confusion, learnt)),
        Drawing("class_scores", "IoU and F1 of each class", class_graph(known, learnt)),
    ]
    return Findings(
        summary=_summary(trained, known, confusion),
        frame=frame_of(trained.material.scale, network),
        threshold=0.5,
        keys=_keys(labels, known, confusion),
        counted="Labelled pixels",
        learnt=learnt,
        counts=_counts(trained, len(learnt)),
        explanation="Every labelled pixel of every validation chip is judged, at the size at which chips are shown to "
        "the network. IoU is the share of right pixels among all that are labelled or predicted as a class; "
        "precision the share of right ones among the predicted, recall among the labelled.",
        tables=_tables(confusion, known, learnt),
        drawings=drawings,
        results=results(pictures, learnt),
        results_note="Chip, labels and prediction in the colours of the classes; pixels without a label are hatched.",
        settings=_settings(labels, trained),
    )


def frame_of(scale: ChipScale, network: Segmenter) -> Frame:
    """Return how inference cuts a raster into tiles.

    A network that looks at the ground around a pixel only is shown several chips' worth at once: fewer tiles overlap,
    and fewer pixels lie near a tile's edge, where the network sees less.

    Args:
        scale: How chips were shown.
        network: What will look at the tiles.
    """
    reach = network.reach
    if reach is None:
        times = max(1, -(-LARGE_TILE // max(scale.view))) if network.local else 1
        tile = (times * scale.tile[0], times * scale.tile[1])
        resize_to = None if scale.resize_to is None else (times * scale.resize_to[0], times * scale.resize_to[1])
        side = min(tile)
        return Frame(tile, resize_to, max(side // PADDING_SHARE, min(SMALLEST_PADDING, side // 4)))
    rows, cols = (round(SMALL_TILE / factor) for factor in scale.scale)
    resize_to = None if scale.resize_to is None else (SMALL_TILE, SMALL_TILE)
    return Frame((rows, cols), resize_to, math.ceil(reach / min(scale.scale)))


def _summary(trained: Trained, known: Figures, confusion: np.ndarray) -> str:
    """Return the result in one sentence."""
    metrics = trained.evaluation.metrics
    return (
        f"{trained.title}: overall accuracy {metrics['ACCURACY']:.3f}, kappa {rounded(known.kappa)}, mean IoU "
        f"{metrics['MIOU']:.3f} on {int(confusion.sum()):,} labelled pixels of "
        f"{len(trained.evaluation.predictions)} validation chips, {trained.length}"
    )


def _missing(confusion: np.ndarray, labels: PixelLabels) -> list[str]:
    """Return a sentence for each kind of class that the figures say little of."""
    labelled, predicted = confusion.sum(axis=0), confusion.sum(axis=1)
    judged = [channel for channel in range(len(confusion)) if channel not in labels.ignored_channels]

    def named(chosen: Sequence[int]) -> str:
        return ", ".join(labels.names[channel] for channel in chosen)

    never = [channel for channel in judged if labelled[channel] and not predicted[channel]]
    absent = [channel for channel in judged if not labelled[channel]]
    sentences = []
    if never:
        sentences.append(
            f"never predicted on the validation chips: {named(never)}; label more of it, train longer or set "
            "class_balancing"
        )
    if absent and labelled.any():
        sentences.append(f"no labelled validation pixel: {named(absent)}; the figures say nothing of it")
    if not labelled.any():
        sentences.append("no validation chip has a labelled pixel: nothing was judged")
    return sentences


def _keys(labels: PixelLabels, known: Figures, confusion: np.ndarray) -> dict[str, Any]:
    """Return the keys of the model definition."""
    by_class = {}
    for channel, name in enumerate(labels.names):
        if confusion[:, channel].any() or confusion[channel].any():
            values = (known.users[channel], known.producers[channel], known.f1[channel])
            scores = [round(float(np.nan_to_num(value)), 4) for value in values]
            name = "NoData" if labels.channels[channel] == 0 else name  # as arcgis.learn calls it
            by_class[name] = dict(zip(("precision", "recall", "f1"), scores, strict=True))
    return {
        "accuracy": f"{np.nan_to_num(known.overall):.4e}",
        "per_class_metrics": json.dumps(by_class, ensure_ascii=False),
        "ignore_mapped_class": list(labels.ignored_channels),
        "UnlabelledValue": None if labels.background else 0,
    }


def _tables(confusion: np.ndarray, known: Figures, learnt: Sequence[ClassInfo]) -> list[Table]:
    """Return overall figures, those of each class, and the confusion matrix."""
    overall = Table(
        ("Overall", ""),
        [
            ("Overall accuracy", rounded(known.overall)),
            ("Kappa", rounded(known.kappa)),
            ("Mean IoU", rounded(known.mean_iou)),
            ("Mean F1", rounded(known.mean_f1)),
            ("Labelled pixels", f"{int(confusion.sum()):,}"),
        ],
    )
    labelled, predicted = confusion.sum(axis=0), confusion.sum(axis=1)
    colors = [entry.color for entry in learnt]
    classes = Table(
        ("Class", "IoU", "F1", "Precision", "Recall", "Labelled pixels", "Predicted pixels"),
        [
            (
                entry.name,
                *(rounded(float(values[place])) for values in (known.iou, known.f1, known.users, known.producers)),
                f"{labelled[place]:,}",
                f"{predicted[place]:,}",
            )
            for place, entry in enumerate(learnt)
        ],
        colors,
    )
    if len(learnt) > MOST_MATRIX_CLASSES:
        return [overall, classes]
    matrix = Table(
        ("Labelled as", *(entry.name for entry in learnt)),
        [(entry.name, *(f"{count:,}" for count in confusion[:, place])) for place, entry in enumerate(learnt)],
        colors,
        "Confusion matrix in pixels: labelled class down, predicted class across.",
    )
    return [overall, classes, matrix]


def _counts(trained: Trained, channels: int) -> np.ndarray:
    """Return the labelled pixels of each channel, to train and to validate, (channels, 2) int64."""
    counts, split = trained.labels.counts(), trained.material.split
    for index in split.hidden:
        kept = trained.material.store.seen(int(index))[1]
        if kept is not None:
            counts[index] = np.bincount(kept[kept != UNLABELLED], minlength=channels)
    return np.stack([counts[part].sum(axis=0) for part in (split.training, split.validation)], axis=1)


def _settings(labels: PixelLabels, trained: Trained) -> list[tuple[str, str]]:
    """Return further settings for the report."""
    ignored = [labels.names[channel] for channel in labels.ignored_channels]
    return [
        ("Pixels of value 0", f"a class, {labels.zero.name.lower()}" if labels.background else "not labelled"),
        ("Classes not learnt", ", ".join(ignored) or "none"),
        ("Weights of the classes", dict(trained.start.spec.extra).get("class_weights", "all the same")),
    ]


def _pictures(trained: Trained, learnt: Sequence[ClassInfo]) -> list[Picture]:
    """Return validation chips with labels and predictions, those with most classes first, spread over the split."""
    store, scale, indexes = trained.material.store, trained.material.scale, trained.material.split.validation
    if not len(indexes):
        return []
    variety = (trained.labels.counts()[indexes] > 0).sum(axis=1)
    good = np.flatnonzero(variety >= np.sort(variety)[::-1][min(len(variety), 4 * MOST_PICTURES) - 1])
    count = min(MOST_PICTURES, len(good))
    view = whole_view(scale.chip, scale.whole)
    pictures = []
    for place in good[np.linspace(0, len(good) - 1, count).round().astype(int)]:
        pixels, target = store.shown(int(indexes[place]), view)
        found = trained.evaluation.predictions[place]["classes"].astype(np.int64)
        valid = pixels.any(dim=0).numpy()
        dates = tuple(trained.visible(date) for date in np.split(pixels.numpy(), trained.samples.dates))
        pictures.append(Picture(dates, target.numpy(), np.where(valid, found, UNLABELLED)))
    return pictures
