"""Running a tool in the background for a pane."""

import time

import pytest
from qgis.PyQt.QtWidgets import QApplication

from imagery_deep_learning.gui.running import Run

pytestmark = pytest.mark.qgis


def until(said, seconds=60):
    """Let QGIS work until something was said."""
    end = time.monotonic() + seconds
    while not said and time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.02)
    return said


def test_outputs_come_back(provider, scene, tmp_path):
    """The pane gets what the tool returned."""
    said, steps = [], []
    target = tmp_path / "thinned.gpkg"
    values = {"in_featureclass": str(scene / "found.gpkg"), "confidence_score_field": "Confidence"}
    run = Run("nonmaximumsuppression", {**values, "out_featureclass": str(target)}, said.append, said.append)
    run.feedback.step.connect(steps.append)

    (outputs,) = until(said)
    assert run.feedback.errors == []
    assert steps, "what is being done is told from the thread that runs the tool"
    assert outputs["out_featureclass"].startswith(str(target))


def test_a_refusal_comes_back_as_its_sentence(provider, tmp_path):
    """The pane gets the tool's own sentence, at once or from the engine."""
    said = []
    Run("nonmaximumsuppression", {"in_featureclass": str(tmp_path / "none.gpkg")}, said.append, said.append)
    assert "none.gpkg" in until(said)[0] or "missing" in said[0]

    said.clear()
    (tmp_path / "empty").mkdir()
    Run(
        "inspecttrainingdata",
        {"in_folder": str(tmp_path / "empty"), "out_report": str(tmp_path / "r.html")},
        said.append,
        said.append,
    )
    assert str(tmp_path / "empty") in until(said)[0]
