"""Picking segments in the label pane with mouse and keys: computed for the view, or of a layer of the user's."""

import processing
import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import Qt

from imagery_deep_learning.gui.labels.pane import LabelPane
from imagery_deep_learning.gui.labels.segment_sources import ComputedSegments

from .map_events import Map, until

pytestmark = pytest.mark.qgis

LEFT, TOP = 500_000.0, 4_650_000.0
PAD = (LEFT + 14, TOP - 14)
"""The middle of the first bright square of the scene, 8 m wide."""


@pytest.fixture
def raster(scene, tmp_path):
    """Return the scene in a folder of its own, so that samples lie there."""
    (tmp_path / "scene.tif").write_bytes((scene / "scene.tif").read_bytes())
    layer = QgsRasterLayer(str(tmp_path / "scene.tif"), "scene")
    QgsProject.instance().addMapLayer(layer)
    yield layer
    QgsProject.instance().clear()


@pytest.fixture
def pane(provider, qgis_iface, raster):
    """Return the pane, shown, on the scene."""
    pane = LabelPane(qgis_iface)
    pane.show()
    pane.source.layers.setLayer(raster)
    pane.set_raster(raster)
    yield pane
    pane.close_down()
    pane.deleteLater()


@pytest.fixture
def ground(pane, raster):
    """Return the map, which shows the upper left part of the scene."""
    ground = Map(pane.canvas, raster)
    extent = raster.extent()
    extent.setXMaximum(LEFT + 60)
    extent.setYMinimum(TOP - 60)
    pane.canvas.setExtent(extent)
    return ground


@pytest.fixture(scope="session")
def segments(provider, scene, tmp_path_factory):
    """Return polygons and raster of the scene's segments."""
    folder = tmp_path_factory.mktemp("segments")
    return processing.run(
        "deeplearning:segmentimage",
        {
            "in_raster": str(scene / "scene.tif"),
            "segment_size": 8,
            "out_segments": str(folder / "segments.gpkg"),
            "out_segment_raster": str(folder / "numbers.tif"),
        },
    )


def with_computed(pane):
    """Take the tool and wait for the segments of the view."""
    pane.segments.size.setValue(8)
    pane.drawing.actions["S"].trigger()
    assert until(lambda: isinstance(pane.segments.tool.source, ComputedSegments)), pane.status.text()


def samples(pane):
    """Return the samples' shapes."""
    return [feature.geometry() for feature in pane.samples.features()]


def test_a_drag_over_segments_of_the_view_becomes_one_sample(pane, ground):
    """They are computed when the tool is taken; Enter saves what was passed with the chosen class."""
    with_computed(pane)
    ground.drag(PAD, (PAD[0] + 5, PAD[1] - 8), (PAD[0] + 12, PAD[1] - 8))
    assert len(pane.segments.tool.taken) > 1
    ground.key(Qt.Key_Return)

    (shape,) = samples(pane)
    assert shape.boundingBox().width() > 5
    assert pane.samples.features()[0]["Classname"] == "Object"
    assert pane.segments.tool.taken == {}


def test_clicks_pick_and_ctrl_adds_and_drops(pane, ground):
    """A click begins anew, Ctrl adds, Ctrl on a taken one drops it, Backspace the last, Escape all."""
    with_computed(pane)
    tool = pane.segments.tool
    places = [(LEFT + 5, TOP - 40), (LEFT + 25, TOP - 40), (LEFT + 45, TOP - 40)]
    ground.click(*places[0])
    (first,) = tool.taken
    ground.click(*places[1])
    assert first not in tool.taken and len(tool.taken) == 1
    ground.click(*places[0], modifiers=Qt.ControlModifier)
    ground.click(*places[2], modifiers=Qt.ControlModifier)
    assert len(tool.taken) == 3
    ground.click(*places[0], modifiers=Qt.ControlModifier)
    assert len(tool.taken) == 2 and first not in tool.taken
    ground.key(Qt.Key_Backspace)
    assert len(tool.taken) == 1
    ground.key(Qt.Key_Escape)
    assert tool.taken == {}
    ground.key(Qt.Key_Return)
    assert samples(pane) == []


def test_the_right_button_saves_and_undo_takes_it_back(pane, ground):
    """As for every other sample."""
    with_computed(pane)
    ground.hover(*PAD)
    ground.click(*PAD)
    ground.click(*PAD, button=Qt.RightButton)
    assert len(samples(pane)) == 1
    ground.key(Qt.Key_Z, Qt.ControlModifier)
    assert samples(pane) == []


def test_a_click_outside_of_the_segments_computes_those_of_the_new_view(pane, ground, raster):
    """After the map was moved."""
    with_computed(pane)
    before = pane.segments.tool.source
    extent = raster.extent()
    extent.setXMinimum(LEFT + 90)
    pane.canvas.setExtent(extent)
    ground.click(LEFT + 120, TOP - 100)
    assert until(lambda: pane.segments.tool.source not in (None, before))
    assert pane.segments.tool.source.at(ground.canvas.center()) is not None


def test_a_view_beside_the_raster_is_told(pane, ground, raster):
    """In a sentence of the pane; nothing is run."""
    extent = raster.extent()
    extent.setXMinimum(LEFT + 5000)
    extent.setXMaximum(LEFT + 5100)
    pane.canvas.setExtent(extent)
    pane.drawing.actions["S"].trigger()
    assert until(lambda: pane.status.text() == "The map shows nothing of scene: zoom to the layer first", 5)
    assert pane.segments.runs.run is None


def test_a_cancelled_run_leaves_no_segments(pane, ground):
    """The line above the map goes, and nothing comes later."""
    pane.drawing.actions["S"].trigger()
    assert until(lambda: pane.segments.runs.run is not None, 5)
    pane.segments.waiting.button.click()
    assert pane.segments.runs.run is None and pane.segments.waiting is None
    until(lambda: False, 2)
    assert pane.segments.tool.source is None


@pytest.mark.parametrize("crs", ["EPSG:32633", "EPSG:3857"])
def test_polygons_of_a_layer_are_picked_in_any_crs(pane, ground, segments, tmp_path, crs):
    """The sample lies where the polygon is."""
    path = str(tmp_path / "mine.gpkg")
    processing.run(
        "native:reprojectlayer",
        {"INPUT": segments["out_segments"], "TARGET_CRS": QgsCoordinateReferenceSystem(crs), "OUTPUT": path},
    )
    layer = QgsVectorLayer(path, "mine")
    QgsProject.instance().addMapLayer(layer)
    pane.segments.layer.setLayer(layer)
    pane.drawing.actions["S"].trigger()
    ground.click(*PAD)
    ground.key(Qt.Key_Return)

    (shape,) = samples(pane)
    assert shape.contains(QgsGeometry.fromPointXY(QgsPointXY(*PAD)))
    assert 4 < shape.area() < 80


def test_areas_of_a_raster_are_picked(pane, ground, segments):
    """The same areas as those of the polygons, along the pixels' edges."""
    layer = QgsRasterLayer(segments["out_segment_raster"], "numbers")
    QgsProject.instance().addMapLayer(layer)
    pane.segments.layer.setLayer(layer)
    pane.drawing.actions["S"].trigger()
    ground.drag((PAD[0] - 2, PAD[1]), (PAD[0] + 2, PAD[1]))
    ground.key(Qt.Key_Return)

    (shape,) = samples(pane)
    assert shape.contains(QgsGeometry.fromPointXY(QgsPointXY(*PAD)))
    cells = shape.area() / 0.25
    assert cells == pytest.approx(round(cells))


def test_a_removed_layer_gives_no_more_segments(pane, ground, segments):
    """And a removed raster leaves nothing behind."""
    layer = QgsVectorLayer(segments["out_segments"], "mine")
    QgsProject.instance().addMapLayer(layer)
    pane.segments.layer.setLayer(layer)
    pane.drawing.actions["S"].trigger()
    ground.click(*PAD)
    QgsProject.instance().removeMapLayer(layer.id())
    assert pane.segments.layer.currentLayer() is None
    assert pane.segments.tool.taken == {}
    QgsProject.instance().removeMapLayer(pane.raster_layer.id())
    ground.click(*PAD)
    ground.key(Qt.Key_Return)
    assert pane.samples is None
