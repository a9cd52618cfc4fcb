"""Exports of chips that list the classes in them."""

import numpy as np
import pytest
import shapely

from engine.job import Job
from engine.samples.folder import read_samples
from engine.tools.values import FeatureSource
from tests.engine.pipelines.exporting import export, on_map, scene
from tests.engine.pipelines.test_export_objects import shapes_on_map
from tests.rasters import write_boxes, write_features, write_raster

MULTI = {"metadata_format": "MultiLabeled_Tiles", "tile_size_y": 24, "stride_y": 24}


def labels_of(folder):
    """Return the class names of each chip by its number."""
    samples = read_samples([str(folder)], Job(), alike=False)
    names = {entry.value: entry.name for entry in samples.classes}
    return {int(sample.image.stem): [names[value] for value in sample.labels] for sample in samples.samples}


def test_a_chip_lists_the_names_of_its_classes(tmp_path):
    """One object over the whole chip, in ASCII; names that a list would not tell are written as values."""
    raster = write_raster(tmp_path / "r.tif", scene())
    boxes = on_map((2, 2, 12, 12), (14, 2, 20, 9), (60, 2, 70, 9), (100, 50, 110, 60))
    names = np.array(["Wald & Wiese", "Café", "Reed, wet", "Café"], object)
    labels = write_boxes(tmp_path / "l.gpkg", boxes, kind=[3, 9, 4, 9], name=names)
    folder, job = export(tmp_path, raster, labels, class_value_field="kind", **MULTI)
    text = (folder / "labels" / "000000000000.xml").read_text("ascii")
    assert "<name>Wald &amp; Wiese,Caf&#233;</name>" in text and text.count("<object>") == 1
    assert "<xmax>32.00</xmax>\n            <ymax>24.00</ymax>" in text
    assert "<name>4</name>" in (folder / "labels" / "000000000001.xml").read_text()
    assert labels_of(folder) == {0: ["Wald & Wiese", "Café"], 1: ["Reed, wet"], 2: ["Reed, wet"], 3: ["Café"]}
    stats = read_samples([str(folder)], Job()).stats["FeatureStats"]
    assert stats["NumImagesTotal"] == 4 and stats["NumFeaturesPerClass"] == [1, 2, 2]
    assert stats["NumFeaturesPerImage"]["Max"] == 2
    assert any("a chip has 1 to 2 classes, 1.25 on average" in text for text in job.messages)


def test_small_parts_of_a_feature_are_no_class_of_a_chip(tmp_path):
    """The minimum share counts for each feature; turned copies list what is in them; empty chips when asked for."""
    raster = write_raster(tmp_path / "r.tif", scene(rows=48, cols=64))
    labels = write_boxes(tmp_path / "l.gpkg", on_map((24, 2, 34, 12), (2, 2, 6, 6)), kind=[1, 2])
    options = {**MULTI, "class_value_field": "kind"}
    folder, _ = export(tmp_path, raster, labels, folder="all", output_nofeature_tiles=True, **options)
    assert labels_of(folder) == {0: ["1", "2"], 1: ["1"], 2: [], 3: []}
    folder, _ = export(tmp_path, raster, labels, folder="most", min_polygon_overlap_ratio=0.5, **options)
    assert labels_of(folder) == {0: ["1", "2"]}
    folder, _ = export(tmp_path, raster, labels, folder="turned", rotation_angle=180, **options)
    assert labels_of(folder) == {0: ["1", "2"], 1: ["1", "2"], 2: ["1"], 3: ["1"]}


@pytest.mark.parametrize("angle", [0, 90])
def test_class_rasters_give_the_classes_of_their_pixels(tmp_path, angle):
    """0 is none; a class raster of coarser cells is resampled."""
    raster = write_raster(tmp_path / "r.tif", scene())
    classes = np.zeros((1, 48, 64), np.uint8)
    classes[0, :10, :10] = 5
    classes[0, 4:8, 6:30] = 7
    source = FeatureSource(write_raster(tmp_path / "c.tif", classes, cell_size=1.0))
    folder, _ = export(tmp_path, raster, source, rotation_angle=angle, tile_size_x=32, **{**MULTI, "tile_size_y": 32})
    copies = 4 if angle else 1
    assert list(labels_of(folder).values()) == [["5", "7"]] * copies + [["7"]] * copies


def test_a_list_of_classes_in_a_text_field_gives_each(tmp_path):
    """Points need no buffer; blanks do not matter, and nothing is listed twice."""
    raster = write_raster(tmp_path / "r.tif", scene())
    shapes = shapes_on_map(shapely.Point(5, 5), shapely.Point(50, 5), shapely.Point(100, 80))
    texts = np.array(["reed, water", "water,reed , water", "sand"], object)
    labels = write_features(tmp_path / "p.gpkg", shapes, geometry_type="Point", kinds=texts)
    folder, job = export(tmp_path, raster, labels, class_value_field="kinds", **MULTI)
    assert list(labels_of(folder).values()) == [["reed", "water"], ["reed", "water"], ["sand"]]
    assert [entry.value for entry in read_samples([str(folder)], Job()).classes] == [1, 2, 3]
    assert any("2 features of p have several classes" in text for text in job.messages)
