"""What the tour works on: rasters, layers and models made by the programs of the tests, and each tool's values."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MADE = {
    "scene": "make_scene.py",
    "objects": "make_object_model.py",
    "pixels": "make_pixel_model.py",
    "masks": "make_mask_model.py",
    "change": "make_change_scene.py",
    "squares": "make_detector.py",
}
"""Folder -> program of the tests that fills it."""


def make_data(folder: Path) -> None:
    """Write every folder."""
    folder.mkdir(parents=True)
    for name, program in MADE.items():
        target = folder / name
        if name not in ("pixels", "masks"):  # these two make their folder themselves
            target.mkdir()
        subprocess.run([sys.executable, str(ROOT / "tests" / program), str(target)], check=True, cwd=ROOT)


def values_of_tools(data: Path, results: Path) -> dict[str, Any]:
    """Return each tool's values, in an order in which one may use what another wrote, and the models to look at."""
    scene, chips = data / "scene", results / "chips"
    tools: dict[str, dict[str, Any]] = {
        "exporttrainingdatafordeeplearning": {
            "in_raster": scene / "scene.tif",
            "in_class_data": scene / "labels.gpkg",
            "out_folder": chips,
            "tile_size_x": 64,
            "tile_size_y": 64,
            "stride_x": 32,
            "stride_y": 32,
        },
        "inspecttrainingdata": {"in_folder": chips, "out_report": results / "chips.html"},
        "converttrainingdata": {
            "in_folder": chips,
            "out_folder": results / "kitti",
            "metadata_format": "KITTI_rectangles",
        },
        "traindeeplearningmodel": {
            "in_folder": chips,
            "out_folder": results / "network",
            "max_epochs": 2,
            "backbone_model": "RESNET18",
        },
        "detectobjectsusingdeeplearning": {
            "in_raster": scene / "scene.tif",
            "in_model_definition": results / "network" / "network.dlpk",
            "arguments": "threshold 0.1",
            "out_detected_objects": results / "found.gpkg",
        },
        "classifypixelsusingdeeplearning": {
            "in_raster": scene / "scene.tif",
            "in_model_definition": model(data / "pixels"),
            "out_classified_raster": results / "classes.tif",
        },
        "classifyobjectsusingdeeplearning": {
            "in_raster": data / "objects" / "scene.tif",
            "in_features": data / "objects" / "roofs.gpkg",
            "in_model_definition": data / "objects" / "roofs" / "roofs.emd",
            "out_feature_class": results / "roofs.gpkg",
        },
        "detectchangeusingdeeplearning": {
            "from_raster": data / "change" / "first.tif",
            "to_raster": data / "change" / "second.tif",
            "in_model_definition": data / "change" / "change" / "change.emd",
            "out_classified_raster": results / "change.tif",
        },
        "comparedetections": {
            "old_detections": data / "change" / "old.gpkg",
            "new_detections": data / "change" / "new.gpkg",
            "out_features": results / "compared.gpkg",
        },
        "nonmaximumsuppression": {
            "in_featureclass": scene / "found.gpkg",
            "confidence_score_field": "Confidence",
            "out_featureclass": results / "thinned.gpkg",
        },
        "computeaccuracyforobjectdetection": {
            "detected_features": scene / "found.gpkg",
            "ground_truth_features": scene / "labels.gpkg",
            "out_accuracy_table": results / "accuracy.csv",
            "out_accuracy_report": results / "accuracy.pdf",
        },
        "computeaccuracyforpixelclassification": {
            "in_raster": scene / "found_classes.tif",
            "in_ground_truth_data": scene / "classes.tif",
            "out_confusion_matrix": results / "confusion.csv",
        },
        "segmentimage": {"in_raster": scene / "scene.tif", "out_segments": results / "segments.gpkg"},
        "diagnosedeeplearningengine": {"out_report": results / "engine.md"},
    }
    texts = {name: {key: str(value) for key, value in values.items()} for name, values in tools.items()}
    models = sorted(str(path) for path in (ROOT / "docs" / "examples").glob("*.model3"))
    rows = [{**texts["nonmaximumsuppression"], "out_featureclass": str(results / f"row{n}.gpkg")} for n in (1, 2)]
    squares, package = data / "squares" / "squares.tif", data / "squares" / "squares" / "squares.dlpk"
    return {
        "tools": texts,
        "models": models,
        "batch": rows,
        "python": sys.executable,
        "suggest": {"raster": str(squares), "model": str(package)},
        "use_detector": {
            "in_raster": str(scene / "scene.tif"),
            "detector": str(package),
            "reference_labels": str(scene / "labels.gpkg"),
            "max_overlap": 0.3,
        },
    }


def model(folder: Path) -> Path:
    """Return where the definition in a model's folder lies, which is named after it."""
    return folder / f"{folder.name}.emd"
