"""Export of classified tiles: the label rasters hold what the labels say, pixel by pixel, wherever labels come from."""

import json

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from rasterio.warp import transform_bounds

from engine.errors import Cancelled, EngineError, FeatureError, OutputError, ParameterError, RasterError
from engine.job import Job
from engine.samples import exporting
from engine.samples.folder import read_chip, read_label, read_samples
from engine.samples.samples import NO_LABEL
from engine.tools.values import Extent, FeatureSource
from tests.engine.pipelines.exporting import CELL, LEFT, TOP, export, hidden, on_map, scene
from tests.engine.pipelines.test_export_refusals import Impatient
from tests.rasters import write_boxes, write_features, write_raster


def export_tiles(tmp_path, raster, labels, job=None, **options):
    """Export classified tiles of 32 x 32 pixels; return the folder and the job."""
    return export(tmp_path, raster, labels, job, metadata_format="Classified_Tiles", **options)


def tiles(folder):
    """Yield column, row, chip and label of each chip of a folder, by its place in the scene."""
    samples = read_samples([str(folder)], Job())
    for sample, (left, _, _, top) in zip(samples.samples, samples.bounds.tolist(), strict=True):
        yield round((left - LEFT) / CELL), round((TOP - top) / CELL), read_chip(sample), read_label(sample)


def painted(polygons, values, rows=96, cols=128):
    """Return the class of each pixel of a scene by asking for its centre, polygon by polygon."""
    x, y = np.meshgrid(np.arange(cols) + 0.5, np.arange(rows) + 0.5)
    expected = np.zeros((rows, cols), np.uint16)
    for polygon, value in zip(polygons, values, strict=True):
        expected[shapely.contains_xy(polygon, x, y)] = value
    return expected


def moved_to_map(polygons):
    """Return polygons of pixel coordinates in map units."""
    return [
        shapely.transform(polygon, lambda at: np.column_stack([LEFT + at[:, 0] * CELL, TOP - at[:, 1] * CELL]))
        for polygon in polygons
    ]


@pytest.mark.parametrize("options", [{}, {"output_nofeature_tiles": True, "stride_x": 24, "stride_y": 20}])
def test_polygons_are_painted_pixel_by_pixel(tmp_path, options):
    """Centres decide, the later polygon wins and that is told, holes stay empty; outside is unlabelled."""
    circle = shapely.Point(64.2, 40.1).buffer(30, quad_segs=64)
    ring = shapely.Polygon(shapely.Point(30, 60).buffer(20).exterior, [shapely.Point(30, 60).buffer(9).exterior])
    polygons = [circle, ring, shapely.box(90.4, 3.6, 99.4, 12.4), shapely.box(64, 20, 80, 30)]
    values = [3, 200, 7, 200]
    layer = write_features(tmp_path / "cover.gpkg", moved_to_map(polygons), kind=values)
    image = scene(bands=5, dtype=np.uint16)
    folder, job = export_tiles(
        tmp_path, write_raster(tmp_path / "r.tif", image), layer, class_value_field="kind", **options
    )
    expected, seen = painted(polygons, values), 0
    for col, row, chip, label in tiles(folder):
        assert label.dtype == np.uint8 and (label == expected[row : row + 32, col : col + 32]).all()
        assert (chip == image[:, row : row + 32, col : col + 32]).all()
        assert options or label.any()
        seen += 1
    whole = [expected[row : row + 32, col : col + 32].any() for row in (0, 32, 64) for col in (0, 32, 64, 96)]
    assert seen == (sum(whole) if not options else 25)
    assert "cover: 2 features lie over an earlier one of another class" in " ".join(job.warnings)
    assert any("0 means unlabelled" in text for text in job.messages) and not hidden(tmp_path)


def test_the_folder_has_every_file_as_esri_lays_it_out(tmp_path):
    """World files beside labels, map.txt, pixel statistics in both files, colours unknown, what 0 means."""
    layer = write_boxes(tmp_path / "a.gpkg", on_map((2, 2, 12, 12), (40, 40, 50, 60)), classvalue=[10, 20])
    folder, _ = export_tiles(tmp_path, write_raster(tmp_path / "r.tif", scene(), photometric="RGB"), layer)
    assert sorted(path.name for path in (folder / "labels").iterdir()) == [
        f"{index:012d}.{suffix}" for index in (0, 1) for suffix in ("tfw", "tif")
    ]
    assert (folder / "labels" / "000000000001.tfw").read_bytes() == (
        folder / "images" / "000000000001.tfw"
    ).read_bytes()
    assert (folder / "map.txt").read_bytes().splitlines(keepends=True)[0] == (
        b"images\\000000000000.tif  labels\\000000000000.tif \r\n"
    )
    assert (folder / "stats.txt").read_bytes().decode().split("\r\n") == [
        "images = 2 *3*32*32",
        "classes = 2",
        "classes per image = [min = 1, mean = 1.00, max = 1]",
        "cls name              cls value     images   pixels      min size   mean size    max size",
        "10                           10          1        100        0.00       50.00      100.00",
        "20                           20          1        200        0.00      100.00      200.00",
        "",
    ]
    statistics = json.loads((folder / "esri_accumulated_stats.json").read_text())
    assert statistics["OutputFeatures"] is False and "FeatureStats" not in statistics
    assert statistics["ClassPixelStats"]["NumPixelsPerClass"] == [100, 200]
    assert statistics["ClassPixelStats"]["PixelsPerClass"][1] == {
        "Min": 0.0, "Max": 200.0, "Mean": 100.0, "Sum": 200.0, "Count": 2,
    }  # fmt: skip
    assert json.loads((folder / "esri_model_definition.emd").read_text())["UnlabelledValue"] == 0
    with (
        rasterio.open(folder / "labels" / "000000000001.tif") as label,
        rasterio.open(folder / "images" / "000000000001.tif") as chip,
    ):
        assert (label.count, label.dtypes[0], label.nodata) == (1, "uint8", 0)
        assert label.transform == chip.transform and label.crs == chip.crs and label.shape == chip.shape


def test_one_class_of_polygons_has_a_background(tmp_path):
    """0 is learnt like a class then; the template, the reader and the messages agree."""
    layer = write_boxes(tmp_path / "houses.gpkg", on_map((40, 40, 50, 60), (100, 2, 110, 9)))
    folder, job = export_tiles(tmp_path, write_raster(tmp_path / "r.tif", scene()), layer)
    samples = read_samples([str(folder)], Job())
    assert samples.unlabelled is None and [entry.name for entry in samples.classes] == ["houses"]
    assert samples.emd["UnlabelledValue"] is None
    assert any("0 is the background" in text and "86.8%" in text for text in job.messages)
    with rasterio.open(samples.samples[0].label) as label:
        assert label.nodata is None
    values = {int(value) for sample in samples.samples for value in sample.values}
    assert values == {0, 1} and sum(int(sample.counts[1]) for sample in samples.samples) == 270


@pytest.mark.parametrize("source", ["polygons", "raster"])
def test_wide_rasters_are_worked_swath_by_swath(tmp_path, monkeypatch, source):
    """The labels are the same, whatever range of columns a strip holds; a class raster reaches beyond the image."""
    monkeypatch.setattr(exporting, "SWATH_BYTES", 1)
    polygons, values = [shapely.Point(64, 50).buffer(44), shapely.box(10.2, 30.3, 90.4, 44.4)], [3, 8]
    expected = painted(polygons, values)
    if source == "polygons":
        layer = write_features(tmp_path / "a.gpkg", moved_to_map(polygons), classvalue=values)
    else:
        beyond = np.pad(expected.astype(np.uint8), ((7, 3), (11, 5)), constant_values=3)
        place = {"left": LEFT - 11 * CELL, "top": TOP + 7 * CELL, "nodata": 0}
        layer = FeatureSource(write_raster(tmp_path / "classes.tif", beyond[None], **place))
    folder, _ = export_tiles(tmp_path, write_raster(tmp_path / "r.tif", scene()), layer, stride_x=20, stride_y=12)
    found = list(tiles(folder))
    assert len(found) > 30
    assert all((label == expected[row : row + 32, col : col + 32]).all() for col, row, _, label in found)


def test_points_and_lines_with_a_buffer_are_painted(tmp_path):
    """Circles of the radius; without a radius they are refused, lines as well."""
    raster = write_raster(tmp_path / "r.tif", scene())
    places = [shapely.Point(LEFT + 20, TOP - 20), shapely.Point(LEFT + 40, TOP - 20)]
    points = write_features(tmp_path / "p.gpkg", places, geometry_type="Point", classvalue=[4, 4])
    folder, _ = export_tiles(tmp_path, raster, points, buffer_radius=3.0)
    expected = painted([shapely.Point(40, 40).buffer(6), shapely.Point(80, 40).buffer(6)], [4, 4])
    assert all((label == expected[row : row + 32, col : col + 32]).all() for col, row, _, label in tiles(folder))
    track = shapely.LineString([(LEFT + 4, TOP - 8.25), (LEFT + 14, TOP - 8.25), (LEFT + 14, TOP - 40)])
    lines = write_features(tmp_path / "l.gpkg", [track], geometry_type="LineString")
    folder, _ = export_tiles(tmp_path, raster, lines, buffer_radius=0.6, folder="lines")
    assert all(label[16, 9] == 1 for col, row, _, label in tiles(folder) if (col, row) == (0, 0))
    for layer, says in ((points, "holds points and buffer_radius is 0"), (lines, "holds lines and buffer_radius is 0")):
        with pytest.raises(ParameterError, match=says):
            export_tiles(tmp_path, raster, layer, folder="x")


@pytest.mark.parametrize(
    ("dtype", "nodata", "scale", "label_dtype"),
    [
        (np.uint8, 0, 1, "uint8"),
        (np.int16, -9999, 1, "uint8"),
        (np.int32, None, 300, "uint16"),
        (np.uint16, 0, 9000, "uint16"),
    ],
)
def test_class_rasters_give_their_values(tmp_path, dtype, nodata, scale, label_dtype):
    """Any integer type; nodata is unlabelled, 0 without nodata 0 is background; the smallest type that holds all."""
    values = painted([shapely.box(5, 5, 60, 70), shapely.box(64, 10, 120, 33)], [2, 7]).astype(dtype) * dtype(scale)
    stored = values.copy()
    if nodata is not None:
        stored[values == 0] = nodata
    path = write_raster(tmp_path / "classes.tif", stored[None], nodata=nodata)
    folder, job = export_tiles(tmp_path, write_raster(tmp_path / "r.tif", scene()), FeatureSource(path))
    for col, row, _, label in tiles(folder):
        assert label.dtype == label_dtype and (label == values[row : row + 32, col : col + 32]).all()
    samples = read_samples([str(folder)], Job())
    assert samples.unlabelled == (None if nodata is None else 0)
    assert [entry.value for entry in samples.classes] == [2 * scale, 7 * scale] and not job.warnings


def test_names_and_colours_of_a_class_raster_reach_the_reader(tmp_path):
    """From its table, for the classes that occur; a value that the table lacks is its own name."""
    values = painted([shapely.box(5, 5, 60, 70), shapely.box(64, 10, 120, 33)], [2, 7]).astype(np.uint8)
    values[80:, :20] = 9
    path = write_raster(tmp_path / "classes.tif", values[None], nodata=0)
    rows = ((2, "pond", 0, 90, 255), (7, "wood", 10, 200, 30), (8, "absent", 1, 1, 1))
    heads = (("Value", 0, 5), ("Class", 2, 2), ("Red", 0, 6), ("Green", 0, 7), ("Blue", 0, 8))
    (tmp_path / "classes.tif.aux.xml").write_text(
        '<PAMDataset><PAMRasterBand band="1"><GDALRasterAttributeTable>'
        + "".join(f"<FieldDefn><Name>{a}</Name><Type>{b}</Type><Usage>{c}</Usage></FieldDefn>" for a, b, c in heads)
        + "".join("<Row>" + "".join(f"<F>{cell}</F>" for cell in row) + "</Row>" for row in rows)
        + "</GDALRasterAttributeTable></PAMRasterBand></PAMDataset>"
    )
    options = {"class_value_field": "kind", "buffer_radius": 2.0, "min_polygon_overlap_ratio": 0.5}
    raster = write_raster(tmp_path / "r.tif", scene())
    folder, job = export_tiles(tmp_path, raster, FeatureSource(path), **options)
    classes = read_samples([str(folder)], Job()).classes
    assert [(entry.value, entry.name) for entry in classes] == [(2, "pond"), (7, "wood"), (9, "9")]
    assert [entry.color for entry in classes[:2]] == [(0, 90, 255), (10, 200, 30)]
    assert [text.split()[0] for text in job.warnings] == list(options)


def test_a_background_beside_nodata_keeps_both(tmp_path):
    """Pixels of nodata, and those beyond the class raster, stay apart from class 0: a value of their own, nodata."""
    values = np.full((1, 96, 100), 255, np.uint8)
    values[0, :, 20:60], values[0, 10:80, 30:40] = 0, 6
    path = write_raster(tmp_path / "classes.tif", values, nodata=255)
    folder, job = export_tiles(
        tmp_path, write_raster(tmp_path / "r.tif", scene()), FeatureSource(path), output_nofeature_tiles=True
    )
    assert "25.6% of the pixels of the labels written; 68.8% have no label" in " ".join(job.messages)
    padded = np.full((96, 128), NO_LABEL)
    padded[:, :100] = np.where(values[0] == 255, NO_LABEL, values[0].astype(int))
    for col, row, _, label in tiles(folder):
        assert (label == padded[row : row + 32, col : col + 32]).all()
    with rasterio.open(folder / "labels" / "000000000000.tif") as label:
        assert label.nodata == 255
    samples = read_samples([str(folder)], Job())
    assert samples.unlabelled is None and [entry.value for entry in samples.classes] == [6]
    assert samples.samples[0].values.tolist() == [0, 6] and samples.samples[-1].values.tolist() == []
    (folder / "chips.csv").unlink()
    again = read_samples([str(folder)], Job())
    assert again.unlabelled is None and [entry.value for entry in again.classes] == [6]
    for one, two in zip(samples.samples, again.samples, strict=True):
        assert one.values.tolist() == two.values.tolist() and one.counts.tolist() == two.counts.tolist()


def test_class_rasters_on_another_grid_are_resampled_by_nearest_neighbour(tmp_path):
    """A part of a cell beside, coarser, and in another CRS: told with the reason, no value arises in between."""
    raster = write_raster(tmp_path / "r.tif", scene())
    values = np.full((1, 40, 40), 2, np.uint8)
    values[0, :, 20:] = 9
    shifted = write_raster(tmp_path / "shifted.tif", values, left=LEFT + 0.2, top=TOP + 0.1, nodata=0)
    coarse = write_raster(tmp_path / "coarse.tif", values, cell_size=1.0, nodata=0)
    bounds = transform_bounds("EPSG:32633", "EPSG:4326", LEFT, TOP - 20, LEFT + 20, TOP)
    degrees = Affine((bounds[2] - bounds[0]) / 40, 0, bounds[0], 0, -(bounds[3] - bounds[1]) / 40, bounds[3])
    world = write_raster(tmp_path / "world.tif", values, crs="EPSG:4326", transform=degrees, nodata=0)
    for path, reason, edge in ((shifted, "0.4 of a cell", 20), (coarse, "cell size 1", 40), (world, "another CRS", 20)):
        folder, job = export_tiles(
            tmp_path, raster, FeatureSource(path), folder=reason[:3], output_nofeature_tiles=True
        )
        assert reason in job.warnings[0] and "nearest neighbour" in job.warnings[0]
        found = np.zeros((96, 128), np.uint8)
        for col, row, _, label in tiles(folder):
            found[row : row + 32, col : col + 32] = label
        assert set(np.unique(found).tolist()) == {0, 2, 9}
        assert (found[4:36, 2 : edge - 1] == 2).all() and (found[4:36, edge + 1 : edge + 16] == 9).all()


def test_a_folder_of_class_rasters_is_matched_by_name_or_by_ground(tmp_path):
    """Equal names win; else ground; what the first leaves open the next one fills; images without are left out."""
    images, labels, named = tmp_path / "images", tmp_path / "labels", tmp_path / "named"
    for folder in (images, labels, named):
        folder.mkdir()
    for index in range(3):
        write_raster(images / f"{index}.tif", scene(seed=index)[:, :32, :32], left=LEFT + 16 * index)
        write_raster(
            named / f"{index}.tif", np.full((1, 32, 32), index + 1, np.uint8), left=LEFT + 16 * index, nodata=0
        )
    west = np.full((1, 32, 40), 5, np.uint8)
    west[0, :4] = 0
    write_raster(labels / "west.tif", west, nodata=0)
    write_raster(labels / "west2.tif", np.full((1, 8, 40), 6, np.uint8), nodata=0)
    folder, _ = export_tiles(tmp_path, images, FeatureSource(str(named)))
    assert [int(sample.values[0]) for sample in read_samples([str(folder)], Job()).samples] == [1, 2, 3]
    several = ";".join(str(named / f"{index}.tif") for index in (2, 0))
    folder, _ = export_tiles(tmp_path, images, FeatureSource(several), folder="several")
    assert [int(sample.values[0]) for sample in read_samples([str(folder)], Job()).samples] == [1, 3]
    folder, job = export_tiles(tmp_path, images, FeatureSource(str(labels)), folder="ground")
    found = {(col, row): label for col, row, _, label in tiles(folder)}
    assert set(found) == {(0, 0), (32, 0)} and "1 of 3 rasters have no label" in " ".join(job.messages)
    assert (found[0, 0][:4] == 6).all() and (found[0, 0][4:] == 5).all() and (found[32, 0][8:, 8:] == 0).all()


@pytest.mark.parametrize("source", ["polygons", "raster"])
def test_turned_chips_have_turned_labels(tmp_path, source):
    """A quarter turn is exact; other angles keep values by nearest neighbour, with 0 outside."""
    values = painted([shapely.box(30, 20, 70, 60), shapely.box(80, 60, 100, 90)], [3, 8]).astype(np.uint8)
    image = np.where(values > 0, values * 10, 1)[None].astype(np.uint8)
    raster = write_raster(tmp_path / "r.tif", image)
    layer = (
        write_boxes(tmp_path / "a.gpkg", on_map((30, 20, 70, 60), (80, 60, 100, 90)), classvalue=[3, 8])
        if source == "polygons"
        else FeatureSource(write_raster(tmp_path / "classes.tif", values[None], nodata=0))
    )
    folder, _ = export_tiles(tmp_path, raster, layer, rotation_angle=90, output_nofeature_tiles=True)
    pairs = [(read_chip(sample)[0], read_label(sample)) for sample in read_samples([str(folder)], Job()).samples]
    assert len(pairs) == 48 and all((np.where(label > 0, label * 10, 1) == chip).all() for chip, label in pairs)
    folder, _ = export_tiles(tmp_path, raster, layer, rotation_angle=200, folder="askew", output_nofeature_tiles=True)
    pairs = [(read_chip(sample)[0], read_label(sample)) for sample in read_samples([str(folder)], Job()).samples]
    turned = pairs[1::2]
    assert all(set(np.unique(label).tolist()) <= {0, 3, 8} for _, label in turned)
    assert all((label[chip == 0] == 0).all() for chip, label in turned)
    agree = np.mean([(np.abs(label * 10.0 - chip) < 15).mean() for chip, label in turned])
    assert agree > 0.97


@pytest.mark.parametrize("space", ["MAP_SPACE", "PIXEL_SPACE"])
@pytest.mark.parametrize("stored", ["south_up", "rotated"])
def test_rasters_stored_otherwise_keep_labels_on_their_ground(tmp_path, stored, space):
    """Polygons and a class raster of the same grid agree with the pixels under them."""
    values = np.zeros((1, 96, 128), np.uint8)
    values[0, 40:60, 60:90] = 4
    transform = (
        Affine(CELL, 0, LEFT, 0, CELL, TOP)
        if stored == "south_up"
        else Affine.translation(LEFT, TOP) @ Affine.rotation(25) @ Affine.scale(CELL, -CELL)
    )
    raster = write_raster(tmp_path / "r.tif", 100 + values * 20, transform=transform)
    corners = [transform @ corner for corner in ((60, 40), (90, 40), (90, 60), (60, 60))]
    polygons = write_features(tmp_path / "a.gpkg", [shapely.Polygon(corners)], classvalue=[4])
    classes = FeatureSource(write_raster(tmp_path / "classes.tif", values, transform=transform))
    for name, layer in (("polygons", polygons), ("raster", classes)):
        folder, _ = export_tiles(tmp_path, raster, layer, reference_system=space, folder=name)
        samples = read_samples([str(folder)], Job())
        assert samples.image_space == space
        wrong = total = 0
        for sample in samples.samples:
            chip, label = read_chip(sample)[0], read_label(sample)
            wrong += int(((label == 4) != (chip > 140))[chip > 0].sum())
            total += int((label == 4).sum())
        exact = stored == "south_up" or space == "PIXEL_SPACE"
        assert (total, wrong) == (600, 0) if exact else (wrong < 60 and total == pytest.approx(600, rel=0.05))


def test_features_with_too_small_a_part_are_left_out_of_a_chip(tmp_path):
    """And what they lay over comes to light; a chip with nothing left is a chip without features."""
    boxes = on_map((4, 14, 30, 18), (26, 12, 60, 20), (90, 60, 98, 70))
    layer = write_boxes(tmp_path / "a.gpkg", boxes, classvalue=[1, 2, 3])
    folder, _ = export_tiles(tmp_path, write_raster(tmp_path / "r.tif", scene()), layer, min_polygon_overlap_ratio=0.7)
    found = {(col, row): label for col, row, _, label in tiles(folder)}
    assert set(found) == {(0, 0), (32, 0)}
    assert (found[0, 0][14:18, 4:30] == 1).all() and (found[0, 0] == 1).sum() == np.count_nonzero(found[0, 0])
    assert (found[32, 0][12:20, :28] == 2).all()


def test_chips_lie_inside_the_mask_and_the_extent(tmp_path):
    """As for every format."""
    layer = write_boxes(tmp_path / "a.gpkg", on_map((0, 0, 128, 48), (0, 48, 128, 96)), classvalue=[1, 2])
    raster = write_raster(tmp_path / "r.tif", scene())
    mask = write_boxes(tmp_path / "m.gpkg", on_map((20, 20, 100, 100)))
    folder, _ = export_tiles(tmp_path, raster, layer, in_mask_polygons=mask)
    assert {(col, row) for col, row, *_ in tiles(folder)} == {(32, 32), (64, 32), (32, 64), (64, 64)}
    left, bottom, right, top = on_map((10, 10, 80, 50))[0]
    folder, _ = export_tiles(tmp_path, raster, layer, extent=Extent(left, bottom, right, top), folder="extent")
    assert {(col, row) for col, row, *_ in tiles(folder)} == {(x, y) for x in (10, 42, 48) for y in (10, 18)}


def test_a_later_run_goes_on_with_classes_and_statistics(tmp_path):
    """Two runs hold what one over both would; a contradiction on what 0 means is refused."""
    raster = write_raster(tmp_path / "r.tif", scene())
    one = write_boxes(tmp_path / "one.gpkg", on_map((2, 2, 12, 12), (14, 14, 20, 20)), classvalue=[1, 2])
    two = write_boxes(tmp_path / "two.gpkg", on_map((70, 40, 80, 50), (82, 40, 90, 44)), classvalue=[2, 300])
    export_tiles(tmp_path, raster, one)
    folder, _ = export_tiles(tmp_path, raster, two)
    samples = read_samples([str(folder)], Job())
    assert [entry.value for entry in samples.classes] == [1, 2, 300] and samples.unlabelled == 0
    found = samples.stats["ClassPixelStats"]
    assert found["NumPixelsPerClass"] == [100, 36 + 100, 32] and found["NumImagesPerClass"] == [1, 2, 1]
    assert found["PixelsPerClass"][1] == {"Min": 36.0, "Max": 100.0, "Mean": 68.0, "Sum": 136.0, "Count": 2}
    assert found["PixelsPerClass"][0]["Min"] == 0.0 and found["NumClassesPerImage"]["Sum"] == 4.0
    single = write_boxes(tmp_path / "single.gpkg", on_map((2, 2, 12, 12)), classvalue=[1])
    with pytest.raises(OutputError, match=r"0 is unlabelled in the labels of .*chips and would be the background"):
        export_tiles(tmp_path, raster, single)


def test_pairs_of_images_are_written_beside_each_other(tmp_path):
    """The second image on the grid of the first, told; statistics and map.txt of both; a later run goes on."""
    first, second = scene(bands=4), scene(bands=3, dtype=np.uint16, seed=5)
    one = write_raster(tmp_path / "one.tif", first, photometric="MINISBLACK")
    two = write_raster(tmp_path / "two.tif", second, photometric="MINISBLACK")
    layer = write_boxes(tmp_path / "change.gpkg", on_map((2, 2, 12, 12), (70, 40, 80, 50)))
    folder, job = export_tiles(tmp_path, one, layer, in_raster2=two)
    samples = read_samples([str(folder)], Job())
    for sample, (left, _, _, top) in zip(samples.samples, samples.bounds.tolist(), strict=True):
        col, row = round((left - LEFT) / CELL), round((TOP - top) / CELL)
        assert sample.image2.name == sample.image.name and sample.image2.parent.name == "images2"
        assert (read_chip(sample, second=True) == second[:, row : row + 32, col : col + 32]).all()
        assert (read_chip(sample) == first[:, row : row + 32, col : col + 32]).all()
    assert not job.warnings and (folder / "map.txt").read_bytes().startswith(
        b"images\\000000000000.tif images2\\000000000000.tif  labels\\000000000000.tif \r\n"
    )
    template = json.loads((folder / "esri_model_definition.emd").read_text())
    pixels = np.stack([read_chip(sample, second=True) for sample in samples.samples]).astype(float)
    assert [band["Mean"] for band in template["AllTilesStats2"]] == pytest.approx(pixels.mean(axis=(0, 2, 3)).tolist())
    assert template["InputRastersProps2"]["RasterCount"] == 1 and len(samples.stats["BandStatsState2"]) == 3
    folder, _ = export_tiles(tmp_path, one, layer, in_raster2=two)
    assert len(list((folder / "images2").glob("*.tif"))) == 4 == len(read_samples([str(folder)], Job()))
    with pytest.raises(OutputError, match="second bands 3 and this run would write 0"):
        export_tiles(tmp_path, one, layer)


@pytest.mark.parametrize("third", [("dried up", None), ("no change", 0), ("unchanged", 0), ("stable", 0)])
def test_outside_of_what_changed_nothing_changed(tmp_path, third):
    """Of pairs with kinds of change 0 is the background; where ground without change is drawn too, it is unlabelled."""
    one = write_raster(tmp_path / "one.tif", scene())
    boxes, values = on_map((2, 2, 12, 12), (70, 40, 80, 50), (100, 70, 110, 80)), np.array([1, 2, 3], np.int32)
    names = np.array(["built", "cleared", third[0]])
    layer = write_boxes(tmp_path / "change.gpkg", boxes, Classvalue=values, Classname=names)
    folder, job = export_tiles(tmp_path, one, layer, in_raster2=one, class_value_field="Classvalue")
    samples = read_samples([str(folder)], Job())
    assert samples.unlabelled == third[1] and [entry.value for entry in samples.classes] == [1, 2, 3]
    said = "Outside the features nothing changed" if third[1] is None else "it is not known what changed"
    assert any(said in text for text in job.messages)
    folder, job = export_tiles(tmp_path, one, layer, folder="single", class_value_field="Classvalue")
    assert read_samples([str(folder)], Job()).unlabelled == 0 and "Outside" not in " ".join(job.messages)


def test_a_cancelled_run_of_pairs_leaves_nothing_of_itself(tmp_path):
    """Neither new chips nor new second ones beside those of an earlier run."""
    one = write_raster(tmp_path / "one.tif", scene())
    layer = write_boxes(tmp_path / "change.gpkg", on_map((2, 2, 120, 90)))
    folder, _ = export_tiles(tmp_path, one, layer, in_raster2=one)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(Cancelled):
        export_tiles(tmp_path, one, layer, Impatient(tmp_path), in_raster2=one)
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert not hidden(tmp_path)


def test_second_images_on_another_grid_are_resampled_and_told(tmp_path):
    """By a part of a cell; chips where the second image has no pixel are left out, and counted."""
    image = np.tile(np.arange(128, dtype=np.uint8), (1, 96, 1))
    one = write_raster(tmp_path / "one.tif", image)
    two = write_raster(tmp_path / "two.tif", image[:, :, :60], left=LEFT + 0.2)
    layer = write_boxes(tmp_path / "a.gpkg", on_map((2, 2, 12, 12), (40, 40, 44, 44), (100, 70, 110, 80)))
    folder, job = export_tiles(tmp_path, one, layer, in_raster2=two)
    assert "shifted by 0.4 of a cell" in job.warnings[0] and "1 chips are left out" in job.warnings[1]
    samples = read_samples([str(folder)], Job()).samples
    assert len(samples) == 2
    expected = np.arange(4, 30) - 0.4
    assert read_chip(samples[0], second=True)[0, 5, 4:30].astype(float) == pytest.approx(expected, abs=0.51)


def test_the_cell_size_for_objects_of_one_class_is_proposed(tmp_path):
    """About 34 pixels across; land cover keeps the raster's own, and labels are painted on the grid of the run."""
    raster = write_raster(tmp_path / "r.tif", scene(rows=384, cols=384))
    boxes = on_map((10, 10, 146, 146), (170, 170, 306, 306))
    layer = write_boxes(tmp_path / "houses.gpkg", boxes)
    folder, job = export_tiles(tmp_path, raster, layer, cell_size="auto")
    samples = read_samples([str(folder)], Job())
    assert samples.cell_size == (2.0, 2.0) and "about 34 pixels across" in " ".join(job.messages)
    assert sum(int(sample.counts[sample.values == 1].sum()) for sample in samples.samples) == pytest.approx(
        2 * 34**2, rel=0.1
    )
    cover = write_boxes(tmp_path / "cover.gpkg", boxes, classvalue=[1, 2])
    folder, job = export_tiles(tmp_path, raster, cover, cell_size="auto", folder="cover")
    assert read_samples([str(folder)], Job()).cell_size == (CELL, CELL) and "0.5 is kept" in " ".join(job.messages)


def test_compressed_labels_and_png_chips(tmp_path):
    """Labels are TIFF whatever the chips are, compressed as asked."""
    layer = write_boxes(tmp_path / "a.gpkg", on_map((2, 2, 12, 12), (70, 40, 80, 50)), classvalue=[1, 2])
    raster = write_raster(tmp_path / "r.tif", scene(), photometric="RGB")
    for name, options in (("png", {"image_chip_format": "PNG"}), ("lzw", {"compression": "LZW"})):
        folder, _ = export_tiles(tmp_path, raster, layer, folder=name, **options)
        labels = [label for *_, label in tiles(folder)]
        assert [int((label > 0).sum()) for label in labels] == [100, 100]
    with rasterio.open(folder / "labels" / "000000000000.tif") as label:
        assert label.compression.name == "lzw"


def test_polygons_of_class_0_are_background_beside_unlabelled_ground(tmp_path):
    """What is outside all polygons is still unlabelled."""
    layer = write_boxes(tmp_path / "a.gpkg", on_map((2, 2, 12, 12), (14, 2, 20, 12)), classvalue=[0, 5])
    folder, _ = export_tiles(tmp_path, write_raster(tmp_path / "r.tif", scene()), layer, output_nofeature_tiles=True)
    samples = read_samples([str(folder)], Job())
    label = read_label(samples.samples[0])
    assert samples.unlabelled is None and [entry.value for entry in samples.classes] == [5]
    assert (label[2:12, 2:12] == 0).all() and (label[2:12, 14:20] == 5).all() and label[20, 20] == NO_LABEL
    assert samples.samples[0].counts.tolist() == [100, 60]


def bad_inputs():
    """Yield a name, what differs from a good request, and what the message says."""
    good = np.ones((1, 96, 128), np.uint8)
    yield "float", {"classes": good.astype(np.float32)}, "holds float32 and class values are whole numbers"
    yield "negative", {"classes": good.astype(np.int16) * -3}, "holds the class value -3"
    yield "large", {"classes": good.astype(np.int32) * 70_000}, "holds the class value 70000"
    yield "bands", {"classes": np.concatenate([good, good])}, "has 2 bands and a class raster has one"
    yield "nothing", {"classes": good * 0}, "shares no labelled ground"
    yield "nodata", {"classes": good, "nodata": 1}, "shares no labelled ground"
    yield "elsewhere", {"classes": good, "left": 0.0}, "shares no labelled ground"
    yield "no crs", {"classes": good, "crs": None}, "classes.tif has no CRS and .*r.tif has one"
    yield "boxes", {"classes": good, "metadata_format": "KITTI_rectangles"}, "is a raster and rectangles are made from"
    yield "second", {"classes": good, "in_raster2": "absent.tif"}, "absent.tif does not exist"
    yield "pairs", {"metadata_format": "KITTI_rectangles", "in_raster2": "x.tif"}, "KITTI_rectangles has no second"
    yield "values", {"values": [70_000, 2]}, "class value 70000 and label rasters hold values up to 65535"
    yield "zero", {"values": [0, 0]}, "are of class 0, which is the background"
    yield "specks", {"boxes": ((40.1, 40.1, 40.2, 40.2), (60.1, 60.1, 60.3, 60.3))}, "no label holds the centre of a"
    yield "fine", {"cell_size": "0.0001"}, "cell size 0.0001 is more than 1000 times finer than the 0.5 of"
    yield "none", {"in_class_data": None}, "no labels are given"
    yield "missing", {"in_class_data": FeatureSource("absent.tif")}, "absent.tif does not exist"
    yield "empty folder", {"in_class_data": FeatureSource("EMPTY")}, "cannot be read as a layer|does not exist"


@pytest.mark.parametrize(
    ("changes", "says"), [case[1:] for case in bad_inputs()], ids=[case[0] for case in bad_inputs()]
)
def test_bad_input_gets_one_sentence_and_nothing_is_written(tmp_path, changes, says):
    """Each fault by itself; the output folder is not there afterwards."""
    changes = dict(changes)
    raster = write_raster(tmp_path / "r.tif", scene())
    values = changes.pop("values", [1, 2])
    boxes = changes.pop("boxes", ((40, 40, 50, 50), (60, 60, 70, 70)))
    labels = write_boxes(tmp_path / "a.gpkg", on_map(*boxes), classvalue=values)
    if "classes" in changes:
        place = {name: changes.pop(name) for name in ("left", "nodata", "crs") if name in changes}
        labels = FeatureSource(write_raster(tmp_path / "classes.tif", changes.pop("classes"), **place))
    labels = changes.pop("in_class_data", labels)
    if labels is not None and labels.path == "EMPTY":
        (tmp_path / "empty").mkdir()
        labels = FeatureSource(str(tmp_path / "empty"))
    changes = {"metadata_format": "Classified_Tiles", **changes}
    with pytest.raises(EngineError, match=says) as caught:
        export(tmp_path, raster, labels, **changes)
    assert isinstance(caught.value, (ParameterError, RasterError, FeatureError)) and "\n" not in str(caught.value)
    assert not (tmp_path / "chips").exists() and not hidden(tmp_path)


def test_a_second_raster_without_pixels_on_the_labels_is_named(tmp_path):
    """The labels are good and the reason is another."""
    raster = write_raster(tmp_path / "r.tif", scene())
    second = write_raster(tmp_path / "later.tif", np.zeros((1, 96, 128), np.uint8), nodata=0)
    labels = write_boxes(tmp_path / "a.gpkg", on_map((40, 40, 50, 50)))
    with pytest.raises(FeatureError, match=r"later\.tif has no valid pixel in any of the 1 chips"):
        export_tiles(tmp_path, raster, labels, in_raster2=second)
    assert not (tmp_path / "chips").exists()


def test_a_folder_with_a_raster_that_has_no_classes_is_refused_by_its_name(tmp_path):
    """One of several bands, or of decimals, among class rasters."""
    raster, labels = write_raster(tmp_path / "r.tif", scene()), tmp_path / "labels"
    labels.mkdir()
    write_raster(labels / "a.tif", np.ones((1, 96, 128), np.uint8))
    for pixels, says in ((np.ones((2, 96, 128), np.uint8), "has 2 bands"), (np.ones((1, 9, 9)), "holds float64")):
        write_raster(labels / "b.tif", pixels)
        with pytest.raises(RasterError, match=rf"b\.tif {says}"):
            export_tiles(tmp_path, raster, FeatureSource(str(labels)))
        assert not (tmp_path / "chips").exists()


def test_second_rasters_that_do_not_go_with_the_first_are_refused(tmp_path):
    """None on the same ground, several, or of different kinds."""
    raster = write_raster(tmp_path / "r.tif", scene())
    layer = write_boxes(tmp_path / "a.gpkg", on_map((40, 40, 50, 50)))
    far = write_raster(tmp_path / "far.tif", scene(), left=0.0)
    several, mixed = tmp_path / "several", tmp_path / "mixed"
    for folder, bands in ((several, 3), (mixed, 4)):
        folder.mkdir()
        write_raster(folder / "a.tif", scene(), photometric="RGB")
        write_raster(folder / "b.tif", scene(bands=bands), photometric="MINISBLACK")
    cases = ((far, "shares no ground with"), (several, "both show the ground"), (mixed, "second chips of one folder"))
    for path, says in cases:
        with pytest.raises(RasterError, match=says):
            export_tiles(tmp_path, raster, layer, in_raster2=str(path))
        assert not (tmp_path / "chips").exists()
