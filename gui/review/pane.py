"""The pane Review Detections: goes through the results of a layer, keeps each decision in it, and hands on what is so.

Everything that a reviewer decides is in the file at once, so QGIS may be closed or die at any time.
"""

from __future__ import annotations

from collections import Counter

from qgis.core import QgsProject, QgsWkbTypes
from qgis.gui import QgsDockWidget
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QDialog, QLabel, QTabWidget, QVBoxLayout, QWidget

from ...provider.words import tr
from .class_table import NewClass, icon_of, title_of
from .decisions import Decisions
from .fields import ADDED, CLASS_WAS, SHAPE_WAS, STATE, ReviewError, guess, why_not
from .keys import Keys
from .layer_choice import LayerChoice
from .look import COLORS, class_colors, show_states
from .pencil import Pencil
from .results_page import ResultsPage
from .review_page import DRAWING, POINTING, RESHAPING, ReviewPage
from .stepping import Spotlight, Stepper
from .store import Store, plain

THRESHOLD = "deeplearning/review_threshold"
"""Property of the layer, kept in the project."""


class ReviewPane(QgsDockWidget):
    """The dock.

    Attributes:
        layer_choice: Its upper part.
        page: The page on which results are looked at.
        results: The page with the outputs.
        store: The results under review; None without.
        stepper: Where the review is.
        decisions: What was decided.
    """

    def __init__(self, iface):
        """Show the pane for a QGIS; the active layer is chosen when it holds results."""
        super().__init__(tr("Review Detections"), iface.mainWindow())
        self.setObjectName("ImageryDeepLearningReview")
        self.iface, self.canvas = iface, iface.mapCanvas()
        self.store = self.stepper = self.decisions = self._spotlight = None
        self._pencil = Pencil(self.canvas)
        self._classes, self._colors, self._everything = [], {}, 0
        self._all, self._tally = Counter(), Counter()
        self.layer_choice, self.page, self.results = LayerChoice(), ReviewPage(), ResultsPage()
        self.warning = QLabel()
        self.warning.setWordWrap(True)
        self.warning.setStyleSheet("color: #b3431e;")
        self.warning.hide()
        self.tabs = QTabWidget()
        self.tabs.setFocusPolicy(Qt.NoFocus)
        self.tabs.addTab(self.page, tr("Review"))
        self.tabs.addTab(self.results, tr("Results"))
        body = QWidget()
        box = QVBoxLayout(body)
        box.setContentsMargins(8, 8, 8, 8)
        box.addWidget(self.layer_choice)
        box.addWidget(self.warning)
        box.addWidget(self.tabs, 1)
        self.setWidget(body)
        self.setMinimumWidth(340)
        self._connect()
        self._end()
        self._choose_first()

    def _connect(self):
        """Connect the parts."""
        self.layer_choice.started.connect(self.start)
        self.layer_choice.stopped.connect(self._end)
        self.page.acted.connect(self.act)
        self.page.labelled.connect(self.label)
        self.page.asked_class.connect(self.ask_class)
        self.page.chosen.connect(self._choose)
        self.page.context.activated.connect(lambda _: self._try(self._show, self.stepper.current))
        self.page.threshold.editingFinished.connect(self.canvas.setFocus)
        QgsProject.instance().layersWillBeRemoved.connect(self._layers_go)
        self.visibilityChanged.connect(self._seen)
        keys = {
            Qt.Key_A: lambda: self.act("accept"),
            Qt.Key_R: lambda: self.act("reject"),
            Qt.Key_L: lambda: self.act("relabel"),
            Qt.Key_D: lambda: self.act("redraw"),
            Qt.Key_E: lambda: self.act("reshape"),
            Qt.Key_N: lambda: self.act("add"),
            Qt.Key_Z: lambda: self.act("undo"),
            (Qt.Key_Z, True): lambda: self.act("undo"),
            Qt.Key_C: lambda: self.act("clear"),
            Qt.Key_Right: lambda: self.act("skip"),
            Qt.Key_Space: lambda: self.act("skip"),
            Qt.Key_Left: lambda: self.act("back"),
        }
        for number in range(9):
            keys[Qt.Key_1 + number] = lambda number=number: self.label(number)
        self._keys = Keys(self, {key: self._while_reviewing(act) for key, act in keys.items()})
        self._listening = (self.canvas, self)
        for widget in self._listening:
            widget.installEventFilter(self._keys)

    def _while_reviewing(self, act):
        """Return an action that leaves its key alone when no review is shown."""

        def do():
            if self.store is None or not self.isVisible():
                return False
            return act()

        return do

    def _choose_first(self):
        """Choose the active layer if it looks like results, else one whose review was begun."""
        layers = [self.iface.activeLayer(), *QgsProject.instance().mapLayers().values()]
        vectors = [layer for layer in layers if layer is not None and layer.type() == layer.VectorLayer]
        for layer in vectors:
            begun = STATE in layer.fields().names()
            if (begun or (layer is self.iface.activeLayer() and guess(layer).confidence)) and not why_not(layer):
                self.layer_choice.choose(layer)
                return

    def start(self, layer, fields):
        """Begin or go on with the review of a layer.

        Args:
            layer: The layer.
            fields: Its ``Fields``.
        """
        self._end()
        try:
            self.store = Store(layer, fields)
            self._all = self.store.counts(0.0)
        except ReviewError as error:
            self.store = None
            self.layer_choice.refuse(str(error))
            return
        self._classes = self.store.classes(self._all)
        self._everything = sum(count for (state, _, _), count in self._all.items() if state != ADDED)
        self._colors = class_colors(self.store, self._classes)
        self.decisions, self.stepper = Decisions(self.store), Stepper(self.store)
        self.decisions.changed.connect(self._counted)
        self.stepper.moved.connect(lambda fid: self._try(self._show, fid))
        self._spotlight = Spotlight(self.canvas, layer)
        self.results.choose_image(layer)
        threshold = float(layer.customProperty(THRESHOLD, 0.0))
        self.page.show_threshold(threshold if fields.confidence else 0.0)
        for widget in (self.page.slider, self.page.threshold):
            widget.setEnabled(bool(fields.confidence))
        self.page.context.setEnabled(layer.geometryType() == QgsWkbTypes.PolygonGeometry)
        self.page.offer(self.store.orders(), self._classes, self._colors)
        self.tabs.setEnabled(True)
        self._choose()
        self.canvas.setFocus()

    def act(self, name):
        """Do what a button or key stands for; see ``review_page.BUTTONS``."""
        acts = {
            "accept": lambda fid: self._then_forward(self.decisions.accept, fid),
            "reject": lambda fid: self._then_forward(self.decisions.reject, fid),
            "relabel": lambda _: self.page.buttons["relabel"].showMenu(),
            "redraw": lambda _: self._draw(self._redrawn),
            "reshape": self._reshape,
            "skip": lambda _: self.stepper.forward(),
            "clear": lambda fid: self._then_show(self.decisions.clear, fid),
        }
        free = {"add": lambda: self._draw(self._added), "undo": self._undo, "back": lambda: self.stepper.back()}
        if name in free:
            self._try(free[name])
        elif self.stepper.current is not None:
            self._try(acts[name], self.stepper.current)

    def label(self, place):
        """Give the current result the class at a place of the list, and go on."""
        if place >= len(self._classes) or self.stepper.current is None:
            return
        name, value = self._classes[place]
        self._try(self._then_forward, lambda fid: self.decisions.relabel(fid, name, value), self.stepper.current)

    def ask_class(self):
        """Ask for a new class and give it to the current result."""
        values = [value for _, value in self._classes if value is not None]
        dialog = NewClass(max(values, default=0) + 1, self)
        if dialog.exec_() == QDialog.Accepted:
            self.add_class(dialog.name.text().strip(), dialog.value.value())
        self.canvas.setFocus()

    def add_class(self, name, value):
        """Add a class to the list and give it to the current result.

        Args:
            name: Its name.
            value: Its value.
        """
        fields = self.store.fields
        pair = (name if fields.class_name else None, value if fields.class_value else None)
        if pair not in self._classes:
            self._classes.append(pair)
            self._colors[pair] = COLORS[(len(self._classes) - 1) % len(COLORS)]
            self.page.offer(self.store.orders(), self._classes, self._colors)
            self._restyle()
        self.label(self._classes.index(pair))

    def close_down(self):
        """Give back keys, map tool and marks."""
        for widget in self._listening:
            widget.removeEventFilter(self._keys)
        QgsProject.instance().layersWillBeRemoved.disconnect(self._layers_go)
        self.visibilityChanged.disconnect(self._seen)
        self.results.stop()
        self._end()

    def _choose(self):
        """Step through what the page chooses, and count anew."""
        if self.store is None:
            return
        choice = self.page.choice()
        self._warn("")
        try:
            self._tally = self.store.counts(choice.threshold) if choice.threshold > 0 else Counter(self._all)
            self.store.layer.setCustomProperty(THRESHOLD, choice.threshold)
            self._restyle()
            self._show_counts()
            self.stepper.start(choice)
        except ReviewError as error:
            self._warn(str(error))

    def _restyle(self):
        """Let the layer show states, and the outputs know colours and threshold."""
        show_states(self.store, self.page.choice().threshold, self._colors)
        self.iface.layerTreeView().refreshLayerSymbology(self.store.layer.id())
        self.results.use(self.store, self.page.choice().threshold, self._colors)

    def _counted(self, before, after, confidence):
        """Count a decision."""
        counted = confidence is None or confidence >= self.page.choice().threshold
        for tally in (self._all, self._tally) if counted else (self._all,):
            for key, step in ((before, -1), (after, 1)):
                if key is not None:
                    tally[key] += step
        self.results.outdate()
        self._show_counts()

    def _show_counts(self):
        """Show counts by class and how far the review is."""
        self.page.table.show_counts(self._classes, self._colors, self._tally)
        self.page.show_tally(self._tally, self.page.choice().threshold, self._everything)
        self.page.buttons["undo"].setEnabled(self.decisions.can_undo)

    def _show(self, fid):
        """Show a result on the map and in words; None says that nothing is left."""
        self._pencil.put_down()
        here = fid is not None
        for name in ("accept", "reject", "relabel", "redraw", "reshape", "skip"):
            self.page.buttons[name].setEnabled(here)
        self.page.buttons["undo"].setEnabled(self.decisions.can_undo)
        if not here:
            self._spotlight.mark(None)
            self.page.icon.clear()
            self.page.title.setText(tr("Nothing left to review"))
            self.page.sure.clear()
            self.page.story.setText(tr("Choose what to show above, or go on with the Results."))
            return
        feature = self.store.result(fid)
        self._spotlight.show(feature, self.page.context.currentData())
        self._describe(feature)

    def _describe(self, feature):
        """Say what a result is."""
        state, name, value = self.store.key(feature)
        confidence = self.store.confidence(feature)
        color = self._colors.get((name, value))
        self.page.icon.setPixmap(icon_of(color).pixmap(12, 12)) if color else self.page.icon.clear()
        self.page.title.setText(title_of(name, value))
        self.page.sure.setText("" if confidence is None else f"{confidence:.2f}")
        story = [tr(state) if state else tr("not reviewed")]
        if plain(feature[CLASS_WAS]) is not None:
            story.append(tr("found as {}").format(feature[CLASS_WAS]))
        if plain(feature[SHAPE_WAS]) is not None:
            story.append(tr("its first shape is kept"))
        self.page.story.setText(tr("Result {}: {}").format(feature.id(), ", ".join(story)))

    def _then_forward(self, decide, fid):
        """Decide and go on."""
        decide(fid)
        self.stepper.forward()

    def _then_show(self, decide, fid):
        """Decide and stay; a result that is gone is left."""
        decide(fid)
        if self.store.feature(fid).isValid():
            self.stepper.go_to(fid)
        else:
            self.stepper.forward()

    def _undo(self):
        """Take the last decision back and look at its result."""
        if not self.decisions.can_undo:
            return
        fid = self.decisions.undo()
        if fid is not None:
            self.stepper.go_to(fid)
        elif self.stepper.current is None or not self.store.feature(self.stepper.current).isValid():
            self.stepper.forward()
        self._show_counts()

    def _draw(self, done):
        """Let the reviewer draw a shape."""
        points = self.store.layer.geometryType() == QgsWkbTypes.PointGeometry
        self._pencil.draw(points, lambda shape: self._try(done, self._spotlight.on_layer(shape)), self._put_down)
        self.page.story.setText(tr(POINTING if points else DRAWING))

    def _reshape(self, fid):
        """Let the reviewer move the current result or its corners."""
        shape = self._spotlight.on_map(self.store.result(fid).geometry())
        self._pencil.reshape(
            shape, lambda moved: self._try(self._reshaped, fid, self._spotlight.on_layer(moved)), self._put_down
        )
        self.page.story.setText(tr(RESHAPING))

    def _put_down(self):
        """Describe the current result again when a drawing ends."""
        if self.stepper is not None and self.stepper.current is not None:
            self._try(lambda: self._describe(self.store.result(self.stepper.current)))

    def _redrawn(self, shape):
        """Keep a new shape of the current result."""
        self._pencil.put_down()
        fid = self.stepper.current
        self.decisions.redraw(fid, shape)
        self._look_again(fid)

    def _reshaped(self, fid, shape):
        """Keep a moved shape; the tool stays for more."""
        self.decisions.redraw(fid, shape)
        self._look_again(fid)

    def _look_again(self, fid):
        """Show a result as it is now without moving the map."""
        feature = self.store.result(fid)
        self._spotlight.mark(feature)
        self._describe(feature)
        self._show_counts()

    def _added(self, shape):
        """Keep an object that was missed, under the class that is looked at, and go to it."""
        self._pencil.put_down()
        fid = self.decisions.add(shape, *self._class_of_new())
        self.stepper.go_to(fid)

    def _class_of_new(self):
        """Return the class of a new object: the one that is shown, that of the current result, or the first."""
        shown = self.page.class_name.currentData()
        for pair in self._classes:
            if shown is not None and title_of(*pair) == shown:
                return pair
        if self.stepper.current is not None:
            return self.store.key(self.store.result(self.stepper.current))[1:]
        return self._classes[0] if self._classes else (None, None)

    def _try(self, act, *values):
        """Do something; a refusal is said in the pane."""
        self._warn("")
        try:
            act(*values)
        except ReviewError as error:
            self._warn(str(error))

    def _warn(self, sentence):
        """Show a sentence, or none."""
        self.warning.setText(sentence[:1].upper() + sentence[1:])
        self.warning.setVisible(bool(sentence))

    def _seen(self, visible):
        """Mark the current result only while the pane is seen."""
        if self.store is None:
            return
        self._pencil.put_down()
        current = self.stepper.current
        self._spotlight.mark(self.store.feature(current) if visible and current is not None else None)

    def _layers_go(self, ids):
        """End the review of a layer that leaves the project."""
        if self.store is not None and self.store.layer.id() in ids:
            self._end()

    def _end(self):
        """End the review; what was decided is in the file."""
        self._pencil.put_down()
        if self._spotlight is not None:
            self._spotlight.remove()
        self.store = self.stepper = self.decisions = self._spotlight = None
        self.tabs.setEnabled(False)
        self.results.use(None, 0.0, {})
        self._warn("")
