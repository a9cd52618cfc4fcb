"""Outlines of objects on the disk, in pixels of their rasters: memory holds only where each begins."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType

import numpy as np
import shapely
from affine import Affine

from .detections import Array


def outlines_of(geometry: Array, transform: Affine) -> Array:
    """Return geometries in pixels of a raster.

    Args:
        geometry: (n,) shapely geometries in the raster's CRS.
        transform: Pixel to map of the raster.
    """
    away = ~transform

    def in_pixels(xy: Array) -> Array:
        cols = away.a * xy[:, 0] + away.b * xy[:, 1] + away.c
        rows = away.d * xy[:, 0] + away.e * xy[:, 1] + away.f
        return np.stack([cols, rows], axis=1)

    return np.asarray(shapely.transform(geometry, in_pixels), object)


class Outlines:
    """A file of outlines; any thread may read. Use it as a context manager."""

    def __init__(self, path: Path, count: int) -> None:
        """Prepare for so many objects; 12 bytes each."""
        self._path = path
        self._begins = np.zeros(count, np.int64)
        self._sizes = np.zeros(count, np.int32)
        self._lock = threading.Lock()

    def __enter__(self) -> Outlines:
        """Make the file."""
        self._file = self._path.open("w+b")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._file.close()

    def add(self, objects: Array, outlines: Array) -> None:
        """Store outlines.

        Args:
            objects: (k,) int64 positions.
            outlines: (k,) shapely geometries in pixels of the raster.
        """
        texts = shapely.to_wkb(outlines)
        sizes = np.array([len(text) for text in texts], np.int32)
        with self._lock:
            end = self._file.seek(0, 2)
            self._file.write(b"".join(texts))
        self._sizes[objects] = sizes
        self._begins[objects] = end + np.cumsum(sizes, dtype=np.int64) - sizes

    def get(self, position: int) -> shapely.Geometry | None:
        """Return the outline of an object, None where there is none."""
        size = int(self._sizes[position])
        if not size:
            return None
        with self._lock:
            self._file.seek(int(self._begins[position]))
            text = self._file.read(size)
        return shapely.from_wkb(text)
