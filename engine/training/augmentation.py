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
from torch import Tensor

from ..errors import ParameterError
from ..tools.values import Pairs
from .views import View

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
        return float(random.uniform(self.low, self.high)) if random.random() < self.p else otherwise  # nosec B311 # no secret


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
    if chosen.turn and chosen.mirror and random.random() < 0.5:  # nosec B311 # no secret
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


def lighten(
    pixels: Tensor,
    chosen: Augmentation,
    minimum: Tensor,
    maximum: Tensor,
    random: np.random.Generator,
    dates: int = 1,
) -> Tensor:
    """Change brightness and contrast, of each date by itself: light differs between dates where nothing changed.

    Pixels that are 0 in every band hold no data and stay 0.

    Args:
        pixels: (bands, rows, cols) float32 in the data's units.
        chosen: The transforms.
        minimum: (bands, 1, 1) float32, smallest value of each band in the training data.
        maximum: (bands, 1, 1) float32, largest value.
        random: Source of every draw.
        dates: Dates whose bands stand one above the other.
    """
    if dates > 1:
        parts = zip(pixels.chunk(dates), minimum.chunk(dates), maximum.chunk(dates), strict=True)
        return torch.cat([lighten(part, chosen, low, high, random) for part, low, high in parts])
    empty = ~pixels.ne(0).any(dim=0)
    if chosen.contrast is not None:
        factor = chosen.contrast.value(random, 1.0)
        if factor != 1.0:
            pixels = torch.lerp(pixels.mean(dim=(1, 2), keepdim=True), pixels, factor)
    if chosen.brightness is not None:
        change = chosen.brightness.value(random, 0.5)
        if change != 0.5:
            towards = minimum if change < 0.5 else maximum
            pixels = torch.lerp(pixels, towards, abs(2 * change - 1))
    return pixels.masked_fill(empty, 0.0)
