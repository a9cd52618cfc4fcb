"""How chips are cut out of a raster."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cutting:
    """How chips are cut.

    Attributes:
        cols: Width of a chip.
        rows: Height of a chip.
        stride_x: Columns from one chip to the next.
        stride_y: Rows from one chip to the next.
        all_tiles: Also chips without a label.
        least_share: Labels with a smaller share of their area inside a chip are left out, 0..1.
        angle: Degrees of the first turned copy, 0 for none.
        compression: ``NONE``, ``LZW`` or ``DEFLATE``, of label rasters.
        fixed: Chips of objects have this size; else each is the frame of its object.
        blacken: Chips of objects are 0 outside the object.
    """

    cols: int
    rows: int
    stride_x: int
    stride_y: int
    all_tiles: bool
    least_share: float
    angle: float
    compression: str = "NONE"
    fixed: bool = True
    blacken: bool = False
