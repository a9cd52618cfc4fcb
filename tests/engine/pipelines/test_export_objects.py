"""Exports with one chip for each object: where it is cut, what is in it, and what is said of it."""

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely

from engine.errors import FeatureError
from engine.job import Job
from engine.raster.reader import RasterReader
from engine.samples import object_labels, object_plan
from engine.samples.folder import read_chip, read_samples
from engine.tools.values import FeatureSource
from tests.engine.pipelines.exporting import CELL, LEFT, TOP, export, hidden, on_map, scene
from tests.rasters import write_boxes, write_features, write_raster

TILES = {"metadata_format": "Labeled_Tiles", "class_value_field": "kind", "tile_size_x": 40, "tile_size_y": 24}
FRAMES = {**TILES, "crop_mode": "BOUNDING_BOX"}


def pixels_of(folder):
    """Return the pixels of every chip by its name."""
    found = {}
    for path in sorted((folder / "images").rglob("*.tif")):
        with rasterio.open(path) as chip:
            found[path.stem] = chip.read()
    return found


def around(image, col, row, width, height):
    """Return a window of an image, 0 outside."""
    padded = np.pad(image, ((0, 0), (100, 100), (100, 100)))
    return padded[:, row + 100 : row + 100 + height, col + 100 : col + 100 + width]


def shapes_on_map(*shapes):
    """Return geometries in pixels in map units."""
    return [
        shapely.transform(shape, lambda xy: np.column_stack([LEFT + xy[:, 0] * CELL, TOP - xy[:, 1] * CELL]))
        for shape in shapes
    ]


def emd_of(folder):
    """Return the template of a folder."""
    return json.loads((folder / "esri_model_definition.emd").read_text())


def test_a_fixed_chip_is_centred_on_its_object(tmp_path):
    """16 bits and 4 bands; two objects lie at the edge, where the chip is 0 outside the raster."""
    image = scene(bands=4, dtype=np.uint16) * 9
    raster = write_raster(tmp_path / "r.tif", image, photometric="MINISBLACK")
    labels = write_boxes(
        tmp_path / "l.gpkg", on_map((60, 40, 70, 52), (2, 3, 12, 9), (120, 90, 128, 96)), kind=[4, 2, 4]
    )
    folder, _ = export(tmp_path, raster, labels, **TILES)

    # in the order of the blocks, and in a row of them from left to right
    chips = list(pixels_of(folder).values())
    for chip, (col, row) in zip(chips, ((-13, -6), (45, 34), (104, 81)), strict=True):
        assert chip.dtype == np.uint16 and (chip == around(image, col, row, 40, 24)).all()
    samples = read_samples([str(folder)], Job())
    assert [sample.labels for sample in samples.samples] == [(2,), (4,), (4,)]
    assert [sample.box.tolist() for sample in samples.samples] == [[15, 9, 25, 15], [15, 6, 25, 18], [16, 9, 24, 15]]
    assert samples.bounds[1].tolist() == [LEFT + 22.5, TOP - 29, LEFT + 42.5, TOP - 17]
    assert (folder / "labels" / "000000000001.xml").read_text() == (
        '<?xml version="1.0"?>\n<annotation>\n    <filename>000000000001.tif</filename>\n    <source>\n'
        "        <annotation>Imagery Deep Learning</annotation>\n    </source>\n    <size>\n"
        "        <width>40</width>\n        <height>24</height>\n        <depth>4</depth>\n    </size>\n    <object>\n"
        "        <name>4</name>\n        <bndbox>\n            <xmin>15.00</xmin>\n            <ymin>6.00</ymin>\n"
        "            <xmax>25.00</xmax>\n            <ymax>18.00</ymax>\n        </bndbox>\n    </object>\n"
        "</annotation>\n"
    )
    assert (folder / "map.txt").read_bytes().splitlines()[0] == (rb"images\000000000000.tif  labels\000000000000.xml ")
    emd = emd_of(folder)
    assert (emd["CropTileMode"], emd["BlackenAroundFeature"], emd["MetaDataMode"]) == (
        "Fixed_Size", False, "Labeled_Tiles",
    )  # fmt: skip
    assert (folder / "stats.txt").read_bytes().splitlines()[0] == b"images = 3 *4*40*24"
    assert samples.stats["FeatureStats"]["NumFeaturesPerClass"] == [1, 2] and samples.stats["OutputFeatures"] is True
    assert samples.stats["FeatureStats"]["FeatureAreaPerClass"][1]["Max"] == pytest.approx(10 * 12 * CELL**2)


def test_a_frame_is_the_object_and_sizes_vary(tmp_path):
    """Chips hold the frame alone, are read in the tile size, and the box is squeezed with the chip."""
    image = scene(bands=4, dtype=np.uint16) * 9
    raster = write_raster(tmp_path / "r.tif", image, photometric="MINISBLACK")
    triangle = shapely.Polygon([(60.4, 40.2), (71.6, 40.2), (60.4, 58.9)])
    labels = write_features(
        tmp_path / "l.gpkg",
        shapes_on_map(shapely.box(2, 3, 12, 9), triangle, shapely.box(110, 80, 140, 99)),
        kind=[2, 4, 4],
    )
    folder, _ = export(tmp_path, raster, labels, **FRAMES)
    chips = list(pixels_of(folder).values())
    for chip, window in zip(chips, ((2, 3, 10, 6), (60, 40, 12, 19), (110, 80, 30, 19)), strict=True):
        assert (chip == around(image, *window)).all()
    job = Job()
    samples = read_samples([str(folder)], job)
    assert (samples.tile_rows, samples.tile_cols) == (24, 40)
    assert [read_chip(sample).shape for sample in samples.samples] == [(4, 24, 40)] * 3
    expected = np.array([0.4, 0.2, 11.6, 18.9]) * np.array([40 / 12, 24 / 19] * 2)
    assert samples.samples[1].box == pytest.approx(expected, abs=0.01)
    assert any("10 x 6 to 30 x 19 pixels: all are squeezed to 40 x 24" in text for text in job.messages)
    assert samples.stats["TileSizeX"] == 40 and emd_of(folder)["CropTileMode"] == "Variable_Size"
    assert read_chip(samples.samples[0]).mean() == pytest.approx(chips[0].mean(), rel=0.05)
    with rasterio.open(folder / "images" / "000000000001.tif") as chip:
        assert chip.transform @ (0, 0) == (LEFT + 30, TOP - 20) and chip.crs == rasterio.CRS.from_epsg(32633)
    assert (folder / "images" / "000000000001.tfw").read_text().splitlines()[4] == f"{LEFT + 30.25:.10f}"


@pytest.mark.parametrize("settings", [TILES, FRAMES])
def test_only_the_object_is_left_when_the_rest_is_blackened(tmp_path, settings):
    """Statistics of the bands are those of the objects; a point blackens nothing."""
    image = scene()
    raster = write_raster(tmp_path / "r.tif", image)
    ring = shapely.box(60, 40, 80, 52) - shapely.box(64, 44, 70, 48)
    labels = write_features(tmp_path / "l.gpkg", shapes_on_map(ring), kind=[1])
    folder, _ = export(tmp_path, raster, labels, blacken_around_feature="BLACKEN_AROUND_FEATURE", **settings)
    (chip,) = pixels_of(folder).values()
    inside = np.zeros((96, 128), bool)
    inside[40:52, 60:80] = True
    inside[44:48, 64:70] = False
    window = (60, 40, 20, 12) if settings is FRAMES else (50, 34, 40, 24)
    assert (chip == around(image * inside, *window)).all() and emd_of(folder)["BlackenAroundFeature"] is True
    stats = json.loads((folder / "esri_accumulated_stats.json").read_text())["BandStatsState"]
    assert stats[0]["Num"] == inside.sum() and stats[0]["M1"] == pytest.approx(image[0][inside].mean())


def test_points_and_lines_have_chips_without_a_buffer(tmp_path):
    """A point has its chip for a box, a line its frame; with a buffer they are circles."""
    image = scene()
    raster = write_raster(tmp_path / "r.tif", image)
    points = shapes_on_map(shapely.Point(50, 50), shapely.Point(10.2, 10.9))
    labels = write_features(tmp_path / "p.gpkg", points, geometry_type="Point", kind=[1, 2])
    folder, _ = export(tmp_path, raster, labels, blacken_around_feature=True, folder="points", **TILES)
    chips = list(pixels_of(folder).values())
    assert (chips[0] == around(image, -10, -1, 40, 24)).all() and (chips[1] == around(image, 30, 38, 40, 24)).all()
    samples = read_samples([str(folder)], Job()).samples
    assert [sample.box.tolist() for sample in samples] == [[0, 0, 40, 24]] * 2
    lines = shapes_on_map(shapely.LineString([(40, 50.5), (60, 50.5)]))
    labels = write_features(tmp_path / "n.gpkg", lines, geometry_type="LineString", kind=[1])
    folder, _ = export(tmp_path, raster, labels, blacken_around_feature=True, folder="lines", **TILES)
    (chip,) = pixels_of(folder).values()
    assert sorted(set(np.argwhere(chip[0])[:, 0].tolist())) == [11] and (chip[0, 11] > 0).sum() in (20, 21)
    labels = write_features(tmp_path / "q.gpkg", points[:1], geometry_type="Point", kind=[1])
    folder, _ = export(tmp_path, raster, labels, buffer_radius=4 * CELL, folder="circles", **FRAMES)
    (chip,) = pixels_of(folder).values()
    assert (chip == around(image, 46, 46, 8, 8)).all()


def test_turned_copies_show_the_same_ground(tmp_path):
    """A quarter turn of a square tile is exact; frames are those of the turned object, at their place on the map."""
    image = scene()
    raster = write_raster(tmp_path / "r.tif", image)
    labels = write_boxes(tmp_path / "l.gpkg", on_map((40, 40, 60, 46)), kind=[3])
    folder, _ = export(tmp_path, raster, labels, rotation_angle=90, **{**TILES, "tile_size_y": 40})
    upright, *turned = pixels_of(folder).values()
    assert len(turned) == 3 and (turned[1] == upright[:, ::-1, ::-1]).all()
    assert any((turned[0] == np.rot90(upright, turns, (1, 2))).all() for turns in (1, 3))
    samples = read_samples([str(folder)], Job())
    assert [sample.box.tolist() for sample in samples.samples] == [[10, 17, 30, 23], [17, 10, 23, 30]] * 2
    folder, _ = export(tmp_path, raster, labels, rotation_angle=90, folder="frames", **FRAMES)
    chips = list(pixels_of(folder).values())
    assert [chip.shape for chip in chips] == [(3, 6, 20), (3, 20, 6)] * 2
    assert any((chips[1] == np.rot90(chips[0], turns, (1, 2))).all() for turns in (1, 3))
    with rasterio.open(folder / "images" / "000000000001.tif") as chip:
        corners = np.array([chip.transform @ corner for corner in ((0, 0), (6, 20))])
    assert sorted(corners[:, 0]) == pytest.approx([LEFT + 20, LEFT + 30])
    assert sorted(corners[:, 1]) == pytest.approx([TOP - 23, TOP - 20])


def test_objects_without_a_chip_are_counted_and_told(tmp_path):
    """Outside the raster, on nodata only, beside the mask; half on nodata is enough for a chip."""
    image = scene()
    image[:, :40, 90:] = 0
    raster = write_raster(tmp_path / "r.tif", image, nodata=0)
    boxes = on_map((20, 60, 30, 70), (100, 5, 110, 15), (85, 20, 95, 30), (300, 20, 310, 30), (60, 70, 70, 80))
    labels = write_boxes(tmp_path / "l.gpkg", boxes, kind=[1, 1, 2, 2, 3])
    folder, job = export(tmp_path, raster, labels, **TILES)
    assert [sample.labels for sample in read_samples([str(folder)], Job()).samples] == [(1,), (3,), (2,)]
    assert any("1 objects have no valid pixel" in text for text in job.warnings)
    assert any("1 of 5 labels lie outside the imagery" in text for text in job.messages)
    mask = write_boxes(tmp_path / "m.gpkg", on_map((0, 50, 48, 96)))
    folder, job = export(tmp_path, raster, labels, in_mask_polygons=mask, folder="masked", **TILES)
    assert len(pixels_of(folder)) == 1
    assert any("3 objects have a chip that does not lie completely inside the mask" in text for text in job.warnings)


def test_of_an_object_larger_than_the_tile_the_middle_is_seen(tmp_path):
    """It is counted and told; a minimum share leaves it out."""
    image = scene()
    raster = write_raster(tmp_path / "r.tif", image)
    labels = write_boxes(tmp_path / "l.gpkg", on_map((20, 10, 100, 90), (50, 50, 60, 60)), kind=[7, 8])
    folder, job = export(tmp_path, raster, labels, **TILES)
    assert (pixels_of(folder)["000000000001"] == image[:, 38:62, 40:80]).all()
    assert any("1 objects are larger than their chip" in text for text in job.warnings)
    folder, job = export(tmp_path, raster, labels, min_polygon_overlap_ratio=0.5, folder="share", **TILES)
    assert [sample.name for sample in (folder / "images").glob("*.tif")] == ["000000000000.tif"]
    assert any("1 objects have a smaller share" in text for text in job.warnings)


def test_an_object_that_is_not_in_the_middle_of_its_frame_has_no_chip(tmp_path):
    """Two distant parts of one object; as a frame it has a chip."""
    raster = write_raster(tmp_path / "r.tif", scene())
    parts = shapely.MultiPolygon([shapely.box(2, 2, 10, 10), shapely.box(110, 80, 120, 90)])
    labels = write_features(tmp_path / "l.gpkg", shapes_on_map(parts, shapely.box(50, 50, 60, 60)), kind=[7, 8],
                            geometry_type="Unknown")  # fmt: skip
    folder, job = export(tmp_path, raster, labels, **TILES)
    assert len(pixels_of(folder)) == 1
    assert any("1 objects do not reach into their chip" in text for text in job.warnings)
    assert len(pixels_of(export(tmp_path, raster, labels, folder="frames", **FRAMES)[0])) == 2


@pytest.mark.parametrize("form", ["Labeled_Tiles", "Imagenet"])
@pytest.mark.parametrize("crop", ["FIXED_SIZE", "BOUNDING_BOX"])
def test_regions_of_a_class_raster_are_objects(tmp_path, form, crop):
    """Pixels that share an edge are one object, those that meet at a corner two; 0 is none."""
    image = scene()
    raster = write_raster(tmp_path / "r.tif", image)
    classes = np.zeros((1, 96, 128), np.uint8)
    classes[0, 10:20, 10:30] = 5
    classes[0, 20:26, 30:40] = 5
    classes[0, 60:70, 60:70] = 9
    source = FeatureSource(write_raster(tmp_path / "c.tif", classes))
    settings = {**TILES, "metadata_format": form, "class_value_field": "", "crop_mode": crop}
    folder, job = export(tmp_path, raster, source, **settings)
    samples = read_samples([str(folder)], Job())
    assert [sample.labels for sample in samples.samples] == [(5,), (5,), (9,)]
    assert any("has 3 connected regions" in text for text in job.messages)
    if crop == "BOUNDING_BOX":
        assert [chip.shape for chip in pixels_of(folder).values()] == [(3, 10, 20), (3, 6, 10), (3, 10, 10)]


@pytest.mark.parametrize("form", ["Labeled_Tiles", "RCNN_Masks"])
def test_a_speckled_class_raster_is_refused_before_memory_is_full(tmp_path, form, monkeypatch):
    """All regions lie in memory; the strips of several rasters count together."""
    monkeypatch.setattr(object_labels, "MOST_REGIONS", 100)
    monkeypatch.setattr(object_labels, "STRIP_PIXELS", 128 * 8)
    raster = write_raster(tmp_path / "r.tif", scene())
    speckle = FeatureSource(write_raster(tmp_path / "c.tif", scene(bands=1) % 3))
    with pytest.raises(FeatureError, match=r"more than 100 connected regions .* sieve"):
        export(tmp_path, raster, speckle, metadata_format=form)
    assert not hidden(tmp_path) and not (tmp_path / "chips").exists()


def test_imagenet_has_a_folder_for_each_class_that_it_keeps(tmp_path):
    """Names that are no folder names, or the same but for blanks; a later run with a further class leaves them."""
    raster = write_raster(tmp_path / "r.tif", scene(bands=4))
    options = {**TILES, "metadata_format": "Imagenet"}
    names = np.array(["Flat roof", "flat_roof", "A/B?"], object)
    labels = write_boxes(
        tmp_path / "l.gpkg", on_map((5, 5, 9, 9), (40, 5, 49, 9), (80, 50, 88, 60)), kind=[5, 6, 7], name=names
    )
    folder, _ = export(tmp_path, raster, labels, **options)
    places = {path.parent.name for path in (folder / "images").rglob("*.tif")}
    assert places == {"Flat_roof", "flat_roof_6", "A_B_"} and not (folder / "labels").exists()
    names = np.array(["FLAT_ROOF", "Flat roof"], object)
    labels = write_boxes(tmp_path / "m.gpkg", on_map((5, 35, 9, 39), (40, 35, 49, 39)), kind=[1, 5], name=names)
    folder, _ = export(tmp_path, raster, labels, **options)
    assert {line.split()[0] for line in (folder / "map.txt").read_text().splitlines()} == {
        rf"images\{path.parent.name}\{path.name}" for path in (folder / "images").rglob("*.tif")
    }
    assert {len(line.split()) for line in (folder / "map.txt").read_text().splitlines()} == {1}
    samples = read_samples([str(folder)], Job())
    assert [sample.labels for sample in samples.samples] == [(5,), (6,), (7,), (1,), (5,)]
    assert [entry.name for entry in samples.classes] == ["FLAT_ROOF", "Flat roof", "flat_roof", "A/B?"]
    assert not hidden(tmp_path)


def test_a_table_labels_images_as_a_whole(tmp_path):
    """Each row is an object as large as its image; frames are the images, in one size when they are read."""
    (tmp_path / "images").mkdir()
    for number, name in enumerate("ab"):
        image = scene(seed=number, rows=50 + number * 10, cols=64)
        write_raster(tmp_path / "images" / f"{name}.tif", image, left=LEFT + number * 100)
    (tmp_path / "labels.csv").write_text("ImageName,Classvalue,Classname\nb.tif,7,field\na.tif,3,wood\n")
    table = FeatureSource(str(tmp_path / "labels.csv"))
    options = {**FRAMES, "class_value_field": "", "processing_mode": "PROCESS_ITEMS_SEPARATELY"}
    folder, _ = export(tmp_path, tmp_path / "images", table, **options)
    assert [chip.shape for chip in pixels_of(folder).values()] == [(3, 50, 64), (3, 60, 64)]
    assert [sample.labels for sample in read_samples([str(folder)], Job()).samples] == [(3,), (7,)]


def test_chips_are_the_same_however_they_are_read(tmp_path, monkeypatch):
    """In one strip, in narrow swaths or one by one; small chips out of one strip decode each pixel about once."""
    image = scene(rows=400, cols=700)
    raster = write_raster(tmp_path / "r.tif", image)
    random = np.random.default_rng(2)
    corners = random.integers(0, (680, 380), (150, 2))
    boxes = np.column_stack([corners, corners + random.integers(3, 18, (150, 2))]).tolist()
    boxes.append([100, 100, 690, 390])
    labels = write_boxes(tmp_path / "l.gpkg", on_map(*boxes), kind=np.arange(151) % 4)
    read = []
    monkeypatch.setattr(
        RasterReader, "read", lambda self, window, of=RasterReader.read: read.append(window) or of(self, window)
    )
    first = pixels_of(export(tmp_path, raster, labels, folder="one", **TILES)[0])
    assert sum(window.width * window.height for window in read) < 1.6 * 400 * 700
    monkeypatch.setattr(object_plan, "SWATH_BYTES", 3 * 150 * 200)
    for name, dense in (("swaths", 0.0), ("alone", 9.9)):
        monkeypatch.setattr(object_plan, "DENSE", dense)
        other = pixels_of(export(tmp_path, raster, labels, folder=name, **TILES)[0])
        assert sorted(chip.tobytes() for chip in other.values()) == sorted(chip.tobytes() for chip in first.values())
    frames = pixels_of(export(tmp_path, raster, labels, folder="frames", **FRAMES)[0])
    assert sorted(chip.shape for chip in frames.values()) == sorted((3, d - b, c - a) for a, b, c, d in boxes)


def test_several_processes_write_the_same_chips(tmp_path, monkeypatch):
    """Units of objects in two processes give the files and statistics of one."""
    monkeypatch.setattr("engine.samples.object_chips.UNIT_OBJECTS", 7)
    raster = write_raster(tmp_path / "r.tif", scene(rows=200, cols=300))
    corners = np.random.default_rng(4).integers(0, (290, 190), (30, 2))
    names = np.array([("Flat roof", "Gable roof", "Other")[index % 3] for index in range(30)], object)
    labels = write_boxes(tmp_path / "l.gpkg", on_map(*np.column_stack([corners, corners + 8]).tolist()), kind=names)
    folders = [
        export(
            tmp_path,
            raster,
            labels,
            folder=f"n{cores}",
            parallel_processing_factor=cores,
            **{**FRAMES, "metadata_format": form},
        )[0]
        for form in ("Imagenet",)
        for cores in ("1", "2")
    ]
    one, two = ({path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")} for folder in folders)
    assert len(one) > 60 and one == two


@pytest.mark.parametrize("crop", ["FIXED_SIZE", "BOUNDING_BOX"])
def test_real_crowns_and_land_use_have_a_chip_each(tmp_path, crop):
    """Boxes over a folder of rasters, polygons that reach outside of a 13 band raster."""
    data = Path(__file__).resolve().parents[4] / "shared" / "data"
    if not (data / "trees_teak" / "crowns_species.gpkg").is_file():
        pytest.skip(f"{data} is not there: real data are tested where the developers' data set is")
    crowns = FeatureSource(str(data / "trees_teak" / "crowns_species.gpkg"))
    options = {"metadata_format": "Labeled_Tiles", "tile_size_x": 64, "tile_size_y": 64, "crop_mode": crop}
    folder, _ = export(
        tmp_path, data / "trees_teak", crowns, class_value_field="taxon", processing_mode="PROCESS_ITEMS_SEPARATELY",
        folder="crowns", **options,
    )  # fmt: skip
    samples = read_samples([str(folder)], Job())
    counts = {
        entry.name: sum(sample.labels == (entry.value,) for sample in samples.samples) for entry in samples.classes
    }
    assert counts == {"ABLO": 36, "ABMA": 32, "CADE27": 1, "PICO": 30}
    polygons = FeatureSource(str(data / "landcover_s2_slovenia" / "lulc_polygons.gpkg"))
    raster = data / "landcover_s2_slovenia" / "s2_l1c_t3.tif"
    folder, job = export(
        tmp_path, raster, polygons, class_value_field="LULC_ID", blacken_around_feature=True,
        folder="land", **{**options, "tile_size_x": 32, "tile_size_y": 32},
    )  # fmt: skip
    samples = read_samples([str(folder)], Job())
    assert 80 <= len(samples) <= 84 and (samples.bands, samples.tile_rows) == (13, 32)
    assert (crop == "FIXED_SIZE") == any("larger than their chip" in text for text in job.warnings)
