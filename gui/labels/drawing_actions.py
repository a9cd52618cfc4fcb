"""The buttons and keys of the drawing tools, and what becomes of a shape that was drawn."""

from __future__ import annotations

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QAction, QActionGroup, QMessageBox

from ...provider.words import counted, marked, tr
from .looks import icon
from .map_tools import CircleTool, DrawingTool, LassoTool, PolygonTool, RectangleTool
from .sample_files import SampleError
from .select_tool import SelectTool

TOOLS = (
    ("V", marked("Select samples"), "label_select", SelectTool),
    ("R", marked("Rectangle: drag, or two clicks"), "label_rectangle", RectangleTool),
    ("P", marked("Polygon: click corners; right or double click ends it"), "label_polygon", PolygonTool),
    ("C", marked("Circle: drag from the middle, or two clicks"), "label_circle", CircleTool),
    ("L", marked("Lasso: hold the button down and draw"), "label_lasso", LassoTool),
)
"""Key, what it does, icon, class."""


class DrawingActions:
    """The drawing tools of a pane.

    Attributes:
        tools: Key to map tool.
        actions: Key to the button of the tool.
    """

    def __init__(self, pane):
        """Add the tools to the toolbar and the keyboard of a pane."""
        self.pane = pane
        self.tools, self.actions = {}, {}
        self.before = None
        group = QActionGroup(pane)
        for key, what, picture, make in TOOLS:
            tool = make(pane, pane.canvas)
            tool.drawn.connect(self.save)
            action = QAction(icon(picture), f"{tr(what)} ({key})", pane)
            action.setCheckable(True)
            group.addAction(action)
            pane.tools_row.addAction(action)
            tool.setAction(action)
            action.triggered.connect(lambda _=False, key=key: self.take(key))
            pane.keyboard.add((key,), tr(what).split(":")[0].strip(), lambda key=key: self.take(key))
            self.tools[key], self.actions[key] = tool, action
        pane.tools_row.addSeparator()
        self.undo_action = self._action("mActionUndo.svg", tr("Undo (Ctrl+Z)"), self.undo)
        self.redo_action = self._action("mActionRedo.svg", tr("Redo (Ctrl+Y)"), self.redo)
        self.delete_action = self._action(
            "mActionDeleteSelected.svg", tr("Delete the selected samples (Delete)"), self.delete
        )
        self.keys_action = self._action("mActionHelpContents.svg", tr("Keys (F1)"), self.show_keys)
        self._add_keys()

    def take(self, key):
        """Draw with a tool from now on."""
        canvas = self.pane.canvas
        if not isinstance(canvas.mapTool(), DrawingTool):
            self.before = canvas.mapTool()
        tool = self.tools[key]
        if canvas.mapTool() is tool:
            canvas.unsetMapTool(tool)  # from QGIS 3.40 on a tool that is taken again is not told so by itself
        canvas.setMapTool(tool)
        canvas.setFocus()
        self.pane.tell("" if key == "V" else self.actions[key].text().rpartition(" (")[0] + ".")

    def active(self):
        """Return the tool that is drawing, None when the map has another."""
        tool = self.pane.canvas.mapTool()
        return tool if isinstance(tool, DrawingTool) else None

    def save(self, shape):
        """Save a shape that was drawn as a sample of the current class."""
        try:
            self.pane.samples.add(shape, self.pane.current_class())
            self.pane.tell("")
        except SampleError as error:
            self.pane.tell(str(error), bad=True)

    def cancel(self):
        """Drop the shape that is being drawn; returns whether there was one."""
        tool = self.active()
        return tool is not None and tool.cancel()

    def undo(self):
        """Take the last step back, on the image where it was done."""
        self._step(self.pane.samples.undo, tr("Nothing to take back."))

    def redo(self):
        """Do the last step again, on the image where it was done."""
        self._step(self.pane.samples.redo, tr("Nothing to do again."))

    def delete(self):
        """Delete the selected samples; while a polygon is drawn, take its last corner back."""
        tool = self.active()
        if tool is not None and tool.points:
            tool.step_back()
            return
        samples = self.pane.samples
        ids = samples.layer.selectedFeatureIds() if samples is not None and samples.exists else []
        if not ids:
            self.pane.tell(tr("No sample is selected: pick some with the arrow (V)."))
            return
        try:
            samples.remove(ids)
        except SampleError as error:
            self.pane.tell(str(error), bad=True)
            return
        self.pane.tell(
            counted(
                len(ids), "{} sample deleted; Ctrl+Z brings it back.", "{} samples deleted; Ctrl+Z brings them back."
            )
        )

    def enable(self):
        """Offer what is possible now."""
        samples = self.pane.samples
        self.undo_action.setEnabled(samples is not None and samples.can_undo())
        self.redo_action.setEnabled(samples is not None and samples.can_redo())
        self.delete_action.setEnabled(samples is not None and samples.exists)
        for action in self.actions.values():
            action.setEnabled(samples is not None)

    def release(self):
        """Give the map the tool back that it had before."""
        if self.active() is not None:
            self.cancel()
            self.pane.canvas.unsetMapTool(self.active())
            if self.before is not None:
                self.pane.canvas.setMapTool(self.before)

    def show_keys(self):
        """Show the list of keys."""
        rows = "".join(
            f"<tr><td><b>{keys}</b>&nbsp;&nbsp;&nbsp;</td><td>{what}</td></tr>"
            for keys, what in self.pane.keyboard.rows
        )
        box = QMessageBox(self.pane)
        box.setWindowTitle(tr("Keys of Label Objects"))
        box.setTextFormat(Qt.RichText)
        box.setText(f"<table cellspacing='3'>{rows}</table>")
        box.setInformativeText(tr("They work on the map and in the pane. Hold the space bar to move the map."))
        box.setAttribute(Qt.WA_DeleteOnClose)
        box.setModal(False)
        box.show()
        return box

    def _action(self, picture, text, act):
        """Add a button to the toolbar."""
        action = QAction(icon(picture), text, self.pane)
        action.triggered.connect(lambda _=False: act())
        self.pane.tools_row.addAction(action)
        return action

    def _step(self, step, nothing):
        """Take a step back or again, and show the image that it touched."""
        try:
            touched = step()
        except SampleError as error:
            self.pane.tell(str(error), bad=True)
            return
        self.pane.tell("" if touched else nothing)
        folder = self.pane.folder
        names = [feature["ImageName"] for feature in touched] if folder is not None else []
        if names and folder.name not in names and names[0] in folder.names:
            self.pane.source.images.setCurrentIndex(folder.names.index(names[0]))

    def _add_keys(self):
        """Add the keys that belong to no button of a tool."""
        pane, keyboard = self.pane, self.pane.keyboard
        for number in range(10):
            keyboard.acts[str((number + 1) % 10)] = lambda number=number: pane.editor.choose_number(number)
        keyboard.rows.insert(0, ("1 … 9, 0", tr("Choose one of the first ten classes")))
        keyboard.add((",",), tr("Choose the class before"), lambda: pane.editor.step(-1), "comma")
        keyboard.add((".",), tr("Choose the class after"), lambda: pane.editor.step(1), tr("full stop"))
        keyboard.add(
            ("Return", "Enter"), tr("End the polygon; label the whole image and go on (folder)"), self._enter, "Enter"
        )
        keyboard.add(("Esc",), tr("Drop the shape; select nothing"), self._escape)
        keyboard.add(("Backspace",), tr("Take the last corner back"), self.delete)
        keyboard.add(("Del",), tr("Delete the selected samples"), self.delete)
        keyboard.add(("A",), tr("Give the selected samples the chosen class"), self._assign)
        keyboard.add(("Ctrl+Z",), tr("Undo"), self.undo)
        keyboard.add(("Ctrl+Y", "Ctrl+Shift+Z"), tr("Redo"), self.redo)
        keyboard.add(("N",), tr("Next image (folder)"), lambda: pane.step_image(1))
        keyboard.add(("B",), tr("Previous image (folder)"), lambda: pane.step_image(-1))
        keyboard.add(("W",), tr("Give the whole image the chosen class (folder)"), self._label_image)
        keyboard.add(("F1",), tr("Show the keys"), self.show_keys)

    def _enter(self):
        """End a polygon; in a folder of images label the whole image and go on."""
        tool = self.active()
        if tool is not None and tool.points:
            return tool.finish() or True
        if self.pane.folder is None or not self.pane.actions_of_samples.label_image():
            return False
        return self.pane.step_image(1)

    def _escape(self):
        """Drop the shape that is drawn, or else the selection."""
        if not self.cancel() and self.pane.samples.exists:
            self.pane.samples.layer.removeSelection()

    def _assign(self):
        """Give the selected samples the chosen class."""
        self.pane.actions_of_samples.assign()

    def _label_image(self):
        """Label the whole image; without a folder the key is QGIS's."""
        return self.pane.folder is not None and (self.pane.actions_of_samples.label_image() or True)
