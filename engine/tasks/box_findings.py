"""What report and package say of a trained detector of boxes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from ..accuracy.scores import ClassScores
from ..job import Job
from ..training.report import rounded
from ..training.trained import Findings, Table, Trained
from ..training.views import whole_view
from .object_findings import Color, Picture, Wording, object_findings, proposed_threshold, shown_places, write_score
from .object_scores import MIN_IOU

WORDING = Wording(
    counted="Objects",
    explanation=f"A detection is right when it shares an IoU of at least {MIN_IOU:g} with a label that no better "
    "detection took. Average precision is COCO's (101 recalls). Objects that the edge of a chip cuts are not "
    "judged where enough whole ones remain.",
)


def findings(trained: Trained, job: Job) -> Findings:
    """Return what report and package say of a trained detector."""
    return object_findings(trained, WORDING, _table(trained.evaluation.classes), _pictures(trained), _draw)


def _table(classes: Sequence[ClassScores]) -> Table:
    """Return the scores of each class."""
    columns = (
        "Class", f"AP at {MIN_IOU:g}", "AP at 0.50:0.95", "Best F1", "at threshold", "Precision there", "Recall there",
    )  # fmt: skip
    return Table(columns, [[entry.name, *_score_row(entry)] for entry in classes])


def _score_row(entry: ClassScores) -> list[str]:
    """Return the figures of a class: AP, mAP, best F1, its threshold, precision and recall there."""
    curve = entry.curve
    if len(curve.f1) and not math.isnan(entry.best_threshold):
        place = int(np.argmax(curve.f1))
        there = [rounded(float(curve.precision[place])), rounded(float(curve.recall[place]))]
    else:
        there = ["-", "-"]
    values = (entry.average_precision, entry.mean_average_precision, entry.best_f1, entry.best_threshold)
    return [*(rounded(value) for value in values), *there]


def _pictures(trained: Trained) -> list[Picture]:
    """Return validation chips with labels and what was found on them."""
    scale, threshold = trained.material.scale, proposed_threshold(trained)
    view = whole_view(scale.chip, scale.whole)
    pictures = []
    for place in shown_places(trained):
        pixels, target = trained.material.store.shown(int(trained.material.split.validation[place]), view)
        found = trained.evaluation.predictions[place]
        kept = found["scores"] >= threshold
        pictures.append(
            Picture(
                trained.visible(pixels.numpy()),
                target["boxes"].numpy(),
                target["labels"].numpy(),
                found["boxes"][kept],
                found["labels"][kept],
                found["scores"][kept],
            )
        )
    return pictures


def _draw(area: Axes, boxes: np.ndarray, colors: Sequence[Color], texts: Sequence[str]) -> None:
    """Draw boxes as frames."""
    for (left, top, right, bottom), color, text in zip(boxes, colors, texts, strict=True):
        corner = (left - 0.5, top - 0.5)
        area.add_patch(Rectangle(corner, right - left, bottom - top, fill=False, edgecolor=color, linewidth=1.4))
        write_score(area, left, top, text, color)
