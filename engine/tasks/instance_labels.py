"""Labels of instance segmentation: the label maps of a chip, and how a view shows its instances.

A chip keeps one map for each class that occurs in it; its pixels number the instances. A view samples these maps, and
boxes are the frames of what is seen: boxes and masks turn, grow and are cut alike. No stack of masks is ever held.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import SampleFolderError
from ..job import Job
from ..samples.folder import SampleSet
from ..samples.instances import enclosing_boxes, read_planes
from ..samples.samples import InstanceSample
from ..training.views import View, show_labels
from .box_labels import VISIBLE, BoxLabels


class InstanceLabels(BoxLabels):
    """Instances with labels 1..classes, in the order of the classes' values."""

    def read(self, index: int, pixels: np.ndarray) -> np.ndarray:
        """Return the label maps of a chip, (maps, rows, cols) uint16 or int32, one a class that occurs in it.

        Raises:
            SampleFolderError: A map cannot be read, or has another size than the chip.
        """
        maps = read_planes(self._sample(index))
        return np.stack(maps) if maps else np.zeros((0, *pixels.shape[1:]), np.uint16)

    def shown(self, index: int, kept: np.ndarray | None, view: View) -> dict[str, Tensor]:
        """Return the instances of a view: ``networks.instances.InstanceTarget``.

        An instance of which hardly anything is in the view is none, and its pixels are background.
        """
        maps = kept if kept is not None else np.zeros((0, 1, 1), np.uint16)
        zoom = abs(float(np.linalg.det(view.matrix)))
        boxes, labels, places, shown = [np.empty((0, 4), np.float32)], [], [], []
        for plane, (value, numbers) in enumerate(zip(self._sample(index).planes, maps, strict=True)):
            seen = show_labels(numbers, view, 0).astype(np.int32)
            whole = np.bincount(numbers.ravel(), minlength=1)
            visible = np.bincount(seen.ravel(), minlength=len(whole)) * zoom >= np.maximum(VISIBLE * whole, 1e-9)
            visible[0] = False
            chosen = np.flatnonzero(visible)
            renumbered = np.zeros(len(whole), np.int32)
            renumbered[chosen] = np.arange(1, len(chosen) + 1)
            seen = renumbered[seen]
            boxes.append(enclosing_boxes(seen, len(chosen)))
            labels += [self._label[value]] * len(chosen)
            places += [(plane, number) for number in range(1, len(chosen) + 1)]
            shown.append(seen)
        stacked = np.stack(shown) if shown else np.zeros((0, view.rows, view.cols), np.int32)
        return {
            "boxes": torch.from_numpy(np.concatenate(boxes)),
            "labels": torch.tensor(labels, dtype=torch.int64),
            "maps": torch.from_numpy(stacked),
            "places": torch.tensor(places, dtype=torch.int64).reshape(-1, 2),
        }

    def fingerprint(self, index: int) -> bytes:
        """Return the boxes, classes and label files of a chip."""
        files = ";".join(f"{path}:{path.stat().st_mtime_ns}" for _, path in self._sample(index).masks)
        return super().fingerprint(index) + files.encode()

    def _sample(self, index: int) -> InstanceSample:
        """Return a chip."""
        sample: Any = self.samples.samples[index]
        if not isinstance(sample, InstanceSample):
            raise SampleFolderError(f"{sample.image} has no instance masks: export the training data as RCNN_Masks")
        return sample


def instance_labels(samples: SampleSet, values: Mapping[str, Any], job: Job) -> InstanceLabels:
    """Return the labels of training data of instances.

    Raises:
        SampleFolderError: A class has the value 0, which means that there is no instance.
    """
    zero = next((entry for entry in samples.classes if entry.value < 1), None)
    if zero is not None:
        raise SampleFolderError(
            f"class {zero.name} has the value {zero.value} and instances need class values from 1, as 0 means none: "
            "change the class value of the labels and export again"
        )
    return InstanceLabels(samples)
