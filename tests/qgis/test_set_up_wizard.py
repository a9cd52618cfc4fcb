"""The dialog of the first run: choices, progress, proof, failure, cancel."""

import shutil
from types import SimpleNamespace

import pytest
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest

from imagery_deep_learning.engine.installation.building import NEEDED
from imagery_deep_learning.gui import first_run
from imagery_deep_learning.gui.running import Told
from imagery_deep_learning.gui.setting_up import choices
from imagery_deep_learning.gui.setting_up.dialog import CHOOSING, ENDED, WORKING, SetUpDialog
from imagery_deep_learning.provider.engine_environment import EngineMissing

pytestmark = pytest.mark.qgis


class Pretended:
    """Stands for a run that takes minutes and gigabytes."""

    def __init__(self, name, parameters, on_done, on_failed):
        self.name, self.parameters, self.on_done, self.on_failed = name, parameters, on_done, on_failed
        self.feedback, self.cancelled = Told(), False

    def cancel(self):
        """End as a cancelled run does."""
        self.cancelled = True
        self.on_failed("the run was cancelled")


@pytest.fixture
def dialog(qgis_iface, monkeypatch, tmp_path):
    """The dialog on a computer without an engine, with room on its disk."""
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=10**12))
    monkeypatch.setenv("IMAGERY_DL_HOME", str(tmp_path / "engine"))
    made = SetUpDialog(qgis_iface, Pretended)
    made.show()
    yield made
    made.close()
    made.deleteLater()


def click(button):
    """Press a button with the mouse."""
    QTest.mouseClick(button, Qt.LeftButton)


def test_the_usual_choices_need_one_click(dialog, tmp_path):
    """Folder, processor, parts and source are filled; the room is said."""
    assert dialog.choices.folder.filePath() == str(tmp_path / "engine")
    assert f"{NEEDED / 1e9:.0f} GB are needed" in dialog.choices.room.text()

    click(dialog.go)

    assert dialog.pages.currentIndex() == WORKING
    assert dialog._run.name == "setupdeeplearningengine"
    wanted = {"engine_folder": "", "processor": "AUTO", "training": True, "transformers": True}
    assert dialog._run.parameters == wanted


def test_what_was_chosen_reaches_the_tool(dialog, tmp_path, provider):
    """And the tool takes it."""
    (tmp_path / "bundle" / "wheels").mkdir(parents=True)
    dialog.choices.folder.setFilePath(str(tmp_path / "elsewhere"))
    dialog.choices.processor.setCurrentIndex(1)
    dialog.choices.parts["transformers"].setChecked(False)
    dialog.choices.source.button(choices.BUNDLE).setChecked(True)
    assert not dialog.go.isEnabled() and "Build Offline Bundle" in dialog.complaint.text()

    dialog.choices.bundle.setFilePath(str(tmp_path / "bundle"))
    click(dialog.go)

    said = dialog._run.parameters
    assert said["engine_folder"] == str(tmp_path / "elsewhere") and said["bundle"] == str(tmp_path / "bundle")
    assert (said["processor"], said["training"], said["transformers"]) == ("CPU", True, False)
    known = {definition.name() for definition in provider.algorithm(dialog._run.name).parameterDefinitions()}
    assert set(said) <= known


def test_an_environment_that_exists_needs_no_room(dialog):
    """Nothing is installed, so neither the folder nor its room matters."""
    dialog.choices.source.button(choices.EXISTING).setChecked(True)

    assert "Nothing is installed" in dialog.choices.room.text()
    assert not dialog.choices.folder.isEnabled() and not dialog.choices.processor.isEnabled()


def test_a_full_disk_is_told_before_anything_begins(dialog, monkeypatch):
    """With what is there and what is needed."""
    monkeypatch.setattr(choices, "NEEDED", 10**18)
    dialog.choices.folder.setFilePath("/")

    assert not dialog.go.isEnabled()
    assert "are free: choose another folder" in dialog.complaint.text()


def test_progress_is_shown_and_the_proof_at_the_end(dialog):
    """The bar never goes back."""
    click(dialog.go)
    feedback = dialog._run.feedback
    feedback.setProgress(40.0)
    feedback.setProgress(12.0)
    feedback.show_step("Installing packages, 12 of 96 done, 1.20 GB written")
    feedback.pushInfo("fetching torch")

    assert dialog.work.bar.value() == 400
    assert "12 of 96" in dialog.work.step.text()
    assert "fetching torch" in dialog.work.lines.toPlainText()

    dialog._run.on_done({"out_device": "CPU: computes rightly, 3.1 tiles a second", "out_python": "/e/bin/python"})

    assert dialog.pages.currentIndex() == ENDED
    assert dialog.title.text() == "The engine works"
    assert "3.1 tiles a second" in dialog.result.text() and "/e/bin/python" in dialog.result.text()


def test_a_failure_is_a_sentence_and_the_way_back(dialog):
    """The choices are as they were."""
    dialog.choices.processor.setCurrentIndex(1)
    click(dialog.go)
    dialog._run.on_failed("the disk is full: free some space")

    assert "The disk is full: free some space." in dialog.result.text()
    assert dialog.report.isVisible()
    click(dialog.go)
    assert dialog.pages.currentIndex() == CHOOSING and dialog.choices.processor.currentIndex() == 1


def test_cancel_stops_the_run(dialog):
    """And says that nothing was changed."""
    click(dialog.go)
    click(dialog.stop)

    assert dialog._run.cancelled
    assert "cancelled" in dialog.result.text() and "unchanged" in dialog.subtitle.text()


def test_a_hidden_dialog_says_the_end_above_the_map(dialog, monkeypatch):
    """Nobody has to wait in front of it."""
    told = []
    monkeypatch.setattr(dialog.iface.messageBar(), "pushMessage", lambda *words: told.append(words), raising=False)
    click(dialog.go)
    click(dialog.later)
    assert not dialog.isVisible() and dialog.is_running()

    dialog._run.on_done({"out_device": "CPU: computes rightly", "out_python": ""})

    assert told[0][:2] == ("The engine works", "CPU: computes rightly")


def test_it_opens_by_itself_once(qgis_iface, monkeypatch, tmp_path):
    """Later a line above the map is enough."""
    from qgis.core import QgsSettings

    def missing():
        raise EngineMissing("none")

    monkeypatch.setenv("IMAGERY_DL_HOME", str(tmp_path / "engine"))
    monkeypatch.setattr(first_run, "find_interpreter", missing)
    opened = []
    monkeypatch.setattr(first_run, "open_set_up", opened.append)
    QgsSettings().remove(first_run.SEEN)

    first_run.show_what_is_missing(qgis_iface)
    first_run.show_what_is_missing(qgis_iface)

    assert opened == [qgis_iface]
