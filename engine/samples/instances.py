"""Masks of the instances of a chip: label rasters in which a pixel has the number of its instance, and 0 has none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
from scipy import ndimage

from ..errors import SampleFolderError
from ..raster.bands import alpha_band
from ..raster.crs import GDAL_ERRORS
from .samples import DrawnSample, InstanceSample, PanopticSample, quick_open

_DENSE = 2**20
"""Largest number in a label raster up to which its numbers are counted in a table."""


def read_masks(sample: InstanceSample | PanopticSample) -> np.ndarray:
    """Read the masks of a chip.

    Returns:
        (n, rows, cols) bool, in the order of the boxes and classes of the sample.

    Raises:
        SampleFolderError: A label raster is missing, corrupt, or changed since the folder was read.
    """
    if isinstance(sample, DrawnSample):
        return sample.drawn(*_chip_size(sample))
    parts = []
    for _, path in sample.masks:
        numbers, count = instance_numbers(path)
        parts.append(numbers == np.arange(1, count + 1, dtype=numbers.dtype)[:, None, None])
    if not parts:
        return np.zeros((0, *_chip_size(sample)), bool)
    if len({part.shape[1:] for part in parts}) == 1 and sum(map(len, parts)) == len(sample.boxes):
        return parts[0] if len(parts) == 1 else np.concatenate(parts)
    raise SampleFolderError(
        f"the masks of {sample.image} are not those that were found when the folder was read: run again when nothing "
        f"changes the folder any more"
    )


def read_planes(sample: InstanceSample) -> list[np.ndarray]:
    """Read the maps that number the instances of a chip.

    Returns:
        (rows, cols) uint16 or int32 each, 1..n, 0 for none, one for each of ``planes``; of drawn instances of one class
        that lie over each other the last is on top.

    Raises:
        SampleFolderError: A label is missing, corrupt, or has another size than the chip.
    """
    size = _chip_size(sample)
    if isinstance(sample, DrawnSample):
        planes = [np.zeros(size, np.int32) for _ in sample.planes]
        for number, (mask, value) in enumerate(zip(sample.drawn(*size), sample.classes.tolist(), strict=True), 1):
            planes[sample.planes.index(value)][mask] = number
        return [_consecutive(plane)[0] for plane in planes]
    maps = []
    for _, path in sample.masks:
        numbers, _ = instance_numbers(path)
        if numbers.shape != size:
            raise _other_size(path, numbers, size)
        maps.append(numbers)
    return maps


def read_numbers(sample: InstanceSample | PanopticSample) -> tuple[np.ndarray, int]:
    """Read the instances of a chip as one map: no mask is laid out for each.

    Returns:
        (rows, cols) int64, 1..n in the order of the sample's classes, 0 where there is none, the last on top where
        they cover each other; and n.

    Raises:
        SampleFolderError: A label is missing or corrupt, or has another size than the chip.
    """
    size = _chip_size(sample)
    numbers, above = np.zeros(size, np.int64), 0
    if isinstance(sample, DrawnSample):
        for mask in sample.drawn(*size):
            above += 1
            numbers[mask] = above
        return numbers, above
    for _, path in sample.masks:
        own, count = instance_numbers(path)
        if own.shape != size:
            raise _other_size(path, own, size)
        np.copyto(numbers, own.astype(np.int64) + above, where=own > 0)
        above += count
    return numbers, above


def _other_size(path: Path, numbers: np.ndarray, size: tuple[int, int]) -> SampleFolderError:
    return SampleFolderError(
        f"the label {path} has {numbers.shape[0]} x {numbers.shape[1]} pixels and its chip {size[0]} x {size[1]}: both "
        "must be alike; export them again"
    )


def instance_numbers(path: Path) -> tuple[np.ndarray, int]:
    """Read a label raster of instances.

    Several bands are one: the numbers of each count on from those of the bands before, and later bands lie on top.

    Returns:
        (rows, cols) uint16, or int32 when there are more than 65535 instances: 1..n in the order of the numbers in the
        file, 0 where there is none; and n.

    Raises:
        SampleFolderError: The file is missing or corrupt, or a pixel is neither nodata nor a whole number from 0.
    """
    try:
        with quick_open(), rasterio.open(path) as label:
            alpha = alpha_band(label)
            bands = [band for band in range(1, label.count + 1) if band != alpha]
            values = label.read(bands)
            absent = [label.nodatavals[band - 1] for band in bands]
    except (*GDAL_ERRORS, ValueError) as error:
        raise SampleFolderError(
            f"the label {path} cannot be read: it is damaged; export it again or remove it"
        ) from error
    merged: np.ndarray | None = None
    for band, nodata in zip(values, absent, strict=True):
        numbers = _whole(band, nodata, path)
        if merged is None:
            merged = numbers
            continue
        above = int(merged.max(initial=0))
        merged = np.where(numbers > 0, numbers.astype(np.int64) + above, merged)
    if merged is None:
        raise SampleFolderError(f"the label {path} has no band with instances: export it again or remove it")
    return _consecutive(merged)


def enclosing_boxes(numbers: np.ndarray, count: int) -> np.ndarray:
    """Return the boxes along the pixel edges of each instance.

    Args:
        numbers: (rows, cols) integers, 1..count, 0 for none.
        count: Number of instances; each has a pixel.

    Returns:
        (count, 4) float32 ``col_min, row_min, col_max, row_max``: first column and row, one past the last ones.
    """
    found = ndimage.find_objects(numbers, count)
    boxes = [(cols.start, rows.start, cols.stop, rows.stop) for rows, cols in found]
    return np.array(boxes, np.float32).reshape(-1, 4)


def _whole(band: np.ndarray, nodata: float | None, path: Path) -> np.ndarray:
    """Return the numbers of a band as integers, 0 where it is nodata."""
    if nodata:
        band = np.where(np.isnan(band) if nodata != nodata else band == nodata, 0, band)
    if band.dtype in (np.uint8, np.uint16):
        return band
    low, high = band.min(initial=0), band.max(initial=0)
    if low >= 0 and high < 2**31 and (band.dtype.kind in "iu" or (band % 1 == 0).all()):
        return band.astype(np.int64)
    odd = low if not low >= 0 else high if not high < 2**31 else band[band % 1 != 0][0]
    raise SampleFolderError(
        f"the label {path} holds {odd:g} and instances are numbered with whole numbers from 1: number them again"
    )


def _consecutive(numbers: np.ndarray) -> tuple[np.ndarray, int]:
    """Return instances numbered from 1 without gaps, in the order of their numbers, and how many there are."""
    largest = int(numbers.max(initial=0))
    if largest > _DENSE:
        known, places = np.unique(numbers, return_inverse=True)
        count = len(known) - int(known[0] == 0)
        found = places.reshape(numbers.shape) + int(known[0] != 0)
    else:
        present = np.bincount(numbers.ravel(), minlength=1) > 0
        present[0] = True
        count = int(present.sum()) - 1
        found = numbers if count == largest else (np.cumsum(present) - 1)[numbers]
    return found.astype(np.uint16 if count < 2**16 else np.int32), count


def _chip_size(sample: InstanceSample | PanopticSample) -> tuple[int, int]:
    """Return rows and columns of a chip."""
    if sample.shape is not None:
        return sample.shape[1:]
    try:
        with quick_open(), rasterio.open(sample.image) as chip:
            return int(chip.height), int(chip.width)
    except GDAL_ERRORS as error:
        raise SampleFolderError(
            f"the chip {sample.image} cannot be read: it is damaged; export it again or remove it"
        ) from error
