"""What Inspect Training Data takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from .declaration import Derived, Tool, param
from .kinds import Folders, NewFile


@dataclass(frozen=True)
class InspectTrainingData(Tool):
    """Look at training data before hours of training: chips with their labels, counts, sizes, duplicates, leakage."""

    name: ClassVar[str] = "inspecttrainingdata"
    title: ClassVar[str] = "Inspect Training Data"
    group: ClassVar[str] = "Training data"
    derived: ClassVar[tuple[Derived, ...]] = (
        Derived("out_findings", "Number of findings", "number"),
        Derived("out_errors", "Number of errors among them", "number"),
    )
    example: ClassVar[Mapping[str, str]] = {"in_folder": "chips", "out_report": "chips.html"}
    about: ClassVar[str] = (
        "The page begins with findings in plain sentences, worst first, each with its remedy: identical chips with "
        "different labels, copies, unreadable chips, classes with too little of them, objects that are too small, "
        "too large or cut, empty and void chips, and validation chips that a random split would also train on. "
        "Counts, sizes and chips of each class with their labels follow. All chips are stretched alike. The page is "
        "one file that any browser shows and prints. Folders of other programs (COCO, YOLO, VOC, KITTI, images and "
        "masks, folders of classes) are inspected as well."
    )

    in_folder: tuple[str, ...] = param(
        Folders("Input training data", "Folders of one format, as the export or another program wrote them.")
    )
    out_report: str = param(
        NewFile("Output report", "Page with findings, counts and pictures.", suffix=".html", filter="HTML (*.html)")
    )
