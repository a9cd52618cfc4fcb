"""Stops with the tools: each run once from its dialog, a batch, the examples in the modeler, a model, an estimate."""

from __future__ import annotations

import os

from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingModelAlgorithm

from .acting import TASK, click, fresh_project, inside, last_lines, picture, rows

USE_DETECTOR = "Use a detector, remove doubles and judge it"
"""Title of the example that is run."""


def scene():
    """Show the raster and its labels."""
    fresh_project(inside("data", "scene", "labels.gpkg"), inside("data", "scene", "scene.tif"))
    yield 1500
    picture("window")


def tool(name, values):
    """Return the stop that opens a tool's dialog, runs it when there are values, and looks at what it says."""

    def stop():
        import processing

        dialog = processing.createAlgorithmDialog(f"deeplearning:{name}", values or {})
        assert dialog is not None, "QGIS made no dialog"
        ended = []
        dialog.algorithmFinished.connect(lambda right, _: ended.append(right))
        dialog.show()
        yield 700
        picture(f"{name}_1_dialog", dialog)
        if values is not None:
            dialog.runButton().click()
            yield lambda: ended
            yield 500
            picture(f"{name}_2_log", dialog)
            assert ended[-1], f"the run failed: {last_lines(dialog)}"
        dialog.close()
        dialog.deleteLater()
        if values is not None:
            yield 500
            picture(f"{name}_3_window")

    stop.__name__ = name
    return stop


def batch():
    """Run a tool over two rows of the batch panel."""
    from processing.gui.BatchAlgorithmDialog import BatchAlgorithmDialog

    algorithm = QgsApplication.processingRegistry().createAlgorithmById("deeplearning:nonmaximumsuppression")
    dialog = BatchAlgorithmDialog(algorithm)
    dialog.show()
    panel = dialog.mainWidget()
    panel.addRow(2 - panel.batchRowCount())
    for row, values in enumerate(TASK["values"]["batch"]):
        for name, value in values.items():
            column = panel.parameter_to_column[name]
            if name.startswith("out_"):
                panel.tblParameters.cellWidget(row + 1, column).setValue(value)
            else:
                panel.wrappers[row][column].setParameterValue(value, QgsProcessingContext())
    yield 700
    picture("batch", dialog)
    dialog.runButton().click()
    yield lambda: "Batch execution completed" in last_lines(dialog)
    missing = [values["out_featureclass"] for values in TASK["values"]["batch"] if not made(values)]
    assert not missing, f"not written: {missing}; {last_lines(dialog)}"
    dialog.close()
    dialog.deleteLater()


def made(values):
    """Return whether a row of the batch wrote its output."""
    return os.path.exists(values["out_featureclass"])


def modeler():
    """Open every example in the modeler."""
    from processing.modeler.ModelerDialog import ModelerDialog

    for path in TASK["values"]["models"]:
        model = QgsProcessingModelAlgorithm()
        assert model.fromFile(path), f"{path} is no model"
        window = ModelerDialog.create(model)
        window.show()
        yield 1000
        picture(f"modeler_{os.path.splitext(os.path.basename(path))[0]}", window)
        window.setDirty(False)
        window.close()


def use_detector():
    """Run an example, which lies among the models of the profile, from its dialog."""
    import processing

    models = QgsApplication.processingRegistry().providerById("model").algorithms()
    model = next((each for each in models if each.name() == USE_DETECTOR), None)
    assert model is not None, f"{USE_DETECTOR} is not among the models of the toolbox"
    values = dict(TASK["values"]["use_detector"])
    outputs = [each.name() for each in model.parameterDefinitions() if each.isDestination()]
    endings = {"report": "pdf", "table": "csv"}
    files = {name: f"model.{endings.get(name.split('_')[-1], 'gpkg')}" for name in outputs}
    written = {name: inside("results", file) for name, file in files.items()}
    dialog = processing.createAlgorithmDialog(model.id(), {**values, **written})
    ended = []
    dialog.algorithmFinished.connect(lambda right, _: ended.append(right))
    dialog.show()
    yield 1000
    picture("model_1_dialog", dialog)
    click(dialog.runButton())
    yield lambda: ended
    yield 500
    picture("model_2_log", dialog)
    assert ended[-1], f"the run failed: {last_lines(dialog)}"
    missing = [path for path in written.values() if not os.path.exists(path)]
    assert not missing, f"the model did not write {', '.join(missing)}"
    assert rows(inside("results", "model.gpkg")), "the model found nothing"
    dialog.close()
    dialog.deleteLater()


def estimate():
    """Press a tool's Estimate button and read the answer."""
    import processing

    values = TASK["values"]["suggest"]
    dialog = processing.createAlgorithmDialog(
        "deeplearning:detectobjectsusingdeeplearning",
        {"in_raster": values["raster"], "in_model_definition": values["model"]},
    )
    dialog.show()
    yield 1000
    click(dialog.estimate_button)
    yield 200
    picture("estimate_1_busy", dialog)
    yield lambda: dialog.box.task is None
    yield 300
    picture("estimate_2_answer", dialog)
    said = dialog.box.text.text()
    assert "<b>Work</b>" in said and "tile" in said, f"the estimate tells no tiles: {said}"
    assert "<b>Memory and disk</b>" in said, f"the estimate tells no memory: {said}"
    dialog.close()
    dialog.deleteLater()


AFTER_TOOLS = (modeler, use_detector, estimate)
