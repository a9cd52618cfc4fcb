"""What holds for every label format: an export in it can be read back, gone on with, and tells its classes."""

import numpy as np
import pytest

from engine.job import Job
from engine.samples.folder import read_chip, read_samples
from engine.samples.registry import sample_formats
from engine.samples.tile_statistics import TileStatistics
from tests.engine.pipelines.exporting import export, hidden, on_map, scene
from tests.rasters import write_boxes, write_raster

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
