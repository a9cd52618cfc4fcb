"""What Segment Image takes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ..errors import ParameterError
from . import shared
from .declaration import Tool, param
from .kinds import Names, NewFeatures, NewRaster, Number, Raster
from .pixel_runs import TIFF_SUFFIXES
from .values import Extent, FeatureTarget

LARGEST_SIZE = 100
"""Widest segments, in pixels: what a tile needs of its neighbours grows with them."""


@dataclass(frozen=True)
class SegmentImage(Tool):
    """Divide an image into small areas of like pixels, to be picked as training samples."""

    name: ClassVar[str] = "segmentimage"
    title: ClassVar[str] = "Segment Image"
    group: ClassVar[str] = "Training data"
    example: ClassVar[Mapping[str, str]] = {
        "in_raster": "town_2025.tif",
        "out_segments": "segments.gpkg",
        "segment_size": "25",
        "extent": "500000,500400,4649700,4650000",
    }
    about: ClassVar[str] = (
        "Segments are superpixels (SLIC): about equally large, each in one piece, their borders follow those in the "
        "image. They leave no gap and do not overlap. Any number of bands and any type of pixels will do: each band is "
        "brought to one scale first. Pixels without data have no segment. Rasters of any size are worked on in tiles "
        "that continue the segments of their neighbours, so memory does not grow and no seam shows. Polygons run along "
        "the pixels' edges with corners cut, nowhere farther from them than half a pixel."
    )

    in_raster: str = param(Raster("Input raster", "Image to divide.", folder=False))
    out_segments: FeatureTarget | None = param(
        NewFeatures("Output segments", "One polygon a segment, with its number in the field segment."), None
    )
    out_segment_raster: str = param(
        NewRaster("Output segment raster", "Raster of the segments' numbers; 0 is nodata."), ""
    )
    segment_size: int = param(
        Number(
            "Segment size",
            "Width of a segment on average. Take about half the width of the smallest object.",
            low=4,
            high=LARGEST_SIZE,
            whole=True,
            unit="pixels",
        ),
        20,
    )
    compactness: float = param(
        Number(
            "Compactness",
            "How much nearness counts against likeness: 1 follows every border in the image, 100 makes near squares.",
            low=0.0,
            above=True,
            high=1000.0,
        ),
        30.0,
    )
    bands: tuple[str, ...] = param(
        Names(
            "Bands",
            "Bands to look at, by name or by number counted from 1; empty takes all.",
        ),
        (),
        advanced=True,
    )
    cell_size: str = shared.cell_size(auto="the raster's own", empty="the raster's own")
    extent: Extent | None = shared.extent("Only this part of the raster is divided.")

    def check(self) -> None:
        """Something to write, in a raster format that can be written, not over the input."""
        if self.out_segments is None and not self.out_segment_raster:
            raise ParameterError("neither out_segments nor out_segment_raster is given: choose a file for one of them")
        if self.out_segment_raster:
            if not self.out_segment_raster.lower().endswith(TIFF_SUFFIXES):
                raise ParameterError(
                    f"out_segment_raster {self.out_segment_raster} is written as a TIFF file: choose a name that ends "
                    "in .tif"
                )
            ours, theirs = (
                os.path.normcase(os.path.realpath(path)) for path in (self.out_segment_raster, self.in_raster)
            )
            if ours == theirs:
                raise ParameterError(f"out_segment_raster {self.out_segment_raster} is in_raster: choose another file")
