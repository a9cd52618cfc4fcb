"""Two rasters of different dates on one grid: values stand where they lie on the ground, and only where both are."""

import numpy as np
import pytest
from rasterio.transform import Affine
from rasterio.warp import transform as moved

from engine.errors import RasterError
from engine.inference.scale import warn_of_cells
from engine.job import Job
from engine.raster.grid import Window
from engine.raster.pairs import pair_source
from engine.raster.reading import raster_source
from tests.rasters import write_raster

LEFT, TOP = 500_000.0, 4_650_000.0


def ramp(x, y):
    """Return a plane over the ground, in three bands that differ."""
    plane = 3 * (x - LEFT) - 2 * (y - TOP) + 500
    return np.stack([plane, plane + 40, 2 * plane]).astype(np.float32)


def plane_raster(path, transform, shape, crs="EPSG:32633"):
    """Write the plane as cells of a grid see it at their centres."""
    rows, cols = shape
    col, row = np.meshgrid(np.arange(cols) + 0.5, np.arange(rows) + 0.5)
    x, y = transform @ (col, row)
    if crs != "EPSG:32633":
        points = moved(crs, "EPSG:32633", x.ravel(), y.ravel())
        x, y = (np.array(axis).reshape(shape) for axis in points)
    return write_raster(path, ramp(x, y), transform=transform, crs=crs)


def read_pair(first, second, job=None):
    """Return the pair, its pixels and where they are valid."""
    source = pair_source(raster_source(first, job=Job()), raster_source(second, job=Job()), job or Job())
    with source.open() as reader:
        pixels, valid = reader.read(Window(0, 0, source.cols, source.rows))
    return source, pixels, valid


GRIDS = {
    "the same": (Affine(2, 0, LEFT, 0, -2, TOP), (70, 90), "EPSG:32633", 0.0),
    "whole cells aside": (Affine(2, 0, LEFT + 8, 0, -2, TOP - 6), (70, 90), "EPSG:32633", 0.0),
    "0.4 of a cell aside": (Affine(2, 0, LEFT + 0.8, 0, -2, TOP + 0.4), (70, 90), "EPSG:32633", 0.01),
    "finer": (Affine(1, 0, LEFT - 3.3, 0, -1, TOP + 1.7), (150, 200), "EPSG:32633", 0.01),
    "coarser": (Affine(5, 0, LEFT - 9, 0, -5, TOP + 13), (40, 50), "EPSG:32633", 0.01),
    "south-up": (Affine(2, 0, LEFT + 0.8, 0, 2, TOP - 140), (70, 90), "EPSG:32633", 0.01),
    "turned": (
        Affine.translation(LEFT - 60, TOP - 20) @ Affine.rotation(20) @ Affine.scale(2, -2), (120, 130), "EPSG:32633",
        0.01,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GRIDS)
def test_the_second_raster_lies_where_it_lies_on_the_ground(tmp_path, name):
    """A plane is interpolated without an error, whatever the grid it is stored on."""
    transform, shape, crs, slack = GRIDS[name]
    first = plane_raster(tmp_path / "a.tif", Affine(2, 0, LEFT, 0, -2, TOP), (70, 90))
    second = plane_raster(tmp_path / "b.tif", transform, shape, crs)

    source, pixels, valid = read_pair(first, second)

    inner = np.zeros_like(valid)
    inner[3:-3, 3:-3] = valid[3:-3, 3:-3]  # at the edge of the second raster there is nothing to interpolate with
    for row, col in ((0, 1), (1, 0), (0, -1), (-1, 0)):
        inner &= np.roll(valid, (3 * row, 3 * col), (0, 1))
    assert inner.mean() > 0.5 and pixels.shape == (6, *valid.shape) and len(source.bands) == 6
    assert np.abs(pixels[:3, inner] - pixels[3:, inner]).max() <= slack
    assert not pixels[:, ~valid].any()


def test_another_reference_system_is_met_to_a_hundredth_of_a_cell(tmp_path):
    """The neighbouring zone turns and stretches the grid."""
    first = plane_raster(tmp_path / "a.tif", Affine(2, 0, LEFT, 0, -2, TOP), (70, 90))
    x, y = moved("EPSG:32633", "EPSG:32634", [LEFT - 20], [TOP + 30])
    second = plane_raster(tmp_path / "b.tif", Affine(2, 0, x[0], 0, -2, y[0]), (110, 130), "EPSG:32634")

    _, pixels, valid = read_pair(first, second)

    assert valid.mean() > 0.9
    steps = np.abs(pixels[:1, 5:-5, 5:-5] - pixels[3:4, 5:-5, 5:-5])[:, valid[5:-5, 5:-5]] / 6  # 3 in a metre of 2
    assert steps.max() < 0.02


def test_only_the_common_part_is_kept_and_told(tmp_path):
    """The grid is that of the first raster, cut to the second."""
    first = plane_raster(tmp_path / "a.tif", Affine(2, 0, LEFT, 0, -2, TOP), (70, 90))
    second = plane_raster(tmp_path / "b.tif", Affine(2, 0, LEFT + 100.8, 0, -2, TOP - 40.4), (90, 40))
    job = Job()

    source, _, valid = read_pair(first, second, job)

    assert (source.transform.c, source.transform.f) == (LEFT + 100, TOP - 40)
    assert (source.rows, source.cols) == (50, 40) and valid[:, 1:].all()
    assert any("covers 40 x 50 of the 90 x 70 pixels" in line for line in job.messages)
    assert any("resampled to the grid" in line and "shifted by 0.4 of a cell" in line for line in job.messages)


def test_a_pixel_is_valid_where_both_are(tmp_path):
    """Nodata of either date leaves nothing of both."""
    one, other = np.full((2, 40, 50), 9, np.uint8), np.full((2, 40, 50), 7, np.uint16)
    one[:, :10] = 255
    other[:, :, :20] = 60000
    first = write_raster(tmp_path / "a.tif", one, nodata=255)
    second = write_raster(tmp_path / "b.tif", other, nodata=60000)
    job = Job()

    source, pixels, valid = read_pair(first, second, job)

    expected = np.zeros((40, 50), bool)
    expected[10:, 20:] = True
    assert (valid == expected).all() and source.dtype == "uint16"
    assert (pixels[:, valid] == [[9], [9], [7], [7]]).all() and not pixels[:, ~valid].any()
    assert any("holds uint16 and" in line for line in job.warnings)


def test_rasters_of_different_places_are_refused(tmp_path):
    """With both names; also where only a sliver is common, or one has no CRS."""
    first = plane_raster(tmp_path / "a.tif", Affine(2, 0, LEFT, 0, -2, TOP), (70, 90))
    far = plane_raster(tmp_path / "b.tif", Affine(2, 0, LEFT + 900, 0, -2, TOP), (70, 90))
    with pytest.raises(RasterError, match=r"b\.tif and .*a\.tif share no ground: choose two rasters of the same place"):
        read_pair(first, far)
    lost = write_raster(tmp_path / "c.tif", np.ones((3, 40, 40), np.float32), crs=None)
    with pytest.raises(RasterError, match="has no CRS and"):
        read_pair(first, lost)


def test_a_rotated_raster_is_said_to_be_rotated(tmp_path):
    """It has cells of the same size, and no shift would bring it onto the grid."""
    first = plane_raster(tmp_path / "a.tif", Affine(2, 0, LEFT, 0, -2, TOP), (70, 90))
    second = plane_raster(tmp_path / "b.tif", *GRIDS["turned"][:2])
    job = Job()
    read_pair(first, second, job)
    assert any(line.endswith("while it is read: rotated") for line in job.messages)


@pytest.mark.parametrize(("cell", "crs", "told"), [(2, None, None), (3.8, None, None), (4, None, "2 x 2 and"),
                                                   (0.5, None, "0.5 x 0.5 m, 4.0 times"),
                                                   (8.0, "EPSG:32634", "4.0 times apart")])  # fmt: skip
def test_cells_of_very_different_sizes_are_warned_of(tmp_path, cell, crs, told):
    """With both sizes on the ground, whatever the unit of the second."""
    first = plane_raster(tmp_path / "a.tif", Affine(2, 0, LEFT, 0, -2, TOP), (70, 90))
    x, y = (LEFT, TOP) if crs is None else (moved("EPSG:32633", crs, [LEFT], [TOP])[place][0] for place in (0, 1))
    second = plane_raster(tmp_path / "b.tif", Affine(cell, 0, x, 0, -cell, y), (60, 60), crs or "EPSG:32633")
    job = Job()
    warn_of_cells(raster_source(first, job=Job()), raster_source(second, job=Job()), job)
    assert (told is None and not job.warnings) or told in job.warnings[0]
