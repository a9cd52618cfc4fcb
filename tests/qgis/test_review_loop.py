"""The loop without the training: what a review writes is taken by the export tool and by the accuracy tool."""

import csv
import time
import xml.etree.ElementTree as ElementTree

import pytest
from osgeo import gdal
from qgis.core import QgsGeometry, QgsProject, QgsRasterLayer, QgsRectangle, QgsVectorLayer
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication

from imagery_deep_learning.gui.review import results_page
from imagery_deep_learning.gui.review.pane import ReviewPane
from imagery_deep_learning.gui.running import Run

from .review_layers import LEFT, TOP, states, write_results

pytestmark = pytest.mark.qgis

CELL = 0.5
TILE, STRIDE = 64, 32
PLACES = ((20, 20), (124, 132), (200, 40), (20, 244), (72, 188), (300, 1))
"""Row and column of the results with ids 1 to 5, 16 pixels wide; the last is added."""


def square(row, col, side=16):
    """Return a square of pixels of the scene on the ground."""
    left, top = LEFT + col * CELL, TOP - row * CELL
    return QgsRectangle(left, top - side * CELL, left + side * CELL, top)


def until(done, seconds=90):
    """Let QGIS work until something is so."""
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.02)
    return done()


def run(name, values):
    """Run a tool as its dialog would and return its outputs."""
    said = []
    Run(name, values, said.append, said.append)
    (outputs,) = until(lambda: said)
    assert isinstance(outputs, dict), outputs
    return outputs


@pytest.fixture
def asked(monkeypatch):
    """Return the tools that were opened, with their values."""
    opened = []
    monkeypatch.setattr(results_page, "open_tool", lambda name, values: opened.append((name, values)))
    return opened


@pytest.fixture
def pane(qgis_iface, qgis_new_project, provider, scene, tmp_path):
    """Return the pane over a scene of which three results are decided and one object was added."""
    raster = QgsRasterLayer(str(scene / "scene.tif"), "scene")
    rows = [("pad", 1, 0.9), ("pad", 1, 0.8), ("pad", 1, 0.7), ("pad", 1, 0.6), ("tank", 2, 0.5)]
    layer = write_results(tmp_path / "found.gpkg", rows, shapes=[square(*place) for place in PLACES[:5]])
    QgsProject.instance().addMapLayers([raster, layer])
    made = ReviewPane(qgis_iface)
    made.layer_choice.choose(layer)
    QTest.mouseClick(made.layer_choice.begin, Qt.LeftButton)
    made.act("accept")
    made.act("accept")
    made.act("reject")
    made.results.tile.setValue(TILE)
    made.results.stride.setValue(STRIDE)
    yield made
    made.close_down()
    made.deleteLater()


def click(pane, button):
    """Click a button of the results and wait until the output is written."""
    QTest.mouseClick(button, Qt.LeftButton)
    assert until(lambda: not pane.results._tasks)


def chips(folder):
    """Return each chip's ground and the frames of its objects in pixels."""
    found = []
    for path in sorted((folder / "images").glob("*.tif")):
        image = gdal.Open(str(path))
        left, cell, _, top, _, _ = image.GetGeoTransform()
        ground = QgsRectangle(left, top - cell * image.RasterYSize, left + cell * image.RasterXSize, top)
        label = folder / "labels" / f"{path.stem}.xml"
        objects = ElementTree.parse(label).getroot().findall("object")  # an empty chip has a label file that says so
        found.append((ground, [one.findtext("name") for one in objects]))
    return found


def test_rejected_places_become_empty_chips(pane, asked, tmp_path):
    """The export gets samples and ground: chips over the rejected result are empty, none shows what is open."""
    click(pane, pane.results.export)
    ((name, values),) = asked
    assert name == "exporttrainingdatafordeeplearning"
    assert values["output_nofeature_tiles"] is True
    run(name, {**values, "out_folder": str(tmp_path / "chips")})

    found = chips(tmp_path / "chips")
    rejected, open_ = square(*PLACES[2]), (square(*PLACES[3]), square(*PLACES[4]))
    over = [objects for ground, objects in found if ground.contains(rejected.center())]
    assert over and not any(over)
    for accepted in PLACES[:2]:
        whole = [objects for ground, objects in found if ground.contains(square(*accepted))]
        assert whole and all(objects == ["1"] for objects in whole)
    for ground, _ in found:
        assert all(ground.intersect(one).isEmpty() for one in open_)


def test_a_rejected_place_at_the_border_has_its_chip(pane, asked, tmp_path):
    """The squares are moved into the raster, where the last chips of a row are pulled back to the edge."""
    layer = pane.store.layer
    corner = QgsGeometry.fromRect(square(240, 304))
    pane.decisions.redraw(3, corner)
    pane.decisions.reject(3)
    click(pane, pane.results.export)
    ((name, values),) = asked
    run(name, {**values, "out_folder": str(tmp_path / "chips")})
    middle = corner.boundingBox().center()
    over = [objects for ground, objects in chips(tmp_path / "chips") if ground.contains(middle)]
    assert over and not any(over)
    assert states(layer)[3] == "rejected"


def test_the_number_of_chips_is_told(pane, asked, tmp_path):
    """As many as the export writes."""
    click(pane, pane.results.export)
    said = pane.results.said.text()
    ((name, values),) = asked
    outputs = run(name, {**values, "out_folder": str(tmp_path / "chips")})
    assert f"{outputs['out_chips']} chips of 64 pixels" in said


def test_samples_are_those_of_the_label_pane(pane):
    """Classname, Classvalue, colour and the pixels they cover."""
    click(pane, pane.results.save_samples)
    samples = pane.results.written["samples"]
    assert samples.source().endswith("found_samples.gpkg|layername=samples")
    assert samples.fields().names() == ["fid", "Classname", "Classvalue", "RED", "GREEN", "BLUE", "Count"]
    rows = [feature.attributes()[1:] for feature in samples.getFeatures()]
    assert [row[:2] + row[5:] for row in rows] == [["pad", 1, 256], ["pad", 1, 256]]
    click(pane, pane.results.save_samples)
    assert pane.results.written["samples"].source().endswith("found_samples_2.gpkg|layername=samples")


def test_results_that_nobody_looked_at_are_kept_when_asked_for(pane):
    """Those at or above the threshold only."""
    pane.page.threshold.setValue(0.6)
    QTest.qWait(400)
    click(pane, pane.results.save_cleaned)
    assert pane.results.written["found_cleaned"].featureCount() == 2
    pane.results.keep_open.setChecked(True)
    click(pane, pane.results.save_cleaned)
    cleaned = pane.results.written["found_cleaned_2"]
    assert [feature["Confidence"] for feature in cleaned.getFeatures()] == [0.9, 0.8, 0.6]
    assert "review" in cleaned.fields().names()


def test_accuracy_of_what_was_reviewed(pane, asked, tmp_path):
    """Detections are judged as the model made them, against what the reviewer made of them."""
    pane.act("accept")
    pane.decisions.relabel(5, "pad", 1)
    moved = QgsGeometry.fromRect(square(20, 248))
    pane.decisions.redraw(4, moved)
    pane.decisions.add(QgsGeometry.fromRect(square(228, 132)), "pad", 1)
    click(pane, pane.results.accuracy)
    ((name, values),) = asked
    assert name == "computeaccuracyforobjectdetection"
    table = tmp_path / "accuracy.csv"
    run(name, {**values, "out_accuracy_table": str(table), "bootstrap_samples": 0})
    with table.open() as stream:
        rows = {row["Class"]: row for row in csv.DictReader(stream)}
    counts = [int(rows["1"][column]) for column in ("True_Positive", "False_Positive", "False_Negative")]
    # right: 1, 2 and 4 (redrawn by 4 of 16 pixels: IoU 0.6); wrong: 3; missed: the added one and 5, found as tank
    assert counts == [3, 1, 2]
    assert int(rows["2"]["False_Positive"]) == 1


def test_an_export_without_a_sample_is_told_before(pane, asked):
    """An export needs a sample; the page says so instead of opening it."""
    for _ in range(3):
        pane.act("undo")
    pane.act("reject")
    click(pane, pane.results.export)
    assert asked == []
    assert "Accept or add at least one object" in pane.results.said.text()


def test_a_folder_that_cannot_be_written_is_told(pane, monkeypatch, tmp_path):
    """One sentence, and nothing half written."""
    monkeypatch.setattr(results_page, "output_place", lambda layer: (str(tmp_path / "none"), "found"))
    click(pane, pane.results.save_cleaned)
    assert "was not written" in pane.results.said.text()
    assert "choose another folder" in pane.results.said.text()
    assert not list(tmp_path.glob("**/*.partial*"))


def test_outputs_are_layers_of_the_project(pane):
    """They arrive with their names."""
    click(pane, pane.results.save_truth)
    names = {layer.name() for layer in QgsProject.instance().mapLayers().values()}
    assert {"found_truth ground_truth", "found_truth detections"} <= names
    truth = QgsVectorLayer(pane.results.written["ground_truth"].source(), "again", "ogr")
    assert truth.featureCount() == 2
