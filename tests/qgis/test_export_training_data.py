"""Export Training Data For Deep Learning through QGIS: images, cores, MRF chips, and the table of labels."""

import json
import shutil

import processing
import pytest
from qgis.core import QgsProcessingContext, QgsProcessingException, QgsProcessingFeedback, QgsVectorLayer

pytestmark = pytest.mark.usefixtures("provider")


def export(folder, **parameters):
    """Export and return the folder and the log."""
    feedback = QgsProcessingFeedback()
    size = {"tile_size_x": 96, "tile_size_y": 96, "stride_x": 96, "stride_y": 96}
    results = processing.run(
        "deeplearning:exporttrainingdatafordeeplearning",
        {**size, **parameters, "out_folder": str(folder)},
        feedback=feedback,
        context=QgsProcessingContext(),
    )
    assert results["out_folder"] == str(folder)
    return folder, feedback.textLog()


def test_a_folder_as_one_image_in_mrf_chips_by_two_cores(scene, tmp_path):
    """All three are chosen by their words; the chips come from one image."""
    images = tmp_path / "images"
    images.mkdir()
    for name in ("a.tif", "b.tif"):
        shutil.copy(f"{scene}/scene.tif", images / name)
    folder, log = export(
        tmp_path / "chips",
        in_raster=str(images),
        in_class_data=f"{scene}/labels.gpkg",
        processing_mode="PROCESS_AS_MOSAICKED_IMAGE",
        image_chip_format="MRF",
        parallel_processing_factor="2",
    )
    assert "2 rasters of" in log and any((folder / "images").glob("*.mrf"))
    statistics = json.loads((folder / "esri_accumulated_stats.json").read_text())
    assert statistics["InputRastersProps"]["RasterCount"] == 1
    with pytest.raises(QgsProcessingException, match="give a number of cores up to 256 or a percentage"):
        export(tmp_path / "x", in_raster=str(images), parallel_processing_factor="many")


def test_a_table_without_geometry_labels_whole_images(scene, tmp_path):
    """It is a layer of QGIS like any other; what it does not name is left out."""
    images = tmp_path / "images"
    images.mkdir()
    for name in ("a.tif", "b.tif"):
        shutil.copy(f"{scene}/scene.tif", images / name)
    (tmp_path / "labels.csv").write_text("ImageName,Classvalue,Classname\nb.tif,7,field\n")
    table = QgsVectorLayer(str(tmp_path / "labels.csv"), "labels", "ogr")
    assert table.isValid() and not table.isSpatial()
    folder, log = export(
        tmp_path / "chips", in_raster=str(images), in_class_data=table, metadata_format="Classified_Tiles"
    )
    assert "1 of 2 rasters have no label" in log
    statistics = json.loads((folder / "esri_accumulated_stats.json").read_text())
    assert statistics["Classes"] == [{"ClassValue": 7, "ClassName": "field"}]


def test_chips_of_objects_are_their_frames_without_the_rest(scene, tmp_path):
    """Crop mode and blackening are chosen by ArcGIS's words; the template says both."""
    folder, _ = export(
        tmp_path / "chips",
        in_raster=f"{scene}/scene.tif",
        in_class_data=f"{scene}/labels.gpkg",
        metadata_format="Imagenet",
        crop_mode="BOUNDING_BOX",
        blacken_around_feature=True,
    )
    template = json.loads((folder / "esri_model_definition.emd").read_text())
    assert (template["CropTileMode"], template["BlackenAroundFeature"]) == ("Variable_Size", True)
    assert any((folder / "images").glob("*/*.tif")) and not (folder / "labels").exists()
