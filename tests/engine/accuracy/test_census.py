"""Counting pairs over a raster, and finding drawn pixels again."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from rasterio.enums import Resampling

from engine.accuracy import census as census_module
from engine.accuracy.census import Sample, count, find
from engine.accuracy.class_pairs import NONE, Pairing, Polygons
from engine.errors import Cancelled, RasterError
from engine.job import Job
from engine.raster.alignment import on_grid
from engine.raster.class_raster import class_raster
from engine.raster.grid import Window
from tests.rasters import write_raster

NOWHERE = Sample(*(np.zeros(0, np.int64),) * 2, *(np.zeros(0, np.int32),) * 2)


def source(path):
    """The raster as the tool sees it."""
    return class_raster(str(path), job=Job()).source


def over(reference, grid):
    """A reference raster laid over the grid of a map."""
    return on_grid(reference, grid, Job())


def pairs(census):
    """Pixels by classified value and ground truth."""
    return {
        (census.values[i], census.values[j]): int(census.pairs[i, j])
        for i, j in zip(*np.nonzero(census.pairs), strict=True)
    }


def two(tmp_path, rows=300, cols=4200, **options):
    """Two 16 bit rasters of values with gaps, larger than a cell both ways, with nodata, and their arrays."""
    rng = np.random.default_rng(rows)
    classified, truth = rng.choice(np.array([0, 3, 700, 40_000, 65_535], np.uint16), (2, rows, cols))
    paths = [
        write_raster(tmp_path / f"{name}.tif", array[None], nodata=65_535, **options)
        for name, array in (("map", classified), ("truth", truth))
    ]
    return Pairing(source(paths[0]), over(source(paths[1]), source(paths[0])), None), classified, truth


def test_every_pair_is_counted_once(tmp_path):
    """Exact counts over cell borders; nodata on either side is left out; 0 is a class as nodata is another value."""
    pairing, classified, truth = two(tmp_path)
    census, _ = count(pairing, NOWHERE, Job())
    both = (classified != 65_535) & (truth != 65_535)
    wanted = {}
    for pair in zip(classified[both].tolist(), truth[both].tolist(), strict=True):
        wanted[pair] = wanted.get(pair, 0) + 1
    assert pairs(census) == wanted
    assert census.without_class == (classified == 65_535).sum()
    assert census.map_counts.sum() == (classified != 65_535).sum()


@pytest.mark.parametrize("pooled", [False, True])
def test_drawn_ranks_are_found_where_they_are(tmp_path, pooled):
    """All ranks of a stratum are all of its pixels, each once, with their own classes."""
    pairing, classified, truth = two(tmp_path)
    census, _ = count(pairing, NOWHERE, Job())
    stratum = census.values.index(700)
    size = int(census.pairs.sum() if pooled else census.pairs[stratum].sum())
    drawn = find(pairing, census, {stratum: np.random.default_rng(0).permutation(size)}, pooled, Job())
    places = drawn.row * classified.shape[1] + drawn.col
    both = (classified != 65_535) & (truth != 65_535)
    wanted = both if pooled else both & (classified == 700)
    assert (np.sort(places) == np.flatnonzero(wanted)).all()
    assert (drawn.classified == classified.ravel()[places]).all()
    assert (drawn.truth == truth.ravel()[places]).all()


def test_a_draw_does_not_depend_on_blocks_or_on_the_order_of_the_file(tmp_path):
    """Tiles of 32, strips, and a raster stored south-up: the same ranks are the same pixels, in the order of ranks."""
    ranks = np.array([5000, 3, 41, 77_000])
    found = []
    turned = Affine(0.5, 0.0, 500_000.0, 0.0, 0.5, 4_650_000.0 - 300 * 0.5)
    for name, options in (("a", {}), ("b", {"tiled": False}), ("c", {"transform": turned})):
        (tmp_path / name).mkdir()
        pairing, classified, truth = two(tmp_path / name, **options)
        if options.get("transform"):
            for file, array in (("map", classified), ("truth", truth)):
                write_raster(tmp_path / name / f"{file}.tif", array[None, ::-1], nodata=65_535, transform=turned)
        census, _ = count(pairing, NOWHERE, Job())
        drawn = find(pairing, census, {census.values.index(3): ranks}, False, Job())
        found.append((drawn.row.tolist(), drawn.col.tolist()))
    assert found[0] == found[1] == found[2]


def test_points_get_the_class_of_their_pixel(tmp_path):
    """In every cell, and none where the map has none."""
    pairing, classified, _ = two(tmp_path)
    rng = np.random.default_rng(1)
    row, col = rng.integers(0, 300, 500), rng.integers(0, 4200, 500)
    points = Sample(row, col, np.full(500, NONE, np.int32), np.zeros(500, np.int32))
    _, found = count(Pairing(pairing.classified, None, None), points, Job())
    wanted = classified[row, col].astype(int)
    assert (found.classified == np.where(wanted == 65_535, NONE, wanted)).all()


def test_polygons_hold_the_pixels_whose_centre_they_hold(tmp_path):
    """Over a cell border; the later polygon counts where two overlap; the mask cuts map and truth."""
    path = write_raster(tmp_path / "map.tif", np.ones((1, 400, 20), np.uint8), cell_size=1.0)
    left, top = 500_000, 4_650_000

    def box(row, col, rows, cols):
        return shapely.box(left + col, top - row - rows, left + col + cols, top - row)

    truth = Polygons(np.array([box(250, 2, 10, 4), box(255, 0, 2, 20)], object), np.array([5, 6], np.int32))
    mask = Polygons(np.array([box(0, 0, 400, 5)], object), np.ones(1, np.int32))
    census, _ = count(Pairing(source(path), truth, None), NOWHERE, Job())
    assert pairs(census) == {(1, 5): 40 - 8, (1, 6): 40}
    census, _ = count(Pairing(source(path), truth, mask), NOWHERE, Job())
    assert pairs(census) == {(1, 5): 3 * 8, (1, 6): 10}
    assert census.map_counts.sum() == 400 * 5
    assert census.without_class == 400 * 15


def test_a_reference_on_the_same_pixels_is_read_and_not_resampled(tmp_path):
    """A larger raster whose pixels coincide is shifted; half a pixel aside it is resampled by nearest neighbour."""
    values = np.random.default_rng(2).integers(1, 5, (1, 60, 70)).astype(np.uint8)
    small = source(write_raster(tmp_path / "map.tif", values[:, 10:40, 20:50], left=500_010.0, top=4_649_995.0))
    large = source(write_raster(tmp_path / "truth.tif", values))
    same = over(large, small)
    assert (same.source, same.col, same.row, same.resampled) == (large, 20, 10, "")
    with Pairing(small, same, None).open() as reader:
        classified, truth = reader.read(Window(0, 0, 30, 30))
    assert (classified == truth).all()
    aside = source(write_raster(tmp_path / "aside.tif", values, left=500_000.2, top=4_650_000.2))
    assert "of a cell" in over(aside, small).resampled
    with Pairing(small, over(aside, small), None).open() as reader:
        classified, truth = reader.read(Window(0, 0, 30, 30))
    assert (classified == truth).all()


def test_a_finer_reference_gives_the_pixel_below_each_centre(tmp_path):
    """Half-metre pixels under cells of four metres, with averaged overviews that must not be taken; exact."""
    fine = np.random.default_rng(0).choice(np.array([1, 9], np.uint8), (1, 800, 960))
    path = write_raster(tmp_path / "truth.tif", fine, cell_size=0.5)
    with rasterio.open(path, "r+") as dataset:
        dataset.build_overviews([2, 4, 8], Resampling.average)
    ones = np.ones((1, 95, 113), np.uint8)
    coarse = write_raster(tmp_path / "map.tif", ones, cell_size=4.0, left=500_003.3, top=4_649_997.8)
    row = np.floor((2.2 + (np.arange(95) + 0.5) * 4) / 0.5).astype(int)
    col = np.floor((3.3 + (np.arange(113) + 0.5) * 4) / 0.5).astype(int)
    wanted = np.full((95, 113), NONE)
    inside = np.ix_(row < 800, col < 960)
    wanted[inside] = fine[0][np.ix_(row[row < 800], col[col < 960])]
    with Pairing(source(coarse), over(source(path), source(coarse)), None).open() as reader:
        assert (reader.read(Window(0, 0, 113, 95))[1] == wanted).all()


def test_squares_tell_where_map_and_truth_differ(tmp_path):
    """Squares of 44 pixels over cells of 256 by 4096: sums over each, exact."""
    pairing, classified, truth = two(tmp_path)
    census, _ = count(pairing, NOWHERE, Job())
    side, both = census.squares.side, (classified != 65_535) & (truth != 65_535)
    assert (side, census.squares.compared.shape) == (44, (7, 96))
    for row, col in ((0, 0), (5, 93), (6, 95), (3, 50)):
        square = np.s_[row * side : (row + 1) * side, col * side : (col + 1) * side]
        assert census.squares.compared[row, col] == both[square].sum()
        assert census.squares.wrong[row, col] == (both & (classified != truth))[square].sum()
    assert census.squares.compared.sum() == both.sum()


def test_too_many_values_are_refused(tmp_path):
    """A raster of elevations is no map of classes."""
    values = np.arange(3000, dtype=np.uint16).reshape(1, 50, 60)
    raster = source(write_raster(tmp_path / "dem.tif", values))
    with pytest.raises(RasterError, match=f"more than {census_module.MOST_CLASSES} values"):
        count(Pairing(raster, over(raster, raster), None), NOWHERE, Job())


def test_cancel_is_heard(tmp_path):
    """At the next cell."""
    pairing, _, _ = two(tmp_path)
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        count(pairing, NOWHERE, job)
