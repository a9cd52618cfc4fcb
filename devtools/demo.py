"""``./dev demo``: the demos of the tasks, each from labels to an accuracy report through qgis_process.

Objects are detected (demo_detection.py); ``--task pixels`` does the same for land cover (demo_pixels.py), ``--task
change`` for two dates (demo_change.py), ``--task instances`` for objects with their outlines (demo_instances.py),
``--task objects`` for classes of objects (demo_objects.py). Each makes its own data unless others are given. Everything
lies in demo/ afterwards; ``summary.json`` holds the figures. Each command is printed as it is run, so that it can be
run by hand.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from . import demo_change, demo_detection, demo_instances, demo_objects, demo_pixels
from .demo_run import ROOT
from .pixel_cases import CASES

DEMOS = {
    "detection": demo_detection.main,
    "pixels": demo_pixels.main,
    "change": demo_change.main,
    "instances": demo_instances.main,
    "objects": demo_objects.main,
}
"""Task -> what runs its demo."""

KNOWN = {
    "pixels": CASES,
    "change": demo_change.CASES,
    "instances": demo_instances.CASES,
    "objects": demo_objects.CASES,
}
"""Task -> real data by their names."""


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--task",
        choices=tuple(DEMOS),
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
        choices=sorted({name for cases in KNOWN.values() for name in cases}),
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
    known = KNOWN.get(asked.task, CASES)
    if asked.case and asked.case not in known:
        parser.error(f"--case {asked.case} is no data of --task {asked.task}: it has {', '.join(known)}")
    if asked.task in ("change", "objects") and asked.raster:
        parser.error(f"--task {asked.task} takes no --raster: run it on its scene or on a --case")
    return asked


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo of the task asked for and return its exit code."""
    asked = parse(arguments)
    return DEMOS[asked.task](asked)


if __name__ == "__main__":
    sys.exit(main())
