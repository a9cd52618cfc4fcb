"""Real data for the pixel demo, by name: which files, which classes, how they are parted, how long to train."""

from __future__ import annotations

from dataclasses import dataclass, field

from .class_files import Classes


@dataclass(frozen=True)
class Case:
    """Real data by name: files in its folder, and how they are used.

    Attributes:
        raster: File of the imagery.
        labels: File of the labels.
        aoi: File of the areas, or an empty text.
        class_field: Field of the labels with the class, or an empty text.
        classes: Names and colours of the classes where the labels have none.
        folds: How many times a part of the polygons is held out; 0 parts by area.
        minutes: Training time, of each fold where there are some.
        tile: Size of a chip in pixels.
        cell_size: Cell size of the chips, as the tool takes it.
    """

    raster: str
    labels: str
    aoi: str = ""
    class_field: str = ""
    classes: Classes = field(default_factory=dict)
    folds: int = 0
    minutes: float = 12.0
    tile: int = 256
    cell_size: str = ""


CASES = {
    "landcover_s2_slovenia": Case(
        raster="s2_l1c_t3.tif",
        labels="lulc_labels.tif",
        aoi="aoi.gpkg",
        classes={
            1: ("cultivated land", (236, 200, 90)),
            2: ("forest", (34, 110, 52)),
            3: ("grassland", (166, 216, 84)),
            4: ("shrubland", (150, 115, 60)),
            8: ("artificial surface", (205, 60, 60)),
        },
        minutes=1.0,
        tile=32,
    ),
    "buildings_kampala": Case(
        raster="kampala.tif",
        labels="buildings.gpkg",
        aoi="aoi.gpkg",
        class_field="label",
        classes={1: ("building", (230, 90, 40))},
        minutes=4.0,
        tile=192,
        cell_size="auto",
    ),
    "landcover_landsat7": Case(
        raster="landsat7_19991118.tif",
        labels="training_polygons.gpkg",
        class_field="class_id",
        classes={  # the field class_name errs for two polygons
            1: ("forest", (34, 110, 52)),
            2: ("water", (55, 126, 184)),
            3: ("herbaceous", (166, 216, 84)),
            4: ("barren", (214, 170, 110)),
            5: ("urban", (205, 60, 60)),
        },
        folds=5,
        minutes=0.3,
        tile=32,
    ),
}
