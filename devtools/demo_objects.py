"""``./dev demo --task objects``: labelled objects to chips to a trained network to classes to their accuracy.

Without arguments it makes a housing estate (estate.py), trains on its west and judges on its east; ``--case`` holds out
every object of real data once (object_cases.py). Everything lies in demo/ afterwards; ``summary.json`` holds the
figures.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from . import object_cases
from .demo_run import Run, begun, hex_colors, model_definition, model_package, with_qgis, write_picture
from .estate import write_estate

ROWS, COLS, QUICK_ROWS, QUICK_COLS = 1200, 1920, 720, 960
MINUTES, QUICK_MINUTES = 4.0, 1.0
OWED, OWED_QUICK = 0.95, 0.40  # overall accuracy; the quick one proves the chain, not the figure
TILE = 32
CASES = tuple(object_cases.CASES)
"""Real data by its name."""


def main(asked: argparse.Namespace) -> int:
    """Run the demo; exit code 1 when a tool failed or the accuracy is below what is owed."""
    if asked.case:
        return object_cases.main(["--case", asked.case, "--data", str(asked.data), "--out", str(asked.out)])
    run = begun(asked.out)
    rows, cols = (QUICK_ROWS, QUICK_COLS) if asked.quick else (ROWS, COLS)
    print(f"== scene: {cols} x {rows}", flush=True)
    files = write_estate(run.folder / "scene", rows, cols, asked.seed)
    minutes = asked.minutes or (QUICK_MINUTES if asked.quick else MINUTES)
    model = trained(run, files, minutes, asked)
    accuracy = classified(run, files, model)
    draw(run.folder, files, accuracy)
    if asked.picture:
        write_picture(run.folder / "map.png", asked.picture, legend_colours(run.folder / "network"))
    took = run.minutes
    owed = OWED_QUICK if asked.quick else OWED
    run.write_summary({"minutes": took, "seconds": run.seconds, "owed": owed, **accuracy})
    print(f"\n== done in {took:.1f} minutes; everything is in {asked.out}")
    for name in ("overall_accuracy", "kappa", "majority_share"):
        print(f"{name}: {accuracy[name]:.3f}")
    for name, figures in accuracy["per_class"].items():
        print(f"F1 {name}: {figures['f1'] or 0:.3f}")
    if accuracy["never_predicted"]:
        print(f"never predicted: {', '.join(accuracy['never_predicted'])}")
    return 0 if accuracy["overall_accuracy"] >= owed else 1


def trained(run: Run, files: dict[str, Path], minutes: float, asked: argparse.Namespace) -> Path:
    """Export one chip for each object of the west, train, and return the model's folder."""
    run.tool(
        "export",
        "exporttrainingdatafordeeplearning",
        in_raster=files["raster"],
        out_folder=run.folder / "chips",
        in_class_data=files["train"],
        metadata_format="Labeled_Tiles",
        class_value_field="kind",
        tile_size_x=TILE,
        tile_size_y=TILE,
        crop_mode="BOUNDING_BOX",
    )
    return run.train(
        "train",
        run.folder / "chips",
        run.folder / "network",
        model_type=asked.model_type or "FEATURE_CLASSIFIER",
        backbone_model=asked.backbone,
        max_minutes=minutes,
    )


def classified(run: Run, files: dict[str, Path], model: Path) -> dict[str, Any]:
    """Classify the objects of the east and return how good their classes are."""
    target = run.folder / "classified.gpkg"
    run.tool(
        "classify",
        "classifyobjectsusingdeeplearning",
        in_raster=files["raster"],
        out_feature_class=target,
        in_model_definition=model_package(model),
        in_features=files["val"],
        truth_field="kind",
        out_report=run.folder / "accuracy.pdf",
    )
    manifest = json.loads(target.with_name(f"{target.name}.run.json").read_text(encoding="utf-8"))
    accuracy: dict[str, Any] = manifest["accuracy"]
    return accuracy


def legend_colours(model: Path) -> list[str]:
    """Return the colours of a model's classes."""
    return hex_colors(row["Color"] for row in model_definition(model)["Classes"])


def draw(folder: Path, files: dict[str, Path], accuracy: dict[str, Any]) -> None:
    """Render the imagery under the classified objects; QGIS draws them with the legend it shows to users."""
    title = f"classified: accuracy {accuracy['overall_accuracy']:.3f}, kappa {accuracy['kappa']:.3f}"
    layer = str(folder / "classified.gpkg")
    task = {"raster": str(files["raster"]), "layer": layer, "title": title, "target": str(folder / "map.png")}
    with_qgis("render_objects.py", task)
