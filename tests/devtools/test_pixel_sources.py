"""How the pixel demo parts what is known of the ground into what is learnt and what is judged by."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
import shapely

from devtools.class_files import write_class_raster
from devtools.layers import Layer, read_layer
from devtools.pixel_cases import Case
from devtools.pixel_sources import fold_numbers, make_pixel_source
from engine.job import Job
from engine.raster.class_raster import class_raster
from tests.rasters import write_raster

CRS, TOP, ROWS, COLS = "EPSG:32633", 1020.0, 40, 100
CLASSES = {2: ("forest", (0, 100, 0)), 7: ("town", (200, 0, 0))}


@pytest.fixture
def raster(tmp_path):
    """Imagery of 100 x 40 pixels of 1 m with its left upper corner at (0, 1020)."""
    array = np.random.default_rng(0).integers(0, 4000, (4, ROWS, COLS), dtype=np.uint16)
    return tmp_path / write_raster(tmp_path / "field.tif", array, left=0, top=TOP, cell_size=1.0, crs=CRS)


def _areas(tmp_path):
    boxes = np.array([shapely.box(0, 980, 60, TOP), shapely.box(60, 980, 100, TOP)])
    return Layer(boxes, {"split": np.array(["train", "val"], object)}, CRS, "aoi").write(tmp_path / "aoi.gpkg")


def _polygons(tmp_path, lefts, **fields):
    left = np.array(lefts, float)
    columns = {
        name: np.array(values, object if isinstance(values[0], str) else None) for name, values in fields.items()
    }
    return Layer(shapely.box(left, 1000, left + 10, 1010), columns, CRS, "things").write(tmp_path / "things.gpkg")


def _values(path):
    with rasterio.open(path) as file:
        return file.read(1)


def test_a_label_raster_is_parted_without_overlap(raster, tmp_path):
    """Pixels to judge by are nodata in what is learnt, and the other way round; names and colours go along."""
    array = np.zeros((ROWS, COLS), np.uint8)
    array[:, 20:], array[:20, 70:] = 2, 7
    transform = rasterio.open(raster).transform
    labels = write_class_raster(tmp_path / "labels.tif", array, transform, CRS, CLASSES, nodata=0)

    source = make_pixel_source(raster, labels, _areas(tmp_path), tmp_path / "out")

    learnt, judged = _values(source.trainings[0].labels), _values(source.reference)
    assert np.array_equal(learnt + judged, array)
    assert not learnt[:, 60:].any()
    assert not judged[:, :60].any()
    assert source.trainings[0].extent == "0.0,60.0,980.0,1020.0 [EPSG:32633]"
    assert class_raster(str(source.reference), job=Job()).classes[1].name == "town"


def test_a_background_stays_one(raster, tmp_path):
    """A label raster without nodata has a class at 0; outside an area there is none."""
    array = np.zeros((ROWS, COLS), np.uint8)
    array[5:30, 10:90] = 2
    transform = rasterio.open(raster).transform
    labels = write_class_raster(tmp_path / "labels.tif", array, transform, CRS, {2: CLASSES[2]}, nodata=None)

    source = make_pixel_source(raster, labels, _areas(tmp_path), tmp_path / "out")

    learnt = _values(source.trainings[0].labels)
    assert set(np.unique(learnt[:, :60])) == {0, 2}
    assert set(np.unique(learnt[:, 60:])) == {255}
    assert class_raster(str(source.reference), job=Job()).unlabelled is None


def test_one_class_of_polygons_has_a_background_and_is_cut_at_the_border(raster, tmp_path):
    """A house across the border is partly learnt and partly judged by, in no pixel both."""
    labels = _polygons(tmp_path, [10, 55, 80], kind=["house"] * 3)
    source = make_pixel_source(raster, labels, _areas(tmp_path), tmp_path / "out", Case("", "", class_field="kind"))
    learnt = read_layer(source.trainings[0].labels)
    assert sorted(shapely.area(learnt.geometry)) == [50, 100]
    assert learnt.name == "things"
    judged = _values(source.reference)
    assert [int((judged == value).sum()) for value in (0, 1, 255)] == [40 * 40 - 150, 150, 60 * 40]


def test_a_better_truth_judges_what_drawn_labels_taught(raster, tmp_path):
    """Labels are sparse, the truth is not, and nothing of the truth is in what is learnt."""
    truth = np.where(np.arange(COLS) < 50, 2, 7) * np.ones((ROWS, 1))
    transform = rasterio.open(raster).transform
    known = write_class_raster(tmp_path / "truth.tif", truth.astype(np.uint8), transform, CRS, CLASSES, nodata=0)
    labels = _polygons(tmp_path, [10, 52], Classvalue=[2, 7])
    source = make_pixel_source(raster, labels, _areas(tmp_path), tmp_path / "out", truth=known)
    assert int((_values(source.reference) == 7).sum()) == 40 * 40
    assert len(read_layer(source.trainings[0].labels).geometry) == 2


def test_without_areas_the_west_is_learnt(raster, tmp_path):
    """70 % of the width."""
    labels = _polygons(tmp_path, [10, 40, 80, 85], Classvalue=[2, 7, 2, 7])
    source = make_pixel_source(raster, labels, None, tmp_path / "out")
    assert source.trainings[0].extent.startswith("0.0,70.0,")


def test_a_side_without_labels_is_refused(raster, tmp_path):
    """There must be something to judge by."""
    labels = _polygons(tmp_path, [10, 30], Classvalue=[2, 7])
    with pytest.raises(SystemExit, match="no label for val"):
        make_pixel_source(raster, labels, _areas(tmp_path), tmp_path / "out")


def test_folds_spread_every_class():
    """Each class is spread as evenly as it can be, the folds have one size, and the same input gives the same."""
    values = np.array([1] * 11 + [2] * 5 + [3] * 6 + [4] * 6 + [5] * 2)
    np.random.default_rng(1).shuffle(values)
    numbers = fold_numbers(values, 5)
    assert np.bincount(numbers).tolist() == [6] * 5
    for value in range(1, 6):
        counts = np.bincount(numbers[values == value], minlength=5)
        assert counts.max() - counts.min() <= 1
    assert np.array_equal(numbers, fold_numbers(values, 5))


def test_folds_hold_out_every_polygon_once(raster, tmp_path):
    """No pixel of a held-out polygon is learnt in its fold, and each is judged."""
    labels = _polygons(tmp_path, [5, 20, 35, 50, 65, 80], Classvalue=[2, 2, 2, 7, 7, 7])
    source = make_pixel_source(raster, labels, None, tmp_path / "out", Case("", "", folds=3))
    assert [training.name for training in source.trainings] == ["fold1", "fold2", "fold3"]
    assert (np.sum([training.judged for training in source.trainings], axis=0).max()) == 1
    for training in source.trainings:
        assert not (training.known & training.judged).any()
        assert len(read_layer(training.labels).geometry) == 4
    assert int((_values(source.reference) > 0).sum()) == 600
