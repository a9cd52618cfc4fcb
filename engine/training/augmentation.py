"""What is done to a training chip before the network sees it, so that few chips go a long way.

A chip is turned, mirrored, zoomed and shifted by one affine sampling and then lightened and given contrast; boxes
follow the same affine. Values are (bands, rows, cols) of any dtype and number of bands; brightness and contrast work on
the training data's own value range, so sixteen-bit and float imagery needs no special case.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import ParameterError
from ..tools.values import Pairs

TRANSFORMS_FILE = "transforms.json"
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_MIRRORS = (
    np.array([[1.0, 0.0], [0.0, 1.0]]),
    np.array([[-1.0, 0.0], [0.0, 1.0]]),
    np.array([[1.0, 0.0], [0.0, -1.0]]),
    np.array([[-1.0, 0.0], [0.0, -1.0]]),
)
_QUARTER = np.array([[0.0, -1.0], [1.0, 0.0]])


@dataclass(frozen=True)
class Draw:
    """A number drawn evenly from a range, with a probability.

    Attributes:
        low: Smallest value.
        high: Largest value.
        p: Probability that the transform happens, 0..1.
    """

    low: float
    high: float
    p: float = 1.0

    def value(self, random: np.random.Generator, otherwise: float) -> float:
        """Draw once; ``otherwise`` when the transform does not happen."""
        return float(random.uniform(self.low, self.high)) if random.random() < self.p else otherwise


@dataclass(frozen=True)
class Augmentation:
    """The transforms of a training run; a transform that is None does not happen.

    Attributes:
        mirror: Left and right change places in half of the chips.
        turn: Upside down and quarter turns happen too: only where north is nothing special to the labels.
        rotate: Degrees.
        zoom: Factor; above 1 the chip is shown larger.
        crop: Position of the part that is shown, 0..1 of the play there is; None shows the centre.
        brightness: 0 black, 0.5 unchanged, 1 white.
        contrast: 0 grey, 1 unchanged, more is stronger.
    """

    mirror: bool = False
    turn: bool = False
    rotate: Draw | None = None
    zoom: Draw | None = None
    crop: tuple[Draw, Draw] | None = None
    brightness: Draw | None = None
    contrast: Draw | None = None

    def described(self) -> str:
        """Return the transforms as a line of a report."""
        parts = ["mirror"] * self.mirror + ["quarter turns"] * self.turn
        for name in ("rotate", "zoom", "brightness", "contrast"):
            draw = getattr(self, name)
            if draw is not None:
                parts.append(f"{name} {draw.low:g}..{draw.high:g} (p {draw.p:g})")
        return ", ".join(parts + ["shift"] * (self.crop is not None)) or "none"


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


WHOLE = (Draw(0.0, 1.0), Draw(0.0, 1.0))
NONE = Augmentation()
DEFAULT = Augmentation(
    mirror=True,
    turn=True,
    zoom=Draw(0.8, 1.3),
    crop=WHOLE,
    brightness=Draw(0.42, 0.58, 0.9),
    contrast=Draw(0.75, 1.35, 0.9),
)


def augmentation(how: str, parameters: Pairs, folder: Path, map_space: bool) -> Augmentation:
    """Return the transforms a run asks for.

    Args:
        how: ``DEFAULT``, ``NONE``, ``CUSTOM`` (from ``parameters``) or ``FILE`` (``transforms.json`` in ``folder``).
        parameters: Transform names and their values as text, such as ``("rotate", "30; 0.5")``.
        folder: The training data folder.
        map_space: Whether chips are north-up map chips; others are never turned upside down.

    Raises:
        ParameterError: An unknown transform, a value out of range, a missing or broken file.
    """
    if parameters and how != "CUSTOM":
        raise ParameterError(
            f"augmentation_parameters are given but augmentation is {how}: choose CUSTOM or remove them"
        )
    if how == "NONE":
        chosen = NONE
    elif how == "DEFAULT":
        chosen = DEFAULT
    elif how == "CUSTOM":
        if not parameters:
            raise ParameterError(
                "augmentation is CUSTOM and augmentation_parameters is empty: name at least one transform"
            )
        chosen = NONE
        for name, text in parameters:
            chosen = _with(chosen, name, [float(number) for number in _NUMBER.findall(text)])
    else:
        chosen = _from_file(folder / TRANSFORMS_FILE)
    return chosen if map_space else replace(chosen, turn=False)


def _from_file(path: Path) -> Augmentation:
    """Read the ``Training`` member of a transforms file."""
    try:
        content = json.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError as error:
        raise ParameterError(f"augmentation is FILE and {path} is missing: put it there or choose DEFAULT") from error
    except ValueError as error:
        raise ParameterError(f"{path} is not JSON ({error}): correct it or choose DEFAULT") from error
    training = content.get("Training") if isinstance(content, Mapping) else None
    if not isinstance(training, Mapping):
        raise ParameterError(f"{path} has no object 'Training': it must map transform names to their values")
    chosen = NONE
    for name, values in training.items():
        chosen = _with(chosen, str(name), _numbers(values), values if isinstance(values, Mapping) else None)
    return chosen


def _numbers(values: Any) -> list[float]:
    """Return every number in a nested JSON value, in order."""
    if isinstance(values, bool) or values is None:
        return []
    if isinstance(values, int | float):
        return [float(values)]
    if isinstance(values, str):
        return [float(number) for number in _NUMBER.findall(values)]
    items: Sequence[Any] = list(values.values()) if isinstance(values, Mapping) else list(values)
    return [number for item in items for number in _numbers(item)]


def _with(
    chosen: Augmentation, name: str, numbers: list[float], named: Mapping[str, Any] | None = None
) -> Augmentation:
    """Add one transform, given as the numbers of its value: one or two of the range, then the probability."""
    key = name.lower().removeprefix("rand_").removesuffix("_affine")
    if named is not None and "p" in named:
        numbers = [*_numbers({k: v for k, v in named.items() if k != "p"}), *_numbers(named["p"])]
        probable = True
    else:
        probable = len(numbers) in (2, 3) and not (key != "rotate" and len(numbers) == 2)
    if key in ("dihedral", "flip_lr", "flip_vert"):
        return replace(chosen, mirror=True, turn=chosen.turn or key != "flip_lr")
    if key == "crop":
        return replace(chosen, crop=WHOLE if len(numbers) < 6 else (Draw(*numbers[-2:]), Draw(*numbers[-4:-2])))
    defaults = {
        "rotate": Draw(30, 30, 0.5),
        "brightness": Draw(0.4, 0.6),
        "contrast": Draw(0.75, 1.5),
        "zoom": Draw(1.0, 1.2),
    }
    limits = {"rotate": (-360, 360), "brightness": (0, 1), "contrast": (0, 10), "zoom": (0.1, 10)}
    if key not in defaults:
        raise ParameterError(
            f"augmentation '{name}' is unknown: choose among rotate, brightness, contrast, zoom, crop, dihedral"
        )
    p = numbers.pop() if probable and len(numbers) > 1 else defaults[key].p
    low, high = (numbers[0], numbers[-1]) if numbers else (defaults[key].low, defaults[key].high)
    if key == "rotate" and len(numbers) < 2:
        low, high = -abs(high), abs(high)
    floor, ceiling = limits[key]
    if not (floor <= low <= high <= ceiling and 0 <= p <= 1) or len(numbers) > 2:
        raise ParameterError(
            f"augmentation {name} has range {low:g}..{high:g} and p {p:g}: the range must rise and lie within "
            f"{floor}..{ceiling}, p within 0..1"
        )
    changed: dict[str, Any] = {key: Draw(low, high, p)}
    return replace(chosen, **changed)


def draw_view(
    chosen: Augmentation,
    chip: tuple[int, int],
    view: tuple[int, int],
    scale: tuple[float, float],
    random: np.random.Generator,
) -> View:
    """Draw what the network is shown of one chip.

    Args:
        chosen: The transforms.
        chip: Rows and columns of the chip.
        view: Rows and columns the network is shown.
        scale: View pixels per chip pixel, down the rows and along the columns, before zoom.
        random: Source of every draw.
    """
    rows, cols = view
    matrix = np.diag([1.0 / scale[1], 1.0 / scale[0]])
    if chosen.mirror:
        matrix = _MIRRORS[int(random.integers(4)) if chosen.turn else int(random.integers(2))] @ matrix
    if chosen.turn and chosen.mirror and random.random() < 0.5:
        matrix = _QUARTER @ matrix
    if chosen.rotate is not None:
        angle = np.deg2rad(chosen.rotate.value(random, 0.0))
        matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ matrix
    if chosen.zoom is not None:
        matrix = matrix / chosen.zoom.value(random, 1.0)
    size = np.array([chip[1], chip[0]], np.float64)
    play = size - np.abs(matrix @ np.diag([cols, rows])).sum(axis=1)
    place = np.array([0.5, 0.5])
    if chosen.crop is not None:
        place = np.array([chosen.crop[0].value(random, 0.5), chosen.crop[1].value(random, 0.5)])
    return View(matrix, size / 2 + (place - 0.5) * play, rows, cols)


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


def lighten(
    pixels: Tensor, chosen: Augmentation, minimum: Tensor, maximum: Tensor, random: np.random.Generator
) -> Tensor:
    """Change brightness and contrast.

    Args:
        pixels: (bands, rows, cols) float32 in the data's units.
        chosen: The transforms.
        minimum: (bands, 1, 1) float32, smallest value of each band in the training data.
        maximum: (bands, 1, 1) float32, largest value.
        random: Source of every draw.
    """
    if chosen.contrast is not None:
        factor = chosen.contrast.value(random, 1.0)
        if factor != 1.0:
            pixels = torch.lerp(pixels.mean(dim=(1, 2), keepdim=True), pixels, factor)
    if chosen.brightness is not None:
        change = chosen.brightness.value(random, 0.5)
        if change != 0.5:
            towards = minimum if change < 0.5 else maximum
            pixels = torch.lerp(pixels, towards, abs(2 * change - 1))
    return pixels
