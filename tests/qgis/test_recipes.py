"""The commands of the recipes run as they are printed, with small models in the place of trained ones."""

import inspect
import json
import os
import re
import shutil
import subprocess
import textwrap
from pathlib import Path

import processing
import pytest
from qgis.core import QgsProcessingContext, QgsVectorLayer

from .conftest import ENGINE, ROOT

PAGE = ROOT / "docs" / "recipes.md"
EXAMPLES = ROOT / "docs" / "examples"
SHIM = """\
#!/bin/sh
exec {program} "$@"
"""


def blocks(kind):
    """Return the blocks of a kind with the heading above each."""
    parts = re.split(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    sections = zip(parts[1::2], parts[2::2])
    return [
        (title, block) for title, text in sections for block in re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)
    ]


@pytest.fixture(scope="module")
def room(tmp_path_factory, scene):
    """Make the folder that the page tells of: scenes, models, results, and QGIS's program on the path."""
    folder = tmp_path_factory.mktemp("recipes")
    for name in ("scenes", "results", "bin"):
        (folder / name).mkdir()
    for name in ("first", "second"):
        shutil.copy(scene / "scene.tif", folder / "scenes" / f"{name}.tif")
    for script, name in (("make_mask_model.py", "pads"), ("make_pixel_model.py", "landcover")):
        subprocess.run([str(ENGINE), str(ROOT / "tests" / script), str(folder / name)], check=True, cwd=ROOT)
        shutil.copy(folder / name / f"{name}.dlpk", folder / f"{name}.dlpk")
        shutil.rmtree(folder / name)
    shutil.copy(EXAMPLES / "detect_objects.model3", folder)
    program = next(p for p in ("/usr/bin/qgis_process.bin", "/usr/bin/qgis_process") if os.path.exists(p))
    shim = folder / "bin" / "qgis_process"
    shim.write_text(SHIM.format(program=program))
    shim.chmod(0o755)
    return folder


@pytest.mark.slow
def test_the_commands_run(room, qgis_process):
    """One after the other in one folder; each block ends well."""
    surroundings = {**qgis_process.environment, "PATH": f"{room / 'bin'}:/usr/bin:/bin"}
    for title, printed in blocks("sh"):
        block = printed.replace(
            "qgis_process plugins enable imagery_deep_learning\n", ""
        )  # it is, and saying so is exit 1
        done = subprocess.run(["sh", "-ec", block], cwd=room, env=surroundings, capture_output=True, text=True)
        assert done.returncode == 0, f"{title}\n{block}\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}"
    results = room / "results"
    assert not (results / "failed.txt").exists()
    assert {"first.gpkg", "second.gpkg", "all.gpkg", "first_classes.tif", "once.gpkg"} <= {
        p.name for p in results.iterdir()
    }
    assert sorted(path.name for path in (results / "classes").glob("*.tif")) == ["first.tif", "second.tif"]


def agree():
    """Press Yes where QGIS 3.40 and newer ask whether the file is trusted."""
    from qgis.PyQt.QtWidgets import QApplication, QMessageBox

    box = QApplication.activeModalWidget()
    if isinstance(box, QMessageBox):
        box.button(QMessageBox.Yes).click()


def test_the_batch_panel_loads_the_file_that_the_program_writes(provider, room, monkeypatch, qgis_iface):
    """Rows, inputs and outputs are where they belong."""
    from processing.gui.BatchAlgorithmDialog import BatchAlgorithmDialog
    from qgis.gui import QgsBrowserGuiModel
    from qgis.PyQt.QtCore import QTimer
    from qgis.PyQt.QtWidgets import QFileDialog

    monkeypatch.chdir(room)
    exec(compile(blocks("python")[0][1], "recipe", "exec"), {})
    written = room / "results" / "batch.json"
    assert len(json.loads(written.read_text())) == 2
    browser = QgsBrowserGuiModel()
    monkeypatch.setattr(qgis_iface, "browserModel", lambda: browser, raising=False)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(written), ""))
    trust = QTimer()
    trust.timeout.connect(agree)
    trust.start(100)
    dialog = BatchAlgorithmDialog(provider.algorithm("detectobjectsusingdeeplearning").create())
    panel = dialog.mainWidget()
    panel.load()
    trust.stop()
    asked = {"destinationProject": None, "warnOnInvalid": False}
    if "context" in inspect.signature(panel.parametersForRow).parameters:  # from QGIS 3.40 on
        asked["context"] = QgsProcessingContext()
    rows = [panel.parametersForRow(row, **asked) for row in range(panel.batchRowCount())]
    assert [row[0]["in_model_definition"] for row in rows] == ["pads.dlpk"] * 2
    assert [Path(row[0]["in_raster"]).name for row in rows] == ["first.tif", "second.tif"]


@pytest.mark.slow
def test_the_script_runs(provider, room, monkeypatch):
    """In the Python of QGIS."""
    monkeypatch.chdir(room)
    (_, script) = blocks("python")[1]
    names = {"processing": processing}
    exec(compile(textwrap.dedent(script), "recipe", "exec"), names)
    assert QgsVectorLayer(names["found"]["out_detected_objects"], "found", "ogr").isValid()
