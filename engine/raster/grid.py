"""Windows on a grid of whole pixels: arithmetic only, no files."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ParameterError


@dataclass(frozen=True)
class Window:
    """A rectangle of whole pixels of one raster; it may reach outside.

    Attributes:
        col: Column of the upper left pixel.
        row: Row of the upper left pixel.
        width: Number of columns.
        height: Number of rows.
    """

    col: int
    row: int
    width: int
    height: int


def starts(length: int, tile: int, stride: int) -> list[int]:
    """Return where the tiles of the smallest grid that covers a length begin.

    The last tile is pulled back to the end; a length shorter than a tile has one tile, which begins at 0.

    Args:
        length: Pixels to cover, at least 1.
        tile: Pixels of a tile, at least 1.
        stride: Pixels from one tile to the next, 1..tile.

    Raises:
        ParameterError: A number is out of range.
    """
    if length < 1 or tile < 1 or stride < 1:
        raise ParameterError(
            f"a grid of tiles needs positive numbers, not length {length}, tile {tile}, stride {stride}"
        )
    if stride > tile:
        raise ParameterError(
            f"stride {stride} is larger than the tile ({tile} pixels): pixels would be skipped; choose {tile} or less"
        )
    if length <= tile:
        return [0]
    count = -(-(length - tile) // stride) + 1
    return [min(index * stride, length - tile) for index in range(count)]
