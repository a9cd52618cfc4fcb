"""Writes the data of the tutorials: three small scenes made from a seed, so that everybody sees the same.

It needs nothing but the Python of QGIS, and lies in the plugin's folder docs/tutorials. In a terminal:
``python3 sample_data.py FOLDER``; in QGIS's Python console: ``import runpy, imagery_deep_learning`` and
``runpy.run_path(imagery_deep_learning.__path__[0] + "/docs/tutorials/sample_data.py")["write_samples"]("FOLDER")``.

| folder | raster | labels |
| --- | --- | --- |
| wells | desert.tif: 3 bands uint8, cells of 1 m | pads of the west to learn from, pads of the east to judge by |
| trees | grove.tif: 3 bands uint8, cells of 0.25 m | outlines of crowns, west and east |
| landcover | valley.tif: blue to near infrared, uint16, cells of 10 m | patches of the west, points of the east |
"""

import sys
from pathlib import Path

import numpy as np
from osgeo import gdal, ogr, osr

gdal.UseExceptions()
ogr.UseExceptions()

CRS = 32633
LEFT, TOP = 500000.0, 5000000.0
WEST_SHARE = 0.6
CLASSES = {1: "water", 2: "forest", 3: "crops", 4: "grassland", 5: "built"}
COLOURS = {1: "52,120,200", 2: "28,106,50", 3: "236,196,88", 4: "166,206,120", 5: "196,60,60"}
LEGEND = """<qgis version="3.22"><renderer-v2 type="categorizedSymbol" attr="Classvalue" symbollevels="0">
<categories>{categories}</categories><symbols>{symbols}</symbols></renderer-v2></qgis>"""
CATEGORY = '<category render="true" value="{0}" type="long" label="{1}" symbol="{0}"/>'
SYMBOL = """<symbol type="fill" name="{0}" alpha="1"><layer class="SimpleFill" enabled="1" pass="0"><Option type="Map">
<Option type="QString" name="color" value="{1},255"/><Option type="QString" name="style" value="solid"/>
<Option type="QString" name="outline_color" value="35,35,35,255"/></Option></layer></symbol>"""
REFLECTANCE = {  # of each class: blue, green, red, near infrared, times 10000
    1: (500, 480, 350, 200),
    2: (250, 420, 300, 2600),
    3: (450, 800, 700, 3600),
    4: (550, 850, 950, 2500),
    5: (1300, 1500, 1700, 2100),
}


def smooth_noise(rng, rows, cols, size):
    """Return noise of mean 0 and deviation 1 whose spots are ``size`` pixels wide."""
    coarse = rng.normal(size=(rows // size + 3, cols // size + 3))
    row, col = np.mgrid[0:rows, 0:cols] / size
    r, c = row.astype(int), col.astype(int)
    v, u = row - r, col - c
    v, u = v * v * (3 - 2 * v), u * u * (3 - 2 * u)
    top = coarse[r, c] * (1 - u) + coarse[r, c + 1] * u
    low = coarse[r + 1, c] * (1 - u) + coarse[r + 1, c + 1] * u
    field = top * (1 - v) + low * v
    return (field - field.mean()) / field.std()


def reference_system():
    """Return the reference system of the scenes."""
    system = osr.SpatialReference()
    system.ImportFromEPSG(CRS)
    system.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return system


def write_raster(path, bands, cell_size, names, nodata=None):
    """Write bands (bands, rows, cols) as a GeoTIFF."""
    count, rows, cols = bands.shape
    kind = gdal.GDT_Byte if bands.dtype == np.uint8 else gdal.GDT_UInt16
    file = gdal.GetDriverByName("GTiff").Create(str(path), cols, rows, count, kind, ["TILED=YES", "COMPRESS=DEFLATE"])
    file.SetGeoTransform((LEFT, cell_size, 0, TOP, 0, -cell_size))
    file.SetProjection(reference_system().ExportToWkt())
    for number, name in enumerate(names, start=1):
        band = file.GetRasterBand(number)
        band.WriteArray(bands[number - 1])
        band.SetDescription(name)
        if nodata is not None:
            band.SetNoDataValue(nodata)
    file.FlushCache()


def write_layer(path, shapes, cell_size, classes):
    """Write shapes, lists of (x, y) in pixels, with their classes: one pair is a point, more are a polygon."""
    path.unlink(missing_ok=True)
    file = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    is_point = len(shapes[0]) == 1
    layer = file.CreateLayer(path.stem, reference_system(), ogr.wkbPoint if is_point else ogr.wkbPolygon)
    layer.CreateField(ogr.FieldDefn("Classvalue", ogr.OFTInteger))
    layer.CreateField(ogr.FieldDefn("Classname", ogr.OFTString))
    layer.StartTransaction()
    for shape, (value, name) in zip(shapes, classes):
        places = [(LEFT + x * cell_size, TOP - y * cell_size) for x, y in shape]
        if is_point:
            text = "POINT({} {})".format(*places[0])
        else:
            text = "POLYGON(({}))".format(", ".join("{} {}".format(*place) for place in [*places, places[0]]))
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetGeometry(ogr.CreateGeometryFromWkt(text))
        feature["Classvalue"], feature["Classname"] = value, name
        layer.CreateFeature(feature)
    layer.CommitTransaction()


def write_legend(path):
    """Write the style of a layer of classes, which QGIS loads with the layer beside it."""
    categories = "".join(CATEGORY.format(value, name) for value, name in CLASSES.items())
    symbols = "".join(SYMBOL.format(value, colour) for value, colour in COLOURS.items())
    path.write_text(LEGEND.format(categories=categories, symbols=symbols), encoding="utf-8")


def write_sides(folder, name, shapes, shape, cell_size, label):
    """Write objects as two layers, west and east, and the areas of both sides."""
    rows, cols = shape
    border = WEST_SHARE * cols
    for side, left, right in (("west", 0, border), ("east", border, cols)):
        area = [(left, 0), (right, 0), (right, rows), (left, rows)]
        write_layer(folder / f"{side}.gpkg", [area], cell_size, [(0, side)])
        here = [one for one in shapes if left <= sum(x for x, _ in one) / len(one) < right]
        write_layer(folder / f"{name}_{side}.gpkg", here, cell_size, [(1, label)] * len(here))


def corners(x, y, half_width, half_height, angle):
    """Return the corners of a turned rectangle."""
    cos, sin = np.cos(angle), np.sin(angle)
    signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    turned = (
        (a * half_width * cos - b * half_height * sin, a * half_width * sin + b * half_height * cos) for a, b in signs
    )
    return [(float(x + dx), float(y + dy)) for dx, dy in turned]


def places(rng, rows, cols, distance, wanted):
    """Return up to ``wanted`` places (x, y) that keep a distance from each other and half of it from the edge."""
    found = []
    for _ in range(40 * wanted):
        x, y = rng.uniform(distance / 2, cols - distance / 2), rng.uniform(distance / 2, rows - distance / 2)
        if len(found) < wanted and all((x - a) ** 2 + (y - b) ** 2 > distance**2 for a, b in found):
            found.append((x, y))
    return found


def write_wells(folder, rows=900, cols=1500, seed=1):
    """Write a desert with well pads: bright squares with a dark tank, and bare round patches that are none."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    y, x = np.mgrid[0:rows, 0:cols] + 0.5
    ground = (
        12 * smooth_noise(rng, rows, cols, 90) + 6 * smooth_noise(rng, rows, cols, 12) + rng.normal(0, 3, (rows, cols))
    )
    ground -= 25 * (smooth_noise(rng, rows, cols, 5) > 1.9)  # shrubs
    pads = []
    for number, (at_x, at_y) in enumerate(places(rng, rows, cols, 62, 190)):
        if number % 3 == 0:
            patch = (x - at_x) ** 2 + ((y - at_y) * rng.uniform(1, 1.6)) ** 2 < rng.uniform(9, 17) ** 2
            ground[patch] += 38
            continue
        half, long, angle = rng.uniform(11, 17), rng.uniform(11, 17), rng.uniform(-0.2, 0.2)
        u = (x - at_x) * np.cos(angle) + (y - at_y) * np.sin(angle)
        v = (y - at_y) * np.cos(angle) - (x - at_x) * np.sin(angle)
        ground[(abs(u) < half) & (abs(v) < long)] += rng.uniform(30, 45)
        ground[(u - half * rng.uniform(-0.5, 0.5)) ** 2 + (v - long * rng.uniform(-0.5, 0.5)) ** 2 < 10] -= 80
        pads.append(corners(at_x, at_y, half, long, angle))
    colour = np.array([158, 135, 108])[:, None, None] + ground * np.array([1.0, 0.95, 0.85])[:, None, None]
    write_raster(folder / "desert.tif", np.clip(colour, 1, 255).astype(np.uint8), 1.0, ("red", "green", "blue"))
    write_sides(folder, "pads", pads, (rows, cols), 1.0, "pad")


def write_trees(folder, rows=700, cols=1100, seed=2):
    """Write a grove on grass: round crowns of several sizes with their shadows, and low shrubs that are no trees."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    y, x = np.mgrid[0:rows, 0:cols] + 0.5
    image = (
        np.array([138.0, 142, 92])[:, None, None]
        + 9 * smooth_noise(rng, rows, cols, 60)
        + rng.normal(0, 5, (rows, cols))
    )
    crowns = []
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    for number, (at_x, at_y) in enumerate(places(rng, rows, cols, 30, 420)):
        away, around = np.hypot(x - at_x, y - at_y), np.arctan2(y - at_y, x - at_x)
        lobes, phase = int(rng.integers(3, 7)), rng.uniform(0, 6)
        if number % 6 == 0:
            image[:, away < 5] -= np.array([30, 18, 24])[:, None]
            continue
        radius = rng.uniform(8, 16)
        shadow = np.hypot(x - at_x - 0.4 * radius, y - at_y - 0.4 * radius) < radius
        image[:, shadow] *= 0.6
        inside = away < radius * (1 + 0.08 * np.sin(lobes * around + phase))
        light = 1.0 - 0.35 * (x - at_x + y - at_y)[inside] / radius + rng.normal(0, 0.12, int(inside.sum()))
        image[:, inside] = np.array([62, 92, 48])[:, None] * rng.uniform(0.85, 1.2) * light
        reach = radius * (1 + 0.08 * np.sin(lobes * turn + phase))
        crowns.append([(float(at_x + r * np.cos(t)), float(at_y + r * np.sin(t))) for r, t in zip(reach, turn)])
    write_raster(folder / "grove.tif", np.clip(image, 1, 255).astype(np.uint8), 0.25, ("red", "green", "blue"))
    write_sides(folder, "crowns", crowns, (rows, cols), 0.25, "tree")


def land(rng, rows, cols):
    """Return the class of each pixel of a valley: a river, forest on the heights, towns, parcels of crops and grass."""
    y, x = np.mgrid[0:rows, 0:cols]
    height = smooth_noise(rng, rows, cols, 70) + 0.4 * smooth_noise(rng, rows, cols, 20)
    parcel = (x + y // 3) // 14 * 1000 + (y - x // 4 + 500) // 11
    is_crop = rng.random(int(parcel.max()) + 1) < 0.55
    truth = np.where(is_crop[parcel], 3, 4)
    truth[height > 0.55] = 2
    truth[smooth_noise(rng, rows, cols, 30) > 1.5] = 5
    middle = rows * (0.5 + 0.2 * np.sin(x / cols * 5) + 0.05 * np.sin(x / 23))
    truth[abs(y - middle) < 5] = 1
    return truth.astype(np.uint8), parcel


def write_landcover(folder, rows=360, cols=540, seed=3):
    """Write a valley in four bands; patches of its west are labelled, points of its east are known."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    truth, parcel = land(rng, rows, cols)
    bands = np.array([REFLECTANCE.get(value, (0, 0, 0, 0)) for value in range(6)], float).T[:, truth]
    state = rng.normal(1, 0.22, int(parcel.max()) + 1)[parcel]  # crops stand differently from field to field
    bands[:, truth == 3] *= np.array([2, 2, 2, 1])[:, None] ** -(state[truth == 3] - 1)
    bands[3][truth == 3] *= state[truth == 3]
    bands *= 1 + 0.06 * smooth_noise(rng, rows, cols, 40) + rng.normal(0, 0.07, bands.shape)
    names = ("blue", "green", "red", "near infrared")
    write_raster(folder / "valley.tif", np.clip(bands, 1, 65535).astype(np.uint16), 10.0, names, nodata=0)
    patches, labels, border = [], [], WEST_SHARE * cols
    for value, name in CLASSES.items():
        here = [(row, col) for row, col in np.argwhere(truth == value) if 4 < row < rows - 4 and 4 < col < border - 4]
        chosen = []
        for row, col in rng.permutation(here):
            pure = (truth[row - 2 : row + 3, col - 2 : col + 3] == value).all()
            if pure and len(chosen) < 45 and all(abs(row - r) > 6 or abs(col - c) > 6 for r, c in chosen):
                chosen.append((row, col))
        patches += [
            [(c - 2, r - 2), (c + 3, r - 2), (c + 3, r + 3), (c - 2, r + 3)] for r, c in np.array(chosen).tolist()
        ]
        labels += [(value, name)] * len(chosen)
    write_layer(folder / "patches_west.gpkg", patches, 10.0, labels)
    write_legend(folder / "patches_west.qml")
    at = np.stack([rng.integers(0, rows, 400), rng.integers(int(border) + 1, cols, 400)], axis=1).tolist()
    known = [(int(truth[row, col]), CLASSES[int(truth[row, col])]) for row, col in at]
    write_layer(folder / "points_east.gpkg", [[(col + 0.5, row + 0.5)] for row, col in at], 10.0, known)


def write_samples(folder):
    """Write the three scenes into folders of their own below a folder, and say where."""
    folder = Path(folder)
    write_wells(folder / "wells")
    write_trees(folder / "trees")
    write_landcover(folder / "landcover")
    print(f"wells, trees and landcover are in {folder.resolve()}")  # noqa: T201 - a script tells what it did


if __name__ == "__main__" and len(sys.argv) == 2:
    write_samples(sys.argv[1])
elif __name__ == "__main__":
    print("usage: python3 sample_data.py FOLDER")  # noqa: T201 - a script tells what it takes
