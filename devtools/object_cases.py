"""Real data for the demo of object classification, by name, and how it is judged: every polygon held out once.

``python -m devtools.object_cases --case landcover_s2_slovenia`` exports, trains and classifies each fold through QGIS,
and writes all held-out polygons with the class they were given, and the figures.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from .demo_run import ROOT, Run, fresh_folder
from .layers import Layer, read_layer
from .pixel_sources import fold_numbers

LABEL = "ClassLabel"


@dataclass(frozen=True)
class ObjectCase:
    """Real data by name: files in the folder of the data, and how they are used.

    Attributes:
        raster: Raster or folder of rasters.
        labels: File of the objects.
        class_field: Their field with the class.
        folds: Parts of the objects, each held out once.
        tile: Side of a chip in pixels.
        crop_mode: Chips of one size on the ground, or frames of the objects.
        blacken: Whether chips are 0 outside their objects.
    """

    raster: str
    labels: str
    class_field: str
    folds: int = 5
    tile: int = 16
    crop_mode: str = "BOUNDING_BOX"
    blacken: bool = True


CASES = {
    "landcover_s2_slovenia": ObjectCase(
        "landcover_s2_slovenia/s2_l1c_t3.tif", "landcover_s2_slovenia/lulc_polygons.gpkg", "LULC_NAME"
    ),
    "crowns_species": ObjectCase(
        "trees_teak", "trees_teak/crowns_species.gpkg", "taxon", folds=3, tile=32, blacken=False
    ),
}


@dataclass(frozen=True)
class ObjectFigures:
    """What held-out objects say.

    Attributes:
        objects: How many were judged.
        accuracy: Share of them whose class is right; without a label is wrong.
        mean_f1: Mean of the classes' F1.
        majority: Share of the most frequent class.
        f1: F1 of each class.
        never: Classes that no object was given.
        unlabelled: Objects without a label.
    """

    objects: int
    accuracy: float
    mean_f1: float
    majority: float
    f1: dict[str, float]
    never: list[str]
    unlabelled: int


def run_case(run: Run, name: str, data: Path) -> tuple[ObjectFigures, Layer]:
    """Hold out every object once, and return the figures and all objects as they were classified.

    Args:
        run: The demo under way.
        name: One of ``CASES``.
        data: Folder of the data.
    """
    case = CASES[name]
    objects = read_layer(data / case.labels)
    numbers = fold_numbers(np.unique(objects.fields[case.class_field], return_inverse=True)[1], case.folds)
    parts = [_classified(run, name, case, data, objects, numbers == fold, fold + 1) for fold in range(case.folds)]
    layer = Layer(
        np.concatenate([part.geometry for part in parts]),
        {key: np.concatenate([part.fields[key] for part in parts]) for key in (case.class_field, LABEL, "Confidence")},
        objects.crs,
        "classified",
    )
    layer.write(run.folder / name / "classified.gpkg")
    return figures(layer.fields[case.class_field], layer.fields[LABEL]), layer


def figures(truth: np.ndarray, found: np.ndarray) -> ObjectFigures:
    """Return the figures of objects.

    Args:
        truth: (n,) object, names of the classes.
        found: (n,) object, names that were given, None without.
    """
    classes, counts = np.unique(truth.astype(str), return_counts=True)
    truth, given = truth.astype(str), np.array(["" if name is None else str(name) for name in found])
    f1 = {
        name: 2
        * float(((truth == name) & (given == name)).sum())
        / float((truth == name).sum() + (given == name).sum())
        for name in classes.tolist()
    }
    return ObjectFigures(
        objects=len(truth),
        accuracy=float((truth == given).mean()),
        mean_f1=float(np.mean(list(f1.values()))),
        majority=float(counts.max() / len(truth)),
        f1={name: round(value, 3) for name, value in f1.items()},
        never=[name for name in classes.tolist() if name not in given],
        unlabelled=int((given == "").sum()),
    )


def _classified(
    run: Run, name: str, case: ObjectCase, data: Path, objects: Layer, held_out: np.ndarray, fold: int
) -> Layer:
    """Export, train on all other objects, classify those held out, and return them."""
    folder, what = run.folder / name / f"fold{fold}", f"{name} fold {fold}"
    folder.mkdir(parents=True)
    run.tool(
        f"export {what}",
        "exporttrainingdatafordeeplearning",
        in_raster=data / case.raster,
        out_folder=folder / "chips",
        in_class_data=objects.take(~held_out).write(folder / "learnt.gpkg"),
        metadata_format="Labeled_Tiles",
        class_value_field=case.class_field,
        tile_size_x=case.tile,
        tile_size_y=case.tile,
        stride_x=case.tile,
        stride_y=case.tile,
        crop_mode=case.crop_mode,
        blacken_around_feature=str(case.blacken).lower(),
    )
    run.tool(f"train {what}", "traindeeplearningmodel", in_folder=folder / "chips", out_folder=folder / "network")
    target = folder / "classified.gpkg"
    run.tool(
        f"classify {what}",
        "classifyobjectsusingdeeplearning",
        in_raster=data / case.raster,
        out_feature_class=target,
        in_model_definition=next((folder / "network").glob("*.dlpk")),
        in_features=objects.take(held_out).write(folder / "held_out.gpkg"),
        class_label_field=LABEL,
    )
    return read_layer(target)


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge a case and say how well it went."""
    parser = argparse.ArgumentParser(description="classify every object of real data by a model that has not seen it")
    parser.add_argument("--case", choices=tuple(CASES), default="landcover_s2_slovenia")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of the named data")
    parser.add_argument("--out", type=Path, default=ROOT / "demo", help="folder to write (default demo)")
    asked = parser.parse_args(arguments)
    folder = asked.out.resolve()
    fresh_folder(folder)
    run = Run(folder)
    found, _ = run_case(run, asked.case, asked.data.resolve())
    summary = {"case": asked.case, **asdict(found), "seconds": run.seconds, "commands": run.commands}
    (folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    print(
        f"\n{found.objects} objects, each held out once: accuracy {found.accuracy:.3f}, mean F1 {found.mean_f1:.3f}; "
        f"the most frequent class alone {found.majority:.3f}; never given: {', '.join(found.never) or 'none'}"
    )
    return 0 if found.accuracy >= found.majority else 1


if __name__ == "__main__":
    raise SystemExit(main())
