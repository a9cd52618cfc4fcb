"""Chips of varying size are the files that the writer of one size makes."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.crs import CRS

from engine.samples.chips import ChipKind, ChipWriter
from engine.samples.sized_chips import SizedChipWriter

NORTH_UP = Affine(0.5, 0, 500_000, 0, -0.25, 4_650_000)
TURNED = NORTH_UP @ Affine.rotation(30)


def kind(bands, dtype, rows=1, cols=1, epsg=32633, image_format="TIFF", compression="NONE"):
    """Return a kind of chips."""
    names = ("Red", "Green", "Blue") if bands == 3 else ("",) * bands
    return ChipKind(image_format, compression, bands, rows, cols, dtype, names, CRS.from_epsg(epsg) if epsg else None)


def files(folder):
    """Return the bytes of the files of a folder."""
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


@pytest.mark.parametrize("epsg", [32633, 4326, None])
@pytest.mark.parametrize(("bands", "dtype"), [(1, "uint8"), (2, "float32"), (3, "uint8"), (4, "int16"), (13, "uint16")])
@pytest.mark.parametrize(("rows", "cols"), [(1, 2), (17, 300), (260, 253)])
def test_the_files_are_those_of_a_writer_of_that_size(tmp_path, bands, dtype, epsg, rows, cols):
    """Byte for byte, beyond the size at which the directory changes."""
    pixels = (np.arange(bands * rows * cols) % 100 + 1).astype(dtype).reshape(bands, rows, cols)
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    one, two = (
        SizedChipWriter(folders[0], kind(bands, dtype, epsg=epsg)),
        ChipWriter(folders[1], kind(bands, dtype, rows, cols, epsg)),
    )
    assert one._directory is not None  # else the quick way was not taken
    for place, stem in ((NORTH_UP, "a"), (TURNED, "b")):
        one.write(stem, pixels, place)
        two.write(stem, pixels, place)
    assert files(folders[0]) == files(folders[1]) and one.suffix == ".tif"


@pytest.mark.parametrize(
    ("image_format", "compression"), [("PNG", "NONE"), ("JPEG", "NONE"), ("TIFF", "LZW"), ("TIFF", "DEFLATE")]
)
def test_other_formats_are_written_in_any_size(tmp_path, image_format, compression):
    """GDAL writes each; two sizes from one writer."""
    writer = SizedChipWriter(tmp_path, kind(3, "uint8", image_format=image_format, compression=compression))
    for stem, size in (("a", (5, 9)), ("b", (40, 21))):
        pixels = np.full((3, *size), 90, np.uint8)
        writer.write(stem, pixels, NORTH_UP)
        with rasterio.open(tmp_path / f"{stem}{writer.suffix}") as chip:
            assert np.abs(chip.read().astype(int) - 90).max() <= 2 and chip.shape == size
            assert chip.transform.almost_equals(NORTH_UP, 1e-6) and chip.crs.to_epsg() == 32633
