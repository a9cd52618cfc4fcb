"""What a run costs before any work is done: the smallest tool through qgis_process.

Ours is Non Maximum Suppression on two polygons. The limit is qgis_process with a native tool that does nothing, plus a
bare interpreter that imports the libraries which that tool needs. At most half a second of processor time may lie
between them: declarations, provider, starting the worker, talking to it, reading and writing two features.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import shapely

from ..layers import Layer
from .harness import ROOT, Case, Result, measured

MOST_ON_TOP = 0.5  # seconds of processor time
LIBRARIES = "numpy, shapely, pyogrio.raw, rasterio.crs, rasterio.warp"


def prepare(folder: Path) -> None:
    """Write two overlapping polygons, and run QGIS once so that its profile and caches exist."""
    boxes = shapely.box(np.array([0.0, 1.0]), 0.0, np.array([10.0, 11.0]), 10.0)
    fields = {"Confidence": np.array([0.9, 0.8]), "Class": np.array(["pad", "pad"], object)}
    Layer(boxes, fields, "EPSG:32613", "two").write(folder / "two.gpkg")
    _qgis("native:stringconcatenation", "INPUT_1=a", "INPUT_2=b")


def _qgis(*arguments: str) -> None:
    command = [str(ROOT / "dev"), "qgis", "run", arguments[0], "--", *arguments[1:]]
    subprocess.run(command, check=True, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True)


def ours(folder: Path) -> Result:
    """Run the tool."""
    with measured() as measure:
        _qgis(
            "deeplearning:nonmaximumsuppression",
            f"in_featureclass={folder / 'two.gpkg'}",
            "confidence_score_field=Confidence",
            f"out_featureclass={folder / 'one.gpkg'}",
        )
    if not (folder / "one.gpkg").exists():
        raise RuntimeError("the tool wrote nothing")
    (folder / "one.gpkg").unlink()
    return measure.result()


def limit(folder: Path) -> Result:
    """Run QGIS's tool that does nothing, and import the worker's libraries."""
    with measured() as measure:
        _qgis("native:stringconcatenation", "INPUT_1=a", "INPUT_2=b")
        subprocess.run([sys.executable, "-c", f"import os, {LIBRARIES}; os._exit(0)"], check=True)
    return measure.result()


def on_top(our: Result, bare: Result) -> str | None:
    """Complain about more than the time allowed on top."""
    more = our["seconds"] - bare["seconds"]
    return None if more <= MOST_ON_TOP else f"{more:.2f} s of processor time on top of the limit, owed {MOST_ON_TOP:g}"


CASES = (Case("start", "2 polygons", None, prepare, ours, limit, quick=True, rounds=7, check=on_top),)
