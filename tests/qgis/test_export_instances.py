"""Masks of instances through QGIS: a layer in memory as instances beside a layer of land cover."""

import json

import processing
import pytest
from qgis.core import (
    QgsFeature,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsVectorLayer,
)

pytestmark = pytest.mark.usefixtures("provider")


def export(folder, **parameters):
    """Export and return the folder."""
    size = {"tile_size_x": 96, "tile_size_y": 96, "stride_x": 96, "stride_y": 96}
    processing.run(
        "deeplearning:exporttrainingdatafordeeplearning",
        {**size, **parameters, "out_folder": str(folder)},
        feedback=QgsProcessingFeedback(),
        context=QgsProcessingContext(),
    )
    return folder


def in_memory(path):
    """Return a copy of a layer in memory, with a field ``what`` that is 5 for each feature."""
    given = QgsVectorLayer(str(path), "labels", "ogr")
    layer = QgsVectorLayer(f"Polygon?crs={given.crs().authid()}&field=what:integer", "houses", "memory")
    features = []
    for feature in given.getFeatures():
        copy = QgsFeature(layer.fields())
        copy.setGeometry(feature.geometry())
        copy.setAttributes([5])
        features.append(copy)
    layer.dataProvider().addFeatures(features)
    assert layer.featureCount() == given.featureCount() > 0
    return layer


def test_instances_of_a_memory_layer_have_masks_beside_the_land_cover(scene, tmp_path):
    """Layer and field go to the engine; other formats have no use for them and say so."""
    options = {
        "in_raster": f"{scene}/scene.tif",
        "in_class_data": f"{scene}/labels.gpkg",
        "in_instance_data": in_memory(f"{scene}/labels.gpkg"),
        "instance_class_value_field": "what",
    }
    folder = export(tmp_path / "chips", metadata_format="Panoptic_Segmentation", **options)
    template = json.loads((folder / "esri_model_definition.emd").read_text())
    assert [entry["Value"] for entry in template["Panoptic_Segmentation_Instance_Classes"]] == [5]
    assert any((folder / "labels2" / "5").glob("*.tif")) and any((folder / "labels").glob("*.tif"))
    with pytest.raises(QgsProcessingException, match="in_instance_data is given and RCNN_Masks has one kind of labels"):
        export(tmp_path / "x", metadata_format="RCNN_Masks", **options)
