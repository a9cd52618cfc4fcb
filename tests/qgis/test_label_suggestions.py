"""Suggest labels: a model looks at the view, its detections are accepted, rejected and given classes of the schema."""

import subprocess

import processing
import pytest
from qgis.core import QgsGeometry, QgsPointXY, QgsProject, QgsRasterLayer
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest

from imagery_deep_learning.gui.labels.pane import LabelPane
from imagery_deep_learning.gui.labels.proposals import Proposal, without_doubles
from imagery_deep_learning.gui.labels.schema import LabelClass, Schema

from .conftest import ENGINE, ROOT
from .map_events import Map, until

pytestmark = [pytest.mark.qgis, pytest.mark.slow]

LOW = 10
"""Confidence in percent at which the hurriedly trained model finds the squares."""


@pytest.fixture(scope="session")
def squares(tmp_path_factory):
    """Return a folder with a model that finds squares of two classes, and a raster with some."""
    folder = tmp_path_factory.mktemp("squares")
    subprocess.run([str(ENGINE), str(ROOT / "tests" / "make_detector.py"), str(folder)], check=True, cwd=ROOT)
    return folder


@pytest.fixture(scope="session")
def detections(provider, squares):
    """Return what the model finds on the whole raster, as a run of the panel writes it."""
    values = {
        "in_raster": str(squares / "squares.tif"),
        "in_model_definition": str(squares / "squares" / "squares.dlpk"),
        "out_detected_objects": str(squares / "found.gpkg"),
        "arguments": f"threshold {LOW / 100}",
    }
    return processing.run("deeplearning:detectobjectsusingdeeplearning", values)["out_detected_objects"]


@pytest.fixture
def pane(provider, qgis_iface, squares, tmp_path):
    """Return the pane on the raster, in a folder of its own, with a class that the model knows and one it does not."""
    (tmp_path / "scene.tif").write_bytes((squares / "squares.tif").read_bytes())
    raster = QgsRasterLayer(str(tmp_path / "scene.tif"), "scene")
    QgsProject.instance().addMapLayer(raster)
    pane = LabelPane(qgis_iface)
    pane.show()
    pane.source.layers.setLayer(raster)
    pane.set_raster(raster)
    pane.editor.replace(Schema("test", [LabelClass("Pad", 7, (1, 2, 3)), LabelClass("Tree", 2)]))
    pane.suggestions.model.setFilePath(str(squares / "squares" / "squares.dlpk"))
    yield pane
    pane.close_down()
    pane.deleteLater()
    QgsProject.instance().clear()


@pytest.fixture
def ground(pane):
    """Return the map, which shows the whole raster."""
    return Map(pane.canvas, pane.raster_layer)


def suggested(panel, detections):
    """Propose what the model finds, however unsure."""
    panel.show_detections(detections)
    assert len(panel.proposals), panel.said.text()
    panel.slider.setValue(LOW)


def names(pane):
    """Return the classes of the samples."""
    return sorted({feature["Classname"] for feature in pane.samples.features()})


def test_all_that_is_shown_becomes_samples_of_the_schema(pane, ground):
    """Classes of the same name are found in any case, others are added with the model's colour, as one undo step."""
    panel = pane.suggestions
    QTest.mouseClick(panel.start, Qt.LeftButton)
    assert until(lambda: panel.runs.run is None, 180)
    shown = panel.proposals.shown()
    assert len(shown) == 16, panel.said.text()
    assert panel.all.text() == f"Accept {len(shown)} of {len(panel.proposals)}"
    assert len(panel.drawn.bands) == len({proposal.name for proposal in shown})
    QTest.mouseClick(panel.all, Qt.LeftButton)

    features = pane.samples.features()
    assert len(features) == len(shown)
    assert names(pane) == ["Pad", "Red roof"]
    by_name = {feature["Classname"]: feature for feature in features}
    assert by_name["Pad"]["Classvalue"] == 7 and by_name["Pad"]["RED"] == 1
    roof = pane.schema.by_name("Red roof")
    assert roof.value == 8 and roof.color == (200, 40, 40)  # the model's 2 is taken by Tree
    assert by_name["Red roof"]["Classvalue"] == 8
    assert all(feature["Count"] > 0 for feature in features)
    assert not len(panel.proposals) and panel.drawn.bands == []
    ground.key(Qt.Key_Z, Qt.ControlModifier)
    assert pane.samples.features() == []


def test_a_higher_threshold_shows_fewer(pane, ground, detections):
    """The count follows the slider; what is below stays open."""
    panel = pane.suggestions
    suggested(panel, detections)
    everything = len(panel.proposals.shown())
    sure = sorted(proposal.confidence for proposal in panel.proposals.shown())
    panel.slider.setValue(round(100 * sure[len(sure) // 2]))
    assert 0 < len(panel.proposals.shown()) < everything
    panel.slider.setValue(100)
    assert not panel.all.isEnabled() and panel.drawn.bands == []
    panel.slider.setValue(LOW)
    assert len(panel.proposals.shown()) == everything


def test_clicks_accept_and_reject(pane, ground, detections):
    """Left makes a sample where the proposal lies, right drops it; the tool goes when none is left."""
    panel = pane.suggestions
    suggested(panel, detections)
    count = len(panel.proposals)
    first, second = (proposal.geometry.centroid().asPoint() for proposal in panel.proposals.shown()[:2])
    QTest.mouseClick(panel.by_click, Qt.LeftButton)
    assert pane.canvas.mapTool() is panel.click_tool
    ground.click(first.x(), first.y())
    (sample,) = pane.samples.features()
    assert sample.geometry().contains(QgsGeometry.fromPointXY(QgsPointXY(first)))
    ground.click(second.x(), second.y(), button=Qt.RightButton)
    assert len(pane.samples.features()) == 1
    assert len(panel.proposals) == count - 2
    QTest.mouseClick(panel.none, Qt.LeftButton)
    assert len(panel.proposals) == 0 and pane.canvas.mapTool() is not panel.click_tool


def test_classes_may_be_left_out_or_become_others(pane, ground, detections):
    """As chosen in the boxes; what is left out stays open and is told."""
    panel = pane.suggestions
    suggested(panel, detections)
    boxes = panel.classes.boxes
    boxes["pad"].setCurrentText("leave out")
    boxes["Red roof"].setCurrentText("Tree")
    left = sum(proposal.name == "pad" for proposal in panel.proposals.shown())
    panel.accept_all()
    assert names(pane) == ["Tree"]
    assert len(panel.proposals.shown()) == left
    assert f"{left} are of classes that are left out" in panel.said.text()


def test_what_is_labelled_already_is_not_proposed_again(pane, ground, detections):
    """A second look at the same view has nothing new."""
    panel = pane.suggestions
    suggested(panel, detections)
    panel.accept_all()
    count = len(pane.samples.features())
    panel.show_detections(detections)
    assert not len(panel.proposals)
    assert len(pane.samples.features()) == count
    assert f"All {count} objects that the model found are labelled already" in panel.said.text()


def test_a_run_can_be_cancelled(pane, ground):
    """Nothing comes of it."""
    panel = pane.suggestions
    QTest.mouseClick(panel.start, Qt.LeftButton)
    assert panel.stop.isVisibleTo(panel) and not panel.start.isVisibleTo(panel)
    QTest.mouseClick(panel.stop, Qt.LeftButton)
    assert panel.said.text() == "Cancelled; nothing was suggested."
    until(lambda: False, 3)
    assert not len(panel.proposals) and panel.start.isVisibleTo(panel)


def test_what_cannot_be_done_is_told_in_a_sentence(pane, ground, tmp_path):
    """No model, no such model, a file that is none, a view beside the raster."""
    panel = pane.suggestions
    panel.model.setFilePath("")
    panel.suggest()
    assert panel.said.text().startswith("No model is chosen: choose a package")
    (tmp_path / "broken.dlpk").write_text("nothing")
    for name in ("missing.dlpk", "broken.dlpk"):
        panel.model.setFilePath(str(tmp_path / name))
        panel.suggest()
        assert until(lambda: panel.runs.run is None, 60)
        assert name in panel.said.text() and "Traceback" not in panel.said.text()
    extent = pane.raster_layer.extent()
    extent.setXMinimum(extent.xMaximum() + 500)
    extent.setXMaximum(extent.xMinimum() + 100)
    pane.canvas.setExtent(extent)
    panel.suggest()
    assert panel.said.text() == "The map shows nothing of scene: zoom to the layer first."


def test_a_removed_raster_takes_its_proposals_with_it(pane, ground):
    """Also while the model looks at it."""
    panel = pane.suggestions
    panel.proposals.replace([square(1, 0, 0, 0.9)])
    QgsProject.instance().removeMapLayer(pane.raster_layer.id())
    assert not len(panel.proposals) and panel.drawn.bands == []
    panel.suggest()
    assert panel.said.text().startswith("There is no raster to label")


def square(number, x, y, confidence, name="pad"):
    """Return a proposal 10 wide."""
    shape = QgsGeometry.fromWkt(f"POLYGON(({x} {y},{x + 10} {y},{x + 10} {y + 10},{x} {y + 10},{x} {y}))")
    return Proposal(number, shape, name, 1, confidence, None)


def test_of_two_proposals_for_one_object_the_surer_is_kept():
    """Whatever their classes; neighbours and far ones stay."""
    found = [square(1, 0, 0, 0.9), square(2, 1, 1, 0.8, "roof"), square(3, 8, 0, 0.7), square(4, 50, 0, 0.1)]
    assert [proposal.number for proposal in without_doubles(found)] == [1, 3, 4]
