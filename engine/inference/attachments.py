"""The image attachments of a feature layer: found, made into files that GDAL opens, copied with paths of class images.

A layer holds the paths of its images in a text field, or a GeoPackage holds the images themselves (see ``blobs``).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlparse

import numpy as np
import pyogrio
import pyogrio.raw
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FieldError

from ..errors import FeatureError
from ..job import Job
from ..raster.crs import crs_text, known_crs
from ..raster.sources import SUFFIXES
from ..tools.values import FeatureSource, FeatureTarget
from ..vector.reading import FeatureTable, read_features, transformed
from ..vector.writing import output_path, write_features
from .blobs import BlobTable, find_blobs, list_blobs, read_blob
from .image_inputs import distinct

FIELD = "Classified"
"""Field of the output with the path of a class image."""

LOOKED_AT = 200
"""Values of a text field that are looked at to see whether they are paths of images."""


@dataclass(frozen=True)
class Attachment:
    """One image of a layer.

    Attributes:
        features: Positions in the layer's table of the features that have it.
        label: What it is called in messages.
        stem: File name without suffix for its result.
        path: The file; None for a blob.
        key: Key of the blob; None for a file.
    """

    features: tuple[int, ...]
    label: str
    stem: str
    path: Path | None
    key: int | None


@dataclass(frozen=True)
class AttachmentLayer:
    """A layer with its images.

    Attributes:
        path: The layer's file.
        layer: The layer in it.
        table: All its features.
        numbers: (n,) int64 feature numbers.
        geometry_type: OGR's name of the geometry type.
        field: Text field with paths; empty for blobs.
        blobs: Where blobs are; None for paths.
        images: The images, in the order of the features.
    """

    path: Path
    layer: str
    table: FeatureTable
    numbers: np.ndarray
    geometry_type: str
    field: str
    blobs: BlobTable | None
    images: tuple[Attachment, ...]

    def extracted(self, image: Attachment, folder: Path) -> Path:
        """Return the file of an image; a blob is written to the folder first."""
        if image.path is not None or image.key is None or self.blobs is None:
            return image.path or folder
        file = folder / f"{image.stem}.image"
        file.write_bytes(read_blob(self.path, self.blobs, image.key))
        return file


def read_attachments(source: FeatureSource) -> AttachmentLayer:
    """Read a layer and find its images.

    Raises:
        FeatureError: The layer cannot be read, has no features with geometry, or no images.
    """
    path_text, _, named = source.path.partition("|layername=")
    path = Path(path_text)
    layer = source.layer or named or _first_layer(path)
    meta, numbers, wkb, columns = _read(path, layer, source.where)
    if wkb is None:
        raise FeatureError(f"{layer} is a table without geometry: choose a layer of features with image attachments")
    table = FeatureTable(
        geometry=np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), object),
        fields=dict(zip(map(str, meta["fields"]), columns, strict=True)),
        crs=crs_text(known_crs(meta["crs"], layer, FeatureError)),
        name=source.name or layer,
        types=dict(zip(map(str, meta["fields"]), map(str, meta["dtypes"]), strict=True)),
    )
    field = _path_field(table, path.parent)
    blobs = None if field else find_blobs(path, layer)
    if not field and blobs is None:
        raise FeatureError(
            f"{table.name} is no raster and has no image attachments: choose a raster, a folder, or a layer with a "
            "text field of image paths or, in a GeoPackage, a related table of images"
        )
    images = _files(table, field, path.parent) if blobs is None else _rows(path, blobs, numbers)
    return AttachmentLayer(path, layer, table, numbers, str(meta["geometry_type"]), field, blobs, tuple(images))


def write_copy(layer: AttachmentLayer, results: Mapping[Attachment, Path], target: FeatureTarget, job: Job) -> str:
    """Write a copy of the features with the paths of their class images; an existing layer is appended to.

    Args:
        layer: The input.
        results: Class image of each attachment that could be read.
        target: Where to write.
        job: Told temporary names.

    Returns:
        What opens the layer.

    Raises:
        OutputError: The layer cannot be written.
    """
    path, name, _ = output_path(target)
    paths = np.full(len(layer.table), None, object)
    for image, file in results.items():
        for feature in image.features:
            relative = os.path.relpath(file, path.parent).replace(os.sep, "/")
            paths[feature] = f"{paths[feature]};{relative}" if paths[feature] else relative
    table, geometry_type = layer.table.with_fields({FIELD: paths}), layer.geometry_type
    if path.exists() and name in _layer_names(path):
        old = read_features(FeatureSource(str(path), layer=name), job=job)
        job.message(f"{name} exists with {len(old)} features: {len(table)} are appended")
        table = _appended(old, table)
        known = str(pyogrio.read_info(str(path), layer=name)["geometry_type"])
        geometry_type = geometry_type if geometry_type == known else "Unknown"
    return write_features(target, table, job=job, geometry_type=geometry_type, crs=table.crs)


def _appended(old: FeatureTable, new: FeatureTable) -> FeatureTable:
    """Return the features of both; a column that one lacks is empty there."""
    if old.crs is not None and new.crs is not None and old.crs != new.crs:
        new = transformed(new, old.crs)
    fields = {}
    for name in dict.fromkeys([*old.fields, *new.fields]):
        parts = [side.fields[name] if name in side.fields else np.full(len(side), None, object) for side in (old, new)]
        alike = parts[0].dtype == parts[1].dtype
        fields[name] = np.concatenate(parts if alike else [part.astype(object) for part in parts])
        if not alike and all(part.dtype.kind in "iufb" or set(part) <= {None} for part in parts):
            fields[name] = np.array([np.nan if value is None else value for value in fields[name]], np.float64)
    return FeatureTable(np.concatenate([old.geometry, new.geometry]), fields, old.crs or new.crs, old.name, old.types)


def _read(
    path: Path, layer: str, where: str
) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray | None, list[np.ndarray]]:
    """Read a layer as it is, features without geometry too."""
    try:
        meta, numbers, wkb, columns = pyogrio.raw.read(
            str(path), layer=layer or None, where=where or None, return_fids=True, force_2d=True
        )
    except (DataLayerError, DataSourceError, FieldError, ValueError, OSError, RuntimeError) as error:
        text = str(error).splitlines()[0][:120]
        raise FeatureError(f"{path} cannot be read as a layer ({text}): choose a layer of features") from error
    return meta, np.asarray(numbers, np.int64), wkb, columns


def _first_layer(path: Path) -> str:
    """Return the first layer with geometry of a file."""
    names = _layer_names(path)
    return names[0] if names else ""


def _layer_names(path: Path) -> list[str]:
    """Return the layers with geometry of a file, none when OGR cannot read it."""
    try:
        return [str(name) for name, geometry in pyogrio.list_layers(path) if geometry is not None]
    except (DataSourceError, ValueError, OSError, RuntimeError):
        return []


def _path_field(table: FeatureTable, folder: Path) -> str:
    """Return the text field whose values are most often existing images, empty when none is."""
    counts = {}
    for name, column in table.fields.items():
        texts = [value for value in column[: 10 * LOOKED_AT] if isinstance(value, str) and value.strip()][:LOOKED_AT]
        counts[name] = sum(_is_image(_file_of(text, folder)) for text in texts)
    best = max(counts, key=lambda name: counts[name], default="")
    return best if best and counts[best] else ""


def _file_of(text: str, folder: Path) -> Path:
    """Return the file that a text names, relative to a folder."""
    plain = unquote(urlparse(text).path) if text.lower().startswith("file://") else text.strip()
    return folder / plain.replace("\\", "/") if not os.path.isabs(plain) else Path(plain)


def _is_image(path: Path) -> bool:
    """Return whether a file is there and is an image by its suffix."""
    return bool(SUFFIXES.fullmatch(path.suffix)) and path.is_file()


def _files(table: FeatureTable, field: str, folder: Path) -> list[Attachment]:
    """Return the images that a field names, each file once."""
    features: dict[Path, list[int]] = {}
    for position, text in enumerate(table.fields[field]):
        if isinstance(text, str) and text.strip():
            features.setdefault(_file_of(text, folder), []).append(position)
    stems = distinct([_plain(path.stem) for path in features])
    return [
        Attachment(tuple(positions), str(path), stem, path, None)
        for (path, positions), stem in zip(features.items(), stems, strict=True)
    ]


def _rows(path: Path, blobs: BlobTable, numbers: np.ndarray) -> list[Attachment]:
    """Return the images of the features that were read."""
    places = {int(number): position for position, number in enumerate(numbers)}
    features: dict[int, list[int]] = {}
    names: dict[int, str] = {}
    for image in list_blobs(path, blobs):
        if image.feature in places:
            features.setdefault(image.key, []).append(places[image.feature])
            names[image.key] = Path(image.name.replace("\\", "/")).stem or f"image_{image.key}"
    stems = distinct([_plain(name) for name in names.values()])
    return [
        Attachment(tuple(features[key]), f"{blobs.table} {key} ({names[key]})", stem, None, key)
        for key, stem in zip(features, stems, strict=True)
    ]


def _plain(stem: str) -> str:
    """Return a text as a file name without suffix."""
    return "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in stem)
