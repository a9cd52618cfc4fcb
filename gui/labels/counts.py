"""How many samples of each class there are, and how many pixels are in them: counted along with every change."""

from __future__ import annotations

from dataclasses import dataclass

from qgis.core import NULL

from .sample_files import BLUE, COUNT, GREEN, NAME, RED, VALUE


@dataclass(frozen=True)
class Total:
    """What there is of a class.

    Attributes:
        name: The class.
        value: Its value.
        color: Red, green, blue, 0..255.
        samples: Number of samples.
        pixels: Pixels in them.
    """

    name: str
    value: int
    color: tuple
    samples: int
    pixels: int


class Counts:
    """The counts of the samples of a file."""

    def __init__(self, features=()):
        """Count features.

        Args:
            features: Samples; their shapes are not needed.
        """
        self._found = {}
        self.add(features, 1)

    def add(self, features, sign):
        """Add samples to the counts, or with -1 take them out."""
        for feature in features:
            color = tuple(_number(feature[name]) for name in (RED, GREEN, BLUE))
            key = (_number(feature[VALUE]), str(feature[NAME]), color)
            samples, pixels = self._found.get(key, (0, 0))
            self._found[key] = samples + sign, pixels + sign * _number(feature[COUNT])
            if not self._found[key][0]:
                del self._found[key]

    def totals(self):
        """Return a ``Total`` for each class that has samples, by class value."""
        return [Total(name, value, color, *numbers) for (value, name, color), numbers in sorted(self._found.items())]


def _number(value):
    """Return a whole number of a field, 0 where it is empty."""
    return 0 if value is None or value == NULL else int(value)
