"""What holds for every label format: an export in it can be read back, gone on with, and tells its classes.

Also: chips of any kind, no label in a chip, other ways to store a raster, and the same bytes from several processes.
"""

import json
import pickle
from concurrent.futures import Future

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import Affine

from engine.job import Job
from engine.samples import object_chips, processes
from engine.samples.folder import read_chip, read_samples
from engine.samples.registry import sample_formats
from engine.samples.tile_statistics import TileStatistics
from tests.engine.pipelines.exporting import CELL, LEFT, TOP, export, hidden, on_map, scene
from tests.rasters import write_boxes, write_features, write_raster

FORMATS = sample_formats()
LABELLED = sorted(name for name, form in FORMATS.items() if form.statistics is not TileStatistics)
TILES = sorted(set(FORMATS) - set(LABELLED))


@pytest.mark.parametrize("name", LABELLED)
def test_an_export_is_read_back_and_gone_on_with(tmp_path, name):
    """Two classes in two runs, turned copies, chips that are not square; pixels, places and class values stay."""
    image = scene(bands=4, dtype=np.uint16)
    raster = write_raster(tmp_path / "r.tif", image, photometric="MINISBLACK")
    options = {"metadata_format": name, "tile_size_y": 24, "stride_y": 20, "rotation_angle": 180}
    form = sample_formats()[name]
    for number, boxes in enumerate(
        (on_map((2, 2, 12, 12), (14, 2, 20, 9)), on_map((70, 40, 80, 50), (84, 44, 90, 60)))
    ):
        labels = write_boxes(tmp_path / f"{number}.gpkg", boxes, kind=[3, 9])
        if form.takes_instances:
            options |= {"in_instance_data": labels, "instance_class_value_field": "kind"}
        folder, _ = export(tmp_path, raster, labels, class_value_field="kind", **options)
    samples = read_samples([str(folder)], Job())
    assert samples.metadata_format == name and [entry.value for entry in samples.classes] == [3, 9]
    assert (samples.bands, samples.dtype, samples.tile_rows, samples.tile_cols) == (4, "uint16", 24, 32)
    lines = [line.split() for line in (folder / "map.txt").read_text().splitlines()]
    files = {path.replace("\\", "/") for line in lines for path in line}
    assert len(samples) == len(samples.bounds) == len(lines) == samples.stats["NumTiles"] > 4
    assert files == {path.relative_to(folder).as_posix() for path in folder.rglob("*/*.*") if path.suffix[1:] != "tfw"}
    assert samples.stats["MetaDataMode"] == name and form.statistics.key in samples.stats
    assert all(read_chip(sample).shape == (4, 24, 32) for sample in samples.samples) and not hidden(tmp_path)


@pytest.mark.parametrize("name", TILES)
def test_an_export_without_labels_is_read_back_and_gone_on_with(tmp_path, name):
    """Every tile with valid pixels, in two runs; each folder is complete by itself and tells no class."""
    raster = write_raster(tmp_path / "r.tif", scene(bands=4, dtype=np.uint16), photometric="MINISBLACK")
    other = write_raster(tmp_path / "s.tif", scene(bands=1, rows=40, cols=50), left=600_000, cell_size=1.5)
    second = {"in_raster2": other} if len(FORMATS[name].sides) > 1 else {}
    options = {"metadata_format": name, "tile_size_y": 24, "stride_y": 20, "rotation_angle": 180, **second}
    for _ in range(2):
        folder, _ = export(tmp_path, raster, None, **options)
    for side, shape in zip(FORMATS[name].sides, ((4, 24, 32), (1, 24, 32)), strict=False):
        samples = read_samples([str(folder / side)], Job())
        assert samples.metadata_format == name and not samples.classes and len(samples) == len(samples.bounds) > 4
        assert all(read_chip(sample).shape == shape for sample in samples.samples)
        assert samples.stats["NumClasses"] == 0 and samples.stats["NumTiles"] == len(samples)
        assert not (folder / side / "labels").exists()
        assert {len(line.split()) for line in (folder / side / "map.txt").read_text().splitlines()} == {1}
    assert not hidden(tmp_path)


def request(name, raster, labels):
    """Return the options of an export in a format, and its labels."""
    options = {"metadata_format": name, "class_value_field": "kind"}
    if FORMATS[name].takes_instances:
        options |= {"in_instance_data": labels, "instance_class_value_field": "kind"}
    if len(FORMATS[name].sides) > 1:
        options["in_raster2"] = raster
    return options


def contents(folder):
    """Return the bytes of every file of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class Here:
    """Stands for a pool of processes and does their work at once; what goes in and out can be sent."""

    def __init__(self, cores, context, begin, arguments):
        processes._state.clear()
        begin(*arguments)

    def submit(self, work, *arguments):
        """Do some work."""
        done = Future()
        done.set_result(pickle.loads(pickle.dumps(work(*arguments))))  # noqa: S301 - made here
        return done

    def shutdown(self, **options):
        """Nothing is left to end."""


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_units_of_several_processes_are_numbered_like_those_of_one(tmp_path, name, monkeypatch):
    """Empty chips, nodata and a second run: not a byte differs, whatever names a chip."""
    monkeypatch.setattr(processes, "ProcessPoolExecutor", Here)
    monkeypatch.setattr(processes.signal, "signal", lambda *what: None)
    monkeypatch.setattr(object_chips, "UNIT_OBJECTS", 7)
    image = scene(bands=2, rows=300, cols=36, dtype=np.uint16)
    image[:, 180:220] = 0
    raster = write_raster(tmp_path / "r.tif", image, nodata=0)
    boxes = [(col, row, col + 7, row + 5) for col, row in np.random.default_rng(5).uniform(0, (29, 294), (30, 2))]
    labels = write_boxes(tmp_path / "a.gpkg", on_map(*boxes), kind=np.arange(30) % 2 + 3)
    options = request(name, raster, labels)
    options |= {"tile_size_x": 16, "tile_size_y": 16, "stride_x": 16, "stride_y": 12, "output_nofeature_tiles": True}
    found = []
    for cores in ("1", "2"):
        for _ in range(2):
            folder, job = export(tmp_path, raster, labels, **options, parallel_processing_factor=cores)
        found.append((contents(folder), job.messages, job.warnings))
        folder.rename(tmp_path / f"done {cores}")
    assert found[0] == found[1] and len(found[0][0]) > 100 and not hidden(tmp_path)


@pytest.mark.parametrize("image_format", ["TIFF", "MRF"])
@pytest.mark.parametrize("name", sorted(FORMATS))
def test_chips_of_many_bands_and_odd_sizes_without_labels_among_them(tmp_path, name, image_format):
    """13 bands of 16 bits, chips of 27 x 19 pixels, most of them empty; the pixels are those of the raster."""
    image = scene(bands=13, rows=50, cols=70, dtype=np.uint16) * 200
    raster = write_raster(tmp_path / "r.tif", image, photometric="MINISBLACK")
    labels = write_boxes(tmp_path / "a.gpkg", on_map((15, 11, 25, 20), (30, 22, 44, 35)), kind=[3, 9])
    options = request(name, raster, labels) | {"image_chip_format": image_format}
    size = {"tile_size_x": 27, "tile_size_y": 19, "stride_x": 27, "stride_y": 19, "output_nofeature_tiles": True}
    folder, _ = export(tmp_path, raster, labels, **options, **size)
    samples = read_samples([str(folder / FORMATS[name].sides[0])], Job())
    assert (samples.bands, samples.dtype) == (13, "uint16") and len(samples) >= 2
    assert len(samples) == 9 or FORMATS[name].by_object
    for sample, bounds in zip(samples.samples, samples.bounds.tolist(), strict=True):
        col, row = round((bounds[0] - LEFT) / CELL), round((TOP - bounds[3]) / CELL)
        chip = read_chip(sample)
        assert chip.shape == (13, 19, 27)
        np.testing.assert_array_equal(chip[:, : 50 - row], image[:, row : row + 19, col : col + 27])


@pytest.mark.parametrize("stored", ["rotated", "south-up", "no place"])
@pytest.mark.parametrize("name", sorted(FORMATS))
def test_pixel_space_keeps_rows_and_columns_as_they_are_stored(tmp_path, name, stored):
    """However a raster lies on the map; the template says so, and labels lie on the same pixels."""
    places = {
        "rotated": Affine.translation(LEFT, TOP) @ Affine.rotation(30) @ Affine.scale(CELL, -CELL),
        "south-up": Affine(CELL, 0, LEFT, 0, CELL, TOP),
        "no place": Affine(1, 0, 0, 0, -1, 0),
    }
    crs = None if stored == "no place" else "EPSG:32633"
    image = scene(bands=1, rows=40, cols=60)
    image[:, 10:20, 30:44] = 255
    place = places[stored]
    raster = write_raster(
        tmp_path / "r.tif", image, transform=place if stored != "no place" else Affine.identity(), crs=crs
    )
    corners = [place @ corner for corner in ((30, 10), (44, 10), (44, 20), (30, 20))]
    labels = write_features(tmp_path / "a.gpkg", [shapely.Polygon(corners)], crs, kind=[3])
    options = request(name, raster, labels) | {"reference_system": "PIXEL_SPACE"}
    size = {"tile_size_x": 30, "tile_size_y": 20, "stride_x": 30, "stride_y": 20}
    folder, _ = export(tmp_path, raster, labels, **options, **size)
    folder = folder / FORMATS[name].sides[0]
    (path,) = (folder / "images").rglob("*.tif")
    assert json.loads((folder / "esri_model_definition.emd").read_text())["ImageSpaceUsed"] == "PIXEL_SPACE"
    with rasterio.open(path) as chip:
        pixels, (col, row) = chip.read(1), ~place @ (chip.transform.c, chip.transform.f)
    assert (pixels == 255).sum() == 140
    top, left = np.argwhere(pixels == 255)[0]
    assert (col + left, row + top) == pytest.approx((30, 10), abs=1e-6)
