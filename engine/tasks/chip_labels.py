"""Labels of object classification: the classes of a chip as a whole, and the statistics of its object.

The network's classes are in ascending order of their values. Statistics are made once from the chip as it is on disk,
as inference makes them, so that no turn or zoom changes them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..classes import ClassInfo
from ..errors import ParameterError, SampleFolderError
from ..job import Job
from ..models.registry import SEVERAL_LABELS, ModelSpec
from ..networks.feature_classifier import CENTRE, FRAMED, MULTI, SPREAD
from ..networks.object_statistics import inside_frames, object_statistics
from ..networks.pixel_losses import CLASS_SHARES, CLASS_WEIGHTS
from ..samples.folder import SampleSet
from ..samples.samples import LabelSample
from ..training.views import View
from .pixel_labels import balancing_weights

MANY_CHIPS = 5000
"""From so many chips of three 8-bit bands on statistics are left out by default: the pictures teach enough."""
SMALLEST_DEVIATION = 1e-6
YES = ("true", "yes", "1")


@dataclass(frozen=True)
class ChipLabels:
    """The classes of chips, and what is learnt beside their pixels.

    Attributes:
        samples: The training data.
        multi: Whether a chip can have several classes.
        weights: Weight of each class in the loss, None to weigh all alike.
        statistics: Whether the statistics of objects are learnt.
        framed: Whether the statistics are those of the object's frame, as the labels say it.
    """

    samples: SampleSet
    multi: bool
    weights: tuple[float, ...] | None = None
    statistics: bool = True
    framed: bool = False
    _made: dict[int, np.ndarray] = field(default_factory=dict, compare=False, repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each class."""
        return tuple(entry.name for entry in self.samples.classes)

    @property
    def learnt(self) -> tuple[ClassInfo, ...]:
        """The classes."""
        return self.samples.classes

    def counts(self) -> np.ndarray:
        """Return which classes each chip has, (chips, classes) int64 0 or 1."""
        values = [entry.value for entry in self.samples.classes]
        return np.array(
            [[value in self._sample(index).labels for value in values] for index in range(len(self.samples.samples))],
            np.int64,
        )

    def usable(self) -> np.ndarray:
        """Return which chips have a label, (chips,) bool."""
        return np.asarray(self.counts().any(axis=1))

    def divisible(self) -> bool:
        """Return that no part of a label can be hidden."""
        return False

    def hiding(self, indexes: np.ndarray, ground: np.ndarray) -> ChipLabels:
        """Return the labels as they are."""
        return self

    def places(self) -> np.ndarray:
        """Return a square about the middle of each chip's object, as large as the median one, (chips, 4) float64.

        So turned chips of one object share ground, and neighbours whose frames overlap do not.
        """
        bounds = np.asarray(self.samples.bounds, np.float64)
        if not len(bounds) or not np.isfinite(bounds).all():
            return bounds
        cell = (bounds[:, 2:] - bounds[:, :2]) / [self.samples.tile_cols, self.samples.tile_rows]
        frames = np.array([self._frame(index) for index in range(len(bounds))])
        middle = (frames[:, :2] + frames[:, 2:]) / 2
        places = np.stack([bounds[:, 0] + middle[:, 0] * cell[:, 0], bounds[:, 3] - middle[:, 1] * cell[:, 1]], axis=1)
        sides = np.sqrt(((frames[:, 2:] - frames[:, :2]) * cell).prod(axis=1))
        half = max(float(np.median(sides)), float(cell.min())) / 2
        return np.concatenate([places - half, places + half], axis=1)

    def sizes(self, indexes: np.ndarray) -> np.ndarray:
        """Return nothing: chips are shown as they are."""
        return np.empty((0, 2))

    def read(self, index: int, pixels: np.ndarray) -> np.ndarray | None:
        """Return the statistics of a chip's object, (s,) float32; None where they are not learnt.

        Raises:
            ParameterError: Only the middle of a chip is shown that was cut to the frame of its object.
        """
        rows, cols = pixels.shape[1:]
        beside = np.array([self.samples.tile_cols - cols, self.samples.tile_rows - rows]) // 2
        if beside.any() and varies(self.samples):
            raise ParameterError(
                f"chip_size {min(rows, cols)} would cut objects, because each chip of {self.samples.folders[0]} is the "
                "frame of its object: give resize_to instead"
            )
        if not self.statistics:
            return None
        image = torch.from_numpy(np.ascontiguousarray(pixels).astype(np.float32))[None]
        inside = None
        if self.framed:
            inside = inside_frames(image, torch.from_numpy(self._frame(index) - np.tile(beside, 2))[None])
        self._made[index] = object_statistics(image, inside)[0].numpy()
        return self._made[index]

    def shown(self, index: int, kept: np.ndarray | None, view: View) -> dict[str, Tensor]:
        """Return ``labels`` (classes,) float32 0 or 1, and ``statistics`` (s,) float32 where they are learnt."""
        own = self._sample(index).labels
        labels = torch.tensor([float(entry.value in own) for entry in self.samples.classes])
        return {"labels": labels} if kept is None else {"labels": labels, "statistics": torch.from_numpy(kept)}

    def stacked(self, targets: list[dict[str, Tensor]]) -> dict[str, Tensor]:
        """Return the targets of several chips, one row each."""
        return {name: torch.stack([target[name] for target in targets]) for name in targets[0]}

    def fitted(self, spec: ModelSpec, job: Job) -> ModelSpec:
        """Return the specification with what the data says of labels, weights and statistics."""
        counts = self.counts()
        known = counts[counts.any(axis=1)]
        extra = {MULTI: _text(self.multi), FRAMED: _text(self.framed), CLASS_SHARES: _numbers(known.mean(axis=0))}
        if self.weights is not None:
            told = ", ".join(f"{name} {weight:.3g}" for name, weight in zip(self.names, self.weights, strict=True))
            job.message(f"Class weights: {told}")
            extra[CLASS_WEIGHTS] = _numbers(np.array(self.weights))
        if self.statistics and self._made:
            made = np.stack([self._made[index] for index in sorted(self._made)]).astype(np.float64)
            made = made[made.any(axis=1)] if made.any() else made  # objects without a pixel say nothing
            extra[CENTRE] = _numbers(made.mean(axis=0))
            spread = made.std(axis=0)
            extra[SPREAD] = _numbers(np.where(spread > SMALLEST_DEVIATION, spread, 1.0))
        arguments = [(name, text) for name, text in spec.arguments if name != "use_statistics"]
        return replace(
            spec,
            arguments=(*arguments, ("use_statistics", _text(self.statistics))),
            extra=(*spec.extra, *extra.items()),
        )

    def fingerprint(self, index: int) -> bytes:
        """Return the labels of a chip and the frame of its object."""
        return repr(self._sample(index).labels).encode() + bytes(self._frame(index).tobytes())

    def _frame(self, index: int) -> np.ndarray:
        """Return the frame of a chip's object in chip pixels, (4,) float64."""
        box = self._sample(index).box
        whole = [0.0, 0.0, self.samples.tile_cols, self.samples.tile_rows]
        return np.asarray(whole if box is None else box, np.float64)

    def _sample(self, index: int) -> LabelSample:
        sample = self.samples.samples[index]
        if not isinstance(sample, LabelSample):
            raise SampleFolderError(f"{sample.image} has no class as a whole: train on a folder of Labeled_Tiles")
        return sample


def chip_labels(samples: SampleSet, values: Mapping[str, Any], job: Job) -> ChipLabels:
    """Return the labels of training data of labelled chips.

    Args:
        samples: The training data.
        values: Model arguments: ``use_statistics``, ``class_balancing`` and ``class_weights`` count here.
        job: Told whether objects can have several labels.

    Raises:
        ParameterError: There is only one class, or not one weight for each.
        SampleFolderError: No chip has a label.
    """
    several = any(isinstance(chip, LabelSample) and len(chip.labels) > 1 for chip in samples.samples)
    labels = ChipLabels(samples, several or samples.metadata_format in SEVERAL_LABELS)
    counts = labels.counts()
    known = counts[counts.any(axis=1)]
    if not len(known):
        raise SampleFolderError(f"no chip of {samples.folders[0]} has a label: export chips of labelled objects")
    if not labels.multi and (known.sum(axis=0) > 0).sum() < 2:
        name = labels.names[int(known[0].argmax())]
        raise ParameterError(
            f"every chip of {samples.folders[0]} is {name}, and nothing tells what is not: label objects of another "
            "class too"
        )
    if labels.multi:
        if (known == known[0]).all():
            raise ParameterError(
                f"every chip of {samples.folders[0]} has the same labels: label objects with other classes too"
            )
        job.message("Objects can have several labels: each class is learnt by itself")
    return replace(
        labels,
        weights=_weights(labels, known, values),
        statistics=_uses_statistics(samples, str(values.get("use_statistics") or "auto")),
        framed=_framed(samples),
    )


def varies(samples: SampleSet) -> bool:
    """Return whether each chip is the frame of its object, squeezed to one size."""
    return str(samples.emd.get("CropTileMode", "")).lower().startswith("variable")


def is_blackened(samples: SampleSet) -> bool:
    """Return whether chips are 0 outside their objects."""
    return str(samples.emd.get("BlackenAroundFeature", "")).lower() in YES


def _framed(samples: SampleSet) -> bool:
    """Return whether the frames of objects tell more than the chips do."""
    if varies(samples) or is_blackened(samples):
        return False
    boxes = [sample.box for sample in samples.samples if isinstance(sample, LabelSample) and sample.box is not None]
    limit = [samples.tile_cols - 1, samples.tile_rows - 1]
    return any(bool((box[2:] - box[:2] < limit).any()) for box in boxes)


def _uses_statistics(samples: SampleSet, asked: str) -> bool:
    """Return whether the statistics of objects are learnt."""
    if asked != "auto":
        return asked == "true"
    return len(samples.samples) < MANY_CHIPS or samples.bands != 3 or samples.dtype != "uint8"


def _weights(labels: ChipLabels, counts: np.ndarray, values: Mapping[str, Any]) -> tuple[float, ...] | None:
    """Return the weight of each class that was given or follows from how frequent they are."""
    given = values.get("class_weights")
    if given is None:
        return tuple(balancing_weights(counts.sum(axis=0))) if values.get("class_balancing") else None
    if values.get("class_balancing"):
        raise ParameterError("class_weights and class_balancing both weigh the classes: give one of them")
    if len(given) != len(labels.names):
        raise ParameterError(
            f"class_weights holds {len(given)} numbers for {len(labels.names)} classes: give one for each of "
            f"{', '.join(labels.names)}"
        )
    if not sum(given) > 0:
        raise ParameterError("class_weights are all 0: nothing would be learnt; give a number above 0")
    return tuple(float(weight) for weight in given)


def _text(value: bool) -> str:
    return str(value).lower()


def _numbers(values: np.ndarray) -> str:
    """Return numbers as a text that JSON reads."""
    return json.dumps([float(f"{value:.6g}") for value in values])
