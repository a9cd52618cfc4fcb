"""A network that draws masks without training: bright pixels of one value are one instance, whatever its shape.

It is written as a real model package, so whole runs can be tested.
"""

from __future__ import annotations

import numpy as np
import torch

from engine.classes import ClassInfo
from engine.job import Job
from engine.models import registry
from engine.networks.detector import Detector
from engine.package.emd import definition, write_package
from engine.package.normalisation import Normalisation

torch.set_num_threads(1)

CODE = "BRIGHT_SHAPES"
SCORE = 0.9


class BrightShapes(Detector):
    """Detects the pixels of each value above the middle of the range; class 2 where the last band is bright too."""

    def __init__(self, classes: int) -> None:
        super().__init__(torch.nn.Conv2d(1, 1, 1), classes)

    def losses(self, images, targets):
        """Nothing is learnt."""
        return {}

    def outputs(self, images):
        """Answers of the golden tile."""
        return (images.mean().reshape(1),)

    def detect(self, images, threshold, nms_overlap, max_detections=1000):
        """Look at each image."""
        return [self._shapes(image, threshold) for image in images.float().cpu().numpy()]

    def _shapes(self, image, threshold):
        rows, cols = image.shape[1:]
        assert rows == cols, "masks are squares, so the tile must be one"
        values = np.unique(np.round(image[0][image[0] > 0], 3)) if threshold <= SCORE else np.zeros(0)
        masks = np.array([np.round(image[0], 3) == value for value in values]).reshape(-1, rows, cols)
        labels = [2 if self.classes > 1 and image[-1][mask].mean() > 0 else 1 for mask in masks]
        boxes = [(cut[1].min(), cut[0].min(), cut[1].max() + 1, cut[0].max() + 1) for cut in map(np.nonzero, masks)]
        return {
            "boxes": torch.tensor(np.array(boxes, np.float32)).reshape(-1, 4),
            "scores": torch.full((len(masks),), SCORE),
            "labels": torch.tensor(labels, dtype=torch.int64),
            "frames": torch.tensor([0.0, 0.0, cols, rows]).expand(len(masks), 4),
            "masks": torch.from_numpy(masks.astype(np.float32)),
        }


def shapes_model(folder, monkeypatch, *, tile=64, padding=8, classes=2, resize_to=None, **keys) -> str:
    """Write a model package of the network for three bands and return the path of its definition."""
    entry = registry.Architecture(
        code=CODE, title="Bright shapes", task="instance_segmentation", formats=("RCNN_Masks",),
        backbones=("RESNET18",), arguments=(), help="", build=lambda spec: BrightShapes(spec.classes),
        model_name="MaskRCNN", configuration="Bright",
    )  # fmt: skip
    registry.architectures()
    monkeypatch.setitem(registry._FOUND, CODE, entry)
    spec = entry.spec("RESNET18", 3, classes, tile=(tile, tile))
    named = [ClassInfo(10, "roof", (255, 0, 0)), ClassInfo(20, "pool", (0, 0, 255))][:classes]
    emd = definition(
        spec, named, tile=(tile, tile), bands=(0, 1, 2), padding=padding, resize_to=resize_to,
        normalisation=Normalisation.from_statistics([0.0] * 3, [65535.0] * 3, [32767.5] * 3, [10000.0] * 3),
        crs="EPSG:32633",
    )  # fmt: skip
    folder.mkdir(exist_ok=True)
    paths = write_package(folder, {**emd, **keys}, BrightShapes(classes).state_dict(), [], Job())
    return str(paths["emd"])
