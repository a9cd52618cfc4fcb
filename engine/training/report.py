"""The report of a training run: ``model_metrics.html``, pictures included, and ``ModelCharacteristics/``."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2
import numpy as np

from ..accuracy.scores import ClassScores
from ..classes import ClassInfo
from ..tasks.registry import Evaluation
from . import plots
from .learning_rate import OneCycle
from .state import RunState

REPORT = "model_metrics.html"
CHARACTERISTICS = "ModelCharacteristics"
_CURVE_POINTS = 101


@dataclass(frozen=True)
class ReportContent:
    """What a report shows.

    Attributes:
        name: Name of the model.
        summary: The result in one sentence.
        notes: Warnings of the run.
        settings: Names and values.
        data: Names and values of what is known of the training data.
        classes: The classes, label 1 first.
        objects: (classes, 2) int64, objects to train and to validate.
        state: The run.
        evaluation: The kept state on the validation chips.
        pictures: Validation chips with labels and detections.
        min_iou: IoU from which on a detection is right.
        threshold: Score from which on detections are shown.
    """

    name: str
    summary: str
    notes: Sequence[str]
    settings: Sequence[tuple[str, str]]
    data: Sequence[tuple[str, str]]
    classes: Sequence[ClassInfo]
    objects: np.ndarray
    state: RunState
    evaluation: Evaluation
    pictures: Sequence[plots.Picture]
    min_iou: float
    threshold: float


def write_report(folder: Path, content: ReportContent) -> None:
    """Write report and characteristics into the model's folder.

    Args:
        folder: An existing folder.
        content: What to show.
    """
    drawn = _drawn(content)
    characteristics = folder / CHARACTERISTICS
    characteristics.mkdir()
    for name, key in (("loss_graph", "loss"), ("show_results", "results"), ("precision_recall", "precision_recall")):
        (characteristics / f"{name}.png").write_bytes(drawn[key])
    losses = json.dumps(_losses(content), indent=2)
    (characteristics / "training_validation_loss.json").write_text(losses, "utf-8")
    (folder / REPORT).write_text(_page(content, {key: plots.data_uri(value) for key, value in drawn.items()}), "utf-8")


def _drawn(content: ReportContent) -> dict[str, bytes]:
    """Draw every picture as PNG."""
    state = content.state
    rate = state.rates[1] if state.rates else 0.0
    curve = [(x, OneCycle(x).factor) for x in np.linspace(0, 1, _CURVE_POINTS).tolist()]
    colors = {label: entry.color for label, entry in enumerate(content.classes, start=1)}
    figures = {
        "loss": plots.loss_graph(state.history),
        "metrics": plots.metric_graph(state.history),
        "rate": plots.rate_graph(curve, rate),
        "precision_recall": plots.precision_recall_graph(_judged(content.evaluation.classes)),
        "results": plots.results(content.pictures, colors),
    }
    if state.tested:
        figures["tested"] = plots.range_test_graph(state.tested, rate)
    return {name: plots.png(figure) for name, figure in figures.items()}


def _judged(classes: Sequence[ClassScores]) -> Sequence[ClassScores]:
    """Return the classes without the overall entry, which one class alone would repeat."""
    return classes[:-1]


def _losses(content: ReportContent) -> dict[str, object]:
    """Return the numbers behind the loss graph."""
    history = content.state.history
    return {
        "epochs": [record.epoch for record in history],
        "training_loss": [_finite(record.loss) for record in history],
        "validation_loss": [_finite(record.valid_loss) for record in history],
        "training_losses": [record.losses for record in history],
        "validation_losses": [record.valid_losses for record in history],
        "metrics": [record.metrics for record in history],
        "learning_rate": [record.rate for record in history],
        "seconds": [round(record.seconds, 1) for record in history],
        "best_epoch": content.state.best_epoch,
    }


def _page(content: ReportContent, pictures: dict[str, str]) -> str:
    """Fill the page."""
    template = Path(__file__).with_name("report_page.html").read_text("utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    history = content.state.history
    metrics = list(history[-1].metrics) if history else []
    classes = [
        {
            "name": entry.name,
            "value": entry.value,
            "color": entry.color,
            "training": int(row[0]),
            "validation": int(row[1]),
        }
        for entry, row in zip(content.classes, content.objects, strict=True)
    ]
    return environment.from_string(template).render(
        title=f"Model {content.name}",
        summary=content.summary,
        notes=content.notes,
        settings=content.settings,
        data=content.data,
        classes=classes,
        pictures={"tested": "", **pictures},
        best_epoch=content.state.best_epoch,
        min_iou=f"{content.min_iou:g}",
        threshold=f"{content.threshold:.2f}",
        picture_note="" if content.pictures else "No validation chip could be shown.",
        scores=[{"name": entry.name, "numbers": _score_row(entry)} for entry in content.evaluation.classes],
        epoch_columns=[
            "Epoch",
            "Training loss",
            "Validation loss",
            *(m.lower().replace("_", " ") for m in metrics),
            "Rate",
            "Seconds",
        ],
        epochs=[
            [
                record.epoch,
                _text(record.loss),
                _text(record.valid_loss),
                *(_text(record.metrics.get(name, math.nan)) for name in metrics),
                f"{record.rate:.1e}",
                f"{record.seconds:.0f}",
            ]
            for record in history
        ],
    )


def _score_row(entry: ClassScores) -> list[str]:
    """Return the figures of a class: AP, mAP, best F1, its threshold, precision and recall there."""
    curve = entry.curve
    if len(curve.f1) and not math.isnan(entry.best_threshold):
        place = int(np.argmax(curve.f1))
        there = [_text(float(curve.precision[place])), _text(float(curve.recall[place]))]
    else:
        there = ["-", "-"]
    values = (entry.average_precision, entry.mean_average_precision, entry.best_f1, entry.best_threshold)
    return [*(_text(value) for value in values), *there]


def _text(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "-"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
