"""The labels of one chip as areas with a class each, in pixels of the chip: what any label format can be made of."""

from __future__ import annotations

from functools import singledispatch

import numpy as np
import shapely
from rasterio.features import shapes

from ..errors import SampleFolderError
from ..samples.instances import instance_numbers, read_masks
from ..samples.registry import FROM
from ..samples.samples import (
    NO_LABEL,
    BoxSample,
    ChipSample,
    DrawnSample,
    InstanceSample,
    LabelSample,
    MaskSample,
    PanopticSample,
    read_label,
)

Areas = tuple[np.ndarray, np.ndarray]
"""(n,) object, polygons in chip pixels, and (n,) int64, their class values."""

IMAGES, CLASSES, BOXES, OUTLINES = FROM


@singledispatch
def known_of(sample: ChipSample) -> str:
    """Return what is known of the objects in such a chip, one of ``FROM``."""
    return IMAGES


@known_of.register
def _(sample: LabelSample) -> str:
    return CLASSES


@known_of.register
def _(sample: BoxSample) -> str:
    return BOXES


@known_of.register(InstanceSample)
@known_of.register(MaskSample)
def _(sample: InstanceSample | MaskSample) -> str:
    return OUTLINES


def has_several(sample: ChipSample) -> bool:
    """Return whether a chip as a whole is of several classes."""
    return isinstance(sample, LabelSample) and len(sample.labels) > 1


@singledispatch
def areas_of(sample: ChipSample, size: tuple[int, int], outlines: bool) -> Areas:
    """Return the labelled areas of a chip.

    Args:
        sample: The chip.
        size: Rows and columns of the chip.
        outlines: Follow the outlines of objects where they are known; else their boxes will do.

    Raises:
        SampleFolderError: A label cannot be read.
    """
    return np.empty(0, object), np.zeros(0, np.int64)


@areas_of.register
def _(sample: LabelSample, size: tuple[int, int], outlines: bool) -> Areas:
    values = np.array(sample.labels, np.int64)
    frame = (0, 0, size[1], size[0])
    return np.array([shapely.box(*frame)] * len(values), object), values


@areas_of.register
def _(sample: BoxSample, size: tuple[int, int], outlines: bool) -> Areas:
    return np.atleast_1d(shapely.box(*sample.boxes.astype(np.float64).T)), sample.classes


@areas_of.register
def _(sample: InstanceSample, size: tuple[int, int], outlines: bool) -> Areas:
    return _instances(sample) if outlines else areas_of.dispatch(BoxSample)(sample, size, outlines)


@areas_of.register
def _(sample: MaskSample, size: tuple[int, int], outlines: bool) -> Areas:
    values = class_map(sample).astype(np.int32)
    found = [(shapely.geometry.shape(area), int(value)) for area, value in shapes(values, mask=values > 0)]
    return _array([area for area, _ in found]), np.array([value for _, value in found], np.int64)


@areas_of.register
def _(sample: PanopticSample, size: tuple[int, int], outlines: bool) -> Areas:
    return _instances(sample)


def class_map(sample: MaskSample) -> np.ndarray:
    """Return the class values of a chip, (rows, cols) int32; 0 as the label says, ``NO_LABEL`` where it has none.

    Raises:
        SampleFolderError: The label cannot be read.
    """
    values = read_label(sample).astype(np.int32)
    known = np.isin(values, [*sample.values.tolist(), 0])
    return np.where(known, values, NO_LABEL)


def _instances(sample: InstanceSample | PanopticSample) -> Areas:
    """Return the masks of instances as polygons along the edges of their pixels; empty masks are left out."""
    if isinstance(sample, DrawnSample):  # those of one class may lie over each other
        numbered = ((mask.astype(np.uint8), 1) for mask in read_masks(sample))
    else:
        numbered = (instance_numbers(path) for _, path in sample.masks)
    found = [parts for numbers, count in numbered for parts in _parts(numbers, count)]
    if len(found) != len(sample.classes):
        raise SampleFolderError(
            f"the masks of {sample.image} are not those that were found when the folder was read: run again when "
            "nothing changes the folder any more"
        )
    kept = [place for place, parts in enumerate(found) if parts]
    areas = [found[place][0] if len(found[place]) == 1 else shapely.MultiPolygon(found[place]) for place in kept]
    return _array(areas), sample.classes[kept].astype(np.int64)


def _parts(numbers: np.ndarray, count: int) -> list[list[shapely.Geometry]]:
    """Return the connected parts of each number from 1 to a count: the map is looked at once, whatever it counts to."""
    found: list[list[shapely.Geometry]] = [[] for _ in range(count)]
    for part, number in shapes(numbers, mask=numbers > 0):
        found[int(number) - 1].append(shapely.geometry.shape(part))
    return found


def _array(areas: list[shapely.Geometry]) -> np.ndarray:
    """Return geometries as an array."""
    found = np.empty(len(areas), object)
    found[:] = areas
    return found
