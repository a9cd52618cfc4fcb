"""The chip of one object: where it is cut, what is blackened in it, and how it is brought to the network's size.

Export and inference cut objects with these functions, so that a network is trained on what it will see.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import rasterio.features
import shapely

_EDGE = 1e-6
"""Pixels by which a frame may stand over the edge of a pixel without taking it in, and centres may be off."""

LARGEST = 2048
"""Longest side of a chip that is the frame of its object; of a larger object it shows the middle."""

_DETAILED = 64
"""Vertices of an outline beyond which it is cut at the chip before it is painted."""


def object_windows(bounds: np.ndarray, tile: tuple[int, int], fixed: bool) -> np.ndarray:
    """Return the window of each object's chip; windows may stand over the raster's edge.

    Args:
        bounds: (n, 4) float64 ``col_min, row_min, col_max, row_max`` of the objects in raster pixels, finite.
        tile: Rows and columns of a chip of fixed size.
        fixed: Each window has the size of the tile and is centred on the object's frame; else it is the frame itself,
            widened outwards to whole pixels: one pixel at least, and ``LARGEST`` at most, centred on the frame.

    Returns:
        (n, 4) int64 ``col, row, width, height``.
    """
    frames = np.asarray(bounds, np.float64).reshape(-1, 4)
    if fixed:
        size = np.broadcast_to(np.array([tile[1], tile[0]], np.int64), (len(frames), 2))
        first = np.floor((frames[:, :2] + frames[:, 2:] - size) / 2 + 0.5 + _EDGE)
    else:
        first = np.floor(frames[:, :2] + _EDGE)
        size = np.maximum(np.ceil(frames[:, 2:] - _EDGE) - first, 1)
        first += np.floor(np.maximum(size - LARGEST, 0) / 2)
        size = np.minimum(size, LARGEST)
    return np.concatenate([first, size], axis=1).astype(np.int64)


def blackened(pixels: np.ndarray, outline: shapely.Geometry) -> np.ndarray:
    """Return a chip with 0 outside its object.

    Args:
        pixels: (bands, rows, cols) of any type; it is left as it is.
        outline: The object in pixels of the chip; see ``inside`` for what is kept of it.

    Returns:
        (bands, rows, cols) of the same type.
    """
    kept = inside(outline, *pixels.shape[1:])
    return pixels if kept is None else np.where(kept, pixels, np.zeros((), pixels.dtype))


def inside(outline: shapely.Geometry, rows: int, cols: int) -> np.ndarray | None:
    """Return which pixels of a chip belong to its object.

    Args:
        outline: The object in pixels of the chip. Of a polygon the pixels whose centre is inside are kept, or those it
            touches when it is too thin to hold a centre; of a line those it touches. A point blackens nothing.
        rows: Height of the chip.
        cols: Width of the chip.

    Returns:
        (rows, cols) bool; None for all of them.
    """
    if outline is None or shapely.get_dimensions(outline) < 1:
        return None
    if shapely.get_num_coordinates(outline) > _DETAILED:
        outline = shapely.clip_by_rect(outline, -1, -1, cols + 1, rows + 1)
    kept = np.zeros((rows, cols), np.uint8)
    if outline.is_empty:
        return kept.view(bool)
    shape = _mapping(outline)
    if shapely.get_dimensions(outline) == 2:
        rasterio.features.rasterize([(shape, 1)], out=kept)
    if not kept.any():
        rasterio.features.rasterize([(shape, 1)], out=kept, all_touched=True)
    return kept.view(bool)


def _mapping(outline: shapely.Geometry) -> Any:
    """Return a geometry as rasterio takes it; a polygon of one ring as a mapping, in half the time."""
    if isinstance(outline, shapely.Polygon) and not outline.interiors:
        return {"type": "Polygon", "coordinates": [shapely.get_coordinates(outline).tolist()]}
    return outline


def squeezed(pixels: np.ndarray, rows: int, cols: int) -> np.ndarray:
    """Return a chip in another size: bilinear, every pixel of a larger chip counts; the aspect is not kept.

    Args:
        pixels: (bands, rows, cols) of any integer or floating type; NaN counts as 0.
        rows: Height wanted.
        cols: Width wanted.

    Returns:
        (bands, rows, cols) of the same type, integers rounded.
    """
    if pixels.shape[1:] == (rows, cols):
        return pixels
    exact = np.float32 if pixels.dtype.itemsize <= 2 else np.float64
    numbers = pixels.astype(exact)
    if pixels.dtype.kind == "f":
        np.nan_to_num(numbers, copy=False, nan=0.0)
    numbers = _resized(numbers, rows, 1) if rows <= pixels.shape[1] else numbers
    numbers = _resized(_resized(numbers, cols, 2), rows, 1)
    if pixels.dtype.kind in "iu":
        limits = np.iinfo(pixels.dtype)
        np.clip(np.rint(numbers, out=numbers), limits.min, limits.max, out=numbers)
    return numbers.astype(pixels.dtype)


def _resized(numbers: np.ndarray, wanted: int, axis: int) -> np.ndarray:
    """Return floating pixels in another size along one axis."""
    if numbers.shape[axis] == wanted:
        return numbers
    first, shares = _shares(numbers.shape[axis], wanted)
    last = numbers.shape[axis] - 1
    shape = (-1, 1) if axis == 1 else (-1,)
    found = np.zeros((*numbers.shape[:axis], wanted, *numbers.shape[axis + 1 :]), numbers.dtype)
    for step, share in enumerate(shares.astype(numbers.dtype)):
        part = numbers.take(np.minimum(first + step, last), axis=axis)
        part *= share.reshape(shape)
        found += part
    return found


@lru_cache(maxsize=256)
def _shares(size: int, wanted: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the first old pixel that each new one is made of, and the shares of it and of those that follow.

    Returns:
        (wanted,) int64; (k, wanted) float64 whose columns add up to 1.
    """
    step = size / wanted
    reach = max(step, 1.0)
    centres = (np.arange(wanted) + 0.5) * step - 0.5
    first = np.maximum(np.floor(centres - reach).astype(np.int64) + 1, 0)
    places = first + np.arange(int(np.ceil(2 * reach)) + 1)[:, None]
    shares = np.maximum(0.0, 1.0 - np.abs(places - centres) / reach) * (places < size)
    needed = int(np.flatnonzero(shares.any(axis=1))[-1]) + 1
    return first, shares[:needed] / shares.sum(axis=0)
