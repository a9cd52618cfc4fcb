"""Which images an export cuts: folders and virtual rasters by the processing mode, second rasters, MRF chips."""

import json
import re

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.warp import transform_geom

from engine.errors import Cancelled, FeatureError, OutputError, ParameterError, RasterError, SampleFolderError
from engine.job import Job
from engine.raster.mosaic import write_mosaic
from engine.samples import mrf
from engine.samples.folder import read_chip, read_label, read_samples
from engine.tools.values import Extent
from tests.engine.pipelines.exporting import CELL, LEFT, TOP, export, hidden, on_map, scene
from tests.rasters import write_boxes, write_features, write_raster

MOSAIC, SEPARATE = "PROCESS_AS_MOSAICKED_IMAGE", "PROCESS_ITEMS_SEPARATELY"


def halves(folder):
    """Write the two halves of a scene as rasters of a folder; return the scene and the folder."""
    image, images = scene(cols=128), folder / "images"
    images.mkdir()
    write_raster(images / "b.tif", image[:, :, :72])
    write_raster(images / "c.tif", image[:, :, 72:], left=LEFT + 72 * CELL)
    return image, images


def test_a_folder_as_one_image_has_chips_over_its_borders(tmp_path):
    """The object on the border lies whole in one chip; nothing tells the two rasters apart."""
    image, images = halves(tmp_path)
    labels = write_boxes(tmp_path / "a.gpkg", on_map((68, 4, 80, 14), (2, 40, 12, 50)))
    folder, job = export(tmp_path, images, labels, processing_mode=MOSAIC)
    samples = read_samples([str(folder)], Job())
    assert samples.sources == [str(images)] * 2 and any("2 rasters of" in text for text in job.messages)
    for sample, bounds in zip(samples.samples, samples.bounds.tolist(), strict=True):
        col, row = round((bounds[0] - LEFT) / CELL), round((TOP - bounds[3]) / CELL)
        np.testing.assert_array_equal(read_chip(sample), image[:, row : row + 32, col : col + 32])
    assert sorted(sample.boxes[0].tolist() for sample in samples.samples) == [[2, 8, 12, 18], [4, 4, 16, 14]]
    assert not hidden(tmp_path) and {path.name for path in images.iterdir()} == {"b.tif", "c.tif"}
    apart, _ = export(tmp_path, images, labels, processing_mode=SEPARATE, folder="apart")
    unsaid, _ = export(tmp_path, images, labels, folder="unsaid")
    found = [read_samples([str(folder)], Job()) for folder in (apart, unsaid)]
    assert found[0].sources == found[1].sources == [str(images / "b.tif")] * 2 + [str(images / "c.tif")]


def test_a_mosaic_is_called_what_the_user_calls_it(tmp_path):
    """In messages and in the sentence that ends a run; the virtual raster behind it goes with the run."""
    _, images = halves(tmp_path)
    labels = write_boxes(tmp_path / "a.gpkg", on_map((68, 4, 80, 14)))
    far = Extent(LEFT + 9000, TOP, LEFT + 9100, TOP + 100)
    with pytest.raises(RasterError, match=f"lies outside {re.escape(str(images))}:"):
        export(tmp_path, images, labels, processing_mode=MOSAIC, extent=far)
    job = Job()
    with job.calling({"/t/1/images.vrt": "my images"}):
        job.message("/t/1/images.vrt is resampled")
        job.warn("the cells of /t/1/images.vrt are large")
    job.message("/t/1/images.vrt")
    assert job.messages == ["my images is resampled", "/t/1/images.vrt"]
    assert job.warnings == ["the cells of my images are large"]


def test_a_virtual_raster_is_one_image_or_its_parts(tmp_path):
    """As one image unless its items are asked for."""
    _, images = halves(tmp_path)
    virtual = tmp_path / "all.vrt"
    write_mosaic([str(images / "b.tif"), str(images / "c.tif")], virtual, Job())
    labels = write_boxes(tmp_path / "a.gpkg", on_map((68, 4, 80, 14), (2, 40, 12, 50)))
    sources = {}
    for mode in ("", MOSAIC, SEPARATE):
        folder, _ = export(tmp_path, virtual, labels, processing_mode=mode, folder=mode or "unsaid")
        sources[mode] = set(read_samples([str(folder)], Job()).sources)
    assert sources[""] == sources[MOSAIC] == {str(virtual)}
    assert sources[SEPARATE] == {str(images / "b.tif"), str(images / "c.tif")}


def test_rasters_that_cannot_be_one_image_are_refused(tmp_path):
    """The sentence names the raster and the other mode; nothing of the run stays."""
    _, images = halves(tmp_path)
    write_raster(images / "d.tif", scene(), crs="EPSG:32634")
    labels = write_boxes(tmp_path / "a.gpkg", on_map((2, 40, 12, 50)))
    with pytest.raises(RasterError, match=r"d\.tif is in EPSG:32634 and .*b\.tif in EPSG:32633.*ITEMS_SEPARATELY"):
        export(tmp_path, images, labels, processing_mode=MOSAIC)
    assert not (tmp_path / "chips").exists() and not hidden(tmp_path)


@pytest.mark.parametrize("form", ["Classified_Tiles", "Export_Tiles"])
def test_a_second_raster_of_any_kind_is_brought_to_the_first(tmp_path, form):
    """Another CRS, half of the ground, two bands of 16 bits: what it shows lies where the first shows it."""
    first = np.full((3, 96, 128), 7, np.uint8)
    raster = write_raster(tmp_path / "r.tif", first)
    spot = on_map((8, 8, 24, 24))[0]
    ring = transform_geom("EPSG:32633", "EPSG:3857", shapely.geometry.mapping(shapely.box(*spot)))
    west, south, east, north = shapely.geometry.shape(ring).bounds
    cell, second = 0.9, np.full((2, 70, 60), 900, np.uint16)
    left, top = west - 10 * cell, north + 10 * cell
    second[:, 10 : 10 + round((north - south) / cell), 10 : 10 + round((east - west) / cell)] = 40_000
    other = write_raster(tmp_path / "s.tif", second, left, top, cell, "EPSG:3857", photometric="MINISBLACK", alpha="NO")
    labels = write_boxes(tmp_path / "a.gpkg", on_map((10, 10, 22, 22), (100, 70, 120, 90)))
    folder, job = export(tmp_path, raster, labels, metadata_format=form, in_raster2=other, stride_x=16, stride_y=16)
    assert any("has another grid" in text and "another CRS" in text for text in job.warnings)
    assert any("left out because" in text and "has no valid pixel there" in text for text in job.warnings)
    samples = read_samples([str(folder)], Job())
    assert samples.paired and len(samples) > 1 and (samples.bands, samples.dtype) == (3, "uint8")
    chip = next(
        sample
        for sample, bounds in zip(samples.samples, samples.bounds.tolist(), strict=True)
        if bounds[0] == pytest.approx(LEFT) and bounds[3] == pytest.approx(TOP)
    )
    pixels = read_chip(chip, second=True)
    assert pixels.shape == (2, 32, 32) and pixels.dtype == np.uint16
    assert (pixels[:, 11:21, 11:21] == 40_000).all() and (pixels[:, 28:, 28:] <= 900).all()
    statistics = json.loads((folder / "esri_accumulated_stats.json").read_text())
    assert len(statistics["BandStatsState2"]) == 2 and statistics["ImageryDL"]["PixelType2"] == "uint16"
    if form == "Classified_Tiles":
        assert (read_label(chip) > 0).sum() == 144


def test_tiles_are_those_with_valid_pixels_or_with_a_feature(tmp_path):
    """Without labels all tiles but those without data; with labels those with a feature, unless all are asked for."""
    image = scene()
    image[:, :32, :64] = 0
    raster = write_raster(tmp_path / "r.tif", image, nodata=0)
    folder, _ = export(tmp_path, raster, None, metadata_format="Export_Tiles", folder="all")
    assert len(read_samples([str(folder)], Job())) == 10
    classes = np.zeros((1, 96, 128), np.uint8)
    classes[:, 40:42, 70:75] = classes[:, 90, 2] = 4
    given = {
        "boxes": write_boxes(tmp_path / "a.gpkg", on_map((70, 40, 75, 42), (2, 90, 3, 91))),
        "classes": write_raster(tmp_path / "c.tif", classes),
    }
    for name, labels in given.items():
        folder, _ = export(tmp_path, raster, labels, metadata_format="Export_Tiles", folder=name)
        samples = read_samples([str(folder)], Job())
        assert samples.bounds[:, 0].tolist() == [LEFT + 64 * CELL, LEFT] and not samples.classes
        options = {"metadata_format": "Export_Tiles", "output_nofeature_tiles": True}
        folder, _ = export(tmp_path, raster, labels, folder=f"{name} all", **options)
        assert len(read_samples([str(folder)], Job())) == 10


def test_statistics_of_tiles_are_laid_out_as_esri_does(tmp_path):
    """Also the line of a pair in the map: one blank between the two paths."""
    raster = write_raster(tmp_path / "r.tif", scene(rows=40, cols=64))
    options = {"metadata_format": "Export_Tiles", "tile_size_y": 40, "stride_y": 40}
    folder, _ = export(tmp_path, raster, None, in_raster2=raster, **options)
    assert (folder / "stats.txt").read_bytes().decode().split("\r\n")[:6] == [
        "images = 2 *3*32*40",
        "",
        "Class feature statistics:",
        "features = 0",
        "features per image = [min = 0, mean = 0.00, max = 0]",
        "classes = 0",
    ]
    line = "images\\00000000000{0}.tif images2\\00000000000{0}.tif \r\n"
    assert (folder / "map.txt").read_bytes().decode() == line.format(0) + line.format(1)
    statistics = json.loads((folder / "esri_accumulated_stats.json").read_text())
    assert statistics["FeatureStats"]["NumImagesPerClass"] == [] and statistics["NumClasses"] == 0


def test_cyclegan_writes_both_folders_or_none(tmp_path):
    """Other bands, other ground, another CRS; a cancel in the second half takes the first half back."""
    raster = write_raster(tmp_path / "r.tif", scene())
    other = write_raster(tmp_path / "s.tif", scene(bands=1, rows=50, cols=64), left=0, crs="EPSG:3857", cell_size=10)
    options = {"metadata_format": "CycleGAN", "in_raster2": other}

    class Late(Job):
        def check(self):
            if any(tmp_path.rglob(".imagery*/B/images/*.tif")) or any(tmp_path.rglob("B/images/*12.tif")):
                self.cancel()
            super().check()

    with pytest.raises(Cancelled):
        export(tmp_path, raster, None, Late(), **options)
    assert not (tmp_path / "chips").exists() and not hidden(tmp_path)
    folder, job = export(tmp_path, raster, None, **options)
    assert sorted(path.name for path in folder.iterdir()) == ["A", "B"]
    sides = [read_samples([str(folder / side)], Job()) for side in ("A", "B")]
    assert [(len(side), side.bands) for side in sides] == [(12, 3), (4, 1)]
    with pytest.raises(SampleFolderError, match="holds the training folders A and B: choose one of them"):
        read_samples([str(folder)], Job())
    assert [message.rpartition(" with ")[2] for message in job.messages[-2:]] == ["no labels"] * 2
    for metadata_format in ("Export_Tiles", "PASCAL_VOC_rectangles"):
        labels = write_boxes(tmp_path / "a.gpkg", on_map((2, 2, 12, 12)))
        with pytest.raises(OutputError, match="no export of ours wrote"):
            export(tmp_path, raster, labels, metadata_format=metadata_format)
    export(tmp_path, raster, None, folder="plain", metadata_format="Export_Tiles")
    with pytest.raises(OutputError, match="something else than the folders A and B"):
        export(tmp_path, raster, None, folder="plain", **options)


def bad_inputs():
    """Yield a name, what differs from a good request, and what the message says."""
    yield "one side", {"metadata_format": "CycleGAN"}, "two folders, A and B, and in_raster2 is empty"
    yield "no pair", {"in_raster2": "r.tif"}, "has no second chips: leave it empty, or choose .*CycleGAN"
    yield "no labels", {"in_class_data": None}, "no labels are given"
    yield "float", {"image_chip_format": "MRF", "dtype": np.uint64}, "MRF chips hold .* and not uint64: choose TIFF"
    yield "empty", {"metadata_format": "Export_Tiles", "in_class_data": None, "nodata": 9}, "has no valid pixel"


@pytest.mark.parametrize(
    ("changes", "says"), [case[1:] for case in bad_inputs()], ids=[case[0] for case in bad_inputs()]
)
def test_bad_input_gets_one_sentence_and_nothing_is_written(tmp_path, changes, says):
    """Each fault by itself."""
    changes = dict(changes)
    nodata = changes.pop("nodata", None)
    image = scene(dtype=changes.pop("dtype", np.uint8)) if nodata is None else np.full((3, 96, 128), nodata, np.uint8)
    raster = write_raster(tmp_path / "r.tif", image, nodata=nodata, photometric="MINISBLACK")
    labels = changes.pop("in_class_data", write_boxes(tmp_path / "a.gpkg", on_map((40, 40, 50, 50))))
    with pytest.raises((ParameterError, FeatureError), match=says) as caught:
        export(tmp_path, raster, labels, **changes)
    assert "\n" not in str(caught.value) and not (tmp_path / "chips").exists() and not hidden(tmp_path)


def test_mrf_chips_lie_on_their_ground(tmp_path):
    """Three files and a world file a chip; four bands are none of them alpha; turned chips have no bounds inside."""
    image = scene(bands=4, dtype=np.float32)
    raster = write_raster(tmp_path / "r.tif", image, photometric="MINISBLACK")
    labels = write_features(tmp_path / "a.gpkg", [shapely.box(*on_map((40, 40, 50, 50))[0])])
    options = {"image_chip_format": "MRF", "rotation_angle": 90}
    for _ in range(2):
        folder, job = export(tmp_path, raster, labels, **options)
    names = {path.name for path in (folder / "images").iterdir() if path.name.startswith("000000000004.")}
    assert names == {f"000000000004.{suffix}" for suffix in ("mrf", "til", "idx", "mfw")}
    assert any("rotated ones have their place in the world file" in text for text in job.warnings)
    with rasterio.open(folder / "images" / "000000000004.mrf") as chip:
        assert (chip.count, chip.dtypes[0], chip.crs.to_epsg(), chip.transform.a) == (4, "float32", 32633, CELL)
        col, row = (round(number) for number in ((chip.transform.c - LEFT) / CELL, (TOP - chip.transform.f) / CELL))
        np.testing.assert_array_equal(chip.read(), image[:, row : row + 32, col : col + 32])
    samples = read_samples([str(folder)], Job())
    assert len(samples) == 8 and all(read_chip(sample).shape == (4, 32, 32) for sample in samples.samples)
    with rasterio.open(folder / "images" / "000000000005.mrf") as turned:
        assert turned.transform.is_identity and turned.crs.to_epsg() == 32633


def test_a_build_without_mrf_is_told(tmp_path, monkeypatch):
    """One sentence that names the other format."""
    monkeypatch.setattr(mrf, "_drivers", dict)
    raster = write_raster(tmp_path / "r.tif", scene())
    labels = write_boxes(tmp_path / "a.gpkg", on_map((40, 40, 50, 50)))
    with pytest.raises(ParameterError, match=r"MRF chips need GDAL's MRF driver, which GDAL 3\.\S+ lacks here"):
        export(tmp_path, raster, labels, image_chip_format="MRF")
