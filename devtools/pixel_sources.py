"""What the pixel demo trains and judges on: a raster, what is known of its ground, and which pixels are for which.

Areas with a field ``split`` part the ground; without them it is cut at 70 % of its width. With folds each polygon is
held out once instead, and all that were held out are judged together.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
import rasterio.features
import shapely
from rasterio.transform import Affine

from engine.classes import ClassInfo, with_colors
from engine.job import Job
from engine.raster.class_raster import class_raster
from engine.raster.grid import Window
from engine.tools.values import FeatureSource
from engine.vector.classes import VALUE_FIELDS, label_classes
from engine.vector.reading import FeatureTable, read_features

from .class_files import Classes, write_class_raster, write_legend
from .demo_cases import PARTS, TRAIN_WIDTH
from .layers import Layer
from .pixel_cases import Case

VECTORS = (".gpkg", ".shp", ".geojson", ".json", ".fgb")
BACKGROUND = ("Background", (225, 225, 225))
UNKNOWN, OUTSIDE = 0, 255  # nodata of what is written: where 0 is not labelled, and where 0 is a background


@dataclass(frozen=True, eq=False)
class Ground:
    """What is known of the ground.

    Attributes:
        values: (rows, cols) uint8 class of each pixel, ``nodata`` where it is not known.
        nodata: ``UNKNOWN`` where 0 is no class, ``OUTSIDE`` where 0 is a background.
        polygon: (rows, cols) int32 number of the polygon that a pixel is in, -1 outside all and for label rasters.
        transform: Pixel to map.
        crs: Coordinate reference system.
        classes: Names and colours, with 0 where it is a background.
    """

    values: np.ndarray
    nodata: int
    polygon: np.ndarray
    transform: Affine
    crs: str
    classes: Classes

    def only(self, where: np.ndarray) -> np.ndarray:
        """Return the classes where ``where`` is true and nodata elsewhere."""
        return np.where(where, self.values, self.nodata).astype(np.uint8)

    def write(self, path: Path, where: np.ndarray) -> Path:
        """Write the classes where ``where`` is true as a class raster."""
        return write_class_raster(path, self.only(where), self.transform, self.crs, self.classes, self.nodata)


@dataclass(frozen=True, eq=False)
class Training:
    """What one training is given.

    Attributes:
        name: Of its folder; empty for the only one.
        labels: Layer or class raster.
        extent: ``left,right,bottom,top [CRS]`` for QGIS, or an empty text.
        area: Polygons that chips must lie in, or None where the extent says it.
        known: (rows, cols) bool, the pixels that may be learnt.
        judged: (rows, cols) bool, the pixels that its result is judged by.
    """

    name: str
    labels: Path
    extent: str
    area: Path | None
    known: np.ndarray
    judged: np.ndarray


@dataclass(frozen=True, eq=False)
class PixelSource:
    """A raster with its ground, parted.

    Attributes:
        name: Of its folder.
        raster: Imagery.
        class_field: Field of the labels with the class, or an empty text.
        ground: What may be learnt.
        truth: What is judged by: the same, or better known.
        trainings: One, or one for each fold.
        reference: Class raster of the truth, nodata where nothing is judged.
    """

    name: str
    raster: Path
    class_field: str
    ground: Ground
    truth: Ground
    trainings: tuple[Training, ...]
    reference: Path


def make_pixel_source(
    raster: Path, labels: Path, area: Path | None, folder: Path, case: Case | None = None, truth: Path | None = None
) -> PixelSource:
    """Part a raster's labels and write what the tools are given into a folder.

    Args:
        raster: Imagery.
        labels: Layer of polygons, or class raster.
        area: Polygons with a field ``split``, or None.
        folder: Receives labels, areas and the reference; the source is named after it.
        case: Names a class field, names of classes, and folds.
        truth: Class raster on the raster's grid to judge by; None judges by the labels.

    Raises:
        SystemExit: A side has no label, or the data cannot be used so.
    """
    folder.mkdir(parents=True, exist_ok=True)
    case = case or Case(str(raster), str(labels))
    with rasterio.open(raster) as file:
        shape, transform, crs = file.shape, file.transform, file.crs
    table = None
    if labels.suffix.lower() in VECTORS:
        table = read_features(FeatureSource(str(labels)), job=Job(), crs=crs)
        values, classes = label_classes(table, FeatureSource(table.name), case.class_field, Job())
        if case.classes:
            names = [case.classes[int(value)][0] for value in values]
            table = table.with_fields({"Classname": np.array(names, object)})
        ground = _burnt(table, values, _named(classes, case.classes), shape, transform, crs.to_wkt())
    else:
        ground = _read(labels, case.classes)
    if case.folds:
        if table is None:
            raise SystemExit(f"demo: folds hold out polygons and {labels} is a raster")
        trainings = _by_fold(ground, table, case, folder)
    else:
        trainings = (_by_area(ground, table, area, case.class_field, folder),)
    known = _read(truth, {}) if truth else ground
    judged = np.logical_or.reduce([training.judged for training in trainings])
    for side, data, where in zip(PARTS, (ground, known), (trainings[0].known, judged), strict=True):
        if not (data.only(where) != data.nodata).any():
            raise SystemExit(f"demo: {labels} has no label for {side}")
    reference = known.write(folder / "reference.tif", judged)
    return PixelSource(folder.name, raster, case.class_field, ground, known, trainings, reference)


def _named(classes: tuple[ClassInfo, ...], known: Classes) -> tuple[ClassInfo, ...]:
    """Return the classes with the names and colours that are known for them."""
    return tuple(ClassInfo(entry.value, *known[entry.value]) if entry.value in known else entry for entry in classes)


def _by_colour(classes: tuple[ClassInfo, ...], nodata: int) -> Classes:
    """Return classes as the demo keeps them, with the background where there is one."""
    if any(entry.value > 254 for entry in classes):
        raise SystemExit("demo: class values above 254 are not handled here")
    found = {entry.value: (entry.name, entry.color) for entry in with_colors(classes)}
    return found if nodata == UNKNOWN else {0: BACKGROUND, **found}


def _burnt(
    table: FeatureTable,
    values: np.ndarray,
    classes: tuple[ClassInfo, ...],
    shape: tuple[int, int],
    transform: Affine,
    crs: str,
) -> Ground:
    """Return the ground that polygons tell of: outside is unknown, or background where there is one class."""
    nodata = UNKNOWN if len(classes) > 1 else OUTSIDE
    polygon = rasterio.features.rasterize(
        zip(table.geometry, range(len(table)), strict=True), shape, fill=-1, transform=transform, dtype="int32"
    )
    burnt = np.where(polygon >= 0, values[polygon], 0).astype(np.uint8)
    return Ground(burnt, nodata, polygon, transform, crs, _by_colour(classes, nodata))


def _read(labels: Path, known: Classes) -> Ground:
    """Return the ground that a class raster tells of."""
    found = class_raster(str(labels), job=Job(), scan=True)
    with found.source.open() as reader:
        pixels, valid = reader.read(Window(0, 0, found.source.cols, found.source.rows))
    nodata = OUTSIDE if found.unlabelled is None else UNKNOWN
    values = np.where(valid, pixels[0], nodata).astype(np.uint8)
    with rasterio.open(labels) as file:
        transform, crs = file.transform, file.crs.to_wkt()
    return Ground(
        values,
        nodata,
        np.full(values.shape, -1, np.int32),
        transform,
        crs,
        _by_colour(_named(found.classes, known), nodata),
    )


def _by_area(ground: Ground, table: FeatureTable | None, area: Path | None, class_field: str, folder: Path) -> Training:
    """Part by areas; labels are cut where their area ends."""
    areas = _areas(ground, area)
    ground_of = {side: shapely.union_all(areas.geometry[areas.fields["split"] == side]) for side in PARTS}
    inside = {
        side: rasterio.features.geometry_mask([shape], ground.values.shape, ground.transform, invert=True)
        for side, shape in ground_of.items()
    }
    limit = shapely.box(*rasterio.transform.array_bounds(*ground.values.shape, ground.transform))
    learnt = shapely.intersection(ground_of["train"], limit)
    if table is None:
        labels = ground.write(folder / "labels_train.tif", inside["train"])
    else:
        labels = _write_labels(ground, _cut(table, learnt, ground.crs), folder / "labels_train.gpkg", class_field)
    is_box = learnt.area > 0.999 * shapely.envelope(learnt).area
    mask = None if is_box else areas.take(areas.fields["split"] == "train").write(folder / "area_train.gpkg")
    return Training("", labels, _extent(learnt, ground.crs), mask, inside["train"], inside["val"])


def _areas(ground: Ground, area: Path | None) -> Layer:
    """Return the areas with their ``split``; without a file the ground is cut at a share of its width."""
    if area is None:
        rows, cols = ground.values.shape
        left, bottom, right, top = rasterio.transform.array_bounds(rows, cols, ground.transform)
        border = left + TRAIN_WIDTH * (right - left)
        boxes = np.array([shapely.box(left, bottom, border, top), shapely.box(border, bottom, right, top)])
        return Layer(boxes, {"split": np.array(PARTS, object)}, ground.crs, "area")
    table = read_features(FeatureSource(str(area)), job=Job(), crs=ground.crs)
    if "split" not in table.fields:
        raise SystemExit(f"demo: {area} has no field split with train and val")
    return Layer(table.geometry, table.fields, ground.crs, table.name)


def _cut(table: FeatureTable, area: shapely.Geometry, crs: str) -> Layer:
    """Return the polygons, or their parts, that lie in an area; they keep their fields and the layer its name."""
    parts, index = shapely.get_parts(shapely.intersection(table.geometry, area), return_index=True)
    index = index[shapely.area(parts) > 0]
    parts = parts[shapely.area(parts) > 0]
    return Layer(parts, {name: column[index] for name, column in table.fields.items()}, crs, table.name)


def _write_labels(ground: Ground, layer: Layer, path: Path, class_field: str) -> Path:
    """Write polygons to train on, with their colours; a text field is coloured by the names."""
    field = class_field or next((name for name in layer.fields if name.casefold() in VALUE_FIELDS), "")
    if field:
        texts = layer.fields[field].dtype.kind == "O"
        write_legend(path.with_suffix(".qml"), field, {v: e for v, e in ground.classes.items() if v}, texts)
    return layer.write(path)


def _extent(area: shapely.Geometry, crs: str) -> str:
    """Return the bounds of an area as QGIS takes them."""
    left, bottom, right, top = area.bounds
    known = rasterio.crs.CRS.from_wkt(crs)
    return f"{left},{right},{bottom},{top}" + (f" [{known.to_string()}]" if known.to_epsg() else "")


def fold_numbers(values: np.ndarray, folds: int) -> np.ndarray:
    """Return the fold of each polygon, (n,) int64 from 0: classes in turn, each spread evenly, folds of even size."""
    order = np.argsort(values, kind="stable")
    numbers = np.empty(len(values), np.int64)
    numbers[order] = np.arange(len(values)) % folds
    return numbers


def _by_fold(ground: Ground, table: FeatureTable, case: Case, folder: Path) -> tuple[Training, ...]:
    """Hold out each polygon once."""
    whole = shapely.box(*rasterio.transform.array_bounds(*ground.values.shape, ground.transform))
    classes = np.zeros(len(table), np.int64)
    inside = ground.polygon >= 0
    classes[ground.polygon[inside]] = ground.values[inside]
    numbers = fold_numbers(classes, case.folds)
    trainings = []
    for fold in range(case.folds):
        held_out = numbers == fold
        layer = _cut(table.take(~held_out), whole, ground.crs)
        labels = _write_labels(ground, layer, folder / f"labels_fold{fold + 1}.gpkg", case.class_field)
        judged = inside & held_out[ground.polygon]
        trainings.append(Training(f"fold{fold + 1}", labels, "", None, inside & ~judged, judged))
    return tuple(trainings)
