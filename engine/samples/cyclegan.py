"""CycleGAN: two complete exports of tiles, A and B, of two kinds of images that need not show the same ground."""

from __future__ import annotations

from .export_tiles import ExportTiles
from .registry import sample_format


@sample_format("CycleGAN")
class CycleGan(ExportTiles):
    """Writes ``A`` of ``in_raster`` and ``B`` of ``in_raster2``; each is read by itself."""

    pairs = False
    sides = ("A", "B")
