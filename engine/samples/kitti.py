"""KITTI rectangles: one text file a chip, one line of 15 columns an object.

Esri's reader understands class values only, and no negative numbers, so unknown columns are 0 when we write. Readers
meet class names, negative numbers and a sixteenth column (score) as well.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import SampleFolderError
from .boxes import BoxFormat, ChipLabel, Objects, as_boxes
from .registry import sample_format

_LINE = "%3d 0.00 0 0 %7.2f %7.2f %7.2f %7.2f 0 0 0 0 0 0 0\r\n"
_IGNORED = "dontcare"


@sample_format("KITTI_rectangles")
class Kitti(BoxFormat):
    """Reads and writes ``labels/<chip>.txt``."""

    suffixes = (".txt",)

    def text(self, label: ChipLabel) -> str:
        """Return the lines of one chip."""
        rows = zip(label.values.tolist(), *label.boxes.T.tolist(), strict=True)
        return "".join([_LINE % row for row in rows])

    def parse(self, text: bytes, path: Path) -> Objects:
        """Return the boxes of one text file; ``DontCare`` regions are counted and left out.

        Raises:
            SampleFolderError: A line has not 15 or 16 columns, or a coordinate is no number.
        """
        names: list[str] = []
        boxes: list[list[float]] = []
        ignored = 0
        for number, line in enumerate(text.decode("utf-8", "replace").splitlines(), 1):
            columns = line.split()
            if not columns:
                continue
            if len(columns) not in (15, 16):
                raise SampleFolderError(
                    f"line {number} of {path} has {len(columns)} columns and KITTI has 15 or 16: correct or remove it"
                )
            try:
                corners = [float(column) for column in columns[4:8]]
            except ValueError as error:
                raise SampleFolderError(
                    f"line {number} of {path} has no number in columns 5 to 8: correct or remove it"
                ) from error
            if not np.isfinite(corners).all():
                raise SampleFolderError(f"line {number} of {path} has a box that is not finite: correct or remove it")
            if columns[0].casefold() == _IGNORED:
                ignored += 1
                continue
            names.append(columns[0])
            boxes.append(corners)
        return Objects(as_boxes(boxes), names, ignored=ignored)
