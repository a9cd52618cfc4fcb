"""Labels of image collections: a table with a row a label, its image, and a place in pixels of that image.

The table is a layer without CRS, or has no geometry at all. A column names the image: its path, its end, or its file
name, with or without suffix. A row without geometry labels the whole image. Coordinates are columns and rows from the
upper left corner; rows count downwards, or are negative, as QGIS draws images without georeference.
"""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import shapely
from rasterio.crs import CRS

from ..errors import FeatureError
from ..job import Job
from ..raster.crs import crs_text, known_crs
from ..raster.opening import opened
from ..raster.views import file_transform
from ..tools.values import FeatureSource
from .reading import FeatureTable, read_raw, repaired

IMAGE_FIELDS = ("imagename", "image_name", "image", "imagepath", "image_path", "filename", "file_name")
"""Columns that name the image of a label, in any case; the first that is there counts."""

IMAGE, WHOLE = "image", "whole image"
"""Columns of labels that know their image: what the table calls it, and whether they are of all of it."""

_SHAPES = ("wkt", "geometry", "geom", "shape")
"""Text columns that may hold a geometry as WKT, in files that have no other."""


def read_image_table(source: FeatureSource, job: Job) -> FeatureTable | None:
    """Return the labels of a table that names their images, None for any other layer.

    Args:
        source: The table.
        job: Told what was mended.

    Returns:
        Features in pixels of their images, rows downwards, with the columns ``IMAGE`` and ``WHOLE``; a square pixel
        stands for a whole image.

    Raises:
        FeatureError: The table is missing or unreadable.
    """
    meta = read_raw(source, max_features=1)[0]
    known = {str(name).casefold(): str(name) for name in reversed(meta["fields"])}
    image = next((known[name] for name in IMAGE_FIELDS if name in known), None)
    if image is None or known_crs(meta["crs"], source.path, FeatureError) is not None:
        return None
    meta, _, wkb, columns = read_raw(source)
    fields = dict(zip(map(str, meta["fields"]), map(_numbers, columns), strict=True))
    name = source.name or source.layer or os.path.splitext(os.path.basename(source.path))[0]
    geometry = _geometry(wkb, fields, known, len(fields[image]))
    whole = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    geometry = _rows_downwards(np.where(whole, shapely.box(0, 0, 1, 1), geometry), ~whole)
    fields = {key: column for key, column in fields.items() if key not in (IMAGE, WHOLE)}
    images = np.array(
        [str(text or "").replace("\\", "/") for text in columns[meta["fields"].tolist().index(image)]], object
    )
    types = {key: str(column.dtype) for key, column in fields.items()}
    table = FeatureTable(geometry, {**fields, IMAGE: images, WHOLE: whole}, None, name, types)
    job.message(f"{name} has labels of {len(set(images))} images, named in its column {image}")
    return repaired(table, job)


def on_image(table: FeatureTable, crs: CRS | None, raster: str) -> FeatureTable:
    """Return the labels of one image, placed on the map as that is.

    Args:
        table: What ``read_image_table`` returned.
        crs: CRS of the raster.
        raster: Path of the image.

    Raises:
        RasterError: The image cannot be opened.
    """
    images = table.fields[IMAGE]
    mine = {text for text in set(images) if _names(text, raster)}
    part = table.take(np.array([text in mine for text in images], bool))
    with opened(raster) as dataset:
        transform, cols, rows = file_transform(dataset), dataset.width, dataset.height
    geometry = np.where(part.fields[WHOLE], shapely.box(0, 0, cols, rows), part.geometry)
    a, b, c, d, e, f = transform[:6]
    placed = shapely.transform(
        geometry, lambda points: np.column_stack([points @ (a, b) + c, points @ (d, e) + f]).reshape(-1, 2)
    )
    return replace(part, geometry=placed, crs=crs_text(crs))


def _names(text: str, raster: str) -> bool:
    """Return whether a text names an image: its path, the end of it, or the file name without suffix."""
    path, text = raster.replace("\\", "/").casefold(), text.casefold()
    name = path.rpartition("/")[2]
    return bool(text) and (path == text or path.endswith("/" + text.lstrip("/")) or text == os.path.splitext(name)[0])


def _geometry(wkb: np.ndarray | None, fields: dict[str, np.ndarray], known: dict[str, str], count: int) -> np.ndarray:
    """Return the geometries of a table, from a text column where it has no other; None where there is none."""
    if wkb is not None:
        return np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), object)
    column = next((known[name] for name in _SHAPES if name in known), None)
    if column is None:
        return np.full(count, None, object)
    return np.asarray(shapely.from_wkt([text or None for text in fields[column]], on_invalid="ignore"), object)


def _numbers(column: np.ndarray) -> np.ndarray:
    """Return a column of texts that are all whole numbers, as files without types have them, as numbers."""
    if column.dtype.kind != "O" or not all(isinstance(text, str) and text.strip().isdecimal() for text in column):
        return column
    return np.array([int(text) for text in column], np.int64)


def _rows_downwards(geometry: np.ndarray, shaped: np.ndarray) -> np.ndarray:
    """Return geometries with rows counted downwards; those of QGIS have negative ones."""
    if not shaped.any() or np.nanmean(shapely.get_y(shapely.centroid(geometry[shaped]))) >= 0:
        return geometry
    turned = geometry.copy()
    turned[shaped] = shapely.transform(geometry[shaped], lambda points: points * (1.0, -1.0))
    return turned
