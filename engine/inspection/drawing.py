"""Pictures of chips and of their labels: two layers, so that a page can show a chip with and without its labels.

All chips are stretched alike, from the 2nd to the 98th percentile of the whole data, so that differences in brightness
between them stay visible.
"""

from __future__ import annotations

import colorsys
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch

import numpy as np
from matplotlib.image import imsave
from skimage.transform import resize_local_mean

from ..classes import GOLDEN_ANGLE, ClassInfo
from ..raster.bands import rgb_bands
from ..samples.instances import read_numbers
from ..samples.samples import (
    BoxSample,
    ChipSample,
    InstanceSample,
    LabelSample,
    MaskSample,
    PanopticSample,
    read_chip,
    read_label,
    second_image,
)
from .looks import Looks
from .subject import Subject

SMALLEST, LARGEST = 200, 300
"""Sides of a picture in pixels; smaller chips are enlarged by whole factors."""
_QUALITY = 82
_FILL, _INSTANCE_FILL = 96, 80
"""Opacity of areas, 0..255."""

Colors = Mapping[int, tuple[int, int, int]]


@dataclass(frozen=True)
class Stretch:
    """How pixels become brightness.

    Attributes:
        bands: Bands that are red, green and blue, or the one that is grey.
        low: Value of each that is black.
        high: Value of each that is white.
    """

    bands: tuple[int, ...]
    low: np.ndarray
    high: np.ndarray


def stretch_of(subject: Subject, looks: Looks) -> Stretch:
    """Return the stretch that suits all chips."""
    bands = int(subject.shapes[:, 0].min())
    chosen = rgb_bands(subject.samples.band_names, bands)
    picks = [look.picks[:, :bands] for look in looks.looks if look is not None and len(look.picks)]
    values = np.concatenate(picks) if picks else np.array([[0.0], [1.0]]).repeat(bands, axis=1)
    low, high = np.percentile(values[:, list(chosen)], (2, 98), axis=0)
    return Stretch(chosen, low, np.where(high > low, high, low + 1))


def picture_of(sample: ChipSample, stretch: Stretch) -> list[bytes]:
    """Return a chip as a JPEG file, and the second one of a pair.

    Raises:
        SampleFolderError: A chip cannot be read.
    """
    dates = [read_chip(sample)]
    if second_image(sample) is not None:
        dates.append(read_chip(sample, second=True))
    return [_jpeg(pixels, stretch) for pixels in dates]


def overlay_of(sample: ChipSample, size: tuple[int, int], colors: Colors) -> bytes:
    """Return the labels of a chip as a PNG file, transparent where there is none.

    Args:
        sample: The chip.
        size: Rows and columns of the chip.
        colors: Colour of each class value.

    Raises:
        SampleFolderError: A label cannot be read.
    """
    rows, cols = shown_size(*size)
    layer = np.zeros((rows, cols, 4), np.uint8)
    draw_labels(sample, layer, (cols / size[1], rows / size[0]), colors)
    buffer = io.BytesIO()
    imsave(buffer, layer, format="png")
    return buffer.getvalue()


@singledispatch
def draw_labels(sample: ChipSample, layer: np.ndarray, scale: tuple[float, float], colors: Colors) -> None:
    """Draw the labels of a chip onto a transparent layer.

    Args:
        sample: The chip.
        layer: (rows, cols, 4) uint8, red, green, blue and opacity; drawn upon.
        scale: Layer pixels per chip pixel, across and down.
        colors: Colour of each class value.
    """


@draw_labels.register
def _(sample: BoxSample, layer: np.ndarray, scale: tuple[float, float], colors: Colors) -> None:
    _draw_boxes(layer, sample.boxes, [colors[int(value)] for value in sample.classes], scale)


@draw_labels.register
def _(sample: InstanceSample, layer: np.ndarray, scale: tuple[float, float], colors: Colors) -> None:
    _draw_instances(sample, layer, colors)


@draw_labels.register
def _(sample: MaskSample, layer: np.ndarray, scale: tuple[float, float], colors: Colors) -> None:
    values = read_label(sample).astype(np.int64)
    values[~np.isin(values, list(colors))] = 0
    table = {value: (*color, _FILL) for value, color in colors.items() if value}
    _paint(layer, values, table)


@draw_labels.register
def _(sample: PanopticSample, layer: np.ndarray, scale: tuple[float, float], colors: Colors) -> None:
    draw_labels.dispatch(MaskSample)(sample, layer, scale, colors)
    _draw_instances(sample, layer, colors)


@draw_labels.register
def _(sample: LabelSample, layer: np.ndarray, scale: tuple[float, float], colors: Colors) -> None:
    if sample.box is not None and sample.labels:
        _draw_boxes(layer, sample.box[None], [colors[sample.labels[0]]], scale)


def shown_size(rows: int, cols: int) -> tuple[int, int]:
    """Return rows and columns of the picture of a chip."""
    side = max(rows, cols)
    factor = max(1, SMALLEST // side) if side < SMALLEST else min(1.0, LARGEST / side)
    return max(1, round(rows * factor)), max(1, round(cols * factor))


def legend_colors(classes: Sequence[ClassInfo]) -> dict[int, tuple[int, int, int]]:
    """Return the colour of each class value."""
    return {entry.value: entry.color for entry in classes}


def _jpeg(pixels: np.ndarray, stretch: Stretch) -> bytes:
    """Return a chip as a JPEG file."""
    shown = pixels[[min(band, len(pixels) - 1) for band in stretch.bands]].astype(np.float32)
    low, high = stretch.low[:, None, None], stretch.high[:, None, None]
    light = np.clip((shown - low) / (high - low), 0, 1) * 255
    rows, cols = shown_size(*pixels.shape[1:])
    array = np.moveaxis(light, 0, 2)
    if (rows, cols) != array.shape[:2]:
        smaller = rows < len(array)
        array = resize_local_mean(array, (rows, cols), channel_axis=2) if smaller else _nearest(array, rows, cols)
    buffer = io.BytesIO()
    picture = np.broadcast_to(array, (rows, cols, 3)).round().astype(np.uint8)
    imsave(buffer, picture, format="jpeg", pil_kwargs={"quality": _QUALITY, "subsampling": 0})
    return buffer.getvalue()


def _nearest(array: np.ndarray, rows: int, cols: int) -> np.ndarray:
    """Return an array in another size, the nearest pixel each."""
    row = ((np.arange(rows) + 0.5) * len(array) / rows).astype(np.int64)
    col = ((np.arange(cols) + 0.5) * array.shape[1] / cols).astype(np.int64)
    return np.asarray(array[row[:, None], col])


def _draw_boxes(
    layer: np.ndarray, boxes: np.ndarray, colors: Sequence[tuple[int, int, int]], scale: tuple[float, float]
) -> None:
    """Draw frames with a thin dark border, so that they are seen on any ground."""
    rows, cols = layer.shape[:2]
    placed = np.round(boxes * np.tile(scale, 2)).astype(int)
    frames = [
        (min(a, cols - 1), min(b, rows - 1), min(max(a + 1, c), cols), min(max(b + 1, d), rows))
        for a, b, c, d in placed.tolist()
    ]
    for a, b, c, d in frames:
        _frame(layer, (a - 1, b - 1, c + 1, d + 1), 1, (0, 0, 0, 210))
    for frame, color in zip(frames, colors, strict=True):
        large = min(frame[2] - frame[0], frame[3] - frame[1]) > 8
        _frame(layer, frame, 2 if large else 1, (*color, 255))


def _frame(layer: np.ndarray, frame: tuple[int, int, int, int], width: int, color: tuple[int, int, int, int]) -> None:
    """Draw a rectangle, its lines inside it; what lies beyond the layer is left out."""
    left, top, right, bottom = frame
    for a, b, c, d in (
        (left, top, right, top + width),
        (left, bottom - width, right, bottom),
        (left, top, left + width, bottom),
        (right - width, top, right, bottom),
    ):
        layer[max(b, 0) : max(d, 0), max(a, 0) : max(c, 0)] = color


def _draw_instances(sample: InstanceSample | PanopticSample, layer: np.ndarray, colors: Colors) -> None:
    """Draw each instance in a colour of its own, its outline in the colour of its class."""
    numbers, count = read_numbers(sample)
    if not count:
        return
    fills = {number: (*_instance_color(number), _INSTANCE_FILL) for number in range(1, count + 1)}
    lines = {number: colors[int(value)] for number, value in enumerate(sample.classes, 1)}
    _paint(layer, numbers, fills, lines)


def _paint(
    layer: np.ndarray,
    values: np.ndarray,
    fills: Mapping[int, tuple[int, int, int, int]],
    lines: Mapping[int, tuple[int, int, int]] | None = None,
) -> None:
    """Paint areas of values, each with an outline; 0 is left as it is."""
    shown = _nearest(values, *layer.shape[:2])
    size = max(int(values.max(initial=0)), max(fills, default=0)) + 1
    table = np.zeros((size, 4), np.uint8)
    border = np.zeros((size, 4), np.uint8)
    for value, fill in fills.items():
        table[value] = fill
        border[value] = (*(fill[:3] if lines is None else lines[value]), 255)
    inner = np.ones(shown.shape, bool)
    inner[1:] &= shown[1:] == shown[:-1]
    inner[:-1] &= shown[:-1] == shown[1:]
    inner[:, 1:] &= shown[:, 1:] == shown[:, :-1]
    inner[:, :-1] &= shown[:, :-1] == shown[:, 1:]
    painted = np.where(inner[..., None], table[shown], border[shown])
    layer[shown > 0] = painted[shown > 0]


def _instance_color(number: int) -> tuple[int, int, int]:
    """Return the colour of the n-th instance of a chip, distinct from its neighbours."""
    red, green, blue = colorsys.hsv_to_rgb((number * GOLDEN_ANGLE) % 1.0, 0.75, 1.0)
    return round(red * 255), round(green * 255), round(blue * 255)
