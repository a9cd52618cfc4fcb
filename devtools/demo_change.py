"""``./dev demo --task change``: pairs of chips to a trained network to a raster of change to its accuracy.

Without arguments it makes a suburb at two dates (change_scene.py), trains on the west and judges on the east;
``--case change_naip_nd`` does the same with aerial images of 2009 and 2017. Everything lies in demo/ afterwards;
``summary.json`` and ``summary.md`` hold the figures.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import rasterio

from .change_scene import CLASSES, NODATA, SIZE, WEST_SHARE, write_scene
from .class_files import Classes, write_class_raster
from .demo_pixels import Result, read_matrix, seam_scores, training_seconds
from .demo_run import Run, begun, hex_colors, model_package, with_qgis, write_picture

QUICK_SHARE = 0.4
MINUTES, QUICK_MINUTES = 4.0, 1.0
OWED_F1, OWED_F1_QUICK = 0.85, 0.05
"""Mean F1 of the kinds of change on the scene's east part; the quick one proves the chain, not the figure."""


@dataclass(frozen=True)
class ChangeSource:
    """Two dates and what changed between them.

    Attributes:
        name: What it is called.
        first: Raster of the earlier date.
        second: Raster of the later date.
        truth: Class raster of change on the first grid.
        classes: Names and colours of its values.
        minutes: Training time.
        tile: Size of a chip in pixels.
        west: Share of the width to learn from.
    """

    name: str
    first: Path
    second: Path
    truth: Path
    classes: Classes
    minutes: float
    tile: int = 128
    west: float = WEST_SHARE


def naip(data: Path) -> ChangeSource:
    """Return lakes of North Dakota that grew: rules made the classes, nobody labelled them."""
    folder = data / "change_naip_nd"
    classes = {
        0: ("dry", (235, 225, 195)),
        1: ("lost water", (215, 90, 60)),
        2: ("gained water", (80, 190, 240)),
        3: ("water in both", (30, 70, 160)),
    }
    files = (folder / name for name in ("naip_2009.tif", "naip_2017.tif", "water_change_rule.tif"))
    return ChangeSource("change_naip_nd", *files, classes, 6.0)


CASES = {"change_naip_nd": naip}
"""Real data by its name."""


def main(asked: argparse.Namespace) -> int:
    """Run the demo; exit code 1 when a tool failed or the scene's figure is below what is owed."""
    run = begun(asked.out)
    source = chosen_source(asked, run.folder)
    reference, extent = eastern_truth(source, run.folder / source.name)
    change = detected(run, source, extent, asked)
    result, f1 = judged(run, source, reference, change)
    draw_map(source, change, reference, result, f1)
    if asked.picture:
        colours = hex_colors(color for _, color in source.classes.values())
        write_picture(run.folder / source.name / "map.png", asked.picture, colours)
    minutes = run.minutes
    write_summary(run, source, result, f1, majority(reference), minutes)
    return verdict(source, f1, minutes, asked)


def chosen_source(asked: argparse.Namespace, folder: Path) -> ChangeSource:
    """Return named real data, or the scene."""
    if asked.case:
        source = named(CASES[asked.case](asked.data.resolve()), folder)
    else:
        size = round(SIZE * (QUICK_SHARE if asked.quick else 1.0))
        print(f"== scene: two dates of {size} x {size}", flush=True)
        files = write_scene(folder / "scene", size, asked.seed)
        minutes = QUICK_MINUTES if asked.quick else MINUTES
        source = ChangeSource("suburb", files["first"], files["second"], files["truth"], CLASSES, minutes)
    changes = {"minutes": asked.minutes, "tile": asked.tile}
    return replace(source, **{key: value for key, value in changes.items() if value})


def named(source: ChangeSource, folder: Path) -> ChangeSource:
    """Return real data with a copy of its truth that says names and colours of its classes."""
    (folder / source.name).mkdir(parents=True, exist_ok=True)
    with rasterio.open(source.truth) as file:
        values, transform, crs, nodata = file.read(1), file.transform, file.crs.to_string(), int(file.nodata or NODATA)
    truth = write_class_raster(folder / source.name / "truth.tif", values, transform, crs, source.classes, nodata)
    return replace(source, truth=truth)


def eastern_truth(source: ChangeSource, folder: Path) -> tuple[Path, str]:
    """Write the classes of the east to judge by; return the file, and the extent of the west to learn from."""
    folder.mkdir(parents=True, exist_ok=True)
    with rasterio.open(source.truth) as file:
        values, transform, crs, bounds = file.read(1), file.transform, file.crs, file.bounds
    border = round(source.west * values.shape[1])
    values[:, :border] = NODATA
    reference = write_class_raster(folder / "reference.tif", values, transform, crs.to_string(), source.classes, NODATA)
    right = bounds.left + border * transform.a
    code = f" [{crs.to_string()}]" if crs.to_epsg() else ""
    return reference, f"{bounds.left},{right},{bounds.bottom},{bounds.top}{code}"


def detected(run: Run, source: ChangeSource, extent: str, asked: argparse.Namespace) -> Path:
    """Export pairs, train, detect change everywhere, and return the class raster."""
    folder = run.folder / source.name
    run.tool(
        "export",
        "exporttrainingdatafordeeplearning",
        in_raster=source.first,
        in_raster2=source.second,
        out_folder=folder / "chips",
        in_class_data=source.truth,
        metadata_format="Classified_Tiles",
        tile_size_x=source.tile,
        tile_size_y=source.tile,
        stride_x=source.tile // 2,
        stride_y=source.tile // 2,
        extent=extent,
    )
    model = run.train(
        "train",
        folder / "chips",
        folder / "network",
        model_type=asked.model_type,
        backbone_model=asked.backbone,
        max_minutes=source.minutes,
    )
    target = folder / "change.tif"
    run.tool(
        "detect change",
        "detectchangeusingdeeplearning",
        from_raster=source.first,
        to_raster=source.second,
        out_classified_raster=target,
        in_model_definition=model_package(model),
    )
    return target


def judged(run: Run, source: ChangeSource, reference: Path, change: Path) -> tuple[Result, dict[str, float]]:
    """Compare every pixel of the east; return the figures, and F1 by class name."""
    table = run.compare_pixels("accuracy", change, reference)
    seconds = training_seconds(reference.with_name("network"))
    result = replace(read_matrix(table), seconds=seconds, seam=tuple(seam_scores(change)))
    return result, {name: 2 * iou / (1 + iou) for name, iou in result.iou.items()}


def majority(reference: Path) -> float:
    """Return the overall accuracy of giving every judged pixel the class that most of them have."""
    with rasterio.open(reference) as file:
        values = file.read(1)
    counts = np.bincount(values[values != NODATA])
    return float(counts.max() / counts.sum())


def draw_map(source: ChangeSource, change: Path, reference: Path, result: Result, f1: dict[str, float]) -> None:
    """Render both dates, the change found and the reference side by side; QGIS draws them."""
    figures = ", ".join(f"{name} {value:.2f}" for name, value in list(f1.items())[1:])
    task = {
        "images": 2,
        "panels": [
            {"raster": str(source.first), "title": "first date"},
            {"raster": str(source.second), "title": "second date"},
            {"raster": str(change), "title": f"change; F1 in the east: {figures}"},
            {"raster": str(reference), "title": "reference in the east, never learnt"},
        ],
        "target": str(reference.with_name("map.png")),
    }
    with_qgis("render_classes.py", task)


def table_of(result: Result, f1: dict[str, float], most: float) -> str:
    """Return the figures as a Markdown table."""
    rows: list[Sequence[str]] = [("", "IoU", "F1")]
    rows += [(name, f"{result.iou[name]:.3f}", f"{f1[name]:.3f}") for name in f1]
    rows += [("overall accuracy", f"{result.accuracy:.3f}", ""), ("no change everywhere", f"{most:.3f}", "")]
    rows += [("kappa", f"{result.kappa:.3f}", ""), ("training", f"{result.seconds:.0f} s", "")]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "| --- | ---: | ---: |", *lines[1:]])


def write_summary(
    run: Run, source: ChangeSource, result: Result, f1: dict[str, float], most: float, minutes: float
) -> None:
    """Write summary.json and summary.md."""
    folder = run.folder / source.name
    summary = {
        "source": source.name,
        "f1": f1,
        "iou": result.iou,
        "overall_accuracy": result.accuracy,
        "kappa": result.kappa,
        "majority_accuracy": most,
        "pixels": result.pixels,
        "training_seconds": result.seconds,
        "seam_scores": result.seam,
        "minutes": minutes,
        "seconds": run.seconds,
        "paths": {
            "change": str(folder / "change.tif"),
            "model": str(model_package(folder / "network")),
            "report": str(folder / "network" / "model_metrics.html"),
            "accuracy_report": str(folder / "accuracy.pdf"),
            "map": str(folder / "map.png"),
        },
    }
    run.write_summary(summary)
    text = table_of(result, f1, most)
    (run.folder / "summary.md").write_text(f"# {source.name}\n\n{text}\n", encoding="utf-8")
    print(f"\n{source.name}\n{text}")


def verdict(source: ChangeSource, f1: dict[str, float], minutes: float, asked: argparse.Namespace) -> int:
    """Say whether the scene's figure is as owed."""
    print(f"\n== done in {minutes:.1f} minutes; everything is in {asked.out}")
    if asked.case:
        return 0
    names = [name for value, (name, _) in source.classes.items() if value]
    mean = float(np.nan_to_num([f1.get(name, 0.0) for name in names]).mean())
    owed = OWED_F1_QUICK if asked.quick else OWED_F1
    print(f"mean F1 of {' and '.join(names)} on the east part: {mean:.3f}, owed {owed:.2f}")
    return 0 if mean >= owed else 1
