"""The learning curve of a training as a small plot: losses on the left axis, the watched metric on the right one."""

from __future__ import annotations

import math

from qgis.PyQt.QtCore import QPointF, QRectF, QSize, Qt
from qgis.PyQt.QtGui import QColor, QPainter, QPainterPath, QPalette, QPen
from qgis.PyQt.QtWidgets import QSizePolicy, QToolTip, QWidget

from ...provider.words import tr

TRAINING, VALIDATION, METRIC = QColor("#1b6ca8"), QColor("#d1495b"), QColor("#3f8f5b")
LEFT, RIGHT, TOP, BOTTOM = 46, 40, 24, 34
"""Room around the plot for its axes and legend, pixels."""
STEEP = 40.0
"""Ratio of the largest to the smallest loss from which on the axis is logarithmic."""


class LossPlot(QWidget):
    """Draws the points of a learning curve; the values of an epoch show under the mouse."""

    def __init__(self, parent=None):
        """Start empty."""
        super().__init__(parent)
        self.points, self.epochs = [], 0
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Preferred)
        self.setMinimumHeight(150)

    def sizeHint(self):
        """Return a size that fits a pane."""
        return QSize(360, 190)

    def show_curve(self, points):
        """Show points as the engine tells them.

        Args:
            points: One dictionary an epoch, in order.
        """
        if points != self.points:
            self.points = list(points)
            self.epochs = max([2, *(int(point["epoch"]) for point in points), _planned(points)])
            self.update()

    def paintEvent(self, event):
        """Draw axes, lines and legend."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.Antialiasing)
        painter.fillRect(self.rect(), self.palette().color(QPalette.Base))
        small = painter.font()
        small.setPointSizeF(max(6.5, small.pointSizeF() * 0.85))
        painter.setFont(small)
        if not self.points:
            painter.setPen(_faded(self.palette().color(QPalette.Text), 150))
            painter.drawText(self.rect(), Qt.AlignCenter, tr("The loss is drawn after the first epoch."))
            return
        self._axes(painter)
        self._best(painter)
        metric = self.watched()
        if metric:
            self._line(painter, [_number(point.get("metrics", {}).get(metric)) for point in self.points], METRIC, True)
        self._line(painter, [_number(point.get("valid_loss")) for point in self.points], VALIDATION)
        self._line(painter, [_number(point.get("loss")) for point in self.points], TRAINING)
        self._legend(painter, metric)

    def watched(self):
        """Return the name of the metric that is drawn: the watched one, else the first; empty for none."""
        metrics = self.points[-1].get("metrics") or {}
        watched = self.points[-1].get("metric", "")
        return watched if watched in metrics else next(iter(metrics), "")

    def area(self):
        """Return the rectangle between the axes, pixels."""
        return QRectF(LEFT, TOP, max(10, self.width() - LEFT - RIGHT), max(10, self.height() - TOP - BOTTOM))

    def span(self):
        """Return the lowest and highest loss of the axis, and whether it is logarithmic."""
        losses = [_number(point.get(name)) for point in self.points for name in ("loss", "valid_loss")]
        known = [loss for loss in losses if loss is not None]
        low, high = min(known, default=0.0), max(known, default=1.0)
        if low > 0 and high / low > STEEP:
            return 10.0 ** math.floor(math.log10(low)), 10.0 ** math.ceil(math.log10(high)), True
        step = nice_step(max(high, 1e-9) / 4)
        return min(0.0, low), step * math.ceil(max(high, 1e-9) / step), False

    def place(self, epoch, value, of_metric=False):
        """Return where a value of an epoch lies, pixels.

        Args:
            epoch: 1 for the first.
            value: A loss, or a metric of 0..1.
            of_metric: Whether it is a metric.
        """
        area = self.area()
        x = area.left() + area.width() * (epoch - 1) / (self.epochs - 1)
        if of_metric:
            share = value
        else:
            low, high, steep = self.span()
            if steep:
                low, high, value = math.log10(low), math.log10(high), math.log10(max(value, 1e-12))
            share = (value - low) / (high - low)
        return QPointF(x, area.bottom() - area.height() * min(1.0, max(0.0, share)))

    def _axes(self, painter):
        """Draw grid, ticks and names of the axes."""
        area, ink = self.area(), self.palette().color(QPalette.Text)
        low, high, steep = self.span()
        ticks = _powers(low, high) if steep else _steps(low, high)
        for tick in ticks:
            y = self.place(1, tick).y()
            painter.setPen(_faded(ink, 35))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(_faded(ink, 190))
            painter.drawText(QRectF(0, y - 8, LEFT - 6, 16), Qt.AlignRight | Qt.AlignVCenter, f"{tick:.4g}")
        if self.watched():
            painter.setPen(METRIC)
            for tick in (0.0, 0.5, 1.0):
                y = self.place(1, tick, True).y()
                painter.drawText(QRectF(area.right() + 5, y - 8, RIGHT - 6, 16), Qt.AlignVCenter, f"{tick:g}")
        painter.setPen(_faded(ink, 190))
        step = max(1, int(nice_step(self.epochs / max(2.0, area.width() / 45))))
        for epoch in sorted({1, *range(step, self.epochs + 1, step)}):
            x = self.place(epoch, low).x()
            if epoch == 1 or x - area.left() > 16:
                painter.drawText(QRectF(x - 20, area.bottom() + 3, 40, 13), Qt.AlignHCenter, str(epoch))
        painter.drawText(QRectF(area.left(), area.bottom() + 16, area.width(), 15), Qt.AlignHCenter, tr("epoch"))
        painter.setPen(_faded(ink, 120))
        painter.drawLine(area.bottomLeft(), area.bottomRight())

    def _best(self, painter):
        """Mark the epoch whose state is kept."""
        best = self.points[-1].get("best")
        if best:
            area, x = self.area(), self.place(best, 1.0).x()
            painter.setPen(QPen(_faded(self.palette().color(QPalette.Text), 110), 1, Qt.DashLine))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    def _line(self, painter, values, color, of_metric=False):
        """Draw one line with a dot for each epoch; it breaks where a value is not known."""
        path, joined, dots = QPainterPath(), False, []
        for point, value in zip(self.points, values):
            if value is None:
                joined = False
                continue
            place = self.place(point["epoch"], value, of_metric)
            if joined:
                path.lineTo(place)
            else:
                path.moveTo(place)
            joined = True
            dots.append(place)
        painter.setBrush(Qt.NoBrush)
        painter.setPen(QPen(color, 1.8, Qt.DashLine if of_metric else Qt.SolidLine))
        painter.drawPath(path)
        painter.setPen(Qt.NoPen)
        painter.setBrush(color)
        for dot in dots if len(dots) <= 40 else dots[-1:]:
            painter.drawEllipse(dot, 2.4, 2.4)

    def _legend(self, painter, metric):
        """Name the lines above the plot; where there is little room the metric gives way."""
        names = [(tr("loss"), TRAINING, Qt.SolidLine)]
        if any(_number(point.get("valid_loss")) is not None for point in self.points):
            names.append((tr("validation"), VALIDATION, Qt.SolidLine))
        if metric:
            names.append((metric.lower().replace("_", " "), METRIC, Qt.DashLine))
        x, metrics = 8.0, painter.fontMetrics()
        room = self.width() - x - 30 * len(names) - sum(metrics.boundingRect(name).width() for name, _, _ in names[:-1])
        names[-1] = (metrics.elidedText(names[-1][0], Qt.ElideRight, max(20, int(room))), *names[-1][1:])
        for name, color, style in names:
            painter.setPen(QPen(color, 2, style))
            painter.drawLine(QPointF(x, 11), QPointF(x + 14, 11))
            painter.setPen(self.palette().color(QPalette.Text))
            painter.drawText(QPointF(x + 18, 15), name)
            x += 18 + metrics.boundingRect(name).width() + 12

    def mouseMoveEvent(self, event):
        """Tell the values of the nearest epoch."""
        if self.points:
            nearest = min(self.points, key=lambda point: abs(self.place(point["epoch"], 1.0).x() - event.pos().x()))
            QToolTip.showText(event.globalPos(), told(nearest), self)


def told(point):
    """Return the values of a point as lines for people."""
    rows = [(tr("training loss"), point.get("loss")), (tr("validation loss"), point.get("valid_loss"))]
    rows += [(name.lower().replace("_", " "), value) for name, value in (point.get("metrics") or {}).items()]
    lines = [f"{name}: {value:.4g}" for name, value in rows if _number(value) is not None]
    kept = [tr("this state is kept so far")] if point.get("best") == point["epoch"] else []
    return "\n".join([tr("epoch {}").format(point["epoch"]), *lines, *kept])


def nice_step(least):
    """Return the smallest of 1, 2, 5 times a power of ten that is not below a number."""
    power = 10.0 ** math.floor(math.log10(max(least, 1e-12)))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * 0.999)


def _planned(points):
    """Return how many epochs there will be at most; 0 when that is not known."""
    planned = points[-1].get("epochs") if points else None
    return int(planned) if isinstance(planned, (int, float)) else 0


def _steps(low, high):
    """Return round ticks of a linear axis."""
    step = nice_step((high - low) / 5)
    first = math.ceil(low / step)
    return [number * step for number in range(first, math.floor(high / step + 1e-6) + 1)]


def _powers(low, high):
    """Return the powers of ten of a logarithmic axis."""
    return [10.0**power for power in range(round(math.log10(low)), round(math.log10(high)) + 1)]


def _number(value):
    """Return a finite number, None for anything else."""
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


def _faded(color, alpha):
    """Return a colour with an alpha of 0..255."""
    made = QColor(color)
    made.setAlpha(alpha)
    return made
