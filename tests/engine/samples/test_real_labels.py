"""Classified tiles of real imagery with real labels; skipped where the developers' data are not beside the checkout."""

from pathlib import Path

import numpy as np
import pyogrio.raw
import pytest
import rasterio
import shapely

from engine.job import Job
from engine.samples.folder import read_label, read_samples
from engine.tools.values import FeatureSource
from tests.engine.pipelines.exporting import export
from tests.rasters import write_features

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
SMALL = {"metadata_format": "Classified_Tiles", "tile_size_x": 25, "tile_size_y": 25, "stride_x": 25, "stride_y": 25}


def data(folder, name):
    """Return the path of a file of the data set, or skip."""
    path = DATA / folder / name
    if not path.is_file():
        pytest.skip(f"{path} is not there: real data are tested where the developers' data set is")
    return path


def total(samples):
    """Return the pixels of each value over all chips."""
    found = {}
    for sample in samples.samples:
        for value, count in zip(sample.values.tolist(), sample.counts.tolist(), strict=True):
            found[value] = found.get(value, 0) + count
    return found


def centres(tmp_path):
    """Write the centroids of the sparse polygons as points with their class."""
    _, _, wkb, (numbers, _) = pyogrio.raw.read(data("landcover_landsat7", "training_polygons.gpkg"))
    points = shapely.centroid(shapely.from_wkb(wkb))
    return write_features(tmp_path / "points.gpkg", points, "EPSG:32615", geometry_type="Point", id=numbers)


def test_dense_labels_with_gaps_among_their_values(tmp_path):
    """Sentinel-2, 13 bands of 16 bits: nodata 0 is unlabelled, values 1 2 3 4 8 stay, each pixel is in one chip."""
    raster = data("landcover_s2_slovenia", "s2_l1c_t3.tif")
    labels = FeatureSource(str(data("landcover_s2_slovenia", "lulc_labels.tif")))
    settings = {**SMALL, "tile_size_x": 50, "stride_x": 50, "tile_size_y": 101, "stride_y": 101}
    folder, job = export(tmp_path, raster, labels, output_nofeature_tiles=True, **settings)
    samples = read_samples([str(folder)], Job())
    assert (samples.bands, samples.dtype, samples.unlabelled) == (13, "uint16", 0)
    assert total(samples) == {0: 155, 1: 11, 2: 7601, 3: 1777, 4: 358, 8: 198}
    assert "0 means unlabelled: 1.5% of the pixels" in " ".join(job.messages) and not job.warnings


def test_sparse_polygons_stay_unlabelled_outside(tmp_path):
    """Landsat 7, int16 with nodata -9999: five classes by their values, as the set's own label raster has them."""
    raster = data("landcover_landsat7", "landsat7_19991118.tif")
    polygons = FeatureSource(str(data("landcover_landsat7", "training_polygons.gpkg")))
    own = FeatureSource(str(data("landcover_landsat7", "training_labels.tif")))
    one, _ = export(tmp_path, raster, polygons, class_value_field="class_id", **SMALL)
    two, _ = export(tmp_path, raster, own, folder="own", **SMALL)
    one, two = read_samples([str(one)], Job()), read_samples([str(two)], Job())
    assert one.unlabelled == two.unlabelled == 0 and one.dtype == "int16"
    counts = total(two)
    assert {value: counts[value] for value in (1, 2, 3, 4, 5)} == {1: 383, 2: 16, 3: 145, 4: 106, 5: 68}
    assert total(one) == counts
    third, _ = export(
        tmp_path, raster, centres(tmp_path), folder="points", class_value_field="id", buffer_radius=60, **SMALL
    )
    found = total(read_samples([str(third)], Job()))
    assert set(found) == {0, 1, 2, 3, 4, 5} and sum(found[value] for value in range(1, 6)) == pytest.approx(
        30 * 12.6, rel=0.2
    )


def test_buildings_have_a_background(tmp_path):
    """Polygons of one class give the same pixels as the set's mask; a working cell size is proposed."""
    raster = data("buildings_kampala", "kampala.tif")
    polygons = FeatureSource(str(data("buildings_kampala", "buildings.gpkg")))
    settings = {**SMALL, **dict.fromkeys(("tile_size_x", "tile_size_y", "stride_x", "stride_y"), 512)}
    folder, _ = export(tmp_path, raster, polygons, output_nofeature_tiles=True, **settings)
    samples = read_samples([str(folder)], Job())
    assert samples.unlabelled is None and len(samples) == 24
    with rasterio.open(data("buildings_kampala", "building_mask.tif")) as file:
        mask, transform = file.read(1), file.transform
    differing = 0
    for sample, (left, _, _, top) in zip(samples.samples, samples.bounds.tolist(), strict=True):
        col, row = (round(number) for number in ~transform @ (left, top))
        differing += int((read_label(sample) != mask[row : row + 512, col : col + 512]).sum())
    assert differing <= 1e-4 * mask.size
    folder, job = export(tmp_path, raster, polygons, folder="auto", cell_size="auto", **SMALL)
    size = read_samples([str(folder)], Job()).cell_size[0]
    assert 0.20 <= size <= 0.32 and "34 pixels across" in " ".join(job.messages)


def test_a_change_pair_with_grids_that_differ(tmp_path):
    """Two dates 0.4 of a cell apart: told; nodata 255 of the rule raster stays apart from class 0."""
    one, two = data("change_naip_nd", "naip_2009.tif"), data("change_naip_nd", "naip_2017.tif")
    rule = FeatureSource(str(data("change_naip_nd", "water_change_rule.tif")))
    settings = {**SMALL, **dict.fromkeys(("tile_size_x", "tile_size_y", "stride_x", "stride_y"), 256)}
    folder, job = export(tmp_path, one, rule, in_raster2=str(two), **settings)
    samples = read_samples([str(folder)], Job())
    assert all(sample.image2.is_file() for sample in samples.samples) and "0.4 of a cell" in " ".join(job.warnings)
    assert samples.unlabelled is None and [entry.value for entry in samples.classes] == [1, 2, 3]
    assert np.isin(np.unique(read_label(samples.samples[0])), (0, 1, 2, 3, 255)).all()
