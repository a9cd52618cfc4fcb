"""The Arguments table and the dialogs of the tools: what a model or folder offers, what applies, what is wrong."""

import json

import pytest
from qgis.core import QgsProject, QgsRasterLayer, QgsVectorLayer
from qgis.gui import QgsBrowserGuiModel
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QComboBox, QLineEdit

from imagery_deep_learning.engine.tools import TOOLS

DETECTOR = {
    "Framework": "PyTorch",
    "ModelType": "ObjectDetection",
    "ModelFile": "m.pth",
    "ImageHeight": 256,
    "ImageWidth": 256,
    "ExtractBands": [0, 1, 2],
    "Padding": 40,
    "Threshold": 0.37,
    "MinCellSize": {"x": 0.5, "y": 0.5},
    "Classes": [{"Value": 1, "Name": "pad", "Color": [200, 40, 40]}, {"Value": 2, "Name": "well"}],
    "ImageryDL": {"version": 1, "architecture": "FCOS"},
}


@pytest.fixture
def detector(tmp_path):
    """Return the path of a model definition of two classes."""
    path = tmp_path / "detector.emd"
    path.write_text(json.dumps(DETECTOR), encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path):
    """Return a training folder of label rasters, of one date."""
    place = tmp_path / "chips"
    place.mkdir()
    statistics = {"MetaDataMode": "Classified_Tiles", "NumTiles": 7, "Classes": [{"ClassName": "forest"}]}
    (place / "esri_accumulated_stats.json").write_text(json.dumps(statistics), encoding="utf-8")
    return place


@pytest.fixture
def opened(provider, qgis_iface, monkeypatch):
    """Return a function that opens the dialog of a tool; all are closed at the end."""
    model = QgsBrowserGuiModel()
    monkeypatch.setattr(qgis_iface, "browserModel", lambda: model, raising=False)
    dialogs = []

    def open_dialog(name, **values):
        made = provider.algorithm(name).create().createCustomParametersWidget(None)
        made.setParameters({key: str(value) for key, value in values.items()})
        made.show()
        dialogs.append(made)
        return made

    yield open_dialog
    for dialog in dialogs:
        dialog.close()
    QgsProject.instance().clear()


def editor(dialog, name="arguments"):
    """Return the embedded editor of a parameter."""
    return dialog.rows[name].field


def shown_choices(dialog, name):
    """Return the choices of a list that the user can take."""
    box = dialog.rows[name].field
    box = box if isinstance(box, QComboBox) else box.findChild(QComboBox)
    return [box.itemData(row) for row in range(box.count()) if box.itemData(row) and not box.view().isRowHidden(row)]


def test_the_table_lists_what_the_model_offers_with_its_own_defaults(opened, detector):
    """Padding and threshold are those of the definition."""
    dialog = opened("detectobjectsusingdeeplearning", in_model_definition=detector)
    editors = editor(dialog).editors
    assert list(editors)[:4] == ["padding", "threshold", "batch_size", "nms_overlap"]
    assert (editors["padding"].placeholderText(), editors["threshold"].placeholderText()) == ("40", "0.37")
    assert "return_bboxes" not in editors


def test_another_model_changes_the_table_and_keeps_what_was_given(opened, detector, tmp_path):
    """A model of masks takes more arguments."""
    dialog = opened("detectobjectsusingdeeplearning", in_model_definition=detector, arguments="threshold 0.6")
    other = tmp_path / "masks.emd"
    other.write_text(json.dumps({**DETECTOR, "ModelType": "InstanceDetection", "Padding": 8}), encoding="utf-8")
    dialog.setParameters({"in_model_definition": str(other)})
    assert "return_bboxes" in editor(dialog).editors
    assert editor(dialog).editors["padding"].placeholderText() == "8"
    assert editor(dialog).text() == "threshold 0.6"


def test_typing_into_the_table_makes_the_text_that_qgis_process_takes(opened, detector):
    """Only what was given stands in it."""
    dialog = opened("detectobjectsusingdeeplearning", in_model_definition=detector)
    QTest.keyClicks(editor(dialog).editors["padding"], "64")
    box = editor(dialog).editors["test_time_augmentation"]
    box.setCurrentIndex(box.findData("True"))
    box.activated.emit(box.currentIndex())
    assert dialog.rows["arguments"].value == "padding 64; test_time_augmentation True"


def test_a_wrong_value_is_told_below_the_table_at_once(opened, detector):
    """With the sentence that the run would end with."""
    dialog = opened("detectobjectsusingdeeplearning", in_model_definition=detector)
    QTest.keyClicks(editor(dialog).editors["threshold"], "7")
    assert (
        editor(dialog).message.text() == "argument threshold is '7'; it must be a number from 0 to 1, for example 0.37"
    )
    assert not editor(dialog).message.isHidden()


def test_an_argument_that_the_model_does_not_know_is_kept_and_told(opened, detector):
    """Nothing that was given is dropped silently."""
    dialog = opened("detectobjectsusingdeeplearning", in_model_definition=detector, arguments="zoom 3")
    assert editor(dialog).text() == "zoom 3"
    assert "'zoom' is unknown" in editor(dialog).message.text()


def test_objects_of_interest_are_ticked_from_the_classes_of_the_model(opened, detector):
    """The value is names parted by semicolons."""
    dialog = opened("detectobjectsusingdeeplearning", in_model_definition=detector)
    names = editor(dialog, "in_objects_of_interest")
    assert [names.list.item(row).text() for row in range(names.list.count())] == ["pad", "well"]
    names.list.item(1).setCheckState(Qt.Checked)
    assert dialog.rows["in_objects_of_interest"].value == "well"


def test_parameters_of_the_second_pass_show_with_it(opened, detector):
    """Max overlap ratio matters with Non Maximum Suppression only, and is not sent without."""
    dialog = opened("detectobjectsusingdeeplearning", in_model_definition=detector)
    assert dialog.rows["max_overlap_ratio"].field.isHidden()
    dialog.rows["run_nms"].field.setChecked(True)
    dialog.refresh()
    assert not dialog.rows["max_overlap_ratio"].field.isHidden()


@pytest.mark.parametrize(
    ("form", "there"),
    [("Panoptic_Segmentation", {"in_instance_data"}), ("CycleGAN", {"in_raster2"}), ("Imagenet", {"crop_mode"})],
)
def test_the_export_shows_what_its_format_takes(opened, scene, form, there):
    """Instances belong to panoptic data, crop mode to chips of objects, a stride to grids."""
    values = {"metadata_format": form, "in_class_data": scene / "labels.gpkg"}
    dialog = opened("exporttrainingdatafordeeplearning", **values)
    names = ("in_instance_data", "in_raster2", "crop_mode")
    assert {name for name in names if dialog.rows[name].shown} == there
    assert dialog.rows["stride_x"].field.isHidden() is (form == "Imagenet")
    group = dialog.rows["crop_mode"].group
    group.setCollapsed(True)
    assert all(dialog.rows[name].field.isHidden() for name in names)
    group.setCollapsed(False)
    assert {name for name in names if not dialog.rows[name].field.isHidden()} == there


def test_the_class_field_is_offered_from_the_layer(opened, scene):
    """The list holds the layer's fields."""
    layer = QgsVectorLayer(str(scene / "labels.gpkg"), "labels", "ogr")
    QgsProject.instance().addMapLayer(layer)
    dialog = opened("exporttrainingdatafordeeplearning", in_class_data=layer.id())
    box = dialog.rows["class_value_field"].field
    assert {"Classname", "Classvalue"} <= {box.itemText(row) for row in range(box.count())}


def test_training_offers_what_the_folder_allows(opened, folder):
    """Models of pixels for label rasters; backbones and metrics follow the model type."""
    dialog = opened("traindeeplearningmodel", in_folder=folder)
    assert "UNET" in shown_choices(dialog, "model_type")
    assert not {"FCOS", "MASKRCNN", "CHANGEDETECTOR"} & set(shown_choices(dialog, "model_type"))
    dialog.setParameters({"model_type": "UNET"})
    assert "MIOU" in shown_choices(dialog, "monitor")
    assert "AVERAGE_PRECISION" not in shown_choices(dialog, "monitor")
    assert "class_balancing" in editor(dialog).editors
    assert dialog.rows["in_folder"].hint.startswith("Classified_Tiles · 7 chips")


def test_a_model_type_that_does_not_learn_the_format_is_told(opened, folder):
    """Before Run."""
    dialog = opened("traindeeplearningmodel", in_folder=folder, model_type="FCOS")
    assert dialog.rows["model_type"].fault.startswith("FCOS does not learn from Classified_Tiles: choose ")


def test_a_wrong_value_is_told_below_its_field(opened, scene):
    """The declaration's own sentence; nothing is told of what was not filled in yet."""
    dialog = opened("exporttrainingdatafordeeplearning")
    assert not any(row.fault for row in dialog.rows.values())
    values = {"in_raster": scene / "scene.tif", "out_folder": scene / "out", "tile_size_x": 64, "stride_x": 300}
    dialog.setParameters({name: str(value) for name, value in values.items()})
    assert dialog.rows["stride_x"].line.text() == (
        "stride_x 300 is larger than the tile (64 pixels): pixels would be skipped; choose 64 or less"
    )


def test_a_model_for_another_tool_and_a_raster_with_too_few_bands_are_told(opened, detector, scene):
    """At the field where they were chosen."""
    dialog = opened("classifypixelsusingdeeplearning", in_model_definition=detector)
    assert "is a model for object detection, not for pixel classification" in dialog.rows["in_model_definition"].fault
    layer = QgsRasterLayer(str(scene / "classes.tif"), "one band")
    QgsProject.instance().addMapLayer(layer)
    dialog = opened("detectobjectsusingdeeplearning", in_model_definition=detector, in_raster=layer.id())
    assert dialog.rows["in_raster"].fault.startswith("one band has only 1 of the 3 bands that the model needs")
    field = dialog.rows["cell_size"].field
    line = field if isinstance(field, QLineEdit) else field.findChild(QLineEdit)
    assert line.placeholderText() == "0.5 (the model's)"


def test_the_estimate_asks_for_what_is_missing(opened, detector):
    """Nothing is started."""
    dialog = opened("detectobjectsusingdeeplearning", in_model_definition=detector)
    QTest.mouseClick(dialog.estimate_button, Qt.LeftButton)
    assert "in_raster is missing" in dialog.box.text.text()


def test_batch_cells_open_the_table(provider, opened, detector):
    """A line with a button; the text is the same."""
    from processing.gui.BatchAlgorithmDialog import BatchAlgorithmDialog

    dialog = BatchAlgorithmDialog(provider.algorithm("detectobjectsusingdeeplearning").create())
    panel = dialog.mainWidget()
    wrappers = {w.parameterDefinition().name(): w for w in panel.wrappers[0] if w is not None}
    wrappers["in_model_definition"].setParameterValue(str(detector), panel.processing_context)
    cell = wrappers["arguments"]
    assert cell.followed_value() == str(detector)
    cell.setParameterValue("padding 64", panel.processing_context)
    assert cell.parameterValue() == "padding 64"
    table = cell.make(cell.kind, cell.followed_value())
    assert table.editors["padding"].placeholderText() == "40"
    dialog.close()


def test_the_modeler_keeps_its_own_field_and_adds_the_button(provider, opened, detector, monkeypatch):
    """So that an input of the model may be chosen too."""
    from processing.modeler.ModelerParametersDialog import ModelerParametersDialog
    from qgis.core import QgsProcessingModelAlgorithm, QgsProcessingModelChildParameterSource
    from qgis.gui import QgsProcessingModelerParameterWidget
    from qgis.PyQt.QtWidgets import QToolButton

    from imagery_deep_learning.gui.dialogs import wrappers

    algorithm = provider.algorithm("detectobjectsusingdeeplearning").create()
    dialog = ModelerParametersDialog(algorithm, QgsProcessingModelAlgorithm())
    field = dialog.widget.widget.wrappers["arguments"]
    assert isinstance(field, QgsProcessingModelerParameterWidget)
    model = QgsProcessingModelChildParameterSource.fromStaticValue(str(detector))
    dialog.widget.widget.wrappers["in_model_definition"].setWidgetValue(model)
    asked = []
    monkeypatch.setattr(wrappers, "chosen", lambda text, table, param: asked.append(table) or "padding 64")
    QTest.mouseClick(next(each for each in field.findChildren(QToolButton) if each.text() == "…"), Qt.LeftButton)
    assert asked[0].editors["padding"].placeholderText() == "40"
    sources = dialog.createAlgorithm().parameterSources()
    assert [source.staticValue() for source in sources["arguments"]] == ["padding 64"]
    dialog.close()


@pytest.mark.parametrize("name", [tool.name for tool in TOOLS.values()])
def test_every_dialog_opens_and_tells_no_mistake_before_anything_was_given(opened, name):
    """What is not filled in yet is no mistake."""
    dialog = opened(name)
    assert set(dialog.rows) == set(dialog.algorithm().tool.parameters())
    assert [row.fault for row in dialog.rows.values() if row.fault] == []


def test_values_of_rows_that_are_hidden_are_not_sent(opened, detector, scene):
    """They would stand in the log and in the history as if they mattered."""
    layer = QgsRasterLayer(str(scene / "scene.tif"), "scene")
    QgsProject.instance().addMapLayer(layer)
    dialog = opened("detectobjectsusingdeeplearning", in_model_definition=detector, in_raster=layer.id())
    parameters = dialog.createProcessingParameters()
    assert "max_overlap_ratio" not in parameters
    assert parameters["in_model_definition"] == str(detector)


def test_the_size_of_other_dialogs_is_not_taken(opened, provider):
    """QGIS gives a dialog the size that one of its name had last: ours has a name of its own, so tables have room."""
    from processing.gui.AlgorithmDialog import AlgorithmDialog

    other = AlgorithmDialog(provider.algorithm("nonmaximumsuppression").create())
    other.show()
    other.resize(500, 420)
    other.close()

    dialog = opened("detectobjectsusingdeeplearning")

    assert (dialog.width(), dialog.height()) >= (900, 640)
    other.deleteLater()
