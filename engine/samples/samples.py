"""Chips of training folders as a training sees them, with boxes or with a label raster, and reading their pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import rasterio
from rasterio.enums import Resampling
from rasterio.vrt import WarpedVRT

from ..errors import SampleFolderError
from ..raster.bands import alpha_band, palette_of
from ..raster.class_tables import LARGEST_VALUE
from ..raster.crs import GDAL_ERRORS
from .object_windows import squeezed

NO_LABEL = -1
"""Stands for pixels that a label raster declares nodata, or does not reach."""


def quick_open() -> rasterio.Env:
    """Return GDAL's settings for folders of many small files.

    Files beside a chip are asked for, not listed. PNG is read row by row: GDAL's faster way makes up the pixels of a
    file that ends too early, and says nothing.
    """
    return rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="TRUE", GDAL_PNG_WHOLE_IMAGE_OPTIM="NO")


@dataclass
class ChipSample:
    """A chip.

    Attributes:
        image: File of the chip.
        shape: Bands, rows and columns that the chip must have, None to accept any.
    """

    image: Path
    shape: tuple[int, int, int] | None = field(default=None, kw_only=True)


@dataclass
class BoxSample(ChipSample):
    """A chip with its boxes.

    Attributes:
        boxes: (n, 4) float32 ``col_min, row_min, col_max, row_max`` in chip pixels, inside the chip.
        classes: (n,) int64 class values.
    """

    boxes: np.ndarray
    classes: np.ndarray


@dataclass
class MaskSample(ChipSample):
    """A chip with a label raster.

    A pixel of the label whose value is neither a class nor 0 is unlabelled, like those that the file declares nodata.

    Attributes:
        label: File of the label raster.
        values: (k,) int64, the class values in the label and 0 where it occurs, ascending.
        counts: (k,) int64, pixels of each.
        image2: File of the second chip of a change pair, None without.
        moved: The label is on another grid than the chip and must be resampled.
    """

    label: Path
    values: np.ndarray
    counts: np.ndarray
    image2: Path | None = None
    moved: bool = False


@dataclass
class PairSample(MaskSample):
    """The two chips of a change pair as one, whose bands are those of the first date, then those of the second.

    A pixel that has no data at one of the dates has none at all.
    """


@dataclass
class ColorMaskSample(MaskSample):
    """A chip whose label raster has colours instead of class values.

    Attributes:
        colors: Class value by colour: red, green and blue in one number, 8 bits each.
    """

    colors: Mapping[int, int] = field(default_factory=dict, kw_only=True)


@dataclass
class TilePair(ChipSample):
    """A chip without a label and what belongs beside it, such as what a network should make of it.

    Attributes:
        image2: File of the second chip; it may have other bands.
    """

    image2: Path


@dataclass
class InstanceSample(BoxSample):
    """A chip with the masks of its instances; their boxes enclose the masks.

    Attributes:
        masks: Value of a class and file of its label raster, in the order of the values; pixels of the raster number
            the instances of that class from 1, 0 is none. A class that does not occur has no file.
    """

    masks: tuple[tuple[int, Path], ...] = ()

    @property
    def planes(self) -> tuple[int, ...]:
        """Class value of each map that numbers instances, see ``read_planes``."""
        return tuple(value for value, _ in self.masks)


@dataclass
class PanopticSample(MaskSample):
    """A chip with a label raster, and with the masks of the instances of some of its classes.

    Attributes:
        boxes: (n, 4) float32 ``col_min, row_min, col_max, row_max`` in chip pixels, enclosing the masks.
        classes: (n,) int64 class values.
        masks: As in ``InstanceSample``.
    """

    boxes: np.ndarray = field(default_factory=lambda: np.zeros((0, 4), np.float32), kw_only=True)
    classes: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64), kw_only=True)
    masks: tuple[tuple[int, Path], ...] = field(default=(), kw_only=True)


class Outline(Protocol):
    """The mask of one instance that is not a file."""

    def mask(self, rows: int, cols: int) -> np.ndarray:
        """Return the mask on the grid of its chip, (rows, cols) bool."""


@dataclass
class DrawnSample(InstanceSample):
    """A chip whose instances are drawn from what a file of many says of them, instead of ``masks``.

    Attributes:
        outlines: One an instance, in the order of the boxes.
    """

    outlines: tuple[Outline, ...] = ()

    @property
    def planes(self) -> tuple[int, ...]:
        """The classes of the instances, ascending."""
        return tuple(sorted(set(self.classes.tolist())))

    def drawn(self, rows: int, cols: int) -> np.ndarray:
        """Return the masks of the instances, (n, rows, cols) bool, in the order of the boxes."""
        masks = np.zeros((len(self.outlines), rows, cols), bool)
        for mask, outline in zip(masks, self.outlines, strict=True):
            mask[:] = outline.mask(rows, cols)
        return masks


@dataclass
class LabelSample(ChipSample):
    """A chip that has a class as a whole, or several; it is read in the size of its shape, squeezed if need be.

    Attributes:
        labels: Class values, ascending; several in multi-label data, none in a chip without a label.
        box: (4,) float32 ``col_min, row_min, col_max, row_max`` of the object in chip pixels; the whole chip without.
    """

    labels: tuple[int, ...]
    box: np.ndarray | None = None


def second_image(sample: ChipSample) -> Path | None:
    """Return the second chip of a pair, None without."""
    return sample.image2 if isinstance(sample, (MaskSample, TilePair)) else None


def read_chip(sample: ChipSample, *, second: bool = False) -> np.ndarray:
    """Read the pixels of a chip.

    Args:
        sample: The chip.
        second: Read the second chip of a change pair instead, which may have other bands.

    Returns:
        (bands, rows, cols) in the chip's own type, without alpha band; NaN is 0. Of a ``PairSample`` the bands of both
        dates, in a type that holds both.

    Raises:
        SampleFolderError: The chip is missing, corrupt, or of another shape than the rest.
    """
    if isinstance(sample, PairSample):
        return _joined(sample)
    path, bands = sample.image, None if sample.shape is None else sample.shape[0]
    if second:
        other = second_image(sample)
        if other is None:
            raise SampleFolderError(f"{sample.image} has no second chip: choose a folder exported with two rasters")
        path, bands = other, None
    pixels = _pixels(path, bands)
    if isinstance(sample, LabelSample) and sample.shape is not None:
        pixels = squeezed(pixels, *sample.shape[1:])
    if sample.shape is not None and pixels.shape[1 if second else 0 :] != sample.shape[1 if second else 0 :]:
        raise SampleFolderError(
            f"the chip {path} has {shape_in_words(pixels.shape)} and the others {shape_in_words(sample.shape)}: remove "
            f"it or export again"
        )
    if pixels.dtype.kind == "f":
        np.nan_to_num(pixels, copy=False, nan=0.0)
    return pixels


def read_label(sample: MaskSample) -> np.ndarray:
    """Read the class values of a chip.

    Returns:
        (rows, cols) with the size of the chip, see ``class_values``; a label on another grid is resampled by nearest
        neighbour through the georeference of both.

    Raises:
        SampleFolderError: The label is missing, corrupt, has several bands, or values that are no class values; or it
            has another size than its chip and no georeference.
    """
    if isinstance(sample, ColorMaskSample):
        known, places = np.unique(packed_colors(sample.label), return_inverse=True)
        values = np.array([sample.colors.get(color, 0) for color in known.tolist()], np.uint16)
        return np.asarray(values[places.reshape(sample.shape[1:] if sample.shape else places.shape)])
    try:
        with quick_open(), rasterio.open(sample.label) as label:
            band = label_band(label, sample.label)
            same = sample.shape is None or (label.height, label.width) == sample.shape[1:]
            values, seen = (label.read(band), None) if same and not sample.moved else _resampled(label, band, sample)
            nodata = label.nodatavals[band - 1]
    except (*GDAL_ERRORS, ValueError) as error:
        raise SampleFolderError(
            f"the label {sample.label} cannot be read: it is damaged; export it again or remove it"
        ) from error
    found = class_values(values, nodata, sample.label)
    return found if seen is None or seen.all() else np.where(seen, found.astype(np.int32), np.int32(NO_LABEL))


def packed_colors(path: Path) -> np.ndarray:
    """Read a mask in colours: red, green and blue in one number, (rows, cols) int32.

    Raises:
        SampleFolderError: It is damaged, or has not three bands of 8 bits.
    """
    try:
        with quick_open(), rasterio.open(path) as mask:
            bands = [band for band in range(1, mask.count + 1) if band != alpha_band(mask)]
            pixels = mask.read(bands)
    except (*GDAL_ERRORS, ValueError) as error:
        raise SampleFolderError(f"the mask {path} cannot be read: it is damaged; replace or remove it") from error
    if len(pixels) != 3 or pixels.dtype != np.uint8:
        raise SampleFolderError(
            f"the mask {path} has {len(pixels)} bands of {pixels.dtype} and the first one three of 8 bits: make them "
            f"alike"
        )
    red, green, blue = pixels.astype(np.int32)
    return np.asarray(red << 16 | green << 8 | blue)


def label_band(label: Any, path: Path) -> int:
    """Return the 1-based band of an open label raster that holds the class values.

    Raises:
        SampleFolderError: It has several bands.
    """
    alpha = alpha_band(label)
    bands = [band for band in range(1, label.count + 1) if band != alpha]
    if len(bands) != 1:
        raise SampleFolderError(
            f"the label {path} has {len(bands)} bands and a label raster has one, with class values: convert the labels"
        )
    return bands[0]


def class_values(values: np.ndarray, nodata: float | None, path: Path) -> np.ndarray:
    """Return the pixels of a label raster as uint8 or uint16; as int32 with ``NO_LABEL`` where they are nodata.

    Nodata of one file may be a class in another, so it does not keep its value. Nodata 0 stays 0, whose meaning the
    folder tells.

    Args:
        values: (rows, cols) of any type.
        nodata: What the file declares as nodata, None without.
        path: The label, for the message.

    Raises:
        SampleFolderError: A pixel is neither nodata nor a whole number from 0 to 65535.
    """
    if nodata:
        absent = np.isnan(values) if nodata != nodata else values == nodata
        if absent.any():
            found = class_values(np.where(absent, 0, values), None, path).astype(np.int32)
            found[absent] = NO_LABEL
            return found
    if values.dtype in (np.uint8, np.uint16):
        return values
    low, high = values.min(initial=0), values.max(initial=0)
    if not (low >= 0 and high <= LARGEST_VALUE and (values.dtype.kind in "iu" or (values % 1 == 0).all())):
        odd = low if not low >= 0 else high if not high <= LARGEST_VALUE else values[values % 1 != 0][0]
        raise SampleFolderError(
            f"the label {path} holds {odd:g} and class values are whole numbers from 0 to {LARGEST_VALUE}: reclassify "
            f"the labels"
        )
    return values.astype(np.uint8 if high <= 255 else np.uint16)


def shape_in_words(shape: tuple[int, ...]) -> str:
    """Return bands, rows and columns in words."""
    return f"{shape[0]} bands, {shape[2]} x {shape[1]} pixels"


def _joined(sample: PairSample) -> np.ndarray:
    """Return the chips of both dates, one above the other."""
    shape = None if sample.shape is None else (sample.shape[0] // 2, *sample.shape[1:])
    single = MaskSample(sample.image, sample.label, sample.values, sample.counts, sample.image2, shape=shape)
    dates = [read_chip(single), read_chip(single, second=True)]
    if len(dates[0]) != len(dates[1]):
        raise SampleFolderError(
            f"{sample.image2} has {len(dates[1])} bands and its first chip {len(dates[0])}: export both dates with the "
            "same bands"
        )
    pixels = np.concatenate(dates)
    if len(dates[0]) > 1:
        pixels[:, ~(dates[0].any(axis=0) & dates[1].any(axis=0))] = 0
    return pixels


def _pixels(path: Path, bands: int | None) -> np.ndarray:
    """Return all data bands of a chip; with the expected number of bands nothing else is looked at."""
    try:
        with quick_open(), rasterio.open(path) as chip:
            if bands is not None and chip.count == bands:
                return np.asarray(chip.read())
            if palette := palette_of(chip):
                table = np.frombuffer(palette, np.uint8).reshape(-1, 4)
                return np.ascontiguousarray(np.moveaxis(table[chip.read(1)][..., :3], -1, 0))
            return np.asarray(chip.read([band for band in range(1, chip.count + 1) if band != alpha_band(chip)]))
    except (*GDAL_ERRORS, ValueError) as error:
        raise SampleFolderError(
            f"the chip {path} cannot be read: it is damaged; export it again or remove it"
        ) from error


def _resampled(label: Any, band: int, sample: MaskSample) -> tuple[np.ndarray, np.ndarray]:
    """Return an open label raster on the grid of its chip, and (rows, cols) bool: where it has pixels."""
    with rasterio.open(sample.image) as chip:
        if chip.transform.is_identity or label.transform.is_identity:
            raise SampleFolderError(
                f"the label {sample.label} has {label.width} x {label.height} pixels and its chip {chip.width} x "
                f"{chip.height}, and not both have a georeference: make them the same size"
            )
        alpha = alpha_band(label)
        crs = chip.crs or label.crs or rasterio.CRS.from_epsg(3857)
        with WarpedVRT(
            label,
            src_crs=label.crs or crs,
            crs=crs,
            transform=chip.transform,
            width=chip.width,
            height=chip.height,
            resampling=Resampling.nearest,
            add_alpha=not alpha,
        ) as moved:
            return np.asarray(moved.read(band)), np.asarray(moved.read(alpha or label.count + 1)) > 0
