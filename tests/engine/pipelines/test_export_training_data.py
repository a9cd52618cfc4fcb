"""Export Training Data For Deep Learning, end to end on tiny scenes."""

import json

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from rasterio.warp import transform_bounds
from shapely.geometry import Point

from engine.errors import (
    FeatureError,
    RasterError,
)
from engine.job import Job
from engine.samples.folder import read_chip, read_samples
from engine.tools.values import Extent, FeatureSource
from tests.engine.pipelines.exporting import CELL, FORMATS, LEFT, TOP, boxes_on_map, export, hidden, on_map, scene
from tests.rasters import write_boxes, write_features, write_raster


@pytest.mark.parametrize("metadata_format", FORMATS)
def test_an_exported_folder_read_back_gives_the_same_boxes(tmp_path, metadata_format):
    """Labels of 2 classes over chip borders, to 0.01 pixel where they were drawn; the pixels are the raster's."""
    image = scene()
    raster = write_raster(tmp_path / "r.tif", image, photometric="RGB")
    pixels = [(3.25, 4.5, 11.125, 9), (28, 28, 37.75, 40), (100, 60, 128, 96), (60.2, 10.4, 70.9, 20)]
    labels = write_boxes(tmp_path / "pads.gpkg", on_map(*pixels), kind=[7, 2, 2, 7])
    folder, _ = export(tmp_path, raster, labels, metadata_format=metadata_format, class_value_field="KIND")
    samples = read_samples([str(folder)], Job())
    seen = 0
    for sample, bounds in zip(samples.samples, samples.bounds, strict=True):
        col, row = round((bounds[0] - LEFT) / CELL), round((TOP - bounds[3]) / CELL)
        assert (read_chip(sample) == image[:, row : row + 32, col : col + 32]).all()
        expected = []
        for (a, b, c, d), value in zip(pixels, [7, 2, 2, 7], strict=True):
            part = [max(a - col, 0), max(b - row, 0), min(c - col, 32), min(d - row, 32), value]
            if part[0] < part[2] and part[1] < part[3]:
                expected.append(part)
        found = np.column_stack([sample.boxes, sample.classes])
        assert found == pytest.approx(np.array(expected), abs=0.01)
        seen += len(expected)
    assert seen == 9 and len(samples) == 7


def test_the_folder_has_every_file_as_esri_lays_it_out(tmp_path):
    """Twelve digits, world files, map.txt with its blanks and CRLF, statistics that agree, a template."""
    raster = write_raster(tmp_path / "r.tif", scene(), photometric="RGB")
    labels = write_boxes(tmp_path / "pads.gpkg", on_map((2, 2, 12, 12), (40, 40, 50, 60)), classvalue=[1, 5])
    folder, job = export(tmp_path, raster, labels, start_index=40)
    assert sorted(path.name for path in folder.iterdir()) == [
        "chips.csv",
        "esri_accumulated_stats.json",
        "esri_model_definition.emd",
        "images",
        "labels",
        "map.txt",
        "stats.txt",
    ]
    assert sorted(path.name for path in (folder / "images").iterdir()) == [
        f"{index:012d}.{suffix}" for index in (40, 41) for suffix in ("tfw", "tif")
    ]
    assert (folder / "map.txt").read_bytes().splitlines(keepends=True)[0] == (
        b"images\\000000000040.tif  labels\\000000000040.xml \r\n"
    )
    assert (folder / "stats.txt").read_text().splitlines()[:2] == ["images = 2 *3*32*32", "features = 2"]
    statistics = json.loads((folder / "esri_accumulated_stats.json").read_text())
    assert (statistics["NextTileIndex"], statistics["NumTiles"], statistics["NumClasses"]) == (42, 2, 2)
    assert statistics["FeatureStats"]["FeatureAreaPerClass"][1]["Sum"] == pytest.approx(10 * 20 * 0.25)
    assert statistics["MinCellSize"] == {"x": 0.5, "y": 0.5, "spatialReference": {"wkid": 32633, "latestWkid": 32633}}
    template = json.loads((folder / "esri_model_definition.emd").read_text())
    assert list(template)[:6] == [
        "Framework", "ModelConfiguration", "ModelType", "ModelFile", "Description", "ImageHeight",
    ]  # fmt: skip
    assert template["UnlabelledValue"] is None and template["ImageWidth"] == 32
    assert template["Classes"] == [{"Value": value, "Name": str(value), "Color": [-1, -1, -1]} for value in (1, 5)]
    chips = [scene()[:, :32, :32], scene()[:, 32:64, 32:64]]
    std = np.stack(chips).astype(float).std(axis=(0, 2, 3))
    assert [band["StdDev"] for band in template["AllTilesStats"]] == pytest.approx(std.tolist())
    lines = (folder / "images" / "000000000041.tfw").read_text().splitlines()
    assert [float(line) for line in lines] == [0.5, 0, 0, -0.5, LEFT + 16.25, TOP - 16.25]
    assert any("pixels across" in text for text in job.messages)
    assert not hidden(tmp_path)


def test_edges_are_pulled_back_and_overlapping_chips_share_labels(tmp_path):
    """The last column and row end at the raster's edge; non-square chips and strides."""
    raster = write_raster(tmp_path / "r.tif", scene(rows=70, cols=90))
    labels = write_boxes(tmp_path / "a.gpkg", on_map((80, 60, 89, 69), (2, 2, 9, 9)))
    folder, _ = export(tmp_path, raster, labels, tile_size_x=40, tile_size_y=24, stride_x=30, stride_y=16)
    bounds = read_samples([str(folder)], Job()).bounds
    corners = {((left - LEFT) / CELL, (TOP - top) / CELL) for left, _, _, top in bounds.tolist()}
    assert corners == {(0, 0), (50, 46)}
    many, _ = export(
        tmp_path, raster, labels, folder="all", tile_size_x=40, tile_size_y=24, stride_x=30, stride_y=16,
        output_nofeature_tiles=True,
    )  # fmt: skip
    bounds = read_samples([str(many)], Job()).bounds
    corners = {((left - LEFT) / CELL, (TOP - top) / CELL) for left, _, _, top in bounds.tolist()}
    assert corners == {(x, y) for x in (0, 30, 50) for y in (0, 16, 32, 46)}


def test_a_raster_smaller_than_a_chip_gives_one_filled_with_0(tmp_path):
    """Told once; the label keeps its place."""
    image = scene(rows=20, cols=25)
    folder, job = export(
        tmp_path, write_raster(tmp_path / "r.tif", image), write_boxes(tmp_path / "a.gpkg", on_map((5, 5, 40, 15))),
        output_nofeature_tiles=True,
    )  # fmt: skip
    assert len(list((folder / "images").glob("*.tif"))) == 1
    with rasterio.open(folder / "images" / "000000000000.tif") as chip:
        pixels = chip.read()
        assert (pixels[:, :20, :25] == image).all() and pixels[:, 20:].max() == pixels[:, :, 25:].max() == 0
        assert chip.bounds.left == LEFT and chip.bounds.top == TOP
    assert "<xmax>25.00</xmax>" in (folder / "labels" / "000000000000.xml").read_text()
    assert sum("smaller than a chip" in text for text in job.warnings) == 1


@pytest.mark.parametrize(
    ("bands", "dtype", "options"),
    [
        (13, np.uint16, {}),
        (1, np.float32, {}),
        (4, np.int16, {"compression": "LZW"}),
        (2, np.uint8, {"compression": "DEFLATE"}),
    ],
)
def test_chips_keep_type_and_bands(tmp_path, bands, dtype, options):
    """Any number of bands and any type, compressed or not."""
    image = scene(bands=bands, dtype=dtype)
    labels = write_boxes(tmp_path / "a.gpkg", on_map((40, 40, 50, 50)))
    folder, _ = export(tmp_path, write_raster(tmp_path / "r.tif", image), labels, **options)
    with rasterio.open(folder / "images" / "000000000000.tif") as chip:
        assert chip.count == bands and chip.dtypes[0] == dtype.__name__ and chip.crs.to_epsg() == 32633
        assert (chip.read() == image[:, 32:64, 32:64]).all()


@pytest.mark.parametrize("image_format", ["PNG", "JPEG"])
def test_png_and_jpeg_chips_are_written_for_8_bit_images(tmp_path, image_format):
    """With world files and statistics like TIFF chips."""
    raster = write_raster(tmp_path / "r.tif", scene())
    labels = write_boxes(tmp_path / "a.gpkg", on_map((40, 40, 50, 50), (2, 2, 9, 9)))
    folder, _ = export(tmp_path, raster, labels, image_chip_format=image_format)
    samples = read_samples([str(folder)], Job())
    assert len(samples) == 2 and read_chip(samples.samples[0]).shape == (3, 32, 32)
    assert samples.cell_size == (0.5, 0.5) and samples.bounds[1].tolist() == pytest.approx(
        [LEFT + 16, TOP - 32, LEFT + 32, TOP - 16]
    )


def test_nodata_alpha_and_palette_never_drop_a_label(tmp_path):
    """Invalid pixels are 0 in the chip, the label stays; alpha is no band; a palette is three."""
    image = scene(bands=4)
    image[3] = 255
    image[3, :, 40:] = 0
    labels = write_boxes(tmp_path / "a.gpkg", on_map((70, 40, 80, 50), (2, 2, 9, 9)))
    alpha = write_raster(tmp_path / "alpha.tif", image, photometric="RGB", alpha="YES")
    nodata = np.where(image[3] > 0, image[:3], 255).astype(np.uint8)
    empty = write_raster(tmp_path / "nodata.tif", nodata, nodata=255)
    for number, raster in enumerate((alpha, empty)):
        folder, _ = export(tmp_path, raster, labels, folder=f"out{number}", output_nofeature_tiles=True)
        samples = read_samples([str(folder)], Job())
        assert len(samples) == 7 and sum(len(sample.boxes) for sample in samples.samples) == 2
        invalid = next(sample for sample in samples.samples if sample.boxes.any() and sample.boxes[0, 1] > 5)
        assert read_chip(invalid).shape == (3, 32, 32) and not read_chip(invalid).any()
        assert samples.band_stats.minimum.min() >= 1
    with rasterio.open(tmp_path / "palette.tif", "w", driver="GTiff", width=64, height=64, count=1, dtype="uint8",
                       crs="EPSG:32633", transform=Affine(CELL, 0, LEFT, 0, -CELL, TOP)) as file:  # fmt: skip
        file.write(np.ones((1, 64, 64), np.uint8))
        file.write_colormap(1, {0: (0, 0, 0, 255), 1: (10, 20, 30, 255)})
    folder, _ = export(tmp_path, tmp_path / "palette.tif", labels, folder="palette", output_nofeature_tiles=True)
    assert read_chip(read_samples([str(folder)], Job()).samples[0])[:, 0, 0].tolist() == [10, 20, 30]


def test_labels_in_another_crs_lie_where_they_lie_on_the_ground(tmp_path):
    """Degrees and another UTM zone; a raster and labels without any CRS are taken as they are, with one warning."""
    raster = write_raster(tmp_path / "r.tif", scene())
    (box,) = on_map((40, 40, 50, 52))
    for number, crs in enumerate(("EPSG:4326", "EPSG:32632")):
        moved = transform_bounds("EPSG:32633", crs, *box)
        labels = write_boxes(tmp_path / f"{number}.gpkg", [moved], crs=crs)
        folder, _ = export(tmp_path, raster, labels, folder=f"o{number}", output_nofeature_tiles=True)
        assert boxes_on_map(folder)[0][:4] == pytest.approx(box, abs=1.0)
    world = [(-170, 80, -160, 95), transform_bounds("EPSG:32633", "EPSG:4326", *box)]
    labels = write_boxes(tmp_path / "world.gpkg", world, crs="EPSG:4326", value=[3, 8])
    folder, job = export(tmp_path, raster, labels, folder="world", output_nofeature_tiles=True)
    assert boxes_on_map(folder)[0][4] == 8 and "1 of 2 labels lie outside" in " ".join(job.messages)
    bare = write_raster(tmp_path / "bare.tif", scene(), crs=None)
    labels = write_boxes(tmp_path / "bare.gpkg", [box], crs=None)
    folder, job = export(tmp_path, bare, labels, folder="bare", output_nofeature_tiles=True)
    assert boxes_on_map(folder)[0][:4] == pytest.approx(box, abs=0.01)
    assert len([text for text in job.warnings if "CRS" in text]) == 1
    with pytest.raises(FeatureError, match=r"bare\.tif has no CRS and"):
        export(tmp_path, bare, write_boxes(tmp_path / "with.gpkg", [box]), folder="x")
    with pytest.raises(FeatureError, match=r"bare has no CRS and .*r\.tif has one"):
        export(tmp_path, raster, labels, folder="x")
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("space", ["MAP_SPACE", "PIXEL_SPACE"])
@pytest.mark.parametrize("stored", ["south_up", "rotated"])
def test_rasters_stored_otherwise_are_cut_north_up_or_as_stored(tmp_path, stored, space):
    """The pixels under a label are the same ground in every case."""
    image = np.full((1, 96, 128), 50, np.uint8)
    image[:, 40:52, 60:76] = 200
    transform = (
        Affine(CELL, 0, LEFT, 0, CELL, TOP)
        if stored == "south_up"
        else Affine.translation(LEFT, TOP) @ Affine.rotation(25) @ Affine.scale(CELL, -CELL)
    )
    raster = write_raster(tmp_path / "r.tif", image, transform=transform)
    corners = [transform @ corner for corner in ((60, 40), (76, 40), (76, 52), (60, 52))]
    labels = write_features(tmp_path / "a.gpkg", [shapely.Polygon(corners)])
    folder, _ = export(tmp_path, raster, labels, reference_system=space, output_nofeature_tiles=True, tile_size_x=64,
                       tile_size_y=64, stride_x=16, stride_y=16)  # fmt: skip
    samples = read_samples([str(folder)], Job())
    assert samples.image_space == space
    whole = [
        sample for sample in samples.samples
        if len(sample.boxes) and (sample.boxes[0, :2] > 1).all() and (sample.boxes[0, 2:] < 63).all()
    ]  # fmt: skip
    assert whole
    for sample in whole:
        pixels = read_chip(sample)[0]
        col_min, row_min, col_max, row_max = sample.boxes[0]
        assert pixels[int((row_min + row_max) / 2), int((col_min + col_max) / 2)] == 200
        rows, cols = np.nonzero(pixels > 125)
        assert (cols.min(), rows.min(), cols.max() + 1, rows.max() + 1) == pytest.approx(sample.boxes[0], abs=1.1)
        with rasterio.open(sample.image) as chip:
            assert (chip.transform.b == 0 and chip.transform.e < 0) == (space == "MAP_SPACE")


def test_a_folder_of_rasters_is_cut_raster_by_raster(tmp_path):
    """Each is its own, the labels are those of all; rasters without labels are left out."""
    images = tmp_path / "images"
    images.mkdir()
    for number in range(3):
        write_raster(images / f"{number}.tif", scene(seed=number), left=LEFT + number * 1000)
    boxes = on_map((2, 2, 12, 12)) + on_map((40, 40, 60, 60), left=LEFT + 1000)
    folder, job = export(tmp_path, images, write_boxes(tmp_path / "a.gpkg", boxes))
    samples = read_samples([str(folder)], Job())
    assert samples.sources == [str(images / "0.tif"), str(images / "1.tif")]
    assert json.loads((folder / "esri_model_definition.emd").read_text())["InputRastersProps"]["RasterCount"] == 2
    assert "1 of 3 rasters have no label and are left out" in job.messages
    write_raster(images / "1.tif", scene(bands=1), left=LEFT + 1000)
    with pytest.raises(RasterError, match=r"1\.tif has 1 bands of uint8 and .*0\.tif has 3"):
        export(tmp_path, images, FeatureSource(str(tmp_path / "a.gpkg")), folder="x")


def test_points_become_circles(tmp_path):
    """The radius is in the unit of the points' CRS."""
    raster = write_raster(tmp_path / "r.tif", scene())
    points = write_features(tmp_path / "p.gpkg", [Point(LEFT + 23, TOP - 24)], geometry_type="Point")
    folder, _ = export(tmp_path, raster, points, buffer_radius=4.0, output_nofeature_tiles=True)
    assert boxes_on_map(folder)[0][:4] == pytest.approx((LEFT + 19, TOP - 28, LEFT + 27, TOP - 20), abs=0.01)


def test_only_chips_completely_inside_the_mask_are_written(tmp_path):
    """A mask that ends exactly at chips keeps them; in another CRS too; turned chips stay inside as well."""
    raster = write_raster(tmp_path / "r.tif", scene())
    labels = write_boxes(tmp_path / "a.gpkg", on_map((0, 0, 128, 96)))
    mask = write_boxes(tmp_path / "m.gpkg", on_map((0, 0, 64, 64), (64, 0, 90, 64)))
    folder, _ = export(tmp_path, raster, labels, in_mask_polygons=mask)
    assert len(read_samples([str(folder)], Job())) == 4
    wide = write_boxes(
        tmp_path / "w.gpkg",
        [transform_bounds("EPSG:32633", "EPSG:4326", *on_map((-2, -2, 66, 66))[0])],
        crs="EPSG:4326",
    )
    folder, _ = export(tmp_path, raster, labels, in_mask_polygons=wide, folder="w", rotation_angle=45)
    samples = read_samples([str(folder)], Job())
    assert len(samples) == 4 + 3 * 4
    with pytest.raises(FeatureError, match="lies completely inside the mask"):
        small = write_boxes(tmp_path / "s.gpkg", on_map((5, 5, 20, 20)))
        export(tmp_path, raster, labels, in_mask_polygons=small, folder="none")
    assert not (tmp_path / "none").exists() and not hidden(tmp_path)


def test_turned_chips_show_the_same_ground_under_other_angles(tmp_path):
    """0, 90, 180, 270: pixels turned, boxes upright in the turned chip, georeference of the turned chip."""
    image = np.full((1, 96, 128), 50, np.uint8)
    image[:, 18:30, 64:80] = 200
    labels = write_boxes(tmp_path / "a.gpkg", on_map((64, 18, 80, 30)))
    raster = write_raster(tmp_path / "r.tif", image)
    folder, _ = export(
        tmp_path, raster, labels, rotation_angle=60, tile_size_x=48, tile_size_y=48, stride_x=48, stride_y=48
    )
    samples = read_samples([str(folder)], Job())
    angles = [float(line.split(",")[2]) for line in (folder / "chips.csv").read_text().splitlines()[1:]]
    assert sorted(set(angles)) == [0, 60, 120, 180, 240, 300] and angles[0] == 0
    inside = 0
    for sample, angle in zip(samples.samples, angles, strict=True):
        with rasterio.open(sample.image) as chip:
            corners = np.array([~chip.transform @ (x, y) for left, bottom, right, top in on_map((64, 18, 80, 30))
                                for x, y in ((left, top), (right, top), (left, bottom), (right, bottom))])  # fmt: skip
        low, high = corners.min(axis=0), corners.max(axis=0)
        if (low < 0).any() or (high > 48).any():
            continue
        inside += 1
        assert sample.boxes[0] == pytest.approx([*low, *high], abs=0.01)
        pixels = read_chip(sample)[0]
        centre = ((low + high) / 2).astype(int)
        assert pixels[centre[1], centre[0]] == 200
        assert (pixels > 125).sum() == pytest.approx(16 * 12, abs=12), angle
    assert inside >= 3


def test_turned_chips_at_the_edge_are_filled_with_0(tmp_path):
    """What lies outside the raster is 0."""
    raster = write_raster(tmp_path / "r.tif", np.full((1, 32, 32), 9, np.uint8))
    folder, _ = export(tmp_path, raster, write_boxes(tmp_path / "a.gpkg", on_map((10, 10, 20, 20))), rotation_angle=45)
    samples = read_samples([str(folder)], Job()).samples
    assert len(samples) == 8
    pixels = read_chip(samples[1])[0]
    assert pixels[0, 0] == 0 and pixels[16, 16] == 9


def test_a_small_part_of_a_label_is_no_label(tmp_path):
    """With a minimum overlap the chips with a sliver are no feature chips."""
    raster = write_raster(tmp_path / "r.tif", scene())
    labels = write_boxes(tmp_path / "a.gpkg", on_map((30, 2, 40, 12), (70, 40, 80, 50)))
    every, _ = export(tmp_path, raster, labels)
    most, _ = export(tmp_path, raster, labels, folder="most", min_polygon_overlap_ratio=0.5)
    assert len(read_samples([str(every)], Job())) == 3
    assert len(read_samples([str(most)], Job())) == 2


def test_the_cell_size_is_given_or_proposed(tmp_path):
    """A number resamples; auto shows objects about 50 pixels across and says so."""
    raster = write_raster(tmp_path / "r.tif", scene(rows=256, cols=256))
    labels = write_boxes(tmp_path / "a.gpkg", on_map((40, 40, 60, 60), (100, 140, 120, 160)))
    folder, _ = export(tmp_path, raster, labels, cell_size="1.0", output_nofeature_tiles=True)
    samples = read_samples([str(folder)], Job())
    assert samples.cell_size == (1.0, 1.0) and len(samples) == 16
    assert sorted(tuple(box) for sample in samples.samples for box in sample.boxes.tolist())[0] == (18, 6, 28, 16)
    folder, job = export(tmp_path, raster, labels, cell_size="auto", folder="auto", tile_size_x=64, tile_size_y=64)
    assert read_samples([str(folder)], Job()).cell_size == pytest.approx((0.25, 0.25))
    assert any("about 40 pixels across at the cell size 0.25" in text for text in job.messages)


def test_an_extent_in_another_crs_limits_the_export(tmp_path):
    """Labels and chips outside it take no part."""
    raster = write_raster(tmp_path / "r.tif", scene())
    labels = write_boxes(tmp_path / "a.gpkg", on_map((2, 2, 12, 12), (80, 40, 90, 50)))
    bounds = transform_bounds("EPSG:32633", "EPSG:4326", *on_map((62, 0, 128, 96))[0])
    folder, job = export(tmp_path, raster, labels, extent=Extent(*bounds, "EPSG:4326"), output_nofeature_tiles=True)
    samples = read_samples([str(folder)], Job())
    assert samples.bounds[:, 0].min() >= LEFT + 30 and sum(len(sample.boxes) for sample in samples.samples) == 1
    assert "1 of 2 labels lie outside the imagery and are left out" in job.messages
