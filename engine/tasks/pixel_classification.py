"""Pixel classification: a class for every pixel. Judged by the confusion matrix of all labelled validation pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import shapely
import torch
from torch import Tensor

from ..accuracy.confusion import figures
from ..models.registry import PIXEL_FORMATS
from ..networks.segmenter import UNLABELLED, Segmenter
from ..samples.classified_tiles import OBJECT_PIXELS
from ..samples.folder import SampleSet
from ..training.augmentation import Augmentation
from ..training.scale import ScaleRule
from .pixel_findings import findings
from .pixel_labels import pixel_labels, value_counts
from .registry import Evaluation, Prepared, Task, register

VIEWS = 160
"""Views of an epoch at least, so that steps see 8 of them: smaller batches of class maps learn worse."""
FEW_PIXELS = 100_000
"""Up to so many labelled pixels a small network at full resolution learns more than one that pools."""
SMALL, LARGE = "FULLRES", "UNET"
"""Architectures that are taken when none is given: for few labelled pixels, and else."""
BYTE_CHANNELS = 256


def losses(network: Segmenter, images: Tensor, targets: Tensor) -> dict[str, Tensor]:
    """Return the named losses of a batch; see ``Segmenter.losses``."""
    return network.losses(images, targets)


@torch.inference_mode()
def evaluate(
    network: Segmenter, batches: Iterable[Any], prepared: Prepared, names: Sequence[str], check: Callable[[], None]
) -> Evaluation:
    """Judge a segmentation network on validation chips.

    Args:
        network: In evaluation mode.
        batches: The validation batches.
        prepared: Moves a batch to the device and normalises it: images and targets.
        names: Name of each channel.
        check: Raises when the user cancelled.

    Returns:
        The evaluation; of each chip only the map of the best channel is kept, ``classes`` (rows, cols) uint8 or int16.
    """
    network.eval()
    count = len(names)
    matrix = torch.zeros(count * count, dtype=torch.int64)
    sums: dict[str, float] = {}
    judged = 0
    predictions: list[dict[str, np.ndarray]] = []
    kind = torch.uint8 if count <= BYTE_CHANNELS else torch.int16
    for batch in batches:
        check()
        images, targets = prepared(batch)
        logits = network.logits(images)
        found = logits.argmax(dim=1)
        known = targets != UNLABELLED
        labelled = int(known.sum())
        for name, value in network.losses_of(logits, targets).items():
            sums[name] = sums.get(name, 0.0) + float(value) * labelled
        judged += labelled
        matrix += torch.bincount(found[known] * count + targets[known], minlength=count * count).cpu()
        predictions += [{"classes": chip.numpy()} for chip in found.to(kind).cpu()]
    means = {name: value / max(1, judged) for name, value in sums.items()}
    confusion = matrix.view(count, count).numpy()
    return Evaluation(
        sum(means.values()), means, metrics=metrics(confusion, names), predictions=predictions, confusion=confusion
    )


def metrics(confusion: np.ndarray, names: Sequence[str]) -> dict[str, float]:
    """Return the metrics that may choose the best state, 0..1; means are over the classes with labelled pixels.

    Args:
        confusion: (channels, channels) int64 pixels, predicted down and labelled across.
        names: Name of each channel.
    """
    present = confusion.sum(axis=0) > 0
    if not present.any():
        return dict.fromkeys(METRICS, 0.0)
    known = figures(confusion.astype(np.float64))
    # where nothing is predicted, precision is undefined, and nothing of what was predicted is right
    means = {
        name: float(np.nan_to_num(values)[present].mean())
        for name, values in (
            ("MIOU", known.iou),
            ("F1_SCORE", known.f1),
            ("PRECISION", known.users),
            ("RECALL", known.producers),
        )
    }
    return {
        "ACCURACY": known.overall,
        "MIOU": means["MIOU"],
        "DICE": means["F1_SCORE"],
        "F1_SCORE": means["F1_SCORE"],
        "PRECISION": means["PRECISION"],
        "RECALL": means["RECALL"],
    }


METRICS = ("ACCURACY", "MIOU", "DICE", "F1_SCORE", "PRECISION", "RECALL")


def settle(evaluation: Evaluation, names: Sequence[str]) -> Evaluation:
    """Return the evaluation as it is: nothing is left to choose."""
    return evaluation


def transforms(default: Augmentation, network: Segmenter) -> Augmentation:
    """Return the default transforms; a network that sees a few pixels only learns values and fine texture as they are.

    Zoom, brightness and contrast change just these: on Sentinel-2 they cost it 0.02 of accuracy.
    """
    return default if network.reach is None else replace(default, zoom=None, brightness=None, contrast=None)


def suggest(samples: SampleSet) -> tuple[str, str]:
    """Return the architecture that suits training data, and the reason."""
    pixels = distinct_pixels(samples)
    if pixels <= FEW_PIXELS:
        return SMALL, (
            f"because about {pixels:,} labelled pixels are few: a small network without pooling learns more from them; "
            f"{LARGE} is the usual choice for more"
        )
    return LARGE, f"the usual choice for about {pixels:,} labelled pixels; {SMALL} suits few pixels and fine detail"


def distinct_pixels(samples: SampleSet) -> int:
    """Return about how many labelled pixels there are, ground that several chips show counted once."""
    values = tuple(entry.value for entry in samples.classes)
    labelled = int(value_counts(samples, (0, *values) if samples.unlabelled is None else values).sum())
    bounds = np.asarray(samples.bounds, np.float64)
    if not len(bounds) or not np.isfinite(bounds).all():
        return labelled
    chips = shapely.box(*bounds.T)
    everything = float(shapely.area(chips).sum())
    return round(labelled * float(shapely.area(shapely.union_all(chips))) / everything) if everything > 0 else labelled


TASK = register(
    Task(
        name="pixel_classification",
        model_type="ImageClassification",
        formats=PIXEL_FORMATS,
        monitors=("VALID_LOSS", *METRICS),
        told=("ACCURACY", "MIOU"),
        losses=losses,
        evaluate=evaluate,
        settle=settle,
        labels=pixel_labels,
        rule=ScaleRule(good=OBJECT_PIXELS, lowest=0.25, highest=1.0),
        transforms=transforms,
        suggest=suggest,
        findings=findings,
        views=VIEWS,
    )
)
