"""Chips on disk."""

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.crs import CRS
from rasterio.enums import ColorInterp

from engine.errors import ParameterError
from engine.samples.chips import ChipKind, ChipWriter, world_file

UTM = CRS.from_epsg(32633)
UPRIGHT = Affine(0.5, 0, 500_000.25, 0, -0.25, 4_000_000.75)


def kind(image_format="TIFF", compression="NONE", bands=3, dtype="uint8", names=None, crs=UTM):
    """Return a kind of chips of 40 x 30 pixels."""
    return ChipKind(image_format, compression, bands, 30, 40, dtype, names or ("",) * bands, crs)


def pixels_of(what):
    """Return pixels that use the type's range."""
    random = np.random.default_rng(5)
    top = 250 if what.dtype == "uint8" else 30_000
    return random.integers(0, top, (what.bands, what.rows, what.cols)).astype(what.dtype)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    "what",
    [
        kind(),
        kind(crs=None),
        kind(bands=1, dtype="float32"),
        kind(bands=13, dtype="uint16"),
        kind(bands=4, names=("Red", "Green", "Blue", "")),
        kind(bands=4, dtype="int16"),
        kind(compression="LZW"),
        kind(compression="DEFLATE", bands=2, dtype="float64"),
        kind("PNG"),
        kind("PNG", bands=1),
    ],
)
def test_pixels_place_and_type_are_kept(tmp_path, what, turned):
    """GDAL reads back what was written; no band of ours is taken for alpha."""
    transform = UPRIGHT @ Affine.rotation(20) if turned else UPRIGHT
    pixels = pixels_of(what)
    writer = ChipWriter(tmp_path, what)
    writer.write("000000000007", pixels, transform)
    with rasterio.open(tmp_path / f"000000000007{writer.suffix}") as chip:
        assert (chip.read() == pixels).all() and chip.dtypes[0] == what.dtype
        assert chip.transform.almost_equals(transform, 1e-6)
        assert chip.crs == what.crs
        assert ColorInterp.alpha not in chip.colorinterp
        assert chip.nodata is None
        if what.bands == 4 and what.dtype == "uint8":
            assert chip.colorinterp[:3] == (ColorInterp.red, ColorInterp.green, ColorInterp.blue)


def test_jpeg_is_near_and_placed_by_files_beside_it(tmp_path):
    """JPEG is lossy; CRS and place stand in the .aux.xml and the world file."""
    what = kind("JPEG")
    pixels = np.full((3, 30, 40), 120, np.uint8)
    ChipWriter(tmp_path, what).write("a", pixels, UPRIGHT)
    with rasterio.open(tmp_path / "a.jpg") as chip:
        assert np.abs(chip.read().astype(int) - pixels).max() <= 3
        assert chip.crs == UTM and chip.transform.almost_equals(UPRIGHT, 1e-6)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.jgw", "a.jpg", "a.jpg.aux.xml"]


def test_plain_tiff_chips_are_made_from_one_that_gdal_wrote(tmp_path):
    """The quick way is in use, byte for byte GDAL's own file, for many bands and types."""
    for what in (kind(), kind(bands=1, dtype="float32"), kind(bands=13, dtype="uint16"), kind(crs=None)):
        writer = ChipWriter(tmp_path, what)
        assert writer._template is not None
        pixels = pixels_of(what)
        writer.write("quick", pixels, UPRIGHT)
        writer._template = None
        writer.write("gdal", pixels, UPRIGHT)
        assert (tmp_path / "quick.tif").read_bytes() == (tmp_path / "gdal.tif").read_bytes()


def test_a_world_file_counts_from_the_centre_of_the_first_pixel():
    """Six lines of ten decimals; sixteen where cells are tiny, as degrees are."""
    lines = world_file(Affine(0.5, 0, 10, 0, -0.5, 20)).splitlines()
    assert lines == ["0.5000000000", "0.0000000000", "0.0000000000", "-0.5000000000", "10.2500000000", "19.7500000000"]
    assert world_file(Affine(1e-6, 0, 15, 0, -1e-6, 45)).splitlines()[0] == "0.0000010000000000"
    turned = [float(line) for line in world_file(Affine(2, 3, 10, 4, -5, 20)).splitlines()]
    assert turned == [2, 4, 3, -5, 12.5, 19.5]


@pytest.mark.parametrize("image_format", ["PNG", "JPEG"])
def test_what_png_and_jpeg_cannot_hold_is_refused(image_format):
    """More than three bands, 16 bits."""
    with pytest.raises(ParameterError, match=r"hold 1 or 3 bands and r\.tif has 4"):
        kind(image_format, bands=4).check("r.tif")
    with pytest.raises(ParameterError, match=r"hold 8 bits a band and r\.tif has uint16"):
        kind(image_format, dtype="uint16").check("r.tif")
    kind(image_format).check("r.tif")
