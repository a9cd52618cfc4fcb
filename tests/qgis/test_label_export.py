"""Label Objects: what was drawn becomes chips with those labels."""

import pathlib
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter

import pytest
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication

from tests.qgis.labelling import drag, open_pane, press, write_image

pytestmark = pytest.mark.qgis


def export(pane, format_, tile=64):
    """Press Export for a format and wait for what the tab says; return the folder of the chips."""
    tab = pane.export_tab
    pane.tabs.setCurrentWidget(tab)
    tab.format.setCurrentIndex(tab.format.findData(format_))
    tab.tile.setValue(tile)
    tab.stride.setValue(tile)
    QTest.mouseClick(tab.export, Qt.LeftButton)
    end = time.monotonic() + 90
    while not tab.said.text() and time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.02)
    return tab.written


def objects(folder):
    """Return how many objects of each class the Pascal VOC files of a folder have."""
    found = Counter()
    for file in sorted((pathlib.Path(folder) / "labels").glob("*.xml")):
        found.update(name.text for name in ElementTree.parse(file).iter("name"))
    return found


@pytest.mark.parametrize(("epsg", "wide"), [(32633, False), (0, True)])
def test_boxes_that_were_drawn_are_in_the_chips(provider, qgis_iface, tmp_path, epsg, wide):
    """With a CRS and without, 8 bits and 16."""
    with open_pane(qgis_iface, write_image(tmp_path / "image.tif", epsg=epsg, wide=wide)) as pane:
        press(pane, "r")
        drag(pane, (70, 70), (100, 110))
        press(pane, "3")
        drag(pane, (10, 140), (50, 180))
        drag(pane, (200, 20), (240, 50))
        folder = export(pane, "PASCAL_VOC_rectangles")
        assert "3 chips written" in pane.export_tab.said.text(), pane.export_tab.said.text()
        assert objects(folder) == {"1": 1, "7": 2}
        assert folder == str(tmp_path / "image_chips")
        assert pane.export_tab.folder.filePath() == str(tmp_path / "image_chips_2")


def test_whole_images_are_exported_to_the_folders_of_their_classes(provider, qgis_iface, tmp_path):
    """A folder of photographs, two classes, one chip for each image."""
    (tmp_path / "photos").mkdir()
    for name in "abc":
        write_image(tmp_path / "photos" / f"{name}.png", cols=80, rows=64, epsg=0, driver="PNG")
    with open_pane(qgis_iface) as pane:
        pane.open_folder(str(tmp_path / "photos"))
        for key in "121":
            press(pane, key)
            press(pane, Qt.Key_Return)
        folder = tmp_path / "photos_chips"
        pane.export_tab.folder.setFilePath(str(folder))
        export(pane, "Imagenet")
        assert "3 chips written" in pane.export_tab.said.text(), pane.export_tab.said.text()
        chips = Counter(file.parent.name for file in folder.rglob("*.tif"))
        assert chips == {"pad": 2, "road": 1}


def test_shapes_on_images_of_a_folder_are_exported(provider, qgis_iface, tmp_path):
    """Each box lies in the chip of its own image; one image has a place on the map."""
    (tmp_path / "photos").mkdir()
    write_image(tmp_path / "photos" / "a.png", cols=64, rows=64, epsg=0, driver="PNG")
    write_image(tmp_path / "photos" / "b.tif", cols=64, rows=64)
    with open_pane(qgis_iface) as pane:
        pane.open_folder(str(tmp_path / "photos"))
        press(pane, "r")
        for _ in range(2):
            QApplication.processEvents()
            pane.canvas.setExtent(pane.raster_layer.extent().scaled(1.1))
            drag(pane, (10, 20), (40, 50))
            press(pane, "n")
        pane.export_tab.folder.setFilePath(str(tmp_path / "chips"))
        folder = export(pane, "PASCAL_VOC_rectangles")
        assert "2 chips written" in pane.export_tab.said.text(), pane.export_tab.said.text()
        boxes = [
            [int(float(box.find(edge).text)) for edge in ("xmin", "ymin", "xmax", "ymax")]
            for file in sorted((tmp_path / "chips" / "labels").glob("*.xml"))
            for box in ElementTree.parse(file).iter("bndbox")
        ]
        assert len(boxes) == 2 and folder
        for box in boxes:
            assert box == pytest.approx([10, 20, 40, 50], abs=2)


def test_the_sentence_of_a_refusal_is_shown(provider, qgis_iface, tmp_path):
    """A folder with other files is refused by the tool; the tab says so and can be used again."""
    with open_pane(qgis_iface, write_image(tmp_path / "image.tif")) as pane:
        export(pane, "PASCAL_VOC_rectangles")
        assert "no sample yet" in pane.export_tab.said.text()
        press(pane, "r")
        drag(pane, (70, 70), (100, 110))
        (tmp_path / "full").mkdir()
        (tmp_path / "full" / "letter.txt").write_text("mine")
        pane.export_tab.said.clear()
        pane.export_tab.folder.setFilePath(str(tmp_path / "full"))
        export(pane, "PASCAL_VOC_rectangles")
        assert str(tmp_path / "full") in pane.export_tab.said.text()
        assert pane.export_tab.export.isVisibleTo(pane.export_tab)


def test_objects_have_no_stride(qgis_iface, tmp_path):
    """One chip for each object: the box of the stride is off, and the tool gets one that it takes."""
    with open_pane(qgis_iface, write_image(tmp_path / "image.tif")) as pane:
        tab = pane.export_tab
        tab.format.setCurrentIndex(tab.format.findData("Imagenet"))
        assert not tab.stride.isEnabled()
        tab.format.setCurrentIndex(0)
        assert tab.stride.isEnabled()
        tab.tile.setValue(64)
        assert tab.parameters()["stride_x"] == 64
