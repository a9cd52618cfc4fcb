"""``./dev demo --task instances``: labels to chips with masks to a trained network to outlines to their accuracy.

Without arguments it makes a town (town.py), trains on the west and judges on the east; ``--case buildings_kampala``
does the same with a drone image. Polygons are judged against polygons, and boxes against boxes beside it. Everything
lies in demo/ afterwards; ``summary.json`` holds the figures.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .demo_cases import Source, make_source
from .demo_run import (
    DRAWN_COLOURS,
    LOWEST_CONFIDENCE,
    Run,
    begun,
    draw_detections,
    last_row,
    model_definition,
    model_package,
    write_picture,
)
from .town import write_town

ROWS, COLS, QUICK_COLS = 1200, 1920, 960
MINUTES, QUICK_MINUTES = 5.0, 1.5
OWED_AP50, OWED_AP50_QUICK = 0.90, 0.05  # of masks; the quick one proves the chain, not the figure


@dataclass(frozen=True)
class Town:
    """What is trained on and judged by.

    Attributes:
        source: The two parts.
        minutes: Training time.
        tile: Size of a chip in pixels.
        cell_size: Cell size of the chips, ``auto`` or empty for the raster's.
        owed: Average precision of the masks that is owed, None for real data.
    """

    source: Source
    minutes: float
    tile: int
    cell_size: str = ""
    owed: float | None = None


CASES = ("buildings_kampala",)
"""Real data by its name."""


def main(asked: argparse.Namespace) -> int:
    """Run the demo; exit code 1 when a tool failed or the scene's figure is below what is owed."""
    run = begun(asked.out)
    town = chosen_town(asked, run.folder)
    model = trained(run, town, asked)
    definition = model_definition(model)
    figures = judged(run, town.source, model, float(definition["Threshold"]))
    figures["training_minutes"] = definition["ImageryDL"]["training"]["minutes"]
    folder, place = run.folder / town.source.name, town.source.val
    title = f"{town.source.name}: AP50 of masks {figures['mask_ap50']:.2f}, threshold {figures['threshold']:.2f}"
    draw_detections(folder, place.raster, place.extent, title)
    if asked.picture:
        write_picture(folder / "detail.png", asked.picture, DRAWN_COLOURS)
    minutes = run.minutes
    run.write_summary({"minutes": minutes, "seconds": run.seconds, "owed_mask_ap50": town.owed, **figures})
    print(f"\n== done in {minutes:.1f} minutes; everything is in {asked.out}")
    for name, value in figures.items():
        print(f"{name}: {value:.3f}")
    return 0 if town.owed is None or figures["mask_ap50"] >= town.owed else 1


def chosen_town(asked: argparse.Namespace, folder: Path) -> Town:
    """Return named real data, data given by their files, or the scene."""
    if asked.case:
        place = asked.data.resolve() / asked.case
        files = place / "kampala.tif", place / "buildings.gpkg", place / "aoi.gpkg"
        town = Town(make_source(*files, folder / "kampala"), 8.0, 192, "auto")
    elif asked.raster:
        area = asked.aoi[0].resolve() if asked.aoi else None
        source = make_source(asked.raster[0].resolve(), asked.labels[0].resolve(), area, folder / asked.raster[0].stem)
        town = Town(source, 8.0, 192, asked.cell_size)
    else:
        cols = QUICK_COLS if asked.quick else COLS
        print(f"== scene: {cols} x {ROWS}", flush=True)
        files = write_town(folder / "scene", ROWS, cols, asked.seed).values()
        owed, minutes = (OWED_AP50_QUICK, QUICK_MINUTES) if asked.quick else (OWED_AP50, MINUTES)
        town = Town(make_source(*files, folder / "town"), minutes, 192, owed=owed)
    changes: dict[str, Any] = {"minutes": asked.minutes, "tile": asked.tile, "cell_size": asked.cell_size}
    return replace(town, **{key: value for key, value in changes.items() if value})


def trained(run: Run, town: Town, asked: argparse.Namespace) -> Path:
    """Export chips with masks of the training part, train, and return the model's folder."""
    source, folder = town.source, run.folder / town.source.name
    run.tool(
        "export",
        "exporttrainingdatafordeeplearning",
        in_raster=source.train.raster,
        out_folder=folder / "chips",
        in_class_data=source.train.labels,
        metadata_format="RCNN_Masks",
        tile_size_x=town.tile,
        tile_size_y=town.tile,
        stride_x=town.tile // 3,
        stride_y=town.tile // 3,
        in_mask_polygons=source.train.area,
        extent=source.train.extent,
        cell_size=town.cell_size,
    )
    return run.train(
        "train",
        folder / "chips",
        folder / "network",
        model_type=asked.model_type,
        backbone_model=asked.backbone,
        max_minutes=town.minutes,
    )


def judged(run: Run, source: Source, model: Path, threshold: float) -> dict[str, float]:
    """Find the instances of the validation part and return how good they are, by masks and by boxes."""
    folder = run.folder / source.name
    found = folder / "outlines.gpkg"
    run.tool(
        "detect",
        "detectobjectsusingdeeplearning",
        in_raster=source.val.raster,
        out_detected_objects=found,
        in_model_definition=model_package(model),
        arguments=f"threshold {LOWEST_CONFIDENCE}",
        extent=source.val.extent,
        mask=source.val.area,
    )
    figures: dict[str, float] = {"threshold": threshold}
    for thing, overlap in (("mask", "MASKS"), ("box", "BOXES")):
        for kind, subset in (("ranked", ""), ("chosen", f'|subset="Confidence" >= {threshold:g}')):
            table = folder / f"accuracy_{thing}_{kind}.csv"
            layers = {f"out_{key}": folder / f"{key}.gpkg" for key in ("true_positives", "false_positives")}
            layers["out_false_negatives"] = folder / "false_negatives.gpkg"
            run.tool(
                f"accuracy of {overlap.lower()}, {kind}",
                "computeaccuracyforobjectdetection",
                detected_features=f"{found}{subset}",
                ground_truth_features=source.val.labels,
                out_accuracy_table=table,
                out_accuracy_report=table.with_suffix(".pdf"),
                overlap_by=overlap,
                **(layers if (thing, kind) == ("mask", "chosen") else {}),
            )
            last = last_row(table)
            if kind == "ranked":
                figures |= {f"{thing}_ap50": float(last["AP"]), f"{thing}_map": float(last["mAP"])}
            else:
                figures |= {f"{thing}_{key.lower()}": float(last[key]) for key in ("Precision", "Recall", "F1_Score")}
    return figures
