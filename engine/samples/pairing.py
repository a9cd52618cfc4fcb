"""The second rasters of change pairs, each laid over the first raster that shows the same ground."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..errors import RasterError
from ..job import Job
from ..raster.alignment import Overlay, on_grid
from ..raster.reading import RasterSource, raster_source


class SecondImages:
    """The rasters of ``in_raster2``."""

    def __init__(self, words: str, paths: Sequence[str], pixel_space: bool, job: Job) -> None:
        """Look at the rasters, which messages call by ``words``.

        Raises:
            RasterError: One is unfit, or they differ in bands or pixel type.
        """
        self.path = words
        self._sources: list[RasterSource] = []
        for path in paths:
            job.check()
            self._sources.append(raster_source(path, job=job, pixel_space=pixel_space))
        first = self._sources[0]
        for source in self._sources[1:]:
            if (len(source.bands), source.dtype) != (len(first.bands), first.dtype):
                raise RasterError(
                    f"{source.path} has {len(source.bands)} bands of {source.dtype} and {first.path} has "
                    f"{len(first.bands)} of {first.dtype}: second chips of one folder are alike; export them to "
                    f"folders of their own"
                )

    def on(self, source: RasterSource, job: Job) -> Overlay:
        """Return the second raster on the grid of a first one: that of the same name, else the one that shares ground.

        Raises:
            RasterError: None does, or several do.
        """
        stem = Path(source.path).stem.casefold()
        named = [entry for entry in self._sources if Path(entry.path).stem.casefold() == stem]
        overlays = [overlay for entry in named or self._sources if (overlay := on_grid(entry, source, job))]
        if not overlays:
            raise RasterError(
                f"{self.path} shares no ground with {source.path}: choose a second raster of the same place"
            )
        if len(overlays) > 1:
            raise RasterError(
                f"{overlays[0].source.path} and {overlays[1].source.path} both show the ground of {source.path}: give "
                f"second rasters the names of the first ones"
            )
        overlay = overlays[0]
        if overlay.resampled:
            job.warn(
                f"{overlay.source.path} has another grid than {source.path} ({overlay.resampled}): it is resampled to "
                f"that of the first raster"
            )
        return overlay
