"""From detections to features on the map."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely

from engine.inference import features
from engine.vector.reading import FeatureTable


def test_an_outline_that_crosses_itself_in_another_crs_is_mended(monkeypatch):
    """It stays what it is, a polygon or a multipolygon; what keeps no area stays as it was."""
    tie = [(0, 0), (2, 2), (2, 0), (0, 1.9), (0, 0)]
    ring = shapely.box(0, 0, 9, 9).exterior
    shapes = np.array(
        [
            shapely.MultiPolygon([shapely.Polygon(tie)]),
            shapely.MultiPolygon([shapely.Polygon(ring, [shapely.box(2, 2, 4, 4).exterior])]),
            shapely.MultiPolygon([shapely.Polygon(ring, [[(8, 2), (10, 3), (8, 4), (8, 2)]])]),
            shapely.MultiPolygon([shapely.Polygon([(0, 0), (1, 1), (2, 2), (0, 0)])]),
            shapely.Polygon(ring),
        ],
        object,
    )
    monkeypatch.setattr(features, "transformed", lambda table, crs: replace(table, crs=crs))
    table = FeatureTable(shapes.copy(), {}, "EPSG:32633", "detections")
    moved = features._moved(table, "EPSG:4326").geometry
    assert shapely.is_valid(moved[[0, 1, 2, 4]]).all() and (moved[[1, 3, 4]] == shapes[[1, 3, 4]]).all()
    assert [shape.geom_type for shape in moved] == ["MultiPolygon"] * 4 + ["Polygon"]
    assert 0 < moved[0].area < 2.1 and moved[2].area == shapely.area(
        shapely.difference(shapely.Polygon(ring), shapely.Polygon([(8, 2), (10, 3), (8, 4)]))
    )
