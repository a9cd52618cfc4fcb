"""Training data as an inspection counts it: how much of each class each chip holds, and the boxes of all objects.

Samples of all kinds are asked the same questions; ``singledispatch`` answers for each kind.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property, singledispatch
from pathlib import Path

import numpy as np

from ..classes import ClassInfo
from ..samples.folder import SampleSet
from ..samples.samples import (
    BoxSample,
    ChipSample,
    DrawnSample,
    InstanceSample,
    LabelSample,
    MaskSample,
    PanopticSample,
    read_label,
)
from ..training.split import Chips

NO_BOXES = np.zeros((0, 4), np.float32), np.zeros(0, np.int64)


@dataclass(frozen=True)
class Subject:
    """What is inspected.

    Attributes:
        samples: The training data.
        counted: What ``counts`` holds: ``Objects``, ``Pixels`` or ``Chips``.
        counts: (chips, classes) int64, in the order of the classes.
        boxes: (n, 4) float32 of all objects, in pixels of their chips; none where labels are no objects.
        owners: (n,) int64, the chip of each.
        values: (n,) int64 class values.
        shapes: (chips, 3) int64, bands, rows and columns of each chip.
    """

    samples: SampleSet
    counted: str
    counts: np.ndarray
    boxes: np.ndarray
    owners: np.ndarray
    values: np.ndarray
    shapes: np.ndarray

    def __len__(self) -> int:
        """Return the number of chips."""
        return len(self.shapes)

    @cached_property
    def sizes(self) -> np.ndarray:
        """Width and height of each object, (n, 2) float64 pixels."""
        return (self.boxes[:, 2:] - self.boxes[:, :2]).astype(np.float64)

    @cached_property
    def limits(self) -> np.ndarray:
        """Columns and rows of the chip of each object, (n, 2) int64."""
        return self.shapes[self.owners][:, [2, 1]]

    @cached_property
    def empty(self) -> np.ndarray:
        """Which chips hold nothing of any class, (chips,) bool."""
        return np.asarray(self.counts.sum(axis=1) == 0)

    @property
    def ground(self) -> Chips:
        """The chips as the split of a training sees them."""
        sources = np.array(self.samples.sources, dtype=object).astype(str)
        return Chips(np.asarray(self.samples.bounds, np.float64), sources, self.counts)

    def name(self, chip: int) -> str:
        """Return the file name of a chip, with its folder where chips lie in several."""
        path: Path = self.samples.samples[chip].image
        return path.name if len(self.samples.folders) == 1 else f"{path.parent.parent.name}/{path.name}"


def subject_of(samples: SampleSet) -> Subject:
    """Count what some training data hold."""
    values = {entry.value: place for place, entry in enumerate(samples.classes)}
    chips = samples.samples
    counts = np.zeros((len(chips), len(values)), np.int64)
    found = [objects_of(sample) for sample in chips]
    for number, sample in enumerate(chips):
        for value, count in content_of(sample):
            if value in values:
                counts[number, values[value]] += count
    return Subject(
        samples=samples,
        counted=_counted(chips[0]),
        counts=counts,
        boxes=np.concatenate([boxes for boxes, _ in found]).astype(np.float32),
        owners=np.repeat(np.arange(len(found)), [len(boxes) for boxes, _ in found]),
        values=np.concatenate([classes for _, classes in found]),
        shapes=np.array([sample.shape or (0, 0, 0) for sample in chips], np.int64),
    )


def class_name(entry: ClassInfo) -> str:
    """Return the name of a class as it reads in a sentence: a bare number is called a class."""
    return f"class {entry.name}" if entry.name.isdigit() else entry.name


@singledispatch
def content_of(sample: ChipSample) -> list[tuple[int, int]]:
    """Return class value and count of what a chip holds; a value may occur several times."""
    return []


@content_of.register
def _(sample: BoxSample) -> list[tuple[int, int]]:
    return [(int(value), 1) for value in sample.classes]


@content_of.register
def _(sample: MaskSample) -> list[tuple[int, int]]:
    return list(zip(sample.values.tolist(), sample.counts.tolist(), strict=True))


@content_of.register
def _(sample: LabelSample) -> list[tuple[int, int]]:
    return [(value, 1) for value in sample.labels]


@singledispatch
def objects_of(sample: ChipSample) -> tuple[np.ndarray, np.ndarray]:
    """Return boxes and class values of the objects of a chip; none where its labels are no objects."""
    return NO_BOXES


@objects_of.register(BoxSample)
@objects_of.register(PanopticSample)
def _(sample: BoxSample | PanopticSample) -> tuple[np.ndarray, np.ndarray]:
    return sample.boxes, sample.classes


@singledispatch
def _counted(sample: ChipSample) -> str:
    """Return what the counts of such samples are of."""
    return "Chips"


@_counted.register
def _(sample: BoxSample) -> str:
    return "Objects"


@_counted.register
def _(sample: MaskSample) -> str:
    return "Pixels"


@singledispatch
def label_mark(sample: ChipSample) -> bytes:
    """Return bytes that differ where the labels of two chips differ; ``SampleFolderError`` when a label is damaged."""
    return b""


@label_mark.register
def _(sample: BoxSample) -> bytes:
    order = np.lexsort((*sample.boxes.T, sample.classes))
    return np.round(sample.boxes[order]).tobytes() + sample.classes[order].tobytes()


@label_mark.register
def _(sample: MaskSample) -> bytes:
    return hashlib.blake2b(read_label(sample).astype(np.int32).tobytes(), digest_size=16).digest()


@label_mark.register
def _(sample: LabelSample) -> bytes:
    return np.array(sample.labels, np.int64).tobytes()


@label_mark.register
def _(sample: InstanceSample) -> bytes:
    files = b"".join(hashlib.blake2b(path.read_bytes(), digest_size=16).digest() for _, path in sample.masks)
    return label_mark.dispatch(BoxSample)(sample) + files


@label_mark.register
def _(sample: DrawnSample) -> bytes:
    return label_mark.dispatch(BoxSample)(sample)
