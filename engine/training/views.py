"""What the network is shown of a chip: one affine sampling, which pixels, boxes and class maps follow alike.

Values are (bands, rows, cols) of any dtype and number of bands; class maps are (rows, cols).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class View:
    """What the network is shown of a chip.

    Attributes:
        matrix: (2, 2) float64, offsets in view pixels (col, row) to offsets in chip pixels.
        centre: (2,) float64, the chip point (col, row) that lies in the middle of the view.
        rows: Rows of the view.
        cols: Columns of the view.
    """

    matrix: np.ndarray
    centre: np.ndarray
    rows: int
    cols: int


def whole_view(chip: tuple[int, int], view: tuple[int, int]) -> View:
    """Return the view that shows the whole chip, as validation and inference do."""
    matrix = np.diag([chip[1] / view[1], chip[0] / view[0]])
    return View(matrix, np.array([chip[1], chip[0]], np.float64) / 2, *view)


def show(chip: np.ndarray, view: View) -> Tensor:
    """Sample a chip as a view shows it.

    Args:
        chip: (bands, rows, cols) of any dtype.
        view: What is shown; ground outside the chip is 0.

    Returns:
        (bands, view.rows, view.cols) float32 in the chip's own units.
    """
    pixels = torch.from_numpy(np.ascontiguousarray(chip).astype(np.float32, copy=False))
    rows, cols = pixels.shape[-2:]
    plain = np.allclose(view.matrix, np.diag([cols / view.cols, rows / view.rows])) and np.allclose(
        view.centre, [cols / 2, rows / 2]
    )
    if plain:
        if (rows, cols) == (view.rows, view.cols):
            return pixels
        shrinks = rows > view.rows
        size = (view.rows, view.cols)
        return F.interpolate(pixels[None], size, mode="bilinear", align_corners=False, antialias=shrinks)[0]
    factor = float(np.sqrt(abs(np.linalg.det(view.matrix))))
    reach = np.array([1.0, 1.0])
    if factor > 1.25:
        reduced = (max(1, round(rows / factor)), max(1, round(cols / factor)))
        pixels = F.interpolate(pixels[None], reduced, mode="bilinear", align_corners=False, antialias=True)[0]
        reach = np.array([reduced[1] / cols, reduced[0] / rows])
        rows, cols = reduced
    # grid_sample wants chip places in -1..1 from the outer edges, for view places in -1..1
    half = np.array([cols, rows]) / 2
    linear = (view.matrix * reach[:, None]) @ np.diag([view.cols / 2, view.rows / 2]) / half[:, None]
    shift = (view.centre * reach - half) / half
    theta = torch.from_numpy(np.concatenate([linear, shift[:, None]], axis=1).astype(np.float32))
    grid = F.affine_grid(theta[None], [1, 1, view.rows, view.cols], align_corners=False)
    return F.grid_sample(pixels[None], grid, mode="bilinear", padding_mode="zeros", align_corners=False)[0]


def boxes_in_view(boxes: np.ndarray, view: View, visible: float) -> tuple[np.ndarray, np.ndarray]:
    """Move boxes from chip pixels to view pixels.

    A turned box becomes the frame of the turned ellipse in it, which follows round objects better than the frame of
    its corners.

    Args:
        boxes: (n, 4) float32, ``col_min, row_min, col_max, row_max`` in chip pixels.
        view: What is shown.
        visible: Smallest share of a box that must lie in the view, 0..1.

    Returns:
        (k, 4) float32 boxes cut at the view's edge, and (k,) int64 indexes of the boxes that were kept.
    """
    inverse = np.linalg.inv(view.matrix)
    boxes = boxes.astype(np.float64)
    centres = ((boxes[:, :2] + boxes[:, 2:]) / 2 - view.centre) @ inverse.T + [view.cols / 2, view.rows / 2]
    halves = np.sqrt(((boxes[:, 2:] - boxes[:, :2]) / 2) ** 2 @ (inverse**2).T)
    moved = np.concatenate([centres - halves, centres + halves], axis=1)
    cut = np.clip(moved, 0.0, [view.cols, view.rows, view.cols, view.rows])
    sides = cut[:, 2:] - cut[:, :2]
    area = np.maximum(4 * halves.prod(axis=1), 1e-9)
    keep = (sides.min(axis=1, initial=np.inf) >= 1.0) & (sides.prod(axis=1) >= visible * area)
    return cut[keep].astype(np.float32), np.flatnonzero(keep)


def show_labels(labels: np.ndarray, view: View, outside: int) -> np.ndarray:
    """Sample a map of labels as a view shows it, the nearest pixel each.

    Args:
        labels: (rows, cols) of an integer type.
        view: What is shown.
        outside: Label of ground outside the chip.

    Returns:
        (view.rows, view.cols) int64.
    """
    across = np.arange(view.cols) + 0.5 - view.cols / 2
    down = np.arange(view.rows) + 0.5 - view.rows / 2
    (a, b), (c, d) = view.matrix
    if b == 0 and c == 0:  # mirrored at most: columns follow columns
        return _at(labels, (d * down + view.centre[1])[:, None], (a * across + view.centre[0])[None], outside)
    if a == 0 and d == 0:  # a quarter turn: columns follow rows
        return _at(labels, (c * across + view.centre[1])[None], (b * down + view.centre[0])[:, None], outside)
    cols = a * across[None] + b * down[:, None] + view.centre[0]
    rows = c * across[None] + d * down[:, None] + view.centre[1]
    return _at(labels, rows, cols, outside)


def _at(labels: np.ndarray, rows: np.ndarray, cols: np.ndarray, outside: int) -> np.ndarray:
    """Return the labels at chip places, of arrays that broadcast against each other."""
    row, col = np.floor(rows).astype(np.int64), np.floor(cols).astype(np.int64)
    valid_rows, valid_cols = (row >= 0) & (row < labels.shape[0]), (col >= 0) & (col < labels.shape[1])
    found = labels[np.clip(row, 0, labels.shape[0] - 1), np.clip(col, 0, labels.shape[1] - 1)].astype(np.int64)
    if not (valid_rows.all() and valid_cols.all()):
        found[~(valid_rows & valid_cols)] = outside
    return found
