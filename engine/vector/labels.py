"""Labels of an export: features with a class each, polygons unless asked not to, from whatever kind of layer."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from rasterio.crs import CRS

from ..classes import ClassInfo
from ..errors import FeatureError, ParameterError
from ..job import Job
from ..raster.crs import known_crs
from ..tools.values import FeatureSource
from .classes import NO_CLASS, label_classes
from .image_table import IMAGE, WHOLE, on_image, read_image_table
from .reading import FeatureTable, kinds_in_words, read_features, related

_POINTS, _LINES, _POLYGONS = {0, 4}, {1, 2, 5}, {3, 6, 7}


@dataclass(frozen=True)
class Labels:
    """Labelled polygons; points and lines too where they are asked for.

    Attributes:
        table: The features; their fields are not needed any more.
        values: (n,) int64 class values.
        rows: (n,) int64, which label of the layer each is.
        classes: All classes of the layer, in ascending order of their values.
        numbered: The classes come from a field; else there is one class, named after the layer.
        texts: They are numbered texts of a field.
    """

    table: FeatureTable
    values: np.ndarray
    rows: np.ndarray
    classes: tuple[ClassInfo, ...]
    numbered: bool
    texts: bool = False

    def __len__(self) -> int:
        """Return the number of labels."""
        return len(self.values)

    @property
    def by_image(self) -> bool:
        """Whether each label belongs to one image and lies in its pixels."""
        return IMAGE in self.table.fields

    def in_crs(self, crs: CRS | None, raster: str, job: Job) -> Labels:
        """Return the labels in the CRS of a raster, or those of that image; see ``related`` for what is refused."""
        table = self.table.with_fields({"row": np.arange(len(self))})
        table = on_image(table, crs, raster) if self.by_image else related(table, crs, job=job, other=raster)
        kept = table.fields["row"]
        return replace(self, table=table, values=self.values[kept], rows=self.rows[kept])


@dataclass(frozen=True)
class GivenLabels(FeatureSource):
    """Labels that are in memory already, in place of a layer; without a path.

    Attributes:
        labels: What ``read_labels`` returns.
    """

    labels: Labels | None = None


def read_labels(
    source: FeatureSource | None, field: str, buffer_radius: float, job: Job, lines: bool = False, bare: bool = False
) -> Labels:
    """Read the labels of an export.

    Args:
        source: The layer, or labels that were read already, which are returned as they are.
        field: Class value field, see ``label_classes``.
        buffer_radius: Radius of the circles that points become, in the unit of the layer's CRS; 0 for polygons.
        job: Told what was mended.
        lines: Lines become polygons like points do; else they are refused.
        bare: Without a radius points and lines stay what they are.

    Raises:
        FeatureError: There is no label, or the layer holds lines.
        ParameterError: Points without a radius.
    """
    if isinstance(source, GivenLabels) and source.labels is not None:
        return source.labels
    if source is None:
        raise FeatureError("no labels are given: choose a layer of labelled features (in_class_data)")
    table = read_image_table(source, job)
    if table is None:
        table = read_features(source, job=job)
    if not len(table):
        raise FeatureError(f"{table.name} has no label: draw some, or check its filter")
    values, classes = label_classes(table, source, field, job)
    numbered = bool(field) or len(classes) > 1 or classes[0].value != 1
    if not bare or buffer_radius > 0:
        shaped = ~table.fields.get(WHOLE, np.zeros(len(table), bool))
        polygons = table.geometry.copy()
        if shaped.any():
            bufferable = _POINTS | _LINES if lines else _POINTS
            polygons[shaped] = _as_polygons(table.take(shaped), buffer_radius, job, bufferable).geometry
        table = replace(table, geometry=polygons)
    present = values != NO_CLASS
    if not present.all():
        table, values = table.take(present), values[present]
    texts = _of_texts(table, field)
    kept = {name: table.fields[name] for name in (IMAGE, WHOLE) if name in table.fields}
    return Labels(replace(table, fields=kept, types={}), values, np.arange(len(values)), classes, numbered, texts)


def _of_texts(table: FeatureTable, field: str) -> bool:
    """Return whether a field is named and holds texts."""
    column = table.find_field(field) if field else None
    return column is not None and np.dtype(table.types.get(column, table.fields[column].dtype)).kind in "OUS"


def _as_polygons(table: FeatureTable, radius: float, job: Job, bufferable: set[int]) -> FeatureTable:
    """Return the features as polygons: points become circles; other kinds that are not bufferable are refused."""
    kinds = {int(number) for number in np.unique(shapely.get_type_id(table.geometry))}
    if kinds <= _POLYGONS:
        if radius > 0:
            job.warn(f"{table.name} holds polygons: the buffer radius {radius:g} is for points and has no effect")
        return table
    if not kinds <= bufferable:
        words = kinds_in_words(kinds - _POLYGONS)
        raise FeatureError(
            f"{table.name} holds {words} and labels are polygons, or points with a buffer radius: buffer the "
            f"features first"
        )
    if radius <= 0:
        raise ParameterError(
            f"{table.name} holds {kinds_in_words(kinds)} and buffer_radius is {radius:g}: give the radius of the "
            f"objects, in units of the layer's CRS"
        )
    crs = known_crs(table.crs, table.name, FeatureError)
    if crs is not None and crs.is_geographic:
        job.warn(f"the buffer radius {radius:g} is in degrees, as the CRS of {table.name} is geographic")
    return replace(table, geometry=shapely.buffer(table.geometry, radius))
