"""What brightness and connected components find: the figure that the demo's network has to leave behind.

It is given every fair chance: background removed, shadows evened out, roads opened away, holes filled, boxes of the
labels' sizes only, rectangular ones first; the threshold is the one that scores best on the training part.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import rasterio
import shapely
from rasterio.windows import Window
from rasterio.windows import transform as window_transform
from scipy import ndimage

from engine.accuracy.matching import match_boxes
from engine.accuracy.scores import average_precision

MIN_IOU = 0.5
Sizes = tuple[float, float]


def brightness(image: np.ndarray) -> np.ndarray:
    """Return how many grey values each pixel is brighter than the ground around, (rows, cols) float32."""
    grey = ndimage.uniform_filter(image.mean(axis=0, dtype=np.float32), 3)
    coarse = ndimage.median_filter(grey[::16, ::16], 33)  # wider than the widest pad
    ground = ndimage.zoom(coarse, np.array(grey.shape) / coarse.shape, order=1, grid_mode=True, mode="nearest")
    return grey - ground


def bright_boxes(bright: np.ndarray, threshold: float, opening: int, sizes: Sizes) -> tuple[np.ndarray, np.ndarray]:
    """Return boxes around bright connected areas and how well each area fills its box.

    Args:
        bright: (rows, cols) float32 from ``brightness``.
        threshold: From where a pixel is bright.
        opening: Width in pixels of what is taken for a road and opened away.
        sizes: Smallest and largest side of a box in pixels.

    Returns:
        (n, 4) float64 boxes ``col_min, row_min, col_max, row_max`` and (n,) float64 scores 0..1.
    """
    mask = ndimage.binary_opening(bright > threshold, np.ones((opening, opening), bool))
    areas, _ = ndimage.label(ndimage.binary_fill_holes(mask))
    counts = np.bincount(areas.ravel())
    boxes, scores = [], []
    for number, (rows, cols) in enumerate(ndimage.find_objects(areas), start=1):
        height, width = rows.stop - rows.start, cols.stop - cols.start
        if sizes[0] <= max(height, width) <= sizes[1] and min(height, width) >= sizes[0] / 2:
            boxes.append((cols.start, rows.start, cols.stop, rows.stop))
            scores.append(counts[number] / (height * width))
    return np.array(boxes, np.float64).reshape(-1, 4), np.array(scores, np.float64)


def _part(raster: Path, area: shapely.Polygon, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the brightness of an area and the boxes of the labels in it, in the image's pixels."""
    with rasterio.open(raster) as file:
        left, bottom, right, top = area.bounds
        window = file.window(left, bottom, right, top).round_offsets().round_lengths()
        window = window.intersection(Window(0, 0, file.width, file.height))
        image = file.read(window=window)
        inverse = ~window_transform(window, file.transform)
    bounds = shapely.bounds(labels[shapely.covers(area, labels)])
    corner1, corner2 = inverse @ (bounds[:, 0], bounds[:, 3]), inverse @ (bounds[:, 2], bounds[:, 1])
    return brightness(image), np.stack([*corner1, *corner2], axis=1)


def _score(bright: np.ndarray, references: np.ndarray, threshold: float, opening: int, sizes: Sizes) -> float:
    boxes, scores = bright_boxes(bright, threshold, opening, sizes)
    matched = match_boxes(boxes, scores, references, MIN_IOU) >= 0
    return average_precision(matched, scores, len(references))


def baseline(raster: Path, train_area: shapely.Polygon, val_area: shapely.Polygon, labels: np.ndarray) -> float:
    """Return AP at IoU 0.5 of the baseline on the validation part, its settings chosen on the training part.

    Args:
        raster: The scene.
        train_area: Where settings may be chosen, map units.
        val_area: Where it is judged, map units.
        labels: (n,) polygons in map units.
    """
    bright, references = _part(raster, train_area, labels)
    sides = (references[:, 2:] - references[:, :2]).max(axis=1)
    sizes = (0.8 * float(sides.min()), 1.2 * float(sides.max()))
    choices = itertools.product((12, 18, 24, 32), (5, 7, 9))
    best = max(choices, key=lambda choice: _score(bright, references, *choice, sizes))
    bright, references = _part(raster, val_area, labels)
    return _score(bright, references, *best, sizes)
