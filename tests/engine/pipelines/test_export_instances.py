"""Masks of instances: where they lie, how they are numbered, what wins, what is left out, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import Affine

from engine.errors import EngineError, FeatureError
from engine.job import Job
from engine.samples import instance_masks
from engine.samples.folder import read_chip, read_samples
from engine.samples.instances import read_masks
from engine.tools.values import FeatureSource
from tests.engine.pipelines.exporting import CELL, LEFT, TOP, export, hidden, on_map, scene
from tests.rasters import write_boxes, write_features, write_raster

PLACE = Affine(CELL, 0, LEFT, 0, -CELL, TOP)


def on_ground(*geometry):
    """Return geometries in pixels in map units."""
    return [shapely.transform(shape, lambda xy: np.column_stack(PLACE @ xy.T)) for shape in geometry]


def masks(tmp_path, labels, image=None, job=None, **options):
    """Export masks of instances of a small scene; return the folder and the job."""
    image = scene() if image is None else image
    raster = write_raster(tmp_path / "r.tif", image, photometric="RGB" if len(image) == 3 else "MINISBLACK")
    return export(tmp_path, raster, labels, job, metadata_format="RCNN_Masks", **options)


def label(folder, name, stem="000000000000"):
    """Return the label raster of a class in a chip."""
    with rasterio.open(folder / "labels" / name / f"{stem}.tif") as file:
        return file.read(1)


def files(folder):
    """Return the label rasters of a folder, relative to its labels."""
    return sorted(path.relative_to(folder / "labels").as_posix() for path in (folder / "labels").rglob("*.tif"))


def test_each_class_has_a_folder_and_numbers_its_instances_from_1(tmp_path):
    """In the order of the layer; a class has no file for a chip without it; chips and labels lie on the same ground."""
    boxes = on_map((2, 2, 6, 6), (10, 2, 14, 9), (20, 4, 40, 8), (8, 20, 12, 24))
    layer = write_boxes(tmp_path / "a.gpkg", boxes, kind=[3, 9, 3, 3], classname=["Roof", "Tank", "Roof", "Roof"])
    folder, _ = masks(tmp_path, layer, class_value_field="kind")
    assert files(folder) == ["Roof/000000000000.tif", "Roof/000000000001.tif", "Tank/000000000000.tif"]
    roof = np.zeros((32, 32), np.uint8)
    roof[2:6, 2:6], roof[4:8, 20:32], roof[20:24, 8:12] = 1, 2, 3
    assert (label(folder, "Roof") == roof).all() and label(folder, "Roof").dtype == np.uint8
    assert (label(folder, "Tank")[2:9, 10:14] == 1).all() and label(folder, "Tank").sum() == 28
    assert (label(folder, "Roof", "000000000001")[4:8, :8] == 1).all()
    with (
        rasterio.open(folder / "images" / "000000000001.tif") as chip,
        rasterio.open(folder / "labels" / "Roof" / "000000000001.tif") as mask,
    ):
        assert chip.transform == mask.transform and chip.crs == mask.crs and mask.nodata is None
    assert (folder / "labels" / "Roof" / "000000000001.tfw").is_file()
    assert (folder / "map.txt").read_bytes().splitlines(keepends=True) == [
        b"images\\000000000000.tif  labels\\Roof\\000000000000.tif labels\\Tank\\000000000000.tif \r\n",
        b"images\\000000000001.tif  labels\\Roof\\000000000001.tif \r\n",
    ]


def test_what_is_written_is_read_back_as_it_is(tmp_path):
    """Boxes enclose the masks along pixel edges; masks are those of the boxes and classes; chips are whole."""
    boxes = on_map((2, 2, 6, 6), (10, 2, 14, 9), (20, 4, 40, 8))
    layer = write_boxes(tmp_path / "a.gpkg", boxes, kind=[9, 3, 9])
    folder, _ = masks(tmp_path, layer, class_value_field="kind")
    samples = read_samples([str(folder)], Job())
    first, second = samples.samples
    assert [entry.value for entry in samples.classes] == [3, 9] and samples.unlabelled is None
    assert first.classes.tolist() == [3, 9, 9] and first.boxes.dtype == np.float32
    assert first.boxes.tolist() == [[10, 2, 14, 9], [2, 2, 6, 6], [20, 4, 32, 8]]
    assert second.boxes.tolist() == [[0, 4, 8, 8]] and second.masks[0][0] == 9
    found = read_masks(first)
    assert found.shape == (3, 32, 32) and found.sum(axis=(1, 2)).tolist() == [28, 16, 48]
    assert found[0][2:9, 10:14].all() and found[1][2:6, 2:6].all() and found[2][4:8, 20:].all()
    assert read_chip(first).shape == (3, 32, 32)


def test_holes_points_and_lines(tmp_path):
    """A hole stays open; points and lines get their buffer."""
    ring = shapely.Polygon([(4, 4), (20, 4), (20, 20), (4, 20)], [[(8, 8), (16, 8), (16, 16), (8, 16)]])
    folder, _ = masks(tmp_path, write_features(tmp_path / "ring.gpkg", on_ground(ring)))
    found = label(folder, "ring")
    assert found[4:20, 4:20].sum() == 256 - 64 == found.sum() and not found[8:16, 8:16].any()
    point = write_features(tmp_path / "p.gpkg", on_ground(shapely.Point(16, 16)), geometry_type="Point")
    folder, _ = masks(tmp_path, point, buffer_radius=2.5, folder="points")
    assert abs(int(label(folder, "p").sum()) - np.pi * 25) < 4
    line = write_features(
        tmp_path / "l.gpkg", on_ground(shapely.LineString([(4, 16), (24, 16)])), geometry_type="LineString"
    )
    folder, _ = masks(tmp_path, line, buffer_radius=1.0, folder="lines")
    assert (label(folder, "l")[14:18, 4:24] == 1).all()


def test_the_later_instance_of_a_class_wins_and_both_classes_are_seen(tmp_path):
    """One pixel has one instance of a class, told once; another class has a mask of its own."""
    boxes = on_map((2, 2, 12, 12), (8, 8, 18, 18), (4, 4, 16, 16), (40, 40, 50, 50), (48, 48, 54, 54))
    layer = write_boxes(tmp_path / "a.gpkg", boxes, kind=[1, 1, 2, 1, 1])
    folder, job = masks(tmp_path, layer, class_value_field="kind")
    one, two = label(folder, "1"), label(folder, "2")
    assert (one[8:18, 8:18] == 2).all() and one[2, 2] == 1 and (one == 1).sum() == 100 - 16
    assert (two[4:16, 4:16] == 1).all() and (two == 1).sum() == 144
    assert [text for text in job.warnings if "lie over" in text] == [
        "a: 2 features lie over an earlier one of the same class; there the later one wins, as a pixel of a mask has "
        "one instance"
    ]


def test_chips_are_the_same_whether_a_strip_is_painted_at_once_or_not(tmp_path, monkeypatch):
    """Many overlapping instances of several classes, chips that overlap, turned copies: not a byte differs."""
    random = np.random.default_rng(3)
    centres, sizes = random.uniform(0, (128, 96), (60, 2)), random.uniform(2, 9, 60)
    shapes = [shapely.Point(*centre).buffer(size) for centre, size in zip(centres, sizes, strict=True)]
    layer = write_features(tmp_path / "a.gpkg", on_ground(*shapes), kind=random.integers(1, 4, 60))
    options = {"class_value_field": "kind", "stride_x": 16, "rotation_angle": 45}
    folder, _ = masks(tmp_path, layer, **options)
    monkeypatch.setattr(instance_masks, "LAYER_BYTES", 0)
    other, _ = masks(tmp_path, layer, folder="other", **options)
    paths = [path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file()]
    assert len(paths) > 300 and all((folder / path).read_bytes() == (other / path).read_bytes() for path in paths)


def test_polygons_that_only_touch_do_not_overlap(tmp_path):
    """Neighbours with a common edge, boxes that overlap while the polygons do not."""
    triangles = [shapely.Polygon([(2, 2), (22, 2), (2, 22)]), shapely.Polygon([(22, 2), (22, 22), (2, 22)])]
    beside = shapely.box(22, 2, 28, 22)
    folder, job = masks(tmp_path, write_features(tmp_path / "a.gpkg", on_ground(*triangles, beside)))
    assert sorted(np.unique(label(folder, "a"))) == [0, 1, 2, 3] and not job.warnings


def test_instances_without_a_pixel_are_left_out_and_told(tmp_path):
    """A sliver between pixel centres is in no mask, in no statistics, and does not take a number."""
    slivers = [shapely.box(10.6, 4, 11.4, 8), shapely.box(4, 28.6, 20, 29.4)]
    shapes = on_ground(shapely.box(4, 4, 8, 8), slivers[0], shapely.box(20, 20, 24, 24), slivers[1])
    folder, job = masks(tmp_path, write_features(tmp_path / "a.gpkg", shapes))
    assert sorted(np.unique(label(folder, "a"))) == [0, 1, 2]
    assert "2 features hold no centre of a pixel and are in no mask" in job.messages
    stats = json.loads((folder / "esri_accumulated_stats.json").read_text())
    assert stats["FeatureStats"]["NumFeaturesTotal"] == 2


def test_a_feature_that_is_cut_away_is_not_called_too_small(tmp_path):
    """Its part in a chip holds no pixel centre; the rest of it does, in the next chip or outside the mask."""
    shapes = on_ground(shapely.box(4, 4, 8, 8), shapely.box(31.8, 4, 40, 8))
    folder, job = masks(tmp_path, write_features(tmp_path / "a.gpkg", shapes))
    assert files(folder) == ["a/000000000000.tif", "a/000000000001.tif"] and label(folder, "a").max() == 1
    inside = write_boxes(tmp_path / "mask.gpkg", on_map((0, 0, 32, 32)))
    folder, other = masks(
        tmp_path, FeatureSource(str(tmp_path / "a.gpkg"), layer="a"), in_mask_polygons=inside, folder="b"
    )
    assert files(folder) == ["a/000000000000.tif"]
    assert not [text for text in job.messages + other.messages if "no centre" in text]


def test_statistics_are_those_of_esri_to_the_byte(tmp_path):
    """Areas are of the parts inside the chips, in squared map units."""
    boxes = on_map((2, 2, 6, 6), (10, 2, 14, 9), (20, 4, 40, 8), (8, 20, 12, 24))
    layer = write_boxes(tmp_path / "a.gpkg", boxes, kind=[3, 9, 3, 3], classname=["Roof", "Tank", "Roof", "Roof"])
    folder, _ = masks(tmp_path, layer, class_value_field="kind")
    assert (folder / "stats.txt").read_bytes() == (
        b"images = 2 *3*32*32\r\n"
        b"features = 5\r\n"
        b"features per image = [min = 1, mean = 2.50, max = 4]\r\n"
        b"classes = 2\r\n"
        b"cls name              cls value     images   features    min size   mean size    max size\r\n"
        b"Roof                          3          2          4        4.00        7.00       12.00\r\n"
        b"Tank                          9          1          1        7.00        7.00        7.00\r\n"
    )
    stats = json.loads((folder / "esri_accumulated_stats.json").read_text())
    assert stats["MetaDataMode"] == "RCNN_Masks" and stats["OutputFeatures"] is True
    assert stats["Classes"] == [{"ClassValue": 3, "ClassName": "Roof"}, {"ClassValue": 9, "ClassName": "Tank"}]
    assert stats["FeatureStats"] == {
        "NumClasses": 2,
        "NumImagesTotal": 2,
        "NumFeaturesTotal": 5,
        "NumImagesPerClass": [2, 1],
        "NumFeaturesPerClass": [4, 1],
        "NumFeaturesPerImage": {"Min": 1, "Max": 4, "Mean": 2.5, "Sum": 5, "Count": 2},
        "FeatureAreaPerClass": [
            {"Min": 4, "Max": 12, "Mean": 7, "Sum": 28, "Count": 4},
            {"Min": 7, "Max": 7, "Mean": 7, "Sum": 7, "Count": 1},
        ],
    }
    assert "Panoptic_Segmentation_Instance_Classes" not in (folder / "esri_model_definition.emd").read_text()


def test_more_than_255_instances_take_16_bits(tmp_path):
    """Only in the chip that needs them."""
    boxes = [(col, row, col + 1, row + 1) for row in range(0, 32, 2) for col in range(0, 34, 2)]
    folder, _ = masks(tmp_path, write_boxes(tmp_path / "a.gpkg", on_map(*boxes)))
    assert label(folder, "a").dtype == np.uint16 and label(folder, "a").max() == 256
    assert label(folder, "a", "000000000001").dtype == np.uint8
    assert len(read_masks(read_samples([str(folder)], Job()).samples[0])) == 256


def test_more_instances_than_16_bits_number_are_refused(tmp_path, monkeypatch):
    """The chip's raster, the count, the remedy; nothing is left of the run."""
    assert instance_masks.MOST_INSTANCES == 65_535
    monkeypatch.setattr(instance_masks, "MOST_INSTANCES", 3)
    layer = write_boxes(tmp_path / "a.gpkg", on_map(*((4 * i, 2, 4 * i + 2, 4) for i in range(4))))
    with pytest.raises(FeatureError, match=r"r\.tif has 4 instances of class 1 .* up to 3: choose smaller chips"):
        masks(tmp_path, layer)
    assert not (tmp_path / "chips").exists() and not hidden(tmp_path)


def test_small_parts_of_features_are_left_out(tmp_path):
    """Of the chip that holds too small a share; nothing later takes its place; overlaps stay right."""
    boxes = on_map((20, 4, 40, 8), (24, 2, 30, 6), (2, 2, 6, 6))
    folder, _ = masks(tmp_path, write_boxes(tmp_path / "a.gpkg", boxes), min_polygon_overlap_ratio=0.5)
    assert files(folder) == ["a/000000000000.tif"]
    found = label(folder, "a")
    assert (found[4:8, 20:24] == 1).all() and (found[2:6, 24:30] == 2).all() and (found[2:6, 2:6] == 3).all()
    folder, _ = masks(
        tmp_path, FeatureSource(str(tmp_path / "a.gpkg"), layer="a"), min_polygon_overlap_ratio=0.7, folder="b"
    )
    assert label(folder, "a").max() == 2 and (label(folder, "a")[6:8, 20:32] == 0).all()


def test_turned_chips_have_turned_masks(tmp_path):
    """By 180 degrees a mask is the upright one, both axes reversed; the numbers stay."""
    boxes = on_map((2, 2, 6, 6), (10, 2, 14, 9), (20, 20, 40, 28))
    folder, _ = masks(tmp_path, write_boxes(tmp_path / "a.gpkg", boxes, kind=[1, 2, 1]), rotation_angle=180,
                      class_value_field="kind")  # fmt: skip
    assert (label(folder, "1", "000000000001") == label(folder, "1")[::-1, ::-1]).all()
    assert (label(folder, "2", "000000000001") == label(folder, "2")[::-1, ::-1]).all()
    samples = read_samples([str(folder)], Job())
    assert samples.samples[1].boxes.tolist()[0] == [26, 26, 30, 30]


def test_chips_without_an_instance_are_written_when_asked_and_read_as_empty(tmp_path):
    """They have no label file; the folder's list says that none is missing."""
    folder, _ = masks(
        tmp_path, write_boxes(tmp_path / "a.gpkg", on_map((2, 2, 6, 6))), output_nofeature_tiles=True, stride_x=32
    )
    assert files(folder) == ["a/000000000000.tif"] and len(list((folder / "images").glob("*.tif"))) == 12
    job = Job()
    samples = read_samples([str(folder)], job)
    assert len(samples) == 12 and not job.warnings
    assert [len(sample.boxes) for sample in samples.samples] == [1] + [0] * 11
    assert read_masks(samples.samples[5]).shape == (0, 32, 32)
    lines = (folder / "map.txt").read_text().splitlines()
    assert lines[1].split() == ["images\\000000000001.tif"]
    stats = json.loads((folder / "esri_accumulated_stats.json").read_text())["FeatureStats"]
    assert stats["NumFeaturesPerImage"] == {"Min": 0, "Max": 1, "Mean": 1 / 12, "Sum": 1, "Count": 12}


def test_regions_of_a_class_raster_are_instances(tmp_path):
    """Pixels of a class that share an edge are one; 0 and nodata are none; told."""
    classes = np.zeros((1, 96, 128), np.uint8)
    classes[0, 2:6, 2:6], classes[0, 6:9, 6:9], classes[0, 4:8, 20:40] = 5, 5, 5
    classes[0, 2:6, 6:9], classes[0, 12:14, 2:4] = 7, 255
    layer = FeatureSource(write_raster(tmp_path / "classes.tif", classes, nodata=255))
    folder, job = masks(tmp_path, layer)
    five = label(folder, "5")
    assert (five[2:6, 2:6] == five[2, 2]).all() and (five[6:9, 6:9] == five[6, 6]).all() and five[2, 2] != five[6, 6]
    assert sorted(np.unique(five)) == [0, 1, 2, 3] and (label(folder, "7") == (classes[0, :32, :32] == 7)).all()
    assert (label(folder, "5", "000000000001")[4:8, :8] == 1).all()
    assert any("3 connected regions" in text or "4 connected regions" in text for text in job.messages)


def test_a_second_run_goes_on_and_keeps_the_folders(tmp_path):
    """Numbers of chips, statistics and names of folders go on; a class that needs another name keeps it."""
    first = write_boxes(tmp_path / "a.gpkg", on_map((2, 2, 6, 6)), kind=[1], classname=["a/b"])
    second = write_boxes(tmp_path / "b.gpkg", on_map((70, 40, 80, 50), (84, 40, 90, 44)), kind=[1, 2],
                         classname=["a/b", "A_B"])  # fmt: skip
    folder, _ = masks(tmp_path, first, class_value_field="kind")
    folder, _ = masks(tmp_path, second, class_value_field="kind")
    assert files(folder) == ["A_B_2/000000000001.tif", "a_b/000000000000.tif", "a_b/000000000001.tif"]
    stats = json.loads((folder / "esri_accumulated_stats.json").read_text())
    assert stats["ImageryDL"]["ClassFolders"] == {"1": "a_b", "2": "A_B_2"} and stats["NumTiles"] == 2
    assert stats["FeatureStats"]["NumFeaturesPerClass"] == [2, 1]
    samples = read_samples([str(folder)], Job())
    assert [(entry.value, entry.name) for entry in samples.classes] == [(1, "a/b"), (2, "A_B")]
    assert samples.samples[1].classes.tolist() == [1, 2]


@pytest.mark.parametrize("count", [1, 13])
def test_any_number_of_bands_and_any_size(tmp_path, count):
    """16 bit chips of 13 bands, a raster smaller than a chip; labels beyond the raster have no pixel."""
    image = scene(bands=count, rows=20, cols=41, dtype=np.uint16)
    layer = write_boxes(tmp_path / "a.gpkg", on_map((2, 2, 6, 6), (36, 10, 60, 40)))
    folder, _ = masks(tmp_path, layer, image=image, tile_size_x=24, tile_size_y=28, stride_x=24, stride_y=28)
    samples = read_samples([str(folder)], Job())
    assert samples.bands == count and samples.samples[-1].boxes.tolist() == [[19, 10, 24, 20]]
    assert label(folder, "a", Path(samples.samples[-1].image).stem).shape == (28, 24)


def test_no_feature_with_a_pixel_is_told(tmp_path):
    """All are too small: the reason is given."""
    layer = write_features(tmp_path / "a.gpkg", on_ground(shapely.box(4.6, 4, 5.4, 8)))
    with pytest.raises(FeatureError, match="no chip was written: no label holds the centre of a pixel"):
        masks(tmp_path, layer)


@pytest.mark.parametrize(
    ("options", "values", "says"),
    [
        ({"class_value_field": "kind"}, [0, 1], "1 features of a are of class 0, which is the background: give"),
        ({"in_raster2": "r.tif"}, [1, 1], "in_raster2 is given and RCNN_Masks has no second chips"),
        ({"no labels": True}, [1, 1], r"no labels are given: choose labelled features or a class raster"),
    ],
)
def test_bad_input_gets_one_sentence_and_nothing_is_written(tmp_path, options, values, says):
    """Each fault by itself."""
    layer = write_boxes(tmp_path / "a.gpkg", on_map((2, 2, 6, 6), (10, 2, 14, 9)), kind=values)
    layer = None if options.pop("no labels", False) else layer
    if "in_raster2" in options:
        options["in_raster2"] = str(tmp_path / "r.tif")
    with pytest.raises(EngineError, match=says):
        masks(tmp_path, layer, **options)
    assert not (tmp_path / "chips").exists() and not hidden(tmp_path)


def test_points_without_a_radius_are_refused(tmp_path):
    """A point has no mask."""
    point = write_features(tmp_path / "p.gpkg", on_ground(shapely.Point(16, 16)), geometry_type="Point")
    with pytest.raises(EngineError, match="p holds points and buffer_radius is 0"):
        masks(tmp_path, point)
