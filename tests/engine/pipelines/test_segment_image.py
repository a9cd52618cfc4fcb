"""Segment Image: a raster divided without gaps, along what is seen in it, whatever the tiles it was worked on in."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
import shapely
from skimage.measure import label

from engine.errors import Cancelled, ParameterError, RasterError
from engine.job import Job
from engine.pipelines.segment_image import run
from engine.raster import superpixels
from engine.tools.segment_image import SegmentImage
from engine.tools.values import FeatureSource
from engine.vector import segment_outlines
from engine.vector.reading import read_features
from tests.rasters import write_raster


def fields(rows=150, cols=230, bands=3, dtype=np.uint8, scale=1.0, seed=1):
    """Noisy ground with a bright rectangle and a dark disc."""
    random = np.random.default_rng(seed)
    image = np.full((bands, rows, cols), 100.0)
    image[:, 40:80, 50:120] = 200.0
    down, across = np.mgrid[:rows, :cols]
    image[:, (down - 100) ** 2 + (across - 170) ** 2 < 30**2] = 30.0
    return ((image + random.normal(0, 4, image.shape)) * scale).astype(dtype)


def segmented(tmp_path, image, job=None, **parameters):
    """Segment an image; return the numbers and the polygons."""
    nodata = parameters.pop("nodata", None)
    raster = write_raster(tmp_path / "scene.tif", image, nodata=nodata)
    targets = {"out_segments": tmp_path / "segments.gpkg", "out_segment_raster": tmp_path / "segments.tif"}
    outputs = run(SegmentImage(raster, **{**targets, **parameters}), job or Job())
    with rasterio.open(outputs["out_segment_raster"]) as written:
        numbers = written.read(1)
    return numbers, read_features(FeatureSource(outputs["out_segments"]), job=Job())


def mixed(numbers, truth):
    """Return the share of pixels that are in a segment which is mostly something else."""
    wrong = sum(
        np.bincount(truth[numbers == number]).sum() - np.bincount(truth[numbers == number]).max()
        for number in np.unique(numbers[numbers > 0])
    )
    return wrong / (numbers > 0).sum()


def test_segments_follow_what_is_seen(tmp_path):
    """Hardly a pixel is in a segment of another thing; they have about the size that was asked for."""
    image = fields()
    numbers, _ = segmented(tmp_path, image, segment_size=12)
    truth = np.digitize(image[0], (65, 150))
    assert mixed(numbers, truth) < 0.01
    assert 0.6 * 144 < numbers.size / numbers.max() < 1.6 * 144


def test_each_segment_is_one_piece_with_a_number_and_a_polygon(tmp_path):
    """Numbers are 1 to n in raster and layer, and no number has two pieces."""
    numbers, table = segmented(tmp_path, fields(), segment_size=10)
    known = np.unique(numbers)
    assert np.array_equal(known, np.arange(1, len(known) + 1))
    assert label(numbers, connectivity=1).max() == len(known)
    assert sorted(table.fields["segment"]) == list(known)


def test_polygons_leave_no_gap_and_keep_to_the_pixels(tmp_path):
    """They cover the raster once, and their outlines are nowhere farther from the pixels' edges than half a pixel."""
    numbers, table = segmented(tmp_path, fields(), segment_size=10)
    assert shapely.is_valid(table.geometry).all()
    assert shapely.area(table.geometry).sum() == pytest.approx(numbers.size * 0.25)
    assert shapely.area(shapely.union_all(table.geometry)) == pytest.approx(numbers.size * 0.25)
    for number, polygon in zip(table.fields["segment"], table.geometry, strict=True):
        rows, cols = np.nonzero(numbers == number)
        left, top = 500_000 + cols * 0.5, 4_650_000 - rows * 0.5
        pixels = shapely.union_all(shapely.box(left, top - 0.5, left + 0.5, top))
        assert shapely.hausdorff_distance(polygon.boundary, pixels.boundary) <= 0.25


def test_no_seam_shows_between_tiles(tmp_path, monkeypatch):
    """Worked on in many tiles, borders are no more frequent on their lines, and each segment is still one piece."""
    monkeypatch.setattr(superpixels, "WINDOW_VALUES", 3 * 130**2)
    monkeypatch.setattr(superpixels, "SMALLEST_TILE", 50)
    image = fields(rows=400, cols=450)
    numbers, table = segmented(tmp_path, image, segment_size=10)
    assert numbers.min() == 1
    assert label(numbers, connectivity=1).max() == numbers.max() == len(table)
    across = (numbers[:, 1:] != numbers[:, :-1]).mean(axis=0)
    down = (numbers[1:] != numbers[:-1]).mean(axis=1)
    lines = np.arange(50, 400, 50) - 1
    assert across[lines].mean() < 1.5 * across.mean()
    assert down[lines].mean() < 1.5 * down.mean()
    assert mixed(numbers, np.digitize(image[0], (65, 150))) < 0.01
    sizes = np.bincount(numbers.ravel())[1:]
    assert (sizes >= 25).all()


def test_polygons_are_the_same_whatever_strips_they_are_traced_in(tmp_path, monkeypatch):
    """An outline that crosses strips is cut at the same corners."""
    numbers, whole = segmented(tmp_path, fields(), segment_size=10)
    monkeypatch.setattr(segment_outlines, "STRIP_PIXELS", 7 * numbers.shape[1])
    _, parted = segmented(tmp_path, fields(), segment_size=10)
    ours = dict(zip(whole.fields["segment"], whole.geometry, strict=True))
    theirs = dict(zip(parted.fields["segment"], parted.geometry, strict=True))
    assert ours.keys() == theirs.keys()
    assert all(polygon.equals(theirs[number]) for number, polygon in ours.items())


@pytest.mark.parametrize(
    ("bands", "dtype", "scale"), [(1, np.uint8, 1), (4, np.uint16, 40), (6, np.float32, 0.001), (2, np.int16, 100)]
)
def test_any_bands_and_types_will_do(tmp_path, bands, dtype, scale):
    """The scale of the values does not matter."""
    image = fields(bands=bands, dtype=dtype, scale=scale)
    numbers, _ = segmented(tmp_path, image, segment_size=12)
    assert mixed(numbers, np.digitize(image[0] / scale, (65, 150))) < 0.01


def test_pixels_without_data_have_no_segment(tmp_path):
    """Nodata stays outside of every segment, and tells no border where there is none."""
    image = np.maximum(fields(), 1)
    image[:, 20:35, :] = 0
    image[:, 5, 5] = 0
    numbers, table = segmented(tmp_path, image, nodata=0, segment_size=12)
    assert np.array_equal(numbers == 0, (image == 0).all(axis=0))
    assert shapely.area(table.geometry).sum() == pytest.approx((numbers > 0).sum() * 0.25)


def test_a_raster_without_data_has_an_empty_layer(tmp_path):
    """With its field."""
    numbers, table = segmented(tmp_path, np.zeros((3, 40, 50), np.uint8), nodata=0)
    assert not numbers.any()
    assert len(table) == 0
    assert list(table.fields) == ["segment"]


@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (3, 5), (33, 31)])
def test_rasters_smaller_than_a_segment_are_one(tmp_path, shape):
    """Or a few, when they are longer."""
    numbers, table = segmented(tmp_path, np.full((3, *shape), 9, np.uint8), segment_size=40)
    assert numbers.min() == 1
    assert len(table) == numbers.max()


def test_only_the_extent_is_divided_with_the_bands_asked_for(tmp_path):
    """A band that shows nothing divides nothing; the raster lies where its extent is."""
    image = fields()
    image[1] = 50
    numbers, table = segmented(
        tmp_path, image, extent="500010,500060,4649950,4650000", bands="2", segment_size=20, compactness=1.0
    )
    assert numbers.shape == (100, 100)
    truth = np.digitize(image[0, :100, 20:120], (65, 150))
    assert mixed(numbers, truth) > 0.02
    assert tuple(shapely.total_bounds(table.geometry)) == (500_010, 4_649_950, 500_060, 4_650_000)


def test_a_coarser_cell_size_is_kept_to(tmp_path):
    """As a map view needs that shows more pixels than the screen has."""
    numbers, table = segmented(tmp_path, fields(), cell_size="1", segment_size=8)
    assert numbers.shape == (75, 115)
    assert shapely.area(table.geometry).sum() == pytest.approx(75 * 115)


def test_refusals_name_value_rule_and_remedy(tmp_path):
    """Nothing to write, a band that is not there, an input as output."""
    raster = write_raster(tmp_path / "scene.tif", fields())
    with pytest.raises(ParameterError, match="neither out_segments nor out_segment_raster is given: choose"):
        SegmentImage(raster)
    with pytest.raises(ParameterError, match="is in_raster: choose another file"):
        SegmentImage(raster, out_segment_raster=raster)
    with pytest.raises(ParameterError, match=r"choose a name that ends in \.tif"):
        SegmentImage(raster, out_segment_raster=tmp_path / "segments.png")
    with pytest.raises(ParameterError, match="segment_size is 1000: give a whole number from 4 to 100"):
        SegmentImage(raster, out_segments=tmp_path / "segments.gpkg", segment_size=1000)
    for band in ("0", "4", "nir"):
        with pytest.raises(RasterError, match=f"has no band {band}: choose among 1 Red, 2 Green, 3 Blue"):
            run(SegmentImage(raster, out_segments=tmp_path / "segments.gpkg", bands=f"1;{band}"), Job())


def test_a_cancelled_run_leaves_nothing(tmp_path):
    """No file beside the raster."""
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        segmented(tmp_path, fields(), job)
    assert [entry.name for entry in tmp_path.iterdir()] == ["scene.tif"]
