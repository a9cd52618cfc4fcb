"""Rasters as a run sees them."""

import pickle
import threading
from dataclasses import replace

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.enums import ColorInterp

from engine.errors import RasterError
from engine.job import Job
from engine.raster.grid import Window
from engine.raster.reading import raster_source
from engine.tools.values import Extent
from tests.rasters import write_raster

NUMBERS = np.arange(1, 1 + 3 * 40 * 60, dtype=np.uint16).reshape(3, 40, 60)


def read_all(source):
    """Read the whole grid."""
    with source.open() as reader:
        return reader.read(Window(0, 0, source.cols, source.rows))


def test_a_plain_raster_keeps_pixels_type_and_place(tmp_path):
    """What is read is what was written, and the source survives being sent to another process."""
    path = write_raster(tmp_path / "a.tif", NUMBERS, left=100, top=500, cell_size=2)
    source = pickle.loads(pickle.dumps(raster_source(path, job=Job())))  # noqa: S301 - our own bytes
    pixels, valid = read_all(source)
    assert (pixels == NUMBERS).all() and pixels.dtype == np.uint16 and valid.all()
    assert source.bounds == (100, 420, 220, 500)
    assert source.cell_size == (2, 2)
    assert source.block_shape == (32, 32)
    assert str(source.crs) == "EPSG:32633"


@pytest.mark.parametrize(
    "window", [Window(-5, -7, 20, 30), Window(50, 30, 40, 40), Window(-10, -10, 100, 100), Window(70, 0, 5, 5)]
)
def test_outside_the_raster_is_zero_and_invalid(tmp_path, window):
    """A window may reach over any edge, or miss the raster."""
    source = raster_source(write_raster(tmp_path / "a.tif", NUMBERS), job=Job())
    with source.open() as reader:
        pixels, valid = reader.read(window)
    wide = np.zeros((3, 240, 260), np.uint16)
    wide[:, 100:140, 100:160] = NUMBERS
    row, col = window.row + 100, window.col + 100
    expected = wide[:, row : row + window.height, col : col + window.width]
    assert (pixels == expected).all()
    assert (valid == (expected[0] > 0)).all()
    pixels[:] = 1


@pytest.mark.parametrize("flip", ["rows", "cols", "both"])
def test_a_mirrored_raster_is_read_north_up(tmp_path, flip):
    """Rows from the south and columns from the east are turned round, the place stays; part and block reads agree."""
    rows, cols = flip in ("rows", "both"), flip in ("cols", "both")
    transform = Affine(-2 if cols else 2, 0, 220 if cols else 100, 0, 2 if rows else -2, 420 if rows else 500)
    stored = NUMBERS[:, :: -1 if rows else 1, :: -1 if cols else 1]
    path = write_raster(tmp_path / "a.tif", stored, transform=transform)
    source = raster_source(path, job=Job())
    assert source.transform == Affine(2, 0, 100, 0, -2, 500)
    assert (read_all(source)[0] == NUMBERS).all()
    part = raster_source(path, job=Job(), extent=Extent(110, 430, 150, 480))
    assert (read_all(part)[0] == NUMBERS[:, 10:35, 5:25]).all()
    as_stored = raster_source(path, job=Job(), pixel_space=True)
    assert as_stored.transform == transform
    assert (read_all(as_stored)[0] == stored).all()


def test_a_rotated_raster_is_resampled_north_up_at_its_own_cell_size(tmp_path):
    """The ground stays where it is, the corners of the new grid are invalid; in pixel space nothing is resampled."""
    image = np.zeros((1, 80, 120), np.uint8)
    image[:, 30:50, 40:80] = 200
    transform = Affine.translation(500_000, 4_000_000) @ Affine.rotation(30) @ Affine.scale(0.5, -0.5)
    path = write_raster(tmp_path / "a.tif", image, transform=transform)
    source = raster_source(path, job=Job())
    assert source.cell_size == pytest.approx((0.5, 0.5))
    assert source.transform.b == source.transform.d == 0
    pixels, valid = read_all(source)
    assert not valid[0, 0] and not valid[-1, -1] and pixels[0, 0, 0] == 0
    assert valid.sum() == pytest.approx(80 * 120, rel=0.02)
    col, row = (round(number) for number in ~source.transform @ (transform @ (60, 40)))
    assert pixels[0, row, col] == 200
    assert (pixels == 200).sum() == pytest.approx(800, rel=0.1)
    stored = raster_source(path, job=Job(), pixel_space=True)
    assert (stored.rows, stored.cols) == (80, 120)
    assert (read_all(stored)[0] == image).all()


def test_a_raster_without_georeference_lies_as_qgis_draws_it(tmp_path):
    """One unit a pixel, rows downwards from 0; another cell size works too."""
    path = tmp_path / "a.png"
    with rasterio.open(path, "w", driver="PNG", width=60, height=40, count=1, dtype="uint8") as file:
        file.write(np.full((1, 40, 60), 9, np.uint8))
    source = raster_source(str(path), job=Job())
    assert source.crs is None and source.bounds == (0, -40, 60, 0)
    coarse = raster_source(str(path), job=Job(), cell_size=2.0)
    pixels, valid = read_all(coarse)
    assert pixels.shape == (1, 20, 30) and (pixels == 9).all() and valid.all()


def test_control_points_place_a_raster(tmp_path):
    """A raster with ground control points only is placed by the affine transform that fits them."""
    path = tmp_path / "a.tif"
    corners = [(0, 0, 100, 500), (0, 60, 220, 500), (40, 0, 100, 420), (40, 60, 220, 420)]
    with rasterio.open(path, "w", driver="GTiff", width=60, height=40, count=3, dtype="uint16") as file:
        file.write(NUMBERS)
        file.gcps = ([GroundControlPoint(*corner) for corner in corners], CRS.from_epsg(32633))
    source = raster_source(str(path), job=Job())
    assert source.bounds == pytest.approx((100, 420, 220, 500))
    assert source.crs == CRS.from_epsg(32633)
    assert (read_all(source)[0] == NUMBERS).all()


def test_another_cell_size_resamples_the_same_ground(tmp_path):
    """Half the resolution gives half the pixels over the same bounds; the raster's own changes nothing."""
    image = np.zeros((1, 40, 60), np.uint8)
    image[:, 10:20, 20:40] = 100
    path = write_raster(tmp_path / "a.tif", image, left=100, top=500, cell_size=2)
    coarse = raster_source(path, job=Job(), cell_size=4.0)
    assert (coarse.rows, coarse.cols, coarse.bounds) == (20, 30, (100, 420, 220, 500))
    pixels, valid = read_all(coarse)
    assert valid.all() and pixels[0, 7, 15] == 100 and pixels[0, 15, 25] == 0
    fine = raster_source(path, job=Job(), cell_size=1.0)
    assert (fine.rows, fine.cols) == (80, 120)
    assert not raster_source(path, job=Job(), cell_size=2.0).view.warped


def test_an_extent_is_cut_to_whole_pixels_of_the_raster(tmp_path):
    """Pixels that are touched count, what reaches outside does not; another CRS is understood."""
    path = write_raster(tmp_path / "a.tif", NUMBERS, left=500_000, top=4_650_000, cell_size=2)
    source = raster_source(path, job=Job(), extent=Extent(499_000, 4_649_971, 500_011, 4_649_995))
    assert (source.cols, source.rows) == (6, 13)
    assert (read_all(source)[0] == NUMBERS[:, 2:15, :6]).all()
    left, bottom, right, top = rasterio.warp.transform_bounds(
        "EPSG:32633", "EPSG:4326", 500_020, 4_649_940, 500_060, 4_649_980
    )
    source = raster_source(path, job=Job(), extent=Extent(left, bottom, right, top, "EPSG:4326"))
    assert source.bounds == pytest.approx((500_020, 4_649_940, 500_060, 4_649_980), abs=2.1)


def test_nodata_is_zero_and_invalid_in_every_type(tmp_path):
    """A pixel is invalid when all its bands are; NaN and a negative nodata never reach the caller."""
    image = np.full((2, 40, 60), 7.0, np.float32)
    image[:, 0, 0] = -9999
    image[0, 1, 1] = -9999
    image[:, 2, 2] = np.nan
    image[1, 3, 3] = np.nan
    pixels, valid = read_all(raster_source(write_raster(tmp_path / "f.tif", image, nodata=-9999), job=Job()))
    assert not valid[0, 0] and not valid[2, 2] and valid[1, 1] and valid[3, 3] and valid.sum() == 40 * 60 - 2
    assert pixels[0, 1, 1] == 0 and pixels[1, 1, 1] == 7 and pixels[1, 3, 3] == 0 and np.isfinite(pixels).all()

    image = np.full((3, 40, 60), 255, np.uint8)
    image[:, 5:, :] = 9
    image[0, 0, 0] = 9
    pixels, valid = read_all(raster_source(write_raster(tmp_path / "b.tif", image, nodata=255), job=Job()))
    assert valid[0, 0] and pixels[1, 0, 0] == 255
    assert not valid[0, 1] and pixels[1, 0, 1] == 0


def test_an_alpha_band_is_the_mask_and_never_data(tmp_path):
    """Transparent pixels are invalid, also when the raster is resampled."""
    image = np.full((4, 40, 60), 50, np.uint8)
    image[3] = 255
    image[3, :10] = 0
    path = write_raster(tmp_path / "a.tif", image, photometric="RGB", alpha="YES")
    job = Job()
    source = raster_source(path, job=job)
    assert source.bands == (1, 2, 3) and "mask" in job.messages[0]
    pixels, valid = read_all(source)
    assert not valid[:10].any() and valid[10:].all() and (pixels[:, :10] == 0).all()
    _, valid = read_all(raster_source(path, job=Job(), cell_size=1.0))
    assert not valid[:4].any() and valid[6:].all()


@pytest.mark.parametrize("nodata", [None, 0])
@pytest.mark.parametrize("form", ["as it is", "resampled", "in another CRS"])
def test_near_infrared_that_is_marked_as_alpha_is_data(tmp_path, nodata, form):
    """As four-band images often come; zeros of the band hide nothing, and the log says so."""
    image = np.full((4, 40, 60), 50, np.uint8)
    image[3] = np.arange(60) + 90
    image[3, :10] = 0
    path = write_raster(tmp_path / "naip.tif", image, nodata=nodata, photometric="RGB", alpha="YES")
    with rasterio.open(path, "r+") as raster:
        raster.descriptions = ("red", "green", "blue", "nir")
    job = Job()
    changes = {"as it is": {}, "resampled": {"cell_size": 1.0}, "in another CRS": {}}[form]
    source = raster_source(path, job=job, **changes)
    assert source.bands == (1, 2, 3, 4) and source.band_names[3] == "nir"
    assert "band 4 is marked as alpha, but its name nir" in job.messages[0] and "mask" not in job.messages[0]
    if form == "in another CRS":
        left, bottom, right, top = rasterio.warp.transform_bounds("EPSG:32633", "EPSG:32632", *source.bounds)
        rows, cols = source.rows, source.cols
        wide = Affine((right - left) / cols, 0, left, 0, -(top - bottom) / rows, top)
        view = replace(source.view, transform=wide, rows=rows, cols=cols, warped=True)
        source = replace(source, transform=wide, crs=rasterio.crs.CRS.from_epsg(32632), view=view)
    pixels, valid = read_all(source)
    rows, cols = valid.shape
    middle = np.s_[rows // 2 : rows * 3 // 4, cols // 4 : cols * 3 // 4]
    assert valid[middle].all() and (pixels[0][middle] == 50).all() and pixels[3][middle].std() > 5
    assert valid[rows // 8, cols // 2] and pixels[3][rows // 8, cols // 2] == 0


def test_a_band_that_is_marked_as_alpha_and_named_otherwise_stays_the_mask(tmp_path):
    """Only a name of a measurement makes it data; a number or nothing does not."""
    image = np.full((4, 40, 60), 50, np.uint8)
    image[3, :10] = 0
    path = write_raster(tmp_path / "a.tif", image, photometric="RGB", alpha="YES")
    for name in ("", "Band 4", "alpha", "mirror", "Coverage", "air photo mask"):
        with rasterio.open(path, "r+") as raster:
            raster.descriptions = ("red", "green", "blue", name)
        source = raster_source(path, job=Job())
        assert source.bands == (1, 2, 3) and source.alpha == 4, name


def test_a_mask_beside_the_bands_counts(tmp_path):
    """A per-dataset mask makes pixels invalid, in the file's own grid and resampled."""
    path = tmp_path / "a.tif"
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(
            path,
            "w",
            driver="GTiff",
            width=60,
            height=40,
            count=1,
            dtype="uint8",
            crs="EPSG:32633",
            transform=Affine(0.5, 0, 0, 0, -0.5, 0),
        ) as file,
    ):
        file.write(np.full((1, 40, 60), 5, np.uint8))
        mask = np.full((40, 60), 255, np.uint8)
        mask[:, :20] = 0
        file.write_mask(mask)
    for cell_size, edge in ((None, 20), (1.0, 10)):
        _, valid = read_all(raster_source(str(path), job=Job(), cell_size=cell_size))
        assert not valid[:, : edge - 1].any() and valid[:, edge + 1 :].all()


def test_a_palette_becomes_red_green_blue_unless_classes_are_meant(tmp_path):
    """The palette's colours are read as three bands; a class raster's values stay."""
    path = tmp_path / "a.tif"
    with rasterio.open(path, "w", driver="GTiff", width=6, height=4, count=1, dtype="uint8") as file:
        file.write(np.ones((1, 4, 6), np.uint8))
        file.write_colormap(1, {0: (0, 0, 0, 255), 1: (10, 20, 30, 255)})
    source = raster_source(str(path), job=Job())
    assert len(source.bands) == 3 and source.band_names == ("Red", "Green", "Blue") and source.dtype == "uint8"
    assert read_all(source)[0][:, 0, 0].tolist() == [10, 20, 30]
    assert read_all(raster_source(str(path), job=Job(), bands=["Blue", 0]))[0][:, 0, 0].tolist() == [30, 10]
    plain = raster_source(str(path), job=Job(), expand_palette=False)
    assert read_all(plain)[0].tolist() == np.ones((1, 4, 6)).tolist()


def test_bands_are_chosen_by_number_or_name(tmp_path):
    """Numbers count from 0, names in any case; the order asked for is the order read."""
    path = write_raster(
        tmp_path / "a.tif", np.arange(1, 14, dtype=np.uint16)[:, None, None] * np.ones((13, 4, 4), np.uint16)
    )
    with rasterio.open(path, "r+") as file:
        file.set_band_description(8, "NearInfrared")
    source = raster_source(path, job=Job(), bands=["nearinfrared", 0, 12])
    assert read_all(source)[0][:, 0, 0].tolist() == [8, 1, 13]
    assert source.band_names == ("NearInfrared", "", "")
    with pytest.raises(RasterError, match="band 13 is needed"):
        raster_source(path, job=Job(), bands=[13])
    with pytest.raises(RasterError, match="band Thermal is needed"):
        raster_source(path, job=Job(), bands=["Thermal"])


def test_readers_in_several_threads_agree(tmp_path):
    """One handle a thread, the same pixels."""
    source = raster_source(write_raster(tmp_path / "a.tif", NUMBERS), job=Job())
    found = []

    def read():
        with source.open() as reader:
            found.extend(reader.read(Window(col, 0, 20, 40))[0].sum() for col in (0, 20, 40))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted([NUMBERS[:, :, col : col + 20].sum() for col in (0, 20, 40)] * 4)


def broken_rasters(folder):
    """Make files that no run can use, and what the message says."""
    write_raster(folder / "good.tif", NUMBERS)
    content = (folder / "good.tif").read_bytes()
    (folder / "cut.tif").write_bytes(content[: len(content) * 2 // 3])
    (folder / "text.tif").write_text("no raster")
    write_raster(folder / "complex.tif", np.ones((1, 8, 8), np.complex64))
    return {
        "cut.tif": "truncated",
        "text.tif": "cannot be read as a raster",
        "absent.tif": "does not exist",
        "complex.tif": "complex",
    }


def test_rasters_that_cannot_be_used_get_one_sentence(tmp_path):
    """Missing, truncated, no raster, complex numbers."""
    for name, says in broken_rasters(tmp_path).items():
        with pytest.raises(RasterError, match=says):
            raster_source(str(tmp_path / name), job=Job())


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"extent": Extent(0, 0, 1, 1)}, "outside"),
        ({"extent": Extent(5, 5, 5, 9)}, "empty"),
        ({"extent": Extent(0, 0, 1, 1, "EPSG:999999")}, "not known"),
        ({"extent": Extent(0, 0, 1, 1, "IAU_2015:49900")}, "related"),
        ({"cell_size": 1e6}, "larger than"),
        ({"cell_size": -1.0}, "positive"),
        ({"cell_size": 1.0, "pixel_space": True}, "PIXEL_SPACE"),
        ({"bands": []}, "at least one"),
    ],
)
def test_wishes_that_do_not_fit_the_raster_are_refused(tmp_path, options, says):
    """Extents, cell sizes and bands that the raster cannot serve."""
    path = write_raster(tmp_path / "a.tif", NUMBERS, left=500_000, top=4_650_000)
    with pytest.raises(RasterError, match=says):
        raster_source(path, job=Job(), **options)


def test_a_block_that_is_damaged_is_told_when_it_is_read(tmp_path):
    """A compressed block of rubbish is found on reading it, in one sentence that names the file."""
    path = write_raster(
        tmp_path / "a.tif", np.random.default_rng(0).integers(0, 9, (1, 64, 64), np.uint8), compress="deflate"
    )
    with rasterio.open(path) as file:
        offset = int(file.get_tag_item("BLOCK_OFFSET_1_0", "TIFF", bidx=1))
    content = bytearray((tmp_path / "a.tif").read_bytes())
    content[offset : offset + 40] = b"\xff" * 40
    (tmp_path / "a.tif").write_bytes(content)
    source = raster_source(path, job=Job())
    with source.open() as reader, pytest.raises(RasterError, match=r"a\.tif cannot be read at rows"):
        reader.read(Window(0, 0, 64, 64))


def test_the_third_band_role_is_named(tmp_path):
    """Band names come from descriptions, else from red, green and blue; grey has none."""
    path = write_raster(tmp_path / "a.tif", np.ones((3, 8, 8), np.uint8), photometric="RGB")
    assert raster_source(path, job=Job()).band_names == ("Red", "Green", "Blue")
    with rasterio.open(path) as file:
        assert file.colorinterp[0] == ColorInterp.red
    grey = write_raster(tmp_path / "g.tif", np.ones((1, 8, 8), np.uint8))
    assert raster_source(grey, job=Job()).band_names == ("",)


def test_infinite_pixels_are_invalid(tmp_path):
    """As those that are no number: one of them would spoil the scores of its whole surroundings."""
    image = NUMBERS.astype(np.float32)
    image[:, 3, 4], image[:, 5, 6], image[0, 7, 8] = np.inf, -np.inf, np.inf
    pixels, valid = read_all(raster_source(write_raster(tmp_path / "a.tif", image), job=Job()))
    assert np.argwhere(~valid).tolist() == [[3, 4], [5, 6]]
    assert np.isfinite(pixels).all()
