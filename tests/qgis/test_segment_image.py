"""Segment Image in QGIS: a layer of the project is divided, and the polygons arrive as outlines."""

import processing
import pytest
from qgis.core import QgsRasterLayer, QgsVectorLayer

pytestmark = pytest.mark.qgis


def test_a_layer_is_divided_into_outlined_polygons(provider, scene, tmp_path):
    """Within the extent, in the layer's CRS, all drawn alike."""
    raster = QgsRasterLayer(str(scene / "scene.tif"), "scene")
    whole = raster.extent()
    part = f"{whole.xMinimum()},{whole.center().x()},{whole.yMinimum()},{whole.center().y()} [{raster.crs().authid()}]"
    outputs = processing.run(
        "deeplearning:segmentimage",
        {"in_raster": raster, "extent": part, "segment_size": 8, "out_segments": str(tmp_path / "segments.gpkg")},
    )

    layer = QgsVectorLayer(outputs["out_segments"], "segments")
    assert layer.featureCount() > 3
    assert "segment" in layer.fields().names()
    assert layer.crs() == raster.crs()
    assert layer.extent().xMaximum() <= whole.center().x() + raster.rasterUnitsPerPixelX()
    assert layer.renderer().type() == "singleSymbol"
