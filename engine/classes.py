"""A class of objects or pixels: the value on disk, the name people read, the colour it is drawn in."""

from __future__ import annotations

import colorsys
from collections.abc import Iterable
from dataclasses import dataclass, replace

NO_COLOR = (-1, -1, -1)
"""Esri's way to say that no colour is known."""

GOLDEN_ANGLE = 0.381966
"""Share of the colour circle between two neighbours, so that any number of colours stays well apart."""


@dataclass(frozen=True)
class ClassInfo:
    """One class of a label layer, a training folder or a model.

    Attributes:
        value: The integer that stands for the class on disk; never renumbered.
        name: The text people read.
        color: Red, green, blue, 0..255 each, or ``NO_COLOR``.
    """

    value: int
    name: str
    color: tuple[int, int, int] = NO_COLOR


def with_colors(classes: Iterable[ClassInfo]) -> tuple[ClassInfo, ...]:
    """Return the classes with a distinct, fixed colour where none was known."""
    return tuple(
        replace(entry, color=_default_color(index)) if min(entry.color) < 0 else entry
        for index, entry in enumerate(classes)
    )


def _default_color(index: int) -> tuple[int, int, int]:
    """Return the colour of the n-th class without one: strong, and distinct from its neighbours."""
    hue = (0.08 + index * GOLDEN_ANGLE) % 1.0
    red, green, blue = colorsys.hsv_to_rgb(hue, 0.80 if index % 2 == 0 else 0.60, 0.95)
    return round(red * 255), round(green * 255), round(blue * 255)
