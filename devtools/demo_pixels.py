"""``./dev demo --task pixels``: labels to chips to a trained network to a class raster to its accuracy.

Without arguments it makes its own land cover (landcover.py), trains on the west and judges on the east. Everything
lies in demo/ afterwards; ``summary.json`` and ``summary.md`` hold the figures.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import rasterio

from .class_files import write_class_raster
from .demo_run import Run, begun, hex_colors, model_definition, model_package, with_qgis, write_picture
from .landcover import CLASSES, COLS, ROWS, write_landcover
from .pixel_baseline import Baseline, pixel_baseline
from .pixel_cases import CASES, Case
from .pixel_sources import PixelSource, Training, make_pixel_source

QUICK_SHARE = 0.5  # of the scene's rows and columns
MINUTES, QUICK_MINUTES = 3.0, 1.0
OWED_ACCURACY, OWED_ACCURACY_QUICK = 0.75, 0.60  # the quick one proves the chain, not the figure


@dataclass(frozen=True)
class Result:
    """What came out.

    Attributes:
        accuracy: Overall accuracy.
        kappa: Cohen's kappa.
        iou: IoU by class name; NaN for a class that neither side has.
        pixels: How many pixels were judged.
        seconds: Time inside training steps, all trainings together.
        seam: Seam scores of the class rasters that have one.
    """

    accuracy: float
    kappa: float
    iou: dict[str, float]
    pixels: int
    seconds: float
    seam: tuple[float, ...]


def main(asked: argparse.Namespace) -> int:
    """Run the demo; exit code 1 when a tool failed or the scene's figure is below what is owed."""
    run = begun(asked.out)
    source, case = chosen_source(asked, run.folder)
    below = pixel_baseline(source)
    tell_source(source, below)
    rasters = [classified(run, source, training, case, asked) for training in source.trainings]
    raster = rasters[0] if len(rasters) == 1 else merged(source, rasters, run.folder / source.name / "classified.tif")
    result = judged(run, source, raster, rasters)
    draw_map(source, raster, result)
    if asked.picture:
        colours = hex_colors(color for _, color in source.truth.classes.values())
        write_picture(run.folder / source.name / "map.png", asked.picture, colours)
    minutes = run.minutes
    write_summary(run, source, result, below, minutes)
    return verdict(source, result, below, minutes, asked)


def chosen_source(asked: argparse.Namespace, folder: Path) -> tuple[PixelSource, Case]:
    """Return what the demo works on, and how: named real data, the user's data, or the scene."""
    if asked.case:
        case, data = CASES[asked.case], asked.data.resolve() / asked.case
        area = data / case.aoi if case.aoi else None
        source = make_pixel_source(data / case.raster, data / case.labels, area, folder / asked.case, case)
    elif asked.raster:
        raster, labels = asked.raster[0].resolve(), asked.labels[0].resolve()
        with rasterio.open(raster) as file:
            tile = proposed_tile(*file.shape)
        case = Case(str(raster), str(labels), class_field=asked.class_field, folds=asked.folds, tile=tile)
        area = asked.aoi[0].resolve() if asked.aoi else None
        source = make_pixel_source(raster, labels, area, folder / raster.stem, case)
    else:
        share = QUICK_SHARE if asked.quick else 1.0
        rows, cols = round(share * ROWS), round(share * COLS)
        print(f"== scene: {cols} x {rows}, 6 bands", flush=True)
        scene = write_landcover(folder / "scene", rows, cols, asked.seed)
        case = Case("", "", classes=CLASSES, minutes=QUICK_MINUTES if asked.quick else MINUTES, tile=64)
        source = make_pixel_source(
            scene["raster"], scene["labels"], scene["aoi"], folder / "countryside", case, scene["truth"]
        )
    changes = {"minutes": asked.minutes, "tile": asked.tile, "cell_size": asked.cell_size}
    return source, replace(case, **{key: value for key, value in changes.items() if value})


def proposed_tile(rows: int, cols: int) -> int:
    """Return a chip size that gives a dozen chips or more: 256 pixels, less for a small raster."""
    return max(32, min(256, 2 ** int(math.log2(max(1, min(rows, cols) / 3)))))


def tell_source(source: PixelSource, below: Baseline | None) -> None:
    """Print what there is to learn, and what simple means reach."""
    learnt = source.ground.only(source.trainings[0].known)
    for value, (name, _) in source.ground.classes.items():
        print(f"  {name}: {int((learnt == value).sum())} pixels to learn from", flush=True)
    if len(source.trainings) > 1:
        print(f"{len(source.trainings)} folds; the pixels above are those of the first", flush=True)
    if below:
        print(f"one class everywhere: {below.majority:.3f}; maximum likelihood, pixel by pixel: {below.likelihood:.3f}")


def classified(run: Run, source: PixelSource, training: Training, case: Case, asked: argparse.Namespace) -> Path:
    """Export, train, classify the whole raster, and return the class raster."""
    folder = run.folder / source.name / training.name
    what = f"{source.name} {training.name}".strip()
    run.tool(
        f"export {what}",
        "exporttrainingdatafordeeplearning",
        in_raster=source.raster,
        out_folder=folder / "chips",
        in_class_data=training.labels,
        metadata_format="Classified_Tiles",
        class_value_field=case.class_field,
        tile_size_x=case.tile,
        tile_size_y=case.tile,
        stride_x=case.tile // 2,
        stride_y=case.tile // 2,
        in_mask_polygons=training.area,
        extent=training.extent,
        cell_size=case.cell_size,
    )
    model = run.train(
        f"train {what}",
        folder / "chips",
        folder / "network",
        model_type=asked.model_type,
        backbone_model=asked.backbone,
        max_minutes=case.minutes,
    )
    target = folder / "classified.tif" if len(source.trainings) == 1 else folder / f"classified_{training.name}.tif"
    run.tool(
        f"classify {what}",
        "classifypixelsusingdeeplearning",
        in_raster=source.raster,
        in_model_definition=model_package(model),
        out_classified_raster=target,
        cell_size="auto" if case.cell_size else "",  # as the chips were, however far from the raster's own that is
    )
    return target


def merged(source: PixelSource, rasters: list[Path], target: Path) -> Path:
    """Write a class raster in which every held-out pixel has the class given without it; the rest is the first's."""
    with rasterio.open(rasters[0]) as file:
        values = file.read(1)
        if values.shape != source.truth.values.shape:
            raise SystemExit(f"demo: {rasters[0]} has another grid than the labels, so folds cannot be put together")
    for training, raster in zip(source.trainings, rasters, strict=True):
        with rasterio.open(raster) as file:
            values[training.judged] = file.read(1)[training.judged]
    ground = source.truth
    return write_class_raster(target, values, ground.transform, ground.crs, ground.classes, ground.nodata)


def judged(run: Run, source: PixelSource, raster: Path, rasters: list[Path]) -> Result:
    """Compare every pixel of the reference with the class raster."""
    table = run.compare_pixels(f"accuracy {source.name}", raster, source.reference)
    seconds = sum(training_seconds(model.parent) for model in sorted(table.parent.glob("**/network/*.emd")))
    seams = tuple(score for raster in rasters for score in seam_scores(raster))
    return replace(read_matrix(table), seconds=seconds, seam=seams)


def read_matrix(table: Path) -> Result:
    """Return the figures of a confusion matrix as the accuracy tool writes it."""
    with table.open(encoding="utf-8", newline="") as file:
        rows = {row["ClassValue"]: row for row in csv.DictReader(file)}
    iou = {row["Class_Name"]: _number(row["IoU"]) for key, row in rows.items() if key.startswith("C_")}
    overall, kappa = _number(rows["P_Accuracy"]["U_Accuracy"]), _number(rows["Kappa"]["Kappa"])
    return Result(overall, kappa, iou, int(_number(rows["Total"]["Total"])), 0.0, ())


def _number(text: str) -> float:
    """Return a figure of a table, NaN for an empty cell."""
    return float(text) if text.strip() else math.nan


def training_seconds(model: Path) -> float:
    """Return how long a model was trained, from the definition in its folder."""
    return 60 * float(model_definition(model)["ImageryDL"]["training"]["minutes"])


def seam_scores(raster: Path) -> Iterator[float]:
    """Yield the seam score of a class raster from its run manifest, if its tiles have lines to look at."""
    manifest = json.loads(raster.with_name(f"{raster.name}.run.json").read_text(encoding="utf-8"))
    for image in manifest["images"]:
        if image["seam_score"]["value"] is not None:
            yield float(image["seam_score"]["value"])


def draw_map(source: PixelSource, raster: Path, result: Result) -> None:
    """Render imagery, classes and reference side by side; QGIS draws them with the legend it shows to users."""
    task = {
        "panels": [
            {"raster": str(source.raster), "title": "imagery"},
            {"raster": str(raster), "title": f"classified: accuracy {result.accuracy:.3f}, kappa {result.kappa:.3f}"},
            {"raster": str(source.reference), "title": "reference, never learnt"},
        ],
        "target": str(source.reference.with_name("map.png")),
    }
    with_qgis("render_classes.py", task)


def write_summary(run: Run, source: PixelSource, result: Result, below: Baseline | None, minutes: float) -> None:
    """Write summary.json and summary.md."""
    folder = run.folder / source.name
    summary: dict[str, Any] = {
        "source": source.name,
        "overall_accuracy": result.accuracy,
        "kappa": result.kappa,
        "iou": {name: None if math.isnan(value) else value for name, value in result.iou.items()},
        "pixels": result.pixels,
        "training_seconds": result.seconds,
        "seam_scores": result.seam,
        "majority_accuracy": below and below.majority,
        "maximum_likelihood_accuracy": below and below.likelihood,
        "minutes": minutes,
        "seconds": run.seconds,
        "paths": {
            "classified": str(folder / "classified.tif"),
            "reference": str(source.reference),
            "confusion_matrix": str(folder / "confusion_matrix.csv"),
            "accuracy_report": str(folder / "accuracy.pdf"),
            "models": [str(path) for path in sorted(folder.glob("**/network/*.dlpk"))],
            "map": str(folder / "map.png"),
        },
    }
    run.write_summary(summary)
    (run.folder / "summary.md").write_text(f"# {source.name}\n\n{table_of(result, below)}\n", encoding="utf-8")


def table_of(result: Result, below: Baseline | None) -> str:
    """Return the figures as a Markdown table."""
    rows = [("overall accuracy", f"{result.accuracy:.3f}"), ("kappa", f"{result.kappa:.3f}")]
    for name, value in result.iou.items():
        rows.append((f"IoU {name}", "not there" if math.isnan(value) else f"{value:.3f}"))
    rows += [("pixels judged", f"{result.pixels}"), ("training", f"{result.seconds:.0f} s")]
    if result.seam:
        rows.append(("seam score", f"{np.mean(result.seam):.2f} (1 = no seam)"))
    if below:
        rows += [("one class everywhere", f"{below.majority:.3f}"), ("maximum likelihood", f"{below.likelihood:.3f}")]
    width, column = (max(len(row[side]) for row in rows) for side in (0, 1))
    lines = [f"| {name:<{width}} | {value:>{column}} |" for name, value in rows]
    return "\n".join([f"| {'':<{width}} | {'':<{column}} |", f"| {'-' * width} | {'-' * (column - 1)}: |", *lines])


def verdict(
    source: PixelSource, result: Result, below: Baseline | None, minutes: float, asked: argparse.Namespace
) -> int:
    """Print the figures and say whether the scene's are as owed."""
    print(
        f"\n== done in {minutes:.1f} minutes; everything is in {asked.out}\n\n{source.name}\n{table_of(result, below)}"
    )
    if asked.case or asked.raster:
        return 0
    owed = OWED_ACCURACY_QUICK if asked.quick else OWED_ACCURACY
    print(f"\noverall accuracy on the east part: {result.accuracy:.3f}, owed {owed:.2f}")
    return 0 if result.accuracy >= owed else 1
