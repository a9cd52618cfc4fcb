"""A detector that needs no training: every connected patch of bright pixels is an object, cut where the tile ends.

Its class is 2 where the last band is bright too, else 1. It is written as a real model package, so whole runs can be
tested; the registry knows it only as long as the test runs.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from scipy import ndimage

from engine.classes import ClassInfo
from engine.job import Job
from engine.models import registry
from engine.networks.detector import Detector
from engine.package.emd import definition, write_package
from engine.package.normalisation import Normalisation

torch.set_num_threads(1)  # two threads on two busy cores take ten times as long as one

CODE = "BRIGHT_PATCHES"
SCORE = 0.9


class BrightPatches(Detector):
    """Detects connected patches whose first band is brighter than the middle of the range."""

    def __init__(self, classes: int) -> None:
        super().__init__(torch.nn.Conv2d(1, 1, 1), classes)

    def outputs(self, images):
        """Answers of the golden tile."""
        return (images.mean().reshape(1),)

    def detect(self, images, threshold, nms_overlap, max_detections=1000):
        """Label each image."""
        return [self._patches(image, threshold) for image in images.float().cpu().numpy()]

    def _patches(self, image, threshold):
        bright = image[0] > 0
        numbered, count = ndimage.label(bright, structure=np.ones((3, 3)))
        places = ndimage.find_objects(numbered)
        boxes = [(cols.start, rows.start, cols.stop, rows.stop) for rows, cols in places]
        second = [image[-1][numbered == number].mean() > 0 for number in range(1, count + 1)]
        keep = count if threshold <= SCORE else 0
        labels = np.where(second, 2, 1) if self.classes > 1 else np.ones(count)
        return {
            "boxes": torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4)[:keep],
            "scores": torch.full((keep,), SCORE),
            "labels": torch.as_tensor(labels, dtype=torch.int64)[:keep],
        }


def bright_model(
    folder: Path,
    monkeypatch,
    *,
    tile=(64, 64),
    bands=(0, 1, 2),
    padding=8,
    cell_size=None,
    crs="EPSG:32633",
    classes=2,
    resize_to=None,
    **keys,
) -> str:
    """Write a model package of the detector and return the path of its definition."""
    entry = registry.Architecture(
        code=CODE, title="Bright patches", task="object_detection", formats=("PASCAL_VOC_rectangles",),
        backbones=("RESNET18",), arguments=(), help="", build=lambda spec: BrightPatches(spec.classes),
        model_name="Bright", configuration="Bright",
    )  # fmt: skip
    registry.architectures()
    monkeypatch.setitem(registry._FOUND, CODE, entry)
    spec = entry.spec("RESNET18", len(bands), classes, tile=tile)
    named = [ClassInfo(10, "pad", (255, 0, 0)), ClassInfo(20, "tank", (0, 0, 255))][:classes]
    statistics = Normalisation.from_statistics(
        [0.0] * len(bands), [255.0] * len(bands), [127.5] * len(bands), [50.0] * len(bands)
    )
    emd = definition(
        spec, named, tile=tile, bands=bands, normalisation=statistics, padding=padding, resize_to=resize_to,
        cell_size=None if cell_size is None else (cell_size, cell_size), crs=crs,
    )  # fmt: skip
    folder.mkdir(exist_ok=True)
    paths = write_package(folder, {**emd, **keys}, BrightPatches(classes).state_dict(), [], Job())
    return str(paths["emd"])
