"""Thin edges: lines of one pixel, the same whatever windows they were thinned in."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio

from engine.inference import edges
from engine.job import Job
from tests.rasters import write_raster


def strokes():
    """Return (rows, cols) 8-bit: a ring and crossing bars of value 1, nodata 255 in a corner."""
    row, col = np.mgrid[:150, :190]
    ring = abs(np.hypot(row - 70, col - 90) - 50) < 4
    image = (ring | (abs(row - 75) < 3) | (abs(col - row - 30) < 3)).astype(np.uint8)
    image[:12, :12] = 255
    return image


@pytest.mark.parametrize("core", [32, 64])
def test_windows_do_not_show_in_thinned_edges(tmp_path, monkeypatch, core):
    """As long as edges are narrower than the halo."""
    work = write_raster(tmp_path / "work.tif", strokes()[None], nodata=255)
    edges.thin_edges(work, tmp_path / "whole.tif", [1], 0, Job())
    monkeypatch.setattr(edges, "CORE", core)
    monkeypatch.setattr(edges, "HALO", 24)
    edges.thin_edges(work, tmp_path / "parts.tif", [1], 0, Job())
    with rasterio.open(tmp_path / "whole.tif") as whole, rasterio.open(tmp_path / "parts.tif") as parts:
        one, other = whole.read(1), parts.read(1)
        assert whole.nodata == 255
    assert (one != other).mean() < 0.003 and (one == 1).sum() < 0.35 * (strokes() == 1).sum()
    assert (one[:12, :12] == 255).all() and not (one == 1)[strokes() != 1].any()


def test_probabilities_stay_where_edges_are_thin(tmp_path):
    """They are 0 beside, and nodata stays."""
    image = np.where(strokes() == 1, 0.8, 0.1).astype(np.float32)
    image[strokes() == 255] = np.nan
    work = write_raster(tmp_path / "work.tif", np.stack([1 - image, image]), nodata=float("nan"))
    edges.thin_probabilities(work, tmp_path / "thin.tif", 2, 0.5, Job())
    with rasterio.open(tmp_path / "thin.tif") as result:
        values = result.read(1)
    assert set(np.unique(values[np.isfinite(values)])) == {np.float32(0), np.float32(0.8)}
    assert np.isnan(values[:12, :12]).all()
