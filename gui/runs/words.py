"""Runs in words and pictures: states, times, values of parameters."""

from __future__ import annotations

import json
from datetime import datetime

from qgis.PyQt.QtCore import QPointF, QRectF, Qt
from qgis.PyQt.QtGui import QColor, QIcon, QPainter, QPen, QPixmap

from ...algorithms.arrivals import run_title
from ...provider.run_records import CANCELLED, DONE, FAILED, INTERRUPTED, RUNNING
from ...provider.words import tr

COLORS = {
    RUNNING: "#1b6ca8",
    DONE: "#2e7d4f",
    FAILED: "#c0392b",
    CANCELLED: "#8a8a8a",
    INTERRUPTED: "#d98e04",
}
"""Colour of each state; the sign in it tells it without colour."""


def state_icon(state):
    """Return a disc in the colour of a state with its sign."""
    pixmap = QPixmap(32, 32)
    pixmap.fill(Qt.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.Antialiasing)
    painter.setPen(Qt.NoPen)
    painter.setBrush(QColor(COLORS[state]))
    painter.drawEllipse(QRectF(2, 2, 28, 28))
    painter.setPen(QPen(Qt.white, 3.4, Qt.SolidLine, Qt.RoundCap, Qt.RoundJoin))
    for line in _SIGNS[state]:
        painter.drawPolyline(*[QPointF(x, y) for x, y in line])
    painter.end()
    return QIcon(pixmap)


_SIGNS = {
    RUNNING: [[(13, 10), (22, 16), (13, 22), (13, 10)]],
    DONE: [[(9.5, 16.5), (14, 21), (22.5, 11)]],
    FAILED: [[(11, 11), (21, 21)], [(21, 11), (11, 21)]],
    CANCELLED: [[(10, 16), (22, 16)]],
    INTERRUPTED: [[(16, 9), (16, 17)], [(16, 22.5), (16, 22.6)]],
}


def duration(seconds):
    """Return a length of time for people."""
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def brief(seconds):
    """Return a length of time in one number, for narrow columns."""
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 3570 else f"{seconds / 3600:.1f} h"


def moment(started, now=None):
    """Return when something began: today's by the clock, others with the day.

    Args:
        started: When it began.
        now: The present; None asks the clock.
    """
    started, now = started.astimezone(), (now or datetime.now()).astimezone()
    if started.date() == now.date():
        return f"{started:%H:%M}"
    return f"{started.day} {started:%b}" + ("" if started.year == now.year else f" {started.year}")


def state_sentence(run):
    """Return how far a run is or how it ended."""
    took = duration(run.seconds)
    return {
        RUNNING: tr("Running for {}").format(took),
        DONE: tr("Done in {}").format(took),
        FAILED: tr("Failed after {}").format(took),
        CANCELLED: tr("Cancelled after {}").format(took),
        INTERRUPTED: tr("Interrupted: its process ended after about {}").format(took),
    }[run.state]


def run_name(run):
    """Return tool and subject of a run."""
    return run_title(run.tool, run.title, run.subject)


def value_text(value):
    """Return the value of a parameter for people; empty for none."""
    if value in (None, "", [], {}):
        return ""
    if isinstance(value, dict) and "path" in value:
        return value["path"] + (f" ({value['layer']})" if value.get("layer") else "")
    if isinstance(value, list) and all(isinstance(part, list) and len(part) == 2 for part in value):
        return "; ".join(f"{name} {given}" for name, given in value)
    if isinstance(value, bool):
        return tr("yes") if value else tr("no")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
