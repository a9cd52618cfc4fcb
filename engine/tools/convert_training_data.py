"""What Convert Training Data takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ..errors import ParameterError
from . import chip_parameters
from .declaration import Derived, Tool, When, param
from .kinds import Choice, Folders, Number


@dataclass(frozen=True)
class WrittenFormat(Choice):
    """A format that chips of one kind can be written in."""

    def parse(self, name: str, value: Any) -> str:
        """Return the format; that of two kinds of images has its own sentence."""
        if str(value).strip().lower() == "cyclegan":
            raise ParameterError(
                f"{name} is CycleGAN, which holds images of two kinds in its folders A and B, and a conversion has one "
                "kind: convert each kind by itself as Export_Tiles, into folders A and B"
            )
        return super().parse(name, value)


@dataclass(frozen=True)
class ConvertTrainingData(Tool):
    """Write training data of any known layout as a folder of this toolbox, in another label format if asked."""

    name: ClassVar[str] = "converttrainingdata"
    title: ClassVar[str] = "Convert Training Data"
    group: ClassVar[str] = "Training data"
    derived: ClassVar[tuple[Derived, ...]] = (Derived("out_chips", "Number of chips", "number"),)
    example: ClassVar[Mapping[str, str]] = {
        "in_folder": "coco",
        "out_folder": "chips",
        "metadata_format": "PASCAL_VOC_rectangles",
        "tile_size": "512",
    }
    about: ClassVar[str] = (
        "Reads COCO (a folder or its .json file; boxes, polygons, run lengths), YOLO, VOC (choose SegmentationClass or "
        "SegmentationObject for its masks), KITTI, folders of images and masks (class values or colours), folders of "
        "classes, and every format of the export. Masks can become boxes, class maps or class labels, boxes can become "
        "chips of single objects; boxes hold no outlines, so they never become masks. Chips that need no change are "
        "copied byte for byte. Class names and values are kept. A run into a folder that an earlier run wrote "
        "goes on with its numbering."
    )

    in_folder: tuple[str, ...] = param(Folders("Input training data", "Folders of one layout, or a COCO .json file."))
    out_folder: str = chip_parameters.out_folder()
    metadata_format: str = param(
        WrittenFormat(
            "Metadata format",
            "Format of the labels that are written. Labeled_Tiles and Imagenet cut one chip for each object; "
            "Panoptic_Segmentation writes the masks of objects, or the connected regions of class maps, beside maps "
            "of their classes.",
            choices=(
                "PASCAL_VOC_rectangles",
                "KITTI_rectangles",
                "Classified_Tiles",
                "RCNN_Masks",
                "Panoptic_Segmentation",
                "Labeled_Tiles",
                "MultiLabeled_Tiles",
                "Imagenet",
                "Export_Tiles",
            ),
        ),
        "PASCAL_VOC_rectangles",
    )
    image_chip_format: str = param(
        Choice(
            "Image format",
            "Format of the chips; empty keeps theirs (JPEG that must be cut becomes PNG, which loses nothing more).",
            choices=("", "TIFF", "MRF", "PNG", "JPEG"),
        ),
        "",
    )
    tile_size: int = param(
        Number(
            "Tile size",
            "Side of the chips that are written: larger ones are cut into tiles, smaller ones filled up with 0. 0 "
            "keeps chips as they are, fills them up to the largest where they differ, and gives chips of single "
            "objects the size of their object.",
            low=0,
            high=16384,
            whole=True,
            unit="pixels",
        ),
        0,
    )
    stride: int = param(
        Number("Stride", "Step from one tile to the next; 0 is the tile size.", low=0, whole=True, unit="pixels"),
        0,
        advanced=True,
        applies=(When("tile_size"),),
    )
    output_nofeature_tiles: bool = chip_parameters.output_nofeature_tiles(True, advanced=True)

    def check(self) -> None:
        """A stride beyond the tile would skip pixels."""
        if self.tile_size:
            chip_parameters.check_stride("stride", self.stride, self.tile_size)
