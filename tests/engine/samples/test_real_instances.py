"""Masks of real buildings; skipped where the developers' data are not beside the checkout."""

import numpy as np
import pyogrio.raw
import rasterio
import shapely
from rasterio.windows import from_bounds

from engine.job import Job
from engine.samples.folder import read_samples
from engine.samples.instances import read_masks
from engine.tools.values import FeatureSource
from tests.engine.pipelines.exporting import export
from tests.engine.samples.test_real_labels import data
from tests.rasters import write_features

SIZE = {"tile_size_x": 1024, "tile_size_y": 1024, "stride_x": 1024, "stride_y": 1024}


def buildings(tmp_path, labels, **options):
    """Export the masks of Kampala and return the samples and what was said."""
    raster = data("buildings_kampala", "kampala.tif")
    folder, job = export(tmp_path, raster, FeatureSource(str(labels)), metadata_format="RCNN_Masks", **SIZE, **options)
    return read_samples([str(folder)], Job()), job


def _centre(shape):
    """Return the centre of the largest circle in a polygon."""
    return shapely.get_point(shapely.maximum_inscribed_circle(shape), 0)


def on_whole(samples):
    """Return (rows, cols) int64: how many masks lie over each pixel of the scene."""
    with rasterio.open(data("buildings_kampala", "kampala.tif")) as scene:
        found = np.zeros(scene.shape, np.int64)
        for sample in samples.samples:
            with rasterio.open(sample.image) as chip:
                window = from_bounds(*chip.bounds, scene.transform).round_offsets().round_lengths()
            found[window.toslices()] += read_masks(sample).sum(axis=0)
    return found


def test_masks_of_polygons_are_the_pixels_of_the_mask_that_comes_with_them(tmp_path):
    """Each building part is an instance of its own, no pixel has two."""
    polygons = data("buildings_kampala", "buildings.gpkg")
    samples, job = buildings(tmp_path, polygons)
    with rasterio.open(data("buildings_kampala", "building_mask.tif")) as mask:
        given = mask.read(1)
    found = on_whole(samples)
    assert found.max() == 1 and (found == (given > 0)).all() and not job.warnings
    assert len(samples) == 6 and sum(len(sample.boxes) for sample in samples.samples) >= 108


def test_a_courtyard_stays_open(tmp_path):
    """A hole cut into the largest building bears no mask, all around it does."""
    shapes = shapely.from_wkb(pyogrio.raw.read(data("buildings_kampala", "buildings.gpkg"))[2])
    largest = shapes[np.argmax(shapely.area(shapes))]
    yard = shapely.buffer(_centre(largest), 2.0)
    source = write_features(
        tmp_path / "yard.gpkg", [shapely.difference(largest, yard)], "EPSG:3857", geometry_type="Unknown"
    )
    samples, _ = buildings(tmp_path, source.path, output_nofeature_tiles=True)
    found = on_whole(samples)
    with rasterio.open(data("buildings_kampala", "kampala.tif")) as scene:
        cell = scene.transform.a
        shape = shapely.difference(largest, yard)
        assert abs(found.sum() * cell**2 - shapely.intersection(shape, shapely.box(*scene.bounds)).area) < 2.0
        row, col = scene.index(*_centre(largest).coords[0])
        assert found[row - 20 : row + 21, col].sum() == 0 and found[row, col - 40] == 1


def test_regions_of_the_mask_are_instances(tmp_path):
    """Touching buildings are one region; a region in two chips is an instance of both; the pixels are the same."""
    given = data("buildings_kampala", "building_mask.tif")
    samples, job = buildings(tmp_path, given)
    with rasterio.open(given) as mask:
        assert (on_whole(samples) == (mask.read(1) > 0)).all()
    assert "connected regions" in " ".join(job.messages)
    assert 90 <= len({tuple(box) for sample in samples.samples for box in sample.boxes.tolist()}) <= 160
