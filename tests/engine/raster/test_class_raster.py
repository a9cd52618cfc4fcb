"""Class rasters: values, names and colours from every table that software writes, and what is refused."""

import struct

import numpy as np
import pyogrio.raw
import pytest
import rasterio

from engine.classes import NO_COLOR, ClassInfo
from engine.errors import RasterError
from engine.job import Job
from engine.raster.class_raster import class_raster
from engine.raster.grid import Window
from tests.rasters import write_raster

VALUES = np.zeros((1, 5, 7), np.uint8)
VALUES[0, 1:3, 2:6], VALUES[0, 4] = 3, 8

ATTRIBUTE_TABLE = """<PAMDataset><PAMRasterBand band="1"><GDALRasterAttributeTable tableType="thematic">
<FieldDefn index="0"><Name>Value</Name><Type>0</Type><Usage>5</Usage></FieldDefn>
<FieldDefn index="1"><Name>Class_Name</Name><Type>2</Type><Usage>0</Usage></FieldDefn>
<FieldDefn index="2"><Name>Red</Name><Type>{kind}</Type><Usage>6</Usage></FieldDefn>
<FieldDefn index="3"><Name>Green</Name><Type>{kind}</Type><Usage>7</Usage></FieldDefn>
<FieldDefn index="4"><Name>Blue</Name><Type>{kind}</Type><Usage>8</Usage></FieldDefn>
{rows}</GDALRasterAttributeTable></PAMRasterBand></PAMDataset>"""


def table(*rows, kind=0):
    """Return the XML of an attribute table."""
    cells = ("".join(f"<F>{cell}</F>" for cell in row) for row in rows)
    body = "".join(f'<Row index="{number}">{row}</Row>' for number, row in enumerate(cells))
    return ATTRIBUTE_TABLE.format(kind=kind, rows=body)


def test_an_attribute_table_names_the_classes(tmp_path):
    """Names with umlauts, colours; 0 is never among the classes, and without nodata it is background."""
    path = write_raster(tmp_path / "classes.tif", VALUES)
    rows = ((0, "Rest", 0, 0, 0), (3, "Gewässer", 0, 90, 255), (8, "Wald &amp; Busch", 10, 200, 30))
    (tmp_path / "classes.tif.aux.xml").write_text(table(*rows), encoding="utf-8")
    found = class_raster(path, job=Job())
    assert found.classes == (ClassInfo(3, "Gewässer", (0, 90, 255)), ClassInfo(8, "Wald & Busch", (10, 200, 30)))
    assert (found.nodata, found.unlabelled) == (None, None)
    with found.source.open() as reader:
        assert np.array_equal(reader.read(Window(0, 0, 7, 5))[0], VALUES)


def test_colours_from_0_to_1_are_meant_as_well(tmp_path):
    """Esri's tables hold colours as shares."""
    path = write_raster(tmp_path / "classes.tif", VALUES, nodata=0)
    (tmp_path / "classes.tif.aux.xml").write_text(table((3, "a", 0.2, 0, 1), (8, "b", 1, 1, 1), kind=1))
    assert [entry.color for entry in class_raster(path, job=Job()).classes] == [(51, 0, 255), (255, 255, 255)]
    assert class_raster(path, job=Job()).unlabelled == 0


def test_a_dbf_beside_the_raster_names_the_classes(tmp_path):
    """The value attribute table that desktop software writes."""
    path = write_raster(tmp_path / "classes.tif", VALUES.astype(np.int16), nodata=-9999)
    pyogrio.raw.write(
        str(tmp_path / "classes.tif.vat.dbf"),
        geometry=None,
        field_data=[np.array([3, 8]), np.array([12.0, 7.0]), np.array(["water", "wood"], object)],
        fields=["Value", "Count", "Class_name"],
        driver="ESRI Shapefile",
        geometry_type=None,
        crs=None,
    )
    found = class_raster(path, job=Job())
    assert found.classes == (ClassInfo(3, "water", NO_COLOR), ClassInfo(8, "wood", NO_COLOR))
    assert (found.nodata, found.unlabelled) == (-9999, None)


def test_category_names_and_a_palette_are_used(tmp_path):
    """The palette is not expanded: values are classes, colours their colours."""
    path = write_raster(tmp_path / "classes.tif", VALUES)
    with rasterio.open(path, "r+") as raster:
        raster.write_colormap(1, {3: (1, 2, 3, 255), 8: (200, 100, 0, 255)})
    assert class_raster(path, job=Job()).classes == (ClassInfo(3, "3", (1, 2, 3)), ClassInfo(8, "8", (200, 100, 0)))
    names = "".join(f"<Category>{name}</Category>" for name in ("", "", "", "pond", "", "", "", "", "park"))
    (tmp_path / "classes.tif.aux.xml").write_text(
        f'<PAMDataset><PAMRasterBand band="1"><CategoryNames>{names}</CategoryNames></PAMRasterBand></PAMDataset>'
    )
    found = class_raster(path, job=Job())
    assert found.classes == (ClassInfo(3, "pond", (1, 2, 3)), ClassInfo(8, "park", (200, 100, 0)))
    assert found.source.dtype == "uint8" and len(found.source.bands) == 1


def test_a_scan_finds_the_classes_of_a_bare_raster(tmp_path):
    """All pixels count, in any integer type; nodata does not."""
    values = np.full((1, 70, 33), 7, np.int32)
    values[0, 69, 32], values[0, 0, 0], values[0, 1, 1] = 65535, -1, 0
    path = write_raster(tmp_path / "classes.tif", values, nodata=-1)
    assert class_raster(path, job=Job()).classes == ()
    found = class_raster(path, job=Job(), scan=True)
    assert found.classes == (ClassInfo(7, "7"), ClassInfo(65535, "65535")) and found.unlabelled is None


def test_a_rotated_class_raster_is_read_by_nearest_neighbour(tmp_path):
    """No value arises between two classes."""
    values = np.where(np.arange(40)[None, None] < 20, 2, 200).astype(np.uint8).repeat(40, axis=1)
    place = (
        rasterio.Affine.translation(500_000, 4_650_000) @ rasterio.Affine.rotation(30) @ rasterio.Affine.scale(2, -2)
    )
    source = class_raster(write_raster(tmp_path / "turned.tif", values, transform=place), job=Job()).source
    with source.open() as reader:
        pixels, valid = reader.read(Window(0, 0, source.cols, source.rows))
    assert source.view.warped and set(np.unique(pixels[0][valid]).tolist()) == {2, 200}


@pytest.mark.parametrize("content", ["<PAMDataset><", '<!DOCTYPE a [<!ENTITY b "c">]><PAMDataset/>'])
def test_a_damaged_table_is_left_aside(tmp_path, content):
    """It is told, and the values are the names."""
    path, job = write_raster(tmp_path / "classes.tif", VALUES), Job()
    (tmp_path / "classes.tif.aux.xml").write_text(content)
    found = class_raster(path, job=job, scan=True)
    assert [entry.name for entry in found.classes] == ["3", "8"] and "is no valid XML" in job.warnings[0]


@pytest.mark.parametrize(
    ("pixels", "says"),
    [
        (VALUES.astype(np.float32), "holds float32 and class values are whole numbers"),
        (np.concatenate([VALUES, VALUES]), "has 2 bands and a class raster has one"),
        (VALUES.astype(np.int16) - 2, "holds the class value -2"),
        (VALUES.astype(np.int32) * 10_000, "holds the class value 80000"),
    ],
)
def test_rasters_of_other_things_are_refused(tmp_path, pixels, says):
    """One sentence with the remedy."""
    path = write_raster(tmp_path / "classes.tif", pixels)
    with pytest.raises(RasterError, match=says):
        class_raster(path, job=Job(), scan=True)


def test_a_table_that_claims_billions_of_rows_is_left_aside(tmp_path):
    """A ``.vat.dbf`` whose head lies gives no names and one warning."""
    path = write_raster(tmp_path / "classes.tif", VALUES.astype(np.int16), nodata=-9999)
    field = b"VALUE".ljust(11, b"\0") + b"N" + b"\0" * 4 + bytes([19, 0]) + b"\0" * 14
    head = struct.pack("<B3sIHH20x", 3, b"\1\1\1", 4_000_000_000, 65, 20)
    (tmp_path / "classes.tif.vat.dbf").write_bytes(head + field + b"\r 1")
    job = Job()
    assert class_raster(path, job=job).classes == ()
    assert len(job.warnings) == 1 and "class names may be missing" in job.warnings[0]
