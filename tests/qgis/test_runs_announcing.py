"""What is said above the map when a run begins or ends, with real messages and buttons."""

import threading

import pytest
from qgis.gui import QgsMessageBar
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QPushButton

from imagery_deep_learning.gui.menu import PANES
from imagery_deep_learning.gui.runs import opening
from imagery_deep_learning.gui.runs.announcing import TITLE, Announcer
from imagery_deep_learning.gui.runs.pane import RunsPane
from imagery_deep_learning.provider.run_records import Recorder

pytestmark = pytest.mark.usefixtures("provider")


class Window:
    """QGIS's interface as far as a message needs it."""

    def __init__(self):
        """Have a message bar."""
        self.bar = QgsMessageBar()
        self.bar.resize(800, 60)

    def messageBar(self):
        """Return the bar."""
        return self.bar

    def mainWindow(self):
        """Return no window."""
        return None


class Menu:
    """The plugin's menu as far as a message needs it."""

    def __init__(self, window):
        """Have no open pane."""
        self.window, self.panes = window, {}

    def open(self, entry):
        """Open a pane."""
        return self.panes.setdefault(entry.title, entry.make(self.window))


@pytest.fixture
def window(qgis_app, tmp_path, monkeypatch):
    """Return an interface that hears of runs, whose records are kept for this test only."""
    for module in ("run_records", "run_list"):
        monkeypatch.setattr(f"imagery_deep_learning.provider.{module}.folder", lambda: str(tmp_path / "runs"))
    made = Window()
    made.menu = Menu(made)
    made.announcer = Announcer(made, made.menu)
    yield made
    made.announcer.stop()
    for pane in made.menu.panes.values():
        pane.close_down()


def said(window):
    """Return the present message and its buttons by text."""
    QApplication.processEvents()
    item = window.bar.currentItem()
    if item is None:
        return "", {}
    return item.text(), {button.text(): button for button in item.findChildren(QPushButton)}


def recorder(tool, subject="desert"):
    """Return a recorder."""
    return Recorder(tool, tool, {}, {}, subject)


def test_the_pane_is_in_the_menu():
    """Under the title that messages open it by."""
    assert TITLE in [entry.title for entry in PANES]


def test_a_training_can_be_watched_from_its_first_moment(window):
    """The button opens the pane at the training."""
    with recorder("train_model", "chips") as record:
        text, buttons = said(window)
        assert text == "Train model: chips has begun."
        QTest.mouseClick(buttons["Show Progress"], Qt.LeftButton)
        pane = window.menu.panes[TITLE]
        assert isinstance(pane, RunsPane) and pane.current().path == record.path


def test_a_report_is_opened_on_request(window, tmp_path, monkeypatch):
    """Nothing opens by itself; the message of the run before goes."""
    opened = []
    monkeypatch.setattr(opening, "open_path", opened.append)
    report = tmp_path / "accuracy.pdf"
    report.write_bytes(b"%PDF")
    for _ in range(2):
        with recorder("compute_accuracy") as record:
            record.outputs = {"out_accuracy_report": str(report)}
        text, buttons = said(window)
    assert text.startswith("Accuracy: desert. Done in")
    assert opened == [] and len(window.bar.items()) == 1
    QTest.mouseClick(buttons["Open Report"], Qt.LeftButton)
    assert opened == [str(report)]


def test_a_run_without_a_report_says_nothing(window):
    """Its layers are there to see."""
    with recorder("detect_objects"):
        pass
    assert said(window) == ("", {})


def test_runs_in_other_threads_are_heard_too(window, tmp_path):
    """Widgets are touched in the main thread only."""
    (tmp_path / "r.html").write_text("")

    def work():
        with recorder("inspect_training_data", "chips") as record:
            record.outputs = {"out_report": str(tmp_path / "r.html")}

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert said(window)[0].startswith("Inspect chips: chips. Done in")
