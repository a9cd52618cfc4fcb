"""The label formats of training folders: one file each in this folder, found by scanning it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from ..errors import EngineError, ParameterError


@dataclass(frozen=True)
class ChipLabel:
    """What is known of a chip when its label is written.

    Attributes:
        image_name: File name of the chip, without folder.
        cols: Width of the chip in pixels.
        rows: Height of the chip in pixels.
        bands: Number of bands of the chip.
        boxes: (n, 4) float64 ``col_min, row_min, col_max, row_max`` in chip pixels, rounded to 0.01.
        values: (n,) int64 class values.
    """

    image_name: str
    cols: int
    rows: int
    bands: int
    boxes: np.ndarray
    values: np.ndarray


@dataclass(frozen=True)
class Objects:
    """What a label file says.

    Attributes:
        boxes: (n, 4) float32 ``col_min, row_min, col_max, row_max`` in chip pixels.
        names: Class of each box as the file writes it: a value or a name.
        size: Columns and rows of the chip as the file says, None when it does not.
        bands: Bands of the chip as the file says, 0 when it does not.
    """

    boxes: np.ndarray
    names: Sequence[str]
    size: tuple[int, int] | None = None
    bands: int = 0


class SampleFormat(Protocol):
    """Writes and reads the label file of one chip."""

    suffix: str

    def text(self, label: ChipLabel) -> str:
        """Return the content of a label file."""

    def parse(self, text: bytes, path: Path) -> Objects:
        """Return what a label file says; ``SampleFolderError`` when it is broken."""


_FORMATS: dict[str, SampleFormat] = {}


def sample_format(name: str) -> Callable[[type[SampleFormat]], type[SampleFormat]]:
    """Register a class as the label format of a metadata mode, such as ``PASCAL_VOC_rectangles``.

    Raises:
        EngineError: The name is taken.
    """

    def register(kind: type[SampleFormat]) -> type[SampleFormat]:
        if name.casefold() in {known.casefold() for known in _FORMATS}:
            raise EngineError(f"the sample format {name} is registered twice: rename one")
        _FORMATS[name] = kind()
        return kind

    return register


def sample_formats() -> dict[str, SampleFormat]:
    """Return all label formats by name, in alphabetical order."""
    package = __name__.rpartition(".")[0]
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        importlib.import_module(f"{package}.{module.name}")
    return dict(sorted(_FORMATS.items()))


def get_sample_format(name: str) -> SampleFormat:
    """Return the label format of a metadata mode, in any case.

    Raises:
        ParameterError: There is none of that name.
    """
    formats = sample_formats()
    for known, entry in formats.items():
        if known.casefold() == name.casefold():
            return entry
    raise ParameterError(f"{name} is no label format that works here: choose one of {', '.join(formats)}")


def format_name(name: str) -> str | None:
    """Return a metadata mode in its own spelling, None when it is not known."""
    return next((known for known in sample_formats() if known.casefold() == name.casefold()), None)
