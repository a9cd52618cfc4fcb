"""Chips of objects as inference reads them: the same as cut from the whole image, in any order and by any threads."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from engine.inference.object_cutting import Chips
from engine.inference.object_outlines import Outlines
from engine.inference.object_places import Cut, locate
from engine.inference.object_predictor import batches
from engine.inference.object_reading import Objects, ReadingOrder, read_chips
from engine.inference.stages import Stopwatch
from engine.job import Job
from engine.raster.reading import raster_source
from engine.samples.object_windows import blackened, object_windows, squeezed
from engine.vector.chunks import open_layer
from tests.rasters import write_features, write_raster

LEFT, TOP, CELL = 500_000.0, 4_650_000.0, 0.5


def random_objects(rows, cols, count, seed=1):
    """Return polygons in pixels, some over the edges."""
    rng = np.random.default_rng(seed)
    middles = shapely.points(rng.uniform(-3, cols + 3, count), rng.uniform(-3, rows + 3, count))
    return shapely.buffer(middles, rng.uniform(1, 14, count), quad_segs=2)


def reference(image, shape, cut, black):
    """Return the chip of one object, cut from the whole image with a wide border of 0."""
    border = 64
    (window,) = object_windows(np.array([shape.bounds]), cut.tile, cut.fixed)
    col, row, width, height = window.tolist()
    padded = np.pad(image, ((0, 0), (border, border), (border, border)))
    chip = padded[:, row + border : row + border + height, col + border : col + border + width]
    if black:
        chip = blackened(chip, shapely.transform(shape, lambda xy: xy - window[:2]))
    return squeezed(chip, *cut.tile)


@pytest.mark.parametrize("fixed", [True, False])
@pytest.mark.parametrize("stored", ["tiles", "rows"])
def test_chips_are_those_of_the_whole_image(tmp_path, fixed, stored, monkeypatch):
    """Sparse and dense ground, two readers, small squares, 16 bit, a tile that is not square."""
    monkeypatch.setattr("engine.inference.object_reading.SIDE", 48)
    monkeypatch.setattr("engine.inference.object_reading.CHIP_BYTES", 4000)
    image = np.random.default_rng(0).integers(1, 4000, (4, 150, 210)).astype(np.uint16)
    options = {} if stored == "tiles" else {"tiled": False, "blockysize": 8, "blockxsize": 210}
    source = raster_source(write_raster(tmp_path / "scene.tif", image, **options), job=Job())
    shapes = random_objects(150, 210, 90)
    away = source.transform
    on_map = shapely.transform(shapes, lambda xy: np.stack([away.c + away.a * xy[:, 0], away.f + away.e * xy[:, 1]], 1))
    layer = open_layer(write_features(tmp_path / "o.gpkg", on_map, a=np.arange(len(shapes))))
    cut = Cut((14, 10), fixed)
    with Outlines(tmp_path / "outlines", len(layer)) as outlines:
        places = locate(layer, [source], cut, outlines, Job())
        parts = list(read_chips(Objects([source], places, cut, outlines), Stopwatch(), 2))
    seen = np.concatenate([part.objects for part in parts])
    assert sorted(seen.tolist()) == np.flatnonzero(places.raster == 0).tolist()
    assert len(seen) > 70 and sum(part.passed for part in parts) == len(seen)
    for part in parts:
        for position, chip in zip(part.objects.tolist(), part.pixels, strict=True):
            np.testing.assert_array_equal(chip, reference(image, shapes[position], cut, black=True))


def test_objects_are_read_square_by_square(tmp_path):
    """Whatever their order in the layer, and chips that would fill memory are parted."""
    source = raster_source(write_raster(tmp_path / "s.tif", np.ones((1, 1100, 1300), np.uint8)), job=Job())
    rng = np.random.default_rng(5)
    places = locate_points(rng.uniform(0, [1300, 1100], (500, 2)))
    order = ReadingOrder(Objects([source], places, Cut((8, 8), True), None))
    sections = [order.section(number) for number in range(len(order))]
    assert sorted(np.concatenate([section.objects for section in sections]).tolist()) == list(range(500))
    assert len(sections) == 9
    for section in sections:
        spread = np.ptp(np.maximum(section.windows[:, :2], 0), axis=0)
        assert (spread < 512).all()


def locate_points(middles):
    """Return places of points in pixels of one raster."""
    from engine.inference.object_places import Places

    places = Places.nowhere(len(middles))
    places.raster[:] = 0
    places.bounds[:] = np.concatenate([middles, middles], axis=1)
    return places


def test_batches_have_the_size_asked_for_and_lose_nothing():
    """Sections of all sizes, one without a chip."""

    def chips(first, count, passed):
        objects = np.arange(first, first + count)
        return Chips(objects, np.zeros((count, 1, 2, 2), np.uint8), np.zeros((count, 4)), passed)

    parts = [chips(0, 3, 4), chips(3, 0, 2), chips(3, 9, 9), chips(12, 1, 1)]
    found = list(batches(parts, 4))
    assert [len(batch) for batch in found] == [4, 4, 4, 1]
    assert np.concatenate([batch.objects for batch in found]).tolist() == list(range(13))
    assert sum(batch.passed for batch in found) == 16
