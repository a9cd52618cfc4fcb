"""The curves of the accuracy report: what they show and how they are laid out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Table, TableStyle

from .charts import FALSE, HIT, INK, PALETTE, Plot
from .comparison import Comparison
from .scores import COCO_OVERLAPS, RECALLS, ClassScores, Curve

Floats = NDArray[np.float64]

_MOST_CLASSES = 6
_HEIGHT = 58 * mm
_GAP = 8 * mm


def curves(comparison: Comparison, fonts: tuple[str, str], width: float) -> list[Flowable]:
    """Return the charts in rows of two: precision over recall, AP over IoU, and what depends on confidence.

    Args:
        comparison: What is shown; has detections and references.
        fonts: Names of the normal and the bold font.
        width: Width of a row in points.
    """
    size = (width - _GAP) / 2, _HEIGHT
    plots = [_recall(comparison, fonts, size), _overlaps(comparison, fonts, size)]
    if comparison.ranked:
        plots += [_threshold(comparison, fonts, size), _confidences(comparison, fonts, size)]
    style = [(side, (0, 0), (-1, -1), 0) for side in ("LEFTPADDING", "RIGHTPADDING", "TOPPADDING")]
    style.append(("BOTTOMPADDING", (0, 0), (-1, -1), 10))
    rows: list[Flowable] = []
    for left, right in zip(plots[::2], plots[1::2], strict=True):
        rows.append(Table([[left.drawing, right.drawing]], [size[0] + _GAP, size[0]], style=TableStyle(style)))
    return rows


def _recall(comparison: Comparison, fonts: tuple[str, str], size: tuple[float, float]) -> Plot:
    """Return precision over recall of the classes with the most objects, and of all."""
    plot = Plot(*size, fonts, "Precision over recall", "recall", "precision")
    plot.ticks(np.linspace(0, 1, 6).tolist())
    entries = comparison.assessment.entries
    shown = _most_frequent(entries[:-1])
    legend = []
    for place, number in enumerate(shown):
        entry, color = entries[number], PALETTE[place]
        if len(shown) == 1:
            plot.line([0, *entry.curve.recall], [entry.curve.precision[0], *entry.curve.precision], INK, 0.5)
        plot.line(RECALLS, _envelope(entry.curve), color)
        legend.append((f"{_short(comparison.titles[number])}  AP {entry.average_precision:.3f}", color))
    if len(entries) > 2:
        plot.line(RECALLS, _envelope(entries[-1].curve), INK, 1.6, (3, 2))
        legend.append(("all detections pooled", INK))
    plot.legend(legend)
    return plot


def _overlaps(comparison: Comparison, fonts: tuple[str, str], size: tuple[float, float]) -> Plot:
    """Return AP at the ten IoUs of COCO's mean."""
    plot = Plot(*size, fonts, "AP over the IoU that is asked for", "least IoU of a match; the mean is COCO mAP", "AP")
    values = comparison.assessment.entries[-1].overlap_precision.tolist()
    plot.bars([f"{value:.2f}" for value in COCO_OVERLAPS], values, PALETTE[5])
    return plot


def _threshold(comparison: Comparison, fonts: tuple[str, str], size: tuple[float, float]) -> Plot:
    """Return precision, recall and F1 over the least confidence kept, with the best F1 marked."""
    entry = comparison.assessment.entries[-1]
    curve, ends = entry.curve, _range(comparison)
    plot = Plot(*size, fonts, "What a confidence threshold does", "least confidence kept", "", ends)
    plot.ticks(np.linspace(*ends, 6).tolist(), 2)
    known = np.isfinite(curve.thresholds)
    named = (("precision", curve.precision), ("recall", curve.recall), ("F1", curve.f1))
    for (_, values), color in zip(named, PALETTE, strict=False):
        plot.line(*_stairs(curve.thresholds[known], values[known]), color)
    legend = [(name, color) for (name, _), color in zip(named, PALETTE, strict=False)]
    if np.isfinite(entry.best_threshold):
        plot.mark(entry.best_threshold, entry.best_f1, PALETTE[2])
        legend.append((f"best F1 {entry.best_f1:.3f} from {entry.best_threshold:.2f}", INK))
    plot.legend(legend)
    return plot


def _confidences(comparison: Comparison, fonts: tuple[str, str], size: tuple[float, float]) -> Plot:
    """Return how many right and wrong detections there are at each confidence."""
    ends = _range(comparison)
    edges = np.linspace(*ends, 21)
    hit, scores = comparison.assessment.matched >= 0, comparison.scores
    right, wrong = (np.histogram(scores[part], edges)[0].astype(np.float64) for part in (hit, ~hit))
    top = _round_up(1.2 * float((right + wrong).max()))
    plot = Plot(*size, fonts, "How sure right and wrong detections are", "confidence", "", ends, top)
    plot.ticks(np.linspace(*ends, 6).tolist(), 2)
    plot.histogram(edges, [(right, HIT), (wrong, FALSE)])
    plot.legend([("right", HIT), ("wrong", FALSE)], top=True)
    return plot


def _range(comparison: Comparison) -> tuple[float, float]:
    """Return the ends of the axis of confidences: a round number below the lowest, and 1 if none is higher."""
    known = comparison.scores[np.isfinite(comparison.scores)]
    low, high = float(known.min(initial=1.0)), float(known.max(initial=1.0))
    if low < 0 or high > 1:
        return low, high if high > low else low + 1
    return float(np.clip(np.floor(low * 10) / 10, 0.0, 0.9)), 1.0


def _most_frequent(entries: Sequence[ClassScores]) -> list[int]:
    """Return the classes with the most objects, in the order of the table."""
    objects = [entry.counts.true_positives + entry.counts.false_negatives for entry in entries]
    judged = [number for number, count in enumerate(objects) if count]
    return sorted(sorted(judged, key=lambda number: -objects[number])[:_MOST_CLASSES])


def _envelope(curve: Curve) -> Floats:
    """Return the precision that COCO reads at each of `RECALLS`, NaN where the recall is never reached."""
    values = np.full(len(RECALLS), np.nan)
    if len(curve.precision):
        best = np.maximum.accumulate(curve.precision[::-1])[::-1]
        place = np.searchsorted(curve.recall, RECALLS)
        reached = place < len(best)
        values[reached] = best[place[reached]]
    return values


def _stairs(thresholds: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Return the line of a figure that holds from a threshold down to the next one, from high to low."""
    if not len(thresholds):
        return thresholds, values
    x = np.repeat(np.append(thresholds, thresholds[-1]), 2)[1:-1]
    return x, np.repeat(values, 2)


def _round_up(value: float) -> float:
    """Return five times a round number, at least the value, so that the axis has whole ticks."""
    step = max(value / 5, 1.0)
    power = 10.0 ** np.floor(np.log10(step))
    return 5 * next(factor * power for factor in (1, 2, 3, 4, 5, 6, 8, 10) if factor * power >= step)


def _short(text: str, length: int = 22) -> str:
    """Return a text that fits a legend."""
    return text if len(text) <= length else text[: length - 1] + "…"
