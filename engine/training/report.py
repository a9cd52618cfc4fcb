"""The report of a training run: ``model_metrics.html``, pictures included, and ``ModelCharacteristics/``."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from matplotlib.figure import Figure

from . import plots
from .learning_rate import OneCycle
from .state import RunState
from .trained import Findings, Table

REPORT = "model_metrics.html"
CHARACTERISTICS = "ModelCharacteristics"
_CURVE_POINTS = 101


@dataclass(frozen=True)
class ReportContent:
    """What a report shows.

    Attributes:
        name: Name of the model.
        notes: Warnings of the run.
        settings: Names and values.
        data: Names and values of what is known of the training data.
        findings: What the task says of the kept state on the validation chips.
        state: The run.
    """

    name: str
    notes: Sequence[str]
    settings: Sequence[tuple[str, str]]
    data: Sequence[tuple[str, str]]
    findings: Findings
    state: RunState


def write_report(folder: Path, content: ReportContent) -> None:
    """Write report and characteristics into the model's folder.

    Args:
        folder: An existing folder.
        content: What to show.
    """
    drawn = _drawn(content)
    results = content.findings.results
    figures = {drawing.name: drawing.figure for drawing in content.findings.drawings}
    characteristics = folder / CHARACTERISTICS
    characteristics.mkdir()
    for name, figure in {"loss_graph": drawn["loss"], "show_results": results, **figures}.items():
        (characteristics / f"{name}.png").write_bytes(plots.png(figure))
    losses = json.dumps(_losses(content), indent=2)
    (characteristics / "training_validation_loss.json").write_text(losses, "utf-8")
    drawings = [
        {"title": drawing.title, "source": plots.data_uri(plots.svg(drawing.figure))}
        for drawing in content.findings.drawings
    ]
    pictures = {key: plots.data_uri(plots.svg(figure)) for key, figure in {**drawn, "results": results}.items()}
    (folder / REPORT).write_text(_page(content, pictures, drawings), "utf-8")


def _drawn(content: ReportContent) -> dict[str, Figure]:
    """Draw the pictures of the run."""
    state = content.state
    rate = state.rates[1] if state.rates else 0.0
    curve = [(x, OneCycle(x).factor) for x in np.linspace(0, 1, _CURVE_POINTS).tolist()]
    figures = {
        "loss": plots.loss_graph(state.history),
        "metrics": plots.metric_graph(state.history),
        "rate": plots.rate_graph(curve, rate),
    }
    if state.tested:
        figures["tested"] = plots.range_test_graph(state.tested, rate)
    return figures


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


def _page(content: ReportContent, pictures: dict[str, str], drawings: list[dict[str, str]]) -> str:
    """Fill the page."""
    template = Path(__file__).with_name("report_page.html").read_text("utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    findings = content.findings
    return environment.from_string(template).render(
        title=f"Model {content.name}",
        summary=findings.summary,
        notes=content.notes,
        settings=content.settings,
        data=content.data,
        counted=findings.counted,
        classes=[
            {
                "name": entry.name,
                "value": entry.value,
                "color": entry.color,
                "training": f"{int(row[0]):,}",
                "validation": f"{int(row[1]):,}",
            }
            for entry, row in zip(findings.learnt, findings.counts, strict=True)
        ],
        pictures={"tested": "", **pictures},
        best_epoch=content.state.best_epoch,
        explanation=findings.explanation,
        tables=[_table(table) for table in findings.tables],
        drawings=drawings,
        results_note=findings.results_note,
        **_epochs(content.state),
    )


def _table(table: Table) -> dict[str, Any]:
    """Return a table as the page wants it: each row with the colour of its name."""
    colors = [*table.colors, *[None] * (len(table.rows) - len(table.colors))]
    return {
        "caption": table.caption,
        "columns": table.columns,
        "rows": [
            {"name": row[0], "color": color, "numbers": row[1:]} for row, color in zip(table.rows, colors, strict=True)
        ],
    }


def _epochs(state: RunState) -> dict[str, Any]:
    """Return the table of the epochs."""
    metrics = list(state.history[-1].metrics) if state.history else []
    return {
        "epoch_columns": [
            "Epoch",
            "Training loss",
            "Validation loss",
            *(metric.lower().replace("_", " ") for metric in metrics),
            "Rate",
            "Seconds",
        ],
        "epochs": [
            [
                record.epoch,
                rounded(record.loss),
                rounded(record.valid_loss),
                *(rounded(record.metrics.get(name, math.nan)) for name in metrics),
                f"{record.rate:.1e}",
                f"{record.seconds:.0f}",
            ]
            for record in state.history
        ],
    }


def rounded(value: float) -> str:
    """Return a figure with three decimals, a dash where there is none."""
    return f"{value:.3f}" if math.isfinite(value) else "-"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
