"""Label Objects: samples drawn with mouse and keys, saved as they are drawn."""

import os
import signal
import sqlite3
import subprocess
import sys

import pytest
from qgis.core import QgsGeometry, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import Qt

from tests.qgis.labelling import CELL, LEFT, TOP, click, drag, open_pane, press, write_image

pytestmark = pytest.mark.qgis

FIELDS = ["fid", "Classname", "Classvalue", "RED", "GREEN", "BLUE", "Count"]


@pytest.fixture
def pane(qgis_iface, tmp_path):
    """Return a pane that labels an image of 320 x 256 pixels."""
    with open_pane(qgis_iface, write_image(tmp_path / "image.tif")) as opened:
        yield opened


def saved(pane):
    """Return class name, class value and pixels of each sample, as another program reads the file."""
    query = "SELECT Classname, Classvalue, Count FROM samples ORDER BY fid"
    with sqlite3.connect(f"file:{pane.samples.path}?mode=ro", uri=True) as file:
        return file.execute(query).fetchall()


def box_of(pane):
    """Return the frame of the last sample in pixels of the image: left, top, right, bottom."""
    box = pane.samples.features()[-1].geometry().boundingBox()
    edges = (box.xMinimum() - LEFT, TOP - box.yMaximum(), box.xMaximum() - LEFT, TOP - box.yMinimum())
    return tuple(edge / CELL for edge in edges)


def test_a_rectangle_is_dragged_and_saved_with_the_six_fields(pane):
    """Key R, a drag, and the sample is in the GeoPackage with class, colour and pixels."""
    press(pane, "r")
    drag(pane, (40, 30), (140, 90))

    ((name, value, pixels),) = saved(pane)
    assert (name, value) == ("pad", 1)
    assert box_of(pane) == pytest.approx((40, 30, 140, 90), abs=1.5)
    assert pixels == pytest.approx(100 * 60, rel=0.04)
    layer = QgsVectorLayer(pane.samples.source, "read", "ogr")
    assert [field.name() for field in layer.fields()] == FIELDS
    assert layer.crs().authid() == "EPSG:32633"
    assert next(layer.getFeatures())["RED"] == pane.schema.by_name("pad").color[0]


def test_a_rectangle_is_made_of_two_clicks_too(pane):
    """Who cannot drag clicks two corners; Escape drops what is begun."""
    press(pane, "r")
    click(pane, 20, 20)
    press(pane, Qt.Key_Escape)
    assert not pane.samples.exists
    click(pane, 20, 20)
    click(pane, 120, 80)
    assert box_of(pane) == pytest.approx((20, 20, 120, 80), abs=1.5)


def test_a_circle_is_dragged_from_its_middle(pane):
    """Key C; the pixels are those of a circle."""
    press(pane, "c")
    drag(pane, (150, 120), (190, 120))
    assert box_of(pane) == pytest.approx((110, 80, 190, 160), abs=2)
    assert saved(pane)[0][2] == pytest.approx(3.14 * 40**2, rel=0.05)


def test_a_polygon_is_clicked_and_ended_by_right_click_enter_or_double_click(pane):
    """Key P; Backspace takes a corner back; two corners are no polygon."""
    press(pane, "p")
    for place in ((40, 40), (140, 40), (140, 140)):
        click(pane, *place)
    click(pane, 0, 0, Qt.RightButton)
    assert saved(pane)[0][2] == pytest.approx(100 * 100 / 2, rel=0.05)

    for place in ((160, 40), (260, 40), (260, 140), (10, 200)):
        click(pane, *place)
    press(pane, Qt.Key_Backspace)
    press(pane, Qt.Key_Return)
    assert saved(pane)[1][2] == pytest.approx(100 * 100 / 2, rel=0.05)

    click(pane, 20, 200)
    click(pane, 60, 200)
    press(pane, Qt.Key_Return)
    assert len(saved(pane)) == 2
    press(pane, Qt.Key_Escape)


def test_a_lasso_follows_the_mouse(pane):
    """Key L; the outline has many corners."""
    press(pane, "l")
    drag(pane, (40, 40), (140, 40), (140, 140), (40, 140))
    assert saved(pane)[0][2] == pytest.approx(100 * 100, rel=0.06)
    assert len(pane.samples.features()[0].geometry().asMultiPolygon()[0][0]) > 8


def test_number_keys_choose_the_class(pane):
    """Keys 1 to 3 and the full stop; the sample gets the class that is chosen."""
    press(pane, "r")
    for key, place in (("3", 20), ("2", 100), (",", 180)):
        press(pane, key)
        drag(pane, (place, 20), (place + 40, 60))
    assert [row[:2] for row in saved(pane)] == [("tree", 7), ("road", 4), ("pad", 1)]


def test_undo_and_redo_change_the_file_at_once(pane):
    """Ctrl+Z and Ctrl+Y take back and repeat drawing and deleting, one by one; a sample keeps its id."""
    press(pane, "r")
    drag(pane, (20, 20), (60, 60))
    drag(pane, (100, 20), (160, 60))
    both, ids = saved(pane), [feature.id() for feature in pane.samples.features()]

    press(pane, "z", Qt.ControlModifier)
    assert saved(pane) == both[:1]
    press(pane, "y", Qt.ControlModifier)
    assert saved(pane) == both

    press(pane, "v")
    click(pane, 40, 40)
    press(pane, Qt.Key_Delete)
    assert saved(pane) == both[1:]
    press(pane, "z", Qt.ControlModifier)
    assert saved(pane) == both
    assert [feature.id() for feature in pane.samples.features()] == ids
    press(pane, "z", Qt.ControlModifier)
    press(pane, "z", Qt.ControlModifier)
    press(pane, "z", Qt.ControlModifier)
    assert saved(pane) == []


def test_selected_samples_are_given_another_class(pane):
    """V, a frame over two of three, 2, A; undone as one step."""
    press(pane, "r")
    for col in (20, 80, 220):
        drag(pane, (col, 20), (col + 40, 60))
    press(pane, "v")
    drag(pane, (10, 10), (130, 80))
    press(pane, "2")
    press(pane, "a")
    assert [row[0] for row in saved(pane)] == ["road", "road", "pad"]
    press(pane, "z", Qt.ControlModifier)
    assert [row[0] for row in saved(pane)] == ["pad"] * 3


def test_the_map_shows_the_samples_in_the_colours_of_their_classes(pane):
    """The layer of samples is on the map, above the raster, with a legend of the classes that there are."""
    press(pane, "3")
    press(pane, "r")
    drag(pane, (20, 20), (60, 60))
    layer = pane.samples.layer
    assert QgsProject.instance().mapLayer(layer.id()) is layer
    assert QgsProject.instance().layerTreeRoot().layerOrder()[0].id() == layer.id()
    (category,) = layer.renderer().categories()
    assert (category.value(), category.label()) == (7, "tree")
    assert category.symbol().symbolLayer(0).strokeColor().getRgb()[:3] == pane.schema.by_name("tree").color


def test_shapes_are_cut_to_the_image_and_refused_beside_it(pane):
    """Half outside is cut; wholly outside is a sentence, and nothing is saved."""
    pane.samples.add(QgsGeometry.fromWkt(f"Polygon(({ring(-20, 10, 30, 60)}))"), pane.current_class())
    assert box_of(pane) == pytest.approx((0, 10, 30, 60))
    assert saved(pane)[0][2] == 30 * 50
    press(pane, "r")
    pane.drawing.save(QgsGeometry.fromWkt(f"Polygon(({ring(-60, 10, -30, 60)}))"))
    assert "outside image" in pane.status.text()
    assert len(saved(pane)) == 1


def ring(left, top, right, bottom):
    """Return the corners of a box given in pixels."""
    corners = ((left, top), (right, top), (right, bottom), (left, bottom), (left, top))
    return ",".join(f"{LEFT + col * CELL} {TOP - row * CELL}" for col, row in corners)


def test_samples_are_in_the_raster_s_crs_whatever_that_of_the_map(qgis_iface, tmp_path):
    """A map in web Mercator; the rectangle is parallel to the image."""
    with open_pane(qgis_iface, write_image(tmp_path / "image.tif"), project_epsg=3857) as pane:
        press(pane, "r")
        drag(pane, (40, 30), (140, 90))
        assert pane.samples.layer.crs().authid() == "EPSG:32633"
        assert box_of(pane) == pytest.approx((40, 30, 140, 90), abs=3)
        shape = pane.samples.features()[0].geometry()
        assert shape.area() == pytest.approx(shape.boundingBox().area())


def test_sixteen_bits_without_crs_are_labelled_in_pixels(qgis_iface, tmp_path):
    """x is the column, y minus the row, and the layer has no CRS."""
    with open_pane(qgis_iface, write_image(tmp_path / "photo.tif", epsg=0, wide=True, bands=4)) as pane:
        press(pane, "r")
        drag(pane, (40, 30), (140, 90))
        box = pane.samples.features()[0].geometry().boundingBox()
        edges = (box.xMinimum(), -box.yMaximum(), box.xMaximum(), -box.yMinimum())
        assert edges == pytest.approx((40, 30, 140, 90), abs=1.5)
        assert not pane.samples.layer.crs().isValid()
        assert saved(pane)[0][2] == pytest.approx(6000, rel=0.04)


def test_the_samples_of_a_raster_are_found_again(qgis_iface, tmp_path):
    """Another pane goes on with them, and with the classes they were drawn with."""
    image = write_image(tmp_path / "image.tif")
    with open_pane(qgis_iface, image) as pane:
        press(pane, "2")
        press(pane, "r")
        drag(pane, (40, 30), (140, 90))
        before = saved(pane)
    with open_pane(qgis_iface, image, classes=False) as again:
        assert saved(again) == before
        assert [known.name for known in again.schema.all()] == ["pad", "road", "tree"]
        assert QgsProject.instance().mapLayer(again.samples.layer.id()) is not None


def test_a_layer_that_is_taken_off_the_map_comes_back_with_the_next_sample(pane):
    """The file stays; nothing is lost."""
    press(pane, "r")
    drag(pane, (20, 20), (60, 60))
    QgsProject.instance().removeMapLayer(pane.samples.layer.id())
    drag(pane, (100, 20), (160, 60))
    assert len(saved(pane)) == 2
    assert QgsProject.instance().mapLayer(pane.samples.layer.id()) is not None


KILLED = """
import os, signal, sys
sys.path[:0] = {paths!r}
import importlib.util
spec = importlib.util.spec_from_file_location("imagery_deep_learning", {root!r} + "/__init__.py",
                                              submodule_search_locations=[{root!r}])
module = importlib.util.module_from_spec(spec); sys.modules["imagery_deep_learning"] = module
spec.loader.exec_module(module)
from qgis.core import QgsApplication, QgsGeometry, QgsRasterLayer, QgsRectangle
application = QgsApplication([], False); application.initQgis()
from imagery_deep_learning.gui.labels.samples import Samples
from imagery_deep_learning.gui.labels.schema import LabelClass
raster = QgsRasterLayer({image!r}, "image")
samples = Samples({path!r}, raster)
for number in range(20):
    left, top = raster.extent().xMinimum() + 4 * number, raster.extent().yMaximum()
    shape = QgsGeometry.fromRect(QgsRectangle(left, top - 3, left + 3, top))
    samples.add(shape, LabelClass("pad", 1))
samples.remove([1])
samples.relabel([2], LabelClass("road", 4))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_qgis_loses_nothing(tmp_path):
    """kill -9 right after the last of many changes: the file has all of them."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    image, path = write_image(tmp_path / "image.tif"), tmp_path / "image_samples.gpkg"
    program = KILLED.format(paths=sys.path, root=root, image=str(image), path=str(path))
    ended = subprocess.run([sys.executable, "-c", program], env={**os.environ, "QT_QPA_PLATFORM": "offscreen"})
    assert ended.returncode == -signal.SIGKILL
    layer = QgsVectorLayer(f"{path}|layername=samples", "read", "ogr")
    rows = [(feature.id(), feature["Classname"], feature["Count"]) for feature in layer.getFeatures()]
    assert rows == [(2, "road", 36), *((number, "pad", 36) for number in range(3, 21))]
