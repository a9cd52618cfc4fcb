"""Suggest labels: a model looks at the view, and what it finds becomes samples once somebody has accepted it."""

from __future__ import annotations

import os
import shutil
import tempfile

from qgis.core import QgsCsException, QgsPointXY, QgsSettings
from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from ...provider.words import counted, tr
from . import view
from .class_mapping import ClassMapping
from .map_tools import DrawingTool
from .new_features import usable
from .one_run import OneRun, as_sentence
from .proposals import Proposals, ProposalsOnMap, read_proposals, without_doubles, without_known
from .sample_files import SampleError

TOOL = "detectobjectsusingdeeplearning"

LOWEST, USUAL = 10, 50
"""Confidence in percent from which objects are looked for, and from which they are shown at first."""

SETTING = "imagery_deep_learning/suggesting_model"
"""Where the model that was taken last is kept."""


class ClickTool(DrawingTool):
    """A left click accepts the proposal under the mouse, a right click rejects it."""

    clicked = pyqtSignal(QgsPointXY, bool)

    def __init__(self, pane, canvas):
        """Click for a pane on a map."""
        super().__init__(pane, canvas)
        self.setCursor(Qt.PointingHandCursor)

    def canvasReleaseEvent(self, event):
        """Tell where, in the CRS of the raster, and whether it was to accept."""
        if self.pane.raster_layer is None or event.button() not in (Qt.LeftButton, Qt.RightButton):
            return
        try:
            place = self.at(event)
        except QgsCsException:
            return
        self.clicked.emit(place, event.button() == Qt.LeftButton)


class SuggestPanel(QWidget):
    """The part of the label pane that suggests labels.

    Attributes:
        proposals: What the model has found and nobody has decided on.
        runs: Holds the run that is under way.
    """

    def __init__(self, pane):
        """Build the panel for a pane."""
        super().__init__()
        self.pane, self.canvas = pane, pane.canvas
        self.runs, self.folder = OneRun(), ""
        self.proposals, self.drawn = Proposals(), ProposalsOnMap(self.canvas)
        self.click_tool = ClickTool(pane, self.canvas)
        self._build()
        self.click_tool.clicked.connect(self._clicked)
        self.click_tool.activated.connect(lambda: self.by_click.setChecked(True))
        self.click_tool.deactivated.connect(lambda: self.by_click.setChecked(False))
        self.proposals.changed.connect(self._show)
        pane.raster_changed.connect(self.forget)
        self._show()

    def _build(self):
        """Lay out the widgets."""
        self.model = QgsFileWidget()
        self.model.setFilter(tr("Model packages (*.dlpk *.emd *.DLPK *.EMD)"))
        self.model.setDialogTitle(tr("Model that detects objects"))
        self.model.setFilePath(QgsSettings().value(SETTING, "", type=str))
        self.start, self.stop = QPushButton(tr("Suggest in this view")), QPushButton(tr("Cancel"))
        self.start.setToolTip(tr("Let the model look at what the map shows"))
        self.start.clicked.connect(self.suggest)
        self.stop.clicked.connect(self.cancel)
        self.progress = QProgressBar()
        self.said = QLabel()
        self.said.setWordWrap(True)
        form = QFormLayout()
        form.addRow(tr("Model"), self.model)
        row = QHBoxLayout()
        for part in (self.start, self.progress, self.stop):
            row.addWidget(part)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addLayout(row)
        column.addWidget(self.said)
        column.addWidget(self._open_group())
        column.addStretch()

    def _open_group(self):
        """Return the widgets that decide on proposals."""
        self.open = QGroupBox(tr("Proposals"))
        self.slider, self.limit = QSlider(Qt.Horizontal), QLabel()
        self.slider.setRange(LOWEST, 100)
        self.slider.setValue(USUAL)
        self.slider.setToolTip(tr("Confidence from which proposals are shown"))
        self.slider.valueChanged.connect(lambda percent: self.proposals.limit(percent / 100))
        self.proposals.threshold = USUAL / 100
        self.classes = ClassMapping(self.pane)
        self.classes.changed.connect(self._show)
        self.all, self.none = QPushButton(), QPushButton(tr("Reject all"))
        self.by_click = QPushButton(tr("Click"))
        self.by_click.setCheckable(True)
        self.by_click.setToolTip(tr("On the map: left click accepts a proposal, right click rejects it"))
        self.all.clicked.connect(self.accept_all)
        self.none.clicked.connect(self.reject_all)
        self.by_click.clicked.connect(self._click_chosen)
        confidence, decide = QHBoxLayout(), QHBoxLayout()
        for part in (QLabel(tr("Confidence from")), self.slider, self.limit):
            confidence.addWidget(part)
        for part in (self.by_click, self.none):
            decide.addWidget(part)
        column = QVBoxLayout(self.open)
        column.addLayout(confidence)
        column.addWidget(self.classes)
        column.addWidget(self.all)
        column.addLayout(decide)
        return self.open

    def suggest(self):
        """Run the model over what the map shows."""
        raster = self.pane.raster_layer
        if raster is None:
            self.tell(tr("There is no raster to label: choose one above."))
            return
        model = self.model.filePath().strip()
        if not model:
            self.tell(tr("No model is chosen: choose a package (.dlpk or .emd) of a model that detects objects."))
            return
        part = view.visible_part(self.canvas, raster)
        if part.isEmpty():
            self.tell(tr("The map shows nothing of {}: zoom to the layer first.").format(raster.name()))
            return
        self.forget()
        QgsSettings().setValue(SETTING, model)
        self.folder = tempfile.mkdtemp(prefix="suggested-")
        values = {
            "in_raster": raster,
            "in_model_definition": model,
            "out_detected_objects": os.path.join(self.folder, "suggested.gpkg"),
            "arguments": f"threshold {LOWEST / 100:g}",
            "extent": view.run_extent(part),
        }
        self.tell(tr("The model looks at this view…"))
        run = self.runs.start(
            TOOL, values, lambda outputs: self.show_detections(outputs["out_detected_objects"]), self._failed
        )
        if run is not None:
            self.progress.setRange(0, 0)
            run.feedback.progressChanged.connect(self._progress)
        self._show()

    def show_detections(self, path):
        """Propose what a model has found.

        Args:
            path: A layer that Detect Objects has written, in the CRS of the raster.
        """
        found = read_proposals(path)
        single = without_doubles(found)
        fresh = without_known(single, self.pane.samples)
        self.classes.show_classes((proposal.name, proposal.value, proposal.color) for proposal in fresh)
        self.proposals.replace(fresh)
        known = len(single) - len(fresh)
        if not found:
            self.tell(
                tr(
                    "The model found nothing here of {} % confidence or more: move the map or try another model."
                ).format(LOWEST)
            )
        elif not fresh:
            self.tell(tr("All {} objects that the model found are labelled already.").format(known))
        else:
            more = counted(known, " {} more is labelled already.", " {} more are labelled already.") if known else ""
            self.tell(tr("{} found.").format(len(fresh)) + more)

    def cancel(self):
        """Stop the run that is under way."""
        if self.runs.cancel():
            self.tell(tr("Cancelled; nothing was suggested."))
        self._show()

    def accept(self, proposals):
        """Make samples of proposals whose class is taken.

        Args:
            proposals: Which; those of a class that is left out stay open.
        """
        if self.pane.samples is None:
            return
        rows, taken, outside = [], [], 0
        for proposal in proposals:
            if not self.classes.is_taken(proposal.name):
                continue
            taken.append(proposal)
            try:
                rows.append((usable(proposal.geometry, self.pane.raster_layer), proposal))
            except SampleError:
                outside += 1
        left = len(proposals) - len(taken)
        try:
            labelled = [(shape, self.classes.class_of(proposal.name)) for shape, proposal in rows]
            if labelled:
                self.pane.samples.add_many(labelled)
        except ValueError as error:  # of the samples or of the schema
            self.tell(str(error))
            return
        told = tr("{} accepted.").format(len(labelled))
        if left:
            told += counted(
                left,
                " {} is of a class that is left out: choose what it becomes.",
                " {} are of classes that are left out: choose what they become.",
            )
        if outside:
            told += counted(outside, " {} lies outside the raster.", " {} lie outside the raster.")
        self.tell(told)
        self.proposals.take(taken)

    def accept_all(self):
        """Accept all that are shown."""
        self.accept(self.proposals.shown())

    def reject_all(self):
        """Drop all, shown or not."""
        count = len(self.proposals)
        self.proposals.replace(())
        self.tell(tr("{} rejected.").format(count))

    def forget(self):
        """Drop run and proposals: another raster, or another look."""
        self.runs.cancel()
        self.proposals.replace(())
        self.classes.show_classes(())
        self.tell("")
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = ""

    def tell(self, sentence):
        """Show a sentence in the panel."""
        self.said.setText(as_sentence(sentence))

    def _progress(self, percent):
        """Show how far the run is, once it is known."""
        if percent > 0:
            self.progress.setRange(0, 100)
            self.progress.setValue(int(percent))

    def _failed(self, why):
        """Tell why nothing is suggested."""
        self.tell(why)
        self._show()

    def _clicked(self, point, accepted):
        """Accept or reject the proposal at a point."""
        proposal = self.proposals.at(point)
        if proposal is None:
            return
        if accepted:
            self.accept([proposal])
        else:
            self.proposals.take([proposal])
            self.tell(tr("{} rejected.").format(1))

    def _show(self):
        """Show buttons, counts and shapes as they are now."""
        going, shown = self.runs.run is not None, self.proposals.shown()
        self.start.setVisible(not going)
        self.stop.setVisible(going)
        self.progress.setVisible(going)
        self.open.setVisible(bool(len(self.proposals)))
        self.limit.setText(f"{self.slider.value()} %")
        self.all.setText(tr("Accept {} of {}").format(len(shown), len(self.proposals)))
        self.all.setEnabled(bool(shown))
        if not len(self.proposals) and self.by_click.isChecked():
            self.pane.drawing.take("V")
        raster = self.pane.raster_layer
        if raster is None:
            self.drawn.clear()
        else:
            self.drawn.draw(shown, raster.crs(), lambda proposal: self.classes.color_of(proposal.name))

    def _click_chosen(self, on):
        """Take the map tool, or the one that picks samples."""
        drawing = self.pane.drawing
        if not on:
            drawing.take("V")
            return
        if drawing.active() is None:
            drawing.before = self.canvas.mapTool()
        self.canvas.setMapTool(self.click_tool)
