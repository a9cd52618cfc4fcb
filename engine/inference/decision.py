"""What a run makes of the scores of a pixel: which class is written, and what else."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch

from ..errors import ParameterError
from .detections import Array

CLASSES, PROBABILITIES, CONFIDENCE, ENTROPY = "classes", "probabilities", "confidence", "entropy"

LARGEST_BYTE = 255


@dataclass(frozen=True)
class EdgeRule:
    """When a pixel belongs to an edge.

    Attributes:
        threshold: Smallest probability of the best class that may be chosen, 0..1.
        otherwise: Value of a pixel that does not reach it.
    """

    threshold: float
    otherwise: int


@dataclass(frozen=True)
class Decision:
    """How scores become a class.

    Attributes:
        values: Class value of each score channel.
        excluded: Channels that are never chosen, counted from 0.
        nodata: Value of invalid pixels.
        dtype: Numpy name of the class raster's type.
        edges: When set, the best class is written only where it is sure enough.
    """

    values: tuple[int, ...]
    excluded: tuple[int, ...]
    nodata: int
    dtype: str
    edges: EdgeRule | None = None

    def __post_init__(self) -> None:
        """Refuse what leaves no class, or values that the type does not hold."""
        if not self.chosen:
            raise ParameterError("no class may be chosen: every class of the model is left out; leave one in")
        limits = np.iinfo(self.dtype)
        written = [*self.values, self.nodata, *([] if self.edges is None else [self.edges.otherwise])]
        outside = [value for value in written if not limits.min <= value <= limits.max]
        if outside:
            raise ParameterError(f"value {outside[0]} does not fit into {self.dtype}: choose a larger type")

    @property
    def chosen(self) -> tuple[int, ...]:
        """Channels that may be chosen."""
        return tuple(channel for channel in range(len(self.values)) if channel not in self.excluded)


@dataclass(frozen=True)
class Products:
    """Which rasters a run makes, each in a work file of its own.

    Attributes:
        classes: The class of each pixel.
        probabilities: A float32 band for each score channel, 0..1, NaN where invalid.
        confidence: Probability of the best class that may be chosen, float32, NaN where invalid.
        entropy: Entropy of the probabilities of all channels, in units of the largest possible one (the logarithm of
            their number): 0 where one class is certain, 1 where all are alike; float32, NaN where invalid.
    """

    classes: bool = True
    probabilities: bool = False
    confidence: bool = False
    entropy: bool = False

    def bands(self, channels: int) -> dict[str, int]:
        """Return the wanted products with their number of bands."""
        asked = {CLASSES: self.classes, PROBABILITIES: self.probabilities}
        asked |= {CONFIDENCE: self.confidence, ENTROPY: self.entropy}
        return {name: channels if name == PROBABILITIES else 1 for name, wanted in asked.items() if wanted}


class Decider:
    """Turns scores of final pixels into the products."""

    def __init__(self, decision: Decision, products: Products) -> None:
        """Prepare for a run."""
        self.bands = products.bands(len(decision.values))
        self.needs_probabilities = set(self.bands) != {CLASSES} or decision.edges is not None
        self._decision = decision
        dtype = np.dtype(decision.dtype)
        self._values = np.array(decision.values, dtype)
        self._nodata = dtype.type(decision.nodata)
        self._written = _written(decision)

    def empty(self, rows: int, cols: int) -> dict[str, Array]:
        """Return the products of a strip before anything is known: (bands, rows, cols), nodata everywhere."""
        return {
            name: np.full((bands, rows, cols), self._nodata, self._nodata.dtype)
            if name == CLASSES
            else np.full((bands, rows, cols), np.nan, np.float32)
            for name, bands in self.bands.items()
        }

    def decide(self, planes: torch.Tensor, valid: Array | None, out: dict[str, Array]) -> None:
        """Fill in the products of some pixels.

        Args:
            planes: (channels, rows, cols) float32; probabilities, or where only the class is asked for anything that
                has the same order.
            valid: (rows, cols) bool, or None when all are valid.
            out: (bands, rows, cols) of each product.
        """
        for name, made in self._made(planes).items():
            target = out[name]
            if valid is None:
                target[...] = made
            else:
                np.copyto(target, made, where=valid)

    def _made(self, planes: torch.Tensor) -> dict[str, Array]:
        """Return the products as arrays."""
        made: dict[str, Array] = {}
        if PROBABILITIES in self.bands:
            made[PROBABILITIES] = planes.cpu().numpy()
        if ENTROPY in self.bands:
            most = math.log(max(2, len(planes)))
            made[ENTROPY] = torch.special.entr(planes).sum(0).div_(most).clamp_(0, 1).cpu().numpy()
        if CLASSES not in self.bands and CONFIDENCE not in self.bands:
            return made
        label, best = best_channels(planes, self._decision.chosen, self._written)
        if CONFIDENCE in self.bands:
            made[CONFIDENCE] = best.cpu().numpy()
        if CLASSES in self.bands:
            classes = label.cpu().numpy()
            if self._written is None:
                classes = self._values[classes]
            if self._decision.edges is not None:
                sure = (best >= self._decision.edges.threshold).cpu().numpy()
                classes[~sure] = self._decision.edges.otherwise
            made[CLASSES] = classes
        return made


def best_channels(
    planes: torch.Tensor, chosen: tuple[int, ...], labels: tuple[int, ...] | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the channel with the highest score of each pixel, of equal ones the first, and that score.

    A running maximum over planes: ``argmax`` takes ten times as long on a CPU.

    Args:
        planes: (channels, rows, cols).
        chosen: Channels that may be chosen, ascending, at least one.
        labels: What is returned for each channel, ascending, 0..255; None returns the channel's number.

    Returns:
        (rows, cols) of labels, uint8, or int32 for numbers of more than 256 channels; (rows, cols) scores.
    """
    labels = tuple(range(len(planes))) if labels is None else labels
    dtype = torch.uint8 if labels[-1] <= LARGEST_BYTE else torch.int32
    best = planes[chosen[0]].clone()
    label = torch.full_like(best, labels[chosen[0]], dtype=dtype)
    for channel in chosen[1:]:
        higher = planes[channel] > best
        higher = higher.view(dtype) if dtype == torch.uint8 else higher.to(dtype)
        torch.maximum(label, higher.mul_(labels[channel]), out=label)
        torch.maximum(best, planes[channel], out=best)
    return label, best


def _written(decision: Decision) -> tuple[int, ...] | None:
    """Return the values when they can be found by the running maximum itself: ascending, and bytes."""
    ascending = all(low < high for low, high in pairwise(decision.values))
    return decision.values if ascending and decision.dtype == "uint8" else None
