"""Label Objects: the images of a folder, one after another, each with labels of its own."""

import sqlite3

import pytest
from qgis.core import QgsProject
from qgis.PyQt.QtCore import QPoint, Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication

from tests.qgis.labelling import drag, open_pane, press, write_image

pytestmark = pytest.mark.qgis


@pytest.fixture
def pane(qgis_iface, tmp_path):
    """Return a pane that labels a folder of three images: two photographs and one with a place on the map."""
    folder = tmp_path / "photos"
    folder.mkdir()
    write_image(folder / "a.png", cols=80, rows=60, epsg=0, driver="PNG")
    write_image(folder / "b.tif", cols=100, rows=50)
    write_image(folder / "c.png", cols=80, rows=60, epsg=0, driver="PNG")
    (folder / "notes.txt").write_text("no image")
    with open_pane(qgis_iface) as opened:
        opened.open_folder(str(folder))
        settle(opened)
        yield opened


def settle(pane):
    """Let the map take the extent of the image."""
    QApplication.processEvents()
    pane.canvas.setExtent(pane.raster_layer.extent().scaled(1.1))


def saved(pane):
    """Return image, class and pixels of each label, and whether it has a shape."""
    query = "SELECT ImageName, Classname, Count, geom IS NOT NULL FROM samples ORDER BY fid"
    with sqlite3.connect(f"file:{pane.samples.path}?mode=ro", uri=True) as file:
        return file.execute(query).fetchall()


def test_images_are_labelled_as_wholes_by_two_keys_each(pane):
    """A number chooses the class, Enter labels the image and goes on; the last image stays."""
    for key in "131":
        press(pane, key)
        press(pane, Qt.Key_Return)
    assert saved(pane) == [("a.png", "pad", 4800, 0), ("b.tif", "tree", 5000, 0), ("c.png", "pad", 4800, 0)]
    assert pane.folder.name == "c.png"
    assert "last image" in pane.status.text()
    assert "3 of 3 · 3 labelled" in pane.source.state.text()
    assert "pad" in pane.source.state.text()


def test_an_image_has_one_class_as_a_whole(pane):
    """Labelled again it changes its class; that is one step to take back."""
    press(pane, "w")
    press(pane, "2")
    press(pane, "w")
    assert saved(pane) == [("a.png", "road", 4800, 0)]
    press(pane, "z", Qt.ControlModifier)
    assert saved(pane) == [("a.png", "pad", 4800, 0)]


def test_samples_are_in_pixels_of_their_image(pane):
    """Also on an image that has a place on the map; each image shows its own samples."""
    press(pane, "r")
    drag(pane, (10, 5), (30, 25))
    press(pane, "n")
    settle(pane)
    drag(pane, (40, 10), (90, 40))
    box = pane.samples.features()[0].geometry().boundingBox()
    edges = (box.xMinimum(), -box.yMaximum(), box.xMaximum(), -box.yMinimum())
    assert edges == pytest.approx((40, 10, 90, 40), abs=1)
    assert [row[0] for row in saved(pane)] == ["a.png", "b.tif"]
    assert pane.samples.layer.featureCount() == 1
    assert sum(total.samples for total in pane.samples.totals()) == 2
    press(pane, "b")
    assert pane.folder.name == "a.png"
    assert pane.samples.layer.featureCount() == 1


def test_undo_goes_back_to_the_image_where_it_was_done(pane):
    """What changes is seen."""
    press(pane, "w")
    press(pane, "n")
    press(pane, "n")
    press(pane, "z", Qt.ControlModifier)
    assert pane.folder.name == "a.png"
    assert saved(pane) == []


def test_classes_are_merged_and_deleted_in_all_images(pane):
    """The table counts and changes the whole collection."""
    for key in "123":
        press(pane, key)
        press(pane, Qt.Key_Return)
    pane.actions_of_samples.merge_classes([1, 4], into=4)
    assert [row[1] for row in saved(pane)] == ["road", "road", "tree"]
    pane.actions_of_samples.delete_classes([4])
    assert [row[1] for row in saved(pane)] == ["tree"]
    press(pane, "z", Qt.ControlModifier)
    assert sorted(row[1] for row in saved(pane)) == ["road", "road", "tree"]


def test_leaving_the_folder_takes_its_image_off_the_map(pane):
    """The file of labels stays, and so do the labels."""
    press(pane, "w")
    path = pane.samples.path
    before = saved(pane)
    pane.leave_folder()
    assert not [layer for layer in QgsProject.instance().mapLayers().values() if layer.name() == "a.png"]
    assert pane.samples is None
    pane.open_folder(path[: path.rindex("/")])
    assert saved(pane) == before
    assert "whole image" in pane.source.state.text()


def test_a_folder_without_images_is_refused_in_a_sentence(pane, tmp_path):
    """The pane goes on with what it had."""
    (tmp_path / "empty").mkdir()
    pane.open_folder(str(tmp_path / "empty"))
    assert "holds no image" in pane.status.text()
    assert pane.folder.name == "a.png"


def test_an_image_that_cannot_be_opened_is_passed_over(pane):
    """The sentence names the file; the image before stays."""
    with open(pane.folder.folder + "/b.tif", "wb") as file:
        file.write(b"broken")
    press(pane, "n")
    assert "b.tif cannot be opened" in pane.status.text()
    assert pane.folder.name == "a.png"


@pytest.mark.parametrize("go_on", [0, 1])
@pytest.mark.parametrize("everything", [False, True])
def test_an_image_that_is_taken_off_the_map_ends_the_folder(pane, go_on, everything):
    """By a hand in the list of layers or a new project; nothing breaks, and what was drawn is in the file."""
    for _ in range(go_on):
        press(pane, "n")
        settle(pane)
    press(pane, "r")
    drag(pane, (10, 5), (30, 25))
    before, path = saved(pane), pane.folder.folder
    if everything:
        QgsProject.instance().clear()
    else:
        QgsProject.instance().removeMapLayer(pane.raster_layer.id())
    assert pane.folder is None
    assert pane.raster_layer is None
    assert "choose the folder again" in pane.status.text()
    QTest.mouseClick(pane.canvas.viewport(), Qt.LeftButton, Qt.NoModifier, QPoint(90, 90))
    press(pane, "w")
    pane.open_folder(path)
    assert saved(pane) == before
    pane.close_down()  # once more when the pane is taken apart
