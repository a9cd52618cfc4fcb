"""The global grid of tiles: where each lies, which part of the raster is its own.

Tiles overlap by twice the padding. Each has a *core*, the part of the raster that it alone answers for; the cores part
the raster without gap or overlap. The last row and column are pulled back inside the raster, but their cores begin at
their nominal place, so an object is owned by the same tile whatever lies behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..errors import ParameterError
from ..raster.grid import Window, starts

Array = np.ndarray


@dataclass(frozen=True)
class TileGrid:
    """The smallest grid of tiles that covers a raster.

    Attributes:
        rows: Rows of the raster.
        cols: Columns of the raster.
        tile_rows: Rows of a tile; a raster with fewer has one row of tiles that reach outside.
        tile_cols: Columns of a tile.
        padding: Border of a tile that its neighbours see too, in pixels; less than half a tile.
    """

    rows: int
    cols: int
    tile_rows: int
    tile_cols: int
    padding: int

    def __post_init__(self) -> None:
        """Refuse a padding that leaves no core."""
        if self.padding < 0 or 2 * self.padding >= min(self.tile_rows, self.tile_cols):
            raise ParameterError(
                f"padding {self.padding} leaves nothing of a tile of {self.tile_cols} x {self.tile_rows} pixels: "
                "choose less than half the tile"
            )

    @cached_property
    def row_starts(self) -> list[int]:
        """First raster row of each row of tiles."""
        return starts(self.rows, self.tile_rows, self.tile_rows - 2 * self.padding)

    @cached_property
    def col_starts(self) -> list[int]:
        """First raster column of each column of tiles."""
        return starts(self.cols, self.tile_cols, self.tile_cols - 2 * self.padding)

    def __len__(self) -> int:
        return len(self.row_starts) * len(self.col_starts)

    def window(self, row: int, col: int) -> Window:
        """Return the window of a tile, which reaches outside a raster that is smaller than it."""
        return Window(self.col_starts[col], self.row_starts[row], self.tile_cols, self.tile_rows)

    def index(self, row: int, col: int) -> int:
        """Return the number of a tile, counted row by row."""
        return row * len(self.col_starts) + col

    def bounds(self, tiles: Array) -> Array:
        """Return what tiles see of the raster.

        Args:
            tiles: (n,) numbers of tiles.

        Returns:
            (n, 4) int64, ``col_min, row_min, col_max, row_max`` in raster pixels, inside the raster.
        """
        row, col = np.divmod(tiles, len(self.col_starts))
        left, top = np.asarray(self.col_starts)[col], np.asarray(self.row_starts)[row]
        right, bottom = np.minimum(left + self.tile_cols, self.cols), np.minimum(top + self.tile_rows, self.rows)
        return np.stack([left, top, right, bottom], axis=1)

    def cores(self, tiles: Array) -> Array:
        """Return what tiles answer for.

        Args:
            tiles: (n,) numbers of tiles.

        Returns:
            (n, 4) int64, ``col_min, row_min, col_max, row_max`` in raster pixels.
        """
        row, col = np.divmod(tiles, len(self.col_starts))
        cols = self._edges(self.cols, self.tile_cols, len(self.col_starts))
        rows = self._edges(self.rows, self.tile_rows, len(self.row_starts))
        return np.stack([cols[col], rows[row], cols[col + 1], rows[row + 1]], axis=1)

    def _edges(self, length: int, tile: int, count: int) -> Array:
        """Return where the cores along one axis begin, and the end of the last."""
        stride = tile - 2 * self.padding
        edges = np.arange(count + 1, dtype=np.int64) * stride + self.padding
        edges[0], edges[-1] = 0, length
        return edges
