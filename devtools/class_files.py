"""Class rasters and legends as the developer's tools write them: values, names and colours.

Classes are ``{value: (name, (red, green, blue))}`` throughout.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import rasterio
from rasterio.transform import Affine

Classes = Mapping[int, tuple[str, tuple[int, int, int]]]
_COLUMNS = (("Value", 0, 5), ("Class", 2, 2), ("Red", 0, 6), ("Green", 0, 7), ("Blue", 0, 8))  # GDAL's type and usage


def write_class_raster(
    path: Path, array: np.ndarray, transform: Affine, crs: str, classes: Classes, nodata: int | None
) -> Path:
    """Write a class raster with its colour table and, beside it, its attribute table and a QGIS style.

    Args:
        path: GeoTIFF to write.
        array: (rows, cols) uint8 class values.
        transform: Pixel to map.
        crs: Coordinate reference system.
        classes: Names and colours by value; a class of value 0 is a background.
        nodata: Value of pixels without a class, or None.
    """
    rows, cols = array.shape
    shape = {"driver": "GTiff", "count": 1, "dtype": "uint8", "height": rows, "width": cols}
    place = {"crs": crs, "transform": transform, "nodata": nodata, "compress": "deflate"}
    with rasterio.open(path, "w", **shape, **place) as file:
        file.write(array.astype(np.uint8), 1)
        file.write_colormap(1, {value: (*color, 255) for value, (_, color) in classes.items()})
    root = ElementTree.Element("PAMDataset")
    band = ElementTree.SubElement(root, "PAMRasterBand", band="1")
    table = ElementTree.SubElement(band, "GDALRasterAttributeTable", tableType="thematic")
    for index, (name, kind, usage) in enumerate(_COLUMNS):
        column = ElementTree.SubElement(table, "FieldDefn", index=str(index))
        for key, value in (("Name", name), ("Type", kind), ("Usage", usage)):
            ElementTree.SubElement(column, key).text = str(value)
    for index, (value, (name, color)) in enumerate(sorted(classes.items())):
        row = ElementTree.SubElement(table, "Row", index=str(index))
        for cell in (value, name, *color):
            ElementTree.SubElement(row, "F").text = str(cell)
    ElementTree.ElementTree(root).write(f"{path}.aux.xml")
    _write_raster_legend(path.with_suffix(".qml"), classes)
    return path


def _write_raster_legend(path: Path, classes: Classes) -> None:
    """Write a QGIS style with names and colours: QGIS 3.22 takes no names from an attribute table."""
    root = ElementTree.Element("qgis", version="3.22")
    pipe = ElementTree.SubElement(root, "pipe")
    renderer = ElementTree.SubElement(pipe, "rasterrenderer", type="paletted", band="1", opacity="1", alphaBand="-1")
    palette = ElementTree.SubElement(renderer, "colorPalette")
    for value, (name, color) in sorted(classes.items()):
        text = "#{:02x}{:02x}{:02x}".format(*color)
        ElementTree.SubElement(palette, "paletteEntry", value=str(value), label=name, color=text, alpha="255")
    ElementTree.ElementTree(root).write(path)


def write_legend(path: Path, field: str, classes: Classes, texts: bool = False) -> Path:
    """Write a QGIS style of polygons coloured by class, which QGIS loads with the layer beside it.

    Args:
        path: The .qml file.
        field: Field with the class.
        classes: Names and colours.
        texts: The field holds the names rather than the values.
    """
    root = ElementTree.Element("qgis", version="3.22", styleCategories="Symbology")
    renderer = ElementTree.SubElement(root, "renderer-v2", type="categorizedSymbol", attr=field, symbollevels="0")
    categories = ElementTree.SubElement(renderer, "categories")
    symbols = ElementTree.SubElement(renderer, "symbols")
    for index, (value, (name, color)) in enumerate(sorted(classes.items())):
        entry = {"value": name, "type": "string"} if texts else {"value": str(value), "type": "long"}
        ElementTree.SubElement(categories, "category", render="true", label=name, symbol=str(index), **entry)
        symbol = ElementTree.SubElement(symbols, "symbol", type="fill", name=str(index), alpha="1")
        layer = ElementTree.SubElement(symbol, "layer", {"class": "SimpleFill", "enabled": "1", "pass": "0"})
        options = ElementTree.SubElement(layer, "Option", type="Map")
        look = {"color": ",".join(map(str, (*color, 255))), "style": "solid", "outline_color": "35,35,35,255"}
        for key, text in look.items():
            ElementTree.SubElement(options, "Option", type="QString", name=key, value=text)
    ElementTree.ElementTree(root).write(path)
    return path
