"""The page on which results are looked at: what is shown, the current result, the buttons, the classes."""

from __future__ import annotations

from qgis.gui import QgsDoubleSpinBox
from qgis.PyQt.QtCore import Qt, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from ...provider.words import marked, tr
from .class_table import ClassTable, icon_of, title_of
from .fields import ACCEPTED, ADDED, REJECTED
from .store import ALL, BY_PLACE, CHANGED, OPEN, ORDERS, Choice

SHOWN = (
    (OPEN, marked("Not reviewed")),
    (ALL, marked("All")),
    (ACCEPTED, marked("Accepted")),
    (REJECTED, marked("Rejected")),
    (CHANGED, marked("Relabelled or redrawn")),
    (ADDED, marked("Added")),
)
BUTTONS = (
    ("accept", marked("Accept"), "A", marked("The result is right"), "#1d7a4f"),
    ("reject", marked("Reject"), "R", marked("There is nothing, or something else"), "#b3431e"),
    ("relabel", marked("Relabel"), "L", marked("Give it another class; a number key does it at once"), ""),
    (
        "redraw",
        marked("Redraw"),
        "D",
        marked("Draw its shape anew: drag a rectangle, or click corners and end with a right click"),
        "",
    ),
    ("reshape", marked("Reshape"), "E", marked("Move it, or one of its corners"), ""),
    ("add", marked("Add missed"), "N", marked("Draw an object that was not found"), ""),
    ("back", marked("Back"), "←", marked("To the one before"), ""),
    ("skip", marked("Skip"), "→", marked("To the next without a decision; it comes again"), ""),
    (
        "undo",
        marked("Undo"),
        "Z",
        marked("Take the last decision back; key C makes the current result as it was found"),
        "",
    ),
)
"""Action, text, key, tool tip, colour."""

DRAWING = marked("Drag a rectangle, or click corners.\nRight click ends, Backspace and Esc take back.")
POINTING = marked("Click the place. Esc gives up.")
RESHAPING = marked("Drag a corner, or the whole from inside. Enter ends.")

WAIT = 200
"""Milliseconds without a move of the threshold after which it counts."""


def thousands(number):
    """Return a number with thin gaps."""
    return f"{number:,}".replace(",", " ")


class ReviewPage(QWidget):
    """Collects what the reviewer does; ``ReviewPane`` does it.

    Attributes:
        acted: Told with the name of an action of ``BUTTONS``, or ``clear``.
        labelled: Told with the place of a class in the list.
        asked_class: Told when a new class is wanted.
        chosen: Told when something else is to be stepped through.
    """

    acted = pyqtSignal(str)
    labelled = pyqtSignal(int)
    asked_class = pyqtSignal()
    chosen = pyqtSignal()

    def __init__(self, parent=None):
        """Lay the page out for a screen of 768 rows."""
        super().__init__(parent)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 6, 0, 0)
        box.setSpacing(6)
        box.addLayout(self._choices())
        box.addWidget(self._card())
        box.addLayout(self._buttons())
        self.table = ClassTable()
        self.table.setMinimumHeight(84)
        box.addWidget(self.table, 1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(WAIT)
        self._timer.timeout.connect(self.chosen)

    def _choices(self):
        """Return the widgets that choose what is stepped through."""
        self.order, self.shown, self.class_name, self.context = QComboBox(), QComboBox(), QComboBox(), QComboBox()
        for times in (3, 6, 12, 24):
            self.context.addItem(tr("{} × its size").format(times), times)
        self.context.setCurrentIndex(1)
        self.context.setToolTip(tr("How much ground the map shows around a result; points keep the scale of the map"))
        for state, label in SHOWN:
            self.shown.addItem(tr(label), state)
        self.slider = QSlider(Qt.Horizontal)
        self.slider.setRange(0, 100)
        self.slider.setPageStep(5)
        self.threshold = QgsDoubleSpinBox()
        self.threshold.setRange(0.0, 1.0)
        self.threshold.setSingleStep(0.05)
        self.threshold.setDecimals(2)
        self.threshold.setShowClearButton(False)
        grid = QGridLayout()
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(2, 1)
        grid.addWidget(QLabel(tr("Order")), 0, 0)
        grid.addWidget(self.order, 0, 1, 1, 2)
        grid.addWidget(QLabel(tr("Show")), 1, 0)
        row = QHBoxLayout()
        for combo in (self.shown, self.class_name):
            combo.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
            combo.setMinimumContentsLength(8)
            row.addWidget(combo, 1)
        grid.addLayout(row, 1, 1, 1, 2)
        grid.addWidget(QLabel(tr("Zoom")), 2, 0)
        grid.addWidget(self.context, 2, 1)
        grid.addWidget(QLabel(tr("Threshold")), 3, 0)
        row = QHBoxLayout()
        row.addWidget(self.slider, 1)
        row.addWidget(self.threshold)
        grid.addLayout(row, 3, 1, 1, 2)
        self.slider.valueChanged.connect(lambda value: self.threshold.setValue(value / 100))
        self.threshold.valueChanged.connect(self._threshold_moved)
        for combo in (self.order, self.shown, self.class_name):
            combo.activated.connect(lambda _: self.chosen.emit())
        for widget in (self.order, self.shown, self.class_name, self.context, self.slider):
            widget.setFocusPolicy(Qt.NoFocus)  # letters are keys of the review, not a search in a list
        return grid

    def _card(self):
        """Return the widgets that show the current result."""
        card = QFrame()
        card.setFrameShape(QFrame.StyledPanel)
        self.icon, self.title, self.sure, self.story = QLabel(), QLabel(), QLabel(), QLabel()
        font = self.title.font()
        font.setPointSizeF(font.pointSizeF() * 1.35)
        font.setBold(True)
        self.title.setFont(font)
        self.sure.setFont(font)
        self.story.setWordWrap(True)
        self.story.setMinimumHeight(2 * self.story.fontMetrics().lineSpacing())  # the buttons below stay in place
        self.story.setAlignment(Qt.AlignLeft | Qt.AlignTop)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(6)
        self.count = QLabel()
        head = QHBoxLayout()
        head.addWidget(self.icon)
        head.addWidget(self.title, 1)
        head.addWidget(self.sure)
        box = QVBoxLayout(card)
        box.setContentsMargins(8, 6, 8, 6)
        box.setSpacing(3)
        box.addLayout(head)
        box.addWidget(self.story)
        box.addWidget(self.progress)
        box.addWidget(self.count)
        return card

    def _buttons(self):
        """Return the buttons of the decisions."""
        grid = QGridLayout()
        grid.setSpacing(4)
        self.buttons = {}
        for place, (name, label, key, tip, color) in enumerate(BUTTONS):
            button = QPushButton(f"{tr(label)}  {key}")
            button.setToolTip(tr("{} (key {})").format(tr(tip), key))
            button.setFocusPolicy(Qt.NoFocus)
            if color:
                button.setStyleSheet(f"QPushButton:enabled {{ color: {color}; font-weight: bold; }}")
            if name != "relabel":
                button.clicked.connect(lambda _=False, name=name: self.acted.emit(name))
            grid.addWidget(button, place // 3, place % 3)
            self.buttons[name] = button
        self.menu = QMenu(self)
        self.buttons["relabel"].setMenu(self.menu)
        return grid

    def choice(self):
        """Return what the widgets choose."""
        return Choice(
            self.order.currentData() or BY_PLACE,
            self.shown.currentData(),
            self.class_name.currentData(),
            self.threshold.value(),
        )

    def offer(self, orders, classes, colors):
        """Show the orders and classes of a layer, keeping what was chosen.

        Args:
            orders: Names of orders.
            classes: Pairs of name and value.
            colors: Colour by pair.
        """
        had = self.order.currentData()
        self.order.clear()
        for order in orders:
            self.order.addItem(tr(ORDERS[order]), order)
        self.order.setCurrentIndex(max(0, self.order.findData(had)))
        had = self.class_name.currentData()
        self.class_name.clear()
        self.class_name.addItem(tr("All classes"), None)
        self.menu.clear()
        for place, pair in enumerate(classes):
            title, icon = title_of(*pair), icon_of(colors[pair])
            self.class_name.addItem(icon, title, title)
            label = f"{title}\t{place + 1}" if place < 9 else title
            self.menu.addAction(icon, label).triggered.connect(lambda _=False, place=place: self.labelled.emit(place))
        self.class_name.setCurrentIndex(max(0, self.class_name.findData(had)))
        self.menu.addSeparator()
        self.menu.addAction(tr("New class…")).triggered.connect(self.asked_class)

    def show_tally(self, tally, threshold, everything):
        """Show how far the review is.

        Args:
            tally: Counts by (state, name, value) at or above the threshold.
            threshold: 0..1.
            everything: Number of results at any confidence.
        """
        found = sum(count for (state, _, _), count in tally.items() if state != ADDED)
        left = sum(count for (state, _, _), count in tally.items() if not state)
        added = sum(count for (state, _, _), count in tally.items() if state == ADDED)
        self.progress.setRange(0, max(1, found))
        self.progress.setValue(found - left)
        above = tr(" at or above {}, of {}").format(f"{threshold:.2f}", thousands(everything)) if threshold > 0 else ""
        more = tr(" · {} added").format(thousands(added)) if added else ""
        self.count.setText(tr("{} of {} reviewed").format(thousands(found - left), thousands(found)) + above + more)

    def show_threshold(self, value):
        """Show a threshold without telling of it."""
        for widget in (self.slider, self.threshold):
            widget.blockSignals(True)
        self.threshold.setValue(value)
        self.slider.setValue(round(value * 100))
        for widget in (self.slider, self.threshold):
            widget.blockSignals(False)

    def _threshold_moved(self, value):
        """Keep slider and number alike; it counts when it rests."""
        self.slider.blockSignals(True)
        self.slider.setValue(round(value * 100))
        self.slider.blockSignals(False)
        self._timer.start()
