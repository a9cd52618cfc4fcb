"""Two rasters of different dates as one: the bands of the first, then those of the second, on the grid of the first.

Nothing is written: the second is read on that grid, whole pixels where the grids agree and resampled where they do
not. A pixel is valid where both are.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, fields, replace
from types import TracebackType

import numpy as np

from ..errors import RasterError
from ..job import Job
from ..tools.values import Extent
from .alignment import Overlay, bounds_on, on_grid
from .grid import Window
from .reading import RasterReader, RasterSource
from .views import cut


@dataclass(frozen=True)
class PairSource(RasterSource):
    """Two rasters seen through the grid of a run; what else it says is what the first raster says.

    Attributes:
        bands: Bands of the first raster, then those of the second, each as their own file counts them.
        first: The first raster, on the grid.
        second: The second one, laid over it.
    """

    first: RasterSource = field(kw_only=True)
    second: Overlay = field(kw_only=True)

    @property
    def always_valid(self) -> bool:
        """Whether every pixel is known to be valid without reading it: the second raster may end anywhere."""
        return False

    def open(self) -> PairReader:
        """Return a reader: a context manager, to be used in the thread that enters it."""
        return PairReader(self)


class PairReader(RasterReader):
    """Two open rasters; use it as a context manager and in one thread only."""

    def __init__(self, source: PairSource) -> None:
        """Remember what to read; ``__enter__`` opens the files."""
        super().__init__(source)
        self._overlay = source.second
        self._readers = source.first.open(), source.second.source.open()
        self._opened = ExitStack()

    def __enter__(self) -> PairReader:
        """Open both files."""
        with ExitStack() as stack:
            for reader in self._readers:
                stack.enter_context(reader)
            self._opened = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close both files."""
        self._opened.close()

    def read(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        """Read one window of the grid; see ``RasterReader.read``."""
        shifted = replace(window, col=window.col + self._overlay.col, row=window.row + self._overlay.row)
        (first, valid), (second, other) = self._readers[0].read(window), self._readers[1].read(shifted)
        valid &= other
        pixels = np.concatenate([first, second]).astype(self.source.dtype, copy=False)
        pixels[:, ~valid] = 0
        return pixels, valid


def pair_source(first: RasterSource, second: RasterSource, job: Job) -> PairSource:
    """Lay a raster over another one and keep the part where both are.

    Args:
        first: The raster whose grid is kept.
        second: The other one, with as many bands.
        job: Told how it is brought onto the grid, and when the types differ.

    Raises:
        RasterError: They share no ground, only one of them has a CRS, or their CRSs cannot be related.
    """
    apart = RasterError(
        f"{second.path} and {first.path} share no ground: choose two rasters of the same place, and mind their CRS"
    )
    if on_grid(second, first, job) is None:
        raise apart
    left, bottom, right, top = bounds_on(second, first)
    if np.isfinite([left, bottom, right, top]).all():
        try:
            view = cut(first.view, Extent(left, bottom, right, top), None, first.path)
        except RasterError as error:  # less than the edge of a pixel
            raise apart from error
        if (view.rows, view.cols) != (first.rows, first.cols):
            job.message(
                f"{second.path} covers {view.cols} x {view.rows} of the {first.cols} x {first.rows} pixels: only they "
                "are compared"
            )
        first = replace(first, view=view, transform=view.transform, rows=view.rows, cols=view.cols)
    overlay = on_grid(second, first, Job())
    if overlay is None:
        raise apart
    if overlay.resampled:
        job.message(f"{second.path} is resampled to the grid of {first.path} while it is read: {overlay.resampled}")
    if first.dtype != second.dtype:
        job.warn(
            f"{second.path} holds {second.dtype} and {first.path} {first.dtype}: values are compared as they are, so "
            "bring both to one scale where they are not"
        )
    own = {entry.name: getattr(first, entry.name) for entry in fields(RasterSource)}
    own |= {
        "bands": first.bands + second.bands,
        "band_names": first.band_names + second.band_names,
        "nodata_values": first.nodata_values + second.nodata_values,
        "dtype": str(np.result_type(first.dtype, second.dtype)),
    }
    return PairSource(**own, first=first, second=overlay)
