"""``./dev demo``: labels to chips to a trained detector to detections to an accuracy report, through qgis_process.

``--task pixels`` does the same for land cover (demo_pixels.py), ``--task change`` for two dates (demo_change.py),
``--task instances`` for objects with their outlines (demo_instances.py), ``--task objects`` for classes of objects
(demo_objects.py).
Without other arguments the demo makes its own scene (scene.py). Everything lies in demo/ afterwards; ``summary.json``
holds the figures. Each command is printed as it is run, so that it can be run by hand.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import demo_change, demo_instances, demo_objects, demo_pixels
from .baseline import baseline
from .demo_cases import Source, make_source
from .demo_run import ROOT, Run, fresh_folder, with_qgis, write_picture
from .layers import read_layer
from .pixel_cases import CASES
from .scene import write_scene

LOWEST_CONFIDENCE = 0.05  # average precision wants the unsure objects too
OWED_AP50, OWED_AP50_QUICK = 0.90, 0.15  # the quick one proves the chain, not the figure
DRAWN_COLOURS = ("#ffd21f", "#ff2d2d", "#1fe0ff", "#ffffff", "#14191f")  # render_map.py draws with them
SCENE_SIZE, QUICK_SCENE_SIZE = 4096, 2048


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--task",
        choices=("detection", "pixels", "change", "instances", "objects"),
        default="detection",
        help="find objects, give each pixel a class, tell what changed between two dates, find objects with outlines, "
        "give each object a class",
    )
    parser.add_argument("--quick", action="store_true", help="a smaller scene and a shorter training: under 3 minutes")
    parser.add_argument(
        "--raster",
        action="append",
        default=[],
        type=Path,
        help="raster or folder of rasters; repeatable, one model for all",
    )
    parser.add_argument(
        "--labels", action="append", default=[], type=Path, help="labels of the raster given in the same place"
    )
    parser.add_argument(
        "--aoi",
        action="append",
        default=[],
        type=Path,
        help="polygons with a field split (train, val) for the raster they lie on",
    )
    parser.add_argument(
        "--minutes",
        type=float,
        help="training time (default 5.5; quick 1.2; real data 12; with --task pixels 3, change 4, quick 1; with "
        "--task instances 5, quick 1.5, real data 8, with --task objects 4, quick 1)",
    )
    parser.add_argument("--model-type", default="", help="architecture (default: what the tool takes)")
    parser.add_argument(
        "--backbone", help="backbone (default: RESNET18 for the scene, what the tool takes for real data)"
    )
    parser.add_argument(
        "--cell-size", default="", help="cell size of the chips: a number, or auto (default: the raster's)"
    )
    parser.add_argument("--seed", type=int, default=7, help="seed of the scene")
    parser.add_argument("--picture", type=Path, help="also write the map's middle here, small enough for the README")
    parser.add_argument("--out", type=Path, default=ROOT / "demo", help="folder to write (default demo)")
    pixels = parser.add_argument_group("with --task pixels")
    pixels.add_argument(
        "--case",
        choices=sorted({*CASES, *demo_change.CASES, *demo_objects.CASES}),
        help="real data by its name, with all that belongs to it",
    )
    pixels.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of the named data")
    pixels.add_argument("--class-field", default="", help="field of the labels with the class")
    pixels.add_argument("--folds", type=int, default=0, help="hold out each polygon once, in so many trainings")
    pixels.add_argument("--tile", type=int, default=0, help="size of a chip in pixels (default: by the raster's size)")
    asked = parser.parse_args(arguments)
    if len(asked.raster) != len(asked.labels):
        parser.error("--raster and --labels come in pairs")
    if asked.task == "pixels" and (len(asked.raster) > 1 or len(asked.aoi) > 1 or (asked.raster and asked.case)):
        parser.error("--task pixels takes one raster with its labels, or one --case")
    cases = {"change": demo_change.CASES, "instances": demo_instances.CASES, "objects": demo_objects.CASES}
    known = cases.get(asked.task, CASES)
    if asked.case and asked.case not in known:
        parser.error(f"--case {asked.case} is no data of --task {asked.task}: it has {', '.join(known)}")
    if asked.task in ("change", "objects") and asked.raster:
        parser.error(f"--task {asked.task} takes no --raster: run it on its scene or on a --case")
    return asked


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


def model_threshold(model: Path) -> float:
    """Return the confidence threshold that training proposed."""
    definition = json.loads(next(model.glob("*.emd")).read_text(encoding="utf-8"))
    return float(definition.get("Threshold", 0.5))


def detect(run: Run, source: Source, model: Path) -> Path:
    """Detect the objects of the validation part, remove doubles, and return the layer."""
    folder = run.folder / source.name
    found, unique = folder / "detections_all.gpkg", folder / "detections.gpkg"
    run.tool(
        f"detect {source.name}",
        "detectobjectsusingdeeplearning",
        in_raster=source.val.raster,
        out_detected_objects=found,
        in_model_definition=next(model.glob("*.dlpk")),
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
        with table.open(encoding="utf-8", newline="") as file:
            last = list(csv.DictReader(file))[-1]  # the last row stands for all classes
        if kind == "ranked":
            figures[f"ap{name}"] = float(last["AP"])
        else:
            figures |= {
                key: float(last[column])
                for key, column in (("precision", "Precision"), ("recall", "Recall"), ("f1", "F1_Score"))
            }
    return figures


def draw_map(run: Run, source: Source, title: str) -> Path:
    """Render the validation part with hits, false alarms and misses; QGIS draws it."""
    folder = run.folder / source.name
    target = folder / "map.png"
    raster = source.val.raster
    if raster.is_dir():
        raster = sorted(raster.iterdir())[0]
    task = {
        "raster": str(raster),
        "area": source.val.extent.split(" [")[0],
        "hits": str(folder / "true_positives.gpkg"),
        "false_alarms": str(folder / "false_positives.gpkg"),
        "misses": str(folder / "false_negatives.gpkg"),
        "title": title,
        "target": str(target),
        "detail": str(folder / "detail.png"),
    }
    with_qgis("render_map.py", task)
    return target


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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; exit code 1 when a tool failed or the scene's figure is below what is owed."""
    asked = parse(arguments)
    if asked.task == "pixels":
        return demo_pixels.main(asked)
    if asked.task == "change":
        return demo_change.main(asked)
    if asked.task == "instances":
        return demo_instances.main(asked)
    if asked.task == "objects":
        return demo_objects.main(asked)
    start = time.monotonic()
    folder = asked.out.resolve()
    fresh_folder(folder)
    run = Run(folder)
    real = bool(asked.raster)
    if real:
        rasters, labels = [path.resolve() for path in asked.raster], [path.resolve() for path in asked.labels]
        areas = areas_of(rasters, [path.resolve() for path in asked.aoi])
        names = distinct_names(rasters)
        sources = [
            make_source(raster, label, area, folder / name)
            for raster, label, area, name in zip(rasters, labels, areas, names, strict=True)
        ]
        below = None
    else:
        sources, below = synthetic_sources(folder, asked.quick, asked.seed)
    chips = [export(run, source, asked.cell_size) for source in sources]
    model = folder / "detector"
    run.tool(
        "train",
        "traindeeplearningmodel",
        in_folder=";".join(str(path) for path in chips),
        out_folder=model,
        model_type=asked.model_type,
        backbone_model=asked.backbone or ("" if real else "RESNET18"),
        batch_size="" if real else 8,  # few minutes: many small steps learn more than few large ones
        max_minutes=asked.minutes or (12 if real else 1.2 if asked.quick else 5.5),
    )
    threshold = model_threshold(model)
    results = {}
    for source in sources:
        detections = detect(run, source, model)
        figures = {"threshold": threshold, "train_labels": source.train.count, "val_labels": source.val.count}
        for min_iou in (0.4, 0.5) if real else (0.5,):
            figures |= {
                (key if key.startswith("ap") or not real else f"{key}_{round(100 * min_iou)}"): value
                for key, value in accuracy(run, source, detections, min_iou, threshold).items()
            }
        results[source.name] = figures
        title = f"{source.name}: AP50 {figures['ap50']:.2f}, threshold {threshold:.2f}"
        figures["map"] = str(draw_map(run, source, title).relative_to(folder))
    if asked.picture:
        write_picture(folder / sources[0].name / "detail.png", asked.picture, DRAWN_COLOURS)
    minutes = round((time.monotonic() - start) / 60, 2)
    write_summary(run, sources, results, below, model, minutes)
    return verdict(results, below, minutes, asked)


def write_summary(
    run: Run,
    sources: Sequence[Source],
    results: dict[str, dict[str, Any]],
    below: float | None,
    model: Path,
    minutes: float,
) -> None:
    """Write summary.json: the figures of the only source at the top, of several by name."""
    first = sources[0]
    summary: dict[str, Any] = {"minutes": minutes, "seconds": run.seconds}
    if len(sources) == 1:
        summary |= results[first.name]
    if below is not None:
        summary["baseline_ap50"] = round(below, 4)
    summary["sources"] = results
    summary["paths"] = {
        "chips": [str(run.folder / source.name / "chips") for source in sources],
        "model": str(next(model.glob("*.dlpk"))),
        "report": str(model / "model_metrics.html"),
        "detections": [str(run.folder / source.name / "detections.gpkg") for source in sources],
        "accuracy_reports": [str(path) for path in sorted(run.folder.glob("*/accuracy_*.pdf"))],
        "maps": [str(run.folder / source.name / "map.png") for source in sources],
    }
    summary["commands"] = run.commands
    (run.folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")


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


if __name__ == "__main__":
    sys.exit(main())
