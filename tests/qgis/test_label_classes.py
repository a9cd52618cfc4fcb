"""Label Objects: the classes, as a file, as a tree, and as a table of what was labelled."""

import json

import pytest
from qgis.core import (
    QgsFeature,
    QgsGeometry,
    QgsProject,
    QgsRectangle,
    QgsVectorFileWriter,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication

from imagery_deep_learning.gui.labels import class_dialog
from imagery_deep_learning.gui.labels.schema import LabelClass, Schema, SchemaError, land_cover, load_schema
from tests.qgis.labelling import drag, open_pane, press, write_image

pytestmark = pytest.mark.qgis


@pytest.fixture
def pane(qgis_iface, tmp_path):
    """Return a pane with two samples of class pad and one of road."""
    with open_pane(qgis_iface, write_image(tmp_path / "image.tif")) as opened:
        press(opened, "r")
        drag(opened, (20, 20), (60, 60))
        drag(opened, (100, 20), (140, 60))
        press(opened, "2")
        drag(opened, (20, 100), (100, 180))
        yield opened


def texts(pane):
    """Return the cells of the table."""
    table = pane.table.table
    return [[table.item(row, column).text() for column in range(4)] for row in range(table.rowCount())]


def test_a_schema_comes_back_from_its_file(tmp_path):
    """Names, values, colours and what is below what."""
    schema = Schema("Town", [LabelClass("Built", 1, (200, 0, 0), [LabelClass("House", 11, (1, 2, 3))])])
    schema.save(str(tmp_path / "town.json"))
    assert load_schema(str(tmp_path / "town.json")) == schema
    assert not list(tmp_path.glob("*.part"))


def test_schemas_of_others_are_read(tmp_path):
    """Keys in any case, other words for what is below, colours as text, as Esri's symbols; values where none are."""
    classes = [
        {"name": "Built", "value": "3", "color": "#0a0b0c", "SubClasses": [{"Name": "House", "Value": 4}]},
        {"NAME": "Green", "Color": "1, 2, 3"},
        {"Name": "Blue", "Value": 9, "Color": {"type": "CIMRGBColor", "values": [0, 0, 255, 100]}},
    ]
    (tmp_path / "theirs.ecs").write_text(json.dumps({"Classes": classes}), encoding="utf-8-sig")
    rows = [(known.name, known.value, known.color) for known in load_schema(str(tmp_path / "theirs.ecs")).all()]
    assert rows[0] == ("Built", 3, (10, 11, 12))
    assert rows[1][:2] == ("House", 4)
    assert rows[2] == ("Green", 5, (1, 2, 3))
    assert rows[3] == ("Blue", 9, (0, 0, 255))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is no JSON"),
        ("{}", "holds no classes"),
        ('{"Classes": 5}', "no list of classes"),
        ('{"Classes": [{"Name": "a", "Value": 1}, {"Name": "a", "Value": 2}]}', "named a already"),
        ('{"Classes": [{"Name": "a", "Value": 1}, {"Name": "b", "Value": 1}]}', "value of a already"),
        ('{"Classes": [{"Name": "a", "Value": "x"}]}', "no whole number"),
        ('{"Classes": [{"Value": 1}]}', "no name"),
    ],
)
def test_a_wrong_schema_is_refused_in_a_sentence(tmp_path, text, said):
    """The sentence names the file and what is wrong."""
    (tmp_path / "wrong.json").write_text(text)
    with pytest.raises(SchemaError, match=said) as refused:
        load_schema(str(tmp_path / "wrong.json"))
    assert "wrong.json" in str(refused.value)


def test_the_land_cover_classes_are_those_of_2011():
    """Twenty classes below eight groups, with the values of the rasters."""
    schema = land_cover()
    below = {known.value for group in schema.classes for known in group.children}
    assert below == {11, 12, 21, 22, 23, 24, 31, 41, 42, 43, 51, 52, 71, 72, 73, 74, 81, 82, 90, 95}
    assert len(schema.classes) == 8
    assert schema.by_value(42).name == "Evergreen Forest"


def test_classes_are_made_below_others_and_deleted(pane, monkeypatch):
    """The dialog refuses a value that is taken, in the dialog; the tree shows the class where it was put."""
    editor, said = pane.editor, []

    def fill(dialog):
        dialog.name.setText("shed")
        dialog.value.setValue(4)
        dialog.accept()
        said.append(dialog.why.text())
        dialog.value.setValue(12)
        dialog.accept()
        return dialog.result()

    monkeypatch.setattr(class_dialog.ClassDialog, "exec_", fill)
    press(pane, "1")
    editor.add_class(below=True)
    assert "4 is the value of road" in said[0]
    assert [known.name for known in pane.schema.all()] == ["pad", "shed", "road", "tree"]
    assert pane.current_class().name == "shed"
    assert editor.tree.topLevelItem(0).child(0).text(0) == "shed"
    editor.delete_class()
    assert [known.name for known in pane.schema.all()] == ["pad", "road", "tree"]


def test_samples_follow_their_class(pane, monkeypatch):
    """Another name, value and colour of a class go into the file at once."""

    def fill(dialog):
        dialog.name.setText("street")
        dialog.value.setValue(40)
        dialog.accept()
        return dialog.result()

    monkeypatch.setattr(class_dialog.ClassDialog, "exec_", fill)
    press(pane, "2")
    pane.editor.edit_class()
    assert [(total.name, total.value) for total in pane.samples.totals()] == [("pad", 1), ("street", 40)]


def test_the_table_counts_samples_and_the_share_of_pixels(pane):
    """Two of 40 x 40 and one of 80 x 80 pixels: a third and two thirds."""
    rows = texts(pane)
    assert [row[:2] for row in rows] == [["pad", "2"], ["road", "1"]]
    assert float(rows[0][3].split()[0]) == pytest.approx(100 / 3, abs=1.5)
    assert "3 samples" in pane.table.sum.text()


def test_classes_of_the_table_are_selected_merged_and_deleted(pane):
    """By its buttons; merging and deleting are taken back by Ctrl+Z."""
    table = pane.table
    table.table.selectRow(0)
    QTest.mouseClick(table.buttons[0], Qt.LeftButton)
    assert pane.samples.layer.selectedFeatureCount() == 2
    assert not table.buttons[1].isEnabled()
    table.table.selectAll()
    assert table.buttons[1].isEnabled()
    pane.actions_of_samples.merge_classes(table.values(), into=4)
    assert texts(pane)[0][:2] == ["road", "3"]
    press(pane, "z", Qt.ControlModifier)
    assert [row[1] for row in texts(pane)] == ["2", "1"]
    table.table.clearSelection()
    table.table.selectRow(1)
    QTest.mouseClick(table.buttons[2], Qt.LeftButton)
    assert [row[:2] for row in texts(pane)] == [["pad", "2"]]
    press(pane, "z", Qt.ControlModifier)
    assert len(texts(pane)) == 2


def test_a_copy_is_saved_and_loaded(pane, tmp_path):
    """Work goes on in the copy that was loaded; the first file stays as it was."""
    copy = str(tmp_path / "copy.gpkg")
    first = pane.samples.path
    pane.actions_of_samples.save(copy)
    layer = QgsVectorLayer(copy + "|layername=samples", "copy", "ogr")
    assert layer.featureCount() == 3
    pane.actions_of_samples.load(copy)
    assert pane.samples.path == copy
    press(pane, "r")
    drag(pane, (200, 200), (240, 240))
    assert len(pane.samples.features()) == 4
    assert QgsVectorLayer(first + "|layername=samples", "first", "ogr").featureCount() == 3


def test_polygons_of_others_are_added_in_the_crs_of_the_raster(pane, scene):
    """A layer with Classname is loaded as one step, and its classes join the schema."""
    pane.actions_of_samples.load(str(scene / "labels.gpkg"))
    count = QgsVectorLayer(str(scene / "labels.gpkg"), "theirs", "ogr").featureCount()
    assert f"{count} samples loaded" in pane.status.text()
    assert len(pane.samples.features()) == 3 + count
    press(pane, "z", Qt.ControlModifier)
    assert len(pane.samples.features()) == 3


def test_a_polygon_that_only_touches_the_edge_is_left_out(pane, tmp_path):
    """It must not keep the others of the file from being loaded."""
    ground = pane.raster_layer.extent()
    left, top = ground.xMinimum(), ground.yMaximum()
    layer = QgsVectorLayer(f"Polygon?crs={pane.raster_layer.crs().authid()}", "theirs", "memory")
    for first, last in ((left - 9, left), (left + 9, left + 20)):
        feature = QgsFeature()
        feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(first, top - 30, last, top - 20)))
        layer.dataProvider().addFeature(feature)
    path = str(tmp_path / "theirs.gpkg")
    QgsVectorFileWriter.writeAsVectorFormatV2(
        layer, path, QgsProject.instance().transformContext(), QgsVectorFileWriter.SaveVectorOptions()
    )
    pane.actions_of_samples.load(path)
    assert "1 sample loaded" in pane.status.text()
    assert len(pane.samples.features()) == 4


def test_a_file_without_polygons_is_refused(pane, tmp_path):
    """The sentence names the file."""
    (tmp_path / "letter.txt").write_text("mine")
    pane.actions_of_samples.load(str(tmp_path / "letter.txt"))
    assert "letter.txt holds no polygons" in pane.status.text()


def test_keys_work_in_the_pane_and_typing_stays_typing(pane):
    """A number in the tree chooses a class; in a box it is a number."""
    pane.activateWindow()
    QTest.keyClick(pane.editor.tree, "3")
    assert pane.current_class().name == "tree"
    pane.tabs.setCurrentWidget(pane.export_tab)
    box = pane.export_tab.folder.lineEdit() if hasattr(pane.export_tab.folder, "lineEdit") else pane.export_tab.tile
    box.setFocus()
    QTest.keyClick(box, "1")
    QApplication.processEvents()
    assert pane.current_class().name == "tree"


def test_the_list_of_keys_names_every_key(pane):
    """F1 shows it."""
    box = pane.drawing.show_keys()
    for key in ("R", "P", "C", "L", "V", "N", "B", "W", "Ctrl+Z", "Backspace"):
        assert f"<b>{key}</b>" in box.text()
    box.close()
