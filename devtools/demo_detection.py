"""``./dev demo``: labels to chips to a trained detector to detections to an accuracy report, through qgis_process.

Without other arguments the demo makes its own scene (scene.py). Everything lies in demo/ afterwards; ``summary.json``
holds the figures.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .baseline import baseline
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
from .layers import read_layer
from .scene import write_scene

OWED_AP50, OWED_AP50_QUICK = 0.90, 0.15  # the quick one proves the chain, not the figure
SCENE_SIZE, QUICK_SCENE_SIZE = 4096, 2048


def main(asked: argparse.Namespace) -> int:
    """Run the demo; exit code 1 when a tool failed or the scene's figure is below what is owed."""
    run = begun(asked.out)
    sources, below = chosen_sources(asked, run.folder)
    chips = [export(run, source, asked.cell_size) for source in sources]
    model = trained(run, chips, asked)
    results = {source.name: judged(run, source, model, bool(asked.raster)) for source in sources}
    if asked.picture:
        write_picture(run.folder / sources[0].name / "detail.png", asked.picture, DRAWN_COLOURS)
    minutes = run.minutes
    write_summary(run, results, below, model, minutes)
    return verdict(results, below, minutes, asked)


def chosen_sources(asked: argparse.Namespace, folder: Path) -> tuple[list[Source], float | None]:
    """Return the data given by their files, or the scene with the baseline's AP50."""
    if not asked.raster:
        return synthetic_sources(folder, asked.quick, asked.seed)
    rasters, labels = [path.resolve() for path in asked.raster], [path.resolve() for path in asked.labels]
    areas = areas_of(rasters, [path.resolve() for path in asked.aoi])
    sources = [
        make_source(raster, label, area, folder / name)
        for raster, label, area, name in zip(rasters, labels, areas, distinct_names(rasters), strict=True)
    ]
    return sources, None


def synthetic_sources(folder: Path, quick: bool, seed: int) -> tuple[list[Source], float]:
    """Make the scene and return it as a source, with the baseline's AP50 on its east part."""
    size = QUICK_SCENE_SIZE if quick else SCENE_SIZE
    print(f"== scene: {size} x {size}", flush=True)
    scene = write_scene(folder / "scene", size, seed)
    areas, labels = read_layer(scene["aoi"]), read_layer(scene["pads"])
    ground = {side: areas.geometry[areas.fields["split"] == side][0] for side in ("train", "val")}
    ap50 = baseline(scene["raster"], ground["train"], ground["val"], labels.geometry)
    print(f"baseline (brightness and connected components): AP50 {ap50:.2f}", flush=True)
    source = make_source(scene["raster"], scene["pads"], scene["aoi"], folder / "desert")
    kinds = sorted(set(labels.fields["kind"]))
    shares = ", ".join(f"{kind} {sum(labels.fields['kind'] == kind)}" for kind in kinds)
    print(
        f"{source.train.count} pads to train on in the west, {source.val.count} to judge in the east ({shares})",
        flush=True,
    )
    return [source], ap50


def areas_of(rasters: Sequence[Path], areas: Sequence[Path]) -> list[Path | None]:
    """Return for each raster the area file given for it: the one in its folder, else the next in order."""
    left = list(areas)
    found: list[Path | None] = []
    for raster in rasters:
        own = next((area for area in left if area.parent == (raster if raster.is_dir() else raster.parent)), None)
        found.append(own)
        if own is not None:
            left.remove(own)
    for number, area in enumerate(found):
        if area is None and left and not rasters[number].is_dir():
            found[number] = left.pop(0)
    return found


def distinct_names(rasters: Sequence[Path]) -> list[str]:
    """Return a name for each raster, with its number where two would have the same."""
    names = [raster.stem for raster in rasters]
    return [f"{name}_{number}" if names.count(name) > 1 else name for number, name in enumerate(names, start=1)]


def export(run: Run, source: Source, cell_size: str = "") -> Path:
    """Cut the chips of the training part and return their folder; training then proposes how large they are shown."""
    chips = run.folder / source.name / "chips"
    run.tool(
        f"export {source.name}",
        "exporttrainingdatafordeeplearning",
        in_raster=source.train.raster,
        out_folder=chips,
        in_class_data=source.train.labels,
        tile_size_x=256,
        tile_size_y=256,
        stride_x=128,
        stride_y=128,
        in_mask_polygons=source.train.area,
        extent=source.train.extent,
        cell_size=cell_size,
    )
    return chips


def trained(run: Run, chips: Sequence[Path], asked: argparse.Namespace) -> Path:
    """Train one model on all chips and return its folder."""
    real = bool(asked.raster)
    return run.train(
        "train",
        ";".join(str(path) for path in chips),
        run.folder / "detector",
        model_type=asked.model_type,
        backbone_model=asked.backbone or ("" if real else "RESNET18"),
        batch_size="" if real else 8,  # few minutes: many small steps learn more than few large ones
        max_minutes=asked.minutes or (12 if real else 1.2 if asked.quick else 5.5),
    )


def judged(run: Run, source: Source, model: Path, real: bool) -> dict[str, Any]:
    """Find the objects of a source's validation part; return how good they are, and the map of them."""
    threshold = float(model_definition(model).get("Threshold", 0.5))  # the one that training proposed
    detections = detect(run, source, model)
    figures: dict[str, Any] = {
        "threshold": threshold,
        "train_labels": source.train.count,
        "val_labels": source.val.count,
    }
    for min_iou in (0.4, 0.5) if real else (0.5,):
        figures |= {
            (key if key.startswith("ap") or not real else f"{key}_{round(100 * min_iou)}"): value
            for key, value in accuracy(run, source, detections, min_iou, threshold).items()
        }
    title = f"{source.name}: AP50 {figures['ap50']:.2f}, threshold {threshold:.2f}"
    raster = source.val.raster
    if raster.is_dir():
        raster = sorted(raster.iterdir())[0]
    picture = draw_detections(run.folder / source.name, raster, source.val.extent, title)
    return {**figures, "map": str(picture.relative_to(run.folder))}


def detect(run: Run, source: Source, model: Path) -> Path:
    """Detect the objects of the validation part, remove doubles, and return the layer."""
    folder = run.folder / source.name
    found, unique = folder / "detections_all.gpkg", folder / "detections.gpkg"
    run.tool(
        f"detect {source.name}",
        "detectobjectsusingdeeplearning",
        in_raster=source.val.raster,
        out_detected_objects=found,
        in_model_definition=model_package(model),
        arguments=f"threshold {LOWEST_CONFIDENCE}",
        extent=source.val.extent,
        mask=source.val.area,
    )
    run.tool(
        f"suppress {source.name}",
        "nonmaximumsuppression",
        in_featureclass=found,
        confidence_score_field="Confidence",
        out_featureclass=unique,
        max_overlap_ratio=0.5,
    )
    return unique


def accuracy(run: Run, source: Source, detections: Path, min_iou: float, threshold: float) -> dict[str, float]:
    """Score the detections: average precision over all of them, the rest over those above the threshold."""
    folder, name = run.folder / source.name, f"{round(100 * min_iou)}"
    figures: dict[str, float] = {}
    for kind, subset in (("ranked", ""), ("chosen", f'|subset="Confidence" >= {threshold:g}')):
        table = folder / f"accuracy_{name}_{kind}.csv"
        layers = {key: folder / f"{key}.gpkg" for key in ("true_positives", "false_positives", "false_negatives")}
        run.tool(
            f"accuracy {source.name} at IoU {min_iou:g}, {kind}",
            "computeaccuracyforobjectdetection",
            detected_features=f"{detections}{subset}",
            ground_truth_features=source.val.labels,
            out_accuracy_table=table,
            out_accuracy_report=table.with_suffix(".pdf"),
            min_iou=min_iou,
            **({f"out_{key}": path for key, path in layers.items()} if kind == "chosen" and min_iou == 0.5 else {}),
        )
        last = last_row(table)
        if kind == "ranked":
            figures[f"ap{name}"] = float(last["AP"])
        else:
            figures |= {
                key: float(last[column])
                for key, column in (("precision", "Precision"), ("recall", "Recall"), ("f1", "F1_Score"))
            }
    return figures


def write_summary(
    run: Run, results: dict[str, dict[str, Any]], below: float | None, model: Path, minutes: float
) -> None:
    """Write summary.json: the figures of the only source at the top, of several by name."""
    summary: dict[str, Any] = {"minutes": minutes, "seconds": run.seconds}
    if len(results) == 1:
        summary |= next(iter(results.values()))
    if below is not None:
        summary["baseline_ap50"] = round(below, 4)
    summary["sources"] = results
    summary["paths"] = {
        "chips": [str(run.folder / name / "chips") for name in results],
        "model": str(model_package(model)),
        "report": str(model / "model_metrics.html"),
        "detections": [str(run.folder / name / "detections.gpkg") for name in results],
        "accuracy_reports": [str(path) for path in sorted(run.folder.glob("*/accuracy_*.pdf"))],
        "maps": [str(run.folder / name / "map.png") for name in results],
    }
    run.write_summary(summary)


def verdict(results: dict[str, dict[str, Any]], below: float | None, minutes: float, asked: argparse.Namespace) -> int:
    """Print the figures and say whether the scene's are as owed."""
    print(f"\n== done in {minutes:.1f} minutes; everything is in {asked.out}")
    for name, figures in results.items():
        print(
            name
            + ": "
            + ", ".join(
                f"{key} {value:.3f}" if isinstance(value, float) else f"{key} {value}" for key, value in figures.items()
            )
        )
    if below is None:
        return 0
    owed = OWED_AP50_QUICK if asked.quick else OWED_AP50
    ap50 = next(iter(results.values()))["ap50"]
    print(f"AP50 on the east part: {ap50:.3f}, owed {owed:.2f}")
    print(f"brightness and connected components: {below:.3f}, to stay below 0.5")
    return 0 if ap50 >= owed and below < 0.5 else 1
