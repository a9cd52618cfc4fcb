"""The pane of runs with real widgets: list, details, what can be done with a run."""

import json
import os

import pytest
from qgis.core import QgsProcessingContext, QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest

from imagery_deep_learning.engine.errors import EngineError
from imagery_deep_learning.gui.runs import again, opening
from imagery_deep_learning.gui.runs.manifests import add_manifest
from imagery_deep_learning.gui.runs.pane import RunsPane
from imagery_deep_learning.gui.runs.plot import LossPlot, told
from imagery_deep_learning.provider.run_records import CANCELLED, DONE, FAILED, RUNNING, Recorder

from .test_results_arrival import run_and_load

pytestmark = pytest.mark.usefixtures("provider")

SAME = {"epochs": 6, "metric": "AP"}
POINTS = [
    {**SAME, "epoch": n, "loss": 1 / n, "valid_loss": 1.2 / n, "metrics": {"AP": n / 10}, "best": n}
    for n in range(1, 5)
]


@pytest.fixture(autouse=True)
def records(tmp_path, monkeypatch):
    """Keep the records of this test in a folder of its own."""
    for module in ("run_records", "run_list"):
        monkeypatch.setattr(f"imagery_deep_learning.provider.{module}.folder", lambda: str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture
def pane(qgis_iface, records):
    """Return the pane, shown."""
    made = RunsPane(qgis_iface)
    made.resize(340, 640)
    yield made
    made.close_down()
    made.deleteLater()


def recorded(**changes):
    """Return a recorder."""
    values = {"tool": "train_model", "title": "Train Deep Learning Model", "parameters": {}, "given": {}}
    return Recorder(**{**values, "subject": "pads", **changes})


def rows(pane):
    """Return the texts of the visible rows."""
    items = [pane.tree.topLevelItem(row) for row in range(pane.tree.topLevelItemCount())]
    return [item.text(0) for item in items if not item.isHidden()]


def test_a_training_is_watched_while_it_goes_on(pane):
    """Progress, words and a plot that grows; then its time."""
    with recorded() as record:
        record.heard({"type": "progress", "value": 30.0, "text": "Training, epoch 2 of 6"})
        record.heard({"type": "message", "text": "Epoch 1 of 6: loss 1.000"})
        record.heard({"type": "curve", **POINTS[0]})
        pane.show_run(record.path)
        details = pane.details
        assert pane.tree.currentItem().text(2) == "30 %"
        assert details.bar.value() == 30 and "epoch 2 of 6" in details.state.text()
        assert details.plot.isVisibleTo(pane) and len(details.plot.points) == 1
        assert not pane.remove_button.isEnabled() and not pane.continue_button.isEnabled()
        record.heard({"type": "curve", **POINTS[1]})
        record.heard({"type": "warning", "text": "few chips"})
        pane.refresh()
        assert len(details.plot.points) == 2
        assert details.log.toPlainText().splitlines() == ["Epoch 1 of 6: loss 1.000", "Warning: few chips"]
    pane.refresh()
    assert not details.bar.isVisibleTo(pane) and details.state.text().startswith("Done in")
    assert pane.remove_button.isEnabled()


def test_a_failed_run_shows_its_sentence_and_can_be_continued(pane):
    """Training goes on where it was; a detection starts anew."""
    with pytest.raises(EngineError), recorded() as record:
        raise EngineError("in_folder /chips is gone: choose another")
    pane.show_run(record.path)
    assert pane.details.error.text() == "in_folder /chips is gone: choose another"
    assert pane.continue_button.isEnabled()
    with pytest.raises(EngineError), recorded(tool="detect_objects", title="Detect Objects") as record:
        raise EngineError("no")
    pane.show_run(record.path)
    assert not pane.continue_button.isEnabled()


def test_typing_filters_the_list(pane):
    """By tool, layer or state."""
    for subject in ("pads", "trees"):
        with recorded(subject=subject):
            pass
    pane.refresh()
    assert rows(pane) == ["Train model: trees", "Train model: pads"]
    QTest.keyClicks(pane.filter, "PADS done")
    assert rows(pane) == ["Train model: pads"]


def test_removing_with_the_button_takes_the_chosen_runs(pane, records):
    """Several at once."""
    for _ in range(3):
        with recorded():
            pass
    pane.refresh()
    pane.tree.clearSelection()
    for row in (0, 1):
        pane.tree.topLevelItem(row).setSelected(True)
    QTest.mouseClick(pane.remove_button, Qt.LeftButton)
    assert len(rows(pane)) == len(list(records.iterdir())) == 1


def test_layers_of_a_run_are_opened_again_in_its_group(pane, scene, tmp_path, qgis_new_project):
    """After they were taken out of the project; a second time nothing is added."""
    given = {"in_featureclass": f"{scene}/found.gpkg", "confidence_score_field": "Confidence"}
    run_and_load("nonmaximumsuppression", **given, out_featureclass=str(tmp_path / "thin.gpkg"))
    project = QgsProject.instance()
    (first,) = [layer.name() for layer in project.mapLayers().values()]
    project.clear()
    pane.refresh()
    run = pane.current()
    assert (run.tool, run.state) == ("non_maximum_suppression", DONE)
    for _ in range(2):
        pane.open_layers()
        (layer,) = project.mapLayers().values()
        assert layer.name() == first == "Unique objects: found"
    (group,) = project.layerTreeRoot().children()
    assert group.name().startswith("Suppress duplicates: found, ")


def test_the_menu_offers_what_is_there(pane, scene, tmp_path, monkeypatch, qgis_new_project):
    """Layers, the report by its kind, the folder; a report that is gone is greyed."""
    opened = []
    monkeypatch.setattr(opening, "open_path", opened.append)
    run_and_load(
        "computeaccuracyforobjectdetection",
        detected_features=f"{scene}/found.gpkg",
        ground_truth_features=f"{scene}/labels.gpkg",
        out_accuracy_table=str(tmp_path / "accuracy.csv"),
        out_accuracy_report=str(tmp_path / "accuracy.pdf"),
        out_true_positives=str(tmp_path / "hits.gpkg"),
    )
    pane.refresh()
    pane._fill_open_menu(pane.open_menu)
    actions = {action.text(): action for action in pane.open_menu.actions()}
    assert list(actions) == ["2 layers", "Output accuracy report (PDF)", "Folder"]
    actions["Output accuracy report (PDF)"].trigger()
    actions["Folder"].trigger()
    assert opened == [str(tmp_path / "accuracy.pdf"), str(tmp_path)]
    os.remove(tmp_path / "accuracy.pdf")
    pane._fill_open_menu(pane.open_menu)
    assert [action.isEnabled() for action in pane.open_menu.actions()] == [True, False, True]


def test_run_again_fills_the_dialog(pane, scene, tmp_path, monkeypatch):
    """With the values as they were given."""
    shown = []
    monkeypatch.setattr(again, "open_tool", lambda name, values: shown.append((name, values)))
    given = {"in_featureclass": f"{scene}/found.gpkg", "confidence_score_field": "Confidence", "max_overlap_ratio": 0.2}
    run_and_load("nonmaximumsuppression", **given, out_featureclass=str(tmp_path / "thin.gpkg"))
    pane.refresh()
    QTest.mouseClick(pane.again_button, Qt.LeftButton)
    assert shown == [("nonmaximumsuppression", {**given, "out_featureclass": str(tmp_path / "thin.gpkg")})]


def test_continuing_writes_where_the_run_wrote(tmp_path):
    """A temporary output would get another name, and nothing to go on with."""
    parameters = {"in_raster": "/a.tif", "out_classified_raster": "/tmp/x/classes.tif", "out_polygons": None}
    given = {"in_raster": "/a.tif", "out_classified_raster": "TEMPORARY_OUTPUT"}
    with recorded(tool="classify_pixels", title="Classify", parameters=parameters, given=given) as record:
        pass
    from imagery_deep_learning.provider.run_list import read_run

    values = again.same_request(read_run(record.path))
    assert values == {"in_raster": "/a.tif", "out_classified_raster": "/tmp/x/classes.tif"}


def test_a_manifest_says_what_it_was_run_with(pane, tmp_path):
    """Model, processor and precision stand below the parameters."""
    manifest = tmp_path / "found.gpkg.run.json"
    content = {"model": {"name": "pads", "architecture": "FCOS"}, "device": "CPU", "precision": "fp32"}
    manifest.write_text(json.dumps(content))
    (tmp_path / "found.gpkg").write_bytes(b"")
    with recorded(tool="detect_objects", parameters={"in_raster": "/a.tif"}) as record:
        record.outputs = {"out_detected_objects": f"{tmp_path}/found.gpkg|layername=found"}
    pane.show_run(record.path)
    values = pane.details.values
    shown = [(item.text(0), item.text(1)) for item in map(values.topLevelItem, range(values.topLevelItemCount()))]
    assert shown == [("Input raster", "/a.tif"), ("Model", "pads (FCOS)"), ("Processor", "CPU"), ("Precision", "fp32")]


@pytest.mark.parametrize("count", [0, 1, 4])
def test_the_plot_draws_any_number_of_epochs(qgis_app, count):
    """Also values that are not known, and losses over several powers of ten."""
    plot = LossPlot()
    plot.resize(320, 180)
    blank = plot.grab().toImage()
    plot.show_curve([{**point, "valid_loss": None} if point["epoch"] == 2 else point for point in POINTS[:count]])
    assert (plot.grab().toImage() == blank) == (count == 0)
    plot.show_curve([{"epoch": n, "loss": 10.0 ** (3 - n), "valid_loss": None, "metrics": {}} for n in (1, 2, 3, 4)])
    assert plot.span() == (0.1, 100.0, True)
    plot.grab()


def test_the_plot_places_values_on_its_axes(qgis_app):
    """The first epoch at the left, the last planned one at the right, less loss lower."""
    plot = LossPlot()
    plot.resize(320, 180)
    plot.show_curve(POINTS)
    area = plot.area()
    assert plot.place(1, 0).x() == area.left() and plot.place(6, 0).x() == area.right()
    assert plot.place(1, 0.2).y() > plot.place(1, 0.8).y()
    assert plot.place(1, 0.0).y() == area.bottom() and plot.place(1, 1.0, True).y() == area.top()
    assert told(POINTS[1]).splitlines()[0] == "epoch 2"


def test_states_are_told_apart(pane):
    """Each has an icon and a word of its own."""
    from imagery_deep_learning.gui.runs.words import COLORS

    assert len(set(COLORS.values())) == len(COLORS) == 5
    assert {RUNNING, DONE, FAILED, CANCELLED} < set(COLORS)


def test_a_run_of_somebody_else_is_added_from_its_manifest(pane, tmp_path):
    """With its time, its outputs and the values of its dialog; a second time it is the same run."""
    manifest = tmp_path / "found.gpkg.run.json"
    parameters = {
        "in_raster": "/data/desert.tif",
        "in_model_definition": "/m/pads.dlpk",
        "out_detected_objects": {"path": f"{tmp_path}/found.gpkg", "layer": "pads"},
        "arguments": [["padding", "64"], ["batch_size", "4"]],
        "extent": {"left": 1.0, "bottom": 2.0, "right": 3.5, "top": 4.0, "crs": "EPSG:32633"},
        "output_crs": None,
    }
    content = {
        "tool": "detectobjectsusingdeeplearning", "parameters": parameters, "timings": {"seconds": 90.0},
        "finished": "2026-03-01T12:01:30+00:00", "output": f"{tmp_path}/found.gpkg|layername=pads",
        "warnings": ["dark"],
    }  # fmt: skip
    manifest.write_text(json.dumps(content))
    pane.add_manifests([str(manifest)])
    pane.add_manifests([str(manifest)])
    (run,) = pane.known.values()
    assert (run.tool, run.state, run.subject, run.seconds) == ("detect_objects", DONE, "desert", 90.0)
    assert run.started.isoformat() == "2026-03-01T12:00:00+00:00" and run.log == [("warning", "dark")]
    assert run.outputs["out_detected_objects"] == f"{tmp_path}/found.gpkg|layername=pads"
    assert run.given["extent"] == "1.0,3.5,2.0,4.0 [EPSG:32633]"
    assert run.given["arguments"] == "padding 64; batch_size 4"
    assert run.given["out_detected_objects"] == f"{tmp_path}/found.gpkg|layername=pads"


@pytest.mark.parametrize("text", ["", "[]", '{"tool": "x"}', '{"tool": "detectobjectsusingdeeplearning"}'])
def test_another_file_is_refused_with_a_sentence(tmp_path, text):
    """Nothing is added."""
    path = tmp_path / "a.run.json"
    path.write_text(text)
    with pytest.raises(EngineError, match="is no run manifest: choose"):
        add_manifest(str(path), QgsProcessingContext())
    assert not (tmp_path / "runs").exists()
