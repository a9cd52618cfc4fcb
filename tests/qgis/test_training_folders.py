"""Convert and Inspect Training Data through QGIS: a folder of another program in, a folder of ours and a page out."""

import subprocess
from pathlib import Path

import processing
import pytest
from qgis.core import QgsProcessingContext, QgsProcessingException, QgsProcessingFeedback

from .conftest import ENGINE, ROOT

pytestmark = pytest.mark.usefixtures("provider")

MAKE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.engine.samples.foreign_folders import coco
square = [[10.0, 5.0, 20.0, 5.0, 20.0, 15.0, 10.0, 15.0]]
found = [{"image_id": n, "category_id": 3, "bbox": [10, 5, 10, 10], "segmentation": square} for n in range(3)]
coco(Path(sys.argv[1]) / "_annotations.coco.json", found, count=3)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a COCO folder with an instance in each of three images."""
    made = tmp_path_factory.mktemp("coco")
    subprocess.run([str(ENGINE), "-c", MAKE, str(made), str(ROOT)], check=True, cwd=ROOT)
    return made


def run(name, **parameters):
    """Run a tool; return its results and its log."""
    feedback = QgsProcessingFeedback()
    results = processing.run(f"deeplearning:{name}", parameters, feedback=feedback, context=QgsProcessingContext())
    return results, feedback.textLog()


def test_a_coco_folder_becomes_one_of_ours(folder, tmp_path):
    """With the number of chips for a model chain."""
    results, log = run(
        "converttrainingdata", in_folder=str(folder), out_folder=str(tmp_path / "chips"), metadata_format="RCNN_Masks"
    )
    assert int(results["out_chips"]) == 3
    assert (Path(results["out_folder"]) / "labels" / "crane").is_dir()
    assert "is read as COCO" in log
    with pytest.raises(QgsProcessingException, match=r"exists|holds"):
        run("converttrainingdata", in_folder=str(folder), out_folder=str(folder))


def test_a_folder_becomes_a_page(folder, tmp_path):
    """The findings are in the log as well."""
    results, log = run("inspecttrainingdata", in_folder=str(folder), out_report=str(tmp_path / "found.html"))
    assert Path(results["out_report"]).read_text("utf-8").startswith("<!DOCTYPE html>")
    assert int(results["out_findings"]) > 0 and int(results["out_errors"]) == 0
    assert "little to learn from" in log
