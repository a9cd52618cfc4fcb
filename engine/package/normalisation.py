"""The normalisation that training and inference share, as a model package stores it.

Raw pixel values become ``((x - minimum) / (maximum - minimum + 1e-5) - scaled_mean) / scaled_std``, band by band: the
rule of ``NormalizationStats``. Without statistics it is ImageNet's, for three bands of 0..255.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor

from ..errors import ModelPackageError

EPSILON = 1e-5
"""What the range of a band is widened by, so that a constant band divides by something."""

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

FEW = 16
"""Share of the pixels, as one in so many, up to which zeros of the first band are looked at one by one."""

SMALLEST_STD = 1e-6
"""A scaled deviation below this is taken for a constant band and replaced by 1."""


@dataclass(frozen=True)
class Normalisation:
    """How raw pixel values become what the network sees; one value a band.

    Attributes:
        minimum: Smallest value of the training data, raw.
        maximum: Largest value of the training data, raw.
        scaled_mean: Mean after the range was brought to 0..1.
        scaled_std: Standard deviation after the range was brought to 0..1.
    """

    minimum: tuple[float, ...]
    maximum: tuple[float, ...]
    scaled_mean: tuple[float, ...]
    scaled_std: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuse statistics that cannot normalise."""
        lists = (self.minimum, self.maximum, self.scaled_mean, self.scaled_std)
        if len({len(values) for values in lists}) != 1 or not self.minimum:
            raise ModelPackageError("the normalisation has lists of different lengths: every band needs each statistic")
        if not all(math.isfinite(value) for values in lists for value in values) or min(self.scaled_std) <= 0:
            raise ModelPackageError("the normalisation holds values that are not finite, or a deviation of 0 or less")

    @property
    def bands(self) -> int:
        """Number of bands."""
        return len(self.minimum)

    @classmethod
    def imagenet(cls) -> Self:
        """Return ImageNet's normalisation of three bands of 0..255."""
        return cls((0.0,) * 3, (255.0 - EPSILON,) * 3, IMAGENET_MEAN, IMAGENET_STD)

    @classmethod
    def from_statistics(
        cls, minimum: Sequence[float], maximum: Sequence[float], mean: Sequence[float], std: Sequence[float]
    ) -> Self:
        """Return the normalisation that gives the training data mean 0 and deviation 1.

        Args:
            minimum: Smallest raw value of each band.
            maximum: Largest raw value of each band.
            mean: Mean raw value of each band.
            std: Standard deviation of each band; 0 for a constant one.

        Raises:
            ModelPackageError: Lengths differ, or a value is not finite.
        """
        spans = [float(high) - float(low) + EPSILON for low, high in zip(minimum, maximum, strict=True)]
        scaled_mean = [(float(m) - float(low)) / span for m, low, span in zip(mean, minimum, spans, strict=True)]
        scaled_std = [_not_zero(float(s) / span) for s, span in zip(std, spans, strict=True)]
        return cls(
            tuple(float(value) for value in minimum),
            tuple(float(value) for value in maximum),
            tuple(scaled_mean),
            tuple(scaled_std),
        )

    def to_emd(self) -> dict[str, Any]:
        """Return the keys of a model definition that say this normalisation."""
        if self == Normalisation.imagenet():
            return {"IsMultispectral": False, "IsImageNetNormalization": True}
        spans = [high - low + EPSILON for low, high in zip(self.minimum, self.maximum, strict=True)]
        means = [low + mean * span for low, mean, span in zip(self.minimum, self.scaled_mean, spans, strict=True)]
        return {
            "IsMultispectral": True,
            "IsImageNetNormalization": False,
            "Bands": None,
            "ImageryType": "ms",
            "NormalizationStats": {
                "band_min_values": list(self.minimum),
                "band_max_values": list(self.maximum),
                "band_mean_values": means,
                "band_std_values": [std * span for std, span in zip(self.scaled_std, spans, strict=True)],
                "scaled_min_values": [0.0] * self.bands,
                "scaled_max_values": [1.0] * self.bands,
                "scaled_mean_values": list(self.scaled_mean),
                "scaled_std_values": list(self.scaled_std),
            },
            "DoNormalize": True,
        }

    @classmethod
    def from_emd(cls, emd: Mapping[str, Any], bands: Sequence[int | str]) -> Self:
        """Return the normalisation a model definition says.

        Args:
            emd: The definition.
            bands: Its ``ExtractBands``: which entries of the lists belong to the network's bands; names stand for
                the lists' own order.

        Raises:
            ModelPackageError: The statistics do not cover the bands, or there are none and the bands are not three.
        """
        stats = emd.get("NormalizationStats")
        if not isinstance(stats, Mapping):
            if len(bands) != 3:
                raise ModelPackageError(
                    f"the model definition has no NormalizationStats but {len(bands)} bands: without statistics only "
                    "three bands of 0..255 can be normalised; export the model again"
                )
            return cls.imagenet()
        positions = [band if isinstance(band, int) else place for place, band in enumerate(bands)]
        low, high = _listed(stats, "band_min_values", positions), _listed(stats, "band_max_values", positions)
        if low is None or high is None:
            raise ModelPackageError("NormalizationStats lacks band_min_values or band_max_values: mend the definition")
        mean, std = _listed(stats, "scaled_mean_values", positions), _listed(stats, "scaled_std_values", positions)
        if mean is not None and std is not None:
            return cls(low, high, mean, tuple(_not_zero(value) for value in std))
        mean, std = _listed(stats, "band_mean_values", positions), _listed(stats, "band_std_values", positions)
        if mean is None or std is None:
            raise ModelPackageError("NormalizationStats has no mean and deviation of the bands: mend the definition")
        return cls.from_statistics(low, high, mean, std)

    def repeated(self, dates: int) -> Self:
        """Return the normalisation of the bands of several dates, each date treated alike.

        Args:
            dates: How many.
        """
        lists = (self.minimum, self.maximum, self.scaled_mean, self.scaled_std)
        return type(self)(*(values * dates for values in lists))

    def first(self, bands: int) -> Self:
        """Return the normalisation of the first bands alone."""
        lists = (self.minimum, self.maximum, self.scaled_mean, self.scaled_std)
        return type(self)(*(values[:bands] for values in lists))

    def apply(self, batch: Tensor) -> Tensor:
        """Return the normalised batch, float32; pixels without data are 0, which is the mean of the training data.

        A pixel is without data when it is 0 in every one of several bands: so are invalid pixels read, and so is the
        ground beside a turned chip. A single band's 0 may be a value, and stays one.

        Args:
            batch: (n, bands, rows, cols) raw values of any type, on any device; one image (bands, rows, cols) does too.

        Raises:
            ModelPackageError: The batch has another number of bands.
        """
        if batch.shape[-3] != self.bands:
            raise ModelPackageError(f"the image has {batch.shape[-3]} bands, but the normalisation has {self.bands}")
        spans = [high - low + EPSILON for low, high in zip(self.minimum, self.maximum, strict=True)]
        mean = [low + mean * span for low, mean, span in zip(self.minimum, self.scaled_mean, spans, strict=True)]
        factor = [1.0 / (std * span) for std, span in zip(self.scaled_std, spans, strict=True)]
        center = torch.tensor(mean, dtype=torch.float32, device=batch.device)[:, None, None]
        scale = torch.tensor(factor, dtype=torch.float32, device=batch.device)[:, None, None]
        values = batch.to(torch.float32)
        empty = _without_data(values)
        centred = values - center if values is batch else values.sub_(center)
        normalised = centred.mul_(scale)
        return normalised if empty is None else normalised.masked_fill_(empty, 0.0)


def _without_data(batch: Tensor) -> Tensor | None:
    """Return where all of several bands are 0, (n, 1, rows, cols) bool; None where there is no such pixel."""
    first = batch.select(-3, 0)
    zeros = first.numel() - int(torch.count_nonzero(first))
    if batch.shape[-3] == 1 or not zeros:
        return None
    if FEW * zeros < first.numel():  # only these pixels are looked at, as in most images
        places = (first == 0).nonzero()
        if bool(batch.movedim(-3, -1)[places.unbind(1)].any(dim=-1).all()):
            return None
    return ~batch.any(dim=-3, keepdim=True)


def _listed(stats: Mapping[str, Any], key: str, positions: Sequence[int]) -> tuple[float, ...] | None:
    """Return the entries of a list for the network's bands, or None when the list is absent."""
    values = stats.get(key)
    if values is None:
        return None
    if not isinstance(values, list) or max(positions) >= len(values):
        raise ModelPackageError(f"NormalizationStats {key} has no value for band {max(positions)}: mend the definition")
    try:
        return tuple(float(values[position]) for position in positions)
    except (TypeError, ValueError) as error:
        raise ModelPackageError(f"NormalizationStats {key} holds something that is no number: {values!r}") from error


def _not_zero(std: float) -> float:
    return std if std > SMALLEST_STD else 1.0
