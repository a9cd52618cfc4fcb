"""What Export Training Data For Deep Learning takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from . import chip_parameters, shared
from .declaration import Derived, Tool, When, param
from .kinds import Choice, Features, FieldName, Flag, Number, Raster
from .values import Extent, FeatureSource

OBJECT_FORMATS = ("Labeled_Tiles", "Imagenet")
"""Formats with one chip for each object, which know no stride."""

FORMATS = (
    "PASCAL_VOC_rectangles",
    "KITTI_rectangles",
    "Classified_Tiles",
    "Labeled_Tiles",
    "MultiLabeled_Tiles",
    "Imagenet",
    "RCNN_Masks",
    "Panoptic_Segmentation",
    "Export_Tiles",
    "CycleGAN",
)
"""Every format, in the order of the dialog."""

WITH_LABELS = (When("in_class_data"),)
ON_A_GRID = (When("metadata_format", tuple(name for name in FORMATS if name not in OBJECT_FORMATS)),)
OF_OBJECTS = (When("metadata_format", OBJECT_FORMATS), When("in_class_data"))
OF_TWO_RASTERS = (When("metadata_format", ("Classified_Tiles", "Export_Tiles", "CycleGAN")),)
PANOPTIC = (When("metadata_format", ("Panoptic_Segmentation",)),)


@dataclass(frozen=True)
class ExportTrainingData(Tool):
    """Cut image chips and matching label files out of imagery, from labelled features or class rasters."""

    name: ClassVar[str] = "exporttrainingdatafordeeplearning"
    title: ClassVar[str] = "Export Training Data For Deep Learning"
    group: ClassVar[str] = "Training data"
    derived: ClassVar[tuple[Derived, ...]] = (Derived("out_chips", "Number of chips", "number"),)
    example: ClassVar[Mapping[str, str]] = {
        "in_raster": "desert.tif",
        "out_folder": "chips",
        "in_class_data": "pads.gpkg",
        "tile_size_x": "256",
        "tile_size_y": "256",
        "stride_x": "128",
        "stride_y": "128",
        "cell_size": "auto",
    }
    about: ClassVar[str] = (
        "Chips lie on a grid anchored at the processing extent; the last column and row are pulled back to "
        "its edge. Labeled_Tiles and Imagenet cut one chip for each object instead. Chips keep pixel type, bands and "
        "georeference. Labels in another CRS are reprojected. A run into a folder that an earlier run wrote goes on "
        "with its numbering and merges the statistics; a folder of anything else is refused."
    )

    in_raster: str = param(Raster("Input raster", "Imagery to cut chips from: a raster or a folder of rasters."))
    out_folder: str = chip_parameters.out_folder()
    in_class_data: FeatureSource | None = param(
        Features(
            "Input feature class, classified raster or table",
            "Labelled polygons, or points with a buffer radius. Classified_Tiles, RCNN_Masks and Panoptic_Segmentation "
            "also take lines with a buffer radius, a class raster, or a folder of class rasters, which go with the "
            "input rasters of the same name or ground; to RCNN_Masks each connected region is an object. "
            "Labeled_Tiles, MultiLabeled_Tiles and Imagenet take features of any kind without a buffer, "
            "and class rasters, of which each connected region is an object. "
            "For a folder of images also a table without CRS whose column ImageName says which image a row "
            "labels: a shape in its pixels, or without geometry all of it. Export_Tiles and CycleGAN do without "
            "labels: all tiles with valid pixels are written then.",
            rasters=True,
            tables=True,
        ),
        None,
    )
    image_chip_format: str = param(
        Choice(
            "Image format",
            "Format of the chips; PNG and JPEG hold at most 3 bands of 8 bits, MRF takes three files a chip.",
            choices=("TIFF", "MRF", "PNG", "JPEG"),
        ),
        "TIFF",
    )
    tile_size_x: int = param(
        Number("Tile size X", "Width of a chip.", low=16, high=16384, whole=True, unit="pixels"), 256
    )
    tile_size_y: int = param(
        Number("Tile size Y", "Height of a chip.", low=16, high=16384, whole=True, unit="pixels"), 256
    )
    stride_x: int | None = param(
        Number(
            "Stride X",
            "Step to the next chip in a row; empty is half the tile size (128 of 256), the tile size gives no overlap.",
            low=1,
            whole=True,
            unit="pixels",
        ),
        None,
        applies=ON_A_GRID,
    )
    stride_y: int | None = param(
        Number(
            "Stride Y",
            "Step to the next row of chips; empty is half the tile size.",
            low=1,
            whole=True,
            unit="pixels",
        ),
        None,
        applies=ON_A_GRID,
    )
    output_nofeature_tiles: bool = chip_parameters.output_nofeature_tiles(False)
    metadata_format: str = param(
        Choice(
            "Metadata format",
            "Format of the labels: rectangles for object detection, Classified_Tiles (a label raster a chip) for pixel "
            "classification, RCNN_Masks (a mask of each object) for instance segmentation, Panoptic_Segmentation both. "
            "Labeled_Tiles and Imagenet cut one chip for each object, which has its class; MultiLabeled_Tiles lists "
            "the classes in each chip. Export_Tiles writes chips without labels, with in_raster2 in pairs; CycleGAN "
            "writes a folder A of in_raster and a folder B of in_raster2.",
            choices=FORMATS,
        ),
        "PASCAL_VOC_rectangles",
    )
    start_index: int = param(
        Number("Start index", "Number of the first chip in a new folder.", low=0, whole=True), 0, advanced=True
    )
    class_value_field: str = param(
        FieldName(
            "Class value field",
            "Field with the class of each feature: whole numbers, or texts that are numbered in sorted order. "
            "Empty takes a field named Classvalue or Value; without one all features are one class. A text may list "
            "several classes with commas for MultiLabeled_Tiles.",
            parent="in_class_data",
        ),
        "",
        applies=WITH_LABELS,
    )
    buffer_radius: float = param(
        Number("Buffer radius", "Radius of the circle around each point, in units of the features' CRS.", low=0.0),
        0.0,
        applies=WITH_LABELS,
    )
    in_mask_polygons: FeatureSource | None = param(
        Features("Input mask polygons", "Only chips completely inside these polygons are written.", geometry="polygon"),
        None,
    )
    rotation_angle: float = param(
        Number(
            "Rotation angle",
            "Each chip is written unrotated and again at every multiple of this angle below 360.",
            low=0.0,
            high=359.0,
            unit="degrees",
        ),
        0.0,
        advanced=True,
    )
    reference_system: str = param(
        Choice(
            "Reference system",
            "MAP_SPACE cuts north-up chips; PIXEL_SPACE keeps rows and columns as they are stored.",
            choices=("MAP_SPACE", "PIXEL_SPACE"),
        ),
        "MAP_SPACE",
        advanced=True,
    )
    processing_mode: str = param(
        Choice(
            "Processing mode",
            "PROCESS_AS_MOSAICKED_IMAGE makes one image of the rasters of a folder, the first on top, and chips may "
            "cross their borders; PROCESS_ITEMS_SEPARATELY cuts each raster of a folder or of a virtual raster (.vrt) "
            "by itself. Empty: a virtual raster is one image, the rasters of a folder are cut one by one.",
            choices=("", *shared.PROCESSING_MODES),
        ),
        "",
        advanced=True,
    )
    blacken_around_feature: bool = param(
        Flag(
            "Blacken around feature",
            "Pixels outside the object are 0 (Labeled_Tiles and Imagenet). Points blacken nothing.",
            on="BLACKEN_AROUND_FEATURE",
            off="NO_BLACKEN",
        ),
        False,
        advanced=True,
        applies=OF_OBJECTS,
    )
    crop_mode: str = param(
        Choice(
            "Crop mode",
            "What is cut for an object (Labeled_Tiles and Imagenet): FIXED_SIZE a chip of the tile size, centred on "
            "it; BOUNDING_BOX its frame, so that sizes vary.",
            choices=("FIXED_SIZE", "BOUNDING_BOX"),
        ),
        "FIXED_SIZE",
        advanced=True,
        applies=OF_OBJECTS,
    )
    in_raster2: str = param(
        Raster(
            "Additional input raster",
            "Second image of the same ground for change pairs (Classified_Tiles) or pairs of tiles (Export_Tiles), or "
            "a folder of them; on another grid it is resampled to that of the first. Its chips go to images2 under the "
            "same names. CycleGAN: the images of the other kind, of any place.",
        ),
        "",
        advanced=True,
        applies=OF_TWO_RASTERS,
    )
    in_instance_data: FeatureSource | None = param(
        Features(
            "Instance feature class",
            "The objects of Panoptic_Segmentation, each with a mask of its own, beside the classes of all pixels from "
            "in_class_data: polygons, points or lines with the buffer radius, or a class raster, whose connected "
            "regions are the objects.",
            rasters=True,
        ),
        None,
        advanced=True,
        applies=PANOPTIC,
    )
    instance_class_value_field: str = param(
        FieldName(
            "Instance class value field",
            "Field with the class of each object, with the values of the class value field. Empty as there.",
            parent="in_instance_data",
        ),
        "",
        advanced=True,
        applies=PANOPTIC,
    )
    min_polygon_overlap_ratio: float = param(
        Number(
            "Minimum polygon overlap ratio",
            "A feature with a smaller share of its area inside a chip is left out of that chip's labels.",
            low=0.0,
            high=1.0,
        ),
        0.0,
        advanced=True,
        applies=WITH_LABELS,
    )
    compression: str = param(
        Choice("TIFF compression", "Compression of TIFF chips.", choices=("NONE", "LZW", "DEFLATE")),
        "NONE",
        advanced=True,
        applies=(When("image_chip_format", ("TIFF",)),),
    )
    cell_size: str = shared.cell_size(
        auto="the cell size at which objects are about 50 pixels across (34 for Classified_Tiles of one class)",
        empty="the raster's own",
    )
    extent: Extent | None = shared.extent()
    parallel_processing_factor: str = shared.parallel_processing_factor(
        "Cores that cut chips: a number, or a percentage such as 80%. Empty or 0: one core. The files are the same "
        "whatever it is; each core needs the memory of a run."
    )

    @property
    def strides(self) -> tuple[int, int]:
        """Columns to the next chip and rows to the next row of chips, pixels."""
        return self.stride_x or self.tile_size_x // 2, self.stride_y or self.tile_size_y // 2

    def check(self) -> None:
        """A stride beyond the tile would skip pixels; chips of objects have none."""
        if self.metadata_format in OBJECT_FORMATS:
            return
        for name, stride, tile in zip(
            ("stride_x", "stride_y"), self.strides, (self.tile_size_x, self.tile_size_y), strict=True
        ):
            chip_parameters.check_stride(name, stride, tile)
